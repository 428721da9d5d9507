package witness

import (
	"bytes"
	"crypto/sha256"
	"database/sql/driver"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"golang.org/x/mod/sumdb/tlog"
)

// Hash is a SHA-256 hash: a leaf, a commitment, or the head of a chain.
type Hash [32]byte

// String returns the hash in base64.
func (h Hash) String() string { return base64.StdEncoding.EncodeToString(h[:]) }

// MarshalText writes the hash in base64, as String does.
func (h Hash) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (h *Hash) UnmarshalText(text []byte) error {
	b, err := base64.StdEncoding.Strict().DecodeString(string(text))
	if err != nil || len(b) != len(h) {
		return errors.New("witness: this is not a hash: it is 44 letters, digits and signs")
	}
	*h = Hash(b)
	return nil
}

// IsZero reports whether h is what comes before the first leaf of a chain.
func (h Hash) IsZero() bool { return h == Hash{} }

// Value stores the 32 bytes.
func (h Hash) Value() (driver.Value, error) { return append([]byte(nil), h[:]...), nil }

// Scan reads what Value stored. It fails for anything but 32 bytes.
func (h *Hash) Scan(src any) error {
	b, ok := src.([]byte)
	if !ok || len(b) != len(h) {
		return fmt.Errorf("witness: cannot scan %T of another size as a hash", src)
	}
	*h = Hash(b)
	return nil
}

// First bytes that keep the kinds of hash apart, see the package's description of bytes.
const (
	version     = 0x01
	tagChain    = 0x02
	tagCommit   = 0x03
	recordEntry = 'E'
	recordRow   = 'R'
	recordBatch = 'B'
	recordList  = 'L'
	tagRow      = 0x04
)

// Header is the clear part of an entry in canonical bytes: who, when, what kind, which ids. Two headers are equal only
// when kind and all fields are equal.
type Header []byte

// NewHeader builds a header. A nil field is the same as an empty one; the number of fields counts.
func NewHeader(kind string, fields ...[]byte) Header {
	size := 1 + 4 + len(kind)
	for _, f := range fields {
		size += 4 + len(f)
	}
	h := append(make(Header, 0, size), version)
	h = appendText(h, kind)
	for _, f := range fields {
		h = appendText(h, f)
	}
	return h
}

// appendText appends the length of text and text.
func appendText[T string | []byte | Header](to []byte, text T) []byte {
	to = binary.BigEndian.AppendUint32(to, uint32(len(text)))
	return append(to, text...)
}

// Salt hides a committed text that could be guessed. It is sealed with the text and given to its owner in an export.
type Salt [16]byte

// NewSalt draws a salt from random. It fails when random does.
func NewSalt(random io.Reader) (Salt, error) {
	var s Salt
	if _, err := io.ReadFull(random, s[:]); err != nil {
		return Salt{}, fmt.Errorf("witness: reading randomness: %w", err)
	}
	return s, nil
}

// Commit returns the salted hash of a plain text.
func Commit(s Salt, plain []byte) Hash {
	in := make([]byte, 0, 1+len(s)+len(plain))
	in = append(in, tagCommit)
	in = append(in, s[:]...)
	return sha256.Sum256(append(in, plain...))
}

// Cipher returns the hash of a sealed value, as [Leaf] takes it.
func Cipher(sealed []byte) Hash { return sha256.Sum256(sealed) }

// Leaf returns the leaf of one entry of a book.
func Leaf(h Header, commitment Hash, cipher Hash) Hash {
	in := make([]byte, 0, 2+4+len(h)+2*len(cipher))
	in = appendText(append(in, version, recordEntry), h)
	in = append(in, commitment[:]...)
	in = append(in, cipher[:]...)
	return Hash(tlog.RecordHash(in))
}

// RowLeaf returns the leaf of one change of a community row as version 0.2 made it, and of what a log says of itself. There
// is no salt: a payload that could be guessed and is secret does not belong into a community row.
func RowLeaf(kind string, id, payload []byte) Hash {
	sum := sha256.Sum256(payload)
	return rowLeaf(kind, id, sum[:], nil)
}

// RecordLeaf returns the leaf by which a log holds what a community row said, with the random bytes that make it the only one of
// its kind; version 0.2 drew none. Whoever has a copy of what the row said can make it.
func RecordLeaf(kind string, id, payload, once []byte) Hash {
	sum := sha256.Sum256(payload)
	return rowLeaf(kind, id, sum[:], once)
}

// rowLeaf is the leaf of a row whose payload has that hash. Once makes it the only one of its kind: see [Queue].
func rowLeaf(kind string, id, sum, once []byte) Hash {
	in := make([]byte, 0, 2+4+len(kind)+4+len(id)+len(sum)+len(once))
	in = appendText(append(in, version, recordRow), kind)
	in = appendText(in, id)
	return Hash(tlog.RecordHash(append(append(in, sum...), once...)))
}

// RowHash returns the hash by which one row of a list is known in the list's leaf, see [ListLeaf].
func RowHash(row []byte) Hash { return sha256.Sum256(append([]byte{tagRow}, row...)) }

// ListLeaf returns one leaf for many rows of one kind, such as the looks logged together. It sorts rows. Who is shown the
// hashes and one row knows that this row is in the list, and of the others nothing.
func ListLeaf(kind string, rows []Hash) Hash {
	slices.SortFunc(rows, func(a, b Hash) int { return bytes.Compare(a[:], b[:]) })
	in := appendText(append(make([]byte, 0, 2+4+len(kind)+4+len(rows)*len(Hash{})), version, recordList), kind)
	in = binary.BigEndian.AppendUint32(in, uint32(len(rows)))
	for _, r := range rows {
		in = append(in, r[:]...)
	}
	return Hash(tlog.RecordHash(in))
}

// BatchLeaf returns one leaf for many rows of one kind in their order, as version 0.2 made it of looks. Such a leaf can be
// checked only by who has all rows.
func BatchLeaf(kind string, rows [][]byte) Hash {
	size := 2 + 4 + len(kind) + 4
	for _, r := range rows {
		size += 4 + len(r)
	}
	in := appendText(append(make([]byte, 0, size), version, recordBatch), kind)
	in = binary.BigEndian.AppendUint32(in, uint32(len(rows)))
	for _, r := range rows {
		in = appendText(in, r)
	}
	return Hash(tlog.RecordHash(in))
}
