package vault

import (
	"fmt"
	"io"
	"log/slog"
)

// secret is 32 bytes of key material. It has no printed form. The bytes are behind a function, because package fmt prints
// unexported fields without asking them how, and follows pointers in them for some verbs, but never calls a function.
type secret struct{ open func() *[32]byte }

const hidden = "[secret]"

func newSecret(b [32]byte) secret { return secret{open: func() *[32]byte { return &b }} }

// bytes returns the key itself.
func (s secret) bytes() []byte { return s.open()[:] }

// none reports whether s is a zero value, which holds no key.
func (s secret) none() bool { return s.open == nil }

func randomSecret(rand io.Reader) (secret, error) {
	var b [32]byte
	if _, err := io.ReadFull(rand, b[:]); err != nil {
		return secret{}, fmt.Errorf("reading randomness: %w", err)
	}
	return newSecret(b), nil
}

// Format prints the same word for every verb.
func (secret) Format(w fmt.State, _ rune) { _, _ = io.WriteString(w, hidden) }

func (secret) String() string                 { return hidden }
func (secret) GoString() string               { return hidden }
func (secret) LogValue() slog.Value           { return slog.StringValue(hidden) }
func (secret) MarshalJSON() ([]byte, error)   { return []byte(`"` + hidden + `"`), nil }
func (secret) MarshalText() ([]byte, error)   { return []byte(hidden), nil }
func (secret) MarshalBinary() ([]byte, error) { return []byte(hidden), nil }
