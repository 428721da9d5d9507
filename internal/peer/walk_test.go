package peer_test

import (
	"slices"
	"testing"

	"golang.org/x/text/language"

	"beside/internal/book"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/peer"
)

func TestPeopleAreSortedByName(t *testing.T) {
	onBoth(t, func(w *world) {
		sam := w.worker("Sam")
		for _, n := range []string{"Zoë", "émile", "Anna", "Öykü", "ben"} {
			w.choose(w.person(n), sam)
		}
		people, err := w.peers.People(ctx, sam, language.English)
		w.must(err)
		var names []string
		for _, p := range people {
			names = append(names, p.Name.Show())
		}
		if want := []string{"Anna", "ben", "émile", "Öykü", "Zoë"}; !slices.Equal(names, want) {
			w.Fatalf("sorted as %q", names)
		}
		people, err = w.peers.People(ctx, grant.Subject{Person: sam.Person, Hat: book.HatSelf}, language.English)
		w.must(err)
		if len(people) != 0 {
			w.Fatal("people are listed under another hat")
		}
	})
}

func TestAWorkerSeesOnlyWhatWasGiven(t *testing.T) {
	onBoth(t, func(w *world) {
		mira, sam := w.person("Mira"), w.worker("Sam")
		for _, given := range [][]book.Section{nil, {book.SectionWords}, {book.SectionStrengths}, {book.SectionGoals}, all} {
			w.must(w.peers.Choose(ctx, mira.Subject, mira.book, w.choice(sam, given...)))
			s, err := w.peers.Person(ctx, sam, mira.book)
			w.must(err)
			want := map[book.Section]bool{book.SectionName: true}
			for _, g := range given {
				want[g] = true
			}
			got := map[book.Section]bool{
				book.SectionName: s.Name.Show() == "Mira", book.SectionWords: !s.Words.Blank(),
				book.SectionStrengths: len(s.Strengths) == 1, book.SectionGoals: len(s.Goals) == 1,
			}
			for sec, shown := range got {
				if shown != want[sec] || s.Shows(sec) != want[sec] {
					w.Fatalf("given %v: section %s shown %v", given, sec, shown)
				}
			}
			if len(given) == 1 && len(s.Goals) == 1 && len(s.Goals[0].BuildsOn) != 0 {
				w.Fatal("a strength shows through a goal")
			}
		}
		_, err := w.peers.Person(ctx, grant.Subject{Person: mira.Person, Hat: book.HatSelf}, mira.book)
		w.kind(err, errs.NotOpen)
	})
}

// strength is the one live strength a worker sees.
func (w *world) strength(who grant.Subject, o owner) id.Item {
	w.Helper()
	s, err := w.peers.Person(ctx, who, o.book)
	w.must(err)
	return s.Strengths[0].Item
}

func TestSuggestionsAndTheirAnswers(t *testing.T) {
	onBoth(t, func(w *world) {
		mira, sam := w.person("Mira"), w.worker("Sam")
		w.choose(mira, sam)
		on := w.strength(sam, mira)
		entries := map[book.Act]id.Entry{}
		for _, act := range book.Answers() {
			entries[act] = w.entry()
			body := &book.Goal{Words: book.NewText("for " + string(act)), BuildsOn: []id.Item{on}}
			w.must(w.peers.Suggest(ctx, sam, mira.book, entries[act], body))
			w.must(w.peers.Suggest(ctx, sam, mira.book, entries[act], body)) // a double tap
		}
		if n := w.count(`SELECT count(*) FROM suggestion`); n != 4 {
			w.Fatalf("%d suggestions", n)
		}
		for _, act := range book.Answers() {
			w.answer(mira, entries[act], act)
		}
		s, err := w.peers.Person(ctx, sam, mira.book)
		w.must(err)
		states := map[book.SuggestionState]peer.Told{}
		for _, told := range s.Told {
			states[told.State] = told
		}
		if len(s.Told) != 4 || len(states) != 4 || states[book.Changed].Theirs.Show() != "my own words" || !states[book.Declined].Theirs.Blank() {
			w.Fatalf("the worker is told %+v", s.Told)
		}
		if len(s.Goals) != 3 { // Mira's own, the accepted one, the changed one
			w.Fatalf("%d goals", len(s.Goals))
		}
		// Nothing that was answered stays with somebody who is no longer given the section.
		w.must(w.peers.Choose(ctx, mira.Subject, mira.book, w.choice(sam, book.SectionWords)))
		s, err = w.peers.Person(ctx, sam, mira.book)
		w.must(err)
		if len(s.Told) != 0 {
			w.Fatalf("without the section the worker is told %+v", s.Told)
		}
	})
}

