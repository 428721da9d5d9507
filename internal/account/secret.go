package account

import (
	"context"

	"beside/internal/errs"
)

// HashSecret returns what is kept of a short secret of somebody's: it is hashed as a passphrase is, in the same queue. The
// caller puts into it whose it is and what for, so that no hash fits anywhere else. It returns Busy.
func (a *Accounts) HashSecret(ctx context.Context, secret string) (string, error) {
	kept, err := a.hasher.hash(ctx, secret)
	return kept, errs.Wrap("account: hash secret", err)
}

// SecretFits reports whether a secret is the one of which kept was kept. When nothing was, "", it does the same work and
// says no. It returns Busy.
func (a *Accounts) SecretFits(ctx context.Context, kept, secret string) (bool, error) {
	none := kept == ""
	if none {
		kept = a.hasher.nobody
	}
	fits, _, err := a.hasher.fits(ctx, kept, secret)
	return fits && !none, errs.Wrap("account: secret fits", err)
}
