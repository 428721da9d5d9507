package recovery_test

import (
	"sync"
	"testing"

	"beside/internal/account"
	"beside/internal/account/recovery"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
)

// atOnce does something n times side by side and counts the kinds of errors; those that succeed are Kind -1.
func atOnce(n int, do func() error) map[errs.Kind]int {
	var mu sync.Mutex
	out := map[errs.Kind]int{}
	var all sync.WaitGroup
	for range n {
		all.Go(func() {
			kind := errs.Kind(-1)
			if err := do(); err != nil {
				kind = errs.KindOf(err)
			}
			mu.Lock()
			defer mu.Unlock()
			out[kind]++
		})
	}
	all.Wait()
	return out
}

// TestOneOfAThousand: of a thousand who bring the secret of a ready request at once, one comes in.
func TestOneOfAThousand(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		mira, ben, ada := w.join(t, "Mira"), w.join(t, "Ben"), w.join(t, "Ada")
		w.makesHolder(t, mira, ben, recovery.Friend)
		w.makesHolder(t, mira, ada, recovery.Friend)
		secret, code := w.ask(t, recovery.ByHolders, mira.words)
		for _, h := range []somebody{ben, ada} {
			must(t, w.Confirm(ctx, w.in(t, h), code, recovery.Voice))
		}
		w.clock.Step(recovery.WaitHolders)
		var mu sync.Mutex
		got := atOnce(1000, func() error {
			mu.Lock()
			where := w.where()
			mu.Unlock()
			_, err := w.GiveBack(ctx, recovery.Giving{Secret: secret, Passphrase: another, Where: where})
			return err
		})
		if got[-1] != 1 || got[errs.Internal] != 0 {
			t.Errorf("a thousand tries: %v", got)
		}
		if n := w.count(t, `SELECT COUNT(*) FROM session WHERE person = $1`, mira.id); n != 1 {
			t.Errorf("%d sessions", n)
		}
	})
}

// TestOneHolderOfManyWhoAccept: a one-time code makes one holder, whoever else tries at the same moment.
func TestOneHolderOfManyWhoAccept(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		mira := w.join(t, "Mira")
		n := recovery.Naming{Entry: w.entry(), Label: book.NewText("Ben"), Are: recovery.Friend}
		s := w.in(t, mira)
		token, err := w.NameHolder(ctx, s, n)
		must(t, err)
		if again, err := w.NameHolder(ctx, s, n); err != nil || again != token {
			t.Errorf("the form sent twice: %q and %q, %v", token, again, err)
		}
		wantKind(t, w.Accept(ctx, s, token, book.NewText("me")), errs.NotOpen)
		others := make(chan somebody, 20)
		for range cap(others) {
			others <- w.join(t, "Ben")
		}
		got := atOnce(cap(others), func() error { return w.Accept(ctx, w.in(t, <-others), token, book.NewText("Mira")) })
		if got[-1] != 1 || got[errs.NotOpen] != 19 {
			t.Errorf("twenty who accept: %v", got)
		}
	})
}

// TestHelpersStayWithWhoIsThere: whoever holds a phone that was left open takes nobody's helpers away; a helper may always go.
func TestHelpersStayWithWhoIsThere(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		mira, ben := w.join(t, "Mira"), w.join(t, "Ben")
		s := w.in(t, mira)
		helper := func() id.Holder {
			w.makesHolder(t, mira, ben, recovery.Friend)
			list, err := w.Holders(ctx, s)
			must(t, err)
			return list[0].ID
		}
		h := helper()
		asBen := w.in(t, ben)
		w.clock.Step(account.FreshToSend)
		wantKind(t, w.EndHolder(ctx, s, h), errs.NotOpen)
		must(t, w.EndHolder(ctx, asBen, h))
		must(t, w.EndHolder(ctx, w.in(t, mira), helper()))
	})
}

// TestAskingAtHomeIsCountedApart: however many ask with somebody's words, their own device is not among them.
func TestAskingAtHomeIsCountedApart(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		mira := w.join(t, "Mira")
		home, err := w.accounts.Open(ctx, account.Opening{Person: mira.id, Way: account.WayPassphrase, Where: account.Where{Own: true}})
		must(t, err)
		ask := func(from account.Where) error {
			_, err := w.Ask(ctx, recovery.Asking{Entry: w.entry(), Kind: recovery.ByHolders, Words: mira.words, From: from})
			return err
		}
		for range 10 {
			must(t, ask(w.where()))
		}
		wantKind(t, ask(w.where()), errs.TooOften)
		must(t, ask(account.Where{Device: home.Device, From: "net 1"}))
		w.clock.Step(10 * clock.Hour)
		for range 300 { // one network alone, day and night
			_ = ask(account.Where{From: "net 1"})
			w.clock.Step(10 * clock.Minute)
		}
		must(t, ask(w.where()))
	})
}

// TestEveryoneIsToldAlike: asking does the same for words that are nobody's, to the last row, but what is told to who is meant.
func TestEveryoneIsToldAlike(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		mira := w.join(t, "Mira")
		rows := func() (n int) {
			for _, table := range []string{"login_request", "promise", "allowance", "happening", "log_queue"} {
				n += w.count(t, `SELECT COUNT(*) FROM `+table)
			}
			return n
		}
		w.ask(t, recovery.ByHolders, "somebody else") // so that what is counted for all is there
		before := rows()
		w.ask(t, recovery.ByHolders, mira.words)
		known := rows() - before
		before = rows()
		w.ask(t, recovery.ByHolders, "nobody lantern")
		if unknown := rows() - before; unknown != known {
			t.Errorf("known words left %d rows, others %d", known, unknown)
		}
		for range 2 { // and they are refused alike, from one network
			from := w.where()
			for i := range 4 {
				for _, words := range []string{mira.words, "nobody lantern"} {
					_, err := w.Ask(ctx, recovery.Asking{Entry: w.entry(), Kind: recovery.ByHolders, Words: words, From: from})
					if (i < 3) != (err == nil) {
						t.Errorf("try %d with %q: %v", i, words, err)
					}
				}
			}
		}
	})
}
