package witness

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/mutant"
	"beside/internal/store"
)

// algCosignature is the signature type of cosignature/v1 (C2SP tlog-cosignature): Ed25519 over the checkpoint and a time.
const algCosignature = 4

// OutsideKey is the public key of a witness with its name.
type OutsideKey struct {
	name string
	key  Key
}

// Name is what the witness calls itself.
func (w OutsideKey) Name() string { return w.name }

// String is the key as [ParseOutsideKey] reads it and programs for signed notes take it.
func (w OutsideKey) String() string {
	return fmt.Sprintf("%s+%08x+%s", w.name, w.KeyHash(), base64.StdEncoding.EncodeToString(append([]byte{algCosignature}, w.key[:]...)))
}

// KeyHash is the short hash by which a note names the key.
func (w OutsideKey) KeyHash() uint32 {
	sum := sha256.Sum256(append([]byte(w.name+"\n"+string(rune(algCosignature))), w.key[:]...))
	return binary.BigEndian.Uint32(sum[:])
}

// errOutsideKey says that a text is no key of a witness.
var errOutsideKey = errors.New("witness: this is not the key of a witness: it is a name, eight digits, and the key, with + between them")

// ParseOutsideKey reads a key as [OutsideKey.String] writes it.
func ParseOutsideKey(s string) (OutsideKey, error) {
	name, rest, _ := strings.Cut(strings.TrimSpace(s), "+")
	_, key, _ := strings.Cut(rest, "+")
	b, err := base64.StdEncoding.Strict().DecodeString(key)
	if err != nil || !validName(name) || len(b) != 1+len(Key{}) || b[0] != algCosignature {
		return OutsideKey{}, errOutsideKey
	}
	w := OutsideKey{name, Key(b[1:])}
	if w.String() != strings.TrimSpace(s) {
		return OutsideKey{}, errOutsideKey
	}
	return w, nil
}

// DistinctNames returns an error when two of some witnesses call themselves the same: people could not tell them apart.
func DistinctNames(all []OutsideKey) error {
	names := map[string]bool{}
	for _, w := range all {
		if names[w.name] {
			return fmt.Errorf("witness: two witnesses call themselves %s: one of them has to begin anew with another name", w.name)
		}
		names[w.name] = true
	}
	return nil
}

// validName reports whether a name can stand in a signature line.
func validName(name string) bool {
	return name != "" && len(name) <= 100 && !strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r == '+' || r == 0x7f || r > 0x7e })
}

// cosigned is what a witness signs.
func cosigned(seconds uint64, text string) []byte {
	return []byte("cosignature/v1\ntime " + strconv.FormatUint(seconds, 10) + "\n" + text)
}

// Verify reports whether sig is a cosignature of this witness on the text of a checkpoint.
func (w OutsideKey) Verify(text, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	return ed25519.Verify(w.key[:], cosigned(binary.BigEndian.Uint64(sig), string(text)), sig[8:])
}

// Cosigner signs heads that it has checked.
type Cosigner struct {
	OutsideKey
	private ed25519.PrivateKey
	clock   clock.Clock
}

// NewCosigner returns the cosigner whose key a seed of 32 secret bytes makes. A name has no spaces and no +.
func NewCosigner(name string, seed []byte, c clock.Clock) (*Cosigner, error) {
	if !validName(name) {
		return nil, errors.New("witness: the name of a witness has letters, digits and signs such as . and /, and no spaces and no +")
	}
	s, err := newSigner(seed)
	if err != nil {
		return nil, err
	}
	return &Cosigner{OutsideKey{name, s.public}, s.private, c}, nil
}

// Sign signs the text of a checkpoint with the time.
func (c *Cosigner) Sign(text []byte) ([]byte, error) {
	seconds := uint64(max(c.clock.Now(), 0) / clock.Second)
	return append(binary.BigEndian.AppendUint64(nil, seconds), ed25519.Sign(c.private, cosigned(seconds, string(text)))...), nil
}

// Cosign adds the cosigner's signature to a signed checkpoint.
func (c *Cosigner) Cosign(signed string) (string, error) {
	text, lines, ok := strings.Cut(signed, "\n\n")
	if !ok {
		return "", ErrNotACheckpoint
	}
	sig, err := c.Sign([]byte(text + "\n"))
	if err != nil {
		return "", err
	}
	sig = append(binary.BigEndian.AppendUint32(nil, c.KeyHash()), sig...)
	return text + "\n\n" + lines + "— " + c.name + " " + base64.StdEncoding.EncodeToString(sig) + "\n", nil
}

// openCosigned reads the one line of a note that a witness of the list signed.
func openCosigned(signed string, from []OutsideKey) (by OutsideKey, at clock.Time, line string, err error) {
	if len(signed) > MaxNote {
		return by, 0, "", ErrNotACheckpoint
	}
	verifiers := make([]note.Verifier, len(from))
	for i, w := range from {
		verifiers[i] = w
	}
	n, err := note.Open([]byte(signed), note.VerifierList(verifiers...))
	if err != nil || len(n.Sigs) != 1 {
		return by, 0, "", ErrSignature
	}
	s := n.Sigs[0]
	sig, err := base64.StdEncoding.DecodeString(s.Base64)
	if err != nil || len(sig) != 4+8+ed25519.SignatureSize {
		return by, 0, "", ErrSignature
	}
	for _, w := range from {
		if w.name == s.Name && w.KeyHash() == s.Hash {
			by = w
		}
	}
	seconds := binary.BigEndian.Uint64(sig[4:])
	if seconds > 1<<40 {
		return by, 0, "", ErrSignature
	}
	return by, clock.Time(seconds) * clock.Second, "— " + s.Name + " " + s.Base64, nil
}

