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
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"beside/demo"
	"beside/internal/account"
	"beside/internal/app"
	"beside/internal/attending"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/journey"
	"beside/internal/legal"
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
	if len(cast.Wearing(book.HatSelf)) < 12 || len(cast.Wearing(book.HatWorker)) != 2 || len(cast.Wearing(book.HatTeam)) != 3 || len(cast.Wearing(book.HatReviewer)) != 1 {
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
	homes := map[book.Hat]string{book.HatSelf: "/me", book.HatWorker: "/worker", book.HatTeam: "/team", book.HatReviewer: "/review"}
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

// TestWhatIsLived holds that each part of giving, and of what a court asks, can be met as somebody of the demo.
func TestWhatIsLived(t *testing.T) {
	a, cast, _ := open(t, sharedDir(t), 1)
	defer shut(t, a)
	ctx := t.Context()
	named := func(name string) (demo.Player, grant.Subject, id.Book) {
		for _, p := range cast {
			if p.Name == name {
				who, b := bookOf(t, a, p)
				return p, who, b
			}
		}
		t.Fatalf("there is no %s", name)
		return demo.Player{}, grant.Subject{}, id.Book{}
	}
	wants := func(what string, holds bool, err error) {
		t.Helper()
		if err != nil || !holds {
			t.Errorf("%s: %v", what, err)
		}
	}

	_, mira, mirasBook := named("Mira")
	near, err := a.Peers.Near(ctx, mira, mirasBook)
	wants("a sister reads single things", len(near) == 1 && near[0].ReadOnly && len(near[0].Singles) == 2 && len(near[0].Sections) == 1, err)
	_, ana, anasBook := named("Ana")
	near, err = a.Peers.Near(ctx, ana, anasBook)
	wants("she took back what she gave", len(near) == 0, err)
	s, err := a.Peers.Person(ctx, ana, mirasBook)
	wants("she reads in Mira's book", s.Part(book.SectionGoals) && s.Part(book.SectionStrengths) && !s.Shows(book.SectionWords), err)

	_, siobhan, herBook := named("Siobhán")
	papers, err := a.Papers.Mine(ctx, siobhan, herBook)
	wants("a sheet was signed", len(papers) == 1 && papers[0].EnteredAt != 0, err)
	photo, err := a.Papers.Photo(ctx, siobhan, herBook, papers[0].ID)
	wants("with its photograph", len(photo) > 1000, err)

	grace, _, _ := named("Grace")
	team := grant.Subject{Person: grace.Person, Hat: book.HatTeam}
	rules, err := a.Rules.All(ctx, team)
	stand, ended := 0, 0
	for _, r := range rules {
		if r.EndedAt == 0 {
			stand++
		} else {
			ended++
		}
	}
	wants("one rule stands and one ended", stand == 1 && ended == 1, err)
	demands, err := a.Legal.All(ctx, team)
	kinds := map[legal.Kind]int{}
	for _, d := range demands {
		kinds[d.Kind]++
	}
	wants("papers of courts", kinds[legal.Request] == 1 && kinds[legal.Order] == 2, err)

	_, tomas, tomasBook := named("Tomás")
	ordered, err := a.Legal.Mine(ctx, tomas, tomasBook)
	wants("an order named days, and it is told", len(ordered) == 1, err)
	days, err := a.Attending.Mine(ctx, tomas, tomasBook)
	wants("days, one of them withdrawn", len(days) == 5 && slices.ContainsFunc(days, func(d attending.Attended) bool { return !d.Stands() }), err)

	_, ravi, ravisBook := named("Ravi")
	left, err := a.Outside.List(ctx, ravi, ravisBook)
	wants("a page left by himself, and two that he was handed", len(left) == 3, err)
	lasting, err := a.Outside.Lastings(ctx, ravi, ravisBook)
	wants("a yes that lasts", len(lasting) == 1 && lasting[0].Open(evening), err)

	for name, answered := range map[string]bool{"花 Hana": true, "Aroha": false} {
		_, who, b := named(name)
		looks, err := a.Keeper.Looks(ctx, who, b, 0, 500)
		var all []id.Look
		for _, l := range looks {
			all = append(all, l.ID)
		}
		wants(name+" looks", err == nil, err)
		asked, err := a.Asking.Questions(ctx, who, b, all...)
		wants(name+" asked why", len(asked) == 1, err)
		for _, q := range asked {
			wants(name+" was answered or was not", (q.AnsweredAt != 0) == answered, nil)
		}
	}

	_, yusuf, yusufsBook := named("يوسف")
	with, err := a.Peers.Companions(ctx, yusuf, yusufsBook)
	wants("Leila may write for Yusuf", len(with) == 1 && slices.Contains(with[0].Acts, book.SectionGoals), err)
	home, err := a.Journey.Home(ctx, journey.Me{Subject: yusuf, Book: yusufsBook})
	wants("what she wrote and he has not made his own yet", len(home.For) == 1, err)

	soon := 0
	for _, p := range cast {
		who, b := bookOf(t, a, p)
		with, err := a.Peers.Companions(ctx, who, b)
		wants(p.Name+" shares", true, err)
		for _, c := range with {
			if c.Until > evening && c.Until < evening+7*clock.Day {
				soon++
			}
		}
	}
	wants("what is given ends within the week", soon == 2, nil)
}

// TestWhatOneCanTry: each button leads to its page, as who is named on it.
func TestWhatOneCanTry(t *testing.T) {
	a, _, _ := open(t, sharedDir(t), 1)
	defer shut(t, a)
	s := httptest.NewServer(a.Handler())
	defer s.Close()
	c := s.Client()
	c.Jar, _ = cookiejar.New(nil)
	first, _ := get(t, c, s.URL+demo.StepIn)
	buttons := regexp.MustCompile(`name="try" value="(\d+)">As `).FindAllStringSubmatch(first, -1)
	if len(buttons) < 12 {
		t.Fatalf("there are %d things to try", len(buttons))
	}
	seen := map[string]bool{}
	for _, b := range buttons {
		body, _ := get(t, c, s.URL+demo.StepIn)
		form := url.Values{"try": {b[1]}}
		for _, m := range hidden.FindAllStringSubmatch(body, -1) {
			form.Set(m[1], m[2])
		}
		r, err := c.PostForm(s.URL+demo.StepIn, form)
		_, at := read(t, r, err)
		seen[at] = true
	}
	for _, path := range []string{"/me/sharing", "/shared", "/me", "/me/looked", "/me/out", "/me/days", "/team/papers", "/team/rules", "/me/ways/phone"} {
		if !seen[path] {
			t.Errorf("nothing to try leads to %s: %v", path, seen)
		}
	}
}
