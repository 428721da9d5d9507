package witness

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Checkpoint is the head of a log: what a signature on it says (C2SP tlog-checkpoint).
type Checkpoint struct {
	Origin string // the name of the log
	Size   int64  // leaves
	Root   Hash
}

// text is what is signed.
func (c Checkpoint) text() string {
	return fmt.Sprintf("%s\n%d\n%s\n", c.Origin, c.Size, base64.StdEncoding.EncodeToString(c.Root[:]))
}

// MaxNote is the largest signed note that is read, in bytes.
const MaxNote = 8 << 10

var (
	// ErrNotACheckpoint says that a text is no signed head of a log.
	ErrNotACheckpoint = errors.New("witness: this is not a checkpoint")
	// ErrSignature says that a checkpoint bears no signature by the key it should.
	ErrSignature = errors.New("witness: the checkpoint is not signed with the log's key")
)

// originPrefix is how the name of every log begins.
const originPrefix = "beside.log/"

// validOrigin reports whether a log may be called so: as [Log] calls its logs, or by as few signs. A witness makes folders
// with these names, and addresses.
func validOrigin(origin string) bool {
	name, ok := strings.CutPrefix(origin, originPrefix)
	return ok && len(name) > 0 && len(name) <= 64 && !strings.ContainsFunc(name, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
}

// errOrigin is a checkpoint of a log with another name.
var errOrigin = fmt.Errorf("%w: its log has a name that no Beside gives: it is %s and small letters and digits", ErrNotACheckpoint, originPrefix)

// At is the path under which an installation shows one of its logs. Names of logs are never given twice, so that a full
// tile under it never changes.
func At(origin string) string { return "/logs/" + strings.TrimPrefix(origin, originPrefix) }

// parseCheckpoint reads the text of a checkpoint; lines after the third are extensions, which nobody here uses.
func parseCheckpoint(text string) (Checkpoint, error) {
	lines := strings.Split(text, "\n")
	if len(lines) < 4 || lines[len(lines)-1] != "" || lines[0] == "" {
		return Checkpoint{}, ErrNotACheckpoint
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if !validOrigin(lines[0]) {
		return Checkpoint{}, errOrigin
	}
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return Checkpoint{}, ErrNotACheckpoint
	}
	root, err := base64.StdEncoding.Strict().DecodeString(lines[2])
	if err != nil || len(root) != len(Hash{}) {
		return Checkpoint{}, ErrNotACheckpoint
	}
	return Checkpoint{Origin: lines[0], Size: size, Root: Hash(root)}, nil
}

// Peek reads a checkpoint without asking who signed it. It returns [ErrNotACheckpoint].
func Peek(signed string) (Checkpoint, error) {
	text, _, ok := strings.Cut(signed, "\n\n")
	if !ok || len(signed) > MaxNote {
		return Checkpoint{}, ErrNotACheckpoint
	}
	return parseCheckpoint(text + "\n")
}

// Key is the public key with which a log signs, the same for all logs of an installation. Its text is base64.
type Key [ed25519.PublicKeySize]byte

// String returns the key in base64, as [ParseKey] reads it.
func (k Key) String() string { return base64.StdEncoding.EncodeToString(k[:]) }

// MarshalText writes the key in base64, as String does.
func (k Key) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (k *Key) UnmarshalText(text []byte) (err error) {
	*k, err = ParseKey(string(text))
	return err
}

// ParseKey reads a key as [Key.String] writes it.
func ParseKey(s string) (k Key, err error) {
	b, err := base64.StdEncoding.Strict().DecodeString(strings.TrimSpace(s))
	if err != nil || len(b) != len(k) {
		return k, errors.New("witness: this is not the key of a log: it is 44 letters, digits and signs")
	}
	return Key(b), nil
}

// verifier checks signatures by k under the name of one log.
func (k Key) verifier(origin string) (note.Verifier, error) {
	vkey, err := note.NewEd25519VerifierKey(origin, k[:])
	if err != nil {
		return nil, ErrNotACheckpoint
	}
	v, err := note.NewVerifier(vkey)
	if err != nil {
		return nil, ErrNotACheckpoint
	}
	return v, nil
}

// Name returns the key as programs for signed notes take it, for the log of that origin.
func (k Key) Name(origin string) (string, error) { return note.NewEd25519VerifierKey(origin, k[:]) }

// Open reads a checkpoint that k signed. It returns [ErrNotACheckpoint] or [ErrSignature].
func (k Key) Open(signed string) (Checkpoint, error) {
	c, err := Peek(signed)
	if err != nil {
		return c, err
	}
	v, err := k.verifier(c.Origin)
	if err != nil {
		return c, err
	}
	n, err := note.Open([]byte(signed), note.VerifierList(v))
	if err != nil {
		return c, ErrSignature
	}
	return parseCheckpoint(n.Text)
}

// signer signs heads with the key that a seed of 32 bytes makes.
type signer struct {
	private ed25519.PrivateKey
	public  Key
}

func newSigner(seed []byte) (signer, error) {
	if len(seed) != ed25519.SeedSize {
		return signer{}, errors.New("witness: the seed of the log's key has not 32 bytes")
	}
	private := ed25519.NewKeyFromSeed(seed)
	return signer{private: private, public: Key(private.Public().(ed25519.PublicKey))}, nil
}

// named is a signer under the name of one log.
type named struct {
	signer
	verifier note.Verifier
}

func (n named) Name() string                    { return n.verifier.Name() }
func (n named) KeyHash() uint32                 { return n.verifier.KeyHash() }
func (n named) Sign(msg []byte) ([]byte, error) { return ed25519.Sign(n.private, msg), nil }

// sign returns the signed note of a head.
func (s signer) sign(c Checkpoint) (string, error) {
	v, err := s.public.verifier(c.Origin)
	if err != nil {
		return "", err
	}
	signed, err := note.Sign(&note.Note{Text: c.text()}, named{s, v})
	return string(signed), err
}

// CheckInclusion returns nil when proof shows that leaf is the n-th leaf, counted from 0, of the tree with head c.
func CheckInclusion(proof []Hash, c Checkpoint, n int64, leaf Hash) error {
	if n < 0 || n >= c.Size {
		return fmt.Errorf("%w: leaf %d of %d", ErrProof, n, c.Size)
	}
	if err := tlog.CheckRecord(proofOf(proof), c.Size, tlog.Hash(c.Root), n, tlog.Hash(leaf)); err != nil {
		return fmt.Errorf("%w: leaf %d of %d", ErrProof, n, c.Size)
	}
	return nil
}

// CheckConsistency returns nil when proof shows that the tree with head older is the beginning of that with head newer.
func CheckConsistency(proof []Hash, older, newer Checkpoint) error {
	switch {
	case older.Origin != newer.Origin || older.Size > newer.Size:
		return fmt.Errorf("%w: %d leaves of %s before %d leaves of %s", ErrProof, older.Size, older.Origin, newer.Size, newer.Origin)
	case older.Size == newer.Size && older.Root == newer.Root, older.Size == 0:
		return nil
	}
	if err := tlog.CheckTree(proofOf(proof), newer.Size, tlog.Hash(newer.Root), older.Size, tlog.Hash(older.Root)); err != nil {
		return fmt.Errorf("%w: %d leaves are not the beginning of %d", ErrProof, older.Size, newer.Size)
	}
	return nil
}

// ErrProof says that a proof does not show what it should.
var ErrProof = errors.New("witness: the proof does not hold")

func proofOf(hashes []Hash) []tlog.Hash {
	out := make([]tlog.Hash, len(hashes))
	for i, h := range hashes {
		out[i] = tlog.Hash(h)
	}
	return out
}

// KeyOf returns the public key that belongs to a seed of 32 bytes. It fails for another size.
func KeyOf(seed []byte) (Key, error) {
	s, err := newSigner(seed)
	return s.public, err
}
