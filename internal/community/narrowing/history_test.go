package narrowing_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/community/narrowing"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/testkit/histories"
)

// A life is a person, two workers and a sister, to all of whom she gave her book, or did not; and a team of three that makes rules and
// ends them, comes and goes. Beside it stands a model. After each act everybody reads, suggests and writes for her, and asks why not.
type life struct {
	*world
	owner   owner
	workers [2]grant.Subject
	sister  grant.Subject
	team    [4]grant.Subject
	given   [3]*book.Entry // to the workers, and to the sister
	rules   []*said
	gone    map[id.Person]bool // who left the team
	came    clock.Time         // when the last of the team did: just now
}

// said is a rule with who said that it shall end, and when.
type said struct {
	narrowing.Rule
	ends map[int]clock.Time // by member of the team
	over bool
}

func newLife(t *rapid.T, w *world) *life {
	l := &life{world: w, owner: w.person(t), gone: map[id.Person]bool{}}
	w.Community = w.Another(t)
	for i := range l.workers {
		l.workers[i] = w.Works(t, book.HatWorker)
		e := w.give(t, l.owner, l.workers[i])
		l.given[i] = &e
	}
	l.sister = w.near(t, l.owner)
	e := w.give(t, l.owner, l.sister)
	l.given[2] = &e
	for i := range l.team {
		l.team[i] = w.Works(t, book.HatTeam)
	}
	l.came = w.Clock.Now()
	l.team[3] = w.WorksSince(t, w.Community, id.New[id.Person](w.IDs), book.HatTeam, l.came)
	return l
}

// others end the rules of the lives before: they hold for every worker here.
func (l *life) others(t tester) {
	for _, x := range l.rules {
		for i := range 2 {
			_, err := l.End(ctx, l.team[i], x.ID)
			must(t, err)
		}
	}
}

func (l *life) reader(i int) grant.Subject {
	if i == 2 {
		return l.sister
	}
	return l.workers[i]
}

// say: one of the team says a rule, or somebody else tries to.
func (l *life) say(t *rapid.T) {
	who := rapid.SampledFrom([]grant.Subject{l.team[0], l.team[1], l.team[2], l.workers[0], l.owner.Subject, l.sister}).Draw(t, "who says it")
	r := narrowing.Rule{AllBut: rapid.Bool().Draw(t, "all but"), Words: "it is safer so", Closes: rapid.SampledFrom([]grant.Closes{1, 2, 3}).Draw(t, "closes"),
		Section: rapid.SampledFrom(append(narrowing.Sections(), "")).Draw(t, "section"),
		Since:   rapid.SampledFrom([]clock.Time{0, 0, l.Clock.Now() + clock.Day}).Draw(t, "since"),
		Until:   rapid.SampledFrom([]clock.Time{0, 0, l.Clock.Now() + 3*clock.Day}).Draw(t, "until")}
	for i := range l.workers {
		if rapid.Bool().Draw(t, "named") {
			r.Workers = append(r.Workers, l.workers[i].Person)
		}
	}
	e := l.Entry()
	err := l.Say(ctx, who, e, r)
	switch {
	case who.Hat != book.HatTeam || !l.inTeam(who):
		wantKind(t, err, errs.NotOpen)
		return
	case !r.AllBut && len(r.Workers) == 0, r.Section != "" && !r.Closes.Touches(r.Section):
		wantKind(t, err, errs.Invalid)
		return
	}
	must(t, err)
	must(t, l.Say(ctx, who, e, r)) // sent twice
	other := r
	other.Words = "for another reason"
	wantKind(t, l.Say(ctx, who, e, other), errs.AlreadyKept)
	r.ID = narrowing.Of(e)
	l.rules = append(l.rules, &said{Rule: r, ends: map[int]clock.Time{}})
}

func (l *life) inTeam(who grant.Subject) bool { return !l.gone[who.Person] }

