package ending

import (
	"net/http"

	"beside/internal/account/ending"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/web/page"
	"beside/internal/web/team"
	"beside/internal/web/visit"
)

const day = clock.Day

// diedPage is templates/ending/died.html.
type diedPage struct {
	Find  *page.Form
	Say   *page.Form // nil when nobody was found
	Found []foundRow
	Asked bool // a name was looked for
	More  bool // more fit than are shown
	Said  []said
	Days  int        // in which a second has to say the same
	Wait  *team.Wait // none for who is one of two
}

// foundRow is somebody whose name fits.
type foundRow struct {
	ID    string // of its field
	Book  string
	Name  book.Text
	Since string // "March 2027"
}

// said is a death that stands. It names nobody.
type said struct {
	At   page.Moment // when the first said it
	Both bool
	Due  page.Moment // when the book will be erased
	Mine bool
	Back *page.Form
}

func (p *pages) died(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	return p.showDied(w, r, v, http.StatusOK, diedPage{}, page.NewForm(r, Died+"/find"))
}

// showDied shows the looking for a name and what was found, in the answer itself: no name stands in an address.
func (p *pages) showDied(w http.ResponseWriter, r *http.Request, v visit.Visitor, status int, d diedPage, form *page.Form) error {
	d.Days = int(ending.SaidLasts / day)
	d.Find = form.Named("find")
	d.Find.Action = Died + "/find"
	if len(d.Found) > 0 && d.Say == nil {
		d.Say = page.NewForm(r, Died).Named("say").Set("name", form.Value("name"))
	}
	all, err := p.Endings.Said(r.Context(), v.Subject)
	if err != nil {
		return err
	}
	if d.Wait, err = team.WaitOf(r, p.Endings.Accounts, v); err != nil {
		return err
	}
	for _, x := range all {
		back := page.NewForm(r, Died+"/"+x.ID.String()+"/back").Named("back-" + x.ID.String())
		d.Said = append(d.Said, said{At: page.At(r, x.SaidAt), Both: x.Since != 0, Due: page.At(r, x.DueAt), Mine: x.Mine, Back: back})
	}
	return p.site.Page(w, r, status, "ending/died", d)
}

// find looks for a name. Each name that is shown is a look, which its owner sees.
func (p *pages) find(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	form := page.Posted(r)
	d, err := p.found(r, v, form)
	if form.Refused(err) {
		return p.showDied(w, r, v, http.StatusUnprocessableEntity, d, form)
	}
	if err != nil {
		return err
	}
	return p.showDied(w, r, v, http.StatusOK, d, form)
}

// found is what a name that was typed leads to.
func (p *pages) found(r *http.Request, v visit.Visitor, form *page.Form) (diedPage, error) {
	list, more, err := p.Endings.Find(r.Context(), v.Subject, form.Value("name"))
	if err != nil {
		return diedPage{}, err
	}
	d := diedPage{More: more, Asked: true}
	f := page.FrameOf(r)
	for _, x := range list {
		b := x.Book.String()
		d.Found = append(d.Found, foundRow{ID: "say-book-" + b, Book: b, Name: x.Name, Since: f.Words().Month(x.Since, f.TZ)})
	}
	return d, nil
}

// say is one of the team saying who has died.
func (p *pages) say(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	form := page.Posted(r)
	b, err := id.Parse[id.Book](form.Value("book"))
	if err != nil || !form.Ticked("sure") {
		return p.notSure(w, r, v, form)
	}
	both, err := p.Endings.Say(r.Context(), v.Subject, b)
	if err != nil {
		return err
	}
	words := "ending.said_one"
	if both {
		words = "ending.said_both"
	}
	page.Say(w, r, words)
	return p.site.Go(w, r, Died)
}

// notSure shows what was found once more, with what is missing.
func (p *pages) notSure(w http.ResponseWriter, r *http.Request, v visit.Visitor, form *page.Form) error {
	d, err := p.found(r, v, form)
	if err != nil && !errs.Is(err, errs.Invalid) {
		return err
	}
	var c errs.Check
	c.Add("sure", "ending.sure_missing")
	form.Refused(c.Err("ending: say"))
	d.Say = form.Named("say")
	d.Say.Action = Died
	return p.showDied(w, r, v, http.StatusUnprocessableEntity, d, page.NewForm(r, Died+"/find").Set("name", form.Value("name")))
}

func (p *pages) takeBack(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	d, err := id.Parse[id.Entry](r.PathValue("death"))
	if err != nil {
		return errs.New("ending: back", errs.NotOpen, "")
	}
	if err := p.Endings.TakeBack(r.Context(), v.Subject, d); err != nil {
		return err
	}
	page.Say(w, r, "ending.said_back")
	return p.site.Go(w, r, Died)
}
