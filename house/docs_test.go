package house

import (
	"fmt"
	"go/ast"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// What our documents name between backticks: a place, `internal/book/fold.go` or `scenario/`, or something declared in a
// package of ours, `book.Next` or `peer.Peers.Suggest`.
var (
	span     = regexp.MustCompile("`([^`\n]+)`")
	aPlace   = regexp.MustCompile(`^(\.ci|cmd|demo|docs|house|internal|scenario|tests|tools)/[\w./-]*$`)
	aName    = regexp.MustCompile(`^([a-z]+)\.(\w+(?:\.\w+)?)$`)
	aTest    = regexp.MustCompile(`^(Test|Fuzz)\w+$`)
	aLink    = regexp.MustCompile(`\]\(([^():#]+)\)`)
	newBlock = regexp.MustCompile(`\n\n|\n *\d+\. |\n *- |\n\|`)
)

// declared are the names of each package: "Next", "Peers", "Peers.Suggest", each with the files that declare it.
type declared map[string]map[string][]string

func declarations(all tree) declared {
	out := declared{}
	for _, f := range all.where(isGo) {
		pkg := f.ast.Name.Name
		if out[pkg] == nil {
			out[pkg] = map[string][]string{}
		}
		for _, d := range f.ast.Decls {
			for _, name := range namesOf(d) {
				out[pkg][name] = append(out[pkg][name], f.path)
			}
		}
	}
	return out
}

func namesOf(d ast.Decl) []string {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil {
			return []string{d.Name.Name}
		}
		return []string{receiver(d.Recv.List[0].Type) + "." + d.Name.Name}
	case *ast.GenDecl:
		var names []string
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				names = append(names, s.Name.Name)
			case *ast.ValueSpec:
				for _, n := range s.Names {
					names = append(names, n.Name)
				}
			}
		}
		return names
	}
	return nil
}

func receiver(x ast.Expr) string {
	switch x := x.(type) {
	case *ast.StarExpr:
		return receiver(x.X)
	case *ast.IndexExpr:
		return receiver(x.X)
	case *ast.Ident:
		return x.Name
	}
	return ""
}

// astray complains about documents that link to or name a place or a declaration that is not there, and, where one paragraph or
// point of a list names both, about declarations that stand in none of the files (but tests) named beside them.
func astray(all tree, docs tree) []string {
	names := declarations(all)
	var out []string
	for _, doc := range docs {
		for _, m := range aLink.FindAllStringSubmatch(doc.text, -1) {
			if to := path.Join(doc.folder(), m[1]); !all.has(to) {
				out = append(out, doc.path+": "+to+" is not there")
			}
		}
		for _, block := range newBlock.Split(doc.text, -1) {
			for _, c := range append(astrayIn(all, names, block), untested(names, block)...) {
				out = append(out, doc.path+": "+c)
			}
		}
	}
	return out
}

// untested complains about tests that are named and not there: in the files of tests named beside them when there are any,
// else anywhere.
func untested(names declared, block string) []string {
	var out, files []string
	spans := span.FindAllStringSubmatch(block, -1)
	for _, s := range spans {
		if strings.HasSuffix(s[1], "_test.go") {
			files = append(files, s[1])
		}
	}
	for _, s := range spans {
		if !aTest.MatchString(s[1]) {
			continue
		}
		var at []string
		for _, in := range names {
			at = append(at, in[s[1]]...)
		}
		beside := func(f string) bool { return slices.Contains(files, f) }
		if len(at) == 0 || len(files) > 0 && !slices.ContainsFunc(at, beside) {
			out = append(out, s[1]+" is no test of what is named beside it")
		}
	}
	return out
}

// has reports whether there is a file or a folder of this path.
func (all tree) has(p string) bool {
	return slices.ContainsFunc(all, func(f file) bool { return within(f.path, p) })
}

func astrayIn(all tree, names declared, block string) []string {
	var out, files []string
	spans := span.FindAllStringSubmatch(block, -1)
	for _, s := range spans {
		if !aPlace.MatchString(s[1]) {
			continue
		}
		if !all.has(strings.TrimSuffix(s[1], "/")) {
			out = append(out, s[1]+" is not there")
		}
		if path.Ext(s[1]) == ".go" && !strings.HasSuffix(s[1], "_test.go") {
			files = append(files, s[1])
		}
	}
	for _, s := range spans {
		m := aName.FindStringSubmatch(s[1])
		if m == nil || names[m[1]] == nil || fileNames.MatchString(s[1]) {
			continue
		}
		at := names[m[1]][m[2]]
		switch beside := func(f string) bool { return slices.Contains(files, f) }; {
		case len(at) == 0:
			out = append(out, s[1]+" is not declared")
		case len(files) > 0 && !slices.ContainsFunc(at, beside):
			out = append(out, fmt.Sprintf("%s stands in %s, which is not named beside it", s[1], at[0]))
		}
	}
	return out
}

