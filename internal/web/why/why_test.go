package why_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"beside/internal/account"
	"beside/internal/asking"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/peer"
	"beside/internal/testkit/ready"
	"beside/internal/testkit/world"
)

var ctx = context.Background()

// place is a world in which Mira walks with Sam, who looked into her book; nobody has script.
type place struct {
	*testing.T
	*world.World
	mira, sam *world.Client
	owner     grant.Subject
	book      id.Book
}

func onBoth(t *testing.T, fn func(p *place)) {
	t.Helper()
	ready.Both(t, func(t *testing.T, where string) {
		p := &place{T: t, World: world.New(t, where)}
		p.mira, p.sam = p.World.Join(t, "Mirabelle"), p.Worker(t, "Sam")
		s, err := p.App.Accounts.Session(ctx, p.mira.Cookie("beside"))
		p.must(err)
		p.owner, p.book = grant.Subject{Person: s.Person, Hat: s.Hat}, s.Book
		sam, err := p.App.Accounts.Session(ctx, p.sam.Cookie("beside"))
		p.must(err)
		p.must(p.App.Peers.Choose(ctx, p.owner, p.book, peer.Choice{
			Entry: id.New[id.Entry](p.App.IDs), Worker: sam.Person, Sections: []book.Section{book.SectionWords}, Until: p.Clock.Now() + 300*clock.Day,
		}))
		p.sam.Get("/worker")
		fn(p)
	})
}

func (p *place) must(err error) {
	p.Helper()
	if err != nil {
		p.Fatal(err)
	}
}

// asks has Mira ask about the newest look, and returns the form as she sent it.
func (p *place) asks(words string) (path string, form map[string][]string) {
	p.Helper()
	p.mira.Get("/me/looked")
	path, _ = p.mira.Page.All(`main a[href*="/why"]`)[0].Attr("href")
	p.mira.Get(path)
	form = p.mira.Filled("main form", "words", words)
	path, _, _ = strings.Cut(path, "?")
	p.mira.Post(path, form)
	p.mira.Want(200, "/me/looked")
	return path, form
}

// days lets days go by, after which everybody comes in again.
func (p *place) days(n clock.Time, others ...*world.Client) {
	p.Helper()
	clients := append(others, p.mira, p.sam)
	before := make([]account.Session, len(clients))
	for i, c := range clients {
		var err error
		before[i], err = p.App.Accounts.Session(ctx, c.Cookie("beside"))
		p.must(err)
	}
	p.Clock.Step(n)
	p.Settle(p.T)
	at, err := url.Parse(p.URL)
	p.must(err)
	for i, c := range clients {
		in, err := p.App.Accounts.Open(ctx, account.Opening{Person: before[i].Person, Hat: before[i].Hat, Way: account.WayDemo})
		p.must(err)
		c.HTTP.Jar.SetCookies(at, []*http.Cookie{{Name: "beside", Value: in.Secret, Path: "/"}})
	}
}

// hides fails when the page says any of these.
func (p *place) hides(c *world.Client, words ...string) {
	p.Helper()
	for _, x := range words {
		if strings.Contains(string(c.Body), x) {
			p.Errorf("%s shows %q", c.Path, x)
		}
	}
}

// TestSheAsksAndHeAnswers goes the whole way from one page to the next.
func TestSheAsksAndHeAnswers(t *testing.T) {
	onBoth(t, func(p *place) {
		path, form := p.asks("I was away that day")
		p.mira.Page.Says(".asked", "You asked why.")
		p.mira.Page.Says(".asked", "Sam has not answered yet")
		p.mira.Page.HasNot(`main a[href*="/why"]`)
		p.mira.Post(path, form) // a double tap
		p.mira.Want(200, "/me/looked")
		p.mira.Page.Count(".asked", 1)

		p.sam.Get("/worker").Says("#whys ~ .rows", "Mirabelle asks why you looked at: their name.")
		p.sam.Page.Count("#whys ~ .rows li", 1)
		question, _ := p.sam.Page.One("#whys ~ .rows a").Attr("href")
		p.sam.Follow("#whys ~ .rows a")
		p.sam.Page.Says("main", "Mirabelle asks why you looked at: their name.")
		p.sam.Page.Says(".slip", "I was away that day")
		p.sam.Send("main form", "words", " ")
		p.sam.Want(422, question)
		p.sam.Page.Says("main", "Please say a few words")
		answer := p.sam.Filled("main form", "words", "To see how you are.")
		for range 2 { // a double tap
			p.sam.Post(question, answer)
			p.sam.Want(200, "/worker")
		}
		p.sam.Page.HasNot("#whys")
		answer.Set("entry", id.New[id.Entry](p.App.IDs).String())
		answer.Set("words", "Something else")
		p.sam.Post(question, answer)
		p.sam.Want(409, question)

		p.mira.Get("/me/looked").Says(".asked .slip", "Sam answered")
		p.mira.Page.Says(".asked .slip", "To see how you are.")
		p.hides(p.mira, "Something else", "has not answered")
		p.mira.Get("/me").Says("main", "Something happened")
		p.mira.Get("/me/ways/happened").Says("main", "They have answered.")
		p.mira.Page.Has(`main a[href="/me/looked"]`)
	})
}

