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

// What a person signed on paper is entered by somebody else: the two functions here write as the owner of a book who is not signed in.
// They are for package peer/signed alone, which makes sure that there is such a paper, and in whose hands it is. A test of the house
// holds that nobody else calls them.

// ChooseSigned is [Peers.Choose] for what a person signed on paper: by says in front of whom. It takes back what any worker was given, also
// the same one, and gives c as a new item. In the same transaction before runs first, and then check, under the lock of the book.
//
// Errors: Changed with words when the worker can no longer be chosen, or when something else was given meanwhile; NotOpen for somebody who
// was said to have died; Invalid; AlreadyKept; Busy; and those of before and check.
func (p *Peers) ChooseSigned(ctx context.Context, owner id.Person, b id.Book, c Choice, by *book.Signed, before, check func(*store.Tx) error) error {
	const op = "peer: choose signed"
	who := grant.Subject{Person: owner, Hat: book.HatSelf}
	given, err := p.given(ctx, who, b)
	if err != nil {
		return errs.Wrap(op, err)
	}
	var drafts []keeper.Draft
	var present *book.Sharing
	for i, g := range given {
		if s := g.Body.(*book.Sharing); s.Recipient == c.Worker {
			present = s
		}
		drafts = append(drafts, keeper.Draft{ID: keeper.Also(c.Entry, i+1), Kind: book.KindSharing, Act: book.ActPutAway, Item: g.ID, Base: g.Head, Via: book.ViaPaper})
	}
	body := c.sharing()
	body.Signed = by
	drafts = append(drafts, keeper.Draft{ID: c.Entry, Kind: book.KindSharing, Act: book.ActWrite, Via: book.ViaPaper, Body: body})
	ready, err := p.keeper.Prepare(ctx, who, b, drafts...)
	if err != nil {
		return errs.Wrap(op, err)
	}
	return errs.Wrap(op, p.db.Update(ctx, func(tx *store.Tx) error {
		if err := before(tx); err != nil {
			return err
		}
		if err := p.swapped(tx, who, b, c, present, ready); err != nil {
			return err
		}
		if err := alive(tx, b, owner); err != nil {
			return err
		}
		return check(tx)
	}))
}

// alive returns NotOpen for somebody who was said to have died.
func alive(tx *store.Tx, b id.Book, who id.Person) error {
	dead, err := saidDead(tx, b, who)
	if err == nil && dead {
		err = errs.New("peer: on paper", errs.NotOpen, "")
	}
	return err
}

// TakeBackSigned takes back what was given as an item, as the owner of the book says on paper. check runs in the same transaction, under
// the lock of the book. It returns Changed when nothing is given by it any more, NotOpen for somebody who was said to have died, and
// those of check.
func (p *Peers) TakeBackSigned(ctx context.Context, owner id.Person, b id.Book, it id.Item, entry id.Entry, check func(*store.Tx) error) error {
	const op = "peer: take back signed"
	who := grant.Subject{Person: owner, Hat: book.HatSelf}
	before, err := p.given(ctx, who, b)
	if err != nil {
		return errs.Wrap(op, err)
	}
	for _, g := range before {
		if g.ID != it {
			continue
		}
		ready, err := p.keeper.Prepare(ctx, who, b, keeper.Draft{ID: entry, Kind: book.KindSharing, Act: book.ActPutAway, Item: it, Base: g.Head, Via: book.ViaPaper})
		if err != nil {
			return errs.Wrap(op, err)
		}
		return errs.Wrap(op, p.db.Update(ctx, func(tx *store.Tx) error {
			if _, err := p.keeper.Apply(tx, ready); err != nil {
				return err
			}
			if err := alive(tx, b, owner); err != nil {
				return err
			}
			return check(tx)
		}))
	}
	return errs.New(op, errs.Changed, "paper.nothing_stands")
}

// Works asks in tx whether somebody can be given something to walk along with a person at a time. It returns NotOpen for who is no worker
// then, and for the person themselves, and Changed with words where one of the two said that they know the other from their own life. Whether they
// take on more people is asked when it is given.
func Works(tx *store.Tx, person, worker id.Person, now clock.Time) error {
	var yes bool
	err := tx.Row(`SELECT COUNT(*) > 0 FROM membership AS m WHERE m.person = $1 AND m.hat = 'worker' AND m.until > $2`, worker, now).Scan(&yes)
	if err == nil && (!yes || person == worker) {
		err = errs.New("peer: works", errs.NotOpen, "")
	}
	if err != nil {
		return err
	}
	return untied(tx, person, worker)
}
