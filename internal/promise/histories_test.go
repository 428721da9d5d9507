package promise

import (
	"context"
	"errors"
	"testing"

	"pgregory.net/rapid"

	"beside/internal/clock"
	"beside/internal/id"
	"beside/internal/store"
	"beside/internal/testkit/histories"
	"beside/internal/testkit/ready"
)

var errCrash = errors.New("the node died before its transaction was committed")

// history is one random life of two nodes: they set, drop, claim and keep promises, die at any point, and their clock
// is set forwards and back.
type history struct {
	*world
	clock   *clock.Manual
	runners [2]*Runner
	held    [2][]Promise // claimed by a node that has not come to them yet
	all     []id.Promise
	dropped map[id.Promise]bool
	crash   bool // the next effect's transaction is not committed
}

func TestHistories(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		c := clock.NewManual(noon)
		w := newWorld(t, where, c)
		w.steady = clock.NewManual(0)
		histories.Check(t, 25, func(rt *rapid.T) {
			c.Set(noon)
			w.update(func(tx *store.Tx) error {
				_, err := tx.Exec("DELETE FROM promise")
				if err == nil {
					_, err = tx.Exec("DELETE FROM effect")
				}
				return err
			})
			h := &history{world: w, clock: c, dropped: map[id.Promise]bool{}}
			for i := range h.runners {
				h.runners[i] = w.runner(map[Kind]Keep{"call": {Effect: h.effect}}, Options{Batch: 3})
			}
			rt.Repeat(map[string]func(*rapid.T){
				"set":   h.setOne,
				"drop":  h.dropOne,
				"once":  h.runOnce,
				"claim": h.claimSome,
				"keep":  h.keepHeld,
				"die":   h.die,
				"time":  h.timePasses,
				"clock": h.setClock,
				"":      h.check,
			})
			h.finish(rt)
		})
	})
}

func (h *history) effect(tx *store.Tx, p Promise) error {
	if err := record(h.clock)(tx, p); err != nil {
		return err
	}
	if h.crash {
		h.crash = false
		return errCrash
	}
	return nil
}

func (h *history) setOne(rt *rapid.T) {
	wait := clock.Time(rapid.Int64Range(-60, 600).Draw(rt, "seconds")) * clock.Second
	h.all = append(h.all, h.set("call", wait))
}

func (h *history) dropOne(rt *rapid.T) {
	if len(h.all) == 0 {
		rt.Skip("nothing to drop")
	}
	p := rapid.SampledFrom(h.all).Draw(rt, "promise")
	if state, _, _ := h.look(p); state == "open" {
		h.dropped[p] = true
	}
	h.update(func(tx *store.Tx) error { return Drop(tx, p) })
}

func (h *history) node(rt *rapid.T) int { return rapid.IntRange(0, 1).Draw(rt, "node") }

func (h *history) runOnce(rt *rapid.T) {
	h.crash = rapid.Bool().Draw(rt, "crash")
	h.once(h.runners[h.node(rt)])
	h.crash = false
}

func (h *history) claimSome(rt *rapid.T) {
	n := h.node(rt)
	got, err := h.runners[n].claim(context.Background(), 2)
	if err != nil {
		rt.Fatal(err)
	}
	for _, p := range got {
		for _, theirs := range h.held[1-n] {
			if p.ID == theirs.ID && p.Attempts == theirs.Attempts+1 && p.held < theirs.held+clock.Minute {
				rt.Fatalf("taken over %d s after it was claimed", (p.held-theirs.held)/clock.Second)
			}
		}
	}
	h.held[n] = append(h.held[n], got...)
}

// keepHeld lets a node come to what it claimed, however long ago.
func (h *history) keepHeld(rt *rapid.T) {
	n := h.node(rt)
	for _, p := range h.held[n] {
		h.runners[n].attempt(context.Background(), p)
	}
	h.held[n] = nil
}

func (h *history) die(rt *rapid.T) { h.held[h.node(rt)] = nil }

func (h *history) timePasses(rt *rapid.T) {
	d := rapid.SampledFrom([]clock.Time{clock.Second, 20 * clock.Second, clock.Minute, 20 * clock.Minute, clock.Day}).Draw(rt, "passes")
	h.clock.Step(d)
	h.steady.Step(d)
}

// setClock is somebody who sets the clock; no time passes.
func (h *history) setClock(rt *rapid.T) {
	h.clock.Step(rapid.SampledFrom([]clock.Time{clock.Minute, clock.Day, -clock.Minute, -clock.Day}).Draw(rt, "step"))
}

// check holds after every step: an effect is committed with its promise's end or not at all.
func (h *history) check(rt *rapid.T) {
	for _, p := range h.all {
		state, _, effects := h.look(p)
		if want := map[string]int{"done": 1}[state]; effects != want || (state == "dropped") != h.dropped[p] {
			rt.Fatalf("a promise is %s (dropped: %v) with %d effects", state, h.dropped[p], effects)
		}
	}
}

// finish holds in the end: once time goes on and a node lives, everything that was not dropped is kept.
func (h *history) finish(rt *rapid.T) {
	h.clock.Set(noon + 1000*clock.Day)
	for range 2 {
		for h.once(h.runners[0]) > 0 {
		}
		h.steady.Step(clock.Minute) // for what a dead node holds
	}
	for h.once(h.runners[0]) > 0 {
	}
	h.check(rt)
	for _, p := range h.all {
		if state, _, _ := h.look(p); state == "open" {
			rt.Fatal("a promise is still open")
		}
	}
}
