package outside

import (
	"context"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/mutant"
	"beside/internal/store"
	"beside/internal/witness"
)

// A yes that lasts is for who needs the same page after every meeting, as for a court. It says that the person was here and can say
// nothing else: no letter, and nothing from their book. While it stands, a worker who walks with the person makes the page and
// hands it to them. Each is in the person's list. The person takes it back at any time: the law lets a court ask for a yes that
// cannot be taken back for a while (42 CFR 2.35), and this is no such yes.

// lastingKind is the kind of leaves of its rows.
const lastingKind = "lasting"

// Lasting is such a yes.
type Lasting struct {
	ID      id.Lasting
	Name    book.Text // of the person, as it stands on each page
	To, Why book.Text
	GivenAt clock.Time
	Until   clock.Time // at most [book.MaxGrant] after it was given
	BackAt  clock.Time // when it was taken back, 0 before
	facts   []byte
	book    id.Book
}

// Open reports whether it stands.
func (l Lasting) Open(now clock.Time) bool { return l.BackAt == 0 && now < l.Until }

// lastingFacts are what is sealed of it.
type lastingFacts struct {
	Name string `json:"name"`
	To   string `json:"to"`
	Why  string `json:"why"`
}

// LastingOf is the id of a yes that is said with a form.
func LastingOf(e id.Entry) id.Lasting { l, _ := id.FromBytes[id.Lasting](e.Bytes()); return l }

func lastingItem(l id.Lasting) id.Item   { it, _ := id.FromBytes[id.Item](l.Bytes()); return it }
func lastingEntry(l id.Lasting) id.Entry { e, _ := id.FromBytes[id.Entry](l.Bytes()); return e }

// Check refuses what cannot be said yes to: Invalid with the fields "name", "to", "why" and "until".
func (l Lasting) Check(now clock.Time) error {
	var c errs.Check
	for _, f := range []struct {
		name, blank string
		words       book.Text
	}{{"to", "out.to_blank", l.To}, {"why", "out.why_blank", l.Why}, {"name", "out.name_blank", l.Name}} {
		switch s := f.words.Show(); {
		case f.words.Blank():
			c.Add(f.name, f.blank)
		case len(s) > MaxTo:
			c.Add(f.name, "errors.text_too_long")
		case !utf8.ValidString(s) || strings.ContainsRune(s, 0):
			c.Add(f.name, "errors.text_unreadable")
		}
	}
	if l.Until <= now || l.Until > now+book.MaxGrant {
		c.Add("until", "errors.choose_listed")
	}
	return c.Err("outside: check lasting")
}

// Last is the yes of the owner of book b to giving the same each time, said with a form. It returns NotOpen to everybody but the owner,
// AlreadyKept when another's form or a thing has its id and when the form said another yes, and what [Lasting.Check] does. Sent twice
// it is one.
func (o *Outside) Last(ctx context.Context, who grant.Subject, b id.Book, e id.Entry, l Lasting) error {
	const op = "outside: last"
	l.ID = LastingOf(e)
	if err := l.Check(o.Clock.Now()); err != nil {
		return err
	}
	said, err := json.Marshal(lastingFacts{l.Name.Show(), l.To.Show(), l.Why.Show()})
	if err != nil {
		return errs.Wrap(op, err)
	}
	sealed, err := o.Keeper.SealAside(ctx, b, lastingItem(l.ID), lastingEntry(l.ID), book.NewText(string(said)))
	if err != nil {
		return errs.Wrap(op, err)
	}
	var before []Lasting // what the form said already
	err = o.DB.Update(ctx, func(tx *store.Tx) error {
		before = nil
		if err := o.mayGive(tx, who, b, nil); err != nil {
			return err
		}
		if err := free(tx, b, lastingItem(l.ID)); err != nil {
			return err
		}
		n, err := tx.Exec(`INSERT INTO lasting (id, book, facts, given_at, until, back_at) VALUES ($1, $2, $3, $4, $5, 0) ON CONFLICT (id) DO NOTHING`, l.ID, b, sealed, o.Clock.Now(), l.Until)
		if err == nil && n > 0 {
			return o.recordLasting(tx, l.ID)
		}
		if err == nil {
			before, err = lastings(tx, `l.id = $1 AND l.book = $2`, l.ID, b)
		}
		if err == nil && len(before) == 0 {
			err = errs.New(op, errs.AlreadyKept, "out.clashed")
		}
		return err
	})
	err = o.openLasting(ctx, before, err)
	for _, x := range before {
		if err == nil && (x.Name != l.Name || x.To != l.To || x.Why != l.Why || x.Until != l.Until) {
			err = errs.New(op, errs.AlreadyKept, "out.clashed")
		}
	}
	return errs.Wrap(op, err)
}

