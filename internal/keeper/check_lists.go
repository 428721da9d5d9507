package keeper

import (
	"fmt"
	"slices"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/id"
	"beside/internal/store"
)

// facts are what the rule reads of one book, as its entries say.
type facts struct {
	given   map[id.Item]givenFact
	singles map[id.Item][]book.Single // of each
	ties    map[id.Item]tieFact
}

type givenFact struct {
	Recipient id.Person
	Purpose   book.Purpose
	Since     clock.Time
	Until     clock.Time
	TakenBack clock.Time
	Hat       book.Hat
	Suggests  bool
	Sections  string // sorted, for comparing
	Acts      string // so too
	Whom      string // its code
	Said      string // of those who hold the role, or work here; sorted
}

type tieFact struct {
	Other id.Person
	Since clock.Time
	Ended bool
}

func newFacts() facts {
	return facts{map[id.Item]givenFact{}, map[id.Item][]book.Single{}, map[id.Item]tieFact{}}
}

// apply follows what [projectRule] writes.
func (f facts) apply(e book.Entry) {
	switch body := e.Body.(type) {
	case *book.Sharing:
		f.given[e.Item] = givenFact{body.Reader(), body.Purpose, body.GivenAt(e.RecordedAt), body.Until, cameAt(body, e.RecordedAt), body.As, !body.ReadOnly, inOrder(body.Sections), inOrder(body.Acts),
			body.To.Code(), saidInOrder(body.SaidAt(e.RecordedAt))}
		if delete(f.singles, e.Item); len(body.Singles) > 0 {
			f.singles[e.Item] = slices.Clone(body.Singles)
		}
		return
	case *book.Erasing:
		for _, it := range body.Items {
			delete(f.given, it)
			delete(f.ties, it)
			delete(f.singles, it)
			for g, singles := range f.singles {
				f.singles[g] = slices.DeleteFunc(singles, func(x book.Single) bool { return x.Item == it })
			}
		}
		if body.Whole {
			clear(f.given)
			clear(f.singles)
			clear(f.ties)
		}
		return
	case *book.Tie:
		f.ties[e.Item] = tieFact{body.Other, e.RecordedAt, false}
		return
	}
	if e.Act != book.ActPutAway {
		return
	}
	if g, ok := f.given[e.Item]; ok {
		g.TakenBack = e.RecordedAt
		f.given[e.Item] = g
	}
	if t, ok := f.ties[e.Item]; ok {
		t.Ended = true
		f.ties[e.Item] = t
	}
}

// inOrder are sections sorted, for comparing.
func inOrder(sections []book.Section) string {
	return fmt.Sprint(slices.Sorted(slices.Values(sections)))
}

// saidInOrder is what is said of some people, for comparing.
func saidInOrder(said []book.Said) string {
	list := make([]string, len(said))
	for i, x := range said {
		list[i] = x.String()
	}
	slices.Sort(list)
	return fmt.Sprint(list)
}

// lists compares the clear lists of a book with what its entries say.
func (b *checkedBook) lists(tx *store.Tx) error {
	for _, compare := range []func(*store.Tx) error{b.items, b.suggestions, b.givens, b.ties} {
		if err := compare(tx); err != nil {
			return err
		}
	}
	return nil
}

// same reports the rows of a list that are not as the entries say. has is how many rows there should be.
func (b *checkedBook) same(table string, has, rows int) {
	if rows < has {
		b.problem(table, "", "%d rows are missing that its entries speak of", has-rows)
	}
}

const notAsSaid = "it is not what the entries of the book say"

func (b *checkedBook) items(tx *store.Tx) error {
	rows := 0
	err := store.Each(tx, `SELECT `+itemColumns+` FROM item AS i WHERE i.book = $1`, []any{b.id}, func(scan func(...any) error) error {
		var it book.Item
		err := scan(itemFields(&it)...)
		want, ok := b.now.Items[it.ID]
		if ok {
			rows++
		}
		if err == nil && want != it {
			b.problem("item", it.ID.String(), notAsSaid)
		}
		return err
	})
	b.same("item", len(b.now.Items), rows)
	return err
}

func (b *checkedBook) suggestions(tx *store.Tx) error {
	rows := 0
	err := store.Each(tx, `SELECT `+suggestionColumns+` FROM suggestion AS s WHERE s.book = $1`, []any{b.id}, func(scan func(...any) error) error {
		var s book.Suggestion
		err := scan(suggestionFields(&s)...)
		want, ok := b.now.Suggestions[s.Entry]
		if ok {
			rows++
		}
		if err == nil && want != s {
			b.problem("suggestion", s.Entry.String(), notAsSaid)
		}
		return err
	})
	b.same("suggestion", len(b.now.Suggestions), rows)
	return err
}

