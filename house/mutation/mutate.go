package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// mutant is one change at one place.
type mutant struct {
	number int
	file   string // from the top of the repository
	line   int
	column int
	sort   string
	status string
	by     string // the test that caught it
}

func (x *mutant) place() string  { return fmt.Sprintf("%s:%d", x.file, x.line) }
func (x *mutant) String() string { return fmt.Sprintf("%s:%d %s", x.place(), x.column, x.sort) }

// The sorts of change.
const (
	boundary   = "boundary"   // < is <=, >= is >
	negation   = "negation"   // == is !=, < is >=
	otherLogic = "logic"      // && is ||
	arithmetic = "arithmetic" // + is -, / is *
	step       = "step"       // ++ is --
)

// changes says for each operator which function of [helpers] stands for it, and which sorts of change that can do, in the order of its
// first parameters.
var changes = map[token.Token]struct {
	call  string
	sorts []string
}{
	token.LSS:  {"mutationLess", []string{boundary, negation}},
	token.LEQ:  {"mutationLessOrSame", []string{boundary, negation}},
	token.GTR:  {"mutationMore", []string{boundary, negation}},
	token.GEQ:  {"mutationMoreOrSame", []string{boundary, negation}},
	token.EQL:  {"mutationTrue", []string{negation}},
	token.NEQ:  {"mutationTrue", []string{negation}},
	token.LAND: {"mutationAnd", []string{otherLogic}},
	token.LOR:  {"mutationOr", []string{otherLogic}},
	token.ADD:  {"mutationPlus", []string{arithmetic}},
	token.SUB:  {"mutationMinus", []string{arithmetic}},
	token.MUL:  {"mutationTimes", []string{arithmetic}},
	token.QUO:  {"mutationBy", []string{arithmetic}},
	token.REM:  {"mutationRest", []string{arithmetic}},
	token.INC:  {"mutationStep", []string{step}},
	token.DEC:  {"mutationStep", []string{step}},
}

// mutated is a package with all its mutants.
type mutated struct {
	mutants []*mutant
	overlay string // the file that tells the compiler which files to read instead of those of the package
	edits   []edit // of the file at hand
	info    *types.Info
	files   *token.FileSet
	top     string
}

// edit is text in place of what stands from from to to. Of those at one place the outer comes first where it opens, and last where it
// closes: they are noted in that order, and closes says which.
type edit struct {
	from, to int
	text     string
	closes   bool
}

// mutate writes the package with all its mutants into dir.
func mutate(pkg, dir string) (*mutated, error) {
	m := &mutated{overlay: filepath.Join(dir, "overlay.json"), files: token.NewFileSet(), info: &types.Info{Types: map[ast.Expr]types.TypeAndValue{}}}
	where, names, parsed, err := m.load(pkg)
	if err != nil {
		return nil, err
	}
	if m.top, err = filepath.Abs("."); err != nil {
		return nil, err
	}
	replace := map[string]string{}
	for n, f := range parsed {
		text, err := os.ReadFile(names[n])
		if err != nil {
			return nil, err
		}
		m.edits = nil
		for _, d := range f.Decls {
			if g, ok := d.(*ast.GenDecl); ok && g.Tok != token.VAR {
				continue
			}
			ast.Inspect(d, m.visit)
		}
		replace[names[n]] = filepath.Join(dir, filepath.Base(names[n]))
		if err := os.WriteFile(replace[names[n]], apply(text, m.edits), 0o600); err != nil {
			return nil, err
		}
	}
	helper := filepath.Join(dir, "helpers")
	replace[filepath.Join(where, "mutation_helpers.go")] = helper
	if err := os.WriteFile(helper, fmt.Appendf(nil, helpers, parsed[0].Name.Name, len(m.mutants)+1), 0o600); err != nil {
		return nil, err
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return nil, err
	}
	return m, os.WriteFile(m.overlay, text, 0o600)
}

