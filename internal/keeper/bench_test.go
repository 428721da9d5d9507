package keeper_test

import (
	"context"
	"os"
	"strconv"
	"testing"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/store"
	"beside/internal/testkit/pgtest"
)

// BenchmarkHome is what my home reads: name, words, and the newest of the goals.
func BenchmarkHome(b *testing.B) {
	w := newWorld(b, b.TempDir())
	ctx := context.Background()
	who, bk := w.person(b)
	var drafts []keeper.Draft
	for _, k := range []book.Kind{book.KindName, book.KindWords} {
		drafts = append(drafts, keeper.Draft{ID: w.entry(), Kind: k, Act: book.ActWrite, Item: book.Only(bk, k), Body: bodyOf(k, "by the river with my sister", id.Item{})})
	}
	for range 40 {
		drafts = append(drafts, keeper.Draft{ID: w.entry(), Kind: book.KindGoal, Act: book.ActWrite, Body: bodyOf(book.KindGoal, "swim once a week, with somebody", id.Item{})})
	}
	if _, err := w.k.Write(ctx, who, bk, drafts...); err != nil {
		b.Fatal(err)
	}
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			_, err := w.k.Read(ctx, who, bk, keeper.Want{Sections: []book.Section{book.SectionName, book.SectionWords}}, keeper.Want{Sections: []book.Section{book.SectionGoals}, Kind: book.KindGoal, Newest: 3}, keeper.Want{Sections: []book.Section{book.SectionGoals}, Kind: book.KindStep, Newest: 4})
			if err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkAccept is one yes, durable, one at a time; writing the suggestion before it is not counted.
func BenchmarkAccept(b *testing.B) {
	w := newWorld(b, b.TempDir())
	ctx := context.Background()
	who, bk := w.person(b)
	worker := w.worker(b)
	w.give(b, who, bk, worker)
	for b.Loop() {
		b.StopTimer()
		s, err := w.k.Write(ctx, worker, bk, keeper.Draft{ID: w.entry(), Kind: book.KindStrength, Act: book.ActSuggest, Body: bodyOf(book.KindStrength, "kneads bread", id.Item{})})
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		if _, err := w.k.Write(ctx, who, bk, keeper.Draft{ID: w.entry(), Kind: book.KindStrength, Act: book.ActAccept, Item: s[0].Item, Answers: s[0].ID}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRule is what the rule costs: the queries of somebody to whom a whole section was given, of somebody to whom forty single
// things of it were, and of the owner, while six rules of the centre are in force, each beside the same queries with "yes" where the rule stands.
func BenchmarkRule(b *testing.B) {
	for engine, where := range map[string]string{"sqlite": b.TempDir(), "postgres": pgtest.URL(b)} {
		w := newWorld(b, where)
		ctx := context.Background()
		who, bk := w.person(b)
		var drafts []keeper.Draft
		for range 40 {
			drafts = append(drafts, keeper.Draft{ID: w.entry(), Kind: book.KindGoal, Act: book.ActWrite, Body: bodyOf(book.KindGoal, "swim once a week, with somebody", id.Item{})})
		}
		kept, err := w.k.Write(ctx, who, bk, drafts...)
		must(b, err)
		section, single := w.worker(b), w.worker(b)
		w.give(b, who, bk, section)
		given := &book.Sharing{As: book.HatWorker, Recipient: single.Person, Sections: []book.Section{book.SectionName}, Purpose: book.PurposeWalking, Until: w.clock.Now() + 30*clock.Day}
		for _, e := range kept {
			given.Singles = append(given.Singles, book.Single{Section: book.SectionGoals, Item: e.Item})
		}
		_, err = w.k.Write(ctx, who, bk, keeper.Draft{ID: w.entry(), Kind: book.KindSharing, Act: book.ActWrite, Body: given})
		must(b, err)
		for range 6 { // more than a centre has, for other workers
			other := w.worker(b)
			must(b, w.db.Update(ctx, func(tx *store.Tx) error { return rule(tx, w.ids, other.Person) }))
		}
		must(b, w.db.Update(ctx, func(tx *store.Tx) error { // how many rows there are, as PostgreSQL counts by itself after a while
			if tx.Engine() == store.SQLite { // which is never asked to count
				return nil
			}
			_, err := tx.Exec(`ANALYZE`)
			return err
		}))
		for _, x := range []struct {
			name string
			who  grant.Subject
		}{{"section", section}, {"singles", single}, {"owner", who}} {
			for _, y := range []struct {
				name string
				k    *keeper.Keeper
			}{{"rule", w.k}, {"yes", w.k.Unruled()}} {
				b.Run(engine+"/"+x.name+"/"+y.name, func(b *testing.B) {
					for b.Loop() {
						n, err := y.k.Find(ctx, x.who, w.clock.Now(), bk, keeper.Want{Kind: book.KindGoal})
						if err != nil || n != len(drafts) {
							b.Fatalf("%d found, %v", n, err)
						}
					}
				})
			}
		}
	}
}

// BenchmarkLooks is the owner's page of who looked, of as many looks as BESIDE_LOOKS says (100,000 when it is not set), a
// hundredth of which are at their book: the newest, and some from far back.
func BenchmarkLooks(b *testing.B) {
	all, err := strconv.Atoi(os.Getenv("BESIDE_LOOKS"))
	if err != nil {
		all = 100_000
	}
	for engine, where := range map[string]string{"sqlite": b.TempDir(), "postgres": pgtest.URL(b)} {
		b.Run(engine, func(b *testing.B) { benchmarkLooks(b, where, all) })
	}
}

// benchmarkLooks is [BenchmarkLooks] on one engine.
func benchmarkLooks(b *testing.B, where string, all int) {
	w := newWorld(b, where)
	ctx := context.Background()
	var owners []grant.Subject
	var books []id.Book
	for range 100 {
		who, bk := w.person(b)
		owners, books = append(owners, who), append(books, bk)
	}
	reader, given, began := id.New[id.Person](w.ids), id.New[id.Item](w.ids), w.clock.Now()
	for n := 0; n < all; {
		var looks []keeper.Look
		for ; len(looks) < 5000 && n < all; n++ {
			looks = append(looks, keeper.Look{ID: id.New[id.Look](w.ids), Book: books[n%100], Section: book.SectionGoals, Reader: reader, Hat: book.HatWorker, Given: given, Purpose: book.PurposeWalking, Items: 3, At: began + clock.Time(n)})
		}
		must(b, w.k.AddLooks(ctx, looks))
	}
	for name, before := range map[string]clock.Time{"newest": 0, "from far back": began + clock.Time(all/2)} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				looks, err := w.k.Looks(ctx, owners[7], books[7], before, 50)
				if err != nil || len(looks) != 50 {
					b.Fatalf("%d found, %v", len(looks), err)
				}
			}
		})
	}
}
