package demo

import (
	"net/http"

	"beside/internal/account"
	"beside/internal/app"
	"beside/internal/book"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/notify"
	"beside/internal/web/page"
	"beside/internal/web/public"
	"beside/internal/web/visit"
)

// StepIn is the path of the page on which one steps into somebody.
const StepIn = "/demo/step-in"

// anew is the value of the button with which one begins as oneself.
const anew = "myself"

// doors are the pages that only a demo has.
type doors struct {
	app  *app.App
	cast Cast
	sent *notify.Recorder
}

// stepInPage is templates/demo/step-in.html.
type stepInPage struct {
	Form                      *page.Form
	Own, Worker, Team, Review Cast
	Tries                     []Try
	Now                       id.Person // who one is at the moment; none when nobody
	Passphrase                string
}

// Mount adds the page on which one steps into somebody of the cast, and the one where what was sent can be read.
func Mount(a *app.App, c Cast, sent *notify.Recorder) {
	d := &doors{a, c, sent}
	a.Site.Before(func(_ http.ResponseWriter, _ *http.Request, f *page.Frame) error {
		f.DemoAs, f.DemoPost = StepIn, Post
		return nil
	})
	a.Site.Handle("GET "+StepIn, d.show)
	a.Site.Handle("POST "+StepIn, d.stepIn)
	a.Site.Handle("GET "+Post, d.post)
}

func (d *doors) show(w http.ResponseWriter, r *http.Request) error {
	p := stepInPage{
		Form: page.NewForm(r, StepIn), Passphrase: Passphrase,
		Own: d.cast.Wearing(book.HatSelf), Worker: d.cast.Wearing(book.HatWorker), Team: d.cast.Wearing(book.HatTeam), Review: d.cast.Wearing(book.HatReviewer),
		Tries: d.cast.tryable(),
	}
	if v, in := visit.Of(r); in {
		p.Now = v.Person
	}
	return d.app.Site.Page(w, r, http.StatusOK, "demo/step-in", p)
}

// stepIn signs out whoever is at this browser, and signs in somebody of the cast, or nobody for who begins as themselves. Who chose
// something to try comes to its page.
func (d *doors) stepIn(w http.ResponseWriter, r *http.Request) error {
	as := page.Posted(r).Value("as")
	if as == anew {
		if err := d.app.Door.Close(w, r); err != nil {
			return err
		}
		return d.app.Site.Go(w, r, public.Join)
	}
	p, path, there := d.cast.tried(page.Posted(r).Value("try"))
	if !there {
		person, err := id.Parse[id.Person](as)
		if err != nil {
			return errs.New("demo: step in", errs.NotOpen, "")
		}
		if p, there = d.cast.find(person); !there {
			return errs.New("demo: step in", errs.NotOpen, "")
		}
		path = visit.Home(p.Hat)
	}
	in, err := d.app.Accounts.Open(r.Context(), account.Opening{Person: p.Person, Hat: p.Hat, Way: account.WayDemo, Where: d.app.Door.Where(r, true)})
	if err != nil {
		return err
	}
	if err := d.app.Door.Let(w, r, in); err != nil {
		return err
	}
	return d.app.Site.Go(w, r, path)
}
