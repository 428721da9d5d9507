// Package worker is where somebody who walks with others sees the people who chose them, and from where they open what each
// gave (package theirs).
package worker

import (
	"net/http"

	"beside/internal/asking"
	"beside/internal/book"
	"beside/internal/community/narrowing"
	"beside/internal/id"
	"beside/internal/peer"
	"beside/internal/web/page"
	"beside/internal/web/theirs"
	"beside/internal/web/visit"
)

// The paths that other pages lead to.
const (
	Home    = "/worker"         // people I walk with
	People  = "/worker/people"  // and the id of a book: what one of them gave
	Profile = "/worker/profile" // what people read before they choose
)

type pages struct {
	site   *page.Site
	peers  *peer.Peers
	asking *asking.Asking
}

// Mount mounts the pages of this package. part2 says that 42 CFR part 2 is law here.
func Mount(site *page.Site, peers *peer.Peers, rules *narrowing.Rules, a *asking.Asking, part2 bool) {
	p := &pages{site: site, peers: peers, asking: a}
	handle := func(pattern string, h func(http.ResponseWriter, *http.Request, visit.Visitor) error) {
		site.Handle(pattern, visit.Only(book.HatWorker, h))
	}
	handle("GET "+Home, p.home)
	theirs.Mount(site, peers, rules, People, book.HatWorker, part2)
	handle("GET "+Home+"/people/{book}/know", p.know)
	handle("POST "+Home+"/people/{book}/know", p.keepKnow)
	handle("GET "+Profile, p.profile)
	handle("POST "+Profile, p.keepProfile)
}

func href(b id.Book) string { return People + "/" + b.String() }
