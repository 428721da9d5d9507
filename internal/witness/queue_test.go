package witness

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"os"
	"slices"
	"testing"

	"beside/internal/clock"
	"beside/internal/store"
	"beside/internal/testkit/pgtest"
)

func openKernel(t *testing.T, where string) *store.DB {
	t.Helper()
	db, err := store.Open(context.Background(), where, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Migrate(t.Context(), os.DirFS("../store/schema")); err != nil {
		t.Fatal(err)
	}
	return db
}

type queued struct {
	leaf Hash
	kind string
	at   clock.Time
}

func readQueue(t *testing.T, db *store.DB) (out []queued) {
	t.Helper()
	err := db.View(t.Context(), func(tx *store.Tx) error {
		out = nil
		return store.Each(tx, `SELECT leaf, kind, queued_at FROM log_queue ORDER BY n`, nil, func(scan func(...any) error) error {
			var q queued
			err := scan(&q.leaf, &q.kind, &q.at)
			out = append(out, q)
			return err
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestLeavesQueueInOrderWithTheirTransaction(t *testing.T) {
	pgtest.Both(t, func(t *testing.T, where string) {
		db := openKernel(t, where)
		entry := Leaf(NewHeader("write"), Hash{1}, Hash{2})
		once := bytes.Repeat([]byte{5}, onceSize)
		q := NewQueue(seed, bytes.NewReader(slices.Repeat(once, 3)))
		undone := errors.New("undone")
		if err := db.Update(t.Context(), func(tx *store.Tx) error {
			return errors.Join(q.Enqueue(tx, Hash{7}, "entry", 1), undone)
		}); !errors.Is(err, undone) {
			t.Fatal(err)
		}
		if err := db.Update(t.Context(), func(tx *store.Tx) error {
			if err := q.Enqueue(tx, entry, "entry", 5*clock.Second); err != nil {
				return err
			}
			return q.Record(tx, "rota", []byte{9}, []byte("payload"), 6*clock.Second)
		}); err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256([]byte("payload"))
		want := []queued{{entry, "entry", 5 * clock.Second}, {rowLeaf("rota", []byte{9}, sum[:], once), "rota", 6 * clock.Second}}
		if got := readQueue(t, db); !slices.Equal(got, want) {
			t.Errorf("queue holds %v, want %v", got, want)
		}
	})
}
