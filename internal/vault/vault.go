package vault

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/tink-crypto/tink-go/v2/tink"

	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/store"
)

var (
	// ErrErased says that the key of an item is gone, and its words with it, for good.
	ErrErased = errors.New("the item was erased for good")
	// ErrNoBook says that the keyring has no tree for a book.
	ErrNoBook = errors.New("the keyring does not know this book")
	// ErrNotThis says that a sealed value was changed, or belongs to another book, item or entry.
	ErrNotThis = errors.New("the sealed value was changed or belongs elsewhere")
	// ErrOtherRoot says that the keyring was made with another root key.
	ErrOtherRoot = errors.New("this root key does not fit this keyring; start with the root key file, or the recovery copy, that was made with it")
)

// Purposes of the keys derived from the root. A purpose is never used for two things.
const (
	purposeWrap  = "beside/vault/wrap/1"
	purposeCheck = "beside/vault/check/1"
	purposeKey   = "beside/vault/key/1/"
	purposeBlind = "beside/vault/blind/1/"
)

// Vault is an open keyring. It is safe for concurrent use when its source of randomness is.
type Vault struct {
	db     *store.DB
	root   Root
	wrap   tink.AEAD
	clock  clock.Clock
	rand   io.Reader
	recent *recent
}

// Open opens the keyring in db, which must hold nothing else, and brings its tables up to date. A new keyring remembers
// a value derived from root; an old one is refused with [ErrOtherRoot] when the value differs. A nil random means the
// system's secure randomness. An empty Root gives [ErrRootMalformed]; other errors are those of the store.
func Open(ctx context.Context, db *store.DB, root Root, clk clock.Clock, random io.Reader) (*Vault, error) {
	const op = "vault: open"
	if random == nil {
		random = rand.Reader
	}
	if root.key.none() {
		return nil, errs.Wrap(op, ErrRootMalformed)
	}
	wrap, err := newBox(*root.derive(purposeWrap).open())
	if err != nil {
		return nil, errs.Wrap(op, err)
	}
	if err := migrate(ctx, db); err != nil {
		return nil, errs.Wrap(op, err)
	}
	v := &Vault{db: db, root: root, wrap: wrap, clock: clk, rand: random, recent: newRecent(maxRecentNodes)}
	if err := v.remember(ctx); err != nil {
		return nil, errs.Wrap(op, err)
	}
	return v, nil
}

//go:embed schema/*.sql
var tables embed.FS

func migrate(ctx context.Context, db *store.DB) error {
	files, err := fs.Sub(tables, "schema")
	if err != nil {
		return err
	}
	return db.Migrate(ctx, files)
}

// remember stores the check value if there is none, and compares it.
func (v *Vault) remember(ctx context.Context) error {
	return v.db.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`INSERT INTO keyring (n, check_value, made_at) VALUES (1, $1, $2) ON CONFLICT (n) DO NOTHING`,
			v.root.derive(purposeCheck).bytes(), int64(v.clock.Now()))
		if err != nil {
			return err
		}
		return v.compare(tx)
	})
}

// compare returns [ErrOtherRoot] when the stored check value is not the one of this root key.
func (v *Vault) compare(tx *store.Tx) error {
	var stored []byte
	if err := tx.Row(`SELECT check_value FROM keyring WHERE n = 1`).Scan(&stored); err != nil {
		return err
	}
	if !hmac.Equal(stored, v.root.derive(purposeCheck).bytes()) {
		return ErrOtherRoot
	}
	return nil
}

// MakeBook gives a book its key tree, on disk before it returns. For a book that has one it changes nothing, also when
// two call at once. Errors are those of the store.
func (v *Vault) MakeBook(ctx context.Context, b id.Book) error {
	const op = "vault: make book"
	if b.IsZero() {
		return errs.New(op, errs.Internal, "")
	}
	t, err := newTree(v.rand)
	if err != nil {
		return errs.Wrap(op, fmt.Errorf("reading randomness: %w", err))
	}
	wrapped, err := v.wrapTree(b, t)
	if err != nil {
		return errs.Wrap(op, err)
	}
	return errs.Wrap(op, v.db.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`INSERT INTO book_tree (book, wrapped, made_at) VALUES ($1, $2, $3) ON CONFLICT (book) DO NOTHING`,
			b, wrapped, int64(v.clock.Now()))
		return err
	}))
}

