package app

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"beside/internal/account"
	"beside/internal/account/ending"
	"beside/internal/asking"
	"beside/internal/attending"
	"beside/internal/community/narrowing"
	"beside/internal/community/reviewing"
	"beside/internal/community/roles"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/legal"
	"beside/internal/media"
	"beside/internal/outside"
	"beside/internal/peer"
	"beside/internal/peer/signed"
	"beside/internal/store"
	"beside/internal/vault"
	"beside/internal/witness"
)

// VerifyConfig says what [Verify] compares with what.
type VerifyConfig struct {
	Config                         // Database, and with keys Keyring and RootKey
	Keys     bool                  // the keyring is there: entries are opened, and books folded again
	Key      *witness.Key          // the public key of the log, for when there is no keyring
	Kept     []witness.Kept        // heads that a witness kept
	Report   func(witness.Problem) // each thing that is wrong
	Progress func(string, int64)   // told now and then; may be nil
	View     witness.Viewer        // for tests: another snapshot of the database than its newest
	Unknown  func(int64)           // told how many signatures are of witnesses that Config does not name; may be nil
}

// Verify compares all that is stored with the log, and changes nothing. It may run beside a Beside that serves. It returns
// how many things are wrong, each of which was reported; an error says that it could not compare, as [ErrNoPlace] where there
// are no books, [backup.ErrHalf] where they were restored in part, and one that says what to do when they are of another version.
func Verify(ctx context.Context, v VerifyConfig) (problems int64, err error) {
	v.Demo = true // nothing is served, so a demo may be looked at too
	c, err := v.filled()
	if err != nil {
		return 0, err
	}
	if err := c.there(v.Keys); err != nil {
		return 0, err
	}
	v.Config = c
	a := &App{Config: c, Clock: c.Clock, IDs: id.NewMaker(c.Clock, c.Rand)}
	defer func() { err = errors.Join(err, a.Close()) }()
	if a.DB, err = store.Open(ctx, c.Database, store.Options{Logger: c.Log}); err != nil {
		return 0, fmt.Errorf("app: opening the books: %w", err)
	}
	if err := wholeBooks(ctx, a.DB); err != nil {
		return 0, err
	}
	if v.Keys {
		if err := a.openOldKeys(ctx); err != nil {
			return 0, err
		}
	}
	return verify(ctx, a.DB, a.Vault, v)
}

// openOldKeys opens the keyring that is there, and makes none.
func (a *App) openOldKeys(ctx context.Context) error {
	root, err := vault.ReadRoot(a.Config.RootKey)
	if err != nil {
		return fmt.Errorf("app: the root key: %w", err)
	}
	if a.keyring, a.Vault, err = openKeyring(ctx, a.Config, root, nil); err != nil {
		return fmt.Errorf("app: %w", err)
	}
	return nil
}

// verify compares what is stored in db; keys may be nil.
func verify(ctx context.Context, db *store.DB, keys *vault.Vault, v VerifyConfig) (int64, error) {
	if v.View == nil {
		v.View = db
	}
	key := v.Key
	k := keeper.New(db, keys, v.Clock, nil, nil)
	if keys != nil {
		own, err := witness.KeyOf(keys.Key(witness.SignerKey))
		if err != nil {
			return 0, err
		}
		key = &own
	}
	check := witness.NewCheck(witness.CheckConfig{DB: v.View, Key: key, Queue: k.Queue(), Kept: v.Kept, Report: v.Report, Progress: v.Progress})
	if err := check.Logs(ctx); err != nil {
		return check.Found(), err
	}
	if err := k.Check(ctx, check, keys != nil); err != nil {
		return check.Found(), err
	}
	if err := check.Rows(ctx, slices.Concat(keeper.Witnessed(), account.Witnessed(), ending.Witnessed(), peer.Witnessed(), asking.Witnessed(), outside.Witnessed(), attending.Witnessed(), media.Witnessed(), signed.Witnessed(), narrowing.Witnessed(), reviewing.Witnessed(), roles.Witnessed(), legal.Witnessed())...); err != nil {
		return check.Found(), err
	}
	unknown, err := check.Outside(ctx, v.Witnesses)
	if err != nil {
		return check.Found(), err
	}
	if v.Unknown != nil {
		v.Unknown(unknown)
	}
	err = check.Rest(ctx)
	return check.Found(), err
}

// Verify is [Verify] of what a serving Beside stores.
func (a *App) Verify(ctx context.Context, v VerifyConfig) (problems int64, err error) {
	v.Config = a.Config
	keys := a.Vault
	if !v.Keys {
		keys = nil
	}
	return verify(ctx, a.DB, keys, v)
}
