package vault

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/store"
	"beside/internal/testkit/pgtest"
)

// Puncturing takes away one leaf and leaves every other key as it was.
func TestPunctureIsTheTreeWithoutALeaf(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tr := must(newTree(seeded(rapid.Byte().Draw(t, "seed"))))
		slow := tr
		for range rapid.IntRange(1, 5).Draw(t, "erasings") {
			it := drawItem(t)
			tr, slow = tr.puncture(it), slow.without(slow.path(it))
			if _, err := tr.itemKey(it); !errors.Is(err, ErrErased) {
				t.Fatalf("the item erased: %v", err)
			}
			if !slices.Equal(tr.cover, slow.cover) || tr.salt != slow.salt {
				t.Fatal("not the tree without that leaf")
			}
			if tr.puncture(it) != tr {
				t.Fatal("erasing twice changes something")
			}
		}
		if _, err := decodeTree(tr.encode()); err != nil {
			t.Fatal(err)
		}
	})
}

// written is a text sealed in a book.
type written struct {
	p    place
	text string
	s    Sealed
}

func write(t testing.TB, v *Vault, b, it, e byte, text string) written {
	t.Helper()
	p := place{aBook(b), anItem(it), anEntry(e)}
	s, err := v.Seal(t.Context(), p.book, p.item, p.entry, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return written{p, text, s}
}

func (w written) opens(t testing.TB, v *Vault) {
	t.Helper()
	if got, err := v.Unseal(t.Context(), w.p.book, w.p.item, w.p.entry, w.s); err != nil || string(got) != w.text {
		t.Errorf("%q does not open: %q, %v", w.text, got, err)
	}
}

func (w written) isGone(t testing.TB, v *Vault) {
	t.Helper()
	got, err := v.Unseal(t.Context(), w.p.book, w.p.item, w.p.entry, w.s)
	if !errors.Is(err, ErrErased) || !errs.Is(err, errs.NotOpen) {
		t.Errorf("%q was erased: %q, %v", w.text, got, err)
	}
	if _, err := v.Seal(t.Context(), w.p.book, w.p.item, anEntry(200), nil); !errors.Is(err, ErrErased) {
		t.Errorf("%q was erased, and its item can be written: %v", w.text, err)
	}
}

func makeBooks(t testing.TB, v *Vault, n byte) {
	t.Helper()
	for b := range n {
		if err := v.MakeBook(t.Context(), aBook(b+1)); err != nil {
			t.Fatal(err)
		}
	}
}

func erase(t testing.TB, v *Vault, b, it byte) Gone {
	t.Helper()
	g, err := v.Erase(t.Context(), aBook(b), anItem(it))
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestErasingTakesOneItemAndNothingElse(t *testing.T) {
	both(t, func(t *testing.T, ctx context.Context, v *Vault, where string) {
		makeBooks(t, v, 2)
		gone, again := write(t, v, 1, 1, 1, "gone"), write(t, v, 1, 1, 2, "gone too, a later version")
		kept := []written{write(t, v, 1, 2, 3, "kept"), write(t, v, 2, 1, 1, "another's")}
		first := erase(t, v, 1, 1)
		if second := erase(t, v, 1, 1); second != first {
			t.Errorf("erased twice: %v, then %v", first, second)
		}
		for _, node := range []*Vault{v, openVault(t, where, rootOf(1))} {
			gone.isGone(t, node)
			again.isGone(t, node)
			for _, w := range kept {
				w.opens(t, node)
			}
		}
		if _, err := v.Erase(ctx, aBook(9), anItem(1)); !errors.Is(err, ErrNoBook) {
			t.Errorf("a book that is not there: %v", err)
		}
	})
}

func TestErasingABook(t *testing.T) {
	both(t, func(t *testing.T, ctx context.Context, v *Vault, where string) {
		makeBooks(t, v, 2)
		gone, kept := write(t, v, 1, 1, 1, "gone"), write(t, v, 2, 1, 1, "another's")
		erase(t, v, 1, 5)
		first, err := v.EraseBook(ctx, aBook(1))
		second, again := v.EraseBook(ctx, aBook(1))
		if err != nil || again != nil || first != second {
			t.Errorf("%v, %v, then %v, %v", first, err, second, again)
		}
		for _, node := range []*Vault{v, openVault(t, where, rootOf(1))} {
			gone.isGone(t, node)
			kept.opens(t, node)
			if err := node.MakeBook(ctx, aBook(1)); !errors.Is(err, ErrErased) {
				t.Errorf("the book can be made anew: %v", err)
			}
			if _, err := node.Erase(ctx, aBook(1), anItem(7)); !errors.Is(err, ErrErased) {
				t.Errorf("an item of it can be erased: %v", err)
			}
		}
		if _, err := v.EraseBook(ctx, aBook(9)); err != nil { // as after a restore of an older keyring
			t.Error(err)
		}
		if err := v.MakeBook(ctx, aBook(9)); !errors.Is(err, ErrErased) {
			t.Errorf("a book erased before it was known: %v", err)
		}
	})
}

func TestErasedIsListed(t *testing.T) {
	both(t, func(t *testing.T, ctx context.Context, v *Vault, _ string) {
		makeBooks(t, v, 3)
		want := []Tombstone{{aBook(1), anItem(1), clock.Day}, {aBook(1), anItem(2), clock.Day}, {aBook(2), anItem(1), clock.Day}, {aBook(2), id.Item{}, clock.Day}, {aBook(3), id.Item{}, clock.Day}}
		erase(t, v, 2, 1)
		erase(t, v, 1, 2)
		erase(t, v, 1, 1)
		for _, b := range []byte{3, 2} {
			if _, err := v.EraseBook(ctx, aBook(b)); err != nil {
				t.Fatal(err)
			}
		}
		for limit := 1; limit <= 6; limit++ {
			var got []Tombstone
			for after := (Tombstone{}); ; after = got[len(got)-1] {
				list, err := v.Erased(ctx, after, limit)
				if err != nil {
					t.Fatal(err)
				}
				if len(list) == 0 {
					break
				}
				got = append(got, list...)
			}
			if !slices.Equal(got, want) {
				t.Errorf("%d at a time: %v, want %v", limit, got, want)
			}
		}
		if n, err := v.ErasedCount(ctx); err != nil || n != int64(len(want)) {
			t.Errorf("%d, %v", n, err)
		}
	})
}

// A second node that remembers the tree, and asks as it should, opens nothing once the erasing has settled.
func TestAnotherNodeForgetsBeforeItSettles(t *testing.T) {
	both(t, func(t *testing.T, ctx context.Context, v *Vault, where string) {
		makeBooks(t, v, 1)
		gone, kept := write(t, v, 1, 1, 1, "gone"), write(t, v, 1, 2, 2, "kept")
		other := openVault(t, where, rootOf(1))
		gone.opens(t, other)
		stop := beating(t, other)
		if err := v.Settle(ctx, erase(t, v, 1, 1).Epoch); err != nil {
			t.Fatal(err)
		}
		stop()
		other.db = nil // from here on only what it remembers could help it
		if _, ok := other.recent.get(aBook(1)); ok {
			t.Fatal("it remembers the tree")
		}
		other = openVault(t, where, rootOf(1))
		gone.isGone(t, other)
		kept.opens(t, other)
	})
}

// beating lets a node ask all the time, until the function it returns is called.
func beating(t testing.TB, v *Vault) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		for ctx.Err() == nil {
			if err := v.Beat(ctx); err != nil && ctx.Err() == nil {
				t.Error(err)
			}
			_ = wait(ctx, 5*clock.Millisecond)
		}
	})
	stop = sync.OnceFunc(func() { cancel(); wg.Wait() })
	t.Cleanup(stop)
	return stop
}

