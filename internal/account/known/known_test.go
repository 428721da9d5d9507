package known_test

import (
	"strings"
	"testing"

	"beside/internal/account"
	"beside/internal/account/known"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/store"
)

// TestTwoKnowEachOther: asked, accepted, confirmed; each sees their own words; it goes one way, and ends for both at once.
func TestTwoKnowEachOther(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		mira, ben := w.join(t, "Mira"), w.join(t, "Ben")
		code := w.asks(t, mira, "my brother")
		must(t, w.Offered(ctx, strings.ToLower(code)))
		open := w.mine(t, mira)[somebody{}.id]
		if open.Label.Show() != "my brother" || open.Are != known.Relative || open.Until != noon+known.CodeLasts || open.AcceptedAt != 0 || !open.Self.Blank() {
			t.Errorf("an open code is %+v", open)
		}
		w.accepts(t, ben, strings.ToLower(code))
		wantKind(t, w.Offered(ctx, code), errs.NotOpen)
		got := w.mine(t, mira)[ben.id]
		if got.Self.Show() != "I am Ben" || got.AcceptedAt != noon || got.ConfirmedAt != 0 || w.confirmed(t, mira, ben) {
			t.Errorf("who accepted is %+v", got)
		}
		w.clock.Step(clock.Minute)
		for range 2 { // twice is once
			must(t, w.Confirm(ctx, w.in(t, mira), got.ID))
			w.accepts(t, ben, code)
		}
		one, err := w.One(ctx, w.in(t, mira), got.ID)
		must(t, err)
		if one.ConfirmedAt != noon+clock.Minute || one != w.mine(t, mira)[ben.id] || !w.confirmed(t, mira, ben) {
			t.Errorf("who was confirmed is %+v", one)
		}
		if w.confirmed(t, ben, mira) {
			t.Error("it goes the other way too")
		}
		back := w.knows(t, ben)
		if len(back) != 1 || back[0].Note.Show() != "who asked Ben" || back[0].Person != mira.id || back[0].ID != got.ID || back[0].AcceptedAt != noon {
			t.Errorf("who accepted sees %+v", back)
		}
		if n := w.count(t, `SELECT COUNT(*) FROM happening WHERE kind = 'known' AND person = $1`, mira.id); n != 3 {
			t.Errorf("Mira was told %d times", n)
		}
		if n := w.count(t, `SELECT COUNT(*) FROM happening WHERE kind LIKE 'known%' AND person = $1`, ben.id); n != 0 {
			t.Errorf("Ben was told %d times", n)
		}
		must(t, w.End(ctx, w.in(t, ben), got.ID))
		wantKind(t, w.End(ctx, w.in(t, mira), got.ID), errs.NotOpen)
		if len(w.mine(t, mira)) != 0 || len(w.knows(t, ben)) != 0 || w.confirmed(t, mira, ben) {
			t.Error("it has not ended")
		}
		wantKind(t, w.Accept(ctx, w.in(t, ben), code, answer(ben)), errs.NotOpen)
		if n := w.count(t, `SELECT COUNT(*) FROM happening WHERE kind = 'known_gone' AND person = $1`, mira.id); n != 1 {
			t.Errorf("Mira was told of the end %d times", n)
		}
	})
}

// TestALinkThatWasCaught: whoever catches a link is known to nobody, for the person sees who accepted and says no.
func TestALinkThatWasCaught(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		mira, ada, eve := w.join(t, "Mira"), w.join(t, "Ada"), w.join(t, "Eve")
		code := w.asks(t, mira, "my sister")
		w.accepts(t, eve, code)
		wantKind(t, w.Accept(ctx, w.in(t, ada), code, answer(ada)), errs.NotOpen)
		caught := w.mine(t, mira)[eve.id]
		wantKind(t, w.Confirm(ctx, w.in(t, eve), caught.ID), errs.NotOpen)
		wantKind(t, w.Confirm(ctx, w.in(t, ada), caught.ID), errs.NotOpen)
		_, err := w.One(ctx, w.in(t, eve), caught.ID)
		wantKind(t, err, errs.NotOpen)
		if caught.Self.Show() != "I am Eve" || w.confirmed(t, mira, eve) {
			t.Errorf("who caught it is %+v", caught)
		}
		must(t, w.End(ctx, w.in(t, mira), caught.ID))
		wantKind(t, w.Confirm(ctx, w.in(t, mira), caught.ID), errs.NotOpen)
		w.accepts(t, ada, w.asks(t, mira, "my sister"))
		must(t, w.Confirm(ctx, w.in(t, mira), w.mine(t, mira)[ada.id].ID))
		if !w.confirmed(t, mira, ada) || w.confirmed(t, mira, eve) || len(w.knows(t, eve)) != 0 {
			t.Error("the sister is not the one who is known")
		}
	})
}

