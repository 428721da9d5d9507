// Package handover is the secrets that follow from a form: a one-time code that a person hands to another themselves, the slip
// that an asking browser holds. It exists so that a form sent twice makes one thing, that nobody can work the secret out who
// has no key of the installation, and that people who ask each other for different things do it in one manner.
package handover

import (
	"encoding/base32"
	"strings"

	"beside/internal/account/paper"
	"beside/internal/book"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/vault"
)

// SecretSigns is how many signs a secret has that is handed over: 120 bits.
const SecretSigns = 24

// MaxName is the longest a person may be called by another, in bytes.
const MaxName = 120

// typable is how what is typed from paper or spoken is written.
var typable = base32.NewEncoding(paper.Signs).WithPadding(base32.NoPadding)

// Signs writes the first of the bits of a hash in so many signs.
func Signs(hash []byte, signs int) string { return typable.EncodeToString(hash)[:signs] }

// Spaced puts a hyphen after every four signs, as it is read out and written down.
func Spaced(s string) string {
	var parts []string
	for len(s) > 4 {
		parts, s = append(parts, s[:4]), s[4:]
	}
	return strings.Join(append(parts, s), "-")
}

// Blind is a keyed hash of several parts, each of which has a length of its own. Another purpose gives an unrelated one.
func Blind(v *vault.Vault, purpose string, parts ...[]byte) []byte {
	var all []byte
	for _, p := range parts {
		all = append(append(all, byte(len(p)>>8), byte(len(p))), p...)
	}
	return v.Blind(purpose, string(all))
}

// Secret returns the secret that follows from what a form brought, so that a form sent twice makes one thing. It cannot be
// worked out without the installation's key.
func Secret(v *vault.Vault, purpose string, parts ...[]byte) string {
	return Signs(Blind(v, purpose, parts...), SecretSigns)
}

// Read brings what somebody typed or followed to the signs of a secret, "" for what cannot be one.
func Read(typed string) string { return paper.Read(typed, SecretSigns) }

// ID makes an id from a hash of 8 bytes or more, with the time in front by which the store sorts.
func ID[T id.Of[K], K any](at id.Entry, hash []byte) T {
	b := append([]byte(nil), at.Bytes()...)
	copy(b[8:], hash[:8])
	b[8] = b[8]&0x3f | 0x80
	out, _ := id.FromBytes[T, K](b) // 16 bytes never fail
	return out
}

// CheckName adds to c what is wrong with a name by which one person calls another.
func CheckName(c *errs.Check, field string, name book.Text) {
	switch {
	case name.Blank():
		c.Add(field, "recovery.name_missing")
	case len(name.Show()) > MaxName:
		c.Add(field, "errors.line_too_long")
	}
}
