package keeper_test

import (
	"bytes"
	"context"
	"sync"
	"sync/atomic"
	"testing"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/testkit/ready"
)

// takesBack has somebody take back what they gave.
func (w *world) takesBack(t *testing.T, who grant.Subject, b id.Book, g book.Entry) {
	t.Helper()
	_, err := w.k.Write(context.Background(), who, b, keeper.Draft{ID: w.entry(), Kind: book.KindSharing, Act: book.ActPutAway, Item: g.Item, Base: g.ID})
	must(t, err)
}

// TestTakenBackWhileReading: of many pages that are being read while it is taken back, each is whole or nothing, none that begins afterwards shows
// anything, and the owner sees a look for each that did.
func TestTakenBackWhileReading(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w, ctx := newWorld(t, where), context.Background()
		for range 8 {
			who, b := w.person(t)
			worker := w.worker(t)
			for range 30 {
				w.does(t, who, b, keeper.Draft{Kind: book.KindGoal, Act: book.ActWrite, Body: bodyOf(book.KindGoal, "swim", id.Item{})})
			}
			g := w.give(t, who, b, worker)
			var back atomic.Bool
			var read, late atomic.Int64
			var wg sync.WaitGroup
			for range 4 {
				wg.Go(func() {
					for again := true; again; {
						after := back.Load()
						r, err := w.k.Theirs(ctx, worker, b, keeper.Want{Kind: book.KindGoal})
						switch {
						case err == nil && len(r.Items[0]) != 30:
							t.Errorf("a page shows %d of 30", len(r.Items[0]))
						case err == nil && after:
							late.Add(1)
						case err == nil:
							read.Add(1)
						case errs.Is(err, errs.NotOpen):
						default:
							t.Error(err)
						}
						again = !after
					}
				})
			}
			for read.Load() == 0 { // until somebody reads
			}
			w.takesBack(t, who, b, g)
			back.Store(true)
			wg.Wait()
			looks, err := w.k.Looks(ctx, who, b, 0, 1000)
			must(t, err)
			counted := 0
			for _, l := range looks {
				if l.Section == book.SectionGoals && l.Reader == worker.Person {
					counted++
				}
			}
			if late.Load() > 0 || int64(counted) != read.Load() {
				t.Fatalf("%d pages show something after it was taken back; %d were read, and %d looks are told of", late.Load(), read.Load(), counted)
			}
		}
	})
}

// between calls then once, when so much has been written.
type between struct {
	bytes.Buffer
	at   int
	then func()
}

func (b *between) Write(p []byte) (int, error) {
	if b.then != nil && b.Len() >= b.at {
		then := b.then
		b.then = nil
		then()
	}
	return b.Buffer.Write(p)
}

// TestTakenBackWhileCopying: a copy of the whole book, in the midst of which something is taken back, or given, proves itself, at whatever place in it
// that comes; and the copy after it says so.
func TestTakenBackWhileCopying(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w := newWorld(t, where)
		who, b := w.person(t)
		for range 300 {
			w.does(t, who, b, keeper.Draft{Kind: book.KindGoal, Act: book.ActWrite, Body: bodyOf(book.KindGoal, "swim", id.Item{})})
		}
		l := w.log(t)
		key := l.Key()
		copied := func(at int, then func()) int {
			t.Helper()
			sequenced(t, l)
			to := between{at: at, then: then}
			must(t, w.k.Copy(bounded(t), who, b, key, &to))
			if to.then != nil {
				t.Fatalf("%d bytes are never written", at)
			}
			if _, found, err := checkCopy(to.Bytes(), &key); err != nil || len(found) > 0 {
				t.Fatalf("after %d bytes: %v, %v", at, found, err)
			}
			return to.Len()
		}
		long := copied(0, func() {})
		for _, part := range []int{0, 10, 30, 50, 70, 90, 99} {
			worker := w.worker(t)
			g := w.give(t, who, b, worker)
			copied(long*part/100, func() { w.takesBack(t, who, b, g) })
			copied(long*part/100, func() { w.gives(t, who, b, w.worker(t), func(s *book.Sharing) { s.Until = w.clock.Now() + clock.Day }) })
		}
	})
}
