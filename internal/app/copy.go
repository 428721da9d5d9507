package app

import (
	"context"
	"fmt"
	"io"

	"beside/internal/account"
	"beside/internal/asking"
	"beside/internal/attending"
	"beside/internal/book"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/outside"
	"beside/internal/peer/signed"
	"beside/internal/store"
)

// CopiedAsides check what a copy of a book holds of each list that is not the keeper's own, for [keeper.CheckCopy].
func CopiedAsides() map[string]keeper.CheckAside {
	return map[string]keeper.CheckAside{
		keeper.CopyAsked: asking.CheckCopied, keeper.CopyLeft: outside.CheckCopied, keeper.CopyLasting: outside.CheckCopiedLasting, keeper.CopyDays: attending.CheckCopied,
		keeper.CopySigned: signed.CheckCopied,
	}
}

// Copy writes a copy of the whole book of a session's person, after [App.BeginCopy]. Errors are those of the keeper and the
// store; none was written before the first byte.
func (a *App) Copy(ctx context.Context, s account.Session, to io.Writer) error {
	if err := a.BeginCopy(ctx, s); err != nil {
		return err
	}
	return a.Proofs(ctx, s, to)
}

// BeginCopy signs what was not yet, and writes down for a session's person that a copy of their book is taken. Errors are
// those of the store.
func (a *App) BeginCopy(ctx context.Context, s account.Session) error {
	if _, err := a.Log.Sequence(ctx); err != nil {
		return fmt.Errorf("app: copy: %w", err)
	}
	err := a.DB.Update(ctx, func(tx *store.Tx) error {
		return a.Accounts.Happens(tx, s.Person, account.HappenedCopy, id.Device{})
	})
	if err != nil {
		return fmt.Errorf("app: copy: %w", err)
	}
	return nil
}

// Proofs writes the copy itself ([beside/internal/keeper.Keeper.Copy]), once it was begun.
func (a *App) Proofs(ctx context.Context, s account.Session, to io.Writer) error {
	return a.Keeper.Copy(ctx, grant.Subject{Person: s.Person, Hat: book.HatSelf}, s.Book, a.Log.Key(), to)
}

// CopyBy is [App.Copy] for the person whose sign-in words and passphrase these are: nobody else's book can be copied. It
// returns the errors of [account.Accounts.SignIn] too.
func (a *App) CopyBy(ctx context.Context, words, passphrase string, to io.Writer) error {
	in, err := a.Accounts.SignIn(ctx, account.SigningIn{Words: words, Passphrase: passphrase, Where: account.Where{From: "this computer"}})
	if err != nil {
		return fmt.Errorf("app: copy: %w", err)
	}
	if err := a.Accounts.SignOut(ctx, in.Secret); err != nil {
		return fmt.Errorf("app: copy: %w", err)
	}
	return a.Copy(ctx, in.Session, to)
}
