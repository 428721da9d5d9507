package me

import (
	"net/http"

	"beside/internal/book"
	"beside/internal/journey"
	"beside/internal/web/page"
	"beside/internal/web/visit"
)

// wordsPage is templates/me/words.html.
type wordsPage struct {
	Who     page.Who
	Form    *page.Form
	Both    *both
	Earlier []version
}

// version is what was written before.
type version struct {
	Words book.Text
	When  page.Moment
}

func (p *Pages) words(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	now, err := p.journey.Words(r.Context(), owner(v))
	if err != nil {
		return err
	}
	form := page.NewForm(r, "/me/words").Fill("words", now.Words).Set("base", now.Head.String())
	return p.showWords(w, r, http.StatusOK, now, wordsPage{Form: form})
}

func (p *Pages) showWords(w http.ResponseWriter, r *http.Request, status int, now journey.Words, d wordsPage) (err error) {
	around(r, now.Around)
	for _, e := range now.Earlier {
		d.Earlier = append(d.Earlier, version{Words: e.Words, When: page.At(r, e.KeptAt)})
	}
	if d.Who, err = p.who(r, now.Around, book.SectionWords); err != nil {
		return err
	}
	return p.site.Page(w, r, status, "me/words", d)
}

func (p *Pages) keepWords(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	form := page.Posted(r)
	wr, err := writing(form)
	if err != nil {
		return err
	}
	err = p.journey.SetWords(r.Context(), owner(v), wr, form.Text("words"))
	if err == nil {
		page.Say(w, r, "me.said_words")
		return p.site.Go(w, r, "/me")
	}
	refused := form.Refused(err)
	if !refused && !clashes(err) {
		return err
	}
	now, again := p.journey.Words(r.Context(), owner(v))
	if again != nil {
		return again
	}
	if refused {
		return p.showWords(w, r, http.StatusUnprocessableEntity, now, wordsPage{Form: form})
	}
	over(r, form, now.Head)
	d := wordsPage{Form: form, Both: clash(r, err, now.Words, now.KeptAt, "/me")}
	return p.showWords(w, r, http.StatusConflict, now, d)
}
