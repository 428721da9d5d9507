package keeper_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/store"
	"beside/internal/testkit/ready"
)

// TestTwoDevicesAtOnce: of many devices that all saw the same words, exactly one changes them; the others are told.
// Items that have nothing to do with each other do not get in each other's way.
func TestTwoDevicesAtOnce(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w := newWorld(t, where)
		ctx := context.Background()
		who, b := w.person(t)
		first, err := w.k.Write(ctx, who, b, keeper.Draft{ID: w.entry(), Kind: book.KindGoal, Act: book.ActWrite, Body: bodyOf(book.KindGoal, "swim", id.Item{})})
		must(t, err)
		const devices = 16
		changed, mine := make([]error, devices), make([]error, devices)
		var wg sync.WaitGroup
		for i := range devices {
			wg.Go(func() {
				text := fmt.Sprintf("from device %d", i)
				_, changed[i] = w.k.Write(ctx, who, b, keeper.Draft{ID: w.entry(), Kind: book.KindGoal, Act: book.ActWrite, Item: first[0].Item, Base: first[0].ID, Body: bodyOf(book.KindGoal, text, id.Item{})})
				_, mine[i] = w.k.Write(ctx, who, b, keeper.Draft{ID: w.entry(), Kind: book.KindStrength, Act: book.ActWrite, Body: bodyOf(book.KindStrength, text, id.Item{})})
			})
		}
		wg.Wait()
		kept := 0
		for i := range devices {
			must(t, mine[i])
			if changed[i] == nil {
				kept++
			} else {
				wantKind(t, changed[i], errs.Changed)
			}
		}
		if kept != 1 {
			t.Fatalf("%d devices changed the same words, want 1", kept)
		}
		must(t, w.audit(who, b))
	})
}

// TestDoubleTap: the same yes sent by many at once is one entry, and each is told so.
func TestDoubleTap(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w := newWorld(t, where)
		ctx := context.Background()
		who, b := w.person(t)
		worker := w.worker(t)
		w.give(t, who, b, worker)
		s, err := w.k.Write(ctx, worker, b, keeper.Draft{ID: w.entry(), Kind: book.KindStrength, Act: book.ActSuggest, Body: bodyOf(book.KindStrength, "kneads bread slowly", id.Item{})})
		must(t, err)
		yes := keeper.Draft{ID: w.entry(), Kind: book.KindStrength, Act: book.ActAccept, Item: s[0].Item, Answers: s[0].ID}
		var wg sync.WaitGroup
		for range 12 {
			wg.Go(func() {
				e, err := w.k.Write(ctx, who, b, yes)
				if err != nil || e[0].Seq != 3 {
					t.Errorf("a yes sent again: entry %v, error %v; want entry 3", e, err)
				}
			})
		}
		wg.Wait()
		must(t, w.audit(who, b))
	})
}

// TestTakenBackWhileWriting: in the order of the book, no suggestion follows the entry that took the grant back.
func TestTakenBackWhileWriting(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w := newWorld(t, where)
		ctx := context.Background()
		for range 20 {
			who, b := w.person(t)
			worker := w.worker(t)
			g := w.give(t, who, b, worker)
			var wg sync.WaitGroup
			for range 6 {
				wg.Go(func() {
					_, err := w.k.Write(ctx, worker, b, keeper.Draft{ID: w.entry(), Kind: book.KindStrength, Act: book.ActSuggest, Body: bodyOf(book.KindStrength, "x", id.Item{})})
					if err != nil && !errs.Is(err, errs.NotOpen) {
						t.Error(err)
					}
				})
			}
			back, err := w.k.Write(ctx, who, b, keeper.Draft{ID: w.entry(), Kind: book.KindSharing, Act: book.ActPutAway, Item: g.Item, Base: g.ID})
			must(t, err)
			wg.Wait()
			list, err := w.k.Timeline(ctx, who, b, 0, 100)
			must(t, err)
			for _, e := range list {
				if e.Act == book.ActSuggest && e.Seq > back[0].Seq {
					t.Fatalf("a suggestion is entry %d, the grant was taken back in entry %d", e.Seq, back[0].Seq)
				}
			}
		}
	})
}

