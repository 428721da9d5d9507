package ways_test

import (
	"cmp"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"beside/internal/clock"
	"beside/internal/testkit/ready"
	"beside/internal/testkit/world"
	"beside/internal/web/ways"
)

const secondPhrase = "a kettle sings by the old window"

// makesSecond has somebody make a second book, in their own.
func makesSecond(c *world.Client) {
	c.Get(ways.Phone)
	c.Send("main form", "secret_passphrase", secondPhrase, "read", "yes")
	c.Want(200, ways.Phone)
	c.Page.Says(".said", "There is a second book now.")
}

// comesBack closes what is open in a browser and comes in with a passphrase, on a device of their own.
func comesBack(c *world.Client, passphrase string) {
	c.Get("/leave")
	c.Send("main form")
	c.Get("/come-in")
	c.Send("main form", "words", c.Words, "secret_passphrase", passphrase, "own_device", "yes")
}

func writes(c *world.Client, strengths ...string) {
	for _, words := range strengths {
		c.Get("/me/strengths/new")
		c.Send("main form", "words", words)
	}
}

// TestSheIsMadeToOpenHerPhone goes the whole way with somebody who is watched at home: she makes a second book, puts something in
// it, is made to open it, looks at her own when that was, gives it another passphrase and ends it.
func TestSheIsMadeToOpenHerPhone(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w := world.New(t, where)
		mira := w.Join(t, "Mira")
		writes(mira, "I will leave him in spring")
		mira.Get("/me/ways")
		mira.Follow(`main a[href="` + ways.Phone + `"]`)
		mira.Page.Says("main", "ask you for the other passphrase")
		mira.Page.Says("main", "The people who run this computer could find out.")
		mira.Send("main form", "secret_passphrase", secondPhrase)
		mira.Want(422, ways.Phone) // she did not say that she read it
		mira.Send("main form", "secret_passphrase", world.Passphrase, "read", "yes")
		mira.Want(422, ways.Phone) // it is that of her own book
		makesSecond(mira)
		mira.Page.Says(".told", "Nobody came into it yet.")

		w.Clock.Step(clock.Hour)
		comesBack(mira, secondPhrase)
		mira.Want(200, "/me")
		mira.Page.Says("body", "Mira")
		writes(mira, "I bake bread")
		w.Clock.Step(clock.Day)

		comesBack(mira, secondPhrase) // he stands beside her
		mira.Want(200, "/me")
		for _, path := range []string{"/me", "/me/strengths", "/me/timeline", "/me/words", "/me/looked", "/me/ways/devices", ways.Happened, ways.Phone, "/me/erase", "/me/erase-book", "/me/sharing", "/join/kept"} {
			mira.Get(path)
			for _, telling := range []string{"in spring", "There is a second book", "second book too"} {
				if strings.Contains(string(mira.Body), telling) {
					t.Errorf("%s of the second book says %q", path, telling)
				}
			}
		}
		if got := mira.Page.One("main .words").Text(); got != mira.Words {
			t.Errorf("the second book says that its sign-in words are %q, want %q", got, mira.Words)
		}
		mira.Get(ways.Devices)
		mira.Page.Count("main article", 1)
		mira.Send(`form[action$="/all"]`) // he closes it everywhere

		comesBack(mira, world.Passphrase)
		mira.Want(200, "/me")
		mira.Get("/me/strengths").Says("main", "in spring")
		mira.Get(ways.Phone)
		mira.Page.Says(".told", "Somebody last came into it")

		mira.Send("form:has(input[value=change])", "secret_passphrase", "the ferry leaves before the herons")
		mira.Want(200, ways.Phone)
		comesBack(mira, secondPhrase)
		mira.Want(422, "/come-in")
		opensAs(mira, "the ferry leaves before the herons")
		mira.Want(200, "/me")
		mira.Get("/me/strengths").Says("main", "I bake bread")

		comesBack(mira, world.Passphrase)
		mira.Get("/me/ways/passphrase")
		mira.Send("main form", "secret_passphrase", "the ferry leaves before the herons")
		mira.Want(422, "/me/ways/passphrase") // else who knows that one would come into her own

		other := w.Visitor(t)
		other.Words = mira.Words
		opensAs(other, "the ferry leaves before the herons") // two at once
		other.Want(200, "/me")
		mira.Get(ways.Phone)
		mira.Send("form:has(input[value=end])", "sure", "yes")
		mira.Want(200, ways.Phone)
		mira.Page.Says(".said", "erased for good")
		mira.Page.Has("form:has(input[value=make])")
		mira.Page.Says(".told", "is erased")
		other.Get("/me")
		other.Want(200, "/come-in")
		opensAs(other, "the ferry leaves before the herons")
		other.Want(422, "/come-in")
		mira.Get("/me/strengths").Says("main", "in spring")
	})
}

