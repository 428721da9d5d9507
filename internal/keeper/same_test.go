package keeper

import (
	"testing"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/id"
)

// TestTheSameAct: an act sent again is the same by the same person, of the same kind, about the same thing, in answer to the same; what was
// written for somebody finds again by itself by what it was given.
func TestTheSameAct(t *testing.T) {
	ids := id.NewMaker(clock.NewManual(1), nil)
	for _, act := range []book.Act{book.ActWrite, book.ActWriteFor} {
		a := book.Entry{Author: id.New[id.Person](ids), Kind: book.KindGoal, Item: id.New[id.Item](ids), Act: act, Answers: id.New[id.Entry](ids)}
		for what, c := range map[string]struct {
			change func(*book.Entry)
			same   bool
		}{
			"itself":         {func(*book.Entry) {}, true},
			"by another":     {func(b *book.Entry) { b.Author = id.New[id.Person](ids) }, false},
			"another kind":   {func(b *book.Entry) { b.Kind = book.KindStep }, false},
			"about another":  {func(b *book.Entry) { b.Item = id.New[id.Item](ids) }, false},
			"another act":    {func(b *book.Entry) { b.Act = book.ActAccept }, false},
			"another answer": {func(b *book.Entry) { b.Answers = id.New[id.Entry](ids) }, act == book.ActWriteFor},
		} {
			b := a
			c.change(&b)
			if got := sameAct(a, b); got != c.same {
				t.Errorf("%s, %s: %v", act, what, got)
			}
		}
	}
}
