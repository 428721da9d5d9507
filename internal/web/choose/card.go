package choose

import (
	"net/http"

	"beside/internal/book"
	"beside/internal/peer"
	"beside/internal/web/page"
)

// Card is a worker's profile as people see it; the part "profile" shows it.
type Card struct {
	Name, Title, Languages string
	Story, Training        book.Text
	Certified              bool        // a certificate is named
	Certificate            page.Moment // the last day on which it counts
}

// CardOf returns the profile as the reader of r sees it.
func CardOf(r *http.Request, p peer.Profile) Card {
	return Card{
		Name: p.Name, Title: p.Title, Languages: p.Languages, Story: p.Story, Training: p.Training,
		Certified: p.CertificateUntil > 0, Certificate: page.At(r, p.CertificateUntil-1),
	}
}

// NameOf is how a worker is called, also one without a profile.
func NameOf(r *http.Request, p peer.Profile) string {
	if p.Name != "" {
		return p.Name
	}
	return page.FrameOf(r).Words().T("choose.no_name")
}
