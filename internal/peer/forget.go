package peer

import (
	"beside/internal/errs"
	"beside/internal/keeper"
	"beside/internal/store"
)

// Forget takes away, in tx, the notices about what was erased for good; with a whole book also those to its owner, and what
// they told of themselves as a worker. Errors are those of the store.
func (p *Peers) Forget(tx *store.Tx, gone keeper.Erased) error {
	const op = "peer: forget"
	if !gone.Whole {
		these, args := store.In("entry", []any{gone.Book}, gone.Entries)
		_, err := tx.Exec(`DELETE FROM notice WHERE book = $1 AND `+these, args...)
		return errs.Wrap(op, err)
	}
	if _, err := tx.Exec(`DELETE FROM notice WHERE book = $1 OR person = $2`, gone.Book, gone.Owner); err != nil {
		return errs.Wrap(op, err)
	}
	err := p.keeper.Queue().RemoveAll(tx, kindProfile, `SELECT p.person, b.erased_at FROM worker_profile AS p JOIN book AS b ON b.owner = p.person WHERE p.person = $1`, gone.Owner)
	if err != nil {
		return errs.Wrap(op, err)
	}
	_, err = tx.Exec(`DELETE FROM worker_profile WHERE person = $1`, gone.Owner)
	return errs.Wrap(op, err)
}
