package scenario

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"beside/demo"
	"beside/internal/account"
	"beside/internal/account/post"
	"beside/internal/app"
	"beside/internal/asking"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/media"
	"beside/internal/peer"
	"beside/internal/store"
	"beside/internal/testkit/discreet"
	"beside/internal/testkit/ready"
	"beside/internal/testkit/world"
)

var shots = flag.String("shots", "", "a folder in which to leave a picture of every page")

// The budgets, in bytes over the wire with all headers (design.md, "Doors").
const (
	firstView       = 60 << 10
	firstViewScript = 30 << 10
	laterPage       = 15 << 10
)

// stop is one page of a tour, and how somebody comes there.
type stop struct {
	pattern string // of the site's routes
	name    string // of its picture; the pattern's when empty
	walk    func(*tour)
}

// tour is somebody who visits pages, and looks at each as the rules want it.
type tour struct {
	*screen
	app  *app.App
	name string
	// visited are the patterns that were seen.
	visited *visited
}

// visited are patterns that several tours saw.
type visited struct{ patterns sync.Map }

func (v *visited) add(pattern string) { v.patterns.Store(pattern, true) }

func (v *visited) has(pattern string) bool {
	_, ok := v.patterns.Load(pattern)
	return ok
}

// at visits a path.
func at(pattern, path string) stop {
	return stop{pattern: pattern, walk: func(s *tour) { s.open(path) }}
}

// same visits a pattern that is a path.
func same(path string) stop { return at("GET "+path, path) }

// through opens a path and follows the first link that fits; named tells several pages of one pattern apart.
func through(pattern, name, path, selector string) stop {
	return stop{pattern: pattern, name: name, walk: func(s *tour) {
		s.open(path)
		s.follow(selector)
	}}
}

// sent opens a path and sends a form, for the page that answers it.
func sent(pattern, name, path, form string, fill ...string) stop {
	return stop{pattern: pattern, name: name, walk: func(s *tour) {
		s.open(path)
		s.send(form, fill...)
	}}
}

// visit goes to each stop and looks at it.
func (s *tour) visit(t *testing.T, stops ...stop) {
	for _, x := range stops {
		s.visited.add(x.pattern)
		if x.name == "" {
			x.name = strings.TrimPrefix(x.pattern, "GET ")
		}
		s.watch.taken()
		x.walk(s)
		if all, _ := s.watch.taken(); all > 2*laterPage || all > laterPage && !strings.Contains(x.name, " ") {
			t.Errorf("%s as %s came with %.0f bytes, more than %d", x.name, s.name, all, laterPage)
		}
		s.inspect(t, x.name)
	}
}

// inspect looks at the page that is shown: light and dark, and on the narrowest phone.
func (s *tour) inspect(t *testing.T, name string) {
	s.discreet(t, name)
	wide := s.look.width
	for _, dark := range []bool{false, true} {
		s.wear(look{width: wide, script: true, dark: dark})
		for _, finding := range s.findings() {
			t.Errorf("%s as %s, dark %v: %s", name, s.name, dark, finding)
		}
		s.picture(name)
	}
	s.wear(look{width: 320, script: true})
	s.fits()
	s.wear(look{width: 1280, script: true})
	s.picture(name)
	if *shots != "" {
		s.wear(look{width: 1280, script: true, dark: true})
		s.picture(name)
	}
	s.wear(look{width: wide, script: true})
}

// discreet makes sure that the page tells nothing over somebody's shoulder, and lets a browser keep nothing that was typed.
func (s *tour) discreet(t *testing.T, name string) {
	if why := discreet.InTitle(strings.TrimSuffix(s.now.One("title").Text(), " · Beside")); why != "" {
		t.Errorf("the title of %s as %s holds %s", name, s.name, why)
	}
	if why := discreet.InAddress(s.at); why != "" {
		t.Errorf("the address of %s as %s holds %s", name, s.name, why)
	}
	for _, f := range slices.Concat(s.now.All("input:not([type=hidden]):not([type=radio]):not([type=checkbox])"), s.now.All("textarea")) {
		kind, _ := f.Attr("type")
		fills, _ := f.Attr("autocomplete")
		if !discreet.Fills(kind, fills) {
			field, _ := f.Attr("name")
			t.Errorf("%s as %s: a browser may keep %q: autocomplete=%q", name, s.name, field, fills)
		}
	}
}

