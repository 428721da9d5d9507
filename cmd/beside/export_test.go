package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"beside/internal/app"
	"beside/internal/testkit/world"
)

// Whoever knows the sign-in words and the passphrase of a book gets its copy, which verify then checks; nobody else does.
func TestExportAndVerify(t *testing.T) {
	where := t.TempDir()
	w := world.New(t, where)
	ana := w.Join(t, "Ana")
	c := w.App.Config
	out := filepath.Join(t.TempDir(), "book.json")
	e := exportCommand{Out: out}
	wrong, _ := typing(ana.Words + "\nwrong\n")
	if err := e.copy(t.Context(), c, wrong); err == nil || !strings.Contains(err.Error(), "do not go together") {
		t.Fatalf("with another passphrase: %v", err)
	}
	if _, err := os.Stat(out); err == nil {
		t.Fatal("a file is left by a copy that was refused")
	}
	right, told := typing(ana.Words + "\r\n" + world.Passphrase + "\n")
	if err := e.copy(t.Context(), c, right); err != nil {
		t.Fatal(err)
	}
	key := w.App.Log.Key().String()
	if !strings.Contains(told.String(), key) {
		t.Errorf("it does not say how to check the copy: %s", told)
	}
	var said bytes.Buffer
	v := verifyCommand{Export: out, Key: key}
	if err := v.run(t.Context(), &said, io.Discard); err != nil || !strings.Contains(said.String(), "Nothing is wrong") {
		t.Fatalf("%v: %s", err, said.String())
	}
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(out, bytes.Replace(text, []byte(`"act":"write"`), []byte(`"act":"writf"`), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := v.run(t.Context(), &said, io.Discard); err == nil {
		t.Error("a changed copy is taken")
	}
	verifyWhole(t, where, c)
}

func verifyWhole(t *testing.T, where string, c app.Config) {
	t.Helper()
	var said bytes.Buffer
	v := verifyCommand{Database: where, Keyring: c.Keyring, RootKey: c.RootKey}
	if err := v.run(t.Context(), &said, io.Discard); err != nil || !strings.Contains(said.String(), "Nothing is wrong.") {
		t.Errorf("%v: %s", err, said.String())
	}
	said.Reset()
	v = verifyCommand{Database: where}
	if err := v.run(t.Context(), &said, io.Discard); err != nil || !strings.Contains(said.String(), "given_section") || !strings.Contains(said.String(), "NOT compared") {
		t.Errorf("without a keyring: %v: %s", err, said.String())
	}
}