// load reads a package with the types of all its expressions.
func (m *mutated) load(pkg string) (where string, names []string, parsed []*ast.File, err error) {
	text, err := exec.Command("go", "list", "-export", "-deps", "-json=ImportPath,Export,Dir,GoFiles", pkg).Output()
	if err != nil {
		return "", nil, nil, fmt.Errorf("go list %s: %w", pkg, err)
	}
	exports := map[string]string{}
	var last struct {
		ImportPath, Export, Dir string
		GoFiles                 []string
	}
	for list := json.NewDecoder(bytes.NewReader(text)); list.More(); exports[last.ImportPath] = last.Export { // the package comes last
		last.GoFiles = nil
		if err := list.Decode(&last); err != nil {
			return "", nil, nil, err
		}
	}
	for _, name := range last.GoFiles {
		name = filepath.Join(last.Dir, name)
		f, err := parser.ParseFile(m.files, name, nil, 0)
		if err != nil {
			return "", nil, nil, err
		}
		names, parsed = append(names, name), append(parsed, f)
	}
	conf := types.Config{Importer: importer.ForCompiler(m.files, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })}
	_, err = conf.Check(last.ImportPath, m.files, parsed, m.info)
	return last.Dir, names, parsed, err
}

func (m *mutated) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.GenDecl:
		return n.Tok == token.VAR
	case *ast.BinaryExpr:
		m.binary(n)
		if n.Op == token.LAND && onPurpose(n.Y) { // which is never so: what stands before it makes no difference
			return false
		}
	case *ast.IncDecStmt:
		x := m.offset(n.X.Pos())
		sign := map[token.Token]string{token.INC: " += ", token.DEC: " -= "}[n.Tok]
		m.edits = append(m.edits, edit{from: m.offset(n.TokPos), to: m.offset(n.End()), text: sign + m.call(n.Tok, n.TokPos) + m.text(n.X, x) + ")"})
	case *ast.ArrayType:
		return false // its length is a constant
	}
	return true
}

func (m *mutated) binary(n *ast.BinaryExpr) {
	of := m.info.Types[n]
	if _, ok := changes[n.Op]; !ok || of.Value != nil || !numberOrBool(of.Type) {
		return
	}
	if call := changes[n.Op].call; strings.Contains(call, "Less") || strings.Contains(call, "More") || call == "mutationTrue" {
		if !types.Identical(types.Default(of.Type), types.Typ[types.Bool]) {
			return
		}
	}
	op := m.offset(n.OpPos)
	opens := edit{from: m.offset(n.Pos()), to: m.offset(n.Pos()), text: m.call(n.Op, n.OpPos)}
	between := edit{from: op, to: op + len(n.Op.String()), text: ","}
	closes := ")"
	switch n.Op {
	case token.EQL, token.NEQ:
		between.text = n.Op.String()
	case token.LAND, token.LOR:
		between.text, closes = ", func() bool { return (", ")})"
	}
	m.edits = append(m.edits, opens, between, edit{from: m.offset(n.End()), to: m.offset(n.End()), text: closes, closes: true})
}

// onPurpose reports whether x asks for a law that is broken on purpose (package mutant).
func onPurpose(x ast.Expr) bool {
	call, ok := x.(*ast.CallExpr)
	if !ok {
		return false
	}
	on, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	pkg, ok := on.X.(*ast.Ident)
	return ok && pkg.Name == "mutant" && on.Sel.Name == "On"
}

func numberOrBool(t types.Type) bool {
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Info()&(types.IsBoolean|types.IsInteger|types.IsFloat) != 0
}

// call notes the mutants of an operator and opens the call that can do them.
func (m *mutated) call(op token.Token, pos token.Pos) string {
	at := m.files.Position(pos)
	file, _ := filepath.Rel(m.top, at.Filename)
	s := changes[op].call + "("
	for _, sort := range changes[op].sorts {
		x := &mutant{number: len(m.mutants) + 1, file: file, line: at.Line, column: at.Column, sort: sort}
		m.mutants = append(m.mutants, x)
		s += fmt.Sprintf("%d, ", x.number)
	}
	return s
}

func (m *mutated) offset(p token.Pos) int { return m.files.Position(p).Offset }

func (m *mutated) text(n ast.Expr, from int) string {
	text, err := os.ReadFile(m.files.Position(n.Pos()).Filename)
	if err != nil {
		panic(err) // it was read before
	}
	return string(text[from:m.offset(n.End())])
}

func apply(text []byte, edits []edit) []byte {
	slices.Reverse(edits) // so that what closes an inner one comes before what closes the outer one
	opening := slices.DeleteFunc(slices.Clone(edits), func(e edit) bool { return e.closes })
	slices.Reverse(opening)
	closing := slices.DeleteFunc(slices.Clone(edits), func(e edit) bool { return !e.closes })
	all := append(closing, opening...)
	slices.SortStableFunc(all, func(a, b edit) int { return a.from - b.from })
	var out []byte
	at := 0
	for _, e := range all {
		out = append(append(out, text[at:e.from]...), e.text...)
		at = e.to
	}
	return append(out, text[at:]...)
}
