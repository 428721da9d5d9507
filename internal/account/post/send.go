package post

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"time"

	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/mutant"
	"beside/internal/promise"
	"beside/internal/store"
)

const (
	// maxDoubts is how many tries of one message may end without anybody knowing what became of them.
	maxDoubts = 3
	// carryWithin is how long a carrier may take. It is well within the lease of a promise.
	carryWithin = 20 * time.Second
)

// Keep is how promises of [Kind] are kept.
func (p *Post) Keep() promise.Keep { return promise.Keep{Version: version, Reach: p.Send} }

// Send tries to send the message of a promise. It returns nil when the message is over, whatever became of it, or when
// it was promised anew for a later time; an error when it is to be tried again.
func (p *Post) Send(ctx context.Context, pr promise.Promise) error {
	const op = "post: send"
	var body payload
	if err := json.Unmarshal(pr.Payload, &body); err != nil {
		return errs.Wrap(op, err)
	}
	m, err := p.load(ctx, body.Message)
	if err != nil {
		return errs.Wrap(op, err)
	}
	if m.over != 0 {
		return nil
	}
	return errs.Wrap(op, p.send(ctx, m))
}

func (p *Post) load(ctx context.Context, m id.Promise) (out message, err error) {
	out.id = m
	err = p.c.DB.Glance(ctx, func(tx *store.Tx) error {
		return tx.Row(`SELECT person, item, channel, template, about, made_at, due_at, state, attempts, doubts, over_at FROM message WHERE id = $1`, m).
			Scan(&out.row.Person, &out.row.Item, &out.row.Channel, &out.template, &out.about, &out.made, &out.due, &out.state, &out.attempts, &out.doubts, &out.over)
	})
	if errors.Is(err, store.ErrNone) { // swept out: there is nothing left to do
		out.over, err = 1, nil
	}
	return out, err
}

func (p *Post) send(ctx context.Context, m message) error {
	now := p.c.Clock.Now()
	switch {
	case m.row.Person.IsZero():
		return p.end(ctx, m, stopped)
	case now-m.made > lasts:
		return p.end(ctx, m, m.lost(failed))
	case m.state == sending: // whoever tried it last died, or lost the database
		if m.doubts++; m.doubts >= maxDoubts {
			return p.end(ctx, m, unknown)
		}
	}
	carrier := p.c.Carriers[m.row.Channel]
	if carrier == nil {
		return errs.New("post: carrier", errs.Busy, "")
	}
	place, err := p.c.Addresses.Open(ctx, m.row.Person, m.row.Item)
	if errs.Is(err, errs.NotOpen) || err == nil && !m.fits(place) {
		return p.end(ctx, m, m.lost(stopped))
	}
	if err != nil {
		return err
	}
	if at := p.hours(place, now); m.template == notice && at > now {
		return p.later(ctx, m, at)
	}
	letter, err := p.begin(ctx, m, place)
	if errors.Is(err, errStopped) {
		return p.end(ctx, m, m.lost(stopped))
	}
	if err != nil {
		return err
	}
	m.attempts++
	return p.carry(ctx, m, carrier, letter)
}

// fits reports whether an address is marked for what is to be sent there.
func (m message) fits(to Place) bool {
	switch m.template {
	case notice:
		return to.Safe
	case code:
		return to.Confirmed && to.Opens
	}
	return true
}

// lost is the state of a message that is given up: unknown when a try of it may have reached somebody.
func (m message) lost(otherwise string) string {
	if m.state == unknown || m.state == sending {
		return unknown
	}
	return otherwise
}

// end ends a message without a try.
func (p *Post) end(ctx context.Context, m message, state string) error {
	return p.c.DB.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`UPDATE message SET state = $1, doubts = $2, over_at = $3 WHERE id = $4 AND over_at = 0 AND attempts = $5`,
			state, m.doubts, p.c.Clock.Now(), m.id, m.attempts)
		return err
	})
}

// later promises a notice anew, for when the person's hours begin. The new promise follows from the message and the time,
// so that a crash after it was set makes no second one.
func (p *Post) later(ctx context.Context, m message, at clock.Time) error {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(at))
	h := sha256.Sum256(append(append([]byte("beside message later\x00"), m.id.Bytes()...), b[:]...))
	next, _ := id.FromBytes[id.Promise](h[:16]) // 16 bytes never fail
	return p.c.DB.Update(ctx, func(tx *store.Tx) error {
		done, err := tx.Exec(`UPDATE message SET due_at = $1 WHERE id = $2 AND over_at = 0`, at, m.id)
		if err != nil || done == 0 {
			return err
		}
		return p.promise(tx, next, m.id, at)
	})
}

// hours returns when next it is within the hours in which a person may be written to: now, or when they begin.
func (p *Post) hours(to Place, now clock.Time) clock.Time {
	if to.From == to.Until {
		return now
	}
	local := now.Std().In(p.c.TZ)
	minute := local.Hour()*60 + local.Minute()
	within := to.From <= minute && minute < to.Until
	if to.From > to.Until { // over midnight
		within = minute >= to.From || minute < to.Until
	}
	if within {
		return now
	}
	day := local.Day()
	if minute >= to.From {
		day++
	}
	return clock.Of(time.Date(local.Year(), local.Month(), day, 0, to.From, 0, 0, p.c.TZ))
}

var errStopped = errors.New("post: no longer to be sent")