// Seal pads and encrypts plain as entry e about item it of book b. The same text sealed twice differs. It returns
// [ErrErased] or [ErrNoBook], both of kind NotOpen, or an error of the store.
func (v *Vault) Seal(ctx context.Context, b id.Book, it id.Item, e id.Entry, plain []byte) (Sealed, error) {
	const op = "vault: seal"
	p := place{b, it, e}
	t, err := v.treeAt(ctx, p)
	if err != nil {
		return nil, failed(op, err)
	}
	s, err := t.seal(p, plain)
	return s, failed(op, err)
}

// Unseal returns the text of s, which must have been sealed for the same book, item and entry: else [ErrNotThis], of
// kind Internal, as it is a sign of a fault or of tampering. Its other errors are those of [Vault.Seal].
func (v *Vault) Unseal(ctx context.Context, b id.Book, it id.Item, e id.Entry, s Sealed) ([]byte, error) {
	const op = "vault: unseal"
	p := place{b, it, e}
	t, err := v.treeAt(ctx, p)
	if err != nil {
		return nil, failed(op, err)
	}
	plain, err := t.unseal(p, s)
	return plain, failed(op, err)
}

// failed gives an error its operation and kind.
func failed(op string, err error) error {
	if errors.Is(err, ErrErased) || errors.Is(err, ErrNoBook) {
		return errs.As(op, errs.NotOpen, err)
	}
	return errs.Wrap(op, err)
}

// treeAt returns the tree for a place, from memory or from the store.
func (v *Vault) treeAt(ctx context.Context, p place) (*tree, error) {
	if !p.whole() {
		return nil, errors.New("book, item and entry must be given")
	}
	if t, ok := v.recent.get(p.book); ok {
		return t, nil
	}
	t, err := v.load(ctx, p.book)
	if err == nil {
		v.recent.put(p.book, t)
	}
	return t, err
}

func (v *Vault) load(ctx context.Context, b id.Book) (*tree, error) {
	var wrapped []byte
	err := v.db.View(ctx, func(tx *store.Tx) error {
		return tx.Row(`SELECT wrapped FROM book_tree WHERE book = $1`, b).Scan(&wrapped)
	})
	if errors.Is(err, store.ErrNone) {
		return nil, ErrNoBook
	}
	if err != nil {
		return nil, err
	}
	return v.unwrapTree(b, wrapped)
}

// wrappedVersion is the first byte of a wrapped tree: the output of Tink's AES-256-GCM follows.
const wrappedVersion = 1

func (v *Vault) wrapTree(b id.Book, t *tree) ([]byte, error) {
	out, err := v.wrap.Encrypt(t.encode(), b.Bytes())
	if err != nil {
		return nil, err
	}
	return append([]byte{wrappedVersion}, out...), nil
}

func (v *Vault) unwrapTree(b id.Book, wrapped []byte) (*tree, error) {
	if len(wrapped) == 0 || wrapped[0] != wrappedVersion {
		return nil, errTree
	}
	plain, err := v.wrap.Decrypt(wrapped[1:], b.Bytes())
	if err != nil {
		return nil, errTree
	}
	return decodeTree(plain)
}

// Key returns 32 bytes derived from the root key for a purpose, the same every time. Another purpose gives an unrelated
// key. The caller must keep it as secret as the root key itself.
func (v *Vault) Key(purpose string) []byte { return v.root.derive(purposeKey + purpose).bytes() }

// Blind returns 32 bytes under which text can be looked up without being stored: HMAC-SHA256 under a key for this
// purpose. Equal texts give equal bytes, so the caller normalises text first. It serves look-ups over the whole
// installation, such as a sign-in name; it hides text from those without the root key only.
func (v *Vault) Blind(purpose, text string) []byte {
	mac := hmac.New(sha256.New, v.root.derive(purposeBlind+purpose).bytes())
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

// Check returns nil when the keyring answers, fits the root key, and its newest tree opens. It is for the page on which
// the centre team sees that the system is well. It returns [ErrOtherRoot], an error of the store, or says that the
// tree is malformed.
func (v *Vault) Check(ctx context.Context) error {
	var book id.Book
	var wrapped []byte
	err := v.db.View(ctx, func(tx *store.Tx) error {
		if err := v.compare(tx); err != nil {
			return err
		}
		return tx.Row(`SELECT book, wrapped FROM book_tree ORDER BY book DESC LIMIT 1`).Scan(&book, &wrapped)
	})
	if err == nil {
		_, err = v.unwrapTree(book, wrapped)
	}
	if errors.Is(err, store.ErrNone) && wrapped == nil {
		err = nil // a keyring without a book is well
	}
	return errs.Wrap("vault: check", err)
}
