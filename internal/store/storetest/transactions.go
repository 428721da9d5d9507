package storetest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"beside/internal/errs"
	"beside/internal/store"
)

var errOwn = errors.New("the function's own error")

func put(tx *store.Tx, n int) error {
	_, err := tx.Exec("INSERT INTO counter (id, n) VALUES ($1, 1)", n)
	return err
}

func errorKeepsNothing(t *testing.T, db *store.DB) {
	migrated(t, db)
	err := db.Update(t.Context(), func(tx *store.Tx) error { return errors.Join(put(tx, 1), errOwn) })
	if !errors.Is(err, errOwn) {
		t.Errorf("update: %v, want the function's own error", err)
	}
	if n := count(t, db, "counter"); n != 0 {
		t.Error("an update with an error was kept")
	}
}

// caught runs fn and returns what it panicked with.
func caught(fn func()) (value any) {
	defer func() { value = recover() }()
	fn()
	return nil
}

func panicKeepsNothing(t *testing.T, db *store.DB) {
	migrated(t, db)
	got := caught(func() {
		_ = db.Update(context.Background(), func(tx *store.Tx) error {
			if err := put(tx, 1); err != nil {
				t.Error(err)
			}
			panic("stop")
		})
	})
	if got != "stop" {
		t.Errorf("the caller caught %v, want its own panic", got)
	}
	exec(t, db, "INSERT INTO counter (id, n) VALUES (2, 1)") // hangs when the panic kept the connection
	if n := count(t, db, "counter"); n != 1 {
		t.Errorf("%d rows, want 1", n)
	}
	got = caught(func() { _ = db.View(context.Background(), func(*store.Tx) error { panic("look") }) })
	if got != "look" {
		t.Errorf("the reader caught %v, want its own panic", got)
	}
}

func goexitKeepsNothing(t *testing.T, db *store.DB) {
	migrated(t, db)
	var group sync.WaitGroup
	group.Go(func() {
		_ = db.Update(context.Background(), func(tx *store.Tx) error {
			if err := put(tx, 1); err != nil {
				t.Error(err)
			}
			runtime.Goexit() // what t.FailNow does
			return nil
		})
	})
	group.Wait()
	exec(t, db, "INSERT INTO counter (id, n) VALUES (2, 1)")
	if n := count(t, db, "counter"); n != 1 {
		t.Errorf("%d rows, want 1", n)
	}
}