// TestARuleHoldsForWhoWaits: who suggests something, or writes for somebody, and has to wait for the lock of the book, is asked again
// under it. A rule of the centre that was made meanwhile holds for them. One that waits there is only on PostgreSQL.
func TestARuleHoldsForWhoWaits(t *testing.T) {
	w := newWorld(t, ready.URL(t))
	ctx := context.Background()
	for act, draft := range map[book.Act]keeper.Draft{
		book.ActSuggest:  {Kind: book.KindStrength, Body: bodyOf(book.KindStrength, "x", id.Item{})},
		book.ActWriteFor: {Kind: book.KindGoal, Body: bodyOf(book.KindGoal, "x", id.Item{})},
	} {
		who, b := w.person(t)
		worker := w.worker(t)
		_, err := w.k.Write(ctx, who, b, keeper.Draft{ID: w.entry(), Kind: book.KindSharing, Act: book.ActWrite, Body: &book.Sharing{As: book.HatWorker, Recipient: worker.Person,
			Sections: book.Givable(), Acts: []book.Section{book.SectionGoals}, Purpose: book.PurposeWalking, Until: w.clock.Now() + 30*clock.Day}})
		must(t, err)
		draft.ID, draft.Act = w.entry(), act
		answer := make(chan error, 1)
		must(t, w.db.Update(ctx, func(tx *store.Tx) error {
			if _, err := tx.Exec(`UPDATE book SET seq = seq WHERE id = $1`, b); err != nil {
				return err
			}
			go func() {
				_, err := w.k.Write(ctx, worker, b, draft)
				answer <- err
			}()
			time.Sleep(300 * time.Millisecond) // until it waits; were it slower, the rule would only be there before
			return w.db.Update(ctx, func(other *store.Tx) error { return rule(other, w.ids, worker.Person) })
		}))
		wantKind(t, <-answer, errs.NotOpen)
	}
}

// rule is a rule of a centre by which one worker suggests nothing.
func rule(tx *store.Tx, ids *id.Maker, worker id.Person) error {
	r := id.New[id.Narrowing](ids)
	_, err := tx.Exec(`INSERT INTO narrowing (id, community, all_but, section, closes, words, since, until, said_by, through, said_at, ended_at) VALUES ($1, $1, 0, '', 2, 'x', 0, 0, $1, $1, 0, 0)`, r)
	if err == nil {
		_, err = tx.Exec(`INSERT INTO narrowing_worker (narrowing, person) VALUES ($1, $2)`, r, worker)
	}
	return err
}

// TestLooksAreWrittenDown: each reading by another stands in the owner's book of looks, however many read at once; the
// owner's own reading does not.
func TestLooksAreWrittenDown(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w := newWorld(t, where)
		ctx := context.Background()
		who, b := w.person(t)
		worker := w.worker(t)
		w.give(t, who, b, worker)
		_, err := w.k.Write(ctx, who, b, keeper.Draft{ID: w.entry(), Kind: book.KindStrength, Act: book.ActWrite, Body: bodyOf(book.KindStrength, "x", id.Item{})})
		must(t, err)
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				for _, reader := range []grant.Subject{worker, who} {
					if _, err := w.k.Read(ctx, reader, b, keeper.Want{}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		looks, err := w.k.Looks(ctx, who, b, 0, 100)
		must(t, err)
		if len(looks) != 20 {
			t.Fatalf("%d looks, want 20: %v", len(looks), looks)
		}
		for _, l := range looks {
			if l.Reader != worker.Person || l.Section != book.SectionStrengths || l.Purpose != book.PurposeWalking || l.Items != 1 {
				t.Fatalf("look %+v", l)
			}
		}
		_, err = w.k.Looks(ctx, worker, b, 0, 100)
		wantKind(t, err, errs.NotOpen)
	})
}

// give gives everything that can be given to a worker for thirty days.
func (w *world) give(t fatal, who grant.Subject, b id.Book, to grant.Subject) book.Entry {
	t.Helper()
	e, err := w.k.Write(context.Background(), who, b, keeper.Draft{ID: w.entry(), Kind: book.KindSharing, Act: book.ActWrite,
		Body: &book.Sharing{As: book.HatWorker, Recipient: to.Person, Sections: book.Givable(), Purpose: book.PurposeWalking, Until: w.clock.Now() + 30*clock.Day}})
	must(t, err)
	return e[0]
}

// TestNotNowWaitsAgain: what was answered "not now" is counted as waiting when it has rested, and not before.
func TestNotNowWaitsAgain(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w := newWorld(t, where)
		ctx := context.Background()
		who, b := w.person(t)
		worker := w.worker(t)
		w.give(t, who, b, worker)
		s, err := w.k.Write(ctx, worker, b, keeper.Draft{ID: w.entry(), Kind: book.KindStrength, Act: book.ActSuggest, Body: bodyOf(book.KindStrength, "x", id.Item{})})
		must(t, err)
		waiting := func(want int) {
			t.Helper()
			r, err := w.k.Read(ctx, who, b)
			must(t, err)
			if r.Waiting != want {
				t.Errorf("%d wait, want %d", r.Waiting, want)
			}
		}
		waiting(1)
		_, err = w.k.Write(ctx, who, b, keeper.Draft{ID: w.entry(), Kind: book.KindStrength, Act: book.ActNotNow, Item: s[0].Item, Answers: s[0].ID})
		must(t, err)
		waiting(0)
		w.clock.Step(keeper.AgainAfter - 1)
		waiting(0)
		w.clock.Step(1)
		waiting(1)
	})
}

