package vault

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"beside/internal/id"
)

// seeded is a source of randomness that repeats.
func seeded(seed byte) *rand.ChaCha8 { return rand.NewChaCha8([32]byte{seed}) }

func mustTree(t testing.TB, seed byte) *tree {
	t.Helper()
	tr, err := newTree(seeded(seed))
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

func anItem(n byte) id.Item   { return must(id.FromBytes[id.Item](bytes.Repeat([]byte{n}, 16))) }
func anEntry(n byte) id.Entry { return must(id.FromBytes[id.Entry](bytes.Repeat([]byte{n}, 16))) }
func aBook(n byte) id.Book    { return must(id.FromBytes[id.Book](bytes.Repeat([]byte{n}, 16))) }

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// split replaces the node above path by its four children, once.
func (t *tree) split(path uint64) {
	n, ok := t.covering(path)
	if !ok || n.bits == pathBits {
		return
	}
	i := slices.IndexFunc(t.cover, func(m node) bool { return m.prefix == n.prefix })
	var four []node
	for which := range uint64(4) {
		four = append(four, node{
			prefix: n.prefix | which<<(pathBits-stepBits-n.bits),
			bits:   n.bits + stepBits,
			seed:   child(n.seed, byte(which)),
		})
	}
	t.cover = slices.Replace(t.cover, i, i+1, four...)
}

// without returns the tree that no longer covers a leaf, and everything else.
func (t *tree) without(path uint64) *tree {
	out := &tree{salt: t.salt, cover: slices.Clone(t.cover)}
	for range pathBits / stepBits {
		out.split(path)
	}
	out.cover = slices.DeleteFunc(out.cover, func(n node) bool { return n.bits == pathBits && n.prefix == path })
	return out
}

func drawItem(t *rapid.T) id.Item {
	b := rapid.SliceOfN(rapid.Byte(), 16, 16).Filter(func(b []byte) bool { return bytes.Count(b, []byte{0}) < 16 })
	return must(id.FromBytes[id.Item](b.Draw(t, "item")))
}

// The stored form and the derivation are for ever: these values must not change within version 1.
func TestStoredTreeIsGolden(t *testing.T) {
	whole := goldenTree()
	const root = "014002" + "000102030405060708090a0b0c0d0e0f" + "00000001" +
		"00" + "0000000000000000" + "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf"
	if got := hex.EncodeToString(whole.encode()); got != root {
		t.Errorf("a whole tree is stored as\n%s, want\n%s", got, root)
	}
	key := must(whole.itemKey(anItem(7)))
	if got, want := hex.EncodeToString(key[:]), goldenItemKey; got != want {
		t.Errorf("key of the item = %s, want %s", got, want)
	}

	cut := whole.without(whole.path(anItem(7)))
	stored := cut.encode()
	if len(cut.cover) != 96 || len(stored) != 23+96*41 {
		t.Fatalf("cover of %d nodes in %d bytes, want 96 in %d", len(cut.cover), len(stored), 23+96*41)
	}
	first, last := hex.EncodeToString(stored[:23+41]), hex.EncodeToString(stored[len(stored)-41:])
	if first != goldenCutFirst || last != goldenCutLast {
		t.Errorf("a punctured tree is stored from\n%s to\n%s, want\n%s to\n%s", first, last, goldenCutFirst, goldenCutLast)
	}
	if _, err := must(decodeTree(stored)).itemKey(anItem(7)); !errors.Is(err, ErrErased) {
		t.Errorf("key of the erased item: %v, want ErrErased", err)
	}
	if must(must(decodeTree(stored)).itemKey(anItem(8))) != must(whole.itemKey(anItem(8))) {
		t.Error("erasing one item changed the key of another")
	}
}

// The derivation told a second time, from the words of the package comment alone.
func TestDerivationIsAsDescribed(t *testing.T) {
	tr := mustTree(t, 1)
	it := anItem(9)
	path := sum("beside/vault/path/1", tr.salt[:], it.Bytes())[:8]
	seed := tr.cover[0].seed[:]
	for _, b := range path {
		for _, which := range []byte{b >> 6, b >> 4 & 3, b >> 2 & 3, b & 3} {
			seed = sum("beside/vault/node/1", seed, []byte{which})
		}
	}
	want := sum("item/1\x00", seed, it.Bytes())
	if got := must(tr.itemKey(it)); !bytes.Equal(got[:], want) {
		t.Errorf("key = %x, want %x", got, want)
	}
}

func TestACoverGivesTheKeysOfTheRoot(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := must(newTree(seeded(rapid.Byte().Draw(t, "seed"))))
		cover := &tree{salt: whole.salt, cover: slices.Clone(whole.cover)}
		items := rapid.SliceOfN(rapid.Custom(drawItem), 1, 6).Draw(t, "items")
		for _, it := range items {
			for range rapid.IntRange(0, 33).Draw(t, "splits") {
				cover.split(whole.path(it))
			}
		}
		stored := must(decodeTree(cover.encode()))
		for _, it := range append(items, drawItem(t)) {
			if must(stored.itemKey(it)) != must(whole.itemKey(it)) {
				t.Fatalf("item %v has another key", it)
			}
		}
	})
}

