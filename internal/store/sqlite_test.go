package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/fstest"
	"testing/synctest"

	"beside/internal/errs"
)

const liteSchema = `-- +goose Up
CREATE TABLE n (id {INT} PRIMARY KEY, fill {BYTES}) {STRICT};
CREATE TABLE child (of {INT} REFERENCES n (id) DEFERRABLE INITIALLY DEFERRED) {STRICT};
`

// openLite opens a database of its own in a folder, with the schema of these tests, until the test ends.
func openLite(t *testing.T, folder string) (*DB, *lite) {
	t.Helper()
	db, err := Open(context.Background(), folder, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() }) // the test may have closed it
	if err := db.Migrate(context.Background(), fstest.MapFS{"0001_n.sql": {Data: []byte(liteSchema)}}); err != nil {
		t.Fatal(err)
	}
	return db, db.engine.(*lite)
}

func insert(id int) func(*Tx) error {
	return func(tx *Tx) error {
		_, err := tx.Exec("INSERT INTO n (id) VALUES ($1)", id)
		return err
	}
}

// seen returns how many rows a reader sees, which are those that are committed.
func seen(t *testing.T, db *DB) (n int) {
	t.Helper()
	if err := db.View(context.Background(), func(tx *Tx) error { return tx.Row("SELECT COUNT(*) FROM n").Scan(&n) }); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestPragmasOnEveryConnection(t *testing.T) {
	_, l := openLite(t, t.TempDir())
	both := map[string]string{"foreign_keys": "1", "busy_timeout": "5000", "journal_mode": "wal", "trusted_schema": "0", "synchronous": "2"}
	pragmas(t, l.writer.conn, "writer", both, "0")
	for i := range cap(l.readers) {
		c := <-l.readers
		pragmas(t, c, fmt.Sprintf("reader %d", i), both, "1")
		l.readers <- c
	}
}

func pragmas(t *testing.T, c *conn, who string, want map[string]string, queryOnly string) {
	t.Helper()
	ask := func(name, want string) {
		rows, err := c.query("SELECT * FROM pragma_"+name, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		var got string
		if !rows.Next() || rows.Scan(&got) != nil || rows.Err() != nil || got != want {
			t.Errorf("%s: %s is %q, want %q", who, name, got, want)
		}
	}
	for name, value := range want {
		ask(name, value)
	}
	ask("query_only", queryOnly)
}

func TestFilesAreForTheirOwnerOnly(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "new", "what? 100% #1 é")
	db, _ := openLite(t, folder)
	if err := db.Update(t.Context(), insert(1)); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]os.FileMode{"": 0o700, "beside.db": 0o600, "beside.db-wal": 0o600} {
		info, err := os.Stat(filepath.Join(folder, name))
		if err != nil {
			t.Error(err)
		} else if got := info.Mode().Perm(); got != want {
			t.Errorf("%q has mode %o, want %o", name, got, want)
		}
	}
}

func TestClosedDatabaseOpensAgain(t *testing.T) {
	folder := t.TempDir()
	db, _ := openLite(t, folder)
	if err := db.Update(t.Context(), insert(1)); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if left, err := filepath.Glob(filepath.Join(folder, "beside.db-*")); err != nil || len(left) > 0 {
		t.Errorf("closing left %q: not every connection is closed, and the file alone is not whole", left)
	}
	again, _ := openLite(t, folder)
	if n := seen(t, again); n != 1 {
		t.Errorf("%d rows after opening again, want 1", n)
	}
}

