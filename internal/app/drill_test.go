package app_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"beside/internal/app"
	"beside/internal/vault"
)

// drawnAnew draws a new root key in a place, which is written to the copy of its keyring, if it has one. A machine that the
// keyring remembers of before is said to be gone for good, as an operator would say it.
func drawnAnew(t *testing.T, a *app.App) {
	t.Helper()
	all, err := a.Vault.Machines(t.Context())
	for _, m := range all {
		if !m.Here {
			err = errors.Join(err, a.Vault.Retire(t.Context(), m.ID))
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	_, err = a.Vault.BeginRotation(t.Context(), nil)
	if err = errors.Join(err, a.Vault.Rotate(t.Context())); err != nil {
		t.Fatal(err)
	}
}

// A restore is tried on a machine that reaches the folders of the place that lives on. Whatever happens in what came back,
// nothing is written to the living place's copy of its keyring: with its own root key it is started as before.
func TestATriedRestoreLeavesTheLivingAlone(t *testing.T) {
	c := config(t, t.TempDir())
	c.KeyringCopy = t.TempDir()
	a := start(t, c)
	joined(t, a, "Ana")
	to := app.Backups{Books: filepath.Join(t.TempDir(), "books"), Keyring: filepath.Join(t.TempDir(), "keys")}
	backedUp(t, c, to)
	copied := copyOfRoot(t, c.RootKey)
	for name, from := range map[string]app.From{
		"from a backup": {Books: to.Books, Keyring: to.Keyring, Copy: &copied, Log: true},
		"from the copy": {Books: to.Books, Second: c.KeyringCopy, Copy: &copied, Log: true},
	} {
		fresh := config(t, t.TempDir())
		did, err := app.Restore(t.Context(), fresh, from)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if said := strings.Contains(did.CopyWas, c.KeyringCopy); said != (from.Keyring != "") {
			t.Errorf("%s: of the copy it says %q", name, did.CopyWas)
		}
		back := start(t, fresh)
		joined(t, back, "Bea")
		drawnAnew(t, back)
		stop(t, back)
	}
	stop(t, a)
	if a, err := app.New(t.Context(), c); err != nil {
		t.Errorf("the living place does not start: %v", err)
	} else {
		stop(t, a)
	}

	// Somebody even says that the copy is to be kept there. Then it is not this place's any more: it is neither written over
	// nor taken, and this place starts with another.
	fresh := config(t, t.TempDir())
	if _, err := app.Restore(t.Context(), fresh, app.From{Books: to.Books, Keyring: to.Keyring, Copy: &copied, Log: true}); err != nil {
		t.Fatal(err)
	}
	fresh.KeyringCopy = c.KeyringCopy
	back := start(t, fresh)
	drawnAnew(t, back)
	stop(t, back)
	if _, err := app.New(t.Context(), c); !errors.Is(err, vault.ErrKnowsMore) {
		t.Errorf("started beside a copy that another place wrote: %v", err)
	}
	if err := app.TakeCopy(t.Context(), c); !errors.Is(err, vault.ErrOtherRoot) {
		t.Errorf("what another place wrote was taken as the keyring: %v", err)
	}
	c.KeyringCopy = t.TempDir()
	a = start(t, c)
	joined(t, a, "Cem")
	stop(t, a)
}
