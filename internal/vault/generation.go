package vault

import (
	"crypto/hmac"
	"slices"
	"sync"

	"github.com/tink-crypto/tink-go/v2/tink"

	"beside/internal/mutant"
	"beside/internal/store"
)

// generation is one root key that opens something in the keyring, as the keyring knows it.
type generation struct {
	gen   int64
	check []byte // what the right root key derives for the purpose "check"
	fresh bool   // it was drawn anew and does not follow from the one before
}

// generationsIn returns the generations there are, the oldest first: one, or two while the trees are wrapped anew.
func generationsIn(tx *store.Tx) (all []generation, err error) {
	err = store.Each(tx, `SELECT gen, check_value, fresh <> 0 FROM generation ORDER BY gen`, nil, func(scan func(...any) error) error {
		var g generation
		err := scan(&g.gen, &g.check, &g.fresh)
		all = append(all, g)
		return err
	})
	return all, err
}

// fits reports whether r is the root key of g.
func (g generation) fits(r Root) bool { return hmac.Equal(g.check, r.key.derive(purposeCheck).bytes()) }

// maxBehind is how many generations a root key file, or the recovery copy of one, may be behind: 32,768 of an hour each
// are more than three years.
const maxBehind = 1 << 15

// next is the root key of the generation after r's. Nobody can go back.
func (r Root) next() Root { return Root{key: r.key.derive(purposeNext), path: r.path} }

// Follow returns the first of r and the root keys that follow from it for which fits is true, as when a recovery copy is
// older than what it shall open. It gives up after more than three years of one an hour.
func (r Root) Follow(fits func(Root) bool) (Root, bool) {
	for range maxBehind {
		if fits(r) {
			return r, true
		}
		r = r.next()
	}
	return Root{}, false
}

// roots are the root keys that this process has, and what opens the trees under them. It is safe for concurrent use.
type roots struct {
	mu    sync.Mutex
	first Root // as it was given; at later generations it is worked out
	held  map[int64]Root
	boxes map[int64]tink.AEAD
}

func newRoots(first Root) *roots {
	return &roots{first: first, held: map[int64]Root{}, boxes: map[int64]tink.AEAD{}}
}

// root returns the root key of g: it follows from one that is held, or lies beside the root key file, where a rotation put
// it. It returns [ErrOtherRoot] when there is neither.
func (r *roots) root(g generation) (Root, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if k, ok := r.held[g.gen]; ok && g.fits(k) {
		return k, nil
	}
	known := r.known()
	if i := slices.IndexFunc(known, g.fits); i >= 0 {
		known = known[i:]
	}
	for _, k := range known {
		k, ok := k, g.fits(k)
		if !ok && !g.fresh {
			k, ok = k.Follow(g.fits)
		}
		if ok {
			r.held[g.gen] = k
			delete(r.boxes, g.gen)
			return k, nil
		}
	}
	return Root{}, ErrOtherRoot
}

// known are the root keys from which others may follow, the newest first.
func (r *roots) known() []Root {
	var all []Root
	gens := make([]int64, 0, len(r.held))
	for g := range r.held {
		gens = append(gens, g)
	}
	slices.Sort(gens)
	for _, g := range slices.Backward(gens) {
		all = append(all, r.held[g])
	}
	if !mutant.On("first-forgotten") {
		all = append(all, r.first) // nobody goes back: who died amid wrapping anew needs the one in the file for the older
	}
	if r.first.path != "" {
		if k, err := loadRoot(nextPath(r.first.path)); err == nil {
			k.path = r.first.path // where it will lie
			all = append(all, k)
		}
	}
	return all
}

// box returns what opens and closes the trees of g.
func (r *roots) box(g generation) (tink.AEAD, error) {
	r.mu.Lock()
	b, ok := r.boxes[g.gen]
	r.mu.Unlock()
	if ok {
		return b, nil
	}
	k, err := r.root(g)
	if err != nil {
		return nil, err
	}
	if b, err = newBox(*k.key.derive(purposeWrap).open()); err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.boxes[g.gen] = b
	return b, nil
}

// forget drops what is older than a generation, once that one's root key is held.
func (r *roots) forget(before int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	k, ok := r.held[before]
	if !ok {
		return
	}
	r.first = k
	for g := range r.held {
		if g < before {
			delete(r.held, g)
			delete(r.boxes, g)
		}
	}
}
