package keeper

import (
	"context"
	"encoding/json"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/mutant"
	"beside/internal/promise"
	"beside/internal/store"
	"beside/internal/witness"
)

// clearLists is what is true in one book before an entry, as [book.Lookup] reads it. What every entry asks for is read at
// once; the rest when it is asked for.
type clearLists struct {
	tx         *store.Tx
	book       id.Book
	chain      witness.Hash // the head of the book's chain
	whole      clock.Time   // when the whole book was erased for good, 0 if it was not
	gone       clock.Time   // when the item was, 0 if it was not
	about      id.Item
	item       book.Item
	suggestion book.Suggestion
}

const itemColumns = `i.item, i.section, i.kind, i.state, i.head, i.body_seq, i.named_by, i.made_seq`

// itemRow are the columns of a row of item.
const itemRow = `book, item, section, kind, state, head, body_seq, named_by, made_seq`

func itemFields(it *book.Item) []any {
	return []any{&it.ID, &it.Section, &it.Kind, &it.State, &it.Head, &it.BodySeq, &it.NamedBy, &it.MadeSeq}
}

const suggestionColumns = `s.entry, s.seq, s.item, s.section, s.kind, s.author, s.base, s.state, s.answer, s.answered_seq, ` + untilTomorrow

// untilTomorrow is who let a suggestion s rest until tomorrow only, where the last entry about it says so.
const untilTomorrow = `(SELECT r.author FROM entry AS r WHERE r.book = s.book AND r.seq = s.answered_seq AND r.act = 'tomorrow')`

func suggestionFields(s *book.Suggestion) []any {
	return []any{&s.Entry, &s.Seq, &s.Item, &s.Section, &s.Kind, &s.Author, &s.Base, &s.State, &s.Answer, &s.AnsweredSeq, &s.RestsBy}
}

// listsBefore reads the head of the chain, the item e is about, and the suggestion it answers.
func listsBefore(tx *store.Tx, e book.Entry) (clearLists, error) {
	c := clearLists{tx: tx, book: e.Book, about: e.Item}
	var chain []byte
	fields := append(append([]any{&chain, &c.whole, &c.gone}, itemFields(&c.item)...), suggestionFields(&c.suggestion)...)
	err := tx.Row(`SELECT (SELECT chain FROM entry WHERE book = $1 AND seq = $2),
		(SELECT erased_at FROM book WHERE id = $1), (SELECT COALESCE(MAX(erased_at), 0) FROM tombstone WHERE book = $1 AND item = $3),
		i.item, COALESCE(i.section, ''), COALESCE(i.kind, ''), COALESCE(i.state, ''), i.head, COALESCE(i.body_seq, 0), i.named_by, COALESCE(i.made_seq, 0),
		s.entry, COALESCE(s.seq, 0), s.item, COALESCE(s.section, ''), COALESCE(s.kind, ''), s.author, s.base, COALESCE(s.state, ''), s.answer, COALESCE(s.answered_seq, 0), `+untilTomorrow+`
		FROM (SELECT 1) AS one LEFT JOIN item AS i ON i.book = $1 AND i.item = $3 LEFT JOIN suggestion AS s ON s.book = $1 AND s.entry = $4`,
		e.Book, e.Seq-1, e.Item, e.Answers).Scan(fields...)
	if err == nil && chain != nil {
		err = c.chain.Scan(chain)
	}
	return c, errs.Wrap("keeper: lists", err)
}

func (c clearLists) Item(it id.Item) (item book.Item, ok bool, err error) {
	if it == c.item.ID {
		return c.item, true, nil
	}
	err = c.tx.Row(`SELECT `+itemColumns+` FROM item AS i WHERE i.book = $1 AND i.item = $2`, c.book, it).Scan(itemFields(&item)...)
	return item, err == nil, store.NotNone(err)
}

// Giving finds what was given by an entry, while that stands and was not given anew since.
func (c clearLists) Giving(e id.Entry) (g book.Giving, ok bool, err error) {
	err = store.Each(c.tx, `SELECT g.recipient, g.hat, g.until, x.section FROM item AS i JOIN given AS g ON g.book = i.book AND g.id = i.item
		JOIN given_act AS x ON x.book = g.book AND x.given = g.id WHERE i.book = $1 AND i.section = 'sharing' AND i.state = 'live' AND i.head = $2 AND g.taken_back = 0`,
		[]any{c.book, e}, func(scan func(...any) error) error {
			var s book.Section
			ok = true
			err := scan(&g.Recipient, &g.As, &g.Until, &s)
			g.Acts = append(g.Acts, s)
			return err
		})
	return g, ok, err
}

