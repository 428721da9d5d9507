package keeper

import (
	"context"
	"errors"

	"beside/internal/clock"
	"beside/internal/id"
	"beside/internal/mutant"
	"beside/internal/store"
	"beside/internal/witness"
)

// errNotErased says that rows tell of an erasing that Beside did not do.
var errNotErased = errors.New("keeper: the books say that something was erased for good, and Beside did not erase it")

// vouched returns errNotErased unless Beside itself left the tombstones of what was erased: one at least of each item, and of
// a whole book one for every entry. The log, or the seal in its queue, says whose they are ([witness.Vouch]).
func (k *Keeper) vouched(ctx context.Context, gone Erased) error {
	if mutant.On("erase-unvouched") {
		return nil
	}
	return k.db.View(ctx, func(tx *store.Tx) error {
		left, found, entries := map[id.Item]bool{}, int64(0), int64(0)
		for _, it := range gone.Items {
			left[it] = true
		}
		v := witness.NewVouch(tx, k.logKey, k.log)
		err := k.tombstones(tx, gone, func(t tombstone) error {
			yes, err := v.For(tombstoneKind, t.entry.Bytes(), TombstoneRow(gone.Book, t.seq, t.entry, t.item, t.leaf, t.at))
			if yes {
				found++
				delete(left, t.item)
			}
			return err
		})
		if err == nil && gone.Whole {
			err = tx.Row(`SELECT seq FROM book WHERE id = $1`, gone.Book).Scan(&entries)
		}
		if err == nil && (len(left) > 0 || gone.Whole && (entries == 0 || found < entries)) {
			err = errNotErased
		}
		return err
	})
}

// tombstone is a row of tombstone.
type tombstone struct {
	row
	at clock.Time
}

// tombstones goes through those of what was erased.
func (k *Keeper) tombstones(tx *store.Tx, gone Erased, each func(tombstone) error) error {
	where, args := "1 = 1", []any{gone.Book}
	if !gone.Whole {
		where, args = store.In("item", args, gone.Items)
	}
	var all []tombstone
	err := store.Each(tx, `SELECT seq, entry, item, leaf, erased_at FROM tombstone WHERE book = $1 AND `+where, args, func(scan func(...any) error) error {
		var t tombstone
		err := scan(&t.seq, &t.entry, &t.item, &t.leaf, &t.at)
		all = append(all, t)
		return err
	})
	for _, t := range all {
		if err == nil {
			err = each(t)
		}
	}
	return err
}
