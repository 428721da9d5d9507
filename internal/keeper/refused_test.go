package keeper_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/promise"
	"beside/internal/store"
	"beside/internal/testkit/ready"
	"beside/internal/vault"
)

// TestOnlyAnEndingThatStandsErases: not one that nobody settled, nor one whose row somebody wrote into the database, nor one that was
// taken back meanwhile.
func TestOnlyAnEndingThatStandsErases(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w, ctx := newWorld(t, where), context.Background()
		who, b := w.person(t)
		draft := func(x keeper.Ending) keeper.Draft {
			return keeper.Draft{ID: x.ID, Kind: book.KindErasing, Act: book.ActErase, Via: book.ViaRule, Body: &book.Erasing{Whole: true, Why: x.Why}}
		}
		x := keeper.Ending{ID: w.entry(), Book: b, Why: book.WhyAsked, MadeAt: w.clock.Now(), DueAt: w.clock.Now()}
		_, err := w.k.Write(ctx, who, b, draft(x))
		wantKind(t, err, errs.NotOpen)
		reach := func() error { return w.k.KeepEnding().Reach(ctx, promise.Promise{Subject: x.ID.Bytes()}) }
		must(t, reach()) // there is none
		must(t, w.db.Update(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(`INSERT INTO ending (id, book, why, made_at, due_at, waits_since, over_at) VALUES ($1, $2, 'asked', $3, $3, 0, 0)`, x.ID, b, x.MadeAt)
			return err
		}))
		if reach() == nil {
			t.Error("a row that Beside did not write erases a book")
		}
		must(t, w.db.Update(ctx, func(tx *store.Tx) error { _, err := tx.Exec(`DELETE FROM ending`); return err }))
		x.ID = w.entry()
		must(t, w.db.Update(ctx, func(tx *store.Tx) error { return w.k.SetEnding(tx, x) }))
		act, err := w.k.Prepare(ctx, who, b, draft(x))
		must(t, err)
		must(t, w.db.Update(ctx, func(tx *store.Tx) error { _, err := w.k.TakeBackEnding(tx, b, x.Why); return err }))
		must(t, w.db.Update(ctx, func(tx *store.Tx) error { return w.k.EndIn(tx, x, act) }))
		w.does(t, who, b, keeper.Draft{Kind: book.KindStrength, Act: book.ActWrite, Body: bodyOf(book.KindStrength, "I am here", id.Item{})})
		if w.k.KeepEnding().Reach(ctx, promise.Promise{Subject: []byte{1}}) == nil {
			t.Error("a promise about nothing is kept")
		}
	})
}

// TestWhatGoesWithAnErasing: others' rows about it go in the same act, and when they cannot, nothing is erased.
func TestWhatGoesWithAnErasing(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w := newWorld(t, where)
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second) // it has an end
		defer cancel()
		who, b := w.person(t)
		e := w.does(t, who, b, keeper.Draft{Kind: book.KindWords, Act: book.ActWrite, Item: book.Only(b, book.KindWords), Body: bodyOf(book.KindWords, "x", id.Item{})})
		var told []keeper.Erased
		cannot := errors.New("they cannot")
		w.k.OnErase(func(_ *store.Tx, x keeper.Erased) error {
			if told = append(told, x); len(told) == 1 {
				return cannot
			}
			return nil
		})
		w.k.OnErase(func(_ *store.Tx, x keeper.Erased) error { told = append(told, x); return nil })
		erasing := keeper.Draft{ID: w.entry(), Via: book.ViaWeb, Kind: book.KindErasing, Act: book.ActErase, Body: &book.Erasing{Items: []id.Item{e.Item}}}
		_, err := w.k.Write(ctx, who, b, erasing)
		if !errors.Is(err, cannot) {
			t.Errorf("others could not: %v", err)
		}
		for n := range 3 {
			it, err := w.k.Only(ctx, b, book.KindWords)
			must(t, err)
			if it != book.OnlyAfter(b, book.KindWords, n) {
				t.Errorf("after %d that were erased, the next stands elsewhere", n)
			}
			if n > 0 {
				e = w.does(t, who, b, keeper.Draft{Kind: book.KindWords, Act: book.ActWrite, Item: it, Body: bodyOf(book.KindWords, "x", id.Item{})})
				erasing = keeper.Draft{ID: w.entry(), Via: book.ViaWeb, Kind: book.KindErasing, Act: book.ActErase, Body: &book.Erasing{Items: []id.Item{it}}}
			}
			_, err = w.k.Write(ctx, who, b, erasing)
			must(t, err)
			if last := told[len(told)-2:]; !slices.Equal(last[0].Entries, []id.Entry{e.ID}) || !slices.Equal(last[1].Entries, []id.Entry{e.ID}) {
				t.Errorf("others are told %+v", last)
			}
		}
		if len(told) != 7 {
			t.Errorf("others are told %d times", len(told))
		}
	})
}

