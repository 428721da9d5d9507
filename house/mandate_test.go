package house

import (
	"go/ast"
	"path"
	"testing"
)

// mandated are the words under which somebody could keep that a person is here because they were told to (mission.md S3.H5).
var mandated = words(`mandat(e|es|ed|ory)`, `court[_ -]?ordered`, `probations?`, `paroles?`, `parolees?`)

// mandates complains about tables, names and texts of Go, and form fields in which a mandate could be kept. What is not kept changes no
// option, no tone and no permission, so that two worlds with and without it are one. Words on screen may name one: they are the same
// for everybody.
func mandates(all tree) []string {
	var out []string
	for _, f := range all.where(notTest, notUnder("house", "docs", "tools", "tests")) {
		said := ""
		switch {
		case path.Ext(f.path) == ".sql", within(f.path, "internal/web/templates"):
			said = mandated.FindString(plain(f.text))
		case f.ast != nil && !within(f.path, "internal/testkit/discreet"): // which keeps such words out of titles
			ast.Inspect(f.ast, func(n ast.Node) bool {
				if i, ok := n.(*ast.Ident); ok && said == "" {
					said = mandated.FindString(plain(i.Name))
				}
				return true
			})
			f.stringLiterals(func(_ ast.Node, s string) {
				if said == "" {
					said = mandated.FindString(plain(s))
				}
			})
		}
		if said != "" {
			out = append(out, f.path+": "+said+" is nothing that Beside keeps (docs/decisions/0021-giving-outside.md)")
		}
	}
	return out
}

// plain is a text with the names in it taken apart into words.
func plain(s string) string { return separator.Replace(camel.ReplaceAllString(s, "$1 $2")) }

func TestNobodyIsHereUnderAMandate(t *testing.T) {
	report(t, mandates(house(t)))
}

func TestNobodyIsHereUnderAMandateComplains(t *testing.T) {
	expect(t, mandates(tree{
		{path: "internal/store/schema/9.sql", text: "CREATE TABLE person (mandate_until {INT})"},
		{path: "internal/web/templates/a.html", text: `<input name="probation">`},
		sample(t, "internal/a/a.go", "package a; type Person struct { CourtOrdered bool }"),
		sample(t, "internal/a/b.go", "package a; const purpose = `parole`"),
		sample(t, "internal/a/c.go", "package a // no mandate: see the mission"),                                                  // fine: a comment
		{path: "internal/lang/catalogues/en/a.json", text: `{"a": "Does a court wait for this? You are under no mandate here."}`}, // fine: words for everybody
	}), "9.sql: mandate", "a.html: probation", "a.go: Court Ordered", "b.go: parole")
}
