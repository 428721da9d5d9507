package backup_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"beside/internal/backup"
	"beside/internal/clock"
	"beside/internal/store"
	"beside/internal/testkit/pgtest"
)

// What a process that is to be killed is told: which work, on which place and folder.
const (
	workEnv  = "BESIDE_BACKUP_WORK"
	placeEnv = "BESIDE_BACKUP_PLACE"
	toEnv    = "BESIDE_BACKUP_FOLDER"
)

// TestKilled is the process that is killed by the tests below; on its own it has nothing to do.
func TestKilled(t *testing.T) {
	work := os.Getenv(workEnv)
	if work == "" {
		return
	}
	db, to := open(t, os.Getenv(placeEnv)), folder(t, os.Getenv(toEnv), "k")
	if work == "restore" {
		h, err := to.Find("")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := to.Restore(t.Context(), h.Name, db, restoring()); err != nil {
			t.Fatal(err)
		}
		return
	}
	m := making(t, db, noon+clock.Day)
	m.Anew = true
	if _, err := to.Write(t.Context(), db, m); err != nil {
		t.Fatal(err)
	}
}

// killed runs the work in a process of its own and kills it after a while. It reports whether the work was done before.
func killed(t *testing.T, work, where, to string, after time.Duration) (done bool) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestKilled$")
	cmd.Env = append(os.Environ(), workEnv+"="+work, placeEnv+"="+where, toEnv+"="+to)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(after)
	_ = cmd.Process.Kill() // it may have ended
	return cmd.Wait() == nil
}

// kills is how often a process is killed: BESIDE_KILLS says it for the long tier.
func kills(t *testing.T) int {
	t.Helper()
	n, err := strconv.Atoi(os.Getenv("BESIDE_KILLS"))
	if err != nil {
		return 3
	}
	return n
}

// big makes of an empty place one whose backup takes some time.
func big(t *testing.T, where string) *filled {
	t.Helper()
	f := fill(t, where, 3)
	f.add(1)
	f.must(f.db.Update(t.Context(), func(tx *store.Tx) error {
		for range 3000 {
			if err := f.row(tx, entryTable(f)); err != nil {
				return err
			}
		}
		return nil
	}))
	return f
}

// another is an empty place of the engine that a place is of.
func another(t *testing.T, f *filled) (where string) {
	t.Helper()
	if f.db.Engine() == store.Postgres {
		return pgtest.URL(t)
	}
	return t.TempDir()
}

// Killed at any moment, a backup leaves the older one whole, and the next one is made and whole.
func TestAKilledBackupLeavesTheOthersWhole(t *testing.T) { pgtest.Both(t, killedBackup) }

func killedBackup(t *testing.T, where string) {
	f := big(t, where)
	path := filepath.Join(t.TempDir(), "to")
	to := folder(t, path, "k")
	first := write(t, to, f.db, noon)
	want := dump(t, f.db)
	done := 0
	for n := range kills(t) {
		if killed(t, "write", where, path, time.Duration(50+f.chance.IntN(600))*time.Millisecond) {
			done++
		}
		if _, err := to.Find(first.Name); err != nil {
			t.Fatalf("kill %d: %v", n, err)
		}
		db := open(t, another(t, f))
		if _, err := to.Restore(t.Context(), first.Name, db, restoring()); err != nil || dump(t, db) != want {
			t.Fatalf("kill %d: the older backup: %v", n, err)
		}
		_ = db.Close()
	}
	t.Logf("%d of %d were done before they were killed", done, kills(t))
	again := write(t, to, f.db, noon+2*clock.Day)
	db := open(t, another(t, f))
	if _, err := to.Restore(t.Context(), again.Name, db, restoring()); err != nil || dump(t, db) != want {
		t.Errorf("the next backup: %v", err)
	}
	if _, err := to.Prune(backup.Keep{Days: 9}, noon+2*clock.Day); err != nil {
		t.Error(err)
	}
	if left, err := filepath.Glob(filepath.Join(path, "chunks", "*", ".tmp-*")); err != nil || len(left) > 0 {
		t.Errorf("%v is left, %v", left, err)
	}
}

// Killed at any moment, a restore leaves a place that is empty, whole, or says that it is half restored; run again it is whole.
func TestAKilledRestoreIsNeverServed(t *testing.T) { pgtest.Both(t, killedRestore) }

func killedRestore(t *testing.T, where string) {
	f := big(t, where)
	path := filepath.Join(t.TempDir(), "to")
	to := folder(t, path, "k")
	r := write(t, to, f.db, noon)
	want := dump(t, f.db)
	half := 0
	for n := range kills(t) {
		where := another(t, f)
		done := killed(t, "restore", where, path, time.Duration(100+f.chance.IntN(900))*time.Millisecond)
		db := open(t, where)
		var said error
		err := db.View(t.Context(), func(tx *store.Tx) error {
			if slices.Contains(tableNames(t, tx), "restoring") { // else the tables were still being made: nothing was put into them
				said = backup.Whole(tx)
				return nil
			}
			said = errors.New("empty")
			return nil
		})
		if errors.Is(said, backup.ErrHalf) {
			half++
		} else if err != nil || said == nil && dump(t, db) != want && !empty(t, db) {
			t.Fatalf("kill %d: a place that is neither empty nor whole could be served (%v, done %v)", n, err, done)
		}
		if _, err := to.Restore(t.Context(), r.Name, db, restoring()); err != nil && !errors.Is(err, backup.ErrNotEmpty) || dump(t, db) != want {
			t.Fatalf("kill %d: run again: %v", n, err)
		}
		_ = db.Close()
	}
	t.Logf("%d of %d were killed half way", half, kills(t))
}

func empty(t *testing.T, db *store.DB) bool {
	t.Helper()
	n := 0
	err := db.View(t.Context(), func(tx *store.Tx) error {
		return tx.Row(`SELECT (SELECT COUNT(*) FROM book) + (SELECT COUNT(*) FROM entry)`).Scan(&n)
	})
	return err == nil && n == 0
}
