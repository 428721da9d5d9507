// Package organisation is the pages of coming in with the organisation's own sign-in: being led there, coming back, and what
// is said when that did not work out. They are there only when an installation has a provider. It exists apart from package
// public because coming back from another website has rules of its own: what that website put into the address is read
// once, and the browser is led on to an address without it.
package organisation

import (
	"errors"
	"net/http"

	"beside/internal/account/provider"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/web/page"
	"beside/internal/web/public"
	"beside/internal/web/visit"
	"beside/internal/web/ways"
)

// Paths of the pages.
const (
	ComeIn = public.ComeInOrganisation
	Back   = ComeIn + "/back" // where the provider sends people back to
	Prove  = public.ProveOrganisation
	Own    = ways.Organisation // connecting and letting go
	letGo  = Own + "/let-go"
)

// cookie is the name of the cookie that binds a try to a browser.
const cookie = "organisation"

// Config is what the pages need.
type Config struct {
	Door     *visit.Door
	Provider *provider.Provider
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
	site.Handle("GET "+ComeIn, p.askComeIn)
	site.Handle("POST "+ComeIn, p.comeIn)
	site.Handle("GET "+Back, p.back)
	site.Handle("GET "+ComeIn+"/{said}", p.told)
	site.Handle("GET "+Prove, visit.Any(p.askProve))
	site.Handle("POST "+Prove, visit.Any(p.prove))
	site.Handle("GET "+Own, visit.Fresh(site, p.own))
	site.Handle("POST "+Own, visit.Fresh(site, p.connect))
	site.Handle("POST "+letGo, visit.Fresh(site, p.letGo))
	site.OnExit(func(w http.ResponseWriter, _ *http.Request) { c.Door.Keep(w, cookie, "", -1) })
}

// startPage is templates/organisation/come-in.html, and prove.html.
type startPage struct {
	Name string
	Form *page.Form
	To   string
}

func (p *pages) askComeIn(w http.ResponseWriter, r *http.Request) error {
	if v, in := visit.Of(r); in {
		return p.site.Go(w, r, visit.Home(v.Hat))
	}
	return p.site.Page(w, r, http.StatusOK, "organisation/come-in", startPage{p.Provider.Name, page.NewForm(r, ComeIn), page.Local(r.URL.Query().Get("to"))})
}

func (p *pages) comeIn(w http.ResponseWriter, r *http.Request) error {
	form := page.Posted(r)
	return p.lead(w, r, provider.Beginning{Kind: provider.ComeIn, Where: p.Door.Where(r, form.Ticked("own_device")), To: page.Local(form.Value("to"))})
}

func (p *pages) askProve(w http.ResponseWriter, r *http.Request, _ visit.Visitor) error {
	return p.site.Page(w, r, http.StatusOK, "organisation/prove", startPage{p.Provider.Name, page.NewForm(r, Prove), ""})
}

func (p *pages) prove(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	return p.lead(w, r, provider.Beginning{Kind: provider.Show, Session: &v.Session, Where: p.Door.Where(r, false)})
}

// goingPage is templates/organisation/going.html.
type goingPage struct{ Name, Address string }

// lead shows a page that leads on to the provider by itself. It is no redirect, because our pages let a form lead to us
// alone (form-action), and that holds for every website on the way through an organisation's sign-in.
func (p *pages) lead(w http.ResponseWriter, r *http.Request, b provider.Beginning) error {
	b.Browser = p.Door.Kept(r, cookie)
	begun, err := p.Provider.Begin(r.Context(), b)
	if err != nil {
		return p.say(w, r, err)
	}
	p.Door.Keep(w, cookie, begun.Browser, int(provider.TryLasts/clock.Second))
	w.Header().Set("Refresh", "0; url="+begun.Address)
	return p.site.Page(w, r, http.StatusOK, "organisation/going", goingPage{p.Provider.Name, begun.Address})
}

