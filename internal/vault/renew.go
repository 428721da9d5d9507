package vault

import (
	"context"
	"errors"
	"fmt"
	"time"

	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/mutant"
	"beside/internal/store"
)

// ErrRootStays says that a program could not write the root key that moved on into its file, or its copy of the keyring.
var ErrRootStays = errors.New("a root key file, or the copy of the keyring, could not be written, so that what an older root key opens is there still; let Beside write it")

// Settle waits until every program that holds the keyring open has seen an epoch, or can no longer use what it remembers
// from before: at most some twelve seconds. It returns the error of ctx when that ends first, and those of the store.
func (v *Vault) Settle(ctx context.Context, epoch int64) error {
	const op = "vault: settle"
	if mutant.On("certificate-early") {
		return nil
	}
	begun := v.here.steady()
	for {
		if err := v.Beat(ctx); err != nil {
			return errs.Wrap(op, err)
		}
		behind, err := v.behind(ctx, epoch)
		if err != nil || behind == 0 {
			return errs.Wrap(op, err)
		}
		if v.here.steady()-begun >= lease+margin {
			return errs.Wrap(op, v.dismiss(ctx, epoch))
		}
		if err := wait(ctx, 100*clock.Millisecond); err != nil {
			return errs.As(op, errs.Busy, err)
		}
	}
}

func wait(ctx context.Context, d clock.Time) error {
	timer := time.NewTimer(time.Duration(d) * time.Microsecond)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// behind counts the programs that have not seen an epoch.
func (v *Vault) behind(ctx context.Context, epoch int64) (n int, err error) {
	err = v.db.View(ctx, func(tx *store.Tx) error {
		return tx.Row(`SELECT COUNT(*) FROM program WHERE seen < $1`, epoch).Scan(&n)
	})
	return n, err
}

// dismiss takes away the rows of programs whose lease has run out.
func (v *Vault) dismiss(ctx context.Context, epoch int64) error {
	return v.db.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`DELETE FROM program WHERE seen < $1`, epoch)
		return err
	})
}

// Renewed returns the generations that open something in the keyring, the oldest and the newest, and when the newest
// began. Errors are those of the store.
func (v *Vault) Renewed(ctx context.Context) (oldest, newest int64, at clock.Time, err error) {
	err = v.db.View(ctx, func(tx *store.Tx) error {
		return tx.Row(`SELECT MIN(gen), MAX(gen), MAX(made_at) FROM generation`).Scan(&oldest, &newest, &at)
	})
	return oldest, newest, at, errs.Wrap("vault: renewed", err)
}

// Renew lets the root key move on, until nothing can be opened any more by that of a generation or an older one: all
// trees are wrapped anew, some at a time, while others go on reading and writing; then the old root key goes, also from
// the root key files of all programs that hold the keyring open. It may be called by several at once, and again after it
// was broken off. The work grows with the number of books.
//
// Who holds the recovery copy of the root key, or a copy of an older file of it, can work the newer ones out; nobody can
// go back. It returns [ErrRootStays] when a file was not written, the errors of [Vault.Settle], and those of the store.
func (v *Vault) Renew(ctx context.Context, past int64) error {
	const op = "vault: renew"
	for {
		oldest, newest, _, err := v.Renewed(ctx)
		if err != nil {
			return err
		}
		if oldest > past {
			return errs.Wrap(op, v.filesMoved(ctx, past))
		}
		if oldest == newest {
			if err := v.begin(ctx, newest); err != nil {
				return errs.Wrap(op, err)
			}
		}
		if err := v.finish(ctx); err != nil {
			return errs.Wrap(op, err)
		}
	}
}

// begin adds the generation that follows from the newest.
func (v *Vault) begin(ctx context.Context, newest int64) error {
	return v.update(ctx, nil, func(tx *store.Tx) error {
		g, err := v.newestIn(tx)
		if err != nil || g.gen != newest {
			return err // another began
		}
		root, err := v.roots.root(g)
		if err != nil {
			return err
		}
		return addGeneration(tx, g.gen+1, root.next(), false, v.clock.Now())
	})
}

func addGeneration(tx *store.Tx, gen int64, root Root, fresh bool, now clock.Time) error {
	_, err := tx.Exec(`INSERT INTO generation (gen, check_value, fresh, made_at) VALUES ($1, $2, $3, $4) ON CONFLICT (gen) DO NOTHING`,
		gen, root.key.derive(purposeCheck).bytes(), fresh, now)
	return err
}

// rewrapBatch is how many trees are wrapped anew in one transaction.
const rewrapBatch = 256

// finish wraps everything by the newest generation and lets the older one go.
func (v *Vault) finish(ctx context.Context) error {
	var gens []generation
	err := v.db.View(ctx, func(tx *store.Tx) (err error) {
		gens, err = generationsIn(tx)
		return err
	})
	if err != nil || len(gens) < 2 {
		return err
	}
	if newest := gens[len(gens)-1]; newest.fresh && !mutant.On("rotated-early") {
		if err := v.allReady(ctx, newest); err != nil {
			return err
		}
	}
	if err := v.rewrapPurposes(ctx, gens); err != nil {
		return err
	}
	for after := (id.Book{}); ; {
		last, err := v.rewrapSome(ctx, gens, after)
		if err != nil {
			return err
		}
		if last.IsZero() {
			break
		}
		after = last
	}
	return v.end(ctx, gens[0].gen)
}

