// Package me is the pages of a person's own book: what matters to them, strengths, goals and small steps, what is
// waiting for their answer, their timeline, who looked and what they share. The pages stay thin: what a person does is
// in package journey, who may is decided below it, and what all pages share is in package page. There is one file a
// page.
//
// Nothing a person typed is lost or written over what they have not seen. Every form that changes something carries the
// head of the item as it was shown; when another device was quicker, the page shows both and the person chooses (both.go).
package me

import (
	"context"
	"net/http"

	"beside/internal/account"
	"beside/internal/account/contact"
	"beside/internal/account/ending"
	"beside/internal/account/known"
	"beside/internal/account/recovery"
	"beside/internal/account/young"
	"beside/internal/asking"
	"beside/internal/attending"
	"beside/internal/book"
	"beside/internal/community/narrowing"
	"beside/internal/community/reviewing"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/journey"
	"beside/internal/journey/made"
	"beside/internal/legal"
	"beside/internal/outside"
	"beside/internal/peer"
	"beside/internal/peer/signed"
	"beside/internal/web/choose"
	"beside/internal/web/page"
	"beside/internal/web/role"
	"beside/internal/web/visit"
	"beside/internal/witness"
)

// Config is what the pages need.
type Config struct {
	Journey *journey.Journey
	Peers   *peer.Peers
	// Unseen counts what happened with somebody's ways in and was not seen by them.
	Unseen func(context.Context, grant.Subject) (int, error)
	// Pending counts the requests by which somebody asks to come back in as this person, while they can be stopped.
	Pending func(context.Context, account.Session) (int, error)
	// Asks counts the addresses about which somebody is asked whether they are still safe.
	Asks func(context.Context, grant.Subject) (int, error)
	// Endings is what they asked for about the end of their book.
	Endings   *ending.Endings
	Place     young.Jurisdiction // whose law is told to who is under 18
	Log       *witness.Log       // of which it is told who outside checked it
	Known     *known.People      // who is near
	Asking    *asking.Asking
	Outside   *outside.Outside     // what left the book
	Attending *attending.Attending // when the person was here
	Papers    *signed.Papers       // what they signed on paper
	Rules     *narrowing.Rules
	Review    *reviewing.Review // what they gave to who reviews the place
	Legal     *legal.Legal      // what left by order of a court
	Shelf     *made.Shelf       // things they made
	Community string            // what the place is called
	// Contacts is how to reach the person, and Recovery who may help them back in: both stand in the file of all they have.
	Contacts *contact.Contacts
	Recovery *recovery.Recovery
}

// Pages are the pages of one's own book.
type Pages struct {
	site      *page.Site
	journey   *journey.Journey
	peers     *peer.Peers
	unseen    func(context.Context, grant.Subject) (int, error)
	pending   func(context.Context, account.Session) (int, error)
	asks      func(context.Context, grant.Subject) (int, error)
	endings   *ending.Endings
	place     young.Jurisdiction
	log       *witness.Log
	known     *known.People
	asking    *asking.Asking
	outside   *outside.Outside
	attending *attending.Attending
	papers    *signed.Papers
	rules     *narrowing.Rules
	review    *reviewing.Review
	legal     *legal.Legal
	shelf     *made.Shelf
	community string

	contacts *contact.Contacts
	recovery *recovery.Recovery
}

// handler answers the owner of a book.
type handler = func(http.ResponseWriter, *http.Request, visit.Visitor) error

