package witness

import (
	"crypto/sha256"
	"errors"
	"fmt"
)

// ErrBroken says that stored rows are not what was written: one was changed, dropped, added or moved.
var ErrBroken = errors.New("witness: the chain of the book does not hold")

// Chain returns the head of a book's chain after leaf, given the head before it. The zero Hash comes before the first.
func Chain(prev Hash, leaf Hash) Hash {
	var in [1 + 2*len(prev)]byte
	in[0] = tagChain
	copy(in[1:], prev[:])
	copy(in[1+len(prev):], leaf[:])
	return sha256.Sum256(in[:])
}

// Verifier recomputes the chain of one book from its stored rows. Its zero value stands before the first row.
//
//	var v witness.Verifier
//	for each stored entry in the order of seq {
//		leaf := witness.Leaf(header, witness.Commit(salt, plain), witness.Cipher(sealed))
//		if err := v.Next(leaf, storedChain); err != nil { … }
//	}
//	err := v.End(headOfTheBook)
//
// It finds a change, a drop, an addition or a swap anywhere, but only against the heads it is given: a whole chain
// recomputed by somebody who can write the store is found by the log, not here.
type Verifier struct {
	head Hash
	n    int64
	err  error
}

// Next takes the leaf made from the next row and the chain head stored beside it. It returns [ErrBroken] with the
// row's number, counted from 1, and again at every later call.
func (v *Verifier) Next(leaf, chain Hash) error {
	if v.err != nil {
		return v.err
	}
	v.n++
	v.head = Chain(v.head, leaf)
	if v.head != chain {
		v.err = fmt.Errorf("%w at entry %d", ErrBroken, v.n)
	}
	return v.err
}

// End compares with the head that the book says it has. It returns [ErrBroken] when rows are missing at the end, or
// the error that Next found.
func (v *Verifier) End(head Hash) error {
	if v.err == nil && v.head != head {
		v.err = fmt.Errorf("%w after entry %d, the last one", ErrBroken, v.n)
	}
	return v.err
}

// Head returns the number of rows taken so far and the chain head after them.
func (v *Verifier) Head() (n int64, head Hash) { return v.n, v.head }
