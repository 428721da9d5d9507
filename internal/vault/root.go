package vault

import (
	"bytes"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"beside/internal/errs"
)

var (
	// ErrRootShared is returned by [LoadOrMakeRoot] for a file that its group or others may read.
	ErrRootShared = errors.New("others on this machine can read the root key file; make it yours alone with: chmod 600")
	// ErrRootMalformed is returned by [LoadOrMakeRoot] for a file that holds no root key.
	ErrRootMalformed = errors.New("this file does not hold a whole root key; put the recovery copy of the root key in its place")
)

// Root is the key that opens the keyring. It has no printed form.
type Root struct{ key secret }

// Format prints a fixed word for every verb.
func (r Root) Format(w fmt.State, verb rune) { r.key.Format(w, verb) }

// String returns a fixed word.
func (r Root) String() string { return hidden }

// GoString returns a fixed word.
func (r Root) GoString() string { return hidden }

// LogValue returns a fixed word.
func (r Root) LogValue() slog.Value { return r.key.LogValue() }

// MarshalJSON returns a fixed word.
func (r Root) MarshalJSON() ([]byte, error) { return r.key.MarshalJSON() }

// MarshalText returns a fixed word.
func (r Root) MarshalText() ([]byte, error) { return r.key.MarshalText() }

// LoadOrMakeRoot reads the root key from the file at path. If there is no file it draws a key from random (nil means the
// system's secure randomness) and writes it there, readable by its owner only and on disk before it returns; a missing
// folder is made, 0700. Of several processes starting at once one makes the key and all get that one.
//
// It returns [ErrRootShared] or [ErrRootMalformed], wrapped with the path, or the error of the file system.
func LoadOrMakeRoot(path string, random io.Reader) (Root, error) {
	const op = "vault: root key"
	r, err := loadRoot(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err = makeRoot(path, random); err == nil {
			r, err = loadRoot(path)
		}
	}
	return r, errs.Wrap(op, err)
}

func loadRoot(path string) (Root, error) {
	f, err := os.Open(path)
	if err != nil {
		return Root{}, err
	}
	defer func() { _ = f.Close() }() // only read
	info, err := f.Stat()
	if err != nil {
		return Root{}, err
	}
	if !info.Mode().IsRegular() {
		return Root{}, fmt.Errorf("%s: %w", path, ErrRootMalformed)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return Root{}, fmt.Errorf("%w %s", ErrRootShared, path)
	}
	text, err := io.ReadAll(io.LimitReader(f, 1024))
	if err != nil {
		return Root{}, err
	}
	r, err := parseRoot(text)
	if err != nil {
		return Root{}, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

// The file holds one line: rootWord, the key in lower-case hexadecimal, and the first four bytes of a hash of the key,
// so that a copy typed by hand with a mistake is found. Blanks around the line do not matter.
const rootWord = "beside-root-1"

func parseRoot(text []byte) (Root, error) {
	line := bytes.Fields(text)
	if len(line) != 3 || string(line[0]) != rootWord || len(line[1]) != 64 {
		return Root{}, ErrRootMalformed
	}
	var key [32]byte
	if _, err := hex.Decode(key[:], line[1]); err != nil {
		return Root{}, ErrRootMalformed
	}
	if string(line[1]) != hex.EncodeToString(key[:]) || string(line[2]) != rootCheck(key) {
		return Root{}, ErrRootMalformed
	}
	return Root{newSecret(key)}, nil
}

func formatRoot(key [32]byte) []byte {
	return fmt.Appendf(nil, "%s %s %s\n", rootWord, hex.EncodeToString(key[:]), rootCheck(key))
}

func rootCheck(key [32]byte) string {
	sum := sha256.Sum256(append([]byte(rootWord), key[:]...))
	return hex.EncodeToString(sum[:4])
}

// makeRoot writes a new key beside path and links it there, which does nothing when another process was first.
func makeRoot(path string, random io.Reader) error {
	if random == nil {
		random = rand.Reader
	}
	key, err := randomSecret(random)
	if err != nil {
		return err
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	tmp, err := writeTemp(dir, formatRoot(*key.open()))
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(tmp) }() // the key has its own name by then; a file left behind is harmless, 0600
	if err := os.Link(tmp, path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncDir(dir)
}

// writeTemp writes a file that only its owner can read, and returns its name once it is on disk.
func writeTemp(dir string, text []byte) (string, error) {
	f, err := os.CreateTemp(dir, ".root-*")
	if err != nil {
		return "", err
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// derive returns the key for a purpose: HKDF-SHA256 (RFC 5869) without salt, the purpose as info.
func (r Root) derive(purpose string) secret {
	k, err := hkdf.Key(sha256.New, r.key.bytes(), nil, purpose, 32)
	if err != nil {
		panic(fmt.Errorf("vault: deriving a key: %w", err)) // only for a longer key than HKDF gives
	}
	return newSecret([32]byte(k))
}
