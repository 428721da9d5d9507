package me_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/id"
	"beside/internal/journey"
	"beside/internal/peer"
	"beside/internal/testkit/histories"
	"beside/internal/testkit/ready"
	"beside/internal/testkit/world"
)

// A person writes down who and what is around them, whom they would call, and who should not come when times are hard.
func TestMyCircle(t *testing.T) {
	onBoth(t, func(t *testing.T, ana *person) {
		ana.get("/me")
		ana.says("My circle")
		ana.get("/me/circle")
		ana.says("Being alone is fine too", "Begin with one", "Nobody here sees anything by being here", "What I share")
		ana.Page.HasNot("svg.rings")
		ana.get("/me/circle/new")
		ana.Page.HasNot("input[checked]")
		ana.form("/me/circle/new", "near", "close", "turn", "first", "phone", "call me", "gives", "calm").send(422, "/me/circle/new")
		ana.Page.Has(".mend a[href='#f-words']")
		ana.Page.Has(".mend a[href='#f-phone']")
		ana.Page.Has(`input[name=turn][value=first][checked]`)
		ana.Page.Has(`details[open]`)
		ana.form("/me/circle/new", "words", "Grandmother Rosa", "phone", "+1 (202) 555-0143").send(200, "/me/circle")
		ana.says("Kept. It is in your circle.", "Close to me", "Grandmother Rosa", "Yes, first", "What they give me: calm", "Whom I would call")
		ana.Page.Has(`a[href="tel:+12025550143"]`)
		ana.get("/me/circle/new")
		only := ana.form("/me/circle/new", "words", "the bench by the river")
		only.send(200, "/me/circle")
		only.send(200, "/me/circle") // sent twice
		ana.says("Also there", "the bench by the river")
		ana.Page.Count("ul.rows li", 2)
		if got := ana.Page.One("svg.rings").Text(); !strings.Contains(got, "the bench b…") || !strings.Contains(got, "Grandmothe") {
			t.Errorf("the picture says %q", got)
		}
		if _, hidden := ana.Page.One("svg.rings").Attr("aria-hidden"); !hidden {
			t.Error("the picture is read beside the list")
		}
		ana.get("/me/circle/new")
		ana.form("/me/circle/new", "words", "<Lee>", "turn", "not").send(200, "/me/circle")
		ana.says("Whom I would call", "Grandmother Rosa", "Not when times are hard", "<Lee>")

		path := href(t, ana.Client, ".rows a")
		ana.get(path)
		old := ana.form(path, "words", "Rosa")
		old.send(200, "/me/circle")
		ana.get(path)
		again := ana.form(path, "words", "Abuela")
		ana.form(path, "words", "Granny").send(200, "/me/circle")
		again.send(409, path)
		ana.says("Kept now", "Granny")
		ana.form(path).send(200, "/me/circle")
		ana.says("Abuela")
		ana.get(path)
		ana.tap(path+"/away", "/me/circle")
		ana.says("One thing you put away", "Abuela")
		ana.Page.HasNot(`a[href^="tel:"]`)
		ana.tap(path+"/back", "/me/circle")
		ana.Page.Has(`a[href^="tel:"]`)
		ana.get("/me/timeline")
		ana.says("You brought something back to your circle", "You put something of your circle away", "You added to your circle")
	})
}

// Another may suggest a place or a group; it is in the circle by a yes, and nobody may suggest a person.
func TestAPlaceIsSuggested(t *testing.T) {
	onBoth(t, func(t *testing.T, ana *person) {
		if err := ana.App.Peers.Suggest(ctx, ana.sam, ana.me.Book, ana.entry(), &book.Circle{Words: book.NewText("Kim"), Sort: book.SortPerson}); err == nil {
			t.Error("a person was suggested")
		}
		path := ana.suggests(&book.Circle{Words: book.NewText("the choir"), Sort: book.SortGroup})
		ana.get("/me/circle")
		ana.hides("the choir")
		ana.get(path)
		ana.says("Sam suggests a place or a group", "the choir")
		c, err := ana.App.Journey.Circle(ctx, ana.me)
		ana.must(err)
		if len(c.Live) != 0 {
			t.Error("it is in the circle before the yes")
		}
	})
}

// What is new in a book is in nothing that was given before, nor in a plain yes.
func TestWhatIsNewIsNotGiven(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w := world.New(t, where)
		sam, _ := subject(t, w, w.Worker(t, "Sam"))
		ben := join(t, w, sam, "Ben")
		ben.must(w.App.Peers.Choose(ctx, ben.me.Subject, ben.me.Book, peer.Choice{Entry: ben.entry(), Worker: sam.Person,
			Sections: book.Usual(), Until: w.Clock.Now() + 300*clock.Day}))
		ben.circles("Rosa", book.TurnFirst)
		ben.goes(journey.Path{Facet: book.FacetWay, Way: book.WayFaith})
		s, err := w.App.Peers.Person(ctx, sam, ben.me.Book)
		ben.must(err)
		if s.Shows(book.SectionCircle) || s.Shows(book.SectionPaths) || len(s.Circle)+len(s.Paths) != 0 {
			t.Errorf("Sam reads %v, %d and %d", s.Sections, len(s.Circle), len(s.Paths))
		}
		ben.get("/me/circle")
		ben.says("Only you can see this here")
	})
}

