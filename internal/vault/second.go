package vault

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"sync"

	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/mutant"
	"beside/internal/store"
	"beside/internal/store/rows"
)

// ErrKnowsMore says that a keyring would be written over that is newer than the one that would be written, as when an older
// backup of it was restored: keys would be lost, and what was erased would come back.
var ErrKnowsMore = errors.New("it is newer, and was left as it is")

// copies is the second place of a keyring, as this program has it open. Which place it is stands in the keyring, so that
// every program that changes the keyring writes there too.
type copies struct {
	open func(ctx context.Context, place string) (*store.DB, error) // nil for a program that keeps none

	mu    sync.Mutex
	place string
	db    *store.DB // of place; nil while it is not open
	left  []*store.DB
}

// Copies says how the place of a copy is opened: from then on every change of the keyring is written to the place that the
// keyring names as well, before it is acknowledged. It must not make what is not there. Without it none is kept, as for a
// keyring that is only tried. It is called before the vault is used by several.
func (v *Vault) Copies(open func(ctx context.Context, place string) (*store.DB, error)) {
	v.copies.open = open
}

// KeepCopy has every change of the keyring written to a place as well, by every program, from now on, and first makes it what
// the keyring is. db is that place, opened; nothing else may be in it, and the vault closes it. It returns which place was
// named before, "" for none: that is kept no longer. While the place does not answer nothing can be changed: nobody can join,
// and nothing is erased, but everything can be read.
//
// It returns [ErrOtherRoot] when db is the copy of another keyring, and [ErrKnowsMore] when it knows something that the
// keyring does not; it is left as it is then. Other errors are those of the stores.
func (v *Vault) KeepCopy(ctx context.Context, place string, db *store.DB) (before string, err error) {
	const op = "vault: keep copy"
	v.copies.use(place, db)
	if err := migrate(ctx, db); err != nil {
		return "", errs.Wrap(op, err)
	}
	if err := makeAlike(ctx, v.db, db); err != nil {
		return "", errs.Wrap(op, err)
	}
	sealed, err := v.sealPlace(place)
	if err != nil {
		return "", errs.Wrap(op, err)
	}
	err = v.db.Update(ctx, func(tx *store.Tx) (err error) {
		if before, err = v.placeIn(tx); err != nil || before == place {
			return err
		}
		_, err = tx.Exec(`INSERT INTO keyring_copy (n, place, since) VALUES (1, $1, $2)
			ON CONFLICT (n) DO UPDATE SET place = excluded.place, since = excluded.since`, sealed, v.clock.Now())
		return err
	})
	if err == nil && before != place {
		err = makeAlike(ctx, v.db, db) // with what changed before the place was named
	}
	return before, errs.Wrap(op, err)
}

// EndCopy has changes of the keyring written nowhere else from now on. It returns which place it was, "" for none. Errors are
// those of the store.
func (v *Vault) EndCopy(ctx context.Context) (before string, err error) {
	err = v.db.Update(ctx, func(tx *store.Tx) (err error) {
		if before, err = v.placeIn(tx); err != nil {
			return err
		}
		_, err = tx.Exec(`DELETE FROM keyring_copy`)
		return err
	})
	return before, errs.Wrap("vault: end copy", err)
}

// CopyPlace returns the place that the keyring names for its copy, "" for none. Errors are those of the store.
func (v *Vault) CopyPlace(ctx context.Context) (place string, err error) {
	err = v.db.View(ctx, func(tx *store.Tx) (err error) {
		place, err = v.placeIn(tx)
		return err
	})
	return place, errs.Wrap("vault: copy place", err)
}

// purposePlace is of the key that seals where the copy is.
const purposePlace = "beside/vault/place of the copy/1"

func (v *Vault) sealPlace(place string) ([]byte, error) {
	box, err := newBox([32]byte(v.purposes.key(purposePlace)))
	if err != nil {
		return nil, err
	}
	return box.Encrypt([]byte(place), []byte(purposePlace))
}

func (v *Vault) placeIn(tx *store.Tx) (string, error) {
	var sealed []byte
	err := tx.Row(`SELECT place FROM keyring_copy WHERE n = 1`).Scan(&sealed)
	if store.IsNone(err) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	box, err := newBox([32]byte(v.purposes.key(purposePlace)))
	if err != nil {
		return "", err
	}
	place, err := box.Decrypt(sealed, []byte(purposePlace))
	return string(place), err
}

// use has a place open from now on, in place of another.
func (c *copies) use(place string, db *store.DB) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.db != nil && c.db != db {
		c.left = append(c.left, c.db) // somebody may be writing to it
	}
	c.place, c.db = place, db
}

