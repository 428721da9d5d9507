package vault

import (
	"fmt"

	"github.com/tink-crypto/tink-go/v2/aead/subtle"
	"github.com/tink-crypto/tink-go/v2/tink"

	"beside/internal/id"
)

// Sealed is a text that only the vault can open, and only as the entry it was sealed for. It is safe to store.
//
//	1 byte   version, 1
//	12 bytes nonce
//	n bytes  the padded text, encrypted: n is 128 or a larger padded size
//	16 bytes authentication tag
//
// The padded text is the text, the byte 0x80 and zeros.
type Sealed []byte

const (
	sealedVersion = 1
	overhead      = 1 + subtle.AESGCMIVSize + subtle.AESGCMTagSize
)

// place is where a sealed value belongs.
type place struct {
	book  id.Book
	item  id.Item
	entry id.Entry
}

// associated returns version ‖ book ‖ entry ‖ item, the data a sealed value is bound to.
func (p place) associated(version byte) []byte {
	out := make([]byte, 0, 49)
	out = append(out, version)
	out = append(out, p.book.Bytes()...)
	out = append(out, p.entry.Bytes()...)
	return append(out, p.item.Bytes()...)
}

// whole reports whether no part of the place is missing.
func (p place) whole() bool { return !p.book.IsZero() && !p.item.IsZero() && !p.entry.IsZero() }

func (t *tree) seal(p place, plain []byte) (Sealed, error) {
	box, err := t.box(p.item)
	if err != nil {
		return nil, err
	}
	out, err := box.Encrypt(pad(plain), p.associated(sealedVersion))
	if err != nil {
		return nil, err
	}
	return append(Sealed{sealedVersion}, out...), nil
}

func (t *tree) unseal(p place, s Sealed) ([]byte, error) {
	if len(s) < overhead+minPadded || s[0] != sealedVersion {
		return nil, ErrNotThis
	}
	box, err := t.box(p.item)
	if err != nil {
		return nil, err
	}
	padded, err := box.Decrypt(s[1:], p.associated(sealedVersion))
	if err != nil {
		return nil, ErrNotThis
	}
	plain, ok := unpad(padded)
	if !ok {
		return nil, ErrNotThis
	}
	return plain, nil
}

// box returns the cipher of one item.
func (t *tree) box(it id.Item) (tink.AEAD, error) {
	key, err := t.itemKey(it)
	if err != nil {
		return nil, err
	}
	return newBox(key)
}

func newBox(key [32]byte) (tink.AEAD, error) {
	box, err := subtle.NewAESGCM(key[:])
	if err != nil {
		return nil, fmt.Errorf("making a cipher: %w", err)
	}
	return box, nil
}
