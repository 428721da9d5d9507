package account

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/crypto/argon2"

	"beside/internal/errs"
)

// Hashing is how much work one passphrase costs. The zero value means what OWASP's Password Storage Cheat Sheet asks
// for argon2id: 19 MiB, twice over, one lane.
type Hashing struct {
	MemoryKiB uint32
	Times     uint32
	// AtOnce is how many passphrases are hashed side by side, so that many who sign in at once cannot use up the
	// memory; 0 means 2.
	AtOnce int
}

func (h Hashing) filled() Hashing {
	if h.MemoryKiB == 0 {
		h.MemoryKiB = 19 * 1024
	}
	if h.Times == 0 {
		h.Times = 2
	}
	if h.AtOnce <= 0 {
		h.AtOnce = 2
	}
	return h
}

// longestQueue is how many may wait for their passphrase to be hashed; who comes then is asked to try again.
const longestQueue = 128

const (
	saltBytes = 16
	hashBytes = 32
)

// hasher hashes passphrases, a bounded number at once.
type hasher struct {
	Hashing
	pepper func(passphrase string) []byte
	rand   io.Reader
	queue  chan struct{} // those who wait or hash
	turn   chan struct{} // those who hash
	nobody string        // the hash that is compared for words that belong to nobody
}

func newHasher(h Hashing, pepper func(string) []byte, random io.Reader) (*hasher, error) {
	h = h.filled()
	out := &hasher{Hashing: h, pepper: pepper, rand: random, queue: make(chan struct{}, longestQueue+h.AtOnce), turn: make(chan struct{}, h.AtOnce)}
	var err error
	out.nobody, err = out.hash(context.Background(), "nobody at all has this passphrase")
	return out, err
}

// enter waits for a turn. It returns Busy when too many wait, or when ctx ends first. leave gives the turn back.
func (h *hasher) enter(ctx context.Context) (leave func(), err error) {
	const op = "account: hash"
	select {
	case h.queue <- struct{}{}:
	default:
		return nil, errs.New(op, errs.Busy, "")
	}
	select {
	case h.turn <- struct{}{}:
		return func() { <-h.turn; <-h.queue }, nil
	case <-ctx.Done():
		<-h.queue
		return nil, errs.As(op, errs.Busy, ctx.Err())
	}
}

// hash returns a passphrase as it is stored: argon2id in the PHC string format. What is hashed is a keyed hash of the
// passphrase under the installation's key (NIST SP 800-63B-4 §3.1.1.2), so that a copy of the data alone cannot be
// tried against.
func (h *hasher) hash(ctx context.Context, passphrase string) (string, error) {
	salt := make([]byte, saltBytes)
	if _, err := io.ReadFull(h.rand, salt); err != nil {
		return "", errs.Wrap("account: hash", err)
	}
	leave, err := h.enter(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	s := stored{memory: h.MemoryKiB, times: h.Times, salt: salt}
	s.sum = s.compute(h.pepper(normalPassphrase(passphrase)))
	return s.String(), nil
}

// fits reports whether a passphrase is the one that was stored, and whether it should be hashed anew because less work
// went into it than goes into one now. One that is too long to be anybody's costs what a short one does.
func (h *hasher) fits(ctx context.Context, phc, passphrase string) (fits, weak bool, err error) {
	if len(passphrase) > longestTyped {
		passphrase = ""
	}
	s, err := parseStored(phc)
	if err != nil {
		return false, false, errs.Wrap("account: hash", err)
	}
	leave, err := h.enter(ctx)
	if err != nil {
		return false, false, err
	}
	defer leave()
	fits = subtle.ConstantTimeCompare(s.compute(h.pepper(normalPassphrase(passphrase))), s.sum) == 1
	return fits, s.memory < h.MemoryKiB || s.times < h.Times, nil
}

// sum is the work of hashing a passphrase under a salt that the caller knows again. What is found by it is lost when the work
// changes: whoever changes that looks for the old sum too.
func (h *hasher) sum(ctx context.Context, salt []byte, passphrase string) ([]byte, error) {
	if len(passphrase) > longestTyped {
		passphrase = ""
	}
	leave, err := h.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	return stored{memory: h.MemoryKiB, times: h.Times, salt: salt}.compute(h.pepper(normalPassphrase(passphrase))), nil
}

// weak reports whether less work went into a stored hash than goes into one now.
func (h *hasher) weak(phc string) bool {
	s, err := parseStored(phc)
	return err == nil && (s.memory < h.MemoryKiB || s.times < h.Times)
}

// stored is a hash with what it was made from.
type stored struct {
	memory, times uint32
	salt, sum     []byte
}

func (s stored) compute(secret []byte) []byte {
	return argon2.IDKey(secret, s.salt, s.times, s.memory, 1, hashBytes)
}

var b64 = base64.RawStdEncoding

const phcForm = "m=%d,t=%d,p=1"

func (s stored) String() string {
	return fmt.Sprintf("$argon2id$v=%d$"+phcForm+"$%s$%s", argon2.Version, s.memory, s.times, b64.EncodeToString(s.salt), b64.EncodeToString(s.sum))
}

var errStored = errors.New("what is stored is not a hash of a passphrase")

// The most work a stored hash may ask for.
const (
	maxMemoryKiB = 1 << 20
	maxTimes     = 64
)

func parseStored(phc string) (s stored, err error) {
	parts := strings.Split(phc, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return s, errStored
	}
	if _, err := fmt.Sscanf(parts[3], phcForm, &s.memory, &s.times); err != nil || s.memory > maxMemoryKiB || s.times < 1 || s.times > maxTimes {
		return s, errStored
	}
	if s.salt, err = b64.DecodeString(parts[4]); err != nil || len(s.salt) != saltBytes {
		return s, errStored
	}
	if s.sum, err = b64.DecodeString(parts[5]); err != nil || len(s.sum) != hashBytes || s.String() != phc {
		return s, errStored
	}
	return s, nil
}