// copyAt returns the copy at a place, open. When it is opened it is made what the keyring is, or refused when it knows more.
func (v *Vault) copyAt(ctx context.Context, place string) (*store.DB, error) {
	v.copies.mu.Lock()
	db := v.copies.db
	if v.copies.place != place {
		db = nil
	}
	v.copies.mu.Unlock()
	if db != nil {
		return db, nil
	}
	db, err := v.copies.open(ctx, place)
	if err != nil {
		return nil, err
	}
	if err := migrate(ctx, db); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if err := makeAlike(ctx, v.db, db); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	v.copies.use(place, db)
	return db, nil
}

// CloseCopy closes what was opened of copies. The vault must not be used afterwards.
func (v *Vault) CloseCopy() error {
	v.copies.mu.Lock()
	defer v.copies.mu.Unlock()
	var all []error
	for _, db := range append(v.copies.left, v.copies.db) {
		if db != nil {
			all = append(all, db.Close())
		}
	}
	v.copies.left, v.copies.db, v.copies.place = nil, nil, ""
	return errors.Join(all...)
}

// TakeCopy makes the keyring in db what its copy is: a keyring that is not there yet, or an older one that came back from a
// backup. Nothing may be serving it. One of the root keys must open the copy, if there is any: else it may be that another
// place wrote to it, which was restored from a backup of this one. It returns [ErrOtherRoot] when none does, or when they
// are of different keyrings, [ErrNoKeyring] when there is none in the place of the copy, and [ErrKnowsMore] when the keyring
// knows something that the copy does not. Other errors are those of the stores.
func TakeCopy(ctx context.Context, db, second *store.DB, keys ...Root) error {
	const op = "vault: take copy"
	for _, x := range []*store.DB{second, db} {
		if err := migrate(ctx, x); err != nil {
			return errs.Wrap(op, err)
		}
	}
	there, err := IsThere(ctx, second)
	if err == nil && !there {
		err = ErrNoKeyring
	}
	if err == nil && len(keys) > 0 && !mutant.On("copy-of-another") {
		err = opensWith(ctx, second, keys)
	}
	if err == nil {
		err = makeAlike(ctx, second, db)
	}
	return errs.Wrap(op, err)
}

// opensWith returns [ErrOtherRoot] when none of some root keys opens the newest of what is in a keyring.
func opensWith(ctx context.Context, db *store.DB, keys []Root) error {
	var gens []generation
	err := db.View(ctx, func(tx *store.Tx) (err error) {
		gens, err = generationsIn(tx)
		return err
	})
	if err != nil || len(gens) == 0 {
		return errors.Join(err, errTree)
	}
	for _, k := range keys {
		if _, err := newRoots(k).root(gens[len(gens)-1]); err == nil {
			return nil
		}
	}
	return ErrOtherRoot
}

// ErrNoKeyring says that there is no keyring where one was said to be.
var ErrNoKeyring = errors.New("there is no keyring")

// IsThere reports whether a keyring was ever begun in db. Nothing is made. Errors are those of the store.
func IsThere(ctx context.Context, db *store.DB) (there bool, err error) {
	have, _, err := db.Schema(ctx, Schema())
	if err != nil || have == 0 {
		return false, errs.Wrap("vault: is there", err)
	}
	err = db.View(ctx, func(tx *store.Tx) error {
		return tx.Row(`SELECT COUNT(*) > 0 FROM keyring`).Scan(&there)
	})
	return there, errs.Wrap("vault: is there", err)
}

// makeAlike makes the keyring in to what the one in from is, which may take long.
func makeAlike(ctx context.Context, from, to *store.DB) error {
	return to.LongUpdate(ctx, func(second *store.Tx) error {
		// The lock comes before the look, as in copyChanged.
		if _, err := second.Exec(`UPDATE keyring SET n = n`); err != nil {
			return err
		}
		return from.LongView(ctx, func(first *store.Tx) error { return copyAll(first, second) })
	})
}

// update changes the keyring, and then its copy, if there is one, for the books that were changed.
func (v *Vault) update(ctx context.Context, books []id.Book, fn func(*store.Tx) error) error {
	var place string
	err := v.db.Update(ctx, func(tx *store.Tx) (err error) {
		if err := fn(tx); err != nil {
			return err
		}
		place, err = v.placeIn(tx)
		return err
	})
	if err != nil || mutant.On("copy-later") {
		return err
	}
	return v.copyChanged(ctx, place, books)
}

