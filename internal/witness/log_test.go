package witness

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"beside/internal/clock"
	"beside/internal/store"
	"beside/internal/testkit/pgtest"
)

var seed = bytes.Repeat([]byte{7}, 32)

var testQueue = NewQueue(seed, nil)

func newLog(t testing.TB, db *store.DB, c clock.Clock) *Log {
	t.Helper()
	l, err := New(Config{DB: db, Seed: seed, Queue: testQueue, Clock: c})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// leafN is the n-th leaf that a test queues.
func leafN(n int) Hash { return RowLeaf("test", fmt.Appendf(nil, "%d", n), nil) }

// enqueue queues leaves as entries, count of them from n on.
func enqueue(t testing.TB, db *store.DB, n, count int, at clock.Time) {
	t.Helper()
	err := db.Update(context.Background(), func(tx *store.Tx) error {
		for i := range count {
			if err := testQueue.Enqueue(tx, leafN(n+i), kindEntry, at); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func sequence(t testing.TB, l *Log) int {
	t.Helper()
	n, err := l.Sequence(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func latest(t testing.TB, l *Log) Head {
	t.Helper()
	h, err := l.Latest(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// plain is a log as the simplest program would keep it: package tlog's own storage, in memory.
type plain struct{ stored []tlog.Hash }

func (p *plain) ReadHashes(at []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(at))
	for i, n := range at {
		out[i] = p.stored[n]
	}
	return out, nil
}

func (p *plain) add(t testing.TB, n int64, leaf Hash) {
	t.Helper()
	more, err := tlog.StoredHashesForRecordHash(n, tlog.Hash(leaf), p)
	if err != nil {
		t.Fatal(err)
	}
	p.stored = append(p.stored, more...)
}

// Batches of any size, over the borders of tiles, make the tree that the simplest program makes; every leaf is proved, and
// every earlier head is the beginning of every later one.
func TestTheLogIsTheTreeOfRFC6962(t *testing.T) {
	pgtest.Both(t, func(t *testing.T, where string) {
		db := openKernel(t, where)
		c := clock.NewManual(clock.Day)
		l := newLog(t, db, c)
		rng := rand.New(rand.NewPCG(1, 2))
		var want plain
		var heads []Head
		leaves, n := []Hash{}, 0
		for _, count := range []int{1, 1, 253, 1, 1, 600, 2, 255, 1, 200} {
			c.Step(clock.Time(rng.Int64N(int64(clock.Minute))) - 20*clock.Second)
			enqueue(t, db, n, count, c.Now())
			if got := sequence(t, l); got != count {
				t.Fatalf("took %d of %d", got, count)
			}
			h := latest(t, l)
			if n == 0 {
				leaves = append(leaves, StartLeaf(h.Origin, ""))
			}
			for i := range count {
				leaves = append(leaves, leafN(n+i))
			}
			n += count
			heads = append(heads, h)
		}
		sizes := map[int64]Hash{}
		for i, leaf := range leaves {
			want.add(t, int64(i), leaf)
			root, err := tlog.TreeHash(int64(i+1), &want)
			if err != nil {
				t.Fatal(err)
			}
			sizes[int64(i+1)] = Hash(root)
		}
		for _, h := range heads {
			if h.Root != sizes[h.Size] {
				t.Fatalf("the head of %d leaves is not that of the tree", h.Size)
			}
			if got, err := l.Key().Open(h.Note); err != nil || got != h.Checkpoint {
				t.Fatalf("the head of %d leaves: %v", h.Size, err)
			}
		}
		proofsHold(t, db, heads, leaves, rng)
	})
}

func proofsHold(t *testing.T, db *store.DB, heads []Head, leaves []Hash, rng *rand.Rand) {
	t.Helper()
	err := db.View(t.Context(), func(tx *store.Tx) error {
		tree := NewTree(tx, 1)
		for range 300 {
			h := heads[rng.IntN(len(heads))]
			n := rng.Int64N(h.Size)
			proof, err := tree.Inclusion(h.Size, n)
			if err != nil {
				return err
			}
			if err := CheckInclusion(proof, h.Checkpoint, n, leaves[n]); err != nil {
				return err
			}
			if CheckInclusion(proof, h.Checkpoint, n, Hash{1}) == nil {
				return errors.New("a leaf that is not there was proved")
			}
		}
		for i, older := range heads {
			for _, newer := range heads[i:] {
				proof, err := tree.Consistency(newer.Size, older.Size)
				if err != nil {
					return err
				}
				if err := CheckConsistency(proof, older.Checkpoint, newer.Checkpoint); err != nil {
					return err
				}
				other := older.Checkpoint
				other.Root[3] ^= 1
				if CheckConsistency(proof, other, newer.Checkpoint) == nil {
					return errors.New("another beginning was proved")
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// With several who append at once, while others write, every leaf is in the log once, in order of neither but complete,
// and nothing is left in the queue.
func TestOneAppendsAtATime(t *testing.T) {
	pgtest.Both(t, func(t *testing.T, where string) {
		db := openKernel(t, where)
		c := clock.NewManual(clock.Day)
		logs := []*Log{newLog(t, db, c), newLog(t, db, c), newLog(t, db, c)}
		const writers, each = 4, 40
		var writing, appending sync.WaitGroup
		stop := make(chan struct{})
		for w := range writers {
			writing.Go(func() {
				for i := range each {
					enqueue(t, db, w*each+i, 1, c.Now())
				}
			})
		}
		for _, l := range logs {
			appending.Go(func() {
				for {
					if _, err := l.Sequence(context.Background()); err != nil {
						t.Error(err)
						return
					}
					select {
					case <-stop:
						return
					default:
					}
				}
			})
		}
		writing.Wait()
		close(stop)
		appending.Wait()
		sequence(t, logs[0])
		if left := readQueue(t, db); len(left) > 0 {
			t.Errorf("%d leaves are still queued", len(left))
		}
		h := latest(t, logs[1])
		if h.Size != writers*each+1 {
			t.Errorf("%d leaves in the log, want %d", h.Size, writers*each+1)
		}
		seen := map[Hash]bool{}
		for n := range writers * each {
			p, ok, err := find(t, db, leafN(n), c.Now(), true)
			if err != nil || !ok || p.N == 0 {
				t.Fatalf("leaf %d: %v %v %v", n, p, ok, err)
			}
			seen[Hash{byte(p.N), byte(p.N >> 8)}] = true
		}
		if len(seen) != writers*each {
			t.Errorf("%d places for %d leaves", len(seen), writers*each)
		}
	})
}

func find(t testing.TB, db *store.DB, leaf Hash, at clock.Time, exact bool) (p Place, ok bool, err error) {
	t.Helper()
	err = db.View(t.Context(), func(tx *store.Tx) error {
		p, ok, err = Find(tx, leaf, at, exact)
		return err
	})
	return p, ok, err
}

// A leaf is found by when it was queued, however the clock went.
func TestALeafIsFoundByItsTime(t *testing.T) {
	db := openKernel(t, t.TempDir())
	rapid.Check(t, func(rt *rapid.T) {
		err := db.Update(t.Context(), func(tx *store.Tx) error {
			for _, table := range []string{"log", "log_tile", "log_checkpoint", "log_record"} {
				if _, err := tx.Exec(`DELETE FROM ` + table); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			rt.Fatal(err)
		}
		c := clock.NewManual(clock.Day)
		l := newLog(t, db, c)
		n, times := 0, []clock.Time{}
		for range rapid.IntRange(1, 6).Draw(rt, "batches") {
			c.Step(clock.Time(rapid.IntRange(-5, 20).Draw(rt, "step")))
			count := rapid.SampledFrom([]int{1, 3, 100, 255, 256, 300}).Draw(rt, "count")
			enqueue(t, db, n, count, c.Now())
			for range count {
				times = append(times, c.Now())
			}
			n += count
			sequence(t, l)
		}
		for range 20 {
			i := rapid.IntRange(0, n-1).Draw(rt, "leaf")
			early := clock.Time(rapid.IntRange(0, 3).Draw(rt, "early"))
			if p, ok, err := find(t, db, leafN(i), times[i]-early, early == 0); err != nil || !ok || p != (Place{1, int64(i + 1)}) {
				rt.Fatalf("leaf %d: %v %v %v", i, p, ok, err)
			}
		}
		if _, ok, err := find(t, db, Hash{9}, times[0], false); ok || err != nil {
			rt.Fatalf("a leaf that never was: %v %v", ok, err)
		}
	})
}

// Whatever is changed in what the log was signed with, nothing more is signed.
func TestAChangedLogIsNotSigned(t *testing.T) {
	pgtest.Both(t, func(t *testing.T, where string) {
		db := openKernel(t, where)
		c := clock.NewManual(clock.Day)
		running := newLog(t, db, c)
		enqueue(t, db, 0, 300, c.Now())
		sequence(t, running)
		older := latest(t, running)
		enqueue(t, db, 300, 5, c.Now())
		sequence(t, running)
		enqueue(t, db, 305, 5, c.Now()) // waits
		fresh := func() *Log { return newLog(t, db, c) }
		same := func() *Log { return running }
		for name, how := range map[string]struct {
			change string
			by     func() *Log
		}{
			"a leaf is changed":           {`UPDATE log_tile SET hashes = (SELECT hashes FROM log_tile AS o WHERE o.level = 1) WHERE level = 0 AND n = 1`, fresh},
			"the edge is gone":            {`DELETE FROM log_tile WHERE level = 1`, fresh},
			"the signed head is gone":     {`DELETE FROM log_checkpoint WHERE size > 301`, fresh},
			"the head is another's":       {`UPDATE log_checkpoint SET note = 'beside.log/x' WHERE size > 301`, fresh},
			"the log is cut, seen by one": {fmt.Sprintf(`UPDATE log SET size = %d`, older.Size), same},
		} {
			undone := errors.New("undone")
			err := db.Update(t.Context(), func(tx *store.Tx) error {
				if _, err := tx.Exec(how.change); err != nil {
					return err
				}
				_, _, _, err := how.by().take(tx, "beside.log/other")
				if !errors.Is(err, ErrForked) {
					t.Errorf("%s: %v, want ErrForked", name, err)
				}
				return undone
			})
			if !errors.Is(err, undone) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if sequence(t, running) != 5 {
			t.Error("with nothing changed it does not go on")
		}
	})
}

// After a restart the first leaf names the last head of the log before; what was queued goes into the new log.
func TestARestartNamesTheOldHead(t *testing.T) {
	pgtest.Both(t, func(t *testing.T, where string) {
		db := openKernel(t, where)
		c := clock.NewManual(clock.Day)
		l := newLog(t, db, c)
		restart := func() {
			if err := db.Update(t.Context(), func(tx *store.Tx) error { return testQueue.Restart(tx, c.Now()) }); err != nil {
				t.Fatal(err)
			}
		}
		restart() // of nothing
		enqueue(t, db, 0, 3, c.Now())
		sequence(t, l)
		old := latest(t, l)
		enqueue(t, db, 3, 2, c.Now())
		restart()
		restart() // twice is once
		if got := latest(t, l); got != old {
			t.Errorf("before anything is signed: %v", got)
		}
		sequence(t, newLog(t, db, c))
		now := latest(t, l)
		if now.Log != 2 || now.Size != 3 || now.Origin == old.Origin || !strings.HasPrefix(now.Origin, "beside.log/") {
			t.Fatalf("the new head is %+v", now)
		}
		for leaf, want := range map[Hash]Place{StartLeaf(now.Origin, old.Note): {2, 0}, leafN(1): {1, 2}, leafN(4): {2, 2}} {
			if p, ok, err := find(t, db, leaf, c.Now(), true); err != nil || !ok || p != want {
				t.Errorf("%v, %v, %v, want %v", p, ok, err, want)
			}
		}
		c.Step(clock.Hour)
		if n := sequence(t, l); n != 0 || latest(t, l) != now {
			t.Errorf("signed anew with nothing new")
		}
	})
}

// A log that begins after a restore shows its own first head before anything is written: a witness that saw more leaves
// of the old one is told of a new log, and not of one that shrank.
func TestARestartedLogIsShownAtOnce(t *testing.T) {
	pgtest.Both(t, func(t *testing.T, where string) {
		db, c := openKernel(t, where), clock.NewManual(clock.Day)
		l := newLog(t, db, c)
		if err := l.Begin(t.Context()); err != nil || len(logsOf(t, l)) != 0 {
			t.Fatalf("a place in which nothing happened has a log: %v", err)
		}
		enqueue(t, db, 0, 3, c.Now())
		sequence(t, l)
		c.Step(clock.Hour)
		f := newFollower(t, l, c)
		seen(t, f)
		if err := db.Update(t.Context(), func(tx *store.Tx) error { return testQueue.Restart(tx, c.Now()) }); err != nil {
			t.Fatal(err)
		}
		back := newLog(t, db, c)
		for range 2 { // twice is once
			if err := back.Begin(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if now := latest(t, back); now.Log != 2 || now.Size != 1 {
			t.Fatalf("the head shown is %+v", now)
		}
		refused(t, &Follower{Folder: f.Folder, Source: &shown{back}, Cosigner: f.Cosigner}, ErrRestarted)
		enqueue(t, db, 3, 2, c.Now())
		sequence(t, back)
		if now := latest(t, back); now.Log != 2 || now.Size != 3 {
			t.Fatalf("it goes on as %+v", now)
		}
	})
}

func logsOf(t *testing.T, l *Log) []LogInfo {
	t.Helper()
	logs, err := l.Logs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return logs
}

// A leaf that version 0.2 queued beside is followed by one that says so.
func TestALeafOfTheVersionBeforeIsMarked(t *testing.T) {
	pgtest.Both(t, func(t *testing.T, where string) {
		db := openKernel(t, where)
		c := clock.NewManual(clock.Day)
		err := db.Update(t.Context(), func(tx *store.Tx) error {
			if err := testQueue.Record(tx, "rota", []byte{1}, []byte("x"), c.Now()); err != nil {
				return err
			}
			return testQueue.Enqueue(tx, RowLeaf("rota", []byte{2}, []byte("x")), "rota", c.Now())
		})
		if err != nil {
			t.Fatal(err)
		}
		l := newLog(t, db, c)
		sequence(t, l)
		var got []string
		err = db.View(t.Context(), func(tx *store.Tx) error {
			return store.Each(tx, `SELECT n, kind FROM log_record ORDER BY n`, nil, func(scan func(...any) error) error {
				var n int
				var kind string
				err := scan(&n, &kind)
				got = append(got, fmt.Sprint(n, " ", kind))
				return err
			})
		})
		if want := "0 log, 1 rota, 3 before records"; err != nil || strings.Join(got, ", ") != want || latest(t, l).Size != 4 {
			t.Errorf("%v, %v, want %s", got, err, want)
		}
	})
}

func TestCheckpointsAreThinned(t *testing.T) {
	pgtest.Both(t, func(t *testing.T, where string) {
		db := openKernel(t, where)
		c := clock.NewManual(10 * clock.Day)
		l := newLog(t, db, c)
		for n := range 8 { // one every twenty minutes
			enqueue(t, db, n, 1, c.Now())
			sequence(t, l)
			c.Step(20 * clock.Minute)
		}
		if err := db.Update(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Exec(`INSERT INTO log_checked (log, size, witness, at, line) VALUES (1, 3, 'w', $1, ''), (1, 8, 'w', $2, ''), (1, 2, 'v', $1, '')`, c.Now(), c.Now()+clock.Minute)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		sizes := func() (got []int) {
			err := db.View(t.Context(), func(tx *store.Tx) error {
				got = nil
				return store.Each(tx, `SELECT size FROM log_checkpoint ORDER BY size`, nil, func(scan func(...any) error) error {
					var n int
					err := scan(&n)
					got = append(got, n)
					return err
				})
			})
			if err == nil {
				err = l.Sweep(t.Context())
			}
			if err != nil {
				t.Fatal(err)
			}
			return got
		}
		sizes()
		if got := fmt.Sprint(sizes()); got != "[2 3 4 5 6 7 8 9]" {
			t.Errorf("within a day: %s", got)
		}
		c.Step(clock.Day)
		sizes()
		if got := fmt.Sprint(sizes()); got != "[2 3 4 7 8 9]" {
			t.Errorf("after a day: %s", got)
		}
		c.Step(keepChecked)
		sizes()
		if got := fmt.Sprint(sizes()); got != "[2 4 7 8 9]" { // who looked last, and until when, stays
			t.Errorf("after ninety days: %s", got)
		}
	})
}
