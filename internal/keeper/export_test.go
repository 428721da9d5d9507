package keeper

import (
	"context"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/store"
	"beside/internal/witness"
)

// Unruled is a keeper of the same books whose queries have "yes" where the rule stands: what the rule costs is measured beside it.
func (k *Keeper) Unruled() *Keeper {
	return &Keeper{db: k.db, clock: k.clock, q: compiled(func(book.Hat) ruling {
		return func(before string, _ grant.Doing, _ grant.Columns, _ int, after string) sqlFor {
			return sqlFor{text: before + "(1 = 1)" + after}
		}
	})}
}

// Find finds what is wanted of a book, still sealed, and returns how many there are: the queries alone.
func (k *Keeper) Find(ctx context.Context, who grant.Subject, now clock.Time, b id.Book, wants ...Want) (n int, err error) {
	err = k.db.View(ctx, func(tx *store.Tx) error {
		found, err := k.find(tx, who, now, b, wants)
		n = len(found)
		return err
	})
	return n, err
}

// AddLooks writes looks down.
func (k *Keeper) AddLooks(ctx context.Context, looks []Look) error { return k.looks.add(ctx, looks) }

// IndexNames reads the names of books and puts them into the index of names, as is done with those from before there was one; then is
// called between the two.
func (k *Keeper) IndexNames(ctx context.Context, books []id.Book, then func()) error {
	var old []found
	err := k.db.View(ctx, func(tx *store.Tx) error {
		old = nil
		for _, b := range books {
			var f found
			f.entry.Book = b
			into := append(itemFields(&f.piece.Item), &f.entry.ID, &f.entry.Version, &f.piece.RecordedAt, (*[]byte)(&f.entry.sealed))
			if err := tx.Row(`SELECT `+itemColumns+`, e.id, e.version, e.recorded_at, e.sealed FROM item AS i JOIN entry AS e ON e.book = i.book AND e.seq = i.body_seq
				WHERE i.book = $1 AND i.kind = 'name'`, b).Scan(into...); err != nil {
				return err
			}
			old = append(old, f)
		}
		return nil
	})
	if err != nil {
		return err
	}
	then()
	return k.indexThese(ctx, old)
}

// Forge writes an entry as change makes it, with the leaf that it then has: what somebody could do who has the database and its log.
func Forge(tx *store.Tx, x id.Entry, change func(*book.Entry, *[]byte)) error {
	var e committed
	if err := e.scan(tx.Row(`SELECT `+committedColumns+` FROM entry AS e WHERE e.id = $1`, x).Scan); err != nil {
		return err
	}
	sealed := []byte(e.sealed)
	change(&e.Entry, &sealed)
	leaf := witness.Leaf(header(e.Entry), witness.Hash(e.commitment), witness.Cipher(sealed))
	_, err := tx.Exec(`UPDATE entry SET author = $1, hat = $2, sealed = $3, leaf = $4 WHERE id = $5`, e.Author, string(e.Hat), sealed, leaf, x)
	return err
}
