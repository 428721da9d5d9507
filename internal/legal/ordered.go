package legal

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
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
	"beside/internal/promise"
	"beside/internal/store"
)

// What an organisation may come to set otherwise. In docs/decisions/0024-courts.md they carry a star.
const (
	// SheetFor is how long what was put together can be taken.
	SheetFor = 14 * clock.Day
	// claimLasts is how long one of the team has an order in hand, to find a name for it.
	claimLasts = 30 * clock.Minute
	// MaxBytes is the most that is handed over at once.
	MaxBytes = 8 << 20
	// tapFor is how long the same form gives the bytes once more, as after a double tap, without that being written down again.
	tapFor = 5 * clock.Minute
)

// The kinds of promises: that the bytes go, and that the owner is told. Both name an order as their subject.
const (
	GonePromise promise.Kind = "court sheet gone"
	TellPromise promise.Kind = "tell of court order"
)

// PartsNamed are what an order can name, in the order of the screen: sections of a book, [grant.PartAttended], [grant.PartLooked].
func PartsNamed() []string {
	var all []string
	for _, s := range book.Givable() {
		all = append(all, string(s))
	}
	return append(all, grant.PartAttended, grant.PartLooked)
}

// Named is what an order names, as one of the team enters it.
type Named struct {
	Book     id.Book // of whom it is about, as [Legal.Find] found them
	Parts    []string
	From, To string         // the first and the last day, [DayForm]
	TZ       *time.Location // of these days; none is UTC
}

// check returns when its days begin and end. It returns Invalid with the fields "parts", "since" and "to".
func (n Named) check() (from, to clock.Time, err error) {
	var c errs.Check
	if len(n.Parts) == 0 || slices.ContainsFunc(n.Parts, func(p string) bool { return !slices.Contains(PartsNamed(), p) }) {
		c.Add("parts", "legal.parts_none")
	}
	if n.TZ == nil {
		n.TZ = time.UTC
	}
	first, err := time.ParseInLocation(DayForm, n.From, n.TZ)
	if err != nil {
		c.Add("since", "legal.day_wrong")
	}
	last, err := time.ParseInLocation(DayForm, n.To, n.TZ)
	if err != nil || last.Before(first) {
		c.Add("to", "legal.day_wrong")
	}
	return clock.Of(first), clock.Of(last.AddDate(0, 0, 1)), c.Err("legal: name")
}

// order returns an order that stands and is in the state that is asked for. It returns NotOpen for every other.
func (l *Legal) order(tx *store.Tx, d id.Demand, named bool) (r row, err error) {
	err = r.scan(tx.Row(`SELECT `+rowColumns+` FROM demand AS d WHERE d.id = $1 AND d.kind = 'order' AND d.over_at = 0
		AND (SELECT COUNT(*) FROM ordered AS r WHERE r.id = d.id) = $2`, d, map[bool]int{true: 1}[named]).Scan)
	if store.IsNone(err) {
		err = notOpen("order")
	}
	return r, err
}

