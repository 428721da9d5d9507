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

// The page that people read is checked as it is, by the copy at its end.
func TestThePageToReadIsVerified(t *testing.T) {
	w := world.New(t, t.TempDir())
	ana := w.Join(t, "Ana <Mira>")
	ana.Get("/me/copy")
	ana.Send("main form", "as", "page")
	out := filepath.Join(t.TempDir(), "page.html")
	v := verifyCommand{Export: out, Key: w.App.Log.Key().String()}
	for _, x := range []struct {
		was, is string
		fine    bool
	}{{"", "", true}, {`Ana \u003cMira`, `Eva \u003cMira`, false}, {`<script type="application/json" id="proofs">`, `<script>`, false}} {
		page := bytes.Replace(ana.Body, []byte(x.was), []byte(x.is), 1)
		if x.was != "" && bytes.Equal(page, ana.Body) {
			t.Fatalf("there is no %s in it", x.was)
		}
		if err := os.WriteFile(out, page, 0o600); err != nil {
			t.Fatal(err)
		}
		var said bytes.Buffer
		err := v.run(t.Context(), &said, io.Discard)
		if (err == nil) != x.fine || x.fine && (!strings.Contains(said.String(), "Nothing is wrong") || !strings.Contains(said.String(), "This is a page.")) {
			t.Errorf("with %q: %v: %s", x.is, err, said.String())
		}
	}
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
