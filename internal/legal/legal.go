// Package legal keeps the papers by which a court or a lawyer asks for records, and what is handed over by one of them. It exists
// beside what a person gives themselves (package outside), as here somebody else decides: so it is narrow, needs two, and is told
// to the person.
//
// A paper alone opens nothing. It is written down without whom it is about, so that nobody has to look whether they are here:
//
//	        Keep, a request or another order
//	(none) ──────────────────────────────────▶ [kept]: there is a letter to answer with, and nothing else can be done
//
// An order of a court may: one of the team enters what it names, a second confirms just that, and then just that is put together. No
// page shows any of it; it can be taken as a file for a short time, by those two.
//
//	        Keep, an order        Name, by one             Confirm, by a second                SheetFor
//	(none) ────────────────▶ [kept] ──────────▶ [named] ──────────────────────▶ [put together] ────────▶ [gone]; that it left stays
//	                            └──── LayAside ────┴────▶ [laid aside]              └──▶ the owner is told, at once or when the order allows it
//
// A duty to report is an act of its own (reported.go): who had to tell an authority something writes down that they did. It opens
// nothing, can be added to and not changed, and is told to the person, with a reason some days later.
//
// docs/decisions/0024-courts.md says why it is as it is.
package legal

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/store"
)

// Kind is what a paper is.
type Kind string

// The kinds. Only [Order] can ever lead to anything being handed over.
const (
	Request Kind = "request" // a subpoena, a letter of a lawyer, a call of the police: whatever is no order of a court
	Order   Kind = "order"   // an order of a court that says it is made under 42 CFR part 2, subpart E
	Other   Kind = "other"   // an order of a court that does not say so
)

// Kinds are all kinds, in the order of the screen.
func Kinds() []Kind { return []Kind{Request, Order, Other} }

const (
	// MaxLine is the longest name or reference, in bytes.
	MaxLine = 300
	// MaxAsks is the longest text of what is asked for, in bytes.
	MaxAsks = 4000
	// Back is how many days ago a paper can have come.
	Back = 60
	// MostQuiet is how long an order can forbid telling the person here. Who has one that forbids it for longer asks the court.
	MostQuiet = 366 * clock.Day
)

// DayForm is how a day is written.
const DayForm = time.DateOnly

// Config is what [New] needs.
type Config struct {
	DB     *store.DB
	Keeper *keeper.Keeper
	Clock  clock.Clock
	// Limit bounds how often one of the team looks for a name. It returns TooOften.
	Limit func(ctx context.Context, member id.Person) error
	// Tell tells somebody, in tx, that something left their book by order of a court.
	Tell func(tx *store.Tx, owner id.Person) error
	// TellReport tells somebody, in tx, that somebody had to report something about them.
	TellReport func(tx *store.Tx, owner id.Person) error
	// Met returns the days on which the owner of a book was here that an order names ([grant.Handover], [grant.PartAttended]),
	// from one day to another; at is a time in its span.
	Met func(tx *store.Tx, who grant.Subject, b id.Book, from, to string, at clock.Time) ([]Met, error)
}

// Legal keeps papers of courts and lawyers. It is safe for concurrent use.
type Legal struct {
	Config
	own       grant.Clause // on a row r of ordered, after two parameters of the query's own
	ownReport grant.Clause // on a row x of reported, after two
	// Whether a worker may see the name of whose book it is: on a book k, and on the row book for who locks it, after one.
	walks, walkLocks grant.Clause
}

// New returns Legal over an installation's data.
func New(c Config) *Legal {
	name := "'" + string(book.SectionName) + "'"
	return &Legal{
		Config: c, own: grant.Own.Clause(grant.Columns{Book: "r.book"}, 3), ownReport: grant.Own.Clause(grant.Columns{Book: "x.book"}, 3),
		walks: grant.Read.Clause(grant.Columns{Book: "k.id", Section: name}, 2), walkLocks: grant.Read.Clause(grant.Columns{Book: "book.id", Section: name}, 2),
	}
}

func notOpen(op string) error { return errs.New("legal: "+op, errs.NotOpen, "") }

