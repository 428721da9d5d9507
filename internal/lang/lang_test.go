package lang

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/text/language"
)

func files(t testing.TB, texts map[string]string) *Catalogues {
	t.Helper()
	c, err := load(tree(texts))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func tree(texts map[string]string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for name, s := range texts {
		fsys[name] = &fstest.MapFile{Data: []byte(s)}
	}
	return fsys
}

func TestLoad(t *testing.T) {
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	if got := c.For("en").T("time.today"); got != "today" {
		t.Errorf("time.today = %q", got)
	}
}

// Every language must have the keys and placeholders of the base language.
func TestLanguagesAgree(t *testing.T) {
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range c.printers[1:] {
		for _, d := range differences(c.printers[0].texts, p.texts) {
			t.Errorf("%s: %s", p.tag, d)
		}
	}
}

func TestDifferences(t *testing.T) {
	from := map[string]text{"a": {"other": "Hello {{.Name}}"}, "b": {"other": "B"}, "same": {"other": "{{.N}}"}}
	other := map[string]text{"a": {"other": "Hallo {{.Nmae}}"}, "c": {"other": "C"}, "same": {"one": "x", "other": "{{.N}}"}}
	want := []string{"a: other placeholders", "b: missing", "c: not in the base language"}
	if got := differences(from, other); !slices.Equal(got, want) {
		t.Errorf("differences = %q, want %q", got, want)
	}
}

func TestForms(t *testing.T) {
	c := files(t, map[string]string{
		"en/home.json": `{ "home": { "title": "What matters", "deep": { "er": "Deeper" },
			"waiting": { "one": "One is waiting", "other": "{{.Count}} are waiting for {{.Name}}" } },
			"dotted.key": "Dots" }`,
		"en/me.json": `{ "me.hello": "Hello {{.Name}}, {{.Name}}" }`,
	})
	p := c.For()
	for _, x := range []struct {
		key  string
		args []any
		want string
	}{
		{"home.title", nil, "What matters"},
		{"home.deep.er", nil, "Deeper"},
		{"dotted.key", nil, "Dots"},
		{"me.hello", []any{"Name", "<Zoë>"}, "Hello <Zoë>, <Zoë>"},
		{"home.waiting", []any{"Count", 1, "Name", "Zoë"}, "One is waiting"},
		{"home.waiting", []any{"Count", 0, "Name", "Zoë"}, "0 are waiting for Zoë"},
		{"home.waiting", []any{"Count", 12, "Name", "Zoë"}, "12 are waiting for Zoë"},
		{"no.such", nil, "⟦no.such⟧"},
		{"home", nil, "⟦home⟧"},
		{"me.hello", nil, "⟦me.hello⟧"},
		{"me.hello", []any{"Name"}, "⟦me.hello⟧"},
		{"me.hello", []any{1, "Name"}, "⟦me.hello⟧"},
		{"me.hello", []any{"Nmae", "Zoë"}, "⟦me.hello⟧"},
		{"home.waiting", []any{"Count", "many", "Name", "Zoë"}, "⟦home.waiting⟧"},
	} {
		if got := p.T(x.key, x.args...); got != x.want {
			t.Errorf("T(%q, %v) = %q, want %q", x.key, x.args, got, x.want)
		}
	}
	if got := p.Fill("me.hello", map[string]any{"Name": "Z"}); got != "Hello Z, Z" {
		t.Errorf("Fill = %q", got)
	}
	if got := p.Fill("me.hello", nil); got != "⟦me.hello⟧" {
		t.Errorf("Fill without a map = %q", got)
	}
	if s, ok := p.Static("home.title"); !ok || s != "What matters" {
		t.Errorf("Static = %q, %t", s, ok)
	}
	if _, ok := p.Static("me.hello"); ok {
		t.Error("a text with a placeholder is given as static")
	}
	if want := []string{"dotted.key", "home.deep.er", "home.title", "home.waiting", "me.hello"}; !slices.Equal(c.Keys(), want) {
		t.Errorf("Keys = %q", c.Keys())
	}
}

func TestLoadRefuses(t *testing.T) {
	for name, x := range map[string]struct {
		files map[string]string
		want  string
	}{
		"twice in a file":       {map[string]string{"en/a.json": `{"a": "1", "a": "2"}`}, `"a" stands twice`},
		"twice by dots":         {map[string]string{"en/a.json": `{"a": {"b": "1"}, "a.b": "2"}`}, "stands already in en/a.json"},
		"twice in two files":    {map[string]string{"en/a.json": `{"a": "1"}`, "en/b.json": `{"a": "2"}`}, "stands already in en/a.json"},
		"group twice":           {map[string]string{"en/a.json": `{"a": {"b": "1"}, "a": {"b": "2"}}`}, "stands already"},
		"a number":              {map[string]string{"en/a.json": `{"a": 1}`}, "neither a text nor an object"},
		"a list":                {map[string]string{"en/a.json": `{"a": ["b"]}`}, "neither a text nor an object"},
		"not an object":         {map[string]string{"en/a.json": `"a"`}, "not a JSON object"},
		"cut short":             {map[string]string{"en/a.json": `{"a": "b"`}, "en/a.json"},
		"something behind":      {map[string]string{"en/a.json": `{} {}`}, "follows the last brace"},
		"capital key":           {map[string]string{"en/a.json": `{"A": "b"}`}, "small letters"},
		"empty text":            {map[string]string{"en/a.json": `{"a": " "}`}, "empty"},
		"a template action":     {map[string]string{"en/a.json": `{"a": "{{if .Name}}x{{end}}"}`}, "only placeholders"},
		"a placeholder cut":     {map[string]string{"en/a.json": `{"a": "{{.Name}"}`}, "only placeholders"},
		"no base language":      {map[string]string{"de/a.json": `{"a": "b"}`}, "no catalogue of en"},
		"a folder of no tongue": {map[string]string{"en/a.json": `{"a": "b"}`, "1nope/a.json": `{}`}, "folder 1nope"},
		"a file beside folders": {map[string]string{"en/a.json": `{"a": "b"}`, "stray.json": `{}`}, "not a folder"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := load(tree(x.files)); err == nil || !strings.Contains(err.Error(), x.want) {
				t.Errorf("load = %v, want an error with %q", err, x.want)
			}
		})
	}
}