// bringUp brings the copy up to the generations of the keyring, if there is a copy: a program from before may have wrapped
// trees anew that knows nothing of it.
func (v *Vault) bringUp(ctx context.Context) error {
	if v.copies.open == nil || mutant.On("copy-behind") {
		return nil
	}
	place, err := v.CopyPlace(ctx)
	if err != nil {
		return err
	}
	return v.copyChanged(ctx, place, nil)
}

func (v *Vault) copyChanged(ctx context.Context, place string, books []id.Book) error {
	if place == "" || v.copies.open == nil {
		return nil
	}
	second, err := v.copyAt(ctx, place)
	if err != nil {
		return fmt.Errorf("the copy of the keyring: %w", err)
	}
	err = second.Update(ctx, func(to *store.Tx) error {
		// The lock comes before the look: of two that copy, the later one has seen what the earlier one saw, and more.
		if _, err := to.Exec(`UPDATE keyring SET n = n`); err != nil {
			return err
		}
		return v.db.View(ctx, func(from *store.Tx) error { return copySome(from, to, books) })
	})
	if errors.Is(err, errBehind) {
		return makeAlike(ctx, v.db, second)
	}
	return err
}

// errBehind says that a copy missed something while it was not kept.
var errBehind = errors.New("vault: the copy is behind")

// CheckCopy makes the copy of the keyring what the keyring is, if there is one and a program changed the keyring that knows
// nothing of it. It reports whether it had to. It reads all of both. Errors are those of the stores, and [ErrKnowsMore].
func (v *Vault) CheckCopy(ctx context.Context) (behind bool, err error) {
	const op = "vault: check copy"
	place, err := v.CopyPlace(ctx)
	if err != nil || place == "" || v.copies.open == nil {
		return false, errs.Wrap(op, err)
	}
	second, err := v.copyAt(ctx, place)
	if err != nil {
		return false, errs.Wrap(op, err)
	}
	same, err := v.copyIsSame(ctx, second)
	if err != nil || same {
		return false, errs.Wrap(op, err)
	}
	err = makeAlike(ctx, v.db, second)
	return err == nil, errs.Wrap(op, err)
}

// copyIsSame looks without keeping anybody from anything. What changes meanwhile may make it say no.
func (v *Vault) copyIsSame(ctx context.Context, second *store.DB) (same bool, err error) {
	err = second.LongView(ctx, func(to *store.Tx) error {
		return v.db.LongView(ctx, func(from *store.Tx) error {
			all, err := copied(from)
			if err == nil {
				same, err = alike(all, from, to)
			}
			return err
		})
	})
	return same, err
}

// copied are the tables of the keyring that its copy has: all but those that say something of a place and its programs.
func copied(tx *store.Tx) ([]rows.Table, error) {
	all, err := rows.Tables(tx)
	return slices.DeleteFunc(all, func(t rows.Table) bool {
		return slices.Contains([]string{"restoring", "program", "trial", "keyring_copy"}, t.Name)
	}), err
}

// unlike are copied too, but not compared: programs say something there every now and then, and nothing waits for a copy then.
const unlike = "machine"

// copyAll makes a copy what the keyring is, if it is not.
func copyAll(from, to *store.Tx) error {
	all, err := copied(from)
	if err != nil {
		return err
	}
	same, err := alike(all, from, to)
	if err != nil || same {
		return err
	}
	if err := sameKeyring(from, to); err != nil {
		return err
	}
	if err := knowsMore(to, from); err != nil && !mutant.On("copy-cleared") {
		return err
	}
	for _, t := range slices.Backward(all) {
		if err := t.Clear(to); err != nil {
			return err
		}
	}
	for _, t := range all {
		if err := copyTable(t, from, to); err != nil {
			return err
		}
	}
	return nil
}

// copyBatch is how many rows are written at a time.
const copyBatch = 500

func copyTable(t rows.Table, from, to *store.Tx) error {
	var some [][]any
	err := t.Read(from, func(r rows.Row) error {
		values, _, err := t.Decode(bytes.Clone(r.Form))
		if err != nil {
			return err
		}
		if some = append(some, values); len(some) < copyBatch {
			return nil
		}
		err = t.Insert(to, some)
		some = some[:0]
		return err
	})
	if err != nil {
		return err
	}
	return t.Insert(to, some)
}

// alike reports whether two keyrings have the same rows.
func alike(all []rows.Table, a, b *store.Tx) (bool, error) {
	for _, t := range all {
		if t.Name == unlike {
			continue
		}
		x, err := sumOf(t, a)
		if err != nil {
			return false, err
		}
		y, err := sumOf(t, b)
		if err != nil || x != y {
			return false, err
		}
	}
	return true, nil
}

