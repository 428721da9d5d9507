package ways_test

import (
	"strings"
	"testing"

	"beside/internal/account"
	"beside/internal/clock"
	"beside/internal/store"
	"beside/internal/testkit/phone"
	"beside/internal/testkit/ready"
	"beside/internal/testkit/world"
)

// asking is what the page asks of a device.
func asking(c *world.Client) string {
	q, _ := c.Page.One("main input[data-passkey]").Attr("data-passkey")
	return q
}

// answered sends the form that asks for a passkey.
func answered(c *world.Client, answer string, fill ...string) {
	c.Send("main form:has([data-passkey])", append(fill, "answer", answer)...)
}

// add gives somebody a passkey.
func add(t *testing.T, c *world.Client, mine *phone.Phone) {
	t.Helper()
	c.Get("/me/passkeys/new")
	answered(c, mine.Makes(t, asking(c)))
	c.Want(200, "/me/passkeys")
}

func TestComingInWithAPasskey(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w := world.New(t, where, world.AtLocalhost)
		ana, mine := w.Join(t, "Ana"), phone.New(w.URL)
		ana.Get("/me/ways")
		ana.Follow(`main a[href="/me/passkeys"]`)
		ana.Page.Says("main", "no passkey yet")
		ana.Follow(`main a[href="/me/passkeys/new"]`)
		ana.Page.Says("main", "Does somebody else look through this phone?")
		if q := asking(ana); !strings.Contains(q, `"name":"Beside"`) || strings.Contains(q, "Ana") {
			t.Errorf("the device is told %s", q)
		}
		answered(ana, mine.Makes(t, asking(ana)), "name", "Weather")
		ana.Want(200, "/me/passkeys")
		ana.Page.Says("main .rows", "Weather")
		ana.Get("/me/ways/happened")
		ana.Page.Says("main", "passkey")
		ana.Get("/leave")
		ana.Send("main form", "where", "here")

		ana.Get("/me/goals")
		ana.Want(200, "/come-in")
		ana.Follow(`main .rows a[href^="/come-in/passkey"]`)
		ana.Page.HasNot(`main input[autocomplete*="webauthn"], main input[name="words"]`)
		answered(ana, "")
		ana.Want(422, "/come-in/passkey")
		ana.Page.Says("main .mend", "nothing was changed")
		answered(ana, mine.Shows(t, asking(ana)), "own_device", "yes")
		ana.Want(200, "/me/goals")

		// Another name, and the end of it.
		ana.Get("/me/passkeys")
		ana.Follow("main .rows a")
		one, _, _ := strings.Cut(ana.Path, "?")
		ana.Send("main form:has([name=name])", "name", strings.Repeat("x", 65))
		ana.Want(422, one)
		ana.Send("main form:has([name=name])", "name", "the old phone")
		ana.Page.Says("main .rows", "the old phone")
		ana.Get(one)
		ana.Send(`form[action$="/end"]`)
		ana.Want(200, "/me/passkeys")
		ana.Page.HasNot("main .rows")
		ana.Get(one)
		ana.Want(404, one)
		ana.Get("/leave")
		ana.Send("main form", "where", "here")
		ana.Get("/come-in/passkey")
		answered(ana, mine.Shows(t, asking(ana)))
		ana.Want(422, "/come-in/passkey")
		ana.Page.Says("main .mend", "nothing was changed")
	})
}

// TestAWorkerShowsWhoTheyAre: own book, the hat, what is asked first, and back.
func TestAWorkerShowsWhoTheyAre(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w := world.New(t, where, world.AtLocalhost)
		sam, mine := w.Worker(t, "Sam"), phone.New(w.URL)
		sam.Wear("self")
		sam.Get("/hat")
		sam.Follow(`main .needs a`)
		sam.Want(200, "/me/passkeys/new")
		answered(sam, mine.Makes(t, asking(sam)))
		sam.Get("/hat")
		sam.Page.HasNot("main .needs")
		sam.Get("/leave")
		sam.Send("main form", "where", "here")

		sam.Get("/come-in")
		sam.Send("main form", "words", sam.Words, "secret_passphrase", world.Passphrase)
		sam.Want(200, "/hat")
		sam.Page.HasNot(`button[value="worker"]`)
		sam.Get("/me/passkeys/new") // a passphrase leads to no other passkey
		sam.Want(200, "/me/passkeys")
		sam.Page.HasNot(`main a[href="/me/passkeys/new"]`)
		sam.Get("/hat")
		sam.Follow(`main a[href="/prove"]`)
		answered(sam, "{}")
		sam.Want(422, "/prove")
		answered(sam, mine.Shows(t, asking(sam)))
		sam.Want(200, "/hat")
		sam.Page.Has(".said")
		sam.Send("main form", "hat", "worker")
		sam.Want(200, "/worker")

		w.Clock.Step(account.RoleLasts)
		sam.Get("/worker")
		if sam.Status == 200 && strings.HasPrefix(sam.Path, "/worker") {
			t.Error("after its time the hat is still worn")
		}
	})
}

