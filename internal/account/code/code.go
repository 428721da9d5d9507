// Package code is coming in with a one-time code, sent by e-mail or as a text message, and showing with one that an
// address is one's own. It exists so that somebody who lost everything but their address gets back to their book, and
// nobody finds out by asking who has one.
//
// # A code
//
//	Ask ──▶ open ──Enter, Confirm, once──▶ used
//	         ├──Ask for the same address──▶ ended
//	         ├──5 tries──────────────────▶ over
//	         └──10 minutes───────────────▶ over
//
// Its eight digits follow from its id and a key of the installation (an HMAC), so nothing that is stored opens anything.
// With 5 tries a code and 4 codes an hour to an address, somebody who guesses day and night for a year finds one with a
// chance of about one in 570; six digits would make that one in 6. The browser that asked holds the id in a cookie, and
// the code works in no other.
//
// For an address that nobody has, or that does not open, the same statements write a code without a person and a message
// without an address, and the pages are the same; whether something goes out is decided when it is sent (package post).
//
// # Several people at one address
//
// A family may share a telephone. Which book is meant then follows from the sign-in words, which anybody may type beside
// the address, or else from the device, when one of them called it their own; without either a shared address opens
// nothing. The words are asked for from the beginning, of everybody and never because of who is here: a question that came
// only where an address is shared would tell one of those who share it that another has a book.
//
// One thing stays: who shares an address, has a book with it, and asks on a device that is new and without the words, gets
// nothing and may guess why. Sending to all, or to one of them, would tell as much; asking everybody for the words would
// keep out whoever has lost all but their address. It tells nobody more than they have: who reads what comes to an address
// sees in any case whether a code comes for it. Whoever is afraid of that marks their address as one that opens nothing.
//
// # Text messages
//
// Numbers are sold on, and taken over. A text message alone opens only on a device that its person called their own and
// that was not ended; on any other it opens together with the passphrase or the person's PIN. The question stands on
// every page for a text message, so that it tells nothing.
package code

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"beside/internal/account"
	"beside/internal/account/limit"
	"beside/internal/account/post"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/store"
	"beside/internal/vault"
)

const (
	// Lasts is how long a code works.
	Lasts = 10 * clock.Minute
	// Tries is how often a code may be typed.
	Tries = 5
	// digits is how many a code has.
	digits = 8
)

// How many codes may be asked for: to one address, to it from one network, from a device its person called their own, from one network, and of the
// whole installation. They bound what somebody can have sent to others.
var (
	asksFor  = limit.Limit{Name: "code for", AtOnce: 4, Every: 15 * clock.Minute}
	asksThis = limit.Limit{Name: "code for from", AtOnce: 3, Every: 20 * clock.Minute} // one network leaves some of asksFor to others
	asksHome = limit.Limit{Name: "code at home", AtOnce: 3, Every: 20 * clock.Minute}
	asksFrom = limit.Limit{Name: "code from", AtOnce: 20, Every: 3 * clock.Minute}
	asksAll  = limit.Limit{Name: "code", AtOnce: 300, Every: clock.Second}
	// confirmsBy bounds what one person can have sent to addresses that are not known to be theirs.
	confirmsBy = limit.Limit{Name: "code to confirm", AtOnce: 6, Every: 10 * clock.Minute}
)

// Addresses is what this package asks about addresses; package contact answers.
type Addresses interface {
	// Find returns the addresses that a typed one may be, of all people, as far as they are confirmed and marked to open a
	// book. It does the same work for one that nobody has.
	Find(ctx context.Context, typed string) ([]post.Row, error)
	// Same returns how a typed address is written to, "" for what can be none, and a keyed hash of it that is the same
	// however it was typed.
	Same(typed string) (post.Channel, []byte)
	// Open opens one address. It returns NotOpen for one that is no longer there.
	Open(ctx context.Context, who id.Person, item id.Item) (post.Place, error)
	// Opens reports whether a code may open the book of an address's person now.
	Opens(tx *store.Tx, who id.Person, item id.Item) (bool, error)
	// Confirmed notes that an address is its person's own.
	Confirmed(tx *store.Tx, who id.Person, item id.Item, now clock.Time) error
}

// PIN is a person's own PIN or mark.
type PIN interface {
	// Fits reports whether what was typed is the person's PIN. It counts the try. A person without one has none that fits.
	// It returns Invalid, and counts nothing, for what has not the form of a PIN.
	Fits(ctx context.Context, who id.Person, typed string, from account.Where) (bool, error)
}

