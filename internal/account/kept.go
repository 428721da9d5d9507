package account

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"

	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/mutant"
	"beside/internal/store"
	"beside/internal/vault"
)

// kept is what stands sealed with an account. Everybody has one, equally long and sealed anew at each coming in and showing who one is, so that the
// database does not tell in whose there is anything (docs/decisions/0026-a-second-space.md).
type kept struct {
	words  string    // the sign-in words, of a book that shares them with another; "" when they follow from the first name
	second id.Person // whose book opens with the same sign-in words and another passphrase
	also   bool      // that book is erased with this one
}

// keptBytes is how long what is sealed always is.
const keptBytes = 256

func (k kept) bytes() ([]byte, error) {
	b := make([]byte, keptBytes)
	if 20+len(k.words) > keptBytes {
		return nil, errs.New("account: kept", errs.Internal, "")
	}
	b[0] = 1 // version
	if k.also {
		b[1] = 1
	}
	copy(b[2:18], k.second.Bytes())
	binary.BigEndian.PutUint16(b[18:], uint16(len(k.words))) // shorter than keptBytes
	copy(b[20:], k.words)
	return b, nil
}

func readKept(b []byte) (k kept, err error) {
	if len(b) != keptBytes || b[0] != 1 || 20+int(binary.BigEndian.Uint16(b[18:])) > keptBytes {
		return k, errUnreadable
	}
	k.also = b[1] == 1
	k.words = string(b[20 : 20+int(binary.BigEndian.Uint16(b[18:]))])
	k.second, err = id.FromBytes[id.Person](b[2:18])
	return k, err
}

// What is kept is sealed where an item with the person's id would be.
func keptItem(who id.Person) id.Item   { it, _ := id.FromBytes[id.Item](who.Bytes()); return it }
func keptEntry(who id.Person) id.Entry { e, _ := id.FromBytes[id.Entry](who.Bytes()); return e }

func (a *Accounts) sealKept(ctx context.Context, who id.Person, b id.Book, k kept) ([]byte, error) {
	plain, err := k.bytes()
	if err != nil {
		return nil, err
	}
	sealed, err := a.vault.Seal(ctx, b, keptItem(who), keptEntry(who), plain)
	return []byte(sealed), err
}

// row is the row of an account, opened.
type row struct {
	person id.Person
	book   id.Book
	signIn []byte
	phc    string
	sealed []byte // as kept stands in the store, empty for a row of the version before
	kept   kept
}

const rowColumns = `person, book, sign_in, passphrase, kept`

func (r *row) fields() []any { return []any{&r.person, &r.book, &r.signIn, &r.phc, &r.sealed} }

// rowOf returns the account of a person, [store.ErrNone] for none.
func (a *Accounts) rowOf(ctx context.Context, who id.Person) (r row, err error) {
	err = a.db.Glance(ctx, func(tx *store.Tx) error {
		return tx.Row(`SELECT `+rowColumns+` FROM account WHERE person = $1`, who).Scan(r.fields()...)
	})
	if err == nil {
		err = a.openKept(ctx, &r)
	}
	if errors.Is(err, errUnreadable) {
		err = nil
	}
	return r, err
}

// errUnreadable is for what is kept and was changed by somebody else than us: it holds nothing any more, and takes no right away.
var errUnreadable = errors.New("account: what is kept cannot be read")

func (a *Accounts) openKept(ctx context.Context, r *row) error {
	if len(r.sealed) == 0 {
		return nil
	}
	plain, err := a.vault.Unseal(ctx, r.book, keptItem(r.person), keptEntry(r.person), r.sealed)
	if errors.Is(err, vault.ErrNotThis) {
		return errUnreadable
	}
	if err == nil {
		r.kept, err = readKept(plain)
	}
	return err
}

// sealAnew seals once more what is kept of an account, or seals it for the first time, in the transaction in which its person comes in
// or shows who they are. Else what changed between two backups, or is there in one account of many, would be that of who has a
// second book. What cannot be opened now stays as it is and keeps nobody out.
func (a *Accounts) sealAnew(tx *store.Tx, who id.Person) error {
	ctx := context.Background()
	var r row
	err := tx.Row(`SELECT `+rowColumns+` FROM account WHERE person = $1`, who).Scan(r.fields()...)
	if store.IsNone(err) {
		return nil
	}
	if err != nil || mutant.On("kept-stays") && len(r.sealed) > 0 || a.openKept(ctx, &r) != nil {
		return err
	}
	sealed, err := a.sealKept(ctx, r.person, r.book, r.kept)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`UPDATE account SET kept = $1 WHERE person = $2 AND (kept = $3 OR kept IS NULL)`, sealed, r.person, orEmpty(r.sealed))
	return err
}

// base is what is kept of the sign-in words by which a book is opened: of a second book too.
func (a *Accounts) base(r row) []byte {
	if r.kept.words != "" {
		return a.blind(r.kept.words)
	}
	return r.signIn
}

// HasWords reports whether somebody comes in with these sign-in words, also into a second book. Whoever asks must show the same in
// both cases. Errors are those of the store.
func (a *Accounts) HasWords(ctx context.Context, who id.Person, words string) (bool, error) {
	r, err := a.rowOf(ctx, who)
	if store.IsNone(err) {
		return false, nil
	}
	return err == nil && bytes.Equal(a.base(r), a.blind(words)), errs.Wrap("account: has words", err)
}

// door returns by what a book is found that shares its sign-in words with another: it follows from these words and the
// passphrase together, with as much work as a passphrase takes. base is what is kept of the words.
func (a *Accounts) door(ctx context.Context, base []byte, passphrase string) ([]byte, error) {
	salt := a.vault.Blind("door salt", string(base))[:saltBytes]
	sum, err := a.hasher.sum(ctx, salt, passphrase)
	if err != nil {
		return nil, err
	}
	return a.vault.Blind("door", string(sum)), nil
}

// derivedEntry is the id of an entry that follows from another.
func derivedEntry(e id.Entry, what string) id.Entry {
	out, _ := id.FromBytes[id.Entry](derived(e, what)) // 16 bytes never fail
	return out
}

// hoursOf is a number of hours within a day that follows from an id and the installation's key.
func (a *Accounts) hoursOf(e id.Entry) int64 {
	h := sha256.Sum256(a.vault.Blind("also", e.String()))
	return 1 + int64(binary.BigEndian.Uint64(h[:8])%23)
}
