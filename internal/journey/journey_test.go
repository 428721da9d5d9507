package journey_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/journey"
	"beside/internal/keeper"
	"beside/internal/testkit/ready"
)

// onBoth runs a test in a world of its own on each engine.
func onBoth(t *testing.T, fn func(*world)) {
	ready.Both(t, func(t *testing.T, where string) { fn(newWorld(t, where)) })
}

func TestHome(t *testing.T) {
	onBoth(t, func(w *world) {
		h, err := w.j.Home(ctx, w.me)
		w.must(err)
		if h.Name != text("Ana") || !h.Words.Words.Blank() || h.Next != nil || h.Waiting != 0 {
			t.Errorf("an empty book's home is %+v", h)
		}
		w.must(w.j.SetWords(ctx, w.me, w.fresh(), text("the sea")))
		river := w.goal("the river")
		first := w.step(river.Item, "shoes")
		w.step(river.Item, "go")
		w.goal("no steps")
		w.suggest(&book.Strength{Words: text("you listen")})
		h, err = w.j.Home(ctx, w.me)
		w.must(err)
		if h.Words.Words != text("the sea") || h.Waiting != 1 {
			t.Errorf("words %q, %d waiting", h.Words.Words.Show(), h.Waiting)
		}
		if h.Next == nil || h.Next.Step == nil || h.Next.Step.Item != first.Item || h.Next.Goal.Item != river.Item {
			t.Errorf("next is %+v, want the first step of the goal that has one", h.Next)
		}
		if seen := h.Seen(book.SectionWords); !slices.Equal(seen, []id.Person{w.worker.Person}) {
			t.Errorf("seen by %v", seen)
		}
		w.clock.Step(31 * clock.Day)
		if h, err = w.j.Home(ctx, w.me); err != nil || h.Seen(book.SectionWords) != nil {
			t.Errorf("after the grant has ended it is seen by %v, %v", h.Seen(book.SectionWords), err)
		}
	})
}

// What is next is found also behind many newer things that are done.
func TestHomeFindsOldGoals(t *testing.T) {
	w := newWorld(t, t.TempDir())
	old := w.goal("an old wish")
	done := w.goal("done long ago")
	w.must(w.j.GoalReached(ctx, w.me, w.over(done.Mine), true))
	for range 14 {
		s := w.step(done.Item, "done")
		w.must(w.j.StepDone(ctx, w.me, w.over(s.Mine), true))
	}
	h, err := w.j.Home(ctx, w.me)
	w.must(err)
	if h.Next == nil || h.Next.Goal.Item != old.Item || h.Next.Step != nil {
		t.Errorf("next is %+v, want the old wish", h.Next)
	}
}

func TestWordsKeepTheirVersions(t *testing.T) {
	onBoth(t, func(w *world) {
		for _, s := range []string{"one", "two", "", "three"} {
			now, err := w.j.Words(ctx, w.me)
			w.must(err)
			w.must(w.j.SetWords(ctx, w.me, journey.Writing{Entry: w.entry(), Base: now.Head}, text(s)))
		}
		now, err := w.j.Words(ctx, w.me)
		w.must(err)
		var earlier []string
		for _, e := range now.Earlier {
			earlier = append(earlier, e.Words.Show())
		}
		if now.Words != text("three") || !slices.Equal(earlier, []string{"", "two", "one"}) {
			t.Errorf("now %q, earlier %q", now.Words.Show(), earlier)
		}
	})
}

// Two devices that changed the same thing: the second is refused and nothing is overwritten. The same form sent twice is
// one version; sent again with other words it is refused.
func TestConcurrentChangesAndReplays(t *testing.T) {
	onBoth(t, func(w *world) {
		s := w.strength("patience")
		phone, tablet := w.over(s), w.over(s)
		set := func(wr journey.Writing, words string) error {
			_, err := w.j.SetStrength(ctx, w.me, wr, journey.Strength{Mine: journey.Mine{Words: text(words)}, Domain: book.DomainHome})
			return err
		}
		w.must(set(phone, "patience with tea"))
		w.must(set(phone, "patience with tea"))
		w.wants(errs.AlreadyKept, set(phone, "patience without"))
		w.wants(errs.Changed, set(tablet, "stubbornness"))
		if now := w.strengthNow(s.Item); now.Words != text("patience with tea") || now.Domain != book.DomainHome {
			t.Errorf("it is %q in %q", now.Words.Show(), now.Domain)
		}
		first := w.fresh()
		for range 2 {
			it, err := w.j.SetStrength(ctx, w.me, first, journey.Strength{Mine: journey.Mine{Words: text("once")}})
			if w.must(err); it != journey.Begins(first.Entry) {
				t.Error("a new strength is not where its form says")
			}
		}
		if all, err := w.j.Strengths(ctx, w.me); err != nil || len(all.Live) != 2 {
			t.Errorf("%d strengths, %v; want 2", len(all.Live), err)
		}
	})
}

