// Package limit bounds how often something may be tried: guessing at a passphrase, asking for a code, knocking at all. It
// exists so that every way in counts in the same manner, in the database, however many servers there are. What is counted
// is an allowance: so many tries at once, and one more for each stretch of time that passes. Nothing is ever locked: an
// allowance fills again by itself, and each way in has its own, so that who guesses at one door keeps nobody out by
// another.
//
// A clock that was set back can take away no more than one whole allowance.
package limit

import (
	"context"

	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/mutant"
	"beside/internal/store"
	"beside/internal/vault"
)

// Limit is an allowance: AtOnce tries, and then one more Every so many microseconds.
type Limit struct {
	Name   string
	AtOnce int
	Every  clock.Time
}

// Limits counts. It is safe for concurrent use.
type Limits struct {
	db    *store.DB
	vault *vault.Vault
	clock clock.Clock
}

// New returns Limits that count in db.
func New(db *store.DB, v *vault.Vault, c clock.Clock) *Limits { return &Limits{db, v, c} }

// Take uses one try of an allowance that belongs to whom it is about: a person, an address, a network, or nobody for
// the whole installation. Of what it is about only a keyed hash is kept, until the allowance is whole again. It commits
// before it returns, so that a try counts whatever becomes of it. It returns TooOften when none is left.
func (l *Limits) Take(ctx context.Context, limit Limit, about ...[]byte) error {
	var left bool
	err := l.db.Update(ctx, func(tx *store.Tx) (err error) {
		left, err = l.take(tx, limit, about)
		return err
	})
	if err == nil && !left && !mutant.On("unbounded") {
		err = errs.New("limit: "+limit.Name, errs.TooOften, "")
	}
	return errs.Wrap("limit: take", err)
}

// take is the generic cell rate algorithm (ITU-T I.371): the allowance is whole at whole_at, each try moves that moment
// on by Every, and there is one left while it lies less than AtOnce tries ahead.
func (l *Limits) take(tx *store.Tx, limit Limit, about [][]byte) (left bool, err error) {
	now := l.clock.Now()
	most := now + clock.Time(limit.AtOnce)*limit.Every // further ahead only a clock that was set back can have put it
	done, err := tx.Exec(`INSERT INTO allowance (id, whole_at) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE
		SET whole_at = CASE WHEN allowance.whole_at < $3 OR allowance.whole_at > $4 THEN $2 ELSE allowance.whole_at + $5 END
		WHERE allowance.whole_at <= $6 OR allowance.whole_at > $4`,
		l.id(limit, about), now+limit.Every, now, most, limit.Every, most-limit.Every)
	return done == 1, err
}

func (l *Limits) id(limit Limit, about [][]byte) []byte {
	text := []byte(limit.Name)
	for _, a := range about {
		text = append(append(text, 0, byte(len(a)>>8), byte(len(a))), a...)
	}
	return l.vault.Blind("limit", string(text))[:16]
}

// Sweep forgets the allowances that are whole. Errors are those of the store.
func (l *Limits) Sweep(ctx context.Context) error {
	return errs.Wrap("limit: sweep", l.db.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`DELETE FROM allowance WHERE whole_at <= $1`, l.clock.Now())
		return err
	}))
}
