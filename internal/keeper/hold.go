package keeper

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/promise"
	"beside/internal/store"
	"beside/internal/vault"
)

// EndHoldPromise is the kind of promise that a hold ends by itself; its payload is a book and since when it is held.
const EndHoldPromise promise.Kind = "end hold"

// Hold is that a book must be kept for now, as when a court orders it.
type Hold struct {
	Book      id.Book
	Since     clock.Time // 0 when there is none
	Until     clock.Time // when it ends by itself; 0 when it does not
	Reference string     // the court's; for who runs the place
	Ground    book.Text  // the reason in words, for the owner alone
}

// MaxReference is the longest reference of a hold, in bytes.
const MaxReference = 200

// SetHold keeps a book from being erased, by order of by; none means who runs the computer. The reason is sealed under the book's keys. The row is witnessed. Errors: Invalid with
// the fields "reference", "ground" and "until"; Changed when the book is held already, or erased; NotOpen when there is no such book.
func (k *Keeper) SetHold(ctx context.Context, h Hold, by id.Person) error {
	const op = "keeper: set hold"
	now := k.clock.Now()
	var c errs.Check
	if h.Reference == "" || len(h.Reference) > MaxReference {
		c.Add("reference", "errors.hold_reference")
	}
	if h.Ground.Blank() {
		c.Add("ground", "errors.hold_ground")
	}
	if h.Until != 0 && h.Until <= now {
		c.Add("until", "errors.hold_until")
	}
	if err := c.Err(op); err != nil {
		return err
	}
	it, e := holdPlace(h.Book)
	sealed, err := k.vault.Seal(ctx, h.Book, it, e, []byte(h.Ground.Show()))
	if err != nil {
		return errs.Wrap(op, err)
	}
	return errs.Wrap(op, k.db.Update(ctx, func(tx *store.Tx) error {
		there, err := tx.Exec(`UPDATE book SET seq = seq WHERE id = $1 AND erased_at = 0`, h.Book)
		if err == nil && there == 0 {
			err = errs.New(op, errs.NotOpen, "")
		}
		if err != nil {
			return err
		}
		held, err := heldIn(tx, h.Book)
		if err == nil && held {
			err = errs.New(op, errs.Changed, "errors.held_already")
		}
		if err != nil {
			return err
		}
		return k.hold(tx, h, by, "court", sealed)
	}))
}

// holdPlace is where the reason of a hold is sealed: under an item of the book that nothing else stands under.
func holdPlace(b id.Book) (id.Item, id.Entry) {
	h := sha256.Sum256(append([]byte("beside hold\x00"), b.Bytes()...))
	it, _ := id.FromBytes[id.Item](h[:16]) // 16 bytes never fail
	e, _ := id.FromBytes[id.Entry](h[16:])
	return it, e
}

func (k *Keeper) hold(tx *store.Tx, h Hold, by id.Person, why string, ground []byte) error {
	now := k.clock.Now()
	setBy := by.Bytes() // who runs the computer is nobody here: sixteen zeros
	_, err := tx.Exec(`INSERT INTO hold (book, since, why, set_by, ended_at, until, reference, ground) VALUES ($1, $2, $3, $4, 0, $5, $6, $7)`,
		h.Book, now, why, setBy, h.Until, h.Reference, ground)
	if err != nil {
		return err
	}
	h.Since = now
	row := heldRow{Hold: h, why: why, by: by}
	if err := k.log.Record(tx, holdKind, row.id(), row.payload(), now); err != nil || h.Until == 0 {
		return err
	}
	payload, err := json.Marshal(heldFrom{Book: h.Book, Since: now})
	if err != nil {
		return err
	}
	return promise.Set(tx, promise.Promise{ID: id.New[id.Promise](k.ids), Kind: EndHoldPromise, Subject: h.Book.Bytes(), Payload: payload, Made: now, Due: h.Until})
}

// heldFrom is the payload of an [EndHoldPromise].
type heldFrom struct {
	Book  id.Book    `json:"book"`
	Since clock.Time `json:"since"`
}

