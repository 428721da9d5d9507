package journey_test

import (
	"testing"

	"beside/internal/clock"
	"beside/internal/journey"
	"beside/internal/keeper"
)

// TestNoLookIsLostBetweenPages: a look at several sections that does not fit a page whole stands on the next one.
func TestNoLookIsLostBetweenPages(t *testing.T) {
	onBoth(t, func(w *world) {
		w.strength("swims")
		w.goal("the sea")
		want := 0
		for range journey.LooksAtOnce/3 + 2 { // name, strengths and goals in one look
			w.clock.Step(clock.Second)
			_, err := w.keeper.Read(ctx, w.worker, w.me.Book, keeper.Want{})
			w.must(err)
			want += 3
		}
		seen := map[string]bool{}
		for before, pages := clock.Time(0), 0; pages == 0 || before != 0; pages++ {
			looks, older, err := w.j.Looks(ctx, w.me, before)
			w.must(err)
			for _, l := range looks {
				seen[l.ID.String()+string(l.Section)] = true
			}
			if before = older; pages > 3 {
				t.Fatal("the pages do not end")
			}
		}
		if len(seen) != want {
			t.Errorf("%d of %d looks are on the pages", len(seen), want)
		}
	})
}