func (b *checkedBook) givens(tx *store.Tx) error {
	sections, singles, err := partsGiven(tx, b.id)
	if err != nil {
		return err
	}
	acts, err := actsGiven(tx, b.id)
	if err != nil {
		return err
	}
	said, err := saidGiven(tx, b.id)
	if err != nil {
		return err
	}
	rows := 0
	err = store.Each(tx, `SELECT id, recipient, purpose, since, until, taken_back, hat, suggests = 1, whom FROM given WHERE book = $1`, []any{b.id}, func(scan func(...any) error) error {
		var it id.Item
		var g givenFact
		err := scan(&it, &g.Recipient, &g.Purpose, &g.Since, &g.Until, &g.TakenBack, &g.Hat, &g.Suggests, &g.Whom)
		g.Sections, g.Acts, g.Said = inOrder(sections[it]), inOrder(acts[it]), saidInOrder(said[it])
		want, ok := b.facts.given[it]
		if ok {
			rows++
		}
		if err == nil && want.Acts != g.Acts {
			b.problem("given_act", it.String(), notAsSaid)
			g.Acts = want.Acts
		}
		if err == nil && want.Said != g.Said {
			b.problem("given_said", it.String(), notAsSaid)
			g.Said = want.Said
		}
		if err == nil && want != g {
			b.problem("given", it.String(), notAsSaid)
		}
		if err == nil && !sameSingles(b.facts.singles[it], singles[it]) {
			b.problem("given_item", it.String(), notAsSaid)
		}
		delete(sections, it)
		delete(singles, it)
		return err
	})
	for it := range sections {
		b.problem("given_section", it.String(), notAsSaid)
	}
	for it := range singles {
		b.problem("given_item", it.String(), notAsSaid)
	}
	b.same("given", len(b.facts.given), rows)
	return err
}

// sameSingles reports whether two lists name the same items.
func sameSingles(a, b []book.Single) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(x book.Single) bool { return !slices.Contains(b, x) })
}

// actsGiven reads in which sections who was given something may write for the owner, by grant. There is none without the grant:
// the table sees to that.
func actsGiven(tx *store.Tx, b id.Book) (acts map[id.Item][]book.Section, err error) {
	acts = map[id.Item][]book.Section{}
	err = store.Each(tx, `SELECT given, section FROM given_act WHERE book = $1 ORDER BY given, section`, []any{b}, func(scan func(...any) error) error {
		var it id.Item
		var s book.Section
		err := scan(&it, &s)
		acts[it] = append(acts[it], s)
		return err
	})
	return acts, err
}

// saidGiven reads what the owner of a book said of those to whom something is given by a role or as workers, by grant.
func saidGiven(tx *store.Tx, b id.Book) (said map[id.Item][]book.Said, err error) {
	said = map[id.Item][]book.Said{}
	err = store.Each(tx, `SELECT given, person, may = 1, at FROM given_said WHERE book = $1 ORDER BY given, person`, []any{b}, func(scan func(...any) error) error {
		var it id.Item
		var x book.Said
		err := scan(&it, &x.Person, &x.Yes, &x.At)
		said[it] = append(said[it], x)
		return err
	})
	return said, err
}

// partsGiven reads what every grant of a book gives: its sections, in the order of their codes, and its single items.
func partsGiven(tx *store.Tx, b id.Book) (of map[id.Item][]book.Section, singles map[id.Item][]book.Single, err error) {
	of, singles = map[id.Item][]book.Section{}, map[id.Item][]book.Single{}
	err = store.Each(tx, `SELECT given, section FROM given_section WHERE book = $1 ORDER BY given, section`, []any{b}, func(scan func(...any) error) error {
		var it id.Item
		var s book.Section
		err := scan(&it, &s)
		of[it] = append(of[it], s)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	err = store.Each(tx, `SELECT given, section, item FROM given_item WHERE book = $1 ORDER BY given, item`, []any{b}, func(scan func(...any) error) error {
		var g id.Item
		var x book.Single
		err := scan(&g, &x.Section, &x.Item)
		singles[g] = append(singles[g], x)
		return err
	})
	return of, singles, err
}

func (b *checkedBook) ties(tx *store.Tx) error {
	rows := 0
	err := store.Each(tx, `SELECT item, other, since, ended_at FROM tie WHERE one = $1`, []any{b.owner}, func(scan func(...any) error) error {
		var it id.Item
		var t tieFact
		var ended clock.Time
		err := scan(&it, &t.Other, &t.Since, &ended)
		t.Ended = ended != 0
		want, ok := b.facts.ties[it]
		if ok {
			rows++
		}
		if err == nil && want != t {
			b.problem("tie", it.String(), notAsSaid)
		}
		return err
	})
	b.same("tie", len(b.facts.ties), rows)
	return err
}
