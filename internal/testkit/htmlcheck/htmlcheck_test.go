package htmlcheck

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

const sample = `<title>A page</title><form id="f"><input type="hidden" name="token" value="t"><input name="name" value="Ruth">
<input type="radio" name="pick" value="a"><input type="radio" name="pick" value="b" checked>
<textarea name="words">
 two
lines</textarea><button name="go" value="yes">Keep   this</button></form>`

// told collects what a check says, in place of a test that fails.
type told struct {
	testing.TB
	said []string
}

func (t *told) Helper()                   {}
func (t *told) Errorf(f string, a ...any) { t.said = append(t.said, fmt.Sprintf(f, a...)) }

func TestFormIsWhatABrowserSends(t *testing.T) {
	got := Parse(t, strings.NewReader(sample)).Form("#f")
	want := map[string][]string{"token": {"t"}, "name": {"Ruth"}, "pick": {"b"}, "words": {" two\nlines"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestChecksFailWhenTheyShould(t *testing.T) {
	for name, check := range map[string]func(*Page){
		"has":     func(p *Page) { p.Has("h1") },
		"has not": func(p *Page) { p.HasNot("button") },
		"count":   func(p *Page) { p.Count("input", 3) },
		"says":    func(p *Page) { p.Says("button", "Send") },
	} {
		rec := new(told)
		check(Parse(rec, strings.NewReader(sample)))
		if len(rec.said) != 1 {
			t.Errorf("%s: said %q, want one complaint", name, rec.said)
		}
	}
}

func TestChecksHold(t *testing.T) {
	p := Parse(t, strings.NewReader(sample))
	p.Has("button")
	p.HasNot("h1")
	p.Count("input", 4)
	p.Count("input[type=radio], textarea, h1", 3)
	p.Says("button", "Keep this")
}
