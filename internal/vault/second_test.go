package vault

import (
	"errors"
	"testing"

	"beside/internal/clock"
	"beside/internal/store"
	"beside/internal/testkit/pgtest"
)

func secondPlace(t *testing.T, where string) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), where, store.Options{Name: "keyring.db"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// With every change acknowledged, the copy alone opens what the keyring opens, and nothing that it does not: new books,
// erased items, erased books, and root keys that moved on.
func TestTheCopyOfTheKeyringIsAlwaysWhatItIs(t *testing.T) {
	pgtest.Both(t, func(t *testing.T, where string) {
		v := openVault(t, t.TempDir(), rootOf(1))
		before := aBook(1)
		if err := v.MakeBook(t.Context(), before); err != nil {
			t.Fatal(err)
		}
		second := secondPlace(t, where)
		if err := v.KeepCopy(t.Context(), second); err != nil {
			t.Fatal(err)
		}
		var sealed []Sealed
		for n := range byte(3) {
			if err := v.MakeBook(t.Context(), aBook(n+1)); err != nil {
				t.Fatal(err)
			}
			sealed = append(sealed, must(v.Seal(t.Context(), aBook(n+1), anItem(1), anEntry(1), []byte("mine"))))
			isCopied(t, v)
		}
		opens := func(n int, want error) {
			t.Helper()
			copied := must(Open(t.Context(), second, rootOf(1), clock.System(), nil))
			if _, err := copied.Unseal(t.Context(), aBook(byte(n+1)), anItem(1), anEntry(1), sealed[n]); !errors.Is(err, want) {
				t.Errorf("book %d opens from the copy with %v, want %v", n+1, err, want)
			}
			if err := copied.Leave(t.Context()); err != nil {
				t.Error(err)
			}
		}
		opens(0, nil)
		gone := must(v.Erase(t.Context(), before, anItem(1)))
		isCopied(t, v)
		must(v.EraseBook(t.Context(), aBook(2)))
		isCopied(t, v)
		opens(0, ErrErased)
		opens(1, ErrErased)
		opens(2, nil)
		if err := v.Renew(t.Context(), gone.Generation); err != nil {
			t.Fatal(err)
		}
		isCopied(t, v)
		opens(2, nil)
	})
}

func isCopied(t *testing.T, v *Vault) {
	t.Helper()
	err := v.second.View(t.Context(), func(to *store.Tx) error {
		return v.db.View(t.Context(), func(from *store.Tx) error {
			all, err := copied(from)
			if err != nil {
				return err
			}
			if same, err := alike(all, from, to); err != nil || !same {
				t.Errorf("the copy is not what the keyring is, %v", err)
			}
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A copy that was away for a while is brought up when it is kept again; one of another keyring is left alone, and while it
// does not answer nothing is acknowledged.
func TestACopyThatWasAway(t *testing.T) {
	dir, where := t.TempDir(), t.TempDir()
	v := openVault(t, dir, rootOf(1))
	second := secondPlace(t, where)
	if err := v.KeepCopy(t.Context(), second); err != nil {
		t.Fatal(err)
	}
	v.second = nil
	for n := range byte(3) {
		if err := v.MakeBook(t.Context(), aBook(n+1)); err != nil {
			t.Fatal(err)
		}
	}
	if err := v.KeepCopy(t.Context(), second); err != nil {
		t.Fatal(err)
	}
	isCopied(t, v)
	other := openVault(t, t.TempDir(), rootOf(2))
	if err := other.KeepCopy(t.Context(), second); !errors.Is(err, ErrOtherRoot) {
		t.Errorf("over the copy of another keyring: %v", err)
	}
	_ = second.Close()
	if err := v.MakeBook(t.Context(), aBook(9)); err == nil {
		t.Error("a book was acknowledged without its copy")
	}
}

// A program that knows nothing of the copy changes the keyring. When it lets the root key move on, the copy follows before
// that counts; what else it changed is found by looking.
func TestTheCopyFollowsAnotherProgram(t *testing.T) {
	dir := t.TempDir()
	v, other := openVault(t, dir, rootOf(1)), openVault(t, dir, rootOf(1))
	makeBooks(t, v, 3)
	if err := v.KeepCopy(t.Context(), secondPlace(t, t.TempDir())); err != nil {
		t.Fatal(err)
	}
	stop := beating(t, v)
	gone := erase(t, other, 1, 1)
	if err := other.Renew(t.Context(), gone.Generation); err != nil {
		t.Fatal(err)
	}
	stop()
	isCopied(t, v)
	if err := other.MakeBook(t.Context(), aBook(7)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []bool{true, false} {
		if behind, err := v.CheckCopy(t.Context()); err != nil || behind != want {
			t.Errorf("behind %v, %v, want %v", behind, err, want)
		}
		isCopied(t, v)
	}
	_ = v.second.Close()
	gone = erase(t, other, 2, 1)
	stop = beating(t, v)
	defer stop()
	if err := other.Renew(t.Context(), gone.Generation); !errors.Is(err, ErrRootStays) {
		t.Errorf("it counts while a copy stays behind: %v", err)
	}
}