func (p *person) circles(words string, turn book.Turn) id.Item {
	p.t.Helper()
	it, err := p.App.Journey.SetInCircle(ctx, p.me, journey.Writing{Entry: p.entry()}, journey.InCircle{Mine: journey.Mine{Words: book.NewText(words)}, Turn: turn})
	p.must(err)
	return it
}

func (p *person) goes(x journey.Path) {
	p.t.Helper()
	_, err := p.App.Journey.SetPath(ctx, p.me, journey.Writing{Entry: p.entry()}, x)
	p.must(err)
}

// A person names the ways they go, what it is about, and where they are, as they like.
func TestMyPaths(t *testing.T) {
	onBoth(t, func(t *testing.T, ana *person) {
		ana.get("/me/paths")
		ana.says("The ways I go", "You can leave it so", "What it is about for me", "Where I am", "Nothing here asks where you are.")
		ana.get("/me/paths/new?of=way")
		ana.Page.HasNot("input[checked]")
		ana.Page.Count("input[name=way]", len(book.Ways(book.FacetWay)))
		ana.form("/me/paths/new").send(422, "/me/paths/new")
		ana.form("/me/paths/new", "way", "own", "season", "was").send(422, "/me/paths/new")
		ana.Page.Has(".mend a[href='#f-words']")
		ana.Page.Has("input[name=season][value=was][checked]")
		ana.form("/me/paths/new", "words", "the garden").send(200, "/me/paths")
		ana.says("Kept. It is in your book.", "the garden", "It was")
		ana.get("/me/paths/new?of=way")
		ana.form("/me/paths/new", "way", "medication").send(200, "/me/paths")
		ana.says("the garden", "Medicine")
		ana.get("/me/paths/new?of=about")
		ana.form("/me/paths/new", "way", "mind", "words", "the grey").send(200, "/me/paths")
		ana.get("/me/paths/new?of=stage")
		ana.Page.HasNot("input[name=way]")
		ana.form("/me/paths/new", "words", "halfway up").send(200, "/me/paths")
		ana.says("What it is about for me", "My mind and how I feel", "the grey", "Where I am", "halfway up")
		path := href(t, ana.Client, ".rows a")
		ana.get(path)
		ana.form(path, "words", "the garden and the bees").send(200, "/me/paths")
		ana.get(path)
		ana.tap(path+"/away", "/me/paths")
		ana.says("One thing you put away", "the garden and the bees")
		ana.tap(path+"/back", "/me/paths")
		s, err := ana.App.Peers.Person(ctx, ana.sam, ana.me.Book)
		ana.must(err)
		if len(s.Paths) != 4 {
			t.Errorf("Sam, who was given all, reads %d", len(s.Paths))
		}
	})
}

var anyID = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

// offers is what a page lets its reader do: where it leads, and what its forms ask and offer, without what stands there.
func (p *person) offers(path string) string {
	p.get(path)
	var all []string
	for _, a := range p.Page.All("main a, nav a") {
		if to, _ := a.Attr("href"); !strings.HasPrefix(to, "/me/paths/0") { // what the person wrote there
			all = append(all, "a "+to)
		}
	}
	for _, f := range p.Page.All("main form") {
		action, _ := f.Attr("action")
		all = append(all, "form "+action)
		for _, in := range f.All("input:not([type=hidden]), textarea, button, select") {
			name, _ := in.Attr("name")
			value, _ := in.Attr("value")
			_, off := in.Attr("disabled")
			all = append(all, fmt.Sprint(in.Tag(), " ", name, " ", value, " ", off))
		}
	}
	slices.Sort(all) // the order of the ways is each person's own
	return anyID.ReplaceAllString(strings.Join(all, "\n"), "ID")
}

