package keeper

import (
	"context"
	"fmt"

	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/store"
	"beside/internal/witness"
)

// chainPage is how many entries one statement reads.
const chainPage = 2000

// Chains follows the chain of every book in db, as after a restore, and returns how many books there are with entries. It
// needs no keys. It returns [witness.ErrBroken] with the book whose rows are not what was written, and errors of the store.
func Chains(ctx context.Context, db *store.DB) (books int, err error) {
	const op = "keeper: chains"
	err = db.View(ctx, func(tx *store.Tx) error {
		var at id.Book
		var seq int64
		var v witness.Verifier
		books = 0
		for {
			n := 0
			err := store.Each(tx, `SELECT book, seq, leaf, chain FROM entry WHERE (book, seq) > ($1, $2) ORDER BY book, seq LIMIT $3 + 0`, []any{at.Bytes(), seq, chainPage}, func(scan func(...any) error) error {
				var b id.Book
				var leaf, chain witness.Hash
				if err := scan(&b, &seq, &leaf, &chain); err != nil {
					return err
				}
				if n++; b != at {
					at, v = b, witness.Verifier{}
					books++
				}
				if err := v.Next(leaf, chain); err != nil {
					return fmt.Errorf("book %s: %w", b, err)
				}
				return nil
			})
			if err != nil || n < chainPage {
				return err
			}
			if err := ctx.Err(); err != nil {
				return err
			}
		}
	})
	return books, errs.Wrap(op, err)
}
