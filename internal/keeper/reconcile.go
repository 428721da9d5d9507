package keeper

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"slices"

	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/mutant"
	"beside/internal/store"
	"beside/internal/vault"
)

// Reconciled is what was found erased on one side only, as after a restore.
type Reconciled struct {
	Rows int // erased again in the books, which were older than the keyring
	Keys int // erased again in the keyring, which was older than the books
	Odd  int // said to be erased in the books by somebody who is not Beside: left as they are
}

// reconcileBatch is how many tombstones are compared at a time.
const reconcileBatch = 500

// Reconcile makes books and keyring agree on what was erased for good, after either came back from an older copy: what one
// of them knows to be erased, the other erases too. It can be broken off and called again, also beside others. Its cost
// grows with the number of things that were ever erased. Errors are those of the store and the vault.
func (k *Keeper) Reconcile(ctx context.Context) (done Reconciled, err error) {
	const op = "keeper: reconcile"
	if mutant.On("no-reconcile") {
		return done, nil
	}
	if done.Rows, err = k.reconcileRows(ctx); err != nil {
		return done, errs.Wrap(op, err)
	}
	err = k.reconcileKeys(ctx, &done)
	return done, errs.Wrap(op, err)
}

// reconcileRows empties what the keyring knows to be erased and the books do not.
func (k *Keeper) reconcileRows(ctx context.Context) (n int, err error) {
	for after := (vault.Tombstone{}); ; {
		list, err := k.vault.Erased(ctx, after, reconcileBatch)
		if err != nil || len(list) == 0 {
			return n, err
		}
		after = list[len(list)-1]
		left, err := k.unburied(ctx, list)
		if err != nil {
			return n, err
		}
		for _, t := range left {
			if err := k.eraseAgain(ctx, t); err != nil {
				return n, err
			}
			n++
		}
	}
}

// unburied returns those of a list of which an entry still stands in the books.
func (k *Keeper) unburied(ctx context.Context, list []vault.Tombstone) (left []vault.Tombstone, err error) {
	err = k.db.View(ctx, func(tx *store.Tx) error {
		left = nil
		for _, t := range list {
			q, args := `SELECT COUNT(*) FROM entry AS e WHERE e.book = $1 AND e.item = $2 AND e.kind <> ''`, []any{t.Book, t.Item}
			if t.Item.IsZero() {
				q, args = `SELECT COUNT(*) FROM book WHERE id = $1 AND erased_at = 0`, []any{t.Book}
			}
			var stands int
			if err := tx.Row(q, args...).Scan(&stands); err != nil {
				return err
			}
			if stands > 0 {
				left = append(left, t)
			}
		}
		return nil
	})
	return left, err
}

// eraseAgain empties the rows of something that was erased at a time.
func (k *Keeper) eraseAgain(ctx context.Context, t vault.Tombstone) error {
	return k.db.Update(ctx, func(tx *store.Tx) error {
		gone := Erased{Book: t.Book, Items: []id.Item{t.Item}}
		if t.Item.IsZero() {
			gone.Items, gone.Whole = nil, true
		}
		err := tx.Row(`UPDATE book SET seq = seq WHERE id = $1 RETURNING owner`, t.Book).Scan(&gone.Owner) // the lock of the book
		if errors.Is(err, store.ErrNone) {
			return nil
		} else if err != nil {
			return err
		}
		_, err = k.empty(tx, gone, t.At)
		return err
	})
}

// pair is an item of a book, or the book itself.
type pair struct {
	book id.Book
	item id.Item
}

func (p pair) compare(q pair) int {
	return cmp.Or(bytes.Compare(p.book.Bytes(), q.book.Bytes()), bytes.Compare(p.item.Bytes(), q.item.Bytes()))
}

