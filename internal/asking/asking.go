// Package asking is about one question: why did you look into my book? It exists beside package peer because whoever looked
// may be of the centre team, or may not walk with the person any more, and owes an answer all the same.
//
// A person asks about a look that stands in their own list of looks. The reader, in the hat in which they looked, answers in
// their own words. Until then the question is open, and what must happen is promised (package promise):
//
//	        Ask                        Answer, once, by that reader
//	(none) ─────▶ [open] ──────────────────────────────────────────▶ [answered]
//	                │ RemindAfter: the reader is reminded                 ▲
//	                │ TeamAfter                                           │
//	                ├──▶ [late]: the rest of the team and the owner are told ──┘
//	                │
//	                └──▶ [gone], at once, when the reader's role is over: the owner reads that no answer will come
//
// While the owner of the book is said to have died nothing is told, and the question is not shown. docs/decisions/0019-asking-why.md says why it
// is as it is.
//
// The question and the answer are no entries of the book, which only its owner writes. They are sealed under its keys, and go
// with it.
package asking

import (
	"context"
	"unicode/utf8"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/mutant"
	"beside/internal/store"
)

// What an organisation may come to set otherwise. In docs/decisions/0019-asking-why.md they carry a star.
const (
	// RemindAfter is how long a question is open before its reader is reminded.
	RemindAfter = 3 * clock.Day
	// TeamAfter is how long a question is open before the rest of the centre team is told.
	TeamAfter = 7 * clock.Day
)

// longestLine is the longest time between the looks of one line: a day, also one on which clocks are set back.
const longestLine = 25 * clock.Hour

// News is what the owner of a book is told about a question of theirs.
type News string

// What there is to tell.
const (
	NewsAnswered News = "answered"
	NewsLate     News = "late" // it was not answered in time
	NewsGone     News = "gone" // the reader is not here any more
)

// Config is what [New] needs.
type Config struct {
	DB     *store.DB
	Keeper *keeper.Keeper
	Clock  clock.Clock
	IDs    *id.Maker
	// News tells a person, in tx, that there is news of a question of theirs.
	News func(tx *store.Tx, person id.Person, what News) error
	// Nudge has it told to somebody on the channels they marked safe, in tx, that something waits for them; about are 16 bytes
	// that stand for what it is.
	Nudge func(tx *store.Tx, person id.Person, about []byte, at clock.Time) error
}

// Asking keeps questions and answers. It is safe for concurrent use.
type Asking struct {
	Config
	ownLook grant.Clause // on a look l, after three parameters of the query's own
	own     grant.Clause // on a question q, after two
	named   grant.Clause // whether the reader of a question q may see the name of whose book it is, after three
}

// New returns Asking over an installation's data.
func New(c Config) *Asking {
	return &Asking{
		Config:  c,
		ownLook: grant.Own.Clause(grant.Columns{Book: "l.book"}, 4),
		own:     grant.Own.Clause(grant.Columns{Book: "q.book"}, 3),
		named:   grant.Read.Clause(grant.Columns{Book: "q.book", Section: "'" + string(book.SectionName) + "'"}, 4),
	}
}

func notOpen(op string) error { return errs.New("asking: "+op, errs.NotOpen, "") }

// orNotOpen is err, with what was not found as what is not open.
func orNotOpen(op string, err error) error {
	if store.IsNone(err) {
		return notOpen(op)
	}
	return errs.Wrap("asking: "+op, err)
}

// Owes reports whether somebody who looked in a hat owes an answer: whoever has a role here does. Who was given something in
// their own hat, as a sister or a friend, is asked face to face.
func Owes(hat book.Hat) bool {
	return hat == book.HatWorker || hat == book.HatTeam || hat == book.HatReviewer
}

// here is the condition that somebody still has the role in which they look or looked, without a break since a time.
func here(reader, hat, since, now string) string {
	return `EXISTS (SELECT 1 FROM membership AS h WHERE h.person = ` + reader + ` AND h.hat = ` + hat + ` AND h.since <= ` + since + ` AND h.until > ` + now + `)`
}

// lives is the condition that the owner of a book is here, and not said to have died.
func lives(b string) string {
	return `EXISTS (SELECT 1 FROM book AS e WHERE e.id = ` + b + ` AND e.erased_at = 0)
		AND NOT EXISTS (SELECT 1 FROM death AS x WHERE x.book = ` + b + ` AND x.since > 0 AND x.over_at = 0)`
}

// itemOf is where the words of a question are sealed: an item that nothing else stands under.
func itemOf(q id.Question) id.Item { it, _ := id.FromBytes[id.Item](q.Bytes()); return it }

// entryOf is what the words of a question are sealed as, and answerOf those of its answer.
func entryOf(q id.Question) id.Entry  { e, _ := id.FromBytes[id.Entry](q.Bytes()); return e }
func answerOf(q id.Question) id.Entry { return keeper.Also(entryOf(q), 1) }

