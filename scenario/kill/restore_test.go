//go:build heavy

package kill

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"beside/internal/app"
	"beside/internal/backup"
	"beside/internal/store"
	"beside/internal/testkit/pgtest"
)

// TestKilledWhileRestoring kills "beside restore", which brings back root key, keyring and books, at random moments. What it
// leaves is whole, or no place or no root key yet, or says that it is half restored; the same command run again makes it whole, with
// everything that was acknowledged. BESIDE_KILLS_BACKUP says how often.
func TestKilledWhileRestoring(t *testing.T) {
	n, r := times(t, "BESIDE_KILLS_BACKUP", 20), luck(t)
	pgtest.Both(t, func(t *testing.T, where string) {
		s := newNode(t, emptyLike(t, place{database: where}))
		s.up(t)
		tn := settle(t, "http://"+s.addr, <-s.first, 1, 2)
		alive(tn, func() { tn.goesOn(40) })
		must(t, tn.check(t.Context(), s.place))
		s.stop(t)
		dir := t.TempDir()
		books, keys, paper, secret := filepath.Join(dir, "books"), filepath.Join(dir, "keys"), filepath.Join(dir, "copy"), filepath.Join(dir, "secret")
		must(t, os.WriteFile(secret, []byte(passphrase), 0o600))
		_, err := beside(s.place, "root-key", "copy", "--to", paper, "--passphrase-file", secret)
		must(t, err)
		_, err = beside(s.place, "backup", "--backup-to", books, "--keyring-to", keys)
		must(t, err)
		command := []string{"restore", "--from", books, "--keyring-from", keys, "--recovery-copy", paper, "--passphrase-file", secret}
		began := time.Now()
		_, err = beside(emptyLike(t, s.place), command...)
		must(t, err)
		takes := time.Since(began)
		left := map[string]int{}
		for range n {
			back := emptyLike(t, s.place)
			killedWithin(r, takes/4, takes, back, command...)
			left[tn.left(t, back)]++
			if _, err := beside(back, command...); err != nil && !strings.Contains(err.Error(), "is not empty") {
				t.Fatal(err)
			}
			if got := tn.left(t, back); got != "whole" {
				t.Fatalf("run again, it is %s", got)
			}
		}
		t.Logf("restoring takes %v; when it was killed it left %v", takes.Round(time.Millisecond), left)
	})
}

// left says what a restore that was killed has left: a place that says that it is half, none yet, or one that is whole.
func (tn *town) left(t *testing.T, p place) string {
	t.Helper()
	_, err := beside(p, "verify")
	switch {
	case err == nil && nobody(t, p): // its tables were made, and it was not yet said to be half restored: nothing is in it
		return "none yet"
	case err == nil:
		must(t, tn.behind(p, tn.checkJournal, tn.checkLooks, checkBooks))
		return "whole"
	case strings.Contains(err.Error(), backup.ErrHalf.Error()):
		return "half"
	case strings.Contains(err.Error(), app.ErrNoPlace.Error()), strings.Contains(err.Error(), "the root key: open"),
		strings.Contains(err.Error(), "the books have schema"): // its tables were being made
		return "none yet"
	}
	t.Fatalf("what is left is neither whole nor half nor empty: %v", err)
	return ""
}

// nobody reports whether no account is in a place, and makes nothing there.
func nobody(t *testing.T, p place) bool {
	t.Helper()
	db, err := store.Open(t.Context(), p.database, store.Options{Readers: 1, MaxConns: 2})
	must(t, err)
	defer db.Close()
	n := 0
	must(t, db.View(t.Context(), func(tx *store.Tx) error { return tx.Row(`SELECT COUNT(*) FROM account`).Scan(&n) }))
	return n == 0
}
