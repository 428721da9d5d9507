package witness

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/store"
)

// Head is a signed head with where it stands.
type Head struct {
	Log  int64 // number of the log
	At   clock.Time
	Note string // as it was signed
	Checkpoint
}

// Latest returns the newest signed head of the log that runs now, or an error of kind NotOpen before the first.
func (l *Log) Latest(ctx context.Context) (h Head, err error) {
	err = l.db.View(ctx, func(tx *store.Tx) error {
		h, err = LatestIn(tx)
		return err
	})
	return h, errs.Wrap("witness: latest", err)
}

// LatestIn is [Log.Latest] in a transaction.
func LatestIn(tx *store.Tx) (Head, error) {
	var number int64
	err := tx.Row(`SELECT number FROM log WHERE size > 0 ORDER BY number DESC LIMIT 1`).Scan(&number)
	if err != nil {
		return Head{}, notThere(err)
	}
	return HeadOf(tx, number)
}

// HeadOf returns the newest signed head of one log, or an error of kind NotOpen.
func HeadOf(tx *store.Tx, number int64) (h Head, err error) {
	h.Log = number
	err = tx.Row(`SELECT at, note FROM log_checkpoint WHERE log = $1 ORDER BY size DESC LIMIT 1`, number).Scan(&h.At, &h.Note)
	if err == nil {
		h.Checkpoint, err = Peek(h.Note)
	}
	return h, notThere(err)
}

func notThere(err error) error {
	if errors.Is(err, store.ErrNone) {
		return errs.New("witness: find", errs.NotOpen, "")
	}
	return err
}

// Tree reads the hashes of one log in a transaction, and proves what stands in it. It belongs to one goroutine.
type Tree struct {
	tx    *store.Tx
	log   int64
	tiles map[[2]int64][]Hash
}

// keptTiles bounds the memory of a [Tree]: 8 KiB each.
const keptTiles = 128

// NewTree reads the log of that number.
func NewTree(tx *store.Tx, log int64) *Tree {
	return &Tree{tx: tx, log: log, tiles: map[[2]int64][]Hash{}}
}

// Tile returns the hashes of one tile, as wide as it is now. It returns an error of kind NotOpen when there is none.
func (t *Tree) Tile(level, n int64) ([]Hash, error) {
	at := [2]int64{level, n}
	if kept, ok := t.tiles[at]; ok {
		return kept, nil
	}
	var b []byte
	if err := t.tx.Row(`SELECT hashes FROM log_tile WHERE log = $1 AND level = $2 AND n = $3`, t.log, level, n).Scan(&b); err != nil {
		return nil, notThere(err)
	}
	hashes, err := hashesOf(b)
	if err != nil {
		return nil, err
	}
	if len(t.tiles) >= keptTiles {
		clear(t.tiles)
	}
	t.tiles[at] = hashes
	return hashes, nil
}

// ReadHashes finds stored hashes by the numbers that package tlog gives them.
func (t *Tree) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		level, n := tlog.SplitStoredHashIndex(index)
		wide := int64(1) << (level % tileHeight) // hashes of the tile that it stands for
		first := n * wide
		hashes, err := t.Tile(int64(level/tileHeight), first/tileWidth)
		if err != nil {
			return nil, err
		}
		first %= tileWidth
		if int64(len(hashes)) < first+wide {
			return nil, errTile
		}
		out[i] = tlog.Hash(whole(hashes[first : first+wide]))
	}
	return out, nil
}

// Inclusion proves that the n-th leaf, counted from 0, is in the tree of the first size leaves.
func (t *Tree) Inclusion(size, n int64) ([]Hash, error) {
	if n < 0 || n >= size {
		return nil, fmt.Errorf("%w: leaf %d of %d", ErrProof, n, size)
	}
	p, err := tlog.ProveRecord(size, n, t)
	return hashList(p), errs.Wrap("witness: inclusion", err)
}

// Consistency proves that the tree of the first older leaves is the beginning of that of the first newer.
func (t *Tree) Consistency(newer, older int64) ([]Hash, error) {
	if older < 1 || older >= newer {
		return nil, nil // nothing to prove, or nothing that could be
	}
	p, err := tlog.ProveTree(newer, older, t)
	return hashList(p), errs.Wrap("witness: consistency", err)
}

// Root returns the head of the tree of the first size leaves.
func (t *Tree) Root(size int64) (Hash, error) {
	h, err := tlog.TreeHash(size, t)
	return Hash(h), errs.Wrap("witness: root", err)
}

func hashList[T ~[]tlog.Hash](p T) []Hash {
	out := make([]Hash, len(p))
	for i, h := range p {
		out[i] = Hash(h)
	}
	return out
}

// Place is where a leaf stands.
type Place struct{ Log, N int64 }

// Find looks for a leaf that was queued at a time, or not before it when exact is false. It reports false when it is in
// no log, as one that is still queued. What it reads grows with how far the clock was ever set back, and for a leaf that
// is nowhere with the length of the logs.
func Find(tx *store.Tx, leaf Hash, at clock.Time, exact bool) (p Place, ok bool, err error) {
	var logs []int64
	err = store.Each(tx, `SELECT number FROM log ORDER BY number`, nil, func(scan func(...any) error) error {
		var n int64
		err := scan(&n)
		logs = append(logs, n)
		return err
	})
	for _, log := range logs {
		for after := int64(-1); err == nil; {
			var n int64
			var b []byte
			err = tx.Row(`SELECT n, hashes FROM log_tile WHERE log = $1 AND level = 0 AND so_far >= $2 AND n > $3 AND latest >= $2
				AND (earliest <= $2 OR $4 = 0) ORDER BY so_far, n LIMIT 1`, log, at, after, exact).Scan(&n, &b)
			if errors.Is(err, store.ErrNone) {
				err = nil
				break
			}
			if i := indexIn(b, leaf); err == nil && i >= 0 {
				return Place{Log: log, N: n*tileWidth + int64(i)}, true, nil
			}
			after = n
		}
	}
	return Place{}, false, errs.Wrap("witness: find", err)
}

// indexIn returns which of the hashes in b leaf is, or -1.
func indexIn(b []byte, leaf Hash) int {
	for i := 0; i+len(leaf) <= len(b); i += len(leaf) {
		if Hash(b[i:]) == leaf {
			return i / len(leaf)
		}
	}
	return -1
}
