package witness

import (
	"crypto/sha256"

	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/store"
)

// Kinds of leaves that rows of their own explain: entries of books, and batches of looks.
const (
	kindEntry = "entry"
	kindLook  = "look"
)

// Enqueue puts a leaf in the queue for the log, in the caller's transaction: what is undone is never logged, what is
// kept always is. Kind is "entry" or "look", whose rows hold their leaf; for others see [Record]. Errors are those of
// the store.
func Enqueue(tx *store.Tx, leaf Hash, kind string, at clock.Time) error {
	_, err := tx.Exec(`INSERT INTO log_queue (leaf, kind, queued_at) VALUES ($1, $2, $3)`, leaf[:], kind, int64(at))
	return errs.Wrap("witness: enqueue", err)
}

// EnqueueAll is [Enqueue] for many leaves of one kind, in their order.
func EnqueueAll(tx *store.Tx, leaves []Hash, kind string, at clock.Time) error {
	rows := make([][]any, len(leaves))
	for i := range leaves {
		rows[i] = []any{leaves[i][:], kind, int64(at)}
	}
	return errs.Wrap("witness: enqueue", store.Insert(tx, `INSERT INTO log_queue (leaf, kind, queued_at)`, rows))
}

// RecordRemoved queues, in the transaction that removes a community row, that this was done: else [Check] says that
// somebody else did.
func RecordRemoved(tx *store.Tx, kind string, id []byte, at clock.Time) error {
	return Record(tx, kind, id, nil, at)
}

// RemoveAll is [RecordRemoved] for every row that a query finds: it returns their ids and when each is removed. The caller
// removes them in the same transaction.
func RemoveAll(tx *store.Tx, kind, query string, args ...any) error {
	type removal struct {
		id []byte
		at clock.Time
	}
	var all []removal
	err := store.Each(tx, query, args, func(scan func(...any) error) error {
		var r removal
		err := scan(&r.id, &r.at)
		all = append(all, r)
		return err
	})
	for _, r := range all {
		if err == nil {
			err = RecordRemoved(tx, kind, r.id, r.at)
		}
	}
	return err
}

// Record queues the [RowLeaf] of a community row that was just written in tx, and which row that is: so it is known for
// every leaf of the log what it stands for, also when the row is gone. Kind holds no personal text. Errors are those of
// the store.
func Record(tx *store.Tx, kind string, id []byte, payload []byte, at clock.Time) error {
	leaf, sum := RowLeaf(kind, id, payload), sha256.Sum256(payload)
	_, err := tx.Exec(`INSERT INTO log_queue (leaf, kind, queued_at, id, sum) VALUES ($1, $2, $3, $4, $5)`, leaf[:], kind, int64(at), id, sum[:])
	return errs.Wrap("witness: record", err)
}
