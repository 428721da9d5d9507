// Package card is the printed sign-in card: how somebody comes back who has lost their phone and their words, and has a
// piece of paper and what they know. On the card stands a code that nobody can guess. It opens nothing alone; the
// person's PIN or mark (package pin) goes with it. Whoever finds a card has neither a name nor a book.
//
//	(none) ──Make──▶ live ──End, or Make of another──▶ ended, for good
//
// A code of no card, one that ended, and a wrong PIN look the same and cost the same.
package card

import (
	"context"
	"errors"

	"beside/internal/account"
	"beside/internal/account/pin"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/mutant"
	"beside/internal/store"
	"beside/internal/vault"
)

// Config is what [New] needs.
type Config struct {
	DB       *store.DB
	Vault    *vault.Vault
	Accounts *account.Accounts
	PINs     *pin.PINs
	Clock    clock.Clock
}

// Cards makes and reads sign-in cards. It is safe for concurrent use.
type Cards struct{ Config }

// New returns Cards.
func New(c Config) *Cards { return &Cards{c} }

// Standing is what somebody has: whether a card, since when, and what one needs first.
type Standing struct {
	Card   bool
	MadeAt clock.Time
	PIN    bool // a PIN or a mark is set, without which no card is made
}

// Of returns what somebody in their own hat has. It returns NotOpen in another hat.
func (c *Cards) Of(ctx context.Context, who grant.Subject) (s Standing, err error) {
	const op = "card: of"
	if who.Hat != book.HatSelf || who.Person.IsZero() {
		return s, errs.New(op, errs.NotOpen, "")
	}
	err = c.DB.View(ctx, func(tx *store.Tx) error {
		if s.PIN, err = c.PINs.Has(tx, who.Person); err != nil {
			return err
		}
		err := tx.Row(`SELECT made_at FROM card WHERE person = $1 AND ended_at = 0`, who.Person).Scan(&s.MadeAt)
		s.Card = err == nil
		return store.NotNone(err)
	})
	return s, errs.Wrap(op, err)
}

// Make makes a card for the person of a session in which they showed who they are, and ends the one before. form is the
// entry of the form: the code follows from it and the installation's key, so that the form sent twice is one card. It
// returns Invalid with the field "pin" when none is set, Changed when the card of this form has ended meanwhile, NotOpen in
// another hat or when they showed who they are too long ago, and Busy.
func (c *Cards) Make(ctx context.Context, s account.Session, form id.Entry) (Code, error) {
	const op = "card: make"
	if s.Hat != book.HatSelf || form.IsZero() || !s.Fresh(c.Clock.Now(), account.FreshToSend) {
		return Code{}, errs.New(op, errs.NotOpen, "")
	}
	code := codeOf(c.Vault.Blind("card of a form", s.Person.String()+" "+form.String()))
	if err := c.DB.Update(ctx, func(tx *store.Tx) error { return c.make(tx, s.Person, form, code) }); err != nil {
		return Code{}, errs.Wrap(op, err)
	}
	return code, nil
}

func (c *Cards) make(tx *store.Tx, who id.Person, form id.Entry, code Code) error {
	const op = "card: make"
	if err := c.Accounts.Lock(tx, who); err != nil { // of those made at the same moment one comes after the other
		return err
	}
	var ended clock.Time
	err := tx.Row(`SELECT ended_at FROM card WHERE person = $1 AND form = $2`, who, form).Scan(&ended)
	switch {
	case err == nil && ended == 0:
		return nil
	case err == nil:
		return errs.New(op, errs.Changed, "card.said_ended_meanwhile")
	case !errors.Is(err, store.ErrNone):
		return err
	}
	set, err := c.PINs.Has(tx, who)
	if err != nil {
		return err
	}
	if !set {
		var check errs.Check
		check.Add("pin", "card.pin_first")
		return check.Err(op)
	}
	now := c.Clock.Now()
	if _, err := tx.Exec(`UPDATE card SET ended_at = $1 WHERE person = $2 AND ended_at = 0`, now, who); err != nil {
		return err
	}
	if _, err := tx.Exec(`INSERT INTO card (person, form, code_hash, made_at, ended_at) VALUES ($1, $2, $3, $4, 0)`, who, form, c.hash(code), now); err != nil {
		return err
	}
	return c.Accounts.Happens(tx, who, account.HappenedCardMade, id.Device{})
}