// TestARowAloneConfirmsNobody: who can write to the database, and holds no key, makes nobody known, and puts nobody in
// another's place.
func TestARowAloneConfirmsNobody(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		mira, ben, eve := w.join(t, "Mira"), w.join(t, "Ben"), w.join(t, "Eve")
		w.accepts(t, ben, w.asks(t, mira, "my brother"))
		w.accepts(t, eve, w.asks(t, mira, "somebody"))
		of := w.mine(t, mira)
		w.exec(t, `UPDATE known SET confirmed_at = 1 WHERE other = $1`, eve.id)
		if w.confirmed(t, mira, eve) || w.mine(t, mira)[eve.id].ConfirmedAt != 0 {
			t.Error("a time is enough")
		}
		must(t, w.Confirm(ctx, w.in(t, mira), of[ben.id].ID))
		w.exec(t, `UPDATE known SET mark = (SELECT k.mark FROM known AS k WHERE k.other = $1) WHERE other = $2`, ben.id, eve.id)
		if w.confirmed(t, mira, eve) || w.mine(t, mira)[eve.id].ConfirmedAt != 0 {
			t.Error("another's mark is enough")
		}
		w.exec(t, `DELETE FROM known WHERE other = $1`, eve.id)
		w.exec(t, `UPDATE known SET other = $1 WHERE other = $2`, eve.id, ben.id)
		if w.confirmed(t, mira, eve) {
			t.Error("somebody else is known in Ben's place")
		}
		w.exec(t, `UPDATE known SET confirmed_at = 0, mark = NULL`)
		if err := w.Confirm(ctx, w.in(t, mira), of[ben.id].ID); err == nil {
			t.Error("somebody else is confirmed in Ben's place")
		}
	})
}

// TestOneOfManyWhoAccept: a one-time code is one person's, whoever else tries at the same moment, and whoever sends it twice.
func TestOneOfManyWhoAccept(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		mira, ben := w.join(t, "Mira"), w.join(t, "Ben")
		n := known.Naming{Entry: w.entry(), Label: book.NewText("Ben"), Are: known.Friend}
		s := w.in(t, mira)
		code, err := w.Ask(ctx, s, n)
		must(t, err)
		if again, err := w.Ask(ctx, s, n); err != nil || again != code {
			t.Errorf("the form sent twice: %q and %q, %v", code, again, err)
		}
		wantKind(t, w.Accept(ctx, s, code, answer(mira)), errs.NotOpen)
		others := make(chan somebody, 20)
		for range cap(others) {
			others <- w.join(t, "Ada")
		}
		got := atOnce(cap(others), func() error { s := <-others; return w.Accept(ctx, w.in(t, s), code, answer(s)) })
		if got[-1] != 1 || got[errs.NotOpen] != 19 {
			t.Errorf("twenty who accept: %v", got)
		}
		code = w.asks(t, mira, "Ben")
		asBen := w.in(t, ben)
		if got := atOnce(5, func() error { return w.Accept(ctx, asBen, code, answer(ben)) }); got[-1] != 5 {
			t.Errorf("one who accepts five times: %v", got)
		}
		if n := w.count(t, `SELECT COUNT(*) FROM known WHERE other = $1`, ben.id); n != 1 {
			t.Errorf("Ben is known %d times", n)
		}
		second, third := w.asks(t, mira, "Ben"), w.asks(t, mira, "Ben")
		wantKind(t, w.Accept(ctx, asBen, second, answer(ben)), errs.NotOpen)
		ada := w.join(t, "Ada")
		codes := make(chan string, 2)
		codes <- second
		codes <- third
		if got := atOnce(2, func() error { return w.Accept(ctx, w.in(t, ada), <-codes, answer(ada)) }); got[-1] != 1 || got[errs.NotOpen] != 1 {
			t.Errorf("two codes of the same person at once: %v", got)
		}
	})
}

// TestWhoMay: in one's own hat alone; what widens, with fresh proof of who one is; to end, always.
func TestWhoMay(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		mira, ben := w.join(t, "Mira"), w.join(t, "Ben")
		w.accepts(t, ben, w.asks(t, mira, "Ben"))
		k := w.mine(t, mira)[ben.id].ID
		naming := known.Naming{Entry: w.entry(), Label: book.NewText("Ben"), Are: known.Friend}
		s := w.in(t, mira)
		worker := s
		worker.Hat = book.HatWorker
		_, err := w.Ask(ctx, worker, naming)
		wantKind(t, err, errs.NotOpen)
		_, err = w.Mine(ctx, worker)
		wantKind(t, err, errs.NotOpen)
		_, err = w.Knows(ctx, worker)
		wantKind(t, err, errs.NotOpen)
		_, err = w.One(ctx, worker, k)
		wantKind(t, err, errs.NotOpen)
		wantKind(t, w.Accept(ctx, worker, "x", answer(mira)), errs.NotOpen)
		wantKind(t, w.Confirm(ctx, worker, k), errs.NotOpen)
		wantKind(t, w.End(ctx, worker, k), errs.NotOpen)

		w.clock.Step(account.FreshToSend)
		_, err = w.Ask(ctx, s, naming)
		wantKind(t, err, errs.NotOpen)
		wantKind(t, w.Confirm(ctx, s, k), errs.NotOpen)
		must(t, w.End(ctx, s, k))
	})
}

