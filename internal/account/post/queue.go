package post

import (
	"encoding/json"
	"errors"

	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/promise"
	"beside/internal/store"
)

// Kind is the kind of the promises that [Post.Send] keeps.
const Kind promise.Kind = "send message"

// version is the newest form of their payload.
const version = 1

// payload is what such a promise holds.
type payload struct {
	Message id.Promise `json:"message"`
}

// The templates there are.
const (
	notice = "notice" // "You have a message"
	code   = "code"   // a one-time code that opens a book
	prove  = "prove"  // a one-time code that shows that an address is its person's
)

// Bundle is the shortest time between two notices to one address: what happens meanwhile is told by the second.
const Bundle = clock.Hour

// lasts is how long after it was made a message is of use. A code has its own end.
const lasts = 2 * clock.Day

// Notice queues "You have a message" to every address that a person marked safe, to be sent at a time or as soon after
// it as [Bundle] and their hours allow. about is the 16 bytes of the id of what happened. While one is under way to an
// address, that one tells of this too. Errors are those of the store.
func (p *Post) Notice(tx *store.Tx, who id.Person, about []byte, at clock.Time) error {
	const op = "post: notice"
	rows, err := p.c.Addresses.Safe(tx, who)
	if err != nil {
		return errs.Wrap(op, err)
	}
	for _, r := range rows {
		if !p.Carries(r.Channel) {
			continue
		}
		due, err := p.notBefore(tx, r, at)
		if err == nil {
			err = p.queue(tx, message{row: r, template: notice, about: about, due: due})
		}
		if err != nil {
			return errs.Wrap(op, err)
		}
	}
	return nil
}

// notBefore returns when a notice may be sent that should be at a time. A clock that was set back delays it by no more
// than [Bundle].
func (p *Post) notBefore(tx *store.Tx, r Row, at clock.Time) (clock.Time, error) {
	var due, tried clock.Time
	err := tx.Row(`SELECT m.due_at, m.last_at FROM message AS m WHERE m.person = $1 AND m.item = $2 AND m.template = 'notice' ORDER BY m.due_at DESC LIMIT 1`, r.Person, r.Item).Scan(&due, &tried)
	if errors.Is(err, store.ErrNone) {
		return at, nil
	}
	return max(at, min(max(due, tried), max(at, p.c.Clock.Now()))+Bundle), err
}

// SendCode queues a message with a one-time code to an address; confirms says that it is to show that the address is
// theirs, which may then be one that was not confirmed. A row without a person is one that nobody has: the same is
// written, and nothing will be sent. Errors are those of the store. Call [Post.Nudge] after the transaction.
func (p *Post) SendCode(tx *store.Tx, to Row, about id.Code, confirms bool) error {
	template := code
	if confirms {
		template = prove
	}
	return errs.Wrap("post: send code", p.queue(tx, message{row: to, template: template, about: about.Bytes(), due: p.c.Clock.Now()}))
}

// message is a row of the table message.
type message struct {
	id       id.Promise
	row      Row
	template string
	about    []byte
	made     clock.Time
	due      clock.Time
	state    string
	attempts int
	doubts   int
	over     clock.Time
}

// The states, as drawn in the comment of the package.
const (
	pending = "pending"
	sending = "sending"
	sent    = "sent"
	failed  = "failed"
	unknown = "unknown"
	stopped = "stopped"
)

// queue writes a message and the promise to send it. A notice beside one that is under way changes nothing.
func (p *Post) queue(tx *store.Tx, m message) error {
	m.id = id.New[id.Promise](p.c.IDs)
	m.made = p.c.Clock.Now()
	done, err := tx.Exec(`INSERT INTO message (id, person, item, channel, template, about, made_at, due_at, state, attempts, doubts, last_at, over_at, ref)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'pending', 0, 0, 0, 0, '') ON CONFLICT DO NOTHING`,
		m.id, m.row.Person, m.row.Item, string(m.row.Channel), m.template, m.about, m.made, m.due)
	if err != nil || done == 0 {
		return err
	}
	return p.promise(tx, m.id, m.id, m.due)
}

// promise promises that a message is sent, or looked at again, when due.
func (p *Post) promise(tx *store.Tx, pr, m id.Promise, due clock.Time) error {
	body, err := json.Marshal(payload{Message: m})
	if err != nil {
		return err
	}
	return promise.Set(tx, promise.Promise{ID: pr, Kind: Kind, Version: version, Subject: m.Bytes(), Payload: body, Due: due, Made: p.c.Clock.Now()})
}
