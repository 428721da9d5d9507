package keeper_test

import (
	"context"
	"testing"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/testkit/ready"
)

// TestNobodyTakesThePlaceOfTheOneItem: a worker knows the book's id, and with it the ids of "what matters to me" and its
// like. A suggestion sent under such an id is refused, whether or not the item is there: so it tells nothing of a
// section that was not given, and never stands where the owner's words belong.
func TestNobodyTakesThePlaceOfTheOneItem(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w := newWorld(t, where)
		ctx := context.Background()
		who, b := w.person(t)
		worker := w.worker(t)
		w.giveOnly(t, who, b, worker, book.SectionName, book.SectionStrengths)
		words := book.Only(b, book.KindWords)
		e, err := id.FromBytes[id.Entry](words.Bytes())
		must(t, err)
		try := func() error {
			_, err := w.k.Write(ctx, worker, b, keeper.Draft{ID: e, Kind: book.KindStrength, Act: book.ActSuggest, Body: bodyOf(book.KindStrength, "x", id.Item{})})
			return err
		}
		wantKind(t, try(), errs.Invalid)
		_, err = w.k.Write(ctx, who, b, keeper.Draft{ID: w.entry(), Kind: book.KindWords, Act: book.ActWrite, Item: words, Body: &book.Words{Words: book.NewText("the sea")}})
		must(t, err)
		wantKind(t, try(), errs.Invalid)
	})
}

// TestASuggestionTellsNothingOfWhatWasNotGiven: who was given goals but not strengths cannot find out, by suggesting a
// goal on it, whether a strength they once saw is still there.
func TestASuggestionTellsNothingOfWhatWasNotGiven(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w := newWorld(t, where)
		ctx := context.Background()
		who, b := w.person(t)
		worker := w.worker(t)
		w.giveOnly(t, who, b, worker, book.SectionName, book.SectionGoals)
		s, err := w.k.Write(ctx, who, b, keeper.Draft{ID: w.entry(), Kind: book.KindStrength, Act: book.ActWrite, Body: bodyOf(book.KindStrength, "swims", id.Item{})})
		must(t, err)
		for _, it := range []id.Item{s[0].Item, id.New[id.Item](w.ids)} {
			_, err = w.k.Write(ctx, worker, b, keeper.Draft{ID: w.entry(), Kind: book.KindGoal, Act: book.ActSuggest, Body: bodyOf(book.KindGoal, "x", it)})
			wantKind(t, err, errs.NotOpen)
		}
		told, err := w.k.Suggestions(ctx, who, b)
		must(t, err)
		if len(told) != 0 {
			t.Fatalf("%d suggestions wait that stand on what was not given", len(told))
		}
	})
}

// giveOnly gives a few sections to a worker for thirty days.
func (w *world) giveOnly(t fatal, who grant.Subject, b id.Book, to grant.Subject, sections ...book.Section) {
	t.Helper()
	_, err := w.k.Write(context.Background(), who, b, keeper.Draft{ID: w.entry(), Kind: book.KindSharing, Act: book.ActWrite,
		Body: &book.Sharing{As: book.HatWorker, Recipient: to.Person, Sections: sections, Purpose: book.PurposeWalking, Until: w.clock.Now() + 30*clock.Day}})
	must(t, err)
}
