// Package audit looks behind the pages of an installation for a test: it folds a book's entries again with the pure law and
// compares every clear list with what follows, so that nothing is there half. It is for tests only.
package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/store"
	"beside/internal/witness"
)

// Book opens every entry of a book, folds them, and returns an error when the clear lists, the grants or the promises are
// not what follows from them, or when its chain does not hold.
func Book(ctx context.Context, db *store.DB, k *keeper.Keeper, owner grant.Subject, b id.Book) error {
	entries, err := k.Timeline(ctx, owner, b, 0, 1_000_000)
	if err != nil {
		return err
	}
	slices.Reverse(entries)
	gone, err := graves(ctx, db, b)
	if err != nil {
		return err
	}
	now := book.NewNow(owner.Person)
	for _, e := range entries {
		if err := skipErased(now, gone); err != nil {
			return err
		}
		if e.Act == book.ActErase {
			gone[e.Seq] = grave{e.ID, e.Item} // what it erased is skipped where it stood
			continue
		}
		if err := now.Apply(e); err != nil {
			return fmt.Errorf("entry %d does not follow: %w", e.Seq, err)
		}
	}
	if err := skipErased(now, gone); err != nil {
		return err
	}
	return db.View(ctx, func(tx *store.Tx) error {
		for _, same := range []func() error{
			func() error { return sameItems(tx, b, now) },
			func() error { return sameSuggestions(tx, b, now) },
			func() error { return sameTies(tx, owner.Person, now) },
			func() error { return sameGiven(tx, b, entries) },
			func() error { return samePromises(tx, owner.Person, b, entries) },
			func() error { return chainHolds(tx, b) },
		} {
			if err := same(); err != nil {
				return err
			}
		}
		return nil
	})
}

// grave is what is left of an entry that was erased for good.
type grave struct {
	entry id.Entry
	item  id.Item
}

// graves are the entries that were erased for good, by their place in the order. It returns an error when a row says more
// than its tombstone.
func graves(ctx context.Context, db *store.DB, b id.Book) (map[int64]grave, error) {
	gone := map[int64]grave{}
	err := db.View(ctx, func(tx *store.Tx) error {
		err := store.Each(tx, `SELECT t.seq, t.entry, t.item FROM tombstone AS t JOIN entry AS e ON e.book = t.book AND e.seq = t.seq AND e.id = t.entry AND e.item = t.item AND e.leaf = t.leaf
			WHERE t.book = $1`, []any{b}, func(scan func(...any) error) error {
			var seq int64
			var g grave
			err := scan(&seq, &g.entry, &g.item)
			gone[seq] = g
			return err
		})
		if err != nil {
			return err
		}
		var stones, says int
		err = tx.Row(`SELECT (SELECT COUNT(*) FROM tombstone WHERE book = $1), (SELECT COUNT(*) FROM entry WHERE book = $1
			AND (LENGTH(sealed) = 0 OR LENGTH(commitment) = 0 OR kind = '' OR recorded_at = 0) AND NOT (LENGTH(sealed) = 0 AND LENGTH(commitment) = 0 AND kind = '' AND section = '' AND act = '' AND recorded_at = 0))`, b).Scan(&stones, &says)
		if err == nil && (stones != len(gone) || says > 0) {
			err = fmt.Errorf("%d tombstones, %d of them of an entry, %d entries erased by half", stones, len(gone), says)
		}
		return err
	})
	return gone, err
}

// skipErased folds in the erased entries that come next.
func skipErased(now *book.Now, gone map[int64]grave) error {
	for {
		g, ok := gone[now.Seq+1]
		if !ok {
			return nil
		}
		if err := now.Skip(now.Seq+1, g.entry, g.item); err != nil {
			return err
		}
	}
}

func sameItems(tx *store.Tx, b id.Book, now *book.Now) error {
	n := 0
	err := store.Each(tx, `SELECT item, section, kind, state, head, body_seq, named_by, made_seq FROM item WHERE book = $1`, []any{b}, func(scan func(...any) error) error {
		var it book.Item
		if err := scan(&it.ID, &it.Section, &it.Kind, &it.State, &it.Head, &it.BodySeq, &it.NamedBy, &it.MadeSeq); err != nil {
			return err
		}
		n++
		if now.Items[it.ID] != it {
			return fmt.Errorf("item row %+v, the fold says %+v", it, now.Items[it.ID])
		}
		return nil
	})
	if err == nil && n != len(now.Items) {
		err = fmt.Errorf("%d item rows, the fold has %d", n, len(now.Items))
	}
	return err
}

