package vault

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"beside/internal/testkit/pgtest"
)

// TestRotation: two programs on two machines go on serving while the root key is drawn anew; one that has not got it yet
// holds everything up; afterwards the old key, and a recovery copy of it, open nothing, and the new one everything.
func TestRotation(t *testing.T) {
	pgtest.Both(t, func(t *testing.T, where string) {
		ctx := t.Context()
		path, old := rootFile(t)
		elsewhere := filepath.Join(t.TempDir(), "root.key")
		copyFile(t, path, elsewhere)
		v, other := openVault(t, where, must(LoadOrMakeRoot(path, nil))), openVault(t, where, must(LoadOrMakeRoot(elsewhere, nil)))
		makeBooks(t, v, 3)
		kept := []written{write(t, v, 1, 1, 1, "kept"), write(t, v, 3, 1, 1, "another's")}
		key := v.Key("a")
		stop := beating(t, other)
		next, err := v.BeginRotation(ctx, nil)
		if again, twice := v.BeginRotation(ctx, nil); err != nil || twice != nil || again != next {
			t.Fatalf("%v, %v, %s and %s", err, twice, next, again)
		}
		if err := v.Rotate(ctx); !errors.Is(err, ErrNextRootMissing) {
			t.Fatalf("rotated while the other machine has no new root key: %v", err)
		}
		for _, w := range kept {
			w.opens(t, v)
			w.opens(t, other)
		}
		copyFile(t, next, NextRootFile(elsewhere))
		for range 2 {
			if err := v.Rotate(ctx); err != nil {
				t.Fatal(err)
			}
		}
		stop()
		for _, file := range []string{path, elsewhere} {
			if r := must(LoadOrMakeRoot(file, nil)); bytes.Equal(r.key.bytes(), old.key.bytes()) {
				t.Errorf("%s is still the old one", file)
			}
			if _, err := os.Stat(nextPath(file)); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("%s lies there still: %v", nextPath(file), err)
			}
		}
		for _, node := range []*Vault{v, other, openVault(t, where, must(LoadOrMakeRoot(path, nil)))} {
			for _, w := range kept {
				w.opens(t, node)
			}
			if !bytes.Equal(key, node.Key("a")) {
				t.Error("a key of a purpose changed")
			}
		}
		if ok, err := v.Leads(ctx, old); err != nil || ok {
			t.Errorf("the old recovery copy leads to it still, %v", err)
		}
		if _, err := Open(ctx, openStore(t, where), old.Apart(), v.clock, nil); !errors.Is(err, ErrOtherRoot) {
			t.Errorf("the old root key opens it: %v", err)
		}
	})
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	if err := os.WriteFile(to, must(os.ReadFile(from)), 0o600); err != nil {
		t.Fatal(err)
	}
}
