package reviewing_test

import (
	"strings"
	"testing"
	"time"

	"beside/internal/account"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/community/reviewing"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/store"
)

// place is a team of two, and somebody whom they asked.
type place struct {
	*world
	toni, tara, ruth somebody
	reviewer         id.Reviewer
}

func newPlace(t *testing.T, w *world) *place {
	t.Helper()
	p := &place{world: w, toni: w.join(t), tara: w.join(t), ruth: w.join(t)}
	w.founds(t, p.toni)
	w.founds(t, p.tara)
	must(t, w.accepts(t, p.ruth, p.link(t)))
	return p
}

// link has the two ask for somebody.
func (p *place) link(t *testing.T) string {
	t.Helper()
	e := p.Entry()
	must(t, p.Ask(ctx, p.toni.as(book.HatTeam), e, "Ruth"))
	p.reviewer, _ = id.FromBytes[id.Reviewer](e.Bytes())
	token, err := p.Second(ctx, p.tara.as(book.HatTeam), p.reviewer)
	must(t, err)
	return token
}

func (p *place) invite(t *testing.T, hat book.Hat) string {
	t.Helper()
	token, err := p.accounts.Invite(ctx, p.toni.as(book.HatTeam), hat)
	must(t, err)
	return token
}

// TestApart: who reviews becomes no worker and none of the team, nor within a year after; and the other way round. A link that is refused can still
// be accepted by somebody else.
func TestApart(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		p := newPlace(t, w)
		for _, hat := range []book.Hat{book.HatWorker, book.HatTeam} {
			token := p.invite(t, hat)
			wantKind(t, w.accepts(t, p.ruth, token), errs.Invalid)
			must(t, w.accepts(t, w.join(t), token))
		}
		wantKind(t, w.accepts(t, p.tara, p.link(t)), errs.Invalid)
		host, err := w.accounts.HostLink(ctx, w.Community)
		must(t, err)
		wantKind(t, w.accepts(t, p.ruth, host), errs.Invalid)

		first, again := p.reviewer, p.link(t)
		wantKind(t, w.accepts(t, p.ruth, again), errs.Invalid)
		must(t, w.accepts(t, w.join(t), again)) // it was for somebody else
		all, err := w.Reviewers(ctx, p.ruth.as(book.HatSelf))
		must(t, err)
		for _, r := range all {
			if r.Gone || r.ID == first && !r.Now() {
				t.Errorf("%+v", r)
			}
		}

		must(t, w.LayDown(ctx, p.ruth.as(book.HatReviewer), w.Entry(), "I move away"))
		w.Clock.Step(account.ApartFor - clock.Hour)
		wantKind(t, w.accepts(t, p.ruth, p.invite(t, book.HatTeam)), errs.Invalid)
		w.Clock.Step(2 * clock.Hour)
		must(t, w.accepts(t, p.ruth, p.invite(t, book.HatWorker)))

		sam := w.join(t)
		must(t, w.accepts(t, sam, p.invite(t, book.HatWorker)))
		members, err := w.accounts.Memberships(ctx, p.toni.as(book.HatTeam))
		must(t, err)
		for _, m := range members {
			if m.Person == sam.id {
				must(t, w.accounts.EndMembership(ctx, p.toni.as(book.HatTeam), m.ID))
			}
		}
		w.Clock.Step(account.ApartFor - clock.Hour)
		wantKind(t, w.accepts(t, sam, p.link(t)), errs.Invalid)
		w.Clock.Step(2 * clock.Hour)
		must(t, w.accepts(t, sam, p.link(t)))
	})
}

