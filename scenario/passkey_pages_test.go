package scenario

import (
	"testing"

	"github.com/chromedp/cdproto/network"

	"beside/internal/testkit/phone"
	"beside/internal/testkit/ready"
	"beside/internal/testkit/world"
)

// passkeyPages visits the pages that there are only where passkeys are offered: somebody's who has none, somebody's who
// has one, a worker's who came in by passphrase, and a visitor's.
func passkeyPages(t *testing.T, seen *visited) {
	w := world.New(t, ready.Folder(t), world.AtLocalhost)
	sam := w.Worker(t, "Sam")
	sam.Wear("self")
	worker := newTour(t, w.App, "Sam with passkeys", seen)
	as := func(s *tour, c *world.Client) {
		tell(s.screen, network.SetCookie, network.SetCookieParams{Name: "beside", Value: c.Cookie("beside"), URL: w.URL})
	}
	as(worker, sam)
	worker.begin(t, []stop{
		{"GET /hat", "hat without passkey", func(s *tour) { s.open("/hat") }},
		{"GET /me/passkeys", "passkeys none", func(s *tour) { s.open("/me/passkeys") }},
		{"GET /prove", "prove can add", func(s *tour) { s.open("/prove") }},
	})
	sam.Get("/leave")
	sam.Send("main form", "where", "here")
	sam.Get("/come-in")
	sam.Send("main form", "words", sam.Words, "secret_passphrase", world.Passphrase)
	as(worker, sam)
	worker.begin(t, []stop{
		{"GET /prove", "prove none", func(s *tour) { s.open("/prove") }},
		{"GET /me/passkeys", "passkeys to prove first", func(s *tour) { s.open("/me/passkeys") }},
	})

	ana := w.Join(t, "Ana")
	ana.Get("/me/passkeys/new")
	asking, _ := ana.Page.One("main input[data-passkey]").Attr("data-passkey")
	ana.Send("main form", "name", "my phone", "answer", phone.New(w.URL).Makes(t, asking))
	own := newTour(t, w.App, "Ana with passkeys", seen)
	as(own, ana)
	own.begin(t, []stop{
		same("/me/passkeys"),
		same("/me/passkeys/new"),
		through("GET /me/passkeys/{passkey}", "passkey", "/me/passkeys", "main .rows a"),
		same("/prove"),
		{"GET /again", "again with passkey", func(s *tour) { s.open("/again") }},
		{"GET /me/ways", "ways with passkeys", func(s *tour) { s.open("/me/ways") }},
	})
	newTour(t, w.App, "visitor with passkeys", seen).begin(t, []stop{
		{"GET /come-in", "come in with passkeys", func(s *tour) { s.open("/come-in") }},
		same("/come-in/passkey"),
	})
}