func TestTwoProgramsOnOneFolderTakeTurns(t *testing.T) {
	folder := t.TempDir()
	a, _ := openLite(t, folder)
	b, _ := openLite(t, folder)
	var group sync.WaitGroup
	for i := range 40 {
		group.Go(func() {
			if err := []*DB{a, b}[i%2].Update(context.Background(), insert(i)); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if n := seen(t, a); n != 40 {
		t.Errorf("%d rows, want 40", n)
	}
}

func TestFolderThatCannotBe(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), file, Options{}); !errs.Is(err, errs.Busy) {
		t.Errorf("opening a folder that is a file: %v", err)
	}
	broken := t.TempDir()
	if err := os.WriteFile(filepath.Join(broken, "beside.db"), []byte("this is no database, however long it may go on"), 0o600); err != nil {
		t.Fatal(err)
	}
	if db, err := Open(t.Context(), broken, Options{}); err == nil {
		t.Error("a file that is no database was opened")
		db.Close()
	}
}

// queued runs updates that all wait for the pen while the first one holds it, in their order, and returns what each
// was told. It is for use inside a bubble, where "all wait" can be known.
func queued(db *DB, l *lite, fns ...func(*Tx) error) []error {
	told := make([]error, len(fns))
	hold := make(chan struct{})
	var group sync.WaitGroup
	var once sync.Once
	for i, fn := range fns {
		group.Go(func() {
			told[i] = db.Update(context.Background(), func(tx *Tx) error {
				if i == 0 {
					once.Do(func() { <-hold })
				}
				return fn(tx)
			})
		})
		synctest.Wait()
	}
	if waiting := len(l.writer.queue); waiting != len(fns)-1 {
		panic(fmt.Sprintf("%d wait, want %d", waiting, len(fns)-1))
	}
	close(hold)
	group.Wait()
	return told
}

// inBubble runs a test of an open SQLite database inside a synctest bubble.
func inBubble(t *testing.T, fn func(t *testing.T, db *DB, l *lite)) {
	folder := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		db, l := openLite(t, folder)
		fn(t, db, l)
	})
}

func TestWaitingUpdatesShareOneCommit(t *testing.T) {
	inBubble(t, func(t *testing.T, db *DB, l *lite) {
		var before [3]int
		look := func(i int) func(*Tx) error {
			return func(tx *Tx) error {
				before[i] = seen(t, db)
				return insert(i)(tx)
			}
		}
		for i, err := range queued(db, l, look(0), look(1), look(2)) {
			if err != nil || before[i] != 0 {
				t.Errorf("update %d: %v; %d earlier ones were committed while it ran, want none", i, err, before[i])
			}
		}
		if n := seen(t, db); n != 3 {
			t.Errorf("%d rows after the batch, want 3", n)
		}
	})
}

func TestBatchIsBounded(t *testing.T) {
	inBubble(t, func(t *testing.T, db *DB, l *lite) {
		l.writer.limit = 4
		most := 0
		fns := make([]func(*Tx) error, 10)
		for i := range fns {
			fns[i] = func(tx *Tx) error {
				most = max(most, i-seen(t, db))
				return insert(i)(tx)
			}
		}
		for i, err := range queued(db, l, fns...) {
			if err != nil {
				t.Errorf("update %d: %v", i, err)
			}
		}
		if most != 3 || seen(t, db) != 10 {
			t.Errorf("at most %d updates waited in a batch before another; want 3, in batches of 4", most)
		}
	})
}

func TestErrorThatEndsTheTransaction(t *testing.T) {
	inBubble(t, func(t *testing.T, db *DB, l *lite) {
		if err := db.Update(context.Background(), insert(77)); err != nil {
			t.Fatal(err)
		}
		var runs [4]int
		counted := func(i int, fn func(*Tx) error) func(*Tx) error {
			return func(tx *Tx) error { runs[i]++; return fn(tx) }
		}
		told := queued(db, l, counted(0, insert(0)), counted(1, insert(1)), counted(2, func(tx *Tx) error {
			_, err := tx.Exec("INSERT OR ROLLBACK INTO n (id) VALUES (77)")
			if err != nil {
				_, _ = tx.Exec("INSERT INTO n (id) VALUES (66)") // would commit by itself, were it run
			}
			return err
		}), counted(3, insert(3)))
		for i, err := range told {
			if want := i == 2; errors.Is(err, ErrTaken) != want || (err != nil) != want {
				t.Errorf("update %d was told %v", i, err)
			}
		}
		if n := seen(t, db); n != 4 {
			t.Errorf("%d rows, want 4", n)
		}
		if runs != [4]int{2, 2, 2, 1} {
			t.Errorf("the updates ran %v times; want the three of the broken batch twice, the one behind it once", runs)
		}
	})
}