func sameSuggestions(tx *store.Tx, b id.Book, now *book.Now) error {
	n := 0
	err := store.Each(tx, `SELECT entry, seq, item, section, kind, author, base, state, answer, answered_seq,
		(SELECT r.author FROM entry AS r WHERE r.book = s.book AND r.seq = s.answered_seq AND r.act = 'tomorrow') FROM suggestion AS s WHERE book = $1`, []any{b}, func(scan func(...any) error) error {
		var s book.Suggestion
		if err := scan(&s.Entry, &s.Seq, &s.Item, &s.Section, &s.Kind, &s.Author, &s.Base, &s.State, &s.Answer, &s.AnsweredSeq, &s.RestsBy); err != nil {
			return err
		}
		n++
		if now.Suggestions[s.Entry] != s {
			return fmt.Errorf("suggestion row %+v, the fold says %+v", s, now.Suggestions[s.Entry])
		}
		return nil
	})
	if err == nil && n != len(now.Suggestions) {
		err = fmt.Errorf("%d suggestion rows, the fold has %d", n, len(now.Suggestions))
	}
	return err
}

func sameTies(tx *store.Tx, owner id.Person, now *book.Now) error {
	n := 0
	err := store.Each(tx, `SELECT item, ended_at FROM tie WHERE one = $1`, []any{owner}, func(scan func(...any) error) error {
		var it id.Item
		var ended int64
		if err := scan(&it, &ended); err != nil {
			return err
		}
		n++
		if now.Items[it].Kind != book.KindTie || (now.Items[it].State == book.Live) != (ended == 0) {
			return fmt.Errorf("tie row %v ended at %d, the fold says %+v", it, ended, now.Items[it])
		}
		return nil
	})
	for _, it := range now.Items {
		if it.Kind == book.KindTie {
			n--
		}
	}
	if err == nil && n != 0 {
		err = fmt.Errorf("%d more tie rows than the fold has", n)
	}
	return err
}

// gift is a grant as its entries tell it.
type gift struct {
	to       id.Person
	until    clock.Time
	back     bool
	sections string
	hat      book.Hat
	suggests bool
	singles  string
	acts     string
	whom     book.Whom
	said     string
}

// sectionsIn are the sections of each grant of a book in a table of them.
func sectionsIn(tx *store.Tx, table string, b id.Book) (map[id.Item][]book.Section, error) {
	sections := map[id.Item][]book.Section{}
	return sections, store.Each(tx, `SELECT given, section FROM `+table+` WHERE book = $1`, []any{b}, func(scan func(...any) error) error {
		var it id.Item
		var s book.Section
		err := scan(&it, &s)
		sections[it] = append(sections[it], s)
		return err
	})
}

func sameGiven(tx *store.Tx, b id.Book, entries []book.Entry) error {
	want := map[id.Item]gift{}
	gone := map[id.Item]bool{}
	for _, e := range entries {
		if e.Kind == book.KindErasing {
			for _, it := range e.Body.(*book.Erasing).Items {
				gone[it] = true
			}
		}
	}
	for _, e := range entries {
		switch s, writes := e.Body.(*book.Sharing); {
		case e.Kind == book.KindErasing:
			for _, it := range e.Body.(*book.Erasing).Items {
				delete(want, it)
			}
		case e.Kind != book.KindSharing:
		case writes:
			left := slices.DeleteFunc(slices.Clone(s.Singles), func(x book.Single) bool { return gone[x.Item] })
			want[e.Item] = gift{s.Reader(), s.Until, s.Came, sorted(s.Sections), s.As, !s.ReadOnly, named(left), sorted(s.Acts), s.To, saidOf(s.SaidAt(e.RecordedAt))}
		case e.Act == book.ActPutAway:
			g := want[e.Item]
			g.back = true
			want[e.Item] = g
		}
	}
	sections, err := sectionsIn(tx, "given_section", b)
	if err != nil {
		return err
	}
	singles := map[id.Item][]book.Single{}
	err = store.Each(tx, `SELECT given, item, section FROM given_item WHERE book = $1`, []any{b}, func(scan func(...any) error) error {
		var it id.Item
		var x book.Single
		err := scan(&it, &x.Item, &x.Section)
		singles[it] = append(singles[it], x)
		return err
	})
	if err != nil {
		return err
	}
	acts, err := sectionsIn(tx, "given_act", b)
	if err != nil {
		return err
	}
	said := map[id.Item][]book.Said{}
	err = store.Each(tx, `SELECT given, person, may = 1, at FROM given_said WHERE book = $1`, []any{b}, func(scan func(...any) error) error {
		var it id.Item
		var x book.Said
		err := scan(&it, &x.Person, &x.Yes, &x.At)
		said[it] = append(said[it], x)
		return err
	})
	if err != nil {
		return err
	}
	got := map[id.Item]gift{}
	err = store.Each(tx, `SELECT id, recipient, until, taken_back, hat, suggests = 1, CASE WHEN whom = 'one' THEN '' ELSE whom END FROM given WHERE book = $1`, []any{b}, func(scan func(...any) error) error {
		var it id.Item
		var g gift
		var back clock.Time
		err := scan(&it, &g.to, &g.until, &back, &g.hat, &g.suggests, &g.whom)
		g.said = saidOf(said[it])
		g.back, g.sections, g.singles, g.acts = back != 0, sorted(sections[it]), named(singles[it]), sorted(acts[it])
		got[it] = g
		return err
	})
	if err == nil && !maps.Equal(want, got) {
		err = fmt.Errorf("given are %v, the entries say %v", got, want)
	}
	return err
}

