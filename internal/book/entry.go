package book

import (
	"crypto/sha256"
	"fmt"
	"slices"

	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
)

// Act is what an entry does.
type Act string

// The acts. All but [ActSuggest], [ActWriteFor] and [ActTomorrow] are the owner's alone.
const (
	ActWrite   Act = "write"
	ActSuggest Act = "suggest"
	ActAccept  Act = "accept"   // yes, that's mine
	ActChange  Act = "change"   // change it: the owner's own words instead
	ActDecline Act = "decline"  // no thanks
	ActNotNow  Act = "not_now"  // not now
	ActPutAway Act = "put_away" // mine, but not to be seen
	ActErase   Act = "erase"    // gone for good: see [Erasing]

	ActWriteFor Act = "write_for" // another writes for the owner, who gave them that: see [Sharing.Acts]
	ActTomorrow Act = "tomorrow"  // a suggestion rests until tomorrow, as its author or the owner says; it answers nothing
)

// Answers are the four answers to a suggestion.
func Answers() []Act { return []Act{ActAccept, ActChange, ActNotNow, ActDecline} }

// Hat is the role in which somebody acts: one person may have several and wears one at a time.
type Hat string

// The hats there are.
const (
	HatSelf     Hat = "self"     // in one's own book
	HatWorker   Hat = "worker"   // beside people who chose them
	HatTeam     Hat = "team"     // the centre team, which sees no book
	HatReviewer Hat = "reviewer" // outside the line of management; sees counts, and what people gave them to be reviewed
)

// Via is the way an entry came in.
type Via string

// The ways there are. Others come with the doors that need them.
const (
	ViaWeb      Via = "web"
	ViaDemo     Via = "demo"
	ViaTogether Via = "together" // on a worker's device, with the owner's own PIN or mark; a yes and nothing else
	ViaPaper    Via = "paper"    // signed by the owner on paper, entered by who saw it ([Signed]); a grant given or taken back and nothing else
	ViaRule     Via = "rule"     // by nobody's hand: what was settled beforehand, when its time came; see [Erasing]
)

// Entry is one act on a book, as it stands in the book.
type Entry struct {
	ID         id.Entry // made by the writer: a replay is the same entry
	Book       id.Book
	Seq        int64 // 1, 2, 3 … in each book
	Section    Section
	Kind       Kind
	Version    int
	Item       id.Item
	Act        Act
	Author     id.Person
	Hat        Hat
	Via        Via
	Base       id.Entry   // the item's head as the writer saw it; none for a new item
	Answers    id.Entry   // the suggestion this answers, or lets rest; of [ActWriteFor] the entry by which the owner gave it
	RecordedAt clock.Time // ours
	HappenedAt clock.Time // theirs, sealed with the body, shown only; 0 when not said
	Body       Body       // nil for acts that bring no words
}

// BringsWords reports whether an act carries a body. That of [ActErase] has no words.
func (a Act) BringsWords() bool {
	return a == ActWrite || a == ActSuggest || a == ActAccept || a == ActChange || a == ActErase || a == ActWriteFor
}

// IsAnswer reports whether an act answers a suggestion.
func (a Act) IsAnswer() bool { return slices.Contains(Answers(), a) }

// Only returns the id of the one item of a kind of which a book has at most one. It is derived, so that two devices
// that both begin it write the same item.
func Only(b id.Book, k Kind) id.Item {
	return derived(sha256.Sum256(append([]byte("beside only item\x00"+string(k)+"\x00"), b.Bytes()...)))
}

// OnlyAfter is [Only] after the ones before it, n of them, were erased for good: nothing is ever written to those again.
func OnlyAfter(b id.Book, k Kind, n int) id.Item {
	if n == 0 {
		return Only(b, k)
	}
	return derived(sha256.Sum256(append(fmt.Appendf(nil, "beside only item\x00%s\x00%d\x00", k, n), b.Bytes()...)))
}

// derived makes the id of an item of a hash.
func derived(h [sha256.Size]byte) id.Item {
	h[6] = h[6]&0x0f | 0x80 // UUIDv8, RFC 9562 §5.8
	h[8] = h[8]&0x3f | 0x80
	it, _ := id.FromBytes[id.Item](h[:16]) // 16 bytes never fail
	return it
}

// isDerived reports whether an id is of those that [Only] and [TieWith] make. Whoever knows a book's id can work them out,
// so nothing else may stand under one: it would keep the owner from writing that item, and being refused would tell
// whether it is there.
func isDerived(it id.Item) bool { return it.Bytes()[6]&0xf0 == 0x80 }

// inPlace reports whether an item may stand where e says; for those of which there is one, Next looks closer.
func (l kindLaw) inPlace(e Entry) bool {
	if t, ok := e.Body.(*Tie); ok && e.Item != TieWith(e.Book, t.Other) {
		return false
	}
	return isDerived(e.Item) == (l.each || l.only)
}

// wellFormed checks what can be said of an entry without knowing the book.
func (e Entry) wellFormed() error {
	law, ok := kinds[e.Kind]
	switch {
	case !ok, e.Section != law.section, e.ID.IsZero(), e.Book.IsZero(), e.Item.IsZero(), e.Author.IsZero():
		return errs.New("book: next", errs.Invalid, "")
	case !law.inPlace(e):
		return errs.New("book: next", errs.Invalid, "")
	case (e.Act.IsAnswer() || e.Act == ActWriteFor || e.Act == ActTomorrow) == e.Answers.IsZero():
		return errs.New("book: next", errs.Invalid, "")
	case e.Act.BringsWords() != (e.Body != nil):
		return errs.New("book: next", errs.Invalid, "")
	case (e.Act == ActErase) != (e.Kind == KindErasing):
		return errs.New("book: next", errs.Invalid, "")
	case e.Via == ViaTogether && e.Act != ActAccept:
		return errs.New("book: next", errs.Invalid, "")
	case e.Via == ViaPaper && !e.onPaper():
		return errs.New("book: next", errs.Invalid, "")
	case (e.Via == ViaRule) != (whyOf(e.Body) != ""):
		return errs.New("book: next", errs.Invalid, "")
	case e.Body != nil && e.Body.Kind() != e.Kind:
		return errs.New("book: next", errs.Invalid, "")
	}
	if e.Body != nil {
		return CheckBody(e.Body)
	}
	return nil
}