// picture leaves a picture of the page, when asked to.
func (s *tour) picture(name string) {
	if *shots == "" {
		return
	}
	shade := "light"
	if s.look.dark {
		shade = "dark"
	}
	png, err := chromedp.Run(s.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		s.t.Fatal(err)
	}
	file := fmt.Sprintf("%s %s %d %s.png", s.name, strings.NewReplacer("/", "_", "{$}", "").Replace(name), s.look.width, shade)
	if err := os.WriteFile(filepath.Join(*shots, strings.ReplaceAll(file, " ", "-")), png, 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// portrait leaves the picture that the README shows, when asked to.
func (s *tour) portrait() {
	if *shots == "" {
		return
	}
	s.open("/me")
	tell(s.screen, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: 360, Height: 990, DeviceScaleFactor: 1.5, Mobile: true})
	png, err := chromedp.Run(s.ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(filepath.Join(*shots, "home.png"), png, 0o600)
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

var axe = sync.OnceValues(func() (string, error) {
	b, err := os.ReadFile("../tests/axe/node_modules/axe-core/axe.min.js")
	if err != nil {
		return "", fmt.Errorf("no axe-core: run ./check tools, which installs it: %w", err)
	}
	return string(b), nil
})

// rules are all of axe-core, with the stricter contrast of 7:1, and targets of 44 px. In the dark only what is about
// colour is looked at again: the page is the same.
const rules = `(async only => {
	const more = {"color-contrast-enhanced": {enabled: true}, "target-size": {enabled: true}};
	const found = (await axe.run(document, only ? {resultTypes: ["violations"], runOnly: only} : {resultTypes: ["violations"], rules: more})).violations
		.flatMap(v => v.nodes.map(n => v.id + ": " + n.target.join(" ") + ": " + n.any.concat(n.all, n.none).map(c => c.message).join(" ")));
	for (const e of document.querySelectorAll("button, a.button, a.leave, .rows a, summary, label.choice, input:not([type=hidden]):not([type=radio]):not([type=checkbox]), textarea")) {
		const r = e.getBoundingClientRect();
		if (r.height > 0 && (r.height < 43.5 || r.width < 43.5)) found.push("target: " + e.outerHTML.slice(0, 90) + " is " + r.width + " by " + r.height);
	}
	return found;
})`

const (
	allRules    = `(null)`
	colourRules = `(["color-contrast", "color-contrast-enhanced", "link-in-text-block"])`
)

// findings is what is wrong with the page that is shown.
func (s *screen) findings() []string {
	s.t.Helper()
	source, err := axe()
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(s.ctx, patience)
	defer cancel()
	loaded, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("'axe' in window"))
	if err == nil && !loaded {
		_, err = chromedp.Run(ctx, chromedp.Evaluate[chromedp.Void](source))
	}
	if err != nil {
		s.t.Fatalf("axe at %s: %v", s.at, err)
	}
	which := allRules
	if s.look.dark {
		which = colourRules
	}
	found, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](rules+which, chromedp.EvalAwaitPromise))
	if err != nil {
		s.t.Fatalf("axe at %s: %v", s.at, err)
	}
	return found
}

// newTour is somebody at a phone; a session is put into their window.
func newTour(t *testing.T, a *app.App, name string, seen *visited) *tour {
	t.Helper()
	return &tour{screen: newScreen(t, a.Config.PublicURL, look{width: 360, script: true}), app: a, name: name, visited: seen}
}

func (s *tour) signIn(t *testing.T, who id.Person, hat book.Hat) {
	t.Helper()
	in, err := s.app.Accounts.Open(t.Context(), account.Opening{Person: who, Hat: hat, Way: account.WayDemo, Where: account.Where{Own: true}})
	if err != nil {
		t.Fatal(err)
	}
	tell(s.screen, network.SetCookie, network.SetCookieParams{Name: "beside", Value: in.Secret, URL: s.base, SameSite: network.CookieSameSiteLax})
}

