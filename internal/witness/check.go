package witness

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/mutant"
	"beside/internal/store"
)

// Problem is something stored that is not what was written, or is missing.
type Problem struct {
	Table string
	Row   string // which row, by its ids; never a word of anybody's
	What  string // what is wrong with it, in plain words
}

// String is the problem in one line.
func (p Problem) String() string {
	if p.Row == "" {
		return p.Table + ": " + p.What
	}
	return p.Table + ", " + p.Row + ": " + p.What
}

// Kept is a head that somebody outside kept.
type Kept struct {
	Checkpoint
	From string // where it was kept, to be named
}

// Viewer gives snapshots of a database, as [store.DB.View] does.
type Viewer interface {
	View(ctx context.Context, fn func(*store.Tx) error) error
}

// CheckConfig says what a [Check] compares with.
type CheckConfig struct {
	DB       Viewer
	Key      *Key   // the installation's key; nil when it is not known, then no signature is checked
	Queue    *Queue // knows what Beside queued; nil when there are no keys, then all that is queued is taken for its own
	Kept     []Kept // heads that somebody outside kept
	Report   func(Problem)
	Progress func(what string, done int64) // told now and then; may be nil
}

// Check compares a whole installation with its log:
//
//	c := witness.NewCheck(config)
//	err := c.Logs(ctx)          // tiles, signed heads, kept heads, and what each leaf stands for
//	c.Explain(tx, leaf, …)      // for each row that holds a leaf: by package keeper
//	err = c.Rows(ctx, tables…)  // rows that the log holds as they were last
//	err = c.Rest(ctx)           // leaves for which there is no row
//
// What it remembers is two bits for each leaf, three numbers for each 256 leaves, the leaves of what was erased, and what
// is queued, whatever the size of the rest. It is for one goroutine.
type Check struct {
	CheckConfig
	logs   []*checkedLog
	queued map[Hash]bool
	before clock.Time // until when leaves without a seal are taken
	found  int64
	tiles  map[Place][]byte
	erased map[Hash]Problem // leaves of rows whose time is gone, see Erased
	// waiting are the community rows of which a record was queued when Logs looked, by kind and id, until Rows has seen them.
	waiting map[string]map[string]bool
}

// checkedLog is what is remembered of one log.
type checkedLog struct {
	number    int64
	size      int64
	origin    string
	previous  string
	ended     clock.Time
	times     []tileTimes
	explained []uint64 // a bit a leaf
	rows      []uint64 // a bit a leaf that stands for a community row as it is now
}

type tileTimes struct{ earliest, latest, soFar clock.Time }

func (g *checkedLog) explain(n int64) (again bool) {
	if n < 0 || n >= g.size {
		return false
	}
	word, bit := &g.explained[n/64], uint64(1)<<(n%64)
	again = *word&bit != 0
	*word |= bit
	return again
}

// whole reports whether all leaves of a tile are explained.
func (g *checkedLog) whole(first int64) bool {
	for n := first; n < min(first+tileWidth, g.size); n++ {
		if g.explained[n/64]&(1<<(n%64)) == 0 {
			return false
		}
	}
	return true
}

func (g *checkedLog) mark(n int64) { g.rows[n/64] |= 1 << (n % 64) }

func (g *checkedLog) marked(n int64) bool { return g.rows[n/64]&(1<<(n%64)) != 0 }

// NewCheck returns a check that has compared nothing yet.
func NewCheck(c CheckConfig) *Check {
	if c.Progress == nil {
		c.Progress = func(string, int64) {}
	}
	return &Check{CheckConfig: c, queued: map[Hash]bool{}, tiles: map[Place][]byte{}, erased: map[Hash]Problem{}, waiting: map[string]map[string]bool{}}
}

func (c *Check) report(table, row, format string, args ...any) {
	c.found++
	c.Report(Problem{Table: table, Row: row, What: fmt.Sprintf(format, args...)})
}

