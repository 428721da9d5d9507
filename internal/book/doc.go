// Package book is the law of the book, and nothing else: what an entry is, which acts there are, and what is true after
// them. It is pure: it reads no store and no clock. Whoever wants to know what Beside promises reads this package.
//
// A book belongs to one person. Its entries have an order, seq. Everything in a book is an item, and an item changes
// only by an act of the owner; everybody else suggests:
//
//	                     owner: write, change ┌──┐
//	(nothing) ── owner: write, accept, change ─▶ live ──owner: put away──▶ away
//	                                            ▲                           │
//	                                            └───────owner: write────────┘
//
// A suggestion by another stands beside the item and has no effect until the owner answers:
//
//	other: suggest ─▶ waiting ──accept──▶ accepted   (its words become the item's)
//	                     │  ├────change──▶ changed    (the owner's own words become the item's)
//	                     │  ├───decline──▶ declined ─┐
//	                     │  └───not now──▶ later ────┤  any of the four answers may still follow
//	                     ◀───────────────────────────┘
//
// When today is not a day for it, its author or the owner may let it rest until tomorrow ([ActTomorrow]): it stands as later, and
// comes back the next day instead of a week on.
//
// One thing another does has effect at once: to write a goal or a step for the owner ([ActWriteFor]), where the owner gave them
// that beforehand, and while it stands. The entry names who wrote it and by what it was given, so that the owner always sees that
// it was another's hand, and what was there before is in the entries.
//
// [Next] is this law for one entry; [Now] is the book after all of them. Package keeper applies the same Next to the
// clear lists in the store, so there is one law and not two.
//
// # How to add a kind of entry
//
//  1. Its body, in body.go: a type with kept in it, its Kind constant and a line in kinds that names its section, and
//     whether others may suggest it. If it has words, a line in [WordsOf]. Its code stands in the clear: choose one that
//     says nothing a stranger should not read.
//  2. What another's suggestion of it must build on, if anything: standsOn in fold.go.
//  3. Its golden body: a sample in body_test.go, then go test ./internal/book -record. It is never changed afterwards.
//  4. What a person does with it: a function in package journey, and for suggestions withWords there; for workers, what
//     they see in package peer.
//  5. Its page (package web/page says how), and its lines of the timeline: didWords in web/me/timeline.go.
//
// No table and no statement changes: package keeper seals, orders and lists every kind alike. A section of its own is a
// constant, and one of givable if it can be given; then the pages that name sections need words for it.
package book
