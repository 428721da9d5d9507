package public

import (
	"net/http"

	"beside/internal/book"
	"beside/internal/web/page"
	"beside/internal/web/visit"
)

// provePage is templates/public/prove.html.
type provePage struct {
	Passkey *page.Passkey // nil for who has none
	Offered bool          // there are passkeys here
	CanAdd  bool          // the reader could add one now
	Proofs  []otherWay
	// Organisation is the name of the one that has a sign-in of its own.
	Organisation string
}

// ProveTeam is where two of the centre team vouch for somebody.
const ProveTeam = "/prove/team"

// proofs are the other ways to show who one is so that the hat of a role can be put on, in the order of the screen.
var proofs = []otherWay{
	{ProveOrganisation, "organisation.prove_way", "organisation.prove_hint"},
	{ProveTeam, "vouch.title", "vouch.way_hint"},
}

// askProof is where somebody shows who they are, by a way that opens roles (docs/decisions/0010-what-each-way-opens.md).
func (p *pages) askProof(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	return p.showProof(w, r, v, http.StatusOK, page.NewForm(r, visit.ProvePath))
}

func (p *pages) showProof(w http.ResponseWriter, r *http.Request, v visit.Visitor, status int, form *page.Form) error {
	d := provePage{Offered: p.passkeys.Offered(), Proofs: p.leading(proofs, ""), Organisation: p.organisation}
	if d.Offered {
		asking, err := p.passkeys.BeginShow(r.Context(), v.Session)
		if err != nil {
			return err
		}
		if asking != "" {
			d.Passkey = &page.Passkey{Form: form, Asking: asking, Do: "passkey.show_do"}
		}
		d.CanAdd = v.Hat == book.HatSelf && len(v.Session.Later) == 0
	}
	return p.site.Page(w, r, status, "public/prove", d)
}

// prove is showing it with a passkey.
func (p *pages) prove(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	form := page.Posted(r)
	secret, err := p.passkeys.Show(r.Context(), v.Session, form.Value("answer"))
	if form.Refused(err) {
		return p.showProof(w, r, v, http.StatusUnprocessableEntity, form)
	}
	if err != nil {
		return err
	}
	p.door.Change(w, secret, v.Session)
	page.Say(w, r, "passkey.said_shown")
	return p.site.Go(w, r, visit.HatPath)
}
