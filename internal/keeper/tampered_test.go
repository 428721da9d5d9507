package keeper_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/store"
	"beside/internal/testkit/ready"
	"beside/internal/witness"
)

// asLeft is the database as a transaction would leave it.
type asLeft struct{ *store.Tx }

// View implements [witness.Viewer].
func (v asLeft) View(_ context.Context, fn func(*store.Tx) error) error { return fn(v.Tx) }

// checked compares the books with the log.
func (w *world) checked(t testing.TB, l *witness.Log, v witness.Viewer, keys bool) (found []witness.Problem) {
	t.Helper()
	ctx, key := context.Background(), l.Key()
	c := witness.NewCheck(witness.CheckConfig{DB: v, Key: &key, Queue: w.k.Queue(), Report: func(p witness.Problem) { found = append(found, p) }})
	must(t, c.Logs(ctx))
	must(t, w.k.Check(ctx, c, keys))
	must(t, c.Rows(ctx, keeper.Witnessed()...))
	must(t, c.Rest(ctx))
	return found
}

var errUndo = errors.New("undo it")

// left runs change in a transaction that is undone, and returns what is found as it would leave the database; ok is false when the
// database itself refuses it.
func (w *world) left(t testing.TB, l *witness.Log, keys bool, change func(*store.Tx) error) (found []witness.Problem, ok bool) {
	t.Helper()
	err := w.db.Update(context.Background(), func(tx *store.Tx) error {
		if err := change(tx); err != nil {
			return err
		}
		found = w.checked(t, l, asLeft{tx}, keys)
		return errUndo
	})
	return found, errors.Is(err, errUndo)
}

// lists are the tables that a check compares with the entries, and the columns of each that say something; the first are its key.
var lists = map[string]struct {
	columns []string
	key     int
	keys    bool // it needs the keys of the books
}{
	"entry": {[]string{"book", "seq", "id", "section", "kind", "version", "item", "act", "author", "hat", "via", "base", "answers", "recorded_at", "sealed", "commitment", "leaf", "chain"}, 2, false},
	"look":  {[]string{"book", "id", "section", "reader", "hat", "given", "purpose", "items", "at", "batch"}, 3, false},

	"tombstone":     {[]string{"book", "seq", "entry", "item", "leaf", "erased_at"}, 2, false},
	"item":          {[]string{"book", "item", "section", "kind", "state", "head", "body_seq", "named_by", "made_seq"}, 2, true},
	"suggestion":    {[]string{"book", "entry", "seq", "item", "section", "kind", "author", "base", "state", "answer", "answered_seq"}, 2, true},
	"given":         {[]string{"book", "id", "recipient", "whom", "hat", "suggests", "purpose", "since", "until", "taken_back"}, 2, true},
	"given_section": {[]string{"book", "given", "section"}, 3, true},
	"given_act":     {[]string{"book", "given", "section"}, 3, true},
	"given_said":    {[]string{"book", "given", "person", "may", "at"}, 3, true},
	"given_item":    {[]string{"book", "given", "item", "section"}, 3, true},
	"tie":           {[]string{"one", "other", "item", "since", "ended_at"}, 2, true},
	"book":          {[]string{"id", "seq", "owner"}, 2, false},
}

// some says of which rows alone anything could be found: of a book in which nothing is, nothing is known but that it is there.
var some = map[string]string{"book": "seq > 0"}