// at gives a node a steady clock of the test's.
func at(v *Vault, now *clock.Manual) {
	v.here.steady = now.Now
	v.here.until.Store(int64(now.Now() + lease))
}

// A node that is cut off is waited for as long as it may use what it remembers, and no longer may it use it.
func TestANodeThatIsCutOffIsWaitedFor(t *testing.T) {
	both(t, func(t *testing.T, ctx context.Context, v *Vault, where string) {
		makeBooks(t, v, 1)
		gone := write(t, v, 1, 1, 1, "gone")
		other := openVault(t, where, rootOf(1))
		now := clock.NewManual(0)
		at(v, now)
		at(other, now)
		gone.opens(t, other)
		settled := make(chan error, 1)
		g := erase(t, v, 1, 1)
		go func() { settled <- v.Settle(ctx, g.Epoch) }()
		gone.opens(t, other) // its lease lasts: that is why there is no certificate yet
		now.Set(lease + margin - clock.Millisecond)
		select {
		case err := <-settled:
			t.Fatalf("settled before the lease of the other had surely run out: %v", err)
		case <-time.After(300 * time.Millisecond):
		}
		gone.isGone(t, other) // its lease is over
		now.Set(lease + margin)
		select {
		case err := <-settled:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(10 * time.Second):
			t.Fatal("not settled though the lease of the other has surely run out")
		}
	})
}