func (c clearLists) Suggestion(e id.Entry) (s book.Suggestion, ok bool, err error) {
	return c.suggestion, e == c.suggestion.Entry && !e.IsZero(), nil
}

// Erased reports whether an item was erased for good; the zero item asks for the whole book.
func (c clearLists) Erased(it id.Item) (gone bool, err error) {
	switch {
	case mutant.On("erased-writable"):
		return false, nil
	case it.IsZero():
		return c.whole != 0, nil
	case it == c.about:
		return c.gone != 0, nil
	}
	err = c.tx.Row(`SELECT COUNT(*) > 0 FROM tombstone WHERE book = $1 AND item = $2`, c.book, it).Scan(&gone)
	return gone, err
}

// Suggested reports whether anything was ever suggested about an item.
func (c clearLists) Suggested(it id.Item) (told bool, err error) {
	err = c.tx.Row(`SELECT COUNT(*) > 0 FROM suggestion WHERE book = $1 AND item = $2`, c.book, it).Scan(&told)
	return told, err
}

// project brings the clear lists up to what is true after e, and sets what is promised because of it.
func (k *Keeper) project(tx *store.Tx, owner id.Person, e book.Entry, eff book.Effect) error {
	if err := projectItem(tx, e.Book, eff.Item); err != nil {
		return errs.Wrap("keeper: project", err)
	}
	if err := projectSuggestion(tx, e, eff.Suggestion); err != nil {
		return errs.Wrap("keeper: project", err)
	}
	if err := projectRule(tx, owner, e); err != nil {
		return errs.Wrap("keeper: project", err)
	}
	if err := k.projectName(tx, e, eff.Item); err != nil {
		return errs.Wrap("keeper: project", err)
	}
	if m, ok := e.Body.(*book.Moment); ok && m.What == book.WhatSlipped && mutant.On("setback") {
		if _, err := tx.Exec(`UPDATE item SET state = 'away' WHERE book = $1 AND kind = 'step'`, e.Book); err != nil {
			return err
		}
	}
	if eff.Erased != nil {
		return k.erase(tx, owner, e, eff.Erased)
	}
	return errs.Wrap("keeper: promise", k.promise(tx, owner, e, eff.Suggestion))
}

