package house

import (
	"fmt"
	"go/ast"
	"go/types"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// shortestWhy is the least length, in bytes, of a package comment that can say why the package exists.
const shortestWhy = 60

// undocumented complains about packages without a comment "Package x …" (a command's begins "Command x …").
func undocumented(all tree) []string {
	why := map[string]string{}
	for _, f := range all.where(isGo, notTest) {
		if f.ast.Doc != nil {
			why[f.folder()] = f.ast.Doc.Text()
		}
	}
	var out []string
	for _, folder := range all.where(notTest).packages() {
		name := path.Base(folder)
		doc := why[folder]
		begins := strings.HasPrefix(doc, "Package "+name+" ") || strings.HasPrefix(doc, "Command "+name+" ")
		switch {
		case !begins:
			out = append(out, fmt.Sprintf("%s has no comment that begins \"Package %s \"", folder, name))
		case len(doc) < shortestWhy:
			out = append(out, fmt.Sprintf("%s does not say why it exists", folder))
		}
	}
	return out
}

func TestPackagesSayWhy(t *testing.T) {
	report(t, undocumented(house(t)))
}

func TestPackagesSayWhyComplains(t *testing.T) {
	expect(t, undocumented(tree{
		sample(t, "internal/a/a.go", "package a"),
		sample(t, "internal/b/b.go", "// Package b is b.\npackage b"),
		sample(t, "internal/c/c.go", "// Package c keeps the promises that a person was given, whatever happens to this machine.\npackage c"),
		sample(t, "cmd/d/d.go", "// Package main does things that are very hard to describe in one line, so there are more.\npackage main"),
	}), `begins "Package d "`, `begins "Package a "`, "does not say why")
}

// realTime are the folders and files that may ask the machine for the time, with the reason.
var realTime = map[string]string{
	"internal/clock":                "the one place that asks",
	"internal/store/bubble_test.go": "inside a bubble of synctest, where the machine's clock is the bubble's",
	"scenario":                      "a browser is waited for in real time",
	"cmd/beside/bench":              "measures how long real things take",
	"tests/oidc":                    "a provider that knows nothing of our clock",
}

// askers complains about uses of the machine's clock.
func askers(all tree) []string {
	var out []string
	for _, f := range all.where(isGo, notUnder(slices.Collect(maps.Keys(realTime))...)) {
		ast.Inspect(f.ast, func(n ast.Node) bool {
			s, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			pkg, ok := s.X.(*ast.Ident)
			if ok && pkg.Name == f.nameOf("time") && slices.Contains([]string{"Now", "Since", "Until"}, s.Sel.Name) {
				out = append(out, fmt.Sprintf("%s asks the machine for the time: take a clock.Clock", f.at(s)))
			}
			return true
		})
	}
	return out
}

// nameOf returns the name under which f imports a package of the standard library, or "" when it does not.
func (f file) nameOf(pkg string) string {
	for _, i := range f.ast.Imports {
		if p, _ := strconv.Unquote(i.Path.Value); p == pkg {
			if i.Name != nil {
				return i.Name.Name
			}
			return path.Base(pkg)
		}
	}
	return ""
}

func TestTimeIsPassedIn(t *testing.T) {
	report(t, askers(house(t)))
}

func TestTimeIsPassedInComplains(t *testing.T) {
	expect(t, askers(tree{
		sample(t, "internal/a/a.go", `package a; import "time"; var t = time.Now()`),
		sample(t, "internal/a/b_test.go", `package a; import x "time"; var t = x.Since(u)`),
		sample(t, "internal/clock/c.go", `package clock; import "time"; var t = time.Now()`), // fine
		sample(t, "internal/a/d.go", `package a; var time clock; var t = time.Now()`),        // fine: another time
	}), "internal/a/a.go:1", "internal/a/b_test.go:1")
}

// databaseTime is SQL that asks the database for the time, on either engine.
var databaseTime = regexp.MustCompile(`(?i)\b(now|clock_timestamp|statement_timestamp|transaction_timestamp|timeofday)\s*\(\s*\)` +
	`|\b(current_timestamp|current_date|current_time|localtimestamp)\b` +
	`|\b(datetime|date|time|julianday|unixepoch|strftime)\s*\([^)]*'now'` +
	`|\bunixepoch\s*\(\s*\)`)

// databaseClocks complains about SQL that asks the database for the time.
func databaseClocks(all tree) []string {
	var out []string
	for _, f := range all.where(notUnder("house")) {
		if path.Ext(f.path) == ".sql" && databaseTime.MatchString(f.text) {
			out = append(out, fmt.Sprintf("%s: %q: the time is an argument", f.path, databaseTime.FindString(f.text)))
		}
		if f.ast == nil {
			continue
		}
		f.stringLiterals(func(n ast.Node, s string) {
			if m := databaseTime.FindString(s); m != "" {
				out = append(out, fmt.Sprintf("%s: %q: the time is an argument", f.at(n), m))
			}
		})
	}
	return out
}

func TestNoDatabaseClock(t *testing.T) {
	report(t, databaseClocks(house(t)))
}

func TestNoDatabaseClockComplains(t *testing.T) {
	expect(t, databaseClocks(tree{
		{path: "a.sql", text: "CREATE TABLE t (at TEXT DEFAULT CURRENT_TIMESTAMP)"},
		sample(t, "a.go", "package a; var q = `UPDATE t SET at = now()`"),
		sample(t, "b.go", `package a; var q = "SELECT datetime( 'now' )"`),
		sample(t, "c.go", "package a; var q = `SELECT unixepoch()`"),
		sample(t, "d.go", `package a; var fine = "now and then (every day)"`),
	}), "CURRENT_TIMESTAMP", "now()", "datetime", "unixepoch")
}

// shortcuts complains about init functions, and about tests that step aside. (A history of rapid may pass over an act
// that makes no sense in it; that is no test left out.)
func shortcuts(all tree) []string {
	var out []string
	for _, f := range all.where(isGo) {
		var around []ast.Node // the nodes that n stands in
		ast.Inspect(f.ast, func(n ast.Node) bool {
			if n == nil {
				around = around[:len(around)-1]
				return true
			}
			around = append(around, n)
			switch n := n.(type) {
			case *ast.FuncDecl:
				if n.Name.Name == "init" && n.Recv == nil {
					out = append(out, f.at(n)+": init runs before anybody asked: pass it in or make it when needed")
				}
			case *ast.SelectorExpr:
				if skips(n, around) {
					out = append(out, f.at(n)+": a test that is left out looks like one that passed: fail and say what to do")
				}
			}
			return true
		})
	}
	return out
}

// skips reports whether s is the Skip of a testing.T, B, F or TB.
func skips(s *ast.SelectorExpr, around []ast.Node) bool {
	t, ok := s.X.(*ast.Ident)
	if !ok || !slices.Contains([]string{"Skip", "Skipf", "SkipNow"}, s.Sel.Name) {
		return false
	}
	for _, n := range slices.Backward(around) {
		if typ := parameter(n, t.Name); typ != "" {
			return strings.HasPrefix(strings.TrimPrefix(typ, "*"), "testing.")
		}
	}
	return true // not a parameter: no telling what it is
}

// parameter returns the type of the parameter of this name when n is a function, "" when it has none.
func parameter(n ast.Node, name string) string {
	var f *ast.FuncType
	switch n := n.(type) {
	case *ast.FuncDecl:
		f = n.Type
	case *ast.FuncLit:
		f = n.Type
	default:
		return ""
	}
	for _, field := range f.Params.List {
		for _, id := range field.Names {
			if id.Name == name {
				return types.ExprString(field.Type)
			}
		}
	}
	return ""
}

func TestNoShortcuts(t *testing.T) {
	report(t, shortcuts(house(t)))
}

func TestNoShortcutsComplains(t *testing.T) {
	expect(t, shortcuts(tree{
		sample(t, "a.go", "package a; func init() {}; func (x) init() {}"),
		sample(t, "a_test.go", `package a; func TestX(t *testing.T) { t.Skip("no database") }`),
		sample(t, "b_test.go", `package a; func TestX(t *testing.T) { rapid.Check(t, func(r *rapid.T) { t.SkipNow() }) }`),
		sample(t, "c_test.go", `package a; func TestX(t *testing.T) { rapid.Check(t, func(t *rapid.T) { t.Skip() }) }`), // fine
	}), "init runs before", "looks like one that passed", "looks like one that passed")
}
