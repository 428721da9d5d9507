package team

import (
	"net/http"
	"strings"

	"beside/internal/account"
	"beside/internal/book"
	"beside/internal/web/page"
	"beside/internal/web/visit"
)

// invitationPage is templates/team/invitation.html.
type invitationPage struct {
	Link   string
	Worker bool
	Until  page.Moment
}

// invite makes a one-time link and shows it in the answer itself: it is kept nowhere, so there is no page to go to on
// which it could be shown. Sent again, the form makes another link.
func (p *pages) invite(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	hat := book.Hat(page.Posted(r).Value("hat"))
	token, err := p.accounts.Invite(r.Context(), v.Subject, hat)
	if err != nil {
		return err
	}
	out := invitationPage{
		Link: strings.TrimSuffix(p.site.PublicURL, "/") + "/invitation/" + token, Worker: hat == book.HatWorker,
		Until: page.At(r, p.site.Clock.Now()+account.InvitationLasts),
	}
	return p.site.Page(w, r, http.StatusOK, "team/invitation", out)
}