// TestAKeyringThatKnowsTheBooks: the one they were made with, also when the first of them was erased; of no books any does.
func TestAKeyringThatKnowsTheBooks(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w, ctx := newWorld(t, where), context.Background()
		must(t, w.k.Fits(ctx))
		_, b := w.person(t)
		must(t, w.k.Fits(ctx))
		keys, err := store.Open(ctx, t.TempDir(), store.Options{Name: "keyring.db"})
		must(t, err)
		defer func() { _ = keys.Close() }()
		root, err := vault.LoadOrMakeRoot(t.TempDir()+"/root.key", nil)
		must(t, err)
		others, err := vault.Open(ctx, keys, root, w.clock, nil)
		must(t, err)
		if err := keeper.New(w.db, others, w.clock, w.ids, nil).Fits(ctx); !errors.Is(err, keeper.ErrOtherKeyring) {
			t.Errorf("another keyring: %v", err)
		}
		_, err = w.vault.EraseBook(ctx, b)
		must(t, err)
		must(t, w.k.Fits(ctx))
	})
}

// TestWhatCannotBeSent: what has no id or is of no kind, a yes to what nobody suggested; and of what is gone its owner alone is told.
func TestWhatCannotBeSent(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w, ctx := newWorld(t, where), context.Background()
		who, b := w.person(t)
		worker := w.worker(t)
		w.gives(t, who, b, worker, func(s *book.Sharing) {})
		on := bodyOf(book.KindStrength, "x", id.Item{})
		for what, d := range map[string]keeper.Draft{
			"no id":   {Kind: book.KindStrength, Act: book.ActWrite, Body: on},
			"no kind": {ID: w.entry(), Act: book.ActWrite, Body: on},
		} {
			if _, err := w.k.Prepare(ctx, who, b, d); !errs.Is(err, errs.Invalid) {
				t.Errorf("%s: %v", what, err)
			}
		}
		_, err := w.k.Prepare(ctx, who, b, keeper.Draft{ID: w.entry(), Kind: book.KindStrength, Act: book.ActAccept, Item: id.New[id.Item](w.ids), Answers: w.entry()})
		wantKind(t, err, errs.NotOpen)
		e := w.does(t, who, b, keeper.Draft{Kind: book.KindStrength, Act: book.ActWrite, Body: on})
		w.does(t, who, b, keeper.Draft{Kind: book.KindErasing, Act: book.ActErase, Body: &book.Erasing{Items: []id.Item{e.Item}}})
		again := keeper.Draft{ID: w.entry(), Kind: book.KindStrength, Act: book.ActWrite, Item: e.Item, Base: e.ID, Body: on}
		_, err = w.k.Write(ctx, worker, b, again)
		wantKind(t, err, errs.NotOpen) // who may suggest there does not write, and learns nothing by trying
		_, err = w.vault.Erase(ctx, b, e.Item)
		must(t, err)
		if _, err = w.k.Prepare(ctx, who, b, again); !errs.Is(err, errs.Changed) {
			t.Errorf("its owner is told %v", err)
		}
		again.Act = book.ActSuggest
		if _, err = w.k.Prepare(ctx, worker, b, again); err == nil || errs.Is(err, errs.Changed) {
			t.Errorf("another is told %v", err)
		}
	})
}