// TestWhatIsTyped: names that are missing or too long, a relation that is not listed, and more people than there may be.
func TestWhatIsTyped(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		mira, ben := w.join(t, "Mira"), w.join(t, "Ben")
		s := w.in(t, mira)
		for _, n := range []known.Naming{
			{Label: book.NewText(" "), Are: known.Friend}, {Label: book.NewText(strings.Repeat("x", 200)), Are: known.Friend}, {Label: book.NewText("Ben"), Are: "boss"},
		} {
			n.Entry = w.entry()
			_, err := w.Ask(ctx, s, n)
			wantKind(t, err, errs.Invalid)
		}
		code := w.asks(t, mira, "Ben")
		for _, a := range []known.Answer{{Note: book.NewText("Mira")}, {Self: book.NewText("Ben")}} {
			wantKind(t, w.Accept(ctx, w.in(t, ben), code, a), errs.Invalid)
		}
		for range known.Most - 1 {
			w.asks(t, mira, "somebody")
		}
		_, err := w.Ask(ctx, s, known.Naming{Entry: w.entry(), Label: book.NewText("one more"), Are: known.Friend})
		wantKind(t, err, errs.Invalid)
		w.clock.Step(known.CodeLasts)
		wantKind(t, w.Accept(ctx, w.in(t, ben), code, answer(ben)), errs.NotOpen)
		w.asks(t, mira, "one more")
		must(t, w.Sweep(ctx))
		if n := w.count(t, `SELECT COUNT(*) FROM known`); n != 1 {
			t.Errorf("%d are left", n)
		}
	})
}

// TestWhoIsForgottenIsKnownToNobody: with a whole book go those whom its owner asked and those who asked them.
func TestWhoIsForgottenIsKnownToNobody(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		mira, ben, ada := w.join(t, "Mira"), w.join(t, "Ben"), w.join(t, "Ada")
		w.accepts(t, ben, w.asks(t, mira, "Ben"))
		w.accepts(t, mira, w.asks(t, ben, "Mira"))
		w.accepts(t, ada, w.asks(t, ben, "Ada"))
		w.asks(t, mira, "nobody yet")
		must(t, w.db.Update(ctx, func(tx *store.Tx) error { return w.accounts.Forget(tx, mira.id) }))
		if len(w.mine(t, ben)) != 1 || len(w.knows(t, ben)) != 0 || w.count(t, `SELECT COUNT(*) FROM known`) != 1 {
			t.Error("something is left of who was forgotten")
		}
	})
}

// TestALoginGivenBackDoubtsEverybody: whoever had a login in between may have asked and confirmed others. Nothing is ended that
// somebody said yes to, and nobody else's people are touched; but the owner says anew who it is.
func TestALoginGivenBackDoubtsEverybody(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		mira, ben := w.join(t, "Mira"), w.join(t, "Ben")
		w.accepts(t, ben, w.asks(t, mira, "Ben"))
		w.accepts(t, mira, w.asks(t, ben, "Mira"))
		k := w.mine(t, mira)[ben.id].ID
		must(t, w.Confirm(ctx, w.in(t, mira), k))
		must(t, w.Confirm(ctx, w.in(t, ben), w.mine(t, ben)[mira.id].ID))
		code := w.asks(t, mira, "whoever had the login")
		must(t, w.db.Update(ctx, func(tx *store.Tx) error { return w.Doubt(tx, mira.id) }))
		wantKind(t, w.Offered(ctx, code), errs.NotOpen)
		if w.confirmed(t, mira, ben) || !w.confirmed(t, ben, mira) {
			t.Error("the wrong ones are confirmed")
		}
		must(t, w.Confirm(ctx, w.in(t, mira), k))
		if !w.confirmed(t, mira, ben) {
			t.Error("nobody can be confirmed anew")
		}
	})
}

// TestTheVersionBeforeForgetsWhoAsked: a binary that does not know who knows whom takes an account away with its whole book.
func TestTheVersionBeforeForgetsWhoAsked(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		mira, ben := w.join(t, "Mira"), w.join(t, "Ben")
		w.accepts(t, ben, w.asks(t, mira, "my brother"))
		w.asks(t, mira, "my doctor")
		for _, table := range []string{"session", "happening", "device", "account"} {
			w.exec(t, `DELETE FROM `+table+` WHERE person = $1`, mira.id)
		}
		if n := w.count(t, `SELECT COUNT(*) FROM known`); n != 0 {
			t.Errorf("%d rows are left", n)
		}
		if back := w.knows(t, ben); len(back) != 0 {
			t.Errorf("Ben still knows %v", back)
		}
	})
}
