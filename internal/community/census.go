package community

import (
	"context"

	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/store"
)

// Census counts what is under way, without naming anybody: for graphs.
type Census struct {
	Open     map[string]int    // promises by kind, up to [ManyLeaves] in all
	Due      int               // of these, those that are due
	Messages map[[2]string]int // by channel and state: under way, or over for less than a day
	Leaves   int               // that wait to be signed, up to one more than [ManyLeaves]
	Queued   clock.Time        // since when the oldest does, 0 when none waits
	Signed   clock.Time        // when a head was last signed, 0 when none was
}

// Count takes a census. Errors are those of the store.
func (w *Watch) Count(ctx context.Context) (Census, error) {
	now := w.clock.Now()
	out := Census{Open: map[string]int{}, Messages: map[[2]string]int{}}
	err := w.db.View(ctx, func(tx *store.Tx) error {
		err := store.Each(tx, `SELECT kind, COUNT(*) FROM (SELECT kind FROM promise WHERE state = 'open' ORDER BY due_at LIMIT $1) AS o GROUP BY kind`,
			[]any{ManyLeaves}, func(scan func(...any) error) error {
				var kind string
				var n int
				err := scan(&kind, &n)
				out.Open[kind] = n
				return err
			})
		if err != nil {
			return err
		}
		err = store.Each(tx, `SELECT channel, state, COUNT(*) FROM message WHERE over_at = 0 OR over_at > $1 GROUP BY channel, state`,
			[]any{now - clock.Day}, func(scan func(...any) error) error {
				var key [2]string
				var n int
				err := scan(&key[0], &key[1], &n)
				out.Messages[key] = n
				return err
			})
		if err != nil {
			return err
		}
		return tx.Row(`SELECT (SELECT COUNT(*) FROM promise WHERE state = 'open' AND due_at <= $2),
			(SELECT COUNT(*) FROM (SELECT 1 FROM log_queue LIMIT $1) AS q),
			COALESCE((SELECT queued_at FROM log_queue ORDER BY n LIMIT 1), 0),
			COALESCE((SELECT at FROM log_checkpoint ORDER BY log DESC, size DESC LIMIT 1), 0)`, ManyLeaves+1, now).Scan(&out.Due, &out.Leaves, &out.Queued, &out.Signed)
	})
	return out, errs.Wrap("community: count", err)
}
