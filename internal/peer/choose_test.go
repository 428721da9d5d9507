package peer_test

import (
	"errors"
	"slices"
	"sync"
	"testing"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/peer"
)

func TestChangingEndsTheFormersViewInTheSameMoment(t *testing.T) {
	onBoth(t, func(w *world) {
		mira, sam, alex := w.person("Mira"), w.worker("Sam"), w.worker("Alex")
		w.sees(sam, mira, false)
		w.choose(mira, sam)
		w.sees(sam, mira, true)
		before := w.count(`SELECT seq FROM book WHERE id = $1`, mira.book)
		w.choose(mira, alex)
		w.sees(sam, mira, false)
		w.sees(alex, mira, true)
		// Both acts of the change stand in the book, next to each other and at one moment.
		if n := w.count(`SELECT count(*) FROM entry WHERE book = $1 AND seq > $2 AND recorded_at = $3 AND section = 'sharing'`, mira.book, before, w.clock.Now()); n != 2 {
			w.Fatalf("changing wrote %d entries", n)
		}
	})
}

func TestChangingWhollyFailsOrWhollyHappens(t *testing.T) {
	onBoth(t, func(w *world) {
		mira, sam, alex := w.person("Mira"), w.worker("Sam"), w.worker("Alex")
		w.choose(mira, sam)
		w.retell(alex, func(p *peer.Profile) { p.TakingMore = false })
		w.kind(w.peers.Choose(ctx, mira.Subject, mira.book, w.choice(alex, all...)), errs.Changed)
		w.sees(sam, mira, true)
		bad := w.choice(alex, "diary")
		w.kind(w.peers.Choose(ctx, mira.Subject, mira.book, bad), errs.Invalid)
		w.sees(sam, mira, true)
	})
}

func TestChoosingTwiceWithOneFormIsOneChoice(t *testing.T) {
	onBoth(t, func(w *world) {
		mira, sam, alex := w.person("Mira"), w.worker("Sam"), w.worker("Alex")
		form := w.choice(sam, all...)
		w.must(w.peers.Choose(ctx, mira.Subject, mira.book, form))
		w.must(w.peers.Choose(ctx, mira.Subject, mira.book, form))
		if n := w.count(`SELECT count(*) FROM given`); n != 1 {
			w.Fatalf("%d grants", n)
		}
		w.choose(mira, alex)
		// Going back and sending the old form again must not bring the former worker back.
		if err := w.peers.Choose(ctx, mira.Subject, mira.book, form); err == nil {
			w.Fatal("an old form was taken again")
		}
		w.sees(sam, mira, false)
		w.sees(alex, mira, true)
	})
}

func TestDoubleTapAtOnce(t *testing.T) {
	onBoth(t, func(w *world) {
		mira, sam, alex := w.person("Mira"), w.worker("Sam"), w.worker("Alex")
		w.choose(mira, alex)
		form := w.choice(sam, all...)
		for _, err := range atOnce(4, func(int) error { return w.peers.Choose(ctx, mira.Subject, mira.book, form) }) {
			w.must(err)
		}
		w.sees(sam, mira, true)
		if n := w.count(`SELECT count(*) FROM given WHERE taken_back = 0`); n != 1 {
			w.Fatalf("%d grants stand", n)
		}
	})
}

func TestTwoDevicesChooseAtOnce(t *testing.T) {
	onBoth(t, func(w *world) {
		mira := w.person("Mira")
		workers := []grant.Subject{w.worker("Sam"), w.worker("Alex"), w.worker("Jo")}
		results := atOnce(3, func(i int) error { return w.peers.Choose(ctx, mira.Subject, mira.book, w.choice(workers[i], all...)) })
		for _, err := range results {
			if err != nil {
				w.kind(err, errs.Changed)
			}
		}
		// They may also have come one after the other, and then each was a change: in the end exactly one walks with Mira.
		if n := w.count(`SELECT count(*) FROM given WHERE taken_back = 0`); n != 1 {
			w.Fatalf("%d grants stand: %v", n, errors.Join(results...))
		}
	})
}

func atOnce(n int, do func(i int) error) []error {
	results := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { results[i] = do(i) })
	}
	wg.Wait()
	return results
}

func TestWhoCanBeChosen(t *testing.T) {
	onBoth(t, func(w *world) {
		mira, sam, alex := w.person("Mira"), w.worker("Sam"), w.worker("Alex")
		w.retell(sam, func(p *peer.Profile) { p.CertificateUntil = w.clock.Now() + clock.Day })
		w.choose(mira, sam)
		w.clock.Step(clock.Day)
		ben := w.person("Ben")
		w.kind(w.peers.Choose(ctx, ben.Subject, ben.book, w.choice(sam, all...)), errs.Changed) // S0.10: it blocks new matches
		w.sees(sam, mira, true)                                                                 // and only new ones
		w.must(w.peers.Choose(ctx, mira.Subject, mira.book, w.choice(sam, book.SectionWords)))
		w.listed(ben, alex)

		w.exec(`UPDATE membership SET until = $1 WHERE person = $2`, w.clock.Now(), alex.Person)
		w.kind(w.peers.Choose(ctx, ben.Subject, ben.book, w.choice(alex, all...)), errs.NotOpen)
		w.kind(w.peers.Choose(ctx, ben.Subject, ben.book, w.choice(w.member(), all...)), errs.NotOpen) // no profile
		w.kind(w.peers.Choose(ctx, ben.Subject, ben.book, w.choice(ben.Subject, all...)), errs.NotOpen)
		w.kind(w.peers.Choose(ctx, sam, ben.book, w.choice(sam, all...)), errs.NotOpen) // somebody else's book
		w.listed(ben)
		if n := w.count(`SELECT count(*) FROM given WHERE book = $1`, ben.book); n != 0 {
			w.Fatalf("%d grants of Ben's", n)
		}
	})
}