// TestWithoutAPasskeyTheWayIsSaid: who has none reads how to get one.
func TestWithoutAPasskeyTheWayIsSaid(t *testing.T) {
	w := world.New(t, ready.Folder(t), world.AtLocalhost)
	sam := w.Worker(t, "Sam")
	sam.Get("/leave")
	sam.Send("main form", "where", "here")
	sam.Get("/come-in")
	sam.Send("main form", "words", sam.Words, "secret_passphrase", world.Passphrase)
	sam.Get("/prove")
	sam.Page.Says("main", "you have none yet")
	sam.Page.Says("main", "centre team")
	sam.Page.HasNot("main form")
	sam.Post("/prove", nil)
	sam.Want(422, "/prove")
}

// TestShowingOnceMore: what changes a way in can be opened by a passkey too.
func TestShowingOnceMore(t *testing.T) {
	w := world.New(t, ready.Folder(t), world.AtLocalhost)
	ana, mine := w.Join(t, "Ana"), phone.New(w.URL)
	add(t, ana, mine)
	bea, other := w.Join(t, "Bea"), phone.New(w.URL)
	add(t, bea, other)
	w.Clock.Step(account.FreshFor)
	ana.Get("/me/passkeys")
	ana.Want(200, "/again")
	answered(ana, other.Shows(t, asking(ana)))
	ana.Want(422, "/again/passkey")
	ana.Page.Says("main .mend", "nothing was changed")
	answered(ana, mine.Shows(t, asking(ana)))
	ana.Want(200, "/me/passkeys")
	w.Clock.Step(account.FreshFor)
	ana.Get("/me/passkeys")
	ana.Send("main form:has([type=password])", "secret_passphrase", world.Passphrase)
	ana.Want(200, "/me/passkeys")
	w.Clock.Step(clock.Hour)
	ana.Post("/me/passkeys/new", nil)
	if ana.Status != 422 && ana.Status != 401 {
		t.Errorf("a form without a token is answered with %d", ana.Status)
	}
}

// TestWhereThereAreNone: at a number no button is shown that would do nothing.
func TestWhereThereAreNone(t *testing.T) {
	w := world.New(t, ready.Folder(t))
	sam := w.Worker(t, "Sam")
	sam.Wear("self")
	sam.Get("/hat")
	sam.Page.HasNot("main .needs")
	sam.Get("/me/ways")
	sam.Page.HasNot(`main a[href="/me/passkeys"]`)
	sam.Get("/me/passkeys/new")
	sam.Want(404, "/me/passkeys/new")
	sam.Get("/prove")
	sam.Page.Says("main", "do not work at this address")
	v := w.Visitor(t)
	v.Get("/come-in")
	v.Page.HasNot(`main a[href^="/come-in/passkey"]`)
	v.Get("/come-in/passkey")
	v.Want(404, "/come-in/passkey")
}

// TestGivenBack: when a login is given back, who had the device cannot come in with it.
func TestGivenBack(t *testing.T) {
	w := world.New(t, ready.Folder(t), world.AtLocalhost)
	ana, mine := w.Join(t, "Ana"), phone.New(w.URL)
	add(t, ana, mine)
	s, err := w.App.Accounts.Session(t.Context(), ana.Cookie("beside"))
	if err == nil {
		err = w.App.DB.Update(t.Context(), func(tx *store.Tx) error { return w.App.Recovery.OnGivenBack(tx, s.Person) })
	}
	if err != nil {
		t.Fatal(err)
	}
	thief := w.Visitor(t)
	thief.Get("/come-in/passkey")
	answered(thief, mine.Shows(t, asking(thief)))
	thief.Want(422, "/come-in/passkey")
}
