package demo

import (
	"context"
	"fmt"
	"math/rand/v2"

	"beside/internal/account"
	"beside/internal/account/contact"
	"beside/internal/app"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/journey"
	"beside/internal/journey/made"
	"beside/internal/peer"
	"beside/internal/store"
)

// role is how somebody of the community is met first.
type role string

const (
	roleOwn    role = "own" // at their own book
	roleWorker role = "worker"
	roleTeam   role = "team"
	// roleReviewer is who reviews the place from outside.
	roleReviewer role = "reviewer"
)

// member is somebody of the sample community, with their story.
type member struct {
	handle string // how stories and the page name them
	name   string
	role   role
	about  string // one line for whoever thinks of stepping in
	story  []line
}

// line is one thing somebody did, so many days ago. Lines of one day happen in their order.
type line struct {
	daysAgo int
	act     act
}

// act is what a line does.
type act func(context.Context, *telling, *teller) error

// telling is a community while its story is told.
type telling struct {
	app    *app.App
	clock  *clock.Manual
	ids    *id.Maker
	chance *rand.Rand // the seed's: times of day
	own    *journey.Journey
	shelf  *made.Shelf
	peers  *peer.Peers
	reach  *contact.Contacts
	people map[string]*teller // by handle, once they joined
	rules  map[string]id.Narrowing
	duties map[string]id.Role
	review id.Reviewer // whom the team asked to review the place
	papers map[string]id.Demand
}

// teller is somebody while their story is told. Things are known by the short names that the story gives them.
type teller struct {
	*member
	me        journey.Me
	signIn    string
	things    map[string]thing
	suggested map[string]id.Entry
	days      map[string]id.Attended
	sheet     id.Signing
	yes       id.Lasting
}

// thing is an item as its owner last left it.
type thing struct {
	item id.Item
	head id.Entry
}

func (t *telling) entry() id.Entry { return id.New[id.Entry](t.ids) }

// as is the person under a hat.
func (p *teller) as(h book.Hat) grant.Subject { return grant.Subject{Person: p.me.Person, Hat: h} }

// writing begins something new, or changes the thing with that short name when there is one.
func (t *telling) writing(p *teller, name string) journey.Writing {
	old := p.things[name]
	return journey.Writing{Entry: t.entry(), Item: old.item, Base: old.head}
}

// kept notes what a writing made of the thing with that short name.
func (p *teller) kept(name string, w journey.Writing, it id.Item) {
	x := p.things[name]
	x.item, x.head = it, w.Entry
	p.things[name] = x
}

func (p *teller) find(name string) (thing, error) {
	x, ok := p.things[name]
	if !ok {
		return x, fmt.Errorf("there is no %q in the story yet", name)
	}
	return x, nil
}

// joins is how each story begins. A blank address means that nobody may write.
func joins(address string) act {
	return func(ctx context.Context, t *telling, p *teller) error {
		j := account.Joining{Entry: t.entry(), Name: book.NewText(p.name), Passphrase: Passphrase, Contact: book.ContactNo, Lang: "en", Via: book.ViaDemo}
		if address != "" {
			j.Contact, j.Address = book.ContactQuiet, book.NewText(address)
		}
		in, err := t.app.Accounts.Join(ctx, j)
		if err != nil {
			return err
		}
		p.me = journey.Me{Subject: grant.Subject{Person: in.Person, Hat: book.HatSelf}, Book: in.Book}
		p.signIn = in.Words
		t.people[p.handle] = p
		if err := t.app.Accounts.SignOut(ctx, in.Secret); err != nil {
			return err
		}
		return t.app.Accounts.SawHappenings(ctx, p.me.Subject) // what the telling itself did is no news
	}
}

// gives keeps another address of a person's own.
func gives(m contact.Marks) act {
	m.Lang = "en"
	return reaching(func(ctx context.Context, t *telling, s account.Session) error {
		_, err := t.reach.Keep(ctx, s, contact.Form{Entry: t.entry()}, m)
		return err
	})
}