func sorted(s []book.Section) string { return fmt.Sprint(slices.Sorted(slices.Values(s))) }

// saidOf is what is said of some people, in an order of its own.
func saidOf(said []book.Said) string {
	all := make([]string, len(said))
	for i, x := range said {
		all[i] = x.String()
	}
	slices.Sort(all)
	return fmt.Sprint(all)
}

// named are single items in an order of their own.
func named(singles []book.Single) string {
	all := make([]string, len(singles))
	for i, x := range singles {
		all[i] = x.String()
	}
	slices.Sort(all)
	return fmt.Sprint(all)
}

// samePromises: exactly what follows from suggestions and answers was promised to be told.
func samePromises(tx *store.Tx, owner id.Person, b id.Book, entries []book.Entry) error {
	type told struct {
		kind  string
		entry id.Entry
	}
	want := map[told]int{}
	for _, e := range entries {
		if g, ok := e.Body.(*book.Sharing); ok && g.Until-e.RecordedAt > keeper.WarnBefore {
			want[told{keeper.TellEnds, e.ID}]++
		}
		switch e.Act {
		case book.ActWriteFor:
			want[told{keeper.TellWrote, e.ID}]++
		case book.ActSuggest:
			want[told{keeper.TellSuggested, e.ID}]++
		case book.ActTomorrow:
			want[told{keeper.TellAgain, e.Answers}]++
			if e.Author == owner {
				want[told{keeper.TellAnswered, e.Answers}]++
			}
		case book.ActNotNow:
			want[told{keeper.TellAgain, e.Answers}]++
			want[told{keeper.TellAnswered, e.Answers}]++
		case book.ActAccept, book.ActChange, book.ActDecline:
			want[told{keeper.TellAnswered, e.Answers}]++
		}
	}
	erased := map[id.Entry]bool{}
	err := store.Each(tx, `SELECT entry FROM tombstone WHERE book = $1`, []any{b}, func(scan func(...any) error) error {
		var e id.Entry
		err := scan(&e)
		erased[e] = true
		return err
	})
	if err != nil {
		return err
	}
	got := map[told]int{}
	err = store.Each(tx, `SELECT payload FROM promise WHERE kind = $1`, []any{string(keeper.TellPromise)}, func(scan func(...any) error) error {
		var payload []byte
		var t keeper.Tell
		if err := scan(&payload); err != nil {
			return err
		}
		err := json.Unmarshal(payload, &t)
		if t.Book == b && !erased[t.Entry] && t.Kind != keeper.TellComes { // which follows from no entry of this book
			got[told{t.Kind, t.Entry}]++
		}
		return err
	})
	heads := map[id.Item]id.Entry{}
	for _, e := range entries {
		heads[e.Item] = e.ID
	}
	for _, e := range entries { // of what a version before gave, only what stands is promised for later
		if x := (told{keeper.TellEnds, e.ID}); heads[e.Item] != e.ID && got[x] == 0 {
			delete(want, x)
		}
	}
	if err == nil && !maps.Equal(want, got) {
		err = fmt.Errorf("promised to be told are %v, the entries say %v", got, want)
	}
	return err
}

func chainHolds(tx *store.Tx, b id.Book) error {
	var v witness.Verifier
	var head witness.Hash
	err := store.Each(tx, `SELECT leaf, chain FROM entry WHERE book = $1 ORDER BY seq`, []any{b}, func(scan func(...any) error) error {
		var leaf witness.Hash
		if err := scan(&leaf, &head); err != nil {
			return err
		}
		return v.Next(leaf, head)
	})
	if err != nil {
		return err
	}
	return v.End(head)
}
