package recovery_test

import (
	"testing"

	"beside/internal/account/recovery"
	"beside/internal/book"
	"beside/internal/errs"
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
