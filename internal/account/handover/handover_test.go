package handover_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"beside/internal/account/handover"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/store"
	"beside/internal/vault"
)

// TestASecretFollowsFromItsForm: the same form gives the same secret and id, another gives others, and what was typed from
// paper is read as it was made.
func TestASecretFollowsFromItsForm(t *testing.T) {
	dir := t.TempDir()
	root, err := vault.LoadOrMakeRoot(dir+"/root.key", nil)
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(context.Background(), dir, store.Options{Name: "keyring.db"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	now := clock.NewManual(clock.Second)
	v, err := vault.Open(context.Background(), db, root, now, nil)
	if err != nil {
		t.Fatal(err)
	}
	e := id.New[id.Entry](id.NewMaker(now, nil))
	secret := handover.Secret(v, "test", []byte("ab"), []byte("c"))
	if len(secret) != handover.SecretSigns || handover.Secret(v, "test", []byte("ab"), []byte("c")) != secret {
		t.Errorf("the secret is %q", secret)
	}
	for _, other := range []string{
		handover.Secret(v, "test", []byte("a"), []byte("bc")), handover.Secret(v, "test", []byte("abc")), handover.Secret(v, "other", []byte("ab"), []byte("c")),
	} {
		if other == secret {
			t.Error("another form has the same secret")
		}
	}
	if got := handover.Read(strings.ToLower(handover.Spaced(secret))); got != secret {
		t.Errorf("%q is read as %q", secret, got)
	}
	hash := handover.Blind(v, "id", e.Bytes())
	a := handover.ID[id.Known](e, hash)
	if a != handover.ID[id.Known](e, hash) || !bytes.Equal(a.Bytes()[:8], e.Bytes()[:8]) || bytes.Equal(a.Bytes()[8:], e.Bytes()[8:]) {
		t.Errorf("the id of %v is %v", e, a)
	}
	if parsed, err := id.Parse[id.Known](a.String()); err != nil || parsed != a {
		t.Errorf("the id is read as %v, %v", parsed, err)
	}
}

func TestANameIsALine(t *testing.T) {
	for name, want := range map[string]bool{"Ben": true, " ": false, strings.Repeat("x", handover.MaxName): true, strings.Repeat("x", handover.MaxName+1): false} {
		var c errs.Check
		handover.CheckName(&c, "label", book.NewText(name))
		if ok := c.Err("test") == nil; ok != want {
			t.Errorf("%q is taken: %v", name, ok)
		}
	}
}
