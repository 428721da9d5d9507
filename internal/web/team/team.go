// Package team is where the centre team invites workers, ends roles and sees whether the system is well. It shows no
// book and opens none: the team has no way to what people write.
package team

import (
	"net/http"

	"beside/internal/account"
	"beside/internal/asking"
	"beside/internal/book"
	"beside/internal/community"
	"beside/internal/peer"
	"beside/internal/web/page"
	"beside/internal/web/visit"
)

// Home is the path of the team's page.
const Home = "/team"

type pages struct {
	site     *page.Site
	accounts *account.Accounts
	peers    *peer.Peers
	watch    *community.Watch
	asking   *asking.Asking
}

// Mount mounts the pages of this package.
func Mount(site *page.Site, accounts *account.Accounts, peers *peer.Peers, watch *community.Watch, a *asking.Asking) {
	p := &pages{site: site, accounts: accounts, peers: peers, watch: watch, asking: a}
	handle := func(pattern string, h func(http.ResponseWriter, *http.Request, visit.Visitor) error) {
		site.Handle(pattern, visit.Only(book.HatTeam, h))
	}
	handle("GET "+Home, p.home)
	handle("POST "+Home+"/invite", p.invite)
	handle("GET "+Home+"/roles/{role}/end", p.ending)
	handle("POST "+Home+"/roles/{role}/end", p.end)
}
