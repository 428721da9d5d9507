// Package web is the pages, in folders by who stands before them: public, me, choose, worker, team. What they share is in
// package page, who stands there in visit, their HTML in templates, their look in assets, their words in package lang;
// package app mounts them. In this folder itself is the gallery, which shows every part of the look, filled and empty, to
// whoever works on it, and what must hold for every page in a browser.
package web

import (
	"net/http"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/lang"
	"beside/internal/web/page"
)

// gallery shows the parts of the look. Its people and their words are made up and come from the catalogue.
type gallery struct{ site *page.Site }

// MountGallery mounts /gallery, for demos: it says nothing about anybody.
func MountGallery(s *page.Site) {
	g := gallery{s}
	s.Handle("GET /gallery", g.show)
	s.Handle("POST /gallery", g.keep)
	s.Handle("GET /gallery/trouble/{kind}", g.trouble)
}

// galleryPage is templates/gallery.html.
type galleryPage struct {
	Mine, Goal, Strength, Wish book.Text
	WhoMe, WhoSome             page.Who
	Waiting, Kept, Bare        page.Slip
	Form, Filled               *page.Form
	Domains, Safe              []page.Choice
	Events                     []page.Event
	Empties                    []page.Empty
	Today                      page.Moment
}

func (g gallery) show(w http.ResponseWriter, r *http.Request) error {
	form := page.NewForm(r, "/gallery")
	return g.site.Page(w, r, http.StatusOK, "gallery", g.page(r, form))
}

func (g gallery) keep(w http.ResponseWriter, r *http.Request) error {
	form := page.Posted(r)
	var c errs.Check
	if form.Text("words").Blank() {
		c.Add("words", "gallery.form_words_wrong")
	}
	if form.Value("domain") == "" {
		c.Add("domain", "gallery.form_domain_wrong")
	}
	if err := c.Err("gallery: keep"); form.Refused(err) {
		return g.site.Page(w, r, http.StatusUnprocessableEntity, "gallery", g.page(r, form))
	}
	page.Say(w, r, "gallery.said_kept")
	return g.site.Go(w, r, "/gallery")
}

var galleryKinds = map[string]errs.Kind{
	"internal": errs.Internal, "invalid": errs.Invalid, "not-open": errs.NotOpen, "changed": errs.Changed,
	"already-kept": errs.AlreadyKept, "busy": errs.Busy, "too-large": errs.TooLarge, "too-often": errs.TooOften,
}

func (g gallery) trouble(_ http.ResponseWriter, r *http.Request) error {
	kind, ok := galleryKinds[r.PathValue("kind")]
	if !ok {
		kind = errs.NotOpen
	}
	return errs.New("gallery: trouble", kind, "")
}

func (g gallery) page(r *http.Request, form *page.Form) galleryPage {
	f := page.FrameOf(r)
	g.dress(f)
	p := f.Words()
	said := func(key string) book.Text { return book.NewText(p.T(key)) }
	ago := func(days clock.Time) page.Moment { return page.At(r, g.site.Clock.Now()-days*clock.Day) }
	return galleryPage{
		Mine: said("gallery.mine"), Goal: said("gallery.goal"), Strength: said("gallery.strength"), Wish: said("gallery.wish"),
		WhoSome: page.Who{Names: []string{p.T("gallery.worker")}, Href: "/gallery"},
		Waiting: page.Slip{
			From: p.T("gallery.worker"), Title: p.T("gallery.title"), Kind: "gallery.suggests", When: ago(2),
			Words: said("gallery.suggested"), On: said("gallery.strength"),
			Form: page.NewForm(r, "/gallery").Named("slip"),
		},
		Kept: page.Slip{
			From: p.T("gallery.worker"), Kind: "gallery.suggests", When: ago(9), Words: said("gallery.suggested_short"),
		},
		Form:    form,
		Filled:  wrongForm(r, p),
		Domains: galleryDomains, Safe: gallerySafe,
		Events: galleryEvents(p, ago), Empties: galleryEmpties, Today: ago(0),
	}
}

// dress stands in for the steps that know who is signed in.
func (g gallery) dress(f *page.Frame) {
	f.Hat, f.Name, f.DemoAs, f.Switch = book.HatSelf, f.Words().T("gallery.owner"), "/gallery", "/gallery"
	f.Nav = []page.Link{
		{Href: "/gallery", Words: "gallery.nav_book"},
		{Href: "/gallery/trouble/not-open", Words: "gallery.nav_waiting", Count: 2},
		{Href: "/gallery/trouble/busy", Words: "gallery.nav_circle"},
		{Href: "/gallery/trouble/internal", Words: "gallery.nav_timeline"},
	}
}

func wrongForm(r *http.Request, p *lang.Printer) *page.Form {
	f := page.NewForm(r, "/gallery").Named("w").Fill("words", book.NewText(p.T("gallery.wish"))).Set("domain", "work")
	var c errs.Check
	c.Add("words", "gallery.form_words_wrong")
	c.Add("domain", "gallery.form_domain_wrong")
	f.Refused(c.Err("gallery: wrong form"))
	return f
}

var galleryDomains = []page.Choice{
	{Value: "home", Words: "domain.home"},
	{Value: "work", Words: "domain.work", Hint: "gallery.domain_work_hint"},
	{Value: "friends", Words: "domain.people"},
}

var gallerySafe = []page.Choice{
	{Value: "text", Words: "gallery.safe_text"},
	{Value: "letter", Words: "gallery.safe_letter"},
}

func galleryEvents(p *lang.Printer, ago func(clock.Time) page.Moment) []page.Event {
	said := func(key string) book.Text { return book.NewText(p.T(key)) }
	return []page.Event{
		{When: ago(0), Words: "gallery.event_kept", Mine: said("gallery.goal")},
		{When: ago(2), Words: "gallery.event_suggested", By: p.T("gallery.worker")},
		{When: ago(40), Words: "gallery.event_began"},
	}
}

var galleryEmpties = []page.Empty{
	{Drawing: "bench", Words: "gallery.empty_circle", Href: "/gallery", Do: "gallery.empty_circle_do"},
	{Drawing: "book", Words: "gallery.empty_goals", Href: "/gallery", Do: "gallery.empty_goals_do"},
	{Drawing: "path", Words: "gallery.empty_steps"},
	{Drawing: "tree", Words: "gallery.empty_strengths"},
}