// opensAs comes in where nothing is open.
func opensAs(c *world.Client, passphrase string) {
	c.Get("/come-in")
	c.Send("main form", "words", c.Words, "secret_passphrase", passphrase, "own_device", "yes")
}

// TestErasingHerOwnErasesTheSecond: when she wants so, and not else.
func TestErasingHerOwnErasesTheSecond(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w := world.New(t, where)
		for _, also := range []bool{true, false} {
			erasesHerOwn(t, w, also)
		}
	})
}

func erasesHerOwn(t *testing.T, w *world.World, also bool) {
	t.Helper()
	mira := w.Join(t, "Mira")
	makesSecond(mira)
	mira.Get("/me/erase-book/today")
	fill := []string{"sure", "yes"}
	if also {
		fill = append(fill, "second", "yes")
	}
	mira.Send("main form", fill...)
	w.Settle(t)
	opensAs(mira, world.Passphrase)
	mira.Want(422, "/come-in")
	opensAs(mira, secondPhrase)
	mira.Want(200, "/me")
	w.Clock.Step(clock.Day)
	w.Settle(t)
	mira.Get("/me")
	if at, _, _ := strings.Cut(mira.Path, "?"); at != map[bool]string{true: "/come-in", false: "/me"}[also] {
		t.Errorf("a day after, with also %v, the second book answers from %s", also, at)
	}
}

// answer is all that somebody gets, without what differs by chance.
type answer struct {
	status     int
	path, body string
	header     map[string][]string
	cookies    []string
	statements []string
}

var fileName = regexp.MustCompile(`filename="[^"]*"`)

// copyByChance is the same in a copy, which holds hashes and signatures too.
var copyByChance = regexp.MustCompile(`[A-Za-z0-9_+/-]{6,}={0,2}`)

// inTheirOrder are the ways on offer, which stand in an order that is a book's own.
var inTheirOrder = regexp.MustCompile(`(?s)<label class="choice"[^>]*><input[^>]*name="way".*?</label>`)

var byChance = regexp.MustCompile(`[A-Za-z0-9_-]{20,}={0,2}`)

// pair is two people with a browser each, of whom only one has a second book; what both do is compared.
type pair struct {
	t      *testing.T
	worlds [2]*world.World
	who    [2]*world.Client
	// noRows has the rows of statements not be compared: of who comes in, how many there are of the words and of the device that
	// they name is told to nobody.
	noRows bool
}

func (p *pair) do(i int, act func(c *world.Client)) answer {
	c := p.who[i]
	seen := p.worlds[i].App.DB.Watch()
	act(c)
	a := answer{status: c.Status, path: p.plain(i, c.Path), body: p.plain(i, string(c.Body)), header: map[string][]string{}}
	for _, s := range seen() {
		rows := strings.Repeat("|", int(s.Rows))
		if p.noRows {
			rows = ""
		}
		a.statements = append(a.statements, s.Text+" "+rows)
	}
	slices.Sort(a.statements)
	for name, values := range c.Header {
		if name == "Date" || name == "Content-Length" {
			continue
		}
		for _, v := range values {
			a.header[name] = append(a.header[name], fileName.ReplaceAllString(p.plain(i, v), "…"))
		}
	}
	for _, k := range c.Cookies() {
		a.cookies = append(a.cookies, k.Name+"="+p.plain(i, k.Value))
	}
	slices.Sort(a.cookies)
	return a
}

