package promise

import (
	"errors"

	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/mutant"
	"beside/internal/store"
)

// Rest has every promise rest, in the caller's transaction, until [Release]. It is for a place that was restored: what a
// copy of the past has promised may have been kept since. A place that rests already is left as it is.
func Rest(tx *store.Tx, now clock.Time) error {
	_, err := tx.Exec(`INSERT INTO resting (n, since) VALUES (1, $1) ON CONFLICT (n) DO NOTHING`, now)
	return errs.Wrap("promise: rest", err)
}

// Resting returns since when promises rest, and 0 when they do not. Errors are those of the store.
func Resting(tx *store.Tx) (since clock.Time, err error) {
	if mutant.On("no-rest") {
		return 0, nil
	}
	err = tx.Row(`SELECT since FROM resting WHERE n = 1`).Scan(&since)
	if errors.Is(err, store.ErrNone) {
		return 0, nil
	}
	return since, errs.Wrap("promise: resting", err)
}

// Release ends the rest of promises, and reports whether they rested. Errors are those of the store.
func Release(tx *store.Tx) (rested bool, err error) {
	n, err := tx.Exec(`DELETE FROM resting`)
	return n > 0, errs.Wrap("promise: release", err)
}
