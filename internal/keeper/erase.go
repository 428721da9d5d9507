package keeper

import (
	"context"
	"encoding/binary"
	"encoding/json"
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

// Erasing for good. The owner's act, [book.ActErase], empties the rows at once, in its own transaction, and leaves a
// tombstone for each. What the rows said is then gone from this database, but not from older copies of it; so the same
// transaction promises that the keys go too:
//
//	owner's act ──▶ [emptied] ──ErasePromise──▶ [settled] ──CertifyPromise──▶ [sure]
//	   rows, lists,     keys out of the keyring,     the root key moves on, so that
//	   tombstones       seen by every program        no older keyring opens either
const (
	// ErasePromise is the kind of promise that the keys of what was erased go; its payload is [Erased].
	ErasePromise promise.Kind = "erase"
	// CertifyPromise is the kind of promise that nothing that is there can open older copies of those keys; its payload is
	// [Erased].
	CertifyPromise promise.Kind = "certify"
)

// RenewEvery is how often the root key moves on at most, as all trees are wrapped anew with it. What is erased meanwhile
// waits for the next time together.
const RenewEvery = clock.Hour

// Erased is something that was erased for good: ids, never text.
type Erased struct {
	Erasing id.Entry  `json:"erasing"`
	Book    id.Book   `json:"book"`
	Owner   id.Person `json:"-"`
	Items   []id.Item `json:"items,omitempty"` // none for a whole book
	Whole   bool      `json:"whole,omitempty"`
	// Entries are those that stood about it.
	Entries []id.Entry `json:"-"`
}

// OnErase calls fn in every transaction that erases something for good, so that other packages' rows about it go with it.
// Like every update it may run more than once. It is called before anything is written.
func (k *Keeper) OnErase(fn func(*store.Tx, Erased) error) { k.onErase = append(k.onErase, fn) }

// row is an entry's row as a tombstone names it.
type row struct {
	seq   int64
	entry id.Entry
	item  id.Item
	leaf  witness.Hash
}

// erase does what an owner's act of erasing says, and promises the rest.
func (k *Keeper) erase(tx *store.Tx, owner id.Person, e book.Entry, x *book.Erasing) error {
	if err := notHeld(tx, e.Book); err != nil {
		return err
	}
	if err := settledBefore(tx, e, x); err != nil {
		return err
	}
	gone := Erased{Erasing: e.ID, Book: e.Book, Owner: owner, Items: x.Items, Whole: x.Whole}
	n, err := k.empty(tx, gone, e.RecordedAt)
	if err != nil {
		return errs.Wrap("keeper: erase", err)
	}
	kept := owner
	if x.Whole {
		kept = id.Person{}
	}
	_, err = tx.Exec(`INSERT INTO erasing (id, book, owner, whole, items, entries, erased_at, settled_at, sure_at, why) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0, $8)`,
		e.ID, e.Book, kept, x.Whole, len(x.Items), n, e.RecordedAt, string(x.Why))
	if err == nil {
		err = k.recordErasing(tx, e.ID)
	}
	if err != nil {
		return errs.Wrap("keeper: erase", err)
	}
	return errs.Wrap("keeper: erase", k.setErase(tx, ErasePromise, gone, e.RecordedAt, e.RecordedAt))
}

func (k *Keeper) setErase(tx *store.Tx, kind promise.Kind, gone Erased, now, due clock.Time) error {
	payload, err := json.Marshal(gone)
	if err != nil {
		return err
	}
	return promise.Set(tx, promise.Promise{ID: id.New[id.Promise](k.ids), Kind: kind, Version: 1, Subject: gone.Erasing.Bytes(), Payload: payload, Made: now, Due: due})
}

// empty takes what was erased out of every row, and leaves tombstones. It returns how many entries stood about it. What was
// emptied before is left as it is.
func (k *Keeper) empty(tx *store.Tx, gone Erased, at clock.Time) (int, error) {
	rows, err := rowsOf(tx, gone)
	if err != nil {
		return 0, err
	}
	for _, r := range rows {
		gone.Entries = append(gone.Entries, r.entry)
		if err := k.bury(tx, gone.Book, r, at); err != nil {
			return 0, err
		}
	}
	if gone.Whole {
		if _, err := tx.Exec(`UPDATE book SET erased_at = $1 WHERE id = $2 AND erased_at = 0`, at, gone.Book); err != nil {
			return 0, err
		}
		if _, err := k.overEndings(tx, at, `book = $2`, gone.Book); err != nil {
			return 0, err
		}
	}
	if err := dropLists(tx, gone); err != nil {
		return 0, err
	}
	if err := dropTells(tx, gone); err != nil {
		return 0, err
	}
	for _, fn := range k.onErase {
		if err := fn(tx, gone); err != nil {
			return 0, err
		}
	}
	return len(rows), nil
}

// rowsOf finds the entries about what is erased that were not emptied before.
func rowsOf(tx *store.Tx, gone Erased) (rows []row, err error) {
	add := func(scan func(...any) error) error {
		var r row
		err := scan(&r.seq, &r.entry, &r.item, &r.leaf)
		rows = append(rows, r)
		return err
	}
	const from = `SELECT e.seq, e.id, e.item, e.leaf FROM entry AS e WHERE e.book = $1 AND NOT EXISTS (SELECT 1 FROM tombstone AS t WHERE t.book = e.book AND t.seq = e.seq)`
	if gone.Whole {
		return rows, store.Each(tx, from+` ORDER BY e.seq`, []any{gone.Book}, add)
	}
	these, args := store.In("e.item", []any{gone.Book}, gone.Items)
	return rows, store.Each(tx, from+` AND `+these+` ORDER BY e.seq`, args, add)
}

// bury empties the row of one entry and leaves a tombstone, which is witnessed.
func (k *Keeper) bury(tx *store.Tx, b id.Book, r row, at clock.Time) error {
	_, err := tx.Exec(`INSERT INTO tombstone (book, seq, entry, item, leaf, erased_at) VALUES ($1, $2, $3, $4, $5, $6)`, b, r.seq, r.entry, r.item, r.leaf, at)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`UPDATE entry SET section = '', kind = '', version = 0, act = '', author = $1, hat = '', via = '', base = NULL, answers = NULL,
		recorded_at = 0, sealed = $2, commitment = $2 WHERE book = $3 AND seq = $4`, make([]byte, 16), []byte{}, b, r.seq)
	if err != nil {
		return err
	}
	return k.log.Record(tx, tombstoneKind, r.entry.Bytes(), TombstoneRow(b, r.seq, r.entry, r.item, r.leaf, at), at)
}

