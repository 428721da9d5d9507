package vault

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/tink-crypto/tink-go/v2/tink"
)

// Key returns 32 bytes for a purpose, the same every time, whatever becomes of the root key. Another purpose gives an
// unrelated key. The caller must keep it as secret as the root key itself.
func (v *Vault) Key(purpose string) []byte { return slices.Clone(v.purposes.key(purposeKey + purpose)) }

// Blind returns 32 bytes under which text can be looked up without being stored: HMAC-SHA256 under a key for this
// purpose. Equal texts give equal bytes, so the caller normalises text first. It serves look-ups over the whole
// installation, such as a sign-in name; it hides text from those without keyring and root key only.
func (v *Vault) Blind(purpose, text string) []byte {
	mac := hmac.New(sha256.New, v.purposes.key(purposeBlind+purpose))
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

// SealFor seals plain under the key of a purpose, for words that belong to the place and to no book; about is what they stand
// beside, such as the id of a row. What is sealed so is not erased by its key: who keeps it deletes it.
func (v *Vault) SealFor(purpose string, about, plain []byte) (Sealed, error) {
	box, err := newBox([32]byte(v.Key(purpose)))
	if err != nil {
		return nil, err
	}
	out, err := box.Encrypt(pad(plain), append([]byte{sealedVersion}, about...))
	if err != nil {
		return nil, fmt.Errorf("vault: sealing for a purpose: %w", err)
	}
	return append(Sealed{sealedVersion}, out...), nil
}

// OpenFor opens what [Vault.SealFor] sealed for the same purpose beside the same. It returns [ErrNotThis] for anything else.
func (v *Vault) OpenFor(purpose string, about []byte, s Sealed) ([]byte, error) {
	if len(s) < overhead+minPadded || s[0] != sealedVersion {
		return nil, ErrNotThis
	}
	box, err := newBox([32]byte(v.Key(purpose)))
	if err != nil {
		return nil, err
	}
	padded, err := box.Decrypt(s[1:], append([]byte{sealedVersion}, about...))
	if err != nil {
		return nil, ErrNotThis
	}
	plain, ok := unpad(padded)
	if !ok {
		return nil, ErrNotThis
	}
	return plain, nil
}

// purposes are the keys that are not of a book. They follow from a secret that stands wrapped in the keyring, so that the
// root key can move on; those of a keyring that is older than that secret, which followed from its first root key, are
// kept one by one.
//
// Stored form, before wrapping:
//
//	1 byte   version, 1
//	32 bytes secret
//	n times: 1 byte length of a purpose, the purpose, 32 bytes key
type purposes struct {
	secret secret
	old    map[string]secret
}

const purposesVersion = 1

var errPurposes = errors.New("vault: the stored form of the purposes' secret is malformed")

// oldPurposes are those in use before there was a secret of their own.
var oldPurposes = []string{
	purposeKey + "form token", purposeKey + "one-time code", purposeKey + "log/signer/1",
	purposeBlind + "address", purposeBlind + "card", purposeBlind + "card of a form", purposeBlind + "code address",
	purposeBlind + "community", purposeBlind + "device", purposeBlind + "gentle word", purposeBlind + "limit",
	purposeBlind + "name form", purposeBlind + "name part", purposeBlind + "name sound", purposeBlind + "passkey",
	purposeBlind + "passphrase", purposeBlind + "provider browser", purposeBlind + "provider issuer",
	purposeBlind + "provider nonce", purposeBlind + "provider state", purposeBlind + "provider subject",
	purposeBlind + "provider verifier", purposeBlind + "recovery code", purposeBlind + "recovery holder",
	purposeBlind + "recovery holder id", purposeBlind + "recovery request", purposeBlind + "recovery request id",
	purposeBlind + "recovery secret", purposeBlind + "recovery spoken code", purposeBlind + "recovery token",
	purposeBlind + "sign-in",
}

// newPurposes draws the secret of a keyring. first is the root key of a keyring that had none until now; it is none for a
// new one.
func newPurposes(random io.Reader, first Root) (*purposes, error) {
	s, err := randomSecret(random)
	if err != nil {
		return nil, err
	}
	p := &purposes{secret: s, old: map[string]secret{}}
	if first.key.none() {
		return p, nil
	}
	for _, name := range oldPurposes {
		p.old[name] = first.key.derive(name)
	}
	return p, nil
}

// key returns the key of a purpose. It must not be changed.
func (p *purposes) key(purpose string) []byte {
	if k, ok := p.old[purpose]; ok {
		return k.bytes()
	}
	return p.secret.derive(purpose).bytes()
}

func (p *purposes) wrap(box tink.AEAD) ([]byte, error) {
	out := append([]byte{purposesVersion}, p.secret.bytes()...)
	for _, name := range oldPurposes {
		if k, ok := p.old[name]; ok {
			out = append(append(append(out, byte(len(name))), name...), k.bytes()...)
		}
	}
	return box.Encrypt(out, []byte(purposesPlace))
}

// purposesPlace is the associated data of the wrapped form.
const purposesPlace = "beside/vault/purposes/1"

func unwrapPurposes(box tink.AEAD, wrapped []byte) (*purposes, error) {
	plain, err := box.Decrypt(wrapped, []byte(purposesPlace))
	if err != nil || len(plain) < 1+32 || plain[0] != purposesVersion {
		return nil, errPurposes
	}
	p := &purposes{secret: newSecret([32]byte(plain[1:])), old: map[string]secret{}}
	for rest := plain[1+32:]; len(rest) > 0; {
		n := int(rest[0])
		if len(rest) < 1+n+32 {
			return nil, errPurposes
		}
		p.old[string(rest[1:1+n])] = newSecret([32]byte(rest[1+n:]))
		rest = rest[1+n+32:]
	}
	return p, nil
}

// derive returns the key for a purpose: HKDF-SHA256 (RFC 5869) without salt, the purpose as info.
func (s secret) derive(purpose string) secret {
	k, err := hkdf.Key(sha256.New, s.bytes(), nil, purpose, 32)
	if err != nil {
		panic(fmt.Errorf("vault: deriving a key: %w", err)) // only for a longer key than HKDF gives
	}
	return newSecret([32]byte(k))
}
