// Package choose is where a person looks at the workers there are, says yes to one, changes to another or takes a yes
// back: two taps from the list to done, and no reason is asked (mission.md S0.10). Here they also say which of the workers
// they know from their own life.
package choose

import (
	"net/http"

	"beside/internal/book"
	"beside/internal/community/narrowing"
	"beside/internal/community/roles"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/peer"
	"beside/internal/web/page"
	"beside/internal/web/visit"
)

// Home is the path of the list of workers.
const Home = "/me/workers"

type pages struct {
	site  *page.Site
	peers *peer.Peers
	rules *narrowing.Rules
	roles *roles.Roles
	// around dresses a page as a page of the reader's book.
	around func(*http.Request, visit.Visitor) error
}

// Mount mounts the pages of this package. They are pages of the reader's own book: around says whose it is, and shows the
// way through it.
func Mount(site *page.Site, peers *peer.Peers, rules *narrowing.Rules, offered *roles.Roles, around func(*http.Request, visit.Visitor) error) {
	p := &pages{site: site, peers: peers, rules: rules, roles: offered, around: around}
	site.Handle("GET "+Home, visit.Only(book.HatSelf, p.list))
	site.Handle("GET "+Home+"/{person}", visit.Only(book.HatSelf, p.worker))
	site.Handle("POST "+Home+"/{person}", visit.Only(book.HatSelf, p.yes))
	site.Handle("POST "+Home+"/{person}/back", visit.Only(book.HatSelf, p.takeBack))
	site.Handle("GET "+Home+"/{person}/know", visit.Only(book.HatSelf, p.know))
	site.Handle("POST "+Home+"/{person}/know", visit.Only(book.HatSelf, p.keepKnow))
	site.Handle("GET "+TiesPath, visit.Only(book.HatSelf, p.ties))
	site.Handle("POST "+TiesPath+"/{item}/back", visit.Only(book.HatSelf, p.untie))
}

// personOf reads the worker of a path.
func personOf(r *http.Request) (id.Person, error) {
	w, err := id.Parse[id.Person](r.PathValue("person"))
	return w, errs.As("choose: person", errs.NotOpen, err)
}
