package roles_test

import (
	"testing"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/community/roles"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/peer"
	"beside/internal/promise"
	"beside/internal/store"
)

// aLine is a role that a worker holds, and a person who may give to it.
type aLine struct {
	*world
	place id.Community
	role  id.Role
	team  grant.Subject
	sam   grant.Subject
	held  id.Holding
	mira  owner
}

func newLine(t *testing.T, w *world) *aLine {
	t.Helper()
	l := &aLine{world: w, mira: w.person(t)}
	l.place = w.Another(t)
	l.team, l.sam = w.works(t, book.HatTeam, l.place), w.works(t, book.HatWorker, l.place)
	e := w.Entry()
	must(t, w.Make(ctx, l.team, e, "the evening line"))
	l.role = roles.Of(e)
	l.puts(t, l.sam)
	w.Clock.Step(clock.Minute)
	return l
}

func (l *aLine) puts(t *testing.T, who grant.Subject) {
	t.Helper()
	e := l.Entry()
	must(t, l.PutIn(ctx, l.team, e, l.role, who.Person, 0, 0))
	l.held = holding(e)
}

// shown is a yes to those who are shown now.
func (l *aLine) shown(t *testing.T) peer.SeveralGiving {
	t.Helper()
	g := peer.SeveralGiving{Entry: l.Entry(), Of: peer.Whoever{Role: l.role, Name: book.NewText("the evening line")}, Sections: []book.Section{book.SectionWords}, Until: l.Clock.Now() + 20*clock.Day}
	people, err := l.peers.Holders(ctx, l.mira.Subject, l.mira.Book, g.Of)
	must(t, err)
	for _, o := range people {
		g.Shown = append(g.Shown, o.Seen())
	}
	return g
}

func (l *aLine) reads(who grant.Subject) bool {
	_, err := l.Keeper.Theirs(ctx, who, l.mira.Book, keeper.Want{})
	return err == nil
}

// TestShownAndPutInAgain: a page that showed somebody is no yes to them when they were taken out and put in again since.
func TestShownAndPutInAgain(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		l := newLine(t, w)
		g := l.shown(t)
		must(t, l.TakeOut(ctx, l.team, l.held))
		l.Clock.Step(clock.Minute)
		l.puts(t, l.sam)
		l.Clock.Step(clock.Minute)
		wantKind(t, l.peers.GiveSeveral(ctx, l.mira.Subject, l.mira.Book, g, id.Entry{}), errs.Changed)
		if l.reads(l.sam) {
			t.Fatal("who was put in again reads by a page that showed them before")
		}
		must(t, l.peers.GiveSeveral(ctx, l.mira.Subject, l.mira.Book, l.shown(t), id.Entry{}))
		if !l.reads(l.sam) {
			t.Fatal("who was shown does not read")
		}
	})
}

// TestTwoRolesDoNotSoundAlike: what a person gives to is known to them by its name alone.
func TestTwoRolesDoNotSoundAlike(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		l := newLine(t, w)
		for _, name := range []string{"the evening line", "The  Evening line", "the evening\u200b line", "\u202e"} {
			wantKind(t, w.Make(ctx, l.team, w.Entry(), name), errs.Invalid)
		}
		must(t, w.Make(ctx, l.team, w.Entry(), "the morning line"))
	})
}

// TestWhoCameToWorkAgain: a worker whose work here ended and who begins anew holds no role by that, and can be put in.
func TestWhoCameToWorkAgain(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		l := newLine(t, w)
		must(t, l.peers.GiveSeveral(ctx, l.mira.Subject, l.mira.Book, l.shown(t), id.Entry{}))
		l.leaves(t, l.sam)
		l.Clock.Step(clock.Day)
		l.again(t, l.sam, l.place)
		if l.reads(l.sam) {
			t.Fatal("who works here again reads by a role of before")
		}
		l.puts(t, l.sam)
		l.Clock.Step(clock.Minute)
		if l.reads(l.sam) {
			t.Fatal("who is put in again reads at once")
		}
		l.Clock.Step(grant.ComesAfter)
		if !l.reads(l.sam) {
			t.Fatal("who is put in again never reads")
		}
		must(t, l.TakeOut(ctx, l.team, l.held))
		if l.reads(l.sam) {
			t.Fatal("who was taken out reads")
		}
	})
}

// TestWhoComesIsTold: when somebody is put into a role to which she gave, she is told that there is something new, once; and not when she took it
// back. The version before, which would let it go untold, leaves it alone.
func TestWhoComesIsTold(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		l := newLine(t, w)
		told := 0
		w.peers.Told = func(_ *store.Tx, who id.Person, _ []byte, _ clock.Time) error {
			if who == l.mira.Person {
				told++
			}
			return nil
		}
		run := func(version int) {
			t.Helper()
			r := promise.NewRunner(w.DB, w.Clock, w.IDs, nil, map[promise.Kind]promise.Keep{keeper.TellPromise: {Effect: w.peers.Tell, Version: version}}, promise.Options{})
			for n, err := r.Once(ctx); n > 0; n, err = r.Once(ctx) {
				must(t, err)
			}
		}
		g := l.shown(t)
		must(t, l.peers.GiveSeveral(ctx, l.mira.Subject, l.mira.Book, g, id.Entry{}))
		l.puts(t, w.works(t, book.HatWorker, l.place))
		if run(1); told != 0 {
			t.Fatal("the version before knows whom to tell")
		}
		run(keeper.TellVersion)
		if run(keeper.TellVersion); told != 1 {
			t.Fatalf("told %d times", told)
		}
		l.puts(t, w.works(t, book.HatWorker, l.place))
		list, err := l.peers.Several(ctx, l.mira.Subject, l.mira.Book)
		must(t, err)
		must(t, l.peers.TakeBack(ctx, l.mira.Subject, l.mira.Book, l.Entry(), list[0].Item, list[0].Head))
		if run(keeper.TellVersion); told != 1 {
			t.Fatalf("told %d times, of what was taken back", told)
		}
	})
}
