package witness

import (
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"beside/internal/clock"
	"beside/internal/store"
)

const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight
	maxLevels  = 64 / tileHeight
)

// node returns the hash over two subtrees, RFC 6962 section 2.1.
func node(left, right Hash) Hash { return Hash(tlog.NodeHash(tlog.Hash(left), tlog.Hash(right))) }

// peaks returns the heads of the whole subtrees in which a list of hashes stands, the largest first.
func peaks(hashes []Hash) []Hash {
	var out []Hash
	for size := tileWidth; size > 0; size /= 2 {
		if len(hashes)&size != 0 {
			out = append(out, whole(hashes[:size]))
			hashes = hashes[size:]
		}
	}
	return out
}

// whole returns the head of a tree over a power of two of hashes.
func whole(hashes []Hash) Hash {
	level := append(make([]Hash, 0, len(hashes)), hashes...)
	for len(level) > 1 {
		for i := range len(level) / 2 {
			level[i] = node(level[2*i], level[2*i+1])
		}
		level = level[:len(level)/2]
	}
	return level[0]
}

// tile is a row of log_tile.
type tile struct {
	level, n                int64
	earliest, latest, soFar clock.Time
	hashes                  []Hash
}

func (t *tile) bytes() []byte {
	b := make([]byte, 0, len(t.hashes)*len(Hash{}))
	for _, h := range t.hashes {
		b = append(b, h[:]...)
	}
	return b
}

// errTile says that a stored tile has not the width it should have.
var errTile = errors.New("a tile of the log is missing hashes")

// hashesOf cuts stored bytes into hashes.
func hashesOf(b []byte) ([]Hash, error) {
	if len(b)%len(Hash{}) != 0 || len(b) > tileWidth*len(Hash{}) {
		return nil, errTile
	}
	out := make([]Hash, len(b)/len(Hash{}))
	for i := range out {
		out[i] = Hash(b[i*len(Hash{}):])
	}
	return out, nil
}

// edge is the right edge of a tree: of each level the tile that is not full. It is all that appending needs.
type edge struct {
	size   int64
	levels [maxLevels]tile
	full   []tile // that became full since the edge was read
	dirty  [maxLevels]bool
}

// readEdge reads the right edge of a log of that size. It returns errTile, wrapped, where a tile is not as wide as it
// must be.
func readEdge(tx *store.Tx, log, size int64) (*edge, error) {
	e := &edge{size: size}
	for level := range e.levels {
		t := &e.levels[level]
		count := size >> (tileHeight * level) // hashes in the level
		t.level, t.n = int64(level), count/tileWidth
		if count == 0 {
			break
		}
		if err := e.readLevel(tx, log, t, count); err != nil {
			return nil, err
		}
	}
	return e, nil
}

func (e *edge) readLevel(tx *store.Tx, log int64, t *tile, count int64) error {
	if t.level == 0 && count%tileWidth == 0 { // the time so far stands in the tile before
		return tx.Row(`SELECT so_far FROM log_tile WHERE log = $1 AND level = 0 AND n = $2`, log, t.n-1).Scan(&t.soFar)
	}
	if count%tileWidth == 0 {
		return nil
	}
	var b []byte
	err := tx.Row(`SELECT earliest, latest, so_far, hashes FROM log_tile WHERE log = $1 AND level = $2 AND n = $3`, log, t.level, t.n).
		Scan(&t.earliest, &t.latest, &t.soFar, &b)
	if errors.Is(err, store.ErrNone) {
		err = errTile
	}
	if err == nil {
		t.hashes, err = hashesOf(b)
	}
	if err == nil && int64(len(t.hashes)) != count%tileWidth {
		err = errTile
	}
	if err != nil {
		return fmt.Errorf("tile %d of level %d of log %d: %w", t.n, t.level, log, err)
	}
	return nil
}

// append adds a leaf that was queued at a time.
func (e *edge) append(leaf Hash, at clock.Time) {
	t := &e.levels[0]
	if len(t.hashes) == 0 {
		t.earliest, t.latest = at, at
	}
	t.earliest, t.latest, t.soFar = min(t.earliest, at), max(t.latest, at), max(t.soFar, at)
	e.size++
	for level := 0; ; level++ {
		t := &e.levels[level]
		t.hashes, e.dirty[level] = append(t.hashes, leaf), true
		if len(t.hashes) < tileWidth {
			return
		}
		e.full = append(e.full, *t)
		leaf = whole(t.hashes)
		e.levels[level], e.dirty[level] = tile{level: t.level, n: t.n + 1, soFar: t.soFar}, false
		e.levels[level+1].level = int64(level + 1)
	}
}

// root returns the head of the whole tree, that of RFC 6962; of the empty tree the hash of nothing.
func (e *edge) root() Hash {
	var all []Hash
	for level := maxLevels - 1; level >= 0; level-- {
		all = append(all, peaks(e.levels[level].hashes)...)
	}
	if len(all) == 0 {
		h, _ := tlog.TreeHash(0, nil) // of nothing never fails
		return Hash(h)
	}
	head := all[len(all)-1]
	for i := len(all) - 2; i >= 0; i-- {
		head = node(all[i], head)
	}
	return head
}

// write stores what changed since the edge was read.
func (e *edge) write(tx *store.Tx, log int64) error {
	for i := range e.full {
		if err := e.full[i].write(tx, log); err != nil {
			return err
		}
	}
	for level := range e.levels {
		if !e.dirty[level] {
			continue
		}
		if err := e.levels[level].write(tx, log); err != nil {
			return err
		}
	}
	return nil
}

func (t *tile) write(tx *store.Tx, log int64) error {
	_, err := tx.Exec(`INSERT INTO log_tile (log, level, n, width, earliest, latest, so_far, hashes) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (log, level, n) DO UPDATE SET width = excluded.width, earliest = excluded.earliest, latest = excluded.latest,
		so_far = excluded.so_far, hashes = excluded.hashes WHERE log_tile.width < excluded.width`,
		log, t.level, t.n, len(t.hashes), t.earliest, t.latest, t.soFar, t.bytes())
	return err
}