// end: somebody says that a rule shall end.
func (l *life) end(t *rapid.T) {
	if len(l.rules) == 0 {
		t.Skip("no rule yet")
	}
	x := rapid.SampledFrom(l.rules).Draw(t, "rule")
	i := rapid.IntRange(0, 4).Draw(t, "who ends it")
	if i == 4 {
		_, err := l.End(ctx, l.workers[0], x.ID)
		wantKind(t, err, errs.NotOpen)
		return
	}
	ended, err := l.End(ctx, l.team[i], x.ID)
	if !l.inTeam(l.team[i]) {
		wantKind(t, err, errs.NotOpen)
		return
	}
	if i == 3 && !x.over && l.Clock.Now() < l.came+grant.TwoAfter {
		wantKind(t, err, errs.Changed) // whoever invited them may be the same
		return
	}
	must(t, err)
	if !x.over {
		now, yes := l.Clock.Now(), 0
		x.ends[i] = now
		for j, at := range x.ends {
			if at > now-narrowing.SaidLasts && l.inTeam(l.team[j]) {
				yes++
			}
		}
		x.over = yes >= 2
	}
	if ended != x.over {
		t.Fatalf("it ended: %v, want %v", ended, x.over)
	}
}

// goes: one of the team leaves it, but never the last two, who end the rules in the end.
func (l *life) goes(t *rapid.T) {
	l.leaves(t, l.team[2])
	l.gone[l.team[2].Person] = true
}

func (l *life) passes(t *rapid.T) {
	l.Clock.Step(clock.Time(rapid.IntRange(1, 5*24).Draw(t, "hours")) * clock.Hour)
}

// gives: she gives to one of them what she took back, or takes it back.
func (l *life) gives(t *rapid.T) {
	i := rapid.IntRange(0, 2).Draw(t, "to")
	if l.given[i] != nil {
		l.TakesBack(t, l.owner.Owner, *l.given[i])
		l.given[i] = nil
		return
	}
	e := l.give(t, l.owner, l.reader(i))
	l.given[i] = &e
}

// closing is the law in words: the rules that close something of a section to a worker. To a sister none does.
func (l *life) closing(worker int, s book.Section, most grant.Closes) (list []*said) {
	now := l.Clock.Now()
	for _, x := range l.rules {
		holds := !x.over && x.Since <= now && (x.Until == 0 || now < x.Until)
		there := x.Section == s || x.Section == "" && s != book.SectionName
		if worker < 2 && holds && there && x.Closes <= most && x.AllBut != slices.Contains(x.Workers, l.workers[worker].Person) {
			list = append(list, x)
		}
	}
	return list
}

// check has everybody read, suggest, write for her, and ask which rule keeps something closed.
func (l *life) check(t *rapid.T) {
	for i := range 3 {
		who := l.reader(i)
		open := func(s book.Section, does grant.Closes) bool {
			return l.given[i] != nil && len(l.closing(i, s, does)) == 0
		}
		r, err := l.Keeper.Theirs(ctx, who, l.owner.Book, keeper.Want{})
		if l.given[i] == nil {
			wantKind(t, err, errs.NotOpen)
		} else {
			must(t, err)
			var seen []book.Section
			for _, p := range r.Items[0] {
				seen = append(seen, p.Section)
			}
			for _, s := range book.Givable() {
				if open(s, grant.ClosesReading) != slices.Contains(seen, s) || slices.Contains(seen, s) != slices.Contains(r.Sections, s) {
					t.Fatalf("reader %d sees %v and is told of %v", i, seen, r.Sections)
				}
				if s != book.SectionName && open(s, grant.ClosesSuggesting) != slices.Contains(r.Suggest, s) {
					t.Fatalf("reader %d may suggest in %v", i, r.Suggest)
				}
			}
			if open(book.SectionGoals, grant.ClosesWriting) != slices.Contains(r.Act, book.SectionGoals) {
				t.Fatalf("reader %d may write in %v", i, r.Act)
			}
		}
		for act, may := range map[book.Act]bool{book.ActSuggest: open(book.SectionStrengths, grant.ClosesSuggesting), book.ActWriteFor: open(book.SectionGoals, grant.ClosesWriting)} {
			d := keeper.Draft{ID: l.Entry(), Kind: book.KindStrength, Act: act, Via: book.ViaWeb, Body: &book.Strength{Words: book.NewText("you listen")}}
			if act == book.ActWriteFor {
				d.Kind, d.Body = book.KindGoal, &book.Goal{Words: book.NewText("a room")}
			}
			if _, err = l.Keeper.Write(ctx, who, l.owner.Book, d); may {
				must(t, err)
			} else {
				wantKind(t, err, errs.NotOpen)
			}
		}
		l.checkTold(t, i)
	}
}

