package house

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"
)

// aDependency is a row of the table in docs/dependencies.md: | `path` | why |
var aDependency = regexp.MustCompile("(?m)^\\| `([^`]+)` \\| *(.*?) *\\|")

// shortestReason is the least length, in bytes, of a reason for a dependency.
const shortestReason = 20

// unexplained complains where the table of dependencies and the direct requirements of go.mod differ.
func unexplained(gomod, table string) []string {
	mod, err := modfile.Parse("go.mod", []byte(gomod), nil)
	if err != nil {
		return []string{err.Error()}
	}
	reasons := map[string]string{}
	for _, row := range aDependency.FindAllStringSubmatch(table, -1) {
		reasons[row[1]] = row[2]
	}
	var out []string
	for _, r := range mod.Require {
		if r.Indirect {
			continue
		}
		if len(reasons[r.Mod.Path]) < shortestReason {
			out = append(out, fmt.Sprintf("docs/dependencies.md does not say why we need %s", r.Mod.Path))
		}
		delete(reasons, r.Mod.Path)
	}
	for _, path := range slices.Sorted(maps.Keys(reasons)) {
		out = append(out, fmt.Sprintf("docs/dependencies.md explains %s, which go.mod does not ask for", path))
	}
	return out
}

func TestDependenciesAreExplained(t *testing.T) {
	report(t, unexplained(read(t, "go.mod"), read(t, "docs/dependencies.md")))
}

func TestDependenciesAreExplainedComplains(t *testing.T) {
	const gomod = "module beside\nrequire (\n\texample.org/a v1.0.0\n\texample.org/b v1.0.0\n\texample.org/c v1.0.0\n" +
		"\texample.org/far v1.0.0 // indirect\n)\n"
	const table = "| module | why |\n|---|---|\n| `example.org/a` | reads what nobody else can read |\n| `example.org/b` | good |\n" +
		"| `example.org/gone` | was needed when there was a reason |\n"
	expect(t, unexplained(gomod, table), "example.org/b", "example.org/c", "example.org/gone")
}

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile("../" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// registrySetting is a line that sets where packages come from, in any of the usual tools.
var registrySetting = regexp.MustCompile(`(?im)^[^/#\n]*\b(registry|goproxy|gosumdb|index-url|extra-index-url)\s*=\s*["']?\w|"resolved"\s*:`)

// otherHomes are folders of people and machines.
var otherHomes = regexp.MustCompile(`(^|[^\w.])/(home|Users)/\w+/`)

// traces complains about files that hold one of the given pieces of text (places of this machine, addresses that
// packages come from), somebody's home folder, or a setting of where packages come from.
func traces(all tree, pieces []string) []string {
	var out []string
	for _, f := range all {
		for _, p := range pieces {
			if strings.Contains(f.text, p) {
				out = append(out, fmt.Sprintf("%s holds %q, which is of one machine", f.path, p))
			}
		}
		for _, re := range []*regexp.Regexp{registrySetting, otherHomes} {
			if m := re.FindString(f.text); m != "" {
				out = append(out, fmt.Sprintf("%s holds %q, which is of one machine", f.path, m))
			}
		}
	}
	return out
}

// ofThisMachine returns the folders of this machine and the hosts its packages come from.
func ofThisMachine(t *testing.T) []string {
	t.Helper()
	out, err := exec.Command("go", "env", "-json", "GOPROXY", "GOSUMDB", "GOROOT", "GOMODCACHE", "GOCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	env := map[string]string{}
	if err := json.NewDecoder(bytes.NewReader(out)).Decode(&env); err != nil {
		t.Fatal(err)
	}
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	pieces := []string{strings.TrimSuffix(root, "/house"), env["GOMODCACHE"], env["GOCACHE"], env["GOROOT"]}
	if home, err := os.UserHomeDir(); err == nil {
		pieces = append(pieces, home+"/")
	}
	return append(slices.DeleteFunc(pieces, tooShort), hosts(env["GOPROXY"]+","+env["GOSUMDB"])...)
}

// tooShort reports whether a folder is so short that it may stand anywhere by chance.
func tooShort(folder string) bool { return len(folder) < len("/root/") }

// hosts returns the hosts of a list such as GOPROXY.
func hosts(list string) []string {
	var out []string
	for _, s := range strings.FieldsFunc(list, func(r rune) bool { return strings.ContainsRune(",| ", r) }) {
		if u, err := url.Parse(s); err == nil && u.Host != "" {
			s = u.Hostname()
		}
		if strings.Contains(s, ".") && !strings.ContainsAny(s, "/+") {
			out = append(out, s)
		}
	}
	return out
}

func TestNoTracesOfAMachine(t *testing.T) {
	report(t, traces(house(t).where(notUnder("house")), ofThisMachine(t)))
}

func TestNoTracesOfAMachineComplains(t *testing.T) {
	pieces := append(hosts("https://packages.example.net/go,direct,sums.example.net"), "/srv/builds/beside")
	expect(t, traces(tree{
		{path: "a", text: "see /srv/builds/beside/x.go"},
		{path: "b", text: "ask packages.example.net"},
		{path: "c", text: "ask sums.example.net"},
		{path: "d", text: "cp x /home/zoe/y"},
		{path: "e", text: "registry=https://x.example"},
		{path: "f", text: `{"resolved": "https://x.example"}`},
		{path: "g", text: "the page /money/home/ of my world; omit-lockfile-registry-resolved=true"}, // fine
	}, pieces), "/srv/builds", "packages.example.net", "sums.example.net", "/home/zoe", "registry=", "resolved")
}

// The sample community must not be in a release. The second list shows that the first can fail.
func TestReleaseHasNoDemo(t *testing.T) {
	if p := demoPackages(t, "release"); len(p) > 0 {
		t.Errorf("a build with -tags release holds %q", p)
	}
	if p := demoPackages(t, ""); len(p) == 0 {
		t.Error("an ordinary build holds no demo package: this test looks for the wrong name")
	}
}

func demoPackages(t *testing.T, tags string) []string {
	t.Helper()
	cmd := exec.Command("go", "list", "-deps", "-tags", tags, "./cmd/beside")
	cmd.Dir = ".."
	var why bytes.Buffer
	cmd.Stderr = &why
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, &why)
	}
	return slices.DeleteFunc(strings.Fields(string(out)), func(p string) bool { return !within(p, module+"/demo") })
}