func TestPutAwayAndBringBack(t *testing.T) {
	onBoth(t, func(w *world) {
		s := w.strength("singing")
		away := w.over(s)
		for range 2 { // a double tap
			w.must(w.j.PutAway(ctx, w.me, book.KindStrength, away))
		}
		all, err := w.j.Strengths(ctx, w.me)
		w.must(err)
		if len(all.Live) != 0 || len(all.Away) != 1 || !all.Away[0].Away {
			t.Fatalf("live %v, away %v", all.Live, all.Away)
		}
		back := w.over(all.Away[0].Mine)
		for range 2 {
			w.must(w.j.BringBack(ctx, w.me, book.KindStrength, back))
		}
		if now := w.strengthNow(s.Item); now.Away || now.Words != text("singing") {
			t.Errorf("brought back it is %+v", now)
		}
		w.wants(errs.Changed, w.j.PutAway(ctx, w.me, book.KindStrength, journey.Writing{Entry: w.entry(), Item: s.Item, Base: s.Head}))
		w.wants(errs.NotOpen, w.j.BringBack(ctx, w.me, book.KindGoal, w.over(s)))
	})
}

func TestGoalsAndSteps(t *testing.T) {
	onBoth(t, func(w *world) {
		s := w.strength("hands")
		g := w.goal("a garden", s.Item)
		st := w.step(g.Item, "a pot")
		done := w.over(st.Mine)
		w.must(w.j.StepDone(ctx, w.me, done, true))
		w.must(w.j.StepDone(ctx, w.me, done, true))
		w.must(w.j.GoalReached(ctx, w.me, w.over(g.Mine), true))
		now := w.goalNow(g.Item)
		if !now.Reached || len(now.Steps) != 1 || !now.Steps[0].Done || now.Words != text("a garden") || !slices.Equal(now.BuildsOn, []id.Item{s.Item}) {
			t.Errorf("the goal is %+v", now)
		}
		w.must(w.j.StepDone(ctx, w.me, w.over(now.Steps[0].Mine), false))
		w.must(w.j.GoalReached(ctx, w.me, w.over(now.Mine), false))
		if now = w.goalNow(g.Item); now.Reached || now.Steps[0].Done {
			t.Errorf("undone it is %+v", now)
		}
		w.must(w.j.PutAway(ctx, w.me, book.KindGoal, w.over(now.Mine)))
		if now = w.goalNow(g.Item); !now.Away || len(now.Steps) != 1 {
			t.Errorf("put away it is %+v, want its step under it", now)
		}
		_, err := w.j.SetStep(ctx, w.me, w.fresh(), g.Item, text("more"))
		w.wants(errs.NotOpen, err)
		if h, err := w.j.Home(ctx, w.me); err != nil || h.Next != nil {
			t.Errorf("a goal put away is next: %+v, %v", h.Next, err)
		}
	})
}

// A goal builds on strengths in the person's own book and on nothing else.
func TestGoalBuildsOnOwnStrengths(t *testing.T) {
	w := newWorld(t, t.TempDir())
	g := w.goal("other")
	for _, it := range []id.Item{g.Item, id.New[id.Item](w.ids), {}} {
		_, err := w.j.SetGoal(ctx, w.me, w.fresh(), journey.Goal{Mine: journey.Mine{Words: text("x")}, BuildsOn: []id.Item{it}})
		w.wants(errs.Invalid, err)
	}
}

