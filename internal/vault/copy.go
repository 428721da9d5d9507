package vault

import (
	"bytes"
	"context"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"filippo.io/age"
	"filippo.io/age/armor"

	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/store"
)

// The recovery copy of the root key is the root key's file, encrypted with age under a passphrase. It has two written
// forms: age's own, which the program age opens too, and lines for paper, each with letters that tell a mistake in it.

var (
	// ErrWrongPassphrase says that a recovery copy does not open with a passphrase.
	ErrWrongPassphrase = errors.New("this passphrase does not open this recovery copy")
	// ErrCopyMalformed says that something is no recovery copy, or has a mistake in it.
	ErrCopyMalformed = errors.New("this is not a whole recovery copy of a root key")
)

// MinPassphrase is the least length of the passphrase of a recovery copy, in letters.
const MinPassphrase = 16

// copyWork is the work factor of scrypt, as a power of two: about a second.
const copyWork = 18

// SealCopy returns the recovery copy of r under a passphrase, in age's armoured form. work is the work factor of scrypt, 0 for
// the usual one. It returns an [errs.Invalid] error for a passphrase shorter than [MinPassphrase].
func (r Root) SealCopy(passphrase string, work int) ([]byte, error) {
	const op = "vault: recovery copy"
	if len([]rune(passphrase)) < MinPassphrase {
		return nil, errs.As(op, errs.Invalid, fmt.Errorf("the passphrase must have %d letters or more", MinPassphrase))
	}
	to, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		return nil, errs.Wrap(op, err)
	}
	if work == 0 {
		work = copyWork
	}
	to.SetWorkFactor(work)
	var out bytes.Buffer
	armoured := armor.NewWriter(&out)
	w, err := age.Encrypt(armoured, to)
	if err == nil {
		_, err = w.Write(formatRoot(*r.key.open()))
	}
	if err == nil {
		err = errors.Join(w.Close(), armoured.Close())
	}
	return out.Bytes(), errs.Wrap(op, err)
}

// OpenCopy returns the root key of a recovery copy, in either written form. It returns [ErrCopyMalformed], which says in
// which line of paper a mistake is, or [ErrWrongPassphrase].
func OpenCopy(written []byte, passphrase string) (Root, error) {
	const op = "vault: recovery copy"
	sealed, err := readCopy(written)
	if err != nil {
		return Root{}, errs.Wrap(op, err)
	}
	with, err := age.NewScryptIdentity(passphrase)
	if err != nil {
		return Root{}, errs.Wrap(op, ErrWrongPassphrase)
	}
	open, err := age.Decrypt(bytes.NewReader(sealed), with)
	if _, other := errors.AsType[*age.NoIdentityMatchError](err); other {
		return Root{}, errs.Wrap(op, ErrWrongPassphrase)
	}
	if err != nil {
		return Root{}, errs.Wrap(op, ErrCopyMalformed)
	}
	text, err := io.ReadAll(io.LimitReader(open, 1024))
	if err != nil {
		return Root{}, errs.Wrap(op, ErrCopyMalformed)
	}
	r, err := parseRoot(text)
	return r, errs.Wrap(op, err)
}

// readCopy returns the bytes that age encrypted.
func readCopy(written []byte) ([]byte, error) {
	text := bytes.TrimSpace(written)
	if bytes.HasPrefix(text, []byte("age-encryption.org/")) {
		return text, nil
	}
	if bytes.HasPrefix(text, []byte(armor.Header)) {
		b, err := io.ReadAll(armor.NewReader(bytes.NewReader(text)))
		if err != nil {
			return nil, ErrCopyMalformed
		}
		return b, nil
	}
	return readPaper(string(text))
}

// On paper a line is a number, eight groups of five letters, and two letters that follow from them. The letters are those
// of Crockford's base 32, which has none that look alike.
const (
	paperLine   = 40
	paperGroup  = 5
	paperSymbol = "0123456789abcdefghjkmnpqrstvwxyz"
)

var paperLetters = base32.NewEncoding(paperSymbol).WithPadding(base32.NoPadding)

// PaperLines returns a recovery copy as lines to be printed, and typed again. It returns [ErrCopyMalformed].
func PaperLines(armoured []byte) ([]string, error) {
	sealed, err := readCopy(armoured)
	if err != nil {
		return nil, errs.Wrap("vault: paper", err)
	}
	text := paperLetters.EncodeToString(sealed)
	var out []string
	for n := 1; len(text) > 0; n++ {
		part := text[:min(paperLine, len(text))]
		text = text[len(part):]
		line := fmt.Sprintf("%02d", n)
		for at := 0; at < len(part); at += paperGroup {
			line += " " + part[at:min(at+paperGroup, len(part))]
		}
		out = append(out, line+" "+paperCheck(n, part))
	}
	return out, nil
}

func paperCheck(n int, part string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "beside paper %d %s", n, part))
	return string([]byte{paperSymbol[sum[0]&31], paperSymbol[sum[1]&31]})
}

