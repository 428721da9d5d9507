// Package attending keeps that a person was here: a day, how long, and a code for what it was. It is the organisation's own record
// of a meeting and holds no word of text, so that a slip for a court can tell that somebody came and nothing else. It exists beside the
// book, in which only its owner writes, and which nobody needs to open for a slip.
//
// A worker who walks with the person writes it down; the person sees it at once, and can say that it is wrong:
//
//	        Write                 Wrong                    Withdraw, by who wrote it
//	(none) ───────▶ [stands] ◀──────────▶ [said wrong] ─────────────────────────▶ [withdrawn]
//	                    │      not wrong                                              ▲
//	                    └─────────────────────────────────────────────────────────────┘
//
// What stands can go on a slip: the person makes it themselves (package outside), or the worker prints it and hands it to them.
// docs/decisions/0021-giving-outside.md says why it is as it is.
package attending

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/mutant"
	"beside/internal/store"
)

// Code says what a meeting was.
type Code string

// The codes. There is no other word about a meeting.
const (
	Met      Code = "met"      // two people in one place
	Call     Code = "call"     // by telephone or video
	Group    Code = "group"    // with others
	Together Code = "together" // they went somewhere together
)

// Codes are all codes, in the order of the screen.
func Codes() []Code { return []Code{Met, Call, Group, Together} }

const (
	// Unit is what a meeting is counted in, in minutes.
	Unit = 15
	// MaxUnits is the longest meeting: a day.
	MaxUnits = 24 * 60 / Unit
	// Back is how many days ago a meeting can be written down.
	Back = 31
)

// dayForm is how a day is written.
const dayForm = "2006-01-02"

// DayOf is the day on the wall at a time.
func DayOf(t clock.Time, tz *time.Location) string { return t.Std().In(tz).Format(dayForm) }

// TimeOf is noon UTC of a day, in microseconds UTC. It returns Invalid for what is no day.
func TimeOf(day string) (clock.Time, error) {
	t, err := time.Parse(dayForm, day)
	if err != nil {
		return 0, errs.New("attending: day", errs.Invalid, "errors.form_not_ours")
	}
	return clock.Of(t) + 12*clock.Hour, nil
}

// Config is what [New] needs.
type Config struct {
	DB     *store.DB
	Keeper *keeper.Keeper
	Clock  clock.Clock
}

// Attending keeps who was here when. It is safe for concurrent use.
type Attending struct {
	Config
	own   grant.Clause // on a row a, after one parameter of the query's own
	owns  grant.Clause // on a book k, after one
	walks grant.Clause // whether the worker may see the name of whose book k it is, after one
	// The same of the row book, for who locks it: nobody locks the book of another, and nobody sees by that whether it is there.
	locks, walkLocks grant.Clause
}

// New returns Attending over an installation's data.
func New(c Config) *Attending {
	return &Attending{
		Config: c,
		own:    grant.Own.Clause(grant.Columns{Book: "a.book"}, 2),
		owns:   grant.Own.Clause(grant.Columns{Book: "k.id"}, 2),
		walks:  grant.Read.Clause(grant.Columns{Book: "k.id", Section: "'" + string(book.SectionName) + "'"}, 2),
		locks:  grant.Own.Clause(grant.Columns{Book: "book.id"}, 2),

		walkLocks: grant.Read.Clause(grant.Columns{Book: "book.id", Section: "'" + string(book.SectionName) + "'"}, 2),
	}
}

func notOpen(op string) error { return errs.New("attending: "+op, errs.NotOpen, "") }

// Meeting is what a worker writes down.
type Meeting struct {
	Entry id.Entry // of the form: sent twice it is one
	Day   string   // [DayOf]
	Units int
	Code  Code
}

// check refuses what cannot be written down: Invalid with the fields "day", "units" and "code".
func (m Meeting) check(now clock.Time) error {
	var c errs.Check
	if t, err := TimeOf(m.Day); err != nil || t < now-Back*clock.Day || t > now+2*clock.Day {
		c.Add("day", "errors.choose_listed")
	}
	if m.Units < 1 || m.Units > MaxUnits {
		c.Add("units", "errors.choose_listed")
	}
	if !slices.Contains(Codes(), m.Code) {
		c.Add("code", "errors.choose_listed")
	}
	return c.Err("attending: check")
}

