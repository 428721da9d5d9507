package young_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"beside/internal/account/young"
)

// TestEveryPlaceHasItsSources: what is said of a place was read somewhere, and stands in docs/law.md for counsel.
func TestEveryPlaceHasItsSources(t *testing.T) {
	law, err := os.ReadFile("../../../docs/law.md")
	if err != nil {
		t.Fatal(err)
	}
	all := young.All()
	if !slices.IsSortedFunc(all, func(a, b young.Jurisdiction) int { return strings.Compare(a.Code, b.Code) }) {
		t.Error("the places are not in order")
	}
	for _, j := range all {
		if len(j.Sources) == 0 || j.Name == "" || j.Code != strings.ToLower(j.Code) {
			t.Errorf("%q: %+v", j.Code, j)
		}
		if j.Age != 0 && (j.Age < 10 || j.Age > 17) || j.Age == 0 && j.Maturity != young.MaturityUnasked {
			t.Errorf("%s: the age %d", j.Code, j.Age)
		}
		for _, s := range j.Sources {
			if s.Says == "" || !strings.Contains(string(law), s.Law) {
				t.Errorf("%s: docs/law.md does not hold %q", j.Code, s.Law)
			}
		}
		if !strings.Contains(string(law), "`"+j.Code+"`") {
			t.Errorf("docs/law.md has no row for %s", j.Code)
		}
	}
}

// TestTheRuleKnowsNoParent: who may read a book is decided without a word about ages, parents or places.
func TestTheRuleKnowsNoParent(t *testing.T) {
	words := regexp.MustCompile(`(?i)guardian|\bparents?\b|under.?18|jurisdiction|account/young`)
	looked := 0
	for _, folder := range []string{"grant", "keeper", "book"} {
		files, err := filepath.Glob("../../" + folder + "/*.go")
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			looked++
			for line := range strings.Lines(string(b)) {
				if m := words.FindString(line); m != "" && !strings.Contains(line, "Under18") {
					t.Errorf("%s knows of %q: %s", file, m, line)
				}
			}
		}
	}
	if looked < 20 {
		t.Errorf("only %d files", looked)
	}
}

func TestFindingAPlace(t *testing.T) {
	for _, j := range young.All() {
		if found, err := young.Find(j.Code); err != nil || found.Name != j.Name {
			t.Errorf("%s: %+v, %v", j.Code, found, err)
		}
	}
	if j, err := young.Find(""); err != nil || j.Age != 0 || j.Parent != young.ParentUnknown {
		t.Errorf("nowhere: %+v, %v", j, err)
	}
	if _, err := young.Find("us-zz"); err == nil || !strings.Contains(err.Error(), "us-ca") {
		t.Errorf("an unknown place: %v", err)
	}
}
