package recovery

import (
	"context"

	"beside/internal/account"
	"beside/internal/account/handover"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/store"
)

// Giving is what somebody brings whose request is ready: its secret and a new passphrase.
type Giving struct {
	Secret     string
	Passphrase string
	Where      account.Where
}

// GiveBack gives a login back: a new passphrase, every session and device closed, every holder gone who did not say yes, a
// session on this device. It works once.
// It returns Invalid with the field "passphrase", NotOpen when the request is not ready, or used, stopped or over; TooOften
// and Busy.
func (r *Recovery) GiveBack(ctx context.Context, g Giving) (account.Opened, error) {
	const op = "recovery: give back"
	if err := r.Accounts.Knock(ctx, g.Where); err != nil {
		return account.Opened{}, errs.Wrap(op, err)
	}
	who, err := r.readyFor(ctx, g.Secret)
	if err != nil {
		return account.Opened{}, errs.Wrap(op, err)
	}
	name, err := r.nameOf(ctx, who)
	if err != nil {
		return account.Opened{}, errs.Wrap(op, err)
	}
	set, err := r.Accounts.NewPassphrase(ctx, who, g.Passphrase, name)
	if err != nil {
		return account.Opened{}, errs.Wrap(op, err)
	}
	in := r.Accounts.Ready(account.Opening{Person: who, Way: account.WayGivenBack, Where: g.Where})
	err = r.DB.Update(ctx, func(tx *store.Tx) error {
		if err := r.use(tx, g.Secret, who); err != nil {
			return err
		}
		if err := r.Accounts.EndDevices(tx, who, nil); err != nil {
			return err
		}
		if err := set(tx); err != nil {
			return err
		}
		if r.OnGivenBack != nil {
			if err := r.OnGivenBack(tx, who); err != nil {
				return err
			}
		}
		if err := r.endOtherHolders(tx, g.Secret, who); err != nil {
			return err
		}
		if err := r.Accounts.Happens(tx, who, account.HappenedGivenBack, id.Device{}); err != nil {
			return err
		}
		return in.Enter(tx)
	})
	if err != nil {
		return account.Opened{}, errs.Wrap(op, err)
	}
	out, err := in.Opened(ctx)
	return out, errs.Wrap(op, err)
}

// readyFor returns whose login a request gives back now, before any work is done for it.
func (r *Recovery) readyFor(ctx context.Context, secret string) (id.Person, error) {
	var q request
	now := r.Clock.Now()
	err := r.DB.View(ctx, func(tx *store.Tx) (err error) {
		q, err = r.bySecret(tx, secret, now)
		return err
	})
	if err == nil && !q.gives(now) {
		err = notOpen("give back")
	}
	return q.person, err
}

// gives reports whether a request gives a login back now.
func (q request) gives(now clock.Time) bool {
	return q.open(now) && q.kind != Vouched && !q.person.IsZero() && q.ready(now)
}

// use takes a request, once, and closes every other one about the same login.
func (r *Recovery) use(tx *store.Tx, secret string, who id.Person) error {
	// Whoever uses another request of the same person waits here, so that no two wait for each other.
	if _, err := tx.Exec(`UPDATE account SET made_at = made_at WHERE person = $1`, who); err != nil {
		return err
	}
	q, now, err := r.take(tx, secret)
	if err != nil {
		return err
	}
	if q.person != who || !q.gives(now) {
		return notOpen("use")
	}
	_, err = tx.Exec(`UPDATE login_request SET used_at = $1 WHERE person = $2 AND used_at = 0 AND (id = $3 OR stopped_at = 0)`, now, who, q.id)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`DELETE FROM desk_claim WHERE request = $1`, q.id)
	return err
}

// endOtherHolders takes back what every holder may but those who said yes: whoever had the login may have named the others, to
// ask them for it again.
func (r *Recovery) endOtherHolders(tx *store.Tx, secret string, who id.Person) error {
	gone, err := tx.Exec(`DELETE FROM holder WHERE person = $1 AND id NOT IN (SELECT y.through FROM login_yes AS y
		JOIN login_request AS q ON q.id = y.request WHERE q.secret_hash = $2 AND q.kind = 'holders')`, who, r.secretHash(handover.Read(secret)))
	if err != nil || gone == 0 {
		return err
	}
	return r.Accounts.Happens(tx, who, account.HappenedHolderGone, id.Device{})
}

// take finds the request of a secret and locks it, so that of several who bring the secret one after the other is looked at.
func (r *Recovery) take(tx *store.Tx, secret string) (request, clock.Time, error) {
	now := r.Clock.Now()
	var q request
	err := tx.Row(`UPDATE login_request SET asked_at = asked_at WHERE secret_hash = $1 RETURNING `+requestColumns, r.secretHash(handover.Read(secret))).Scan(q.fields()...)
	if store.IsNone(err) {
		err = notOpen("take")
	}
	if err == nil {
		q.standing, err = r.standing(tx, q, now)
	}
	return q, now, err
}

// nameOf is what a person is called, which a passphrase must not be made of; "" when they wrote none. It is shown to nobody.
func (r *Recovery) nameOf(ctx context.Context, who id.Person) (string, error) {
	var b id.Book
	err := r.DB.Glance(ctx, func(tx *store.Tx) error { return tx.Row(`SELECT book FROM account WHERE person = $1`, who).Scan(&b) })
	if err != nil {
		return "", err
	}
	reading, err := r.Keeper.Read(ctx, grant.Subject{Person: who, Hat: book.HatSelf}, b, keeper.Want{Kind: book.KindName})
	if err != nil {
		return "", err
	}
	for _, p := range reading.Items[0] {
		if n, ok := p.Body.(*book.Name); ok {
			return n.Words.Show(), nil
		}
	}
	return "", nil
}
