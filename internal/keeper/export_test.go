package keeper

import (
	"context"

	"beside/internal/clock"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/store"
)

// Unruled is a keeper of the same books whose queries have "yes" where the rule stands: what the rule costs is measured beside it.
func (k *Keeper) Unruled() *Keeper {
	return &Keeper{db: k.db, clock: k.clock, q: compile(func(before string, _ grant.Doing, _ grant.Columns, _ int, after string) sqlFor {
		return sqlFor{text: before + "(1 = 1)" + after}
	})}
}

// Find finds what is wanted of a book, still sealed, and returns how many there are: the queries alone.
func (k *Keeper) Find(ctx context.Context, who grant.Subject, now clock.Time, b id.Book, wants ...Want) (n int, err error) {
	err = k.db.View(ctx, func(tx *store.Tx) error {
		found, err := k.find(tx, who, now, b, wants)
		n = len(found)
		return err
	})
	return n, err
}

// AddLooks writes looks down.
func (k *Keeper) AddLooks(ctx context.Context, looks []Look) error { return k.looks.add(ctx, looks) }
