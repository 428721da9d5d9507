package erase

import (
	"net/http"

	"beside/internal/account/ending"
	"beside/internal/clock"
	"beside/internal/web/page"
	"beside/internal/web/visit"
)

// wholePage is templates/erase/whole.html and templates/erase/today.html.
type wholePage struct {
	Copies page.Moment
	Form   *page.Form
	Held   *held
	Days   int  // in which one can change one's mind
	Second bool // there is a second book, which can go with it
	Set    *Set
}

// Set is that a book is to be erased, as it is shown to its owner with one tap to keep it.
type Set struct {
	When  page.Moment
	Waits bool   // its time has come, and a hold stands
	Href  string // of the certificate that there will be
	Keep  *page.Form
}

// SetOf returns what is shown of what somebody asked for about the end of their book, nil when they asked for nothing.
func SetOf(r *http.Request, x *ending.Endings, v visit.Visitor) (*Set, error) {
	e, is, err := x.Asked(r.Context(), v.Session)
	if err != nil || !is {
		return nil, err
	}
	return &Set{When: page.At(r, e.DueAt), Waits: e.WaitsSince != 0, Href: gonePath + e.ID.String(), Keep: page.NewForm(r, Keep).Named("keep")}, nil
}

func (p *pages) whole(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	return p.showWhole(w, r, v, "erase/whole", http.StatusOK, page.NewForm(r, Book))
}

func (p *pages) today(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	return p.showWhole(w, r, v, "erase/today", http.StatusOK, page.NewForm(r, Today))
}

func (p *pages) showWhole(w http.ResponseWriter, r *http.Request, v visit.Visitor, name string, status int, form *page.Form) error {
	now := p.site.Clock.Now()
	d := wholePage{Form: form, Days: int(ending.Pause / clock.Day), Copies: p.until(r, now)}
	var err error
	var also bool
	if d.Second, also, err = p.Accounts.HasSecond(r.Context(), v.Session); err != nil {
		return err
	}
	if also && !form.Sent {
		form.Set("second", "yes")
	}
	if d.Set, err = SetOf(r, p.Endings, v); err != nil {
		return err
	}
	if d.Held, err = p.held(r, v); err != nil {
		return err
	}
	return p.site.Page(w, r, status, name, d)
}

// askWhole has the whole book erased when the pause is over.
func (p *pages) askWhole(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	form := page.Posted(r)
	if err := sure(form); form.Refused(err) {
		return p.showWhole(w, r, v, "erase/whole", http.StatusUnprocessableEntity, form)
	}
	e, err := form.EntryID()
	if err != nil {
		return err
	}
	if err := p.Accounts.SecondGoes(r.Context(), v.Session, form.Ticked("second")); err != nil {
		return err
	}
	if err := p.Endings.Ask(r.Context(), v.Session, e); err != nil {
		return err
	}
	return p.site.Go(w, r, Book)
}

// eraseToday erases the whole book now.
func (p *pages) eraseToday(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	form := page.Posted(r)
	if err := sure(form); form.Refused(err) {
		return p.showWhole(w, r, v, "erase/today", http.StatusUnprocessableEntity, form)
	}
	e, err := form.EntryID()
	if err != nil {
		return err
	}
	if err := p.Accounts.SecondGoes(r.Context(), v.Session, form.Ticked("second")); err != nil {
		return err
	}
	waits, err := p.Endings.Today(r.Context(), v.Session, e)
	if err != nil {
		return err
	}
	if waits {
		return p.site.Go(w, r, Book)
	}
	if err := p.Door.Close(w, r); err != nil {
		return err
	}
	return p.site.Go(w, r, gonePath+e.String())
}

// keep takes it back.
func (p *pages) keep(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	if err := p.Endings.Keep(r.Context(), v.Session); err != nil {
		return err
	}
	page.Say(w, r, "erase.said_kept")
	return p.site.Go(w, r, "/me")
}
