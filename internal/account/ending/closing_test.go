package ending_test

import (
	"testing"

	"beside/internal/account"
	"beside/internal/account/ending"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/store"
)

// told counts how often a person was told that the place closes.
func (w *world) told(t tester, who id.Person) (n int) {
	t.Helper()
	must(t, w.db.View(ctx, func(tx *store.Tx) error {
		return tx.Row(`SELECT COUNT(*) FROM happening WHERE person = $1 AND kind = $2`, who, string(account.HappenedClosing)).Scan(&n)
	}))
	return n
}

// TestThePlaceCloses: not sooner than thirty days ahead; everybody is told thirty, seven and one days before, each time once;
// until the day it can be stopped, and nothing has happened then; on the day every book is erased, but one that is held, which
// goes when that ends.
func TestThePlaceCloses(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		mira, yusuf := w.join(t, "Mira"), w.join(t, "Yusuf")
		wantKind(t, w.Stop(ctx), errs.Changed)
		wantKind(t, w.Close(ctx, w.clock.Now()+ending.ClosesAfter-clock.Second), errs.Invalid)
		must(t, w.Close(ctx, w.clock.Now()+ending.ClosesAfter))
		wantKind(t, w.Close(ctx, w.clock.Now()+2*ending.ClosesAfter), errs.Changed)
		w.settle(t)
		must(t, w.Stop(ctx))
		w.clock.Step(40 * clock.Day)
		w.settle(t)
		if w.erased(t, mira.Book) || w.told(t, mira.Person) != 1 {
			t.Fatalf("stopped: gone %v, told %d times", w.erased(t, mira.Book), w.told(t, mira.Person))
		}

		must(t, w.Close(ctx, w.clock.Now()+40*clock.Day))
		must(t, w.keeper.SetHold(ctx, keeper.Hold{Book: yusuf.Book, Reference: "12 B 7", Ground: book.NewText("An order.")}, id.Person{}))
		for _, x := range []struct{ day, told int }{{9, 1}, {11, 2}, {32, 2}, {34, 3}, {38, 3}, {39, 4}} {
			w.clock.Set(noon + clock.Time(40+x.day)*clock.Day + clock.Minute)
			w.settle(t)
			if n := w.told(t, mira.Person); n != x.told {
				t.Errorf("on day %d: told %d times, want %d", x.day, n, x.told)
			}
		}
		ana := w.join(t, "Ana")
		if w.erased(t, mira.Book) {
			t.Error("gone before the day")
		}
		w.clock.Step(clock.Day)
		w.settle(t)
		for _, s := range []account.Session{mira, ana} {
			if !w.erased(t, s.Book) {
				t.Error("a book is still there on the day")
			}
		}
		c, err := w.CertifyClosing(ctx)
		must(t, err)
		if c.There != 1 || c.Held != 1 || c.Erased != 2 || c.Done() {
			t.Errorf("the certificate says %+v", c)
		}
		wantKind(t, w.Stop(ctx), errs.Changed)
		must(t, w.db.Update(ctx, func(tx *store.Tx) error { return w.keeper.EndHold(tx, yusuf.Book) }))
		w.settle(t)
		if c, err = w.CertifyClosing(ctx); err != nil || c.There != 0 || c.Erased != 3 {
			t.Errorf("afterwards it says %+v, %v", c, err)
		}
	})
}

// TestAHoldEndsByItself: on its day, and not when it was ended and set anew before.
func TestAHoldEndsByItself(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		mira := w.join(t, "Mira")
		order := keeper.Hold{Book: mira.Book, Reference: "12 B 7", Ground: book.NewText("The court wants it kept."), Until: w.clock.Now() + 10*clock.Day}
		for _, bad := range []keeper.Hold{{Book: mira.Book, Reference: "12 B 7"}, {Book: mira.Book, Ground: order.Ground}, {Book: mira.Book, Reference: "1", Ground: order.Ground, Until: w.clock.Now()}} {
			wantKind(t, w.keeper.SetHold(ctx, bad, id.Person{}), errs.Invalid)
		}
		must(t, w.keeper.SetHold(ctx, order, id.Person{}))
		wantKind(t, w.keeper.SetHold(ctx, order, id.Person{}), errs.Changed)
		h, err := w.keeper.Held(ctx, own(mira), mira.Book)
		must(t, err)
		if h.Ground.Show() != "The court wants it kept." || h.Reference != "12 B 7" || h.Until != order.Until {
			t.Errorf("the owner is told %+v", h)
		}
		must(t, w.Ask(ctx, mira, w.entry()))
		w.clock.Step(8 * clock.Day)
		w.settle(t)
		must(t, w.db.Update(ctx, func(tx *store.Tx) error { return w.keeper.EndHold(tx, mira.Book) }))
		order.Until += 10 * clock.Day
		must(t, w.keeper.SetHold(ctx, order, id.Person{}))
		w.clock.Step(3 * clock.Day)
		w.settle(t)
		if w.erased(t, mira.Book) {
			t.Error("the end of the hold before let it go")
		}
		w.clock.Step(10 * clock.Day)
		w.settle(t)
		if !w.erased(t, mira.Book) {
			t.Error("it is there although the hold ended by itself")
		}
	})
}
