package vault

import (
	"cmp"
	"context"
	"crypto/rand"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/mutant"
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

// Purposes of the keys derived from the root, and of those of [Vault.Key]. A purpose is never used for two things.
const (
	purposeWrap  = "beside/vault/wrap/1"
	purposeCheck = "beside/vault/check/1"
	purposeNext  = "beside/vault/next/1"
	purposeKey   = "beside/vault/key/1/"
	purposeBlind = "beside/vault/blind/1/"
)

// Vault is an open keyring. It is safe for concurrent use when its source of randomness is.
type Vault struct {
	db       *store.DB
	roots    *roots
	purposes *purposes
	clock    clock.Clock
	rand     io.Reader
	recent   *recent
	here     *program
	copies   copies // where every change is written too
}

// Open opens the keyring in db, which must hold nothing else, and brings its tables up to date. A new keyring remembers
// a value derived from root; an old one is refused with [ErrOtherRoot] when the value differs and root does not lead to
// it. A nil random means the system's secure randomness. An empty Root gives [ErrRootMalformed]; other errors are those of
// the store.
func Open(ctx context.Context, db *store.DB, root Root, clk clock.Clock, random io.Reader) (*Vault, error) {
	const op = "vault: open"
	if random == nil {
		random = rand.Reader
	}
	if root.key.none() {
		return nil, errs.Wrap(op, ErrRootMalformed)
	}
	if err := migrate(ctx, db); err != nil {
		return nil, errs.Wrap(op, err)
	}
	v := &Vault{db: db, roots: newRoots(root), clock: clk, rand: random, recent: newRecent(maxRecentNodes)}
	if err := v.remember(ctx, root); err != nil {
		return nil, errs.Wrap(op, err)
	}
	if err := v.openPurposes(ctx); err != nil {
		return nil, errs.Wrap(op, err)
	}
	var err error
	if v.here, err = newProgram(root.path, clk, random); err != nil {
		return nil, errs.Wrap(op, err)
	}
	return v, errs.Wrap(op, v.Beat(ctx))
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

// remember makes a new keyring one of this root key.
func (v *Vault) remember(ctx context.Context, root Root) error {
	p, err := newPurposes(v.rand, Root{})
	if err != nil {
		return err
	}
	first := generation{check: root.key.derive(purposeCheck).bytes()}
	box, err := v.roots.box(first)
	if err != nil {
		return err
	}
	wrapped, err := p.wrap(box)
	if err != nil {
		return err
	}
	v.roots = newRoots(root) // it is not known yet that this is the root key
	return v.db.Update(ctx, func(tx *store.Tx) error {
		now := int64(v.clock.Now())
		made, err := tx.Exec(`INSERT INTO keyring (n, check_value, made_at) VALUES (1, $1, $2) ON CONFLICT (n) DO NOTHING`, first.check, now)
		if err != nil || made == 0 {
			return err
		}
		if _, err := tx.Exec(`INSERT INTO generation (gen, check_value, fresh, made_at) VALUES (0, $1, 0, $2)`, first.check, now); err != nil {
			return err
		}
		_, err = tx.Exec(`UPDATE keyring SET purposes = $1, purposes_gen = 0 WHERE n = 1`, wrapped)
		return err
	})
}

// openPurposes reads the secret behind the keys that are not of a book. A keyring from before there was one gets it now.
func (v *Vault) openPurposes(ctx context.Context) error {
	for {
		var wrapped []byte
		var of *int64
		var gens []generation
		err := v.db.View(ctx, func(tx *store.Tx) (err error) {
			if gens, err = generationsIn(tx); err != nil {
				return err
			}
			return tx.Row(`SELECT purposes, purposes_gen FROM keyring WHERE n = 1`).Scan(&wrapped, &of)
		})
		switch {
		case err != nil:
			return err
		case len(gens) == 0:
			return errTree
		case of == nil:
			if err := v.adopt(ctx, gens[0]); err != nil {
				return err
			}
			continue
		}
		box, err := v.roots.box(named(gens, *of))
		if err == nil {
			v.purposes, err = unwrapPurposes(box, wrapped)
		}
		return err
	}
}

// adopt gives a keyring that is older than the secret of the purposes one under which everything stays what it was.
func (v *Vault) adopt(ctx context.Context, first generation) error {
	root, err := v.roots.root(first)
	if err != nil {
		return err
	}
	p, err := newPurposes(v.rand, root)
	if err != nil {
		return err
	}
	box, err := v.roots.box(first)
	if err != nil {
		return err
	}
	wrapped, err := p.wrap(box)
	if err != nil {
		return err
	}
	return v.db.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`UPDATE keyring SET purposes = $1, purposes_gen = $2 WHERE n = 1 AND purposes IS NULL`, wrapped, first.gen)
		return err
	})
}