// answer is the owner's answer to a suggested goal.
func (w *world) answer(o owner, suggestion id.Entry, act book.Act) {
	w.Helper()
	d := keeper.Draft{ID: w.entry(), Kind: book.KindGoal, Act: act, Item: keeper.NewItem(suggestion), Answers: suggestion, Via: book.ViaWeb}
	if act == book.ActChange {
		d.Body = &book.Goal{Words: book.NewText("my own words")}
	}
	_, err := w.k.Write(ctx, o.Subject, o.book, d)
	w.must(err)
}

func TestOneWorkersSuggestionIsHiddenFromTheNext(t *testing.T) {
	onBoth(t, func(w *world) {
		mira, sam, alex := w.person("Mira"), w.worker("Sam"), w.worker("Alex")
		w.choose(mira, sam)
		w.must(w.peers.Suggest(ctx, sam, mira.book, w.entry(), &book.Strength{Words: book.NewText("you listen")}))
		w.choose(mira, alex)
		s, err := w.peers.Person(ctx, alex, mira.book)
		w.must(err)
		if len(s.Told) != 0 || len(s.Strengths) != 1 {
			w.Fatalf("Alex sees %+v", s)
		}
		w.choose(mira, sam) // what Sam suggested is Sam's to see again
		s, err = w.peers.Person(ctx, sam, mira.book)
		w.must(err)
		if len(s.Told) != 1 {
			w.Fatalf("Sam sees %+v", s.Told)
		}
	})
}

func TestWhatASuggestionStandsOn(t *testing.T) {
	onBoth(t, func(w *world) {
		mira, sam := w.person("Mira"), w.worker("Sam")
		w.choose(mira, sam)
		w.field(w.peers.Suggest(ctx, sam, mira.book, w.entry(), &book.Goal{Words: book.NewText("a goal")}), "builds_on", "errors.goal_builds_on")
		w.field(w.peers.Suggest(ctx, sam, mira.book, w.entry(), &book.Step{Words: book.NewText("a step")}), "goal", "errors.step_without_goal")
		gone := []id.Item{id.New[id.Item](w.ids)}
		w.field(w.peers.Suggest(ctx, sam, mira.book, w.entry(), &book.Goal{Words: book.NewText("a goal"), BuildsOn: gone}), "builds_on", "errors.ground_gone")
		w.field(w.peers.Suggest(ctx, sam, mira.book, w.entry(), &book.Step{Words: book.NewText("a step"), Goal: gone[0]}), "goal", "errors.ground_gone")
		w.field(w.peers.Suggest(ctx, sam, mira.book, w.entry(), &book.Strength{}), "words", "errors.strength_blank")
		if n := w.count(`SELECT count(*) FROM suggestion`); n != 0 {
			w.Fatalf("%d suggestions were kept", n)
		}
	})
}

// field wants an error about one field of a form.
func (w *world) field(err error, name, words string) {
	w.Helper()
	w.kind(err, errs.Invalid)
	f := fields(err)
	if len(f) != 1 || f[0].Name != name || f[0].Words != words {
		w.Fatalf("the error is about %v", f)
	}
}

// TestAStepIsPutAwayWithItsGoal: also where it stands as what became of the worker's own suggestion.
func TestAStepIsPutAwayWithItsGoal(t *testing.T) {
	onBoth(t, func(w *world) {
		mira, sam := w.person("Mira"), w.worker("Sam")
		w.choose(mira, sam)
		goal := w.write(mira, &book.Goal{Words: book.NewText("the sea")})
		e := w.entry()
		w.must(w.peers.Suggest(ctx, sam, mira.book, e, &book.Step{Goal: goal.Item, Words: book.NewText("pack")}))
		_, err := w.k.Write(ctx, mira.Subject, mira.book, keeper.Draft{ID: w.entry(), Kind: book.KindStep, Act: book.ActChange, Item: keeper.NewItem(e), Answers: e,
			Body: &book.Step{Goal: goal.Item, Words: book.NewText("take the red bag")}, Via: book.ViaWeb})
		w.must(err)
		theirs := func(want string) {
			w.Helper()
			s, err := w.peers.Person(ctx, sam, mira.book)
			w.must(err)
			if got := s.Told[0].Theirs.Show(); got != want {
				w.Fatalf("of the step the worker sees %q, want %q", got, want)
			}
		}
		theirs("take the red bag")
		_, err = w.k.Write(ctx, mira.Subject, mira.book, keeper.Draft{ID: w.entry(), Kind: book.KindGoal, Act: book.ActPutAway, Item: goal.Item, Base: goal.ID, Via: book.ViaWeb})
		w.must(err)
		theirs("")
	})
}
