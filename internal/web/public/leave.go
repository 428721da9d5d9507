package public

import (
	"net/http"

	"beside/internal/book"
	"beside/internal/web/page"
	"beside/internal/web/visit"
)

// leavePage is templates/public/leave.html.
type leavePage struct {
	Form *page.Form
	Back string
	Own  bool // in one's own hat, where the sign-in words can be seen
}

func (p *pages) askLeave(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	return p.site.Page(w, r, http.StatusOK, "public/leave", leavePage{Form: page.NewForm(r, Leave), Back: visit.Home(v.Hat), Own: v.Hat == book.HatSelf})
}

// leave signs out: on this device, or on all of them.
func (p *pages) leave(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	if page.Posted(r).Value("where") == "everywhere" {
		if err := p.accounts.SignOutEverywhere(r.Context(), v.Person); err != nil {
			return err
		}
	}
	if err := p.door.Close(w, r); err != nil {
		return err
	}
	page.Say(w, r, "public.said_left")
	return p.site.Go(w, r, "/")
}
