package keeper

import (
	"context"
	"errors"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/mutant"
	"beside/internal/promise"
	"beside/internal/store"
	"beside/internal/vault"
	"beside/internal/witness"
)

// The end of a whole book that was settled beforehand: by its owner, who may change their mind until then; because its owner
// has died; or because the place closes. When its time comes the book is erased by the very act by which its owner erases
// it, and never in any other way.
//
//	SetEnding ──▶ [set] ──its time comes──▶ erased (the states of an erasing follow)
//	                │ ▲                  └──▶ [waits], while a hold stands ──EndHold──▶ erased
//	                │ │                          │
//	                └─┴──TakeBackEnding──────────┴──▶ taken back: nothing has happened

// EndPromise is the kind of promise that a book is erased when the time of an [Ending] comes. Its subject is the ending.
const EndPromise promise.Kind = "end book"

// Ending is that a book is to be erased as a whole.
type Ending struct {
	ID         id.Entry // of the act by which it will be erased
	Book       id.Book
	Why        book.Why
	MadeAt     clock.Time
	DueAt      clock.Time
	WaitsSince clock.Time // its time has come, and a hold stands; 0 otherwise
}

const endingColumns = `id, book, why, made_at, due_at, waits_since`

func (x *Ending) fields() []any {
	return []any{&x.ID, &x.Book, &x.Why, &x.MadeAt, &x.DueAt, &x.WaitsSince}
}

// SetEnding settles in tx that a book is erased when a time comes. One that is set for the same reason stays as it is, and so
// does one with the same id. Who may is for the caller to know. Errors are those of the store.
func (k *Keeper) SetEnding(tx *store.Tx, x Ending) error {
	const op = "keeper: set ending"
	there, err := tx.Exec(`UPDATE book SET seq = seq WHERE id = $1 AND erased_at = 0`, x.Book)
	if err != nil || there == 0 {
		return errs.Wrap(op, err)
	}
	done, err := tx.Exec(`INSERT INTO ending (id, book, why, made_at, due_at, waits_since, over_at) VALUES ($1, $2, $3, $4, $5, 0, 0) ON CONFLICT DO NOTHING`,
		x.ID, x.Book, string(x.Why), x.MadeAt, x.DueAt)
	if err != nil || done == 0 {
		return errs.Wrap(op, err)
	}
	err = k.log.Record(tx, endingKind, x.ID.Bytes(), endingRow(x, 0), k.clock.Now())
	if err == nil {
		err = k.promiseEnding(tx, x.ID, x.DueAt)
	}
	return errs.Wrap(op, err)
}

func (k *Keeper) promiseEnding(tx *store.Tx, x id.Entry, due clock.Time) error {
	return promise.Set(tx, promise.Promise{ID: id.New[id.Promise](k.ids), Kind: EndPromise, Subject: x.Bytes(), Made: k.clock.Now(), Due: due})
}

// TakeBackEnding takes back in tx that a book is to be erased for a reason. It reports whether there was anything to take
// back. Errors are those of the store.
func (k *Keeper) TakeBackEnding(tx *store.Tx, b id.Book, why book.Why) (bool, error) {
	over, err := k.overEndings(tx, k.clock.Now(), `book = $2 AND why = $3`, b, string(why))
	for _, x := range over {
		if err == nil {
			err = promise.DropAbout(tx, EndPromise, x.ID.Bytes())
		}
	}
	return len(over) > 0, errs.Wrap("keeper: take back ending", err)
}

// overEndings writes down that those of some endings that stand are over at a time, and returns them; $1 is taken.
func (k *Keeper) overEndings(tx *store.Tx, at clock.Time, which string, args ...any) (over []Ending, err error) {
	err = store.Each(tx, `UPDATE ending SET over_at = $1 WHERE over_at = 0 AND `+which+` RETURNING `+endingColumns,
		append([]any{at}, args...), func(scan func(...any) error) error {
			var x Ending
			err := scan(x.fields()...)
			over = append(over, x)
			return err
		})
	for _, x := range over {
		if err == nil {
			err = k.log.Record(tx, endingKind, x.ID.Bytes(), endingRow(x, at), at)
		}
	}
	return over, err
}

// Endings returns in tx what is settled about the end of a book, what comes first before the rest.
func (k *Keeper) Endings(tx *store.Tx, b id.Book) (all []Ending, err error) {
	err = store.Each(tx, `SELECT `+endingColumns+` FROM ending WHERE book = $1 AND over_at = 0 ORDER BY due_at, id`, []any{b}, func(scan func(...any) error) error {
		var x Ending
		err := scan(x.fields()...)
		all = append(all, x)
		return err
	})
	return all, errs.Wrap("keeper: endings", err)
}

