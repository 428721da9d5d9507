package vault

import (
	"bytes"
	"math/bits"
)

// minPadded is the size in bytes of the smallest bucket: most answers, names and steps fall into it together.
const minPadded = 128

// padmé returns the padded size of n bytes. Of a size n no more than its length in bits and the first few of its bits can
// be told, O(log log n) bits in all; beyond the smallest bucket that costs at most 12 %, falling as n grows. Source:
// Nikitin, Barman, Lueks, Underwood, Hubaux, Ford, "Reducing Metadata Leakage from Encrypted Files and Communication
// with PURBs", PETS 2019, section 4.
func padmé(n int) int {
	if n <= minPadded {
		return minPadded
	}
	e := bits.Len(uint(n)) - 1 // ⌊log₂ n⌋
	s := bits.Len(uint(e))     // bits that say e
	mask := 1<<max(e-s, 0) - 1 // the last e−s bits become zero
	return (n + mask) &^ mask
}

// pad appends 0x80 and as many zero bytes as reach the padded size.
func pad(plain []byte) []byte {
	out := make([]byte, padmé(len(plain)+1))
	n := copy(out, plain)
	out[n] = 0x80
	return out
}

// unpad undoes pad. It reports false for anything pad does not make.
func unpad(padded []byte) ([]byte, bool) {
	plain := bytes.TrimRight(padded, "\x00")
	if len(plain) == 0 || plain[len(plain)-1] != 0x80 || padmé(len(plain)) != len(padded) {
		return nil, false
	}
	return plain[:len(plain)-1], true
}
