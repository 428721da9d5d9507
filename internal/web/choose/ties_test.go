package choose_test

import (
	"testing"

	"beside/internal/account"
	"beside/internal/clock"
	"beside/internal/testkit/world"
)

const ties = "/me/ties"

func TestAPersonSaysWhomTheyKnow(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world.World) {
		sam, ana := w.Worker(t, "Sam"), w.Join(t, "Ana")
		tap(t, ana, "Sam")
		ana.Get(ties).Says(".empty", "You have not named anybody")
		ana.Get(list)
		ana.Follow(".settled a")
		path := ana.Path
		ana.Follow(`main a[href$="/know"]`).Says(".told", "This ends in the same moment")
		ana.Send("main form")
		ana.Want(422, path+"/know")
		ana.Page.Says(".why", "what you are to each other")
		ana.Send("main form", "bond", "partner", "words", "we lived on Elm Street")
		ana.Want(200, ties)
		ana.Page.Says("main .paper", "Sam")
		ana.Page.Says("main .paper", "we lived on Elm Street")
		sam.Get("/worker").HasNot(".rows")
		ana.Get("/me/timeline").Says("main", "You said whom you know from your own life")

		ana.Get(list).HasNot(".settled")
		ana.Page.Says(".person", "You know each other from your own life")
		ana.Get(path).Says(".told", "you do not walk together here")
		ana.Page.HasNot("form")

		ana.Get(ties)
		ana.Send("main form")
		ana.Want(200, ties)
		ana.Page.Says(".empty", "You have not named anybody")
		sam.Get("/worker").HasNot(".rows")
		w.Clock.Step(clock.Second)
		tap(t, ana, "Sam")
		sam.Get("/worker").Says(".rows", "Ana")
	})
}

func TestAWorkerStepsAside(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world.World) {
		sam, ana, ben := w.Worker(t, "Sam"), w.Join(t, "Ana"), w.Join(t, "Ben")
		tap(t, ana, "Sam")
		sam.Get("/worker")
		sam.Follow(".rows a")
		person := sam.Path
		sam.Follow(`main a[href$="/know"]`).Says("main", "Ana is told that you know each other")
		form := sam.Filled("main form", "bond", "family", "words", "my niece")
		for range 2 { // a double tap
			sam.Post(person+"/know", form)
			sam.Want(200, "/worker")
			sam.Page.HasNot(".rows")
		}
		sam.Get(person)
		sam.Want(404, person)
		sam.Get(ties)
		sam.Want(404, ties) // what they said stands in their own book, which this hat does not open

		happened, err := w.App.Accounts.Happenings(t.Context(), subject(t, w, ana), 10)
		if err != nil || len(happened) == 0 || happened[0].Kind != account.HappenedTie {
			t.Fatalf("Ana is told %v, %v", happened, err)
		}
		ana.Get(list).Says(".settled h2", "Sam walked with you")
		ana.Page.HasNot(".person")
		ana.Follow(".settled a").HasNot(`form:has(input[name="until"])`)
		path := ana.Path
		ana.Send(back)
		ana.Get(list).HasNot(".settled, .person")
		ana.Get(path).Says("main", "Sam is not free for new people just now") // as of anybody who takes on no more
		ben.Get(list).Says(".person", "Sam")

		sam.Wear("self")
		sam.Get(ties).Says("main .paper", "Somebody who walked with you")
		sam.Page.Says("main .paper", "my niece")
		sam.Send("main form")
		w.Clock.Step(clock.Second)
		tap(t, ana, "Sam")
	})
}