// TombstoneRow is a row of tombstone as its leaf commits to it: book ‖ seq ‖ entry ‖ item ‖ leaf ‖ when, numbers as eight
// bytes, big-endian.
func TombstoneRow(b id.Book, seq int64, e id.Entry, it id.Item, leaf witness.Hash, at clock.Time) []byte {
	out := binary.BigEndian.AppendUint64(b.Bytes(), uint64(seq))
	out = append(append(append(out, e.Bytes()...), it.Bytes()...), leaf[:]...)
	return binary.BigEndian.AppendUint64(out, uint64(at))
}

// dropLists takes what was erased out of the clear lists.
func dropLists(tx *store.Tx, gone Erased) error {
	lists := []struct{ table, item string }{{"item", "item"}, {"suggestion", "item"}, {"given_section", "given"}, {"given_item", "given"}, {"given_item", "item"}, {"given_said", "given"}, {"given", "id"}}
	for _, l := range lists {
		where, args := "1 = 1", []any{gone.Book}
		if !gone.Whole {
			where, args = store.In(l.item, args, gone.Items)
		}
		if _, err := tx.Exec(`DELETE FROM `+l.table+` WHERE book = $1 AND `+where, args...); err != nil {
			return err
		}
	}
	if !gone.Whole {
		return nil
	}
	if _, err := tx.Exec(`DELETE FROM name_part WHERE book = $1`, gone.Book); err != nil {
		return err
	}
	_, err := tx.Exec(`DELETE FROM tie WHERE one = (SELECT owner FROM book WHERE id = $1)`, gone.Book)
	return err
}