// Paper is what one of the team writes down of a paper.
type Paper struct {
	Entry      id.Entry // of the form: sent twice it is one
	Kind       Kind
	From       book.Text // the court or the lawyer
	Reference  book.Text // what they call it
	Asks       book.Text // what they ask for, without whom it is about
	Came       string    // the day, [DayForm]
	QuietUntil clock.Time
}

// facts are what is sealed of it.
type facts struct {
	From      string `json:"from"`
	Reference string `json:"reference"`
	Asks      string `json:"asks"`
}

// check refuses what cannot be written down: Invalid with the fields "kind", "from", "reference", "asks", "came" and "quiet".
func (p Paper) check(now clock.Time) error {
	var c errs.Check
	if !slices.Contains(Kinds(), p.Kind) {
		c.Add("kind", "errors.choose_listed")
	}
	for _, f := range []struct {
		name  string
		words book.Text
		blank string
		most  int
	}{{"from", p.From, "legal.from_blank", MaxLine}, {"reference", p.Reference, "legal.reference_blank", MaxLine}, {"asks", p.Asks, "legal.asks_blank", MaxAsks}} {
		switch s := f.words.Show(); {
		case f.words.Blank():
			c.Add(f.name, f.blank)
		case len(s) > f.most:
			c.Add(f.name, "errors.text_too_long")
		case !utf8.ValidString(s) || strings.ContainsRune(s, 0):
			c.Add(f.name, "errors.text_unreadable")
		}
	}
	if t, err := time.Parse(DayForm, p.Came); err != nil || clock.Of(t) < now-Back*clock.Day || clock.Of(t) > now+clock.Day {
		c.Add("came", "errors.choose_listed")
	}
	if q := p.QuietUntil; q != 0 && (p.Kind != Order || q <= now || q > now+MostQuiet) {
		c.Add("quiet", "legal.quiet_wrong")
	}
	return c.Err("legal: check")
}

// DemandOf is the id of what is written down with a form.
func DemandOf(e id.Entry) id.Demand { d, _ := id.FromBytes[id.Demand](e.Bytes()); return d }

// team returns the membership of the team by which who acts, with its community: else NotOpen.
func team(tx *store.Tx, who grant.Subject, now clock.Time) (m id.Membership, c id.Community, err error) {
	err = store.ErrNone
	if who.Hat == book.HatTeam {
		err = tx.Row(`SELECT id, community FROM membership WHERE person = $1 AND hat = 'team' AND until > $2 ORDER BY id LIMIT 1`, who.Person, now).Scan(&m, &c)
	}
	if store.IsNone(err) {
		err = notOpen("team")
	}
	return m, c, err
}

// oneOfTwo returns NotOpen to who is not in the team, and Changed to who does not count as one of two yet.
func oneOfTwo(tx *store.Tx, who grant.Subject, now clock.Time) error {
	m, _, err := team(tx, who, now)
	if err == nil {
		err = grant.OneOfTwo(tx, m, now)
	}
	return err
}

// sealPurpose is for what the words of papers are sealed, while no book holds them.
const sealPurpose = "papers of courts"

// Keep is one of the centre team writing down that a paper came. It returns NotOpen to everybody else, AlreadyKept when the form
// wrote down another, and Invalid with fields.
func (l *Legal) Keep(ctx context.Context, who grant.Subject, p Paper) (id.Demand, error) {
	const op = "legal: keep"
	d, now := DemandOf(p.Entry), l.Clock.Now()
	if err := p.check(now); err != nil {
		return d, err
	}
	said, err := json.Marshal(facts{p.From.Show(), p.Reference.Show(), p.Asks.Show()})
	if err != nil {
		return d, err
	}
	sealed, err := l.Keeper.SealHere(sealPurpose, d.Bytes(), book.NewText(string(said)))
	if err != nil {
		return d, errs.Wrap(op, err)
	}
	var before *row
	err = l.DB.Update(ctx, func(tx *store.Tx) error {
		before = nil
		_, c, err := team(tx, who, now)
		if err != nil {
			return err
		}
		n, err := tx.Exec(`INSERT INTO demand (id, community, kind, facts, came, quiet_until, member, made_at, over_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0) ON CONFLICT (id) DO NOTHING`,
			d, c, string(p.Kind), sealed, p.Came, p.QuietUntil, who.Person, now)
		if err != nil {
			return err
		}
		if n == 0 {
			var r row
			if err := r.scan(tx.Row(`SELECT `+rowColumns+` FROM demand AS d WHERE d.id = $1`, d).Scan); err != nil {
				return err
			}
			if r.member != who.Person || r.Kind != p.Kind || r.Came != p.Came || r.QuietUntil != p.QuietUntil {
				return errs.New(op, errs.AlreadyKept, "")
			}
			before = &r
			return nil
		}
		return l.record(tx, d)
	})
	if err == nil && before != nil {
		err = l.open(ctx, before)
		if err == nil && (before.From.Show() != p.From.Show() || before.Reference.Show() != p.Reference.Show() || before.Asks.Show() != p.Asks.Show()) {
			err = errs.New(op, errs.AlreadyKept, "")
		}
	}
	return d, errs.Wrap(op, err)
}