// TestTwoOfTheTeam: one alone neither begins nor ends a review, not by saying it twice, not by ending a role as others end; nor do two when the
// first left the team, or said it too long ago. A link made anew ends the one before.
func TestTwoOfTheTeam(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		p := newPlace(t, w)
		toni, tara := p.toni.as(book.HatTeam), p.tara.as(book.HatTeam)
		e := w.Entry()
		must(t, w.Ask(ctx, toni, e, "Ines"))
		must(t, w.Ask(ctx, toni, e, "Ines"))
		wantKind(t, w.Ask(ctx, toni, e, "Otto"), errs.AlreadyKept)
		wantKind(t, w.Ask(ctx, tara, e, "Ines"), errs.AlreadyKept)
		wantKind(t, w.Ask(ctx, toni, w.Entry(), " "), errs.Invalid)
		ines, _ := id.FromBytes[id.Reviewer](e.Bytes())
		_, err := w.Second(ctx, toni, ines)
		wantKind(t, err, errs.NotOpen)
		first, err := w.Second(ctx, tara, ines)
		must(t, err)
		again, err := w.Second(ctx, tara, ines)
		must(t, err)
		wantKind(t, w.accepts(t, w.join(t), first), errs.NotOpen)
		must(t, w.accepts(t, w.join(t), again))
		_, err = w.Second(ctx, tara, ines)
		wantKind(t, err, errs.NotOpen)
		late := w.Entry()
		must(t, w.Ask(ctx, toni, late, "Otto"))
		w.Clock.Step(reviewing.SaidLasts)
		otto, _ := id.FromBytes[id.Reviewer](late.Bytes())
		_, err = w.Second(ctx, tara, otto)
		wantKind(t, err, errs.NotOpen)

		end := w.Entry()
		must(t, w.SayEnd(ctx, toni, end, p.reviewer, "a year is over"))
		wantKind(t, w.End(ctx, toni, p.reviewer, end), errs.NotOpen)
		w.Clock.Step(reviewing.SaidLasts)
		wantKind(t, w.End(ctx, tara, p.reviewer, end), errs.NotOpen)
		end = w.Entry()
		must(t, w.SayEnd(ctx, toni, end, p.reviewer, "a year is over"))
		must(t, w.End(ctx, tara, p.reviewer, end))
		must(t, w.End(ctx, tara, p.reviewer, end)) // sent twice
		wantKind(t, w.SayEnd(ctx, toni, w.Entry(), p.reviewer, "it is over"), errs.NotOpen)
	})
}

// TestWhoKnowEachOther: nothing is given to a reviewer whom the owner knows from their own life, and what was given is closed.
func TestWhoKnowEachOther(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		p, mira := newPlace(t, w), w.join(t)
		self := mira.as(book.HatSelf)
		g := reviewing.Giving{Entry: w.Entry(), Reviewer: p.reviewer, Until: w.Clock.Now() + book.MaxReview}
		must(t, w.Give(ctx, self, mira.book, g))
		must(t, w.Give(ctx, self, mira.book, g))
		other := g
		other.Sections = []book.Section{book.SectionGoals}
		wantKind(t, w.Give(ctx, self, mira.book, other), errs.AlreadyKept)
		_, err := w.Keeper.Theirs(ctx, p.ruth.as(book.HatReviewer), mira.book, keeper.Want{})
		must(t, err)
		_, err = w.Keeper.Theirs(ctx, p.ruth.as(book.HatSelf), mira.book, keeper.Want{})
		wantKind(t, err, errs.NotOpen)

		w.write(t, p.ruth, keeper.Draft{Kind: book.KindTie, Act: book.ActWrite, Item: book.TieWith(p.ruth.book, mira.id), Body: &book.Tie{Other: mira.id, Bond: book.BondFamily}})
		_, err = w.Keeper.Theirs(ctx, p.ruth.as(book.HatReviewer), mira.book, keeper.Want{})
		wantKind(t, err, errs.NotOpen)
		gave, err := w.Gave(ctx, self, mira.book)
		must(t, err)
		if len(gave) != 1 || gave[0].Open {
			t.Fatalf("she gave %+v", gave)
		}
		other.Entry, other.Base = w.Entry(), gave[0].Head
		wantKind(t, w.Give(ctx, self, mira.book, other), errs.Changed)
		other.Until = w.Clock.Now() + book.MaxReview + 1
		wantKind(t, w.Give(ctx, self, mira.book, other), errs.Invalid)
		wantKind(t, w.Give(ctx, p.ruth.as(book.HatSelf), p.ruth.book, reviewing.Giving{Entry: w.Entry(), Reviewer: p.reviewer, Until: g.Until}), errs.NotOpen)
	})
}

