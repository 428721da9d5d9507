package recovery

import (
	"context"
	"slices"

	"beside/internal/account"
	"beside/internal/account/paper"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/mutant"
	"beside/internal/store"
	"beside/internal/vault"
)

// How is how somebody made sure who asks.
type How string

// The ways of making sure.
const (
	WithThem How = "with_them" // they are in one place
	Voice    How = "voice"     // they spoke, and know the voice
	Passkey  How = "passkey"   // they are sure otherwise, and showed by their own passkey who they are
)

// standing is what follows from the yeses of a request that still stand.
type standing struct {
	yes   int
	opens clock.Time // 0 while too few said yes
}

// standingSQL are the yeses that still stand: those of holders who may help now, and of members who are in the team now and counted
// as one of two when they said it.
// Nobody says yes to themselves.
func standingSQL(k Kind) string {
	if k != ByHolders {
		return `SELECT y.at FROM login_yes AS y JOIN membership AS m ON m.id = y.through AND m.person = y.who AND m.hat = 'team' AND m.until > $2 AND ` + grant.CountsOfTwo("y.at") + `
			JOIN login_request AS r ON r.id = y.request AND r.person <> y.who WHERE y.request = $1 ORDER BY y.at`
	}
	return `SELECT y.at FROM login_yes AS y JOIN holder AS h ON h.id = y.through AND h.holder = y.who AND h.active_at <= $2
		JOIN login_request AS r ON r.id = y.request AND r.person = h.person AND r.person <> y.who WHERE y.request = $1 ORDER BY y.at`
}

// wait is how long a request rests after the second yes.
func (k Kind) wait() clock.Time {
	switch {
	case mutant.On("wait-skipped"), k == Vouched:
		return 0
	case k == AtDesk:
		return WaitDesk
	}
	return WaitHolders
}

func (r *Recovery) standing(tx *store.Tx, q request, now clock.Time) (s standing, err error) {
	needed := yesNeeded
	if mutant.On("one-yes") {
		needed = 1
	}
	err = store.Each(tx, standingSQL(q.kind), []any{q.id, now}, func(scan func(...any) error) error {
		var at clock.Time
		err := scan(&at)
		if s.yes++; s.yes == needed {
			s.opens = at + q.kind.wait()
		}
		return err
	})
	return s, err
}

// ready reports whether enough people said yes and the wait is over. Being vouched for is soon over itself.
func (q request) ready(now clock.Time) bool {
	return q.standing.opens != 0 && now >= q.standing.opens && (q.kind != Vouched || now < q.standing.opens+VouchLasts)
}

// say writes down a yes in tx. The same person saying it again changes nothing.
func (r *Recovery) say(tx *store.Tx, q request, who id.Person, through []byte, how How) error {
	var last clock.Time
	if err := tx.Row(`SELECT COALESCE(MAX(at), 0) FROM login_yes WHERE request = $1`, q.id).Scan(&last); err != nil {
		return err
	}
	_, err := tx.Exec(`INSERT INTO login_yes (request, who, through, how, at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (request, who) DO UPDATE SET through = excluded.through, how = excluded.how, at = excluded.at WHERE login_yes.through <> excluded.through`,
		q.id, who, through, string(how), max(r.Clock.Now(), q.asked, last))
	return err
}

// Asker is somebody who asks to come back in, as a holder of theirs may see it.
type Asker struct {
	Note    book.Text // what the holder calls them
	AskedAt clock.Time
}

const askerSQL = `SELECT r.id, h.id, h.note, r.asked_at FROM login_request AS r JOIN holder AS h ON h.person = r.person AND h.holder = $1 AND h.active_at <= $2
	WHERE r.code_hash = $3 AND r.kind = 'holders' AND r.stopped_at = 0 AND r.used_at = 0 AND r.until > $2`

// found is an open request of somebody whom a holder may help.
type found struct {
	request id.Request
	holder  id.Holder
	note    []byte
	asked   clock.Time
}

func (r *Recovery) foundBy(tx *store.Tx, s account.Session, code string, now clock.Time) (f found, err error) {
	err = tx.Row(askerSQL, s.Person, now, r.codeHash(paper.Read(code, codeSigns))).Scan(&f.request, &f.holder, &f.note, &f.asked)
	if store.IsNone(err) {
		err = wrongCode("find asker")
	}
	return f, err
}

// FindAsker returns who told a holder a spoken code. It returns Invalid with the field "code" for every code that is not one
// of somebody whom they may help now; NotOpen in another hat than their own, TooOften.
func (r *Recovery) FindAsker(ctx context.Context, s account.Session, code string) (Asker, error) {
	const op = "recovery: find asker"
	if s.Hat != book.HatSelf {
		return Asker{}, notOpen("find asker")
	}
	if err := r.Accounts.Limits.Take(ctx, triesCode, s.Person.Bytes()); err != nil {
		return Asker{}, errs.Wrap(op, err)
	}
	var f found
	err := r.DB.Glance(ctx, func(tx *store.Tx) (err error) {
		f, err = r.foundBy(tx, s, code, r.Clock.Now())
		return err
	})
	if err != nil {
		return Asker{}, errs.Wrap(op, err)
	}
	note, err := r.note(ctx, s, f.holder, vault.Sealed(f.note))
	return Asker{Note: note, AskedAt: f.asked}, errs.Wrap(op, err)
}

// Confirm is a holder's yes. It returns Invalid with the fields "code" and "how", NotOpen in another hat than their own or
// when they showed too long ago who they are, and TooOften.
func (r *Recovery) Confirm(ctx context.Context, s account.Session, code string, how How) error {
	const op = "recovery: confirm"
	if s.Hat != book.HatSelf || !s.Fresh(r.Clock.Now(), account.FreshToSend) {
		return notOpen("confirm")
	}
	if err := r.Accounts.Limits.Take(ctx, triesCode, s.Person.Bytes()); err != nil {
		return errs.Wrap(op, err)
	}
	if !slices.Contains(r.Hows(s), how) {
		return noHow(op)
	}
	return errs.Wrap(op, r.DB.Update(ctx, func(tx *store.Tx) error {
		f, err := r.foundBy(tx, s, code, r.Clock.Now())
		if err != nil {
			return err
		}
		q, err := r.lock(tx, f.request, ``)
		if err == nil && !q.open(r.Clock.Now()) {
			err = wrongCode("confirm")
		}
		if err != nil {
			return err
		}
		return r.say(tx, q, s.Person, f.holder.Bytes(), how)
	}))
}

// Hows are the ways in which a holder can say that they made sure: by a passkey only who came in by theirs just now.
func (r *Recovery) Hows(s account.Session) []How {
	hows := []How{WithThem, Voice}
	if s.Way == account.WayPasskey && s.Fresh(r.Clock.Now(), account.FreshToSend) {
		hows = append(hows, Passkey)
	}
	return hows
}
