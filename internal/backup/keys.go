package backup

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"filippo.io/age"

	"beside/internal/errs"
)

// Deriver gives a key for a purpose: an open keyring, or a root key.
type Deriver interface {
	// Key returns 32 bytes, the same every time for one purpose, unrelated for another.
	Key(purpose string) []byte
}

// Purposes of keys. They are part of the form of a backup.
const (
	purposeIdentity = "backup/identity/1"
	purposeNames    = "backup/names/1"
)

// keys open the backups of one folder.
type keys struct {
	identity *age.X25519Identity
	names    []byte
}

func keysOf(d Deriver) (keys, error) {
	i, err := age.ParseX25519Identity(strings.ToUpper(bech32("age-secret-key-", d.Key(purposeIdentity))))
	if err != nil {
		return keys{}, errs.Wrap("backup: keys", err)
	}
	return keys{identity: i, names: d.Key(purposeNames)}, nil
}

// tag is the keyed hash of parts, each told from the next.
func (k keys) tag(what string, parts ...[]byte) []byte {
	mac := hmac.New(sha256.New, k.names)
	mac.Write([]byte(what))
	for _, p := range parts {
		mac.Write([]byte{0})
		mac.Write(p)
	}
	return mac.Sum(nil)
}

// name is what a chunk of a table is called: the table's name has no zero byte.
func (k keys) name(table string, chunk []byte) string {
	return hex.EncodeToString(k.tag("chunk", []byte(table), chunk))
}

const bech32Letters = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"

// bech32 writes bytes as BIP 173 does ("Base32 address format for native v0-16 witness outputs"), the form in which age
// takes an identity.
func bech32(human string, data []byte) string {
	five := fives(data)
	var check []byte
	for _, c := range []byte(human) {
		check = append(check, c>>5)
	}
	check = append(check, 0)
	for _, c := range []byte(human) {
		check = append(check, c&31)
	}
	sum := polymod(append(append(check, five...), 0, 0, 0, 0, 0, 0)) ^ 1
	for i := range 6 {
		five = append(five, byte(sum>>(5*(5-i)))&31)
	}
	var out strings.Builder
	out.WriteString(human + "1")
	for _, v := range five {
		out.WriteByte(bech32Letters[v])
	}
	return out.String()
}

// fives cuts bytes into groups of five bits, the last filled with zeros.
func fives(data []byte) (out []byte) {
	var acc, bits uint
	for _, b := range data {
		acc, bits = acc<<8|uint(b), bits+8
		for bits >= 5 {
			bits -= 5
			out = append(out, byte(acc>>bits)&31)
		}
	}
	if bits > 0 {
		out = append(out, byte(acc<<(5-bits))&31)
	}
	return out
}

func polymod(values []byte) uint32 {
	sum := uint32(1)
	for _, v := range values {
		top := sum >> 25
		sum = sum&0x1ffffff<<5 ^ uint32(v)
		for i, g := range []uint32{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3} {
			if top>>i&1 == 1 {
				sum ^= g
			}
		}
	}
	return sum
}
