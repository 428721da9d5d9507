package public

import (
	"errors"
	"net/http"
	"strings"

	"beside/internal/book"
	"beside/internal/errs"
	"beside/internal/web/page"
	"beside/internal/web/visit"
)

const invitation = "/invitation/"

// InvitationPath returns the path of the link with that token.
func InvitationPath(token string) string { return invitation + token }

// invitedBy is the token of the invitation that a path of ours leads to, "" when it leads elsewhere.
func invitedBy(to string) string {
	token, found := strings.CutPrefix(to, invitation)
	if !found {
		return ""
	}
	return token
}

// invitedPage is templates/public/invitation.html.
type invitedPage struct {
	Community    string
	Worker       bool       // else the team, or
	Reviewer     bool       // to review this place
	Form         *page.Form // nil when nobody is signed in
	Join, ComeIn string
	Until        page.Moment
}

// invited says what an invitation gives. Who is not signed in joins or comes in first, and then comes back here.
func (p *pages) invited(w http.ResponseWriter, r *http.Request) error {
	v, err := p.accounts.Invitation(r.Context(), r.PathValue("token"))
	if err != nil {
		return err
	}
	here := r.URL.EscapedPath()
	d := invitedPage{Community: v.Community, Worker: v.Hat == book.HatWorker, Reviewer: v.Hat == book.HatReviewer, Until: page.At(r, v.Until)}
	if _, in := visit.Of(r); in {
		d.Form = page.NewForm(r, here)
	} else {
		d.Join, d.ComeIn = onwards(Join, here), onwards(ComeIn, here)
	}
	return p.site.Page(w, r, http.StatusOK, "public/invitation", d)
}

// accept gives the hat, and leaves it to the person when to put it on.
func (p *pages) accept(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	hat, secret, err := p.accounts.Accept(r.Context(), v.Session, r.PathValue("token"))
	if errs.Is(err, errs.Invalid) { // who reviews the place stands apart from it, and does so once; the link is for somebody else still
		e, _ := errors.AsType[*errs.Error](err) // whose words say why
		page.Say(w, r, e.Words)
		return p.site.Go(w, r, visit.HatPath)
	}
	if err != nil {
		return err
	}
	if secret != "" {
		p.door.Change(w, secret, v.Session)
	}
	page.Say(w, r, map[book.Hat]string{book.HatWorker: "public.said_worker", book.HatTeam: "public.said_team", book.HatReviewer: "public.said_reviewer"}[hat])
	return p.site.Go(w, r, visit.HatPath)
}
