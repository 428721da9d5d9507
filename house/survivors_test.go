package house

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// mutationRun is the environment variable with the files, separated by spaces, in which `./check mutation` wrote what became of each
// mutant of a package.
const mutationRun = "BESIDE_MUTATION"

// survivor is a mutant that no test catches: a line of house/survivors.txt, which is the file, the sort of change, the
// line of code and why it may live, with tabs between them. By its text a line is found again when others move it.
type survivor struct{ file, sort, code, why string }

func (s survivor) String() string { return s.file + "\t" + s.sort + "\t" + s.code }

func survivors(list string) (all []survivor, complaints []string) {
	for n, line := range strings.Split(list, "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(line, "\t")
		if len(f) != 4 || f[3] == "" {
			complaints = append(complaints, fmt.Sprintf("house/survivors.txt:%d: a line is: file, sort, code, why, with tabs between them", n+1))
			continue
		}
		all = append(all, survivor{f[0], f[1], f[2], f[3]})
	}
	return all, complaints
}

// gone complains of listed survivors whose code is not there any more.
func gone(all tree, list []survivor) (out []string) {
	for _, s := range list {
		if !slices.ContainsFunc(all, func(f file) bool { return f.path == s.file && slices.Contains(codeOf(f.text), s.code) }) {
			out = append(out, fmt.Sprintf("house/survivors.txt: %s has no line %q", s.file, s.code))
		}
	}
	return out
}

// codeOf are the lines of a file without what stands before and after them.
func codeOf(text string) []string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return lines
}

// mutated is what became of the mutants of a package.
type mutated struct {
	Files []struct {
		Name      string `json:"file_name"`
		Mutations []struct {
			Line   int    `json:"line"`
			Type   string `json:"type"`
			Status string `json:"status"`
		} `json:"mutations"`
	} `json:"files"`
}

// lived complains of mutants that are not caught, for which no test fails, with which none ends, or by whose place none comes, and that
// are not listed; and of listed ones that are caught.
func lived(all tree, run mutated, list []survivor) (out []string) {
	caught := map[string]bool{}
	living := map[string]bool{}
	for _, f := range run.Files {
		i := slices.IndexFunc(all, func(t file) bool { return t.path == f.Name || strings.HasSuffix(t.path, "/"+f.Name) })
		if i < 0 {
			out = append(out, f.Name+" is not here")
			continue
		}
		code := codeOf(all[i].text)
		for _, m := range f.Mutations {
			s := survivor{file: all[i].path, sort: m.Type, code: code[m.Line-1]}
			if m.Status == "KILLED" {
				caught[s.String()] = true
				continue
			}
			living[s.String()] = true
			if !slices.ContainsFunc(list, func(x survivor) bool { return x.String() == s.String() }) {
				out = append(out, fmt.Sprintf("%s:%d: %s, %s: %s", s.file, m.Line, s.sort, strings.ToLower(m.Status), s.code))
			}
		}
	}
	for _, s := range list {
		if caught[s.String()] && !living[s.String()] {
			out = append(out, fmt.Sprintf("house/survivors.txt: a test catches it: %s", s))
		}
	}
	return out
}

// TestNoMutantLivesUnseen holds what `./check mutation` found to house/survivors.txt. Without such a run it asks only that each
// listed line is there.
func TestNoMutantLivesUnseen(t *testing.T) {
	all := house(t)
	list, complaints := survivors(read(t, "house/survivors.txt"))
	report(t, append(complaints, gone(all, list)...))
	for _, name := range strings.Fields(os.Getenv(mutationRun)) {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var run mutated
		if err := json.Unmarshal(text, &run); err != nil {
			t.Fatal(err)
		}
		report(t, lived(all, run, list))
	}
}

func TestSurvivorsComplaints(t *testing.T) {
	list, complaints := survivors("# why\na/b.go\tlogic\tif a && b {\tboth are the same here\na/b.go logic\n")
	expect(t, complaints, "survivors.txt:3")
	all := tree{{path: "a/b.go", text: "package a\n\tif a && b {\n\tif c {\n\tif d < e {\n"}}
	expect(t, gone(all, list))
	expect(t, gone(all[:0], list), "no line")
	var run mutated
	must := json.Unmarshal([]byte(`{"files":[{"file_name":"a/b.go","mutations":[{"line":2,"type":"logic","status":"LIVED"},
		{"line":3,"type":"negation","status":"LIVED"},{"line":4,"type":"boundary","status":"NOT COVERED"},{"line":4,"type":"negation","status":"KILLED"}]}]}`), &run)
	if must != nil {
		t.Fatal(must)
	}
	expect(t, lived(all, run, list), "a/b.go:3", "a/b.go:4: boundary, not covered")
	run.Files[0].Mutations[0].Status = "KILLED"
	expect(t, lived(all, run, list), "a/b.go:3", "a/b.go:4", "a test catches it")
}