// TestNothingInTheListsIsChangedUnseen: one column of one row after the other is changed, and each row is taken out; the check says
// so, of that table or of one that speaks of it, and says nothing when nothing was done.
func TestNothingInTheListsIsChangedUnseen(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w, ctx := newWorld(t, where), context.Background()
		who, b := w.person(t)
		other, _ := w.person(t)
		worker := w.worker(t)
		w.lives(t, who, b, other, worker)
		l := w.log(t)
		sequenced(t, l)
		for _, keys := range []bool{false, true} {
			if found := w.checked(t, l, w.db, keys); len(found) > 0 {
				t.Fatalf("nothing was done, and it is said (keys: %v): %v", keys, found)
			}
		}
		found, _ := w.left(t, l, true, func(tx *store.Tx) error { _, err := tx.Exec(`DELETE FROM tombstone`); return err })
		if !slices.ContainsFunc(found, func(p witness.Problem) bool { return p.Table == "entry" }) {
			t.Errorf("nobody says any more that the entry was erased, and it is said: %v", found)
		}
		for table, list := range lists {
			var rows [][]any
			must(t, w.db.View(ctx, func(tx *store.Tx) error {
				rows = nil
				return store.Each(tx, `SELECT `+strings.Join(list.columns, ", ")+` FROM `+table+` WHERE `+cmp.Or(some[table], `1 = 1`)+` ORDER BY `+strings.Join(list.columns[:list.key], ", "), nil, func(scan func(...any) error) error {
					values := make([]any, len(list.columns))
					into := make([]any, len(list.columns))
					for i := range values {
						into[i] = &values[i]
					}
					err := scan(into...)
					rows = append(rows, values)
					return err
				})
			}))
			if len(rows) == 0 {
				t.Errorf("there is no row of %s", table)
			}
			for n, row := range rows {
				is := make([]string, list.key)
				for i := range is {
					is[i] = fmt.Sprintf("%s = $%d", list.columns[i], i+1)
				}
				this, key := strings.Join(is, " AND "), row[:list.key]
				change := func(what, text string, args ...any) {
					t.Helper()
					found, ok := w.left(t, l, true, func(tx *store.Tx) error { _, err := tx.Exec(text, args...); return err })
					if ok && len(found) == 0 {
						t.Errorf("%s, row %d: %s, and nothing is found", table, n, what)
					}
					if list.keys || strings.HasPrefix(what, "owner") {
						return
					}
					if found, ok = w.left(t, l, false, func(tx *store.Tx) error { _, err := tx.Exec(text, args...); return err }); ok && len(found) == 0 {
						t.Errorf("%s, row %d: %s, and nothing is found without keys", table, n, what)
					}
				}
				change("it is gone", `DELETE FROM `+table+` WHERE `+this, key...)
				if table == "entry" && n%6 > 0 && len(row[slices.Index(list.columns, "sealed")].([]byte)) > 0 { // of those that were not erased, one in six
					continue
				}
				for i, column := range list.columns {
					if column == "ended_at" && row[i] != int64(0) { // when it ended is in the entry alone
						row[i] = int64(1)
					}
					change(column+" is another", fmt.Sprintf(`UPDATE %s SET %s = $%d WHERE %s`, table, column, list.key+1, this), append(slices.Clone(key), another(row[i]))...)
				}
			}
		}
	})
}

// another is a value that could stand in the place of one.
func another(value any) any {
	switch v := value.(type) {
	case []byte:
		if len(v) == 0 {
			return []byte{1}
		}
		v = slices.Clone(v)
		v[len(v)-1] ^= 1
		return v
	case int64:
		return v ^ 1
	case string:
		return v + "x"
	}
	return bytes.Repeat([]byte{1}, 16)
}

