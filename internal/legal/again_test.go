package legal_test

import (
	"testing"
	"time"

	"beside/internal/clock"
	"beside/internal/errs"
)

// TestAFormTakesOnce: no form that was sent before takes the file of another order, or the same file later, past what is written down.
func TestAFormTakesOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		p := newPlain(t, w)
		one, two, e := p.order(t), p.order(t), p.entry()
		for range 2 { // a double tap
			_, err := p.Take(ctx, p.team[1], one, e)
			must(t, err)
		}
		_, err := p.Take(ctx, p.team[1], two, e)
		wantKind(t, err, errs.AlreadyKept)
		_, err = p.Take(ctx, p.team[0], one, e)
		wantKind(t, err, errs.AlreadyKept)
		w.clock.Step(clock.Hour)
		_, err = p.Take(ctx, p.team[1], one, e)
		wantKind(t, err, errs.AlreadyKept)
		o, _, err := p.State(ctx, p.team[0], one)
		must(t, err)
		if len(o.Taken) != 2 { // one of them in the making of the order
			t.Errorf("it was taken %d times, as it is written down", len(o.Taken))
		}
	})
}

// day is the day on which it is now.
func (w *world) day() string { return w.clock.Now().Std().UTC().Format(time.DateOnly) }
