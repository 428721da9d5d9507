// Package ending is the pages about a death: what somebody wants done with their book after theirs, the saying of the centre
// team that somebody has died, and the one button by which a person says that they are here. They are calm, name nobody whom
// the reader did not name, and show nothing of any book.
package ending

import (
	"net/http"
	"strconv"

	"beside/internal/account/ending"
	"beside/internal/book"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/journey"
	"beside/internal/web/page"
	"beside/internal/web/visit"
)

// The paths of the pages.
const (
	After = "/me/after"
	Died  = "/team/died"
	Holds = "/team/endings"
)

// Config is what the pages need.
type Config struct {
	Journey *journey.Journey
	Endings *ending.Endings
	// Around dresses a page as those of the reader's own book are.
	Around func(*http.Request, visit.Visitor) error
}

type pages struct {
	Config
	site *page.Site
}

// Mount mounts the pages of this package.
func Mount(site *page.Site, c Config) {
	p := &pages{Config: c, site: site}
	site.Handle("GET "+After, visit.Only(book.HatSelf, p.after))
	site.Handle("POST "+After, visit.Only(book.HatSelf, p.keepAfter))
	site.Handle("GET "+visit.HerePath, visit.Only(book.HatSelf, p.here))
	site.Handle("POST "+visit.HerePath, visit.Only(book.HatSelf, p.amHere))
	site.Handle("GET "+Holds, visit.Only(book.HatTeam, p.holds))
	site.Handle("GET "+Died, visit.Only(book.HatTeam, p.died))
	site.Handle("POST "+Died+"/find", visit.Only(book.HatTeam, p.find))
	site.Handle("POST "+Died, visit.Only(book.HatTeam, p.say))
	site.Handle("POST "+Died+"/{death}/back", visit.Only(book.HatTeam, p.takeBack))
}

// afterPage is templates/ending/after.html.
type afterPage struct {
	Form     *page.Form
	Choices  []page.Choice
	Days     int // by default
	ReadDays int // in which others read what was given to them
}

var choiceWords = []string{"ending.after_soon", "ending.after_year", "ending.after_five", "ending.after_ten"}

func (p *pages) after(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	return p.showAfter(w, r, v, http.StatusOK, nil)
}

// showAfter shows what was chosen, or what was just sent and could not be kept.
func (p *pages) showAfter(w http.ResponseWriter, r *http.Request, v visit.Visitor, status int, sent *page.Form) error {
	if sent == nil { // what could not be kept is shown without anything of the book
		if err := p.Around(r, v); err != nil {
			return err
		}
	}
	now, err := p.Journey.About(r.Context(), journey.Me{Subject: v.Subject, Book: v.Book})
	if err != nil {
		return err
	}
	days := now.After
	if days == 0 {
		days = ending.AfterDays
	}
	form := page.NewForm(r, After).Set("days", strconv.Itoa(days))
	if sent != nil {
		sent.Entry, form = form.Entry, sent // sent again it is a new version over what is kept now
	}
	form.Set("base", now.Head.String())
	d := afterPage{Form: form, Days: ending.AfterDays, ReadDays: int(ending.ReadsFor / day)}
	for i, n := range ending.Choices() {
		d.Choices = append(d.Choices, page.Choice{Value: strconv.Itoa(n), Words: choiceWords[i]})
	}
	return p.site.Page(w, r, status, "ending/after", d)
}

func (p *pages) keepAfter(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	form := page.Posted(r)
	e, err := form.EntryID()
	if err != nil {
		return err
	}
	head, _ := id.Parse[id.Entry](form.Value("base")) // none when nothing was ever said
	err = p.keepDays(r, v, e, head, form.Value("days"))
	if form.Refused(err) {
		return p.showAfter(w, r, v, http.StatusUnprocessableEntity, form)
	}
	if errs.Is(err, errs.Changed) || errs.Is(err, errs.AlreadyKept) { // another device was quicker: what was chosen here stands in the form, over what is kept now
		page.Say(w, r, "ending.after_changed")
		return p.showAfter(w, r, v, http.StatusConflict, form)
	}
	if err != nil {
		return err
	}
	page.Say(w, r, "ending.said_after")
	return p.site.Go(w, r, After)
}

func (p *pages) keepDays(r *http.Request, v visit.Visitor, e, head id.Entry, typed string) error {
	for _, n := range ending.Choices() {
		if typed == strconv.Itoa(n) {
			return p.Journey.SetAfter(r.Context(), journey.Me{Subject: v.Subject, Book: v.Book}, e, head, n)
		}
	}
	var c errs.Check
	c.Add("days", "errors.choose_listed")
	return c.Err("ending: after")
}

// herePage is templates/ending/here.html.
type herePage struct {
	Since page.Moment
	Form  *page.Form
}

func (p *pages) here(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	d, is, err := p.Endings.DeathOf(r.Context(), v.Session)
	if err != nil {
		return err
	}
	if !is {
		return p.site.Go(w, r, visit.Home(book.HatSelf))
	}
	return p.site.Page(w, r, http.StatusOK, "ending/here", herePage{Since: page.At(r, max(d.Since, d.SaidAt)), Form: page.NewForm(r, visit.HerePath)})
}

func (p *pages) amHere(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	if err := p.Endings.Here(r.Context(), v.Session); err != nil {
		return err
	}
	page.Say(w, r, "ending.said_here")
	return p.site.Go(w, r, visit.Home(book.HatSelf))
}

// Said returns the form by which somebody says that they are here, when anybody said otherwise; nil for everybody else.
func Said(r *http.Request, x *ending.Endings, v visit.Visitor) (*page.Form, error) {
	_, is, err := x.DeathOf(r.Context(), v.Session)
	if err != nil || !is {
		return nil, err
	}
	return page.NewForm(r, visit.HerePath).Named("here"), nil
}