// readPaper undoes PaperLines. What is easily mistaken, O for 0 and I or L for 1, is taken as meant.
func readPaper(text string) ([]byte, error) {
	var all strings.Builder
	n := 0
	for line := range strings.Lines(text) {
		words := paperWords(line)
		if len(words) == 0 {
			continue
		}
		n++
		part, err := paperPart(n, words)
		if err != nil {
			return nil, err
		}
		all.WriteString(part)
	}
	b, err := paperLetters.DecodeString(all.String())
	if err != nil || n == 0 {
		return nil, ErrCopyMalformed
	}
	return b, nil
}

var paperSame = strings.NewReplacer("o", "0", "i", "1", "l", "1", "-", " ")

func paperWords(line string) []string {
	return strings.Fields(paperSame.Replace(strings.ToLower(line)))
}

// paperPart returns what line n holds, between its number and the letters that tell a mistake.
func paperPart(n int, words []string) (string, error) {
	if len(words) < 3 || words[0] != fmt.Sprintf("%02d", n) {
		return "", fmt.Errorf("%w: line %02d is missing, or does not begin with its number", ErrCopyMalformed, n)
	}
	part := strings.Join(words[1:len(words)-1], "")
	if words[len(words)-1] != paperCheck(n, part) {
		return "", fmt.Errorf("%w: there is a mistake in line %02d", ErrCopyMalformed, n)
	}
	return part, nil
}

// CheckPaperLine returns [ErrCopyMalformed] for a typed line that is not line n of a recovery copy on paper.
func CheckPaperLine(n int, line string) error {
	_, err := paperPart(n, paperWords(line))
	return err
}

// Same reports whether two root keys are one.
func (r Root) Same(other Root) bool {
	return !r.key.none() && !other.key.none() && hmac.Equal(r.key.bytes(), other.key.bytes())
}

// Key returns 32 bytes that follow from the root key alone, for a purpose: for what must open without the keyring. For
// everything else there is [Vault.Key].
func (r Root) Key(purpose string) []byte {
	k, err := hkdf.Key(sha256.New, r.key.bytes(), nil, "beside/vault/of the root key/1 "+purpose, 32)
	if err != nil {
		panic(fmt.Errorf("vault: deriving a key: %w", err)) // only for a longer key than HKDF gives
	}
	return k
}

// Mark is a few letters by which one root key is told from another. They tell nothing of it.
func (r Root) Mark() string { return hex.EncodeToString(r.Key("mark")[:6]) }

// Toward returns the root key of a mark, if it is r or follows from r. Root keys move on by themselves, and nobody can go
// back: a recovery copy leads to the keys after it, never to one before.
func (r Root) Toward(mark string) (Root, bool) {
	if r.key.none() {
		return Root{}, false
	}
	for range maxBehind {
		if r.Mark() == mark {
			return r, true
		}
		r = r.next()
	}
	return Root{}, false
}

// Apart is the same root key without its file, for a keyring that is only looked at: opening that one moves no file on.
func (r Root) Apart() Root { return Root{key: r.key} }

// ReadRoot reads the root key from the file at path. Unlike [LoadOrMakeRoot] it makes none: its error then is
// [fs.ErrNotExist].
func ReadRoot(path string) (Root, error) {
	r, err := loadRoot(path)
	return r, errs.Wrap("vault: root key", err)
}

// KeepRoot writes a root key to the file at path, readable by its owner only and on disk before it returns. When there is a
// file it must hold this key: else it returns [ErrOtherRoot].
func KeepRoot(path string, r Root) error {
	const op = "vault: keep root key"
	there, err := loadRoot(path)
	switch {
	case err == nil && there.Same(r):
		return nil
	case err == nil:
		return errs.Wrap(op, fmt.Errorf("%s holds another root key. If Beside does not start with it, move it away and run this again: %w", path, ErrOtherRoot))
	case !errors.Is(err, fs.ErrNotExist):
		return errs.Wrap(op, err)
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return errs.Wrap(op, err)
	}
	tmp, err := writeTemp(dir, formatRoot(*r.key.open()))
	if err != nil {
		return errs.Wrap(op, err)
	}
	defer func() { _ = os.Remove(tmp) }() // the key has its own name by then
	if err := os.Link(tmp, path); err != nil {
		return errs.Wrap(op, err)
	}
	return errs.Wrap(op, syncDir(dir))
}

// Schema returns the schema files of a keyring, for backups of it.
func Schema() fs.FS {
	files, err := fs.Sub(tables, "schema")
	if err != nil {
		panic(fmt.Errorf("vault: schema: %w", err)) // the folder is compiled in
	}
	return files
}

// Knows reports whether the keyring knows a book: it has its tree, or remembers that it was erased. Errors are those of
// the store.
func (v *Vault) Knows(ctx context.Context, b id.Book) (known bool, err error) {
	err = v.db.View(ctx, func(tx *store.Tx) error {
		return tx.Row(`SELECT COUNT(*) > 0 FROM (SELECT book FROM book_tree WHERE book = $1 UNION ALL SELECT book FROM erased_book WHERE book = $1) AS k`, b).Scan(&known)
	})
	return known, errs.Wrap("vault: knows", err)
}
