package main

import (
	"bufio"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"beside/internal/app"
	"beside/internal/errs"
	"beside/internal/vault"
)

func typing(text string) (*talk, *strings.Builder) {
	said := &strings.Builder{}
	return &talk{in: bufio.NewReader(strings.NewReader(text)), out: said}, said
}

// sealedCopy is a recovery copy of a root key of the test's own.
func sealedCopy(t *testing.T, passphrase string) (vault.Root, []byte) {
	t.Helper()
	root, err := vault.LoadOrMakeRoot(filepath.Join(t.TempDir(), "root.key"), nil)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := root.SealCopy(passphrase, 4)
	if err != nil {
		t.Fatal(err)
	}
	return root, sealed
}

// Whoever types the paper is told of a mistake in the line it is in, types that line again, and goes on.
func TestAMistakeOnPaperIsToldAtOnce(t *testing.T) {
	const passphrase = "four rivers and one bridge"
	root, sealed := sealedCopy(t, passphrase)
	lines, err := vault.PaperLines(sealed)
	if err != nil {
		t.Fatal(err)
	}
	wrong := strings.Replace(lines[1], lines[1][3:4], map[bool]string{true: "b", false: "a"}[lines[1][3] == 'a'], 1)
	typed := append([]string{lines[0], wrong}, lines[1:]...)
	k, said := typing(strings.Join(typed, "\n") + "\n\n" + passphrase + "\n")
	got, err := k.copyOf("-", "")
	if err != nil || !got.Same(root) || !strings.Contains(said.String(), "Line 02 is not right: type it again.") {
		t.Errorf("%v, and it says: %s", err, said)
	}
	k, _ = typing(lines[0] + "\n" + wrong + "\n\n")
	if _, err := k.copyOf("-", ""); !errors.Is(err, vault.ErrCopyMalformed) {
		t.Errorf("a copy that ends with a mistake: %v", err)
	}
	k, _ = typing(string(sealed) + "\n" + passphrase + "\n")
	if got, err := k.copyOf("-", ""); err != nil || !got.Same(root) {
		t.Errorf("age's own form: %v", err)
	}
}

// A passphrase that Beside made is taken as people write it down; one that somebody chose is taken as it is only.
func TestAMadePassphraseIsTakenAsItIsMeant(t *testing.T) {
	const passphrase = "abco-def2-ghl3-jkm4-npq5"
	root, sealed := sealedCopy(t, passphrase)
	for _, typed := range []string{passphrase, "ABCO-DEF2-GHL3-JKM4-NPQ5", "abco def2 ghl3 jkm4 npq5", "abcodef2ghl3jkm4npq5", "abc0-def2-gh13-jkm4-npq5"} {
		if got, err := openCopy(sealed, typed); err != nil || !got.Same(root) {
			t.Errorf("%q: %v", typed, err)
		}
	}
	if _, err := openCopy(sealed, "abco-def2-ghl3-jkm4-npq6"); !errors.Is(err, vault.ErrWrongPassphrase) {
		t.Errorf("another one: %v", err)
	}
	_, chosen := sealedCopy(t, "Four Rivers And One Bridge")
	if _, err := openCopy(chosen, "four rivers and one bridge"); !errors.Is(err, vault.ErrWrongPassphrase) {
		t.Errorf("a chosen one with other letters: %v", err)
	}
}

// Errors say what is wrong, and not where in the program it was found.
func TestErrorsAreSentences(t *testing.T) {
	inner := errs.Wrap("vault: recovery copy", fmt.Errorf("%w: there is a mistake in line 02", vault.ErrCopyMalformed))
	for _, err := range []error{inner, fmt.Errorf("app: %w", errs.Wrap("backup: open", inner)), errors.Join(inner)} {
		if got := explain(err); got != vault.ErrCopyMalformed.Error()+": there is a mistake in line 02" {
			t.Errorf("%q", got)
		}
	}
	if got := explain(errors.New("store: migrate: database or disk is full (13)")); !strings.Contains(got, "full-disk.md") {
		t.Errorf("%q", got)
	}
}

// A command that is named to be typed has the flags that it needs, and no password.
func TestHintsCarryTheirFlags(t *testing.T) {
	p := placeSettings{Database: "postgres://beside:secret@db/beside", Keyring: "/k"}
	if got := hint("release", p.flags()); got != "beside release --database … --keyring /k" {
		t.Errorf("%q", got)
	}
	if got := hint("check-up", placeSettings{Database: "./beside-data"}.flags()+backupFlags(app.Backups{Books: "/b", Keyring: "/c"})); got != "beside check-up --backup-to /b --keyring-to /c" {
		t.Errorf("%q", got)
	}
	t.Setenv("BESIDE_CALLED", "beside-here")
	t.Setenv("BESIDE_KEYRING", "/k")
	if got := hint("release", placeSettings{Database: "./beside-data", Keyring: "/k"}.flags()); got != "beside-here release" {
		t.Errorf("%q", got)
	}
}
