package team

import (
	"net/http"

	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/web/page"
	"beside/internal/web/visit"
)

// endPage is templates/team/end.html.
type endPage struct {
	role
	Form *page.Form
}

// ending asks once more, and says what will happen.
func (p *pages) ending(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	roles, err := p.roles(r, v)
	if err != nil {
		return err
	}
	for _, x := range roles {
		if x.Href == r.URL.Path {
			return p.site.Page(w, r, http.StatusOK, "team/end", endPage{role: x, Form: page.NewForm(r, x.Href)})
		}
	}
	return errs.New("team: end", errs.NotOpen, "")
}

func (p *pages) end(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	m, err := id.Parse[id.Membership](r.PathValue("role"))
	if err != nil {
		return errs.As("team: end", errs.NotOpen, err)
	}
	if err := p.accounts.EndMembership(r.Context(), v.Subject, m); err != nil {
		return err
	}
	page.Say(w, r, "team.said_ended")
	return p.site.Go(w, r, Home)
}
