package keeper_test

import (
	"context"
	"testing"

	"beside/internal/book"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/store"
	"beside/internal/testkit/pgtest"
)

// TestAHeldBookIsNotErased: while a book must be kept nothing in it is erased, its owner is told so beforehand and nobody
// else is; when it ends, erasing works.
func TestAHeldBookIsNotErased(t *testing.T) {
	pgtest.Both(t, func(t *testing.T, where string) {
		w, ctx := newWorld(t, where), context.Background()
		who, b := w.person(t)
		other, _ := w.person(t)
		d := keeper.Draft{ID: w.entry(), Kind: book.KindStrength, Act: book.ActWrite, Body: bodyOf(book.KindStrength, "something", id.Item{}), Via: book.ViaWeb}
		_, err := w.k.Write(ctx, who, b, d)
		must(t, err)
		for range 2 {
			must(t, w.db.Update(ctx, func(tx *store.Tx) error { return w.k.Hold(tx, b, other.Person, "court") }))
		}
		h, err := w.k.Held(ctx, who, b)
		must(t, err)
		if h.Since != w.clock.Now() {
			t.Errorf("held since %d", h.Since)
		}
		for _, x := range []grant.Subject{other, {Person: who.Person, Hat: book.HatTeam}} {
			_, err := w.k.Held(ctx, x, b)
			wantKind(t, err, errs.NotOpen)
		}
		one := &book.Erasing{Items: []id.Item{keeper.NewItem(d.ID)}}
		for _, x := range []*book.Erasing{one, {Whole: true}} {
			_, err := w.k.Write(ctx, who, b, keeper.Draft{ID: w.entry(), Kind: book.KindErasing, Act: book.ActErase, Body: x, Via: book.ViaWeb})
			wantKind(t, err, errs.Changed)
		}
		must(t, w.audit(who, b))
		for range 2 {
			must(t, w.db.Update(ctx, func(tx *store.Tx) error { return w.k.EndHold(tx, b) }))
		}
		_, err = w.k.Write(ctx, who, b, keeper.Draft{ID: w.entry(), Kind: book.KindErasing, Act: book.ActErase, Body: one, Via: book.ViaWeb})
		must(t, err)
		must(t, w.audit(who, b))
	})
}

// TestWhatIsSharedIsNotErased: a grant that stands is ended first.
func TestWhatIsSharedIsNotErased(t *testing.T) {
	pgtest.Both(t, func(t *testing.T, where string) {
		w, ctx := newWorld(t, where), context.Background()
		who, b := w.person(t)
		worker := w.worker(t)
		give := keeper.Draft{ID: w.entry(), Kind: book.KindSharing, Act: book.ActWrite, Via: book.ViaWeb, Body: &book.Sharing{As: book.HatWorker,
			Recipient: worker.Person, Sections: []book.Section{book.SectionName}, Purpose: book.PurposeWalking, Until: w.clock.Now() + book.MaxGrant}}
		_, err := w.k.Write(ctx, who, b, give)
		must(t, err)
		it := keeper.NewItem(give.ID)
		gone := func() error {
			_, err := w.k.Write(ctx, who, b, keeper.Draft{ID: w.entry(), Kind: book.KindErasing, Act: book.ActErase, Body: &book.Erasing{Items: []id.Item{it}}, Via: book.ViaWeb})
			return err
		}
		wantKind(t, gone(), errs.Changed)
		_, err = w.k.Write(ctx, who, b, keeper.Draft{ID: w.entry(), Kind: book.KindSharing, Act: book.ActPutAway, Item: it, Base: give.ID, Via: book.ViaWeb})
		must(t, err)
		must(t, gone())
		must(t, w.audit(who, b))
	})
}

// TestAWholeBookIsNobodysAfterwards: nothing can be written to it or read in it, by anybody.
func TestAWholeBookIsNobodysAfterwards(t *testing.T) {
	pgtest.Both(t, func(t *testing.T, where string) {
		w, ctx := newWorld(t, where), context.Background()
		who, b := w.person(t)
		write := func() error {
			_, err := w.k.Write(ctx, who, b, keeper.Draft{ID: w.entry(), Kind: book.KindStrength, Act: book.ActWrite, Body: bodyOf(book.KindStrength, "something", id.Item{}), Via: book.ViaWeb})
			return err
		}
		must(t, write())
		x := w.entry()
		_, err := w.k.Write(ctx, who, b, keeper.Draft{ID: x, Kind: book.KindErasing, Act: book.ActErase, Body: &book.Erasing{Whole: true}, Via: book.ViaWeb})
		must(t, err)
		wantKind(t, write(), errs.Changed)
		must(t, w.audit(who, b))
		_, err = w.vault.EraseBook(ctx, b)
		must(t, err)
		if err := write(); err == nil {
			t.Error("it can be written when its keys are gone")
		}
		r, err := w.k.Read(ctx, who, b, keeper.Want{}, keeper.Want{State: book.Away})
		must(t, err)
		if len(r.Items[0])+len(r.Items[1]) > 0 {
			t.Error("something is left in it")
		}
		c, err := w.k.WholeErased(ctx, x)
		must(t, err)
		if !c.Whole || c.Entries != 2 {
			t.Errorf("the certificate says %+v", c)
		}
		_, err = w.k.WholeErased(ctx, w.entry())
		wantKind(t, err, errs.NotOpen)
	})
}

// TestTheVersionBeforeErasesWhatIsGivenSingly: a binary that does not know of single items takes an item, and the grant, out of its
// own lists, and nothing is left of them in ours (docs/decisions/0018-whom-one-gives-to.md).
func TestTheVersionBeforeErasesWhatIsGivenSingly(t *testing.T) {
	pgtest.Both(t, func(t *testing.T, where string) {
		for _, erased := range []string{"item", "grant"} {
			w, ctx := newWorld(t, where), context.Background()
			who, b := w.person(t)
			sister, _ := w.person(t)
			d := keeper.Draft{ID: w.entry(), Kind: book.KindStrength, Act: book.ActWrite, Body: bodyOf(book.KindStrength, "something", id.Item{}), Via: book.ViaWeb}
			give := keeper.Draft{ID: w.entry(), Kind: book.KindSharing, Act: book.ActWrite, Via: book.ViaWeb, Body: &book.Sharing{As: book.HatSelf,
				Recipient: sister.Person, Label: book.NewText("my sister"), Sections: []book.Section{book.SectionName},
				Singles: []book.Single{{Section: book.SectionStrengths, Item: keeper.NewItem(d.ID)}}, Purpose: book.PurposeNear, Until: w.clock.Now() + book.MaxGrant}}
			_, err := w.k.Write(ctx, who, b, d, give)
			must(t, err)
			must(t, w.db.Update(ctx, func(tx *store.Tx) error {
				if erased == "item" {
					_, err := tx.Exec(`DELETE FROM item WHERE book = $1 AND item = $2`, b, keeper.NewItem(d.ID))
					return err
				}
				for _, q := range []string{`DELETE FROM given_section WHERE book = $1 AND given = $2`, `DELETE FROM given WHERE book = $1 AND id = $2`} {
					if _, err := tx.Exec(q, b, keeper.NewItem(give.ID)); err != nil {
						return err
					}
				}
				return nil
			}))
			must(t, w.db.View(ctx, func(tx *store.Tx) error {
				var left int
				err := tx.Row(`SELECT COUNT(*) FROM given_item WHERE book = $1`, b).Scan(&left)
				if left != 0 {
					t.Errorf("the %s was erased, and %d single items are given", erased, left)
				}
				return err
			}))
		}
	})
}