// ahead is how far the clock of a witness may be before ours.
const ahead = 5 * clock.Minute

// Checked is that somebody outside checked the log.
type Checked struct {
	By   string
	At   clock.Time
	Size int64
}

// Posted is a signature of one of the witnesses on a head of ours, as it was posted and found to be good.
type Posted struct {
	Checked
	Key  OutsideKey
	Kept bool // it, or a later one on the same head, is kept already
	log  int64
	line string
}

// Posted reads what was posted, and writes nothing. It returns Invalid for anything but the signature of a witness of ours
// on a head of ours: what is no signed head of this installation, or signed by nobody of these, or with a time that has
// not come yet.
func (l *Log) Posted(ctx context.Context, posted string) (p Posted, err error) {
	const op = "witness: posted"
	c, err := l.Key().Open(posted)
	if err != nil {
		return p, errs.As(op, errs.Invalid, err)
	}
	p.Key, p.At, p.line, err = openCosigned(posted, l.witnesses)
	if err != nil {
		return p, errs.As(op, errs.Invalid, err)
	}
	if p.At > l.clock.Now()+ahead {
		return p, errs.New(op, errs.Invalid, "")
	}
	p.By, p.Size = p.Key.name, c.Size
	return p, errs.Wrap(op, l.db.Glance(ctx, func(tx *store.Tx) error {
		var note string
		var before clock.Time
		err := tx.Row(`SELECT c.log, c.note, COALESCE(k.at, -1) FROM log_checkpoint AS c JOIN log AS l ON l.number = c.log
			LEFT JOIN log_checked AS k ON k.log = c.log AND k.size = c.size AND k.witness = $3 WHERE l.origin = $1 AND c.size = $2`,
			c.Origin, c.Size, p.By).Scan(&p.log, &note, &before)
		if ours, bad := Peek(note); errors.Is(err, store.ErrNone) || err == nil && (bad != nil || ours != c) {
			return errs.New(op, errs.Invalid, "")
		}
		p.Kept = before >= p.At
		return err
	}))
}

// KeepPosted keeps a signature that [Log.Posted] found to be good.
func (l *Log) KeepPosted(ctx context.Context, p Posted) error {
	return errs.Wrap("witness: keep posted", l.db.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`INSERT INTO log_checked (log, size, witness, at, line) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (log, size, witness) DO UPDATE SET at = excluded.at, line = excluded.line WHERE log_checked.at < excluded.at`,
			p.log, p.Size, p.By, p.At, p.line)
		return err
	}))
}

// checkedBack is how many rows are looked through for the last good signature of a witness.
const checkedBack = 20

// LastChecked returns who of the witnesses of ours checked the log last, as their signature says, and false when nobody
// has yet. What stands in the table and does not verify does not count.
func (l *Log) LastChecked(ctx context.Context) (last Checked, ok bool, err error) {
	err = l.db.Glance(ctx, func(tx *store.Tx) error {
		last, ok = Checked{}, false
		for _, w := range l.witnesses {
			c, found, err := w.lastIn(tx, l.Key())
			if err != nil {
				return err
			}
			if found && (!ok || c.At > last.At) {
				last, ok = c, true
			}
		}
		return nil
	})
	return last, ok, errs.Wrap("witness: last checked", err)
}

// lastIn finds the newest head that the witness signed.
func (w OutsideKey) lastIn(tx *store.Tx, key Key) (last Checked, ok bool, err error) {
	err = store.Each(tx, `SELECT k.size, k.at, k.line, c.note FROM log_checked AS k JOIN log_checkpoint AS c ON c.log = k.log AND c.size = k.size
		WHERE k.witness = $1 ORDER BY k.log DESC, k.size DESC LIMIT $2`, []any{w.name, checkedBack}, func(scan func(...any) error) error {
		var r checkedRow
		if err := scan(&r.size, &r.at, &r.line, &r.note); err != nil || ok {
			return err
		}
		if mutant.On("checked-unverified") || r.signedBy(w, &key) == nil {
			last, ok = Checked{w.name, r.at, r.size}, true
		}
		return nil
	})
	return last, ok, err
}

// checkedRow is a row of log_checked with the head it is about.
type checkedRow struct {
	size int64
	at   clock.Time
	line string
	note string
}

// signedBy returns nil when the row holds the signature of a witness, of the time it says, on the head it says, and that
// head is signed with key; nil is no key.
func (r checkedRow) signedBy(w OutsideKey, key *Key) error {
	text, _, ok := strings.Cut(r.note, "\n\n")
	c, err := Peek(r.note)
	if err == nil && key != nil {
		c, err = key.Open(r.note)
	}
	if !ok || err != nil || c.Size != r.size {
		return ErrNotACheckpoint
	}
	_, at, line, err := openCosigned(text+"\n\n"+r.line+"\n", []OutsideKey{w})
	if err != nil || at != r.at || line != r.line {
		return ErrSignature
	}
	return nil
}

// NewSeed draws the seed of a key. It fails when random does.
func NewSeed(random io.Reader) ([]byte, error) {
	seed := make([]byte, ed25519.SeedSize)
	_, err := io.ReadFull(random, seed)
	return seed, err
}