// Add reports a problem that another package found.
func (c *Check) Add(p Problem) { c.found++; c.Report(p) }

// Found is how many problems were reported.
func (c *Check) Found() int64 { return c.found }

// Logs checks the logs themselves. Errors are those of the store; what is wrong is reported.
func (c *Check) Logs(ctx context.Context) error {
	const op = "witness: check logs"
	err := c.DB.View(ctx, func(tx *store.Tx) error {
		c.logs = nil
		if err := c.readLogs(tx); err != nil {
			return err
		}
		if err := c.beyond(tx); err != nil {
			return err
		}
		return c.readQueue(tx)
	})
	if err != nil {
		return errs.Wrap(op, err)
	}
	for i, g := range c.logs {
		if err := c.follows(ctx, i, g); err != nil {
			return errs.Wrap(op, err)
		}
		if err := c.walk(ctx, g); err != nil {
			return errs.Wrap(op, err)
		}
	}
	c.keptElsewhere()
	return nil
}

// readQueue remembers what is on its way into the log.
func (c *Check) readQueue(tx *store.Tx) error {
	err := store.Each(tx, `SELECT `+queueColumns+` FROM log_queue`, nil, func(scan func(...any) error) error {
		var r leafRow
		if err := scan(r.fields()...); err != nil {
			return err
		}
		if !c.genuine(r) {
			c.report("log_queue", fmt.Sprintf("row %d", r.n), "Beside did not put it there")
			return nil
		}
		c.queued[r.leaf] = true
		if r.id != nil {
			if c.waiting[r.kind] == nil {
				c.waiting[r.kind] = map[string]bool{}
			}
			c.waiting[r.kind][string(r.id)] = true
		}
		return nil
	})
	if err != nil {
		return err
	}
	return store.Each(tx, `SELECT n FROM log_refused ORDER BY n`, nil, func(scan func(...any) error) error {
		var n int64
		err := scan(&n)
		c.report("log_refused", fmt.Sprintf("row %d", n), "somebody put it into the queue of the log who is not Beside; the log does not hold it")
		return err
	})
}

// genuine reports whether Beside queued a leaf.
func (c *Check) genuine(r leafRow) bool {
	return c.Queue == nil || c.Queue.sealed(r, r.at, c.before)
}

// waits returns the newest of some rows of the queue that Beside put there, or [store.ErrNone].
func (c *Check) waits(tx *store.Tx, where string, args ...any) (newest leafRow, err error) {
	found := false
	err = store.Each(tx, `SELECT `+queueColumns+` FROM log_queue WHERE `+where+` ORDER BY n DESC`, args, func(scan func(...any) error) error {
		var r leafRow
		err := scan(r.fields()...)
		if err == nil && !found && c.genuine(r) {
			newest, found = r, true
		}
		return err
	})
	if err == nil && !found {
		err = store.ErrNone
	}
	return newest, err
}

func (c *Check) readLogs(tx *store.Tx) error {
	c.before = 1 << 62 // no log was begun: a Beside of version 0.2 may have queued all
	return store.Each(tx, `SELECT number, size, origin, previous, ended_at, before_until, seal FROM log ORDER BY number`, nil, func(scan func(...any) error) error {
		g := &checkedLog{}
		var seal []byte
		err := scan(&g.number, &g.size, &g.origin, &g.previous, &g.ended, &c.before, &seal)
		if err == nil && c.Queue != nil && !hmac.Equal(seal, c.Queue.sealOfLog(current{number: g.number, origin: g.origin, previous: g.previous, before: c.before})) {
			c.report("log", g.name(), "Beside did not begin it, or its row was changed")
		}
		if want := int64(len(c.logs) + 1); err == nil && g.number != want {
			c.report("log", fmt.Sprintf("log %d", want), "it is missing")
		}
		g.size = max(g.size, 0)
		g.explained, g.rows = make([]uint64, g.size/64+1), make([]uint64, g.size/64+1)
		c.logs = append(c.logs, g)
		return err
	})
}

