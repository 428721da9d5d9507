package code

import (
	"context"
	"crypto/subtle"
	"errors"
	"strings"

	"beside/internal/account"
	"beside/internal/account/post"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/mutant"
	"beside/internal/store"
)

// Entering is what somebody types who was sent a code.
type Entering struct {
	Code   id.Code // as the browser that asked holds it
	Digits string
	Second string // passphrase or PIN, which a text message needs on a new device
	Where  account.Where
}

// found is a code whose digits were typed rightly.
type found struct {
	id      id.Code
	person  id.Person
	item    id.Item
	channel post.Channel
}

// Channel returns how a code travelled, as its page has to ask. It is "email" for one that is not there.
func (c *Codes) Channel(ctx context.Context, code id.Code) (post.Channel, error) {
	ch := post.Email
	err := c.DB.Glance(ctx, func(tx *store.Tx) error {
		return tx.Row(`SELECT channel FROM code WHERE id = $1`, code).Scan(&ch)
	})
	if errors.Is(err, store.ErrNone) {
		err = nil
	}
	return ch, errs.Wrap("code: channel", err)
}

// Enter opens a session for whom a code was sent to. A text message on a device that is new to the person needs their
// passphrase or PIN too. For whatever does not fit it says the same: Invalid with the field "code". It can also return
// TooOften and Busy.
func (c *Codes) Enter(ctx context.Context, e Entering) (account.Opened, error) {
	const op = "code: enter"
	if err := c.Accounts.Knock(ctx, e.Where); err != nil {
		return account.Opened{}, errs.Wrap(op, err)
	}
	f, err := c.try(ctx, e.Code, e.Digits, purposeOpen)
	if err != nil {
		return account.Opened{}, errs.Wrap(op, err)
	}
	shown := f.channel == post.Email
	if !shown {
		if shown, err = c.second(ctx, f.person, e); err != nil {
			return account.Opened{}, errs.Wrap(op, err)
		}
	}
	in := c.Accounts.Ready(account.Opening{Person: f.person, Way: account.WayCode, Where: e.Where})
	err = c.DB.Update(ctx, func(tx *store.Tx) error {
		if err := c.Accounts.Lock(tx, f.person); err != nil {
			return err
		}
		if err := c.stillOpens(tx, f); err != nil {
			return err
		}
		if err := c.atHome(tx, f, e.Where, shown); err != nil {
			return err
		}
		if err := c.use(tx, f); err != nil {
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

// wrong is what every code says that does not open, whatever the reason.
func wrong(ch post.Channel) error {
	var check errs.Check
	if ch == post.Text {
		check.Add("code", "code.wrong_text")
	} else {
		check.Add("code", "code.wrong")
	}
	return check.Err("code: wrong")
}

// try counts a try of a code, durably, and then looks at its digits. It returns Invalid with the field "code".
func (c *Codes) try(ctx context.Context, code id.Code, typed, purpose string) (found, error) {
	f := found{id: code, channel: post.Email}
	open := false
	err := c.DB.Update(ctx, func(tx *store.Tx) error {
		open = false
		err := tx.Row(`UPDATE code SET tries = tries + 1 WHERE id = $1 AND purpose = $2 AND tries < $3 + 0 AND `+stands("$4")+` RETURNING person, item, channel`,
			code, purpose, Tries, c.Clock.Now()).Scan(&f.person, &f.item, &f.channel)
		open = err == nil
		if errors.Is(err, store.ErrNone) {
			return nil
		}
		return err
	})
	if err != nil {
		return found{}, err
	}
	if !open {
		if f.channel, err = c.Channel(ctx, code); err != nil {
			return found{}, err
		}
	}
	fits := subtle.ConstantTimeCompare([]byte(plain(typed)), []byte(c.typed(code))) == 1
	if !fits || !open || f.person.IsZero() {
		return found{}, wrong(f.channel)
	}
	return f, nil
}

// plain keeps the digits of what was typed, in whatever way they were grouped.
func plain(typed string) string {
	if len(typed) > 64 {
		return ""
	}
	return strings.Map(func(r rune) rune {
		switch {
		case '0' <= r && r <= '9':
			return r
		case '٠' <= r && r <= '٩': // Arabic-Indic digits, as some keyboards type them
			return r - '٠' + '0'
		case '۰' <= r && r <= '۹':
			return r - '۰' + '0'
		}
		return -1
	}, typed)
}

// second reports whether what was typed beside a code is the person's passphrase or PIN.
func (c *Codes) second(ctx context.Context, who id.Person, e Entering) (bool, error) {
	if strings.TrimSpace(e.Second) == "" {
		return false, nil
	}
	if c.PIN != nil {
		fits, err := c.PIN.Fits(ctx, who, e.Second, e.Where)
		if !errs.Is(err, errs.Invalid) { // it has the form of a PIN, which no passphrase has
			return fits, err
		}
	}
	return c.Accounts.Fits(ctx, who, e.Second)
}

// atHome refuses a code that came as a text message alone on a device that is not known as its person's own.
func (c *Codes) atHome(tx *store.Tx, f found, from account.Where, shown bool) error {
	known, err := c.Accounts.Known(tx, f.person, from)
	if err != nil {
		return err
	}
	if !shown && known.IsZero() && !mutant.On("text-alone") {
		return wrong(f.channel)
	}
	return nil
}

// stillOpens refuses a code whose address was stopped, taken away or marked otherwise since it was sent.
func (c *Codes) stillOpens(tx *store.Tx, f found) error {
	opens, err := c.Addresses.Opens(tx, f.person, f.item)
	if err == nil && !opens {
		err = wrong(f.channel)
	}
	return err
}

// use ends a code by using it: of many who type it at once one does.
func (c *Codes) use(tx *store.Tx, f found) error {
	if mutant.On("code-twice") {
		return nil
	}
	done, err := tx.Exec(`UPDATE code SET used_at = $1 WHERE id = $2 AND `+stands("$1"), c.Clock.Now(), f.id)
	if err == nil && done == 0 {
		err = wrong(f.channel)
	}
	return err
}

// AskToConfirm has a code sent to an address of a person's own, to show that it is theirs. It returns NotOpen for an
// address that is not theirs, Invalid with the field "address" when nothing can be sent there from here, and TooOften.
// It is counted by person, address and network.
func (c *Codes) AskToConfirm(ctx context.Context, who id.Person, item id.Item, from account.Where) error {
	const op = "code: ask to confirm"
	place, err := c.Addresses.Open(ctx, who, item)
	if err != nil {
		return errs.Wrap(op, err)
	}
	_, same, err := c.readable(op, place.To)
	if err != nil {
		return err
	}
	if err := c.Accounts.Limits.Take(ctx, confirmsBy, who.Bytes()); err != nil {
		return errs.Wrap(op, err)
	}
	if err := c.Accounts.Limits.Take(ctx, asksFrom, []byte(from.From)); err != nil {
		return errs.Wrap(op, err)
	}
	if err := c.take(ctx, same, from, false); err != nil {
		return errs.Wrap(op, err)
	}
	_, err = c.make(ctx, post.Row{Person: who, Book: place.Book, Item: item, Channel: place.Channel}, purposeConfirm, same)
	return errs.Wrap(op, err)
}

// Confirm takes the code that was sent to an address of a person's own, and notes that it is theirs. It returns Invalid
// with the field "code" when it does not fit.
func (c *Codes) Confirm(ctx context.Context, who id.Person, item id.Item, typed string) error {
	const op = "code: confirm"
	var code id.Code
	err := c.DB.Glance(ctx, func(tx *store.Tx) error {
		return tx.Row(`SELECT id FROM code WHERE person = $1 AND item = $2 AND purpose = 'confirm' AND ended_at = 0 ORDER BY made_at DESC, id DESC LIMIT 1`, who, item).Scan(&code)
	})
	if errors.Is(err, store.ErrNone) {
		return wrong(post.Email)
	}
	if err != nil {
		return errs.Wrap(op, err)
	}
	f, err := c.try(ctx, code, typed, purposeConfirm)
	if err != nil {
		return wrongHere(op, err)
	}
	err = c.DB.Update(ctx, func(tx *store.Tx) error {
		if err := c.use(tx, f); err != nil {
			return err
		}
		return c.Addresses.Confirmed(tx, who, item, c.Clock.Now())
	})
	return wrongHere(op, err)
}

// wrongHere says of a code that does not fit what is so where nothing else is asked for.
func wrongHere(op string, err error) error {
	if errs.Is(err, errs.Invalid) {
		return wrong(post.Email)
	}
	return errs.Wrap(op, err)
}

// Waits reports whether a code was sent to confirm an address that still works.
func (c *Codes) Waits(ctx context.Context, who id.Person, item id.Item) (bool, error) {
	n := 0
	err := c.DB.Glance(ctx, func(tx *store.Tx) error {
		return tx.Row(`SELECT COUNT(*) FROM code WHERE person = $1 AND item = $2 AND purpose = 'confirm' AND tries < $3 + 0 AND `+stands("$4"), who, item, Tries, c.Clock.Now()).Scan(&n)
	})
	return n > 0, errs.Wrap("code: waits", err)
}