// proves has codes come back from the addresses a person gave so far.
func proves() act {
	return eachAddress(func(ctx context.Context, t *telling, s account.Session, m contact.Mine) error {
		return t.app.DB.Update(ctx, func(tx *store.Tx) error { return t.reach.Confirmed(tx, s.Person, m.Item, t.clock.Now()) })
	})
}

// stillSafe has a person say of all their addresses that they are still safe.
func stillSafe() act {
	return eachAddress(func(ctx context.Context, t *telling, s account.Session, m contact.Mine) error {
		return t.reach.StillSafe(ctx, s, contact.Form{Entry: t.entry(), Item: m.Item, Base: m.Head})
	})
}

func eachAddress(do func(context.Context, *telling, account.Session, contact.Mine) error) act {
	return reaching(func(ctx context.Context, t *telling, s account.Session) error {
		all, err := t.reach.All(ctx, s)
		for _, m := range all.Addresses {
			if err == nil {
				err = do(ctx, t, s, m)
			}
		}
		return err
	})
}

// reaching does something with a person's own addresses, signed in for as long.
func reaching(do func(context.Context, *telling, account.Session) error) act {
	return func(ctx context.Context, t *telling, p *teller) error {
		in, err := t.app.Accounts.Open(ctx, account.Opening{Person: p.me.Person, Way: account.WayDemo})
		if err != nil {
			return err
		}
		if err := do(ctx, t, in.Session); err != nil {
			return err
		}
		if err := t.app.Accounts.SignOut(ctx, in.Secret); err != nil {
			return err
		}
		return t.app.Accounts.SawHappenings(ctx, p.me.Subject) // as after joining
	}
}

// begins makes a member the first of the centre team.
func begins() act {
	return func(ctx context.Context, t *telling, p *teller) error {
		token, err := t.app.Accounts.FirstLink(ctx, t.app.Community)
		if err == nil {
			err = t.accepts(ctx, p, token)
		}
		return err
	}
}

// accepts has a member say yes to an invitation.
func (t *telling) accepts(ctx context.Context, p *teller, token string) error {
	in, err := t.app.Accounts.Open(ctx, account.Opening{Person: p.me.Person, Way: account.WayDemo})
	if err != nil {
		return err
	}
	if _, _, err := t.app.Accounts.Accept(ctx, in.Session, token); err != nil {
		return err
	}
	return t.app.Accounts.SignOut(ctx, in.Secret)
}

// isInvited gives a member the hat of a worker, by an invitation of somebody of the team; isOfTheTeam that of the team.
func isInvited(by string) act   { return isGiven(book.HatWorker, by) }
func isOfTheTeam(by string) act { return isGiven(book.HatTeam, by) }

func isGiven(hat book.Hat, by string) act {
	return func(ctx context.Context, t *telling, p *teller) error {
		token, err := t.app.Accounts.Invite(ctx, t.people[by].as(book.HatTeam), hat)
		if err == nil {
			err = t.accepts(ctx, p, token)
		}
		return err
	}
}

// writesProfile keeps what a worker tells of themselves. The certificate is good for so many days.
func writesProfile(pr peer.Profile, certificateDays clock.Time) act {
	return func(ctx context.Context, t *telling, p *teller) error {
		before, err := t.peers.OwnProfile(ctx, p.as(book.HatWorker))
		if err != nil {
			return err
		}
		pr.ChangedAt, pr.TakingMore, pr.Name = before.ChangedAt, true, p.name
		pr.CertificateUntil = t.clock.Now() + certificateDays*clock.Day
		return t.peers.KeepProfile(ctx, p.as(book.HatWorker), pr)
	}
}

// matters says what matters to the person, again when they said it before.
func matters(words string) act {
	return func(ctx context.Context, t *telling, p *teller) error {
		w := t.writing(p, "matters")
		err := t.own.SetWords(ctx, p.me, w, book.NewText(words))
		p.kept("matters", w, book.Only(p.me.Book, book.KindWords))
		return err
	}
}

// strength names a strength.
func strength(name, words string, d book.Domain, when book.When) act {
	return func(ctx context.Context, t *telling, p *teller) error {
		w := t.writing(p, name)
		it, err := t.own.SetStrength(ctx, p.me, w, journey.Strength{Mine: journey.Mine{Words: book.NewText(words)}, Domain: d, When: when})
		p.kept(name, w, it)
		return err
	}
}

