package asking

import (
	"crypto/sha256"
	"encoding/binary"

	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/promise"
	"beside/internal/store"
)

// What is promised about a question while it is open; the subject is the question.
const (
	// RemindPromise is the kind of promise that the reader is reminded.
	RemindPromise promise.Kind = "why remind"
	// LatePromise is the kind of promise that the rest of the team, and the owner, are told that there is no answer.
	LatePromise promise.Kind = "why late"
)

// lookAgain is how often it is looked whether somebody who was said to have died is here after all.
const lookAgain = clock.Day

// promise promises in tx what must happen when a question is not answered.
func (a *Asking) promise(tx *store.Tx, q id.Question, at clock.Time) error {
	for kind, after := range map[promise.Kind]clock.Time{RemindPromise: RemindAfter, LatePromise: TeamAfter} {
		if err := set(tx, q, kind, at, at+after); err != nil {
			return err
		}
	}
	return nil
}

// set sets a promise whose id follows from what it is, so that there is never a second.
func set(tx *store.Tx, q id.Question, kind promise.Kind, made, due clock.Time) error {
	h := sha256.Sum256(binary.BigEndian.AppendUint64(append([]byte("beside "+kind+"\x00"), q.Bytes()...), uint64(due)))
	p, _ := id.FromBytes[id.Promise](h[:16]) // 16 bytes never fail
	return promise.Set(tx, promise.Promise{ID: p, Kind: kind, Subject: q.Bytes(), Made: made, Due: due})
}

// KeepRemind says how a [RemindPromise] is kept.
func (a *Asking) KeepRemind() promise.Keep {
	return promise.Keep{Effect: func(tx *store.Tx, p promise.Promise) error {
		r, open, err := a.stillOpen(tx, p)
		if err != nil || !open {
			return errs.Wrap("asking: remind", err)
		}
		now := a.Clock.Now()
		if _, err = tx.Exec(`UPDATE why SET reminded_at = $1 WHERE id = $2`, now, r.id); err == nil {
			err = a.Nudge(tx, r.Reader, p.ID.Bytes(), now)
		}
		return errs.Wrap("asking: remind", err)
	}}
}

// KeepLate says how a [LatePromise] is kept.
func (a *Asking) KeepLate() promise.Keep {
	return promise.Keep{Effect: func(tx *store.Tx, p promise.Promise) error {
		r, open, err := a.stillOpen(tx, p)
		if err == nil && open {
			err = a.late(tx, r, p)
		}
		return errs.Wrap("asking: late", err)
	}}
}

func (a *Asking) late(tx *store.Tx, r row, p promise.Promise) error {
	now := a.Clock.Now()
	var others []id.Person
	err := store.Each(tx, `SELECT DISTINCT m.person FROM membership AS m JOIN book AS k ON k.id = $1 WHERE m.hat = 'team' AND m.until > $2 AND m.person <> $3 AND m.person <> k.owner`,
		[]any{r.book, now, r.Reader}, func(scan func(...any) error) error {
			var who id.Person
			err := scan(&who)
			others = append(others, who)
			return err
		})
	if err != nil {
		return err
	}
	told := 0
	if len(others) > 0 {
		told = 1
	}
	n, err := tx.Exec(`UPDATE why SET late_at = $1, told = $2 WHERE id = $3 AND late_at = 0`, now, told, r.id)
	if err != nil || n == 0 {
		return err
	}
	if err := a.record(tx, r.id); err != nil {
		return err
	}
	for _, who := range others {
		if err := a.Nudge(tx, who, p.ID.Bytes(), now); err != nil {
			return err
		}
	}
	return a.tellOwner(tx, r.book, NewsLate)
}

// stillOpen returns the question of a promise while it is open and its reader is here. Of a reader who is not, the owner is told
// once; while the owner is said to have died it is promised anew.
func (a *Asking) stillOpen(tx *store.Tx, p promise.Promise) (r row, open bool, err error) {
	q, err := id.FromBytes[id.Question](p.Subject)
	if err != nil {
		return r, false, err
	}
	n, err := tx.Exec(`UPDATE why SET asked_at = asked_at WHERE id = $1 AND answered_at = 0`, q) // an answer comes before or after
	if err != nil || n == 0 {
		return r, false, err
	}
	now := a.Clock.Now()
	var erased, alive bool
	err = tx.Row(`SELECT `+rowColumns+`, CASE WHEN `+here("q.reader", "q.hat", "q.asked_at", "$2")+` THEN 1 ELSE 0 END,
		CASE WHEN k.erased_at <> 0 THEN 1 ELSE 0 END, CASE WHEN `+lives("q.book")+` THEN 1 ELSE 0 END
		FROM why AS q JOIN book AS k ON k.id = q.book WHERE q.id = $1`, q, now).Scan(append(r.fields(), &r.Here, &erased, &alive)...)
	switch {
	case err != nil || erased:
		return r, false, err
	case !alive:
		return r, false, set(tx, q, p.Kind, now, now+lookAgain)
	case !r.Here:
		return r, false, a.gone(tx, r, now)
	}
	return r, true, nil
}

// gone tells the owner, once, that no answer will come.
func (a *Asking) gone(tx *store.Tx, r row, now clock.Time) error {
	n, err := tx.Exec(`UPDATE why SET gone_at = $1 WHERE id = $2 AND gone_at = 0`, now, r.id)
	if err != nil || n == 0 {
		return err
	}
	return a.tellOwner(tx, r.book, NewsGone)
}
