package team

import (
	"net/http"

	"beside/internal/account/recovery"
	"beside/internal/book"
	"beside/internal/peer"
	"beside/internal/web/page"
	"beside/internal/web/visit"
)

// Desk is the path of helping somebody back in.
const Desk = Home + "/desk"

const (
	deskVouch = Desk + "/vouch"
	deskFind  = Desk + "/find"
	deskMet   = Desk + "/met"
	deskDoubt = Desk + "/doubt"
)

type deskPages struct {
	site     *page.Site
	recovery *recovery.Recovery
	peers    *peer.Peers
}

// MountDesk mounts the pages on which the team helps somebody back in and vouches for colleagues.
func MountDesk(site *page.Site, rec *recovery.Recovery, peers *peer.Peers) {
	p := &deskPages{site: site, recovery: rec, peers: peers}
	handle := func(pattern string, h visit.Handler) { site.Handle(pattern, visit.Only(book.HatTeam, h)) }
	handle("GET "+Desk, p.home)
	handle("POST "+Desk, p.claim)
	handle("POST "+deskVouch, p.vouch)
	handle("POST "+deskFind, p.find)
	handle("POST "+deskMet, p.met)
	handle("POST "+deskDoubt, p.doubt)
}

// deskPage is templates/desk/home.html.
type deskPage struct {
	Form  *page.Form
	Alone bool // nobody else of the team is one of two
	Wait  *Wait
}

func (p *deskPages) home(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	return p.show(w, r, v, http.StatusOK, page.NewForm(r, Desk))
}

func (p *deskPages) show(w http.ResponseWriter, r *http.Request, v visit.Visitor, status int, form *page.Form) error {
	n, err := p.recovery.TeamOthers(r.Context(), v.Person)
	if err != nil {
		return err
	}
	wait, err := WaitOf(r, p.recovery.Accounts, v)
	if err != nil {
		return err
	}
	return p.site.Page(w, r, status, "desk/home", deskPage{Form: form, Alone: n == 0, Wait: wait})
}

// claim takes the spoken code, and shows in the answer itself what it is about: the code stands in no address.
func (p *deskPages) claim(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	form := page.Posted(r)
	at, err := p.recovery.Claim(r.Context(), v.Subject, form.Value("code"))
	if form.Refused(err) {
		return p.show(w, r, v, http.StatusUnprocessableEntity, form)
	}
	if err != nil {
		return err
	}
	code := form.Value("code")
	if at.Kind == recovery.AtDesk {
		return p.showFind(w, r, http.StatusOK, findPage{AtHand: at}, page.NewForm(r, deskFind).Set("code", code), code)
	}
	return p.showVouch(w, r, http.StatusOK, at, page.NewForm(r, deskVouch).Set("code", code))
}

// vouchPage is templates/desk/vouch.html.
type vouchPage struct {
	recovery.AtHand
	Name  string // as their profile says, empty when they have written none
	Title string
	Since page.Moment
	Form  *page.Form
	Hows  []page.Choice
}

var howChoices = []page.Choice{
	{Value: string(recovery.WithThem), Words: "desk.with_them"}, {Value: string(recovery.Voice), Words: "desk.voice"},
}

func (p *deskPages) showVouch(w http.ResponseWriter, r *http.Request, status int, at recovery.AtHand, form *page.Form) error {
	profiles, err := p.peers.Called(r.Context(), at.Person)
	if err != nil {
		return err
	}
	pr := profiles[at.Person]
	return p.site.Page(w, r, status, "desk/vouch", vouchPage{AtHand: at, Name: pr.Name, Title: pr.Title, Since: page.At(r, at.Since), Form: form, Hows: howChoices})
}

func (p *deskPages) vouch(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	form := page.Posted(r)
	err := p.recovery.Vouch(r.Context(), v.Subject, form.Value("code"), recovery.How(form.Value("how")))
	if form.Refused(err) {
		at, gone := p.recovery.Claim(r.Context(), v.Subject, form.Value("code"))
		if form.Refused(gone) {
			return p.show(w, r, v, http.StatusUnprocessableEntity, form)
		}
		if gone != nil {
			return gone
		}
		return p.showVouch(w, r, http.StatusUnprocessableEntity, at, form)
	}
	if err != nil {
		return err
	}
	page.Say(w, r, "desk.said_vouched")
	return p.site.Go(w, r, Desk)
}