// beyond reports what is stored of places that the logs do not have.
func (c *Check) beyond(tx *store.Tx) error {
	for table, last := range map[string]string{"log_checkpoint": "x.size", "log_record": "x.n + 1", "log_tile": "x.n * (CASE x.level WHEN 0 THEN 256 ELSE 65536 END) + 1"} {
		err := store.Each(tx, `SELECT x.log, `+last+` FROM `+table+` AS x WHERE NOT EXISTS (SELECT 1 FROM log AS l WHERE l.number = x.log AND l.size >= `+last+`)`,
			nil, func(scan func(...any) error) error {
				var log, n int64
				err := scan(&log, &n)
				c.report(table, fmt.Sprintf("log %d, %d leaves", log, n), "the log does not go so far")
				return err
			})
		if err != nil {
			return err
		}
	}
	return nil
}

// follows checks that a log names the last head of the one before.
func (c *Check) follows(ctx context.Context, i int, g *checkedLog) error {
	if i == 0 {
		if g.previous != "" {
			c.report("log", g.name(), "it is the first, and names a log before it")
		}
		return nil
	}
	var last string
	before := c.logs[i-1]
	err := c.DB.View(ctx, func(tx *store.Tx) error {
		return tx.Row(`SELECT note FROM log_checkpoint WHERE log = $1 AND size = $2`, before.number, before.size).Scan(&last)
	})
	if err != nil && !errors.Is(err, store.ErrNone) {
		return err
	}
	if last != g.previous {
		c.report("log", g.name(), "it does not name the last signed head of log %d", before.number)
	}
	return nil
}

func (g *checkedLog) name() string { return fmt.Sprintf("log %d", g.number) }

// walk reads a log from its first leaf to its last and compares all that is stored about it.
func (c *Check) walk(ctx context.Context, g *checkedLog) error {
	w := &walker{c: c, log: g}
	if err := w.heads(ctx); err != nil {
		return err
	}
	const page = 64 // tiles
	for first := int64(0); first*tileWidth < g.size; first += page {
		if err := c.DB.View(ctx, func(tx *store.Tx) error { return w.page(tx, first, first+page) }); err != nil {
			return err
		}
		c.Progress("leaves of the log", min(w.size, g.size))
	}
	return w.end(ctx)
}

// walker goes through the tiles of a log. The stacks hold the heads of whole subtrees to the left.
type walker struct {
	c    *Check
	log  *checkedLog
	size int64 // leaves seen
	// above[k] are the hashes of the tile of level k+1 that is being filled.
	above [maxLevels - 1][]Hash
	done  [maxLevels - 1]int64 // tiles of that level that are full
	signs []claim              // heads to compare with, by size
	soFar clock.Time
	prior Hash // the leaf before
}

// claim is a head of this log as somebody says it is.
type claim struct {
	size  int64
	root  Hash
	where string // table or place, and row
}

// heads collects all that is said about heads of this log: what was signed, and what was kept outside.
func (w *walker) heads(ctx context.Context) error {
	g := w.log
	last := int64(-1)
	err := w.c.DB.View(ctx, func(tx *store.Tx) error {
		return store.Each(tx, `SELECT size, note FROM log_checkpoint WHERE log = $1 AND size <= $2 ORDER BY size`, []any{g.number, g.size}, func(scan func(...any) error) error {
			var size int64
			var note string
			if err := scan(&size, &note); err != nil {
				return err
			}
			last = size
			w.signed(size, note)
			return nil
		})
	})
	if err == nil && last != g.size && g.size > 0 {
		w.c.report("log_checkpoint", fmt.Sprintf("log %d, %d leaves", g.number, g.size), "the newest signed head is missing: signed heads were removed, or leaves were added without being signed")
	}
	for _, k := range w.c.Kept {
		if k.Origin != g.origin {
			continue
		}
		if k.Size > g.size {
			w.c.report("log", g.name(), "%s kept a head of %d leaves, and only %d are stored: the data is older than what was shown outside, or its end was cut off", k.From, k.Size, g.size)
			continue
		}
		w.signs = append(w.signs, claim{k.Size, k.Root, "the head that " + k.From + " kept"})
	}
	slices.SortStableFunc(w.signs, func(a, b claim) int { return int(a.size - b.size) })
	return err
}

