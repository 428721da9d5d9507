package account_test

import (
	"strings"
	"testing"

	"beside/internal/account"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/store"
)

func TestASessionEndsByStayingAway(t *testing.T) {
	onBoth(t, func(w *world) {
		j := w.join("Ana")
		kept, err := w.opened(j.Person, book.HatSelf, true)
		w.must(err)
		if s := w.session(kept); !s.Kept {
			w.t.Error("a session on one's own device is not kept")
		}
		for range int(account.ShortSession / (25 * clock.Minute)) { // however often it is seen, half a day is all it lasts
			w.clock.Step(25 * clock.Minute)
			w.session(j.Secret)
		}
		w.clock.Step(20 * clock.Minute)
		w.over(j.Secret)
		shared, err := w.opened(j.Person, book.HatSelf, false)
		w.must(err)
		w.clock.Step(account.IdleShared - clock.Second)
		w.session(shared)
		w.clock.Step(account.IdleShared)
		w.over(shared)
		w.session(kept)
		for range 6 { // seen often, it lasts
			w.clock.Step(account.IdleSelf - clock.Hour)
			w.session(kept)
		}
		w.clock.Step(account.IdleSelf)
		w.over(kept)
	})
}

func TestASessionEndsHoweverOftenItIsSeen(t *testing.T) {
	w := newWorld(t, t.TempDir(), account.Hashing{MemoryKiB: 64, Times: 1})
	j := w.join("Ana")
	kept, err := w.opened(j.Person, book.HatSelf, true)
	w.must(err)
	for day := clock.Day; day < account.LongestSession; day += clock.Day {
		w.clock.Step(clock.Day)
		w.session(kept)
	}
	w.clock.Step(clock.Day)
	w.over(kept)
}

func TestAClockThatStepsBackClosesNothing(t *testing.T) {
	w := newWorld(t, t.TempDir(), account.Hashing{MemoryKiB: 64, Times: 1})
	j := w.join("Ana")
	w.clock.Step(20 * clock.Minute)
	w.session(j.Secret)
	w.clock.Step(-2 * clock.Hour)
	w.session(j.Secret)
	w.clock.Step(account.ShortSession + 2*clock.Hour)
	w.over(j.Secret)
}

func TestSigningOut(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := w.t.Context()
		j := w.join("Ana")
		other, err := w.opened(j.Person, book.HatSelf, true)
		w.must(err)
		bea := w.join("Bea")
		w.must(w.SignOut(ctx, j.Secret))
		w.must(w.SignOut(ctx, j.Secret))
		w.must(w.SignOut(ctx, "no secret at all"))
		w.over(j.Secret)
		w.session(other)
		w.must(w.SignOutEverywhere(ctx, j.Person))
		w.over(other)
		w.session(bea.Secret)
	})
}

func TestOnlyAHashOfTheSecretIsKept(t *testing.T) {
	w := newWorld(t, t.TempDir(), account.Hashing{MemoryKiB: 64, Times: 1})
	j := w.join("Ana")
	var kept []byte
	w.must(w.db.View(t.Context(), func(tx *store.Tx) error { return tx.Row(`SELECT id_hash FROM session`).Scan(&kept) }))
	if len(kept) != 32 || strings.Contains(j.Secret, string(kept)) {
		t.Errorf("kept of the secret: %d bytes", len(kept))
	}
	for _, odd := range []string{"", "x", j.Secret + "A", j.Secret[:42], strings.Repeat("=", 43), string(kept)} {
		_, err := w.Session(t.Context(), odd)
		w.kind(err, errs.SignIn)
	}
}

func TestHatsAreChangedWithANewSecret(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := w.t.Context()
		team := w.team()
		sam := w.member(w.invite(team, book.HatWorker))
		secret, err := w.opened(sam.Person, book.HatSelf, true)
		w.must(err)
		first := w.session(secret)
		if len(first.Hats) != 2 || first.Hat != book.HatSelf {
			w.t.Fatalf("a worker's session wears %v of %v", first.Hat, first.Hats)
		}
		_, err = w.Wear(ctx, secret, book.HatTeam)
		w.kind(err, errs.NotOpen)
		_, err = w.Wear(ctx, secret, "crown")
		w.kind(err, errs.NotOpen)
		w.clock.Step(clock.Hour)
		next, err := w.Wear(ctx, secret, book.HatWorker)
		w.must(err)
		w.over(secret) // whoever knew the old secret has nothing
		s := w.session(next)
		if s.Hat != book.HatWorker || s.Until != first.Until || !s.Kept {
			w.t.Errorf("changed into %+v; the first was %+v", s, first)
		}
		w.clock.Step(account.IdleRole - 2*clock.Hour)
		w.session(next)
		w.clock.Step(account.IdleRole)
		w.over(next)
	})
}

