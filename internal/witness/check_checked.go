package witness

import (
	"context"
	"fmt"
	"slices"

	"beside/internal/errs"
	"beside/internal/store"
)

// Outside checks the signatures of witnesses that are kept: each is on a head of ours, and by the witness whose name stands
// there, where its key is among those given. It returns how many are by witnesses whose key is not, which can be compared
// with nothing but their heads. It does not find signatures that were removed. Errors are those of the store.
func (c *Check) Outside(ctx context.Context, witnesses []OutsideKey) (unknown int64, err error) {
	log, size, name := int64(-1), int64(-1), ""
	for more := true; more; {
		err := c.DB.View(ctx, func(tx *store.Tx) error {
			more = false
			return store.Each(tx, `SELECT k.log, k.size, k.witness, k.at, k.line, COALESCE(c.note, '') FROM log_checked AS k
				LEFT JOIN log_checkpoint AS c ON c.log = k.log AND c.size = k.size
				WHERE k.log > $1 OR k.log = $1 AND (k.size > $2 OR k.size = $2 AND k.witness > $3)
				ORDER BY k.log, k.size, k.witness LIMIT 1000`, []any{log, size, name}, func(scan func(...any) error) error {
				var r checkedRow
				if err := scan(&log, &r.size, &name, &r.at, &r.line, &r.note); err != nil {
					return err
				}
				size, more = r.size, true
				if c.outside(witnesses, log, name, r) {
					unknown++
				}
				return nil
			})
		})
		if err != nil {
			return unknown, errs.Wrap("witness: check outside", err)
		}
	}
	return unknown, nil
}

// outside checks one signature, and reports whether the key of its witness is not known.
func (c *Check) outside(witnesses []OutsideKey, log int64, name string, r checkedRow) (unknown bool) {
	row := fmt.Sprintf("log %d, %d leaves, %s", log, r.size, name)
	if head, err := Peek(r.note); err != nil || head.Size != r.size {
		c.report("log_checked", row, "there is no signed head that it could be about")
		return false
	}
	i := slices.IndexFunc(witnesses, func(w OutsideKey) bool { return w.name == name })
	if i < 0 {
		return true
	}
	if r.signedBy(witnesses[i], c.Key) != nil {
		c.report("log_checked", row, "it is not the signature of that witness on that head: it was changed, or made up")
	}
	return false
}
