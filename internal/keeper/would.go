package keeper

import (
	"context"
	"errors"

	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/store"
)

// errUndone ends the transaction of [Keeper.WouldRead], of which nothing stays.
var errUndone = errors.New("keeper: nothing of this is kept")

// WouldRead shows to the owner of book b what reader would read of it if the drafts were written now, or reads now when there
// are none: the drafts are written, the book is read by the same rule and the same statements as [Keeper.Theirs], and all of it
// is undone. It is no look of the reader's, and none is written down. It returns the errors of [Keeper.Write] for the drafts,
// and NotOpen to everybody but the owner; a reader to whom nothing would be open reads nothing.
func (k *Keeper) WouldRead(ctx context.Context, who grant.Subject, b id.Book, reader grant.Subject, drafts []Draft, wants ...Want) (Reading, error) {
	const op = "keeper: would read"
	p, err := k.Prepare(ctx, who, b, drafts...)
	if err != nil {
		return Reading{}, errs.Wrap(op, err)
	}
	var opened sealedReading
	run := k.db.Update
	if len(drafts) == 0 {
		run = k.db.View
	}
	err = run(ctx, func(tx *store.Tx) error {
		if _, err := k.owns(tx, who, k.clock.Now(), b); err != nil {
			return err
		}
		if _, err := k.Apply(tx, p); err != nil {
			return err
		}
		opened, err = k.readIn(tx, reader, b, k.givenGate, wants)
		if errs.Is(err, errs.NotOpen) {
			opened, err = sealedReading{Reading: Reading{Book: b}}, nil
		}
		if err != nil {
			return err
		}
		return errUndone
	})
	if !errors.Is(err, errUndone) {
		return Reading{}, errs.Wrap(op, err)
	}
	return k.openReading(ctx, opened, len(wants))
}