// hash is what is kept of a code.
func (c *Cards) hash(code Code) []byte { return c.Vault.Blind("card", code.s) }

// End ends somebody's card: what is printed on it opens nothing from then on. Where there is none, it does nothing. It
// returns NotOpen in another hat than their own.
func (c *Cards) End(ctx context.Context, who grant.Subject) error {
	const op = "card: end"
	if who.Hat != book.HatSelf || who.Person.IsZero() {
		return errs.New(op, errs.NotOpen, "")
	}
	return errs.Wrap(op, c.DB.Update(ctx, func(tx *store.Tx) error { return c.EndIn(tx, who.Person) }))
}

// EndIn is [Cards.End] in the caller's transaction, who has made sure that it is to end: as when a login is given back.
func (c *Cards) EndIn(tx *store.Tx, who id.Person) error {
	n, err := tx.Exec(`UPDATE card SET ended_at = $1 WHERE person = $2 AND ended_at = 0`, c.Clock.Now(), who)
	if err != nil || n == 0 {
		return errs.Wrap("card: end in", err)
	}
	return errs.Wrap("card: end in", c.Accounts.Happens(tx, who, account.HappenedCardEnded, id.Device{}))
}

// ComingIn is what somebody types who has a card.
type ComingIn struct {
	Code  string
	PIN   string // or mark, as [pin.PINs.Fits] takes it
	Where account.Where
}

// ComeIn opens a session for the person whose card and PIN or mark these are. It returns Invalid with the field "code" when
// a typing mistake is in the code, or with "pin" or "mark" when that can be nobody's, neither of which counts as a try;
// Invalid with the field "code" and the same words for whatever does not fit; TooOften; and Busy.
func (c *Cards) ComeIn(ctx context.Context, in ComingIn) (account.Opened, error) {
	const op = "card: come in"
	code, ok := readCode(in.Code)
	if !ok {
		return account.Opened{}, refused(op, "card.code_typo")
	}
	hash := c.hash(code)
	if err := c.Accounts.Knock(ctx, in.Where); err != nil {
		return account.Opened{}, errs.Wrap(op, err)
	}
	who, err := c.holder(ctx, hash)
	if err != nil {
		return account.Opened{}, errs.Wrap(op, err)
	}
	there := !who.IsZero()
	if !there { // a person there is not, for whom the same is done and counted
		who, _ = id.FromBytes[id.Person](hash[:16])
	}
	fits, err := c.PINs.Fits(ctx, who, in.PIN, in.Where)
	if err != nil {
		return account.Opened{}, errs.Wrap(op, err)
	}
	if fits = fits || mutant.On("card-alone"); !there || !fits {
		return account.Opened{}, refused(op, "card.not_fit")
	}
	opened, err := c.open(ctx, who, hash, in.Where)
	return opened, errs.Wrap(op, err)
}

// holder returns whose live card a code is on, none when there is none.
func (c *Cards) holder(ctx context.Context, hash []byte) (who id.Person, err error) {
	err = c.DB.Glance(ctx, func(tx *store.Tx) error {
		who, err = holder(tx, hash)
		return err
	})
	return who, err
}

func holder(tx *store.Tx, hash []byte) (who id.Person, err error) {
	q := `SELECT person FROM card WHERE code_hash = $1 AND ended_at = 0`
	if mutant.On("card-ended") {
		q = `SELECT person FROM card WHERE code_hash = $1`
	}
	err = tx.Row(q, hash).Scan(&who)
	return who, store.NotNone(err)
}

// open opens the session, unless the card was ended in the meantime.
func (c *Cards) open(ctx context.Context, who id.Person, hash []byte, where account.Where) (account.Opened, error) {
	r := c.Accounts.Ready(account.Opening{Person: who, Way: account.WayCard, Where: where})
	err := c.DB.Update(ctx, func(tx *store.Tx) error {
		if err := c.Accounts.Lock(tx, who); err != nil {
			return err
		}
		still, err := holder(tx, hash)
		if err != nil {
			return err
		}
		if still != who {
			return refused("card: open", "card.not_fit")
		}
		return r.Enter(tx)
	})
	if err != nil {
		return account.Opened{}, err
	}
	return r.Opened(ctx)
}

func refused(op, words string) error {
	var check errs.Check
	check.Add("code", words)
	return check.Err(op)
}
