package keeper_test

import (
	"context"
	"testing"

	"beside/internal/book"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/testkit/ready"
)

// TestEveryHatHasAnAnswer: whoever asks in whatever hat, each of what can be asked of a book has an answer, and for who was given nothing it is that
// the book is not open: in a hat whose rule is short no statement comes without what it is handed.
func TestEveryHatHasAnAnswer(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w, ctx := newWorld(t, where), context.Background()
		owner, b := w.person(t)
		goal := w.does(t, owner, b, keeper.Draft{Kind: book.KindGoal, Act: book.ActWrite, Body: bodyOf(book.KindGoal, "swim", id.Item{})})
		worker := w.worker(t)
		w.give(t, owner, b, worker)
		s := w.does(t, worker, b, keeper.Draft{Kind: book.KindStrength, Act: book.ActSuggest, Body: bodyOf(book.KindStrength, "patient", id.Item{})})
		for _, hat := range []book.Hat{"", book.HatSelf, book.HatWorker, book.HatTeam, book.HatReviewer, "of straw"} {
			who := grant.Subject{Person: w.worker(t).Person, Hat: hat}
			closed := func(what string, err error) {
				t.Helper()
				if errs.KindOf(err) != errs.NotOpen {
					t.Errorf("%q: %s: %v", hat, what, err)
				}
			}
			for _, want := range []keeper.Want{{}, {Kind: book.KindGoal}, {Sections: book.Givable()}, {Item: goal.Item}, {State: book.Away}, {Kind: book.KindGoal, Newest: 2}} {
				_, err := w.k.Theirs(ctx, who, b, want)
				closed("to read as somebody else", err)
				_, err = w.k.Mine(ctx, who, b, want)
				closed("to read as the owner", err)
			}
			for what, d := range map[string]keeper.Draft{
				"to write":     {Kind: book.KindGoal, Act: book.ActWrite, Body: bodyOf(book.KindGoal, "run", id.Item{})},
				"to suggest":   {Kind: book.KindGoal, Act: book.ActSuggest, Body: bodyOf(book.KindGoal, "run", id.Item{})},
				"to write for": {Kind: book.KindGoal, Act: book.ActWriteFor, Body: bodyOf(book.KindGoal, "run", id.Item{})},
				"to answer":    {Kind: s.Kind, Act: book.ActAccept, Item: s.Item, Answers: s.ID},
				"to let rest":  {Act: book.ActTomorrow, Answers: s.ID},
			} {
				d.ID = w.entry()
				_, err := w.k.Write(ctx, who, b, d)
				closed(what, err)
			}
			_, err := w.k.Timeline(ctx, who, b, 0, 10)
			closed("the timeline", err)
			_, err = w.k.Versions(ctx, who, b, goal.Item)
			closed("earlier versions", err)
			_, err = w.k.Looks(ctx, who, b, 0, 10)
			closed("who looked", err)
			if names, err := w.k.Names(ctx, who); err != nil || len(names) != 0 {
				t.Errorf("%q: names: %v, %v", hat, names, err)
			}
		}
	})
}