// listed wants that a person is offered exactly these workers.
func (w *world) listed(o owner, want ...grant.Subject) {
	w.Helper()
	list, err := w.peers.Profiles(ctx, o.Subject)
	w.must(err)
	if len(list) != len(want) {
		w.Fatalf("%d workers are offered, want %d", len(list), len(want))
	}
	for _, s := range want {
		if !slices.ContainsFunc(list, func(p peer.Profile) bool { return p.Person == s.Person }) {
			w.Fatal("a worker is not offered")
		}
	}
}

func TestAWorkerIsNotOfferedToThemselves(t *testing.T) {
	onBoth(t, func(w *world) {
		sam := w.worker("Sam")
		w.worker("Alex")
		list, err := w.peers.Profiles(ctx, grant.Subject{Person: sam.Person, Hat: book.HatSelf})
		w.must(err)
		if len(list) != 1 || list[0].Name != "Alex" {
			w.Fatalf("%d workers are offered", len(list))
		}
	})
}

func TestOrderIsTheReadersOwnAndStays(t *testing.T) {
	onBoth(t, func(w *world) {
		for _, n := range []string{"A", "B", "C", "D", "E", "F"} {
			w.worker(n)
		}
		order := func(who id.Person) (s string) {
			list, err := w.peers.Profiles(ctx, grant.Subject{Person: who, Hat: book.HatSelf})
			w.must(err)
			for _, p := range list {
				s += p.Name
			}
			return s
		}
		seen := map[string]bool{}
		for range 20 {
			who := id.New[id.Person](w.ids)
			first := order(who)
			if again := order(who); again != first {
				w.Fatalf("the order was %s and then %s", first, again)
			}
			seen[first] = true
		}
		if len(seen) < 10 { // of 720 orders; fewer than 10 among 20 people would be a ranking
			w.Fatalf("only %d orders for 20 people", len(seen))
		}
	})
}

func TestTakingBack(t *testing.T) {
	onBoth(t, func(w *world) {
		mira, sam := w.person("Mira"), w.worker("Sam")
		w.choose(mira, sam)
		c := w.companion(mira)
		if c.Profile.Name != "Sam" || !c.Open || !c.Working || len(c.Sections) != 4 {
			w.Fatalf("the companion is %+v", c)
		}
		entry := w.entry()
		w.kind(w.peers.TakeBack(ctx, sam, mira.book, entry, c.Item, c.Head), errs.NotOpen)
		w.must(w.peers.TakeBack(ctx, mira.Subject, mira.book, entry, c.Item, c.Head))
		w.must(w.peers.TakeBack(ctx, mira.Subject, mira.book, entry, c.Item, c.Head)) // a double tap
		w.sees(sam, mira, false)
		w.choose(mira, sam) // and one may change one's mind
		w.sees(sam, mira, true)
	})
}

func (w *world) companion(o owner) peer.Companion {
	w.Helper()
	list, err := w.peers.Companions(ctx, o.Subject, o.book)
	w.must(err)
	if len(list) != 1 {
		w.Fatalf("%d companions", len(list))
	}
	return list[0]
}

func TestAnEndedGrantAndAnEndedRole(t *testing.T) {
	onBoth(t, func(w *world) {
		mira, sam := w.person("Mira"), w.worker("Sam")
		w.choose(mira, sam)
		w.clock.Step(365*clock.Day - 1)
		w.sees(sam, mira, true)
		w.clock.Step(1)
		w.sees(sam, mira, false)
		if c := w.companion(mira); c.Open || !c.Working {
			w.Fatalf("after its end the grant is %+v", c)
		}
		w.choose(mira, sam)
		w.sees(sam, mira, true)
		w.exec(`UPDATE membership SET until = $1 WHERE person = $2`, w.clock.Now(), sam.Person)
		w.sees(sam, mira, false)
		if c := w.companion(mira); c.Open || c.Working || c.Profile.Name != "Sam" {
			w.Fatalf("after the role's end the grant is %+v", c)
		}
		_, err := w.peers.Companions(ctx, sam, mira.book)
		w.kind(err, errs.NotOpen)
	})
}

func TestRenewingAGrantThatEndedIsANewMatch(t *testing.T) {
	onBoth(t, func(w *world) {
		mira, sam := w.person("Mira"), w.worker("Sam")
		w.choose(mira, sam)
		w.retell(sam, func(p *peer.Profile) { p.TakingMore = false })
		w.choose(mira, sam) // nothing new while it runs
		w.clock.Step(366 * clock.Day)
		w.kind(w.peers.Choose(ctx, mira.Subject, mira.book, w.choice(sam, all...)), errs.Changed)
		w.sees(sam, mira, false)
	})
}

// TestAYesSentAgainAfterItWasTakenBack gives nothing anew: going back in the browser is not choosing.
func TestAYesSentAgainAfterItWasTakenBack(t *testing.T) {
	onBoth(t, func(w *world) {
		mira, sam := w.person("Mira"), w.worker("Sam")
		c := w.choice(sam, all...)
		w.must(w.peers.Choose(ctx, mira.Subject, mira.book, c))
		companions, err := w.peers.Companions(ctx, mira.Subject, mira.book)
		w.must(err)
		w.must(w.peers.TakeBack(ctx, mira.Subject, mira.book, w.entry(), companions[0].Item, companions[0].Head))
		w.kind(w.peers.Choose(ctx, mira.Subject, mira.book, c), errs.AlreadyKept)
		w.sees(sam, mira, false)
	})
}
