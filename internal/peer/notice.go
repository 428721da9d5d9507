package peer

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"

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

// Notice says that there is something new for somebody: ids and codes, without a word of anybody's.
type Notice struct {
	ID    id.Notice
	Kind  string // keeper.TellSuggested, TellAnswered or TellAgain
	Book  id.Book
	Entry id.Entry // the suggestion
	State book.SuggestionState
	At    clock.Time
}

// Tell keeps a promise of kind [keeper.TellPromise]: it writes the notice in tx, the transaction that marks the promise
// as kept. What is no longer so, such as a suggestion that was answered before its owner was told of it, is not told.
func (p *Peers) Tell(tx *store.Tx, pr promise.Promise) error {
	var t keeper.Tell
	if err := json.Unmarshal(pr.Payload, &t); err != nil {
		return errs.Wrap("peer: tell", err)
	}
	if quiet, err := saidDead(tx, t.Book, t.Person); err != nil {
		return errs.Wrap("peer: tell", err)
	} else if quiet && !mutant.On("dead-told") {
		return errs.Wrap("peer: tell", p.tellLater(tx, pr))
	}
	switch t.Kind {
	case keeper.TellEnds:
		return errs.Wrap("peer: tell", p.tellEnds(tx, t, pr))
	case keeper.TellWrote:
		return errs.Wrap("peer: tell", p.tellWrote(tx, t, pr))
	case keeper.TellComes:
		return errs.Wrap("peer: tell", p.tellComes(tx, t, pr))
	}
	var told keeper.Told
	err := tx.Row(`SELECT s.state, COALESCE(a.recorded_at, 0), CASE WHEN a.act = 'tomorrow' THEN a.author END FROM suggestion AS s
		LEFT JOIN entry AS a ON a.book = s.book AND a.seq = s.answered_seq WHERE s.book = $1 AND s.entry = $2`, t.Book, t.Entry).Scan(&told.State, &told.AnsweredAt, &told.RestsBy)
	if errors.Is(err, store.ErrNone) || err == nil && !holds(t.Kind, told, pr.Due) {
		return nil
	}
	if err != nil {
		return errs.Wrap("peer: tell", err)
	}
	done, err := tx.Exec(`INSERT INTO notice (id, person, kind, book, entry, at, seen_at) VALUES ($1, $2, $3, $4, $5, $6, 0) ON CONFLICT (id) DO NOTHING`,
		pr.ID, t.Person, t.Kind, t.Book, t.Entry, pr.Due)
	if err == nil && done == 1 && p.Told != nil {
		err = p.Told(tx, t.Person, pr.ID.Bytes(), p.clock.Now())
	}
	return errs.Wrap("peer: tell", err)
}

// tellEnds has it told to the owner of a book that there is something new: what they gave ends soon. What it is stands on their
// pages. A grant that was changed since, taken back or erased is not told of.
func (p *Peers) tellEnds(tx *store.Tx, t keeper.Tell, pr promise.Promise) error {
	var stands bool
	err := tx.Row(`SELECT COUNT(*) > 0 FROM item AS i JOIN given AS g ON g.book = i.book AND g.id = i.item
		WHERE i.book = $1 AND i.head = $2 AND i.state = 'live' AND g.until > $3 AND g.taken_back = 0`, t.Book, t.Entry, p.clock.Now()).Scan(&stands)
	if err != nil || !stands || p.Told == nil {
		return err
	}
	return p.Told(tx, t.Person, pr.ID.Bytes(), p.clock.Now())
}

// tellComes has it told to the owner of a book that there is something new: somebody comes to hold a role, or to work here, to which they
// gave something. Who it is stands on their pages. Where nothing is given to it any more, it is not told.
func (p *Peers) tellComes(tx *store.Tx, t keeper.Tell, pr promise.Promise) error {
	var stands bool
	err := tx.Row(`SELECT COUNT(*) > 0 FROM entry AS e JOIN given AS g ON g.book = e.book AND g.id = e.item
		WHERE e.book = $1 AND e.id = $2 AND g.taken_back = 0 AND g.until > $3`, t.Book, t.Entry, p.clock.Now()).Scan(&stands)
	if err != nil || !stands || p.Told == nil {
		return err
	}
	return p.Told(tx, t.Person, pr.ID.Bytes(), p.clock.Now())
}

