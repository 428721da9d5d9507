package keeper_test

import (
	"context"
	"testing"

	"beside/internal/book"
	"beside/internal/id"
	"beside/internal/keeper"
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
