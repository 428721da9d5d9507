package account_test

import (
	"testing"
	"time"

	"beside/internal/account"
	"beside/internal/account/limit"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/store"
)

// TestWhatEachWayOpens is the table of docs/decisions/0010.
func TestWhatEachWayOpens(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := w.t.Context()
		team := w.team()
		sam := w.member(w.invite(team, book.HatWorker))
		for way, opens := range map[account.Way]struct{ own, role bool }{
			account.WayPassphrase: {true, false}, account.WayCode: {true, false}, account.WayCard: {true, false},
			account.WayGivenBack: {true, false}, account.WayPasskey: {true, true},
			account.WayProvider: {false, true}, account.WayVouched: {false, true},
		} {
			for hat, yes := range map[book.Hat]bool{book.HatSelf: opens.own, book.HatWorker: opens.role, book.HatTeam: false} {
				in, err := w.Open(ctx, account.Opening{Person: sam.Person, Hat: hat, Way: way})
				if (err == nil) != yes {
					w.t.Errorf("%s opens %s: %v, want %v", way, hat, err, yes)
				}
				if err != nil {
					w.kind(err, errs.NotOpen)
					continue
				}
				for other, may := range map[book.Hat]bool{book.HatSelf: opens.own, book.HatWorker: opens.role} {
					if other == hat {
						continue
					}
					next, err := w.Wear(ctx, in.Secret, other)
					if (err == nil) != may {
						w.t.Errorf("from %s as %s to %s: %v, want %v", way, hat, other, err, may)
					}
					if err == nil {
						in.Secret = next
					}
				}
			}
		}
	})
}

// TestARoleIsShownAnew: after its time the hat of a role is no longer worn, and showing who one is gives it back.
func TestARoleIsShownAnew(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := w.t.Context()
		sam := w.member(w.invite(w.team(), book.HatWorker))
		in, err := w.Open(ctx, account.Opening{Person: sam.Person, Way: account.WayPasskey, Where: account.Where{Own: true}})
		w.must(err)
		w.clock.Step(account.RoleLasts - clock.Second)
		if s := w.session(in.Secret); len(s.Hats) != 2 || len(s.Later) != 0 {
			w.t.Errorf("hats %v, later %v", s.Hats, s.Later)
		}
		w.clock.Step(clock.Second)
		s := w.session(in.Secret)
		if len(s.Hats) != 1 || len(s.Later) != 1 {
			w.t.Errorf("after its time: hats %v, later %v", s.Hats, s.Later)
		}
		_, err = w.Wear(ctx, in.Secret, book.HatWorker)
		w.kind(err, errs.NotOpen)
		proven, err := w.prove(s)
		w.must(err)
		worker, err := w.Wear(ctx, proven, book.HatWorker)
		w.must(err)
		for range 11 { // seen often, it is still over in time
			w.clock.Step(clock.Hour)
			w.session(worker)
		}
		w.clock.Step(clock.Hour)
		w.over(worker)
		_, err = w.prove(s)
		w.kind(err, errs.SignIn)
	})
}

// TestGuessingKeepsNobodyOut: who guesses at somebody's passphrase uses up the allowance of those who do not know the
// device, and not that of the person on theirs.
func TestGuessingKeepsNobodyOut(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := w.t.Context()
		j := w.join("Ana")
		home, err := w.SignIn(ctx, account.SigningIn{Words: j.Words, Passphrase: phrase, Where: account.Where{Own: true}})
		w.must(err)
		for _, words := range []string{j.Words, "nobody lantern"} { // both look the same
			wrong, often := 0, 0
			for _, err := range atOnce(60, func(int) error {
				_, err := w.SignIn(ctx, account.SigningIn{Words: words, Passphrase: "something else that is long"})
				return err
			}) {
				switch errs.KindOf(err) {
				case errs.Invalid:
					wrong++
				case errs.TooOften:
					often++
				}
			}
			if wrong+often != 60 || wrong > 10 || wrong < 9 {
				w.t.Errorf("%s: %d guesses were looked at, %d were refused", words, wrong, often)
			}
		}
		_, err = w.SignIn(ctx, account.SigningIn{Words: j.Words, Passphrase: phrase})
		w.kind(err, errs.TooOften)
		again, err := w.SignIn(ctx, account.SigningIn{Words: j.Words, Passphrase: phrase, Where: account.Where{Own: true, Device: home.Device}})
		w.must(err)
		if again.Session.Device != home.Session.Device {
			w.t.Error("the device was not known again")
		}
		w.clock.Step(6 * clock.Minute)
		_, err = w.SignIn(ctx, account.SigningIn{Words: j.Words, Passphrase: phrase})
		w.must(err)
	})
}