func (w *walker) signed(size int64, note string) {
	row := fmt.Sprintf("log %d, %d leaves", w.log.number, size)
	p, err := Peek(note)
	if err == nil && w.c.Key != nil {
		p, err = w.c.Key.Open(note)
	}
	if err != nil || p.Origin != w.log.origin || p.Size != size {
		w.c.report("log_checkpoint", row, "it is not a head of this log signed with the key of the installation")
		return
	}
	w.signs = append(w.signs, claim{size, p.Root, "the signed head of log_checkpoint"})
}

// page goes through the tiles from..to-1 of level 0 and what belongs to them.
func (w *walker) page(tx *store.Tx, from, to int64) error {
	var tiles []tile
	err := store.Each(tx, `SELECT n, earliest, latest, so_far, hashes FROM log_tile WHERE log = $1 AND level = 0 AND n >= $2 AND n < $3 ORDER BY n`,
		[]any{w.log.number, from, to}, func(scan func(...any) error) error {
			var t tile
			var b []byte
			err := scan(&t.n, &t.earliest, &t.latest, &t.soFar, &b)
			if err == nil {
				t.hashes, err = hashesOf(b)
			}
			if errors.Is(err, errTile) {
				err = nil // told below
			}
			tiles = append(tiles, t)
			return err
		})
	if err != nil {
		return err
	}
	for n := from; n < to && n*tileWidth < w.log.size; n++ {
		width := int(min(tileWidth, w.log.size-n*tileWidth))
		if len(tiles) == 0 || tiles[0].n != n || len(tiles[0].hashes) < width {
			w.c.report("log_tile", fmt.Sprintf("log %d, level 0, tile %d", w.log.number, n), "leaves are missing")
			w.signs, w.size = nil, w.log.size // nothing behind it can be compared
			return nil
		}
		t := tiles[0]
		tiles = tiles[1:]
		t.hashes = t.hashes[:width]
		if err := w.tile(tx, t); err != nil {
			return err
		}
	}
	return nil
}

// tile takes the next tile of leaves.
func (w *walker) tile(tx *store.Tx, t tile) error {
	w.soFar = max(w.soFar, t.latest)
	if t.soFar < w.soFar || t.earliest > t.latest {
		w.c.report("log_tile", fmt.Sprintf("log %d, level 0, tile %d", w.log.number, t.n), "its times are not in order")
	}
	w.log.times = append(w.log.times, tileTimes{t.earliest, t.latest, t.soFar})
	w.compare(t.hashes)
	if err := w.records(tx, t); err != nil {
		return err
	}
	w.size += int64(len(t.hashes))
	w.prior = t.hashes[len(t.hashes)-1]
	if len(t.hashes) == tileWidth {
		return w.up(tx, 0, whole(t.hashes))
	}
	return nil
}

// up puts the head of a full tile into the tile above, and compares that with what is stored once it is full.
func (w *walker) up(tx *store.Tx, level int, head Hash) error {
	w.above[level] = append(w.above[level], head)
	if len(w.above[level]) < tileWidth {
		return nil
	}
	full := w.above[level]
	if err := w.stored(tx, level, full); err != nil {
		return err
	}
	w.above[level], w.done[level] = nil, w.done[level]+1
	return w.up(tx, level+1, whole(full))
}

