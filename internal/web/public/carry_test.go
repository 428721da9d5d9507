package public_test

import (
	"testing"

	"beside/internal/testkit/ready"
	"beside/internal/testkit/world"
)

// TestWhatWasWrittenWhileLookingGoesAlong: it is kept once there is a book, and once only, and before that nowhere.
func TestWhatWasWrittenWhileLookingGoesAlong(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w := world.New(t, where)
		v := w.Visitor(t)
		v.Get("/look")
		v.Send("main form", "matters", "Wren & the \"sea\"\nand her boat", "wish", "one calm morning")
		v.Send(`form[action="/join"]`)
		v.Want(200, "/join") // the honest talk comes first here too
		v.Send(`form[action="/join/with"]`)
		v.Want(200, "/join/with")
		v.Send("main form", "name", "Ida", "secret_passphrase", "short", "contact", "no")
		v.Want(422, "/join/you") // nothing is lost when something has to be mended
		form := v.Filled("main form", "name", "Ida", "secret_passphrase", world.Passphrase, "contact", "no")
		v.Post("/join/you", form)
		v.Want(200, "/join/kept")
		v.Post("/join/you", form) // a double tap
		v.Follow("main .do a.button")
		v.Want(200, "/me")
		v.Page.Says("main .mine", "Wren & the")
		v.Page.Says("main", "one calm morning")
		v.Get("/me/goals").Count("main .rows > li", 1)
		v.Get("/me/words").HasNot("main details")
	})
}
