package ending_test

import (
	"testing"

	"pgregory.net/rapid"

	"beside/internal/account"
	"beside/internal/account/ending"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/promise"
	"beside/internal/store"
	"beside/internal/testkit/histories"
)

// asking is the random life of one book whose owner wants it gone, and may not; beside a model kept by the simplest rules.
type asking struct {
	*world
	s      account.Session
	stands int        // what stands in the book
	due    clock.Time // 0 when nothing is asked for
	held   bool
	gone   bool
}

func (l *asking) ask(t *rapid.T) {
	if l.gone {
		return
	}
	must(t, l.Ask(ctx, l.s, l.entry()))
	if l.due == 0 {
		l.due = l.clock.Now() + ending.Pause
	}
}

func (l *asking) keep(t *rapid.T) {
	must(t, l.Keep(ctx, l.s))
	l.due = 0
}

func (l *asking) today(t *rapid.T) {
	if l.gone || rapid.IntRange(0, 3).Draw(t, "rarely") > 0 {
		return
	}
	l.s = l.in(t, l.s.Person)
	waits, err := l.Today(ctx, l.s, l.entry())
	must(t, err)
	if waits != l.held {
		t.Fatalf("waits is %v, and held is %v", waits, l.held)
	}
	l.gone = !waits
	if waits {
		l.due = l.clock.Now()
	}
}

func (l *asking) hold(t *rapid.T) {
	l.clock.Step(clock.Second) // no two holds at one moment
	l.settles(t)
	must(t, l.db.Update(ctx, func(tx *store.Tx) error { return l.keeper.Hold(tx, l.s.Book, id.New[id.Person](l.ids), "court") }))
	l.held = true
}

func (l *asking) endHold(t *rapid.T) {
	must(t, l.db.Update(ctx, func(tx *store.Tx) error { return l.keeper.EndHold(tx, l.s.Book) }))
	l.held = false
	l.settles(t)
}

func (l *asking) pass(t *rapid.T) {
	l.clock.Step(clock.Time(rapid.IntRange(1, 100).Draw(t, "hours")) * clock.Hour)
	l.settles(t)
}

func (l *asking) settles(t *rapid.T) {
	l.settle(t)
	if l.due != 0 && l.clock.Now() >= l.due && !l.held {
		l.gone = true
	}
}

func (l *asking) check(t *rapid.T) {
	if gone := l.erased(t, l.s.Book); gone != l.gone {
		t.Fatalf("the book is gone: %v, want %v (due %d, now %d, held %v)", gone, l.gone, l.due, l.clock.Now(), l.held)
	}
	if l.gone {
		return
	}
	if n := l.reads(t, l.s); n != l.stands {
		t.Fatalf("%d things stand in the book, want %d", n, l.stands)
	}
}

// TestABookGoesWhenItsOwnerStillWantsIt lives random histories: a book goes when its owner asked for it, a pause ago, and did
// not take it back; never while it is held, and at once when the hold ends.
func TestABookGoesWhenItsOwnerStillWantsIt(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		histories.Check(t, 8, func(rt *rapid.T) {
			l := &asking{world: w, s: w.join(rt, "Mira")}
			l.stands = l.reads(rt, l.s)
			rt.Repeat(map[string]func(*rapid.T){
				"ask": l.ask, "keep": l.keep, "today": l.today, "hold": l.hold, "end hold": l.endHold, "pass": l.pass, "": l.check,
			})
		})
	})
}

// TestOnlyWhatWasSettledEndsABook: the act by which a book ends at its time is refused when nothing was settled, when the time
// has not come, when it was taken back, and for another reason than was settled.
func TestOnlyWhatWasSettledEndsABook(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		s := w.join(t, "Mira")
		e := w.entry()
		end := func(why book.Why) error {
			_, err := w.keeper.Write(ctx, own(s), s.Book, keeper.Draft{ID: e, Kind: book.KindErasing, Act: book.ActErase, Via: book.ViaRule, Body: &book.Erasing{Whole: true, Why: why}})
			return err
		}
		wantKind(t, end(book.WhyAsked), errs.NotOpen)
		must(t, w.Ask(ctx, s, e))
		wantKind(t, end(book.WhyAsked), errs.NotOpen)
		w.clock.Step(ending.Pause)
		wantKind(t, end(book.WhyDied), errs.NotOpen)
		must(t, w.Keep(ctx, s))
		wantKind(t, end(book.WhyAsked), errs.NotOpen)
		e = w.entry()
		must(t, w.Ask(ctx, s, e))
		w.clock.Step(ending.Pause)
		must(t, end(book.WhyAsked))
		if !w.erased(t, s.Book) {
			t.Error("it is not gone")
		}
		role := s
		role.Hat = book.HatTeam
		wantKind(t, w.Ask(ctx, role, w.entry()), errs.NotOpen)
		wantKind(t, w.Keep(ctx, role), errs.NotOpen)
		_, err := w.Today(ctx, role, w.entry())
		wantKind(t, err, errs.NotOpen)
		_, _, err = w.Asked(ctx, role)
		wantKind(t, err, errs.NotOpen)
	})
}

// TestARowAloneEndsNoBook: who can write to the database, and has no key, has no book erased: not by settling its end, nor by
// making undone that it was taken back.
func TestARowAloneEndsNoBook(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		mira, yusuf := w.join(t, "Mira"), w.join(t, "Yusuf")
		must(t, w.Ask(ctx, yusuf, w.entry()))
		must(t, w.Keep(ctx, yusuf))
		e := w.entry()
		must(t, w.db.Update(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(`INSERT INTO ending (id, book, why, made_at, due_at, waits_since, over_at) VALUES ($1, $2, 'asked', 1, 1, 0, 0)`, e, mira.Book)
			if err == nil {
				_, err = tx.Exec(`UPDATE ending SET over_at = 0 WHERE book = $1`, yusuf.Book)
			}
			if err == nil {
				_, err = tx.Exec(`UPDATE promise SET state = 'open' WHERE kind = 'end book'`)
			}
			if err != nil {
				return err
			}
			return promise.Set(tx, promise.Promise{ID: id.New[id.Promise](w.ids), Kind: keeper.EndPromise, Subject: e.Bytes(), Due: 1})
		}))
		w.clock.Step(8 * clock.Day)
		w.settle(t)
		if w.erased(t, mira.Book) || w.erased(t, yusuf.Book) {
			t.Error("a row was enough")
		}
	})
}
