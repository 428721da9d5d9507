package vault

import (
	"container/list"
	"sync"

	"beside/internal/id"
)

// maxRecentNodes bounds the memory of [recent]: 65,536 tree nodes of 48 bytes. A book with nothing erased has one
// node, so that many books at most; with about 300 bytes of list and map each, some 20 MB.
const maxRecentNodes = 1 << 16

// recent keeps the trees used last, unwrapped, at most limit nodes in all. It is safe for concurrent use.
type recent struct {
	mu    sync.Mutex
	limit int
	nodes int
	order *list.List // of *recentTree, the one used last in front
	at    map[id.Book]*list.Element
}

type recentTree struct {
	book id.Book
	tree *tree
}

func newRecent(limit int) *recent {
	return &recent{limit: limit, order: list.New(), at: map[id.Book]*list.Element{}}
}

func (r *recent) get(b id.Book) (*tree, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e, ok := r.at[b]
	if !ok {
		return nil, false
	}
	r.order.MoveToFront(e)
	return e.Value.(*recentTree).tree, true
}

// put remembers t for b. A tree larger than the limit alone is not kept.
func (r *recent) put(b id.Book, t *tree) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.drop(r.at[b])
	if cost(t) > r.limit {
		return
	}
	r.at[b] = r.order.PushFront(&recentTree{b, t})
	r.nodes += cost(t)
	for r.nodes > r.limit {
		r.drop(r.order.Back())
	}
}

// clear forgets all trees.
func (r *recent) clear() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.nodes, r.order, r.at = 0, list.New(), map[id.Book]*list.Element{}
}

func (r *recent) drop(e *list.Element) {
	if e == nil {
		return
	}
	old := r.order.Remove(e).(*recentTree)
	delete(r.at, old.book)
	r.nodes -= cost(old.tree)
}

// cost counts an empty tree as one, as it takes a place too.
func cost(t *tree) int { return max(len(t.cover), 1) }
