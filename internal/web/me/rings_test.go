package me

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"beside/internal/book"
	"beside/internal/journey"
)

// TestEveryNameHasItsPlace: whatever is in a circle, every name stands in the picture, none over another, and in its ring.
func TestEveryNameHasItsPlace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var live []journey.InCircle
		per := map[book.Closeness]int{}
		for range rapid.IntRange(0, 60).Draw(t, "how many") {
			x := journey.InCircle{Near: rapid.SampledFrom(append(book.Rings(), "")).Draw(t, "near")}
			x.Words = book.NewText(rapid.String().Draw(t, "name"))
			live = append(live, x)
			per[x.Near]++
		}
		d := drawRings(live)
		if len(d.Names) != len(live) {
			t.Fatalf("%d names of %d", len(d.Names), len(live))
		}
		for i, a := range d.Names {
			if a.X < 0 || a.X > d.Wide || a.Y < rowHigh/2 || a.Y > d.High {
				t.Errorf("%v stands outside of %d x %d", a, d.Wide, d.High)
			}
			for _, b := range d.Names[i+1:] {
				if abs(a.X-b.X) < 100 && abs(a.Y-b.Y) < rowHigh {
					t.Errorf("%v stands over %v", a, b)
				}
			}
			if abs(a.Y-d.MeY) < rowHigh && abs(a.X-d.Wide/2) < 100 {
				t.Errorf("%v stands over me", a)
			}
		}
		for i, look := range ringLook { // the shapes come from the outside in
			shape := d.Shapes[len(d.Shapes)-1-i]
			in := 0
			for _, n := range d.Names {
				if n.Y > shape.Y && n.Y < shape.Y+shape.High {
					in++
				}
			}
			want := 0
			for _, inner := range ringLook[:i+1] {
				want += per[inner.near]
			}
			if in != want {
				t.Errorf("in ring %s and what is in it stand %d names, want %d", look.near, in, want)
			}
		}
	})
}

func abs(n int) int { return max(n, -n) }

// TestShortNames: a name is cut where a reader would, and told so.
func TestShortNames(t *testing.T) {
	for in, want := range map[string]string{
		"Ana": "Ana", "the bench by the river": "the bench b…", "dozen letter": "dozen letter", "one\nand two": "one", "": "",
		"👩🏽‍👧👩🏽‍👧👩🏽‍👧": "👩🏽‍👧👩🏽‍👧👩🏽‍👧", "ג׳ניפר רוזנברג": "ג׳ניפר רוזנ…", "MWMWMWMWMW": "MWMWMWM…",
	} {
		if got := shortName(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.String().Draw(t, "name")
		if got := shortName(in); !utf8.ValidString(got) || !strings.HasPrefix(in, strings.TrimSuffix(got, "…")) {
			t.Errorf("%q becomes %q", in, got)
		}
	})
}
