package house

import (
	"fmt"
	"go/ast"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// mutants complains where the list of mutants and the code differ: a guard that is not listed, a listed one that is
// not in the code, and tests that are not there. Each line of the list is: name package test-regexp.
func mutants(all tree, list string) []string {
	guards := guardsOf(all)
	var out []string
	for n, line := range strings.Split(list, "\n") {
		words := strings.Fields(line)
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		if c := mutant(all, guards, words); c != "" {
			out = append(out, fmt.Sprintf("house/mutants.txt:%d: %s", n+1, c))
		}
		guards[words[0]] = "" // listed
	}
	for _, name := range slices.Sorted(maps.Keys(guards)) {
		if at := guards[name]; at != "" {
			out = append(out, fmt.Sprintf("%s: mutant %q is not in house/mutants.txt", at, name))
		}
	}
	return out
}

func mutant(all tree, guards map[string]string, words []string) string {
	if len(words) < 3 {
		return "a line is: name package test-regexp"
	}
	if _, ok := guards[words[0]]; !ok {
		return fmt.Sprintf("no mutant.On(%q) in the code", words[0])
	}
	re, err := regexp.Compile(strings.SplitN(words[2], "/", 2)[0])
	if err != nil {
		return err.Error()
	}
	for _, f := range all.where(isGo, under(path.Clean(words[1]))) {
		for _, d := range f.ast.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && f.test() && strings.HasPrefix(fn.Name.Name, "Test") && re.MatchString(fn.Name.Name) {
				return ""
			}
		}
	}
	return fmt.Sprintf("no test %s in %s", words[2], words[1])
}

// guardsOf returns where each name given to mutant.On stands.
func guardsOf(all tree) map[string]string {
	out := map[string]string{}
	for _, f := range all.where(isGo, notTest) {
		ast.Inspect(f.ast, func(n ast.Node) bool {
			c, ok := n.(*ast.CallExpr)
			if !ok || len(c.Args) != 1 || callee(c) != "mutant.On" {
				return true
			}
			if l, ok := c.Args[0].(*ast.BasicLit); ok {
				name, _ := strconv.Unquote(l.Value)
				out[name] = f.at(c)
			}
			return true
		})
	}
	return out
}

// callee returns what is called as it is written, "mutant.On", for calls of that simple form.
func callee(c *ast.CallExpr) string {
	s, ok := c.Fun.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	x, ok := s.X.(*ast.Ident)
	if !ok {
		return ""
	}
	return x.Name + "." + s.Sel.Name
}

func TestMutants(t *testing.T) {
	report(t, mutants(house(t), read(t, "house/mutants.txt")))
}

func TestMutantsComplains(t *testing.T) {
	all := tree{
		sample(t, "internal/a/a.go", `package a; var x = mutant.On("listed") || mutant.On("forgotten") || mutant.On("untested")`),
		sample(t, "internal/a/a_test.go", `package a; func TestLaw(t *testing.T) {}`),
	}
	list := "# name package test\nlisted ./internal/a ^TestLaw$/history\nuntested ./internal/a TestGone\ngone ./internal/a TestLaw\nshort\n"
	expect(t, mutants(all, list), "no test TestGone", `no mutant.On("gone")`, "a line is", `"forgotten" is not in`)
}