// AttendedOf is the id of what is written down with a form.
func AttendedOf(e id.Entry) id.Attended { a, _ := id.FromBytes[id.Attended](e.Bytes()); return a }

// walking locks a book that is not erased, and returns NotOpen unless who walks with its owner as a worker now.
func (x *Attending) walking(tx *store.Tx, who grant.Subject, b id.Book) error {
	query, lock, args := x.walks.SQL, x.walkLocks.SQL, x.walks.Args(who, x.Clock.Now(), b)
	if mutant.On("attended-anybody") {
		query, lock, args = `1 = 1`, `1 = 1`, args[:1]
	}
	n, err := tx.Exec(`UPDATE book SET seq = seq WHERE id = $1 AND erased_at = 0 AND `+lock, args...)
	if err != nil {
		return err
	}
	var walks bool
	if err := tx.Row(`SELECT COUNT(*) > 0 FROM book AS k WHERE k.id = $1 AND `+query, args...).Scan(&walks); err != nil {
		return err
	}
	if n == 0 || !walks || who.Hat != book.HatWorker {
		return notOpen("walking")
	}
	return nil
}

// Write is a worker writing down that the owner of book b, with whom they walk, was here. It returns NotOpen to everybody else,
// AlreadyKept when the form wrote down something else, and Invalid with fields.
func (x *Attending) Write(ctx context.Context, who grant.Subject, b id.Book, m Meeting) error {
	const op = "attending: write"
	now := x.Clock.Now()
	if err := m.check(now); err != nil {
		return err
	}
	return errs.Wrap(op, x.DB.Update(ctx, func(tx *store.Tx) error {
		if err := x.walking(tx, who, b); err != nil {
			return err
		}
		a := AttendedOf(m.Entry)
		var r Attended
		err := r.scan(tx.Row(`SELECT `+rowColumns+` FROM attended AS a WHERE a.id = $1`, a).Scan)
		switch {
		case err == nil && r.Book == b && r.Worker == who.Person && r.Day == m.Day && r.Units == m.Units && r.Code == m.Code:
			return nil
		case err == nil:
			return errs.New(op, errs.AlreadyKept, "")
		case !store.IsNone(err):
			return err
		}
		var community id.Community
		if err := tx.Row(`SELECT m.community FROM membership AS m WHERE m.person = $1 AND m.hat = 'worker' AND m.until > $2 ORDER BY m.since DESC LIMIT 1`, who.Person, now).Scan(&community); err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO attended (id, community, book, worker, day, units, code, made_at, wrong_at, withdrawn_at, printed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, 0, 0)`,
			a, community, b, who.Person, m.Day, m.Units, string(m.Code), now)
		if err != nil {
			return err
		}
		return x.record(tx, a)
	}))
}

// Attended is a meeting that was written down.
type Attended struct {
	ID          id.Attended
	Book        id.Book
	Worker      id.Person
	Day         string // [DayOf]
	Units       int
	Code        Code
	MadeAt      clock.Time
	WrongAt     clock.Time // when the person said that it is wrong, 0 while they do not
	WithdrawnAt clock.Time // when the worker took it back, 0 before
	PrintedAt   clock.Time // when the worker last printed a slip of it, 0 before
	community   id.Community
}

// Stands reports whether nobody says that it was otherwise.
func (a Attended) Stands() bool { return a.WrongAt == 0 && a.WithdrawnAt == 0 }

// Mine returns to the owner of a book when they were here, the newest day first, also what was withdrawn. For everybody else
// there is nothing.
func (x *Attending) Mine(ctx context.Context, who grant.Subject, b id.Book) (all []Attended, err error) {
	query, args := x.own.SQL, x.own.Args(who, x.Clock.Now(), b)
	if mutant.On("attended-seen") {
		query, args = `1 = 1`, args[:1]
	}
	err = x.DB.View(ctx, func(tx *store.Tx) (err error) {
		all, err = find(tx, `a.book = $1 AND `+query, args...)
		return err
	})
	return all, errs.Wrap("attending: mine", err)
}

// Theirs returns to a worker who walks with the owner of a book what they wrote down themselves, with the owner's name: that is a
// look, written down for its owner. It returns NotOpen to everybody else.
func (x *Attending) Theirs(ctx context.Context, who grant.Subject, b id.Book) (name book.Text, all []Attended, err error) {
	const op = "attending: theirs"
	if who.Hat != book.HatWorker {
		return name, nil, notOpen("theirs")
	}
	r, err := x.Keeper.Read(ctx, who, b, keeper.Want{Kind: book.KindName})
	if err != nil {
		return name, nil, errs.Wrap(op, err)
	}
	for _, p := range r.Items[0] {
		name = p.Body.(*book.Name).Words
	}
	err = x.DB.View(ctx, func(tx *store.Tx) (err error) {
		all, err = find(tx, `a.book = $1 AND a.worker = $2`, b, who.Person)
		return err
	})
	return name, all, errs.Wrap(op, err)
}

// Withdraw is the worker who wrote something down taking it back, while they walk with the person. It stays to be seen. It returns
// NotOpen to everybody else.
func (x *Attending) Withdraw(ctx context.Context, who grant.Subject, b id.Book, a id.Attended) error {
	return errs.Wrap("attending: withdraw", x.byWorker(ctx, who, b, a, `withdrawn_at = $1`, `withdrawn_at = 0`))
}

// Printed writes down that the worker who wrote something down prints a slip of it, for the person to have. It returns NotOpen to
// everybody else, and for what does not stand.
func (x *Attending) Printed(ctx context.Context, who grant.Subject, b id.Book, a id.Attended) error {
	return errs.Wrap("attending: printed", x.byWorker(ctx, who, b, a, `printed_at = $1`, `wrong_at = 0 AND withdrawn_at = 0`))
}

// byWorker changes a row of the worker's own where it is as it must be; one that was withdrawn stays so.
func (x *Attending) byWorker(ctx context.Context, who grant.Subject, b id.Book, a id.Attended, set, where string) error {
	return x.DB.Update(ctx, func(tx *store.Tx) error {
		if err := x.walking(tx, who, b); err != nil {
			return err
		}
		n, err := tx.Exec(`UPDATE attended SET `+set+` WHERE id = $2 AND book = $3 AND worker = $4 AND `+where, x.Clock.Now(), a, b, who.Person)
		if err != nil {
			return err
		}
		if n > 0 {
			return x.record(tx, a)
		}
		all, err := find(tx, `a.id = $1 AND a.book = $2 AND a.worker = $3 AND a.withdrawn_at > 0`, a, b, who.Person)
		if err == nil && (len(all) == 0 || set != `withdrawn_at = $1`) {
			err = notOpen("by worker")
		}
		return err
	})
}

// Wrong is the owner of a book saying that something is wrong, or that it is not after all. Said twice it is once. It returns NotOpen to
// everybody but the owner and for what is not about them.
func (x *Attending) Wrong(ctx context.Context, who grant.Subject, b id.Book, a id.Attended, wrong bool) error {
	return errs.Wrap("attending: wrong", x.DB.Update(ctx, func(tx *store.Tx) error {
		args := x.owns.Args(who, x.Clock.Now(), b)
		if _, err := tx.Exec(`UPDATE book SET seq = seq WHERE id = $1 AND `+x.locks.SQL, args...); err != nil {
			return err
		}
		var owns bool
		if err := tx.Row(`SELECT COUNT(*) > 0 FROM book AS k WHERE k.id = $1 AND k.erased_at = 0 AND `+x.owns.SQL, args...).Scan(&owns); err != nil {
			return err
		}
		all, err := find(tx, `a.id = $1 AND a.book = $2`, a, b)
		if err == nil && (!owns || len(all) == 0) {
			err = notOpen("wrong")
		}
		if err != nil || wrong == (all[0].WrongAt != 0) {
			return err
		}
		at := clock.Time(0)
		if wrong {
			at = x.Clock.Now()
		}
		if _, err := tx.Exec(`UPDATE attended SET wrong_at = $1 WHERE id = $2`, at, a); err != nil {
			return err
		}
		return x.record(tx, a)
	}))
}

// find finds what was written down, the newest day first.
func find(tx *store.Tx, where string, args ...any) (all []Attended, err error) {
	err = store.Each(tx, `SELECT `+rowColumns+` FROM attended AS a WHERE `+where+` ORDER BY a.day DESC, a.made_at DESC, a.id`, args, func(scan func(...any) error) error {
		var r Attended
		err := r.scan(scan)
		all = append(all, r)
		return err
	})
	return all, err
}

// Ordered returns in tx the days on which the owner of book b was here, from one to another ([DayOf]), where the order of a court that
// who has in hand names them ([grant.Handover]); at is a time in its span. What was withdrawn is not among them. Errors are those of the store.
func Ordered(tx *store.Tx, who grant.Subject, b id.Book, from, to string, now, at clock.Time) ([]Attended, error) {
	c := grant.Handover.Clause(grant.Columns{Book: "a.book", Section: "'" + grant.PartAttended + "'", At: "CAST($4 AS BIGINT)"}, 5)
	return find(tx, `a.book = $1 AND a.day >= $2 AND a.day <= $3 AND a.withdrawn_at = 0 AND `+c.SQL, c.Args(who, now, b, from, to, at)...)
}

// copied is a meeting as it stands in a copy of the book, described in docs/export.md.
type copied struct {
	ID          id.Attended `json:"id"`
	Worker      id.Person   `json:"worker"`
	Day         string      `json:"day"`
	Minutes     int         `json:"minutes"`
	Code        Code        `json:"code"`
	MadeAt      clock.Time  `json:"made_at"`
	WrongAt     clock.Time  `json:"wrong_at"`
	WithdrawnAt clock.Time  `json:"withdrawn_at"`
	PrintedAt   clock.Time  `json:"printed_at"`

	Community id.Community `json:"community"`
}

func (c *copied) row(b id.Book) keeper.AsideRow {
	a := Attended{ID: c.ID, Book: b, Worker: c.Worker, Day: c.Day, Units: c.Minutes / Unit, Code: c.Code, MadeAt: c.MadeAt, WrongAt: c.WrongAt, WithdrawnAt: c.WithdrawnAt, PrintedAt: c.PrintedAt, community: c.Community}
	return keeper.AsideRow{Kind: whichKind, ID: c.ID.Bytes(), Payload: a.payload()}
}

// Copy returns when the owner of a book was here, for a copy of the book ([keeper.Keeper.OnCopy]), the oldest first. For everybody else
// there is nothing.
func (x *Attending) Copy(ctx context.Context, who grant.Subject, b id.Book) ([]keeper.Aside, error) {
	list, err := x.Mine(ctx, who, b)
	var all []keeper.Aside
	for _, a := range slices.Backward(list) {
		c := copied{a.ID, a.Worker, a.Day, a.Units * Unit, a.Code, a.MadeAt, a.WrongAt, a.WithdrawnAt, a.PrintedAt, a.community}
		all = append(all, keeper.Aside{Shown: c, AsideRow: c.row(b)})
	}
	return all, err
}

// CheckCopied is the [keeper.CheckAside] of what [Attending.Copy] returns.
func CheckCopied(b id.Book, shown json.RawMessage) (row keeper.AsideRow, partly bool, err error) {
	var c copied
	err = json.Unmarshal(shown, &c)
	return c.row(b), false, err
}

// Forget takes away, in tx, what was written down about the owner of a book that is erased as a whole. Errors are those of the store.
func (x *Attending) Forget(tx *store.Tx, gone keeper.Erased) error {
	if !gone.Whole {
		return nil
	}
	err := x.Keeper.Queue().RemoveAll(tx, whichKind, `SELECT a.id, b.erased_at FROM attended AS a JOIN book AS b ON b.id = a.book WHERE a.book = $1 ORDER BY a.id`, gone.Book)
	if err == nil {
		_, err = tx.Exec(`DELETE FROM attended WHERE book = $1`, gone.Book)
	}
	return errs.Wrap("attending: forget", err)
}
