package ending_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"beside/internal/account"
	"beside/internal/account/ending"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/store"
	"beside/internal/testkit/histories"
)

// member is somebody in the team.
func (w *world) member(t tester, name string) grant.Subject {
	return w.memberSince(t, name, w.clock.Now()-grant.TwoAfter)
}

// memberSince is the same for who came at a time.
func (w *world) memberSince(t tester, name string, since clock.Time) grant.Subject {
	t.Helper()
	s := w.join(t, name)
	must(t, w.db.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`INSERT INTO membership (id, community, person, hat, since, until, invited_by) VALUES ($1, $2, $3, 'team', $4, $5, $3)`,
			id.New[id.Membership](w.ids), w.community, s.Person, since, clock.Time(1)<<60)
		return err
	}))
	return grant.Subject{Person: s.Person, Hat: book.HatTeam}
}

// worker is somebody who walks with the owner of a session, and may suggest in their strengths for a year.
func (w *world) walks(t tester, s account.Session) grant.Subject {
	t.Helper()
	sam := grant.Subject{Person: w.join(t, "Sam").Person, Hat: book.HatWorker}
	must(t, w.db.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`INSERT INTO membership (id, community, person, hat, since, until, invited_by) VALUES ($1, $2, $3, 'worker', $4, $5, $3)`,
			id.New[id.Membership](w.ids), w.community, sam.Person, w.clock.Now(), clock.Time(1)<<60)
		return err
	}))
	_, err := w.keeper.Write(ctx, own(s), s.Book, keeper.Draft{ID: w.entry(), Kind: book.KindSharing, Act: book.ActWrite, Via: book.ViaWeb, Body: &book.Sharing{As: book.HatWorker,
		Recipient: sam.Person, Sections: []book.Section{book.SectionName, book.SectionStrengths}, Purpose: book.PurposeWalking, Until: w.clock.Now() + book.MaxGrant}})
	must(t, err)
	return sam
}

func (w *world) suggests(who grant.Subject, b id.Book) error {
	_, err := w.keeper.Write(ctx, who, b, keeper.Draft{ID: w.entry(), Kind: book.KindStrength, Act: book.ActSuggest, Body: &book.Strength{Words: book.NewText("you listen")}, Via: book.ViaWeb})
	return err
}

// saying is the random life of one book whose owner may be said to have died, beside a model of the simplest rules.
type saying struct {
	*world
	s      account.Session
	sam    grant.Subject
	team   []grant.Subject
	stands int
	grant  clock.Time // when Sam's grant ends

	yes   map[int]bool
	said  clock.Time // by the first; 0 when nobody did
	since clock.Time
	gone  bool
	came  clock.Time // when the last of the team did: just now
}

func (l *saying) expire() {
	if l.said != 0 && l.since == 0 && l.clock.Now() >= l.said+ending.SaidLasts {
		l.said, l.yes = 0, map[int]bool{}
	}
	if l.since != 0 && l.clock.Now() >= l.since+ending.AfterDays*clock.Day {
		l.gone = true
	}
}

func (l *saying) say(t *rapid.T) {
	if l.gone {
		return
	}
	i := rapid.IntRange(0, len(l.team)-1).Draw(t, "member")
	_, _, found := l.Find(ctx, l.team[i], "mira")
	both, err := l.Say(ctx, l.team[i], l.s.Book)
	if i == len(l.team)-1 && l.clock.Now() < l.came+grant.TwoAfter {
		wantKind(t, found, errs.Changed)
		if !errs.Is(err, errs.Changed) && !errs.Is(err, errs.NotOpen) { // they found nobody, and so may say it of nobody
			t.Fatalf("who came just now says that somebody has died: %v", err)
		}
		return
	}
	if found != nil && !errs.Is(found, errs.TooOften) {
		t.Fatal(found)
	}
	must(t, err)
	if l.said == 0 {
		l.said, l.yes = l.clock.Now(), map[int]bool{}
	}
	l.yes[i] = true
	if len(l.yes) == 2 && l.since == 0 {
		l.since = l.clock.Now()
	}
	if both != (l.since != 0) {
		t.Fatalf("two have said it: %v, of %v", both, l.yes)
	}
}

func (l *saying) back() { l.said, l.since, l.yes = 0, 0, map[int]bool{} }

func (l *saying) takeBack(t *rapid.T) {
	if rapid.Bool().Draw(t, "not now") {
		return
	}
	all, err := l.Said(ctx, l.team[0])
	must(t, err)
	for _, d := range all {
		if d.Book == l.s.Book {
			must(t, l.TakeBack(ctx, l.team[rapid.IntRange(0, len(l.team)-1).Draw(t, "member")], d.ID))
			l.back()
		}
	}
}

func (l *saying) here(t *rapid.T) {
	if l.gone || rapid.Bool().Draw(t, "not now") {
		return
	}
	l.s = l.in(t, l.s.Person)
	if (l.s.Died != 0) != (l.since != 0) {
		t.Fatalf("the session knows of %d, want %d", l.s.Died, l.since)
	}
	must(t, l.Here(ctx, l.s))
	l.back()
}

func (l *saying) pass(t *rapid.T) {
	l.clock.Step(clock.Time(rapid.IntRange(1, 8).Draw(t, "days")) * clock.Day)
	l.settle(t)
	l.expire()
}