// TestCountedOnce: the figures of a quarter are the same ever after, whatever is gone since; only a reviewer reads them.
func TestCountedOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		p := newPlace(t, w)
		for range 6 {
			p.invite(t, book.HatWorker)
		}
		span := reviewing.Span("2025-1")
		_, _, err := w.Count(ctx, p.ruth.as(book.HatReviewer), span)
		wantKind(t, err, errs.NotOpen)
		w.Clock.Step(40 * clock.Day)
		for _, who := range []somebody{p.toni, p.ruth} {
			_, _, err = w.Count(ctx, who.as(book.HatTeam), span)
			wantKind(t, err, errs.NotOpen)
		}
		first, at, err := w.Count(ctx, p.ruth.as(book.HatReviewer), span)
		must(t, err)
		must(t, w.DB.Update(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(`DELETE FROM invitation WHERE hat = 'worker'`)
			return err
		}))
		w.Clock.Step(clock.Day)
		again, then, err := w.Count(ctx, p.ruth.as(book.HatReviewer), span)
		must(t, err)
		if len(first) == 0 || at != then || len(first) != len(again) {
			t.Fatalf("%d figures at %d, then %d at %d", len(first), at, len(again), then)
		}
		for i, f := range first {
			if f.All != again[i].All {
				t.Errorf("%s was %+v and is %+v", f.Code, f.All, again[i].All)
			}
			if f.Code == "invited" && (f.All.N != 6 || f.All.Hidden || f.Parts[0].N != 6 && !f.Parts[0].Hidden) {
				t.Errorf("invited: %+v", f)
			}
		}
	})
}

// TestAcceptedAtThisMoment: one of the team makes the link anew while somebody accepts it. There is no other link then: who accepted the
// first would review by one that stands nowhere, of whom nobody reads and whom no two could end.
func TestAcceptedAtThisMoment(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		p, otto := newPlace(t, w), w.join(t)
		p.link(t)
		r, again := p.reviewer, make(chan error, 1)
		must(t, w.DB.Update(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(`UPDATE invitation SET used_by = $1, used_at = $2 WHERE used_at = 0 AND id = (SELECT invitation FROM reviewer WHERE id = $3)`, otto.id, w.Clock.Now(), r)
			go func() {
				_, err := w.Second(ctx, p.tara.as(book.HatTeam), r)
				again <- err
			}()
			time.Sleep(200 * time.Millisecond)
			return err
		}))
		wantKind(t, <-again, errs.NotOpen)
	})
}

// TestShownBefore: what somebody showed before they review does not put on that hat, in no session of theirs: it may have been shown by the
// organisation. Who has another role beside it, given by the version before, does nothing as a reviewer.
func TestShownBefore(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		p, otto := newPlace(t, w), w.join(t)
		open := func() account.Opened {
			o, err := w.accounts.Open(ctx, account.Opening{Person: otto.id, Way: account.WayDemo})
			must(t, err)
			return o
		}
		before, here := open(), open()
		_, secret, err := w.accounts.Accept(ctx, here.Session, p.link(t))
		must(t, err)
		_, err = w.accounts.Wear(ctx, before.Secret, book.HatReviewer)
		wantKind(t, err, errs.NotOpen)
		_, err = w.accounts.Wear(ctx, secret, book.HatReviewer)
		must(t, err)

		find := func() error {
			return w.Find(ctx, otto.as(book.HatReviewer), w.Entry(), reviewing.Found{Words: "it is so"})
		}
		must(t, find())
		must(t, w.DB.Update(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(`INSERT INTO membership (id, community, person, hat, since, until) VALUES ($1, $2, $3, 'worker', $4, $5)`,
				id.New[id.Membership](w.IDs), w.Community, otto.id, w.Clock.Now(), w.Clock.Now()+clock.Day)
			return err
		}))
		wantKind(t, find(), errs.NotOpen)
	})
}

