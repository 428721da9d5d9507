package house

import (
	"fmt"
	"go/ast"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
)

// races complains where the list of tests for the race detector and the tests differ: a test that starts something beside
// itself and is not listed, and a listed one that is not there. Each line of the list is: package test.
func races(all tree, list string) []string {
	starting, there := map[string]string{}, map[string]bool{}
	for _, f := range all.where(isGo, under("internal")) {
		for _, d := range f.ast.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || !f.test() || !strings.HasPrefix(fn.Name.Name, "Test") {
				continue
			}
			line := "./" + path.Dir(f.path) + " " + fn.Name.Name
			there[line] = true
			if starts(fn) {
				starting[line] = f.at(fn)
			}
		}
	}
	listed := strings.FieldsFunc(list, func(r rune) bool { return r == '\n' })
	var out []string
	for _, line := range listed {
		if !strings.HasPrefix(line, "#") && !there[line] {
			out = append(out, fmt.Sprintf("house/race.txt: there is no test %q", line))
		}
	}
	for line, at := range starting {
		if !slices.Contains(listed, line) {
			out = append(out, fmt.Sprintf("%s: things happen at once here: add %q to house/race.txt", at, line))
		}
	}
	slices.Sort(out)
	return out
}

// starts reports whether a function starts goroutines, itself or by a helper called atOnce.
func starts(fn *ast.FuncDecl) bool {
	found := false
	ast.Inspect(fn, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			found = true
		case *ast.CallExpr:
			if s, ok := n.Fun.(*ast.SelectorExpr); ok && s.Sel.Name == "Go" {
				found = true
			}
			if name, ok := n.Fun.(*ast.Ident); ok && name.Name == "atOnce" {
				found = true
			}
		}
		return !found
	})
	return found
}

func TestRaces(t *testing.T) {
	list, err := os.ReadFile("race.txt")
	if err != nil {
		t.Fatal(err)
	}
	report(t, races(house(t), string(list)))
}

func TestRacesComplains(t *testing.T) {
	all := tree{sample(t, "internal/x/x_test.go", `package x
func TestGo(t *testing.T) { go f() }
func TestGroup(t *testing.T) { g.Go(f) }
func TestMany(t *testing.T) { atOnce(9, f) }
func TestAlone(t *testing.T) { f() }`)}
	expect(t, races(all, "# list\n./internal/x TestGo\n./internal/x TestGone\n"),
		`there is no test "./internal/x TestGone"`, `add "./internal/x TestGroup"`, `add "./internal/x TestMany"`)
}