func (l *saying) check(t *rapid.T) {
	if gone := l.erased(t, l.s.Book); gone != l.gone {
		t.Fatalf("the book is gone: %v, want %v", gone, l.gone)
	}
	err := l.suggests(l.sam, l.s.Book)
	if may := l.since == 0 && !l.gone && l.clock.Now() < l.grant; (err == nil) != may {
		t.Fatalf("suggesting: %v, want it to be %v (said to be dead since %d)", err, may, l.since)
	}
	if l.gone {
		return
	}
	if n := l.reads(t, l.s); n != l.stands {
		t.Fatalf("%d things stand in the book, want %d", n, l.stands)
	}
}

// TestTwoSayThatSomebodyHasDied lives random histories: never one of the team alone; from the second on nothing is suggested;
// the book goes thirty days later, unless it is taken back, by the person or one of the team, and then nothing was lost.
func TestTwoSayThatSomebodyHasDied(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.clock.Step(60 * clock.Day) // those who came when the place began are over
		team := []grant.Subject{w.member(t, "Toni"), w.member(t, "Tara")}
		histories.Check(t, 6, func(rt *rapid.T) {
			l := &saying{world: w, s: w.join(rt, "Mira"), yes: map[int]bool{}, came: w.clock.Now()}
			l.team = append(slices.Clone(team), w.memberSince(rt, "Tom", l.came))
			l.grant = w.clock.Now() + book.MaxGrant
			l.sam = w.walks(rt, l.s)
			l.stands = l.reads(rt, l.s)
			rt.Repeat(map[string]func(*rapid.T){"say": l.say, "say too": l.say, "take back": l.takeBack, "here": l.here, "pass": l.pass, "": l.check})
		})
	})
}

// TestWhoMaySay: only the team, after looking for the name; not of somebody they know from their own life, not of a
// colleague, not of themselves, and not one of them twice.
func TestWhoMaySay(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		toni, tara := w.member(t, "Toni"), w.member(t, "Tara")
		mira := w.join(t, "Mira")
		_, err := w.Say(ctx, toni, mira.Book) // without looking for the name
		wantKind(t, err, errs.NotOpen)
		for _, who := range []grant.Subject{own(mira), {Person: mira.Person, Hat: book.HatTeam}, {Person: toni.Person, Hat: book.HatWorker}} {
			_, _, err := w.Find(ctx, who, "mira")
			wantKind(t, err, errs.NotOpen)
			_, err = w.Say(ctx, who, mira.Book)
			wantKind(t, err, errs.NotOpen)
			_, err = w.Said(ctx, who)
			wantKind(t, err, errs.NotOpen)
		}
		list, _, err := w.Find(ctx, toni, "Mira")
		must(t, err)
		if len(list) != 1 || list[0].Book != mira.Book {
			t.Fatalf("found %+v", list)
		}
		for range 3 {
			both, err := w.Say(ctx, toni, mira.Book)
			must(t, err)
			if both {
				t.Fatal("one alone was enough")
			}
		}
		_, err = w.keeper.Write(ctx, own(mira), mira.Book, keeper.Draft{ID: w.entry(), Kind: book.KindTie, Act: book.ActWrite, Item: book.TieWith(mira.Book, tara.Person),
			Body: &book.Tie{Other: tara.Person, Bond: book.BondFamily}, Via: book.ViaWeb})
		must(t, err)
		if list, _, err := w.Find(ctx, tara, "Mira"); err != nil || len(list) > 0 {
			t.Errorf("somebody tied to her found %+v, %v", list, err)
		}
		_, err = w.Say(ctx, tara, mira.Book)
		wantKind(t, err, errs.NotOpen)
		if list, _, err := w.Find(ctx, tara, "Toni"); err != nil || len(list) > 0 {
			t.Errorf("a colleague was found: %+v, %v", list, err)
		}
		all, err := w.Said(ctx, tara)
		must(t, err)
		if len(all) != 1 || all[0].Since != 0 || all[0].Mine {
			t.Errorf("said: %+v", all)
		}
		wantKind(t, w.TakeBack(ctx, tara, w.entry()), errs.NotOpen)
	})
}

// TestTheDayThePersonChose: the book stays closed until then, also to those it was shared with, but for the first days.
func TestTheDayThePersonChose(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		team := []grant.Subject{w.member(t, "Toni"), w.member(t, "Tara")}
		mira := w.join(t, "Mira")
		sam := w.walks(t, mira)
		r, err := w.keeper.Read(ctx, own(mira), mira.Book, keeper.Want{Kind: book.KindAbout})
		must(t, err)
		about := &book.About{AfterDays: 365}
		_, err = w.keeper.Write(ctx, own(mira), mira.Book, keeper.Draft{ID: w.entry(), Kind: book.KindAbout, Act: book.ActWrite, Item: book.Only(mira.Book, book.KindAbout), Base: headOf(r), Body: about, Via: book.ViaWeb})
		must(t, err)
		for _, m := range team {
			_, _, err := w.Find(ctx, m, "Mira")
			must(t, err)
			_, err = w.Say(ctx, m, mira.Book)
			must(t, err)
		}
		read := func() error {
			_, err := w.keeper.Read(ctx, sam, mira.Book, keeper.Want{Sections: book.Givable()})
			return err
		}
		must(t, read())
		w.clock.Step(ending.ReadsFor - clock.Second)
		must(t, read())
		w.clock.Step(2 * clock.Second)
		wantKind(t, read(), errs.NotOpen)
		w.clock.Step(334 * clock.Day)
		w.settle(t)
		if w.erased(t, mira.Book) {
			t.Error("it went before the day she chose")
		}
		w.clock.Step(2 * clock.Day)
		w.settle(t)
		if !w.erased(t, mira.Book) {
			t.Error("it did not go on the day she chose")
		}
	})
}

func headOf(r keeper.Reading) (head id.Entry) {
	for _, p := range r.Items[0] {
		head = p.Head
	}
	return head
}