// TestTwoLinksAtOnce: of two links that somebody accepts at one moment on two devices, to review and to work here, one gives its role.
func TestTwoLinksAtOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		p := newPlace(t, w)
		for range 5 {
			otto, done := w.join(t), make(chan error, 2)
			for _, token := range []string{p.link(t), p.invite(t, book.HatWorker)} {
				o, err := w.accounts.Open(ctx, account.Opening{Person: otto.id, Way: account.WayDemo})
				must(t, err)
				go func() {
					_, _, err := w.accounts.Accept(ctx, o.Session, token)
					done <- err
				}()
			}
			one, other := <-done, <-done
			if (one == nil) == (other == nil) || !errs.Is(one, errs.Invalid) && !errs.Is(other, errs.Invalid) {
				t.Fatalf("accepting both: %v, %v", one, other)
			}
		}
	})
}

// TestNothingIsBuried: nobody says more in a day than [reviewing.MostADay] things of one kind, and a form sent once more is none.
func TestNothingIsBuried(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		p := newPlace(t, w)
		toni, first := p.toni.as(book.HatTeam), w.Entry()
		must(t, w.Find(ctx, p.ruth.as(book.HatReviewer), first, reviewing.Found{Words: "it is late"}))
		for what, say := range map[string]func(id.Entry) error{
			"answer": func(e id.Entry) error { return w.Answer(ctx, toni, e, reviewing.FindingOf(first), "no") },
			"end":    func(e id.Entry) error { return w.SayEnd(ctx, toni, e, p.reviewer, "no") },
			"ask":    func(e id.Entry) error { return w.Ask(ctx, toni, e, "Otto") },
			"find": func(e id.Entry) error {
				return w.Find(ctx, p.ruth.as(book.HatReviewer), e, reviewing.Found{Words: "so it is"})
			},
		} {
			var last id.Entry
			n := 0
			for ; n < 2*reviewing.MostADay; n++ {
				e := w.Entry()
				if err := say(e); err != nil {
					wantKind(t, err, errs.TooOften)
					break
				}
				last = e
			}
			if n > reviewing.MostADay || n < reviewing.MostADay-1 {
				t.Errorf("%s: %d times", what, n)
			}
			must(t, say(last))
		}
		wantKind(t, w.Ask(ctx, p.tara.as(book.HatTeam), w.Entry(), strings.Repeat("o", reviewing.MaxWho+1)), errs.Invalid)
		w.Clock.Step(clock.Day)
		must(t, w.Answer(ctx, toni, w.Entry(), reviewing.FindingOf(first), "no"))
	})
}

// TestNoFigureFromAnother: of the two figures about looks, one taken from the other leaves nobody: a look by one friend is in neither.
func TestNoFigureFromAnother(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		p, mira := newPlace(t, w), w.join(t)
		look := func(hat book.Hat, purpose book.Purpose) {
			must(t, w.DB.Update(ctx, func(tx *store.Tx) error {
				_, err := tx.Exec(`INSERT INTO look (id, book, section, reader, hat, given, purpose, items, at, batch) VALUES ($1, $2, 'goals', $3, $4, $1, $5, 1, $6, $1)`,
					id.New[id.Look](w.IDs), mira.book, p.toni.id, string(hat), string(purpose), w.Clock.Now())
				return err
			}))
		}
		for range 9 {
			look(book.HatWorker, book.PurposeWalking)
		}
		look(book.HatSelf, book.PurposeNear)
		w.Clock.Step(40 * clock.Day)
		all, _, err := w.Count(ctx, p.ruth.as(book.HatReviewer), "2025-1")
		must(t, err)
		of := map[string]reviewing.Told{}
		for _, f := range all {
			of[f.Code] = f.All
		}
		if of["looks"].N != 9 || of["looks"] != of["ties"] {
			t.Errorf("looks %+v, of which ties %+v", of["looks"], of["ties"])
		}
	})
}
