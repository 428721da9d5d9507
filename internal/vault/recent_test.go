package vault

import (
	"testing"

	"pgregory.net/rapid"
)

// The trees kept are always those used last, and never more nodes than the limit.
func TestRecentKeepsTheLastUsed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const limit = 8
		r := newRecent(limit)
		var order []byte // books from the one used last on
		size := map[byte]int{}
		front := func(b byte) {
			rest := []byte{b}
			for _, o := range order {
				if o != b {
					rest = append(rest, o)
				}
			}
			order = rest
		}
		for range 40 {
			b := rapid.ByteRange(1, 6).Draw(t, "book")
			if rapid.Bool().Draw(t, "put") {
				size[b] = rapid.IntRange(0, limit+1).Draw(t, "nodes")
				r.put(aBook(b), &tree{cover: make([]node, size[b])})
				front(b)
			} else if _, ok := r.get(aBook(b)); ok {
				front(b)
			}
			order = fitting(order, size, limit)
			checkRecent(t, r, order, size)
		}
	})
}

// fitting drops a front book that is too large alone, then the last ones until the rest fits.
func fitting(order []byte, size map[byte]int, limit int) []byte {
	if len(order) > 0 && max(size[order[0]], 1) > limit {
		order = order[1:]
	}
	total := 0
	for i, b := range order {
		if total += max(size[b], 1); total > limit {
			return order[:i]
		}
	}
	return order
}

func checkRecent(t *rapid.T, r *recent, order []byte, size map[byte]int) {
	if len(r.at) != len(order) || r.order.Len() != len(order) {
		t.Fatalf("%d trees kept, want %v", len(r.at), order)
	}
	nodes := 0
	for e := r.order.Front(); e != nil; e = e.Next() {
		b := order[0]
		order = order[1:]
		if got := e.Value.(*recentTree); got.book != aBook(b) || len(got.tree.cover) != size[b] {
			t.Fatalf("book %v where %v was expected", got.book, aBook(b))
		}
		nodes += max(size[b], 1)
	}
	if nodes != r.nodes || nodes > r.limit {
		t.Fatalf("%d nodes counted as %d, limit %d", nodes, r.nodes, r.limit)
	}
}
