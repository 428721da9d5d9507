package keeper_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/store"
	"beside/internal/testkit/ready"
	"beside/internal/witness"
)

// atTheDesk makes one of the team who has somebody in front of them.
func (w *world) atTheDesk(t fatal) grant.Subject {
	t.Helper()
	who := grant.Subject{Person: id.New[id.Person](w.ids), Hat: book.HatTeam}
	must(t, w.db.Update(context.Background(), func(tx *store.Tx) error {
		_, err := tx.Exec(`INSERT INTO membership (id, community, person, hat, since, until) VALUES ($1, $2, $3, 'team', 0, $4)`,
			id.New[id.Membership](w.ids), id.New[id.Community](w.ids), who.Person, int64(1)<<62)
		if err == nil {
			_, err = tx.Exec(`INSERT INTO death_claim (member, until) VALUES ($1, $2)`, who.Person, int64(1)<<62)
		}
		return err
	}))
	return who
}

func (w *world) isCalled(t fatal, who grant.Subject, b id.Book, name string, before id.Entry) book.Entry {
	t.Helper()
	return w.does(t, who, b, keeper.Draft{Kind: book.KindName, Act: book.ActWrite, Item: book.Only(b, book.KindName), Base: before, Body: bodyOf(book.KindName, name, id.Item{})})
}

// TestWhoIsFoundByName: those whose name has every part that was typed, the same before those that sound so, five at most; also who was
// called so before there was an index, and by the name they have now alone. Each name that is shown is a look.
func TestWhoIsFoundByName(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w, ctx := newWorld(t, where), context.Background()
		desk := w.atTheDesk(t)
		type one struct {
			who  grant.Subject
			b    id.Book
			last book.Entry
		}
		begin := func(name string) one {
			t.Helper()
			w.clock.Step(1)
			who, b := w.person(t)
			return one{who, b, w.isCalled(t, who, b, name, id.Entry{})}
		}
		finds := func(typed string, more bool, want ...one) {
			t.Helper()
			got, again, err := w.k.FindByName(bounded(t), desk, id.New[id.Request](w.ids), book.PurposeDied, typed)
			must(t, err)
			var is, wants string
			for _, f := range got {
				is += fmt.Sprintln(f.Book, f.Name.Show())
			}
			for _, x := range want {
				wants += fmt.Sprintln(x.b, x.last.Body.(*book.Name).Words.Show())
			}
			if is != wants || again != more {
				t.Errorf("%q finds\n%s(more: %v), want\n%s", typed, is, again, wants)
			}
		}
		maier, meier := begin("Anna Maier"), begin("Anna Meier")
		ruth, nobody := begin("Ruth"), begin("Zoltan")
		finds("anna maier", false, maier, meier)
		finds("meier", false, meier, maier)
		finds("anna", false, maier, meier)
		finds("anna ruth", false)
		for typed, who := range map[string]grant.Subject{" ": desk, "-": desk} {
			_, _, err := w.k.FindByName(ctx, who, id.Request{}, book.PurposeDied, typed)
			wantKind(t, err, errs.Invalid)
		}
		if got, more, err := w.k.FindByName(ctx, w.worker(t), id.Request{}, book.PurposeDied, "ruth"); err != nil || more || len(got) > 0 {
			t.Errorf("somebody else finds %v, %v", got, err)
		}
		looks := func(x one, want int) {
			t.Helper()
			all, err := w.k.Looks(ctx, x.who, x.b, 0, 100)
			must(t, err)
			if len(all) != want {
				t.Errorf("%d looks, want %d", len(all), want)
			}
			for _, l := range all {
				if l.Section != book.SectionName || l.Items != 1 || l.Reader != desk.Person {
					t.Errorf("the look %+v", l)
				}
			}
		}
		looks(maier, 3)
		looks(nobody, 0)
		ruth.last = w.isCalled(t, ruth.who, ruth.b, "Rahel", ruth.last.ID)
		finds("ruth", false)
		finds("rahel", false, ruth)
		must(t, w.db.Update(ctx, func(tx *store.Tx) error { _, err := tx.Exec(`DELETE FROM name_part`); return err })) // as before there was one
		w.k = keeper.New(w.db, w.vault, w.clock, w.ids, nil)
		finds("rahel", false, ruth)
		finds("zoltan", false, nobody)
		var five []one
		for range keeper.MostFound {
			five = append(five, begin("Zoltan"))
		}
		finds("zoltan", true, append([]one{nobody}, five[:keeper.MostFound-1]...)...)
		w.isCalled(t, nobody.who, nobody.b, "Ida", nobody.last.ID)
		finds("zoltan", false, five...)
		for _, c := range []struct {
			who  grant.Subject
			want id.Person
		}{{desk, ruth.who.Person}, {ruth.who, id.Person{}}} {
			must(t, w.db.View(ctx, func(tx *store.Tx) error {
				owner, err := w.k.MayFind(tx, c.who, ruth.b)
				if owner != c.want || (err != nil) != c.want.IsZero() {
					t.Errorf("whose book it is: %v, %v", owner, err)
				}
				return nil
			}))
		}
	})
}