// TestNoAnswerIsToldHonestly: it is taken back, which shows no name and stops no answer; nobody answers; the team reads by whom,
// and nothing of whom it is about.
func TestNoAnswerIsToldHonestly(t *testing.T) {
	onBoth(t, func(p *place) {
		toni := p.Team(p.T)
		p.asks("quokka")
		companions, err := p.App.Peers.Companions(ctx, p.owner, p.book)
		p.must(err)
		p.must(p.App.Peers.TakeBack(ctx, p.owner, p.book, id.New[id.Entry](p.App.IDs), companions[0].Item, companions[0].Head))
		p.days(asking.RemindAfter, toni)
		p.sam.Get("/worker").Says("#whys ~ .rows", "Somebody you walked with asks why you looked at: their name.")
		p.sam.Page.Says("#whys ~ .rows", "has waited for some days")
		p.hides(p.sam, "Mirabelle", p.book.String())
		p.sam.Follow("#whys ~ .rows a")
		p.sam.Page.Says("main", "Somebody you walked with asks why")
		p.hides(p.sam, "Mirabelle", p.book.String())
		toni.Get("/team").HasNot("#late")

		p.days(asking.TeamAfter-asking.RemindAfter, toni)
		toni.Get("/team").Says(".late", "Sam has not answered a person who asked why they looked.")
		p.hides(toni, "Mirabelle", "quokka", p.book.String())
		p.mira.Get("/me/looked").Says(".asked", "This was not answered. We told the centre team that Sam has left a question open.")

		p.sam.Get("/worker")
		p.sam.Follow("#whys ~ .rows a")
		p.sam.Send("main form", "words", "I am sorry.")
		p.sam.Want(200, "/worker")
		toni.Get("/team").HasNot("#late")
		p.mira.Get("/me/looked").Says(".asked .slip", "I am sorry.")
	})
}

// TestTheTeamIsAskedToo: a look that was not under anything she gave is named so, and is asked about like any other.
func TestTheTeamIsAskedToo(t *testing.T) {
	onBoth(t, func(p *place) {
		toni := p.Team(p.T)
		p.Clock.Step(clock.Minute)
		toni.Get("/team/died")
		toni.Send(`form[action="/team/died/find"]`, "name", "Mirabelle")
		p.mira.Get("/me/looked").Says(".outside", "Not under something you gave: because somebody said that somebody has died.")
		p.mira.Page.Count(".outside", 1) // Sam's look is under what she gave
		p.asks("")
		p.sam.Get("/worker").HasNot("#whys")
		toni.Get("/team").Says("#whys ~ .rows", "Somebody asks why you looked at: their name.")
		toni.Follow("#whys ~ .rows a")
		p.hides(toni, "Mirabelle", p.book.String())
		toni.Send("main form", "words", "I mixed up two names.")
		toni.Want(200, "/team")
		p.mira.Get("/me/looked").Says(".asked .slip", "I mixed up two names.")
	})
}

// TestWhoIsNotHereCannotBeAsked: neither before nor after, and she reads so at once.
func TestWhoIsNotHereCannotBeAsked(t *testing.T) {
	onBoth(t, func(p *place) {
		toni := p.Team(p.T)
		p.asks("")
		p.days(clock.Day, toni)
		p.sam.Get("/worker") // a look of another day
		p.mira.Get("/me/looked")
		path, _ := p.mira.Page.One(`main a[href*="/why"]`).Attr("href")
		p.mira.Get(path)
		form := p.mira.Filled("main form")
		toni.Get("/team")
		for _, row := range toni.Page.All("#workers ~ .rows li") {
			if strings.Contains(row.Text(), "Sam") {
				href, _ := row.One("a").Attr("href")
				toni.Get(href)
			}
		}
		toni.Send("main form")
		toni.Want(200, "/team")
		p.mira.Get("/me/looked").Says(".asked", "They are no longer here. No answer will come.")
		p.mira.Page.Says("main", "No longer here, so they cannot be asked.")
		p.mira.Page.HasNot(`main a[href*="/why"]`)
		path, _, _ = strings.Cut(path, "?")
		p.mira.Post(path, form)
		p.mira.Want(409, path)
		p.mira.Page.Says("main", "They are no longer here, so they cannot be asked.")
	})
}
