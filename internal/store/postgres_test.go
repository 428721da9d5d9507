package store_test

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"beside/internal/errs"
	"beside/internal/store"
	"beside/internal/store/storetest"
	"beside/internal/testkit/pgtest"
)

func openPostgres(t *testing.T, settings string) *store.DB {
	t.Helper()
	db := open(t, pgtest.URL(t)+settings)
	if err := db.Migrate(t.Context(), storetest.Schema()); err != nil {
		t.Fatal(err)
	}
	return db
}

func step(tx *store.Tx, id int) error {
	_, err := tx.Exec("UPDATE counter SET n = n + 1 WHERE id = $1", id)
	return err
}

// TestDeadlockIsRunAnew lets two updates lock two rows in opposite order: PostgreSQL ends one of them, and the store
// runs it again.
func TestDeadlockIsRunAnew(t *testing.T) {
	db := openPostgres(t, "&deadlock_timeout=50ms")
	for id := range 2 {
		if err := db.Update(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Exec("INSERT INTO counter (id, n) VALUES ($1, 0)", id)
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	var runs atomic.Int32
	var first, group sync.WaitGroup
	first.Add(2)
	for me := range 2 {
		met := sync.OnceFunc(func() { first.Done(); first.Wait() })
		group.Go(func() {
			err := db.Update(context.Background(), func(tx *store.Tx) error {
				runs.Add(1)
				if err := step(tx, me); err != nil {
					return err
				}
				met()
				return step(tx, 1-me)
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	var sum int
	if err := db.View(t.Context(), func(tx *store.Tx) error {
		return tx.Row("SELECT CAST(SUM(n) AS BIGINT) FROM counter").Scan(&sum)
	}); err != nil || sum != 4 {
		t.Errorf("the sum is %d, want 4 (%v)", sum, err)
	}
	if runs.Load() < 3 {
		t.Errorf("the two updates ran %d times: there was no deadlock to test", runs.Load())
	}
}

func TestLockThatStaysIsBusy(t *testing.T) {
	db := openPostgres(t, "&lock_timeout=50ms")
	if err := db.Update(t.Context(), func(tx *store.Tx) error {
		_, err := tx.Exec("INSERT INTO counter (id, n) VALUES (1, 0)")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	err := db.Update(t.Context(), func(tx *store.Tx) error {
		if err := step(tx, 1); err != nil {
			return err
		}
		if err := db.Update(context.Background(), func(tx *store.Tx) error { return step(tx, 1) }); !errs.Is(err, errs.Busy) {
			t.Errorf("waiting for a lock that stays: %v, want busy", err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// TestSchemaChangeUnderARunningNode changes a column that a prepared statement returns: the statement is prepared anew.
func TestSchemaChangeUnderARunningNode(t *testing.T) {
	db := openPostgres(t, "")
	read := func(tx *store.Tx) error {
		return store.Each(tx, "SELECT * FROM counter", nil, func(func(...any) error) error { return nil })
	}
	if err := db.Update(t.Context(), read); err != nil {
		t.Fatal(err)
	}
	if err := db.Update(t.Context(), func(tx *store.Tx) error {
		_, err := tx.Exec("ALTER TABLE counter ADD COLUMN more BIGINT")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	for range 20 { // whichever connection prepared it
		if err := db.Update(t.Context(), read); err != nil {
			t.Fatal(err)
		}
	}
}

func TestServerThatCannotBeReached(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if _, err := store.Open(ctx, "postgres:///x?host="+t.TempDir(), store.Options{}); !errs.Is(err, errs.Busy) {
		t.Errorf("no server: %v, want busy", err)
	}
	_, err := store.Open(ctx, "postgres://me:topsecret@[host/x", store.Options{})
	if !errs.Is(err, errs.Invalid) || strings.Contains(err.Error(), "topsecret") {
		t.Errorf("a URL that cannot be read: %v", err)
	}
}
