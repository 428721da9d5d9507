package keeper

import (
	"encoding/json"

	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/promise"
	"beside/internal/store"
)

// TellVersion is the newest form of a [Tell]: the first knows nothing of [TellComes], and would let it go untold.
const TellVersion = 2

// TellComes is why the owner of a book is told that somebody comes to hold a role, or to work here, to which they gave something.
const TellComes = "comes"

// Comes promises, in tx, that everybody is told who gave something to a role or to all workers of a place, by its id, that somebody comes to it. Its
// cost grows with their number. Errors are those of the store.
func (k *Keeper) Comes(tx *store.Tx, to []byte, now clock.Time) error {
	var told []Tell
	err := store.Each(tx, `SELECT g.book, b.owner, i.head FROM given AS g JOIN book AS b ON b.id = g.book JOIN item AS i ON i.book = g.book AND i.item = g.id
		WHERE g.recipient = $1 AND g.whom <> 'one' AND g.taken_back = 0 AND g.until > $2 ORDER BY g.book, g.id`, []any{to, now}, func(scan func(...any) error) error {
		t := Tell{Kind: TellComes}
		err := scan(&t.Book, &t.Person, &t.Entry)
		told = append(told, t)
		return err
	})
	for _, t := range told {
		if err != nil {
			break
		}
		var payload []byte
		if payload, err = json.Marshal(t); err == nil {
			err = promise.Set(tx, promise.Promise{ID: id.New[id.Promise](k.ids), Kind: TellPromise, Version: TellVersion, Payload: payload, Made: now, Due: now})
		}
	}
	return errs.Wrap("keeper: comes", err)
}
