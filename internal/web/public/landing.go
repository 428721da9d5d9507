package public

import (
	"net/http"

	"beside/internal/web/visit"
)

// landingPage is templates/public/landing.html.
type landingPage struct{}

// landing is the first page of somebody new. Who is signed in goes on to their own.
func (p *pages) landing(w http.ResponseWriter, r *http.Request) error {
	if v, in := visit.Of(r); in {
		return p.site.Go(w, r, visit.Home(v.Hat))
	}
	return p.site.Page(w, r, http.StatusOK, "public/landing", landingPage{})
}