func sumOf(t rows.Table, tx *store.Tx) (out [sha256.Size]byte, err error) {
	h := sha256.New()
	err = t.Read(tx, func(r rows.Row) error {
		h.Write(r.Form)
		return nil
	})
	return [sha256.Size]byte(h.Sum(nil)), err
}

// sameKeyring refuses to write over the copy of another keyring: the value that is no longer looked at tells them apart.
func sameKeyring(from, to *store.Tx) error {
	var mine, theirs []byte
	err := to.Row(`SELECT check_value FROM keyring WHERE n = 1`).Scan(&theirs)
	if store.IsNone(err) {
		return nil
	}
	if err == nil {
		err = from.Row(`SELECT check_value FROM keyring WHERE n = 1`).Scan(&mine)
	}
	if err == nil && !bytes.Equal(mine, theirs) {
		err = fmt.Errorf("the place of the copy holds another keyring: %w", ErrOtherRoot)
	}
	return err
}

// knowsMore returns [ErrKnowsMore] when the keyring in a has seen something that the one in b has not: b must not be written
// over it then.
func knowsMore(a, b *store.Tx) error {
	for _, look := range []func(a, b *store.Tx) (string, error){laterEpoch, laterRoots, moreBooks, moreErased} {
		what, err := look(a, b)
		if err != nil {
			return err
		}
		if what != "" {
			return fmt.Errorf("%w: %s", ErrKnowsMore, what)
		}
	}
	return nil
}

func laterEpoch(a, b *store.Tx) (string, error) {
	var epochs [2]int64
	for i, tx := range []*store.Tx{a, b} {
		if err := tx.Row(`SELECT COALESCE(MAX(epoch), 0) FROM keyring`).Scan(&epochs[i]); err != nil {
			return "", err
		}
	}
	if epochs[0] > epochs[1] {
		return "something was erased, or the root key moved on, that the other has not seen", nil
	}
	return "", nil
}

func laterRoots(a, b *store.Tx) (string, error) {
	mine, err := generationsIn(a)
	if err != nil || len(mine) == 0 {
		return "", err
	}
	theirs, err := generationsIn(b)
	if err != nil {
		return "", err
	}
	if len(theirs) == 0 || mine[len(mine)-1].gen > theirs[len(theirs)-1].gen {
		return "its root key is newer", nil
	}
	for _, g := range mine {
		if t := named(theirs, g.gen); t.check != nil && !bytes.Equal(t.check, g.check) {
			return "it was opened by another root key", nil
		}
	}
	return "", nil
}

// moreBooks looks for books of a that b does not know: neither their trees, nor that they were erased.
func moreBooks(a, b *store.Tx) (string, error) {
	n, err := missingIn(a, b, `SELECT book FROM book_tree ORDER BY book`, `SELECT book FROM book_tree UNION SELECT book FROM erased_book ORDER BY book`)
	if n > 0 {
		return fmt.Sprintf("%d books have their keys in it alone", n), err
	}
	return "", err
}

// moreErased looks for what a knows to be erased and b does not.
func moreErased(a, b *store.Tx) (string, error) {
	books, err := missingIn(a, b, `SELECT book FROM erased_book ORDER BY book`, `SELECT book FROM erased_book ORDER BY book`)
	if err != nil {
		return "", err
	}
	items, err := missingIn(a, b, `SELECT item FROM erased_item ORDER BY item`, `SELECT item FROM erased_item ORDER BY item`)
	if n := books + items; n > 0 {
		return fmt.Sprintf("it alone knows of %d things that were erased for good", n), err
	}
	return "", err
}

// missingIn counts the ids that a query finds in a and another does not in b; both give them in order.
func missingIn(a, b *store.Tx, inA, inB string) (n int, err error) {
	var all [2][][16]byte
	for i, x := range []struct {
		tx    *store.Tx
		query string
	}{{a, inA}, {b, inB}} {
		err := store.Each(x.tx, x.query, nil, func(scan func(...any) error) error {
			var one []byte
			err := scan(&one)
			if err == nil && len(one) == 16 {
				all[i] = append(all[i], [16]byte(one))
			}
			return err
		})
		if err != nil {
			return 0, err
		}
	}
	for _, one := range all[0] {
		_, found := slices.BinarySearchFunc(all[1], one, func(x, y [16]byte) int { return bytes.Compare(x[:], y[:]) })
		if !found {
			n++
		}
	}
	return n, nil
}

