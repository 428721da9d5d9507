package vault

import (
	"context"
	"errors"

	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/mutant"
	"beside/internal/store"
)

// Gone says where an erasing stands.
type Gone struct {
	Epoch      int64 // what every program that holds the keyring open must have seen: see [Vault.Settle]
	Generation int64 // the last whose root key opened the keys that are gone: see [Vault.Renew]
}

// Erase takes the key of an item out of the tree of its book, for good and on disk before it returns. What was erased
// before is left as it is and told again. It returns [ErrNoBook] for a book that the keyring does not know; other errors
// are those of the store.
//
// This program cannot open the item from then on. Others may for as long as they remember the tree ([Vault.Settle]), and
// so may who holds today's root key and an old page, log or copy of the keyring ([Vault.Renew]).
func (v *Vault) Erase(ctx context.Context, b id.Book, it id.Item) (Gone, error) {
	const op = "vault: erase"
	if b.IsZero() || it.IsZero() {
		return Gone{}, errs.New(op, errs.Internal, "")
	}
	var gone Gone
	err := v.update(ctx, []id.Book{b}, func(tx *store.Tx) error {
		err := tx.Row(`SELECT epoch, gen FROM erased_item WHERE book = $1 AND item = $2`, b, it).Scan(&gone.Epoch, &gone.Generation)
		if !errors.Is(err, store.ErrNone) {
			return err
		}
		if gone.Epoch, err = raise(tx); err != nil {
			return err
		}
		if gone.Generation, err = v.punctureIn(tx, b, it); err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO erased_item (book, item, at, gen, epoch) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (book, item) DO NOTHING`,
			b, it, v.clock.Now(), gone.Generation, gone.Epoch)
		return err
	})
	return v.erased(op, gone, err)
}

// EraseBook takes the whole tree of a book away, for good and on disk before it returns; the book cannot be made anew.
// Errors are those of the store. What holds for others is said at [Vault.Erase].
func (v *Vault) EraseBook(ctx context.Context, b id.Book) (Gone, error) {
	const op = "vault: erase book"
	if b.IsZero() {
		return Gone{}, errs.New(op, errs.Internal, "")
	}
	var gone Gone
	err := v.update(ctx, []id.Book{b}, func(tx *store.Tx) error {
		err := tx.Row(`SELECT epoch, gen FROM erased_book WHERE book = $1`, b).Scan(&gone.Epoch, &gone.Generation)
		if !errors.Is(err, store.ErrNone) {
			return err
		}
		if gone.Epoch, err = raise(tx); err != nil {
			return err
		}
		// The lock of the epoch's row keeps two from erasing at once.
		if err := tx.Row(`SELECT MAX(gen) FROM generation`).Scan(&gone.Generation); err != nil {
			return err
		}
		if _, err := tx.Exec(`DELETE FROM book_tree WHERE book = $1`, b); err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO erased_book (book, at, gen, epoch) VALUES ($1, $2, $3, $4) ON CONFLICT (book) DO NOTHING`, b, v.clock.Now(), gone.Generation, gone.Epoch)
		return err
	})
	return v.erased(op, gone, err)
}

func (v *Vault) erased(op string, gone Gone, err error) (Gone, error) {
	if err != nil {
		return Gone{}, failed(op, err)
	}
	if !mutant.On("cached-tree") {
		v.dropTrees()
	}
	return gone, nil
}

// raise makes a new epoch. Its row is a lock: one erases at a time.
func raise(tx *store.Tx) (epoch int64, err error) {
	err = tx.Row(`UPDATE keyring SET epoch = epoch + 1 WHERE n = 1 RETURNING epoch`).Scan(&epoch)
	return epoch, err
}

// punctureIn takes an item out of a tree and returns the generation by whose root key the tree was wrapped before.
func (v *Vault) punctureIn(tx *store.Tx, b id.Book, it id.Item) (int64, error) {
	var was generation
	var wrapped []byte
	err := tx.Row(`UPDATE book_tree SET made_at = made_at WHERE book = $1 RETURNING gen, wrapped`, b).Scan(&was.gen, &wrapped)
	if errors.Is(err, store.ErrNone) {
		return 0, v.missing(tx, b)
	} else if err != nil {
		return 0, err
	}
	gens, err := generationsIn(tx)
	if err != nil {
		return 0, err
	}
	was = named(gens, was.gen)
	t, err := v.unwrapTree(was, b, wrapped)
	if err != nil {
		return 0, err
	}
	if !mutant.On("puncture-skipped") {
		t = t.puncture(it)
	}
	now, err := v.newestIn(tx)
	if err != nil {
		return 0, err
	}
	if wrapped, err = v.wrapTree(now, b, t); err != nil {
		return 0, err
	}
	_, err = tx.Exec(`UPDATE book_tree SET wrapped = $1, gen = $2 WHERE book = $3`, wrapped, now.gen, b)
	return was.gen, err
}

// missing says why a book has no tree.
func (v *Vault) missing(tx *store.Tx, b id.Book) error {
	var erased bool
	if err := tx.Row(`SELECT COUNT(*) > 0 FROM erased_book WHERE book = $1`, b).Scan(&erased); err != nil {
		return err
	}
	if erased {
		return ErrErased
	}
	return ErrNoBook
}

// Tombstone is one thing that was erased for good: an item, or a whole book when it names none.
type Tombstone struct {
	Book id.Book
	Item id.Item
	At   clock.Time
}

// Erased returns what was erased for good, in the order of its ids, at most limit after the one named; the zero Tombstone
// is before the first. Whole books come after all items. Errors are those of the store.
func (v *Vault) Erased(ctx context.Context, after Tombstone, limit int) (list []Tombstone, err error) {
	add := func(scan func(...any) error) error {
		var t Tombstone
		err := scan(&t.Book, &t.Item, &t.At)
		list = append(list, t)
		return err
	}
	err = v.db.View(ctx, func(tx *store.Tx) error {
		list = nil
		if after.Book.IsZero() || !after.Item.IsZero() {
			// Bytes: none stands before every id.
			err := store.Each(tx, `SELECT book, item, at FROM erased_item WHERE book > $1 OR book = $1 AND item > $2 ORDER BY book, item LIMIT $3 + 0`,
				[]any{after.Book.Bytes(), after.Item.Bytes(), limit}, add)
			if err != nil || len(list) == limit {
				return err
			}
			after = Tombstone{}
		}
		return store.Each(tx, `SELECT book, NULL, at FROM erased_book WHERE book > $1 ORDER BY book LIMIT $2 + 0`, []any{after.Book.Bytes(), limit - len(list)}, add)
	})
	return list, errs.Wrap("vault: erased", err)
}

// ErasedCount returns how many things were erased for good. Errors are those of the store.
func (v *Vault) ErasedCount(ctx context.Context) (n int64, err error) {
	err = v.db.View(ctx, func(tx *store.Tx) error {
		return tx.Row(`SELECT (SELECT COUNT(*) FROM erased_item) + (SELECT COUNT(*) FROM erased_book)`).Scan(&n)
	})
	return n, errs.Wrap("vault: erased", err)
}
