// Package pin is a PIN or a mark that only one person knows. Alone it opens nothing. It goes with something the person
// holds, the printed card or a code sent to them, and it is how they say yes on the device of a worker they walk with. It
// exists because people who lose everything but themselves still have what they know. A mark is four pictures in order,
// for people who do not read, write or remember numbers.
//
// A wrong one and none at all look the same and cost the same. Tries are allowances (package limit): one for devices the
// person called their own, one for all others, and one for the devices of workers, so that none uses up another's.
//
//	(none) ──Set──▶ set ──Set──▶ set to another; from then on the one before is wrong
package pin

import (
	"context"
	"errors"

	"beside/internal/account"
	"beside/internal/account/limit"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/mutant"
	"beside/internal/store"
)

// Config is what [New] needs.
type Config struct {
	DB       *store.DB
	Accounts *account.Accounts
	Clock    clock.Clock
}

// PINs keeps people's PINs and marks. It is safe for concurrent use.
type PINs struct{ Config }

// New returns PINs.
func New(c Config) *PINs { return &PINs{c} }

// Standing is what a person has set.
type Standing struct {
	Set      bool
	Together bool // they may say yes with it on their worker's device
}

// Of returns what somebody in their own hat has set. It returns NotOpen in another hat.
func (p *PINs) Of(ctx context.Context, who grant.Subject) (s Standing, err error) {
	const op = "pin: of"
	if who.Hat != book.HatSelf || who.Person.IsZero() {
		return s, errs.New(op, errs.NotOpen, "")
	}
	kept, err := p.find(ctx, who.Person)
	return Standing{Set: kept.hash != "", Together: kept.together}, errs.Wrap(op, err)
}

// Has reports whether a person has set a PIN or a mark.
func (p *PINs) Has(tx *store.Tx, who id.Person) (bool, error) {
	kept, err := read(tx, who)
	return kept.hash != "", errs.Wrap("pin: has", err)
}

// kept is a row of pin.
type kept struct {
	hash     string // "" when none is set
	together bool
}

func (p *PINs) find(ctx context.Context, who id.Person) (k kept, err error) {
	err = p.DB.Glance(ctx, func(tx *store.Tx) error {
		k, err = read(tx, who)
		return err
	})
	return k, err
}

func read(tx *store.Tx, who id.Person) (k kept, err error) {
	var together int
	err = tx.Row(`SELECT hash, together FROM pin WHERE person = $1`, who).Scan(&k.hash, &together)
	if errors.Is(err, store.ErrNone) {
		err = nil
	}
	k.together = together == 1
	return k, err
}

// Setting is a PIN or a mark as its owner sets it. Typed is as [Fits] takes it.
type Setting struct {
	Typed    string
	Together bool // they may say yes with it on their worker's device
}

// setAgain is how often a PIN is written anew when another device writes one at the same moment.
const setAgain = 3

// Set gives somebody a PIN or a mark in place of the one before, in a session in which they showed who they are. The same
// once more is no change. It returns Invalid with the field "pin" or "mark", NotOpen in another hat or when they showed it
// too long ago, and Busy.
func (p *PINs) Set(ctx context.Context, s account.Session, in Setting) error {
	const op = "pin: set"
	if s.Hat != book.HatSelf || !s.Fresh(p.Clock.Now(), account.FreshToSend) {
		return errs.New(op, errs.NotOpen, "")
	}
	normal, err := check(op, in.Typed)
	if err != nil {
		return err
	}
	if words := guessable(normal); words != "" {
		return refused(op, fieldOf(normal), words)
	}
	for range setAgain {
		before, err := p.find(ctx, s.Person)
		if err != nil {
			return errs.Wrap(op, err)
		}
		same, err := p.Accounts.SecretFits(ctx, before.hash, peppered(s.Person, normal))
		if err != nil {
			return errs.Wrap(op, err)
		}
		var done bool
		if same {
			done, err = p.allow(ctx, s.Person, before.hash, in.Together)
		} else {
			done, err = p.replace(ctx, s.Person, before.hash, normal, in.Together)
		}
		if err != nil || done {
			return errs.Wrap(op, err)
		}
	}
	return errs.New(op, errs.Busy, "")
}

// replace writes a hash in place of the one before, when that still stands.
func (p *PINs) replace(ctx context.Context, who id.Person, before, normal string, together bool) (done bool, err error) {
	hash, err := p.Accounts.HashSecret(ctx, peppered(who, normal))
	if err != nil {
		return false, err
	}
	err = p.DB.Update(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(`INSERT INTO pin (person, hash, together) VALUES ($1, $2, $3)
			ON CONFLICT (person) DO UPDATE SET hash = excluded.hash, together = excluded.together WHERE pin.hash = $4`, who, hash, together, before)
		if done = n == 1; err != nil || !done {
			return err
		}
		return p.Accounts.Happens(tx, who, account.HappenedPIN, id.Device{})
	})
	return done, err
}

// allow writes down whether a person may say yes with it on their worker's device.
func (p *PINs) allow(ctx context.Context, who id.Person, hash string, together bool) (done bool, err error) {
	err = p.DB.Update(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(`UPDATE pin SET together = $1 WHERE person = $2 AND hash = $3`, together, who, hash)
		done = n == 1
		return err
	})
	return done, err
}

