package ending_test

import (
	"testing"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/testkit/ready"
	"beside/internal/testkit/world"
)

// TestEverybodySeesThatThePlaceCloses: on the first page, calmly, with the way to a copy; the team sees it too, and holds,
// without a name; the owner of a held book sees why beforehand.
func TestEverybodySeesThatThePlaceCloses(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w := world.New(t, where)
		toni, mira := w.Team(t).In(t), w.Join(t, "Mirabelle").In(t)
		mira.Get("/me").HasNot("main .closes")
		toni.Get("/team/endings").Says("main", "No day is set")
		toni.Page.Says("main", "There are none")
		if err := w.App.Endings.Close(t.Context(), w.Clock.Now()+40*clock.Day); err != nil {
			t.Fatal(err)
		}
		s, err := w.App.Accounts.Session(t.Context(), mira.Cookie("beside"))
		if err == nil {
			err = w.App.Keeper.SetHold(t.Context(), keeper.Hold{Book: s.Book, Reference: "12 B 7", Ground: book.NewText("A court wants it kept."), Until: w.Clock.Now() + clock.Day}, id.Person{})
		}
		if err != nil {
			t.Fatal(err)
		}
		mira.Get("/me").Says("main .closes", "19 April 2027")
		mira.Follow("main .closes a")
		mira.Get("/me/erase").Says("main .held", "A court wants it kept.")
		mira.Page.Says("main .held", "12 B 7")
		mira.Page.Says("main .held", "11 March 2027")
		toni.Get("/team/endings").Says("main", "19 April 2027")
		toni.Page.Says("main article", "12 B 7")
		if err := w.App.Endings.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		mira.Get("/me").HasNot("main .closes")
		if err := w.App.Endings.Close(t.Context(), w.Clock.Now()+40*clock.Day); err != nil {
			t.Fatal(err)
		}
		w.Clock.Step(41 * clock.Day)
		w.Settle(t)
		mira.Get("/me")
		mira.Want(200, "/come-in")
		mira.Get("/join")
	})
}