// EndLasting is the owner of book b taking back a yes that lasts, at once. Taken back twice it is once. It returns NotOpen to everybody
// else and for what is not theirs.
func (o *Outside) EndLasting(ctx context.Context, who grant.Subject, b id.Book, l id.Lasting) error {
	return errs.Wrap("outside: end lasting", o.DB.Update(ctx, func(tx *store.Tx) error {
		if err := o.mayGive(tx, who, b, nil); err != nil {
			return err
		}
		all, err := lastings(tx, `l.id = $1 AND l.book = $2`, l, b)
		if err == nil && len(all) == 0 {
			err = notOpen("end lasting")
		}
		if err != nil || all[0].BackAt != 0 {
			return err
		}
		if _, err := tx.Exec(`UPDATE lasting SET back_at = $1 WHERE id = $2`, o.Clock.Now(), l); err != nil {
			return err
		}
		return o.recordLasting(tx, l)
	}))
}

// EndAll takes back, in tx, each yes that lasts of the owner of a book: when their login is given back, as whoever had it may have said
// one. Errors are those of the store.
func (o *Outside) EndAll(tx *store.Tx, owner id.Person) error {
	all, err := lastings(tx, `l.back_at = 0 AND l.book IN (SELECT k.id FROM book AS k WHERE k.owner = $1)`, owner)
	for _, l := range all {
		if err == nil {
			_, err = tx.Exec(`UPDATE lasting SET back_at = $1 WHERE id = $2`, o.Clock.Now(), l.ID)
		}
		if err == nil {
			err = o.recordLasting(tx, l.ID)
		}
	}
	return errs.Wrap("outside: end all", err)
}

// Lastings returns to the owner of a book each yes that lasts or lasted, the newest first. For everybody else there is nothing.
func (o *Outside) Lastings(ctx context.Context, who grant.Subject, b id.Book) (all []Lasting, err error) {
	err = o.DB.View(ctx, func(tx *store.Tx) (err error) {
		query, args := o.owns.SQL, o.owns.Args(who, o.Clock.Now(), b)
		all, err = lastings(tx, `l.book = $1 AND EXISTS (SELECT 1 FROM book AS k WHERE k.id = $1 AND `+query+`)`, args...)
		return err
	})
	return all, errs.Wrap("outside: lastings", o.openLasting(ctx, all, err))
}

// walking is the condition that who walks as a worker with the owner of the book $1, who is not said to have died, and its arguments.
func (o *Outside) walking(who grant.Subject, b id.Book) (string, []any) {
	return `EXISTS (SELECT 1 FROM book AS k WHERE k.id = $1 AND k.erased_at = 0 AND ` + o.walk.SQL + `)
		AND NOT EXISTS (SELECT 1 FROM death AS x WHERE x.book = $1 AND x.since > 0 AND x.over_at = 0)`, o.walk.Args(who, o.Clock.Now(), b)
}

// Standing returns to a worker who walks with the owner of a book each yes of theirs that stands, the newest first. For everybody else
// there is nothing.
func (o *Outside) Standing(ctx context.Context, who grant.Subject, b id.Book) (all []Lasting, err error) {
	err = o.DB.View(ctx, func(tx *store.Tx) (err error) {
		all, err = o.standing(tx, who, b)
		return err
	})
	return all, errs.Wrap("outside: standing", o.openLasting(ctx, all, err))
}

