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
		if err := other.Check(ctx); err != nil {
			t.Fatalf("a machine without the new root key is not well: %v", err)
		}
		// Until every machine has the new root key, nothing is put under it: the other can open all there is.
		makeBooks(t, v, 4)
		if err := other.MakeBook(ctx, aBook(5)); err != nil {
			t.Fatalf("a machine without the new root key cannot take anybody in: %v", err)
		}
		erase(t, v, 2, 1)
		kept = append(kept, write(t, v, 4, 1, 1, "came meanwhile"), write(t, v, 5, 1, 1, "came there"), write(t, v, 2, 2, 1, "beside what was erased"))
		for _, w := range kept {
			w.opens(t, v)
			w.opens(t, other)
		}
		if ended, err := v.Resume(ctx); ended || !errors.Is(err, ErrNextRootMissing) {
			t.Fatalf("resumed while the other machine has no new root key: %v", err)
		}
		copyFile(t, next, NextRootFile(elsewhere))
		for range 2 {
			if err := v.Rotate(ctx); err != nil {
				t.Fatal(err)
			}
		}
		// A key that was drawn anew can be drawn anew.
		if _, err := v.BeginRotation(ctx, nil); err != nil {
			t.Fatal(err)
		}
		copyFile(t, next, NextRootFile(elsewhere))
		if ended, err := v.Resume(ctx); err != nil || !ended {
			t.Fatalf("a second rotation: %v, %v", ended, err)
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

// Whatever a program that died left of older root key files, the next that opens the keyring overwrites it, and never the
// one that counts.
func TestWhatADeadProgramLeftIsOverwritten(t *testing.T) {
	path, root := rootFile(t)
	where := t.TempDir()
	before := openVault(t, where, must(LoadOrMakeRoot(path, nil)))
	if err := before.Leave(t.Context()); err != nil {
		t.Fatal(err)
	}
	seen := filepath.Join(t.TempDir(), "seen")
	older := formatRoot(*rootOf(9).key.open())
	for name, left := range map[string]string{
		"an older root key":             path + goneEnding,
		"a new one that was not needed": path + movingEnding + goneEnding,
		"one whose turn was over":       nextPath(path) + goneEnding,
	} {
		_ = os.Remove(seen)
		if err := errors.Join(os.WriteFile(left, older, 0o600), os.Link(left, seen)); err != nil {
			t.Fatal(err)
		}
		opened(t, where, path)
		if b := must(os.ReadFile(seen)); !bytes.Equal(b, make([]byte, len(older))) {
			t.Errorf("%s was not overwritten", name)
		}
	}
	if err := os.Link(path, path+goneEnding); err != nil { // it died before the new one took the place
		t.Fatal(err)
	}
	opened(t, where, path)
	if got := must(LoadOrMakeRoot(path, nil)); !got.Same(root) {
		t.Error("the root key that counts was overwritten")
	}
	if left := must(os.ReadDir(filepath.Dir(path))); len(left) != 2 {
		t.Errorf("there lie %v", left)
	}
}

// opened opens a keyring with the root key of a file, and leaves it.
func opened(t *testing.T, where, path string) {
	t.Helper()
	if err := openVault(t, where, must(LoadOrMakeRoot(path, nil))).Leave(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	if err := os.WriteFile(to, must(os.ReadFile(from)), 0o600); err != nil {
		t.Fatal(err)
	}
}