// TestASecretKnownBeforeGainsNothing: whoever knew a session's secret before its person showed once more who they are has
// nothing of what that opens, and soon nothing at all; and a double tap loses nothing.
func TestASecretKnownBeforeGainsNothing(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := w.t.Context()
		sam := w.member(w.invite(w.team(), book.HatWorker))
		in, err := w.Open(ctx, account.Opening{Person: sam.Person, Way: account.WayPassphrase, Where: account.Where{Own: true}})
		w.must(err)
		w.clock.Step(account.FreshToSend)
		known, now := in.Secret, w.clock.Now()
		next := w.show(w.session(known))
		again := w.show(w.session(known))
		proven, err := w.prove(w.session(known))
		w.must(err)
		if next == known || again != next || proven != next {
			w.t.Error("showing who one is does not lead to one other secret")
		}
		if s := w.session(next); !s.Fresh(now, account.FreshFor) || len(s.Later) != 0 || s.Device != in.Session.Device || s.Until != in.Session.Until {
			w.t.Errorf("under the new secret: %+v", s)
		}
		if s := w.session(known); s.Fresh(now, account.FreshToSend) || len(s.Later) != 1 {
			w.t.Errorf("under the one from before: %+v", s)
		}
		_, err = w.Wear(ctx, known, book.HatSelf) // it leads to no secret of its own
		w.kind(err, errs.SignIn)
		w.clock.Step(account.SecretsOverlap - 1)
		w.session(known)
		w.clock.Step(1)
		w.over(known)
		w.must(w.SignOut(ctx, known))
		w.session(next)
		last := w.show(w.session(next))
		w.must(w.SignOut(ctx, next)) // what was on its way with the one from before closes it too
		w.over(last)
	})
}

func TestNobodyOpensAHatThatIsNotTheirs(t *testing.T) {
	w := newWorld(t, t.TempDir(), account.Hashing{MemoryKiB: 64, Times: 1})
	j := w.join("Ana")
	for _, hat := range []book.Hat{book.HatWorker, book.HatTeam, "crown"} {
		_, err := w.opened(j.Person, hat, false)
		w.kind(err, errs.NotOpen)
	}
}

func TestSweepingTakesOnlyWhatIsOver(t *testing.T) {
	onBoth(t, func(w *world) {
		j := w.join("Ana")
		kept, err := w.opened(j.Person, book.HatSelf, true)
		w.must(err)
		w.clock.Step(account.ShortSession)
		w.must(w.Sweep(w.t.Context()))
		w.session(kept)
		if n := w.count(`SELECT COUNT(*) FROM session`); n != 1 {
			w.t.Errorf("%d sessions are left, want 1", n)
		}
	})
}

func TestAnEndedRoleClosesItsSessions(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := w.t.Context()
		team := w.team()
		sam := w.member(w.invite(team, book.HatWorker))
		worker, err := w.opened(sam.Person, book.HatWorker, true)
		w.must(err)
		self, err := w.opened(sam.Person, book.HatSelf, true)
		w.must(err)
		w.must(w.EndMembership(ctx, team, w.membership(team, sam.Person).ID))
		w.over(worker)
		if s := w.session(self); len(s.Hats) != 1 {
			w.t.Errorf("after the role ended, the hats are %v", s.Hats)
		}
	})
}

// membership returns the one membership of a person.
func (w *world) membership(team grant.Subject, p id.Person) account.Membership {
	w.t.Helper()
	all, err := w.Memberships(w.t.Context(), team)
	w.must(err)
	for _, m := range all {
		if m.Person == p {
			return m
		}
	}
	w.t.Fatal("not a member")
	return account.Membership{}
}

// Every page of everybody who is signed in begins with this.
func BenchmarkSession(b *testing.B) {
	w := newWorld(b, b.TempDir(), account.Hashing{MemoryKiB: 64, Times: 1})
	j := w.join("Ana")
	for b.Loop() {
		if _, err := w.Session(b.Context(), j.Secret); err != nil {
			b.Fatal(err)
		}
	}
}