// copySome brings the copy up to the keyring, for some books and for all that is not of a book. It returns errBehind.
func copySome(from, to *store.Tx, books []id.Book) error {
	gens, err := copyGenerations(from, to)
	if err == nil {
		err = copyMachines(from, to)
	}
	if err != nil {
		return err
	}
	for _, b := range books {
		if err := copyBook(from, to, b); err != nil {
			return err
		}
	}
	var behind int
	if err := to.Row(`SELECT COUNT(*) FROM book_tree WHERE gen < $1`, gens[0].gen).Scan(&behind); err != nil {
		return err
	}
	if behind > 0 {
		return errBehind
	}
	_, err = to.Exec(`DELETE FROM generation WHERE gen < $1`, gens[0].gen)
	return err
}

// copyGenerations adds the generations the copy does not have, and copies the one row of the keyring. Those that went are
// taken away when nothing stands under them any more.
func copyGenerations(from, to *store.Tx) ([]generation, error) {
	gens, err := generationsIn(from)
	if err != nil || len(gens) == 0 {
		return nil, errors.Join(err, errTree)
	}
	for _, g := range gens {
		var fresh, made int64
		if err := from.Row(`SELECT fresh, made_at FROM generation WHERE gen = $1`, g.gen).Scan(&fresh, &made); err != nil {
			return nil, err
		}
		if _, err := to.Exec(`INSERT INTO generation (gen, check_value, fresh, made_at) VALUES ($1, $2, $3, $4) ON CONFLICT (gen) DO NOTHING`, g.gen, g.check, fresh, made); err != nil {
			return nil, err
		}
	}
	var epoch int64
	var purposes []byte
	var of *int64
	if err := from.Row(`SELECT epoch, purposes, purposes_gen FROM keyring WHERE n = 1`).Scan(&epoch, &purposes, &of); err != nil {
		return nil, err
	}
	_, err = to.Exec(`UPDATE keyring SET epoch = $1, purposes = $2, purposes_gen = CAST($3 AS BIGINT) WHERE n = 1`, epoch, purposes, of)
	return gens, err
}

// copyMachines copies which machines have root key files: there are few.
func copyMachines(from, to *store.Tx) error {
	all, err := copied(from)
	if err != nil {
		return err
	}
	for _, t := range all {
		if t.Name != unlike {
			continue
		}
		if err := t.Clear(to); err != nil {
			return err
		}
		return copyTable(t, from, to)
	}
	return nil
}

func copyBook(from, to *store.Tx, b id.Book) error {
	var wrapped []byte
	var made, gen int64
	err := from.Row(`SELECT wrapped, made_at, gen FROM book_tree WHERE book = $1`, b).Scan(&wrapped, &made, &gen)
	switch {
	case store.IsNone(err):
		_, err = to.Exec(`DELETE FROM book_tree WHERE book = $1`, b)
	case err == nil:
		_, err = to.Exec(`INSERT INTO book_tree (book, wrapped, made_at, gen) VALUES ($1, $2, $3, $4)
			ON CONFLICT (book) DO UPDATE SET wrapped = excluded.wrapped, made_at = excluded.made_at, gen = excluded.gen`, b, wrapped, made, gen)
	}
	if err != nil {
		return err
	}
	return copyErased(from, to, b)
}

// copyErased copies what was erased of a book: an item at a time, as a rule one.
func copyErased(from, to *store.Tx, b id.Book) error {
	type gone struct {
		item           id.Item
		at, gen, epoch int64
	}
	var items []gone
	err := store.Each(from, `SELECT item, at, gen, epoch FROM erased_item WHERE book = $1`, []any{b}, func(scan func(...any) error) error {
		var g gone
		err := scan(&g.item, &g.at, &g.gen, &g.epoch)
		items = append(items, g)
		return err
	})
	if err != nil {
		return err
	}
	for _, g := range items {
		if _, err := to.Exec(`INSERT INTO erased_item (book, item, at, gen, epoch) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (book, item) DO NOTHING`, b, g.item, g.at, g.gen, g.epoch); err != nil {
			return err
		}
	}
	var at, gen, epoch int64
	err = from.Row(`SELECT at, gen, epoch FROM erased_book WHERE book = $1`, b).Scan(&at, &gen, &epoch)
	if store.IsNone(err) {
		return nil
	}
	if err == nil {
		_, err = to.Exec(`INSERT INTO erased_book (book, at, gen, epoch) VALUES ($1, $2, $3, $4) ON CONFLICT (book) DO NOTHING`, b, at, gen, epoch)
	}
	return err
}
