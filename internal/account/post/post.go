// Package post sends what leaves Beside: "You have a message", and one-time codes. It exists so that whatever crashes, each
// message is sent when it should be, at most as often as cannot be helped, and never to an address its person has taken
// back; and so that nothing sent tells anything to who else reads it: no name of the community, no link, no reason.
//
// # A message
//
//	Notice, SendCode
//	     |
//	     v     committed before the carrier is asked
//	 [pending] -----------------------> [sending] ----- taken ------------> [sent]
//	   |   ^                             ^  |  | |
//	   |   +------ not taken, in time ---|--+  | +----- refused for good --> [failed]
//	   |                                 |     |
//	   |           again, the same key,  |     | nobody knows: no answer, or this node died
//	   |           at most maxDoubts     |     v
//	   |           times in all          +-- [unknown] ---- no more tries --> (stays unknown)
//	   |
//	   +-- no longer safe, or the code ended --> [stopped]
//	   +-- too old to be of use ---------------> [failed]
//
// It stands on a promise with the same id (another, once it waits for the hours of its person), so what must be sent is sent by whichever node is alive: the lease of one that
// died runs out, and the next finds the message in "sending". Then nobody knows whether the carrier took it. It is tried
// again under the same key, which is the message's id: a carrier that knows keys sends it once; e-mail carries it as its
// Message-ID, and a mailbox may show it twice. That something was sent is never taken back by a slower node.
//
// Whether an address is still safe, and a code still good, is looked at in the transaction that commits "sending": what
// was stopped before that is not sent. Words are made then, in the person's language; a promise holds an id only, and the
// version of its form ([Keep]).
//
// # When
//
// A notice waits for the hours the person gave, and there is at most one to an address in an hour, however much happens
// ([Bundle]). A code was just asked for and goes at once; it is given up when it no longer works.
package post

import (
	"context"
	"errors"
	"time"

	"beside/internal/account/contact"
	"beside/internal/clock"
	"beside/internal/id"
	"beside/internal/lang"
	"beside/internal/store"
)

// Addresses as package contact keeps them.
type (
	// Channel is how a message travels.
	Channel = contact.Channel
	// Row is where an address stands: ids, no word of it.
	Row = contact.Row
	// Place is an address as its person keeps it.
	Place = contact.Place
)

// The channels.
const (
	Email = contact.Email
	Text  = contact.Text // a text message to a telephone
)

// Addresses is what post asks about addresses; package contact answers.
type Addresses interface {
	// Safe returns where a person may be written to now: what they marked safe and have confirmed.
	Safe(tx *store.Tx, who id.Person) ([]Row, error)
	// Open opens one address. It returns NotOpen for one that is no longer there.
	Open(ctx context.Context, who id.Person, item id.Item) (Place, error)
}

// Letter is a message as it is handed to a carrier.
type Letter struct {
	Key     id.Promise // under which the carrier sends it at most once, when it can
	To      string
	Name    string // whom it seems to come from, may be empty
	Subject string // of an e-mail
	Text    string
}

// Carrier takes letters of one channel to their people. It is safe for concurrent use.
type Carrier interface {
	// Send hands over a letter and returns what the carrier calls it, when it says. Its error is [ErrRefused],
	// [ErrNotTaken], or any other, which means that nobody knows whether the letter was taken.
	Send(ctx context.Context, l Letter) (reference string, err error)
}

var (
	// ErrRefused says that a carrier will never take this letter.
	ErrRefused = errors.New("post: refused for good")
	// ErrNotTaken says that a carrier has certainly not taken a letter, and may take it later.
	ErrNotTaken = errors.New("post: not taken now")
)

// Codes is what post asks about one-time codes.
type Codes interface {
	// Digits returns what is typed, and how many minutes a code works in all. It returns NotOpen for one that was used,
	// ended or is over.
	Digits(tx *store.Tx, code id.Code) (digits string, minutes int, err error)
}

// Config is what [New] needs.
type Config struct {
	DB        *store.DB
	Clock     clock.Clock
	IDs       *id.Maker
	Addresses Addresses
	Codes     Codes
	Languages *lang.Catalogues
	TZ        *time.Location // of the hours in which people may be written to
	// Carriers are those that there are. To a channel without one nothing is sent and nothing is queued.
	Carriers map[Channel]Carrier
	// Nudge, which is optional, has promises that are due looked for at once.
	Nudge func()
}

// Post is the outbox. It is safe for concurrent use.
type Post struct{ c Config }

// New returns the outbox of an installation.
func New(c Config) *Post {
	if c.TZ == nil {
		c.TZ = time.UTC
	}
	if c.Nudge == nil {
		c.Nudge = func() {}
	}
	return &Post{c}
}

// Carries reports whether something can be sent by a channel here.
func (p *Post) Carries(ch Channel) bool { return p.c.Carriers[ch] != nil }

// Nudge has what was queued sent at once; else that may take a second. Call it after the transaction.
func (p *Post) Nudge() { p.c.Nudge() }
