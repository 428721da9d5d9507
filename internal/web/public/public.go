// Package public is the pages that stand before the door: what Beside is, what it cannot keep private, joining, coming
// back in, leaving, changing hats, and being invited. Each page is a file of its own.
package public

import (
	"net/http"
	"net/url"

	"beside/internal/account"
	"beside/internal/account/card"
	"beside/internal/account/code"
	"beside/internal/account/passkey"
	"beside/internal/account/young"
	"beside/internal/journey"
	"beside/internal/web/page"
	"beside/internal/web/visit"
)

// Paths of pages that others link to.
const (
	Private  = "/private" // what we cannot keep private
	heldPath = Private + "/held"
	Join     = "/join"      // the honest talk before joining
	ComeIn   = page.ComeIn  // coming back
	Leave    = "/leave"     // closing one's book
	joinForm = "/join/you"  // who are you?
	joinWith = "/join/with" // the same, with what was written while just looking
	joinKept = "/join/kept" // the sign-in words, to be written down
)

// Paths of pages of package organisation, which are there when the organisation has a sign-in of its own.
const (
	ComeInOrganisation = ComeIn + "/organisation"
	ProveOrganisation  = visit.ProvePath + "/organisation"
)

// Config is what the pages need.
type Config struct {
	Door     *visit.Door
	Accounts *account.Accounts
	Passkeys *passkey.Passkeys
	Codes    *code.Codes
	Journey  *journey.Journey
	Place    young.Jurisdiction // whose law is told to who is under 18
	Cards    *card.Cards
	Held     []Held // all that is held, in the order of the screen
	// Organisation is what the organisation is called with whose sign-in workers and the team can come in, "" for none.
	Organisation string
}

type pages struct {
	site     *page.Site
	door     *visit.Door
	accounts *account.Accounts
	passkeys *passkey.Passkeys
	codes    *code.Codes
	journey  *journey.Journey
	place    young.Jurisdiction
	cards    *card.Cards
	held     []heldPart

	organisation string
}

// Leads returns where somebody comes in with a one-time code and with a passkey, "" for what this installation has not.
func Leads(c Config) (code, key string) {
	if c.Codes.Carries() {
		code = askCode
	}
	if c.Passkeys.Offered() {
		key = comeInPasskey
	}
	return code, key
}

// Mount mounts the pages of this package.
func Mount(site *page.Site, c Config) {
	p := &pages{site: site, door: c.Door, accounts: c.Accounts, passkeys: c.Passkeys, codes: c.Codes, cards: c.Cards, held: heldParts(c.Held), journey: c.Journey, place: c.Place, organisation: c.Organisation}
	site.Handle("GET /{$}", p.landing)
	site.Handle("GET "+Private, p.private)
	site.Handle("GET "+heldPath, p.showHeld)
	site.Handle("GET "+Join, p.talk)
	site.HandleUnkept("POST "+Join, p.talk)
	site.HandleUnkept("POST "+joinWith, p.askWho)
	site.Handle("GET "+joinForm, p.askWho)
	site.Handle("POST "+joinForm, p.join)
	site.Handle("GET "+joinKept, visit.Any(p.kept))
	site.Handle("GET "+ComeIn, p.askWords)
	site.Handle("POST "+ComeIn, p.comeIn)
	site.Handle("GET "+comeInPasskey, p.askPasskey)
	site.Handle("POST "+comeInPasskey, p.comeInPasskey)
	site.Handle("GET "+Card, p.askCard)
	site.Handle("POST "+Card, p.comeInWithCard)
	site.Handle("GET "+visit.ProvePath, visit.Any(p.askProof))
	site.Handle("POST "+visit.ProvePath, visit.Any(p.prove))
	p.mountCode()
	site.Handle("GET "+Leave, visit.Any(p.askLeave))
	site.Handle("POST "+Leave, visit.Any(p.leave))
	site.Handle("GET "+visit.HatPath, visit.Any(p.hats))
	site.Handle("POST "+visit.HatPath, visit.Any(p.wear))
	site.Handle("GET "+invitation+"{token}", p.invited)
	site.Handle("POST "+invitation+"{token}", visit.Any(p.accept))
}

// onwards adds where to go on to afterwards to one of our own paths.
func onwards(path, to string) string {
	if to = page.Local(to); to == "" {
		return path
	}
	return path + "?to=" + url.QueryEscape(to)
}

// asked is where the link of this page wants to go on to.
func asked(r *http.Request) string { return page.Local(r.URL.Query().Get("to")) }