// openDemo serves the sample community, whose pages are filled.
func openDemo(t *testing.T) (*app.App, map[string]demo.Player) {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	a, cast, _, err := demo.Open(t.Context(), demo.Config{
		Dir: filepath.Join(t.TempDir(), "demo"), Addr: server.Listener.Addr().String(), Seed: 1, Clock: clock.System(),
	})
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = a.Handler()
	server.Start()
	t.Cleanup(func() {
		server.Close()
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	people := map[string]demo.Player{}
	for _, p := range cast {
		people[strings.Fields(p.About)[0]] = p
	}
	return a, people
}

// TestEveryPage visits every page there is, filled and empty, and wants to find nothing wrong with any. A page that is
// mounted and not visited fails the test. The tours go side by side.
func TestEveryPage(t *testing.T) {
	seen := new(visited)
	full, people := openDemo(t)
	saidDied(t, full, people["Grace"].Person, people["Yusuf"].Name)
	asksWhy(t, full, people["Yusuf"], people["Grace"], book.HatTeam)
	asksWhy(t, full, people["Mira"], people["Sam"], book.HatWorker)
	endsRules(t, full, people["Grace"], people["Ines"])
	letsWrite(t, full, people["Mira"], people["Sam"])
	t.Run("all", func(t *testing.T) {
		aside := func(name string, tour func(*testing.T)) {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				tour(t)
			})
		}
		for _, who := range []struct {
			name  string
			stops []stop
		}{{"Mira", slices.Concat(ownPages, reachPages)}, {"Yusuf", append(ownPages[:8:8], same("/here"), same("/me/looked"))}, {"Jo", firstPages}, {"Hana", askedPages}, {"Sam", workerPages}, {"Grace", teamPages}} {
			aside(who.name, func(t *testing.T) { visitFilled(t, full, people, who.name, who.stops, seen) })
		}
		aside("visitor", func(t *testing.T) {
			gone := at("GET /erased/{erasing}", "/erased/"+erasedWhole(t, full).String())
			newTour(t, full, "visitor", seen).begin(t, slices.Concat(publicPages, galleryPages(), []stop{gone}))
		})
		aside("empty", func(t *testing.T) { visitEmpty(t, seen) })
		aside("passkeys", func(t *testing.T) { passkeyPages(t, seen) })
		aside("lost", func(t *testing.T) { visitLost(t, seen) })
		aside("near", func(t *testing.T) { visitNear(t, seen) })
		aside("out", func(t *testing.T) { visitOut(t, seen) })
		aside("review", func(t *testing.T) { visitReview(t, seen) })
		aside("papers", func(t *testing.T) { visitPapers(t, seen) })
		aside("organisation", func(t *testing.T) { organisationPages(t, seen) })
	})
	for _, pattern := range full.Site.Patterns() {
		if strings.HasPrefix(pattern, "GET ") && !seen.has(pattern) {
			t.Errorf("%s is a page that nobody visits: add it to scenario/every_page_test.go", pattern)
		}
	}
}

