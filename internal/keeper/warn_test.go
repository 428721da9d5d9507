package keeper_test

import (
	"context"
	"testing"
	"time"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/keeper"
	"beside/internal/store"
	"beside/internal/testkit/ready"
)

// TestOlderGrantsAreWarnedOf: what a program of the version before gave is told of before it ends, once, as long as it stands.
func TestOlderGrantsAreWarnedOf(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w := newWorld(t, where)
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second) // it has an end
		defer cancel()
		who, b := w.person(t)
		stands, back := w.give(t, who, b, w.worker(t)), w.give(t, who, b, w.worker(t))
		_, err := w.k.Write(ctx, who, b, keeper.Draft{ID: w.entry(), Kind: book.KindSharing, Act: book.ActPutAway, Item: back.Item, Base: back.ID, Via: book.ViaWeb})
		must(t, err)
		w.gives(t, who, b, w.worker(t), func(s *book.Sharing) { s.Until = w.clock.Now() + keeper.WarnBefore }) // too short for that
		must(t, w.db.Update(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(`DELETE FROM promise`)
			return err
		}))
		w.clock.Step(clock.Day)
		for range 2 {
			must(t, w.k.WarnOlder(ctx))
			var n int
			var due clock.Time
			must(t, w.db.View(ctx, func(tx *store.Tx) error {
				return tx.Row(`SELECT COUNT(*), MAX(due_at) FROM promise WHERE state = 'open'`).Scan(&n, &due)
			}))
			if want := stands.RecordedAt + 30*clock.Day - keeper.WarnBefore; n != 1 || due != want {
				t.Fatalf("%d promises, the last due %d, want one at %d", n, due, want)
			}
		}
	})
}

// TestManyOlderGrantsAreWarnedOf: also more than are gone through at a time.
func TestManyOlderGrantsAreWarnedOf(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w, ctx := newWorld(t, where), context.Background()
		who, b := w.person(t)
		worker := w.worker(t)
		const many = 501
		var all []keeper.Draft
		for range many {
			all = append(all, keeper.Draft{ID: w.entry(), Kind: book.KindSharing, Act: book.ActWrite, Via: book.ViaWeb, Body: &book.Sharing{As: book.HatWorker, Recipient: worker.Person,
				Sections: []book.Section{book.SectionName}, Purpose: book.PurposeWalking, Until: w.clock.Now() + 30*clock.Day}})
		}
		_, err := w.k.Write(ctx, who, b, all...)
		must(t, err)
		must(t, w.db.Update(ctx, func(tx *store.Tx) error { _, err := tx.Exec(`DELETE FROM promise`); return err }))
		must(t, w.k.WarnOlder(ctx))
		if n := len(w.promises(t, keeper.TellPromise)); n != many {
			t.Errorf("%d are told of, want %d", n, many)
		}
	})
}