// dropTells drops what was promised to be told about it.
func dropTells(tx *store.Tx, gone Erased) error {
	about := map[id.Entry]bool{}
	for _, e := range gone.Entries {
		about[e] = true
	}
	var drop []id.Promise
	err := store.Each(tx, `SELECT id, payload FROM promise WHERE state = 'open' AND kind = $1`, []any{string(TellPromise)}, func(scan func(...any) error) error {
		var p id.Promise
		var payload []byte
		var t Tell
		if err := scan(&p, &payload); err != nil {
			return err
		}
		err := json.Unmarshal(payload, &t)
		if t.Book == gone.Book && (gone.Whole || about[t.Entry]) {
			drop = append(drop, p)
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, p := range drop {
		if err := promise.Drop(tx, p); err != nil {
			return err
		}
	}
	return nil
}

// Only returns the item of a kind of which a book has one at most, as it can be written now. Errors are those of the store.
func (k *Keeper) Only(ctx context.Context, b id.Book, kind book.Kind) (id.Item, error) {
	for n := 0; ; n++ {
		it := book.OnlyAfter(b, kind, n)
		var gone bool
		err := k.db.Glance(ctx, func(tx *store.Tx) error {
			return tx.Row(`SELECT COUNT(*) > 0 FROM tombstone WHERE book = $1 AND item = $2`, b, it).Scan(&gone)
		})
		if err != nil || !gone {
			return it, errs.Wrap("keeper: only", err)
		}
	}
}

// KeepErase says how an [ErasePromise] is kept.
func (k *Keeper) KeepErase() promise.Keep {
	return promise.Keep{Reach: k.loseKeys, Effect: k.settled, Restless: true}
}

// KeepCertify says how a [CertifyPromise] is kept.
func (k *Keeper) KeepCertify() promise.Keep {
	return promise.Keep{Reach: k.renew, Effect: k.sure, Restless: true}
}

func erasedIn(p promise.Promise) (gone Erased, err error) {
	return gone, errs.Wrap("keeper: promise", json.Unmarshal(p.Payload, &gone))
}

// loseKeys takes the keys of what was erased out of the keyring, and waits until every program has forgotten them.
func (k *Keeper) loseKeys(ctx context.Context, p promise.Promise) error {
	gone, err := erasedIn(p)
	if err != nil {
		return err
	}
	last, err := k.keysOf(ctx, gone)
	if err != nil {
		return err
	}
	return k.vault.Settle(ctx, last.Epoch)
}

// keysOf takes keys out of the keyring, if they are not out of it yet, and tells the last of what that came to. It returns
// errNotErased when the rows that say so are not Beside's: who can write to the database alone has no key destroyed.
func (k *Keeper) keysOf(ctx context.Context, gone Erased) (last vault.Gone, err error) {
	if err := k.vouched(ctx, gone); err != nil {
		return last, err
	}
	if gone.Whole {
		return k.vault.EraseBook(ctx, gone.Book)
	}
	for _, it := range gone.Items {
		g, err := k.vault.Erase(ctx, gone.Book, it)
		if errors.Is(err, vault.ErrErased) { // the whole book went meanwhile
			return k.vault.EraseBook(ctx, gone.Book)
		} else if err != nil {
			return last, err
		}
		last.Epoch, last.Generation = max(last.Epoch, g.Epoch), max(last.Generation, g.Generation)
	}
	return last, nil
}

// settled writes down that no program can open it any more, and promises the rest for when the root key may move on again.
func (k *Keeper) settled(tx *store.Tx, p promise.Promise) error {
	gone, err := erasedIn(p)
	if err != nil {
		return err
	}
	now := k.clock.Now()
	if err := k.certify(tx, `settled_at`, gone.Erasing, now); err != nil {
		return err
	}
	return k.setErase(tx, CertifyPromise, gone, now, max(now, clock.Time(k.renewedAt.Load())+RenewEvery))
}

// renew lets the root key move on past what opened the keys of what was erased.
func (k *Keeper) renew(ctx context.Context, p promise.Promise) error {
	gone, err := erasedIn(p)
	if err != nil {
		return err
	}
	last, err := k.keysOf(ctx, gone)
	if err != nil {
		return err
	}
	if !mutant.On("root-stays") {
		err = waiting(k.vault.Renew(ctx, last.Generation))
	}
	if _, _, at, again := k.vault.Renewed(ctx); again == nil {
		k.renewedAt.Store(int64(at))
	}
	return err
}

// waiting says of an error of the vault what a certificate waits for.
func waiting(err error) error {
	switch {
	case errors.Is(err, vault.ErrRootStays):
		return &promise.Waiting{For: "an older root key file", Err: err}
	case errors.Is(err, vault.ErrTrial):
		return &promise.Waiting{For: "a trial of a backup", Err: err}
	}
	return err
}

func (k *Keeper) sure(tx *store.Tx, p promise.Promise) error {
	gone, err := erasedIn(p)
	if err == nil {
		err = k.certify(tx, `sure_at`, gone.Erasing, k.clock.Now())
	}
	return err
}

// certify writes a time into a certificate in which it does not stand yet.
func (k *Keeper) certify(tx *store.Tx, column string, x id.Entry, at clock.Time) error {
	done, err := tx.Exec(`UPDATE erasing SET `+column+` = $1 WHERE id = $2 AND `+column+` = 0`, at, x)
	if err != nil || done == 0 {
		return err
	}
	return k.recordErasing(tx, x)
}

// Certificate says how far an erasing is. It names nobody and tells no word of what was erased.
type Certificate struct {
	Erasing   id.Entry
	Whole     bool
	Items     int // 0 for a whole book
	Entries   int // how many entries stood about it
	ErasedAt  clock.Time
	SettledAt clock.Time // no program could open it any more; 0 before
	SureAt    clock.Time // nothing that is there opens older copies of its keys; 0 before
	Why       book.Why   // the rule by which a whole book was erased; empty when its owner did it then and there
}

const certificateColumns = `id, whole, items, entries, erased_at, settled_at, sure_at, why`

func (c *Certificate) fields() []any {
	return []any{&c.Erasing, &c.Whole, &c.Items, &c.Entries, &c.ErasedAt, &c.SettledAt, &c.SureAt, &c.Why}
}

// Erasings tells the owner of a book what they erased for good, newest first. It returns NotOpen to everybody else.
func (k *Keeper) Erasings(ctx context.Context, who grant.Subject, b id.Book) (all []Certificate, err error) {
	q := rule(`SELECT `+certificateColumns+` FROM erasing AS s WHERE s.book = $1 AND s.owner = $2 AND `, grant.Own, grant.Columns{Book: "$1"}, 3, ` ORDER BY erased_at DESC, id`)
	err = k.db.View(ctx, func(tx *store.Tx) error {
		all = nil
		now := k.clock.Now()
		if _, err := k.owns(tx, who, now, b); err != nil {
			return err
		}
		return store.Each(tx, q.text, q.args(who, now, b, who.Person), func(scan func(...any) error) error {
			var c Certificate
			err := scan(c.fields()...)
			all = append(all, c)
			return err
		})
	})
	return all, errs.Wrap("keeper: erasings", err)
}

// WholeErased tells how far the erasing of a whole book is, to whoever holds its id: its owner is nobody any more. It returns
// NotOpen when there is none.
func (k *Keeper) WholeErased(ctx context.Context, x id.Entry) (c Certificate, err error) {
	err = k.db.Glance(ctx, func(tx *store.Tx) error {
		return tx.Row(`SELECT `+certificateColumns+` FROM erasing WHERE id = $1 AND whole = 1`, x).Scan(c.fields()...)
	})
	return c, notGiven(err)
}

// notHeld refuses to erase anything in a book that is held.
func notHeld(tx *store.Tx, b id.Book) error {
	held, err := heldIn(tx, b)
	if err == nil && held {
		err = errs.New("keeper: erase", errs.Changed, "errors.erase_held")
	}
	return err
}

// heldIn reports whether a book must be kept for now.
func heldIn(tx *store.Tx, b id.Book) (held bool, err error) {
	if mutant.On("hold-ignored") {
		return false, nil
	}
	err = tx.Row(`SELECT COUNT(*) > 0 FROM hold WHERE book = $1 AND ended_at = 0`, b).Scan(&held)
	return held, err
}