func TestAnAllowanceFillsAgain(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := w.t.Context()
		three := limit.Limit{Name: "test", AtOnce: 3, Every: clock.Minute}
		take := func(n int) (left int) {
			for range n {
				if err := w.Limits.Take(ctx, three, []byte("a")); err == nil {
					left++
				} else {
					w.kind(err, errs.TooOften)
				}
			}
			return left
		}
		for i, step := range []struct {
			wait clock.Time
			want int
		}{{0, 3}, {clock.Minute - 1, 0}, {1, 1}, {2 * clock.Minute, 2}, {clock.Hour, 3}, {-10 * clock.Hour, 3}, {0, 0}} {
			w.clock.Step(step.wait)
			if got := take(5); got != step.want {
				w.t.Errorf("step %d: %d were left, want %d", i, got, step.want)
			}
		}
		w.must(w.Limits.Take(ctx, three, []byte("b")))
		w.must(w.Limits.Take(ctx, three))
		w.clock.Step(clock.Day)
		w.must(w.Sweep(ctx))
		if n := w.count(`SELECT COUNT(*) FROM allowance`); n != 0 {
			w.t.Errorf("%d allowances are left that are whole", n)
		}
	})
}

func TestDevices(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := w.t.Context()
		j := w.join("Ana")
		w.clock.Step(clock.Minute)
		in, err := w.SignIn(ctx, account.SigningIn{Words: j.Words, Passphrase: phrase, Where: account.Where{Own: true}})
		w.must(err)
		own := in.Session
		if in.Device == "" || j.Device != "" {
			w.t.Errorf("a device of one's own has the cookie %q, another %q", in.Device, j.Device)
		}
		w.must(w.NameDevice(ctx, own, own.Device, book.NewText("the old phone")))
		list, err := w.Devices(ctx, own)
		w.must(err)
		if len(list) != 2 || list[0].Name.Show() != "the old phone" || !list[0].Own || !list[0].Here || !list[0].Open || list[1].Own || list[1].Here || !list[1].Open {
			w.t.Fatalf("devices: %+v", list)
		}
		happened, err := w.Happenings(ctx, grant.Subject{Person: own.Person, Hat: book.HatSelf}, 10)
		w.must(err)
		if len(happened) != 1 || happened[0].Kind != account.HappenedNewDevice || happened[0].Device != own.Device {
			w.t.Errorf("happened: %+v", happened)
		}

		// Somebody else can neither name nor end it, nor see it.
		bea := w.join("Bea")
		w.kind(w.NameDevice(ctx, bea.Session, own.Device, book.NewText("mine")), errs.NotOpen)
		w.kind(w.EndDevice(ctx, bea.Session, own.Device), errs.NotOpen)
		w.kind(w.EndDevice(ctx, bea.Session, id.New[id.Device](w.ids)), errs.NotOpen)

		w.must(w.EndDevice(ctx, own, list[1].ID))
		w.over(j.Secret)
		w.session(in.Secret)
		w.must(w.EndDevice(ctx, own, own.Device))
		w.must(w.EndDevice(ctx, own, own.Device))
		w.over(in.Secret)

		// Its cookie opens nothing by itself, and the device is new when it comes again.
		again, err := w.SignIn(ctx, account.SigningIn{Words: j.Words, Passphrase: phrase, Where: account.Where{Own: true, Device: in.Device}})
		w.must(err)
		if again.Session.Device == own.Device || again.Device != in.Device {
			w.t.Error("an ended device was known again")
		}
		if list, err = w.Devices(ctx, again.Session); err != nil || len(list) != 1 {
			w.t.Errorf("devices: %+v, %v", list, err)
		}
	})
}