func TestErasedIsErasedAndNothingElse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := must(newTree(seeded(rapid.Byte().Draw(t, "seed"))))
		items := rapid.SliceOfNDistinct(rapid.Custom(drawItem), 2, 6, id.Item.String).Draw(t, "items")
		gone := rapid.IntRange(1, len(items)-1).Draw(t, "gone")
		cut := whole
		for _, it := range items[:gone] {
			cut = cut.without(whole.path(it))
		}
		cut = must(decodeTree(cut.encode()))
		for i, it := range items {
			key, err := cut.itemKey(it)
			switch {
			case i < gone && !errors.Is(err, ErrErased):
				t.Fatalf("erased item %d: %v", i, err)
			case i >= gone && key != must(whole.itemKey(it)):
				t.Fatalf("item %d is not erased, its key changed", i)
			}
		}
	})
}

// No node of a punctured tree is on the way to the erased leaf, so nothing stored leads to its key.
func TestNoNodeIsLeftAboveAnErasedLeaf(t *testing.T) {
	whole := mustTree(t, 2)
	path := whole.path(anItem(1))
	above := whole.cover[0].seed
	stored := whole.without(path).encode()
	for step := range pathBits / stepBits {
		if bytes.Contains(stored, above[:]) {
			t.Fatalf("the node after %d steps is still stored", step)
		}
		above = child(above, byte(path>>(62-2*step))&3)
	}
	if bytes.Contains(stored, above[:]) {
		t.Fatal("the leaf is still stored")
	}
}

func TestKeysOfTwoItemsDiffer(t *testing.T) {
	one, two := mustTree(t, 3), mustTree(t, 4)
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawItem(t), drawItem(t)
		if a == b {
			return
		}
		if must(one.itemKey(a)) == must(one.itemKey(b)) {
			t.Fatal("two items have one key")
		}
		if must(one.itemKey(a)) == must(two.itemKey(a)) {
			t.Fatal("one item has the same key in two books")
		}
	})
}

// Also two items on the same leaf, which would be erased together, have keys of their own.
func TestOneLeafTwoItems(t *testing.T) {
	leaf := [32]byte{1}
	if leafKey(leaf, anItem(1)) == leafKey(leaf, anItem(2)) {
		t.Fatal("the item's id does not reach its key")
	}
}

func TestMalformedTreesAreRefused(t *testing.T) {
	good := mustTree(t, 5)
	good.split(0)
	change := func(f func(t *tree)) []byte {
		t := &tree{salt: good.salt, cover: slices.Clone(good.cover)}
		f(t)
		return t.encode()
	}
	stored := good.encode()
	if _, err := decodeTree(stored); err != nil {
		t.Fatal(err)
	}
	other := func(i int, b byte) []byte { c := bytes.Clone(stored); c[i] = b; return c }
	for name, bad := range map[string][]byte{
		"empty":             nil,
		"short":             stored[:22],
		"a byte missing":    stored[:len(stored)-1],
		"a byte more":       append(bytes.Clone(stored), 0),
		"version 0":         other(0, 0),
		"version 2":         other(0, 2),
		"other depth":       other(1, 63),
		"other step":        other(2, 4),
		"a count too small": other(22, 3),
		"a huge count":      other(19, 0xff),
		"wrong order":       change(func(t *tree) { slices.Reverse(t.cover) }),
		"a node twice":      change(func(t *tree) { t.cover = append(t.cover, t.cover[3]) }),
		"a node in another": change(func(t *tree) { t.cover = append(t.cover, node{prefix: ^uint64(0), bits: 64}) }),
		"odd bits":          change(func(t *tree) { t.cover[0].bits = 3 }),
		"too many bits":     change(func(t *tree) { t.cover[0].bits = 66 }),
		"a bit too low":     change(func(t *tree) { t.cover[0].prefix = 1 }),
	} {
		if _, err := decodeTree(bad); !errors.Is(err, errTree) {
			t.Errorf("%s: %v, want errTree", name, err)
		}
	}
}

// A tree of which everything was erased covers nothing.
func TestAnEmptyCover(t *testing.T) {
	empty := must(decodeTree((&tree{}).encode()))
	if _, err := empty.itemKey(anItem(1)); !errors.Is(err, ErrErased) {
		t.Errorf("%v, want ErrErased", err)
	}
}

func TestNewTreeNeedsRandomness(t *testing.T) {
	for _, n := range []int{0, 15, 16, 47} {
		if _, err := newTree(strings.NewReader(strings.Repeat("x", n))); err == nil {
			t.Errorf("made a tree from %d bytes of randomness", n)
		}
	}
	a, b := mustTree(t, 6), mustTree(t, 7)
	if a.salt == b.salt || a.cover[0].seed == b.cover[0].seed {
		t.Error("two trees share their randomness")
	}
}

func FuzzStoredTree(f *testing.F) {
	whole := must(newTree(seeded(1)))
	f.Add(whole.encode())
	f.Add(whole.without(whole.path(anItem(1))).encode())
	f.Add((&tree{}).encode())
	f.Add([]byte{1, 64, 2})
	f.Fuzz(func(t *testing.T, b []byte) {
		tr, err := decodeTree(b)
		if err != nil {
			return
		}
		if !bytes.Equal(tr.encode(), b) {
			t.Fatal("what was read is not what is written")
		}
		for n := range byte(8) {
			it := anItem(n + 1)
			_, err := tr.itemKey(it)
			if covered := coveredSlowly(tr, tr.path(it)); covered != (err == nil) {
				t.Fatalf("covered: %v, yet %v", covered, err)
			}
		}
	})
}

// coveredSlowly looks at every node, where covering searches.
func coveredSlowly(t *tree, path uint64) bool {
	return slices.ContainsFunc(t.cover, func(n node) bool {
		return n.bits == 0 || path>>(64-n.bits) == n.prefix>>(64-n.bits)
	})
}