// TestWhatIsReachedStaysInItsWords: nobody else says in other words what somebody reached, nor anything without words.
func TestWhatIsReachedStaysInItsWords(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w, ctx := newWorld(t, where), context.Background()
		who, b := w.person(t)
		worker := w.worker(t)
		w.gives(t, who, b, worker, func(s *book.Sharing) { s.Acts = []book.Section{book.SectionGoals} })
		goal := w.does(t, who, b, keeper.Draft{Kind: book.KindGoal, Act: book.ActWrite, Body: bodyOf(book.KindGoal, "swim", id.Item{})})
		reword := keeper.Draft{ID: w.entry(), Via: book.ViaWeb, Kind: book.KindGoal, Act: book.ActWriteFor, Item: goal.Item, Base: goal.ID}
		_, err := w.k.Prepare(ctx, worker, b, reword)
		wantKind(t, err, errs.NotOpen)
		reached := w.does(t, who, b, keeper.Draft{Kind: book.KindGoal, Act: book.ActWrite, Item: goal.Item, Base: goal.ID, Body: &book.Goal{Words: book.NewText("swim"), Reached: true}})
		reword.Base, reword.Body = reached.ID, bodyOf(book.KindGoal, "swim far", id.Item{})
		_, err = w.k.Prepare(ctx, worker, b, reword)
		wantKind(t, err, errs.NotOpen)
		reword.Base = goal.ID // as it was
		_, err = w.k.Prepare(ctx, worker, b, reword)
		wantKind(t, err, errs.Changed)
		reword.Base = w.does(t, who, b, keeper.Draft{Kind: book.KindGoal, Act: book.ActPutAway, Item: goal.Item, Base: reached.ID}).ID
		_, err = w.k.Prepare(ctx, worker, b, reword)
		wantKind(t, err, errs.Changed)
	})
}

// TestOtherWordsSentAgain: what is sent twice is kept once; other words under the same id are not taken for them.
func TestOtherWordsSentAgain(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w := newWorld(t, where)
		who, b := w.person(t)
		d := keeper.Draft{ID: w.entry(), Via: book.ViaWeb, Kind: book.KindStrength, Act: book.ActWrite}
		sends := func(text string) error {
			d.Body = bodyOf(book.KindStrength, text, id.Item{})
			_, err := w.k.Write(context.Background(), who, b, d)
			return err
		}
		must(t, sends("I sing"))
		must(t, sends("I sing"))
		wantKind(t, sends("I listen"), errs.AlreadyKept)
	})
}

// TestASetbackTakesNothingAway: a step that somebody goes stays where it is.
func TestASetbackTakesNothingAway(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w := newWorld(t, where)
		who, b := w.person(t)
		writes := func(k book.Kind, text string, on id.Item) book.Entry {
			t.Helper()
			return w.does(t, who, b, keeper.Draft{Kind: k, Act: book.ActWrite, Body: bodyOf(k, text, on)})
		}
		step := writes(book.KindStep, "go to the water", writes(book.KindGoal, "swim", id.Item{}).Item)
		writes(book.KindMoment, "it went wrong", id.Item{})
		r, err := w.k.Read(context.Background(), who, b, keeper.Want{Kind: book.KindStep})
		must(t, err)
		if len(r.Items[0]) != 1 || r.Items[0][0].ID != step.Item {
			t.Errorf("after a setback there are the steps %v", r.Items[0])
		}
	})
}

// TestWhatWasPutAwayIsNotGiven: a single thing is given while it stands.
func TestWhatWasPutAwayIsNotGiven(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w := newWorld(t, where)
		who, b := w.person(t)
		worker := w.worker(t)
		e := w.does(t, who, b, keeper.Draft{Kind: book.KindStrength, Act: book.ActWrite, Body: bodyOf(book.KindStrength, "I sing", id.Item{})})
		gives := func() error {
			_, err := w.k.Write(context.Background(), who, b, keeper.Draft{ID: w.entry(), Via: book.ViaWeb, Kind: book.KindSharing, Act: book.ActWrite, Body: &book.Sharing{
				As: book.HatWorker, Recipient: worker.Person, Sections: []book.Section{book.SectionName}, Singles: []book.Single{{Section: book.SectionStrengths, Item: e.Item}},
				Purpose: book.PurposeWalking, Until: w.clock.Now() + clock.Day,
			}})
			return err
		}
		must(t, gives())
		w.does(t, who, b, keeper.Draft{Kind: book.KindStrength, Act: book.ActPutAway, Item: e.Item, Base: e.ID})
		err := gives()
		if refused, ok := errors.AsType[*errs.Error](err); !ok || len(refused.Fields) != 1 || refused.Fields[0].Name != "singles" {
			t.Errorf("given though it was put away: %v", err)
		}
	})
}

