// Package worker is where somebody who walks with others sees the people who chose them: only what each gave, in that
// person's own words, and a way to suggest. What is not given, was taken back or never was looks the same: not open.
package worker

import (
	"net/http"

	"beside/internal/asking"
	"beside/internal/book"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/peer"
	"beside/internal/web/page"
	"beside/internal/web/visit"
)

// The paths that other pages lead to.
const (
	Home    = "/worker"         // people I walk with
	Profile = "/worker/profile" // what people read before they choose
)

type pages struct {
	site   *page.Site
	peers  *peer.Peers
	asking *asking.Asking
}

// Mount mounts the pages of this package.
func Mount(site *page.Site, peers *peer.Peers, a *asking.Asking) {
	p := &pages{site: site, peers: peers, asking: a}
	handle := func(pattern string, h func(http.ResponseWriter, *http.Request, visit.Visitor) error) {
		site.Handle(pattern, visit.Only(book.HatWorker, h))
	}
	handle("GET "+Home, p.home)
	handle("GET "+Home+"/people/{book}", p.person)
	handle("GET "+Home+"/people/{book}/suggest/{kind}", p.suggest)
	handle("POST "+Home+"/people/{book}/suggest/{kind}", p.keepSuggestion)
	handle("GET "+Home+"/people/{book}/know", p.know)
	handle("POST "+Home+"/people/{book}/know", p.keepKnow)
	handle("GET "+Profile, p.profile)
	handle("POST "+Profile, p.keepProfile)
}

func href(b id.Book) string { return Home + "/people/" + b.String() }

// bookOf reads the book of a path.
func bookOf(r *http.Request) (id.Book, error) {
	b, err := id.Parse[id.Book](r.PathValue("book"))
	return b, errs.As("worker: book", errs.NotOpen, err)
}
