package vault

import (
	"bytes"
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

	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/mutant"
)

var (
	// ErrRootShared is returned by [LoadOrMakeRoot] for a file that its group or others may read.
	ErrRootShared = errors.New("others on this machine can read the root key file; make it yours alone with: chmod 600")
	// ErrRootMalformed is returned by [LoadOrMakeRoot] for a file that holds no root key.
	ErrRootMalformed = errors.New("this file does not hold a whole root key; put the recovery copy of the root key in its place")
)

// Root is the key that opens the keyring. It has no printed form.
type Root struct {
	key  secret
	path string // the file it was read from; "" for one that was not
}

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
	r.path = path
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
	return Root{key: newSecret(key)}, nil
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

// nextPath is where the root key lies that shall take the place of the one at path.
func nextPath(path string) string { return path + ".next" }

// replaceRoot makes the file at path hold r, and overwrites what stood there before. It reports false while another process
// of this machine is doing so.
//
//	path: old ──▶ .moving: new ──▶ .gone: the old file, too ──▶ path: new ──▶ .gone overwritten ──▶ .gone taken away
//
// A process that dies in between leaves names for what is still to be overwritten: whoever opens the keyring next does that.
func replaceRoot(path string, r Root, now clock.Time) (bool, error) {
	old, err := loadRoot(path)
	if err == nil && bytes.Equal(old.key.bytes(), r.key.bytes()) {
		return true, errors.Join(wipeGone(path), wipeNext(path, r))
	}
	moving := path + movingEnding
	f, err := os.OpenFile(moving, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return false, dropStale(moving, now)
	} else if err != nil {
		return false, err
	}
	_, err = f.Write(formatRoot(*r.key.open()))
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return false, errors.Join(err, os.Remove(moving))
	}
	if err := wipeGone(path); err != nil {
		return false, errors.Join(err, os.Remove(moving))
	}
	if err := takePlace(path, moving); err != nil {
		return false, err
	}
	return true, wipeNext(path, r)
}

// movingEnding is of the file that shall take the place of another, goneEnding of one that shall be overwritten.
const (
	movingEnding = ".moving"
	goneEnding   = ".gone"
)

// takePlace gives moving the name path, and overwrites what had it.
func takePlace(path, moving string) error {
	before, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return errors.Join(err, os.Remove(moving))
	}
	if mutant.On("old-root-unnamed") {
		err = nil
	} else if err = os.Link(path, path+goneEnding); errors.Is(err, errors.ErrUnsupported) || errors.Is(err, fs.ErrPermission) {
		err = nil // a file system without second names: then nobody finds it after a death in between
	}
	if err == nil {
		err = os.Rename(moving, path)
	}
	if err != nil {
		return errors.Join(err, before.Close(), os.Remove(moving))
	}
	if err := errors.Join(syncDir(filepath.Dir(path)), wipe(before)); err != nil {
		return err
	}
	return removed(path + goneEnding)
}

// removed takes a file away, if it is there.
func removed(path string) error {
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// wipeGone overwrites what a process left that died before it had: an older root key file, and others whose turn was over.
func wipeGone(path string) error {
	var all []error
	for _, name := range []string{path, path + movingEnding, nextPath(path)} {
		gone := name + goneEnding
		f, err := os.OpenFile(gone, os.O_WRONLY, 0)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil && sameFile(f, path) { // it died before the new one took the place
			err = f.Close()
		} else if err == nil {
			err = wipe(f)
		}
		all = append(all, err, removed(gone))
	}
	return errors.Join(all...)
}

// sameFile reports whether an open file is the one at path.
func sameFile(f *os.File, path string) bool {
	a, err := f.Stat()
	b, err2 := os.Stat(path)
	return err == nil && err2 == nil && os.SameFile(a, b)
}

// DropRoot overwrites and takes away the file at path if it holds r: a root key that opens nothing. Errors are those of the
// file system.
func DropRoot(path string, r Root) error {
	there, err := loadRoot(path)
	if err != nil || !there.Same(r) {
		return errs.Wrap("vault: drop root key", err)
	}
	return errs.Wrap("vault: drop root key", errors.Join(discard(path), removed(path+machineEnding)))
}

// Discard overwrites a file that held keys, and takes it away. Errors are those of the file system; none when it is not there.
func Discard(path string) error { return errs.Wrap("vault: discard", discard(path)) }

// dropStale removes what a process left that died while it wrote a root key file.
func dropStale(moving string, now clock.Time) error {
	info, err := os.Stat(moving)
	if err == nil && now-clock.Of(info.ModTime()) > clock.Minute {
		return discard(moving)
	}
	return nil
}

// discard overwrites a file and takes it away. Its name goes first, so that nobody takes it for what it was.
func discard(path string) error {
	gone := path + goneEnding
	if err := os.Rename(path, gone); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // another did
		}
		return err
	}
	f, err := os.OpenFile(gone, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return errors.Join(wipe(f), removed(gone))
}

// wipe overwrites a file and closes it.
func wipe(f *os.File) error {
	info, err := f.Stat()
	if err == nil {
		_, err = f.WriteAt(make([]byte, info.Size()), 0)
	}
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// wipeNext removes the file of the next root key once that key has its place.
func wipeNext(path string, r Root) error {
	next, err := loadRoot(nextPath(path))
	if err != nil || !bytes.Equal(next.key.bytes(), r.key.bytes()) {
		return nil //nolint:nilerr // none, or of a rotation that is still to come
	}
	return discard(nextPath(path))
}
