package vault

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"beside/internal/id"
)

// Shape of a tree; part of its stored form, so it cannot change within a version.
const (
	stepBits  = 2  // bits of the path in one step: four children a node
	pathBits  = 64 // bits of a path: 32 steps from root to leaf
	saltBytes = 16
)

// Labels of the three hashes of a tree. With them every hash fills one block of SHA-256 and no two kinds of hash can
// have the same input: the lengths differ.
const (
	labelPath  = "beside/vault/path/1" // 19 + 16 + 16 = 51 bytes
	labelChild = "beside/vault/node/1" // 19 + 32 + 1  = 52 bytes
	labelItem  = "item/1\x00"          //  7 + 32 + 16 = 55 bytes
)

// node gives the keys of all items whose path starts with the first bits of prefix. The other bits of prefix are zero.
type node struct {
	prefix uint64
	bits   uint8 // a multiple of stepBits
	seed   [32]byte
}

// tree is the puncturable key of one book: its cover is the list of nodes that are left, ordered by prefix, none below
// another. A new tree has one node with no prefix, the root.
//
// Its stored form, before wrapping, all numbers big-endian:
//
//	1 byte   version, 1
//	1 byte   bits of a path, 64
//	1 byte   bits of a step, 2
//	16 bytes salt of the paths
//	4 bytes  number of nodes, then for each node:
//	  1 byte   bits of its prefix, 0 to 64, a multiple of the bits of a step
//	  8 bytes  prefix, from the highest bit down, zero where it has no bits
//	  32 bytes seed
type tree struct {
	salt  [saltBytes]byte
	cover []node
}

// Format prints a fixed word, for a tree is key material.
func (*tree) Format(w fmt.State, verb rune) { secret{}.Format(w, verb) }

const (
	treeVersion = 1
	headBytes   = 3 + saltBytes + 4
	nodeBytes   = 1 + 8 + 32
)

var errTree = errors.New("vault: the stored form of a key tree is malformed")

// newTree draws the salt and the root of a new book.
func newTree(rand io.Reader) (*tree, error) {
	t := &tree{cover: make([]node, 1)}
	if _, err := io.ReadFull(rand, t.salt[:]); err != nil {
		return nil, err
	}
	if _, err := io.ReadFull(rand, t.cover[0].seed[:]); err != nil {
		return nil, err
	}
	return t, nil
}

// path returns the way from the root to an item's leaf, first step in the highest bits.
func (t *tree) path(it id.Item) uint64 {
	var in [len(labelPath) + saltBytes + 16]byte
	copy(in[:], labelPath)
	copy(in[len(labelPath):], t.salt[:])
	copy(in[len(labelPath)+saltBytes:], it.Bytes())
	sum := sha256.Sum256(in[:])
	return binary.BigEndian.Uint64(sum[:])
}

// itemKey returns the key of an item, or [ErrErased] when the tree has no node above its leaf any more.
func (t *tree) itemKey(it id.Item) ([32]byte, error) {
	path := t.path(it)
	n, ok := t.covering(path)
	if !ok {
		return [32]byte{}, ErrErased
	}
	return leafKey(n.walk(path), it), nil
}

// covering finds the node above a leaf.
func (t *tree) covering(path uint64) (node, bool) {
	i, exact := slices.BinarySearchFunc(t.cover, path, func(n node, p uint64) int {
		switch {
		case n.prefix < p:
			return -1
		case n.prefix > p:
			return 1
		}
		return 0
	})
	if !exact {
		i-- // the last node that starts before the path
	}
	if i < 0 || t.cover[i].end() < path {
		return node{}, false
	}
	return t.cover[i], true
}

// end is the last path below n.
func (n node) end() uint64 { return n.prefix | ^uint64(0)>>n.bits }

// walk returns the seed of the leaf at the end of path, which n must cover.
func (n node) walk(path uint64) [32]byte {
	for bits := n.bits; bits < pathBits; bits += stepBits {
		n.seed = child(n.seed, byte(path>>(pathBits-stepBits-bits))&(1<<stepBits-1))
	}
	return n.seed
}

