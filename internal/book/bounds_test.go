package book_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"beside/internal/book"
	"beside/internal/errs"
	"beside/internal/id"
)

func letters(n int) book.Text { return book.NewText(strings.Repeat("a", n)) }

func items(n int) (all []id.Item) {
	for i := range n {
		b := [16]byte{0x01, 0x90, 0, 0, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, byte(i >> 8), byte(i)}
		it, _ := id.FromBytes[id.Item](b[:])
		all = append(all, it)
	}
	return all
}

// refused are the fields that a body is refused for.
func refused(b book.Body) (fields []string) {
	if e, ok := errors.AsType[*errs.Error](book.CheckBody(b)); ok && e.Kind == errs.Invalid {
		for _, f := range e.Fields {
			fields = append(fields, f.Name)
		}
	}
	return fields
}

// with is the sample of a kind with something else in it.
func with[B book.Body](kind string, change func(B)) book.Body {
	b, _ := samples()[kind].(B)
	change(b)
	return b
}

// TestJustWithinAndJustBeyond: what is as long, as many, as early or as late as can be is kept, and what goes one further is
// refused beside its field.
func TestJustWithinAndJustBeyond(t *testing.T) {
	about := func(change func(*book.About)) book.Body { return with("about", change) }
	address := func(change func(*book.Address)) book.Body { return with("address", change) }
	sharing := func(change func(*book.Sharing)) book.Body { return with("sharing", change) }
	singles := func(n int) (all []book.Single) {
		for _, it := range items(n) {
			all = append(all, book.Single{Section: book.SectionGoals, Item: it})
		}
		return all
	}
	for name, c := range map[string]struct {
		field       string
		kept, isNot []book.Body
	}{
		"a name in a circle": {"words", []book.Body{&book.Circle{Words: letters(book.MaxCircleWords)}}, []book.Body{&book.Circle{Words: letters(book.MaxCircleWords + 1)}, &book.Circle{Words: book.NewText(" ")}}},
		"a telephone number": {"phone", []book.Body{&book.Circle{Words: letters(1), Phone: book.NewText("988")}, &book.Circle{Words: letters(1), Phone: book.NewText("+123456789012345")},
			&book.Circle{Words: letters(1), Phone: book.NewText("988" + strings.Repeat(" ", book.MaxPhone-3))}},
			[]book.Body{&book.Circle{Words: letters(1), Phone: book.NewText("98")}, &book.Circle{Words: letters(1), Phone: book.NewText("+98")}, &book.Circle{Words: letters(1), Phone: book.NewText("1234567890123456")},
				&book.Circle{Words: letters(1), Phone: book.NewText("988" + strings.Repeat(" ", book.MaxPhone-2))}, &book.Circle{Words: letters(1), Phone: book.NewText("9+88")}, &book.Circle{Words: letters(1), Phone: book.NewText("javascript:1234")}, &book.Circle{Words: letters(1), Phone: book.NewText("\x00")}}},
		"what they give": {"gives", []book.Body{&book.Circle{Words: letters(1), Gives: letters(book.MaxText)}}, []book.Body{&book.Circle{Words: letters(1), Gives: letters(book.MaxText + 1)}}},
		"what I give":    {"given", []book.Body{&book.Circle{Words: letters(1), Given: letters(book.MaxText)}}, []book.Body{&book.Circle{Words: letters(1), Given: letters(book.MaxText + 1)}}},
		"a sort":         {"sort", []book.Body{&book.Circle{Words: letters(1), Sort: book.SortAnimal}}, []book.Body{&book.Circle{Words: letters(1), Sort: "thing"}}},
		"how near":       {"near", []book.Body{&book.Circle{Words: letters(1), Near: book.NearFurther}}, []book.Body{&book.Circle{Words: letters(1), Near: "far"}}},
		"whom I call":    {"turn", []book.Body{&book.Circle{Words: letters(1), Turn: book.TurnNot}}, []book.Body{&book.Circle{Words: letters(1), Turn: "never"}}},
		"a way":          {"way", []book.Body{&book.Path{Facet: book.FacetWay, Way: book.WayMutual}, &book.Path{Facet: book.FacetAbout, Way: book.AboutMind}, &book.Path{Facet: book.FacetStage, Words: letters(1)}}, []book.Body{&book.Path{Facet: book.FacetWay}, &book.Path{Facet: book.FacetWay, Way: book.AboutMind}, &book.Path{Facet: book.FacetAbout, Way: book.WayHarm}, &book.Path{Facet: book.FacetStage, Way: book.WayOwn, Words: letters(1)}}},
		"words of a way": {"words", []book.Body{&book.Path{Facet: book.FacetAbout, Way: book.WayOwn, Words: letters(1)}}, []book.Body{&book.Path{Facet: book.FacetAbout, Way: book.WayOwn}, &book.Path{Facet: book.FacetStage}, &book.Path{Facet: book.FacetWay, Way: book.WayMutual, Words: letters(book.MaxText + 1)}}},
		"a facet":        {"facet", []book.Body{&book.Path{Facet: book.FacetWay, Way: book.WaySelf}}, []book.Body{&book.Path{Way: book.WaySelf}, &book.Path{Facet: "grade", Way: book.WaySelf}}},
		"a season":       {"season", []book.Body{&book.Path{Facet: book.FacetWay, Way: book.WaySelf, Season: book.SeasonWas}}, []book.Body{&book.Path{Facet: book.FacetWay, Way: book.WaySelf, Season: "soon"}}},
		"a name":         {"words", []book.Body{&book.Name{Words: letters(book.MaxName)}}, []book.Body{&book.Name{Words: letters(book.MaxName + 1)}}},
		"words": {"words", []book.Body{&book.Words{Words: letters(book.MaxText)}, &book.Goal{Words: letters(book.MaxText)}},
			[]book.Body{&book.Words{Words: letters(book.MaxText + 1)}, &book.Goal{Words: letters(book.MaxText + 1)}}},
		"strengths of a goal": {"builds_on", []book.Body{&book.Goal{Words: letters(1), BuildsOn: items(50)}}, []book.Body{&book.Goal{Words: letters(1), BuildsOn: items(51)}}},
		"who helps":           {"helps", []book.Body{&book.Goal{Words: letters(1), Helps: letters(book.MaxText)}}, []book.Body{&book.Goal{Words: letters(1), Helps: letters(book.MaxText + 1)}}},
		"what was learned":    {"learned", []book.Body{&book.Goal{Words: letters(1), Learned: letters(book.MaxText)}}, []book.Body{&book.Goal{Words: letters(1), Learned: letters(book.MaxText + 1)}}},
		"a change of mind":    {"aside", []book.Body{&book.Goal{Words: letters(1), Aside: letters(book.MaxText)}}, []book.Body{&book.Goal{Words: letters(1), Aside: letters(book.MaxText + 1)}}},
		"a worry":             {"words", []book.Body{&book.Note{Words: letters(book.MaxText)}}, []book.Body{&book.Note{Words: letters(book.MaxText + 1)}, &book.Note{}}},
		"days until the book goes": {"after_days",
			[]book.Body{about(func(a *book.About) { a.AfterDays = 0 }), about(func(a *book.About) { a.AfterDays = book.LeastAfter }), about(func(a *book.About) { a.AfterDays = book.MostAfter })},
			[]book.Body{about(func(a *book.About) { a.AfterDays = book.LeastAfter - 1 }), about(func(a *book.About) { a.AfterDays = book.MostAfter + 1 }), about(func(a *book.About) { a.AfterDays = -1 })}},
		"an address to come": {"address", []book.Body{about(func(a *book.About) { a.Address = letters(320) })},
			[]book.Body{about(func(a *book.About) { a.Address = letters(321) }), about(func(a *book.About) { a.Address = book.NewText("a\xffb") })}},
		"an address": {"address", []book.Body{address(func(a *book.Address) { a.Address = letters(320) }), address(func(a *book.Address) { a.Channel = book.ChannelEmail })},
			[]book.Body{address(func(a *book.Address) { a.Address = letters(321) }), address(func(a *book.Address) { a.Address = book.NewText("a\xffb") }), address(func(a *book.Address) { a.Channel = "" }),
				address(func(a *book.Address) { a.Channel = "pigeon" })}},
		"a sender": {"name", []book.Body{address(func(a *book.Address) { a.Name = letters(book.MaxDiscreetName) })},
			[]book.Body{address(func(a *book.Address) { a.Name = letters(book.MaxDiscreetName + 1) }), address(func(a *book.Address) { a.Name = book.NewText("a\xffb") }), address(func(a *book.Address) { a.Name = book.NewText("a.b") })}},
		"a time from": {"from", []book.Body{address(func(a *book.Address) { a.From = 0 }), address(func(a *book.Address) { a.From = 24*60 - 1 })},
			[]book.Body{address(func(a *book.Address) { a.From = -1 }), address(func(a *book.Address) { a.From = 24 * 60 })}},
		"a time until": {"until", []book.Body{address(func(a *book.Address) { a.Until = 0 }), address(func(a *book.Address) { a.Until = 24*60 - 1 })},
			[]book.Body{address(func(a *book.Address) { a.Until = -1 }), address(func(a *book.Address) { a.Until = 24 * 60 })}},
		"a language": {"lang", []book.Body{address(func(a *book.Address) { a.Lang = strings.Repeat("a", 35) })}, []book.Body{address(func(a *book.Address) { a.Lang = strings.Repeat("a", 36) })}},
		"a label": {"label", []book.Body{sharing(func(s *book.Sharing) { s.Label = letters(book.MaxName) })},
			[]book.Body{sharing(func(s *book.Sharing) { s.Label = letters(book.MaxName + 1) }), sharing(func(s *book.Sharing) { s.Label = book.NewText("a\xffb") })}},
		"single things": {"singles", []book.Body{sharing(func(s *book.Sharing) { s.Singles = singles(book.MostSingles) })}, []book.Body{sharing(func(s *book.Sharing) { s.Singles = singles(book.MostSingles + 1) })}},
		"an end":        {"until", []book.Body{sharing(func(s *book.Sharing) { s.Until = 1 })}, []book.Body{sharing(func(s *book.Sharing) { s.Until = 0 })}},
		"writing for somebody": {"acts",
			[]book.Body{sharing(func(s *book.Sharing) { s.Acts = []book.Section{book.SectionGoals} }), sharing(func(s *book.Sharing) { s.ReadOnly = true })},
			[]book.Body{
				sharing(func(s *book.Sharing) { s.Acts, s.ReadOnly = []book.Section{book.SectionGoals}, true }),
				sharing(func(s *book.Sharing) { s.Acts = []book.Section{book.SectionGoals, book.SectionGoals} }),
				sharing(func(s *book.Sharing) { s.Acts = []book.Section{book.SectionWords} }),
				sharing(func(s *book.Sharing) {
					s.Acts, s.Sections = []book.Section{book.SectionGoals}, []book.Section{book.SectionName}
				}),
			}},
		"what is erased": {"items", []book.Body{&book.Erasing{Items: items(1)}, &book.Erasing{Items: items(book.MaxErased)}, &book.Erasing{Whole: true}},
			[]book.Body{&book.Erasing{}, &book.Erasing{Items: items(book.MaxErased + 1)}, &book.Erasing{Whole: true, Items: items(1)}, &book.Erasing{Items: append(items(1), items(1)...)}, &book.Erasing{Items: []id.Item{{}}}}},
		"why all of it is erased": {"why", []book.Body{&book.Erasing{Whole: true, Why: book.WhyClosed}}, []book.Body{&book.Erasing{Whole: true, Why: "whim"}, &book.Erasing{Items: items(1), Why: book.WhyAsked}}},
		"a note of a tie":         {"words", []book.Body{with("tie", func(x *book.Tie) { x.Words = letters(book.MaxTieWords) })}, []book.Body{with("tie", func(x *book.Tie) { x.Words = letters(book.MaxTieWords + 1) })}},
	} {
		for i, b := range c.kept {
			if got := refused(b); len(got) > 0 {
				t.Errorf("%s, %d: what is just within is refused for %v", name, i, got)
			}
		}
		for i, b := range c.isNot {
			if got := refused(b); len(got) != 1 || got[0] != c.field {
				t.Errorf("%s, %d: what is just beyond is refused for %v, want %s", name, i, got, c.field)
			}
		}
	}
}

