package ways

import (
	"net/http"

	"beside/internal/web/visit"
)

// Going is the path of the page for somebody who wants to go. It puts side by side what they can do by themselves, as equals:
// to take everything along, to rest, to erase. It asks for no reason and talks nobody out of anything.
const Going = "/me/leave-here"

func (p *Pages) going(w http.ResponseWriter, r *http.Request, _ visit.Visitor) error {
	return p.site.Page(w, r, http.StatusOK, "ways/going", nil)
}
