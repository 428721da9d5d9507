package book_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
)

func aRole(last byte) id.Role {
	r, _ := id.FromBytes[id.Role](anItem(last).Bytes())
	return r
}

// toWhoever are grants to others than one person by name, and one that ends with an event.
func toWhoever() map[string]*book.Sharing {
	place, _ := id.FromBytes[id.Community](anItem(6).Bytes())
	sections := []book.Section{book.SectionName, book.SectionGoals}
	return map[string]*book.Sharing{
		"role": {As: book.HatWorker, To: book.ToRole, Label: book.NewText("the evening line"), ReadOnly: true, Sections: sections, Purpose: book.PurposeRole, Until: 1_800_000_000_000_000,
			Whoever: book.Whoever{Role: aRole(7), Since: 1_700_000_000_000_000, Said: []book.Said{{Person: aPerson(1), Yes: true}, {Person: aPerson(2), At: 1_700_000_000_000_001}}}},
		"workers": {As: book.HatWorker, To: book.ToWorkers, Sections: sections, Purpose: book.PurposeWorkers, Until: 1_800_000_000_000_000, Whoever: book.Whoever{Place: place}},
		"event":   {As: book.HatWorker, Recipient: aPerson(3), Sections: sections, Purpose: book.PurposeWalking, Until: 1_800_000_000_000_000, Event: book.NewText("until I have moved"), Came: true},
		"review":  {As: book.HatReviewer, Recipient: aPerson(3), ReadOnly: true, Sections: sections, Purpose: book.PurposeReview, Until: 1_800_000_000_000_000},
	}
}