// stored compares the tile of a level above with what it should be.
func (w *walker) stored(tx *store.Tx, level int, want []Hash) error {
	if len(want) == 0 {
		return nil
	}
	var b []byte
	err := tx.Row(`SELECT hashes FROM log_tile WHERE log = $1 AND level = $2 AND n = $3`, w.log.number, level+1, w.done[level]).Scan(&b)
	if err != nil && !errors.Is(err, store.ErrNone) {
		return err
	}
	if t := (&tile{hashes: want}).bytes(); !bytes.HasPrefix(b, t) {
		w.c.report("log_tile", fmt.Sprintf("log %d, level %d, tile %d", w.log.number, level+1, w.done[level]), "it is not made from the leaves below it")
	}
	return nil
}

// compare compares what is claimed of heads that end within the next leaves.
func (w *walker) compare(next []Hash) {
	for len(w.signs) > 0 && w.signs[0].size <= w.size+int64(len(next)) {
		s := w.signs[0]
		w.signs = w.signs[1:]
		if s.size > 0 && w.head(next[:s.size-w.size]) != s.root {
			w.c.report("log", fmt.Sprintf("log %d, %d leaves", w.log.number, s.size), "its leaves are not those of %s", s.where)
		}
	}
}

// head is the head of the tree of all leaves so far and some more.
func (w *walker) head(more []Hash) Hash {
	all := peaks(more)
	if len(more) == tileWidth {
		all = []Hash{whole(more)}
	}
	for _, above := range w.above {
		all = append(peaks(above), all...)
	}
	head := all[len(all)-1]
	for i := len(all) - 2; i >= 0; i-- {
		head = node(all[i], head)
	}
	return head
}

// records checks what is said of the leaves of a tile that stand for community rows.
func (w *walker) records(tx *store.Tx, t tile) error {
	first := t.n * tileWidth
	if first == 0 && t.hashes[0] != StartLeaf(w.log.origin, w.log.previous) {
		w.c.report("log", w.log.name(), "its first leaf does not name it and the log before it")
	}
	return store.Each(tx, `SELECT n, kind, id, sum, once FROM log_record WHERE log = $1 AND n >= $2 AND n < $3 ORDER BY n`,
		[]any{w.log.number, first, first + int64(len(t.hashes))}, func(scan func(...any) error) error {
			var n int64
			var kind string
			var id, sum, once []byte
			if err := scan(&n, &kind, &id, &sum, &once); err != nil {
				return err
			}
			w.record(t, n, kind, id, rowLeaf(kind, id, sum, once))
			return nil
		})
}

func (w *walker) record(t tile, n int64, kind string, id []byte, leaf Hash) {
	at := n - t.n*tileWidth // between 0 and the width: records asks for no others
	if leaf != t.hashes[at] {
		w.c.report("log_record", fmt.Sprintf("log %d, leaf %d", w.log.number, n), "it was changed, or its leaf was")
		return
	}
	w.log.explain(n)
	if kind != kindBefore {
		return
	}
	before := w.prior
	if at > 0 {
		before = t.hashes[at-1]
	}
	if !bytes.Equal(before[:], id) {
		w.c.report("log_record", fmt.Sprintf("log %d, leaf %d", w.log.number, n), "it speaks of a leaf that is not the one before it")
		return
	}
	w.log.explain(n - 1)
}

// end compares the tiles above that are not full, and the newest head.
func (w *walker) end(ctx context.Context) error {
	if w.size < w.log.size {
		return nil
	}
	return w.c.DB.View(ctx, func(tx *store.Tx) error {
		for level := range w.above {
			if err := w.stored(tx, level, w.above[level]); err != nil {
				return err
			}
		}
		return nil
	})
}

// keptElsewhere reports kept heads of logs that are not stored at all.
func (c *Check) keptElsewhere() {
	for _, k := range c.Kept {
		if !slices.ContainsFunc(c.logs, func(g *checkedLog) bool { return g.origin == k.Origin }) {
			c.report("log", k.Origin, "%s kept a head of this log, and the log is not stored", k.From)
		}
	}
}