func TestCommitThatFails(t *testing.T) {
	inBubble(t, func(t *testing.T, db *DB, l *lite) {
		told := queued(db, l, insert(0), func(tx *Tx) error {
			_, err := tx.Exec("INSERT INTO child (of) VALUES (99)") // checked by COMMIT
			return err
		}, insert(2))
		if told[0] != nil || told[2] != nil || !errors.Is(told[1], ErrRefused) {
			t.Errorf("the updates were told %v; want only the second refused", told)
		}
		if n := seen(t, db); n != 2 {
			t.Errorf("%d rows, want 2", n)
		}
	})
}

func TestFullDiskHurtsOnlyWhoNeedsRoom(t *testing.T) {
	inBubble(t, func(t *testing.T, db *DB, l *lite) {
		if err := l.writer.conn.control("PRAGMA max_page_count = 40"); err != nil {
			t.Fatal(err)
		}
		told := queued(db, l, insert(0), func(tx *Tx) error {
			_, err := tx.Exec("INSERT INTO n (id, fill) VALUES (1, $1)", make([]byte, 1<<20))
			return err
		}, insert(2))
		if told[0] != nil || told[2] != nil || !errs.Is(told[1], errs.Busy) {
			t.Errorf("the updates were told %v; want only the second to find no room", told)
		}
		if n := seen(t, db); n != 2 {
			t.Errorf("%d rows, want 2", n)
		}
	})
}

func TestWhoLeavesTheQueueIsNotRun(t *testing.T) {
	inBubble(t, func(t *testing.T, db *DB, l *lite) {
		hold := make(chan struct{})
		var group sync.WaitGroup
		group.Go(func() {
			if err := db.Update(context.Background(), func(*Tx) error { <-hold; return nil }); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		ctx, cancel := context.WithCancel(context.Background())
		group.Go(func() {
			if err := db.Update(ctx, insert(1)); !errors.Is(err, context.Canceled) {
				t.Errorf("who left was told %v", err)
			}
		})
		group.Go(func() {
			if err := db.Update(context.Background(), insert(2)); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		cancel()
		synctest.Wait()
		if n := len(l.writer.queue); n != 1 {
			t.Errorf("%d wait after one of two left", n)
		}
		close(hold)
		group.Wait()
		if n := seen(t, db); n != 1 {
			t.Errorf("%d rows, want 1", n)
		}
	})
}

func TestStatementsAreBounded(t *testing.T) {
	db, l := openLite(t, t.TempDir())
	for i := range stmtLimit + 50 {
		query := fmt.Sprintf("SELECT %d", i)
		if err := db.Update(t.Context(), func(tx *Tx) error { return tx.Row(query).Scan(new(int)) }); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(l.writer.conn.stmts); n > stmtLimit {
		t.Errorf("%d statements are kept, the limit is %d", n, stmtLimit)
	}
}

// TestClosingLeavesOneWholeFile: everything is in the one file, and nothing of it stays open.
func TestClosingLeavesOneWholeFile(t *testing.T) {
	dir := t.TempDir()
	db, _ := openLite(t, dir)
	if err := db.Update(context.Background(), insert(1)); err != nil {
		t.Fatal(err)
	}
	seen(t, db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 1 {
		t.Errorf("in the folder are %v, %v, want the database alone", files, err)
	}
	if again, _ := openLite(t, dir); seen(t, again) != 1 {
		t.Error("what was written is gone")
	}
}