func TestFor(t *testing.T) {
	c := files(t, map[string]string{
		"ar/a.json": `{"a": "ا", "n": {"zero": "0", "one": "1", "two": "2", "few": "few {{.Count}}", "many": "many {{.Count}}", "other": "{{.Count}}"}}`,
		"de/a.json": `{"a": "ä", "n": {"one": "1", "other": "{{.Count}}"}}`,
		"en/a.json": `{"a": "a", "n": {"one": "1", "other": "{{.Count}}"}}`,
	})
	for _, x := range []struct {
		ask  []string
		want language.Tag
		dir  string
	}{
		{nil, language.English, "ltr"},
		{[]string{""}, language.English, "ltr"},
		{[]string{"xx;;;q=7"}, language.English, "ltr"},
		{[]string{"tlh"}, language.English, "ltr"},
		{[]string{"de-AT,en;q=0.8"}, language.German, "ltr"},
		{[]string{"ar", "de"}, language.Arabic, "rtl"},
		{[]string{"fr;q=1, ar-EG;q=0.5"}, language.Arabic, "rtl"},
		{[]string{strings.Repeat("de,", 1000), "ar"}, language.Arabic, "rtl"},
	} {
		p := c.For(x.ask...)
		if p.Tag() != x.want || p.Dir() != x.dir {
			t.Errorf("For(%.40q) = %s %s, want %s %s", x.ask, p.Tag(), p.Dir(), x.want, x.dir)
		}
	}
	p := c.For("ar")
	for n, want := range map[int]string{0: "0", 1: "1", 2: "2", 3: "few 3", 11: "many 11", 100: "100"} {
		if got := p.T("n", "Count", n); got != want {
			t.Errorf("Arabic %d = %q, want %q", n, got, want)
		}
	}
}

// FuzzRead feeds a catalogue file of any content: it is read or refused, and what was read can be said.
func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"a": {"one": "1", "other": "{{.Count}}"}, "b.c": "{{.Name}}"}`))
	f.Add([]byte(`{"a": {"b": {}}, "a.b": "x"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := load(fstest.MapFS{"en/x.json": &fstest.MapFile{Data: b}})
		if err != nil {
			return
		}
		p := c.For("en")
		for _, key := range c.Keys() {
			args := map[string]any{}
			for _, name := range p.texts[key].placeholders() {
				args[name] = 1
			}
			if p.texts[key].plural() {
				args["Count"] = 1
			}
			if got := p.Fill(key, args); got == lost(key) {
				t.Errorf("%q was read and cannot be said", key)
			}
		}
	})
}

func BenchmarkStatic(b *testing.B) {
	p := files(b, map[string]string{"en/a.json": `{"a": "b"}`}).For()
	for b.Loop() {
		p.T("a")
	}
}

func BenchmarkPlural(b *testing.B) {
	p := files(b, map[string]string{"en/a.json": `{"a": {"one": "b", "other": "{{.Count}} for {{.Name}}"}}`}).For()
	for b.Loop() {
		p.T("a", "Count", 3, "Name", "Zoë")
	}
}

func TestNamesOfTheOtherDirectionStandApart(t *testing.T) {
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	p := c.For("en")
	for in, want := range map[string]string{"Mira": "Mira", "ليلى": "\u2068ليلى\u2069", "Mira 🌿": "Mira 🌿", "נועה B": "\u2068נועה B\u2069",
		"Sam\u202e": "\u2068Sam\u202e\u2069", "Sam\u2069\u202e": "\u2068Sam\u202e\u2069", "\u2067": "\u2068\u2069", // a name cannot turn the sentence of a consent about
		"\u2068ليلى\u2069, Sam": "\u2068\u2068ليلى\u2069, Sam\u2069",
	} {
		if got := p.apart(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}