// TestNothingIsGatedByAPath: of two people who did the same, one of whom said which ways they go, what it is about and where they
// are, both are led to the same pages and offered the same, and another may do the same in both books.
func TestNothingIsGatedByAPath(t *testing.T) {
	onBoth(t, func(t *testing.T, first *person) {
		histories.Check(t, 3, func(rt *rapid.T) {
			ana, ben := join(t, first.World, first.sam, "Ben"), join(t, first.World, first.sam, "Ben")
			for _, p := range []*person{ana, ben} {
				p.must(p.App.Peers.Choose(ctx, p.me.Subject, p.me.Book, peer.Choice{Entry: p.entry(), Worker: p.sam.Person,
					Sections: book.Givable(), Until: p.Clock.Now() + 300*clock.Day}))
			}
			for range rapid.IntRange(1, 6).Draw(rt, "said") {
				x := journey.Path{Facet: rapid.SampledFrom(book.Facets()).Draw(rt, "facet"), Season: rapid.SampledFrom(append(book.Seasons(), "")).Draw(rt, "season")}
				if ways := book.Ways(x.Facet); len(ways) > 0 {
					x.Way = rapid.SampledFrom(ways).Draw(rt, "way")
				}
				x.Words = book.NewText(rapid.SampledFrom([]string{"mine", "early days", "thirty years"}).Draw(rt, "words"))
				ben.goes(x)
			}
			if rapid.Bool().Draw(rt, "goal") {
				ana.goal("a garden")
				ben.goal("a garden")
			}
			for _, path := range append(slices.Clone(pages), "/me/paths/new?of=about", "/me/paths/new?of=stage", "/me/workers") {
				if a, b := ana.offers(path), ben.offers(path); a != b {
					rt.Errorf("%s offers who said nothing\n%s\nand who said something\n%s", path, a, b)
				}
			}
			a, err := ana.App.Peers.Person(ctx, ana.sam, ana.me.Book)
			ana.must(err)
			b, err := ana.App.Peers.Person(ctx, ana.sam, ben.me.Book)
			ana.must(err)
			if !slices.Equal(a.Suggests, b.Suggests) || !slices.Equal(a.Acts, b.Acts) || !slices.Equal(a.Sections, b.Sections) {
				rt.Errorf("Sam may do %v %v in one, %v %v in the other", a.Suggests, a.Acts, b.Suggests, b.Acts)
			}
		})
	})
}

// TestWhomICallIsWhomIChose: after any history, who is called are those of the circle now whom the person would call, in their order, and nobody
// who should not come; and being in a circle gives nobody anything.
func TestWhomICallIsWhomIChose(t *testing.T) {
	onBoth(t, func(t *testing.T, ana *person) {
		histories.Check(t, 6, func(rt *rapid.T) {
			ben := join(t, ana.World, ana.sam, "Ben")
			order := map[book.Turn]int{book.TurnFirst: 1, book.TurnSecond: 2, book.TurnThird: 3, book.TurnLater: 4}
			turns, heads := map[id.Item]book.Turn{}, map[id.Item]id.Entry{}
			var all []id.Item
			away := map[id.Item]bool{}
			for n := range rapid.IntRange(1, 12).Draw(rt, "acts") {
				w := journey.Writing{Entry: ben.entry()}
				what := "set"
				if len(all) > 0 {
					what = rapid.SampledFrom([]string{"new", "set", "away"}).Draw(rt, "what")
				}
				if len(all) > 0 && what != "new" {
					w.Item = rapid.SampledFrom(all).Draw(rt, "which")
					w.Base = heads[w.Item]
				}
				if what == "away" {
					if away[w.Item] {
						ben.must(ben.App.Journey.BringBack(ctx, ben.me, book.KindCircle, w))
					} else {
						ben.must(ben.App.Journey.PutAway(ctx, ben.me, book.KindCircle, w))
					}
					away[w.Item], heads[w.Item] = !away[w.Item], w.Entry
					continue
				}
				if away[w.Item] {
					continue
				}
				turn := rapid.SampledFrom(append(book.Turns(), "")).Draw(rt, "turn")
				it, err := ben.App.Journey.SetInCircle(ctx, ben.me, w, journey.InCircle{Mine: journey.Mine{Words: book.NewText(fmt.Sprint("Sam ", n))}, Turn: turn})
				ben.must(err)
				if _, was := turns[it]; !was {
					all = append(all, it)
				}
				turns[it], heads[it] = turn, w.Entry
			}
			want := slices.DeleteFunc(slices.Clone(all), func(it id.Item) bool { return away[it] || order[turns[it]] == 0 })
			slices.SortStableFunc(want, func(a, b id.Item) int { return order[turns[a]] - order[turns[b]] })
			circle, err := ben.App.Journey.Circle(ctx, ben.me)
			ben.must(err)
			var got []id.Item
			for _, x := range circle.ICall() {
				got = append(got, x.Item)
			}
			if !slices.Equal(got, want) {
				rt.Errorf("called are %v, chosen were %v of %v", got, want, slices.Collect(maps.Values(turns)))
			}
			if _, err := ben.App.Peers.Person(ctx, ana.sam, ben.me.Book); err == nil {
				rt.Error("Sam reads a book by being in its circle")
			}
		})
	})
}
