package public

import (
	"net/http"

	"beside/internal/account/young"
)

// privatePage is templates/public/private.html.
type privatePage struct{ Place young.Jurisdiction }

// private is the honest talk at length (mission.md S3.F8).
func (p *pages) private(w http.ResponseWriter, r *http.Request) error {
	return p.site.Page(w, r, http.StatusOK, "public/private", privatePage{p.place})
}