// near puts somebody or something into the circle.
func near(name string, x journey.InCircle, words string) act {
	return func(ctx context.Context, t *telling, p *teller) error {
		w := t.writing(p, name)
		x.Words = book.NewText(words)
		it, err := t.own.SetInCircle(ctx, p.me, w, x)
		p.kept(name, w, it)
		return err
	}
}

// path says a way that is gone, what it is about, or where somebody is.
func path(name string, x journey.Path, words string) act {
	return func(ctx context.Context, t *telling, p *teller) error {
		w := t.writing(p, name)
		x.Words = book.NewText(words)
		it, err := t.own.SetPath(ctx, p.me, w, x)
		p.kept(name, w, it)
		return err
	}
}

// goal sets a goal that builds on strengths, or on none.
func goal(name, words string, on ...string) act { return goalIn("", "", name, words, on...) }

// goalIn is goal in a part of life, with who helps, either of which may be left out.
func goalIn(d book.Domain, helps, name, words string, on ...string) act {
	return func(ctx context.Context, t *telling, p *teller) error {
		g := journey.Goal{Mine: journey.Mine{Words: book.NewText(words)}, Domain: d, Helps: book.NewText(helps)}
		for _, s := range on {
			x, err := p.find(s)
			if err != nil {
				return err
			}
			g.BuildsOn = append(g.BuildsOn, x.item)
		}
		w := t.writing(p, name)
		it, err := t.own.SetGoal(ctx, p.me, w, g)
		p.kept(name, w, it)
		return err
	}
}

// step adds a small step to a goal.
func step(of, name, words string) act {
	return func(ctx context.Context, t *telling, p *teller) error {
		g, err := p.find(of)
		if err != nil {
			return err
		}
		w := t.writing(p, name)
		it, err := t.own.SetStep(ctx, p.me, w, g.item, book.NewText(words))
		p.kept(name, w, it)
		return err
	}
}

// did says that a step was done.
func did(name string) act { return changes(name, (*journey.Journey).StepDone) }

// reached says that a goal was reached.
func reached(name string) act { return changes(name, (*journey.Journey).GoalReached) }

func changes(name string, how func(*journey.Journey, context.Context, journey.Me, journey.Writing, bool) error) act {
	return func(ctx context.Context, t *telling, p *teller) error {
		x, err := p.find(name)
		if err != nil {
			return err
		}
		w := t.writing(p, name)
		err = how(t.own, ctx, p.me, w, true)
		p.kept(name, w, x.item)
		return err
	}
}

// worries writes a worry down, for oneself alone.
func worries(d book.Domain, words string) act {
	return func(ctx context.Context, t *telling, p *teller) error {
		_, err := t.own.SetNote(ctx, p.me, journey.Writing{Entry: t.entry()}, journey.Note{Mine: journey.Mine{Words: book.NewText(words)}, Domain: d})
		return err
	}
}

// learned says what a goal taught.
func learned(name, words string) act {
	return func(ctx context.Context, t *telling, p *teller) error {
		x, err := p.find(name)
		if err != nil {
			return err
		}
		w := t.writing(p, name)
		err = t.own.Learned(ctx, p.me, w, book.NewText(words))
		p.kept(name, w, x.item)
		return err
	}
}

// letsGo puts a goal away that is not what one wants now. Nothing more is told of it after that.
func letsGo(name, words string) act {
	return func(ctx context.Context, t *telling, p *teller) error {
		if _, err := p.find(name); err != nil {
			return err
		}
		return t.own.LetGo(ctx, p.me, t.writing(p, name), book.NewText(words))
	}
}

// tells puts a moment on the person's own timeline.
func tells(what book.What, words string) act {
	return func(ctx context.Context, t *telling, p *teller) error {
		return t.own.Tell(ctx, p.me, t.entry(), what, book.NewText(words))
	}
}

// everything that can be given.
var everything = []book.Section{book.SectionWords, book.SectionStrengths, book.SectionGoals}

// chooses walks with a worker from now on, and with nobody else. They are given the name and these sections.
func chooses(worker string, sections ...book.Section) act {
	return choosesFor(365, worker, sections...)
}

