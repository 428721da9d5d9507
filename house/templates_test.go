package house

import (
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/net/html"
)

// spoken are the attributes whose value a person reads or hears.
var spoken = []string{"title", "alt", "placeholder", "aria-label", "aria-description", "aria-roledescription", "aria-valuetext", "label", "summary"}

// unspoken are the elements whose text is no words.
var unspoken = []string{"script", "style"}

// loose complains about words in templates that stand in no catalogue: letters outside {{…}} in a text, or in an
// attribute that is read out.
func loose(all tree) []string {
	var out []string
	for _, f := range all {
		if path.Ext(f.path) == ".html" && within(f.path, "internal/web/templates") {
			for _, c := range looseIn(f.text) {
				out = append(out, f.path+": "+c)
			}
		}
	}
	return out
}

func looseIn(text string) []string {
	z := html.NewTokenizer(strings.NewReader(action.ReplaceAllString(text, "")))
	var out []string
	element := ""
	for {
		switch z.Next() {
		case html.ErrorToken:
			if !errors.Is(z.Err(), io.EOF) {
				out = append(out, z.Err().Error())
			}
			return out
		case html.TextToken:
			if !slices.Contains(unspoken, element) {
				out = append(out, looseText(string(z.Text()))...)
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			t := z.Token()
			element = t.Data
			out = append(out, looseAttributes(t)...)
		case html.EndTagToken:
			element = ""
		}
	}
}

// attribute is one as it is written; a template may hold nothing but some of them, to be used inside a tag.
var attribute = regexp.MustCompile(`([a-z-]+)="([^"]*)"`)

func looseText(s string) []string {
	var out []string
	for _, a := range attribute.FindAllStringSubmatch(s, -1) {
		if slices.Contains(spoken, a[1]) && hasLetters(a[2]) {
			out = append(out, fmt.Sprintf("%s stands in no catalogue", a[0]))
		}
	}
	if rest := strings.TrimSpace(attribute.ReplaceAllString(s, "")); hasLetters(rest) {
		out = append(out, fmt.Sprintf("%q stands in no catalogue", rest))
	}
	return out
}

func looseAttributes(t html.Token) []string {
	var out []string
	for _, a := range t.Attr {
		if hasLetters(a.Val) && (slices.Contains(spoken, a.Key) || a.Key == "value" && isButton(t)) {
			out = append(out, fmt.Sprintf("<%s %s=%q> stands in no catalogue", t.Data, a.Key, a.Val))
		}
	}
	return out
}

func isButton(t html.Token) bool {
	return t.Data == "input" && slices.ContainsFunc(t.Attr, func(a html.Attribute) bool {
		return a.Key == "type" && slices.Contains([]string{"submit", "button", "reset"}, a.Val)
	})
}

func hasLetters(s string) bool { return strings.ContainsFunc(s, unicode.IsLetter) }

func TestTemplatesHaveNoWords(t *testing.T) {
	report(t, loose(house(t)))
}

func TestTemplatesHaveNoWordsComplains(t *testing.T) {
	const text = `{{define "main"}}<h1 class="big" id="x">{{t "a.b"}} · 1</h1><p>Hello{{/* no
		words */}}</p>{{if eq .A "me"}}<img alt="A tree" src="x">{{end}}<input type="submit" value="Go"><input type="radio" value="yes">
		<script>var fine</script><button>{{if .B}}Keep{{else}}{{t "x.y"}}{{end}}</button>{{end}}
		{{define "attrs"}}{{if .Must}} aria-required="true" title="Needed"{{end}}{{end}}`
	expect(t, loose(tree{{path: "internal/web/templates/x.html", text: text}}), `"Hello"`, `alt="A tree"`, `value="Go"`, `"Keep"`,
		`title="Needed"`)
}

var (
	aComment = regexp.MustCompile(`(?s)/\*.*?\*/`)
	aClass   = regexp.MustCompile(`\.([a-z][a-z0-9-]*)`)
	// A template gives classes by class="…", package page by voice("…", text).
	givesClass = regexp.MustCompile(`class="((?:\{\{.*?\}\}|[^"{])*)"|voice\("([a-z]+)"`)
)

// unworn complains about classes of the style sheet that no template gives to an element and package page does not.
func unworn(all tree) []string {
	worn := map[string]bool{}
	for _, f := range all.where(notTest, under("internal/web/templates", "internal/web/page")) {
		for _, m := range givesClass.FindAllStringSubmatch(f.text, -1) {
			for _, class := range strings.Fields(action.ReplaceAllString(m[1], " ") + " " + m[2]) {
				worn[class] = true
			}
		}
	}
	var out []string
	for _, f := range all {
		if path.Ext(f.path) != ".css" {
			continue
		}
		seen := map[string]bool{}
		for _, m := range aClass.FindAllStringSubmatch(aComment.ReplaceAllString(f.text, ""), -1) {
			if !seen[m[1]] && !worn[m[1]] {
				out = append(out, fmt.Sprintf("%s: nothing has the class %s", f.path, m[1]))
			}
			seen[m[1]] = true
		}
	}
	return out
}

func TestEveryClassIsWorn(t *testing.T) {
	report(t, unworn(house(t)))
}

func TestEveryClassIsWornComplains(t *testing.T) {
	expect(t, unworn(tree{
		{path: "internal/web/assets/files/a.css", text: "/* .old */ .slip > .from { margin: .5rem } .lost, .lost:hover { }"},
		{path: "internal/web/templates/a.html", text: `<p class="{{if eq .X "x"}}{{end}} slip" id="lost"><b class="from">`},
	}), "the class lost")
}
