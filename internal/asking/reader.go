package asking

import (
	"context"
	"strconv"

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

// Asked is a question as the reader sees it: of whose book it is about they see no more than they would without it.
type Asked struct {
	ID         id.Question
	Book       id.Book   // none, unless the rule gives the reader the name of its owner
	Name       book.Text // of the owner, only from [Asking.Question], and only with Book
	Line       Line
	Words      book.Text // may be blank
	AskedAt    clock.Time
	RemindedAt clock.Time // 0 while they were not
}

// mine is the condition that a question q is open and for the reader $1 in the hat $2 at the time $3, who has had the role
// ever since it was asked. Of an owner who is said to have died there is none.
func mine() string {
	reader := `q.reader = $1`
	if mutant.On("why-reader") {
		reader = `(q.reader = $1 OR 1 = 1)`
	}
	return reader + ` AND q.hat = CAST($2 AS TEXT) AND ` + here("q.reader", "q.hat", "q.asked_at", "$3") + ` AND ` + lives("q.book")
}

// Waiting returns the questions that wait for an answer of who's, the oldest first. For somebody who was asked nothing there
// are none.
func (a *Asking) Waiting(ctx context.Context, who grant.Subject) ([]Asked, error) {
	var rows []row
	err := a.DB.View(ctx, func(tx *store.Tx) (err error) {
		rows, err = a.find(tx, who, id.Question{})
		return err
	})
	if err != nil {
		return nil, errs.Wrap("asking: waiting", err)
	}
	var all []Asked
	for _, r := range rows {
		q, err := a.show(ctx, r)
		if errs.Is(err, errs.NotOpen) {
			continue // it was erased meanwhile
		}
		if err != nil {
			return nil, errs.Wrap("asking: waiting", err)
		}
		all = append(all, q)
	}
	return all, nil
}

// Question returns one question that waits for an answer of who's, with the name of who asks while the rule still gives it:
// that is a look, written down for its owner. It returns NotOpen for every other.
func (a *Asking) Question(ctx context.Context, who grant.Subject, q id.Question) (Asked, error) {
	const op = "question"
	var rows []row
	err := a.DB.View(ctx, func(tx *store.Tx) (err error) {
		rows, err = a.find(tx, who, q)
		return err
	})
	if err == nil && len(rows) == 0 {
		err = notOpen(op)
	}
	if err != nil {
		return Asked{}, errs.Wrap("asking: question", err)
	}
	out, err := a.show(ctx, rows[0])
	if err != nil || out.Book.IsZero() {
		return out, err
	}
	r, err := a.Keeper.Read(ctx, who, out.Book, keeper.Want{Kind: book.KindName})
	if errs.Is(err, errs.NotOpen) { // taken back just now
		out.Book = id.Book{}
		return out, nil
	}
	if err != nil {
		return Asked{}, errs.Wrap("asking: question", err)
	}
	for _, p := range r.Items[0] {
		out.Name = p.Body.(*book.Name).Words
	}
	return out, nil
}

// find finds open questions that are for who, or the one of them that is named.
func (a *Asking) find(tx *store.Tx, who grant.Subject, one id.Question) (rows []row, err error) {
	now := a.Clock.Now()
	args := a.named.Args(who, now, who.Person, string(who.Hat), now)
	query := `SELECT ` + rowColumns + `, CASE WHEN ` + a.named.SQL + ` THEN 1 ELSE 0 END FROM why AS q WHERE q.answered_at = 0 AND ` + mine()
	if !one.IsZero() {
		args = append(args, one)
		query += ` AND q.id = $` + strconv.Itoa(len(args))
	}
	err = store.Each(tx, query+` ORDER BY q.asked_at, q.id`, args, func(scan func(...any) error) error {
		var r row
		err := scan(append(r.fields(), &r.named)...)
		rows = append(rows, r)
		return err
	})
	for i := range rows {
		if err == nil {
			err = rows[i].see(tx, rows[i].book)
		}
	}
	return rows, err
}

// show opens what the reader may see of a question. It returns NotOpen when the keys of the book are gone.
func (a *Asking) show(ctx context.Context, r row) (q Asked, err error) {
	q = Asked{ID: r.id, Line: r.Line, AskedAt: r.askedAt, RemindedAt: r.remindedAt}
	if r.named {
		q.Book = r.book
	}
	q.Words, err = a.Keeper.OpenAside(ctx, r.book, itemOf(r.id), entryOf(r.id), r.words)
	return q, err // of a book that was erased it is not open
}

// Answer is the reader's answer to a question that is for who, once. The owner is told. entry is the form's: sent twice it is
// one answer. It returns NotOpen for a question that is not for who, Changed with words when it was answered with another
// form, and Invalid with the field "words".
func (a *Asking) Answer(ctx context.Context, who grant.Subject, q id.Question, entry id.Entry, words book.Text) error {
	const op = "answer"
	if err := checkWords(op, words, true); err != nil {
		return err
	}
	var rows []row
	done := false
	err := a.DB.View(ctx, func(tx *store.Tx) (err error) {
		if rows, err = a.find(tx, who, q); err == nil && len(rows) == 0 {
			done, err = answered(tx, who, q, entry)
		}
		return err
	})
	if err != nil || done {
		return errs.Wrap("asking: answer", err)
	}
	sealed, err := a.Keeper.SealAside(ctx, rows[0].book, itemOf(q), answerOf(q), words)
	if err != nil {
		return errs.Wrap("asking: answer", err)
	}
	return errs.Wrap("asking: answer", a.DB.Update(ctx, func(tx *store.Tx) error { return a.keep(tx, who, rows[0], entry, sealed) }))
}

// answered reports whether a question for who was answered with a form. It returns Changed when it was with another, and
// NotOpen when it is not for who.
func answered(tx *store.Tx, who grant.Subject, q id.Question, entry id.Entry) (bool, error) {
	var by id.Entry
	err := tx.Row(`SELECT q.answered_by FROM why AS q WHERE q.id = $1 AND q.reader = $2 AND q.hat = $3 AND q.answered_at <> 0`, q, who.Person, string(who.Hat)).Scan(&by)
	switch {
	case store.IsNone(err):
		err = notOpen("answer")
	case err == nil && by != entry:
		err = errs.New("asking: answer", errs.Changed, "why.answered_before")
	}
	return err == nil, err
}

// keep keeps an answer, if the question is still open and for who.
func (a *Asking) keep(tx *store.Tx, who grant.Subject, r row, entry id.Entry, sealed []byte) error {
	if err := lockBook(tx, r.book); err != nil {
		return err
	}
	now := a.Clock.Now()
	n, err := tx.Exec(`UPDATE why SET answer = $4, answered_by = $5, answered_at = $3 WHERE id = $6 AND answered_at = 0
		AND EXISTS (SELECT 1 FROM why AS q WHERE q.id = why.id AND `+mine()+`)`, who.Person, string(who.Hat), now, sealed, entry, r.id)
	if err == nil && n == 0 {
		_, err = answered(tx, who, r.id, entry)
		return err
	}
	if err == nil {
		err = a.record(tx, r.id)
	}
	for _, kind := range []promise.Kind{RemindPromise, LatePromise} {
		if err == nil {
			err = promise.DropAbout(tx, kind, r.id.Bytes())
		}
	}
	if err != nil {
		return err
	}
	return a.tellOwner(tx, r.book, NewsAnswered)
}

// tellOwner tells the owner of a book that there is news of a question of theirs.
func (a *Asking) tellOwner(tx *store.Tx, b id.Book, what News) error {
	var owner id.Person
	if err := tx.Row(`SELECT owner FROM book WHERE id = $1`, b).Scan(&owner); err != nil {
		return err
	}
	return a.News(tx, owner, what)
}
