package ending

import (
	"context"
	"encoding/json"
	"fmt"

	"beside/internal/account"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/mutant"
	"beside/internal/promise"
	"beside/internal/store"
)

// ClosesAfter is the least time between saying that the place closes and the day on which it does. In
// docs/decisions/0017-endings.md it carries a star.
const ClosesAfter = 30 * clock.Day

// noticeDays are the days before a closing on which everybody is told of it, beside the day on which it was said.
var noticeDays = []int{30, 7, 1}

// The kinds of promises of a closing. Their subject is the closing; the payload of a notice says how many days before it is.
const (
	NoticePromise promise.Kind = "closing notice"
	ClosePromise  promise.Kind = "close"
)

// Closing is that the whole place closes.
type Closing struct {
	ID      id.Promise
	SaidAt  clock.Time
	OnAt    clock.Time // 0 when it does not close
	BegunAt clock.Time // when the erasing of all books was begun; 0 before
}

// Close says that the place closes on a day. It returns Invalid with the field "on" for a day that is less than [ClosesAfter]
// ahead, and Changed when a day stands already.
func (x *Endings) Close(ctx context.Context, on clock.Time) error {
	const op = "ending: close"
	now := x.Clock.Now()
	if on < now+ClosesAfter && !mutant.On("closed-early") {
		var c errs.Check
		c.Add("on", "errors.closing_soon")
		return c.Err(op)
	}
	c := Closing{ID: id.New[id.Promise](x.IDs), SaidAt: now, OnAt: on}
	return errs.Wrap(op, x.DB.Update(ctx, func(tx *store.Tx) error {
		stands, err := x.closing(tx)
		if err == nil && stands.OnAt != 0 {
			err = errs.New(op, errs.Changed, "errors.closing_stands")
		}
		if err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO closing (id, said_at, on_at, stopped_at, begun_at) VALUES ($1, $2, $3, 0, 0)`, c.ID, now, on)
		if err != nil {
			return err
		}
		if err := x.Keeper.Queue().Record(tx, closingKind, c.ID.Bytes(), closingRow(c, 0), now); err != nil {
			return err
		}
		return x.promiseClosing(tx, c)
	}))
}

func (x *Endings) promiseClosing(tx *store.Tx, c Closing) error {
	set := func(kind promise.Kind, payload string, due clock.Time) error {
		return promise.Set(tx, promise.Promise{ID: id.New[id.Promise](x.IDs), Kind: kind, Subject: c.ID.Bytes(), Payload: []byte(payload), Made: c.SaidAt, Due: due})
	}
	for _, days := range noticeDays {
		if err := set(NoticePromise, fmt.Sprintf(`{"days":%d}`, days), max(c.SaidAt, c.OnAt-clock.Time(days)*clock.Day)); err != nil {
			return err
		}
	}
	return set(ClosePromise, `{}`, c.OnAt)
}

// Stop takes back that the place closes, while the erasing has not begun. It returns Changed afterwards, and when nothing
// stands.
func (x *Endings) Stop(ctx context.Context) error {
	const op = "ending: stop"
	return errs.Wrap(op, x.DB.Update(ctx, func(tx *store.Tx) error {
		c, err := x.closing(tx)
		if err != nil {
			return err
		}
		now := x.Clock.Now()
		done, err := tx.Exec(`UPDATE closing SET stopped_at = $1 WHERE id = $2 AND stopped_at = 0 AND begun_at = 0`, now, c.ID)
		if err == nil && done == 0 {
			err = errs.New(op, errs.Changed, "errors.closing_none")
		}
		if err != nil {
			return err
		}
		for _, kind := range []promise.Kind{NoticePromise, ClosePromise} {
			if err := promise.DropAbout(tx, kind, c.ID.Bytes()); err != nil {
				return err
			}
		}
		return x.Keeper.Queue().Record(tx, closingKind, c.ID.Bytes(), closingRow(c, now), now)
	}))
}

// Closes tells everybody whether and when the place closes. Errors are those of the store.
func (x *Endings) Closes(ctx context.Context) (c Closing, err error) {
	err = x.DB.Glance(ctx, func(tx *store.Tx) (err error) {
		c, err = x.closing(tx)
		return err
	})
	return c, errs.Wrap("ending: closes", err)
}

func (x *Endings) closing(tx *store.Tx) (c Closing, err error) {
	err = tx.Row(`SELECT id, said_at, on_at, begun_at FROM closing WHERE stopped_at = 0 ORDER BY said_at DESC LIMIT 1`).Scan(&c.ID, &c.SaidAt, &c.OnAt, &c.BegunAt)
	return c, store.NotNone(err)
}

// Closed reports in tx whether the day has come on which the place closes: nobody new joins then.
func (x *Endings) Closed(tx *store.Tx) (bool, error) {
	c, err := x.closing(tx)
	return c.OnAt != 0 && x.Clock.Now() >= c.OnAt, err
}

// stands returns the closing that a promise is about, and whether it still is to be.
func (x *Endings) stands(ctx context.Context, p promise.Promise) (c Closing, is bool, err error) {
	about, err := id.FromBytes[id.Promise](p.Subject)
	if err != nil {
		return c, false, err
	}
	c, err = x.Closes(ctx)
	return c, c.ID == about && c.OnAt != 0, err
}

// batch is how many people or books one transaction is about.
const batch = 200

// KeepNotice says how a [NoticePromise] is kept: everybody who has a book is told once.
func (x *Endings) KeepNotice() promise.Keep {
	return promise.Keep{Reach: func(ctx context.Context, p promise.Promise) error {
		c, is, err := x.stands(ctx, p)
		if err != nil || !is {
			return errs.Wrap("ending: notice", err)
		}
		var before struct {
			Days int `json:"days"`
		}
		if err := json.Unmarshal(p.Payload, &before); err != nil {
			return errs.Wrap("ending: notice", err)
		}
		for more := true; more && err == nil; {
			more, err = x.tellSome(ctx, c, before.Days)
		}
		return errs.Wrap("ending: notice", err)
	}}
}

// tellSome tells some of those who were not told yet, and reports whether there may be more.
func (x *Endings) tellSome(ctx context.Context, c Closing, days int) (more bool, err error) {
	err = x.DB.Update(ctx, func(tx *store.Tx) error {
		var people []id.Person
		err := store.Each(tx, `SELECT a.person FROM account AS a WHERE NOT EXISTS (SELECT 1 FROM closing_told AS t WHERE t.closing = $1 AND t.days = $2 AND t.person = a.person)
			ORDER BY a.person LIMIT 200`, []any{c.ID, days}, func(scan func(...any) error) error {
			var p id.Person
			err := scan(&p)
			people = append(people, p)
			return err
		})
		if err != nil {
			return err
		}
		more = len(people) == batch
		for _, p := range people {
			done, err := tx.Exec(`INSERT INTO closing_told (closing, days, person) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, c.ID, days, p)
			if err == nil && done > 0 {
				err = x.Accounts.Happens(tx, p, account.HappenedClosing, id.Device{})
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	return more, err
}

// KeepClose says how a [ClosePromise] is kept: every book that is there is erased by the same means as any.
func (x *Endings) KeepClose() promise.Keep {
	return promise.Keep{Reach: func(ctx context.Context, p promise.Promise) error {
		c, is, err := x.stands(ctx, p)
		if err != nil || !is {
			return errs.Wrap("ending: close", err)
		}
		err = x.DB.Update(ctx, func(tx *store.Tx) error {
			if err := x.Keeper.Vouched(tx, closingKind, c.ID.Bytes(), closingRow(c, 0)); err != nil {
				return err
			}
			_, err := tx.Exec(`UPDATE closing SET begun_at = $1 WHERE id = $2 AND begun_at = 0 AND stopped_at = 0`, x.Clock.Now(), c.ID)
			return err
		})
		for more := true; more && err == nil; {
			more, err = x.endSome(ctx, c)
		}
		return errs.Wrap("ending: close", err)
	}}
}

// endSome settles the end of some books whose end is not settled yet, and reports whether there may be more.
func (x *Endings) endSome(ctx context.Context, c Closing) (more bool, err error) {
	err = x.DB.Update(ctx, func(tx *store.Tx) error {
		more = false
		begun, err := tx.Exec(`UPDATE closing SET begun_at = begun_at WHERE id = $1 AND begun_at > 0 AND stopped_at = 0`, c.ID)
		if err != nil || begun == 0 {
			return err
		}
		var books []id.Book
		err = store.Each(tx, `SELECT b.id FROM book AS b WHERE b.erased_at = 0 AND NOT EXISTS (SELECT 1 FROM ending AS e WHERE e.book = b.id AND e.why = 'closed' AND e.over_at = 0)
			ORDER BY b.id LIMIT 200`, nil, func(scan func(...any) error) error {
			var b id.Book
			err := scan(&b)
			books = append(books, b)
			return err
		})
		if err != nil {
			return err
		}
		more = len(books) == batch
		for _, b := range books {
			err := x.Keeper.SetEnding(tx, keeper.Ending{ID: id.New[id.Entry](x.IDs), Book: b, Why: book.WhyClosed, MadeAt: c.SaidAt, DueAt: c.OnAt})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return more, err
}

// ClosingCertificate says how far the closing of a place is. It names nobody.
type ClosingCertificate struct {
	Closing
	There     int // books that are there still
	Held      int // of these, those that wait for the end of a hold
	Erased    int // books erased because the place closes
	Unsettled int // erasings of any kind after which a program, or an older copy of the keys, could still open something
	SureAt    clock.Time
	Earlier   int // books that were erased before, each by its owner's wish
}

// Done reports whether nothing is left.
func (c ClosingCertificate) Done() bool { return c.BegunAt != 0 && c.There == 0 && c.Unsettled == 0 }

// CertifyClosing tells how far it is. Errors are those of the store.
func (x *Endings) CertifyClosing(ctx context.Context) (c ClosingCertificate, err error) {
	err = x.DB.View(ctx, func(tx *store.Tx) error {
		if c.Closing, err = x.closing(tx); err != nil {
			return err
		}
		return tx.Row(`SELECT (SELECT COUNT(*) FROM book WHERE erased_at = 0),
			(SELECT COUNT(*) FROM book AS b JOIN hold AS h ON h.book = b.id AND h.ended_at = 0 WHERE b.erased_at = 0),
			(SELECT COUNT(*) FROM erasing WHERE whole = 1 AND why = 'closed'),
			(SELECT COUNT(*) FROM erasing WHERE sure_at = 0),
			(SELECT COALESCE(MAX(sure_at), 0) FROM erasing),
			(SELECT COUNT(*) FROM erasing WHERE whole = 1 AND why <> 'closed')`).Scan(&c.There, &c.Held, &c.Erased, &c.Unsettled, &c.SureAt, &c.Earlier)
	})
	return c, errs.Wrap("ending: certify closing", err)
}

// Holds tells the team which holds stand: since when, until when and by what order. Of whom it does not tell. It returns
// NotOpen to others.
func (x *Endings) Holds(ctx context.Context, who grant.Subject) (all []keeper.Hold, err error) {
	err = x.DB.View(ctx, func(tx *store.Tx) error {
		if _, err := membershipOf(tx, who, x.Clock.Now()); err != nil {
			return err
		}
		all, err = x.Keeper.Holds(tx)
		return err
	})
	return all, errs.Wrap("ending: holds", err)
}
