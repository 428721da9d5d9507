package lost

import (
	"net/http"

	"beside/internal/account/recovery"
	"beside/internal/errs"
	"beside/internal/web/page"
	"beside/internal/web/visit"
)

// teamPage is templates/lost/team.html.
type teamPage struct {
	Form   *page.Form
	Signed bool // in, so that no words are asked for
	Few    bool // fewer than two others are in the team
}

func (p *pages) aboutTeam(w http.ResponseWriter, r *http.Request) error {
	return p.showTeam(w, r, http.StatusOK, page.NewForm(r, Team))
}

func (p *pages) showTeam(w http.ResponseWriter, r *http.Request, status int, form *page.Form) error {
	d := teamPage{Form: form}
	if v, in := visit.Of(r); in {
		n, err := p.Recovery.TeamOthers(r.Context(), v.Person)
		if err != nil {
			return err
		}
		d.Signed, d.Few = true, n < 2
	}
	return p.site.Page(w, r, status, "lost/team", d)
}

// askTeam asks for being vouched for: by the session, or by sign-in words, of which it says and does the same when they are
// nobody's.
func (p *pages) askTeam(w http.ResponseWriter, r *http.Request) error {
	form := page.Posted(r)
	entry, err := form.EntryID()
	if err != nil {
		return err
	}
	a := recovery.Asking{Entry: entry, Kind: recovery.Vouched, From: p.Door.Where(r, false)}
	if v, in := visit.Of(r); in {
		a.Person = v.Person
	} else {
		a.Words = form.Value("words")
	}
	secret, err := p.Recovery.Ask(r.Context(), a)
	if form.Refused(err) {
		return p.showTeam(w, r, http.StatusUnprocessableEntity, form)
	}
	if err != nil {
		return err
	}
	p.keep(w, teamCookie, secret, false)
	return p.site.Go(w, r, teamAsked)
}

// teamAskedPage is templates/lost/team-asked.html.
type teamAskedPage struct {
	recovery.State
	Until page.Moment
	Form  *page.Form // to go on, nil while it is not ready
}

func (p *pages) teamAsked(w http.ResponseWriter, r *http.Request) error {
	s, err := p.Recovery.State(r.Context(), p.held(r, teamCookie))
	if errs.Is(err, errs.NotOpen) || err == nil && s.Kind != recovery.Vouched {
		return p.site.Go(w, r, Team)
	}
	if err != nil {
		return err
	}
	d := teamAskedPage{State: s, Until: page.At(r, s.Until)}
	if s.Ready {
		d.Form = page.NewForm(r, teamAsked)
	}
	return p.site.Page(w, r, http.StatusOK, "lost/team-asked", d)
}

// vouched goes on once two of the team vouched: in the session there is, or in a new one that opens the role alone.
func (p *pages) vouched(w http.ResponseWriter, r *http.Request) error {
	secret := p.held(r, teamCookie)
	if v, in := visit.Of(r); in {
		next, err := p.Recovery.Prove(r.Context(), v.Session, secret)
		if err != nil {
			return err
		}
		p.Door.Change(w, next, v.Session)
		p.keep(w, teamCookie, "", false)
		return p.site.Go(w, r, visit.HatPath)
	}
	in, err := p.Recovery.EnterVouched(r.Context(), secret, p.Door.Where(r, false))
	if err != nil {
		return err
	}
	if err := p.Door.Let(w, r, in); err != nil {
		return err
	}
	p.keep(w, teamCookie, "", false)
	return p.site.Go(w, r, visit.Home(in.Hat))
}
