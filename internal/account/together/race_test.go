package together_test

import (
	"sync"
	"testing"

	"beside/internal/account"
	"beside/internal/account/pin"
	"beside/internal/account/together"
	"beside/internal/app"
	"beside/internal/book"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/testkit/ready"
)

// slowly has a PIN take long enough to look at that something else can happen meanwhile.
func slowly(c *app.Config) { c.Hashing = account.Hashing{MemoryKiB: 8 * 1024, Times: 3, AtOnce: 4} }

// TestTakenBackWhileSayingYes: a yes together that comes after the taking back changes nothing.
func TestTakenBackWhileSayingYes(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		p := newPlace(t, where, slowly)
		for range 8 {
			owner, y := waits(t, p)
			var said error
			var all sync.WaitGroup
			all.Go(func() { said = p.Together.Say(p.ctx, y) })
			must(t, p.takeBack(p.ctx, owner))
			all.Wait()
			if errs.KindOf(said) != errs.NotOpen && said != nil {
				t.Fatalf("said while it was taken back: %v", said)
			}
			entries, err := p.Keeper.Timeline(p.ctx, self(owner), owner.Book, 0, 100)
			must(t, err)
			if last := entries[0]; last.Via == book.ViaTogether { // newest first
				t.Fatal("a yes together stands behind the taking back")
			}
		}
	})
}

// waits is somebody with a PIN for whom one suggestion waits, and the yes to it.
func waits(t *testing.T, p *place) (account.Session, together.Yes) {
	t.Helper()
	owner := p.owner(t)
	p.give(t, owner, p.workers[0])
	must(t, p.PINs.Set(p.ctx, p.shown(t, owner), pin.Setting{Typed: pins[0], Together: true}))
	e, err := p.suggest(p.workers[0], owner.Book, "you notice who is quiet")
	must(t, err)
	return owner, together.Yes{Worker: p.workers[0], Book: owner.Book, Form: p.entry(), To: []id.Entry{e}, Typed: pins[0]}
}

// TestAYesTappedManyTimes: all taps of one form tell the same, and it is told once.
func TestAYesTappedManyTimes(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		p := newPlace(t, where)
		owner, y := waits(t, p)
		said := make([]error, 6)
		var all sync.WaitGroup
		for i := range said {
			all.Go(func() { said[i] = p.Together.Say(p.ctx, y) })
		}
		all.Wait()
		for _, err := range said {
			must(t, err)
		}
		happened, err := p.Accounts.Happenings(p.ctx, self(owner), 100)
		must(t, err)
		n := 0
		for _, h := range happened {
			if h.Kind == account.HappenedTogether {
				n++
			}
		}
		if n != 1 {
			t.Errorf("told %d times", n)
		}
	})
}