// documents are README.md and what stands in docs.
func documents(all tree) tree {
	return all.where(func(f file) bool {
		return path.Ext(f.path) == ".md" && (f.path == "README.md" || within(f.path, "docs"))
	})
}

func TestDocumentsNameWhatIsThere(t *testing.T) {
	all := house(t)
	report(t, astray(all, documents(all)))
}

func TestDocumentsNameWhatIsThereComplains(t *testing.T) {
	all := tree{
		sample(t, "internal/book/fold.go", "package book; func Next() {}; type Now struct{}; func (n *Now) Apply() {}"),
		sample(t, "internal/book/entry.go", "package book; const ActWrite = 1"),
		sample(t, "internal/book/fold_test.go", "package book_test; func TestNext(t *testing.T) {}; func FuzzNext(f *testing.F) {}"),
		sample(t, "internal/book/entry_test.go", "package book_test"),
	}
	expect(t, astray(all, tree{{path: "README.md", text: "See `internal/book/` and `go run ./cmd/beside`.\n\n" +
		"1. `internal/book/fold.go`: `book.Next`, `book.Now.Apply`\n2. `internal/gone/`\n3. `internal/book/fold.go`, `book.ActWrite`\n" +
		"- `book.Gone` [there](internal/book) ![gone](docs/gone.png) [out](https://example.org)\n- `book.ActWrite`, `book.md`, `fmt.Println`\n" +
		"- `internal/book/fold_test.go`: `TestNext`\n- `FuzzNext`, `TestGone`\n- `internal/book/entry_test.go`: `TestNext`\n"}}),
		"docs/gone.png is not there", "internal/gone/ is not there", "book.ActWrite stands in internal/book/entry.go", "book.Gone is not declared",
		"TestGone is no test", "TestNext is no test")
}

// unmapped complains about rooms of the house that README.md does not name: top folders with packages, and the folders
// of internal.
func unmapped(all tree, readme string) []string {
	var out []string
	seen := map[string]bool{}
	for _, folder := range all.packages() {
		room, rest, _ := strings.Cut(folder, "/")
		if room == "internal" {
			room, _, _ = strings.Cut(rest, "/")
		}
		if !seen[room] && !strings.Contains(readme, " "+room+"/") {
			out = append(out, fmt.Sprintf("README.md does not say what %s is for", folder))
		}
		seen[room] = true
	}
	return out
}

func TestTheMapHasEveryRoom(t *testing.T) {
	report(t, unmapped(house(t), read(t, "README.md")))
}

func TestTheMapHasEveryRoomComplains(t *testing.T) {
	all := tree{
		sample(t, "internal/book/a.go", "package book"),
		sample(t, "internal/web/me/a.go", "package me"),
		sample(t, "internal/web/team/a.go", "package team"),
		sample(t, "demo/a.go", "package demo"),
	}
	expect(t, unmapped(all, "internal/\n  book/  the law\n"), "what demo is for", "what internal/web/me is for")
}

var (
	aRow     = regexp.MustCompile(`mission(?:\.md)?,? "?([SU]\d+(?:\.\w+)?|consent)\b`)
	aHeading = regexp.MustCompile(`design\.md, "([^"]+)"`)
)

// unsourced complains about sources that code names and a reader cannot find: rows of the mission that are not in
// docs/principles.md, and headings of the design that are not in docs/design.md.
func unsourced(all tree, principles, design string) []string {
	var out []string
	for _, f := range all.where(isGo, notUnder("house")) {
		for _, m := range aRow.FindAllStringSubmatch(f.text, -1) {
			if !regexp.MustCompile(`(?m)^\|[^|]*\b` + regexp.QuoteMeta(m[1]) + `\b[^|]*\|`).MatchString(principles) {
				out = append(out, fmt.Sprintf("%s: docs/principles.md has no row %s", f.path, m[1]))
			}
		}
		for _, m := range aHeading.FindAllStringSubmatch(f.text, -1) {
			if !strings.Contains(design, "**"+m[1]+".**") {
				out = append(out, fmt.Sprintf("%s: docs/design.md says nothing of %q", f.path, m[1]))
			}
		}
	}
	return out
}

func TestSourcesAreThere(t *testing.T) {
	report(t, unsourced(house(t), read(t, "docs/principles.md"), read(t, "docs/design.md")))
}

func TestSourcesAreThereComplains(t *testing.T) {
	all := tree{
		sample(t, "internal/a/a.go", "// Package a is (mission.md S0.7), and (mission.md, \"consent\").\npackage a"),
		sample(t, "internal/b/b.go", "// Package b is (mission.md S0.8; design.md, \"Order\"; design.md, \"Chaos\").\npackage b"),
	}
	expect(t, unsourced(all, "| S0.7 | x |\n| consent | S0.8 |\n", "- **Order.** x"), "no row S0.8", `nothing of "Chaos"`)
}
