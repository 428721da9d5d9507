// Command mutation changes a package here and there, one place at a time, and reports for which changes no test fails:
//
//	go run ./house/mutation [-at 'write\.go'] [-first /sqlite] [-out FILE] ./internal/keeper
//
// All changes are compiled into the package's tests at once, and the environment says which one is on, so that a mutant costs as much
// as the tests that come by its place and no compiling. These run one after the other, the fastest first, until one fails. What is
// changed is in [changes]; conditions in a case are among it, constants and text are not, nor is what is so only where a law is
// broken on purpose (package mutant).
package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"beside/internal/clock"
)

// elapsed is the time since the start of the program, in microseconds.
var elapsed = clock.Steady()

// What becomes of a mutant.
const (
	killed     = "KILLED"
	lived      = "LIVED"
	timedOut   = "TIMED OUT" // a test did not end, and was not taken for one that failed: whoever reads it has to look why
	notCovered = "NOT COVERED"
)

func main() {
	log.SetFlags(0)
	at := flag.String("at", "", "only the places, as write.go:12, that match this regular `expression`")
	first := flag.String("first", "", "try these `subtests` first, as /sqlite, and all of them only with what lives")
	out := flag.String("out", "", "write what became of each mutant to this `file`, as JSON")
	list := flag.Bool("list", false, "only list the mutants")
	flag.Parse()
	if flag.NArg() != 1 {
		log.Fatal("mutation: name one package")
	}
	err := run(flag.Arg(0), *at, *first, *out, *list)
	if err != nil {
		log.Fatalf("mutation: %v", err)
	}
}

func run(pkg, at, first, out string, onlyList bool) error {
	where, err := regexp.Compile(at)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "mutation")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	m, err := mutate(pkg, dir)
	if err != nil {
		return err
	}
	todo := slices.DeleteFunc(slices.Clone(m.mutants), func(x *mutant) bool { return !where.MatchString(x.place()) })
	if onlyList {
		for _, x := range todo {
			fmt.Println(x)
		}
		fmt.Println(len(todo), "mutants")
		return nil
	}
	tests, err := findTests(pkg, m.overlay, dir)
	if err != nil {
		return err
	}
	if err := comeBy(tests, first, dir); err != nil {
		return err
	}
	try(todo, tests, first)
	if first != "" {
		left := slices.DeleteFunc(slices.Clone(todo), func(x *mutant) bool { return x.status == killed || x.status == timedOut })
		fmt.Println(len(left), "are tried with all tests")
		if err := comeBy(tests, "", dir); err != nil {
			return err
		}
		try(left, tests, "")
	}
	tell(todo)
	if out == "" {
		return nil
	}
	return write(out, todo)
}

// test is a test of the package, with the mutants whose place it came by.
type test struct {
	binary, dir, name string
	rapid             bool
	took              clock.Time
	passes            map[int]bool
}

func findTests(pkg, overlay, dir string) (tests []*test, err error) {
	binary := filepath.Join(dir, "mutants.test")
	if text, err := exec.Command("go", "test", "-c", "-vet=off", "-overlay", overlay, "-o", binary, pkg).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("compile the mutants: %w\n%s", err, text)
	}
	where, err := exec.Command("go", "list", "-f", "{{.Dir}}", pkg).Output()
	if err != nil {
		return nil, err
	}
	needs, err := exec.Command("go", "list", "-test", "-deps", pkg).Output()
	if err != nil {
		return nil, err
	}
	names, err := exec.Command(binary, "-test.list", "^(Test|Fuzz|Example)").Output()
	if err != nil {
		return nil, err
	}
	for name := range strings.FieldsSeq(string(names)) {
		tests = append(tests, &test{
			binary: binary, dir: strings.TrimSpace(string(where)), name: name,
			rapid: bytes.Contains(needs, []byte("\npgregory.net/rapid\n")),
		})
	}
	return tests, nil
}

// comeBy runs each test without a change, to see that it passes, how long it takes and which places it comes by. The fastest come first
// afterwards.
func comeBy(tests []*test, subtests, dir string) error {
	for _, t := range tests {
		passed := filepath.Join(dir, "passed")
		if err := os.WriteFile(passed, nil, 0o600); err != nil {
			return err
		}
		start := elapsed()
		if text, err := t.command(context.Background(), subtests, "MUTATION_PASSED="+passed).CombinedOutput(); err != nil {
			return fmt.Errorf("%s fails without a mutant: %w\n%s", t.name, err, text)
		}
		t.took = elapsed() - start
		t.passes = map[int]bool{}
		text, err := os.ReadFile(passed)
		if err != nil {
			return err
		}
		for n := range strings.FieldsSeq(string(text)) {
			number, _ := strconv.Atoi(n)
			t.passes[number] = true
		}
	}
	slices.SortStableFunc(tests, func(a, b *test) int { return cmp.Compare(a.took, b.took) })
	return nil
}

func (t *test) command(ctx context.Context, subtests string, env ...string) *exec.Cmd {
	args := []string{"-test.run", "^" + t.name + "$" + subtests, "-test.failfast", "-test.timeout", "0"}
	if t.rapid {
		args = append(args, "-rapid.shrinktime", "1ms", "-rapid.nofailfile")
	}
	c := exec.CommandContext(ctx, t.binary, args...)
	c.Dir, c.Env = t.dir, append(os.Environ(), env...)
	return c
}

func try(all []*mutant, tests []*test, subtests string) {
	for n, x := range all {
		start := elapsed()
		x.status, x.by = notCovered, ""
		for _, t := range tests {
			if x.status == killed || x.status == timedOut {
				break
			}
			if t.passes[x.number] {
				x.try(t, subtests)
			}
		}
		fmt.Printf("%4d/%d %-11s %s %s (%.1f s)\n", n+1, len(all), x.status, x, x.by, float64(elapsed()-start)/1e6)
	}
}

// try runs one test with the mutant. A machine that is busy with other things makes a test slow, not endless: so it has long to end.
func (x *mutant) try(t *test, subtests string) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute+5*time.Duration(t.took)*time.Microsecond)
	defer cancel()
	err := t.command(ctx, subtests, "MUTATION="+strconv.Itoa(x.number)).Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
		if x.status == notCovered {
			x.status = lived
		}
	case ctx.Err() != nil:
		x.status = timedOut
	case errors.As(err, &exit):
		x.status, x.by = killed, t.name
	default:
		log.Fatalf("mutation: %s: %v", t.name, err) // it did not even start
	}
}

func tell(all []*mutant) {
	count := map[string]int{}
	for _, x := range all {
		count[x.status]++
		if x.status != killed {
			fmt.Printf("%-11s %s\n", x.status, x)
		}
	}
	fmt.Printf("%d mutants: %d killed, %d lived, %d timed out, %d not covered\n", len(all), count[killed], count[lived], count[timedOut], count[notCovered])
}

func write(name string, all []*mutant) error {
	type mutation struct {
		Line   int    `json:"line"`
		Type   string `json:"type"`
		Status string `json:"status"`
	}
	type file struct {
		Name      string     `json:"file_name"`
		Mutations []mutation `json:"mutations"`
	}
	var files []*file
	for _, x := range all {
		if len(files) == 0 || files[len(files)-1].Name != x.file {
			files = append(files, &file{Name: x.file})
		}
		f := files[len(files)-1]
		f.Mutations = append(f.Mutations, mutation{x.line, x.sort, x.status})
	}
	text, err := json.MarshalIndent(map[string]any{"files": files}, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(name, text, 0o600)
}
