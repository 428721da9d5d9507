package journey_test

import (
	"testing"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/journey"
	"beside/internal/keeper"
	"beside/internal/testkit/ready"
)

// writesFor lets the worker write for the person in the goals.
func (w *world) writesFor() {
	w.t.Helper()
	r, err := w.keeper.Mine(ctx, w.me.Subject, w.me.Book, keeper.Want{Kind: book.KindSharing})
	w.must(err)
	_, err = w.keeper.Write(ctx, w.me.Subject, w.me.Book, keeper.Draft{ID: w.entry(), Kind: book.KindSharing, Act: book.ActWrite, Item: r.Items[0][0].ID, Base: r.Items[0][0].Head,
		Body: &book.Sharing{As: book.HatWorker, Recipient: w.worker.Person, Sections: book.Givable(), Acts: []book.Section{book.SectionGoals}, Purpose: book.PurposeWalking, Until: w.clock.Now() + 30*clock.Day}})
	w.must(err)
}

// forMe is what the worker writes for the person.
func (w *world) forMe(it id.Item, base id.Entry, b book.Body) id.Item {
	w.t.Helper()
	done, err := w.keeper.Write(ctx, w.worker, w.me.Book, keeper.Draft{ID: w.entry(), Kind: b.Kind(), Act: book.ActWriteFor, Item: it, Base: base, Body: b})
	w.must(err)
	return done[0].Item
}

// TestUndoingWhatWasWrittenForMe: undone is all that another's hand wrote over an item since one's own last words, and nothing of what
// the person alone says; the same tap sent twice is one; and what has become the person's own is not undone.
func TestUndoingWhatWasWrittenForMe(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w := newWorld(t, where)
		w.writesFor()
		strength := w.strength("sings")
		g := w.goal("swim", strength.Item)
		w.forMe(g.Item, g.Head, &book.Goal{Words: text("swim far")})
		g = w.goalNow(g.Item)
		w.forMe(g.Item, g.Head, &book.Goal{Words: text("swim very far")})
		stale := w.over(g.Mine)
		g = w.goalNow(g.Item)
		if g.Words.Show() != "swim very far" || g.By != w.worker.Person || len(g.BuildsOn) != 1 || !g.NamedBy.IsZero() {
			t.Fatalf("written for me is %+v", g)
		}
		h, err := w.j.Home(ctx, w.me)
		w.must(err)
		if len(h.For) != 1 || h.For[0].Item != g.Item || h.For[0].By != w.worker.Person {
			t.Errorf("the first page shows %+v", h.For)
		}
		w.wants(errs.Changed, w.j.UndoFor(ctx, w.me, book.KindGoal, stale))
		tap := w.over(g.Mine)
		for range 2 {
			w.must(w.j.UndoFor(ctx, w.me, book.KindGoal, tap))
		}
		g = w.goalNow(g.Item)
		if g.Words.Show() != "swim" || !g.By.IsZero() || len(g.BuildsOn) != 1 {
			t.Errorf("undone it is %+v", g)
		}
		w.wants(errs.Changed, w.j.UndoFor(ctx, w.me, book.KindGoal, w.over(g.Mine)))
		w.wants(errs.NotOpen, w.j.UndoFor(ctx, w.me, book.KindStep, w.over(g.Mine)))
		w.wants(errs.NotOpen, w.j.UndoFor(ctx, w.me, book.KindGoal, journey.Writing{Entry: w.entry(), Item: id.New[id.Item](w.ids)}))

		step := w.forMe(id.Item{}, id.Entry{}, &book.Step{Goal: g.Item, Words: text("shoes")})
		all, err := w.j.Goals(ctx, w.me)
		w.must(err)
		s, err := all.Step(step)
		w.must(err)
		w.must(w.j.Own(ctx, w.me, book.KindStep, w.over(s.Mine)))
		other := w.forMe(id.Item{}, id.Entry{}, &book.Step{Goal: g.Item, Words: text("towel")})
		if all, err = w.j.Goals(ctx, w.me); err == nil {
			s, err = all.Step(other)
		}
		w.must(err)
		w.must(w.j.UndoFor(ctx, w.me, book.KindStep, w.over(s.Mine)))
		if all, err = w.j.Goals(ctx, w.me); err == nil {
			s, err = all.Step(other)
		}
		w.must(err)
		if mine, err := all.Step(step); err != nil || !mine.By.IsZero() || mine.Away || !s.Away {
			t.Errorf("kept is %+v, put away %+v, %v", mine, s, err)
		}
		if h, err = w.j.Home(ctx, w.me); err != nil || len(h.For) != 0 {
			t.Errorf("the first page shows %+v, %v", h.For, err)
		}
		events := w.events()
		if len(events) < 5 || events[1] != "step for towel" || events[3] != "step for shoes" {
			t.Errorf("the timeline says %q", events)
		}
	})
}

// TestTheFirstPageSaysThatThereIsMore: of much that was written it shows a few, and says that these are not all.
func TestTheFirstPageSaysThatThereIsMore(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w := newWorld(t, where)
		w.writesFor()
		on := w.strength("sings").Item
		for n := range 7 {
			g := w.goal("swim", on)
			w.forMe(id.Item{}, id.Entry{}, &book.Step{Goal: g.Item, Words: text("shoes")})
			h, err := w.j.Home(ctx, w.me)
			if err != nil || len(h.For) != min(n+1, 5) || h.More != (n >= 5) {
				t.Errorf("of %d it shows %d and says that there is more (%v), %v", n+1, len(h.For), h.More, err)
			}
		}
	})
}

// TestWhatIsAwayIsNotOnTheFirstPage: a step that somebody wrote is away with its goal, also on the first page, and back with it.
func TestWhatIsAwayIsNotOnTheFirstPage(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w := newWorld(t, where)
		w.writesFor()
		g := w.goal("swim", w.strength("sings").Item)
		w.forMe(id.Item{}, id.Entry{}, &book.Step{Goal: g.Item, Words: text("shoes")})
		shown := func(want int) {
			t.Helper()
			if h, err := w.j.Home(ctx, w.me); err != nil || len(h.For) != want {
				t.Errorf("the first page shows %+v, %v; want %d", h.For, err, want)
			}
		}
		shown(1)
		w.must(w.j.PutAway(ctx, w.me, book.KindGoal, w.over(g.Mine)))
		shown(0)
		w.must(w.j.BringBack(ctx, w.me, book.KindGoal, w.over(w.goalNow(g.Item).Mine)))
		shown(1)
	})
}
