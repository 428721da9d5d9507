// Package world is a whole Beside for a test: the real App on a database of its own, behind a real HTTP server on the
// loopback address, with a clock that moves only when told to. People walk through it with a [Client], which reads pages,
// fills in forms and follows links as a browser without script does. It is for tests only.
//
//	w := world.New(t, where)
//	ana, sam := w.Join(t, "Ana"), w.Worker(t, "Sam")
//	ana.Get("/me/goals/new")
//	ana.Send("main form", "words", "cook for my sister")
//	sam.Get("/worker").Says("main", "Ana")
package world

import (
	"context"
	"io"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"beside/internal/account"
	"beside/internal/app"
	"beside/internal/clock"
)

// Noon is when a world begins: Wednesday, 10 March 2027, 12:00 UTC.
const Noon = clock.Time(1804680000) * clock.Second

// Passphrase is what everybody here types.
const Passphrase = "nobody else would think of ferns"

// World is one installation.
type World struct {
	App   *app.App
	Clock *clock.Manual
	URL   string // without a slash at its end

	team *Client // the first of the team, once there is one
}

// Option changes the settings of a world.
type Option func(*app.Config)

// Logged has the log written to a place of the test's own. It must be safe for concurrent use.
func Logged(to io.Writer) Option {
	return func(c *app.Config) { c.Log = slog.New(slog.NewTextHandler(to, nil)) }
}

// Demo has every page say that the people are made up.
func Demo(c *app.Config) { c.Demo = true }

// AtLocalhost has people come by a name instead of a number, as passkeys want it.
func AtLocalhost(c *app.Config) {
	c.PublicURL = strings.Replace(c.PublicURL, "127.0.0.1", "localhost", 1)
}

// CheapHashing is hashing that takes a test no time.
var CheapHashing = account.Hashing{MemoryKiB: 64, Times: 1, AtOnce: 8}

// New starts a world over where: a folder, or the URL of an empty database (see package pgtest). It ends with the test.
func New(t testing.TB, where string, options ...Option) *World {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	w := &World{Clock: clock.NewManual(Noon), URL: "http://" + server.Listener.Addr().String()}
	keys := t.TempDir()
	c := app.Config{
		Database: where, Keyring: filepath.Join(keys, "keyring"), RootKey: filepath.Join(keys, "root.key"),
		PublicURL: w.URL, ExitURL: "https://weather.example/", CommunityName: "Elm House", Clock: w.Clock, Hashing: CheapHashing,
	}
	for _, o := range options {
		o(&c)
	}
	if strings.HasPrefix(c.PublicURL, "http://localhost:") {
		w.URL = c.PublicURL
	}
	var err error
	if w.App, err = app.New(t.Context(), c); err != nil {
		t.Fatalf("world: %v", err)
	}
	server.Config.Handler = w.App.Handler()
	server.Start()
	t.Cleanup(func() {
		server.Close()
		if err := w.App.Close(); err != nil {
			t.Errorf("world: closing: %v", err)
		}
	})
	return w
}

// Settle keeps every promise that is due.
func (w *World) Settle(t testing.TB) {
	t.Helper()
	for {
		n, err := w.App.Promises.Once(context.Background())
		if err != nil {
			t.Fatalf("world: settling: %v", err)
		}
		if n == 0 {
			return
		}
	}
}

// Visitor is somebody who is not signed in, with a browser of their own.
func (w *World) Visitor(t testing.TB) *Client { return newClient(t, w) }

// Join is somebody who came here for the first time, through the pages, and stands in their own book.
func (w *World) Join(t testing.TB, name string) *Client {
	t.Helper()
	c := newClient(t, w)
	c.join(name)
	return c
}

// join goes through joining on a device of their own, wherever it leads on to afterwards.
func (c *Client) join(name string) {
	c.t.Helper()
	c.Get("/join")
	c.Follow("main .do a.button:first-child")
	c.Send("main form", "name", name, "secret_passphrase", Passphrase, "contact", "no", "own_device", "yes")
	c.Want(200, "/join/kept")
	c.Name, c.Words = name, c.Page.One("main .words").Text()
	c.Follow("main .do a.button")
}

// Team is a member of the centre team, wearing that hat: the first comes by the link that serving prints, others are
// invited.
func (w *World) Team(t testing.TB) *Client {
	t.Helper()
	c := newClient(t, w)
	c.join("Toni")
	c.accept(w.link(t, "team"))
	c.Wear("team")
	if w.team == nil {
		w.team = c
	}
	return c
}

// Worker is somebody who walks with people: invited by the team, with a profile, wearing that hat.
func (w *World) Worker(t testing.TB, name string) *Client {
	t.Helper()
	c := newClient(t, w)
	c.join(name)
	c.accept(w.link(t, "worker"))
	c.Wear("worker")
	c.Get("/worker/profile")
	c.Send("main form", "name", name, "title", "recovery coach", "story", "I have been there.", "taking_more", "yes")
	c.Want(200, "/worker/profile")
	c.Get("/worker")
	return c
}

// link returns the path of a new invitation.
func (w *World) link(t testing.TB, hat string) string {
	t.Helper()
	if w.team == nil {
		if hat != "team" {
			w.team = w.Team(t)
		} else {
			link, err := w.App.FirstLink(t.Context())
			if err != nil || link == "" {
				t.Fatalf("world: the first link is %q, %v", link, err)
			}
			return strings.TrimPrefix(link, w.URL)
		}
	}
	w.team.Get("/team")
	w.team.Send("form:has(input[value="+hat+"])", "hat", hat)
	return strings.TrimPrefix(w.team.Page.One("main .lead").Text(), w.URL)
}

func (c *Client) accept(path string) {
	c.t.Helper()
	c.Get(path)
	c.Send("main form")
	c.Want(200, "/hat")
}

// Wear changes the hat: "self", "worker" or "team".
func (c *Client) Wear(hat string) {
	c.t.Helper()
	c.Get("/hat")
	c.Send("main form", "hat", hat)
}