func (o *Outside) standing(tx *store.Tx, who grant.Subject, b id.Book) (open []Lasting, err error) {
	if who.Hat != book.HatWorker {
		return nil, nil
	}
	where, args := o.walking(who, b)
	all, err := lastings(tx, `l.book = $1 AND `+where, args...)
	for _, l := range all {
		if l.Open(o.Clock.Now()) || mutant.On("lasting-over") {
			open = append(open, l)
		}
	}
	return open, err
}

// Under is a worker who walks with the owner of book b making a page under a yes that stands: that they were here on one day, and nothing
// else. It returns NotOpen to everybody else, for a yes or a day that does not stand, for a day that they did not write down, and for a
// page with anything beside that; and AlreadyKept when the form made something else.
func (o *Outside) Under(ctx context.Context, who grant.Subject, b id.Book, l id.Lasting, a Asked) (id.Paper, error) {
	const op = "outside: under"
	p := PaperOf(a.Entry)
	all, err := o.Standing(ctx, who, b)
	if err != nil {
		return p, errs.Wrap(op, err)
	}
	stands := false
	for _, x := range all {
		stands = stands || x.ID == l && x.To == a.To && x.Why == a.Why && x.Name == a.Name
	}
	if only := a.Letter.Blank() && len(a.items()) == 0 && a.Days == 1; !stands || !only && !mutant.On("lasting-more") {
		return p, notOpen("under")
	}
	if err := a.Check(); err != nil {
		return p, err
	}
	if made, err := o.madeBefore(ctx, who, b, p, a); err != nil || made {
		return p, errs.Wrap(op, err)
	}
	r, err := o.seal(ctx, b, p, a)
	if err != nil {
		return p, errs.Wrap(op, err)
	}
	r.worker, r.lasting = who.Person, l
	err = o.DB.Update(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(`UPDATE book SET seq = seq WHERE id = $1 AND `+o.walks.SQL, o.walks.Args(who, o.Clock.Now(), b)...); err != nil {
			return err
		}
		all, err := o.standing(tx, who, b) // it may have been taken back meanwhile
		if err != nil {
			return err
		}
		if err := dayStands(tx, who, b, a.Of); err != nil { // so may the day
			return err
		}
		for _, x := range all {
			if x.ID == l {
				return o.put(tx, r)
			}
		}
		return notOpen("under")
	})
	if errs.Is(err, errs.AlreadyKept) { // at the same moment, perhaps by the same form
		if made, again := o.madeBefore(ctx, who, b, p, a); made || again != nil {
			err = again
		}
	}
	return p, errs.Wrap(op, err)
}

// dayStands returns NotOpen unless a worker wrote down this day of the owner of book b, and nobody says that it was otherwise.
func dayStands(tx *store.Tx, who grant.Subject, b id.Book, day id.Attended) error {
	var stands bool
	err := tx.Row(`SELECT COUNT(*) > 0 FROM attended WHERE id = $1 AND book = $2 AND worker = $3 AND wrong_at = 0 AND withdrawn_at = 0`, day, b, who.Person).Scan(&stands)
	if err == nil && !stands {
		err = notOpen("day")
	}
	return err
}

// madeBefore reports whether the form made this page already. It returns AlreadyKept when it made another.
func (o *Outside) madeBefore(ctx context.Context, who grant.Subject, b id.Book, p id.Paper, a Asked) (bool, error) {
	got, err := o.Made(ctx, who, b, p)
	switch {
	case errs.Is(err, errs.NotOpen):
		return false, nil
	case err == nil && See(got.Parts) != See(a.Parts):
		err = errs.New("outside: under", errs.AlreadyKept, "out.clashed")
	}
	return err == nil, err
}