func projectItem(tx *store.Tx, b id.Book, it *book.Item) error {
	if it == nil {
		return nil
	}
	_, err := tx.Exec(`INSERT INTO item (`+itemRow+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (book, item) DO UPDATE SET state = excluded.state, head = excluded.head, body_seq = excluded.body_seq`,
		b, it.ID, string(it.Section), string(it.Kind), string(it.State), it.Head, it.BodySeq, it.NamedBy, it.MadeSeq)
	return err
}

func projectSuggestion(tx *store.Tx, e book.Entry, s *book.Suggestion) error {
	if s == nil {
		return nil
	}
	if e.Act == book.ActSuggest {
		_, err := tx.Exec(`INSERT INTO suggestion (book, entry, seq, item, section, kind, author, base, state, answer, answered_seq)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, NULL, 0)`,
			e.Book, s.Entry, s.Seq, s.Item, string(s.Section), string(s.Kind), s.Author, s.Base, string(s.State))
		return err
	}
	_, err := tx.Exec(`UPDATE suggestion SET state = $1, answer = $2, answered_seq = $3 WHERE book = $4 AND entry = $5`,
		string(s.State), s.Answer, s.AnsweredSeq, e.Book, s.Entry)
	return err
}

// projectRule brings the facts of the rule (package grant) up to an entry that changes them.
func projectRule(tx *store.Tx, owner id.Person, e book.Entry) error {
	switch e.Kind {
	case book.KindSharing:
		return projectSharing(tx, e)
	case book.KindTie:
		return projectTie(tx, owner, e)
	}
	return nil
}

// projectTie brings the facts of the rule up to a tie as its owner said it or took it back.
func projectTie(tx *store.Tx, owner id.Person, e book.Entry) error {
	if t, ok := e.Body.(*book.Tie); ok {
		if t.Other == owner {
			return errs.New("keeper: tie", errs.Invalid, "")
		}
		_, err := tx.Exec(`INSERT INTO tie (one, other, item, since, ended_at) VALUES ($1, $2, $3, $4, 0)
			ON CONFLICT (one, other) DO UPDATE SET since = excluded.since, ended_at = 0`, owner, t.Other, e.Item, e.RecordedAt)
		return err
	}
	// A clock that was set back must not end it before the grants that it closes.
	_, err := tx.Exec(`UPDATE tie SET ended_at = (SELECT MAX(at) FROM (
			SELECT CAST($1 AS BIGINT) AS at
			UNION ALL SELECT g.since FROM given AS g JOIN book AS b ON b.id = g.book WHERE b.owner = tie.one AND (g.recipient = tie.other OR g.whom <> 'one')
			UNION ALL SELECT g.since FROM given AS g JOIN book AS b ON b.id = g.book WHERE b.owner = tie.other AND (g.recipient = tie.one OR g.whom <> 'one')) AS last)
		WHERE one = $2 AND item = $3`, e.RecordedAt, owner, e.Item)
	return err
}

// projectSharing brings the facts of the rule up to a grant as its owner gave it or took it back.
func projectSharing(tx *store.Tx, e book.Entry) error {
	if e.Act == book.ActPutAway {
		_, err := tx.Exec(`UPDATE given SET taken_back = $1 WHERE id = $2 AND book = $3`, e.RecordedAt, e.Item, e.Book)
		return err
	}
	s := e.Body.(*book.Sharing)
	if s.Until <= e.RecordedAt || s.Until > e.RecordedAt+book.Longest(s.As) {
		return &errs.Error{Op: "keeper: give", Kind: errs.Invalid, Fields: []errs.Field{{Name: "until", Words: "errors.grant_until"}}}
	}
	if err := sameSince(tx, e, s); err != nil {
		return err
	}
	suggests := 1
	if s.ReadOnly {
		suggests = 0
	}
	_, err := tx.Exec(`INSERT INTO given (id, book, recipient, whom, hat, suggests, purpose, since, until, taken_back) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		ON CONFLICT (book, id) DO UPDATE SET recipient = excluded.recipient, whom = excluded.whom, hat = excluded.hat, suggests = excluded.suggests,
		purpose = excluded.purpose, since = excluded.since, until = excluded.until, taken_back = excluded.taken_back`,
		e.Item, e.Book, s.Reader(), s.To.Code(), string(s.As), suggests, string(s.Purpose), s.GivenAt(e.RecordedAt), s.Until, cameAt(s, e.RecordedAt))
	if err != nil {
		return err
	}
	for _, parts := range []string{"given_section", "given_item", "given_said"} { // of given_act with the section
		if _, err := tx.Exec(`DELETE FROM `+parts+` WHERE book = $1 AND given = $2`, e.Book, e.Item); err != nil {
			return err
		}
	}
	if err := giveSingles(tx, e, s.Singles); err != nil {
		return err
	}
	for _, parts := range []struct {
		table    string
		sections []book.Section
	}{{"given_section", s.Sections}, {"given_act", s.Acts}} {
		for _, sec := range parts.sections {
			if _, err := tx.Exec(`INSERT INTO `+parts.table+` (book, given, section) VALUES ($1, $2, $3)`, e.Book, e.Item, string(sec)); err != nil {
				return err
			}
		}
	}
	return projectSaid(tx, e, s)
}

// giveSingles gives single items that stand in the book as it is said; of one that was put away nobody could look beforehand at
// what is given. It returns Invalid with the field "singles" for any other.
func giveSingles(tx *store.Tx, e book.Entry, singles []book.Single) error {
	for _, x := range singles {
		done, err := tx.Exec(`INSERT INTO given_item (book, given, item, section) SELECT g.book, g.id, i.item, i.section FROM given AS g
			JOIN item AS i ON i.book = g.book WHERE g.book = $1 AND g.id = $2 AND i.item = $3 AND i.section = $4 AND i.state = 'live'`, e.Book, e.Item, x.Item, string(x.Section))
		if err != nil {
			return err
		}
		if done == 0 {
			return &errs.Error{Op: "keeper: give", Kind: errs.Invalid, Fields: []errs.Field{{Name: "singles", Words: "errors.thing_gone"}}}
		}
	}
	return nil
}

// cameAt is when what a grant should end with has come, 0 before.
func cameAt(s *book.Sharing, recorded clock.Time) clock.Time {
	if !s.Came || mutant.On("event-ignored") {
		return 0
	}
	return recorded
}

// sameSince returns Invalid for an entry that says a grant was given at another time than it was: an older one would be closed to fewer
// people.
func sameSince(tx *store.Tx, e book.Entry, s *book.Sharing) error {
	if s.Since == 0 {
		return nil
	}
	var since clock.Time
	err := tx.Row(`SELECT since FROM given WHERE book = $1 AND id = $2`, e.Book, e.Item).Scan(&since)
	if err = store.NotNone(err); err == nil && since != s.Since {
		err = errs.New("keeper: give", errs.Invalid, "errors.form_not_ours")
	}
	return err
}

// projectSaid writes what is said of those who hold a role, or work here.
func projectSaid(tx *store.Tx, e book.Entry, s *book.Sharing) error {
	var rows [][]any
	for _, x := range s.SaidAt(e.RecordedAt) {
		may := 0
		if x.Yes {
			may = 1
		}
		rows = append(rows, []any{e.Book, e.Item, x.Person, may, x.At})
	}
	if len(rows) == 0 {
		return nil
	}
	return store.Insert(tx, `INSERT INTO given_said (book, given, person, may, at)`, rows)
}

// promise sets what must happen because of e: the owner is told of a suggestion and of what was written for them, its author of an answer, and what was
// answered "not now" comes back; and before what was given ends, who gave it is told.
func (k *Keeper) promise(tx *store.Tx, owner id.Person, e book.Entry, s *book.Suggestion) error {
	if g, ok := e.Body.(*book.Sharing); ok && g.Until-e.RecordedAt > WarnBefore {
		return warn(tx, owner, e.Book, e.ID, g.Until, e.RecordedAt)
	}
	switch {
	case e.Act == book.ActWriteFor:
		return k.tell(tx, e, Tell{Person: owner, Kind: TellWrote, Book: e.Book, Entry: e.ID}, 0)
	case s == nil:
		return nil
	case e.Act == book.ActSuggest:
		return k.tell(tx, e, Tell{Person: owner, Kind: TellSuggested, Book: e.Book, Entry: s.Entry}, 0)
	case e.Act == book.ActTomorrow:
		if err := k.tell(tx, e, Tell{Person: owner, Kind: TellAgain, Book: e.Book, Entry: s.Entry}, TomorrowAfter); err != nil || e.Author == s.Author {
			return err
		}
	case e.Act == book.ActNotNow:
		if err := k.tell(tx, e, Tell{Person: owner, Kind: TellAgain, Book: e.Book, Entry: s.Entry}, AgainAfter); err != nil {
			return err
		}
	}
	return k.tell(tx, e, Tell{Person: s.Author, Kind: TellAnswered, Book: e.Book, Entry: s.Entry}, 0)
}

// warn promises to tell the owner that what they gave by an entry ends at a time. The promise has the entry's id, so that there is one.
func warn(tx *store.Tx, owner id.Person, b id.Book, e id.Entry, until, now clock.Time) error {
	payload, err := json.Marshal(Tell{Person: owner, Kind: TellEnds, Book: b, Entry: e})
	if err != nil {
		return err
	}
	p, err := id.FromBytes[id.Promise](e.Bytes())
	if err != nil {
		return err
	}
	return promise.Set(tx, promise.Promise{ID: p, Kind: TellPromise, Version: 1, Payload: payload, Made: now, Due: until - WarnBefore})
}

// warnBatch is how many grants are gone through at a time.
const warnBatch = 500

// WarnOlder makes the promise to tell before what was given ends for what a program of a version before gave, which knows of no
// such promise: it may have run beside this one. Those that are there stay as they are. Its cost grows with the number of grants that
// stand, and it writes only what is missing. Errors are those of the store.
func (k *Keeper) WarnOlder(ctx context.Context) error {
	type old struct {
		book  id.Book
		entry id.Entry
		owner id.Person
		until clock.Time
	}
	for {
		var missing []old
		now := k.clock.Now()
		err := k.db.Glance(ctx, func(tx *store.Tx) error {
			missing = nil
			return store.Each(tx, `SELECT g.book, i.head, b.owner, g.until FROM given AS g JOIN item AS i ON i.book = g.book AND i.item = g.id
				JOIN book AS b ON b.id = g.book WHERE g.taken_back = 0 AND i.state = 'live' AND b.erased_at = 0 AND g.until > $1
				AND NOT EXISTS (SELECT 1 FROM promise AS p WHERE p.id = i.head) ORDER BY g.book, g.id LIMIT $2 + 0`,
				[]any{now + WarnBefore, warnBatch}, func(scan func(...any) error) error {
					var o old
					err := scan(&o.book, &o.entry, &o.owner, &o.until)
					missing = append(missing, o)
					return err
				})
		})
		if err != nil || len(missing) == 0 {
			return errs.Wrap("keeper: warn older", err)
		}
		err = k.db.Update(ctx, func(tx *store.Tx) (err error) {
			for _, o := range missing {
				if err == nil {
					err = warn(tx, o.owner, o.book, o.entry, o.until, now)
				}
			}
			return err
		})
		if err != nil {
			return errs.Wrap("keeper: warn older", err)
		}
	}
}

func (k *Keeper) tell(tx *store.Tx, e book.Entry, t Tell, after clock.Time) error {
	payload, err := json.Marshal(t)
	if err != nil {
		return err
	}
	return promise.Set(tx, promise.Promise{ID: id.New[id.Promise](k.ids), Kind: TellPromise, Version: 1, Payload: payload, Made: e.RecordedAt, Due: e.RecordedAt + after})
}