// Line is the looks that somebody is asked about: those of one reader, in one hat, for one purpose, that stand in one line.
type Line struct {
	Reader   id.Person
	Hat      book.Hat
	Purpose  book.Purpose
	Sections []book.Section // of which they saw something, in the order of the screen
	From, At clock.Time     // of the first and of the last
	Here     bool           // the reader still has that role
}

// Line returns to the owner of a book the looks about which they ask: that look, and those in one line with it since a time (0:
// that look alone). It returns NotOpen to everybody else, for a look that is not there, and for a reader who owes no answer.
func (a *Asking) Line(ctx context.Context, who grant.Subject, b id.Book, look id.Look, since clock.Time) (l Line, err error) {
	err = a.DB.View(ctx, func(tx *store.Tx) (err error) {
		l, err = a.line(tx, who, b, look, since)
		return err
	})
	return l, orNotOpen("line", err)
}

func (a *Asking) line(tx *store.Tx, who grant.Subject, b id.Book, look id.Look, since clock.Time) (l Line, err error) {
	now := a.Clock.Now()
	query, args := a.ownLook.SQL, a.ownLook.Args(who, now, b, look, now)
	if mutant.On("why-anybody") {
		query, args = `1 = 1`, args[:3]
	}
	err = tx.Row(`SELECT l.reader, l.hat, l.purpose, l.at, CASE WHEN `+here("l.reader", "l.hat", "$3", "$3")+` THEN 1 ELSE 0 END
		FROM look AS l WHERE l.book = $1 AND l.id = $2 AND l.purpose <> 'order' AND `+query+` ORDER BY l.section LIMIT 1`, args...).Scan(&l.Reader, &l.Hat, &l.Purpose, &l.At, &l.Here)
	if err == nil && !Owes(l.Hat) {
		err = store.ErrNone
	}
	if err != nil {
		return l, err
	}
	l.From = l.At
	if since > 0 && since <= l.At && l.At-since <= longestLine {
		l.From = since
	}
	return l, l.see(tx, b)
}

// see fills in what was seen.
func (l *Line) see(tx *store.Tx, b id.Book) error {
	saw := map[book.Section]bool{}
	err := store.Each(tx, `SELECT DISTINCT l.section FROM look AS l WHERE l.book = $1 AND l.reader = $2 AND l.hat = $3 AND l.purpose = $4 AND l.at >= $5 AND l.at <= $6`,
		[]any{b, l.Reader, string(l.Hat), string(l.Purpose), l.From, l.At}, func(scan func(...any) error) error {
			var s book.Section
			err := scan(&s)
			saw[s] = true
			return err
		})
	for _, s := range book.Givable() {
		if saw[s] {
			l.Sections = append(l.Sections, s)
		}
	}
	return err
}

// checkWords refuses words that cannot be kept, beside the field "words".
func checkWords(op string, words book.Text, needed bool) error {
	var c errs.Check
	switch s := words.Show(); {
	case needed && words.Blank():
		c.Add("words", "why.answer_blank")
	case len(s) > book.MaxText:
		c.Add("words", "errors.text_too_long")
	case !utf8.ValidString(s):
		c.Add("words", "errors.text_unreadable")
	}
	return c.Err("asking: " + op)
}

// Query is the owner of a book asking why somebody looked.
type Query struct {
	Entry id.Entry // of the form: sent twice it is one question
	Look  id.Look
	Since clock.Time // from when on the looks in one line with it are meant; 0 for that one alone
	Words book.Text  // may be blank
}

// Ask asks who made a look into who's own book b why they did, and has the reader told that something waits for them. It
// returns NotOpen to everybody but the owner and where [Asking.Line] does, Changed with words when the reader is not
// here any more and when it was asked before with another form, and Invalid with the field "words".
func (a *Asking) Ask(ctx context.Context, who grant.Subject, b id.Book, x Query) error {
	const op = "ask"
	if err := checkWords(op, x.Words, false); err != nil {
		return err
	}
	if _, err := a.Line(ctx, who, b, x.Look, x.Since); err != nil {
		return err
	}
	q := id.New[id.Question](a.IDs)
	sealed, err := a.Keeper.SealAside(ctx, b, itemOf(q), entryOf(q), x.Words)
	if err != nil {
		return errs.Wrap("asking: ask", err)
	}
	return orNotOpen(op, a.DB.Update(ctx, func(tx *store.Tx) error {
		if err := lockBook(tx, b); err != nil {
			return err
		}
		l, err := a.line(tx, who, b, x.Look, x.Since)
		if err != nil {
			return err
		}
		if same, err := asked(tx, b, x); err != nil || same {
			return err
		}
		if !l.Here {
			return errs.New("asking: ask", errs.Changed, "why.reader_gone")
		}
		return a.put(tx, row{id: q, book: b, look: x.Look, Line: l, words: sealed, askedBy: x.Entry, askedAt: a.Clock.Now()})
	}))
}

// lockBook makes the rest of tx the only one in which something changes about a book that was not erased.
func lockBook(tx *store.Tx, b id.Book) error {
	n, err := tx.Exec(`UPDATE book SET seq = seq WHERE id = $1 AND erased_at = 0`, b)
	if err == nil && n == 0 {
		err = notOpen("book")
	}
	return err
}

