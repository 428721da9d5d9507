package house

import (
	"fmt"
	"go/ast"
	"regexp"
	"strings"
	"testing"

	"beside/internal/testkit/discreet"
)

var (
	titleOf = regexp.MustCompile(`(?s)\{\{define "title"\}\}(.*?)\{\{end\}\}\n`)
	anInput = regexp.MustCompile(`(?s)<(?:input|textarea)\b[^>]*>`)
	typeOf  = regexp.MustCompile(`\btype="([^"]*)"`)
	fillsOf = regexp.MustCompile(`\bautocomplete="([^"]*)"`)
	filled  = regexp.MustCompile(`\.FilledBy "([^"]*)"`)
	address = regexp.MustCompile(`^((GET|POST) )?/[a-z]`)
)

// revealing complains about titles and addresses that tell something about who holds the phone, and about fields that a
// browser would offer to the next who uses it.
func revealing(all tree, words map[string]string) []string {
	var out []string
	for _, f := range all.where(notTest, under("internal/web", "demo")) {
		if f.ast != nil {
			f.stringLiterals(func(n ast.Node, s string) {
				if why := discreet.InAddress(s); address.MatchString(s) && why != "" {
					out = append(out, fmt.Sprintf("%s: the address %s holds %s", f.at(n), s, why))
				}
			})
		}
		if !within(f.path, "internal/web/templates") {
			continue
		}
		for _, m := range titleOf.FindAllStringSubmatch(f.text, -1) {
			for _, q := range quoted.FindAllString(m[1], -1) {
				if why := discreet.InTitle(words[strings.Trim(q, "\"`")]); why != "" {
					out = append(out, fmt.Sprintf("%s: the title %q holds %s: give the page a neutral one beside its heading, such as those in titles.json", f.path, words[strings.Trim(q, "\"`")], why))
				}
			}
		}
		out = append(out, offering(f)...)
	}
	return out
}

// offering complains about the fields of one template.
func offering(f file) []string {
	var out []string
	for _, m := range filled.FindAllStringSubmatch(f.text, -1) {
		if !discreet.Fills("text", m[1]) && !discreet.Fills("password", m[1]) {
			out = append(out, fmt.Sprintf("%s: a browser may not keep %q: it would offer it to the next who uses the device", f.path, m[1]))
		}
	}
	for _, field := range anInput.FindAllString(f.text, -1) {
		kind := first(typeOf.FindStringSubmatch(field))
		fills := first(fillsOf.FindStringSubmatch(field))
		if kind == "hidden" || kind == "radio" || kind == "checkbox" || strings.HasPrefix(kind, "{{") || strings.HasPrefix(fills, "{{") {
			continue
		}
		if !discreet.Fills(kind, fills) {
			out = append(out, fmt.Sprintf("%s: a field has autocomplete=%q: %s", f.path, fills, field))
		}
	}
	return out
}

func first(m []string) string {
	if m == nil {
		return ""
	}
	return m[1]
}

func TestNothingIsToldOverTheShoulder(t *testing.T) {
	all := house(t)
	report(t, revealing(all, catalogue(t, all)))
}

func TestNothingIsToldOverTheShoulderComplains(t *testing.T) {
	expect(t, revealing(tree{
		{path: "internal/web/templates/a.html", text: "{{define \"title\"}}{{if .X}}{{t \"a.book\"}}{{else}}{{t \"a.fine\"}}{{end}}{{end}}\n"},
		{path: "internal/web/templates/b.html", text: `<input name="x"> <textarea autocomplete="off"></textarea> <input type="hidden"> {{(field .F "n" "a.b" "").FilledBy "email"}}`},
		sample(t, "internal/web/c.go", "package web; var a = `GET /recovery`; var b = `/worried`; var c = `/me/hard-times`; var d = `about gambling`"),
		sample(t, "internal/web/d_test.go", "package web; var a = `GET /rehab`"), // fine: a test
	}, map[string]string{"a.book": "My book", "a.fine": "Goals"}), `"My book"`, `"email"`, `autocomplete=""`, "recover", "hard-time")
}
