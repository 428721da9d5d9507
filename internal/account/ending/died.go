package ending

import (
	"context"

	"beside/internal/account"
	"beside/internal/account/limit"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/mutant"
	"beside/internal/store"
)

// What an organisation may come to set otherwise. In docs/decisions/0017-endings.md they carry a star.
const (
	// AfterDays is how many days after a death the book is erased, when its owner did not say otherwise.
	AfterDays = 30
	// ReadsFor is how long after a death others can read what was given to them, if it does not end before.
	ReadsFor = 30 * clock.Day
	// SaidLasts is how long a second of the team has to say the same.
	SaidLasts = 7 * clock.Day
	// claimLasts is how long a member of the team may look for a name.
	claimLasts = 30 * clock.Minute
)

// Choices are the days between which a person chooses, in the order of the screen: the default, and how long the book may stay
// closed before it is erased.
func Choices() []int { return []int{AfterDays, 365, 5*365 + 1, 3652} }

// yesNeeded is how many of the team have to say that somebody has died.
const yesNeeded = 2

// triesName bounds how often one of the team may look for a name.
var triesName = limit.Limit{Name: "died name", AtOnce: 10, Every: 10 * clock.Minute}

// Death is that somebody is said to have died. It names nobody.
type Death struct {
	ID     id.Entry // of the act by which the book will be erased
	Book   id.Book
	Person id.Person
	SaidAt clock.Time // when the first said so
	Since  clock.Time // when the second did; 0 before
	DueAt  clock.Time // when the book will be erased; 0 before
	Mine   bool       // who asks said so themselves
}

const deathColumns = `d.id, d.book, d.person, d.said_at, d.since, COALESCE((SELECT MAX(x.due_at) FROM ending AS x WHERE x.book = d.book AND x.why = 'died' AND x.over_at = 0), 0)`

func (d *Death) fields() []any {
	return []any{&d.ID, &d.Book, &d.Person, &d.SaidAt, &d.Since, &d.DueAt}
}

// standing is the condition that a death d stands: it was said by two, or by one not long ago; $1 is when that was.
const standing = `d.over_at = 0 AND (d.since > 0 OR d.said_at > $1)`

// membershipOf returns the membership of the team by which who acts: else NotOpen.
func membershipOf(tx *store.Tx, who grant.Subject, now clock.Time) (m id.Membership, err error) {
	err = store.ErrNone
	if who.Hat == book.HatTeam {
		err = tx.Row(`SELECT id FROM membership WHERE person = $1 AND hat = 'team' AND until > $2 ORDER BY id LIMIT 1`, who.Person, now).Scan(&m)
	}
	if store.IsNone(err) {
		err = notOpen("team")
	}
	return m, err
}

// oneOfTwo is the same for who counts as one of two: else Changed.
func oneOfTwo(tx *store.Tx, who grant.Subject, now clock.Time) (m id.Membership, err error) {
	if m, err = membershipOf(tx, who, now); err == nil {
		err = grant.OneOfTwo(tx, m, now)
	}
	return m, err
}

