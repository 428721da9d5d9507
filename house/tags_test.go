package house

import (
	"fmt"
	"go/build/constraint"
	"testing"
)

// tags complains about build tags where ./check does not look at them: its step vet asks for the tag mutant in one package,
// and for the tag heavy in the packages that have tests with it.
func tags(all tree) []string {
	var out []string
	for _, f := range all.where(isGo) {
		for _, group := range f.ast.Comments {
			for _, c := range group.List {
				x, err := constraint.Parse(c.Text)
				if err != nil {
					continue // no constraint
				}
				x.Eval(func(tag string) bool {
					switch {
					case tag == "mutant" && f.folder() != "internal/mutant":
						out = append(out, fmt.Sprintf("%s: the tag mutant stands in internal/mutant alone: ask mutant.On", f.at(c)))
					case tag == "heavy" && (!f.test() || c.Text != "//go:build heavy"):
						out = append(out, fmt.Sprintf("%s: the tag heavy stands by itself, in tests", f.at(c)))
					}
					return true
				})
			}
		}
	}
	return out
}

func TestTags(t *testing.T) { report(t, tags(house(t))) }

func TestTagsComplains(t *testing.T) {
	expect(t, tags(tree{
		sample(t, "internal/mutant/off.go", "//go:build !mutant\n\npackage mutant"),
		sample(t, "internal/a/a.go", "//go:build !mutant\n\npackage a"),
		sample(t, "internal/a/a_test.go", "//go:build heavy\n\npackage a"),
		sample(t, "internal/a/b_test.go", "//go:build heavy && linux\n\npackage a"),
		sample(t, "internal/a/c.go", "//go:build heavy\n\npackage a"),
	}), "internal/a/a.go:1: the tag mutant", "internal/a/b_test.go:1: the tag heavy", "internal/a/c.go:1: the tag heavy")
}