// TestGoldenGrants: what [TestGoldenBodies] says of one body of each kind holds for each sort of grant as well.
func TestGoldenGrants(t *testing.T) {
	for name, s := range toWhoever() {
		if err := book.CheckBody(s); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		path := filepath.Join("testdata", "golden", "sharing.1."+name+".json")
		if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) && *record {
			if err := os.WriteFile(path, book.Encode(s), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := book.Encode(s); !bytes.Equal(got, want) {
			t.Errorf("%s is written as %s, the golden body is %s", name, got, want)
		}
		back, err := book.Decode(book.KindSharing, 1, want)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got := back.(*book.Sharing)
		if got.To != s.To || got.Role != s.Role || got.Place != s.Place || got.Since != s.Since || !slices.Equal(got.Said, s.Said) || got.Event.Show() != s.Event.Show() || got.Came != s.Came || got.Reader() != s.Reader() {
			t.Errorf("%s is read as %+v", name, got)
		}
	}
}

// TestWhoeverIsNotGuessed: a grant in which something of whom it is to cannot be read is not read as one to somebody else.
func TestWhoeverIsNotGuessed(t *testing.T) {
	good := string(book.Encode(toWhoever()["role"]))
	for _, change := range [][2]string{
		{`"to":"role"`, `"to":5`},
		{aRole(7).String(), "somebody"},
		{`"role":"` + aRole(7).String() + `"`, `"role":5`},
		{`"role":"` + aRole(7).String() + `"`, `"place":"here"`},
		{`"role":"` + aRole(7).String() + `"`, `"place":5`},
		{`"since":1700000000000000`, `"since":"then"`},
		{`"said":[`, `"said":[5,`},
		{`"yes ` + aPerson(1).String(), `"perhaps ` + aPerson(1).String()},
		{`"yes ` + aPerson(1).String(), `"yes somebody`},
		{`"yes ` + aPerson(1).String() + ` 0"`, `"yes ` + aPerson(1).String() + ` 0 0"`},
		{`"yes ` + aPerson(1).String() + ` 0"`, `"yes ` + aPerson(1).String() + ` now"`},
	} {
		bad := strings.Replace(good, change[0], change[1], 1)
		if bad == good {
			t.Fatalf("%s is not in %s", change[0], good)
		}
		if b, err := book.Decode(book.KindSharing, 1, []byte(bad)); err == nil {
			t.Errorf("%s is read as %+v", bad, b)
		}
	}
}

// TestWhatMayStandInAGrantToWhoever: one thing at a time that may not, and how much may at most.
func TestWhatMayStandInAGrantToWhoever(t *testing.T) {
	people := func(n int) (said []book.Said) {
		for i := range n {
			p := anItem(0).Array()
			p[14], p[15] = byte(i>>8), byte(i)
			who, _ := id.FromBytes[id.Person](p[:])
			said = append(said, book.Said{Person: who})
		}
		return said
	}
	for what, x := range map[string]struct {
		of     string
		change func(*book.Sharing)
		field  string // "" for what may be
	}{
		"as many people as can be":       {"role", func(s *book.Sharing) { s.Said = people(book.MostSaid) }, ""},
		"one more":                       {"role", func(s *book.Sharing) { s.Said = people(book.MostSaid + 1) }, "said"},
		"one of them twice":              {"role", func(s *book.Sharing) { s.Said = append(s.Said, s.Said[0]) }, "said"},
		"a time before all":              {"role", func(s *book.Sharing) { s.Said[0].At = -1 }, "said"},
		"given before all":               {"role", func(s *book.Sharing) { s.Since = -1 }, "said"},
		"given now":                      {"role", func(s *book.Sharing) { s.Since = 0 }, ""},
		"to write for somebody":          {"workers", func(s *book.Sharing) { s.Acts = []book.Section{book.SectionGoals} }, "acts"},
		"in their own hat":               {"workers", func(s *book.Sharing) { s.As, s.Label = book.HatSelf, book.NewText("x") }, "recipient"},
		"a role in a place":              {"workers", func(s *book.Sharing) { s.Role = aRole(7) }, "recipient"},
		"a place of one":                 {"event", func(s *book.Sharing) { s.Place, s.Role = toWhoever()["workers"].Place, id.Role{} }, "recipient"},
		"what is said of one":            {"event", func(s *book.Sharing) { s.Said = people(1) }, "recipient"},
		"one that was given before":      {"event", func(s *book.Sharing) { s.Since = 1 }, "recipient"},
		"one and a role":                 {"event", func(s *book.Sharing) { s.Role = aRole(7) }, "recipient"},
		"an event that is nothing":       {"event", func(s *book.Sharing) { s.Event = book.Text{} }, "event"},
		"an event as long as can be":     {"event", func(s *book.Sharing) { s.Event = book.NewText(strings.Repeat("m", book.MaxEvent)) }, ""},
		"a longer one":                   {"event", func(s *book.Sharing) { s.Event = book.NewText(strings.Repeat("m", book.MaxEvent+1)) }, "event"},
		"an event that cannot be read":   {"event", func(s *book.Sharing) { s.Event = book.NewText("\xff") }, "event"},
		"a reviewer who suggests":        {"review", func(s *book.Sharing) { s.ReadOnly = false }, "acts"},
		"a worker's purpose, to review":  {"review", func(s *book.Sharing) { s.Purpose = book.PurposeWalking }, "purpose"},
		"a role's purpose, of all":       {"workers", func(s *book.Sharing) { s.Purpose = book.PurposeRole }, "purpose"},
		"a worker who need not suggest":  {"event", func(s *book.Sharing) { s.ReadOnly = true }, ""},
		"no name of what holds the line": {"role", func(s *book.Sharing) { s.Label = book.Text{} }, "label"},
	} {
		s := toWhoever()[x.of]
		x.change(s)
		err := book.CheckBody(s)
		if x.field == "" && err != nil {
			t.Errorf("%s: %v", what, err)
		}
		if x.field == "" {
			continue
		}
		e, ok := errors.AsType[*errs.Error](err)
		if !ok || !slices.ContainsFunc(e.Fields, func(f errs.Field) bool { return f.Name == x.field }) {
			t.Errorf("%s: %v, want %s", what, err, x.field)
		}
	}
}

// TestTimesOfWhoever: what names no time is of the time of its entry.
func TestTimesOfWhoever(t *testing.T) {
	s := toWhoever()["role"]
	if said := s.SaidAt(5); said[0].At != 5 || said[1].At != 1_700_000_000_000_001 || s.Said[0].At != 0 {
		t.Errorf("said %v", said)
	}
	if s.GivenAt(5) != 1_700_000_000_000_000 || toWhoever()["workers"].GivenAt(5) != 5 {
		t.Error("given at another time")
	}
	if book.Longest(book.HatReviewer) != 90*clock.Day || book.Longest(book.HatWorker) != book.MaxGrant {
		t.Error("a grant runs for another time")
	}
	if book.PurposeRole.ByName() || book.PurposeWorkers.ByName() || !book.PurposeWalking.ByName() || !book.PurposeReview.ByName() {
		t.Error("who was chosen by name is told from who was not otherwise")
	}
	if book.ToOne.Code() != "one" || book.ToRole.Code() != "role" || book.ToWorkers.Code() != "workers" {
		t.Error("the lists hold it otherwise")
	}
}
