package vault

import (
	"fmt"
	"io"
	"log/slog"
)

// secret is 32 bytes of key material. It has no printed form. It is a pointer inside, because package fmt prints the
// fields of a struct that holds a secret in an unexported field without asking the secret how.
type secret struct{ b *[32]byte }

const hidden = "[secret]"

func newSecret(b [32]byte) secret { return secret{b: &b} }

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