// Config is what [New] needs.
type Config struct {
	DB        *store.DB
	Vault     *vault.Vault
	Clock     clock.Clock
	IDs       *id.Maker
	Accounts  *account.Accounts
	Post      *post.Post
	Addresses Addresses
	PIN       PIN // optional
}

// Codes lets people in by one-time codes. It is safe for concurrent use.
type Codes struct {
	Config
	key []byte
}

// New returns Codes. Post may be set until the first code is asked for.
func New(c Config) *Codes { return &Codes{Config: c, key: c.Vault.Key("one-time code")} }

// Carries reports whether codes can be sent at all: else nothing should be offered.
func (c *Codes) Carries() bool { return c.Post.Carries(post.Email) || c.Post.Carries(post.Text) }

// Carried reports whether codes can be sent by a channel.
func (c *Codes) Carried(ch post.Channel) bool { return c.Post.Carries(ch) }

// Asking is what somebody types to be sent a code.
type Asking struct {
	Address string
	Words   string // sign-in words, only needed where several people have one address
	Where   account.Where
}

// longestAddress is the longest address that is looked at, in bytes (RFC 5321 §4.5.3.1.3 allows 254 and two brackets).
const longestAddress = 256

// Ask has a code sent that opens a book, if the address opens one, and returns the code's id, for the browser that asked.
// It returns the same for an address that nobody has. It returns Invalid with the field "address" for what can be no
// address or cannot be reached from here, and TooOften.
func (c *Codes) Ask(ctx context.Context, a Asking) (id.Code, error) {
	const op = "code: ask"
	ch, same, err := c.readable(op, a.Address)
	if err != nil {
		return id.Code{}, err
	}
	if err := c.Accounts.Knock(ctx, a.Where); err != nil {
		return id.Code{}, errs.Wrap(op, err)
	}
	if err := c.Accounts.Limits.Take(ctx, asksFrom, []byte(a.Where.From)); err != nil {
		return id.Code{}, errs.Wrap(op, err)
	}
	to, home, err := c.whose(ctx, ch, a)
	if err != nil {
		return id.Code{}, errs.Wrap(op, err)
	}
	if err := c.take(ctx, same, a.Where, home); err != nil {
		return id.Code{}, errs.Wrap(op, err)
	}
	code, err := c.make(ctx, to, purposeOpen, same)
	return code, errs.Wrap(op, err)
}

// readable looks at an address as it was typed.
func (c *Codes) readable(op, typed string) (ch post.Channel, same []byte, err error) {
	var check errs.Check
	if len(typed) <= longestAddress {
		ch, same = c.Addresses.Same(typed)
	}
	switch {
	case strings.TrimSpace(typed) == "":
		check.Add("address", "code.address_missing")
	case ch == "":
		check.Add("address", "code.address_unreadable")
	case !c.Carried(ch) && ch == post.Email:
		check.Add("address", "code.no_email")
	case !c.Carried(ch):
		check.Add("address", "code.no_text")
	}
	return ch, same, check.Err(op)
}

// whose returns the one address that is meant, without a person when there is none, or when several are and the sign-in
// words and the device do not say whose; and whether its person called this device their own.
func (c *Codes) whose(ctx context.Context, ch post.Channel, a Asking) (to post.Row, home bool, err error) {
	rows, err := c.Addresses.Find(ctx, a.Address)
	if err != nil {
		return to, false, err
	}
	if strings.TrimSpace(a.Words) != "" {
		if rows, err = c.named(ctx, rows, a.Words); err != nil {
			return to, false, err
		}
	}
	err = c.DB.View(ctx, func(tx *store.Tx) error {
		first, err := c.Accounts.PersonOf(tx, a.Words)
		if err != nil {
			return err
		}
		if to, err = c.one(tx, rows, first, a); err != nil {
			return err
		}
		to.Channel = ch
		known, err := c.Accounts.Known(tx, to.Person, a.Where)
		home = !known.IsZero()
		return err
	})
	return to, home, err
}

// named returns the rows of those who come in with some sign-in words, also into a second book.
func (c *Codes) named(ctx context.Context, rows []post.Row, words string) (out []post.Row, err error) {
	for _, r := range rows {
		has, err := c.Accounts.HasWords(ctx, r.Person, words)
		if err != nil {
			return nil, err
		}
		if has {
			out = append(out, r)
		}
	}
	return out, nil
}

