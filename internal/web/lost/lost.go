// Package lost is the pages for somebody who cannot come in any more: which help there is, asking for it, waiting for it, and
// choosing a new passphrase at the end. It also holds those for people who work here and ask the team to vouch for them.
// Nothing on them tells whether somebody has a book here.
package lost

import (
	"net/http"
	"strings"

	"beside/internal/account"
	"beside/internal/account/recovery"
	"beside/internal/clock"
	"beside/internal/web/page"
	"beside/internal/web/visit"
)

// Paths of pages that others link to.
const (
	Home = "/come-in/lost"
	Team = "/prove/team" // being vouched for
)

const (
	peoplePath = Home + "/people"
	deskPath   = Home + "/desk"
	askedPath  = Home + "/asked"
	slipPath   = Home + "/paper"
	newPath    = Home + "/new"
	teamAsked  = Team + "/asked"
)

// Config is what the pages need.
type Config struct {
	Door     *visit.Door
	Accounts *account.Accounts
	Recovery *recovery.Recovery
	// Code, Passkey and Card are the paths of ways in that somebody who forgot their passphrase may still have, "" for one
	// that this installation has not.
	Code, Passkey, Card string
}

type pages struct {
	Config
	site *page.Site
}

// Mount mounts the pages of this package.
func Mount(site *page.Site, c Config) {
	p := &pages{Config: c, site: site}
	site.Handle("GET "+Home, p.home)
	site.Handle("GET "+peoplePath, p.askWords)
	site.Handle("POST "+peoplePath, p.askPeople)
	site.Handle("GET "+deskPath, p.aboutDesk)
	site.Handle("POST "+deskPath, p.askDesk)
	site.Handle("GET "+askedPath, p.asked)
	site.Handle("GET "+slipPath, p.askSlip)
	site.Handle("POST "+slipPath, p.slip)
	site.Handle("GET "+newPath, p.askNew)
	site.Handle("POST "+newPath, p.giveBack)
	site.Handle("GET "+Team, p.aboutTeam)
	site.Handle("POST "+Team, p.askTeam)
	site.Handle("GET "+teamAsked, p.teamAsked)
	site.Handle("POST "+teamAsked, p.vouched)
}

// homePage is templates/lost/home.html.
type homePage struct {
	First []way // that open the book at once
	Ways  []way
}

// way is one of the helps there are.
type way struct{ Href, Words, Hint string }

func (p *pages) home(w http.ResponseWriter, r *http.Request) error {
	var d homePage
	for _, w := range []way{{p.Code, "lost.code", "code.way_hint"}, {p.Passkey, "lost.passkey", "passkey.way_hint"}, {p.Card, "lost.card", "lost.card_hint"}} {
		if w.Href != "" {
			d.First = append(d.First, w)
		}
	}
	d.Ways = append(d.Ways,
		way{peoplePath, "lost.people", "lost.people_hint"}, way{deskPath, "lost.desk", "lost.desk_hint"},
		way{slipPath, "lost.slip", "lost.slip_hint"}, way{Team, "lost.team", "lost.team_hint"})
	return p.site.Page(w, r, http.StatusOK, "lost/home", d)
}

// The names of the cookies that hold the secrets of requests.
const (
	lostCookie = "beside-lost"
	teamCookie = "beside-vouch"
)

// keep gives the browser the secret of a request. On a device that is not the person's own the browser forgets it when it
// is closed: whoever comes after must not go on with it.
func (p *pages) keep(w http.ResponseWriter, name, secret string, own bool) {
	seconds := 0
	switch {
	case secret == "":
		seconds = -1
	case own:
		seconds = int(recovery.RequestLasts / clock.Second)
	}
	name, secure := p.cookie(name)
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // Secure follows the public address: over http it serves this machine itself
		Name: name, Value: secret, Path: "/", MaxAge: seconds, Secure: secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// held returns the secret that the browser holds, "" for none.
func (p *pages) held(r *http.Request, name string) string {
	name, _ = p.cookie(name)
	c, err := r.Cookie(name)
	if err != nil {
		return ""
	}
	return c.Value
}

func (p *pages) cookie(name string) (full string, secure bool) {
	if secure = strings.HasPrefix(p.site.PublicURL, "https:"); secure {
		name = "__Host-" + name
	}
	return name, secure
}