// end lets a generation go, unless something was put under it meanwhile: then it is for the next round.
func (v *Vault) end(ctx context.Context, gen int64) error {
	err := v.update(ctx, nil, func(tx *store.Tx) error {
		gone, err := tx.Exec(`DELETE FROM generation WHERE gen = $1`, gen)
		if err != nil || gone == 0 {
			return err
		}
		_, err = raise(tx)
		return err
	})
	if errors.Is(err, store.ErrRefused) {
		return nil
	}
	return err
}

// wrappedTree is one row of book_tree.
type wrappedTree struct {
	book    id.Book
	gen     int64
	wrapped []byte
}

// rewrapSome wraps the next trees anew and returns the last it looked at, none when there are no more.
func (v *Vault) rewrapSome(ctx context.Context, gens []generation, after id.Book) (id.Book, error) {
	var list []wrappedTree
	err := v.db.View(ctx, func(tx *store.Tx) error {
		list = nil
		return store.Each(tx, `SELECT book, gen, wrapped FROM book_tree WHERE book > $1 ORDER BY book LIMIT $2 + 0`, []any{after.Bytes(), rewrapBatch}, func(scan func(...any) error) error {
			var t wrappedTree
			err := scan(&t.book, &t.gen, &t.wrapped)
			list = append(list, t)
			return err
		})
	})
	if err != nil || len(list) == 0 {
		return id.Book{}, err
	}
	newest := gens[len(gens)-1]
	var anew []wrappedTree
	var books []id.Book
	for _, t := range list {
		if t.gen >= newest.gen {
			continue
		}
		tree, err := v.unwrapTree(named(gens, t.gen), t.book, t.wrapped)
		if err != nil {
			return id.Book{}, fmt.Errorf("book %s: %w", t.book, err)
		}
		out, err := v.wrapTree(newest, t.book, tree)
		if err != nil {
			return id.Book{}, err
		}
		anew = append(anew, wrappedTree{t.book, newest.gen, out}, t)
		books = append(books, t.book)
	}
	return list[len(list)-1].book, v.update(ctx, books, func(tx *store.Tx) error { return putTrees(tx, anew) })
}

// putTrees takes pairs of a tree and what it takes the place of. One that was changed meanwhile is left to the next round.
func putTrees(tx *store.Tx, pairs []wrappedTree) error {
	for i := 0; i < len(pairs); i += 2 {
		now, was := pairs[i], pairs[i+1]
		if _, err := tx.Exec(`UPDATE book_tree SET wrapped = $1, gen = $2 WHERE book = $3 AND wrapped = $4`, now.wrapped, now.gen, now.book, was.wrapped); err != nil {
			return err
		}
	}
	return nil
}

func (v *Vault) rewrapPurposes(ctx context.Context, gens []generation) error {
	newest := gens[len(gens)-1]
	box, err := v.roots.box(newest)
	if err != nil {
		return err
	}
	wrapped, err := v.purposes.wrap(box)
	if err != nil {
		return err
	}
	return v.update(ctx, nil, func(tx *store.Tx) error {
		_, err := tx.Exec(`UPDATE keyring SET purposes = $1, purposes_gen = $2 WHERE n = 1 AND purposes_gen < $2`, wrapped, newest.gen)
		return err
	})
}

// filesMoved waits until every program has written a root key file that does not open a generation any more. It returns
// [ErrRootStays] when there is such a file, on a machine that is off too, and [ErrTrial] while a backup is tried.
func (v *Vault) filesMoved(ctx context.Context, past int64) error {
	var epoch int64
	err := v.db.View(ctx, func(tx *store.Tx) error {
		return tx.Row(`SELECT epoch FROM keyring WHERE n = 1`).Scan(&epoch)
	})
	if err == nil {
		err = v.Settle(ctx, epoch)
	}
	if err != nil {
		return err
	}
	return v.db.View(ctx, func(tx *store.Tx) error {
		if err := moved(tx, past); err != nil && !mutant.On("machines-forgotten") {
			return err
		}
		var stay int
		if err := tx.Row(`SELECT COUNT(*) FROM program WHERE gen <= $1`, past).Scan(&stay); err != nil {
			return err
		}
		if stay > 0 {
			return ErrRootStays
		}
		if mutant.On("trial-ignored") {
			return nil
		}
		return noTrial(tx)
	})
}

// FilesBehind counts the programs whose root key file could not be written, so that an older root key than any that opens
// something stands there still. A program that is about to write its file counts for some seconds too. Errors are those of the
// store.
func (v *Vault) FilesBehind(ctx context.Context) (n int, err error) {
	err = v.db.View(ctx, func(tx *store.Tx) error {
		return tx.Row(`SELECT COUNT(*) FROM program WHERE gen < (SELECT MIN(gen) FROM generation)`).Scan(&n)
	})
	return n, errs.Wrap("vault: files behind", err)
}

// Leads reports whether a root key, such as the one on a recovery copy, opens this keyring: it is that of the keyring, or
// the later ones follow from it. Errors are those of the store.
func (v *Vault) Leads(ctx context.Context, from Root) (bool, error) {
	var gens []generation
	err := v.db.View(ctx, func(tx *store.Tx) (err error) {
		gens, err = generationsIn(tx)
		return err
	})
	if err != nil || len(gens) == 0 || from.key.none() {
		return false, errs.Wrap("vault: leads", err)
	}
	_, ok := from.Follow(gens[len(gens)-1].fits)
	return ok, nil
}
