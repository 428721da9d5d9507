package witness

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// row is what a store keeps of an entry, as far as the chain goes.
type row struct{ leaf, chain Hash }

// chained is a stored chain with its head.
func chained(leaves []Hash) (rows []row, head Hash) {
	for _, l := range leaves {
		head = Chain(head, l)
		rows = append(rows, row{l, head})
	}
	return rows, head
}

func verify(rows []row, head Hash) error {
	var v Verifier
	for _, r := range rows {
		if err := v.Next(r.leaf, r.chain); err != nil {
			return err
		}
	}
	return v.End(head)
}

func drawLeaf(t *rapid.T) Hash { return Cipher(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "leaf")) }

func TestAChainHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		leaves := rapid.SliceOfN(rapid.Custom(drawLeaf), 0, 20).Draw(t, "leaves")
		rows, head := chained(leaves)
		if err := verify(rows, head); err != nil {
			t.Fatal(err)
		}
	})
}

// Whatever is done to stored rows is found, as long as the head is the true one.
func TestEveryChangeOfAChainIsFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		leaves := rapid.SliceOfNDistinct(rapid.Custom(drawLeaf), 2, 12, func(h Hash) Hash { return h }).Draw(t, "leaves")
		rows, head := chained(leaves)
		i := rapid.IntRange(0, len(rows)-1).Draw(t, "at")
		j := rapid.IntRange(0, len(rows)-2).Draw(t, "and")
		if j >= i {
			j++
		}
		bit := func() byte { return 1 << rapid.IntRange(0, 7).Draw(t, "bit") }
		byteAt := rapid.IntRange(0, 31).Draw(t, "byte")
		bad := slices.Clone(rows)
		switch rapid.SampledFrom([]string{"leaf", "chain", "drop", "swap rows", "swap leaves", "add", "repeat", "rebuild"}).Draw(t, "how") {
		case "leaf":
			bad[i].leaf[byteAt] ^= bit()
		case "chain":
			bad[i].chain[byteAt] ^= bit()
		case "drop":
			bad = slices.Delete(bad, i, i+1)
		case "swap rows":
			bad[i], bad[j] = bad[j], bad[i]
		case "swap leaves":
			bad[i].leaf, bad[j].leaf = bad[j].leaf, bad[i].leaf
		case "add":
			bad = slices.Insert(bad, i, row{drawLeaf(t), Hash{}})
		case "repeat":
			bad = slices.Insert(bad, i, rows[i])
		case "rebuild": // a chain that holds in itself, under other leaves
			other := slices.Clone(leaves)
			other[i][byteAt] ^= bit()
			bad, _ = chained(other)
		}
		if err := verify(bad, head); !errors.Is(err, ErrBroken) {
			t.Fatalf("%v, want ErrBroken", err)
		}
	})
}

func TestTheVerifierSaysWhereAndStays(t *testing.T) {
	rows, head := chained([]Hash{{1}, {2}, {3}})
	var v Verifier
	if err := v.Next(rows[0].leaf, rows[0].chain); err != nil {
		t.Fatal(err)
	}
	if n, at := v.Head(); n != 1 || at != rows[0].chain {
		t.Errorf("after one row: %d, %v", n, at)
	}
	err := v.Next(rows[2].leaf, rows[2].chain)
	if !errors.Is(err, ErrBroken) || !strings.Contains(err.Error(), "entry 2") {
		t.Errorf("%v, want ErrBroken at entry 2", err)
	}
	if again := v.Next(rows[1].leaf, rows[1].chain); !errors.Is(again, err) {
		t.Errorf("then: %v, want the same error", again)
	}
	if end := v.End(head); !errors.Is(end, err) {
		t.Errorf("at the end: %v, want the same error", end)
	}
}

func TestAnEmptyChainHasTheZeroHead(t *testing.T) {
	if err := verify(nil, Hash{}); err != nil {
		t.Error(err)
	}
	if err := verify(nil, Hash{1}); !errors.Is(err, ErrBroken) {
		t.Errorf("%v, want ErrBroken: all rows are missing", err)
	}
}
