package recovery

import (
	"context"

	"beside/internal/account"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/store"
)

// Find is a member of the team looking for the name of somebody who stands at the desk and told them the code. It returns at
// most [keeper.MostFound] names, and whether there are more; each is a look, which its owner sees. Errors: Invalid with the
// fields "code" and "name", NotOpen to others than the team, Changed to who does not count as one of two yet ([grant.OneOfTwo]), TooOften.
func (r *Recovery) Find(ctx context.Context, who grant.Subject, code, typed string) (list []keeper.FoundName, more bool, err error) {
	const op = "recovery: find"
	at, err := r.Claim(ctx, who, code)
	if err == nil {
		err = r.DB.View(ctx, func(tx *store.Tx) error {
			_, err := oneOfTwo(tx, who, r.Clock.Now())
			return err
		})
	}
	if err == nil && at.Kind != AtDesk {
		err = wrongCode("find")
	}
	if err != nil {
		return nil, false, errs.Wrap(op, err)
	}
	if err := r.Accounts.Limits.Take(ctx, triesName, who.Person.Bytes()); err != nil {
		return nil, false, errs.Wrap(op, err)
	}
	list, more, err = r.Keeper.FindByName(ctx, who, at.Request, book.PurposeDesk, typed)
	return list, more, errs.Wrap(op, err)
}

// Met is a member of the team saying that whoever told them the code stands before them, and that this book is theirs. The
// first yes says whose login it is, and has that person told; the second has to be about the same. It returns Invalid with
// the fields "code" and "book", NotOpen to others than the team, Changed to who does not count as one of two yet, TooOften.
func (r *Recovery) Met(ctx context.Context, who grant.Subject, code string, b id.Book) error {
	const op = "recovery: met"
	if err := r.tryCode(ctx, who); err != nil {
		return errs.Wrap(op, err)
	}
	return errs.Wrap(op, r.DB.Update(ctx, func(tx *store.Tx) error {
		now := r.Clock.Now()
		m, err := oneOfTwo(tx, who, now)
		if err != nil {
			return err
		}
		q, err := r.byCode(tx, who, code, now)
		if err == nil && q.kind != AtDesk {
			err = wrongCode("met")
		}
		if err != nil {
			return err
		}
		owner, err := r.Keeper.MayFind(tx, who, b)
		if err != nil {
			return err
		}
		if err := r.settle(tx, q, owner); err != nil {
			return err
		}
		q.person = owner
		if err := r.say(tx, q, who.Person, m.Bytes(), WithThem); err != nil {
			return err
		}
		return r.closeClaims(tx, q, now)
	}))
}

// settle makes a request at the desk be about somebody, and has them told; or holds a second yes against the first.
func (r *Recovery) settle(tx *store.Tx, q request, owner id.Person) error {
	if q.person == owner {
		return nil
	}
	if !q.person.IsZero() {
		var c errs.Check
		c.Add("book", "recovery.other_book")
		return c.Err("recovery: settle")
	}
	if _, err := tx.Exec(`UPDATE login_request SET person = $1 WHERE id = $2`, owner, q.id); err != nil {
		return err
	}
	return r.Accounts.Happens(tx, owner, account.HappenedAsked, id.Device{})
}

// closeClaims ends the looking for names once enough have said yes.
func (r *Recovery) closeClaims(tx *store.Tx, q request, now clock.Time) error {
	s, err := r.standing(tx, q, now)
	if err == nil && s.yes >= yesNeeded {
		_, err = tx.Exec(`DELETE FROM desk_claim WHERE request = $1`, q.id)
	}
	return err
}

// Doubt stops a request at the desk: any member of the team may who was told its code. It returns Invalid with the field
// "code", NotOpen to others than the team, TooOften.
func (r *Recovery) Doubt(ctx context.Context, who grant.Subject, code string) error {
	const op = "recovery: doubt"
	if err := r.tryCode(ctx, who); err != nil {
		return errs.Wrap(op, err)
	}
	return errs.Wrap(op, r.DB.Update(ctx, func(tx *store.Tx) error {
		now := r.Clock.Now()
		if _, err := membershipOf(tx, who, now); err != nil {
			return err
		}
		q, err := r.byCode(tx, who, code, now)
		if err == nil && q.kind != AtDesk {
			err = wrongCode("doubt")
		}
		if err != nil {
			return err
		}
		return r.stop(tx, q.id, ``)
	}))
}