// wholeGoal is a goal with all that can be said of one.
func wholeGoal() *book.Goal {
	g, _ := with("goal", func(g *book.Goal) {
		g.Domain, g.Helps, g.Learned, g.Aside = book.DomainSpirit, book.NewText("my aunt"), book.NewText("rain is no reason"), book.NewText("not now\nshalom שלום")
	}).(*book.Goal)
	return g
}

// TestGoldenGoal: a goal with all that can be said of one is written as the same bytes for ever.
func TestGoldenGoal(t *testing.T) {
	path := filepath.Join("testdata", "golden", "goal.1.whole.json")
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) && *record {
		if err := os.WriteFile(path, book.Encode(wholeGoal()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := book.Encode(wholeGoal()); !bytes.Equal(got, want) {
		t.Errorf("it is written as %s, the golden body is %s", got, want)
	}
}

// TestEveryFieldComesBack: whatever a body has in it is there when it was written and read.
func TestEveryFieldComesBack(t *testing.T) {
	for name, b := range map[string]book.Body{
		"about": with("about", func(a *book.About) { a.AfterDays = 30 }),
		"sharing": with("sharing", func(s *book.Sharing) {
			s.As, s.ReadOnly, s.Label, s.Acts = book.HatSelf, true, letters(3), []book.Section{book.SectionGoals}
			s.Singles = []book.Single{{Section: book.SectionGoals, Item: anItem(7)}}
		}),
		"a whole goal": wholeGoal(),
		"all of it":    &book.Erasing{Whole: true, Why: book.WhyDied},
		"some of it":   &book.Erasing{Items: items(3)},
		"tie":          samples()["tie"],
		"an empty tie": &book.Tie{},
	} {
		got, err := book.Decode(b.Kind(), book.CurrentVersion, book.Encode(b))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if again := book.Encode(got); !bytes.Equal(again, book.Encode(b)) {
			t.Errorf("%s (-was +is):\n%s", name, cmp.Diff(string(book.Encode(b)), string(again)))
		}
	}
}

// TestDecodeKnowsItsKinds: a body of a kind or a version that there is not is refused, also when the other is right.
func TestDecodeKnowsItsKinds(t *testing.T) {
	sound := book.Encode(samples()["goal"])
	for _, c := range []struct {
		kind    book.Kind
		version int
	}{{"nonsense", 1}, {book.KindGoal, 0}, {book.KindGoal, -1}} {
		if _, err := book.Decode(c.kind, c.version, sound); err == nil {
			t.Errorf("kind %q, version %d are read", c.kind, c.version)
		}
	}
}
