package outside_test

import (
	"testing"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/keeper"
	"beside/internal/outside"
)

// TestAFormWithTheIDOfAThing: whoever sends a form chooses its id, and a worker can choose that of a thing in the book. Erasing that
// thing must not take the list of what left with it.
func TestAFormWithTheIDOfAThing(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		mira, sam := w.Person(t, ""), w.Works(t, book.HatWorker)
		w.Walks(t, mira, sam)
		words := outside.Lasting{Name: book.NewText("Mira"), To: book.NewText("the court"), Why: book.NewText("they asked"), Until: w.Clock.Now() + clock.Day}
		yes := w.Entry()
		must(t, w.Last(ctx, mira.Subject, mira.Book, yes, words))
		swims := w.strength(t, mira, "I swim")

		page := w.oneDay(t, mira, sam, words)
		page.Entry = swims.ID
		_, err := w.Under(ctx, sam, mira.Book, outside.LastingOf(yes), page)
		wantKind(t, err, errs.AlreadyKept)
		asked := w.asked("a letter")
		asked.Entry = swims.ID
		_, err = w.Give(ctx, mira.Subject, mira.Book, asked, outside.See(asked.Parts))
		wantKind(t, err, errs.AlreadyKept)
		wantKind(t, w.Last(ctx, mira.Subject, mira.Book, swims.ID, words), errs.AlreadyKept)

		// The other way round: the thing comes after the page.
		page = w.oneDay(t, mira, sam, words)
		_, err = w.Under(ctx, sam, mira.Book, outside.LastingOf(yes), page)
		must(t, err)
		done, err := w.Keeper.Write(ctx, mira.Subject, mira.Book, keeper.Draft{ID: page.Entry, Via: book.ViaWeb, Kind: book.KindStrength, Act: book.ActWrite, Body: &book.Strength{Words: book.NewText("I bake")}})
		must(t, err)
		w.Erases(t, mira, done[0].Item)
		list, err := w.List(ctx, mira.Subject, mira.Book)
		must(t, err)
		if len(list) != 1 || list[0].Worker != sam.Person {
			t.Errorf("what left is %+v", list)
		}
		one, err := w.One(ctx, mira.Subject, mira.Book, list[0].ID)
		must(t, err)
		if one.Whole || len(outside.Whole(one.Parts)) > 0 || one.Way != "" {
			t.Errorf("what left is %+v", one)
		}
		_, err = w.Copy(ctx, mira.Subject, mira.Book)
		must(t, err)
	})
}
