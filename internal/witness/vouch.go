package witness

import (
	"bytes"
	"crypto/sha256"
	"errors"

	"golang.org/x/mod/sumdb/tlog"

	"beside/internal/errs"
	"beside/internal/store"
)

// Vouch says of community rows whether Beside itself wrote them, by what no one can make who has the database alone: a
// proof up to a head signed with the installation's key, or the seal of the queue. Whoever is about to destroy something
// because a row says so asks first. It belongs to one transaction.
type Vouch struct {
	key   Key
	queue *Queue
	tx    *store.Tx
	heads map[int64]Head
	trees map[int64]*Tree
}

// NewVouch asks in a transaction; key is the public key of the log.
func NewVouch(tx *store.Tx, key Key, q *Queue) *Vouch {
	return &Vouch{key: key, queue: q, tx: tx, heads: map[int64]Head{}, trees: map[int64]*Tree{}}
}

// For reports whether Beside wrote the row of a kind with an id as that payload, and nothing else since. Errors are those
// of the store.
func (v *Vouch) For(kind string, id, payload []byte) (bool, error) {
	const op = "witness: vouch"
	sum := sha256.Sum256(payload)
	waits, err := v.waits(kind, id)
	if err != nil || waits != nil {
		return bytes.Equal(waits, sum[:]), errs.Wrap(op, err)
	}
	var at Place
	var last, once []byte
	err = v.tx.Row(`SELECT log, n, sum, once FROM log_record WHERE kind = $1 AND id = $2 ORDER BY log DESC, n DESC LIMIT 1`, kind, id).Scan(&at.Log, &at.N, &last, &once)
	if errors.Is(err, store.ErrNone) {
		return false, nil
	}
	if err != nil || !bytes.Equal(last, sum[:]) {
		return false, errs.Wrap(op, err)
	}
	in, err := v.signed(at, rowLeaf(kind, id, last, once))
	return in, errs.Wrap(op, err)
}

// waits returns what the queue says of a row last, nil when nothing is queued of it.
func (v *Vouch) waits(kind string, id []byte) (sum []byte, err error) {
	err = store.Each(v.tx, `SELECT `+queueColumns+` FROM log_queue WHERE kind = $1 AND id = $2 ORDER BY n`, []any{kind, id}, func(scan func(...any) error) error {
		var r leafRow
		err := scan(r.fields()...)
		if v.queue.sealed(r, r.at, 0) {
			sum = r.sum
		}
		return err
	})
	return sum, err
}

// signed reports whether a leaf stands at a place under a head with the installation's signature.
func (v *Vouch) signed(at Place, leaf Hash) (bool, error) {
	head, err := v.head(at.Log)
	if errs.Is(err, errs.NotOpen) || err == nil && at.N >= head.Size {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if v.trees[at.Log] == nil {
		v.trees[at.Log] = NewTree(v.tx, at.Log)
	}
	proof, err := tlog.ProveRecord(head.Size, at.N, v.trees[at.Log])
	if errs.Is(err, errs.NotOpen) || errors.Is(err, errTile) {
		return false, nil // tiles are gone
	}
	if err != nil {
		return false, err
	}
	return tlog.CheckRecord(proof, head.Size, tlog.Hash(head.Root), at.N, tlog.Hash(leaf)) == nil, nil
}

// head returns the newest head of a log whose signature is right, or an error of kind NotOpen.
func (v *Vouch) head(log int64) (Head, error) {
	if h, ok := v.heads[log]; ok {
		return h, nil
	}
	h, err := HeadOf(v.tx, log)
	if err != nil {
		return h, err
	}
	if h.Checkpoint, err = v.key.Open(h.Note); err != nil {
		return h, errs.New("witness: vouch", errs.NotOpen, "")
	}
	v.heads[log] = h
	return h, nil
}