// Explain says that a row stands behind a leaf that was queued at a time, or not before it when exact is false. A leaf
// that is in no log and not in the queue is reported about the row, and so is one that two rows claim.
func (c *Check) Explain(tx *store.Tx, leaf Hash, at clock.Time, exact bool, row Problem) error {
	for i := len(c.logs) - 1; i >= 0; i-- {
		g := c.logs[i]
		n, ok, err := c.place(tx, g, leaf, at, exact)
		if err != nil {
			return err
		}
		if ok && g.explain(n) {
			row.What = fmt.Sprintf("leaf %d of log %d stands for another row too", n, g.number)
			c.Add(row)
		}
		if ok {
			return nil
		}
	}
	if c.queued[leaf] {
		return nil
	}
	return c.later(tx, leaf, at, exact, row)
}

// Erased is [Check.Explain] for a row of which nothing is left, not even when it was written. It is looked for by Rest; until
// then it is remembered.
func (c *Check) Erased(leaf Hash, row Problem) {
	if _, again := c.erased[leaf]; again {
		row.What = "another row that was erased claims the same leaf"
		c.Add(row)
	}
	c.erased[leaf] = row
}

// place finds a leaf within what Logs went through.
func (c *Check) place(tx *store.Tx, g *checkedLog, leaf Hash, at clock.Time, exact bool) (n int64, ok bool, err error) {
	first, _ := slices.BinarySearchFunc(g.times, at, func(t tileTimes, at clock.Time) int {
		if t.soFar < at {
			return -1
		}
		return 1
	})
	for i := first; i < len(g.times); i++ {
		if g.times[i].latest < at || exact && g.times[i].earliest > at {
			continue
		}
		b, err := c.leaves(tx, Place{g.number, int64(i)})
		if err != nil {
			return 0, false, err
		}
		if in := indexIn(b, leaf); in >= 0 {
			return int64(i)*tileWidth + int64(in), true, nil
		}
	}
	return 0, false, nil
}

// checkTiles bounds the memory for tiles: 8 KiB each.
const checkTiles = 2048

func (c *Check) leaves(tx *store.Tx, p Place) (b []byte, err error) {
	if b, ok := c.tiles[p]; ok {
		return b, nil
	}
	err = tx.Row(`SELECT hashes FROM log_tile WHERE log = $1 AND level = 0 AND n = $2`, p.Log, p.N).Scan(&b)
	if errors.Is(err, store.ErrNone) {
		return nil, nil
	}
	if len(b) == tileWidth*len(Hash{}) { // a full one stays as it is
		if len(c.tiles) >= checkTiles {
			clear(c.tiles)
		}
		c.tiles[p] = b
	}
	return b, err
}

// later asks for a leaf that came after Logs, before it is reported.
func (c *Check) later(tx *store.Tx, leaf Hash, at clock.Time, exact bool, row Problem) error {
	_, ok, err := Find(tx, leaf, at, exact)
	if err != nil || ok {
		return err
	}
	_, err = c.waits(tx, `leaf = $1`, leaf)
	if errors.Is(err, store.ErrNone) {
		row.What = "what it says now is not in the log: it was changed, or added without being written by Beside"
		c.Add(row)
		return nil
	}
	return err
}

// Row is a row of a community table as it is now.
type Row struct {
	Kind     string
	ID       []byte
	Payloads [][]byte // what the log may hold of it: as this version writes it, and as earlier ones did
	Name     string   // for a report
	After    []byte   // where the next page of rows begins
}

// Table is a community table whose rows the log holds as they were last.
type Table struct {
	Name string
	Kind string // of its leaves
	// Page returns some rows in a fixed order, from behind the row with that After, nil for the first page; none at the end.
	Page func(tx *store.Tx, after []byte) ([]Row, error)
}