func TestAnswers(t *testing.T) {
	onBoth(t, func(w *world) {
		s := w.strength("tomatoes")
		yes := w.suggest(&book.Goal{Words: text("bed seven"), BuildsOn: []id.Item{s.Item}})
		own := w.suggest(&book.Strength{Words: text("good with plants"), Domain: book.DomainPlay, When: book.WhenNow})
		no := w.suggest(&book.Strength{Words: text("always on time")})
		asked, err := w.j.Suggestion(ctx, w.me, yes)
		w.must(err)
		if !slices.Equal(asked.Strengths, []book.Text{text("tomatoes")}) || asked.From != w.worker.Person || asked.Now != nil || asked.Moved {
			t.Errorf("asked %+v", asked)
		}
		answer := w.fresh()
		for range 2 { // a double tap
			w.must(w.j.Answer(ctx, w.me, answer, yes, book.ActAccept, book.Text{}))
		}
		goals, err := w.j.Goals(ctx, w.me)
		w.must(err)
		if len(goals.Live) != 1 || goals.Live[0].Words != text("bed seven") || goals.Live[0].NamedBy != w.worker.Person {
			t.Errorf("after a yes the goals are %+v", goals.Live)
		}
		w.must(w.j.Answer(ctx, w.me, w.fresh(), own, book.ActChange, text("they grow for me")))
		all, err := w.j.Strengths(ctx, w.me)
		w.must(err)
		if x := all.Live[0]; x.Words != text("they grow for me") || x.Domain != book.DomainPlay || x.When != book.WhenNow || x.NamedBy != w.worker.Person {
			t.Errorf("changed, the strength is %+v", x)
		}
		w.changesMind(no)
		w.wants(errs.Changed, w.j.Answer(ctx, w.me, w.fresh(), yes, book.ActDecline, book.Text{}))
		w.wants(errs.NotOpen, w.j.Answer(ctx, w.me, w.fresh(), w.entry(), book.ActAccept, book.Text{}))
	})
}

// changesMind answers a suggestion with no, then not now, then yes.
func (w *world) changesMind(e id.Entry) {
	w.t.Helper()
	for _, x := range []struct {
		act  book.Act
		list func(journey.Waiting) []journey.Suggestion
	}{
		{book.ActDecline, func(l journey.Waiting) []journey.Suggestion { return l.Declined }},
		{book.ActNotNow, func(l journey.Waiting) []journey.Suggestion { return l.Later }},
	} {
		w.must(w.j.Answer(ctx, w.me, w.fresh(), e, x.act, book.Text{}))
		l, err := w.j.Waiting(ctx, w.me)
		w.must(err)
		if got := x.list(l); len(got) != 1 || got[0].Entry != e || !got[0].Open() {
			w.t.Errorf("after %s the lists are %+v", x.act, l)
		}
	}
	w.clock.Step(keeper.AgainAfter)
	if l, err := w.j.Waiting(ctx, w.me); err != nil || len(l.Again) != 1 || len(l.Later) != 0 {
		w.t.Errorf("after it has rested the lists are %+v, %v", l, err)
	}
	w.clock.Step(-keeper.AgainAfter)
	w.must(w.j.Answer(ctx, w.me, w.fresh(), e, book.ActAccept, book.Text{}))
	l, err := w.j.Waiting(ctx, w.me)
	w.must(err)
	if len(l.Now)+len(l.Later)+len(l.Declined) != 0 {
		w.t.Errorf("after a yes the lists are %+v", l)
	}
}

// The timeline tells what the person did; of what others suggested, only what was said yes to.
func TestTimeline(t *testing.T) {
	onBoth(t, func(w *world) {
		s := w.strength("patience")
		g := w.goal("the river")
		st := w.step(g.Item, "shoes")
		w.must(w.j.StepDone(ctx, w.me, w.over(st.Mine), true))
		w.must(w.j.Tell(ctx, w.me, w.entry(), book.WhatSlipped, text("a bad night")))
		w.must(w.j.PutAway(ctx, w.me, book.KindStrength, w.over(s)))
		w.must(w.j.BringBack(ctx, w.me, book.KindStrength, w.over(w.strengthNow(s.Item).Mine)))
		e := w.suggest(&book.Strength{Words: text("NOT TO BE SEEN YET")})
		w.must(w.j.Answer(ctx, w.me, w.fresh(), e, book.ActNotNow, book.Text{}))
		want := []string{"strength later ", "strength back patience", "strength away ", "moment begin a bad night", "step do shoes",
			"step begin shoes", "goal begin the river", "strength begin patience", "sharing begin ", "name begin Ana"}
		if got := w.events(); !slices.Equal(got, want) {
			t.Errorf("the timeline is\n%q, want\n%q", got, want)
		}
		if now := w.goalNow(g.Item); !now.Steps[0].Done {
			t.Error("a setback took a step back")
		}
	})
}