// reconcileKeys takes keys out of the keyring that the books know to be erased and it does not.
func (k *Keeper) reconcileKeys(ctx context.Context, done *Reconciled) error {
	known, err := k.keyringKnows(ctx)
	if err != nil {
		return err
	}
	buried, err := k.buried(ctx)
	if err != nil {
		return err
	}
	has := func(p pair) bool {
		_, ok := slices.BinarySearchFunc(known, p, pair.compare)
		return ok
	}
	for _, p := range buried {
		if has(p) || has(pair{book: p.book}) {
			continue
		}
		gone := Erased{Book: p.book, Items: []id.Item{p.item}}
		if p.item.IsZero() {
			gone.Items, gone.Whole = nil, true
		}
		_, err := k.keysOf(ctx, gone)
		if errors.Is(err, errNotErased) {
			done.Odd++
			continue
		}
		if err != nil {
			return err
		}
		if err := k.promiseRenewal(ctx, gone); err != nil {
			return err
		}
		done.Keys++
	}
	return nil
}

// keyringKnows returns everything that the keyring knows to be erased, in order.
func (k *Keeper) keyringKnows(ctx context.Context) (all []pair, err error) {
	for after := (vault.Tombstone{}); ; {
		list, err := k.vault.Erased(ctx, after, reconcileBatch)
		if err != nil {
			return nil, err
		}
		if len(list) == 0 {
			slices.SortFunc(all, pair.compare)
			return all, nil
		}
		for _, t := range list {
			all = append(all, pair{t.Book, t.Item})
		}
		after = list[len(list)-1]
	}
}

// buried returns everything that the books know to be erased: whole books, and items of books that are there.
func (k *Keeper) buried(ctx context.Context) (all []pair, err error) {
	err = k.db.View(ctx, func(tx *store.Tx) error {
		all = nil
		return store.Each(tx, `SELECT id, NULL FROM book WHERE erased_at <> 0
			UNION ALL SELECT DISTINCT t.book, t.item FROM tombstone AS t JOIN book AS b ON b.id = t.book WHERE b.erased_at = 0`, nil, func(scan func(...any) error) error {
			var p pair
			err := scan(&p.book, &p.item)
			all = append(all, p)
			return err
		})
	})
	return all, err
}

// promiseRenewal promises that the root key moves on past keys that had to be erased again. What a certificate said of them
// is not true until then, so that it is given anew.
func (k *Keeper) promiseRenewal(ctx context.Context, gone Erased) error {
	return k.db.Update(ctx, func(tx *store.Tx) error {
		certificates, err := certificatesOf(tx, gone)
		if err != nil {
			return err
		}
		now := k.clock.Now()
		due := max(now, clock.Time(k.renewedAt.Load())+RenewEvery)
		for _, x := range certificates {
			if !mutant.On("certificate-stays") {
				if _, err := tx.Exec(`UPDATE erasing SET settled_at = 0, sure_at = 0 WHERE id = $1`, x); err != nil {
					return err
				}
				if err := k.recordErasing(tx, x); err != nil {
					return err
				}
			}
			gone.Erasing = x
			if err := k.setErase(tx, ErasePromise, gone, now, now); err != nil { // which promises the rest
				return err
			}
		}
		if len(certificates) > 0 {
			return nil
		}
		return k.setErase(tx, CertifyPromise, gone, now, due)
	})
}

// certificatesOf returns the erasings whose certificates speak of something: that of the whole book, and those of its items,
// which stand at the same moment as their tombstones.
func certificatesOf(tx *store.Tx, gone Erased) (list []id.Entry, err error) {
	query, args := `SELECT id FROM erasing WHERE book = $1 AND whole <> 0`, []any{gone.Book}
	if !gone.Whole {
		var these string
		these, args = store.In("t.item", args, gone.Items)
		query = `SELECT s.id FROM erasing AS s WHERE s.book = $1 AND s.whole = 0 AND EXISTS (
			SELECT 1 FROM tombstone AS t WHERE t.book = s.book AND t.erased_at = s.erased_at AND ` + these + `)`
	}
	return list, store.Each(tx, query+` ORDER BY 1`, args, func(scan func(...any) error) error {
		var x id.Entry
		err := scan(&x)
		list = append(list, x)
		return err
	})
}