// blocked starts an update that holds until release is called, so that others queue up behind it on SQLite. It
// returns when the update is running.
func blocked(t *testing.T, db *store.DB) (release func()) {
	t.Helper()
	running, hold, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	var once sync.Once
	go func() {
		done <- db.Update(context.Background(), func(tx *store.Tx) error {
			once.Do(func() { close(running) })
			<-hold
			return put(tx, 1_000_000)
		})
	}()
	<-running
	return func() {
		t.Helper()
		close(hold)
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// failuresInTheMiddle queues up forty updates of which three in four fail, each in its own way.
func failuresInTheMiddle(t *testing.T, db *store.DB) {
	migrated(t, db)
	release := blocked(t, db)
	var group sync.WaitGroup
	for i := range 40 {
		group.Go(func() {
			var err error
			got := caught(func() {
				err = db.Update(context.Background(), func(tx *store.Tx) error {
					if err := put(tx, i); err != nil {
						return err
					}
					switch i % 4 {
					case 1:
						return errOwn
					case 2:
						return put(tx, i) // taken by itself
					case 3:
						panic(i)
					}
					return nil
				})
			})
			want := []bool{err == nil && got == nil, errors.Is(err, errOwn), errors.Is(err, store.ErrTaken), got == i}
			if !want[i%4] {
				t.Errorf("update %d: error %v, panic %v", i, err, got)
			}
		})
	}
	time.Sleep(20 * time.Millisecond) // lets them queue; the test holds without
	release()
	group.Wait()
	kept := one[int64](t, db, "SELECT COUNT(*) FROM counter WHERE id < 40")
	wrong := one[int64](t, db, "SELECT COUNT(*) FROM counter WHERE id < 40 AND id % 4 <> 0")
	if kept != 10 || wrong != 0 {
		t.Errorf("%d updates were kept, %d of them wrongly; want the 10 that succeeded", kept, wrong)
	}
}

func leftBefore(t *testing.T, db *store.DB) {
	migrated(t, db)
	release := blocked(t, db)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var ran atomic.Bool
	fn := func(*store.Tx) error { ran.Store(true); return nil }
	for name, err := range map[string]error{"update": db.Update(ctx, fn), "view": db.View(ctx, fn)} {
		if !errors.Is(err, context.Canceled) || !errs.Is(err, errs.Busy) {
			t.Errorf("%s of a caller who left: %v", name, err)
		}
	}
	release()
	if ran.Load() {
		t.Error("the function of a caller who had left was run")
	}
}

// leftWhileRunning cancels the contexts of some updates while they run or wait together with others: whoever was told
// nil is kept, whoever was told an error is not, and the others do not notice.
func leftWhileRunning(t *testing.T, db *store.DB) {
	migrated(t, db)
	ctx, cancel := context.WithCancel(t.Context())
	err := db.Update(ctx, func(tx *store.Tx) error { cancel(); return put(tx, 99) })
	if err != nil {
		t.Errorf("an update whose caller left while it ran: %v", err)
	}
	release := blocked(t, db)
	var told [30]error
	var group sync.WaitGroup
	for i := range told {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		group.Go(func() {
			told[i] = db.Update(ctx, func(tx *store.Tx) error {
				if i%3 == 0 {
					cancel()
				}
				return put(tx, i)
			})
		})
		if i%3 == 1 {
			group.Go(cancel)
		}
	}
	time.Sleep(20 * time.Millisecond)
	release()
	group.Wait()
	for i, err := range told {
		kept := one[int64](t, db, "SELECT COUNT(*) FROM counter WHERE id = $1", i) == 1
		if kept != (err == nil) || (err != nil && i%3 != 1) {
			t.Errorf("update %d: told %v, kept %v", i, err, kept)
		}
	}
}

func manyWriters(t *testing.T, db *store.DB) {
	migrated(t, db)
	const writers, rounds, counters = 64, 10, 4
	for i := range counters {
		exec(t, db, "INSERT INTO counter (id, n) VALUES ($1, 0)", i)
	}
	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() {
			for r := range rounds {
				err := db.Update(context.Background(), func(tx *store.Tx) error {
					_, err := tx.Exec("UPDATE counter SET n = n + 1 WHERE id = $1", (w+r)%counters)
					return err
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if n := one[int64](t, db, "SELECT CAST(SUM(n) AS BIGINT) FROM counter"); n != writers*rounds {
		t.Errorf("%d of %d steps were kept", n, writers*rounds)
	}
}

func snapshot(t *testing.T, db *store.DB) {
	migrated(t, db)
	exec(t, db, "INSERT INTO counter (id, n) VALUES (1, 1)")
	err := db.View(t.Context(), func(tx *store.Tx) error {
		for range 3 {
			var n int64
			if err := tx.Row("SELECT CAST(SUM(n) AS BIGINT) FROM counter").Scan(&n); err != nil || n != 1 {
				return fmt.Errorf("the view sees %d, want 1 throughout: %w", n, err)
			}
			exec(t, db, "UPDATE counter SET n = n + 1")
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if n := one[int64](t, db, "SELECT n FROM counter"); n != 4 {
		t.Errorf("the next view sees %d, want 4", n)
	}
}

func viewCannotWrite(t *testing.T, db *store.DB) {
	migrated(t, db)
	exec(t, db, "INSERT INTO counter (id, n) VALUES (1, 1)")
	for _, query := range []string{
		"INSERT INTO counter (id, n) VALUES (2, 1)", "UPDATE counter SET n = 2", "DELETE FROM counter",
		"CREATE TABLE made (n BIGINT)", "DROP TABLE counter", "PRAGMA query_only = 0", "SET transaction_read_only = off",
	} {
		for range 5 { // every reader
			if err := db.View(t.Context(), func(tx *store.Tx) error { return failing(tx, query) }); err == nil {
				t.Errorf("a view ran %q", query)
			}
		}
	}
	if n := one[int64](t, db, "SELECT CAST(SUM(n) AS BIGINT) FROM counter"); n != 1 {
		t.Error("a view wrote")
	}
}

func readYourWrites(t *testing.T, db *store.DB) {
	migrated(t, db)
	for i := range 20 {
		update(t, db, func(tx *store.Tx) error { return put(tx, i) })
		if n := count(t, db, "counter"); n != int64(i+1) {
			t.Fatalf("after %d updates a view sees %d", i+1, n)
		}
	}
}

func closing(t *testing.T, db *store.DB) {
	migrated(t, db)
	release := blocked(t, db)
	closed := make(chan error, 1)
	go func() { closed <- db.Close() }()
	time.Sleep(10 * time.Millisecond)
	release()
	if err := <-closed; err != nil {
		t.Errorf("close: %v", err)
	}
	for name, err := range map[string]error{
		"update": db.Update(t.Context(), func(*store.Tx) error { return nil }),
		"view":   db.View(t.Context(), func(*store.Tx) error { return nil }),
		"ping":   db.Ping(t.Context()),
	} {
		if !errs.Is(err, errs.Busy) {
			t.Errorf("%s on a closed database: %v", name, err)
		}
	}
}

func glance(t *testing.T, db *store.DB) {
	migrated(t, db)
	update(t, db, func(tx *store.Tx) error {
		_, err := tx.Exec("INSERT INTO counter (id, n) VALUES (1, 41)")
		return err
	})
	var n int64
	read := func(tx *store.Tx) error { return tx.Row("SELECT n + 1 FROM counter WHERE id = $1", 1).Scan(&n) }
	if err := db.Glance(t.Context(), read); err != nil || n != 42 {
		t.Errorf("a glance read %d, %v", n, err)
	}
	with := func(tx *store.Tx) error {
		return tx.Row("WITH x AS (SELECT n FROM counter) SELECT n + 2 FROM x").Scan(&n)
	}
	if err := db.Glance(t.Context(), with); err != nil || n != 43 {
		t.Errorf("a glance with something read %d, %v", n, err)
	}
	for _, c := range []struct {
		name string
		fn   func(tx *store.Tx) error
	}{
		{"a second statement", func(tx *store.Tx) error { return errors.Join(read(tx), read(tx)) }},
		{"an insert", func(tx *store.Tx) error { _, err := tx.Exec("INSERT INTO counter (id, n) VALUES (2, 2)"); return err }},
		{"an update that returns", func(tx *store.Tx) error { return tx.Row("UPDATE counter SET n = 0 RETURNING n").Scan(&n) }},
		{"a WITH that writes", func(tx *store.Tx) error {
			return tx.Row("WITH x AS (DELETE FROM counter RETURNING n) SELECT n FROM x").Scan(&n)
		}},
		{"a WITH before an insert", func(tx *store.Tx) error {
			_, err := tx.Exec("WITH x AS (SELECT 2 AS id) INSERT INTO counter (id, n) SELECT id, 2 FROM x")
			return err
		}},
		{"a WITH before a small update", func(tx *store.Tx) error {
			_, err := tx.Exec("WITH x AS (SELECT 2 AS n) update counter SET n = (SELECT n FROM x)")
			return err
		}},
	} {
		if err := db.Glance(t.Context(), c.fn); err == nil {
			t.Errorf("%s was run", c.name)
		}
	}
	if n := count(t, db, "counter"); n != 1 {
		t.Errorf("%d rows after what was refused, want 1", n)
	}
}
