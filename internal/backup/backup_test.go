package backup_test

import (
	"context"
	"errors"
	"flag"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"beside/internal/backup"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/promise"
	"beside/internal/store"
	"beside/internal/store/rows"
	"beside/internal/store/schema"
	"beside/internal/testkit/line"
	"beside/internal/testkit/pgtest"
	"beside/internal/testkit/ready"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// rounds is how many random histories are tried: each fills and restores whole databases, so one of forty that -rapid.checks
// asks for.
func rounds(t testing.TB) int {
	t.Helper()
	n, err := strconv.Atoi(flag.Lookup("rapid.checks").Value.String())
	if err != nil {
		t.Fatal(err)
	}
	return max(1, n/40)
}

// Of a random history each backup, the first and the ones on top of it, comes back on both engines as it was when it was
// made: every row of every table.
func TestHistoriesComeBack(t *testing.T) {
	for n := range rounds(t) {
		seed := rapid.Uint64().Example(n)
		pgtest.Both(t, func(t *testing.T, where string) { comesBack(t, where, seed) })
	}
}

func comesBack(t *testing.T, where string, seed uint64) {
	f := fill(t, where, seed)
	to := folder(t, t.TempDir(), "k")
	was := map[string]string{}
	f.add(3)
	for n := range 1 + f.chance.IntN(3) {
		r := write(t, to, f.db, noon+clock.Time(n)*clock.Hour)
		was[r.Name] = dump(t, f.db)
		f.change()
		f.add(f.chance.IntN(4))
	}
	for name, want := range was {
		target := t.TempDir()
		if f.chance.IntN(2) == 0 {
			target = pgtest.URL(t)
		}
		db := open(t, target)
		if _, err := to.Restore(t.Context(), name, db, restoring()); err != nil {
			t.Fatal(err)
		}
		if got := dump(t, db); got != want {
			t.Fatalf("with seed %d, what came back is not what was (-was +is):\n%s", seed, cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")))
		}
	}
}

// The list of tables comes from the database; every one is filled by these tests and carried by a backup, but for those
// that say something of the place itself.
func TestEveryTableIsCovered(t *testing.T) {
	pgtest.Both(t, func(t *testing.T, where string) {
		f := fill(t, where, 1)
		f.add(2)
		r := write(t, folder(t, t.TempDir(), "k"), f.db, noon)
		err := f.db.View(t.Context(), func(tx *store.Tx) error {
			all := tableNames(t, tx)
			if want := len(all) - 3; r.Tables != want {
				t.Errorf("%d tables are in the backup, want %d: all but restoring, resting and goose_db_version of %v", r.Tables, want, all)
			}
			for _, x := range f.tables {
				if n, err := x.Count(tx); err != nil || n == 0 {
					t.Errorf("%s has %d rows in these tests, %v: nothing is said about it", x.Name, n, err)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// After a restore the engine numbers on from where it was, and promises rest.
func TestARestoredPlaceGoesOn(t *testing.T) {
	f := fill(t, t.TempDir(), 1)
	f.add(3)
	to := folder(t, t.TempDir(), "k")
	r := write(t, to, f.db, noon)
	pgtest.Both(t, func(t *testing.T, where string) {
		db := open(t, where)
		if _, err := to.Restore(t.Context(), r.Name, db, restoring()); err != nil {
			t.Fatal(err)
		}
		err := db.Update(t.Context(), func(tx *store.Tx) error {
			if at, err := promise.Resting(tx); err != nil || at != noon {
				t.Errorf("promises rest since %d, %v", at, err)
			}
			var last, next int64
			if err := tx.Row(`SELECT MAX(n) FROM log_queue`).Scan(&last); err != nil {
				return err
			}
			if err := tx.Row(`INSERT INTO log_queue (leaf, kind, queued_at) VALUES ($1, 'x', 1) RETURNING n`, []byte("leaf")).Scan(&next); err != nil {
				return err
			}
			if next <= last {
				t.Errorf("the next number is %d, the last was %d", next, last)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		if _, err := to.Restore(t.Context(), r.Name, db, restoring()); !errors.Is(err, backup.ErrNotEmpty) {
			t.Errorf("a second restore into the same place: %v", err)
		}
	})
}

// A place in which a restore did not end says so, until the restore is run again.
func TestAHalfRestoredPlaceIsNotServed(t *testing.T) {
	f := fill(t, t.TempDir(), 1)
	f.add(3)
	to := folder(t, t.TempDir(), "k")
	r := write(t, to, f.db, noon)
	pgtest.Both(t, func(t *testing.T, where string) {
		db := open(t, where)
		dies := restoring()
		died := errors.New("the power went")
		dies.Finish = func(_ context.Context, db *store.DB) error { return died }
		if _, err := to.Restore(t.Context(), r.Name, db, dies); !errors.Is(err, died) {
			t.Fatal(err)
		}
		whole := func() (err error) {
			_ = db.View(t.Context(), func(tx *store.Tx) error { err = backup.Whole(tx); return nil })
			return err
		}
		if err := whole(); !errors.Is(err, backup.ErrHalf) {
			t.Errorf("a half restored place: %v", err)
		}
		if _, err := to.Write(t.Context(), db, making(t, db, noon+1)); !errors.Is(err, backup.ErrHalf) {
			t.Errorf("a backup of a half restored place: %v", err)
		}
		if _, err := to.Restore(t.Context(), r.Name, db, restoring()); err != nil {
			t.Fatal(err)
		}
		if err := whole(); err != nil || dump(t, db) != dump(t, f.db) {
			t.Errorf("after the second try: %v, or not what was", err)
		}
	})
}

// A place on PostgreSQL comes back however long it takes as a whole, also after a try that ended half way: only a person's
// own transaction is short.
func TestARestoreMayTakeLong(t *testing.T) {
	f := fill(t, t.TempDir(), 1)
	f.add(3)
	to := folder(t, t.TempDir(), "k")
	r := write(t, to, f.db, noon)
	l := line.New(t, ready.URL(t))
	db, err := store.Open(t.Context(), l.URL, store.Options{Silence: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	half := restoring()
	died := errors.New("the power went")
	half.Finish = func(context.Context, *store.DB) error { return died }
	if _, err := to.Restore(t.Context(), r.Name, db, half); !errors.Is(err, died) {
		t.Fatalf("the first try: %v", err)
	}
	l.Slow(6 * time.Millisecond) // a statement takes twice that and more, and there are hundreds
	err = db.View(t.Context(), func(tx *store.Tx) error {
		for range 100 {
			if _, err := rows.Tables(tx); err != nil {
				return err
			}
		}
		return nil
	})
	if !errs.Is(err, errs.Busy) {
		t.Fatalf("what a person waits for took long here: %v", err)
	}
	if _, err := to.Restore(t.Context(), r.Name, db, restoring()); err != nil {
		t.Fatalf("the second: %v", err)
	}
	l.Slow(0)
	if dump(t, db) != dump(t, f.db) {
		t.Error("what came back is not what was")
	}
}

// What the second backup writes is what changed, and what stands around it.
func TestWhatChangedIsWritten(t *testing.T) {
	f := fill(t, t.TempDir(), 7)
	f.add(1)
	err := f.db.Update(t.Context(), func(tx *store.Tx) error {
		for range 20_000 {
			if err := f.row(tx, entryTable(f)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	to := folder(t, t.TempDir(), "k")
	first := write(t, to, f.db, noon)
	again := write(t, to, f.db, noon+clock.Hour)
	f.add(1)
	third := write(t, to, f.db, noon+2*clock.Hour)
	t.Logf("rows %d bytes; the first backup wrote %d in %d chunks; one without a change %d; one after a row in each of %d tables %d in %d chunks",
		first.Bytes, first.Written, first.Chunks, again.Written, third.Tables, third.Written, third.Fresh)
	if again.Fresh != 0 {
		t.Errorf("nothing changed, and %d chunks were written", again.Fresh)
	}
	if third.Fresh > third.Tables+2 || third.Written > first.Written/10 {
		t.Errorf("one row in each table wrote %d chunks, %d bytes", third.Fresh, third.Written)
	}
	if mean := first.Bytes / int64(first.Chunks-first.Tables); mean < 64<<10 || mean > 1<<20 {
		t.Errorf("a chunk is %d bytes", mean)
	}
}

func entryTable(f *filled) rows.Table {
	for _, t := range f.tables {
		if t.Name == "entry" {
			return t
		}
	}
	panic("no table entry")
}

// Every file of a backup that is missing, cut, mixed up or changed in one bit is found, named, and leaves no place that
// could be served.
func TestDamageIsFound(t *testing.T) {
	f := fill(t, t.TempDir(), 1)
	f.add(4)
	path := t.TempDir()
	to := folder(t, path, "k")
	r := write(t, to, f.db, noon)
	files := filesOf(t, path)
	chance := rand.New(rand.NewPCG(1, 2))
	for _, c := range []struct {
		name string
		does func(file string, text []byte) []byte
	}{
		{"missing", func(string, []byte) []byte { return nil }},
		{"cut short", func(_ string, b []byte) []byte { return b[:chance.IntN(len(b))] }},
		{"a bit", func(_ string, b []byte) []byte { b[chance.IntN(len(b))] ^= 1 << chance.IntN(8); return b }},
		{"longer", func(_ string, b []byte) []byte { return append(b, 0) }},
		{"another's", func(file string, _ []byte) []byte {
			for {
				if other := files[chance.IntN(len(files))]; other != file {
					b, _ := os.ReadFile(other)
					return b
				}
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for range 6 {
				file := files[chance.IntN(len(files))]
				was, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				if now := c.does(file, append([]byte{}, was...)); now == nil {
					err = os.Remove(file)
				} else {
					err = os.WriteFile(file, now, 0o600)
				}
				if err != nil {
					t.Fatal(err)
				}
				damaged(t, to, r, file)
				if err := os.WriteFile(file, was, 0o600); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
	if _, err := to.Restore(t.Context(), r.Name, open(t, t.TempDir()), restoring()); err != nil {
		t.Fatalf("the backup as it was: %v", err)
	}
}

// filesOf are the files of a folder that a restore needs.
func filesOf(t *testing.T, path string) []string {
	t.Helper()
	chunks, err := filepath.Glob(filepath.Join(path, "chunks", "*", "*"))
	lists, err2 := filepath.Glob(filepath.Join(path, "backups", "*"))
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	return append(append(lists, lists...), chunks...) // lists count twice: there is one
}

func damaged(t *testing.T, from *backup.Folder, r backup.Report, file string) {
	t.Helper()
	db := open(t, t.TempDir())
	_, err := from.Restore(t.Context(), r.Name, db, restoring())
	if err == nil {
		t.Fatalf("%s was damaged and it was restored", file)
	}
	list := strings.HasSuffix(file, ".backup")
	if !list && (!errors.Is(err, backup.ErrBroken) || !strings.Contains(err.Error(), filepath.Base(file)[:8])) {
		t.Errorf("the damage of %s is told as %q", file, err)
	}
	_ = db.View(t.Context(), func(tx *store.Tx) error {
		names := tableNames(t, tx)
		if len(names) > 1 && !errors.Is(backup.Whole(tx), backup.ErrHalf) {
			t.Errorf("the place could be served after %v", err)
		}
		return nil
	})
	_ = db.Close()
}

func TestOtherKeysAreToldSo(t *testing.T) {
	f := fill(t, t.TempDir(), 1)
	f.add(1)
	path := t.TempDir()
	r := write(t, folder(t, path, "mine"), f.db, noon)
	if _, err := folder(t, path, "theirs").Restore(t.Context(), r.Name, open(t, t.TempDir()), restoring()); !errors.Is(err, backup.ErrOtherKeys) {
		t.Errorf("another key: %v", err)
	}
	for _, file := range filesOf(t, path) {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(b), "naïve") || strings.Contains(string(b), "log_queue") {
			t.Errorf("%s tells what is in it", file)
		}
	}
}

func TestWhatIsNoBackup(t *testing.T) {
	if _, err := backup.Open(filepath.Join(t.TempDir(), "none"), backup.Books, secret("k"), false); !errors.Is(err, backup.ErrNotFolder) {
		t.Errorf("a folder that is not there: %v", err)
	}
	other := t.TempDir()
	if err := os.WriteFile(filepath.Join(other, "letter.txt"), []byte("Dear"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := backup.Open(other, backup.Books, secret("k"), true); !errors.Is(err, backup.ErrNotFolder) {
		t.Errorf("a folder with other files: %v", err)
	}
	if _, err := folder(t, t.TempDir(), "k").Find(""); !errors.Is(err, backup.ErrNone) {
		t.Errorf("an empty folder: %v", err)
	}
}

// A file that was cut short is listed by its name, is never taken for the newest nor passed over in silence, and does not count as one
// that is kept; the next backup is made beside it.
func TestADamagedBackupIsNotPassedOver(t *testing.T) {
	f := fill(t, t.TempDir(), 1)
	path := t.TempDir()
	to := folder(t, path, "k")
	first := write(t, to, f.db, noon)
	second := write(t, to, f.db, noon+clock.Hour)
	file := filepath.Join(path, "backups", second.Name+".backup")
	for _, length := range []int64{100, 0} {
		if err := os.Truncate(file, length); err != nil {
			t.Fatal(err)
		}
		_, all, err := backup.Look(path)
		if err != nil || len(all) != 2 || all[0].Damaged || !all[1].Damaged || all[1].Name != second.Name || all[1].Made() != noon+clock.Hour {
			t.Fatalf("of %d bytes: listed are %+v, %v", length, all, err)
		}
		_, err = to.Find("")
		if !errors.Is(err, backup.ErrBroken) || !strings.Contains(err.Error(), second.Name) || !strings.Contains(err.Error(), "--name "+first.Name) {
			t.Errorf("of %d bytes: the newest: %v", length, err)
		}
		if _, err := to.Find(second.Name); !errors.Is(err, backup.ErrBroken) {
			t.Errorf("of %d bytes: the damaged one: %v", length, err)
		}
		if h, err := to.Find(first.Name); err != nil || h.Name != first.Name {
			t.Errorf("of %d bytes: the one before: %v", length, err)
		}
	}
	if gone, err := to.Prune(backup.Keep{Days: 1}, noon+2*clock.Hour); gone != 0 || !errors.Is(err, backup.ErrBroken) {
		t.Errorf("%d went, %v", gone, err)
	}
	third := write(t, to, f.db, noon+2*clock.Hour)
	if h, err := to.Find(""); err != nil || h.Name != third.Name {
		t.Errorf("after another backup: %v, %v", h.Name, err)
	}
}

// A backup of a newer schema is refused, with what to do.
func TestANewerBackupIsRefused(t *testing.T) {
	f := fill(t, t.TempDir(), 1)
	to := folder(t, t.TempDir(), "k")
	m := making(t, f.db, noon)
	m.Schema += 100
	r, err := to.Write(t.Context(), f.db, m)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := to.Restore(t.Context(), r.Name, open(t, t.TempDir()), restoring()); err == nil || !strings.Contains(err.Error(), "restore it with the Beside that made it") {
		t.Errorf("%v", err)
	}
}

// What the rule keeps is kept whole; what it does not is really gone, with every chunk that only it had.
func TestKeep(t *testing.T) {
	f := fill(t, t.TempDir(), 1)
	path := t.TempDir()
	to := folder(t, path, "k")
	was := map[string]string{}
	var names []string
	for n := range 6 {
		f.add(1)
		r := write(t, to, f.db, noon+clock.Time(n)*12*clock.Hour)
		names = append(names, r.Name)
		was[r.Name] = dump(t, f.db)
	}
	now := noon + 60*clock.Hour
	if gone, err := to.Prune(backup.Keep{Days: 2}, now); err != nil || gone != 4 {
		t.Fatalf("%d went, %v", gone, err)
	}
	left, err := to.List()
	if err != nil || len(left) != 2 || left[0].Name != names[4] || left[1].Name != names[5] {
		t.Fatalf("left are %v of %v, %v", left, names, err)
	}
	for _, h := range left {
		db := open(t, t.TempDir())
		if _, err := to.Restore(t.Context(), h.Name, db, restoring()); err != nil || dump(t, db) != was[h.Name] {
			t.Errorf("%s after the others went: %v", h.Name, err)
		}
	}
	before := len(filesOf(t, path))
	if gone, err := to.Prune(backup.Keep{Life: clock.Hour}, now+clock.Day); err != nil || gone != 1 {
		t.Errorf("past their life %d went, %v; the newest stays", gone, err)
	}
	if after := len(filesOf(t, path)); after >= before {
		t.Errorf("%d files before, %d after: what only the older needed is still there", before, after)
	}
}

// What was tried last and is good stays, however old it is and whatever else is kept.
func TestWhatWasTriedStays(t *testing.T) {
	f := fill(t, t.TempDir(), 1)
	to := folder(t, t.TempDir(), "k")
	first := write(t, to, f.db, noon)
	for n := range 3 {
		write(t, to, f.db, noon+clock.Time(n+1)*clock.Hour)
	}
	if gone, err := to.Prune(backup.Keep{Days: 1, Stay: []string{first.Name}}, noon+4*clock.Hour); err != nil || gone != 2 {
		t.Fatalf("%d went, %v", gone, err)
	}
	if left, err := to.List(); err != nil || len(left) != 2 || left[0].Name != first.Name {
		t.Errorf("left are %v, %v", left, err)
	}
}

// Nobody takes chunks away while another one writes.
func TestOneAtATime(t *testing.T) {
	f := fill(t, t.TempDir(), 1)
	to := folder(t, t.TempDir(), "k")
	r := write(t, to, f.db, noon)
	within := restoring()
	within.Finish = func(_ context.Context, _ *store.DB) error {
		if _, err := to.Prune(backup.Keep{}, noon); !errors.Is(err, backup.ErrInUse) {
			t.Errorf("pruning beside a restore: %v", err)
		}
		_, err := to.Write(t.Context(), f.db, making(t, f.db, noon+1))
		if !errors.Is(err, backup.ErrInUse) {
			t.Errorf("writing beside a restore: %v", err)
		}
		return nil
	}
	if _, err := to.Restore(t.Context(), r.Name, open(t, t.TempDir()), within); err != nil {
		t.Fatal(err)
	}
}

// An older schema's backup comes back with that schema, so that the next start brings it forward.
func TestAnOlderSchemaComesBack(t *testing.T) {
	db := open(t, t.TempDir())
	if err := db.MigrateTo(t.Context(), schema.Files, 20); err != nil {
		t.Fatal(err)
	}
	to := folder(t, t.TempDir(), "k")
	m := making(t, db, noon)
	m.Schema = 20
	r, err := to.Write(t.Context(), db, m)
	if err != nil {
		t.Fatal(err)
	}
	back := open(t, t.TempDir())
	if _, err := to.Restore(t.Context(), r.Name, back, restoring()); err != nil {
		t.Fatal(err)
	}
	if have, _, err := back.Schema(t.Context(), schema.Files); err != nil || have != 20 {
		t.Errorf("schema %d, %v", have, err)
	}
	if err := back.Migrate(t.Context(), schema.Files); err != nil {
		t.Error(err)
	}
}