// Mount mounts the pages under /me. All of them are open to somebody in their own hat only.
func Mount(site *page.Site, c Config) *Pages {
	p := &Pages{site, c.Journey, c.Peers, c.Unseen, c.Pending, c.Asks, c.Endings, c.Place, c.Log, c.Known, c.Asking, c.Outside, c.Attending, c.Papers, c.Rules, c.Review, c.Legal, c.Shelf, c.Community, c.Contacts, c.Recovery}
	for pattern, h := range map[string]handler{
		"GET /me":       p.home,
		"GET /me/today": p.today,

		"GET /me/words":  p.words,
		"POST /me/words": p.keepWords,

		"GET /me/strengths":              p.strengths,
		"GET /me/strengths/new":          p.newStrength,
		"POST /me/strengths/new":         p.keepStrength,
		"GET /me/strengths/{item}":       p.strength,
		"POST /me/strengths/{item}":      p.keepStrength,
		"POST /me/strengths/{item}/away": p.tapped(p.putAway(book.KindStrength), toStrengths, "me.said_away"),
		"POST /me/strengths/{item}/back": p.tapped(p.bringBack(book.KindStrength), toStrengths, "me.said_back"),

		"GET /me/world":              p.world,
		"GET /me/world/{domain}":     p.part,
		"GET /me/notes/new":          p.newWorry,
		"POST /me/notes/new":         p.keepWorry,
		"GET /me/notes/{item}":       p.worry,
		"POST /me/notes/{item}":      p.keepWorry,
		"POST /me/notes/{item}/away": p.tapped(p.putAway(book.KindNote), p.toPartOfWorry, "world.said_away"),
		"POST /me/notes/{item}/back": p.tapped(p.bringBack(book.KindNote), p.toPartOfWorry, "me.said_back"),

		"GET /me/goals":                  p.goals,
		"GET /me/goals/new":              p.newGoal,
		"POST /me/goals/new":             p.keepGoal,
		"GET /me/goals/{item}":           p.goal,
		"GET /me/goals/{item}/change":    p.changeGoal,
		"POST /me/goals/{item}/change":   p.keepGoal,
		"POST /me/goals/{item}/reached":  p.tapped(p.reached(true), toGoal, "me.said_reached"),
		"POST /me/goals/{item}/open":     p.tapped(p.reached(false), toGoal, "me.said_undone"),
		"POST /me/goals/{item}/away":     p.letGo,
		"POST /me/goals/{item}/learned":  p.keepLearned,
		"POST /me/goals/{item}/back":     p.tapped(p.bringBack(book.KindGoal), toGoal, "me.said_back"),
		"POST /me/goals/{item}/mine":     p.tapped(p.own(book.KindGoal), toGoal, "me.said_own"),
		"POST /me/goals/{item}/undo":     p.tapped(p.undoFor(book.KindGoal), toGoals, "me.said_undo_for"),
		"POST /me/goals/{item}/steps":    p.addStep,
		"GET /me/steps/{item}":           p.step,
		"POST /me/steps/{item}":          p.keepStep,
		"POST /me/steps/{item}/done":     p.tapped(p.done(true), p.toGoalOfStep, "me.said_done"),
		"POST /me/steps/{item}/not-done": p.tapped(p.done(false), p.toGoalOfStep, "me.said_undone"),
		"POST /me/steps/{item}/mine":     p.tapped(p.own(book.KindStep), p.toGoalOfStep, "me.said_own"),
		"POST /me/steps/{item}/undo":     p.tapped(p.undoFor(book.KindStep), p.toGoalOfStep, "me.said_undo_for"),
		"POST /me/steps/{item}/away":     p.tapped(p.putAway(book.KindStep), p.toGoalOfStep, "me.said_away"),
		"POST /me/steps/{item}/back":     p.tapped(p.bringBack(book.KindStep), p.toGoalOfStep, "me.said_back"),

		"GET /me/waiting":                   p.waiting,
		"GET /me/waiting/{entry}":           p.asked,
		"POST /me/waiting/{entry}":          p.answer,
		"POST /me/waiting/{entry}/tomorrow": p.tomorrow,
		"GET /me/waiting/{entry}/change":    p.ownWords,
		"POST /me/waiting/{entry}/change":   p.keepOwnWords,

		"GET /me/timeline":  p.timeline,
		"POST /me/timeline": p.tell,

		"GET /me/looked":                      p.looked,
		"GET /me/looked/{look}/why":           p.askWhy,
		"POST /me/looked/{look}/why":          p.keepWhy,
		"GET /me/sharing":                     p.sharing,
		"POST /me/sharing/{item}/back":        p.tapped(p.takeBack, toSharing, "me.said_taken_back"),
		"POST /me/sharing/{item}/longer":      p.longer,
		"POST /me/sharing/{item}/came":        p.tapped(p.happened, toSharing, "give.said_came"),
		"POST /me/sharing/{item}/of/{person}": p.sayOf,

		"GET /me/about":  p.about,
		"POST /me/about": p.keepAbout,
	} {
		site.Handle(pattern, visit.Only(book.HatSelf, h))
	}
	p.mountMade()
	on := func(pattern string, h handler) { site.Handle(pattern, visit.Only(book.HatSelf, h)) }
	p.mountCircle(on)
	p.mountPaths(on)
	return p
}

// owner is the visitor as package journey knows them.
func owner(v visit.Visitor) journey.Me { return journey.Me{Subject: v.Subject, Book: v.Book} }

// Around returns what dresses a page of another package that belongs to the reader's own book as the pages of this one are.
func Around(j *journey.Journey) func(*http.Request, visit.Visitor) error {
	return func(r *http.Request, v visit.Visitor) error {
		a, err := j.Around(r.Context(), owner(v))
		if err == nil {
			around(r, a)
		}
		return err
	}
}

// around dresses the frame with what is true of the whole book, on every page of it.
func around(r *http.Request, a journey.Around) {
	f := page.FrameOf(r)
	if f.Name == "" {
		f.Name = a.Name.Show()
	}
	f.Nav = []page.Link{
		{Href: "/me", Words: "me.home"}, {Href: waitingPath, Words: "me.nav_waiting", Count: a.Waiting}, {Href: "/me/timeline", Words: "me.nav_timeline"},
	}
}

// people finds who some people are: those of the owner's own life by what the owner calls them, and the others by what they tell
// of themselves as workers.
func (p *Pages) people(r *http.Request, people ...id.Person) (map[id.Person]peer.Profile, error) {
	v, in := visit.Of(r)
	if len(people) == 0 || !in {
		return nil, nil
	}
	found, err := p.peers.Called(r.Context(), people...)
	if err != nil {
		return nil, errs.Wrap("me: people", err)
	}
	labels, err := p.peers.Labels(r.Context(), v.Subject, v.Book)
	for who, label := range labels {
		found[who] = peer.Profile{Person: who, Name: label.Show()}
	}
	return found, errs.Wrap("me: people", err)
}

// called finds what people are called.
func (p *Pages) called(r *http.Request, people ...id.Person) (func(id.Person) string, error) {
	found, err := p.people(r, people...)
	return func(who id.Person) string { return choose.NameOf(r, found[who]) }, err
}

// who says who can see a section.
func (p *Pages) who(r *http.Request, a journey.Around, s book.Section) (page.Who, error) {
	seen := a.Seen(s)
	name, err := p.called(r, seen...)
	if err != nil {
		return page.Who{}, err
	}
	w := page.Who{Href: "/me/sharing"}
	for _, x := range seen {
		w.Names = append(w.Names, name(x))
	}
	for _, g := range a.SeenBy(s) {
		w.Names = append(w.Names, role.Called(r, g.Label))
	}
	return w, nil
}

// item returns the item the path names. A path that names none is not open, as any other.
func item(r *http.Request) (id.Item, error) {
	it, err := id.Parse[id.Item](r.PathValue("item"))
	if err != nil {
		return it, errs.New("me: item", errs.NotOpen, "")
	}
	return it, nil
}
