package worker

import (
	"net/http"
	"slices"

	"beside/internal/book"
	"beside/internal/errs"
	"beside/internal/web/choose"
	"beside/internal/web/page"
	"beside/internal/web/theirs"
	"beside/internal/web/visit"
)

// knowPage is templates/worker/know.html.
type knowPage struct {
	Called string
	Can    bool // the session opens the reader's own book, in which it is written
	Form   *page.Form
	Bonds  []page.Choice
	Back   string
}

// opensOwn reports whether a worker could open their own book now. Only then may it be written in it, from their worker's
// hat, that they know somebody: an organisation's sign-in writes in nobody's book.
func opensOwn(v visit.Visitor) bool { return slices.Contains(v.Hats, book.HatSelf) }

func (p *pages) know(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	return p.showKnow(w, r, v, http.StatusOK, page.NewForm(r, r.URL.Path))
}

func (p *pages) showKnow(w http.ResponseWriter, r *http.Request, v visit.Visitor, status int, form *page.Form) error {
	b, err := theirs.BookOf(r)
	if err != nil {
		return err
	}
	shared, err := p.peers.Person(r.Context(), v.Subject, b)
	if err != nil {
		return err
	}
	return p.site.Page(w, r, status, "worker/know", knowPage{
		Called: shared.Name.Show(), Can: opensOwn(v), Form: form, Bonds: choose.BondChoices(), Back: href(b),
	})
}

// keepKnow puts it into the worker's own book, and closes the person's to them.
func (p *pages) keepKnow(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	b, err := theirs.BookOf(r)
	if err != nil {
		return err
	}
	if !opensOwn(v) {
		return errs.New("worker: know", errs.NotOpen, "")
	}
	form := page.Posted(r)
	k, err := choose.Knowing(form)
	if err != nil {
		return err
	}
	err = p.peers.StepAside(r.Context(), v.Subject, v.Book, b, k)
	if form.Refused(err) {
		return p.showKnow(w, r, v, http.StatusUnprocessableEntity, form)
	}
	if err != nil {
		return err
	}
	page.Say(w, r, "ties.said_aside")
	return p.site.Go(w, r, Home)
}
