package me_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/journey"
	"beside/internal/keeper"
	"beside/internal/peer"
	"beside/internal/testkit/ready"
	"beside/internal/testkit/world"
)

var ctx = context.Background()

// person is somebody at their own book, in a world with a worker, Sam.
type person struct {
	*world.Client
	*world.World
	t   testing.TB
	me  journey.Me
	sam grant.Subject
}

func subject(t testing.TB, w *world.World, c *world.Client) (grant.Subject, id.Book) {
	t.Helper()
	s, err := w.App.Accounts.Session(ctx, c.Cookie("beside"))
	if err != nil {
		t.Fatal(err)
	}
	return grant.Subject{Person: s.Person, Hat: s.Hat}, s.Book
}

// newAna makes a world in which Ana chose Sam and gave him all that can be given.
func newAna(t testing.TB, where string) *person {
	t.Helper()
	w := world.New(t, where)
	sam, _ := subject(t, w, w.Worker(t, "Sam"))
	ana := join(t, w, sam, "Ana")
	ana.must(w.App.Peers.Choose(ctx, ana.me.Subject, ana.me.Book, peer.Choice{Entry: ana.entry(), Worker: sam.Person,
		Sections: book.Givable(), Until: w.Clock.Now() + 300*clock.Day}))
	return ana
}

func join(t testing.TB, w *world.World, sam grant.Subject, name string) *person {
	t.Helper()
	p := &person{Client: w.Join(t, name), World: w, t: t, sam: sam}
	p.me.Subject, p.me.Book = subject(t, w, p.Client)
	return p
}

// onBoth runs a test on each engine.
func onBoth(t *testing.T, fn func(t *testing.T, ana *person)) {
	ready.Both(t, func(t *testing.T, where string) { fn(t, newAna(t, where)) })
}

func (p *person) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p *person) entry() id.Entry { return id.New[id.Entry](p.App.IDs) }

// get asks for a page and fails when it is not there.
func (p *person) get(path string) {
	p.t.Helper()
	p.Get(path)
	at, _, _ := strings.Cut(path, "?")
	p.Want(200, at)
}

// says fails unless the page shows all of these, in this order.
func (p *person) says(words ...string) {
	p.t.Helper()
	text := p.Page.One("main").Text()
	for _, x := range words {
		_, after, ok := strings.Cut(text, x)
		if !ok {
			p.t.Fatalf("%s does not say %q there: %s", p.Path, x, p.Page.One("main").Text())
		}
		text = after
	}
}

// hides fails when any of these stands anywhere in what was sent.
func (p *person) hides(words ...string) {
	p.t.Helper()
	for _, x := range words {
		if strings.Contains(string(p.Body), x) {
			p.t.Errorf("%s says %q", p.Path, x)
		}
	}
}

// sent is a form as it was shown and filled in, to be sent as often as one likes.
type sent struct {
	p      *person
	action string
	values url.Values
}

// form is the form of the page that leads to action.
func (p *person) form(action string, fill ...string) sent {
	p.t.Helper()
	return sent{p, action, p.Filled(`form[action="`+action+`"]`, fill...)}
}

// send sends the form with some words changed.
func (s sent) send(status int, path string, change ...string) {
	s.p.t.Helper()
	for i := 0; i+1 < len(change); i += 2 {
		s.values.Set(change[i], change[i+1])
	}
	s.p.Post(s.action, s.values)
	s.p.Want(status, path)
}

// tap presses the one button of the form that leads to action.
func (p *person) tap(action, to string) {
	p.t.Helper()
	p.form(action).send(200, to)
}

// The person's own doings, straight through package journey, for tests that are about something else.

func (p *person) strength(words string) id.Item {
	p.t.Helper()
	it, err := p.App.Journey.SetStrength(ctx, p.me, journey.Writing{Entry: p.entry()}, journey.Strength{Mine: journey.Mine{Words: book.NewText(words)}})
	p.must(err)
	return it
}

func (p *person) goal(words string) id.Item {
	p.t.Helper()
	it, err := p.App.Journey.SetGoal(ctx, p.me, journey.Writing{Entry: p.entry()}, journey.Goal{Mine: journey.Mine{Words: book.NewText(words)}})
	p.must(err)
	return it
}

func (p *person) step(goal id.Item, words string) id.Item {
	p.t.Helper()
	it, err := p.App.Journey.SetStep(ctx, p.me, journey.Writing{Entry: p.entry()}, goal, book.NewText(words))
	p.must(err)
	return it
}

// suggests has Sam suggest something and returns the path of the suggestion.
func (p *person) suggests(b book.Body) string {
	p.t.Helper()
	e := p.entry()
	p.must(p.App.Peers.Suggest(ctx, p.sam, p.me.Book, e, b))
	return "/me/waiting/" + e.String()
}

func (p *person) isNotOpen(err error) {
	p.t.Helper()
	if !errs.Is(err, errs.NotOpen) {
		p.t.Errorf("error is %v, want not open", err)
	}
}

// suggestsFor has Sam suggest other words for a strength of the person's.
func (p *person) suggestsFor(it id.Item, words string) string {
	p.t.Helper()
	all, err := p.App.Journey.Strengths(ctx, p.me)
	p.must(err)
	s, err := all.Find(it)
	p.must(err)
	e := p.entry()
	_, err = p.App.Keeper.Write(ctx, p.sam, p.me.Book, keeper.Draft{ID: e, Kind: book.KindStrength, Act: book.ActSuggest, Item: it, Base: s.Head,
		Body: &book.Strength{Words: book.NewText(words)}, Via: book.ViaWeb})
	p.must(err)
	return "/me/waiting/" + e.String()
}