// A node whose row was taken away finds that out before it uses what it remembers.
func TestADismissedNodeComesBack(t *testing.T) {
	both(t, func(t *testing.T, ctx context.Context, v *Vault, where string) {
		makeBooks(t, v, 1)
		gone, kept := write(t, v, 1, 1, 1, "gone"), write(t, v, 1, 2, 2, "kept")
		other := openVault(t, where, rootOf(1))
		now := clock.NewManual(0)
		at(other, now)
		gone.opens(t, other)
		g := erase(t, v, 1, 1)
		if err := v.dismiss(ctx, g.Epoch); err != nil {
			t.Fatal(err)
		}
		now.Step(lease)
		gone.isGone(t, other)
		kept.opens(t, other)
		if err := v.Settle(ctx, g.Epoch); err != nil {
			t.Fatal(err)
		}
		if n, err := v.behind(ctx, g.Epoch+1); err != nil || n != 2 {
			t.Errorf("%d nodes are known, %v", n, err)
		}
	})
}

// The machine slept: the steady clock stood still, the other went on.
func TestALeaseDoesNotSleep(t *testing.T) {
	wall := clock.NewManual(clock.Day)
	v := must(Open(t.Context(), openStore(t, t.TempDir()), rootOf(1), wall, nil))
	for _, step := range []clock.Time{lease, -lease - 1} {
		if v.here.lapsed() {
			t.Fatal("lapsed at once")
		}
		wall.Step(step)
		if !v.here.lapsed() {
			t.Errorf("the clock went %d µs, and the lease lasts", step)
		}
		if err := v.current(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestLeaving(t *testing.T) {
	both(t, func(t *testing.T, ctx context.Context, v *Vault, where string) {
		makeBooks(t, v, 1)
		if err := openVault(t, where, rootOf(1)).Leave(ctx); err != nil {
			t.Fatal(err)
		}
		at(v, clock.NewManual(0)) // who waited would wait for ever
		if err := v.Settle(ctx, erase(t, v, 1, 1).Epoch); err != nil {
			t.Fatal(err)
		}
	})
}

// rootFile makes a root key file and returns its path and key.
func rootFile(t testing.TB) (string, Root) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "root.key")
	return path, must(LoadOrMakeRoot(path, nil))
}

// What an old copy of the keyring holds opens with nothing that is there today: neither with today's root key nor with any
// bytes of today's keyring. With the recovery copy of the root key it would.
func TestAnOldKeyringDoesNotOpenWithTodaysRootKey(t *testing.T) {
	pgtest.Both(t, func(t *testing.T, where string) {
		path, root := rootFile(t)
		v := openVault(t, where, root)
		makeBooks(t, v, 3)
		gone, kept := write(t, v, 1, 1, 1, "gone"), []written{write(t, v, 1, 2, 2, "kept"), write(t, v, 3, 1, 1, "another's")}
		old := treesOf(t, v)
		key, blind := v.Key("a"), v.Blind("b", "c")
		g := erase(t, v, 1, 1)
		if err := v.Renew(t.Context(), g.Generation); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			gone.isGone(t, v)
			for _, w := range kept {
				w.opens(t, v)
			}
			if err := v.Leave(t.Context()); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(key, v.Key("a")) || !bytes.Equal(blind, v.Blind("b", "c")) {
				t.Error("the keys of the purposes changed")
			}
			if err := v.Check(t.Context()); err != nil {
				t.Error(err)
			}
			v = openVault(t, where, must(LoadOrMakeRoot(path, nil)))
		}
		today := must(LoadOrMakeRoot(path, nil))
		if bytes.Equal(today.key.bytes(), root.key.bytes()) {
			t.Fatal("the root key file stayed")
		}
		keys := [][]byte{today.key.bytes(), today.next().key.bytes(), v.purposes.secret.bytes()}
		keys = append(keys, windows(todaysBytes(t, v, where, path))...)
		tried := 0
		for _, k := range keys {
			for _, r := range []Root{{key: newSecret([32]byte(k))}} {
				for _, key := range [][32]byte{[32]byte(k), *r.key.derive(purposeWrap).open()} {
					tried++
					if box := must(newBox(key)); opensOne(old, box.Decrypt) {
						t.Fatal("an old tree opens with what is there today")
					}
				}
			}
		}
		t.Logf("%d keys were tried on %d old trees", tried, len(old))
		if box := must(newBox(*root.key.derive(purposeWrap).open())); !opensOne(old, box.Decrypt) {
			t.Error("the old trees do not open with the old root key either: this test proves nothing")
		}
		if ok, err := v.Leads(t.Context(), root); err != nil || !ok {
			t.Errorf("the recovery copy does not open the keyring any more: %v", err)
		}
		if ok, err := v.Leads(t.Context(), rootOf(7)); err != nil || ok {
			t.Errorf("another root key is taken for the recovery copy: %v", err)
		}
		kept[0].opens(t, openVault(t, where, root)) // the recovery copy in its place
	})
}