// begin commits that a message is being sent, if it may still be, and returns its words. Of two nodes that have come to
// the same try one goes on.
func (p *Post) begin(ctx context.Context, m message, to Place) (Letter, error) {
	var letter Letter
	err := p.c.DB.Update(ctx, func(tx *store.Tx) error {
		if since, err := promise.Resting(tx); err != nil {
			return err
		} else if since != 0 && !mutant.On("rest-unasked") {
			return errs.New("post: resting", errs.Busy, "")
		}
		digits, minutes, err := p.still(tx, m)
		if err != nil {
			return err
		}
		letter = p.words(m, to, digits, minutes)
		done, err := tx.Exec(`UPDATE message SET state = 'sending', attempts = attempts + 1, doubts = $1, last_at = $2 WHERE id = $3 AND over_at = 0 AND attempts = $4`,
			m.doubts, p.c.Clock.Now(), m.id, m.attempts)
		if err == nil && done == 0 {
			err = errs.New("post: begin", errs.Busy, "")
		}
		return err
	})
	return letter, err
}

// still makes sure that what a message is about still holds, and returns what a code's message says. It returns errStopped.
func (p *Post) still(tx *store.Tx, m message) (digits string, minutes int, err error) {
	if m.template != notice {
		about, err := id.FromBytes[id.Code](m.about)
		if err != nil {
			return "", 0, err
		}
		digits, minutes, err = p.c.Codes.Digits(tx, about)
		if errs.Is(err, errs.NotOpen) {
			err = errStopped
		}
		return digits, minutes, err
	}
	rows, err := p.c.Addresses.Safe(tx, m.row.Person)
	if err != nil {
		return "", 0, err
	}
	for _, r := range rows {
		if r.Item == m.row.Item {
			return "", 0, nil
		}
	}
	if mutant.On("stopped-notice") {
		return "", 0, nil
	}
	return "", 0, errStopped
}

// words are what is sent. They say nothing of who sends it but the name the person chose, and not even that where it is not
// known yet that the address is theirs: nobody has words of their own sent to a stranger.
func (p *Post) words(m message, to Place, digits string, minutes int) Letter {
	say := p.c.Languages.For(to.Lang)
	l := Letter{Key: m.id, To: to.To, Name: to.Name}
	if m.template == notice {
		l.Subject, l.Text = say.T("post.notice"), say.T("post.notice_text")
	} else {
		if m.template == prove && !mutant.On("name-to-strangers") {
			l.Name = ""
		}
		l.Subject = say.T("post.code")
		l.Text = say.T("post.code_text", "Code", digits, "Count", minutes)
	}
	if m.row.Channel == Text {
		l.Subject = ""
		if l.Name != "" {
			l.Text = say.T("post.from", "Name", l.Name, "Text", l.Text)
		}
	}
	return l
}

// carry hands a letter over and writes down what became of it, also when this node is stopping.
func (p *Post) carry(ctx context.Context, m message, c Carrier, l Letter) error {
	within, cancel := context.WithTimeout(ctx, carryWithin)
	defer cancel()
	ref, err := c.Send(within, l)
	after := context.WithoutCancel(ctx)
	switch {
	case err == nil:
		return p.took(after, m, ref)
	case errors.Is(err, ErrRefused):
		return p.became(after, m, failed, true)
	case errors.Is(err, ErrNotTaken) && m.doubts == 0:
		return p.again(after, m, pending)
	case errors.Is(err, ErrNotTaken):
		return p.again(after, m, unknown)
	}
	if m.doubts++; m.doubts >= maxDoubts {
		return p.became(after, m, unknown, true)
	}
	return p.again(after, m, unknown)
}

// maxRef is the longest reference of a carrier's that is kept, in bytes.
const maxRef = 128

// took writes down that a carrier has a message. That stands, whatever a node that was slower says.
func (p *Post) took(ctx context.Context, m message, ref string) error {
	return p.c.DB.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`UPDATE message SET state = 'sent', over_at = $1, ref = $2 WHERE id = $3 AND state <> 'sent'`, p.c.Clock.Now(), printable(ref), m.id)
		return err
	})
}

// printable keeps of a carrier's reference what can be stored and read.
func printable(ref string) string {
	out := make([]byte, 0, maxRef)
	for i := 0; i < len(ref) && len(out) < maxRef; i++ {
		if ref[i] > ' ' && ref[i] < 0x7f {
			out = append(out, ref[i])
		}
	}
	return string(out)
}

// became writes down what became of this try, unless another node has begun one since.
func (p *Post) became(ctx context.Context, m message, state string, over bool) error {
	return p.c.DB.Update(ctx, func(tx *store.Tx) error {
		var at clock.Time
		if over {
			at = p.c.Clock.Now()
		}
		_, err := tx.Exec(`UPDATE message SET state = $1, doubts = $2, over_at = $3 WHERE id = $4 AND state = 'sending' AND attempts = $5`,
			state, m.doubts, at, m.id, m.attempts)
		return err
	})
}

// again is became for a message that is to be tried again.
func (p *Post) again(ctx context.Context, m message, state string) error {
	if err := p.became(ctx, m, state, false); err != nil {
		return err
	}
	return errs.New("post: "+state, errs.Busy, "")
}

// keepFor is how long a message that is over is kept, for somebody to look at when one did not arrive.
const keepFor = 30 * clock.Day

// Sweep forgets messages that have been over for long. Errors are those of the store.
func (p *Post) Sweep(ctx context.Context) error {
	return errs.Wrap("post: sweep", p.c.DB.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`DELETE FROM message WHERE over_at > 0 AND over_at <= $1`, p.c.Clock.Now()-keepFor)
		return err
	}))
}