// plain takes out of a text what differs by chance: ids, tokens, the gentle word and the port.
func (p *pair) plain(i int, text string) string {
	for _, r := range []string{p.worlds[i].URL, p.who[i].Words} {
		text = strings.ReplaceAll(text, r, "…")
	}
	if strings.HasPrefix(text, `{"format"`) || strings.Contains(text, `"format":"beside copy`) {
		return copyByChance.ReplaceAllString(text, "…")
	}
	return byChance.ReplaceAllString(inTheirOrder.ReplaceAllString(text, "…"), "…")
}

// both does the same in both browsers and compares what they get.
func (p *pair) both(what string, act func(c *world.Client)) (a answer) {
	p.t.Helper()
	a, b := p.do(0, act), p.do(1, act)
	for _, w := range p.worlds {
		w.Clock.Step(clock.Second)
	}
	switch {
	case a.status != b.status || a.path != b.path:
		p.t.Errorf("%s: %d from %s in the second book, %d from %s in one that is alone", what, a.status, a.path, b.status, b.path)
	case a.body != b.body:
		p.t.Errorf("%s: the page of the second book differs: %s", what, apart(a.body, b.body))
	case !maps.EqualFunc(a.header, b.header, slices.Equal):
		p.t.Errorf("%s: headers %v and %v", what, a.header, b.header)
	case !slices.Equal(a.cookies, b.cookies):
		p.t.Errorf("%s: cookies %v and %v", what, a.cookies, b.cookies)
	case !slices.Equal(a.statements, b.statements):
		p.t.Errorf("%s: statements of the second book and of one that is alone:\n%s", what, apart(strings.Join(a.statements, "\n"), strings.Join(b.statements, "\n")))
	}
	return a
}

// apart is where two texts begin to differ.
func apart(a, b string) string {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	from := max(0, n-100)
	return cut(a[from:]) + "\n  is not\n" + cut(b[from:])
}

func cut(s string) string { return s[:min(len(s), 300)] }

// newPair has Ana live in two worlds. In the first her book is a second one; in the other it is hers alone, and somebody else of
// her name wrote what stands there in the first.
func newPair(t *testing.T, where [2]string) *pair {
	p := &pair{t: t, worlds: [2]*world.World{world.New(t, where[0]), world.New(t, where[1])}}
	first := p.worlds[0].Join(t, "Ana")
	writes(first, "I will leave him in spring")
	makesSecond(first)
	other := p.worlds[1].Join(t, "Ana")
	writes(other, "I will leave him in spring")
	p.who = [2]*world.Client{first, p.worlds[1].Join(t, "Ana")}
	p.who[1].Get("/me/ways/passphrase")
	for i, c := range p.who {
		p.worlds[i].Clock.Step(clock.Hour)
		c.Get("/leave")
		c.Send("main form")
	}
	return p
}

func (p *pair) phrase(c *world.Client) string {
	if c == p.who[0] {
		return secondPhrase
	}
	return world.Passphrase
}

// TestTheSecondBookIsLikeAnyOther walks every page there is, signed in to the second book of somebody, beside somebody who has only
// one: everything is the same to the letter, the header, the cookie and the rows of each statement. So is all that is done there.
func TestTheSecondBookIsLikeAnyOther(t *testing.T) {
	for engine, place := range map[string]func(testing.TB) string{"sqlite": ready.Folder, "postgres": ready.URL} {
		t.Run(engine, func(t *testing.T) { likeAnyOther(t, newPair(t, [2]string{place(t), place(t)})) })
	}
}

