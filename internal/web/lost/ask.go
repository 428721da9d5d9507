package lost

import (
	"net/http"

	"beside/internal/account/recovery"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/web/page"
)

// peoplePage is templates/lost/people.html.
type peoplePage struct{ Form *page.Form }

func (p *pages) askWords(w http.ResponseWriter, r *http.Request) error {
	return p.site.Page(w, r, http.StatusOK, "lost/people", peoplePage{Form: page.NewForm(r, peoplePath)})
}

// askPeople asks the people whom the owner of the sign-in words chose. Of words that are nobody's it says and does the same.
func (p *pages) askPeople(w http.ResponseWriter, r *http.Request) error {
	form := page.Posted(r)
	err := p.ask(w, r, form, recovery.ByHolders)
	if form.Refused(err) {
		return p.site.Page(w, r, http.StatusUnprocessableEntity, "lost/people", peoplePage{Form: form})
	}
	return err
}

// deskPage is templates/lost/desk.html.
type deskPage struct {
	Form *page.Form
	Few  bool // fewer than two are in the team
}

func (p *pages) aboutDesk(w http.ResponseWriter, r *http.Request) error {
	n, err := p.Recovery.TeamOthers(r.Context(), id.Person{})
	if err != nil {
		return err
	}
	return p.site.Page(w, r, http.StatusOK, "lost/desk", deskPage{Form: page.NewForm(r, deskPath), Few: n < 2})
}

func (p *pages) askDesk(w http.ResponseWriter, r *http.Request) error {
	return p.ask(w, r, page.Posted(r), recovery.AtDesk)
}

// ask begins a request and leads to where it is waited for.
func (p *pages) ask(w http.ResponseWriter, r *http.Request, form *page.Form, kind recovery.Kind) error {
	entry, err := form.EntryID()
	if err != nil {
		return err
	}
	own := form.Ticked("own_device")
	secret, err := p.Recovery.Ask(r.Context(), recovery.Asking{Entry: entry, Kind: kind, Words: form.Value("words"), From: p.Door.Where(r, own)})
	if err != nil {
		return err
	}
	p.keep(w, lostCookie, secret, own)
	return p.site.Go(w, r, askedPath)
}

// askedPage is templates/lost/asked.html.
type askedPage struct {
	recovery.State
	Desk         bool
	Opens, Until page.Moment
	New          string // where to go on to, once it is ready
}

// asked shows the spoken code, the slip, and how it stands.
func (p *pages) asked(w http.ResponseWriter, r *http.Request) error {
	s, err := p.state(r)
	if errs.Is(err, errs.NotOpen) {
		return p.site.Go(w, r, slipPath)
	}
	if err != nil {
		return err
	}
	d := askedPage{State: s, Desk: s.Kind == recovery.AtDesk, Until: page.At(r, s.Until), Opens: page.At(r, s.Opens)}
	if s.Ready {
		d.New = newPath
	}
	return p.site.Page(w, r, http.StatusOK, "lost/asked", d)
}

// state is how the request stands whose secret this browser holds.
func (p *pages) state(r *http.Request) (recovery.State, error) {
	s, err := p.Recovery.State(r.Context(), p.held(r, lostCookie))
	if err == nil && s.Kind == recovery.Vouched {
		err = errs.New("lost: state", errs.NotOpen, "")
	}
	return s, err
}

// slipPage is templates/lost/slip.html.
type slipPage struct{ Form *page.Form }

func (p *pages) askSlip(w http.ResponseWriter, r *http.Request) error {
	return p.site.Page(w, r, http.StatusOK, "lost/slip", slipPage{Form: page.NewForm(r, slipPath)})
}

// slip takes up a request again with what stands on its slip of paper.
func (p *pages) slip(w http.ResponseWriter, r *http.Request) error {
	form := page.Posted(r)
	own := form.Ticked("own_device")
	secret, err := p.Recovery.Slip(r.Context(), form.Value("slip"), p.Door.Where(r, own))
	if form.Refused(err) {
		return p.site.Page(w, r, http.StatusUnprocessableEntity, "lost/slip", slipPage{Form: form})
	}
	if err != nil {
		return err
	}
	p.keep(w, lostCookie, secret, own)
	return p.site.Go(w, r, askedPath)
}
