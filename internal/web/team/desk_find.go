package team

import (
	"net/http"

	"beside/internal/account/recovery"
	"beside/internal/book"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/web/page"
	"beside/internal/web/visit"
)

// findPage is templates/desk/find.html.
type findPage struct {
	recovery.AtHand
	Opens page.Moment
	Done  bool // two said yes
	Find  *page.Form
	Met   *page.Form // nil when nobody was found
	Doubt *page.Form
	Found []foundRow
	Asked bool // a name was looked for
	More  bool // more fit than are shown
}

// foundRow is somebody whose name fits.
type foundRow struct {
	ID    string // of its field
	Book  string
	Name  book.Text
	Since string // "March 2027"
}

// showFind shows the looking for a name and what was found, in the answer itself: neither the code nor a name stands in an
// address.
func (p *deskPages) showFind(w http.ResponseWriter, r *http.Request, status int, d findPage, form *page.Form, code string) error {
	d.Done, d.Opens = d.AtHand.Opens != 0, page.At(r, d.AtHand.Opens)
	d.Find = form.Named("find")
	d.Find.Action = deskFind
	if len(d.Found) > 0 && d.Met == nil {
		d.Met = page.NewForm(r, deskMet).Named("met").Set("code", code).Set("name", form.Value("name"))
	}
	d.Doubt = page.NewForm(r, deskDoubt).Named("doubt").Set("code", code)
	return p.site.Page(w, r, status, "desk/find", d)
}

// find looks for a name. Each name that is shown is a look, which its owner sees.
func (p *deskPages) find(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	form := page.Posted(r)
	d, err := p.found(r, v, form)
	return p.answerFind(w, r, v, form, d, err)
}

func (p *deskPages) answerFind(w http.ResponseWriter, r *http.Request, v visit.Visitor, form *page.Form, d findPage, err error) error {
	code := form.Value("code")
	if form.Refused(err) {
		at, gone := p.recovery.Claim(r.Context(), v.Subject, code)
		if gone != nil && !errs.Is(gone, errs.Invalid) {
			return gone
		}
		if gone != nil || at.Kind != recovery.AtDesk {
			return p.show(w, r, v, http.StatusUnprocessableEntity, form)
		}
		d.AtHand = at
		return p.showFind(w, r, http.StatusUnprocessableEntity, d, form, code)
	}
	if err != nil {
		return err
	}
	return p.showFind(w, r, http.StatusOK, d, form, code)
}

// found is what a name that was typed leads to.
func (p *deskPages) found(r *http.Request, v visit.Visitor, form *page.Form) (findPage, error) {
	list, more, err := p.recovery.Find(r.Context(), v.Subject, form.Value("code"), form.Value("name"))
	if err != nil {
		return findPage{}, err
	}
	d := findPage{More: more, Asked: true}
	f := page.FrameOf(r)
	for _, x := range list {
		b := x.Book.String()
		d.Found = append(d.Found, foundRow{ID: "met-book-" + b, Book: b, Name: x.Name, Since: f.Words().Month(x.Since, f.TZ)})
	}
	d.AtHand, err = p.recovery.Claim(r.Context(), v.Subject, form.Value("code"))
	return d, err
}

// met is one of the team saying who stands before them.
func (p *deskPages) met(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	form := page.Posted(r)
	b, err := id.Parse[id.Book](form.Value("book"))
	if err == nil && form.Ticked("sure") {
		err = p.recovery.Met(r.Context(), v.Subject, form.Value("code"), b)
	} else {
		var c errs.Check
		c.Add("sure", "recovery.met_missing")
		err = c.Err("team: met")
	}
	if err == nil {
		page.Say(w, r, "desk.said_met")
		return p.site.Go(w, r, Desk)
	}
	if !errs.Is(err, errs.Invalid) {
		return err
	}
	d, gone := p.found(r, v, form)
	if gone != nil {
		return p.answerFind(w, r, v, form, findPage{}, gone)
	}
	form.Refused(err)
	d.Met = form.Named("met")
	d.Met.Action = deskMet
	find := page.NewForm(r, deskFind).Set("code", form.Value("code")).Set("name", form.Value("name"))
	return p.showFind(w, r, http.StatusUnprocessableEntity, d, find, form.Value("code"))
}

func (p *deskPages) doubt(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	form := page.Posted(r)
	err := p.recovery.Doubt(r.Context(), v.Subject, form.Value("code"))
	if form.Refused(err) {
		return p.show(w, r, v, http.StatusUnprocessableEntity, form)
	}
	if err != nil {
		return err
	}
	page.Say(w, r, "desk.said_doubt")
	return p.site.Go(w, r, Desk)
}