// Every entry of the owner's is on exactly one page, however many suggestions stand between.
func TestTimelinePages(t *testing.T) {
	w := newWorld(t, t.TempDir())
	for i := range 60 {
		w.must(w.j.Tell(ctx, w.me, w.entry(), book.WhatGood, text(fmt.Sprint("m", i))))
		if i%3 == 0 {
			for range 5 {
				w.suggest(&book.Strength{Words: text("s")})
			}
		}
	}
	var seen []string
	pages := 0
	for before := int64(0); ; pages++ {
		tl, err := w.j.Timeline(ctx, w.me, before)
		w.must(err)
		for _, e := range tl.Events {
			if e.Kind == book.KindMoment {
				seen = append(seen, e.Words.Show())
			}
		}
		if before = tl.Before; before == 0 {
			break
		}
	}
	var want []string
	for i := 59; i >= 0; i-- {
		want = append(want, fmt.Sprint("m", i))
	}
	if !slices.Equal(seen, want) || pages < 1 {
		t.Errorf("on %d pages and the last: %s", pages, strings.Join(seen, " "))
	}
}

func TestAbout(t *testing.T) {
	onBoth(t, func(w *world) {
		saw, err := w.j.About(ctx, w.me)
		w.must(err)
		if saw.Says.Name != text("Ana") || !saw.Head.IsZero() {
			t.Fatalf("about is %+v", saw)
		}
		says := journey.Says{Name: text("Anita"), Under18: true}
		form := w.entry()
		for range 2 {
			w.must(w.j.SetAbout(ctx, w.me, form, saw.Head, saw.NameHead, says))
		}
		now, err := w.j.About(ctx, w.me)
		w.must(err)
		if now.Says != says {
			t.Errorf("about is %+v", now.Says)
		}
		other := says
		other.Name = text("Anna")
		w.wants(errs.Changed, w.j.SetAbout(ctx, w.me, w.entry(), saw.Head, saw.NameHead, other))
		w.wants(errs.AlreadyKept, w.j.SetAbout(ctx, w.me, form, saw.Head, saw.NameHead, other))
		err = w.j.SetAbout(ctx, w.me, w.entry(), now.Head, now.NameHead, journey.Says{Name: text(" ")})
		w.wants(errs.Invalid, err)
		if !strings.Contains(err.Error(), "[name: ") {
			t.Errorf("%v does not name the field", err)
		}
	})
}

// TestAboutFromBefore: an address that stands where it was told when joining stays there when the rest is changed.
func TestAboutFromBefore(t *testing.T) {
	onBoth(t, func(w *world) {
		before := &book.About{Contact: book.ContactQuiet, Address: text("ana@example.org")}
		_, err := w.keeper.Write(ctx, w.me.Subject, w.me.Book, keeper.Draft{
			ID: w.entry(), Kind: book.KindAbout, Act: book.ActWrite, Item: book.Only(w.me.Book, book.KindAbout), Body: before, Via: book.ViaWeb,
		})
		w.must(err)
		saw, err := w.j.About(ctx, w.me)
		w.must(err)
		w.must(w.j.SetAbout(ctx, w.me, w.entry(), saw.Head, saw.NameHead, journey.Says{Name: text("Ana"), Under18: true}))
		r, err := w.keeper.Read(ctx, w.me.Subject, w.me.Book, keeper.Want{Kind: book.KindAbout})
		w.must(err)
		if b := r.Items[0][0].Body.(*book.About); !b.Under18 || b.Address != before.Address || b.Contact != book.ContactQuiet {
			t.Error("the address did not stay")
		}
	})
}

