package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"beside/internal/app"
	"beside/internal/store"
	"beside/internal/testkit/world"
)

// placeOf is where the place of a world is.
func placeOf(w *world.World) placeSettings {
	c := w.App.Config
	return placeSettings{Database: c.Database, Keyring: c.Keyring, RootKey: c.RootKey}
}

// Of a backup that failed nothing is said but the error, and that once.
func TestAFailedBackupIsNotToldAsMade(t *testing.T) {
	w := world.New(t, t.TempDir())
	b := backupCommand{placeSettings: placeOf(w)}
	b.BackupTo, b.KeyringTo, b.KeyringDays = filepath.Join(t.TempDir(), "books"), filepath.Join(t.TempDir(), "keys"), 7
	if err := b.run(t.Context(), io.Discard); err != nil {
		t.Fatal(err)
	}
	chunks := filepath.Join(b.BackupTo, "chunks")
	if err := errors.Join(os.RemoveAll(chunks), os.WriteFile(chunks, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	err := b.run(t.Context(), &said)
	if err == nil || strings.Count(err.Error(), "not a directory") != 1 {
		t.Errorf("the error: %v", err)
	}
	if strings.Contains(said.String(), "The books: backup") || !strings.Contains(said.String(), "The keyring: backup") {
		t.Errorf("it says: %s", said.String())
	}
}

// Backups of the books and of the keyring do not lie one within the other.
func TestFoldersOfBackupsLieApart(t *testing.T) {
	for _, to := range [][2]string{{"bb", "bb"}, {"bb", "./bb/"}, {"bb", "bb/keyring"}, {"kk/books", "kk"}} {
		for _, name := range []string{"backup", "check-up", "serve"} {
			cmd := command(t, nil, name, "--backup-to", to[0], "--keyring-to", to[1])
			cmd.Env = append(cmd.Env, "BESIDE_ADDR=no address")
			out, err := cmd.CombinedOutput()
			if err == nil || !strings.Contains(string(out), "a folder of their own") {
				t.Errorf("%s %v: %v: %s", name, to, err, out)
			}
			if made, err := os.ReadDir(cmd.Dir); err != nil || len(made) > 0 {
				t.Errorf("%s %v made %v, %v", name, to, made, err)
			}
		}
	}
	if _, err := (backupSettings{BackupTo: "bb", KeyringTo: "bb-keyring", KeyringDays: 7}).backups(); err != nil {
		t.Errorf("two beside each other: %v", err)
	}
}

// To end a hold that is not there is an error; to end one that is there is told.
func TestOnlyAHoldThatStandsEnds(t *testing.T) {
	w := world.New(t, t.TempDir())
	ana := w.Join(t, "Ana")
	end := func() string {
		var said strings.Builder
		err := (&holdCommand{Words: ana.Words, End: true}).run(t.Context(), w.App.Config, &said)
		return said.String() + errText(err)
	}
	if got := end(); got != "this book is not held" {
		t.Errorf("without a hold: %q", got)
	}
	if err := (&holdCommand{Words: ana.Words, Ground: "An order.", Reference: "1"}).run(t.Context(), w.App.Config, io.Discard); err != nil {
		t.Fatal(err)
	}
	if got := end(); !strings.HasPrefix(got, "The hold has ended") {
		t.Errorf("with one: %q", got)
	}
	if got := end(); got != "this book is not held" {
		t.Errorf("after it: %q", got)
	}
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// What a restore needs is looked at before anything is asked or brought, and it says what to do.
func TestARestoreSaysWhatItMisses(t *testing.T) {
	w := world.New(t, t.TempDir())
	b := backupCommand{placeSettings: placeOf(w)}
	b.BackupTo, b.KeyringTo, b.KeyringDays = filepath.Join(t.TempDir(), "books"), filepath.Join(t.TempDir(), "keys"), 7
	if err := b.run(t.Context(), io.Discard); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	place := placeSettings{Database: filepath.Join(dir, "data"), Keyring: filepath.Join(dir, "keyring"), RootKey: filepath.Join(dir, "root", "root.key")}
	for _, x := range []struct {
		r    restoreCommand
		says []string
	}{
		{restoreCommand{From: b.BackupTo, KeyringFrom: b.KeyringTo, RecoveryCopy: "nothere.age"}, []string{"nothere.age", "--recovery-copy -"}},
		{restoreCommand{From: dir, KeyringFrom: b.KeyringTo, RecoveryCopy: "-"}, []string{"no folder of Beside's backups"}},
		{restoreCommand{From: b.BackupTo}, []string{"with --keyring-copy", "with --keyring-from"}},
	} {
		x.r.placeSettings = place
		k, said := typing("")
		err := explain(x.r.run(t.Context(), k))
		for _, want := range x.says {
			_, rest, found := strings.Cut(err, want)
			if err = rest; !found {
				t.Errorf("%+v: it does not say %q in its turn: %s %s", x.r, want, err, said)
			}
		}
		if strings.Contains(said.String(), "Type the lines") {
			t.Errorf("%+v: the paper was asked for", x.r)
		}
	}
	own := restoreCommand{placeSettings: place, From: b.BackupTo}
	own.Keyring, own.RootKey = w.App.Config.Keyring, w.App.Config.RootKey
	k, said := typing("")
	if err := own.run(t.Context(), k); err != nil {
		t.Fatal(err)
	}
	if n := len(regexp.MustCompile(`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC`).FindAllString(said.String(), -1)); n != 2 || strings.Contains(said.String(), "0000Z") {
		t.Errorf("times are not as beside backups prints them: %s", said)
	}
}

// At its end a rotation says where the new root key lies then, and which machines still have an older one.
func TestARotationSaysWhereTheKeyIs(t *testing.T) {
	dir := t.TempDir()
	r := rootKeyRotate{placeSettings{Database: filepath.Join(dir, "data"), Keyring: filepath.Join(dir, "keyring"), RootKey: filepath.Join(dir, "root", "root.key")}}
	a, err := app.New(t.Context(), r.config())
	if err == nil {
		err = a.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	rotated := func() string {
		k, said := typing("")
		if err := r.run(t.Context(), k); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(r.RootKey + ".next"); err == nil || strings.Contains(said.String(), ".next") {
			t.Errorf("it names a file that is gone: %s", said)
		}
		return said.String()
	}
	if said := rotated(); !strings.Contains(said, "The new root key is in "+r.RootKey+".") {
		t.Errorf("it does not say where the key is: %s", said)
	}
	db, err := store.Open(t.Context(), r.Keyring, store.Options{Name: "keyring.db"})
	if err != nil {
		t.Fatal(err)
	}
	ids := []string{"00112233445566778899aabbccddeeff", "ff112233445566778899aabbccddeeff"}
	err = db.Update(t.Context(), func(tx *store.Tx) error {
		for _, x := range []byte{0x00, 0xff} {
			which := []byte{x, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff}
			if _, err := tx.Exec(`INSERT INTO machine (id, name, path, gen, at) VALUES ($1, 'vm', '/etc/root.key', 0, 1)`, which); err != nil {
				return err
			}
		}
		return nil
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	said := rotated()
	for _, id := range ids {
		if !strings.Contains(said, "beside root-key retire "+id) {
			t.Errorf("it does not say how %s is retired: %s", id, said)
		}
	}
	if strings.Contains(said, "vault:") {
		t.Errorf("it speaks of the inside: %s", said)
	}
}

// A recovery copy of another place is told in whole sentences.
func TestAnotherRecoveryCopyIsToldInSentences(t *testing.T) {
	w := world.New(t, t.TempDir())
	other, _ := sealedCopy(t, "four rivers and one bridge")
	p, err := app.OpenPlace(t.Context(), placeOf(w).config())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = p.Close() }()
	says := errText(p.ProveCopy(t.Context(), other))
	if !strings.Contains(says, "opens nothing here") || regexp.MustCompile(`\. [a-z]`).MatchString(strings.ReplaceAll(says, "root.key", "")) {
		t.Errorf("it says: %s", says)
	}
}
