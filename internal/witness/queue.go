package witness

import (
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/store"
)

// Enqueue puts a leaf in the queue for the log, in the caller's transaction: what is undone is never logged, what is
// kept always is. Kind names what the leaf is about and holds no personal text. Errors are those of the store.
func Enqueue(tx *store.Tx, leaf Hash, kind string, at clock.Time) error {
	_, err := tx.Exec(`INSERT INTO log_queue (leaf, kind, queued_at) VALUES ($1, $2, $3)`, leaf[:], kind, int64(at))
	return errs.Wrap("witness: enqueue", err)
}

// Record queues the [RowLeaf] of a community row that was just written in tx. Errors are those of the store.
func Record(tx *store.Tx, kind string, id []byte, payload []byte, at clock.Time) error {
	return Enqueue(tx, RowLeaf(kind, id, payload), kind, at)
}
