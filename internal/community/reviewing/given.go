package reviewing

import (
	"bytes"
	"context"
	"slices"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/mutant"
	"beside/internal/store"
)

// Giving is the yes by which a person gives something of their book to a reviewer, to read and nothing else.
type Giving struct {
	Entry    id.Entry // of the form: sent twice, it is one yes
	Reviewer id.Reviewer
	Sections []book.Section // besides the name, which always is
	Until    clock.Time     // as it was shown when the person said yes; within [book.MaxReview]
	Base     id.Entry       // the head of what the reviewer has already, as the form showed it; none for a first
}

// Gave is something the owner of a book gave to a reviewer and took not back.
type Gave struct {
	Item     id.Item
	Head     id.Entry
	Reviewer id.Reviewer // none when they are gone
	Words    string      // who it is, as the team said it; "" when they are gone
	Sections []book.Section
	Since    clock.Time
	Until    clock.Time
	Open     bool // they can see something now
}

func sharing(g Giving, to id.Person) *book.Sharing {
	sections := append([]book.Section{book.SectionName}, slices.DeleteFunc(slices.Clone(g.Sections), func(s book.Section) bool { return s == book.SectionName })...)
	return &book.Sharing{As: book.HatReviewer, Recipient: to, Sections: sections, ReadOnly: true, Purpose: book.PurposeReview, Until: g.Until}
}

// gave returns what the owner of a book gave to reviewers and took not back.
func (x *Review) gave(ctx context.Context, who grant.Subject, b id.Book) ([]keeper.Piece, error) {
	if who.Hat != book.HatSelf {
		return nil, notOpen("gave")
	}
	r, err := x.Keeper.Mine(ctx, who, b, keeper.Want{Sections: []book.Section{book.SectionSharing}})
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(r.Items[0], func(g keeper.Piece) bool { return g.Body.(*book.Sharing).As != book.HatReviewer }), nil
}

// Gave returns what the owner of a book gave to reviewers, the first given first. It returns NotOpen to everybody but the owner.
func (x *Review) Gave(ctx context.Context, who grant.Subject, b id.Book) ([]Gave, error) {
	const op = "reviewing: gave"
	pieces, err := x.gave(ctx, who, b)
	if err != nil || len(pieces) == 0 {
		return nil, errs.Wrap(op, err)
	}
	var all []Gave
	err = x.DB.View(ctx, func(tx *store.Tx) error {
		all = nil
		for _, piece := range pieces {
			s := piece.Body.(*book.Sharing)
			g := Gave{Item: piece.ID, Head: piece.Head, Sections: s.Sections, Since: piece.RecordedAt, Until: s.Until}
			err := tx.Row(`SELECT q.id, q.words `+accepted+` WHERE m.person = $1 ORDER BY m.since DESC LIMIT 1`, s.Recipient).Scan(&g.Reviewer, &g.Words)
			if err := store.NotNone(err); err != nil {
				return err
			}
			var open int
			err = tx.Row(`SELECT COUNT(*) FROM given AS g WHERE g.book = $1 AND `+x.passes.SQL, x.passes.Args(grant.Subject{Person: s.Recipient, Hat: book.HatReviewer}, x.Clock.Now(), b)...).Scan(&open)
			if err != nil {
				return err
			}
			g.Open = open > 0
			all = append(all, g)
		}
		return nil
	})
	return all, errs.Wrap(op, err)
}

// Give gives a reviewer what g says. One reviewer has one such grant of a book: who gives anew changes it.
//
// Errors: NotOpen for a book that is not who's, for who does not review, and for oneself; Changed when it was changed on another device
// meanwhile, or when one of the two said that they know each other; Invalid with fields; AlreadyKept when the form gave something else; Busy.
func (x *Review) Give(ctx context.Context, who grant.Subject, b id.Book, g Giving) error {
	const op = "reviewing: give"
	before, err := x.gave(ctx, who, b)
	if err != nil {
		return errs.Wrap(op, err)
	}
	var to id.Person
	err = x.DB.Glance(ctx, func(tx *store.Tx) (err error) {
		to, err = reviews(tx, g.Reviewer, x.Clock.Now())
		return err
	})
	if err == nil && to == who.Person {
		err = notOpen("give")
	}
	if err != nil {
		return errs.Wrap(op, err)
	}
	if done, err := said(before, g, to); done {
		return errs.Wrap(op, err)
	}
	d := keeper.Draft{ID: g.Entry, Kind: book.KindSharing, Act: book.ActWrite, Via: x.Via, Body: sharing(g, to), Base: g.Base}
	for _, piece := range before {
		if piece.Body.(*book.Sharing).Recipient == to {
			d.Item = piece.ID
		}
	}
	ready, err := x.Keeper.Prepare(ctx, who, b, d)
	if err != nil {
		return errs.Wrap(op, err)
	}
	err = x.DB.Update(ctx, func(tx *store.Tx) error {
		if _, err := x.Keeper.Apply(tx, ready); err != nil {
			return err
		}
		return x.stillGivable(tx, who.Person, b, to, g.Reviewer) // under the lock of the book
	})
	if err == nil {
		return nil
	}
	// A double tap races with itself: if the yes is there, it was said.
	if after, again := x.gave(ctx, who, b); again == nil {
		if done, differs := said(after, g, to); done {
			return errs.Wrap(op, differs)
		}
	}
	return errs.Wrap(op, err)
}

// stillGivable asks under the lock of a book whether something may be given to a reviewer: that they still review, that the two do not know each
// other from their own life, and that there is one grant to them.
func (x *Review) stillGivable(tx *store.Tx, owner id.Person, b id.Book, to id.Person, r id.Reviewer) error {
	now, err := reviews(tx, r, x.Clock.Now())
	if err == nil && now != to {
		err = notOpen("reviews")
	}
	if err != nil {
		return err
	}
	var ties, have int
	err = tx.Row(`SELECT (SELECT COUNT(*) FROM tie WHERE ended_at = 0 AND (one = $1 AND other = $2 OR one = $2 AND other = $1)),
		(SELECT COUNT(*) FROM given AS g WHERE g.book = $3 AND g.recipient = $2 AND g.hat = 'reviewer' AND g.taken_back = 0)`, owner, to, b).Scan(&ties, &have)
	switch {
	case err != nil:
		return err
	case ties > 0 && !mutant.On("review-tied"):
		return errs.New("reviewing: tied", errs.Changed, "review.tied")
	case have > 1:
		return errs.New("reviewing: give", errs.Changed, "errors.given_meanwhile")
	}
	return nil
}

// reviews returns who reviews now as whom the team asked: NotOpen when nobody does.
func reviews(tx *store.Tx, r id.Reviewer, now clock.Time) (who id.Person, err error) {
	err = tx.Row(`SELECT m.person `+accepted+` WHERE q.id = $1 AND m.until > $2`, r, now).Scan(&who)
	if store.IsNone(err) {
		err = notOpen("reviews")
	}
	return who, err
}

// said reports whether the yes of g's form stands. It returns AlreadyKept when that form gave something else than g says.
func said(given []keeper.Piece, g Giving, to id.Person) (bool, error) {
	for _, piece := range given {
		if piece.Head != g.Entry {
			continue
		}
		if !bytes.Equal(book.Encode(piece.Body), book.Encode(sharing(g, to))) {
			return true, errs.New("reviewing: said", errs.AlreadyKept, "")
		}
		return true, nil
	}
	return false, nil
}