// Find is one of the team looking for the name of whom an order is about: the first to enter what it names, a second to confirm it.
// Each name that is found is a look, which its owner sees; where the order forbids telling them, on the day that this ends. It
// returns at most [keeper.MostFound] names, and whether there are more. Errors: Invalid with the field "name", NotOpen to others
// than the team and for what is no order or was confirmed, Changed to who does not count as one of two yet ([grant.OneOfTwo]), TooOften.
func (l *Legal) Find(ctx context.Context, who grant.Subject, d id.Demand, typed string) (list []keeper.FoundName, more bool, err error) {
	const op = "legal: find"
	err = l.DB.Update(ctx, func(tx *store.Tx) error {
		now := l.Clock.Now()
		if err := oneOfTwo(tx, who, now); err != nil {
			return err
		}
		var there bool
		err := tx.Row(`SELECT COUNT(*) > 0 FROM demand AS d WHERE d.id = $1 AND d.kind = 'order' AND d.over_at = 0
			AND NOT EXISTS (SELECT 1 FROM ordered AS r WHERE r.id = d.id AND (r.confirmed_at > 0 OR r.entered_by = $2))`, d, who.Person).Scan(&there)
		if err == nil && !there {
			err = notOpen("find")
		}
		if err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO legal_claim (member, demand, until) VALUES ($1, $2, $3) ON CONFLICT (member) DO UPDATE SET demand = excluded.demand, until = excluded.until`, who.Person, d, now+claimLasts)
		return err
	})
	if err == nil && l.Limit != nil {
		err = l.Limit(ctx, who.Person)
	}
	if err != nil {
		return nil, false, errs.Wrap(op, err)
	}
	under, _ := id.FromBytes[id.Request](d.Bytes()) // 16 bytes never fail
	list, more, err = l.Keeper.FindByName(ctx, who, under, book.PurposeOrder, typed)
	return list, more, errs.Wrap(op, err)
}

// inHand returns NotOpen unless who has just this order in hand.
func inHand(tx *store.Tx, who grant.Subject, d id.Demand, now clock.Time) error {
	var has bool
	err := tx.Row(`SELECT COUNT(*) > 0 FROM legal_claim WHERE member = $1 AND demand = $2 AND until > $3`, who.Person, d, now).Scan(&has)
	if err == nil && !has {
		err = notOpen("in hand")
	}
	return err
}

// Name is one of the team entering what an order names, about somebody whom they have just found. Nothing is opened by it. It returns
// NotOpen to others than the team, for what is no order or has been named before, and about whom [Legal.Find] does not find; Changed
// to who does not count as one of two yet; and Invalid with the fields "parts", "since" and "to". Entered again the same by the same it is once.
func (l *Legal) Name(ctx context.Context, who grant.Subject, d id.Demand, n Named) error {
	const op = "legal: name"
	from, to, err := n.check()
	if err != nil {
		return err
	}
	papers, err := l.find(ctx, who, d)
	if err == nil && len(papers) == 0 {
		err = notOpen("name")
	}
	if err != nil {
		return errs.Wrap(op, err)
	}
	p := papers[0]
	said, err := json.Marshal(facts{p.From.Show(), p.Reference.Show(), p.Asks.Show()})
	if err != nil {
		return err
	}
	err = l.DB.Glance(ctx, func(tx *store.Tx) error { // before anything is sealed, so that a book that is not there is no other answer
		_, err := l.Keeper.MayFind(tx, who, n.Book)
		return err
	})
	if err != nil {
		return errs.Wrap(op, err)
	}
	sealed, err := l.Keeper.SealAside(ctx, n.Book, itemOf(d), entryOf(d), book.NewText(string(said)))
	if err != nil {
		return errs.Wrap(op, err)
	}
	return errs.Wrap(op, l.DB.Update(ctx, func(tx *store.Tx) error {
		now := l.Clock.Now()
		if err := oneOfTwo(tx, who, now); err != nil {
			return err
		}
		if _, err := l.Keeper.MayFind(tx, who, n.Book); err != nil { // nobody locks the book of another
			return err
		}
		if err := lock(tx, d, n.Book); err != nil {
			return err
		}
		if err := inHand(tx, who, d, now); err != nil {
			return err
		}
		if _, err := l.Keeper.MayFind(tx, who, n.Book); err != nil {
			return err
		}
		parts := slices.Compact(slices.Sorted(slices.Values(n.Parts)))
		if same, err := l.namedBefore(tx, who, d, n, parts); err != nil || same {
			return err
		}
		if _, err := l.order(tx, d, false); err != nil {
			return err
		}
		_, err := tx.Exec(`INSERT INTO ordered (id, book, facts, from_day, to_day, from_at, to_at, entered_by, entered_at, confirmed_by, confirmed_at, hash, told_at, over_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, NULL, 0, $10, 0, 0)`, d, n.Book, sealed, n.From, n.To, from, to, who.Person, now, []byte{})
		for _, part := range parts {
			if err == nil {
				_, err = tx.Exec(`INSERT INTO ordered_part (ordered, part) VALUES ($1, $2)`, d, part)
			}
		}
		if err == nil { // the book holds the words from now on, and they go with it
			_, err = tx.Exec(`UPDATE demand SET facts = $1 WHERE id = $2`, []byte{}, d)
		}
		if err == nil {
			err = l.record(tx, d)
		}
		if err == nil {
			err = l.recordOrdered(tx, d)
		}
		return err
	}))
}

// namedBefore reports whether who entered just this of an order that stands.
func (l *Legal) namedBefore(tx *store.Tx, who grant.Subject, d id.Demand, n Named, parts []string) (same bool, err error) {
	err = eachOrdered(tx, `r.id = $1`, d, func(_ id.Demand, o *Ordering) error {
		same = o.EnteredBy == who.Person && o.book == n.Book && o.overAt == 0 && o.FromDay == n.From && o.ToDay == n.To && slices.Equal(o.named, parts)
		return nil
	})
	return same, err
}

// lock locks a book that is not erased and a paper, in this order, as erasing does; it returns NotOpen when either is not there.
func lock(tx *store.Tx, d id.Demand, b id.Book) error {
	n, err := tx.Exec(`UPDATE book SET seq = seq WHERE id = $1 AND erased_at = 0`, b)
	if err == nil && n == 1 {
		n, err = tx.Exec(`UPDATE demand SET made_at = made_at WHERE id = $1`, d)
	}
	if err == nil && n == 0 {
		err = notOpen("lock")
	}
	return err
}

func itemOf(d id.Demand) id.Item   { it, _ := id.FromBytes[id.Item](d.Bytes()); return it }
func entryOf(d id.Demand) id.Entry { e, _ := id.FromBytes[id.Entry](d.Bytes()); return e }

// Met is one day on which somebody was here, as package attending has it.
type Met struct {
	Day   string // [DayForm]
	Units int
	Code  string
	Wrong bool // the person says that it is wrong
}

// Ordering is what an order names, and how far it has come. It does not say whom it is about.
type Ordering struct {
	Parts          []string
	FromDay, ToDay string // [DayForm]
	EnteredBy      id.Person
	EnteredAt      clock.Time
	ConfirmedBy    id.Person // none before
	ConfirmedAt    clock.Time
	Hash           string // of the bytes, SHA-256 in hexadecimal; empty before they were made
	ToldAt         clock.Time
	Taken          []Taking

	book     id.Book
	facts    []byte
	from, to clock.Time
	hash     []byte
	overAt   clock.Time
	named    []string // all that stands in ordered_part, for the log
}

// Taking is that one of the two took the bytes.
type Taking struct {
	Member id.Person
	At     clock.Time
}

// Until is when the bytes go, 0 before they were made.
func (o Ordering) Until() clock.Time {
	if o.ConfirmedAt == 0 {
		return 0
	}
	return o.ConfirmedAt + SheetFor
}

// Sheet is all that an order names, to be put together.
type Sheet struct {
	Demand
	Ordering
	keeper.Ordered
	Met  []Met
	Mark string // by chance, stands in it, so that nobody can find by trying what a hash was of
	At   clock.Time
}

// Part is a piece of what is handed over.
type Part struct {
	Item  id.Item // the thing whose words stand in it; none for what is of no thing
	Bytes []byte
	Gone  bool // it was erased since, and Bytes are none
}

// tries is how often an order is put together anew, while its book changes under it.
const tries = 5

// Confirm is a second of the team saying of an order the same as the first: that it names these records of this person, whom they found
// themselves. In one transaction it is confirmed, and what it names is put together by render and kept for [SheetFor]; the look is
// written down, and the owner will be told. Nothing is shown. Confirmed again by the same it is once. It returns NotOpen to
// everybody else, also who entered it, Changed to who does not count as one of two yet ([grant.OneOfTwo]), Invalid with the field "book"
// when the first found another or is not in the team any more, and TooLarge.
func (l *Legal) Confirm(ctx context.Context, who grant.Subject, d id.Demand, b id.Book, render func(Sheet) ([]Part, error)) error {
	const op = "legal: confirm"
	for range tries {
		s, done, err := l.gather(ctx, who, d, b)
		if err != nil || done {
			return errs.Wrap(op, err)
		}
		parts, err := render(s)
		if err != nil {
			return errs.Wrap(op, err)
		}
		again, err := l.handOver(ctx, who, s, parts)
		if err != nil || !again {
			return errs.Wrap(op, err)
		}
	}
	return errs.New(op, errs.Busy, "")
}

// firstHere holds for a row of ordered while who entered it is in the team, and counted as one of two then: two of it say the same, not one
// and somebody who was.
func firstHere(now string) string {
	return `EXISTS (SELECT 1 FROM membership AS m WHERE m.person = ordered.entered_by AND m.hat = 'team' AND m.until > ` + now + ` AND ` + grant.CountsOfTwo("ordered.entered_at") + `)`
}

// gather reads what an order names, for the second of the team; done when they confirmed it before.
func (l *Legal) gather(ctx context.Context, who grant.Subject, d id.Demand, b id.Book) (s Sheet, done bool, err error) {
	var r row
	err = l.DB.View(ctx, func(tx *store.Tx) (err error) {
		done = false
		now := l.Clock.Now()
		if err = oneOfTwo(tx, who, now); err != nil {
			return err
		}
		if r, err = l.order(tx, d, true); err != nil {
			return err
		}
		if s.Ordering, err = l.ordering(tx, d); err != nil {
			return err
		}
		if s.ConfirmedAt > 0 && s.ConfirmedBy == who.Person {
			done = true
			return nil
		}
		if s.ConfirmedAt > 0 || s.overAt > 0 || s.EnteredBy == who.Person && !mutant.On("order-alone") {
			return notOpen("confirm")
		}
		if err := inHand(tx, who, d, now); err != nil {
			return err
		}
		if _, err := l.Keeper.MayFind(tx, who, b); err != nil {
			return err
		}
		var here bool
		if err := tx.Row(`SELECT COUNT(*) > 0 FROM ordered WHERE id = $1 AND `+firstHere("$2"), d, now).Scan(&here); err != nil {
			return err
		}
		var c errs.Check
		switch {
		case s.book != b:
			c.Add("book", "legal.another_person")
		case !here:
			c.Add("book", "legal.first_gone")
		}
		return c.Err("legal: confirm")
	})
	if err != nil || done {
		return s, done, err
	}
	if err := l.open(ctx, &r); err != nil {
		return s, false, err
	}
	var mark [16]byte
	if _, err := rand.Read(mark[:]); err != nil {
		return s, false, err
	}
	s.Demand, s.Mark, s.At = r.Demand, hex.EncodeToString(mark[:]), l.Clock.Now()
	s.Ordered, err = l.Keeper.ReadOrdered(ctx, who, b, func(tx *store.Tx) (err error) {
		if err = inHand(tx, who, d, l.Clock.Now()); err != nil { // what was read is by the order that is in hand
			return err
		}
		if l.Met != nil {
			s.Met, err = l.Met(tx, who, b, s.FromDay, s.ToDay, s.from)
		}
		return err
	})
	return s, false, err
}

// handOver keeps what was put together, with all that follows from it, or nothing. again says that the book changed meanwhile.
func (l *Legal) handOver(ctx context.Context, who grant.Subject, s Sheet, parts []Part) (again bool, err error) {
	whole := Whole(parts)
	if len(whole) > MaxBytes {
		return false, errs.New("legal: hand over", errs.TooLarge, "")
	}
	sealed := make([][]byte, len(parts))
	for i, p := range parts {
		it := p.Item
		if it.IsZero() {
			it = itemOf(s.ID)
		}
		words := book.NewText(base64.StdEncoding.EncodeToString(p.Bytes)) // as a text its line ends could change
		sealed[i], err = l.Keeper.SealAside(ctx, s.book, it, keeper.Also(entryOf(s.ID), i+1), words)
		if errs.Is(err, errs.NotOpen) { // it was erased meanwhile
			return true, nil
		}
		if err != nil {
			return false, err
		}
	}
	hash := sha256.Sum256(whole)
	err = l.DB.Update(ctx, func(tx *store.Tx) error {
		again = false
		now := l.Clock.Now()
		if err := oneOfTwo(tx, who, now); err != nil {
			return err
		}
		if _, err := l.Keeper.MayFind(tx, who, s.book); err != nil { // nobody locks the book of another
			return err
		}
		n, err := tx.Exec(`UPDATE book SET seq = seq WHERE id = $1 AND seq = $2 AND erased_at = 0`, s.book, s.Seq)
		if err != nil || n == 0 {
			again = err == nil
			return err
		}
		if _, err := tx.Exec(`UPDATE demand SET made_at = made_at WHERE id = $1`, s.ID); err != nil {
			return err
		}
		if err := inHand(tx, who, s.ID, now); err != nil {
			return err
		}
		if _, err := l.Keeper.MayFind(tx, who, s.book); err != nil {
			return err
		}
		alone := ` AND entered_by <> $2`
		if mutant.On("order-alone") {
			alone = ``
		}
		n, err = tx.Exec(`UPDATE ordered SET confirmed_by = $2, confirmed_at = $3, hash = $4 WHERE id = $1 AND confirmed_at = 0 AND over_at = 0 AND `+firstHere("$3")+alone, s.ID, who.Person, now, hash[:])
		if err == nil && n == 0 {
			err = notOpen("hand over")
		}
		if err != nil {
			return err
		}
		return l.keepHanded(tx, who, s, parts, sealed, now)
	})
	return again, err
}

// keepHanded keeps, in the transaction in which an order is confirmed, the bytes, the look, and the promises.
func (l *Legal) keepHanded(tx *store.Tx, who grant.Subject, s Sheet, parts []Part, sealed [][]byte, now clock.Time) error {
	for i, p := range parts {
		it := p.Item
		if it.IsZero() {
			it = itemOf(s.ID)
		}
		if _, err := tx.Exec(`INSERT INTO ordered_bytes (ordered, n, item, sealed) VALUES ($1, $2, $3, $4)`, s.ID, i, it, sealed[i]); err != nil {
			return err
		}
	}
	var sections []book.Section
	for _, x := range book.Givable() {
		if slices.Contains(s.Parts, string(x)) {
			sections = append(sections, x)
		}
	}
	err := l.Keeper.LookedOrdered(tx, who, s.book, s.ID, sections, s.Ordered)
	if err == nil {
		err = promise.Set(tx, promise.Promise{ID: promiseOf(GonePromise, s.ID.Bytes(), s.book), Kind: GonePromise, Subject: s.ID.Bytes(), Due: now + SheetFor, Made: now})
	}
	if err == nil {
		err = promise.Set(tx, promise.Promise{ID: promiseOf(TellPromise, s.ID.Bytes(), s.book), Kind: TellPromise, Subject: s.ID.Bytes(), Due: max(now, s.QuietUntil), Made: now})
	}
	if err == nil {
		_, err = tx.Exec(`DELETE FROM legal_claim WHERE demand = $1`, s.ID)
	}
	if err == nil {
		err = l.recordOrdered(tx, s.ID)
	}
	return err
}

// promiseOf is the id of a promise about a row of a book: a row with the id of one that was erased with another book has its own.
func promiseOf(k promise.Kind, row []byte, b id.Book) id.Promise {
	h := sha256.Sum256(slices.Concat([]byte("beside "+string(k)+"\x00"), row, b.Bytes()))
	p, _ := id.FromBytes[id.Promise](h[:16]) // 16 bytes never fail
	return p
}

// KeepGone says how a [GonePromise] is kept: the bytes go, also while promises rest.
func (l *Legal) KeepGone() promise.Keep {
	return promise.Keep{Effect: func(tx *store.Tx, p promise.Promise) error {
		_, err := tx.Exec(`DELETE FROM ordered_bytes WHERE ordered = $1`, p.Subject)
		return errs.Wrap("legal: gone", err)
	}, Restless: true}
}

// KeepTell says how a [TellPromise] is kept: the owner is told that something left by order of a court.
func (l *Legal) KeepTell() promise.Keep {
	return promise.Keep{Effect: func(tx *store.Tx, p promise.Promise) error {
		const op = "legal: tell"
		var d id.Demand
		var owner id.Person
		err := tx.Row(`SELECT r.id, k.owner FROM ordered AS r JOIN book AS k ON k.id = r.book WHERE r.id = $1 AND r.confirmed_at > 0 AND r.told_at = 0`, p.Subject).Scan(&d, &owner)
		if store.IsNone(err) {
			return nil
		}
		if err == nil {
			_, err = tx.Exec(`UPDATE ordered SET told_at = $1 WHERE id = $2`, l.Clock.Now(), d)
		}
		if err == nil {
			err = l.recordOrdered(tx, d)
		}
		if err == nil && l.Tell != nil {
			err = l.Tell(tx, owner)
		}
		return errs.Wrap(op, err)
	}}
}

// LayAside is one of the team saying of an order that nothing is handed over by it; said again it is once. It can be entered anew as
// another paper. It returns NotOpen to others, and for what is no order or was confirmed.
func (l *Legal) LayAside(ctx context.Context, who grant.Subject, d id.Demand) error {
	return errs.Wrap("legal: lay aside", l.DB.Update(ctx, func(tx *store.Tx) error {
		now := l.Clock.Now()
		if _, _, err := team(tx, who, now); err != nil {
			return err
		}
		if _, err := tx.Exec(`UPDATE demand SET made_at = made_at WHERE id = $1`, d); err != nil { // of who confirms and who lays aside one comes second
			return err
		}
		var before bool
		if err := tx.Row(`SELECT COUNT(*) > 0 FROM demand WHERE id = $1 AND over_at > 0`, d).Scan(&before); err != nil || before {
			return err
		}
		n, err := tx.Exec(`UPDATE demand SET over_at = $1 WHERE id = $2 AND kind = 'order' AND over_at = 0 AND NOT EXISTS (SELECT 1 FROM ordered AS r WHERE r.id = demand.id AND r.confirmed_at > 0)`, now, d)
		if err == nil && n == 0 {
			err = notOpen("lay aside")
		}
		if err == nil {
			n, err = tx.Exec(`UPDATE ordered SET over_at = $1 WHERE id = $2`, now, d)
		}
		if err == nil && n > 0 {
			err = l.recordOrdered(tx, d)
		}
		if err == nil {
			_, err = tx.Exec(`DELETE FROM legal_claim WHERE demand = $1`, d)
		}
		if err == nil {
			err = l.record(tx, d)
		}
		return err
	}))
}

// Take gives the bytes to one of the two who said what an order names, while they are here, and writes that down first. e is the
// form's: sent twice within five minutes it is one taking. It returns NotOpen to everybody else, and when they are gone, and
// AlreadyKept when the form took something before that, or something else.
func (l *Legal) Take(ctx context.Context, who grant.Subject, d id.Demand, e id.Entry) (parts []Part, err error) {
	const op = "legal: take"
	var b id.Book
	var items []id.Item
	var sealed [][]byte
	err = l.DB.Update(ctx, func(tx *store.Tx) error {
		items, sealed = nil, nil
		now := l.Clock.Now()
		if _, _, err := team(tx, who, now); err != nil {
			return err
		}
		late := now - SheetFor
		if mutant.On("order-late") {
			late = -1 << 62
		}
		if _, err := tx.Exec(`UPDATE demand SET made_at = made_at WHERE id = $1`, d); err != nil { // whoever erases the book comes before or after
			return err
		}
		err := tx.Row(`SELECT r.book FROM ordered AS r WHERE r.id = $1 AND (r.entered_by = $2 OR r.confirmed_by = $2) AND r.confirmed_at > 0 AND r.confirmed_at > $3`, d, who.Person, late).Scan(&b)
		if store.IsNone(err) {
			err = notOpen("take")
		}
		if err == nil {
			err = l.taking(tx, who, d, e, now)
		}
		if err != nil {
			return err
		}
		err = store.Each(tx, `SELECT item, sealed FROM ordered_bytes WHERE ordered = $1 ORDER BY n`, []any{d}, func(scan func(...any) error) error {
			var it id.Item
			var s []byte
			err := scan(&it, &s)
			items, sealed = append(items, it), append(sealed, s)
			return err
		})
		if err == nil && len(sealed) == 0 {
			err = notOpen("take")
		}
		return err
	})
	if err != nil {
		return nil, errs.Wrap(op, err)
	}
	for i := range sealed {
		p := Part{Item: items[i]}
		plain, err := l.Keeper.OpenAside(ctx, b, items[i], keeper.Also(entryOf(d), i+1), sealed[i])
		switch {
		case len(sealed[i]) == 0 || errs.Is(err, errs.NotOpen):
			p.Gone = true
		case err != nil:
			return nil, errs.Wrap(op, err)
		default:
			if p.Bytes, err = base64.StdEncoding.DecodeString(plain.Show()); err != nil {
				return nil, errs.Wrap(op, err)
			}
		}
		parts = append(parts, p)
	}
	return parts, nil
}

// taking writes down that one of the two takes the bytes of an order with a form. It returns AlreadyKept for a form that was used
// for something else, or longer ago than [tapFor].
func (l *Legal) taking(tx *store.Tx, who grant.Subject, d id.Demand, e id.Entry, now clock.Time) error {
	n, err := tx.Exec(`INSERT INTO ordered_taken (id, ordered, member, at) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO NOTHING`, e, d, who.Person, now)
	if err != nil {
		return err
	}
	if n > 0 {
		return l.recordTaken(tx, e)
	}
	var same bool
	err = tx.Row(`SELECT COUNT(*) > 0 FROM ordered_taken WHERE id = $1 AND ordered = $2 AND member = $3 AND at > $4`, e, d, who.Person, now-tapFor).Scan(&same)
	if err == nil && !same {
		err = errs.New("legal: take", errs.AlreadyKept, "")
	}
	return err
}

// Whole returns the bytes of parts in their order.
func Whole(parts []Part) []byte {
	var b bytes.Buffer
	for _, p := range parts {
		b.Write(p.Bytes)
	}
	return b.Bytes()
}

// State tells the team what an order names and how far it has come; named is false while nobody entered that. It returns NotOpen to
// others, and for what is no order.
func (l *Legal) State(ctx context.Context, who grant.Subject, d id.Demand) (o Ordering, named bool, err error) {
	err = l.DB.View(ctx, func(tx *store.Tx) error {
		if _, _, err := team(tx, who, l.Clock.Now()); err != nil {
			return err
		}
		var there bool
		err := tx.Row(`SELECT COUNT(*) > 0 FROM demand WHERE id = $1 AND kind = 'order'`, d).Scan(&there)
		if err == nil && !there {
			err = notOpen("state")
		}
		if err != nil {
			return err
		}
		o, err = l.ordering(tx, d)
		if named = err == nil; store.IsNone(err) {
			err = nil
		}
		return err
	})
	return o, named, errs.Wrap("legal: state", err)
}

const orderedColumns = `r.id, r.book, r.facts, r.from_day, r.to_day, r.from_at, r.to_at, r.entered_by, r.entered_at, r.confirmed_by, r.confirmed_at, r.hash, r.told_at, r.over_at`

func (o *Ordering) scan(d *id.Demand, scan func(...any) error) error {
	err := scan(d, &o.book, &o.facts, &o.FromDay, &o.ToDay, &o.from, &o.to, &o.EnteredBy, &o.EnteredAt, &o.ConfirmedBy, &o.ConfirmedAt, &o.hash, &o.ToldAt, &o.overAt)
	o.Hash = hex.EncodeToString(o.hash)
	return err
}

// ordering reads what an order names. It returns [store.ErrNone] when nobody entered that.
func (l *Legal) ordering(tx *store.Tx, d id.Demand) (o Ordering, err error) {
	if err = o.scan(&d, tx.Row(`SELECT `+orderedColumns+` FROM ordered AS r WHERE r.id = $1`, d).Scan); err != nil {
		return o, err
	}
	return o, o.more(tx, d)
}

// more reads what stands beside its row.
func (o *Ordering) more(tx *store.Tx, d id.Demand) error {
	there := map[string]bool{}
	err := store.Each(tx, `SELECT part FROM ordered_part WHERE ordered = $1`, []any{d}, func(scan func(...any) error) error {
		var part string
		err := scan(&part)
		there[part] = true
		return err
	})
	for _, part := range PartsNamed() {
		if there[part] {
			o.Parts = append(o.Parts, part)
		}
	}
	if err != nil {
		return err
	}
	return store.Each(tx, `SELECT member, at FROM ordered_taken WHERE ordered = $1 ORDER BY at, id`, []any{d}, func(scan func(...any) error) error {
		var t Taking
		err := scan(&t.Member, &t.At)
		o.Taken = append(o.Taken, t)
		return err
	})
}

// Handed is what left a book by order of a court, as its owner reads it.
type Handed struct {
	Demand
	Ordering
}

// Mine returns to the owner of a book what left it by order of a court, the newest first. One that forbids telling them is told on
// the day that this ends. For everybody else there is nothing.
func (l *Legal) Mine(ctx context.Context, who grant.Subject, b id.Book) (all []Handed, err error) {
	var rows []row
	quiet := `d.quiet_until <= $2`
	if mutant.On("order-told") {
		quiet = `$2 >= 0`
	}
	var orders []Ordering
	err = l.DB.View(ctx, func(tx *store.Tx) error {
		rows, orders = nil, nil
		now := l.Clock.Now()
		err := store.Each(tx, `SELECT `+rowColumns+`, `+orderedColumns+` FROM ordered AS r JOIN demand AS d ON d.id = r.id WHERE r.book = $1 AND r.confirmed_at > 0 AND `+quiet+` AND `+l.own.SQL+` ORDER BY r.confirmed_at DESC, r.id`,
			l.own.Args(who, now, b, now), func(scan func(...any) error) error {
				var r row
				var o Ordering
				var d id.Demand
				err := r.scan(func(first ...any) error {
					return o.scan(&d, func(second ...any) error { return scan(append(first, second...)...) })
				})
				o.Hash = hex.EncodeToString(o.hash)
				rows, orders = append(rows, r), append(orders, o)
				return err
			})
		for i := range orders {
			if err == nil {
				err = orders[i].more(tx, rows[i].ID)
			}
		}
		return err
	})
	for i := range rows {
		if err == nil {
			err = l.open(ctx, &rows[i])
			all = append(all, Handed{rows[i].Demand, orders[i]})
		}
	}
	return all, errs.Wrap("legal: mine", err)
}

// copied is what left by order of a court as it stands in a copy of the book, described in docs/export.md.
type copied struct {
	ID          id.Demand    `json:"id"`
	From        string       `json:"from"`
	Reference   string       `json:"reference"`
	Asks        string       `json:"asks"`
	Came        string       `json:"came"`
	Parts       []string     `json:"parts"`
	FromDay     string       `json:"from_day"`
	ToDay       string       `json:"to_day"`
	EnteredBy   id.Person    `json:"entered_by"`
	EnteredAt   clock.Time   `json:"entered_at"`
	ConfirmedBy id.Person    `json:"confirmed_by"`
	ConfirmedAt clock.Time   `json:"confirmed_at"`
	QuietUntil  clock.Time   `json:"quiet_until"`
	Hash        string       `json:"hash"`
	TakenAt     []clock.Time `json:"taken_at"`
}

// Copy returns what left a book by order of a court, for a copy of it ([keeper.Keeper.OnCopy]), the oldest first. For everybody else
// there is nothing.
func (l *Legal) Copy(ctx context.Context, who grant.Subject, b id.Book) ([]keeper.Aside, error) {
	list, err := l.Mine(ctx, who, b)
	var all []keeper.Aside
	for _, h := range slices.Backward(list) {
		at := []clock.Time{}
		for _, t := range h.Taken {
			at = append(at, t.At)
		}
		all = append(all, keeper.Aside{Shown: copied{h.ID, h.From.Show(), h.Reference.Show(), h.Asks.Show(), h.Came, h.Parts, h.FromDay, h.ToDay, h.EnteredBy, h.EnteredAt, h.ConfirmedBy, h.ConfirmedAt, h.QuietUntil, h.Hash, at}})
	}
	return all, err
}

// Forget takes away, in tx, the words of what was erased for good out of what was put together of it. With a whole book goes all
// that an order named of it, the paper, and what was reported. Errors are those of the store.
func (l *Legal) Forget(tx *store.Tx, gone keeper.Erased) error {
	const op = "legal: forget"
	if !gone.Whole {
		for _, it := range gone.Items {
			if _, err := tx.Exec(`UPDATE ordered_bytes SET sealed = $1 WHERE item = $2 AND ordered IN (SELECT id FROM ordered WHERE book = $3)`, []byte{}, it, gone.Book); err != nil {
				return errs.Wrap(op, err)
			}
		}
		return nil
	}
	if err := l.forgetReports(tx, gone.Book); err != nil {
		return errs.Wrap(op, err)
	}
	// Who takes what was put together has locked the paper.
	if _, err := tx.Exec(`UPDATE demand SET made_at = made_at WHERE id IN (SELECT id FROM ordered WHERE book = $1)`, gone.Book); err != nil {
		return errs.Wrap(op, err)
	}
	var all []id.Demand
	err := store.Each(tx, `SELECT id FROM ordered WHERE book = $1`, []any{gone.Book}, func(scan func(...any) error) error {
		var d id.Demand
		err := scan(&d)
		all = append(all, d)
		return err
	})
	for _, d := range all { // before the rows, in the order in which they are kept
		for _, k := range []promise.Kind{GonePromise, TellPromise} {
			if err == nil {
				err = promise.DropAbout(tx, k, d.Bytes())
			}
		}
	}
	at := `SELECT x.id, b.erased_at FROM `
	for kind, from := range map[string]string{
		takenKind:   `ordered_taken AS x JOIN ordered AS r ON r.id = x.ordered`,
		orderedKind: `ordered AS x JOIN ordered AS r ON r.id = x.id`,
		demandKind:  `demand AS x JOIN ordered AS r ON r.id = x.id`,
	} {
		if err == nil {
			err = l.Keeper.Queue().RemoveAll(tx, kind, at+from+` JOIN book AS b ON b.id = r.book WHERE r.book = $1 ORDER BY x.id`, gone.Book)
		}
	}
	for _, d := range all {
		for _, q := range []string{
			`DELETE FROM ordered_bytes WHERE ordered = $1`, `DELETE FROM ordered_part WHERE ordered = $1`, `DELETE FROM ordered_taken WHERE ordered = $1`,
			`DELETE FROM legal_claim WHERE demand = $1`, `DELETE FROM ordered WHERE id = $1`, `DELETE FROM demand WHERE id = $1`,
		} {
			if err == nil {
				_, err = tx.Exec(q, d)
			}
		}
	}
	if err == nil {
		_, err = tx.Exec(`DELETE FROM legal_claim WHERE member = $1`, gone.Owner)
	}
	return errs.Wrap(op, err)
}
