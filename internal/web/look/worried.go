package look

import "net/http"

// worriedPage is templates/look/worried.html.
type worriedPage struct{ Emergency, Crisis string }

// worried is for somebody who worries: it opens their own book, never the other's. It has no field at
// all, so that nobody's name can be left here.
func (p *pages) worried(w http.ResponseWriter, r *http.Request) error {
	return p.site.Page(w, r, http.StatusOK, "look/worried", worriedPage{p.Emergency, p.Crisis})
}
