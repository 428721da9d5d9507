package house

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"os/exec"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// module is the import path that every package of the house begins with.
const module = "beside"

// file is one file of the repository. Only Go files have an ast.
type file struct {
	path string // from the root of the repository, with slashes
	text string
	fset *token.FileSet
	ast  *ast.File
}

func (f file) test() bool     { return strings.HasSuffix(f.path, "_test.go") }
func (f file) folder() string { return path.Dir(f.path) }

// at says where a node stands, as an editor understands it.
func (f file) at(n ast.Node) string {
	return fmt.Sprintf("%s:%d", f.path, f.fset.Position(n.Pos()).Line)
}

// imports returns the import paths of f.
func (f file) imports() []string {
	var out []string
	for _, i := range f.ast.Imports {
		p, _ := strconv.Unquote(i.Path.Value)
		out = append(out, p)
	}
	return out
}

// goFile makes a file of Go source, for samples.
func goFile(name, text string) (file, error) {
	fset := token.NewFileSet()
	a, err := parser.ParseFile(fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
	return file{path: name, text: text, fset: fset, ast: a}, err
}

// sample is goFile for source that is known to parse.
func sample(t *testing.T, name, text string) file {
	t.Helper()
	f, err := goFile(name, text)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// tree is every file of the repository that git tracks or would track, read once.
type tree []file

var readTree = sync.OnceValues(func() (tree, error) {
	names, err := git("ls-files", "-z", "--cached", "--others", "--exclude-standard")
	if err != nil {
		return nil, err
	}
	var out tree
	for _, name := range strings.Split(strings.Trim(names, "\x00"), "\x00") {
		f, err := readFile(name)
		if os.IsNotExist(err) {
			continue // tracked, but deleted here
		}
		if err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, nil
})

func readFile(name string) (file, error) {
	b, err := os.ReadFile("../" + name)
	if err != nil {
		return file{}, err
	}
	if strings.HasSuffix(name, ".go") {
		return goFile(name, string(b))
	}
	return file{path: name, text: string(b)}, nil
}

func git(args ...string) (string, error) {
	cmd := exec.Command("git", args...)
	cmd.Dir = ".."
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("git %s: %w (the tests of the house need git and a clone)", args[0], err)
	}
	return string(out), nil
}

func house(t *testing.T) tree {
	t.Helper()
	all, err := readTree()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// where returns the files for which all the conditions hold.
func (all tree) where(conditions ...func(file) bool) tree {
	var out tree
	for _, f := range all {
		if !slices.ContainsFunc(conditions, func(c func(file) bool) bool { return !c(f) }) {
			out = append(out, f)
		}
	}
	return out
}

func isGo(f file) bool    { return f.ast != nil }
func notTest(f file) bool { return !f.test() }

func under(folders ...string) func(file) bool {
	return func(f file) bool {
		return slices.ContainsFunc(folders, func(folder string) bool { return within(f.path, folder) })
	}
}

func notUnder(folders ...string) func(file) bool {
	return func(f file) bool { return !under(folders...)(f) }
}

func within(p, folder string) bool { return p == folder || strings.HasPrefix(p, folder+"/") }

// packages returns the folders that hold Go files, sorted.
func (all tree) packages() []string {
	seen := map[string]bool{}
	for _, f := range all.where(isGo) {
		seen[f.folder()] = true
	}
	return slices.Sorted(maps.Keys(seen))
}

// stringLiterals calls yield with the value of every string literal of f but those that import.
func (f file) stringLiterals(yield func(n ast.Node, value string)) {
	ast.Inspect(f.ast, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.BasicLit:
			if v, err := strconv.Unquote(n.Value); n.Kind == token.STRING && err == nil {
				yield(n, v)
			}
		}
		return true
	})
}

// report fails the test with every complaint.
func report(t *testing.T, complaints []string) {
	t.Helper()
	for _, c := range complaints {
		t.Error(c)
	}
}

// expect fails the test unless there is exactly one complaint for each wanted piece of text, in their order.
func expect(t *testing.T, complaints []string, want ...string) {
	t.Helper()
	if len(complaints) != len(want) {
		t.Fatalf("%d complaints, want %d:\n%s", len(complaints), len(want), strings.Join(complaints, "\n"))
	}
	for i := range want {
		if !strings.Contains(complaints[i], want[i]) {
			t.Errorf("complaint %q does not say %q", complaints[i], want[i])
		}
	}
}