func likeAnyOther(t *testing.T, p *pair) {
	p.both("wrong passphrase", func(c *world.Client) { opensAs(c, "no such words were ever said here") })
	p.both("coming in", func(c *world.Client) { opensAs(c, p.phrase(c)) })
	p.both("a strength", func(c *world.Client) { writes(c, "I bake bread") })
	p.walk()
	p.both("looking after it", func(c *world.Client) {
		c.Get(ways.Phone)
		c.Send("main form", "secret_passphrase", "one more that nobody says aloud", "read", "yes")
	})
	p.both("making one there", func(c *world.Client) { c.Get(ways.Phone) })
	p.both("its passphrase", func(c *world.Client) {
		c.Get("/me/ways/passphrase")
		c.Send("main form", "secret_passphrase", "another way to say that it rains")
	})
	p.both("the one of the third", func(c *world.Client) {
		c.Get("/me/ways/passphrase")
		c.Send("main form", "secret_passphrase", "one more that nobody says aloud")
	})
	p.both("asking to erase it", func(c *world.Client) {
		c.Get("/me/erase-book")
		c.Send("main form", "sure", "yes")
	})
	p.walk()
	p.both("keeping it", func(c *world.Client) {
		c.Get("/me")
		c.Send(`form[action="/me/erase-book/keep"]`)
	})
	p.both("a copy of it", func(c *world.Client) {
		c.Get("/me/copy")
		c.Send("main form", "as", "page")
	})
	p.both("closing everywhere", func(c *world.Client) {
		c.Get(ways.Devices)
		c.Send(`form[action$="/all"]`)
	})
	p.noRows = true
	p.both("coming in once more", func(c *world.Client) { opensAs(c, "another way to say that it rains") })
	p.noRows = false
	p.both("devices", func(c *world.Client) { c.Get(ways.Devices) })
	p.both("guessing", func(c *world.Client) {
		c.Get("/leave")
		c.Send("main form")
		for range 12 {
			opensAs(c, "a guess that is not right at all")
		}
	})
	for _, w := range p.worlds {
		w.Clock.Step(clock.Hour)
	}
	p.both("coming in after that", func(c *world.Client) { opensAs(c, "another way to say that it rains") })
	p.both("erasing it", func(c *world.Client) {
		p.worlds[slices.Index(p.who[:], c)].Clock.Step(clock.Day)
		comesBack(c, "another way to say that it rains")
		c.Get("/me/erase-book/today")
		c.Send("main form", "sure", "yes")
	})
	p.noRows = true
	p.both("coming in when it is gone", func(c *world.Client) { opensAs(c, "another way to say that it rains") })
	opensAs(p.who[0], world.Passphrase)
	p.who[0].Get("/me/strengths").Says("main", "in spring") // her own stands as it stood
}

// unlike are pages that differ between any two installations, or close what is open.
var unlike = []string{"/log", "/exit"}

// walk follows all links from all pages.
func (p *pair) walk() {
	p.t.Helper()
	var todo [][2]string
	seen := map[string]bool{}
	add := func(a, b string) {
		if key := p.plain(0, a); !seen[key] && strings.HasPrefix(a, "/") && !slices.Contains(unlike, a) && p.plain(0, a) == p.plain(1, b) {
			seen[key] = true
			todo = append(todo, [2]string{a, b})
		}
	}
	for _, pattern := range p.worlds[0].App.Site.Patterns() {
		if path, is := strings.CutPrefix(pattern, "GET "); is && !strings.Contains(path, "{") {
			add(path, path)
		}
	}
	for n := 0; n < len(todo); n++ {
		at := todo[n]
		links := [2][]string{}
		p.both(at[0], func(c *world.Client) {
			i := slices.Index(p.who[:], c)
			c.Get(at[i])
			if strings.HasPrefix(c.Header.Get("Content-Type"), "text/html") {
				for _, a := range c.Page.All("a[href]") {
					href, _ := a.Attr("href")
					if u, err := url.Parse(href); err == nil && u.Host == "" {
						links[i] = append(links[i], cmp.Or(u.Path, "/"))
					}
				}
			}
		})
		for i := range min(len(links[0]), len(links[1])) {
			add(links[0][i], links[1][i])
		}
	}
	if len(todo) < 60 {
		p.t.Errorf("only %d pages were seen", len(todo))
	}
	p.t.Logf("%d pages", len(todo))
}
