package vault

import (
	"context"
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
		if err := keepCopy(v, second); err != nil {
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
	err := v.copies.db.View(t.Context(), func(to *store.Tx) error {
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
	if err := keepCopy(v, second); err != nil {
		t.Fatal(err)
	}
	v.copies.open = nil
	for n := range byte(3) {
		if err := v.MakeBook(t.Context(), aBook(n+1)); err != nil {
			t.Fatal(err)
		}
	}
	if err := keepCopy(v, second); err != nil {
		t.Fatal(err)
	}
	isCopied(t, v)
	other := openVault(t, t.TempDir(), rootOf(2))
	if err := keepCopy(other, second); !errors.Is(err, ErrOtherRoot) {
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
	if err := keepCopy(v, secondPlace(t, t.TempDir())); err != nil {
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
	_ = v.copies.db.Close()
	gone = erase(t, other, 2, 1)
	stop = beating(t, v)
	defer stop()
	if err := other.Renew(t.Context(), gone.Generation); !errors.Is(err, ErrRootStays) {
		t.Errorf("it counts while a copy stays behind: %v", err)
	}
}

// An older keyring, as it comes back from a backup, never takes the place of a copy that knows more: a book, something that
// was erased, or a newer root key. The copy is taken in its place instead; never the other way round either.
func TestACopyThatKnowsMoreIsLeftAsItIs(t *testing.T) {
	for name, change := range map[string]func(t *testing.T, v *Vault){
		"a book":         func(t *testing.T, v *Vault) { makeBooks(t, v, 2) },
		"an erased item": func(t *testing.T, v *Vault) { erase(t, v, 1, 1) },
		"an erased book": func(t *testing.T, v *Vault) { must(v.EraseBook(t.Context(), aBook(1))) },
		"a newer root key": func(t *testing.T, v *Vault) {
			_, newest, _, err := v.Renewed(t.Context())
			if err == nil {
				err = v.Renew(t.Context(), newest)
			}
			if err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			engines(t, name == "a book", func(t *testing.T, where string) {
				ctx := t.Context()
				second, lost := secondPlace(t, where), openVault(t, t.TempDir(), rootOf(1))
				makeBooks(t, lost, 1)
				older := secondPlace(t, t.TempDir())
				if err := errors.Join(migrate(ctx, older), makeAlike(ctx, lost.db, older), keepCopy(lost, second)); err != nil {
					t.Fatal(err)
				}
				change(t, lost)
				if err := lost.Leave(ctx); err != nil {
					t.Fatal(err)
				}
				v := must(Open(ctx, older, rootOf(1), clock.System(), nil))
				if err := keepCopy(v, second); !errors.Is(err, ErrKnowsMore) {
					t.Fatalf("an older keyring over its copy: %v", err)
				}
				if err := v.Leave(ctx); err != nil {
					t.Fatal(err)
				}
				isCopied(t, lost)
				if err := TakeCopy(ctx, second, older); !errors.Is(err, ErrKnowsMore) {
					t.Fatalf("an older copy over the keyring: %v", err)
				}
				for range 2 {
					if err := TakeCopy(ctx, older, second); err != nil {
						t.Fatal(err)
					}
				}
				v = must(Open(ctx, older, rootOf(1), clock.System(), nil))
				if err := keepCopy(v, second); err != nil {
					t.Fatal(err)
				}
				isCopied(t, v)
			})
		})
	}
	if err := TakeCopy(t.Context(), secondPlace(t, t.TempDir()), secondPlace(t, t.TempDir())); !errors.Is(err, ErrNoKeyring) {
		t.Errorf("from an empty place: %v", err)
	}
}

// engines runs a test on SQLite, and on both engines when that is asked for.
func engines(t *testing.T, both bool, fn func(t *testing.T, where string)) {
	if both {
		pgtest.Both(t, fn)
		return
	}
	fn(t, t.TempDir())
}

// keepCopy has a vault keep a copy in a place that is open.
func keepCopy(v *Vault, second *store.DB) error {
	v.Copies(func(context.Context, string) (*store.DB, error) { return second, nil })
	_, err := v.KeepCopy(context.Background(), "the second", second)
	return err
}

// The keyring itself names the place of its copy: a program that was told nothing of it writes there too. When it is changed
// or ended, all follow.
func TestEveryProgramKeepsTheCopy(t *testing.T) {
	pgtest.Both(t, func(t *testing.T, where string) {
		ctx, dir := t.Context(), t.TempDir()
		v, other := openVault(t, where, rootOf(1)), openVault(t, where, rootOf(1))
		places := map[string]*store.DB{"one": secondPlace(t, dir), "two": secondPlace(t, t.TempDir())}
		for _, x := range []*Vault{v, other} {
			x.Copies(func(_ context.Context, place string) (*store.DB, error) { return places[place], nil })
		}
		isAt := func(place string, books byte) {
			t.Helper()
			if err := other.MakeBook(ctx, aBook(books)); err != nil {
				t.Fatal(err)
			}
			for name, db := range places {
				var n byte
				err := db.View(ctx, func(tx *store.Tx) error { return tx.Row(`SELECT COUNT(*) FROM book_tree`).Scan(&n) })
				if got := n == books; err != nil || got != (name == place) {
					t.Errorf("after book %d there are %d at %s, %v", books, n, name, err)
				}
			}
		}
		if err := migrate(ctx, places["two"]); err != nil {
			t.Fatal(err)
		}
		if before, err := v.KeepCopy(ctx, "one", places["one"]); err != nil || before != "" {
			t.Fatal(before, err)
		}
		isAt("one", 1)
		isAt("one", 2)
		if before, err := v.KeepCopy(ctx, "two", places["two"]); err != nil || before != "one" {
			t.Fatal(before, err)
		}
		isAt("two", 3)
		if before, err := v.EndCopy(ctx); err != nil || before != "two" {
			t.Fatal(before, err)
		}
		isAt("none", 4)
	})
}