// TestTwoPeopleShareABrowser: each has a device of their own there, and what is kept does not show that it is one.
func TestTwoPeopleShareABrowser(t *testing.T) {
	w := newWorld(t, t.TempDir(), account.Hashing{MemoryKiB: 64, Times: 1})
	ana, bea := w.join("Ana"), w.join("Bea")
	first, err := w.Open(t.Context(), account.Opening{Person: ana.Person, Way: account.WayPassphrase, Where: account.Where{Own: true}})
	w.must(err)
	second, err := w.Open(t.Context(), account.Opening{Person: bea.Person, Way: account.WayPassphrase, Where: account.Where{Own: true, Device: first.Device}})
	w.must(err)
	if first.Device != second.Device || first.Session.Device == second.Session.Device {
		t.Error("two people in one browser do not share its cookie, or share a device")
	}
	if n := w.count(`SELECT COUNT(DISTINCT token_hash) FROM device`); n != 2 {
		t.Errorf("%d hashes of the cookie", n)
	}
}

// TestAnOrganisationKnowsNoDevice: what an employer or colleagues can bring about makes no device one of the person's own, and
// of a session that was left open no way in.
func TestAnOrganisationKnowsNoDevice(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := w.t.Context()
		sam := w.member(w.invite(w.team(), book.HatWorker))
		known := func(device string) (d id.Device) {
			w.must(w.db.View(ctx, func(tx *store.Tx) (err error) {
				d, err = w.Known(tx, sam.Person, account.Where{Device: device})
				return err
			}))
			return d
		}
		for _, way := range []account.Way{account.WayProvider, account.WayVouched} {
			in, err := w.Open(ctx, account.Opening{Person: sam.Person, Hat: book.HatWorker, Way: way, Where: account.Where{Own: true}})
			w.must(err)
			if !known(in.Device).IsZero() {
				w.t.Errorf("by %s a device is known", way)
			}
			own, err := w.Open(ctx, account.Opening{Person: sam.Person, Way: account.WayPassphrase, Where: account.Where{Own: true, Device: in.Device}})
			w.must(err)
			if known(in.Device) != own.Session.Device || own.Session.Device != in.Session.Device {
				w.t.Error("the same device is another in one's own book")
			}
			again, err := w.Open(ctx, account.Opening{Person: sam.Person, Hat: book.HatWorker, Way: way, Where: account.Where{Own: true, Device: in.Device}})
			w.must(err)
			if known(again.Device).IsZero() {
				w.t.Errorf("by %s a device is known no more", way)
			}
			w.clock.Step(account.FreshFor)
			proven, err := w.prove(own.Session)
			w.must(err)
			if w.session(proven).Fresh(w.clock.Now(), account.FreshFor) {
				w.t.Error("who showed their role can change the ways into their own book")
			}
		}
	})
}

// TestAPassphraseThatIsChangedMeanwhile: who is just coming in with the one before does not.
func TestAPassphraseThatIsChangedMeanwhile(t *testing.T) {
	onBoth(t, func(w *world) {
		ctx := w.t.Context()
		j := w.join("Ana")
		set, err := w.NewPassphrase(ctx, j.Person, "seven kites above the harbour wall", "Ana")
		w.must(err)
		came := make(chan error, 1)
		w.must(w.db.Update(ctx, func(tx *store.Tx) error {
			if err := set(tx); err != nil {
				return err
			}
			if err := w.EndDevices(tx, j.Person, nil); err != nil {
				return err
			}
			go func() {
				_, err := w.SignIn(ctx, account.SigningIn{Words: j.Words, Passphrase: phrase})
				came <- err
			}()
			time.Sleep(200 * time.Millisecond) // it has read the one before, and waits
			return nil
		}))
		if err := <-came; err == nil {
			w.t.Error("the passphrase from before opens the book")
		}
	})
}
