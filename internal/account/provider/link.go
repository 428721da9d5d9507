package provider

import (
	"context"
	"errors"

	"beside/internal/account"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/mutant"
	"beside/internal/store"
)

// connect makes an account at the provider the one of a session's person. The same again changes nothing.
func (p *Provider) connect(ctx context.Context, s *account.Session, subject []byte) error {
	if !p.mayConnect(s) {
		return ErrOver
	}
	v := id.New[id.Link](p.IDs)
	return p.DB.Update(ctx, func(tx *store.Tx) error {
		made, err := tx.Exec(`INSERT INTO provider_link (id, person, issuer, subject, made_at, ended_at) VALUES ($1, $2, $3, $4, $5, 0) ON CONFLICT DO NOTHING`,
			v, s.Person, p.issuer, subject, p.Clock.Now())
		if err != nil {
			return err
		}
		if made == 1 {
			return p.Accounts.Happens(tx, s.Person, account.HappenedProvider, id.Device{})
		}
		who, err := p.personOf(tx, subject)
		if err == nil && who != s.Person || errors.Is(err, ErrUnknown) {
			err = ErrTaken
		}
		return err
	})
}

// personOf returns who an account at the provider is connected with, [ErrUnknown] for nobody.
func (p *Provider) personOf(tx *store.Tx, subject []byte) (who id.Person, err error) {
	err = tx.Row(`SELECT person FROM provider_link WHERE subject = $1 AND ended_at = 0`, subject).Scan(&who)
	if errors.Is(err, store.ErrNone) {
		err = ErrUnknown
	}
	return who, err
}

// Linked returns since when the person of a session comes in with an account at the provider, 0 when they do not. It
// returns NotOpen in another hat than their own.
func (p *Provider) Linked(ctx context.Context, s account.Session) (since clock.Time, err error) {
	const op = "provider: linked"
	if s.Hat != book.HatSelf {
		return 0, errs.New(op, errs.NotOpen, "")
	}
	err = p.DB.Glance(ctx, func(tx *store.Tx) error {
		return tx.Row(`SELECT made_at FROM provider_link WHERE person = $1 AND issuer = $2 AND ended_at = 0`, s.Person, p.issuer).Scan(&since)
	})
	if errors.Is(err, store.ErrNone) {
		err = nil
	}
	return since, errs.Wrap(op, err)
}

// LetGo parts the person of a session from their account at the provider, and closes what was opened with it. It does
// nothing when there is none. It returns NotOpen in another hat than their own.
func (p *Provider) LetGo(ctx context.Context, s account.Session) error {
	const op = "provider: let go"
	if s.Hat != book.HatSelf {
		return errs.New(op, errs.NotOpen, "")
	}
	return errs.Wrap(op, p.DB.Update(ctx, func(tx *store.Tx) error {
		if err := p.Accounts.Lock(tx, s.Person); err != nil {
			return err
		}
		done, err := tx.Exec(`UPDATE provider_link SET subject = NULL, ended_at = $1 WHERE person = $2 AND ended_at = 0`, p.Clock.Now(), s.Person)
		if err != nil || done == 0 {
			return err
		}
		if _, err := tx.Exec(`DELETE FROM provider_try WHERE person = $1`, s.Person); err != nil {
			return err
		}
		if err := p.Accounts.EndOpenedBy(tx, s.Person, account.WayProvider); err != nil {
			return err
		}
		return p.Accounts.Happens(tx, s.Person, account.HappenedProvider, id.Device{})
	}))
}

// show notes in a session that its person has shown who they are, and returns its secret from now on. It is [ErrUnknown] for another's account, as for
// nobody's, and for a reviewer: the organisation whose sign-in it is would hold the hat of who reviews it.
func (p *Provider) show(ctx context.Context, s account.Session, subject []byte) (secret string, err error) {
	err = p.DB.Update(ctx, func(tx *store.Tx) error {
		who, err := p.personOf(tx, subject)
		if err == nil && who != s.Person {
			err = ErrUnknown
		}
		if err != nil {
			return err
		}
		if err := p.Accounts.Lock(tx, who); err != nil { // else they could begin to review between the question and what follows
			return err
		}
		now := p.Clock.Now()
		reviews, err := account.Reviews(tx, who, now)
		if err == nil && reviews && !mutant.On("review-provider") {
			err = ErrUnknown
		}
		if err != nil {
			return err
		}
		secret, err = p.Accounts.Prove(tx, s, now)
		return err
	})
	return secret, err
}

// comeIn opens a session for who an account at the provider is connected with: under the hat of a worker, or of the team
// when they have only that.
func (p *Provider) comeIn(ctx context.Context, where account.Where, subject []byte) (account.Opened, error) {
	var who id.Person
	err := p.DB.View(ctx, func(tx *store.Tx) (err error) {
		who, err = p.personOf(tx, subject)
		return err
	})
	if err != nil {
		return account.Opened{}, err
	}
	var roles []account.Ready
	for _, hat := range []book.Hat{book.HatWorker, book.HatTeam} {
		roles = append(roles, p.Accounts.Ready(account.Opening{Person: who, Hat: hat, Way: account.WayProvider, Where: where}))
	}
	var in account.Ready
	err = p.DB.Update(ctx, func(tx *store.Tx) error {
		if err := p.Accounts.Lock(tx, who); err != nil {
			return err
		}
		if still, err := p.personOf(tx, subject); err != nil {
			return err
		} else if still != who {
			return ErrUnknown
		}
		for _, in = range roles {
			if err := in.Enter(tx); !errs.Is(err, errs.NotOpen) {
				return err
			}
		}
		return ErrUnknown
	})
	if err != nil {
		return account.Opened{}, err
	}
	return in.Opened(ctx)
}
