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
// [Next] is this law for one entry; [Now] is the book after all of them. Package keeper applies the same Next to the
// clear lists in the store, so there is one law and not two.
package book