func TestLooks(t *testing.T) {
	onBoth(t, func(w *world) {
		_, err := w.keeper.Names(ctx, w.worker)
		w.must(err)
		looks, _, err := w.j.Looks(ctx, w.me, 0)
		w.must(err)
		if len(looks) != 1 || looks[0].Reader != w.worker.Person || looks[0].Section != book.SectionName {
			t.Errorf("looks are %+v", looks)
		}
	})
}

// Nobody but the owner in their own hat gets anything from a journey, and nobody learns that the book is there.
func TestNobodyElse(t *testing.T) {
	w := newWorld(t, t.TempDir())
	own := w.me.Person
	for _, who := range []grant.Subject{
		{Person: id.New[id.Person](w.ids), Hat: book.HatSelf}, {Person: own, Hat: book.HatTeam}, {Person: own, Hat: book.HatWorker},
	} {
		other := journey.Me{Subject: who, Book: w.me.Book}
		for name, do := range map[string]func() error{
			"home":      func() error { _, err := w.j.Home(ctx, other); return err },
			"words":     func() error { _, err := w.j.Words(ctx, other); return err },
			"strengths": func() error { _, err := w.j.Strengths(ctx, other); return err },
			"goals":     func() error { _, err := w.j.Goals(ctx, other); return err },
			"waiting":   func() error { _, err := w.j.Waiting(ctx, other); return err },
			"timeline":  func() error { _, err := w.j.Timeline(ctx, other, 0); return err },
			"about":     func() error { _, err := w.j.About(ctx, other); return err },
			"looks":     func() error { _, _, err := w.j.Looks(ctx, other, 0); return err },
			"set words": func() error { return w.j.SetWords(ctx, other, w.fresh(), text("x")) },
			"tell":      func() error { return w.j.Tell(ctx, other, w.entry(), book.WhatGood, text("x")) },
		} {
			if err := do(); !errs.Is(err, errs.NotOpen) {
				t.Errorf("%s under hat %q: %v, want not open", name, who.Hat, err)
			}
		}
	}
}

// A field that a later version wrote is still there after this version changed the words.
func TestUnknownFieldsStay(t *testing.T) {
	w := newWorld(t, t.TempDir())
	later, err := book.Decode(book.KindStrength, 1, []byte(`{"words":"knots","colour":"blue"}`))
	w.must(err)
	first := w.entry()
	_, err = w.keeper.Write(ctx, w.me.Subject, w.me.Book, draft(first, later))
	w.must(err)
	s := w.strengthNow(journey.Begins(first))
	_, err = w.j.SetStrength(ctx, w.me, w.over(s.Mine), journey.Strength{Mine: journey.Mine{Words: text("better knots")}})
	w.must(err)
	versions, err := w.keeper.Versions(ctx, w.me.Subject, w.me.Book, s.Item)
	w.must(err)
	if got := string(book.Encode(versions[1].Body)); got != `{"colour":"blue","words":"better knots"}` {
		t.Errorf("kept %s", got)
	}
}

// So is one that a later version's suggestion brought, when it is said in own words.
func TestUnknownFieldsOfASuggestionStay(t *testing.T) {
	w := newWorld(t, t.TempDir())
	later, err := book.Decode(book.KindStrength, 1, []byte(`{"words":"knots","colour":"blue"}`))
	w.must(err)
	told, err := w.keeper.Write(ctx, w.worker, w.me.Book, keeper.Draft{ID: w.entry(), Kind: book.KindStrength, Act: book.ActSuggest, Body: later})
	w.must(err)
	w.must(w.j.Answer(ctx, w.me, w.fresh(), told[0].ID, book.ActChange, text("my knots")))
	versions, err := w.keeper.Versions(ctx, w.me.Subject, w.me.Book, told[0].Item)
	w.must(err)
	if got := string(book.Encode(versions[len(versions)-1].Body)); got != `{"colour":"blue","words":"my knots"}` {
		t.Errorf("kept %s", got)
	}
}