// Together says whether somebody may say yes with their PIN or mark on their worker's device. Taking it back is open in any
// session of their own; allowing it, where they showed lately who they are. It returns NotOpen, also when none is set.
func (p *PINs) Together(ctx context.Context, s account.Session, may bool) error {
	const op = "pin: together"
	if s.Hat != book.HatSelf || may && !s.Fresh(p.Clock.Now(), account.FreshToSend) {
		return errs.New(op, errs.NotOpen, "")
	}
	return errs.Wrap(op, p.DB.Update(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(`UPDATE pin SET together = $1 WHERE person = $2`, may, s.Person)
		if err == nil && n == 0 {
			err = errs.New(op, errs.NotOpen, "")
		}
		return err
	}))
}

// How often one may be tried. Behind a code that nobody can guess, 12 tries a day leave a mark of four pictures standing
// for years; a known device has an allowance that fills sooner.
var (
	triesElsewhere = limit.Limit{Name: "pin", AtOnce: 10, Every: 2 * clock.Hour}
	triesAtHome    = limit.Limit{Name: "pin at home", AtOnce: 10, Every: 5 * clock.Minute}
	triesTogether  = limit.Limit{Name: "pin together", AtOnce: 6, Every: 3 * clock.Hour}
)

// Forget forgets the PIN or mark of a person, in tx: for when a login is given back, as whoever had it may know or have set
// it.
func (p *PINs) Forget(tx *store.Tx, who id.Person) error {
	_, err := tx.Exec(`DELETE FROM pin WHERE person = $1`, who)
	return errs.Wrap("pin: forget", err)
}

// Fits reports whether what was typed is the PIN or mark of a person: 6 to 12 digits, or the names of four pictures in their
// order ([Pictures]). It does the same for a person who has none, or whom there is not, and says no. Every call counts as a
// try but one that can be nobody's, which is Invalid with the field "pin" or "mark". It can also return TooOften and Busy.
func (p *PINs) Fits(ctx context.Context, who id.Person, typed string, where account.Where) (bool, error) {
	const op = "pin: fits"
	normal, err := check(op, typed)
	if err != nil {
		return false, err
	}
	var k kept
	var known id.Device
	err = p.DB.View(ctx, func(tx *store.Tx) error {
		if k, err = read(tx, who); err != nil {
			return err
		}
		known, err = p.Accounts.Known(tx, who, where)
		return err
	})
	if err != nil {
		return false, errs.Wrap(op, err)
	}
	tries := triesElsewhere
	if !known.IsZero() {
		tries = triesAtHome
	}
	if err := p.Accounts.Limits.Take(ctx, tries, who.Bytes()); err != nil {
		return false, errs.Wrap(op, err)
	}
	fits, err := p.Accounts.SecretFits(ctx, k.hash, peppered(who, normal))
	return fits, errs.Wrap(op, err)
}

// Approval is that a person has just typed their own PIN or mark on a worker's device. Only [PINs.Approve] makes one.
type Approval struct {
	who  id.Person
	hash string
}

// Owner returns who approved; none for the zero Approval.
func (a Approval) Owner() id.Person { return a.who }

// Approve is [PINs.Fits] on the device of a worker: only for who said that they may say yes there, and with an allowance of
// its own. ok is false when it does not fit, when none is set, and when it is not allowed: these are not told apart.
func (p *PINs) Approve(ctx context.Context, who id.Person, typed string) (a Approval, ok bool, err error) {
	const op = "pin: approve"
	normal, err := check(op, typed)
	if err != nil {
		return a, false, err
	}
	k, err := p.find(ctx, who)
	if err != nil {
		return a, false, errs.Wrap(op, err)
	}
	if err := p.Accounts.Limits.Take(ctx, triesTogether, who.Bytes()); err != nil {
		return a, false, errs.Wrap(op, err)
	}
	if !k.together {
		k.hash = ""
	}
	fits, err := p.Accounts.SecretFits(ctx, k.hash, peppered(who, normal))
	if err != nil || !fits && !mutant.On("together-unasked") {
		return a, false, errs.Wrap(op, err)
	}
	return Approval{who: who, hash: k.hash}, true, nil
}

// Stands reports within a transaction whether what was approved with is still the person's, and they still may.
func (a Approval) Stands(tx *store.Tx) (bool, error) {
	k, err := read(tx, a.who)
	return k.together && k.hash != "" && k.hash == a.hash, errs.Wrap("pin: stands", err)
}

// peppered is what is hashed: it fits nobody else's row.
func peppered(who id.Person, normal string) string { return "pin of " + who.String() + " " + normal }

// check brings what was typed to the form that is hashed. It returns Invalid when it can be nobody's.
func check(op, typed string) (string, error) {
	normal, words := normalise(typed)
	if words != "" {
		return "", refused(op, fieldOf(normal), words)
	}
	return normal, nil
}

func refused(op, field, words string) error {
	var c errs.Check
	c.AddArgs(field, words, map[string]any{"Min": MinDigits, "Max": MaxDigits})
	return c.Err(op)
}