// tellWrote has it told to the owner of a book that there is something new: somebody wrote for them. What it is stands on their
// first page. What the owner has changed, put away or erased before is not told of.
func (p *Peers) tellWrote(tx *store.Tx, t keeper.Tell, pr promise.Promise) error {
	var stands bool
	err := tx.Row(`SELECT COUNT(*) > 0 FROM entry AS e JOIN item AS i ON i.book = e.book AND i.item = e.item AND i.head = e.id AND i.state = 'live'
		WHERE e.book = $1 AND e.id = $2`, t.Book, t.Entry).Scan(&stands)
	if err != nil || !stands || p.Told == nil {
		return err
	}
	return p.Told(tx, t.Person, pr.ID.Bytes(), p.clock.Now())
}

// lookAgain is how often it is looked whether somebody who was said to have died is here after all.
const lookAgain = clock.Day

// tellLater promises anew what is not told now: nothing to somebody who has died, and nothing about them. When that is taken
// back it is told as if nothing had been; when the book is erased it goes with it. The new promise follows from the old one, so
// that there is never a second.
func (p *Peers) tellLater(tx *store.Tx, pr promise.Promise) error {
	h := sha256.Sum256(append([]byte("beside tell later\x00"), pr.ID.Bytes()...))
	pr.ID, _ = id.FromBytes[id.Promise](h[:16]) // 16 bytes never fail
	pr.Made = p.clock.Now()
	pr.Due = pr.Made + lookAgain
	return promise.Set(tx, pr)
}

// saidDead reports whether the owner of a book, or a person, was said by two of the team to have died.
func saidDead(tx *store.Tx, b id.Book, who id.Person) (dead bool, err error) {
	err = tx.Row(`SELECT COUNT(*) > 0 FROM death WHERE (book = $1 OR person = $2) AND since > 0 AND over_at = 0`, b, who).Scan(&dead)
	return dead, err
}

// holds reports whether what somebody is to be told at a time is still so. What was set aside anew since is told of when that has
// rested.
func holds(kind string, s keeper.Told, due clock.Time) bool {
	switch kind {
	case keeper.TellSuggested:
		return s.State == book.Waiting
	case keeper.TellAgain:
		return s.Rested(due)
	}
	return s.State != book.Waiting
}

// Notices returns what is new for who and not yet seen, the newest first. A notice about a book that is no longer open
// to who is not among them.
func (p *Peers) Notices(ctx context.Context, who grant.Subject) ([]Notice, error) {
	var list []Notice
	err := p.db.View(ctx, func(tx *store.Tx) error {
		return store.Each(tx, `SELECT n.id, n.kind, n.book, n.entry, s.state, n.at FROM notice AS n
			JOIN suggestion AS s ON s.book = n.book AND s.entry = n.entry
			WHERE n.person = $1 AND n.seen_at = 0 AND `+p.notices.SQL+` ORDER BY n.at DESC, n.id`,
			p.notices.Args(who, p.clock.Now(), who.Person), func(scan func(...any) error) error {
				var n Notice
				err := scan(&n.ID, &n.Kind, &n.Book, &n.Entry, &n.State, &n.At)
				list = append(list, n)
				return err
			})
	})
	return list, errs.Wrap("peer: notices", err)
}

// Seen marks notices of who's as seen. Those of others stay as they are.
func (p *Peers) Seen(ctx context.Context, who grant.Subject, notices ...Notice) error {
	if len(notices) == 0 {
		return nil
	}
	ids := make([]id.Notice, len(notices))
	for i, n := range notices {
		ids[i] = n.ID
	}
	these, args := store.In("id", []any{p.clock.Now(), who.Person}, ids)
	err := p.db.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`UPDATE notice SET seen_at = $1 WHERE person = $2 AND seen_at = 0 AND `+these, args...)
		return err
	})
	return errs.Wrap("peer: seen", err)
}
