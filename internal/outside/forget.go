package outside

import (
	"slices"

	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/store"
)

// Forget takes away, in tx, the words of what was erased for good, out of all that left with them: that it left, to whom and
// when stays. With a whole book all of it goes. Errors are those of the store.
func (o *Outside) Forget(tx *store.Tx, gone keeper.Erased) error {
	const op = "outside: forget"
	if gone.Whole {
		err := o.Keeper.Queue().RemoveAll(tx, whichKind, `SELECT o.id, b.erased_at FROM outside AS o JOIN book AS b ON b.id = o.book WHERE o.book = $1 ORDER BY o.id`, gone.Book)
		if err == nil {
			_, err = tx.Exec(`DELETE FROM outside WHERE book = $1`, gone.Book)
		}
		if err == nil {
			err = o.Keeper.Queue().RemoveAll(tx, lastingKind, `SELECT l.id, b.erased_at FROM lasting AS l JOIN book AS b ON b.id = l.book WHERE l.book = $1 ORDER BY l.id`, gone.Book)
		}
		if err == nil {
			_, err = tx.Exec(`DELETE FROM lasting WHERE book = $1`, gone.Book)
		}
		return errs.Wrap(op, err)
	}
	var with []row
	err := store.Each(tx, `SELECT `+rowColumns+` FROM outside AS o WHERE o.book = $1 ORDER BY o.id`, []any{gone.Book}, func(scan func(...any) error) error {
		var r row
		err := r.scan(scan)
		if r.drop(gone.Items) {
			with = append(with, r)
		}
		return err
	})
	for _, r := range with {
		if err == nil {
			_, err = tx.Exec(`UPDATE outside SET parts = $1 WHERE id = $2`, r.parts.pack(), r.id)
		}
		if err == nil {
			err = o.record(tx, r.id)
		}
	}
	return errs.Wrap(op, err)
}

// drop takes the words of items out of a row, and reports whether there were any.
func (r *row) drop(items []id.Item) (had bool) {
	for i := range r.parts {
		if p := &r.parts[i]; slices.Contains(items, p.item) && len(p.sealed) > 0 {
			p.sealed, had = nil, true
		}
	}
	return had
}