// TestAStepGoesWithItsGoal: what was put away with its goal is not offered to be given by itself.
func TestAStepGoesWithItsGoal(t *testing.T) {
	onBoth(t, func(w *world) {
		goal := w.goal("Sell a loaf")
		w.step(goal.Item, "Buy flour")
		before, _, err := w.j.Single(ctx, w.me)
		w.must(err)
		w.must(w.j.PutAway(ctx, w.me, book.KindGoal, w.over(w.goalNow(goal.Item).Mine)))
		after, _, err := w.j.Single(ctx, w.me)
		w.must(err)
		if len(after) != len(before)-2 {
			w.t.Fatalf("of %d things %d can still be given", len(before), len(after))
		}
	})
}

// TestWorld: every strength, goal and worry stands in one part of life and in no other, or in none, whatever is missing.
func TestWorld(t *testing.T) {
	onBoth(t, func(w *world) {
		for _, d := range append(book.Domains(), "") {
			_, err := w.j.SetStrength(ctx, w.me, w.fresh(), journey.Strength{Mine: journey.Mine{Words: text("s" + string(d))}, Domain: d})
			w.must(err)
			_, err = w.j.SetGoal(ctx, w.me, w.fresh(), journey.Goal{Mine: journey.Mine{Words: text("g" + string(d))}, Domain: d})
			w.must(err)
			it, err := w.j.SetNote(ctx, w.me, w.fresh(), journey.Note{Mine: journey.Mine{Words: text("n" + string(d))}, Domain: d})
			w.must(err)
			n, err := w.j.Note(ctx, w.me, it)
			w.must(err)
			if d == book.DomainPlay {
				w.must(w.j.PutAway(ctx, w.me, book.KindNote, w.over(n.Mine)))
			}
		}
		all, err := w.j.World(ctx, w.me)
		w.must(err)
		if len(all.Parts) != len(book.Domains()) {
			t.Fatalf("%d parts", len(all.Parts))
		}
		for i, d := range append(book.Domains(), "") {
			p, err := all.Part(d)
			w.must(err)
			if p.Domain != d || d != "" && all.Parts[i].Domain != d || p.Blank() {
				t.Errorf("part %q is %+v", d, p)
			}
			notes := p.Notes
			if d == book.DomainPlay {
				notes = p.Away
			}
			if len(p.Strengths) != 1 || p.Strengths[0].Words != text("s"+string(d)) || len(p.Goals) != 1 || p.Goals[0].Words != text("g"+string(d)) ||
				len(notes) != 1 || notes[0].Words != text("n"+string(d)) || len(p.Notes)+len(p.Away) != 1 {
				t.Errorf("part %q holds %+v", d, p)
			}
		}
		if _, err := all.Part("mood"); !errs.Is(err, errs.NotOpen) {
			t.Errorf("a part that there is not: %v", err)
		}
	})
}

// TestChangeOfMind: a goal that is not wanted now is put away with words about it, as one act, and comes back without them; what was
// learned stays.
func TestChangeOfMind(t *testing.T) {
	onBoth(t, func(w *world) {
		g := w.goal("a car")
		w.must(w.j.Learned(ctx, w.me, w.over(g.Mine), text("buses go everywhere")))
		g = w.goalNow(g.Item)
		seen := w.over(g.Mine)
		for range 2 { // a double tap
			w.must(w.j.LetGo(ctx, w.me, seen, text("I like the bus")))
		}
		w.wants(errs.AlreadyKept, w.j.LetGo(ctx, w.me, seen, text("other words")))
		now := w.goalNow(g.Item)
		if !now.Away || now.Aside != text("I like the bus") || now.Learned != text("buses go everywhere") || now.Words != text("a car") {
			t.Errorf("put away it is %+v", now)
		}
		w.wants(errs.Changed, w.j.Learned(ctx, w.me, w.over(now.Mine), text("x")))
		w.must(w.j.BringBack(ctx, w.me, book.KindGoal, w.over(now.Mine)))
		now = w.goalNow(g.Item)
		if now.Away || !now.Aside.Blank() || now.Learned != text("buses go everywhere") {
			t.Errorf("brought back it is %+v", now)
		}
		w.must(w.j.LetGo(ctx, w.me, w.over(now.Mine), book.Text{}))
		want := []string{"goal away ", "goal back a car", "goal away ", "goal let go I like the bus", "goal learn buses go everywhere", "goal begin a car"}
		if got := w.events(); !slices.Equal(got[:len(want)], want) {
			t.Errorf("the timeline is\n%q", got)
		}
	})
}