// checkTold compares what a reader is told with the law: each rule that closes something that was given, and none of what was not.
func (l *life) checkTold(t *rapid.T, i int) {
	told, err := l.Denied(ctx, l.reader(i), l.owner.Book)
	must(t, err)
	type line struct {
		section book.Section
		rule    id.Narrowing
	}
	want, got := map[line]bool{}, map[line]bool{}
	for _, c := range told {
		got[line{c.Section, c.Rule.ID}] = true
	}
	over, err := l.Over(ctx, l.reader(i).Person)
	must(t, err)
	for _, s := range narrowing.Sections() {
		for _, x := range l.closing(i, s, grant.ClosesWriting) {
			if !x.Closes.Touches(s) {
				continue
			}
			if l.given[i] != nil {
				want[line{s, x.ID}] = true
			}
			if !slices.ContainsFunc(over, func(c narrowing.Closed) bool { return c.Section == s && c.Rule.ID == x.ID }) {
				t.Fatalf("who gives to reader %d is not told of a rule over %s", i, s)
			}
		}
	}
	if len(got) != len(want) {
		t.Fatalf("reader %d is told of %v, want %v", i, got, want)
	}
	for x := range want {
		if !got[x] {
			t.Fatalf("reader %d is told of %v, want %v", i, got, want)
		}
	}
	r, err := l.Keeper.Mine(ctx, l.owner.Subject, l.owner.Book, keeper.Want{Kind: book.KindGoal})
	if err != nil || !slices.ContainsFunc(r.Items[0], func(p keeper.Piece) bool { return p.ID == l.owner.goal }) {
		t.Fatalf("a rule keeps her from her own book: %v", err)
	}
}

// TestARuleOnlyTakesAway: for random lives, what workers see and do is what was given to them less what rules close, from the next
// request on; sisters and owners are not touched; a rule ends by two; and each is told which rule it is, and nothing else.
func TestARuleOnlyTakesAway(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		histories.Check(t, 12, func(t *rapid.T) {
			l := newLife(t, w)
			defer l.others(t)
			t.Repeat(map[string]func(*rapid.T){
				"": l.check, "say": l.say, "say 2": l.say, "end": l.end, "end 2": l.end, "goes": l.goes, "time passes": l.passes, "gives": l.gives,
			})
		})
	})
}

// TestATeamOfAnotherCentre can neither read nor end a rule.
func TestATeamOfAnotherCentre(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		here, there := w.Works(t, book.HatTeam), w.WorksAt(t, w.Another(t), id.New[id.Person](w.IDs), book.HatTeam)
		e := w.Entry()
		must(t, w.Say(ctx, here, e, narrowing.Rule{AllBut: true, Closes: grant.ClosesReading, Words: "x"}))
		_, err := w.End(ctx, there, narrowing.Of(e))
		wantKind(t, err, errs.NotOpen)
		all, err := w.All(ctx, there)
		must(t, err)
		if len(all) != 0 {
			t.Errorf("another team reads %d rules", len(all))
		}
		stranger := w.WorksAt(t, w.Another(t), id.New[id.Person](w.IDs), book.HatWorker)
		wantKind(t, w.Say(ctx, here, w.Entry(), narrowing.Rule{Workers: []id.Person{stranger.Person}, Closes: grant.ClosesReading, Words: "x"}), errs.Invalid)
	})
}
