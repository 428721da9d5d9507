package book

import (
	"crypto/sha256"
	"slices"

	"beside/internal/errs"
	"beside/internal/id"
)

// Bond is what somebody is to the owner of a book in their own life. It stands sealed only.
type Bond string

// The bonds there are.
const (
	BondFamily  Bond = "family"
	BondPartner Bond = "partner" // now or before
	BondSponsor Bond = "sponsor" // in a mutual-aid fellowship, one way or the other
	BondOther   Bond = "other"
)

// Bonds returns the bonds in the order they are named on screen.
func Bonds() []Bond { return []Bond{BondFamily, BondPartner, BondSponsor, BondOther} }

// Tie says that the owner of the book and another person know each other from their own life. While it stands neither
// walks with the other here (mission.md U4): it blocks matching and reading both ways. Only ids of it stand in the clear.
type Tie struct {
	kept
	Other id.Person
	Bond  Bond
	Words Text // a note for oneself, may be blank
}

// MaxTieWords is the longest note of a tie, in bytes.
const MaxTieWords = 200

// TieWith returns the id of the one item in book b that is a tie with other. It is derived, so that two devices that both
// say it write the same item.
func TieWith(b id.Book, other id.Person) id.Item {
	return derived(sha256.Sum256(append(append([]byte("beside tie\x00"), b.Bytes()...), other.Bytes()...)))
}

// Kind is [KindTie].
func (*Tie) Kind() Kind { return KindTie }

func (t *Tie) put(o object) {
	o.putString("other", t.Other.String())
	o.putString("bond", string(t.Bond))
	o.putText("words", t.Words)
}

func (t *Tie) get(o object) error {
	other, err := read[string](o, "other")
	if err != nil {
		return err
	}
	if other != "" {
		if t.Other, err = id.Parse[id.Person](other); err != nil {
			return err
		}
	}
	if t.Bond, err = read[Bond](o, "bond"); err != nil {
		return err
	}
	t.Words, err = o.text("words")
	return err
}

func (t *Tie) check(c *errs.Check) {
	checkWords(c, t.Words, "")
	if len(t.Words.s) > MaxTieWords {
		c.Add("words", "errors.line_too_long")
	}
	if t.Other.IsZero() {
		c.Add("other", "errors.choose_listed")
	}
	if !slices.Contains(Bonds(), t.Bond) {
		c.Add("bond", "errors.choose_bond")
	}
}
