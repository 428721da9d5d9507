package card

import (
	"strings"

	"beside/internal/account/paper"
)

// symbols are what codes are written with.
const symbols = paper.Signs

// How long a code is, in symbols: 17 hold 85 bits that nobody can guess, and the last one checks them.
const (
	secretSymbols = 17
	allSymbols    = secretSymbols + 1
	group         = 3
)

// Code is what is printed on a card. It can be shown, and printed any other way it is not.
type Code struct{ s string }

// codeOf makes a code of random bytes, at least 11.
func codeOf(random []byte) Code {
	var b strings.Builder
	var acc, bits uint
	for _, r := range random {
		acc, bits = acc<<8|uint(r), bits+8
		for ; bits >= 5 && b.Len() < secretSymbols; bits -= 5 {
			b.WriteByte(symbols[acc>>(bits-5)&31])
		}
	}
	b.WriteByte(symbols[check(b.String())])
	return Code{b.String()}
}

// check is the value of the last symbol. The symbols are the coefficients of a polynomial over the field of 32 elements,
// and with the last one it is zero at an element that generates the field; so one symbol mistaken for another, and two
// that changed places, are always found.
func check(s string) (sum byte) {
	for i := range len(s) {
		sum = times2(sum ^ byte(strings.IndexByte(symbols, s[i])))
	}
	return sum
}

// times2 multiplies in that field, made by x⁵ + x² + 1, with its generator x.
func times2(v byte) byte {
	v <<= 1
	if v&32 != 0 {
		v ^= 0b100101
	}
	return v
}

// readCode reads a code as somebody typed it. ok is false when a typing mistake is in it.
func readCode(typed string) (c Code, ok bool) {
	s := paper.Read(typed, allSymbols)
	if s == "" || symbols[check(s[:secretSymbols])] != s[secretSymbols] {
		return Code{}, false
	}
	return Code{s}, true
}

// Show returns the code as it is printed, in groups.
func (c Code) Show() string {
	var groups []string
	for i := 0; i+group <= len(c.s); i += group {
		groups = append(groups, c.s[i:i+group])
	}
	return strings.Join(groups, " ")
}

// Link returns the code as it stands behind the # of an address.
func (c Code) Link() string { return c.s }

// String hides the code: it is for paper, not for a log.
func (c Code) String() string { return "‹card›" }