// lives has somebody do each sort of thing in their book, and something be done in it.
func (w *world) lives(t fatal, who grant.Subject, b id.Book, other, worker grant.Subject) {
	t.Helper()
	writes := func(d keeper.Draft) book.Entry { t.Helper(); d.Act = book.ActWrite; return w.does(t, who, b, d) }
	writes(keeper.Draft{Kind: book.KindName, Item: book.Only(b, book.KindName), Body: bodyOf(book.KindName, "Mira", id.Item{})})
	on := writes(keeper.Draft{Kind: book.KindStrength, Body: bodyOf(book.KindStrength, "I sing", id.Item{})})
	goal := writes(keeper.Draft{Kind: book.KindGoal, Body: bodyOf(book.KindGoal, "swim", on.Item)})
	w.does(t, who, b, keeper.Draft{Kind: book.KindGoal, Act: book.ActPutAway, Item: goal.Item, Base: goal.ID})
	w.gives(t, who, b, worker, func(s *book.Sharing) { s.Acts = []book.Section{book.SectionGoals} })
	back := w.gives(t, who, b, worker, func(s *book.Sharing) {
		s.Sections, s.Singles = []book.Section{book.SectionName}, []book.Single{{Section: book.SectionStrengths, Item: on.Item}}
	})
	w.gives(t, who, b, worker, func(s *book.Sharing) {
		s.Sections, s.Singles, s.ReadOnly = []book.Section{book.SectionName}, []book.Single{{Section: book.SectionStrengths, Item: on.Item}}, true
	})
	writes(keeper.Draft{Kind: book.KindSharing, Body: w.toRole(id.New[id.Role](w.ids), func(s *book.Sharing) {
		s.Said = []book.Said{{Person: worker.Person, Yes: true}, {Person: other.Person}}
	})})
	w.clock.Step(clock.Minute)
	w.does(t, who, b, keeper.Draft{Kind: book.KindSharing, Act: book.ActPutAway, Item: back.Item, Base: back.ID})
	w.does(t, worker, b, keeper.Draft{Kind: book.KindGoal, Act: book.ActWriteFor, Body: bodyOf(book.KindGoal, "a room", id.Item{})})
	for _, act := range []book.Act{"", book.ActAccept, book.ActNotNow, book.ActTomorrow} {
		s := w.does(t, worker, b, keeper.Draft{Kind: book.KindStrength, Act: book.ActSuggest, Body: bodyOf(book.KindStrength, "you listen", id.Item{})})
		if act != "" {
			w.does(t, who, b, keeper.Draft{Kind: s.Kind, Act: act, Item: s.Item, Answers: s.ID})
		}
	}
	for _, end := range []bool{false, true} {
		bound := other.Person
		if end {
			bound = id.New[id.Person](w.ids)
		}
		tie := writes(keeper.Draft{Kind: book.KindTie, Item: book.TieWith(b, bound), Body: &book.Tie{Other: bound, Bond: book.BondFamily}})
		if end {
			w.does(t, who, b, keeper.Draft{Kind: book.KindTie, Act: book.ActPutAway, Item: tie.Item, Base: tie.ID})
		}
	}
	gone := writes(keeper.Draft{Kind: book.KindMoment, Body: bodyOf(book.KindMoment, "rain", id.Item{})})
	w.does(t, who, b, keeper.Draft{Kind: book.KindErasing, Act: book.ActErase, Body: &book.Erasing{Items: []id.Item{gone.Item}}})
	for range 2 {
		_, err := w.k.Read(context.Background(), worker, b, keeper.Want{})
		must(t, err)
		w.clock.Step(clock.Minute)
	}
}

// TestALongBookIsChecked: a book of just as many entries as are looked at together, of one more, and of twice as many.
func TestALongBookIsChecked(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w, ctx := newWorld(t, where), context.Background()
		var last id.Book
		for _, n := range []int{200, 201, 400} {
			who, b := w.person(t)
			last = b
			var all []keeper.Draft
			for range n {
				all = append(all, keeper.Draft{ID: w.entry(), Kind: book.KindMoment, Act: book.ActWrite, Via: book.ViaWeb, Body: &book.Moment{What: book.WhatGood}})
			}
			_, err := w.k.Write(ctx, who, b, all...)
			must(t, err)
		}
		l := w.log(t)
		sequenced(t, l)
		if found := w.checked(t, l, w.db, true); len(found) > 0 {
			t.Errorf("nothing was done, and it is said: %v", found)
		}
		found, _ := w.left(t, l, true, func(tx *store.Tx) error { _, err := tx.Exec(`DELETE FROM entry WHERE seq = 400`); return err })
		if len(found) == 0 || found[0].Row != "book "+last.String()+", entry 400" {
			t.Errorf("the last entry is gone, and it is said: %v", found)
		}
	})
}
