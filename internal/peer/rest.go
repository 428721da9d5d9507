package peer

import (
	"context"

	"beside/internal/book"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
)

// restTries is how often [Peers.TakeBackAll] looks anew when something was given or changed meanwhile.
const restTries = 3

// TakeBackAll takes back all that somebody gave from their book, to whomever, in one act, from the next request on. Where
// nothing is given it does nothing, so that sent twice it is one. next makes the ids of its entries. Errors are those of
// [keeper.Keeper.Write]: Changed only when another device gave something at the same time again and again.
func (p *Peers) TakeBackAll(ctx context.Context, who grant.Subject, b id.Book, next func() id.Entry) error {
	var err error
	for range restTries {
		var drafts []keeper.Draft
		var pieces []keeper.Piece
		pieces, err = p.gaveAll(ctx, who, b)
		if err != nil {
			return errs.Wrap("peer: take back all", err)
		}
		for _, piece := range pieces {
			drafts = append(drafts, keeper.Draft{ID: next(), Kind: book.KindSharing, Act: book.ActPutAway, Item: piece.ID, Base: piece.Head, Via: p.via})
		}
		if len(drafts) == 0 {
			return nil
		}
		if _, err = p.keeper.Write(ctx, who, b, drafts...); !errs.Is(err, errs.Changed) {
			break
		}
	}
	return errs.Wrap("peer: take back all", err)
}

// Gives reports whether somebody gives anything from their book that they did not take back. It returns NotOpen to everybody
// but its owner.
func (p *Peers) Gives(ctx context.Context, who grant.Subject, b id.Book) (bool, error) {
	pieces, err := p.gaveAll(ctx, who, b)
	return len(pieces) > 0, errs.Wrap("peer: gives", err)
}
