package house

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"maps"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// reach says where a word may not stand. Each reach holds those before it.
type reach int

const (
	screens reach = iota // what a person reads: catalogues and templates
	schema               // and tables, columns and form fields
	code                 // and the names and texts of Go, where the word has no technical sense
)

// judging are the words that speak about a person as a thing to be handled, judged or scored (mission S0.1, S4.8; the
// design's "Words on screen"). It is about our words: what a person writes is theirs.
var judging = []struct {
	re    *regexp.Regexp
	reach reach
	say   string
}{
	{words(`patients?`), code, "person"},
	{words(`clients?`), schema, "person"},
	{words(`cases?`, `caseloads?`), schema, "person, or what happened"},
	{words(`users?`), screens, "person, or name who acts"},
	{words(`peers?`), screens, "the worker's own title, such as peer specialist"},
	{words(`compliance`, `compliant`, `non-?complian(t|ce)`, `adherence`, `adherent`), code, "nothing: nobody owes it"},
	{words(`diagnos(is|es|tic|e|ed)`, `symptom(s|atic)?`, `severity`, `prognosis`), code, "the person's own words"},
	{words(`risk scores?`, `risk levels?`), code, "nothing: nobody is scored"},
	{words(`scores?`, `scored`, `scoring`), schema, "nothing: nobody is scored"},
	{words(`relaps(e|es|ed|ing)`), code, "things slipped"},
	{words(`addict(s|ed|ion|ions|ive)?`, `abusers?`, `substance abuse`), code, "what makes it harder, or the person's own words"},
	{words(`clean`, `dirty`), schema, "the fact itself, such as not using, or washed"},
	{words(`segregated`, `special populations?`), code, "who is meant"},
	{words(`discharged?`), schema, "ended, by whom"},
	{words(`streaks?`), code, "nothing: nobody is counted"},
	{words(`badges?`, `ranks?`, `ranking`, `ranked`, `leaderboards?`), schema, "nothing: nobody is ranked"},
}

// innocent are phrases in which such a word means something else.
var innocent = regexp.MustCompile(`(?i)\b((just )?in case|in (that|any|this) case|peer (workers?|support|specialists?))\b`)

func words(alternatives ...string) *regexp.Regexp {
	return regexp.MustCompile(`(?i)\b(` + strings.Join(alternatives, "|") + `)\b`)
}

var (
	camel     = regexp.MustCompile(`([a-z0-9])([A-Z])`)
	separator = strings.NewReplacer("_", " ")
)

// judged returns what is wrong with a text at a place of the given reach: the words, and what to say.
func judged(text string, at reach) []string {
	plain := separator.Replace(camel.ReplaceAllString(text, "$1 $2"))
	plain = innocent.ReplaceAllString(plain, "")
	var out []string
	for _, w := range judging {
		if m := w.re.FindString(plain); m != "" && w.reach >= at {
			out = append(out, fmt.Sprintf("%q is not a word of the house; say %s", m, w.say))
		}
	}
	return out
}

// judgements complains about judging words in schema files, catalogues, templates, form fields, and Go.
func judgements(all tree) []string {
	var out []string
	for _, f := range all.where(notTest, notUnder("house", "docs", "tools", "tests")) {
		var found []string
		switch {
		case f.ast != nil:
			found = judgedGo(f)
		case path.Ext(f.path) == ".sql":
			found = judged(f.text, schema)
		case within(f.path, "internal/web/templates"):
			found = judged(f.text, screens)
		case within(f.path, "internal/lang/catalogues"):
			found = judged(f.text, screens)
		}
		for _, c := range found {
			out = append(out, f.path+": "+c)
		}
	}
	return out
}

// judgedGo looks at the names and texts of a Go file, not at its comments, and at form fields named in struct tags.
func judgedGo(f file) []string {
	var out []string
	add := func(n ast.Node, text string, at reach) {
		for _, c := range judged(text, at) {
			out = append(out, strings.TrimPrefix(f.at(n), f.path+":")+": "+c)
		}
	}
	ast.Inspect(f.ast, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.Ident:
			add(n, n.Name, code)
		case *ast.Field:
			if n.Tag != nil {
				tag, _ := strconv.Unquote(n.Tag.Value)
				add(n, reflect.StructTag(tag).Get("form"), schema)
			}
		}
		return true
	})
	f.stringLiterals(func(n ast.Node, s string) { add(n, s, code) })
	return out
}