// asked reports whether the same form asked already. It returns Changed when another did.
func asked(tx *store.Tx, b id.Book, x Query) (bool, error) {
	var by id.Entry
	err := tx.Row(`SELECT asked_by FROM why WHERE book = $1 AND look = $2`, b, x.Look).Scan(&by)
	switch {
	case store.IsNone(err):
		return false, nil
	case err == nil && by != x.Entry:
		err = errs.New("asking: ask", errs.Changed, "why.asked_before")
	}
	return err == nil, err
}

func (a *Asking) put(tx *store.Tx, q row) error {
	_, err := tx.Exec(`INSERT INTO why (id, book, look, reader, hat, purpose, since, looked_at, words, asked_by, asked_at, answer, answered_by, answered_at, reminded_at, gone_at, late_at, told)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, NULL, NULL, 0, 0, 0, 0, 0)`,
		q.id, q.book, q.look, q.Reader, string(q.Hat), string(q.Purpose), q.From, q.At, q.words, q.askedBy, q.askedAt)
	if err == nil {
		err = a.record(tx, q.id)
	}
	if err == nil {
		err = a.promise(tx, q.id, q.askedAt)
	}
	if err == nil {
		err = a.Nudge(tx, q.Reader, q.id.Bytes(), q.askedAt)
	}
	return err
}

// Question is a question as the owner of the book sees it.
type Question struct {
	ID         id.Question
	Look       id.Look
	Line       Line
	Words      book.Text // may be blank
	AskedAt    clock.Time
	Answer     book.Text // blank while there is none
	AnsweredAt clock.Time
	LateAt     clock.Time // when it had not been answered in time; 0 before
	Told       bool       // the rest of the team was told then: there was somebody to tell
}

// Questions returns to the owner of a book what they asked about some looks, by look; no looks are all. What was seen is not
// said again. For everybody else there are none.
func (a *Asking) Questions(ctx context.Context, who grant.Subject, b id.Book, looks ...id.Look) (map[id.Look]Question, error) {
	var rows []row
	err := a.DB.View(ctx, func(tx *store.Tx) (err error) {
		rows, err = a.questions(tx, who, b, looks)
		return err
	})
	if err != nil {
		return nil, errs.Wrap("asking: questions", err)
	}
	out := make(map[id.Look]Question, len(rows))
	for _, r := range rows {
		q, err := a.open(ctx, r)
		if err != nil {
			return nil, errs.Wrap("asking: questions", err)
		}
		out[r.look] = q
	}
	return out, nil
}

func (a *Asking) questions(tx *store.Tx, who grant.Subject, b id.Book, looks []id.Look) (rows []row, err error) {
	now := a.Clock.Now()
	query, args := a.own.SQL, a.own.Args(who, now, b, now)
	if len(looks) > 0 {
		var these string
		these, args = store.In("q.look", args, looks)
		query += ` AND ` + these
	}
	return rows, store.Each(tx, `SELECT `+rowColumns+`, CASE WHEN `+here("q.reader", "q.hat", "q.asked_at", "$2")+` THEN 1 ELSE 0 END
		FROM why AS q WHERE q.book = $1 AND `+query+` ORDER BY q.asked_at, q.id`, args, func(scan func(...any) error) error {
		var r row
		err := scan(append(r.fields(), &r.Here)...)
		rows = append(rows, r)
		return err
	})
}

// open opens the words of a question and of its answer.
func (a *Asking) open(ctx context.Context, r row) (q Question, err error) {
	q = Question{ID: r.id, Look: r.look, Line: r.Line, AskedAt: r.askedAt, AnsweredAt: r.answeredAt, LateAt: r.lateAt, Told: r.told != 0}
	if q.Words, err = a.Keeper.OpenAside(ctx, r.book, itemOf(r.id), entryOf(r.id), r.words); err != nil || r.answeredAt == 0 {
		return q, err
	}
	q.Answer, err = a.Keeper.OpenAside(ctx, r.book, itemOf(r.id), answerOf(r.id), r.answer)
	return q, err
}

// Here tells which of some readers still have the role in which they looked. Errors are those of the store.
func (a *Asking) Here(ctx context.Context, readers ...grant.Subject) (map[grant.Subject]bool, error) {
	found := map[grant.Subject]bool{}
	if len(readers) == 0 {
		return found, nil
	}
	people := make([]id.Person, len(readers))
	for i, r := range readers {
		people[i] = r.Person
	}
	these, args := store.In("m.person", []any{a.Clock.Now()}, people)
	err := a.DB.Glance(ctx, func(tx *store.Tx) error {
		return store.Each(tx, `SELECT m.person, m.hat FROM membership AS m WHERE m.since <= $1 AND m.until > $1 AND `+these, args, func(scan func(...any) error) error {
			var s grant.Subject
			err := scan(&s.Person, &s.Hat)
			found[s] = true
			return err
		})
	})
	return found, errs.Wrap("asking: here", err)
}