// Demand is a paper that came. It names nobody but who wrote it down.
type Demand struct {
	ID         id.Demand
	Kind       Kind
	From       book.Text
	Reference  book.Text
	Asks       book.Text
	Came       string // [DayForm]
	QuietUntil clock.Time
	Member     id.Person
	MadeAt     clock.Time
	OverAt     clock.Time // when an order was laid aside, 0 before
}

// All returns to the team every paper, the newest first. It returns NotOpen to others.
func (l *Legal) All(ctx context.Context, who grant.Subject) ([]Demand, error) {
	all, err := l.find(ctx, who, id.Demand{})
	return all, errs.Wrap("legal: all", err)
}

// One returns to the team one paper. It returns NotOpen to others and for one that is not there.
func (l *Legal) One(ctx context.Context, who grant.Subject, d id.Demand) (Demand, error) {
	all, err := l.find(ctx, who, d)
	if err == nil && len(all) == 0 {
		err = notOpen("one")
	}
	if err != nil {
		return Demand{}, errs.Wrap("legal: one", err)
	}
	return all[0], nil
}

func (l *Legal) find(ctx context.Context, who grant.Subject, one id.Demand) (all []Demand, err error) {
	var rows []row
	where, args := `1 = 1`, []any(nil)
	if !one.IsZero() {
		where, args = `d.id = $1`, []any{one}
	}
	err = l.DB.View(ctx, func(tx *store.Tx) error {
		rows = nil
		if _, _, err := team(tx, who, l.Clock.Now()); err != nil {
			return err
		}
		return store.Each(tx, `SELECT `+rowColumns+` FROM demand AS d WHERE `+where+` ORDER BY d.made_at DESC, d.id`, args, func(scan func(...any) error) error {
			var r row
			err := r.scan(scan)
			rows = append(rows, r)
			return err
		})
	})
	for _, r := range rows {
		if err == nil {
			err = l.open(ctx, &r)
			all = append(all, r.Demand)
		}
	}
	return all, err
}

// open opens the words of a paper, which a book holds once an order names one.
func (l *Legal) open(ctx context.Context, r *row) error {
	var said book.Text
	var err error
	if len(r.facts) > 0 {
		said, err = l.Keeper.OpenHere(sealPurpose, r.ID.Bytes(), r.facts)
	} else {
		var b id.Book
		var sealed []byte
		err = l.DB.Glance(ctx, func(tx *store.Tx) error {
			return tx.Row(`SELECT book, facts FROM ordered WHERE id = $1`, r.ID).Scan(&b, &sealed)
		})
		if err == nil {
			said, err = l.Keeper.OpenAside(ctx, b, itemOf(r.ID), entryOf(r.ID), sealed)
		}
	}
	if store.IsNone(err) || errs.Is(err, errs.NotOpen) { // the book was erased meanwhile
		return nil
	}
	var f facts
	if err == nil {
		err = json.Unmarshal([]byte(said.Show()), &f)
	}
	r.From, r.Reference, r.Asks = book.NewText(f.From), book.NewText(f.Reference), book.NewText(f.Asks)
	return err
}
