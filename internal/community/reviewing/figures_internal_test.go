package reviewing

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"beside/internal/clock"
	"beside/internal/id"
	"beside/internal/store/schema"
)

// TestSmallNumbers: whoever knows the whole of a figure and the parts that are told cannot tell how many a hidden part has: at least two are hidden,
// and together they are no small number.
func TestSmallNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := rapid.SampledFrom(figures).Draw(t, "figure")
		n := map[string]int64{"": rapid.Int64Range(0, 9).Draw(t, "n")}
		for _, p := range f.Parts {
			n[p] = rapid.SampledFrom([]int64{0, 0, 1, 2, 4, 5, 6, 9, 30, 80}).Draw(t, p)
		}
		c := f.tell(n)
		if f.Place {
			return
		}
		hidden, sum := 0, int64(0)
		for _, p := range c.Parts {
			if p.Hidden {
				hidden, sum = hidden+1, sum+p.N
			} else if p.N < Least || c.All.Hidden {
				t.Fatalf("%s of %v is told", p.Code, n)
			}
		}
		switch {
		case c.All.N < Least && !c.All.Hidden:
			t.Fatalf("a whole of %d is told", c.All.N)
		case hidden > 0 && !c.All.Hidden && (hidden == 1 || sum < Least):
			t.Fatalf("%v: what is hidden is %d in %d parts", n, sum, hidden)
		case c.Rate >= 0 && (c.All.N < LeastOf || !c.shows(f.Rate)):
			t.Fatalf("a share of %v is told", n)
		}
	})
}

// TestFiguresReadNothingSealed: no figure names a column whose words are sealed, or free words in the clear.
func TestFiguresReadNothingSealed(t *testing.T) {
	for _, h := range schema.AllHeld() {
		for _, column := range append(strings.Fields(h.Sealed), strings.Fields(h.Words)...) {
			for _, f := range figures {
				of := regexp.MustCompile(`(FROM|JOIN) ` + h.Table + `\b`)
				if of.MatchString(f.query) && regexp.MustCompile(`\b`+column+`\b`).MatchString(f.query) {
					t.Errorf("%s reads %s of %s", f.Code, column, h.Table)
				}
			}
		}
	}
}

// TestSpans: quarters follow each other without a gap, and can be counted two weeks after their end.
func TestSpans(t *testing.T) {
	var last clock.Time
	for _, s := range []Span{"2024-4", "2025-1", "2025-2", "2025-3", "2025-4", "2026-1"} {
		from, to, ok := s.times()
		if !ok || last != 0 && from != last || spanOf(from) != s || spanOf(to-1) != s || s.over(to+SettledAfter-1) || !s.over(to+SettledAfter) {
			t.Errorf("%s is from %d to %d", s, from, to)
		}
		last = to
	}
	for _, s := range []Span{"", "2025", "2025-0", "2025-5", "x025-1", "2025-11", "-999-1"} {
		if _, _, ok := s.times(); ok {
			t.Errorf("%q is a quarter", s)
		}
	}
}

// TestNothingFoundIsHidden: who takes away in the database what others add to, or lets two add to each other, hides none of these.
func TestNothingFoundIsHidden(t *testing.T) {
	ids := make([]id.Finding, 5)
	for i := range ids {
		ids[i], _ = id.FromBytes[id.Finding](append(make([]byte, 15), byte(i+1)))
	}
	all := inOrder([]Finding{{ID: ids[0]}, {ID: ids[1], AddsTo: ids[0]}, {ID: ids[2], AddsTo: ids[3]}, {ID: ids[3], AddsTo: ids[2]}, {ID: ids[4], AddsTo: id.Finding{}}})
	var order []id.Finding
	for _, f := range all {
		order = append(order, f.ID)
	}
	if want := []id.Finding{ids[4], ids[0], ids[1], ids[2], ids[3]}; !slices.Equal(order, want) {
		t.Errorf("in this order: %v", order)
	}
	gone, _ := id.FromBytes[id.Finding](append(make([]byte, 15), 99))
	if all := inOrder([]Finding{{ID: ids[0], AddsTo: gone}}); len(all) != 1 {
		t.Errorf("%d are left", len(all))
	}
}
