package vault

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/store"
	"beside/internal/testkit/pgtest"
)

func openStore(t testing.TB, where string) *store.DB {
	t.Helper()
	db, err := store.Open(context.Background(), where, store.Options{Name: "keyring.db"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func openVault(t testing.TB, where string, r Root) *Vault {
	t.Helper()
	v, err := Open(context.Background(), openStore(t, where), r, clock.NewManual(clock.Day), nil)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// both runs a test on a new keyring on each engine.
func both(t *testing.T, fn func(t *testing.T, ctx context.Context, v *Vault, where string)) {
	pgtest.Both(t, func(t *testing.T, where string) {
		fn(t, t.Context(), openVault(t, where, rootOf(1)), where)
	})
}

func TestASealedTextOpensAfterARestart(t *testing.T) {
	both(t, func(t *testing.T, ctx context.Context, v *Vault, where string) {
		if err := v.MakeBook(ctx, aBook(1)); err != nil {
			t.Fatal(err)
		}
		s := must(v.Seal(ctx, aBook(1), anItem(1), anEntry(1), []byte("my first step")))
		for name, w := range map[string]*Vault{"the same": v, "a second node": openVault(t, where, rootOf(1))} {
			got, err := w.Unseal(ctx, aBook(1), anItem(1), anEntry(1), s)
			if err != nil || string(got) != "my first step" {
				t.Errorf("%s: %q, %v", name, got, err)
			}
		}
	})
}

func TestAnotherRootKeyIsRefused(t *testing.T) {
	both(t, func(t *testing.T, ctx context.Context, _ *Vault, where string) {
		_, err := Open(ctx, openStore(t, where), rootOf(2), clock.NewManual(0), nil)
		if !errors.Is(err, ErrOtherRoot) {
			t.Errorf("%v, want ErrOtherRoot", err)
		}
		openVault(t, where, rootOf(1)) // the refusal changed nothing
	})
}

func TestNoRootKeyIsRefused(t *testing.T) {
	if _, err := Open(t.Context(), openStore(t, t.TempDir()), Root{}, clock.NewManual(0), nil); !errors.Is(err, ErrRootMalformed) {
		t.Errorf("%v, want ErrRootMalformed", err)
	}
}

func TestMakingABookTwiceKeepsItsTree(t *testing.T) {
	both(t, func(t *testing.T, ctx context.Context, v *Vault, where string) {
		var wg sync.WaitGroup
		sealed, failed := make([]Sealed, 8), make([]error, 8)
		for i := range sealed {
			wg.Go(func() {
				if failed[i] = v.MakeBook(ctx, aBook(1)); failed[i] == nil {
					sealed[i], failed[i] = v.Seal(ctx, aBook(1), anItem(1), anEntry(1), []byte("kept"))
				}
			})
		}
		wg.Wait()
		fresh := openVault(t, where, rootOf(1))
		for i, s := range sealed {
			if failed[i] != nil {
				t.Fatal(failed[i])
			}
			if _, err := fresh.Unseal(ctx, aBook(1), anItem(1), anEntry(1), s); err != nil {
				t.Errorf("caller %d: %v", i, err)
			}
		}
	})
}

func TestABookTheKeyringDoesNotKnow(t *testing.T) {
	both(t, func(t *testing.T, ctx context.Context, v *Vault, _ string) {
		_, sealErr := v.Seal(ctx, aBook(9), anItem(1), anEntry(1), nil)
		_, openErr := v.Unseal(ctx, aBook(9), anItem(1), anEntry(1), make(Sealed, 200))
		for _, err := range []error{sealErr, openErr} {
			if !errors.Is(err, ErrNoBook) || !errs.Is(err, errs.NotOpen) {
				t.Errorf("%v, want ErrNoBook of kind not open", err)
			}
		}
	})
}

func TestAPlaceMustBeWhole(t *testing.T) {
	v := openVault(t, t.TempDir(), rootOf(1))
	ctx := t.Context()
	if err := v.MakeBook(ctx, aBook(0)); err == nil {
		t.Error("made a tree for no book")
	}
	if err := v.MakeBook(ctx, aBook(1)); err != nil {
		t.Fatal(err)
	}
	for name, p := range map[string]place{
		"no book": {aBook(0), anItem(1), anEntry(1)}, "no item": {aBook(1), anItem(0), anEntry(1)}, "no entry": {aBook(1), anItem(1), anEntry(0)},
	} {
		if _, err := v.Seal(ctx, p.book, p.item, p.entry, nil); err == nil {
			t.Errorf("%s: sealed", name)
		}
	}
}

func TestAValueOfElsewhereIsNotOpened(t *testing.T) {
	both(t, func(t *testing.T, ctx context.Context, v *Vault, _ string) {
		for b := range byte(2) {
			if err := v.MakeBook(ctx, aBook(b+1)); err != nil {
				t.Fatal(err)
			}
		}
		s := must(v.Seal(ctx, aBook(1), anItem(1), anEntry(1), []byte("mine")))
		for _, p := range []place{
			{aBook(2), anItem(1), anEntry(1)}, {aBook(1), anItem(2), anEntry(1)}, {aBook(1), anItem(1), anEntry(2)},
		} {
			_, err := v.Unseal(ctx, p.book, p.item, p.entry, s)
			if !errors.Is(err, ErrNotThis) || !errs.Is(err, errs.Internal) {
				t.Errorf("%v: %v, want ErrNotThis of kind internal", p, err)
			}
		}
	})
}

// A keyring in which an item was erased, as a later version writes it, is understood today.
func TestAnErasedItemStaysErased(t *testing.T) {
	both(t, func(t *testing.T, ctx context.Context, v *Vault, where string) {
		if err := v.MakeBook(ctx, aBook(1)); err != nil {
			t.Fatal(err)
		}
		gone := must(v.Seal(ctx, aBook(1), anItem(1), anEntry(1), []byte("gone")))
		kept := must(v.Seal(ctx, aBook(1), anItem(2), anEntry(2), []byte("kept")))
		puncture(t, v, aBook(1), anItem(1))

		v = openVault(t, where, rootOf(1))
		if got, err := v.Unseal(ctx, aBook(1), anItem(2), anEntry(2), kept); err != nil || string(got) != "kept" {
			t.Errorf("the other item: %q, %v", got, err)
		}
		_, openErr := v.Unseal(ctx, aBook(1), anItem(1), anEntry(1), gone)
		_, sealErr := v.Seal(ctx, aBook(1), anItem(1), anEntry(3), []byte("again"))
		for _, err := range []error{openErr, sealErr} {
			if !errors.Is(err, ErrErased) || !errs.Is(err, errs.NotOpen) {
				t.Errorf("%v, want ErrErased of kind not open", err)
			}
		}
	})
}

// puncture stores the tree of a book without the leaf of an item.
func puncture(t *testing.T, v *Vault, b id.Book, it id.Item) {
	t.Helper()
	tr := must(v.load(t.Context(), b))
	replaceTree(t, v, b, must(v.wrapTree(firstGeneration(t, v), b, tr.without(tr.path(it)))))
}

func firstGeneration(t *testing.T, v *Vault) (g generation) {
	t.Helper()
	err := v.db.View(t.Context(), func(tx *store.Tx) error {
		gens, err := generationsIn(tx)
		g = gens[0]
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func replaceTree(t *testing.T, v *Vault, b id.Book, wrapped []byte) {
	t.Helper()
	err := v.db.Update(t.Context(), func(tx *store.Tx) error {
		_, err := tx.Exec(`UPDATE book_tree SET wrapped = $1 WHERE book = $2`, wrapped, b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Somebody who can write the keyring, but has no root key, cannot give one book the tree of another.
func TestATreeBelongsToItsBook(t *testing.T) {
	both(t, func(t *testing.T, ctx context.Context, v *Vault, where string) {
		for b := range byte(2) {
			if err := v.MakeBook(ctx, aBook(b+1)); err != nil {
				t.Fatal(err)
			}
		}
		wrapped := must(v.wrapTree(firstGeneration(t, v), aBook(1), must(v.load(ctx, aBook(1)))))
		replaceTree(t, v, aBook(2), wrapped)
		if _, err := v.Seal(ctx, aBook(2), anItem(1), anEntry(1), nil); !errors.Is(err, errTree) {
			t.Errorf("%v, want errTree", err)
		}
		if err := v.Check(ctx); !errors.Is(err, errTree) {
			t.Errorf("Check: %v, want errTree", err)
		}
		for _, bad := range [][]byte{{}, {0}, {wrappedVersion}, wrapped[:len(wrapped)-1], append([]byte{2}, wrapped[1:]...)} {
			if _, err := v.unwrapTree(firstGeneration(t, v), aBook(1), bad); !errors.Is(err, errTree) {
				t.Errorf("%d bytes: %v, want errTree", len(bad), err)
			}
		}
	})
}

func TestCheck(t *testing.T) {
	both(t, func(t *testing.T, ctx context.Context, v *Vault, _ string) {
		if err := v.Check(ctx); err != nil {
			t.Errorf("a new keyring: %v", err)
		}
		if err := v.MakeBook(ctx, aBook(1)); err != nil {
			t.Fatal(err)
		}
		if err := v.Check(ctx); err != nil {
			t.Errorf("a keyring with a book: %v", err)
		}
		other := &Vault{db: v.db, roots: newRoots(rootOf(2))}
		if err := other.Check(ctx); !errors.Is(err, ErrOtherRoot) {
			t.Errorf("another root key: %v, want ErrOtherRoot", err)
		}
		if err := v.db.Close(); err != nil {
			t.Fatal(err)
		}
		if err := v.Check(ctx); err == nil {
			t.Error("a keyring that does not answer is called well")
		}
	})
}

func TestPurposesHaveKeysOfTheirOwn(t *testing.T) {
	golden := openVault(t, t.TempDir(), must(parseRoot([]byte(goldenRoot))))
	golden.purposes = &purposes{secret: must(parseRoot([]byte(goldenRoot))).key}
	if got := hex.EncodeToString(golden.Key("cookies")); got != goldenKey {
		t.Errorf("Key = %s, want %s", got, goldenKey)
	}
	if got := hex.EncodeToString(golden.Blind("sign-in name", "ada")); got != goldenBlind {
		t.Errorf("Blind = %s, want %s", got, goldenBlind)
	}
	other := openVault(t, t.TempDir(), rootOf(1))
	seen := map[string]bool{}
	for _, v := range []*Vault{golden, other} {
		for _, k := range [][]byte{
			v.Key("a"), v.Key("b"), v.Key(""), v.Blind("a", "x"), v.Blind("b", "x"), v.Blind("a", "y"), v.Blind("a", ""),
			v.roots.first.key.derive(purposeWrap).bytes(), v.roots.first.key.derive(purposeCheck).bytes(),
		} {
			if len(k) != 32 || seen[string(k)] {
				t.Errorf("%x is not 32 bytes of its own", k)
			}
			seen[string(k)] = true
		}
	}
	if !bytes.Equal(golden.Blind("a", "x"), golden.Blind("a", "x")) || !bytes.Equal(golden.Key("a"), golden.Key("a")) {
		t.Error("not the same every time")
	}
}

// The files of a keyring hold no key in clear.
func TestNoKeyStandsInTheFiles(t *testing.T) {
	dir, r := t.TempDir(), rootOf(1)
	v := openVault(t, dir, r)
	if err := v.MakeBook(t.Context(), aBook(1)); err != nil {
		t.Fatal(err)
	}
	tr := must(v.load(t.Context(), aBook(1)))
	secrets := [][]byte{r.key.bytes(), tr.cover[0].seed[:], tr.salt[:], r.key.derive(purposeWrap).bytes()}
	found := false
	for _, f := range must(filepath.Glob(filepath.Join(dir, "*"))) {
		content := must(os.ReadFile(f))
		found = found || bytes.Contains(content, aBook(1).Bytes())
		for i, s := range secrets {
			if bytes.Contains(content, s) {
				t.Errorf("secret %d stands in %s", i, filepath.Base(f))
			}
		}
	}
	if !found {
		t.Error("the book's row is in no file, so this test looked in the wrong place")
	}
}

func TestManyReadersAtOnce(t *testing.T) {
	both(t, func(t *testing.T, ctx context.Context, v *Vault, _ string) {
		v.recent = newRecent(2) // so that trees come and go
		var wg sync.WaitGroup
		for b := range byte(6) {
			wg.Go(func() {
				if err := v.MakeBook(ctx, aBook(b+1)); err != nil {
					t.Error(err)
				}
				for n := range byte(20) {
					s, err := v.Seal(ctx, aBook(b+1), anItem(n+1), anEntry(n+1), []byte{n})
					if err != nil {
						t.Error(err)
						return
					}
					if got, err := v.Unseal(ctx, aBook(b+1), anItem(n+1), anEntry(n+1), s); err != nil || !bytes.Equal(got, []byte{n}) {
						t.Errorf("%v, %v", got, err)
					}
				}
			})
		}
		wg.Wait()
	})
}
