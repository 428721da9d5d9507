package grant_test

import (
	"testing"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/store"
	"beside/internal/testkit/ready"
)

// TestOneOfTwo is the rule in words: who has been in the team for [grant.TwoAfter] counts as one of two, and who came when the place began
// or was opened; nobody else does, and nobody in another hat.
func TestOneOfTwo(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		db, err := store.Open(t.Context(), where, store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		const made, opened = 1000 * clock.Day, 1100 * clock.Day
		ids := id.NewMaker(clock.NewManual(made), nil)
		community := id.New[id.Community](ids)
		err = db.Update(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Exec(`INSERT INTO community (id, name, made_at) VALUES ($1, 'Elm Street', $2)`, community, made)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			what   string
			since  clock.Time
			now    clock.Time
			counts bool
		}{
			{"who came when the place was made, at once", made + 13*clock.Day, made + 13*clock.Day, true},
			{"who came two weeks after that, at once", made + 15*clock.Day, made + 15*clock.Day, false},
			{"who came when it was opened, at once", opened + 13*clock.Day, opened + 13*clock.Day, true},
			{"who came later, at once", opened + 40*clock.Day, opened + 40*clock.Day, false},
			{"who came later, a moment too early", opened + 40*clock.Day, opened + 40*clock.Day + grant.TwoAfter - 1, false},
			{"who came later, after two weeks", opened + 40*clock.Day, opened + 40*clock.Day + grant.TwoAfter, true},
			{"who came later, by a clock that went back", opened + 40*clock.Day, opened + 39*clock.Day, false},
		} {
			m, who := id.New[id.Membership](ids), grant.Subject{Person: id.New[id.Person](ids), Hat: book.HatTeam}
			var not error
			var two grant.Two
			err := db.Update(t.Context(), func(tx *store.Tx) (err error) {
				if c.since > opened { // before, nobody could join
					_, err = tx.Exec(`INSERT INTO opening (n, begun_at, opened_at) VALUES (1, $1, $2) ON CONFLICT DO NOTHING`, made, opened)
				}
				if err != nil {
					return err
				}
				_, err = tx.Exec(`INSERT INTO membership (id, community, person, hat, since, until) VALUES ($1, $2, $3, 'team', $4, $5)`, m, community, who.Person, c.since, int64(1)<<60)
				if err == nil {
					not = grant.OneOfTwo(tx, m, c.now)
					two, err = grant.LookTwo(tx, who, c.now)
				}
				return err
			})
			if err != nil || (not == nil) != c.counts || not != nil && !errs.Is(not, errs.Changed) || two.Counts != c.counts || two.Since != c.since || two.From != c.since+grant.TwoAfter {
				t.Errorf("%s: %v, %+v, error %v", c.what, not, two, err)
			}
			err = db.View(t.Context(), func(tx *store.Tx) error {
				_, err := grant.LookTwo(tx, grant.Subject{Person: who.Person, Hat: book.HatWorker}, c.now)
				return err
			})
			if !errs.Is(err, errs.NotOpen) {
				t.Errorf("%s: in another hat %v", c.what, err)
			}
		}
	})
}