// TestYesToOtherWordsKeepsWhatWasReached: a worker suggests other words for a goal that is reached and for a step that is
// done; a plain yes changes the words and nothing else (mission.md S0.12).
func TestYesToOtherWordsKeepsWhatWasReached(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w := newWorld(t, where)
		ctx := context.Background()
		who, b := w.person(t)
		worker := w.worker(t)
		w.give(t, who, b, worker)
		write := func(who grant.Subject, d keeper.Draft) book.Entry {
			t.Helper()
			d.ID = w.entry()
			e, err := w.k.Write(ctx, who, b, d)
			must(t, err)
			return e[0]
		}
		strength := write(who, keeper.Draft{Kind: book.KindStrength, Act: book.ActWrite, Body: bodyOf(book.KindStrength, "x", id.Item{})})
		goal := write(who, keeper.Draft{Kind: book.KindGoal, Act: book.ActWrite, Body: &book.Goal{Words: book.NewText("swim"), Reached: true}})
		step := write(who, keeper.Draft{Kind: book.KindStep, Act: book.ActWrite, Body: &book.Step{Words: book.NewText("shoes"), Goal: goal.Item, Done: true}})
		for _, of := range []struct {
			was  book.Entry
			body book.Body
		}{{goal, bodyOf(book.KindGoal, "swim far", strength.Item)}, {step, bodyOf(book.KindStep, "swimming things", goal.Item)}} {
			s := write(worker, keeper.Draft{Kind: of.was.Kind, Act: book.ActSuggest, Item: of.was.Item, Base: of.was.ID, Body: of.body})
			write(who, keeper.Draft{Kind: of.was.Kind, Act: book.ActAccept, Item: of.was.Item, Base: of.was.ID, Answers: s.ID})
		}
		r, err := w.k.Read(ctx, who, b, keeper.Want{Sections: []book.Section{book.SectionGoals}})
		must(t, err)
		g, st := r.Items[0][0].Body.(*book.Goal), r.Items[0][1].Body.(*book.Step)
		if !g.Reached || g.Words.Show() != "swim far" || !st.Done || st.Words.Show() != "swimming things" {
			t.Errorf("after a yes to other words: reached %v %q, done %v %q", g.Reached, g.Words.Show(), st.Done, st.Words.Show())
		}
	})
}

// TestTakenBackWhileWritingForThem: in the order of the book, nothing that somebody wrote for its owner follows the entry that took
// that back.
func TestTakenBackWhileWritingForThem(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w := newWorld(t, where)
		ctx := context.Background()
		for range 12 {
			who, b := w.person(t)
			worker := w.worker(t)
			g, err := w.k.Write(ctx, who, b, keeper.Draft{ID: w.entry(), Kind: book.KindSharing, Act: book.ActWrite, Body: &book.Sharing{As: book.HatWorker, Recipient: worker.Person,
				Sections: book.Givable(), Acts: []book.Section{book.SectionGoals}, Purpose: book.PurposeWalking, Until: w.clock.Now() + 30*clock.Day}})
			must(t, err)
			var wg sync.WaitGroup
			for range 6 {
				wg.Go(func() {
					_, err := w.k.Write(ctx, worker, b, keeper.Draft{ID: w.entry(), Kind: book.KindGoal, Act: book.ActWriteFor, Body: bodyOf(book.KindGoal, "x", id.Item{})})
					if err != nil && !errs.Is(err, errs.NotOpen) {
						t.Error(err)
					}
				})
			}
			back, err := w.k.Write(ctx, who, b, keeper.Draft{ID: w.entry(), Kind: book.KindSharing, Act: book.ActPutAway, Item: g[0].Item, Base: g[0].ID})
			must(t, err)
			wg.Wait()
			list, err := w.k.Timeline(ctx, who, b, 0, 100)
			must(t, err)
			for _, e := range list {
				if e.Act == book.ActWriteFor && e.Seq > back[0].Seq {
					t.Fatalf("what was written for them is entry %d, it was taken back in entry %d", e.Seq, back[0].Seq)
				}
			}
			must(t, w.audit(who, b))
		}
	})
}
