package promise

import (
	"context"
	"testing"

	"beside/internal/clock"
	"beside/internal/store"
)

// While promises rest nothing is tried, however late it gets; when they are released all of it is kept, once.
func TestNothingIsKeptWhilePromisesRest(t *testing.T) {
	onBoth(t, func(w *world, c *clock.Manual) {
		reached := 0
		r := w.runner(map[Kind]Keep{"call": {
			Reach:  func(context.Context, Promise) error { reached++; return nil },
			Effect: record(c),
		}, "erase": {Restless: true, Effect: record(c)}}, Options{})
		before := w.set("call", clock.Minute)
		w.update(func(tx *store.Tx) error { return Rest(tx, c.Now()) })
		since := c.Now()
		after := w.set("call", clock.Minute)
		c.Step(clock.Day)
		w.update(func(tx *store.Tx) error { return Rest(tx, c.Now()) }) // again: nothing changes
		if n := w.once(r); n != 0 || reached != 0 {
			w.t.Fatalf("%d were tried and %d left the database while promises rested", n, reached)
		}
		w.want(before, "open", 0, 0)
		restless := w.set("erase", clock.Minute)
		c.Step(clock.Hour)
		if n := w.once(r); n != 1 || reached != 0 {
			w.t.Fatalf("%d were tried of one that does not rest", n)
		}
		w.want(restless, "done", 1, 1)
		w.view(func(tx *store.Tx) error {
			if at, err := Resting(tx); err != nil || at != since {
				w.t.Errorf("resting since %v, %v, want %v", at, err, since)
			}
			return nil
		})
		w.update(func(tx *store.Tx) error {
			if rested, err := Release(tx); err != nil || !rested {
				w.t.Errorf("released %v, %v", rested, err)
			}
			return nil
		})
		if n := w.once(r); n != 2 || reached != 2 {
			w.t.Errorf("%d were tried, %d left the database after the release", n, reached)
		}
		w.want(before, "done", 1, 1)
		w.want(after, "done", 1, 1)
	})
}