// named returns the generation of a number, an empty one that fits no root key when it is not there.
func named(all []generation, gen int64) generation {
	for _, g := range all {
		if g.gen == gen {
			return g
		}
	}
	return generation{gen: gen}
}

// MakeBook gives a book its key tree, on disk before it returns. For a book that has one it changes nothing, also when
// two call at once; a book that was erased is refused with [ErrErased]. Other errors are those of the store.
func (v *Vault) MakeBook(ctx context.Context, b id.Book) error {
	const op = "vault: make book"
	if b.IsZero() {
		return errs.New(op, errs.Internal, "")
	}
	t, err := newTree(v.rand)
	if err != nil {
		return errs.Wrap(op, fmt.Errorf("reading randomness: %w", err))
	}
	put := func(tx *store.Tx) error {
		g, err := v.newestIn(tx)
		if err != nil {
			return err
		}
		wrapped, err := v.wrapTree(g, b, t)
		if err != nil {
			return err
		}
		made, err := tx.Exec(`INSERT INTO book_tree (book, wrapped, made_at, gen) SELECT $1, $2, $3, $4
			WHERE NOT EXISTS (SELECT 1 FROM erased_book WHERE book = $1) ON CONFLICT (book) DO NOTHING`,
			b, wrapped, int64(v.clock.Now()), g.gen)
		if err != nil || made == 1 {
			return err
		}
		var gone int
		if err := tx.Row(`SELECT COUNT(*) FROM erased_book WHERE book = $1`, b).Scan(&gone); err != nil || gone == 0 {
			return err
		}
		return ErrErased
	}
	for range 4 { // a generation may go between the look and the row: who joins at that moment is not told of it
		if err = v.update(ctx, []id.Book{b}, put); !errors.Is(err, store.ErrRefused) {
			break
		}
	}
	return failed(op, err)
}

// newestIn returns the generation that everything is wrapped by from now on. A generation that goes before tx is committed
// refuses what was put under it. One that was drawn anew counts only once every program has its root key: then the secret of
// the purposes is wrapped by it, which comes first.
func (v *Vault) newestIn(tx *store.Tx) (generation, error) {
	gens, err := generationsIn(tx)
	if err != nil || len(gens) == 0 {
		return generation{}, cmp.Or(err, errTree)
	}
	newest := gens[len(gens)-1]
	if !newest.fresh || len(gens) < 2 || mutant.On("rotated-unasked") {
		return newest, nil
	}
	var of int64
	if err := tx.Row(`SELECT COALESCE(purposes_gen, -1) FROM keyring WHERE n = 1`).Scan(&of); err != nil {
		return generation{}, err
	}
	if of < newest.gen {
		return gens[len(gens)-2], nil
	}
	return newest, nil
}

// Seal pads and encrypts plain as entry e about item it of book b. The same text sealed twice differs. It returns
// [ErrErased] or [ErrNoBook], both of kind NotOpen, or an error of the store.
func (v *Vault) Seal(ctx context.Context, b id.Book, it id.Item, e id.Entry, plain []byte) (Sealed, error) {
	const op = "vault: seal"
	var s Sealed
	err := v.use(ctx, place{b, it, e}, func(p place, t *tree) (err error) {
		s, err = t.seal(p, plain)
		return err
	})
	return s, failed(op, err)
}

// Unseal returns the text of s, which must have been sealed for the same book, item and entry: else [ErrNotThis], of
// kind Internal, as it is a sign of a fault or of tampering. Its other errors are those of [Vault.Seal].
func (v *Vault) Unseal(ctx context.Context, b id.Book, it id.Item, e id.Entry, s Sealed) ([]byte, error) {
	const op = "vault: unseal"
	var plain []byte
	err := v.use(ctx, place{b, it, e}, func(p place, t *tree) (err error) {
		plain, err = t.unseal(p, s)
		return err
	})
	return plain, failed(op, err)
}

// failed gives an error its operation and kind.
func failed(op string, err error) error {
	if errors.Is(err, ErrErased) || errors.Is(err, ErrNoBook) {
		return errs.As(op, errs.NotOpen, err)
	}
	return errs.Wrap(op, err)
}