// TestBooksAndKeyringAgree: what one of them knows to be erased the other erases too, once; what somebody wrote into the books is left as
// it is. A certificate that said otherwise says so no more.
func TestBooksAndKeyringAgree(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w, ctx := newWorld(t, where), context.Background()
		who, b := w.person(t)
		strength := func() book.Entry {
			return w.does(t, who, b, keeper.Draft{Kind: book.KindStrength, Act: book.ActWrite, Body: bodyOf(book.KindStrength, "x", id.Item{})})
		}
		agree := func(want keeper.Reconciled) {
			t.Helper()
			if got, err := w.k.Reconcile(ctx); err != nil || got != want {
				t.Errorf("%+v, %v, want %+v", got, err, want)
			}
		}
		left := func() int {
			t.Helper()
			r, err := w.k.Read(ctx, who, b, keeper.Want{})
			must(t, err)
			return len(r.Items[0])
		}
		first, second, stays, forged := strength(), strength(), strength(), strength()
		agree(keeper.Reconciled{})
		_, otherBook := w.person(t)
		must(t, w.vault.MakeBook(ctx, id.New[id.Book](w.ids)))
		for _, it := range []id.Item{first.Item, second.Item} { // the books are older
			_, err := w.vault.Erase(ctx, b, it)
			must(t, err)
		}
		_, err := w.vault.EraseBook(ctx, otherBook)
		must(t, err)
		agree(keeper.Reconciled{Rows: 3})
		if n := left(); n != 2 {
			t.Errorf("%d things are left", n)
		}
		agree(keeper.Reconciled{})
		must(t, w.audit(who, b))

		act := w.does(t, who, b, keeper.Draft{Kind: book.KindErasing, Act: book.ActErase, Body: &book.Erasing{Items: []id.Item{stays.Item}}}) // the keyring is older
		must(t, w.db.Update(ctx, func(tx *store.Tx) error {
			if _, err := tx.Exec(`DELETE FROM promise`); err != nil {
				return err
			}
			if _, err := tx.Exec(`UPDATE erasing SET settled_at = 1, sure_at = 1`); err != nil {
				return err
			}
			_, err := tx.Exec(`INSERT INTO tombstone (book, seq, entry, item, leaf, erased_at) SELECT book, seq, id, item, leaf, 7 FROM entry WHERE id = $1`, forged.ID)
			return err
		}))
		agree(keeper.Reconciled{Keys: 1, Odd: 1})
		agree(keeper.Reconciled{Odd: 1})
		for it, gone := range map[id.Item]bool{stays.Item: true, forged.Item: false} {
			if _, err := w.vault.Seal(ctx, b, it, w.entry(), nil); (err != nil) != gone {
				t.Errorf("its key is gone: %v, want %v", err, gone)
			}
		}
		all, err := w.k.Erasings(ctx, who, b)
		must(t, err)
		if len(all) != 1 || all[0].SettledAt != 0 || all[0].SureAt != 0 {
			t.Errorf("the certificate says %+v", all)
		}
		if p := w.promises(t, keeper.ErasePromise); len(p) != 1 || string(p[0].Subject) != string(act.ID.Bytes()) || len(w.promises(t, keeper.CertifyPromise)) != 0 {
			t.Errorf("%d promises", len(p))
		}

		third, thirdBook := w.person(t)
		w.does(t, third, thirdBook, keeper.Draft{Kind: book.KindErasing, Act: book.ActErase, Body: &book.Erasing{Whole: true}})
		must(t, w.db.Update(ctx, func(tx *store.Tx) error {
			if _, err := tx.Exec(`DELETE FROM promise`); err != nil {
				return err
			}
			_, err := tx.Exec(`DELETE FROM erasing`)
			return err
		}))
		agree(keeper.Reconciled{Keys: 1, Odd: 1})
		if p := w.promises(t, keeper.CertifyPromise); len(p) != 1 || p[0].Due != w.clock.Now() || len(w.promises(t, keeper.ErasePromise)) != 0 {
			t.Errorf("without a certificate: %v", p)
		}
		if _, err := w.vault.Seal(ctx, thirdBook, first.Item, w.entry(), nil); err == nil {
			t.Error("a book that is erased has its keys")
		}
	})
}

// TestChainsAreFollowed: of every book to its last entry, also where more than are read at once stand before it.
func TestChainsAreFollowed(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w := newWorld(t, where)
		ctx, cancel := context.WithTimeout(context.Background(), 40*time.Second) // it has an end
		defer cancel()
		var last id.Book
		for _, n := range []int{2000, 0, 3} {
			who, b := w.person(t)
			var all []keeper.Draft
			for range n {
				all = append(all, keeper.Draft{ID: w.entry(), Kind: book.KindMoment, Act: book.ActWrite, Via: book.ViaWeb, Body: &book.Moment{What: book.WhatGood}})
			}
			if n > 0 {
				_, err := w.k.Write(ctx, who, b, all...)
				must(t, err)
			}
			last = b
			w.clock.Step(clock.Second)
		}
		if n, err := keeper.Chains(ctx, w.db); err != nil || n != 2 {
			t.Errorf("%d books, %v", n, err)
		}
		must(t, w.db.Update(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(`UPDATE entry SET leaf = chain WHERE book = $1 AND seq = 3`, last)
			return err
		}))
		if _, err := keeper.Chains(ctx, w.db); !errors.Is(err, witness.ErrBroken) {
			t.Errorf("the last entry was changed: %v", err)
		}
	})
}