func TestNoJudgingWords(t *testing.T) {
	report(t, judgements(house(t)))
}

func TestNoJudgingWordsComplains(t *testing.T) {
	expect(t, judgements(tree{
		{path: "internal/store/schema/9.sql", text: "CREATE TABLE person (risk_score {INT}, made_at {INT})"},
		{path: "internal/store/schema/8.sql", text: "CREATE TABLE client (id {BYTES})"},
		{path: "internal/store/schema/7.sql", text: "CREATE TABLE person (user_chosen {TEXT}, peer {BYTES})"}, // fine: no screen
		{path: "internal/lang/catalogues/en/a.json", text: `{"a": "Your case is closed"}`},
		{path: "internal/lang/catalogues/en/b.json", text: `{"b": "Take it along, just in case. A peer worker is near."}`}, // fine
		{path: "internal/lang/catalogues/en/c.json", text: `{"c": "Your peer is near"}`},
		{path: "internal/web/templates/a.html", text: `<input name="symptoms">`},
		{path: "internal/web/templates/b.html", text: `<p class="badge">`},
		sample(t, "internal/a/a.go", "package a; type Form struct { Words string `form:\"dirty\"` }"),
		sample(t, "internal/a/b.go", "package a; type Diagnosis struct{}; var client http.Client"),
		sample(t, "internal/a/c.go", "package a; var s = `days of NonCompliance: a streak`"),
		sample(t, "internal/a/d.go", "package a // no diagnosis, no risk score: see the mission"), // fine: a comment
	}),
		"risk score", "score", `"client"`, `"case"`, `"peer"`, `"symptoms"`, `"badge"`, `1: "dirty"`, `1: "Diagnosis"`,
		"Compliance", "streak")
}

// catalogue returns the keys and texts of the base language, joined from its files. Package lang has checked them.
func catalogue(t *testing.T, all tree) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, f := range all.where(under("internal/lang/catalogues/en")) {
		var top map[string]any
		if err := json.Unmarshal([]byte(f.text), &top); err != nil {
			t.Fatalf("%s: %v", f.path, err)
		}
		flatten("", top, out)
	}
	return out
}

// pluralForms are the categories by which package lang knows a text with plural forms.
var pluralForms = []string{"zero", "one", "two", "few", "many", "other"}

func flatten(prefix string, v any, out map[string]string) {
	group, ok := v.(map[string]any)
	if !ok {
		out[prefix], _ = v.(string)
		return
	}
	if other, ok := group["other"].(string); ok && plural(group) && prefix != "" {
		out[prefix] = other
		return
	}
	for name, member := range group {
		flatten(strings.TrimPrefix(prefix+"."+name, "."), member, out)
	}
}

func plural(group map[string]any) bool {
	for name := range group {
		if !slices.Contains(pluralForms, name) {
			return false
		}
	}
	return true
}

var (
	// aKey is a text that may be a key of the catalogues.
	aKey = regexp.MustCompile(`^[a-z0-9_]+(\.[a-z0-9_]+)+$`)
	// aBeginning is the constant part of keys that are put together, "strength.domain." or "strength.domain.%s".
	aBeginning = regexp.MustCompile(`^([a-z0-9_]+\.)+(%[sdv])?$`)
	// fileNames look like keys and are none.
	fileNames = regexp.MustCompile(`\.(html|css|js|ts|json|svg|png|sql|txt|db|key|md|go|webmanifest|localhost)$`)
	action    = regexp.MustCompile(`(?s)\{\{.*?\}\}`)
	quoted    = regexp.MustCompile("\"(?:[^\"\\\\]|\\\\.)*\"|`[^`]*`")
)

// mention is a text in code or in a template that may be a key.
type mention struct{ at, text string }

// mentions returns every text that stands where a key could.
func mentions(all tree) []mention {
	var out []mention
	for _, f := range all.where(notTest, notUnder("house", "tools")) {
		if f.ast != nil {
			f.stringLiterals(func(n ast.Node, s string) { out = append(out, mention{f.at(n), s}) })
		}
		if within(f.path, "internal/web/templates") {
			for _, a := range action.FindAllString(f.text, -1) {
				for _, q := range quoted.FindAllString(a, -1) {
					out = append(out, mention{f.path, strings.Trim(q, "\"`")})
				}
			}
		}
	}
	return out
}

