package app_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"beside/internal/app"
	"beside/internal/backup"
	"beside/internal/clock"
	"beside/internal/community"
	"beside/internal/store"
)

// Told where backups go, Beside makes one each day and tries the newest each week; what came of the trial is there to be
// read, also when a piece of the backup is damaged.
func TestBackupsAreMadeAndTried(t *testing.T) {
	c := config(t, t.TempDir())
	now := clock.NewManual(clock.Time(1804680000) * clock.Second)
	c.Clock = now
	c.Backups = app.Backups{Books: filepath.Join(t.TempDir(), "books"), Keyring: filepath.Join(t.TempDir(), "keys"), Keep: 30}
	a := start(t, c)
	defer stop(t, a)
	joined(t, a, "Ana")
	once := func(want int) {
		t.Helper()
		n := 0
		for {
			tried, err := a.Trials.Once(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if tried == 0 {
				break
			}
			n += tried
		}
		if n != want {
			t.Fatalf("%d backups and trials, want %d", n, want)
		}
	}
	once(2)
	if trial := opening(t, a).Proofs[community.ProvenSelf]; trial.At == 0 {
		t.Fatal("nothing was written down of the trial")
	}
	now.Step(clock.Day + clock.Minute)
	once(1) // a backup
	now.Step(6*clock.Day + clock.Minute)
	once(2)
	if trial := opening(t, a).Proofs[community.ProvenSelf]; !trial.Good() {
		t.Fatalf("a trial of a whole backup: %+v", trial)
	}
	chunks, err := filepath.Glob(filepath.Join(c.Backups.Books, "chunks", "*", "*.chunk"))
	if err != nil || len(chunks) == 0 {
		t.Fatal(err)
	}
	for _, x := range chunks {
		if err := os.WriteFile(x, []byte("not this"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	now.Step(7*clock.Day + clock.Minute)
	once(2)
	if trial := opening(t, a).Proofs[community.ProvenSelf]; trial.Fault != "broken" {
		t.Errorf("a trial of a damaged backup: %+v", trial)
	}
	if well := a.Watch.Look(t.Context()); well.All() {
		t.Error("the team is told that all is well")
	}
}

// The file of the newest backup is cut short. The trial tells so, the next backup is made all the same, and a restore of the
// newest brings nothing back.
func TestACutBackupIsToldAndStopsNothing(t *testing.T) {
	c := config(t, t.TempDir())
	now := clock.NewManual(clock.Time(1804680000) * clock.Second)
	c.Clock = now
	a := start(t, c)
	defer stop(t, a)
	joined(t, a, "Ana")
	for _, cut := range []string{"books", "keys"} {
		to := app.Backups{Books: filepath.Join(t.TempDir(), "books"), Keyring: filepath.Join(t.TempDir(), "keys"), Keep: 30}
		backedUp(t, c, to)
		now.Step(clock.Day)
		backedUp(t, c, to)
		folder := map[string]string{"books": to.Books, "keys": to.Keyring}[cut]
		_, all, err := backup.Look(folder)
		if err != nil || len(all) != 2 {
			t.Fatal(all, err)
		}
		if err := os.Truncate(filepath.Join(folder, "backups", all[1].Name+".backup"), 0); err != nil {
			t.Fatal(err)
		}
		p, err := app.OpenPlace(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = p.Close() }()
		if _, err := p.Trial(t.Context(), to); !errors.Is(err, backup.ErrBroken) {
			t.Errorf("%s: the trial: %v", cut, err)
		}
		copied := copyOfRoot(t, c.RootKey)
		fresh := config(t, t.TempDir())
		_, err = app.Restore(t.Context(), fresh, app.From{Books: to.Books, Keyring: to.Keyring, Copy: &copied})
		flag := map[string]string{"books": "--name ", "keys": "--keyring-name "}[cut]
		if !errors.Is(err, backup.ErrBroken) || !strings.Contains(err.Error(), flag) {
			t.Errorf("%s: a restore of the newest: %v", cut, err)
		}
		if err := fresh.There(); !errors.Is(err, app.ErrNoPlace) {
			t.Errorf("%s: a restore that was refused left something: %v", cut, err)
		}
		if left, err := os.ReadDir(filepath.Dir(fresh.RootKey)); err == nil && len(left) > 0 {
			t.Errorf("%s: it left %v", cut, left)
		}
		now.Step(clock.Day)
		if _, _, err := p.Backup(t.Context(), to); err != nil && !errors.Is(err, app.ErrNotPruned) {
			t.Errorf("%s: the next backup: %v", cut, err)
		}
		if _, err := p.Trial(t.Context(), to); err != nil {
			t.Errorf("%s: the trial of the next: %v", cut, err)
		}
	}
}

// The first trial waits for the first backup, and nobody is told that something is wrong meanwhile.
func TestTheFirstTrialWaitsForABackup(t *testing.T) {
	c := config(t, t.TempDir())
	now := clock.NewManual(clock.Time(1804680000) * clock.Second)
	c.Clock = now
	c.Backups = app.Backups{Books: filepath.Join(t.TempDir(), "books"), Keyring: filepath.Join(t.TempDir(), "keys"), Keep: 30}
	a := start(t, c)
	defer stop(t, a)
	joined(t, a, "Ana")
	due := func(backup clock.Time) { // the backup is late
		err := a.DB.Update(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Exec(`UPDATE promise SET due_at = $1 WHERE kind = 'backup' AND state = 'open'`, backup)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	due(now.Now() + clock.Hour)
	if n, err := a.Trials.Once(t.Context()); n != 1 || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	if trial := opening(t, a).Proofs[community.ProvenSelf]; trial.At != 0 {
		t.Errorf("a trial of nothing is told as %+v", trial)
	}
	due(now.Now())
	now.Step(2 * clock.Hour)
	for range 2 {
		if n, err := a.Trials.Once(t.Context()); n != 1 || err != nil {
			t.Fatalf("%d, %v", n, err)
		}
	}
	if trial := opening(t, a).Proofs[community.ProvenSelf]; !trial.Good() {
		t.Errorf("after the first backup: %+v", trial)
	}
}
