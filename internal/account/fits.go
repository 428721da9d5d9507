package account

import (
	"context"

	"beside/internal/account/limit"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/store"
)

// triesBeside is how often a passphrase may be tried beside something else that was shown, such as a one-time code.
var triesBeside = limit.Limit{Name: "passphrase beside", AtOnce: 10, Every: 6 * clock.Minute}

// Fits reports whether a passphrase is a person's own, for ways in that ask for it beside something else. It counts the
// try. It returns TooOften and Busy; for a person who is not there nothing fits.
func (a *Accounts) Fits(ctx context.Context, who id.Person, passphrase string) (bool, error) {
	const op = "account: fits"
	if err := a.Limits.Take(ctx, triesBeside, who.Bytes()); err != nil {
		return false, errs.Wrap(op, err)
	}
	phc := a.hasher.nobody
	err := a.db.Glance(ctx, func(tx *store.Tx) error {
		return tx.Row(`SELECT passphrase FROM account WHERE person = $1`, who).Scan(&phc)
	})
	none := store.IsNone(err)
	if err != nil && !none {
		return false, errs.Wrap(op, err)
	}
	fits, _, err := a.hasher.fits(ctx, phc, passphrase)
	return fits && !none, errs.Wrap(op, err)
}
