package ending

import (
	"net/http"

	"beside/internal/account/ending"
	"beside/internal/web/page"
	"beside/internal/web/visit"
)

// ClosesOn returns the day on which the place closes, nil when it does not.
func ClosesOn(r *http.Request, x *ending.Endings) (*page.Moment, error) {
	c, err := x.Closes(r.Context())
	if err != nil || c.OnAt == 0 {
		return nil, err
	}
	on := page.At(r, c.OnAt)
	return &on, nil
}

// holdsPage is templates/ending/holds.html.
type holdsPage struct {
	Holds  []hold
	Closes *page.Moment // nil when the place does not close
}

// hold is one hold. It names nobody.
type hold struct {
	Since, Until page.Moment
	Ends         bool
	Reference    string
}

func (p *pages) holds(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	all, err := p.Endings.Holds(r.Context(), v.Subject)
	if err != nil {
		return err
	}
	var d holdsPage
	for _, h := range all {
		d.Holds = append(d.Holds, hold{Since: page.At(r, h.Since), Until: page.At(r, h.Until), Ends: h.Until != 0, Reference: h.Reference})
	}
	if d.Closes, err = ClosesOn(r, p.Endings); err != nil {
		return err
	}
	return p.site.Page(w, r, http.StatusOK, "ending/holds", d)
}