// wordless complains about keys that are used and not in the catalogues, and about keys that nobody uses. Keys put
// together while running are known by their beginning, which must end with a dot.
func wordless(found []mention, keys map[string]string) []string {
	groups, used := map[string]bool{}, map[string]bool{}
	for key := range keys {
		groups[firstPart(key)] = true
	}
	var out, beginnings []string
	for _, m := range found {
		_, exists := keys[m.text]
		switch {
		case exists:
			used[m.text] = true
		case aBeginning.MatchString(m.text):
			beginnings = append(beginnings, m.text[:strings.LastIndex(m.text, ".")+1])
		case aKey.MatchString(m.text) && groups[firstPart(m.text)] && !fileNames.MatchString(m.text):
			out = append(out, fmt.Sprintf("%s: no words for %q in internal/lang/catalogues", m.at, m.text))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		begun := slices.ContainsFunc(beginnings, func(b string) bool { return strings.HasPrefix(key, b) })
		if !used[key] && !begun {
			out = append(out, fmt.Sprintf("internal/lang/catalogues: nobody says %q", key))
		}
	}
	return out
}

func firstPart(key string) string { return key[:strings.IndexByte(key+".", '.')] }

func TestEveryKeyHasWords(t *testing.T) {
	all := house(t)
	report(t, wordless(mentions(all), catalogue(t, all)))
}

func TestEveryKeyHasWordsComplains(t *testing.T) {
	all := tree{
		{path: "internal/lang/catalogues/en/a.json", text: `{"a": {"used": "U", "unused": "N", "many": {"one": "1", "other": "2"},
			"of": {"home": "H", "work": "W"}}, "b.shown": "S"}`},
		sample(t, "internal/x/x.go", `package x; var s = p.T("a.used") + p.T("a.of."+d) + p.T("a.gone") + "a.html" + "other.thing"`),
		{path: "internal/web/templates/x.html", text: `{{if .X}}{{t "b.shown" "Name" .N}}{{end}} {{field .F "words" "a.many" "b.lost"}} a.unused`},
	}
	expect(t, wordless(mentions(all), catalogue(t, all)), `"a.gone"`, `"b.lost"`, `nobody says "a.unused"`)
}

// calls that take a key, with the place of that argument.
var keyCalls = map[string]int{"errs.New": 2, "p.T": 0, "p.Fill": 0}

// unknownKeys complains about keys whose very group is in no catalogue, in calls where it can be nothing but a key.
// (Elsewhere such a text may be anything; keys of known groups are seen by wordless.)
func unknownKeys(all tree, keys map[string]string) []string {
	groups := map[string]bool{}
	for key := range keys {
		groups[firstPart(key)] = true
	}
	var out []string
	for _, f := range all.where(isGo, notTest, notUnder("house")) {
		ast.Inspect(f.ast, func(n ast.Node) bool {
			c, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			i, known := keyCalls[callee(c)]
			if !known || i >= len(c.Args) {
				return true
			}
			l, ok := c.Args[i].(*ast.BasicLit)
			if !ok {
				return true
			}
			key, _ := strconv.Unquote(l.Value)
			if key != "" && !groups[firstPart(key)] {
				out = append(out, fmt.Sprintf("%s: no words for %q in internal/lang/catalogues", f.at(l), key))
			}
			return true
		})
	}
	return out
}

func TestErrorsHaveWords(t *testing.T) {
	all := house(t)
	report(t, unknownKeys(all, catalogue(t, all)))
}

func TestErrorsHaveWordsComplains(t *testing.T) {
	all := tree{sample(t, "internal/x/x.go", `package x
		var a = errs.New("x: do", errs.Busy, "no.such")
		var b = errs.New("x: do", errs.Busy, "")
		var c = errs.New("x: do", errs.Busy, "yes.such")`)}
	expect(t, unknownKeys(all, map[string]string{"yes.such": "Words"}), `2: no words for "no.such"`)
}
