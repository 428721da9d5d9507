package keeper_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/store"
	"beside/internal/testkit/pgtest"
	"beside/internal/witness"
)

// aLife is what somebody wrote: things that stand alone, words that changed, a step that was done, a grant that was taken
// back, and something put away.
func aLife(w *world, b id.Book, to id.Person) []keeper.Draft {
	var all []keeper.Draft
	write := func(body book.Body, it id.Item, base id.Entry) id.Entry {
		d := keeper.Draft{ID: w.entry(), Kind: body.Kind(), Act: book.ActWrite, Item: it, Base: base, Body: body, Via: book.ViaWeb}
		all = append(all, d)
		return d.ID
	}
	say := book.NewText
	write(&book.Name{Words: say("Mira Aldén")}, book.Only(b, book.KindName), id.Entry{})
	words := write(&book.Words{Words: say("mornings")}, book.Only(b, book.KindWords), id.Entry{})
	write(&book.Words{Words: say("mornings without dread")}, book.Only(b, book.KindWords), words)
	strength := write(&book.Strength{Words: say("bread"), When: book.WhenNow}, id.Item{}, id.Entry{})
	goal := write(&book.Goal{Words: say("the market"), BuildsOn: []id.Item{keeper.NewItem(strength)}}, id.Item{}, id.Entry{})
	step := write(&book.Step{Words: say("ask"), Goal: keeper.NewItem(goal)}, id.Item{}, id.Entry{})
	write(&book.Step{Words: say("ask"), Goal: keeper.NewItem(goal), Done: true}, keeper.NewItem(step), step)
	for range 300 { // more than one statement brings
		write(&book.Moment{Words: say("a day"), What: book.WhatGood}, id.Item{}, id.Entry{})
	}
	for i := range 2 {
		g := write(&book.Sharing{As: book.HatWorker, Recipient: to, Sections: book.Givable(), Purpose: book.PurposeWalking, Until: w.clock.Now() + 30*clock.Day}, id.Item{}, id.Entry{})
		if i == 0 {
			all = append(all, keeper.Draft{ID: w.entry(), Kind: book.KindSharing, Act: book.ActPutAway, Item: keeper.NewItem(g), Base: g, Via: book.ViaWeb})
		}
	}
	return append(all, keeper.Draft{ID: w.entry(), Kind: book.KindStrength, Act: book.ActPutAway, Item: keeper.NewItem(strength), Base: strength, Via: book.ViaWeb})
}

// TestFilledIsAsWritten: a book that is filled at once is the book that writing it leaves.
func TestFilledIsAsWritten(t *testing.T) {
	pgtest.Both(t, func(t *testing.T, where string) {
		w := newWorld(t, where)
		sam := id.New[id.Person](w.ids)
		written, filled := grant.Subject{Person: id.New[id.Person](w.ids), Hat: book.HatSelf}, grant.Subject{Person: id.New[id.Person](w.ids), Hat: book.HatSelf}
		wb, fb := id.New[id.Book](w.ids), id.New[id.Book](w.ids)
		for _, b := range []id.Book{wb, fb} {
			check(t, w.vault.MakeBook(t.Context(), b))
		}
		check(t, w.db.Update(t.Context(), func(tx *store.Tx) error { return w.k.Begin(tx, wb, written.Person) }))
		_, err := w.k.Write(t.Context(), written, wb, aLife(w, wb, sam)...)
		check(t, err)
		ran := 0
		check(t, w.k.Fill(t.Context(), func(*store.Tx) error { ran++; w.clock.Step(clock.Second); return nil }, keeper.Filling{Owner: filled.Person, Book: fb, Drafts: aLife(w, fb, sam)}))
		if ran == 0 {
			t.Error("what stands beside was not run")
		}
		check(t, w.audit(written, wb))
		check(t, w.audit(filled, fb))
		if d := cmp.Diff(w.counts(t, wb), w.counts(t, fb)); d != "" {
			t.Errorf("rows of a book that was written and of one that was filled (-written +filled):\n%s", d)
		}
		_, err = w.k.Write(t.Context(), filled, fb, keeper.Draft{ID: w.entry(), Kind: book.KindMoment, Act: book.ActWrite, Body: &book.Moment{Words: book.NewText("on"), What: book.WhatGood}, Via: book.ViaWeb})
		check(t, err)
		check(t, w.audit(filled, fb))
	})
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// queued is a leaf with the time by which the log finds it: that of its entry.
type queued struct {
	leaf witness.Hash
	at   clock.Time
}

// counts are how many rows a book has, and of how many of its entries the leaf is queued, for when the entry was recorded.
func (w *world) counts(t *testing.T, b id.Book) map[string]int {
	t.Helper()
	n := map[string]int{}
	check(t, w.db.View(t.Context(), func(tx *store.Tx) error {
		for _, table := range []string{"entry", "item", "given", "given_section", "name_part"} {
			var rows int
			if err := tx.Row(`SELECT COUNT(*) FROM `+table+` WHERE book = $1`, b).Scan(&rows); err != nil {
				return err
			}
			n[table] = rows
		}
		waits := map[queued]bool{}
		err := store.Each(tx, `SELECT leaf, queued_at FROM log_queue WHERE kind = 'entry'`, nil, func(scan func(...any) error) error {
			var l queued
			err := scan(&l.leaf, &l.at)
			waits[l] = true
			return err
		})
		if err != nil {
			return err
		}
		return store.Each(tx, `SELECT leaf, recorded_at FROM entry WHERE book = $1`, []any{b}, func(scan func(...any) error) error {
			var l queued
			err := scan(&l.leaf, &l.at)
			if waits[l] {
				n["queued"]++
			}
			return err
		})
	}))
	return n
}

func TestFillingRefuses(t *testing.T) {
	w := newWorld(t, t.TempDir())
	who, b := id.New[id.Person](w.ids), id.New[id.Book](w.ids)
	check(t, w.vault.MakeBook(t.Context(), b))
	life := aLife(w, b, id.New[id.Person](w.ids))
	suggests := append(life[:1:1], keeper.Draft{ID: w.entry(), Kind: book.KindStrength, Act: book.ActSuggest, Body: &book.Strength{Words: book.NewText("x"), When: book.WhenNow}, Via: book.ViaWeb})
	if err := w.k.Fill(t.Context(), nil, keeper.Filling{Owner: who, Book: b, Drafts: suggests}); !errs.Is(err, errs.NotOpen) {
		t.Errorf("a suggestion in a filling: %v", err)
	}
	if err := w.k.Fill(t.Context(), nil, keeper.Filling{Owner: who, Book: b, Drafts: append(life[:1:1], life[6])}); !errs.Is(err, errs.Changed) {
		t.Errorf("words over words that are not there: %v", err)
	}
	check(t, w.k.Fill(t.Context(), nil, keeper.Filling{Owner: who, Book: b, Drafts: life}))
	if err := w.k.Fill(t.Context(), nil, keeper.Filling{Owner: who, Book: b, Drafts: life}); err == nil {
		t.Error("a book was filled twice")
	}
	check(t, w.audit(grant.Subject{Person: who, Hat: book.HatSelf}, b))
}
