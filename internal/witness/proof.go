package witness

import (
	"context"
	"crypto/sha256"
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
	tiles map[[2]int64]*[tileHeight + 1][]Hash // of each tile its hashes, and level by level those above them
}

// keptTiles bounds the memory of a [Tree]: 16 KiB each.
const keptTiles = 128

// NewTree reads the log of that number.
func NewTree(tx *store.Tx, log int64) *Tree {
	return &Tree{tx: tx, log: log, tiles: map[[2]int64]*[tileHeight + 1][]Hash{}}
}

// Tile returns the hashes of one tile, as wide as it is now. It returns an error of kind NotOpen when there is none.
func (t *Tree) Tile(level, n int64) ([]Hash, error) {
	read, err := t.read(level, n)
	if err != nil {
		return nil, err
	}
	return read[0], nil
}

// read reads a tile and makes the hashes above its own.
func (t *Tree) read(level, n int64) (*[tileHeight + 1][]Hash, error) {
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
	read := &[tileHeight + 1][]Hash{hashes}
	for up := 1; up <= tileHeight; up++ {
		below := read[up-1]
		for i := 0; i+1 < len(below); i += 2 {
			read[up] = append(read[up], node(below[i], below[i+1]))
		}
	}
	if len(t.tiles) >= keptTiles {
		clear(t.tiles)
	}
	t.tiles[at] = read
	return read, nil
}

// ReadHashes finds stored hashes by the numbers that package tlog gives them.
func (t *Tree) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		level, n := tlog.SplitStoredHashIndex(index)
		up := level % tileHeight
		row := int64(tileWidth >> up) // hashes of that level in a full tile
		read, err := t.read(int64(level/tileHeight), n/row)
		if err != nil {
			return nil, err
		}
		if n%row >= int64(len(read[up])) {
			return nil, errTile
		}
		out[i] = tlog.Hash(read[up][n%row])
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
	return NewFinder(tx).Find(leaf, at, exact)
}

// Finder finds leaves in one transaction; leaves that stand near each other cost little more than one.
type Finder struct {
	tx   *store.Tx
	logs []int64
	last Place  // the tile that was read last
	near []byte // its hashes
}

// NewFinder returns a Finder that has read nothing yet.
func NewFinder(tx *store.Tx) *Finder { return &Finder{tx: tx} }

// Find is what [Find] says.
func (f *Finder) Find(leaf Hash, at clock.Time, exact bool) (Place, bool, error) {
	if i := indexIn(f.near, leaf); i >= 0 {
		return Place{f.last.Log, f.last.N*tileWidth + int64(i)}, true, nil
	}
	if f.logs == nil {
		err := store.Each(f.tx, `SELECT number FROM log ORDER BY number`, nil, func(scan func(...any) error) error {
			var n int64
			err := scan(&n)
			f.logs = append(f.logs, n)
			return err
		})
		if err != nil {
			return Place{}, false, errs.Wrap("witness: find", err)
		}
	}
	for _, log := range f.logs {
		if p, ok, err := f.in(log, leaf, at, exact); ok || err != nil {
			return p, ok, errs.Wrap("witness: find", err)
		}
	}
	return Place{}, false, nil
}

// in looks through the tiles of one log in which the leaf could stand.
func (f *Finder) in(log int64, leaf Hash, at clock.Time, exact bool) (Place, bool, error) {
	for after := int64(-1); ; {
		var n int64
		var b []byte
		err := f.tx.Row(`SELECT n, hashes FROM log_tile WHERE log = $1 AND level = 0 AND so_far >= $2 AND n > $3 AND latest >= $2
			AND (earliest <= $2 OR $4 = 0) ORDER BY so_far, n LIMIT 1`, log, at, after, exact).Scan(&n, &b)
		if errors.Is(err, store.ErrNone) {
			return Place{}, false, nil
		}
		if err != nil {
			return Place{}, false, err
		}
		if i := indexIn(b, leaf); i >= 0 {
			f.last, f.near = Place{log, n}, b
			return Place{Log: log, N: n*tileWidth + int64(i)}, true, nil
		}
		after = n
	}
}

// Recorded is where a log holds what a community row said, and the random bytes in that leaf.
type Recorded struct {
	Place
	Once []byte
}

// FindRecord looks for the leaf by which the row of a kind and an id said a payload, the newest when it said so again. It reports
// false when that is in no log, as what is still queued. Errors are those of the store.
func FindRecord(tx *store.Tx, kind string, id, payload []byte) (r Recorded, ok bool, err error) {
	sum := sha256.Sum256(payload)
	err = tx.Row(`SELECT log, n, once FROM log_record WHERE kind = $1 AND id = $2 AND sum = $3 ORDER BY log DESC, n DESC LIMIT 1`, kind, id, sum[:]).Scan(&r.Log, &r.N, &r.Once)
	if errors.Is(err, store.ErrNone) {
		return Recorded{}, false, nil
	}
	return r, err == nil, errs.Wrap("witness: find record", err)
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
