// Package htmlcheck looks at a page as a reader does: tests ask by CSS selector what stands there, instead of comparing
// markup that may change without anybody noticing on screen.
package htmlcheck

import (
	"io"
	"strings"
	"testing"

	"github.com/andybalholm/cascadia"
	"golang.org/x/net/html"
)

// Page is a parsed page. Its checks fail the test they were made for, and name the selector.
type Page struct {
	t    testing.TB
	root *html.Node
}

// Parse reads a page.
func Parse(t testing.TB, body io.Reader) *Page {
	t.Helper()
	root, err := html.Parse(body)
	if err != nil {
		t.Fatalf("htmlcheck: %v", err)
	}
	return &Page{t, root}
}

// All returns every element that fits the selector, as a page of its own each.
func (p *Page) All(selector string) []*Page {
	p.t.Helper()
	s, err := cascadia.ParseGroup(selector)
	if err != nil {
		p.t.Fatalf("htmlcheck: selector %q: %v", selector, err)
	}
	var out []*Page
	for _, n := range cascadia.QueryAll(p.root, s) {
		out = append(out, &Page{p.t, n})
	}
	return out
}

// One returns the only element that fits, and ends the test when there is none or there are several.
func (p *Page) One(selector string) *Page {
	p.t.Helper()
	all := p.All(selector)
	if len(all) != 1 {
		p.t.Fatalf("htmlcheck: %d elements are %q, want one", len(all), selector)
	}
	return all[0]
}

// Has fails unless at least one element fits.
func (p *Page) Has(selector string) {
	p.t.Helper()
	if len(p.All(selector)) == 0 {
		p.t.Errorf("htmlcheck: nothing is %q", selector)
	}
}

// HasNot fails when an element fits.
func (p *Page) HasNot(selector string) {
	p.t.Helper()
	if all := p.All(selector); len(all) > 0 {
		p.t.Errorf("htmlcheck: %d elements are %q, want none; the first says %q", len(all), selector, all[0].Text())
	}
}

// Count fails unless exactly n elements fit.
func (p *Page) Count(selector string, n int) {
	p.t.Helper()
	if got := len(p.All(selector)); got != n {
		p.t.Errorf("htmlcheck: %d elements are %q, want %d", got, selector, n)
	}
}

// Says fails unless the text of the only element that fits contains words, white space taken together.
func (p *Page) Says(selector, words string) {
	p.t.Helper()
	if got := p.One(selector).Text(); !strings.Contains(got, words) {
		p.t.Errorf("htmlcheck: %q says %q, want %q in it", selector, got, words)
	}
}

// Text returns the text within, white space taken together.
func (p *Page) Text() string { return strings.Join(strings.Fields(p.Raw()), " ") }

// Raw returns the text within exactly as it stands, for a person's own words.
func (p *Page) Raw() string {
	var b strings.Builder
	for n := range p.root.Descendants() {
		if n.Type == html.TextNode {
			b.WriteString(n.Data)
		}
	}
	return b.String()
}

// Attr returns an attribute's value, and whether it is there.
func (p *Page) Attr(name string) (string, bool) {
	for _, a := range p.root.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

// Tag returns the name of the element.
func (p *Page) Tag() string { return p.root.Data }

// Attrs returns all attributes of the element.
func (p *Page) Attrs() []html.Attribute { return p.root.Attr }

// Form returns the entries of the form that fits, as a browser would send them untouched: hidden and filled inputs,
// ticked boxes, text areas. Buttons are left out.
func (p *Page) Form(selector string) map[string][]string {
	p.t.Helper()
	out := map[string][]string{}
	f := p.One(selector)
	for _, in := range f.All("input[name]") {
		if in.sent() {
			in.into(out)
		}
	}
	for _, area := range f.All("textarea[name]") {
		name, _ := area.Attr("name")
		out[name] = append(out[name], area.Raw())
	}
	return out
}

func (p *Page) sent() bool {
	kind, _ := p.Attr("type")
	_, ticked := p.Attr("checked")
	return kind != "checkbox" && kind != "radio" || ticked
}

func (p *Page) into(out map[string][]string) {
	name, _ := p.Attr("name")
	value, _ := p.Attr("value")
	out[name] = append(out[name], value)
}