// saidDied has one of the team say that somebody has died.
func saidDied(t *testing.T, full *app.App, by id.Person, name string) {
	t.Helper()
	team := grant.Subject{Person: by, Hat: book.HatTeam}
	found, _, err := full.Endings.Find(t.Context(), team, name)
	if err == nil && len(found) != 1 {
		t.Fatalf("%d people are called %s", len(found), name)
	}
	if err == nil {
		_, err = full.Endings.Say(t.Context(), team, found[0].Book)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// endsRules has two of the team end each rule of the centre.
func endsRules(t *testing.T, full *app.App, team ...demo.Player) {
	t.Helper()
	all, err := full.Rules.Standing(t.Context())
	for _, r := range all {
		for _, p := range team {
			if err == nil {
				_, err = full.Rules.End(t.Context(), grant.Subject{Person: p.Person, Hat: book.HatTeam}, r.ID)
			}
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}

// letsWrite has somebody let the worker who walks with them write for them, who writes a goal.
func letsWrite(t *testing.T, full *app.App, owner, worker demo.Player) {
	t.Helper()
	ctx, self := t.Context(), grant.Subject{Person: owner.Person, Hat: book.HatSelf}
	var b id.Book
	err := full.DB.View(ctx, func(tx *store.Tx) error { return tx.Row(`SELECT id FROM book WHERE owner = $1`, owner.Person).Scan(&b) })
	if err != nil {
		t.Fatal(err)
	}
	with, err := full.Peers.Companions(ctx, self, b)
	for _, c := range with {
		if err == nil && c.Profile.Person == worker.Person {
			err = full.Peers.Choose(ctx, self, b, peer.Choice{Entry: id.New[id.Entry](full.IDs), Worker: worker.Person,
				Sections: book.Givable(), Acts: []book.Section{book.SectionGoals}, Until: c.Until})
		}
	}
	if err == nil {
		err = full.Peers.WriteFor(ctx, grant.Subject{Person: worker.Person, Hat: book.HatWorker}, b, id.New[id.Entry](full.IDs), id.Item{}, id.Entry{},
			&book.Goal{Words: book.NewText("A morning at the sea")})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// writing leads to the form for something new, or for other words, in the first book in which there is one.
func writing(link string) func(*tour) {
	return func(s *tour) {
		s.open("/worker")
		for _, row := range s.now.All(`main .rows a[href*="/people/"]`) {
			href, _ := row.Attr("href")
			s.open(href)
			if len(s.now.All(link)) > 0 {
				s.follow(link)
				return
			}
		}
		s.t.Fatal("there is nobody to write for")
	}
}

// asksWhy has somebody ask why another looked, who answers, and ask once more.
func asksWhy(t *testing.T, full *app.App, owner, reader demo.Player, hat book.Hat) {
	t.Helper()
	ctx, self := t.Context(), grant.Subject{Person: owner.Person, Hat: book.HatSelf}
	var b id.Book
	err := full.DB.View(ctx, func(tx *store.Tx) error { return tx.Row(`SELECT id FROM book WHERE owner = $1`, owner.Person).Scan(&b) })
	if err != nil {
		t.Fatal(err)
	}
	asked, words := map[id.Look]bool{}, []string{"I was asleep by then. I would like to know.", ""}
	for n, tries := 0, 0; n < len(words) && tries < 3; tries++ {
		looks, err := full.Keeper.Looks(ctx, self, b, 0, 200)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range looks {
			if n == len(words) || l.Reader != reader.Person || l.Hat != hat || asked[l.ID] {
				continue
			}
			asked[l.ID] = true
			err := full.Asking.Ask(ctx, self, b, asking.Query{Entry: id.New[id.Entry](full.IDs), Look: l.ID, Words: book.NewText(words[n])})
			if err != nil {
				t.Fatal(err)
			}
			if n++; n < len(words) {
				answersWhy(t, full, grant.Subject{Person: reader.Person, Hat: hat})
			}
		}
		if hat == book.HatWorker {
			if _, err := full.Keeper.Names(ctx, grant.Subject{Person: reader.Person, Hat: hat}); err != nil {
				t.Fatal(err)
			}
		} else {
			saidDied(t, full, reader.Person, owner.Name)
		}
	}
	if len(asked) < len(words) {
		t.Fatalf("%s was asked %d times", reader.Name, len(asked))
	}
}

func answersWhy(t *testing.T, full *app.App, who grant.Subject) {
	t.Helper()
	waiting, err := full.Asking.Waiting(t.Context(), who)
	if err == nil && len(waiting) == 0 {
		t.Fatal("no question waits")
	}
	slices.SortFunc(waiting, func(a, b asking.Asked) int { return cmp.Compare(b.AskedAt, a.AskedAt) }) // there is one in the demo already
	if err == nil {
		err = full.Asking.Answer(t.Context(), who, waiting[0].ID, id.New[id.Entry](full.IDs), book.NewText("We had a walk planned, and I wanted to know where you like to go."))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// visitFilled goes through the pages of somebody in the demo.
func visitFilled(t *testing.T, full *app.App, people map[string]demo.Player, name string, stops []stop, seen *visited) {
	s := newTour(t, full, name, seen)
	p, ok := people[name]
	if !ok {
		t.Fatalf("nobody in the demo is called %s", name)
	}
	s.signIn(t, p.Person, p.Hat)
	s.begin(t, stops)
	if name == "Mira" {
		s.portrait()
	}
}

// visitEmpty goes through pages on which nothing stands yet.
func visitEmpty(t *testing.T, seen *visited) {
	w := world.New(t, ready.Folder(t))
	team := w.Team(t)
	for _, who := range []struct {
		c     *world.Client
		stops []stop
	}{{team, emptyTeam}, {w.Join(t, "Ana"), emptyPages}, {workerWithoutProfile(t, w, team), emptyWorker}} {
		s := newTour(t, w.App, "empty "+who.c.Name, seen)
		tell(s.screen, network.SetCookie, network.SetCookieParams{Name: "beside", Value: who.c.Cookie("beside"), URL: s.base})
		s.begin(t, who.stops)
	}
}

// begin is a tour that begins with the weight of its first page.
func (s *tour) begin(t *testing.T, stops []stop) {
	s.watch.taken()
	stops[0].walk(s)
	if all, scripts := s.watch.taken(); all > firstView || scripts > firstViewScript {
		t.Errorf("the first view of %s is %.0f bytes with %.0f of script", s.name, all, scripts)
	}
	s.visit(t, stops...)
}

// workerWithoutProfile has just accepted an invitation.
func workerWithoutProfile(t *testing.T, w *world.World, team *world.Client) *world.Client {
	t.Helper()
	sam := w.Join(t, "Sam")
	team.Get("/team")
	team.Send(`form:has(input[value="worker"])`)
	_, token, _ := strings.Cut(team.Page.One("main .typed").Text(), "/invitation/")
	sam.Get("/invitation/" + token)
	sam.Send("main form")
	sam.Wear("worker")
	if sam.Status != http.StatusOK {
		t.Fatalf("Sam is at %s: %d", sam.Path, sam.Status)
	}
	return sam
}

// ownPages are the pages of a book that is lived in.
var ownPages = []stop{
	same("/me"),
	same("/me/words"),
	same("/me/strengths"),
	same("/me/goals"),
	same("/me/waiting"),
	same("/me/timeline"),
	same("/me/erase"),
	same("/me/erase-book"),
	same("/me/erase-book/today"),
	sent("GET /me/erase-book", "erase book asked", "/me/erase-book", "main form", "sure", "yes"),
	same("/me"),
	sent("GET /me", "erase book kept", "/me", "main .ending form"),
	through("GET /me/erase/{item}", "erase one", "/me/erase", `main a[href^="/me/erase/"]`),
	{"GET /me/erased/{erasing}", "erased one", func(s *tour) {
		s.open("/me/erase")
		s.follow(`section:has(#g-4) a[href^="/me/erase/"]`)
		s.send(`main form`, "sure", "yes")
	}},
	same("/me/after"),
	same("/me/looked"),
	through("GET /me/looked/{look}/why", "ask why", "/me/looked", `main a[href*="/why"]`),
	same("/me/sharing"),
	same("/me/about"),
	same("/me/strengths/new"),
	same("/me/goals/new"),
	same("/me/made/new"),
	{"GET /me/made", "shelf", func(s *tour) {
		s.open("/me/made/new")
		s.send(`form[action="/me/made/new"]`, "words", "A chair that stands again, after a week with glue")
	}},
	through("GET /me/made/{item}", "made one", "/me/made", ".shelf a:has(img)"),
	{"GET /me/made/{item}/small", "made small", func(s *tour) {
		s.open("/me/made")
		s.follow(".shelf a:has(img)")
		if wide := evaluate[int](s.screen, `document.querySelector(".made img").decode().then(() => document.querySelector(".made img").naturalWidth)`); wide != media.SmallSide {
			s.t.Errorf("what was made is %d wide", wide)
		}
	}},
	{"GET /me/made/{item}/photo", "made large", func(s *tour) {
		s.open("/me/made")
		s.follow(".shelf a:has(img)")
		const large = `fetch(document.querySelector(".made a").href, {method: "HEAD"}).then(r => r.ok ? +r.headers.get("Content-Length") : 0)` // whoever taps it wants its bytes
		if n := evaluate[int](s.screen, large); n < 10_000 {
			s.t.Errorf("what was made has %d bytes where it is large", n)
		}
	}},
	same("/me/circle"),
	same("/me/circle/new"),
	through("GET /me/circle/{item}", "somebody around her", "/me/circle", `main a[href^="/me/circle/0"]`),
	same("/me/paths"),
	at("GET /me/paths/new", "/me/paths/new"),
	through("GET /me/paths/{item}", "a way of hers", "/me/paths", `main a[href^="/me/paths/0"]`),
	same("/me/today"),
	same("/me/world"),
	at("GET /me/world/{domain}", "/me/world/people"),
	at("GET /me/world/{domain}", "/me/world/open"),
	same("/me/notes/new"),
	{"GET /me/notes/{item}", "a worry", func(s *tour) {
		s.open("/me/notes/new?from=people")
		s.send(`form[action="/me/notes/new"]`, "words", "The letter from the bank")
		s.follow(`main a[href^="/me/notes/0"]`)
	}},
	sent("GET /me/notes/new", "note refused", "/me/notes/new", `form[action="/me/notes/new"]`, "words", ""),
	through("GET /me/timeline", "timeline further back", "/me/timeline", `main a[href^="/me/timeline?"]`),
	through("GET /me/strengths/{item}", "strength", "/me/strengths", "main .rows a"),
	through("GET /me/goals/{item}", "goal", "/me/goals", "main .rows a"),
	{"GET /me/goals/{item}/change", "goal to change", func(s *tour) {
		s.open("/me/goals")
		s.follow("main .rows a")
		s.follow(`main a[href$="/change"]`)
	}},
	{"GET /me/steps/{item}", "step", func(s *tour) {
		s.open("/me/goals")
		s.follow("main .rows a")
		s.follow(`main .steps a`)
	}},
	through("GET /me/waiting/{entry}", "suggestion", "/me/waiting", `main a[href^="/me/waiting/"]`),
	{"GET /me/waiting/{entry}/change", "suggestion to change", func(s *tour) {
		s.open("/me/waiting")
		s.follow(`main a[href^="/me/waiting/"]`)
		s.send(`form:has(button[value="change"])`, "answer", "change")
	}},
	{"GET /me/strengths", "strength put away", func(s *tour) {
		s.open("/me/strengths")
		s.follow("main .rows a")
		s.send(`form[action$="/away"]`)
	}},
	sent("GET /me/goals/new", "goal refused", "/me/goals/new", `form[action="/me/goals/new"]`, "words", ""),
	same("/me/workers"),
	at("GET /me/roles/{role}", "/me/roles/workers"),
	sent("POST /me/roles/{role}", "what all workers would see", "/me/roles/workers", "main form", "sections", "words"),
	through("GET /me/workers/{person}", "own worker", "/me/workers", "main article.settled a"),
	through("GET /me/workers/{person}", "other worker", "/me/workers", "main article.person a"),
	{"GET /me/workers/{person}/know", "knows their worker", func(s *tour) {
		s.open("/me/workers")
		s.follow("main article.settled a")
		s.follow(`main a[href$="/know"]`)
	}},
	{"GET /me/ties", "ties", func(s *tour) {
		s.open("/me/workers")
		s.follow("main article.person a")
		s.follow(`main a[href$="/know"]`)
		s.send("main form", "bond", "other", "words", "from the choir")
	}},
	{"GET /me/workers/{person}", "known worker", func(s *tour) {
		s.open("/me/workers")
		s.follow("main article.person:has(.told) a")
	}},
	same("/hat"),
	same("/leave"),
	same("/join/kept"),
	same("/me/ways"),
	same("/me/ways/devices"),
	through("GET /me/ways/devices/{device}", "device", "/me/ways/devices", "main article a"),
	same("/me/ways/happened"),
	same("/me/ways/passphrase"),
	same("/me/ways/phone"),
	same("/me/copy"),
	same("/me/leave-here"),
	same("/again"),
	same("/me/holders"),
	same("/me/holders/new"),
	sent("POST /me/holders/new", "partner asked about", "/me/holders/new", "main form", "label", "Jo", "are", "partner"),
	sent("POST /me/holders/new", "holder asked", "/me/holders/new", "main form", "label", "my sister", "are", "relative"),
	{"GET /helping/{token}", "asked to help", func(s *tour) {
		s.open("/me/holders/new")
		s.send("main form", "label", "Robin from the garden", "are", "friend")
		link := s.now.One("main .typed").Text()
		s.open(link[strings.Index(link, "/helping/"):])
	}},
	{"GET /me/holders", "holders asked", func(s *tour) { s.open("/me/holders") }},
	same("/me/helping"),
	same("/me/helping/new"),
	same("/me/helping/code"),
	sent("GET /me/helping/code", "code refused", "/me/helping/code", "main form", "code", "K7Q2-M9XD"),
	same("/me/near"),
	same("/me/near/new"),
	sent("POST /me/near/new", "partner near asked about", "/me/near/new", "main form", "label", "Jo", "are", "partner"),
	sent("POST /me/near/new", "near asked", "/me/near/new", "main form", "label", "my sister", "are", "relative"),
	{"GET /near/{token}", "asked if known", func(s *tour) {
		s.open("/me/near/new")
		s.send("main form", "label", "Robin from the garden", "are", "friend")
		link := s.now.One("main .typed").Text()
		s.open(link[strings.Index(link, "/near/"):])
	}},
	same("/me/near/code"),
	sent("GET /me/near/code", "near code refused", "/me/near/code", "main form", "code", "K7Q2-M9XD", "note", "Robin", "self", "Ana"),
	{"GET /me/near", "people near asked", func(s *tour) { s.open("/me/near") }},
	same("/me/ways/asked"),
	same("/me/pin"),
	same("/me/card"),
	same("/me/card/pin"),
	sent("GET /me/pin", "pin refused", "/me/pin", `form[action="/me/pin"]`, "secret_mark1", "sun", "secret_mark2", "tree"),
	sent("GET /me/pin", "pin kept", "/me/pin", `form[action="/me/pin"]`, "secret_pin", "640275"),
	{"GET /me/pin", "pin set", func(s *tour) { s.open("/me/pin") }},
	sent("POST /me/card", "card made", "/me/card", `form[action="/me/card"]`),
	{"GET /me/card", "card there", func(s *tour) { s.open("/me/card") }},
}

// reachPages are where a person may be reached; askedPages those of somebody who is asked whether it is still safe.
var (
	reachPages = []stop{
		same("/me/reach"),
		same("/me/reach/new"),
		at("GET /me/reach/before", "/me/reach/before"),
		through("GET /me/reach/{item}", "address", "/me/reach", `main article a[href^="/me/reach/"]`),
		{"GET /me/reach/{item}/code", "code for an address", func(s *tour) {
			s.open("/me/reach")
			s.follow(`main article:last-of-type a.quiet[href^="/me/reach/"]`)
			s.open(s.at + "/code")
		}},
		sent("GET /me/reach/new", "address refused", "/me/reach/new", `form[action="/me/reach/new"]`, "address", "nowhere", "from", "25"),
	}
	askedPages = []stop{same("/me"), same("/me/reach")}
)

// firstPages are for somebody who has just come.
var firstPages = []stop{
	same("/me"),
	same("/me/workers"),
	through("GET /me/workers/{person}", "first worker", "/me/workers", "main article.person a"),
	at("GET /invitation/{token}", "/invitation/abc"),
}

var workerPages = []stop{
	same("/worker"),
	same("/worker/profile"),
	through("GET /worker/people/{book}", "person", "/worker", `main .rows a[href*="/people/"]`),
	{"GET /worker/people/{book}/together", "say yes together", together},
	{"GET /worker/people/{book}/suggest/{kind}", "suggest strength", suggesting("strength")},
	{"GET /worker/people/{book}/suggest/{kind}", "suggest goal", suggesting("goal")},
	{"GET /worker/people/{book}/suggest/{kind}", "suggest step", suggesting("step")},
	{"GET /worker/people/{book}/suggest/{kind}", "goal without strength", func(s *tour) {
		suggesting("goal")(s)
		s.send("main form", "words", "Rest more")
	}},
	{"GET /worker/people/{book}/write/{kind}", "write a goal", writing(`main a[href$="/write/goal"]`)},
	{"GET /worker/people/{book}/write/{kind}", "write a step", writing(`main a[href$="/write/step"]`)},
	{"GET /worker/people/{book}/write/{kind}/{item}", "other words for a goal", writing(`main a[href*="/write/goal/"]`)},
	{"GET /worker/people/{book}/report", "had to report", func(s *tour) {
		s.open("/worker")
		s.follow(`main .rows a[href*="/people/"]`)
		s.follow(`main a[href$="/report"]`)
	}},
	{"GET /worker/people/{book}/know", "knows the person", func(s *tour) {
		s.open("/worker")
		s.follow(`main .rows a[href*="/people/"]`)
		s.follow(`main a[href$="/know"]`)
	}},
	through("GET /worker/why/{question}", "asked why", "/worker", "#whys ~ .rows a"),
	{"GET /worker/why/{question}", "no answer typed", func(s *tour) {
		s.open("/worker")
		s.follow("#whys ~ .rows a")
		s.send("main form", "words", " ")
	}},
	at("GET /worker/people/{book}", "/worker/people/01900000-0000-7000-8000-00000000abcd"),
	same("/hat"),
}

// together leads to what waits for the first person for whom something does.
func together(s *tour) {
	s.open("/worker")
	for _, row := range s.now.All(`main .rows a[href*="/people/"]`) {
		href, _ := row.Attr("href")
		s.open(href)
		if len(s.now.All(`main a[href$="/together"]`)) > 0 {
			s.follow(`main a[href$="/together"]`)
			return
		}
	}
	s.t.Fatal("nothing waits for anybody")
}

func suggesting(kind string) func(*tour) {
	return func(s *tour) {
		s.open("/worker")
		s.follow(`main .rows a[href*="/people/"]`)
		s.follow(`main a[href$="/suggest/` + kind + `"]`)
	}
}

var teamPages = []stop{
	same("/team"),
	through("GET /team/roles/{role}/end", "end a role", "/team", `main a[href$="/end"]`),
	same("/rules"),
	same("/team/duties"),
	sent("POST /team/duties", "a role", "/team/duties", `form[action="/team/duties"]`, "name", "the evening line"),
	same("/team/rules"),
	sent("POST /team/rules", "rule refused", "/team/rules", `form[action="/team/rules"]`, "closes", "1", "section", "strengths"),
	{pattern: "GET /team/rules/{rule}/end", name: "end a rule", walk: func(s *tour) {
		s.open("/team/rules")
		s.send(`form[action="/team/rules"]`, "closes", "3", "section", "goals", "words", "We talk about it first.", "from", "30")
		s.follow(`main article a[href$="/end"]`)
	}},
	same("/team/desk"),
	sent("GET /team/desk", "desk refused", "/team/desk", "main form", "code", "K7Q2-M9XD"),
	through("GET /team/why/{question}", "asked why", "/team", "#whys ~ .rows a"),
	same("/team/endings"),
	same("/team/died"),
	sent("POST /team/died/find", "nobody found who died", "/team/died", `form[action="/team/died/find"]`, "name", "Zoltan"),
	same("/team/papers"),
	same("/team/papers/new"),
	sent("POST /team/papers/new", "a paper without words", "/team/papers/new", "main form", "from", " "),
	sent("GET /team/papers/{demand}", "a paper that came", "/team/papers/new", "main form", "kind", "request", "from", "Hill and Hill, lawyers", "reference", "12 B 7", "asks", "All records"),
	{"GET /team/papers/{demand}", "an order that came", func(s *tour) {
		s.open("/team/papers/new")
		s.send("main form", "kind", "order", "from", "The court in Hill Street", "reference", "99 D 3", "asks", "Goals in February")
	}},
	{"POST /team/papers/{demand}/find", "nobody found for an order", func(s *tour) {
		s.open("/team/papers/new")
		s.send("main form", "kind", "order", "from", "The court in Hill Street", "reference", "99 D 4", "asks", "Goals in February")
		s.send(`form[action$="/find"]`, "name", "Zoltan")
	}},
	{"GET /team/papers/{demand}/letter", "a letter to answer with", func(s *tour) {
		s.open("/team/papers/new")
		s.send("main form", "kind", "other", "from", "The court in Hill Street", "reference", "7 A 1", "asks", "All records")
		s.follow(`main a[href$="/letter"]`)
	}},
	sent("POST /team/invite", "invitation made", "/team", `form:has(input[value="worker"])`),
	{"GET /invitation/{token}", "invitation", func(s *tour) {
		s.open("/team")
		s.send(`form:has(input[value="team"])`)
		link := s.now.One("main .typed").Text()
		s.open(link[strings.Index(link, "/invitation/"):])
	}},
}

var publicPages = []stop{
	at("GET /{$}", "/"),
	same("/look"),
	sent("POST /look", "looking", "/look", `form[action="/look"]`, "matters", "My sister, and the sea.", "strong", "I listen.", "wish", "One calm morning."),
	{"POST /join/with", "joining with words", func(s *tour) {
		s.open("/look")
		s.send(`form[action="/look"]`, "matters", "My sister, and the sea.")
		s.send(`form[action="/join"]`)
		s.inspect(s.t.(*testing.T), "talk with words")
		s.send(`form[action="/join/with"]`)
	}},
	same("/worried"),
	same("/private"),
	same("/private/held"),
	same("/log"),
	same("/join"),
	same("/join/you"),
	sent("GET /join/you", "join refused", "/join/you", `form[action="/join/you"]`, "name", "Ana"),
	same("/come-in"),
	same("/come-in/card"),
	sent("GET /come-in/card", "card not known", "/come-in/card", `form[action="/come-in/card"]`, "code", "000 000 000 000 000 000", "secret_pin", "640275"),
	sent("GET /come-in", "not known", "/come-in", `form[action="/come-in"]`, "words", "ana lantern", "secret_passphrase", passphrase),
	same("/come-in/lost"),
	same("/come-in/lost/people"),
	same("/come-in/lost/desk"),
	same("/come-in/lost/paper"),
	sent("GET /come-in/lost/paper", "slip refused", "/come-in/lost/paper", "main form", "slip", "abc"),
	sent("GET /come-in/lost/asked", "", "/come-in/lost/people", "main form", "words", "ana lantern"),
	sent("GET /come-in/lost/asked", "asked at the desk", "/come-in/lost/desk", "main form"),
	same("/prove/team"),
	sent("GET /prove/team/asked", "", "/prove/team", "main form", "words", "ana lantern"),
	{"GET /{$}", "nowhere", func(s *tour) { s.open("/nowhere") }},
	same("/come-in/code"),
	sent("GET /come-in/code/enter", "code by e-mail", "/come-in/code", `form[action="/come-in/code"]`, "address", "nobody@example.org"),
	sent("GET /come-in/code/enter", "code by text", "/come-in/code", `form[action="/come-in/code"]`, "address", "(202) 555-0143"),
	same(demo.StepIn),
	{"GET " + demo.Post, "what was sent", func(s *tour) {
		l := post.Letter{Key: id.New[id.Promise](s.app.IDs), To: "ana@example.org", Subject: "Your code", Text: "Your code is 1234 5678. It works for 10 minutes."}
		if _, err := s.app.Config.Mail.Send(s.t.Context(), l); err != nil {
			s.t.Fatal(err)
		}
		s.open(demo.Post)
	}},
}

// galleryPages are the parts of the look, and every page for what goes wrong.
func galleryPages() []stop {
	stops := []stop{same("/gallery"), sent("GET /gallery", "gallery refused", "/gallery", "main form", "name", "")}
	for _, kind := range []string{"internal", "invalid", "not-open", "changed", "already-kept", "busy", "too-large", "too-often"} {
		stops = append(stops, stop{"GET /gallery/trouble/{kind}", "trouble " + kind, func(s *tour) { s.open("/gallery/trouble/" + kind) }})
	}
	return stops
}

// emptyPages are those of a book in which nothing is written.
var emptyPages = []stop{
	same("/me"), same("/me/words"), same("/me/strengths"), same("/me/strengths/new"), same("/me/made"), same("/me/made/new"), same("/me/circle"), same("/me/paths"), same("/me/goals"), same("/me/goals/new"),
	same("/me/waiting"), same("/me/timeline"), same("/me/looked"), same("/me/days"), same("/me/sharing"), same("/me/about"), same("/me/workers"), same("/me/reach"), same("/me/ties"),
	same("/join/kept"), same("/leave"),
}

var emptyWorker = []stop{same("/worker"), same("/worker/profile"), sent("GET /worker/profile", "profile refused", "/worker/profile", `form[action="/worker/profile"]`, "name", "")}

var emptyTeam = []stop{same("/team")}
