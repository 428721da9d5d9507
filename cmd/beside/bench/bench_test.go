package bench

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// TestEveryFigureIsMeasured: a small run measures each figure beside its baseline. It says nothing of how fast.
func TestEveryFigureIsMeasured(t *testing.T) {
	r, err := Run(t.Context(), Config{Database: t.TempDir(), Books: day + asked, Median: 8, For: 150 * time.Millisecond, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Figures) != 17 || r.Entries < 8*(day+asked) || r.Bytes == 0 || r.KeyBytes == 0 || r.PerEntry < 100 || r.Memory == 0 {
		t.Errorf("%d figures over %d entries in %d bytes", len(r.Figures), r.Entries, r.Bytes)
	}
	for _, f := range r.Figures {
		if f.PerSecond <= 0 || f.BasePerSec <= 0 || f.P99Micros < f.P50Micros || f.Per == "" && f.P50Micros == 0 || f.Limit == "" || f.Engine != "sqlite" {
			t.Errorf("not measured: %+v", f)
		}
	}
	var table bytes.Buffer
	if err := r.Table(&table); err != nil || strings.Count(table.String(), "\n") < 8 {
		t.Errorf("the table is %q, %v", table.String(), err)
	}
}

// TestTheSampleLiesAmongAll: the first are all remembered, of the others some from everywhere, no two in one place.
func TestTheSampleLiesAmongAll(t *testing.T) {
	for _, all := range []int{day + asked, 500, sample, sample + 1, 1999, 10_000, 123_457} {
		taken, last := map[int]bool{}, 0
		for n := range all {
			if at, ok := slot(n, all); ok {
				if taken[at] || at >= sample {
					t.Fatalf("of %d, book %d is remembered in place %d, which is taken or none", all, n, at)
				}
				taken[at], last = true, n
			}
		}
		if len(taken) < min(all, 500) || last < all*9/10 {
			t.Errorf("of %d, %d are remembered, up to book %d", all, len(taken), last)
		}
		for at := range len(taken) {
			if !taken[at] {
				t.Fatalf("of %d, place %d is empty", all, at)
			}
		}
	}
}

// TestWhatWasFilledIsMeasuredAgain: a second run finds the same people in what the first filled.
func TestWhatWasFilledIsMeasuredAgain(t *testing.T) {
	c := Config{Database: t.TempDir(), Books: 300, Median: 4, Spread: 1, For: 30 * time.Millisecond, Seed: 1, Without: []string{"accept", "log", "export", "verify", "backup", "coming"}}
	if _, err := Run(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	c.Filled, c.Without = true, []string{"log", "verify", "backup", "coming"}
	r, err := Run(t.Context(), c)
	if err != nil || len(r.Figures) != 9 {
		t.Fatalf("%+v, %v", r, err)
	}
	var table bytes.Buffer
	if err := r.Table(&table); err != nil || !strings.Contains(table.String(), "filled before") {
		t.Errorf("it says how fast it filled, and did not: %s, %v", table.String(), err)
	}
	c.Books = 299
	if _, err := Run(t.Context(), c); err == nil {
		t.Error("one book too many was not seen")
	}
}

func TestTooFewBooks(t *testing.T) {
	if _, err := Run(t.Context(), Config{Database: t.TempDir(), Books: 10}); err == nil {
		t.Error("ten books were enough")
	}
}

func TestPercentiles(t *testing.T) {
	m := measured{in: 2 * time.Second}
	for i := 100; i > 0; i-- {
		m.took = append(m.took, time.Duration(i)*time.Microsecond)
	}
	if m.percentile(0.5) != 51 || m.percentile(0.99) != 100 || m.perSecond() != 50 || (measured{}).percentile(0.5) != 0 {
		t.Errorf("p50 %d, p99 %d, %.0f/s", m.percentile(0.5), m.percentile(0.99), m.perSecond())
	}
}
