// Package look is the pages for who is unsure: just looking, and worrying about somebody. They exist so that nobody has to
// give a name, or anything else, before they know what this is. Nothing that is typed here is kept: not in the store, not
// in a cookie, not in the log; and no page here asks who somebody else is.
package look

import (
	"net/http"

	"beside/internal/book"
	"beside/internal/web/page"
)

// Paths of the pages.
const (
	Look    = "/look"    // just looking
	Worried = "/worried" // worrying about somebody
)

// Config is what the pages need.
type Config struct {
	Emergency string // the number to call when a life is in danger, "" to say "your local emergency number"
	Crisis    string // a line that anybody can call who is in need or worries, "" when none is known
}

type pages struct {
	Config
	site *page.Site
}

// Mount mounts the pages of this package.
func Mount(site *page.Site, c Config) {
	p := &pages{Config: c, site: site}
	site.HandleUnkept("GET "+Look, p.look)
	site.HandleUnkept("POST "+Look, p.try)
	site.HandleUnkept("GET "+Worried, p.worried)
}

// lookPage is templates/look/look.html.
type lookPage struct {
	Form                  *page.Form
	Tried                 bool // something was typed, and stands below
	Matters, Strong, Wish book.Text
}

func (p *pages) look(w http.ResponseWriter, r *http.Request) error {
	return p.site.Page(w, r, http.StatusOK, "look/look", lookPage{Form: page.NewUnkept(r, Look)})
}

// try answers with the same page, filled with what was typed. That is all that becomes of it.
func (p *pages) try(w http.ResponseWriter, r *http.Request) error {
	form := page.Posted(r)
	d := lookPage{Form: form, Matters: form.Text("matters"), Strong: form.Text("strong"), Wish: form.Text("wish")}
	d.Tried = !d.Matters.Blank() || !d.Strong.Blank() || !d.Wish.Blank()
	return p.site.Page(w, r, http.StatusOK, "look/look", d)
}