// Made returns to a worker a page that they made under a yes, while it and the day on it stand and they walk with the person. It returns
// NotOpen to everybody else.
func (o *Outside) Made(ctx context.Context, who grant.Subject, b id.Book, p id.Paper) (Left, error) {
	var found []row
	err := o.DB.View(ctx, func(tx *store.Tx) error {
		found = nil
		all, err := o.standing(tx, who, b)
		if err != nil {
			return err
		}
		return store.Each(tx, `SELECT `+rowColumns+` FROM outside AS o WHERE o.book = $1 AND o.id = $2 AND o.worker = $3`, []any{b, p, who.Person}, func(scan func(...any) error) error {
			var r row
			err := r.scan(scan)
			for _, l := range all {
				if l.ID == r.lasting {
					found = append(found, r)
				}
			}
			return err
		})
	})
	if err == nil && len(found) == 0 {
		err = notOpen("made")
	}
	if err != nil {
		return Left{}, errs.Wrap("outside: made", err)
	}
	l, err := o.open(ctx, b, found[0])
	if err == nil {
		day, _ := id.Parse[id.Attended](l.of) // of what is none, none stands
		err = o.DB.View(ctx, func(tx *store.Tx) error { return dayStands(tx, who, b, day) })
	}
	if err == nil {
		err = o.openParts(ctx, b, found[0], &l)
	}
	return l, errs.Wrap("outside: made", err)
}

const lastingColumns = `l.id, l.book, l.facts, l.given_at, l.until, l.back_at`

func (l *Lasting) scan(scan func(...any) error) error {
	return scan(&l.ID, &l.book, &l.facts, &l.GivenAt, &l.Until, &l.BackAt)
}

func lastings(tx *store.Tx, where string, args ...any) (all []Lasting, err error) {
	err = store.Each(tx, `SELECT `+lastingColumns+` FROM lasting AS l WHERE `+where+` ORDER BY l.given_at DESC, l.id DESC`, args, func(scan func(...any) error) error {
		var l Lasting
		err := l.scan(scan)
		all = append(all, l)
		return err
	})
	return all, err
}

// openLasting opens what is sealed of each.
func (o *Outside) openLasting(ctx context.Context, all []Lasting, err error) error {
	for i := range all {
		l := &all[i]
		if err != nil {
			return err
		}
		var said book.Text
		said, err = o.Keeper.OpenAside(ctx, l.book, lastingItem(l.ID), lastingEntry(l.ID), l.facts)
		if errs.Is(err, errs.NotOpen) { // a thing with its id was erased since: of that one nothing is read, and the others stand
			err = nil
			continue
		}
		if err != nil {
			return err
		}
		var f lastingFacts
		err = json.Unmarshal([]byte(said.Show()), &f)
		l.Name, l.To, l.Why = book.NewText(f.Name), book.NewText(f.To), book.NewText(f.Why)
	}
	return err
}

// payload is what the leaf of a yes commits to.
func (l *Lasting) payload() []byte {
	return lastingPayload(l.book, witness.Cipher(l.facts), l.GivenAt, l.Until, l.BackAt)
}

func lastingPayload(b id.Book, facts witness.Hash, given, until, back clock.Time) []byte {
	return witness.NewHeader(lastingKind, b.Bytes(), facts[:], number(given), number(until), number(back))
}

func (o *Outside) recordLasting(tx *store.Tx, l id.Lasting) error {
	all, err := lastings(tx, `l.id = $1`, l)
	if err != nil {
		return err
	}
	return o.Keeper.Queue().Record(tx, lastingKind, l.Bytes(), all[0].payload(), o.Clock.Now())
}

func lastingPage(tx *store.Tx, after []byte) (rows []witness.Row, err error) {
	if after == nil {
		after = make([]byte, 16)
	}
	err = store.Each(tx, `SELECT `+lastingColumns+` FROM lasting AS l WHERE l.id > $1 ORDER BY l.id LIMIT 500`, []any{after}, func(scan func(...any) error) error {
		var l Lasting
		err := l.scan(scan)
		rows = append(rows, witness.Row{Kind: lastingKind, ID: l.ID.Bytes(), Name: l.ID.String(), Payloads: [][]byte{l.payload()}, After: l.ID.Bytes()})
		return err
	})
	return rows, err
}