// TestWhatAReadingCounts: the newest of one want beside all of another, what others wrote, what waits again tomorrow; and what cannot be
// opened is an error, and no look.
func TestWhatAReadingCounts(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w, ctx := newWorld(t, where), context.Background()
		who, b := w.person(t)
		worker := w.worker(t)
		w.gives(t, who, b, worker, func(s *book.Sharing) { s.Acts = []book.Section{book.SectionGoals} })
		var last book.Entry
		for range 3 {
			w.does(t, who, b, keeper.Draft{Kind: book.KindStrength, Act: book.ActWrite, Body: bodyOf(book.KindStrength, "x", id.Item{})})
			last = w.does(t, worker, b, keeper.Draft{Kind: book.KindGoal, Act: book.ActWriteFor, Body: bodyOf(book.KindGoal, "y", id.Item{})})
		}
		r, err := w.k.Read(ctx, who, b, keeper.Want{Kind: book.KindStrength}, keeper.Want{Kind: book.KindGoal, Newest: 1}, keeper.Want{WrittenFor: true, Newest: 2}, keeper.Want{Kind: book.KindGoal})
		must(t, err)
		if len(r.Items[0]) != 3 || len(r.Items[1]) != 1 || r.Items[1][0].ID != last.Item || len(r.Items[2]) != 2 || r.Items[2][0].ID != last.Item || len(r.Items[3]) != 3 {
			t.Errorf("%+v", r.Items)
		}
		s := w.does(t, worker, b, keeper.Draft{Kind: book.KindStrength, Act: book.ActSuggest, Body: bodyOf(book.KindStrength, "x", id.Item{})})
		w.does(t, who, b, keeper.Draft{Act: book.ActTomorrow, Answers: s.ID})
		for _, c := range []struct {
			later clock.Time
			want  int
		}{{0, 0}, {keeper.TomorrowAfter - 1, 0}, {1, 1}} {
			w.clock.Step(c.later)
			r, err := w.k.Read(ctx, who, b)
			must(t, err)
			if r.Waiting != c.want {
				t.Errorf("%d wait, want %d", r.Waiting, c.want)
			}
		}
		if looks, err := w.k.Looks(ctx, who, b, 0, 10); err != nil || len(looks) > 0 {
			t.Errorf("the owner looked: %v, %v", looks, err)
		}
		_, err = w.k.Read(ctx, worker, b, keeper.Want{Suggested: true})
		must(t, err)
		looks, err := w.k.Looks(ctx, who, b, 0, 10)
		must(t, err)
		if len(looks) != 1 || looks[0].Section != book.SectionStrengths || looks[0].Items != 1 {
			t.Errorf("what another saw: %+v", looks)
		}
		if n := w.k.LooksWaiting(); n != 0 {
			t.Errorf("%d looks wait", n)
		}
		must(t, w.db.Update(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(`UPDATE entry SET sealed = $1 WHERE book = $2`, []byte("not what it was"), b)
			return err
		}))
		for _, want := range []keeper.Want{{Kind: book.KindStrength}, {Suggested: true}} {
			if _, err := w.k.Read(ctx, worker, b, want); err == nil {
				t.Error("what cannot be opened was read")
			}
		}
		if after, err := w.k.Looks(ctx, who, b, 0, 10); err != nil || len(after) != len(looks) {
			t.Errorf("what nobody saw: %v, %v", after, err)
		}
	})
}

// TestWhatHasRested: "not now" after a week, "tomorrow" by the same time of the next day, and nothing that does not stand so.
func TestWhatHasRested(t *testing.T) {
	for _, c := range []struct {
		state book.SuggestionState
		by    id.Person
		rests clock.Time
		want  bool
	}{
		{book.Later, id.Person{}, keeper.AgainAfter - 1, false}, {book.Later, id.Person{}, keeper.AgainAfter, true},
		{book.Later, id.New[id.Person](id.NewMaker(clock.NewManual(1), nil)), keeper.TomorrowAfter - 1, false},
		{book.Later, id.New[id.Person](id.NewMaker(clock.NewManual(1), nil)), keeper.TomorrowAfter, true},
		{book.Waiting, id.Person{}, keeper.AgainAfter, false}, {book.Declined, id.Person{}, keeper.AgainAfter, false},
	} {
		told := keeper.Told{Suggestion: book.Suggestion{State: c.state, RestsBy: c.by}, AnsweredAt: 1_000}
		if got := told.Rested(1_000 + c.rests); got != c.want {
			t.Errorf("%s, by %v, for %d: %v", c.state, c.by, c.rests, got)
		}
	}
}