// Rows compares community tables with what the log says of each row last.
func (c *Check) Rows(ctx context.Context, tables ...Table) error {
	for _, t := range tables {
		done, after := int64(0), []byte(nil)
		for more := true; more; {
			err := c.DB.View(ctx, func(tx *store.Tx) error {
				rows, err := t.Page(tx, after)
				more = len(rows) > 0
				for _, r := range rows {
					if err == nil {
						err = c.row(tx, t, r)
					}
					after = r.After
				}
				done += int64(len(rows))
				return err
			})
			if err != nil {
				return errs.Wrap("witness: check "+t.Name, err)
			}
			c.Progress("rows of "+t.Name, done)
		}
		if err := c.gone(ctx, t); err != nil {
			return errs.Wrap("witness: check "+t.Name, err)
		}
	}
	return nil
}

// at returns the log of a place, nil where that place was not there when the logs were read.
func (c *Check) at(p Place) *checkedLog {
	for _, g := range c.logs {
		if g.number == p.Log && p.N >= 0 && p.N < g.size {
			return g
		}
	}
	return nil
}

// row compares one row with what was recorded of it last.
func (c *Check) row(tx *store.Tx, t Table, r Row) error {
	delete(c.waiting[r.Kind], string(r.ID))
	last, err := c.lastRecord(tx, r.Kind, r.ID)
	if errors.Is(err, store.ErrNone) {
		return c.oldRow(tx, t, r)
	}
	if err != nil {
		return err
	}
	if g := c.at(last.at); g != nil {
		g.mark(last.at.N)
	}
	if !slices.ContainsFunc(r.Payloads, func(p []byte) bool { s := sha256.Sum256(p); return bytes.Equal(s[:], last.sum) }) {
		c.report(t.Name, r.Name, "it is not as it was written last: it was changed")
	}
	return nil
}

// record is what is known of a community row.
type record struct {
	sum []byte // of the row as it was written last, see [removed]
	at  Place  // of its newest leaf in a log, zero when there is none
}

// lastRecord returns what was recorded last of a row, in the queue or in a log, or [store.ErrNone].
func (c *Check) lastRecord(tx *store.Tx, kind string, id []byte) (r record, err error) {
	logged := tx.Row(`SELECT log, n, sum FROM log_record WHERE kind = $1 AND id = $2 ORDER BY log DESC, n DESC LIMIT 1`, kind, id).Scan(&r.at.Log, &r.at.N, &r.sum)
	if logged != nil && !errors.Is(logged, store.ErrNone) {
		return r, logged
	}
	waiting, err := c.waits(tx, `kind = $1 AND id = $2`, kind, id)
	if errors.Is(err, store.ErrNone) {
		return r, logged
	}
	r.sum = waiting.sum
	return r, err
}

// oldRow looks for a row that version 0.2 wrote, of which only the leaf is known.
func (c *Check) oldRow(tx *store.Tx, t Table, r Row) error {
	for _, p := range r.Payloads {
		leaf := RowLeaf(r.Kind, r.ID, p)
		var there int
		err := tx.Row(`SELECT 1 FROM log_record WHERE kind = $1 AND id = $2`, kindBefore, leaf).Scan(&there)
		if errors.Is(err, store.ErrNone) {
			_, err = c.waits(tx, `leaf = $1`, leaf)
		}
		if !errors.Is(err, store.ErrNone) {
			return err
		}
	}
	c.report(t.Name, r.Name, "the log does not know it: it was changed, or added without being written by Beside")
	return nil
}

// gone reports rows that the log or its queue knows and the table does not have.
func (c *Check) gone(ctx context.Context, t Table) error {
	after := []byte{0}
	for more := true; more; {
		err := c.DB.View(ctx, func(tx *store.Tx) error {
			missing, last, err := c.unseen(tx, t.Kind, after)
			more, after = last != nil, last
			return errors.Join(err, c.missing(tx, t, missing))
		})
		if err != nil {
			return err
		}
	}
	return c.DB.View(ctx, func(tx *store.Tx) error {
		var left [][]byte
		for id := range c.waiting[t.Kind] {
			left = append(left, []byte(id))
		}
		slices.SortFunc(left, bytes.Compare)
		return c.missing(tx, t, left)
	})
}

