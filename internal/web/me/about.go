package me

import (
	"net/http"

	"beside/internal/account/young"
	"beside/internal/book"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/journey"
	"beside/internal/web/page"
	"beside/internal/web/visit"
)

// aboutPage is templates/me/about.html.
type aboutPage struct {
	Form  *page.Form
	Both  string // catalogue key, when another device changed it meanwhile
	Kept  journey.Says
	Place young.Jurisdiction
}

func (p *Pages) about(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	now, err := p.journey.About(r.Context(), owner(v))
	if err != nil {
		return err
	}
	form := page.NewForm(r, "/me/about").Fill("name", now.Says.Name)
	if now.Says.Under18 {
		form.Set("under18", "yes")
	}
	sawAbout(form, now)
	return p.showAbout(w, r, http.StatusOK, now, aboutPage{Form: form})
}

// sawAbout notes in the form what it shows.
func sawAbout(form *page.Form, now journey.About) {
	form.Set("base", now.Head.String()).Set("name_base", now.NameHead.String())
}

func (p *Pages) showAbout(w http.ResponseWriter, r *http.Request, status int, now journey.About, d aboutPage) error {
	around(r, now.Around)
	d.Kept, d.Place = now.Says, p.place
	return p.site.Page(w, r, status, "me/about", d)
}

func (p *Pages) keepAbout(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	form := page.Posted(r)
	wr, err := writing(form)
	if err != nil {
		return err
	}
	nameBase, err := id.Parse[id.Entry](form.Value("name_base"))
	if err != nil && form.Value("name_base") != "" {
		return errs.New("me: about", errs.Invalid, "errors.form_not_ours")
	}
	says := journey.Says{Name: form.Text("name"), Under18: form.Ticked("under18")}
	if err = p.journey.SetAbout(r.Context(), owner(v), wr.Entry, wr.Base, nameBase, says); err == nil {
		page.Say(w, r, "me.said_about")
		return p.site.Go(w, r, "/me/about")
	}
	refused := form.Refused(err)
	if !refused && !clashes(err) {
		return err
	}
	now, again := p.journey.About(r.Context(), owner(v))
	if again != nil {
		return again
	}
	if refused {
		return p.showAbout(w, r, http.StatusUnprocessableEntity, now, aboutPage{Form: form})
	}
	d := aboutPage{Form: form, Both: clash(r, err, book.Text{}, 0, "").Words}
	over(r, form, now.Head)
	sawAbout(form, now)
	return p.showAbout(w, r, http.StatusConflict, now, d)
}