func treesOf(t testing.TB, v *Vault) (list []wrappedTree) {
	t.Helper()
	err := v.db.View(t.Context(), func(tx *store.Tx) error {
		return store.Each(tx, `SELECT book, gen, wrapped FROM book_tree`, nil, func(scan func(...any) error) error {
			var w wrappedTree
			err := scan(&w.book, &w.gen, &w.wrapped)
			list = append(list, w)
			return err
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func opensOne(list []wrappedTree, open func(_, _ []byte) ([]byte, error)) bool {
	return slices.ContainsFunc(list, func(w wrappedTree) bool {
		_, err := open(w.wrapped[1:], w.book.Bytes())
		return err == nil
	})
}

// todaysBytes are all bytes of the root key file, and of the keyring: its files on SQLite, its rows on PostgreSQL.
func todaysBytes(t testing.TB, v *Vault, where, rootPath string) (all []byte) {
	t.Helper()
	all = must(os.ReadFile(rootPath))
	line := bytes.Fields(all)[1]
	all = append(all, must(hex.DecodeString(string(line)))...)
	for _, f := range must(filepath.Glob(filepath.Join(where, "*"))) {
		all = append(all, must(os.ReadFile(f))...)
	}
	for _, w := range treesOf(t, v) {
		all = append(all, w.wrapped...)
	}
	return all
}

// windows are the 32-byte keys that stand somewhere in b, each but once.
func windows(b []byte) (list [][]byte) {
	seen := map[[32]byte]bool{}
	for i := 0; i+32 <= len(b); i++ {
		w := [32]byte(b[i:])
		if !seen[w] {
			seen[w] = true
			list = append(list, w[:])
		}
	}
	return list
}

// A root key file that cannot be written keeps nobody from reading, but the certificate away.
func TestARootFileThatStaysIsTold(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Log("run as root, for whom no folder is closed: the file is put where no other can be made")
	}
	path, root := rootFile(t)
	v := openVault(t, t.TempDir(), root)
	makeBooks(t, v, 1)
	kept := write(t, v, 1, 2, 2, "kept")
	v.here.path = filepath.Join(filepath.Dir(path), "gone", "root.key")
	g := erase(t, v, 1, 1)
	if err := v.Renew(t.Context(), g.Generation); !errors.Is(err, ErrRootStays) {
		t.Errorf("%v, want ErrRootStays", err)
	}
	if n, err := v.FilesBehind(t.Context()); n != 1 || err != nil {
		t.Errorf("%d files stay behind, %v", n, err)
	}
	kept.opens(t, v)
	v.here.path = path
	if err := v.Renew(t.Context(), g.Generation); err != nil {
		t.Error(err)
	}
	if n, err := v.FilesBehind(t.Context()); n != 0 || err != nil {
		t.Errorf("%d files stay behind afterwards, %v", n, err)
	}
}

// Renewing that is broken off anywhere, and books made and items erased meanwhile, lose nothing.
func TestRenewingWhileOthersWrite(t *testing.T) {
	both(t, func(t *testing.T, ctx context.Context, v *Vault, where string) {
		makeBooks(t, v, 5)
		other := openVault(t, where, rootOf(1))
		stop := beating(t, other)
		var kept []written
		for b := range byte(5) {
			kept = append(kept, write(t, v, b+1, 1, 1, "kept"))
		}
		if err := v.begin(ctx, 0); err != nil { // broken off after its first step
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		wg.Go(func() {
			for b := byte(10); b < 20; b++ {
				if err := other.MakeBook(ctx, aBook(b)); err != nil {
					t.Error(err)
				}
				if _, err := other.Erase(ctx, aBook(b), anItem(3)); err != nil {
					t.Error(err)
				}
			}
		})
		for _, node := range []*Vault{v, other} {
			wg.Go(func() {
				for gen := range int64(3) {
					if err := node.Renew(ctx, gen); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		stop()
		for b := byte(10); b < 20; b++ {
			kept = append(kept, write(t, other, b, 1, 1, "kept"))
		}
		for _, node := range []*Vault{v, other, openVault(t, where, rootOf(1))} {
			for _, w := range kept {
				w.opens(t, node)
			}
		}
		if oldest, newest, _, err := v.Renewed(ctx); err != nil || oldest != newest || oldest < 3 {
			t.Errorf("generations %d to %d, %v", oldest, newest, err)
		}
	})
}

// A program that dies after any step of wrapping anew leaves a keyring that the root key file opens, and that is wrapped to its
// end by who starts next.
func TestRenewingThatIsBrokenOffOpens(t *testing.T) {
	both(t, func(t *testing.T, ctx context.Context, v *Vault, where string) {
		makeBooks(t, v, 2)
		kept := []written{write(t, v, 1, 1, 1, "kept"), write(t, v, 2, 1, 1, "kept too")}
		gens := func() (all []generation) {
			if err := v.db.View(ctx, func(tx *store.Tx) (err error) {
				all, err = generationsIn(tx)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return all
		}
		for n, step := range []func() error{
			func() error { return v.begin(ctx, 0) },
			func() error { return v.rewrapPurposes(ctx, gens()) },
			func() error {
				_, err := v.rewrapSome(ctx, gens(), id.Book{})
				return err
			},
		} {
			if err := step(); err != nil {
				t.Fatalf("step %d: %v", n, err)
			}
			next := openVault(t, where, rootOf(1))
			for _, w := range kept {
				w.opens(t, next)
			}
			if err := next.Leave(ctx); err != nil {
				t.Fatal(err)
			}
		}
		next := openVault(t, where, rootOf(1))
		defer beating(t, v)()
		if err := next.Renew(ctx, 0); err != nil {
			t.Fatal(err)
		}
		for _, w := range kept {
			w.opens(t, openVault(t, where, rootOf(1)))
		}
	})
}

// A keyring that an earlier Beside made keeps every key it had.
func TestAnOlderKeyringKeepsItsKeys(t *testing.T) {
	pgtest.Both(t, func(t *testing.T, where string) {
		root := rootOf(1)
		before := openVault(t, where, root)
		err := before.db.Update(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Exec(`UPDATE keyring SET purposes = NULL, purposes_gen = NULL`)
			return err
		})
		if err = errors.Join(err, before.Leave(t.Context())); err != nil {
			t.Fatal(err)
		}
		v := openVault(t, where, root)
		for range 2 {
			if got, want := v.Key("form token"), root.key.derive(purposeKey+"form token").bytes(); !bytes.Equal(got, want) {
				t.Error("the key of the forms changed")
			}
			for _, purpose := range oldPurposes {
				if !bytes.Equal(v.purposes.key(purpose), root.key.derive(purpose).bytes()) {
					t.Errorf("%s changed", purpose)
				}
			}
			if bytes.Equal(v.Key("later"), root.key.derive(purposeKey+"later").bytes()) {
				t.Error("a later purpose follows from the root key")
			}
			if err := v.Renew(t.Context(), 0); err != nil {
				t.Fatal(err)
			}
			later := v.Key("later")
			if err := v.Leave(t.Context()); err != nil {
				t.Fatal(err)
			}
			if v = openVault(t, where, root); !bytes.Equal(later, v.Key("later")) {
				t.Error("the key of a later purpose changed")
			}
		}
	})
}

func TestTwoProgramsMoveOneFile(t *testing.T) {
	path, root := rootFile(t)
	next := root.next()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for {
				moved, err := replaceRoot(path, next, clock.System().Now())
				if err != nil {
					t.Error(err)
				}
				if moved || err != nil {
					return
				}
			}
		})
	}
	wg.Wait()
	if got := must(LoadOrMakeRoot(path, nil)); !bytes.Equal(got.key.bytes(), next.key.bytes()) {
		t.Error("another root key stands there")
	}
	if left := must(filepath.Glob(filepath.Join(filepath.Dir(path), "*"))); len(left) != 1 {
		t.Errorf("there lie %v", left)
	}
}

func TestAFileThatADeadProgramLeftIsTakenAway(t *testing.T) {
	path, root := rootFile(t)
	if err := os.WriteFile(path+".moving", []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	now := clock.System().Now()
	for _, want := range []struct {
		at    clock.Time
		moved bool
	}{{now, false}, {now + 2*clock.Minute, false}, {now + 2*clock.Minute, true}} {
		if moved, err := replaceRoot(path, root.next(), want.at); err != nil || moved != want.moved {
			t.Fatalf("%v, %v, want %v", moved, err, want.moved)
		}
	}
}