// KeepEndHold says how an [EndHoldPromise] is kept. One that was ended before, and set anew, stays.
func (k *Keeper) KeepEndHold() promise.Keep {
	return promise.Keep{Effect: func(tx *store.Tx, p promise.Promise) error {
		var x heldFrom
		if err := json.Unmarshal(p.Payload, &x); err != nil {
			return errs.Wrap("keeper: end hold", err)
		}
		h, err := k.HoldOf(tx, x.Book)
		if err != nil || h.Since != x.Since {
			return err
		}
		return k.EndHold(tx, x.Book)
	}}
}

// Hold keeps a book from being erased, for a reason that is a code, until somebody ends it. A hold that stands is left as it
// is. Errors are those of the store.
func (k *Keeper) Hold(tx *store.Tx, b id.Book, by id.Person, why string) error {
	if _, err := tx.Exec(`UPDATE book SET seq = seq WHERE id = $1`, b); err != nil { // whoever erases it now comes first, or not at all
		return errs.Wrap("keeper: hold", err)
	}
	var held bool
	err := tx.Row(`SELECT COUNT(*) > 0 FROM hold WHERE book = $1 AND ended_at = 0`, b).Scan(&held)
	if err == nil && !held {
		err = k.hold(tx, Hold{Book: b}, by, why, nil)
	}
	return errs.Wrap("keeper: hold", err)
}

// EndHold ends what keeps a book from being erased; what waited for that goes on. Errors are those of the store.
func (k *Keeper) EndHold(tx *store.Tx, b id.Book) error {
	now := k.clock.Now()
	var h heldRow
	err := tx.Row(`UPDATE hold SET ended_at = $1, ground = NULL WHERE book = $2 AND ended_at = 0 RETURNING `+holdColumns, now, b).Scan(h.fields()...)
	if errors.Is(err, store.ErrNone) {
		return nil
	}
	if err == nil {
		err = k.log.Record(tx, holdKind, h.id(), h.payload(), now)
	}
	if err == nil {
		err = k.letGo(tx, b)
	}
	return errs.Wrap("keeper: end hold", err)
}

// HoldOf returns in tx the hold on a book, without its reason. Who may know is for the caller to know. Errors are those of the
// store.
func (k *Keeper) HoldOf(tx *store.Tx, b id.Book) (h Hold, err error) {
	h.Book = b
	err = tx.Row(`SELECT since, until, reference FROM hold WHERE book = $1 AND ended_at = 0`, b).Scan(&h.Since, &h.Until, &h.Reference)
	return h, errs.Wrap("keeper: hold of", store.NotNone(err))
}

// Holds returns in tx all holds that stand, the oldest first, without their reasons. Who may know is for the caller to know.
func (k *Keeper) Holds(tx *store.Tx) (all []Hold, err error) {
	err = store.Each(tx, `SELECT book, since, until, reference FROM hold WHERE ended_at = 0 ORDER BY since, book`, nil, func(scan func(...any) error) error {
		var h Hold
		err := scan(&h.Book, &h.Since, &h.Until, &h.Reference)
		all = append(all, h)
		return err
	})
	return all, errs.Wrap("keeper: holds", err)
}

// Held tells the owner of a hold on their book, with its reason; since is 0 when there is none. It returns NotOpen to
// everybody else.
func (k *Keeper) Held(ctx context.Context, who grant.Subject, b id.Book) (h Hold, err error) {
	const op = "keeper: held"
	var sealed []byte
	q := rule(`SELECT COALESCE(h.since, 0), COALESCE(h.until, 0), COALESCE(h.reference, ''), h.ground FROM book AS k LEFT JOIN hold AS h ON h.book = k.id AND h.ended_at = 0 WHERE k.id = $1 AND `,
		grant.Own, grant.Columns{Book: "k.id"}, 2, ``)
	err = k.db.Glance(ctx, func(tx *store.Tx) error {
		return tx.Row(q.text, q.args(who, k.clock.Now(), b)...).Scan(&h.Since, &h.Until, &h.Reference, &sealed)
	})
	if err != nil || len(sealed) == 0 {
		return h, notGiven(err)
	}
	it, e := holdPlace(b)
	plain, err := k.vault.Unseal(ctx, b, it, e, vault.Sealed(sealed))
	h.Book, h.Ground = b, book.NewText(string(plain))
	return h, errs.Wrap(op, err)
}