// use hands the tree of a place to fn, while nobody can take anything out of it.
func (v *Vault) use(ctx context.Context, p place, fn func(place, *tree) error) error {
	if !p.whole() {
		return errors.New("book, item and entry must be given")
	}
	for range 3 {
		if err := v.current(ctx); err != nil {
			return err
		}
		if err := v.useOnce(ctx, p, fn); !v.here.lapsed() {
			return err
		}
	}
	return errs.As("vault: lease", errs.Busy, errors.New("this machine is too slow, or its clock runs wild"))
}

func (v *Vault) useOnce(ctx context.Context, p place, fn func(place, *tree) error) error {
	v.here.using.RLock()
	defer v.here.using.RUnlock()
	t, err := v.treeAt(ctx, p)
	if err != nil {
		return err
	}
	return fn(p, t)
}

// treeAt returns the tree for a place, from memory or from the store.
func (v *Vault) treeAt(ctx context.Context, p place) (*tree, error) {
	if t, ok := v.recent.get(p.book); ok {
		return t, nil
	}
	t, err := v.load(ctx, p.book)
	if err == nil {
		v.recent.put(p.book, t) // nothing was taken out of it meanwhile: see program.using
	}
	return t, err
}

// load reads the tree of a book. It returns [ErrErased] for a book that was erased.
func (v *Vault) load(ctx context.Context, b id.Book) (*tree, error) {
	var g generation
	var wrapped []byte
	var erased bool
	err := v.db.View(ctx, func(tx *store.Tx) error {
		err := tx.Row(`SELECT g.gen, g.check_value, g.fresh <> 0, t.wrapped FROM book_tree AS t JOIN generation AS g ON g.gen = t.gen WHERE t.book = $1`, b).Scan(&g.gen, &g.check, &g.fresh, &wrapped)
		if !errors.Is(err, store.ErrNone) {
			return err
		}
		if err := tx.Row(`SELECT COUNT(*) > 0 FROM erased_book WHERE book = $1`, b).Scan(&erased); err != nil {
			return err
		}
		if erased {
			return ErrErased
		}
		return ErrNoBook
	})
	if err != nil {
		return nil, err
	}
	return v.unwrapTree(g, b, wrapped)
}

// wrappedVersion is the first byte of a wrapped tree: the output of Tink's AES-256-GCM follows.
const wrappedVersion = 1

func (v *Vault) wrapTree(g generation, b id.Book, t *tree) ([]byte, error) {
	box, err := v.roots.box(g)
	if err != nil {
		return nil, err
	}
	out, err := box.Encrypt(t.encode(), b.Bytes())
	if err != nil {
		return nil, err
	}
	return append([]byte{wrappedVersion}, out...), nil
}

func (v *Vault) unwrapTree(g generation, b id.Book, wrapped []byte) (*tree, error) {
	if len(wrapped) == 0 || wrapped[0] != wrappedVersion {
		return nil, errTree
	}
	box, err := v.roots.box(g)
	if err != nil {
		return nil, err
	}
	plain, err := box.Decrypt(wrapped[1:], b.Bytes())
	if err != nil {
		return nil, errTree
	}
	return decodeTree(plain)
}

// Check returns nil when the keyring answers, fits the root key, and its newest tree opens. It is for the page on which
// the centre team sees that the system is well. It returns [ErrOtherRoot], an error of the store, or says that the
// tree is malformed.
func (v *Vault) Check(ctx context.Context) error {
	var book id.Book
	var wrapped []byte
	var of int64
	var gens []generation
	err := v.db.View(ctx, func(tx *store.Tx) (err error) {
		if gens, err = generationsIn(tx); err != nil {
			return err
		}
		return tx.Row(`SELECT book, wrapped, gen FROM book_tree ORDER BY book DESC LIMIT 1`).Scan(&book, &wrapped, &of)
	})
	none := errors.Is(err, store.ErrNone) // a keyring without a book is well
	if none {
		err = nil
	}
	for i, g := range gens {
		if i > 0 && g.fresh && !mutant.On("waits-for-next") {
			break // nothing is opened by it before every program has it
		}
		if err == nil {
			_, err = v.roots.box(g)
		}
	}
	if err == nil && !none {
		_, err = v.unwrapTree(named(gens, of), book, wrapped)
	}
	return errs.Wrap("vault: check", err)
}