// unseen returns ids behind after that the log knows, and that no row seen by Rows has; and the last id it looked at, nil at
// the end.
func (c *Check) unseen(tx *store.Tx, kind string, after []byte) (ids [][]byte, last []byte, err error) {
	err = store.Each(tx, `SELECT r.id, r.log, r.n FROM log_record AS r WHERE r.kind = $1 AND r.id > $2 AND NOT EXISTS (
		SELECT 1 FROM log_record AS l WHERE l.kind = r.kind AND l.id = r.id AND (l.log > r.log OR l.log = r.log AND l.n > r.n))
		ORDER BY r.id LIMIT 1000`, []any{kind, after}, func(scan func(...any) error) error {
		var id []byte
		var p Place
		if err := scan(&id, &p.Log, &p.N); err != nil {
			return err
		}
		last = id
		if g := c.at(p); g != nil && !g.marked(p.N) {
			delete(c.waiting[kind], string(id)) // it is told here
			ids = append(ids, id)
		}
		return nil
	})
	return ids, last, err
}

// missing reports those of some rows that are not there, and that Beside did not remove.
func (c *Check) missing(tx *store.Tx, t Table, ids [][]byte) error {
	for _, id := range ids {
		switch last, err := c.lastRecord(tx, t.Kind, id); {
		case err != nil && !errors.Is(err, store.ErrNone):
			return err
		case err == nil && !removed(last.sum):
			c.report(t.Name, hex.EncodeToString(id), "it is missing: it was removed")
		}
	}
	return nil
}

// removed reports whether a record says that its row was removed by Beside, see [RecordRemoved].
func removed(sum []byte) bool {
	none := sha256.Sum256(nil)
	return bytes.Equal(sum, none[:])
}

// Rest reports the leaves that no row explained, since rows were removed; and rows that were erased and stand for no leaf.
func (c *Check) Rest(ctx context.Context) error {
	if mutant.On("verify-rest") {
		return nil
	}
	for _, g := range c.logs {
		for first := int64(0); first < g.size; first += tileWidth {
			if g.whole(first) {
				continue
			}
			if err := c.DB.View(ctx, func(tx *store.Tx) error { return c.restOf(tx, g, first) }); err != nil {
				return errs.Wrap("witness: check rest", err)
			}
		}
	}
	for leaf, row := range c.erased {
		if err := c.DB.View(ctx, func(tx *store.Tx) error {
			if c.queued[leaf] {
				return nil
			}
			return c.later(tx, leaf, 0, false, row)
		}); err != nil {
			return errs.Wrap("witness: check rest", err)
		}
	}
	return nil
}

// restOf looks for the unexplained leaves of one tile among what was erased.
func (c *Check) restOf(tx *store.Tx, g *checkedLog, first int64) error {
	var hashes []byte
	for n := first; n < min(first+tileWidth, g.size); n++ {
		if g.explained[n/64]&(1<<(n%64)) != 0 {
			continue
		}
		if hashes == nil {
			var err error
			if hashes, err = c.leaves(tx, Place{g.number, first / tileWidth}); err != nil {
				return err
			}
		}
		if at := (n - first) * int64(len(Hash{})); at+int64(len(Hash{})) <= int64(len(hashes)) {
			if _, ok := c.erased[Hash(hashes[at:])]; ok {
				delete(c.erased, Hash(hashes[at:]))
				continue
			}
		}
		when := "at an unknown time"
		if i := n / tileWidth; i < int64(len(g.times)) {
			when = fmt.Sprintf("between %s and %s", g.times[i].earliest.Std().Format("2006-01-02 15:04:05"), g.times[i].latest.Std().Format("2006-01-02 15:04:05"))
		}
		c.report("log", fmt.Sprintf("log %d, leaf %d", g.number, n), "no row stands for it any more: an entry of a book, looks, or a record, written %s (UTC), was changed or removed", when)
	}
	return nil
}
