package public_test

import (
	"strconv"
	"strings"
	"testing"

	"beside/internal/account/young"
	"beside/internal/app"
	"beside/internal/book"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/journey"
	"beside/internal/testkit/ready"
	"beside/internal/testkit/world"
)

// TestUnderEighteen: wherever it is, a young person is told what the law says, and no parent has a view of their book, not
// with the hat of a worker either.
func TestUnderEighteen(t *testing.T) {
	for _, place := range append(young.All(), young.Unknown) {
		t.Run("in "+place.Code, func(t *testing.T) {
			w := world.New(t, ready.Folder(t), func(c *app.Config) { c.Jurisdiction = place.Code })
			says := func(who *world.Client) {
				t.Helper()
				who.Page.Says("main", "No parent can look into it through Beside.")
				if place.Age != 0 {
					who.Page.Says("main", "In "+place.Name)
					who.Page.Says("main", strconv.Itoa(place.Age))
				} else {
					who.Page.Says("main", "we give no parent anything by ourselves")
				}
			}
			ana := w.Visitor(t)
			ana.Get("/private")
			says(ana)
			ana.Get("/join/you")
			ana.Send("main form", "name", "Ana", "secret_passphrase", world.Passphrase, "contact", "no", "own_device", "yes", "under_18", "yes")
			ana.Get("/me/about")
			says(ana)
			ana.Get("/me/words")
			ana.Send("main form", "words", "the old pier")
			s, err := w.App.Accounts.Session(t.Context(), ana.Cookie("beside"))
			if err != nil {
				t.Fatal(err)
			}

			parent := w.Worker(t, "Pat")
			for _, path := range []string{"/worker", "/worker/people/" + s.Book.String(), "/me"} {
				if parent.Get(path); strings.Contains(string(parent.Body), "the old pier") {
					t.Errorf("a parent reads it at %s", path)
				}
			}
			p, err := w.App.Accounts.Session(t.Context(), parent.Cookie("beside"))
			if err != nil {
				t.Fatal(err)
			}
			noView(t, w, p.Person, s.Book)
		})
	}
}

// noView: under no hat anything of the book can be read by somebody whom its owner gave nothing.
func noView(t *testing.T, w *world.World, who id.Person, b id.Book) {
	t.Helper()
	for _, hat := range []book.Hat{book.HatSelf, book.HatWorker, book.HatTeam} {
		_, err := w.App.Journey.Home(t.Context(), journey.Me{Subject: grant.Subject{Person: who, Hat: hat}, Book: b})
		if err == nil {
			t.Errorf("as %s the book opens", hat)
		}
	}
}

func TestAnUnknownPlaceIsToldAtTheStart(t *testing.T) {
	_, err := app.New(t.Context(), app.Config{Database: t.TempDir(), Jurisdiction: "us-zz", Addr: "127.0.0.1:0", PublicURL: "http://127.0.0.1:8080"})
	if err == nil || !strings.Contains(err.Error(), "us-ca") {
		t.Errorf("an unknown place: %v", err)
	}
}
