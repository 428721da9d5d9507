package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"beside/internal/app"
	"beside/internal/community"
)

// While a backup is tried no key of it is on the disk, and what a killed trial left is swept away at the next start, with the
// root key of one from before overwritten; that of a living program is left alone.
func TestATrialLeavesNoKeys(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	c := config(t, t.TempDir())
	to := app.Backups{Books: filepath.Join(t.TempDir(), "books"), Keyring: filepath.Join(t.TempDir(), "keys")}
	a := start(t, c)
	joined(t, a, "Ana")
	backedUp(t, c, to)
	p, err := app.OpenPlace(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	app.WhileTrying(func(dir string) {
		seen++
		err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
			if strings.Contains(path, "keyring") || strings.Contains(path, "root") {
				t.Errorf("a trial has %s", path)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
		other, err := app.OpenPlace(t.Context(), c) // which sweeps
		if err != nil {
			t.Fatal(err)
		}
		if err := other.Close(); err != nil {
			t.Error(err)
		}
		if _, err := os.Lstat(dir); err != nil {
			t.Errorf("the folder of a living trial was swept away: %v", err)
		}
		if all, err := p.Vault.Trials(t.Context()); err != nil || len(all) != 1 {
			t.Errorf("%d trials are written down, %v", len(all), err)
		}
	})
	defer app.WhileTrying(nil)
	if _, err := p.Trial(t.Context(), to); err != nil || seen != 1 {
		t.Fatalf("tried %d times, %v", seen, err)
	}
	if _, err := p.Vault.BeginTrial(t.Context(), filepath.Join(tmp, "beside-trial-1")); err != nil { // and it was killed
		t.Fatal(err)
	}
	left := filepath.Join(tmp, "beside-trial-1")
	for _, f := range []string{"root/root.key", "keyring/keyring.db", "books/beside.db", "lock"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(left, f)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(left, f), []byte("a key"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	same := filepath.Join(t.TempDir(), "same")
	if err := os.Link(filepath.Join(left, "root", "root.key"), same); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	stop(t, a)
	a = start(t, c)
	defer stop(t, a)
	if all, err := a.Vault.Trials(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("%d trials are written down still, %v", len(all), err)
	}
	if found, err := os.ReadDir(tmp); err != nil || len(found) != 0 {
		t.Errorf("there lie %v, %v", found, err)
	}
	if b, err := os.ReadFile(same); err != nil || strings.Trim(string(b), "\x00") != "" {
		t.Errorf("the root key that a trial left was not overwritten: %q, %v", b, err)
	}
}

// One damaged list of the books' backups stops neither the keyring's backups nor their short life; the team is told.
func TestADamagedBackupOfTheBooksStopsNothing(t *testing.T) {
	c := config(t, t.TempDir())
	c.Backups = app.Backups{Books: filepath.Join(t.TempDir(), "books"), Keyring: filepath.Join(t.TempDir(), "keys"), Keep: 30}
	a := start(t, c)
	defer stop(t, a)
	joined(t, a, "Ana")
	backedUp(t, c, c.Backups)
	damaged := filepath.Join(c.Backups.Books, "backups", "20200101T000000Z-00000000.backup")
	if err := os.WriteFile(damaged, []byte("half of a li"), 0o600); err != nil {
		t.Fatal(err)
	}
	var err error
	for tried := 1; tried > 0; {
		if tried, err = a.Trials.Once(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	keys, err := filepath.Glob(filepath.Join(c.Backups.Keyring, "backups", "*.backup"))
	if err != nil || len(keys) != 2 {
		t.Errorf("%d backups of the keyring, %v", len(keys), err)
	}
	if p := opening(t, a).Proofs[community.ProvenBackup]; p.At == 0 || p.Fault == "" {
		t.Errorf("nothing is said of it: %+v", p)
	}
	if a.Watch.Look(t.Context()).All() {
		t.Error("the team is told that all is well")
	}
}
