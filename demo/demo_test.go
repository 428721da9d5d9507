package demo_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"beside/demo"
	"beside/internal/account"
	"beside/internal/app"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/grant"
	"beside/internal/id"
)

// evening is when the communities of these tests are met.
var evening = clock.Of(time.Date(2026, 3, 31, 18, 0, 0, 0, time.UTC)) // two days after the clocks of Berlin went forward

// shared is a demo that was filled once for all tests that only look at it, or step in.
var shared = sync.OnceValues(func() (string, error) { return os.MkdirTemp("", "beside-demo-test") })

func TestMain(m *testing.M) {
	code := m.Run()
	if dir, err := shared(); err == nil {
		_ = os.RemoveAll(dir)
	}
	os.Exit(code)
}

// sharedDir is the folder of the shared demo.
func sharedDir(t *testing.T) string {
	t.Helper()
	dir, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "demo")
}

func open(t *testing.T, dir string, seed uint64) (*app.App, demo.Cast, bool) {
	t.Helper()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	a, cast, filled, err := demo.Open(t.Context(), demo.Config{Dir: dir, Addr: "127.0.0.1:0", PublicURL: "http://127.0.0.1", Seed: seed, TZ: berlin, Clock: clock.NewManual(evening)})
	if err != nil {
		t.Fatal(err)
	}
	return a, cast, filled
}

func shut(t *testing.T, a *app.App) {
	t.Helper()
	if err := a.Close(); err != nil {
		t.Error(err)
	}
}

// bookOf finds the own book of somebody of the cast.
func bookOf(t *testing.T, a *app.App, p demo.Player) (grant.Subject, id.Book) {
	t.Helper()
	in, err := a.Accounts.Open(t.Context(), account.Opening{Person: p.Person, Way: account.WayDemo})
	if err != nil {
		t.Fatal(err)
	}
	return grant.Subject{Person: p.Person, Hat: book.HatSelf}, in.Book
}

// told is all that one seed tells: every entry with its time, and where suggestions stand.
func told(t *testing.T, a *app.App, cast demo.Cast) (lines []string, states map[book.SuggestionState]int) {
	t.Helper()
	states = map[book.SuggestionState]int{}
	for _, p := range cast {
		who, b := bookOf(t, a, p)
		entries, err := a.Keeper.Timeline(t.Context(), who, b, 0, 1000)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			lines = append(lines, e.ID.String()+" "+string(e.Kind)+" "+e.RecordedAt.Std().String())
			if e.RecordedAt >= evening-18*clock.Hour || e.RecordedAt < evening-160*clock.Day {
				t.Errorf("%s: an entry of %s is not within five months until yesterday", p.Name, e.RecordedAt.Std())
			}
		}
		suggestions, err := a.Keeper.Suggestions(t.Context(), who, b)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range suggestions {
			states[s.State]++
		}
	}
	return lines, states
}

func TestCommunity(t *testing.T) {
	dir := sharedDir(t)
	a, cast, _ := open(t, dir, 1)
	first, states := told(t, a, cast)
	shut(t, a)
	if len(cast.Wearing(book.HatSelf)) < 12 || len(cast.Wearing(book.HatWorker)) != 2 || len(cast.Wearing(book.HatTeam)) != 3 {
		t.Errorf("there are %d people", len(cast))
	}
	for _, s := range []book.SuggestionState{book.Waiting, book.Accepted, book.Changed, book.Later, book.Declined} {
		if states[s] == 0 {
			t.Errorf("no suggestion is %s", s)
		}
	}

	a, again, filled := open(t, dir, 7) // the seed of what is there already does not matter
	kept, _ := told(t, a, again)
	shut(t, a)
	if filled || strings.Join(kept, "\n") != strings.Join(first, "\n") {
		t.Error("the second start did not find what the first had made")
	}

	a, cast, filled = open(t, filepath.Join(t.TempDir(), "demo"), 1)
	same, _ := told(t, a, cast)
	shut(t, a)
	if !filled || strings.Join(same, "\n") != strings.Join(first, "\n") {
		t.Error("the same seed told other stories")
	}
}

func TestSignInByThemselves(t *testing.T) {
	a, cast, _ := open(t, sharedDir(t), 1)
	defer shut(t, a)
	for range 2 { // the first time the passphrase is hashed anew
		who, err := a.Accounts.SignIn(t.Context(), account.SigningIn{Words: cast[2].SignIn, Passphrase: demo.Passphrase})
		if err != nil || who.Person != cast[2].Person {
			t.Errorf("%s cannot sign in: %v", cast[2].Name, err)
		}
	}
}

var hidden = regexp.MustCompile(`name="(token|entry)" value="([^"]*)"`)

// read reads the answer of a demo, and tells from where it came.
func read(t *testing.T, r *http.Response, err error) (body, at string) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", r.Request.URL, r.Status, err)
	}
	return string(b), r.Request.URL.Path
}

func get(t *testing.T, c *http.Client, address string) (body, at string) {
	t.Helper()
	r, err := c.Get(address)
	return read(t, r, err)
}

func TestStepIn(t *testing.T) {
	a, cast, _ := open(t, sharedDir(t), 1)
	defer shut(t, a)
	s := httptest.NewServer(a.Handler())
	defer s.Close()
	jar, _ := cookiejar.New(nil)
	c := s.Client()
	c.Jar = jar

	step := func(as string) (string, string) {
		body, _ := get(t, c, s.URL+demo.StepIn)
		form := url.Values{"as": {as}}
		for _, m := range hidden.FindAllStringSubmatch(body, -1) {
			form.Set(m[1], m[2])
		}
		r, err := c.PostForm(s.URL+demo.StepIn, form)
		return read(t, r, err)
	}
	homes := map[book.Hat]string{book.HatSelf: "/me", book.HatWorker: "/worker", book.HatTeam: "/team"}
	for _, p := range cast {
		body, at := step(p.Person.String())
		if at != homes[p.Hat] || !strings.Contains(body, demo.StepIn) {
			t.Errorf("as %s one comes to %s, want %s with the bar of the demo", p.Name, at, homes[p.Hat])
		}
	}
	if _, at := step("myself"); at != "/join" {
		t.Errorf("as oneself one comes to %s, want /join", at)
	}
	if _, at := get(t, c, s.URL+"/"); at != "/" {
		t.Errorf("somebody is still signed in: / leads to %s", at)
	}
}

func TestOtherFolder(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "letter.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, _, err := demo.Open(t.Context(), demo.Config{Dir: dir, Addr: "127.0.0.1:0", Clock: clock.NewManual(evening)})
	if !errors.Is(err, demo.ErrOtherFolder) {
		t.Errorf("a folder with something else in it: error %v", err)
	}
}

// A filling that is broken off leaves nothing behind that looks like a demo.
func TestBrokenOff(t *testing.T) {
	parent := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, _, err := demo.Open(ctx, demo.Config{Dir: filepath.Join(parent, "demo"), Addr: "127.0.0.1:0", PublicURL: "http://127.0.0.1", Clock: clock.NewManual(evening), TZ: time.UTC})
	left, _ := os.ReadDir(parent)
	if err == nil || len(left) > 0 {
		t.Errorf("error %v, and %d things are left", err, len(left))
	}
}