// choosesFor is the same for so many days.
func choosesFor(days clock.Time, worker string, sections ...book.Section) act {
	return func(ctx context.Context, t *telling, p *teller) error {
		return t.peers.Choose(ctx, p.me.Subject, p.me.Book, peer.Choice{
			Entry: t.entry(), Worker: t.people[worker].me.Person, Sections: sections, Until: t.clock.Now() + days*clock.Day,
		})
	}
}

// takesBack takes back all that was given.
func takesBack() act {
	return func(ctx context.Context, t *telling, p *teller) error {
		list, err := t.peers.Companions(ctx, p.me.Subject, p.me.Book)
		for _, c := range list {
			if err == nil {
				err = t.peers.TakeBack(ctx, p.me.Subject, p.me.Book, t.entry(), c.Item, c.Head)
			}
		}
		return err
	}
}

// looks is a worker's day with one person: they see what is new for them, and open what they were given.
func looks(worker string) act {
	return func(ctx context.Context, t *telling, p *teller) error {
		if err := t.keepPromises(ctx); err != nil {
			return err
		}
		who := t.people[worker].as(book.HatWorker)
		news, err := t.peers.Notices(ctx, who)
		if err == nil {
			err = t.peers.Seen(ctx, who, news...)
		}
		if err == nil {
			_, err = t.peers.Person(ctx, who, p.me.Book)
		}
		return err
	}
}

// suggests puts a suggestion of a worker's into the person's book, where it waits.
func (t *telling) suggests(ctx context.Context, p *teller, worker, name string, b book.Body) error {
	e := t.entry()
	p.suggested[name] = e
	return t.peers.Suggest(ctx, t.people[worker].as(book.HatWorker), p.me.Book, e, b)
}

// noticed is a worker who suggests a strength.
func noticed(worker, name, words string, d book.Domain, when book.When) act {
	return func(ctx context.Context, t *telling, p *teller) error {
		return t.suggests(ctx, p, worker, name, &book.Strength{Words: book.NewText(words), Domain: d, When: when})
	}
}

// couldBe is a worker who suggests a goal that builds on strengths.
func couldBe(worker, name, words string, on ...string) act {
	return func(ctx context.Context, t *telling, p *teller) error {
		g := &book.Goal{Words: book.NewText(words)}
		for _, s := range on {
			x, err := p.find(s)
			if err != nil {
				return err
			}
			g.BuildsOn = append(g.BuildsOn, x.item)
		}
		return t.suggests(ctx, p, worker, name, g)
	}
}

// smallStep is a worker who suggests a step to a goal.
func smallStep(worker, of, name, words string) act {
	return func(ctx context.Context, t *telling, p *teller) error {
		g, err := p.find(of)
		if err != nil {
			return err
		}
		return t.suggests(ctx, p, worker, name, &book.Step{Goal: g.item, Words: book.NewText(words)})
	}
}

// yes, notNow and noThanks answer a suggestion; ownWords takes it in other words. What is taken has the suggestion's
// short name from then on.
func yes(name string) act             { return answers(name, book.ActAccept, "") }
func notNow(name string) act          { return answers(name, book.ActNotNow, "") }
func noThanks(name string) act        { return answers(name, book.ActDecline, "") }
func ownWords(name, words string) act { return answers(name, book.ActChange, words) }

func answers(name string, how book.Act, words string) act {
	return func(ctx context.Context, t *telling, p *teller) error {
		e, ok := p.suggested[name]
		if !ok {
			return fmt.Errorf("nobody suggested %q", name)
		}
		w := journey.Writing{Entry: t.entry()}
		if err := t.own.Answer(ctx, p.me, w, e, how, book.NewText(words)); err != nil {
			return err
		}
		if how == book.ActAccept || how == book.ActChange {
			p.kept(name, w, journey.Begins(e))
		}
		return nil
	}
}

// keepPromises keeps what is due at the story's time.
func (t *telling) keepPromises(ctx context.Context) error {
	for {
		n, err := t.app.Promises.Once(ctx)
		if err != nil || n == 0 {
			return errs.Wrap("demo: promises", err)
		}
	}
}
