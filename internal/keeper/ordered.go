package keeper

import (
	"context"

	"beside/internal/book"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/store"
)

// Ordered is what an order of a court names, as the book says at Seq.
type Ordered struct {
	Seq    int64
	Owner  id.Person
	Pieces []Piece // also what is put away, in the order in which it was begun
	Looks  []Look  // who looked, the oldest first
}

// ReadOrdered opens what the order of a court that who has in hand names ([grant.Handover]), for package legal to put together. It
// is for no page, and is written down as a look when it is kept ([Keeper.LookedOrdered]). It returns nothing of what was not named,
// NotOpen when there is no such book, and errors of the store and the vault. With more it reads in the same transaction what others keep.
func (k *Keeper) ReadOrdered(ctx context.Context, who grant.Subject, b id.Book, more func(*store.Tx) error) (o Ordered, err error) {
	const op = "keeper: read ordered"
	items := rule(`SELECT `+itemColumns+`, e.id, e.version, e.recorded_at, e.author, e.sealed FROM item AS i JOIN entry AS e ON e.book = i.book AND e.seq = i.body_seq
		WHERE i.book = $1 AND i.state IN ('live', 'away') AND `, grant.Handover, grant.Columns{Book: "i.book", Section: "i.section", At: "e.recorded_at"}, 2, ` ORDER BY i.made_seq`)
	looks := rule(`SELECT l.id, l.section, l.reader, l.hat, l.purpose, l.items, l.at FROM look AS l WHERE l.book = $1 AND l.purpose <> 'order' AND `,
		grant.Handover, grant.Columns{Book: "l.book", Section: "'" + grant.PartLooked + "'", At: "l.at"}, 2, ` ORDER BY l.at, l.id, l.section`)
	var all []found
	err = k.db.View(ctx, func(tx *store.Tx) (err error) {
		o, all = Ordered{}, nil
		now := k.clock.Now()
		if err := tx.Row(`SELECT seq, owner FROM book WHERE id = $1 AND erased_at = 0`, b).Scan(&o.Seq, &o.Owner); err != nil {
			return notGiven(err)
		}
		if all, err = k.scanFound(tx, items.text, items.args(who, now, b)); err != nil {
			return err
		}
		err = store.Each(tx, looks.text, looks.args(who, now, b), func(scan func(...any) error) error {
			l := Look{Book: b}
			err := scan(&l.ID, &l.Section, &l.Reader, &l.Hat, &l.Purpose, &l.Items, &l.At)
			o.Looks = append(o.Looks, l)
			return err
		})
		if err != nil || more == nil {
			return err
		}
		return more(tx)
	})
	for i := range all {
		if err == nil {
			var p Piece
			p, err = k.open(ctx, b, &all[i])
			o.Pieces = append(o.Pieces, p)
		}
	}
	return o, errs.Wrap(op, err)
}

// LookedOrdered writes down in tx, for the owner of book b, that what an order of a court names was looked at: in each of these
// sections so many things. Errors are those of the store.
func (k *Keeper) LookedOrdered(tx *store.Tx, who grant.Subject, b id.Book, order id.Demand, sections []book.Section, o Ordered) error {
	count := map[book.Section]int{}
	for _, p := range o.Pieces {
		count[p.Section]++
	}
	under, _ := id.FromBytes[id.Item](order.Bytes()) // 16 bytes never fail
	var looks []Look
	look, now := id.New[id.Look](k.ids), k.clock.Now()
	for _, s := range sections {
		looks = append(looks, Look{ID: look, Book: b, Section: s, Reader: who.Person, Hat: who.Hat, Given: under, Purpose: book.PurposeOrder, Items: count[s], At: now})
	}
	if len(looks) == 0 {
		return nil
	}
	return errs.Wrap("keeper: looked ordered", k.putLooks(tx, looks))
}