// Find is a member of the team looking for the name of somebody who has died. It returns at most [keeper.MostFound] names, and
// whether there are more; each is a look, which its owner sees, if they are here after all. Nobody is found who has a role
// here, or whom the member knows from their own life. Errors: Invalid with the field "name", NotOpen to others than the team,
// Changed to who does not count as one of two yet ([grant.OneOfTwo]), TooOften.
func (x *Endings) Find(ctx context.Context, who grant.Subject, typed string) (list []keeper.FoundName, more bool, err error) {
	const op = "ending: find"
	var m id.Membership
	err = x.DB.Update(ctx, func(tx *store.Tx) (err error) {
		now := x.Clock.Now()
		if m, err = oneOfTwo(tx, who, now); err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO death_claim (member, until) VALUES ($1, $2) ON CONFLICT (member) DO UPDATE SET until = excluded.until`, who.Person, now+claimLasts)
		return err
	})
	if err == nil {
		err = x.Accounts.Limits.Take(ctx, triesName, who.Person.Bytes())
	}
	if err != nil {
		return nil, false, errs.Wrap(op, err)
	}
	under, _ := id.FromBytes[id.Request](m.Bytes()) // what the look was made under; 16 bytes never fail
	list, more, err = x.Keeper.FindByName(ctx, who, under, book.PurposeDied, typed)
	return list, more, errs.Wrap(op, err)
}

// Say is a member of the team saying that the owner of a book has died. The first has the person told, where it is safe to
// write, so that they can say that they are here; when a second says the same, it holds ([Death]). Saying it again changes
// nothing. It reports whether two have said it. It returns NotOpen to others than the team, about whom [Endings.Find] does not
// find, and when it was not looked for a name lately; and Changed to who does not count as one of two yet.
func (x *Endings) Say(ctx context.Context, who grant.Subject, b id.Book) (both bool, err error) {
	const op = "ending: say"
	wait, err := x.waitAfter(ctx, who, b)
	if err != nil {
		return false, errs.Wrap(op, err)
	}
	first := id.New[id.Entry](x.IDs)
	err = x.DB.Update(ctx, func(tx *store.Tx) error {
		now := x.Clock.Now()
		m, err := oneOfTwo(tx, who, now)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(`UPDATE book SET seq = seq WHERE id = $1`, b); err != nil { // of two who say it at once one comes second
			return err
		}
		owner, err := x.Keeper.MayFind(tx, who, b)
		if err != nil {
			return err
		}
		d, err := x.open(tx, Death{ID: first, Book: b, Person: owner, SaidAt: now})
		if err != nil {
			return err
		}
		if err := x.say(tx, yes{d.ID, who.Person, m, now}); err != nil {
			return err
		}
		both, err = x.bothSaid(tx, d, now, wait)
		return err
	})
	return both, errs.Wrap(op, err)
}

// say writes down that one of the team has said it, once.
func (x *Endings) say(tx *store.Tx, y yes) error {
	done, err := tx.Exec(`INSERT INTO death_yes (death, member, through, at) VALUES ($1, $2, $3, $4) ON CONFLICT (death, member) DO NOTHING`, y.death, y.member, y.through, y.at)
	if err != nil || done == 0 {
		return err
	}
	return x.Keeper.Queue().Record(tx, yesKind, y.id(), y.payload(), y.at)
}

// waitAfter returns how long after a death the book of somebody who may be found is erased. What the owner said of it is read
// for this, and shown to nobody.
func (x *Endings) waitAfter(ctx context.Context, who grant.Subject, b id.Book) (clock.Time, error) {
	var owner id.Person
	err := x.DB.Glance(ctx, func(tx *store.Tx) (err error) {
		owner, err = x.Keeper.MayFind(tx, who, b)
		return err
	})
	if err != nil {
		return 0, err
	}
	r, err := x.Keeper.Read(ctx, grant.Subject{Person: owner, Hat: book.HatSelf}, b, keeper.Want{Kind: book.KindAbout})
	if err != nil {
		return 0, err
	}
	days := AfterDays
	for _, p := range r.Items[0] {
		if a, ok := p.Body.(*book.About); ok && a.AfterDays > 0 {
			days = a.AfterDays
		}
	}
	return clock.Time(days) * clock.Day, nil
}

// open returns the death of a book that is said already, or begins one and has the person told.
func (x *Endings) open(tx *store.Tx, begun Death) (d Death, err error) {
	err = tx.Row(`SELECT `+deathColumns+` FROM death AS d WHERE `+standing+` AND d.book = $2`, begun.SaidAt-SaidLasts, begun.Book).Scan(d.fields()...)
	if !store.IsNone(err) {
		return d, err
	}
	// One that a second never said is over.
	var late id.Entry
	err = tx.Row(`UPDATE death SET over_at = $1 WHERE book = $2 AND over_at = 0 RETURNING id`, begun.SaidAt, begun.Book).Scan(&late)
	if err == nil {
		err = x.recordDeath(tx, late)
	}
	if store.NotNone(err) != nil {
		return d, err
	}
	_, err = tx.Exec(`INSERT INTO death (id, book, person, said_at, since, reads_until, over_at) VALUES ($1, $2, $3, $4, 0, 0, 0)`, begun.ID, begun.Book, begun.Person, begun.SaidAt)
	if err == nil {
		err = x.recordDeath(tx, begun.ID)
	}
	if err != nil {
		return d, err
	}
	return begun, x.Accounts.Happens(tx, begun.Person, account.HappenedDeathSaid, id.Device{})
}

// bothSaid has a death hold when two have said so who are in the team now: sessions end, and the book will be erased. That
// nothing is sent and nothing suggested any more follows from the row.
func (x *Endings) bothSaid(tx *store.Tx, d Death, now, wait clock.Time) (bool, error) {
	needed := yesNeeded
	if mutant.On("one-says") {
		needed = 1
	}
	if d.Since > 0 {
		return true, nil
	}
	var yes int
	err := tx.Row(`SELECT COUNT(*) FROM death_yes AS y WHERE y.death = $1
		AND EXISTS (SELECT 1 FROM membership AS m WHERE m.id = y.through AND m.person = y.member AND m.hat = 'team' AND m.until > $2 AND `+grant.CountsOfTwo("y.at")+`)`, d.ID, now).Scan(&yes)
	if err != nil || yes < needed {
		return false, err
	}
	if _, err := tx.Exec(`UPDATE death SET since = $1, reads_until = $2 WHERE id = $3`, now, now+ReadsFor, d.ID); err != nil {
		return false, err
	}
	if err := x.recordDeath(tx, d.ID); err != nil {
		return false, err
	}
	if err := x.Keeper.SetEnding(tx, keeper.Ending{ID: d.ID, Book: d.Book, Why: book.WhyDied, MadeAt: now, DueAt: now + wait}); err != nil {
		return false, err
	}
	if err := x.Accounts.EndSessions(tx, d.Person); err != nil {
		return false, err
	}
	return true, x.Accounts.Happens(tx, d.Person, account.HappenedDied, id.Device{})
}

// Said tells the team which deaths are said and stand, the newest first. It names nobody. It returns NotOpen to others.
func (x *Endings) Said(ctx context.Context, who grant.Subject) (all []Death, err error) {
	err = x.DB.View(ctx, func(tx *store.Tx) error {
		all = nil
		now := x.Clock.Now()
		if _, err := membershipOf(tx, who, now); err != nil {
			return err
		}
		return store.Each(tx, `SELECT `+deathColumns+`, CASE WHEN EXISTS (SELECT 1 FROM death_yes AS y WHERE y.death = d.id AND y.member = $2) THEN 1 ELSE 0 END
			FROM death AS d WHERE `+standing+` ORDER BY d.said_at DESC, d.id`, []any{now - SaidLasts, who.Person}, func(scan func(...any) error) error {
			var d Death
			var mine int
			err := scan(append(d.fields(), &mine)...)
			d.Mine = mine == 1
			all = append(all, d)
			return err
		})
	})
	return all, errs.Wrap("ending: said", err)
}

// TakeBack is a member of the team saying that it is not so. One is enough: all is as it was. It returns NotOpen to others
// than the team, and for a death that does not stand.
func (x *Endings) TakeBack(ctx context.Context, who grant.Subject, death id.Entry) error {
	return errs.Wrap("ending: take back", x.DB.Update(ctx, func(tx *store.Tx) error {
		now := x.Clock.Now()
		if _, err := membershipOf(tx, who, now); err != nil {
			return err
		}
		var d Death
		err := tx.Row(`SELECT `+deathColumns+` FROM death AS d WHERE `+standing+` AND d.id = $2 AND d.person <> $3`, now-SaidLasts, death, who.Person).Scan(d.fields()...)
		if store.IsNone(err) {
			return notOpen("take back")
		} else if err != nil {
			return err
		}
		return x.undo(tx, d, account.HappenedDeathBack)
	}))
}

// undo makes all as it was.
func (x *Endings) undo(tx *store.Tx, d Death, why account.Happened) error {
	if _, err := tx.Exec(`UPDATE book SET seq = seq WHERE id = $1`, d.Book); err != nil { // of who says it and who takes it back one comes second
		return err
	}
	done, err := tx.Exec(`UPDATE death SET over_at = $1 WHERE id = $2 AND over_at = 0`, x.Clock.Now(), d.ID)
	if err != nil || done == 0 {
		return err
	}
	if err := x.recordDeath(tx, d.ID); err != nil {
		return err
	}
	if _, err := x.Keeper.TakeBackEnding(tx, d.Book, book.WhyDied); err != nil {
		return err
	}
	return x.Accounts.Happens(tx, d.Person, why, id.Device{})
}

// Here is the person of a session saying that they are here: all is as it was. When nobody said otherwise it changes nothing.
// It returns NotOpen in another hat than their own.
func (x *Endings) Here(ctx context.Context, s account.Session) error {
	if s.Hat != book.HatSelf {
		return notOpen("here")
	}
	return errs.Wrap("ending: here", x.DB.Update(ctx, func(tx *store.Tx) error {
		d, is, err := x.deathOf(tx, s.Person)
		if err != nil || !is {
			return err
		}
		return x.undo(tx, d, account.HappenedHere)
	}))
}

// DeathOf returns what is said of the person of a session, and whether anything is. It returns NotOpen in another hat than
// their own.
func (x *Endings) DeathOf(ctx context.Context, s account.Session) (d Death, is bool, err error) {
	if s.Hat != book.HatSelf {
		return d, false, notOpen("death of")
	}
	err = x.DB.Glance(ctx, func(tx *store.Tx) (err error) {
		d, is, err = x.deathOf(tx, s.Person)
		return err
	})
	return d, is, errs.Wrap("ending: death of", err)
}

func (x *Endings) deathOf(tx *store.Tx, who id.Person) (d Death, is bool, err error) {
	err = tx.Row(`SELECT `+deathColumns+` FROM death AS d WHERE `+standing+` AND d.person = $2`, x.Clock.Now()-SaidLasts, who).Scan(d.fields()...)
	return d, err == nil, store.NotNone(err)
}

// Forget takes away, in tx, what was said of the owner of a book that is erased as a whole. Errors are those of the store.
func (x *Endings) Forget(tx *store.Tx, b id.Book, owner id.Person) error {
	if err := x.recordForgotten(tx, b); err != nil {
		return errs.Wrap("ending: forget", err)
	}
	for _, q := range []string{
		`DELETE FROM death_yes WHERE death IN (SELECT id FROM death WHERE book = $1)`,
		`DELETE FROM death WHERE book = $1`,
	} {
		if _, err := tx.Exec(q, b); err != nil {
			return errs.Wrap("ending: forget", err)
		}
	}
	_, err := tx.Exec(`DELETE FROM death_claim WHERE member = $1`, owner)
	return errs.Wrap("ending: forget", err)
}

// recordForgotten queues that what was said of the owner of a book goes.
func (x *Endings) recordForgotten(tx *store.Tx, b id.Book) error {
	gone := map[string][][]byte{}
	err := eachYes(tx, `death IN (SELECT id FROM death WHERE book = $1)`, []any{b}, func(y yes) { gone[yesKind] = append(gone[yesKind], y.id()) })
	if err == nil {
		err = store.Each(tx, `SELECT id FROM death WHERE book = $1`, []any{b}, func(scan func(...any) error) error {
			var d id.Entry
			err := scan(&d)
			gone[deathKind] = append(gone[deathKind], d.Bytes())
			return err
		})
	}
	for _, kind := range []string{yesKind, deathKind} {
		for _, row := range gone[kind] {
			if err == nil {
				err = x.Keeper.Queue().RecordRemoved(tx, kind, row, x.Clock.Now())
			}
		}
	}
	return err
}
