package peer

import (
	"context"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/store"
)

// Longer gives the same once more, until a later day, while it still stands: what a person is asked before it ends. entry is the
// form's, base the grant's head as its owner saw it, and until the end as it was read to them. What this program does not know of
// the grant stays.
//
// Errors: NotOpen for a grant that is not there, and for a recipient who would see nothing by it; Changed when it was changed, taken
// back or ended meanwhile; Invalid for an end that is too far or over; AlreadyKept; Busy.
func (p *Peers) Longer(ctx context.Context, who grant.Subject, b id.Book, entry id.Entry, it id.Item, base id.Entry, until clock.Time) error {
	const op = "peer: longer"
	s, head, err := p.standing(ctx, who, b, it)
	if s != nil && head == entry && s.Until == until {
		return nil // sent before
	}
	if err != nil {
		return errs.Wrap(op, err)
	}
	s.Until = until
	ready, err := p.keeper.Prepare(ctx, who, b, keeper.Draft{ID: entry, Kind: book.KindSharing, Act: book.ActWrite, Via: p.via, Item: it, Base: base, Body: s})
	if err != nil {
		return errs.Wrap(op, err)
	}
	if s.To != book.ToOne { // who reads by it is who read by it before
		return errs.Wrap(op, p.db.Update(ctx, func(tx *store.Tx) error {
			_, err := p.keeper.Apply(tx, ready)
			return err
		}))
	}
	return errs.Wrap(op, p.db.Update(ctx, func(tx *store.Tx) error {
		if err := p.passesBy(tx, grant.Subject{Person: s.Recipient, Hat: s.As}, b, it); err != nil {
			return err
		}
		if _, err := p.keeper.Apply(tx, ready); err != nil {
			return err
		}
		if s.As != book.HatSelf {
			return untied(tx, who.Person, s.Recipient)
		}
		return p.known(tx, who.Person, s.Recipient)
	}))
}

// passesBy asks the rule whether a grant of a book is open to who now: given anew, it would be so again. It returns NotOpen when not.
func (p *Peers) passesBy(tx *store.Tx, who grant.Subject, b id.Book, it id.Item) error {
	open := false
	err := store.Each(tx, `SELECT g.id FROM given AS g WHERE g.book = $1 AND `+p.passes.SQL, p.passes.Args(who, p.clock.Now(), b), func(scan func(...any) error) error {
		var g id.Item
		err := scan(&g)
		open = open || g == it
		return err
	})
	if err == nil && !open {
		err = errs.New("peer: passes by", errs.NotOpen, "")
	}
	return err
}
