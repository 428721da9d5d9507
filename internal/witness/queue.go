package witness

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"io"

	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/mutant"
	"beside/internal/store"
)

// Kinds of leaves that rows of their own explain: entries of books, and batches of looks.
const (
	kindEntry = "entry"
	kindLook  = "look"
)

// QueueKey is the purpose of the keyring's key (vault.Vault.Key) that a [Queue] seals with. It never changes.
const QueueKey = "log/queue/1"

// Queue is the way into the log. What it puts there carries a seal made with a key that is not in the database, so that
// whoever can write to the database alone gets nothing signed. It is safe for concurrent use.
type Queue struct {
	key  []byte
	rand io.Reader
}

// NewQueue returns the queue of an installation whose key for [QueueKey] this is; random nil means the system's.
func NewQueue(key []byte, random io.Reader) *Queue {
	if random == nil {
		random = rand.Reader
	}
	return &Queue{key, random}
}

// Enqueue puts a leaf in the queue for the log, in the caller's transaction: what is undone is never logged, what is
// kept always is. Kind is "entry" or "look", whose rows hold their leaf; for others see [Queue.Record]. Errors are those
// of the store.
func (q *Queue) Enqueue(tx *store.Tx, leaf Hash, kind string, at clock.Time) error {
	return q.EnqueueAll(tx, []Hash{leaf}, kind, at)
}

// EnqueueAll is [Queue.Enqueue] for many leaves of one kind, in their order.
func (q *Queue) EnqueueAll(tx *store.Tx, leaves []Hash, kind string, at clock.Time) error {
	rows := make([]leafRow, len(leaves))
	for i := range leaves {
		rows[i] = leafRow{leaf: leaves[i], kind: kind, at: at}
	}
	return errs.Wrap("witness: enqueue", q.put(tx, rows...))
}

// Record queues the [RowLeaf] of a community row that was just written in tx, and which row that is: so it is known for
// every leaf of the log what it stands for, also when the row is gone. Kind holds no personal text. Errors are those of
// the store.
func (q *Queue) Record(tx *store.Tx, kind string, id []byte, payload []byte, at clock.Time) error {
	sum := sha256.Sum256(payload)
	return errs.Wrap("witness: record", q.put(tx, leafRow{kind: kind, at: at, id: id, sum: sum[:]}))
}

// RecordRemoved queues, in the transaction that removes a community row, that this was done: else [Check] says that
// somebody else did.
func (q *Queue) RecordRemoved(tx *store.Tx, kind string, id []byte, at clock.Time) error {
	return q.Record(tx, kind, id, nil, at)
}

// RemoveAll is [Queue.RecordRemoved] for every row that a query finds: it returns their ids and when each is removed. The
// caller removes them in the same transaction.
func (q *Queue) RemoveAll(tx *store.Tx, kind, query string, args ...any) error {
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
			err = q.RecordRemoved(tx, kind, r.id, r.at)
		}
	}
	return err
}

// put seals leaves and queues them; those of community rows are made here.
func (q *Queue) put(tx *store.Tx, leaves ...leafRow) error {
	rows := make([][]any, len(leaves))
	for i := range leaves {
		r := &leaves[i]
		r.once = make([]byte, onceSize)
		if _, err := io.ReadFull(q.rand, r.once); err != nil {
			return err
		}
		if r.id != nil {
			r.leaf = rowLeaf(r.kind, r.id, r.sum, r.once)
		}
		rows[i] = []any{r.leaf[:], r.kind, r.at, r.id, r.sum, r.once, q.sealOf(*r)}
	}
	return store.Insert(tx, `INSERT INTO log_queue (leaf, kind, queued_at, id, sum, once, seal)`, rows)
}

// onceSize is how many random bytes make a queued leaf one that is taken once.
const onceSize = 16

// sealOf is the seal of a queued leaf.
func (q *Queue) sealOf(r leafRow) []byte {
	b := append(appendText(nil, "queued"), r.leaf[:]...)
	b = binary.BigEndian.AppendUint64(appendText(b, r.kind), uint64(r.at))
	b = appendText(appendText(appendText(b, r.id), r.sum), r.once)
	if r.id != nil {
		b = append(b, 1)
	}
	return q.sum(b)
}

// sealOfLog is the seal of what does not change in the row of a log.
func (q *Queue) sealOfLog(c current) []byte {
	b := binary.BigEndian.AppendUint64(appendText(nil, "log"), uint64(c.number))
	b = appendText(appendText(b, c.origin), c.previous)
	return q.sum(binary.BigEndian.AppendUint64(b, uint64(c.before)))
}

func (q *Queue) sum(b []byte) []byte {
	h := hmac.New(sha256.New, q.key)
	h.Write(b)
	return h.Sum(nil)
}

// sealed reports whether Beside queued a leaf: with its seal, or, in a Beside of version 0.2, at a time before what was taken
// from those ends.
func (q *Queue) sealed(r leafRow, at, before clock.Time) bool {
	if mutant.On("queue-unsealed") {
		return true
	}
	if r.seal == nil && r.once == nil && r.id == nil {
		return at < before
	}
	return hmac.Equal(r.seal, q.sealOf(r))
}