// one picks of the rows of those who were named the only one, else that of whom the words name first; when nobody was named, the
// only one, or that of the only one who called this device their own.
func (c *Codes) one(tx *store.Tx, rows []post.Row, first id.Person, a Asking) (post.Row, error) {
	if len(rows) < 2 {
		return only(rows), nil
	}
	if strings.TrimSpace(a.Words) == "" {
		var here []post.Row
		for _, r := range rows {
			known, err := c.Accounts.Known(tx, r.Person, a.Where)
			if err != nil {
				return post.Row{}, err
			}
			if !known.IsZero() {
				here = append(here, r)
			}
		}
		return only(here), nil
	}
	return only(slices.DeleteFunc(rows, func(r post.Row) bool { return r.Person != first })), nil
}

// only returns the one row there is, none when there are more.
func only(rows []post.Row) post.Row {
	if len(rows) != 1 {
		return post.Row{}
	}
	return rows[0]
}

// take counts a code that is asked for.
func (c *Codes) take(ctx context.Context, same []byte, from account.Where, home bool) error {
	l := asksFor
	if home {
		l = asksHome
	} else if err := c.Accounts.Limits.Take(ctx, asksThis, same, []byte(from.From)); err != nil {
		return err
	}
	if err := c.Accounts.Limits.Take(ctx, l, same); err != nil {
		return err
	}
	return c.Accounts.Limits.Take(ctx, asksAll)
}

// What a code is for.
const (
	purposeOpen    = "open"
	purposeConfirm = "confirm"
)

// make writes a code and its message. It ends the older ones for the same address and purpose.
func (c *Codes) make(ctx context.Context, to post.Row, purpose string, same []byte) (id.Code, error) {
	code := id.New[id.Code](c.IDs)
	whose := "" // a code that opens ends the older for the same address, whoever asks; one that confirms those of its person
	if purpose == purposeConfirm {
		whose = to.Person.String()
	}
	address := c.Vault.Blind("code address", purpose+" "+whose+" "+string(same))
	err := c.DB.Update(ctx, func(tx *store.Tx) error {
		now := c.Clock.Now()
		if _, err := tx.Exec(`UPDATE code SET ended_at = $1 WHERE address = $2 AND ended_at = 0`, now, address); err != nil {
			return err
		}
		_, err := tx.Exec(`INSERT INTO code (id, person, item, channel, purpose, address, made_at, until, tries, used_at, ended_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, 0, 0)`,
			code, to.Person, to.Item, string(to.Channel), purpose, address, now, now+Lasts)
		if err != nil {
			return err
		}
		return c.Post.SendCode(tx, to, code, purpose == purposeConfirm)
	})
	if err != nil {
		return id.Code{}, err
	}
	c.Post.Nudge()
	return code, nil
}

// typed are the digits of a code without blanks.
func (c *Codes) typed(code id.Code) string {
	h := hmac.New(sha256.New, c.key)
	h.Write([]byte("beside one-time code\x00"))
	h.Write(code.Bytes())
	return fmt.Sprintf("%0*d", digits, binary.BigEndian.Uint64(h.Sum(nil))%100_000_000) // of 2^64: no digit is likelier by 10^-11
}

// stands is the condition that a code can be used at the time $n. A clock that was set back makes none work for longer
// than it was made for.
func stands(n string) string {
	return `used_at = 0 AND ended_at = 0 AND until > ` + n + ` AND made_at <= ` + n
}

// Digits is for [post.Codes].
func (c *Codes) Digits(tx *store.Tx, code id.Code) (string, int, error) {
	const op = "code: digits"
	now := c.Clock.Now()
	var until clock.Time
	err := tx.Row(`SELECT until FROM code WHERE id = $1 AND `+stands("$2"), code, now).Scan(&until)
	if errors.Is(err, store.ErrNone) {
		return "", 0, errs.New(op, errs.NotOpen, "")
	}
	d := c.typed(code)
	return d[:digits/2] + " " + d[digits/2:], int(max(1, (until-now)/clock.Minute)), errs.Wrap(op, err)
}

// keepFor is how long a code is kept after it was made.
const keepFor = clock.Day

// Sweep forgets codes that are over. Errors are those of the store.
func (c *Codes) Sweep(ctx context.Context) error {
	return errs.Wrap("code: sweep", c.DB.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`DELETE FROM code WHERE until <= $1`, c.Clock.Now()-keepFor)
		return err
	}))
}
