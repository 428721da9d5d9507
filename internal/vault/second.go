package vault

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"

	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/mutant"
	"beside/internal/store"
	"beside/internal/store/rows"
)

// KeepCopy has every change of the keyring written to db as well, before it is acknowledged, from now on, and first makes db
// what the keyring is. db must hold nothing else. While db does not answer nothing can be changed: nobody can join, and
// nothing is erased, but everything can be read. It returns [ErrOtherRoot] when db is the copy of another keyring; other
// errors are those of the stores.
func (v *Vault) KeepCopy(ctx context.Context, db *store.DB) error {
	const op = "vault: keep copy"
	if err := migrate(ctx, db); err != nil {
		return errs.Wrap(op, err)
	}
	if err := v.copyWhole(ctx, db); err != nil {
		return errs.Wrap(op, err)
	}
	v.second = db
	return nil
}

// update changes the keyring, and then its copy, if there is one, for the books that were changed.
func (v *Vault) update(ctx context.Context, books []id.Book, fn func(*store.Tx) error) error {
	if err := v.db.Update(ctx, fn); err != nil {
		return err
	}
	if v.second == nil || mutant.On("copy-later") {
		return nil
	}
	return v.copyChanged(ctx, books)
}

// bringUp brings the copy up to the generations of the keyring, if there is a copy: another program may have wrapped trees
// anew that knows nothing of it.
func (v *Vault) bringUp(ctx context.Context) error {
	if v.second == nil || mutant.On("copy-behind") {
		return nil
	}
	return v.copyChanged(ctx, nil)
}

func (v *Vault) copyChanged(ctx context.Context, books []id.Book) error {
	err := v.second.Update(ctx, func(to *store.Tx) error {
		// The lock comes before the look: of two that copy, the later one has seen what the earlier one saw, and more.
		if _, err := to.Exec(`UPDATE keyring SET n = n`); err != nil {
			return err
		}
		return v.db.View(ctx, func(from *store.Tx) error { return copySome(from, to, books) })
	})
	if errors.Is(err, errBehind) {
		return v.copyWhole(ctx, v.second)
	}
	return err
}

// CheckCopy makes the copy of the keyring what the keyring is, if there is one and a program changed the keyring that does
// not keep that copy. It reports whether it had to. It reads all of both. Errors are those of the stores.
func (v *Vault) CheckCopy(ctx context.Context) (behind bool, err error) {
	const op = "vault: check copy"
	if v.second == nil {
		return false, nil
	}
	same, err := v.copyIsSame(ctx)
	if err != nil || same {
		return false, errs.Wrap(op, err)
	}
	err = v.copyWhole(ctx, v.second)
	return err == nil, errs.Wrap(op, err)
}

// copyWhole makes a copy what the keyring is, which may take long.
func (v *Vault) copyWhole(ctx context.Context, db *store.DB) error {
	return db.LongUpdate(ctx, func(to *store.Tx) error {
		if _, err := to.Exec(`UPDATE keyring SET n = n`); err != nil {
			return err
		}
		return v.db.LongView(ctx, func(from *store.Tx) error { return copyAll(from, to) })
	})
}

// errBehind says that a copy missed something while it was not kept.
var errBehind = errors.New("vault: the copy is behind")

// copyIsSame looks without keeping anybody from anything. What changes meanwhile may make it say no.
func (v *Vault) copyIsSame(ctx context.Context) (same bool, err error) {
	err = v.second.LongView(ctx, func(to *store.Tx) error {
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
	return slices.DeleteFunc(all, func(t rows.Table) bool { return t.Name == "restoring" || t.Name == "program" }), err
}

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

// copySome brings the copy up to the keyring, for some books and for all that is not of a book. It returns errBehind.
func copySome(from, to *store.Tx, books []id.Book) error {
	gens, err := copyGenerations(from, to)
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
