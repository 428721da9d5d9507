package asking

import (
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/promise"
	"beside/internal/store"
)

// Forget takes away, in tx, what was asked and answered about a book that is erased as a whole, and what was promised of it.
// What its owner answered others stays with them, with an id that is nobody's. Errors are those of the store.
func (a *Asking) Forget(tx *store.Tx, gone keeper.Erased) error {
	const op = "asking: forget"
	if !gone.Whole {
		return nil
	}
	var all []id.Question
	err := store.Each(tx, `SELECT id FROM why WHERE book = $1 ORDER BY id`, []any{gone.Book}, func(scan func(...any) error) error {
		var q id.Question
		err := scan(&q)
		all = append(all, q)
		return err
	})
	for _, q := range all {
		for _, kind := range []promise.Kind{RemindPromise, LatePromise} {
			if err == nil {
				err = promise.DropAbout(tx, kind, q.Bytes())
			}
		}
	}
	if err == nil {
		err = a.Keeper.Queue().RemoveAll(tx, whyKind, `SELECT q.id, b.erased_at FROM why AS q JOIN book AS b ON b.id = q.book WHERE q.book = $1 ORDER BY q.id`, gone.Book)
	}
	if err == nil {
		_, err = tx.Exec(`DELETE FROM why WHERE book = $1`, gone.Book)
	}
	return errs.Wrap(op, err)
}