// KeepEnding says how an [EndPromise] is kept.
func (k *Keeper) KeepEnding() promise.Keep { return promise.Keep{Reach: k.end} }

// end erases a book whose time has come, in the same manner as its owner would. Looking whether it still is to be, and
// whether a hold stands, is one transaction with the act.
func (k *Keeper) end(ctx context.Context, p promise.Promise) error {
	const op = "keeper: end"
	e, err := id.FromBytes[id.Entry](p.Subject)
	if err != nil {
		return errs.Wrap(op, err)
	}
	var x Ending
	var owner id.Person
	err = k.db.Glance(ctx, func(tx *store.Tx) error {
		return tx.Row(`SELECT x.id, x.book, x.why, x.made_at, x.due_at, x.waits_since, b.owner FROM ending AS x JOIN book AS b ON b.id = x.book
			WHERE x.id = $1 AND x.over_at = 0 AND b.erased_at = 0`, e).Scan(append(x.fields(), &owner)...)
	})
	if errors.Is(err, store.ErrNone) {
		return nil // taken back, or erased already
	} else if err != nil {
		return errs.Wrap(op, err)
	}
	who := grant.Subject{Person: owner, Hat: book.HatSelf}
	act, err := k.Prepare(ctx, who, x.Book, Draft{ID: x.ID, Kind: book.KindErasing, Act: book.ActErase, Via: book.ViaRule, Body: &book.Erasing{Whole: true, Why: x.Why}})
	if errors.Is(err, vault.ErrErased) {
		return nil // its keys are gone: it was erased meanwhile, or will be by Reconcile
	} else if err != nil {
		return errs.Wrap(op, err)
	}
	return errs.Wrap(op, k.db.Update(ctx, func(tx *store.Tx) error { return k.endIn(tx, x, act) }))
}

func (k *Keeper) endIn(tx *store.Tx, x Ending, act Prepared) error {
	// Whoever takes it back, erases the book or sets a hold waits here.
	if _, err := tx.Exec(`UPDATE book SET seq = seq WHERE id = $1`, x.Book); err != nil {
		return err
	}
	still, err := tx.Exec(`UPDATE ending SET over_at = over_at WHERE id = $1 AND over_at = 0`, x.ID)
	if err != nil || still == 0 {
		return err
	}
	held, err := heldIn(tx, x.Book)
	if err != nil {
		return err
	}
	if held {
		_, err := tx.Exec(`UPDATE ending SET waits_since = $1 WHERE id = $2 AND waits_since = 0`, k.clock.Now(), x.ID)
		return err
	}
	if err := k.Vouched(tx, endingKind, x.ID.Bytes(), endingRow(x, 0)); err != nil {
		return err
	}
	_, err = k.Apply(tx, act)
	return err
}

// Vouched returns an error unless Beside itself wrote a row, as it stands: who can write to the database alone has no book
// erased by settling its end.
func (k *Keeper) Vouched(tx *store.Tx, kind string, row, payload []byte) error {
	if mutant.On("ending-unvouched") {
		return nil
	}
	yes, err := witness.NewVouch(tx, k.logKey, k.log).For(kind, row, payload)
	if err == nil && !yes {
		err = errNotErased
	}
	return errs.Wrap("keeper: vouched", err)
}

// settledBefore refuses an erasing by a rule that was not settled beforehand, or whose time has not come.
func settledBefore(tx *store.Tx, e book.Entry, x *book.Erasing) error {
	if x.Why == "" || mutant.On("unsettled") {
		return nil
	}
	var settled bool
	err := tx.Row(`SELECT COUNT(*) > 0 FROM ending WHERE id = $1 AND book = $2 AND why = $3 AND over_at = 0 AND due_at <= $4`, e.ID, e.Book, string(x.Why), e.RecordedAt).Scan(&settled)
	if err == nil && !settled {
		err = errs.New("keeper: erase", errs.NotOpen, "")
	}
	return err
}

// letGo has what waited for the end of a hold go on.
func (k *Keeper) letGo(tx *store.Tx, b id.Book) error {
	all, err := k.Endings(tx, b)
	if err != nil {
		return err
	}
	for _, x := range all {
		if x.WaitsSince == 0 {
			continue
		}
		if _, err := tx.Exec(`UPDATE ending SET waits_since = 0 WHERE id = $1`, x.ID); err != nil {
			return err
		}
		if err := k.promiseEnding(tx, x.ID, k.clock.Now()); err != nil {
			return err
		}
	}
	return nil
}
