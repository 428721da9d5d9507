package narrowing_test

import (
	"slices"
	"sync"
	"testing"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/community/narrowing"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/store"
)

// TestTheSameFormWithAnotherEnd is another rule, and told so: who went back and chose a longer time does not go away with the shorter
// one. Sent again after midnight it is the same.
func TestTheSameFormWithAnotherEnd(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		toni, e, now := w.Works(t, book.HatTeam), w.Entry(), w.Clock.Now()
		r := narrowing.Rule{AllBut: true, Closes: grant.ClosesReading, Words: "x", Since: now + clock.Day, Until: now + 30*clock.Day}
		must(t, w.Say(ctx, toni, e, r))
		w.Clock.Step(clock.Day)
		r.Since, r.Until = r.Since+clock.Day, r.Until+clock.Day
		must(t, w.Say(ctx, toni, e, r))
		for _, change := range []func(*narrowing.Rule){
			func(r *narrowing.Rule) { r.Since = 0 }, func(r *narrowing.Rule) { r.Since += 6 * clock.Day },
			func(r *narrowing.Rule) { r.Until = 0 }, func(r *narrowing.Rule) { r.Until += 60 * clock.Day },
		} {
			other := r
			change(&other)
			wantKind(t, w.Say(ctx, toni, e, other), errs.AlreadyKept)
		}
		w.end(t, toni, e)
	})
}

// TestSaidTwiceAtOnce: of a form that is sent twice at once both are told that it is kept, and it is one rule.
func TestSaidTwiceAtOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		toni, sam := w.Works(t, book.HatTeam), w.Works(t, book.HatWorker)
		for range 10 {
			e := w.Entry()
			r := narrowing.Rule{AllBut: true, Closes: grant.ClosesReading, Words: "x"}
			r.Workers = append(r.Workers, sam.Person)
			var all sync.WaitGroup
			said := make([]error, 4)
			for i := range said {
				all.Go(func() {
					mine := r
					mine.Workers = slices.Clone(r.Workers)
					said[i] = w.Say(ctx, toni, e, mine)
				})
			}
			all.Wait()
			for _, err := range said {
				must(t, err)
			}
			w.end(t, toni, e)
		}
	})
}

// TestNoMoreRulesThanCanStand: one more is refused until one has ended.
func TestNoMoreRulesThanCanStand(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		toni, first := w.Works(t, book.HatTeam), w.Entry()
		r := narrowing.Rule{AllBut: true, Closes: grant.ClosesWriting, Words: "x"}
		must(t, w.Say(ctx, toni, first, r))
		for range narrowing.MaxStanding - 1 {
			must(t, w.Say(ctx, toni, w.Entry(), r))
		}
		wantKind(t, w.Say(ctx, toni, w.Entry(), r), errs.Invalid)
		must(t, w.Say(ctx, toni, first, r)) // which is there already
		w.end(t, toni, first)
		must(t, w.Say(ctx, toni, w.Entry(), r))
	})
}

// TestARuleOverSomebodyWhoHasDied: that nothing is suggested to them is because they have died, and not because of a rule; what a rule
// keeps from being read is still told.
func TestARuleOverSomebodyWhoHasDied(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		toni, sam, mira := w.Works(t, book.HatTeam), w.Works(t, book.HatWorker), w.person(t)
		w.give(t, mira, sam)
		for _, r := range []narrowing.Rule{{Section: book.SectionStrengths, Closes: grant.ClosesSuggesting}, {Section: book.SectionGoals, Closes: grant.ClosesWriting}, {Section: book.SectionWords, Closes: grant.ClosesReading}} {
			r.AllBut, r.Words = true, "x"
			must(t, w.Say(ctx, toni, w.Entry(), r))
		}
		if told, err := w.Denied(ctx, sam, mira.Book); err != nil || len(told) != 3 {
			t.Fatalf("Sam is told of %v, %v", told, err)
		}
		must(t, w.DB.Update(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(`INSERT INTO death (id, book, person, said_at, since, reads_until, over_at) VALUES ($1, $2, $3, $4, $4, $5, 0)`, w.Entry(), mira.Book, mira.Person, w.Clock.Now(), w.Clock.Now()+clock.Day)
			return err
		}))
		if told, err := w.Denied(ctx, sam, mira.Book); err != nil || len(told) != 1 || told[0].Section != book.SectionWords {
			t.Fatalf("of somebody who has died Sam is told of %v, %v", told, err)
		}
		w.Clock.Step(clock.Day)
		if told, err := w.Denied(ctx, sam, mira.Book); err != nil || len(told) != 0 {
			t.Fatalf("when it is closed for good Sam is told of %v, %v", told, err)
		}
	})
}

// end has toni and one more of the team end the rule of a form.
func (w *world) end(t tester, toni grant.Subject, e id.Entry) {
	t.Helper()
	for _, who := range []grant.Subject{toni, w.Works(t, book.HatTeam)} {
		_, err := w.End(ctx, who, narrowing.Of(e))
		must(t, err)
	}
}
