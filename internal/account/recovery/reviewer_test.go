package recovery_test

import (
	"testing"

	"beside/internal/account/recovery"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/store"
)

// TestNobodyVouchesForAReviewer: the code by which a worker would be vouched for is none when a reviewer says it.
func TestNobodyVouchesForAReviewer(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		toni := w.member(t, book.HatTeam)
		for _, hat := range []book.Hat{book.HatWorker, book.HatReviewer} {
			s := w.member(t, hat)
			_, code := w.ask(t, recovery.Vouched, s.words)
			_, err := w.Claim(ctx, team(toni), code)
			if hat == book.HatWorker {
				must(t, err)
			} else {
				wantKind(t, err, errs.Invalid)
			}
		}
	})
}

// TestNobodyVouchesForWhoHasBoth: a version before gave a reviewer another role too. Being vouched for in that would put on both hats.
func TestNobodyVouchesForWhoHasBoth(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		toni, s := w.member(t, book.HatTeam), w.member(t, book.HatWorker)
		must(t, w.db.Update(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(`INSERT INTO membership (id, community, person, hat, since, until) VALUES ($1, $2, $3, 'reviewer', $4, $5)`,
				id.New[id.Membership](w.ids), w.community, s.id, w.clock.Now(), w.clock.Now()+clock.Day)
			return err
		}))
		_, code := w.ask(t, recovery.Vouched, s.words)
		_, err := w.Claim(ctx, team(toni), code)
		wantKind(t, err, errs.Invalid)
	})
}