// child is the pseudorandom generator of the tree: SHA-256(label ‖ seed ‖ which).
func child(seed [32]byte, which byte) [32]byte {
	var in [len(labelChild) + 32 + 1]byte
	copy(in[:], labelChild)
	copy(in[len(labelChild):], seed[:])
	in[len(in)-1] = which
	return sha256.Sum256(in[:])
}

// leafKey is SHA-256(label ‖ leaf ‖ item id).
func leafKey(leaf [32]byte, it id.Item) [32]byte {
	var in [len(labelItem) + 32 + 16]byte
	copy(in[:], labelItem)
	copy(in[len(labelItem):], leaf[:])
	copy(in[len(labelItem)+32:], it.Bytes())
	return sha256.Sum256(in[:])
}

// encode returns the stored form, drawn at [tree].
func (t *tree) encode() []byte {
	out := make([]byte, 0, headBytes+len(t.cover)*nodeBytes)
	out = append(out, treeVersion, pathBits, stepBits)
	out = append(out, t.salt[:]...)
	out = binary.BigEndian.AppendUint32(out, uint32(len(t.cover)))
	for i := range t.cover {
		n := &t.cover[i]
		out = append(out, n.bits)
		out = binary.BigEndian.AppendUint64(out, n.prefix)
		out = append(out, n.seed[:]...)
	}
	return out
}

// decodeTree reads the stored form. It refuses everything that encode does not write.
func decodeTree(b []byte) (*tree, error) {
	if len(b) < headBytes || b[0] != treeVersion || b[1] != pathBits || b[2] != stepBits {
		return nil, errTree
	}
	count := uint64(binary.BigEndian.Uint32(b[headBytes-4:]))
	if uint64(len(b)-headBytes) != count*nodeBytes {
		return nil, errTree
	}
	t := &tree{salt: [saltBytes]byte(b[3:]), cover: make([]node, 0, count)}
	for rest := b[headBytes:]; len(rest) > 0; rest = rest[nodeBytes:] {
		n := decodeNode(rest)
		if !t.takes(n) {
			return nil, errTree
		}
		t.cover = append(t.cover, n)
	}
	return t, nil
}

func decodeNode(b []byte) node {
	return node{bits: b[0], prefix: binary.BigEndian.Uint64(b[1:]), seed: [32]byte(b[9:nodeBytes])}
}

// takes reports whether n is well formed and lies wholly after the nodes there are.
func (t *tree) takes(n node) bool {
	if n.bits > pathBits || n.bits%stepBits != 0 || n.prefix&(^uint64(0)>>n.bits) != 0 {
		return false
	}
	return len(t.cover) == 0 || t.cover[len(t.cover)-1].end() < n.prefix
}

// puncture returns the tree that no longer covers an item's leaf, and covers everything else: the node above the leaf is
// replaced by those beside its path. It returns t itself when the leaf is not covered any more.
func (t *tree) puncture(it id.Item) *tree {
	path := t.path(it)
	above, ok := t.covering(path)
	if !ok {
		return t
	}
	i := slices.IndexFunc(t.cover, func(n node) bool { return n.prefix == above.prefix })
	return &tree{salt: t.salt, cover: slices.Concat(t.cover[:i], above.beside(path), t.cover[i+1:])}
}

// beside returns the nodes that cover what n does but the leaf at the end of path, in the order of their prefixes.
func (n node) beside(path uint64) []node {
	var left, right []node
	for n.bits < pathBits {
		at := pathBits - stepBits - n.bits
		mine := byte(path>>at) & (1<<stepBits - 1)
		var after []node
		for which := range byte(1 << stepBits) {
			c := node{prefix: n.prefix | uint64(which)<<at, bits: n.bits + stepBits, seed: child(n.seed, which)}
			switch {
			case which < mine:
				left = append(left, c)
			case which > mine:
				after = append(after, c)
			}
		}
		right = append(after, right...)
		n = node{prefix: n.prefix | uint64(mine)<<at, bits: n.bits + stepBits, seed: child(n.seed, mine)}
	}
	return append(left, right...)
}
