package scenario

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"beside/internal/testkit/openid"
	"beside/internal/testkit/ready"
	"beside/internal/testkit/world"
)

// withOrganisation is a world whose organisation has a sign-in of its own, and Sam, a worker in their own book, who has
// connected it.
func withOrganisation(t *testing.T) (*world.World, *openid.Provider, *world.Client) {
	t.Helper()
	p := openid.Start(t)
	w := world.New(t, ready.Folder(t), p.At(t))
	sam := w.Worker(t, "Sam")
	sam.Wear("self")
	sam.Get("/me/ways/organisation")
	sam.Send("main form")
	href, _ := sam.Page.One("main .do a").Attr("href")
	sam.Get(strings.TrimPrefix(p.SignIn(t, href, "sam"), w.URL))
	sam.Want(200, "/me/ways/organisation")
	return w, p, sam
}

// organisationPages visits the pages that there are only where the organisation has a sign-in of its own.
func organisationPages(t *testing.T, seen *visited) {
	w, _, sam := withOrganisation(t)
	own := newTour(t, w.App, "Sam of the organisation", seen)
	tell(own.screen, network.SetCookie, network.SetCookieParams{Name: "beside", Value: sam.Cookie("beside"), URL: w.URL})
	own.begin(t, []stop{
		same("/me/ways/organisation"),
		same("/prove/organisation"),
		{"GET /prove", "prove with the organisation", func(s *tour) { s.open("/prove") }},
		{"GET /me/ways", "ways with the organisation", func(s *tour) { s.open("/me/ways") }},
		{"GET /come-in/organisation/{said}", "taken", func(s *tour) { s.open("/come-in/organisation/taken") }},
		sent("GET /me/ways/organisation", "organisation let go", "/me/ways/organisation", `form[action$="/let-go"]`),
	})
	ana := w.Join(t, "Ana")
	first := newTour(t, w.App, "Ana of the organisation", seen)
	tell(first.screen, network.SetCookie, network.SetCookieParams{Name: "beside", Value: ana.Cookie("beside"), URL: w.URL})
	first.begin(t, []stop{{"GET /me/ways/organisation", "organisation without a role", func(s *tour) { s.open("/me/ways/organisation") }}})
	stops := []stop{
		{"GET /come-in", "come in with the organisation", func(s *tour) { s.open("/come-in") }},
		same("/come-in/organisation"),
		same("/come-in/organisation/back"),
	}
	for _, said := range []string{"over", "declined", "down", "unknown"} {
		stops = append(stops, stop{"GET /come-in/organisation/{said}", "organisation " + said, func(s *tour) { s.open("/come-in/organisation/" + said) }})
	}
	newTour(t, w.App, "visitor of the organisation", seen).begin(t, stops)
	for _, pattern := range w.App.Site.Patterns() {
		if strings.HasPrefix(pattern, "GET ") && strings.Contains(pattern, "organisation") && !seen.has(pattern) {
			t.Errorf("%s is a page that nobody visits: add it here", pattern)
		}
	}
}

// TestOrganisationInBrowser: Sam comes in with the organisation's sign-in, which is another website. A browser goes there and
// back with our cookies as they are, with and without script, and keeps nothing of it in its address.
func TestOrganisationInBrowser(t *testing.T) {
	w, p, _ := withOrganisation(t)
	for _, script := range []bool{true, false} {
		s := newScreen(t, w.URL, look{width: 360, script: script})
		s.watch.away = p.Issuer
		sam := &person{browser: s, t: t, name: "Sam"}
		sam.open("/come-in")
		sam.tapWords("Come in with " + openid.Name)
		s.do("going on", s.click(`main form[action="/come-in/organisation"] button`))
		s.waits(p.Issuer + "login/")
		for _, typed := range [][2]string{{"username", "sam"}, {"password", openid.Password}} {
			s.do("typing", s.click(`input[name="`+typed[0]+`"]`))
			tell(s, input.InsertText, input.InsertTextParams{Text: typed[1]})
		}
		s.do("signing in there", s.click(`button[type="submit"]`))
		s.waits(w.URL + "/worker")
		s.at = "/worker"
		s.read()
		sam.reads("People I walk with")
		s.load("opening one's own book", chromedp.Navigate(w.URL+"/me"))
		sam.reads("This page is not open to you.")
	}
}

// waits until the window is at an address that begins so; anything may be on the way there.
func (s *screen) waits(address string) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.ctx, patience)
	defer cancel()
	var at string
	for ctx.Err() == nil {
		var err error
		if at, err = chromedp.Run(ctx, chromedp.Location()); err == nil && strings.HasPrefix(at, address) {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	s.t.Fatalf("at %s, want %s", at, address)
}