// back is where the provider sends people. What stands in the address is of no more use afterwards.
func (p *pages) back(w http.ResponseWriter, r *http.Request) error {
	if r.Method != http.MethodGet { // asking what is here must not use a try up
		return errs.New("organisation: back", errs.NotOpen, "")
	}
	q := r.URL.Query()
	a := provider.Answer{
		State: q.Get("state"), Code: q.Get("code"), Issuer: q.Get("iss"), Error: q.Get("error"),
		Browser: p.Door.Kept(r, cookie), Where: p.Door.Where(r, false),
	}
	if v, in := visit.Of(r); in {
		a.Session = &v.Session
	}
	came, err := p.Provider.Back(r.Context(), a)
	if err != nil {
		return p.say(w, r, err)
	}
	switch came.Kind {
	case provider.Connect:
		page.Say(w, r, "organisation.said_connected")
		return p.site.Go(w, r, Own)
	case provider.Show:
		v, _ := visit.Of(r)
		p.Door.Change(w, came.Secret, v.Session)
		page.Say(w, r, "organisation.said_shown")
		return p.site.Go(w, r, visit.HatPath)
	}
	if err := p.Door.Let(w, r, came.In); err != nil {
		return err
	}
	switch {
	case came.To != "":
		return p.site.Go(w, r, came.To)
	case len(came.In.Hats) > 1:
		return p.site.Go(w, r, visit.HatPath)
	}
	return p.site.Go(w, r, visit.Home(came.In.Hat))
}

// outcomes are the pages of what did not work out.
var outcomes = map[string]error{
	"over": provider.ErrOver, "declined": provider.ErrDeclined, "down": provider.ErrDown, "unknown": provider.ErrUnknown, "taken": provider.ErrTaken,
}

// say leads on to what did not work out. Any other error is a page like everywhere.
func (p *pages) say(w http.ResponseWriter, r *http.Request, err error) error {
	for said, is := range outcomes {
		if errors.Is(err, is) {
			return p.site.Go(w, r, ComeIn+"/"+said)
		}
	}
	return err
}

// toldPage is templates/organisation/told.html.
type toldPage struct {
	Name, Head, Words string
	Again             string // where it begins anew
	Home              string // of who is signed in; else they come in another way
}

func (p *pages) told(w http.ResponseWriter, r *http.Request) error {
	said := r.PathValue("said")
	if outcomes[said] == nil {
		return errs.New("organisation: told", errs.NotOpen, "")
	}
	d := toldPage{Name: p.Provider.Name, Head: "organisation." + said, Words: "organisation." + said + "_more", Again: ComeIn}
	if v, in := visit.Of(r); in {
		d.Again, d.Home = Prove, visit.Home(v.Hat)
	}
	return p.site.Page(w, r, http.StatusOK, "organisation/told", d)
}

// ownPage is templates/organisation/own.html.
type ownPage struct {
	Name  string
	Since *page.Moment // nil when nothing is connected
	Role  bool         // the hat of a role can be put on now
	Later bool         // or once they have shown who they are
	Form  *page.Form
}

func (p *pages) own(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	if err := p.Around(r, v); err != nil {
		return err
	}
	since, err := p.Provider.Linked(r.Context(), v.Session)
	if err != nil {
		return err
	}
	d := ownPage{Name: p.Provider.Name, Role: len(v.Hats) > 1, Later: len(v.Session.Later) > 0, Form: page.NewForm(r, Own)}
	if since != 0 {
		at := page.At(r, since)
		d.Since, d.Form = &at, page.NewForm(r, letGo)
	}
	return p.site.Page(w, r, http.StatusOK, "organisation/own", d)
}

func (p *pages) connect(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	return p.lead(w, r, provider.Beginning{Kind: provider.Connect, Session: &v.Session, Where: p.Door.Where(r, false)})
}

func (p *pages) letGo(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	if err := p.Provider.LetGo(r.Context(), v.Session); err != nil {
		return err
	}
	page.Say(w, r, "organisation.said_let_go")
	return p.site.Go(w, r, Own)
}
