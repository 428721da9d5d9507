package scenario

import (
	"strings"
	"testing"

	"beside/internal/testkit/htmlcheck"
	"beside/internal/testkit/world"
)

// passphrase is what everybody in a story types.
const passphrase = "nobody else would think of ferns"

// browser is what somebody holds in their hands: over HTTP, or a real one.
type browser interface {
	// open types a path of ours into the address line.
	open(path string)
	// follow taps the link that fits the selector.
	follow(selector string)
	// send fills in the form that fits the selector with names and values in turn, and presses the button that is among
	// them, or else the form's first.
	send(form string, fill ...string)
	// page is what is on the screen.
	page() *htmlcheck.Page
	// path is where it is, without the query.
	path() string
}

// house is where a story is lived.
type house interface {
	// somebody is a person with a browser of their own.
	somebody(t *testing.T) browser
	// firstLink is the path that the program prints for the first of the centre team.
	firstLink(t *testing.T) string
	// interrupt pulls the plug and starts again, where that can be done.
	interrupt(t *testing.T)
}

// person is somebody in a story.
type person struct {
	browser
	t     *testing.T
	name  string
	words string // sign-in words
	taps  int    // links followed and forms sent since taps was last set to 0
}

func (p *person) tap(selector string) {
	p.t.Helper()
	p.taps++
	p.follow(selector)
}

func (p *person) keep(form string, fill ...string) {
	p.t.Helper()
	p.taps++
	p.send(form, fill...)
}

// tapWords taps the link that says the words.
func (p *person) tapWords(words string) {
	p.t.Helper()
	p.tap(p.linkThatSays(words))
}

// linkThatSays returns a selector of the link in the page that says the words.
func (p *person) linkThatSays(words string) string {
	p.t.Helper()
	for _, a := range p.page().All("main a") {
		if strings.Contains(a.Text(), words) {
			href, _ := a.Attr("href")
			return `main a[href="` + href + `"]`
		}
	}
	p.t.Fatalf("%s at %s: no link says %q; the page says: %s", p.name, p.path(), words, p.text())
	return ""
}

// text is what the page says.
func (p *person) text() string { return p.page().One("main").Text() }

// isAt fails the story unless p is there.
func (p *person) isAt(path string) {
	p.t.Helper()
	if p.path() != path {
		p.t.Fatalf("%s is at %s, not at %s; the page says: %s", p.name, p.path(), path, p.text())
	}
}

// reads fails unless the page says all of these.
func (p *person) reads(words ...string) {
	p.t.Helper()
	said := p.text()
	for _, w := range words {
		if !strings.Contains(said, w) {
			p.t.Errorf("%s at %s does not read %q; the page says: %s", p.name, p.path(), w, said)
		}
	}
}

// readsNothingOf fails if the page says any of these.
func (p *person) readsNothingOf(words ...string) {
	p.t.Helper()
	said := p.text()
	for _, w := range words {
		if strings.Contains(said, w) {
			p.t.Errorf("%s at %s reads %q; the page says: %s", p.name, p.path(), w, said)
		}
	}
}

// overHTTP is a browser that has no script and no screen.
type overHTTP struct{ c *world.Client }

func (b overHTTP) open(path string)                 { b.c.Get(path) }
func (b overHTTP) follow(selector string)           { b.c.Follow(selector) }
func (b overHTTP) send(form string, fill ...string) { b.c.Send(form, fill...) }
func (b overHTTP) page() *htmlcheck.Page            { return b.c.Page }

func (b overHTTP) path() string {
	path, _, _ := strings.Cut(b.c.Path, "?")
	return path
}
