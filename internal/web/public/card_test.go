package public_test

import (
	"strings"
	"testing"

	"beside/internal/clock"
	"beside/internal/testkit/ready"
	"beside/internal/testkit/world"
)

const aPIN = "640 275"

// carded is somebody with a PIN and a printed card, whose code is returned.
func carded(t *testing.T, w *world.World, name string) (c *world.Client, code string) {
	t.Helper()
	c = w.Join(t, name)
	c.Get("/me/pin")
	c.Send("main form", "secret_pin", aPIN)
	c.Want(200, "/me/ways")
	return c, made(c)
}

// made makes a card and returns its code.
func made(c *world.Client) string {
	c.Get("/me/card")
	c.Send(`main form[action="/me/card"]`)
	c.Want(200, "/me/card")
	return c.Page.One("main .code").Text()
}

// comesIn tries a card in a browser of its own.
func comesIn(t *testing.T, w *world.World, code, pin string) *world.Client {
	t.Helper()
	v := w.Visitor(t)
	v.Get("/come-in")
	v.Follow(`main a[href="/come-in/card"]`)
	v.Send("main form", "code", code, "secret_pin", pin)
	return v
}

func TestSomebodyWhoLostTheirPhoneComesBackWithTheirCard(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w := world.New(t, where)
		ana, code := carded(t, w, "Ana")
		ana.Get("/me/words")
		ana.Send("main form", "words", "My sister, and the sea.")

		v := comesIn(t, w, strings.ToLower(strings.ReplaceAll(code, " ", "-")), "640275")
		v.Want(200, "/me")
		v.Page.Says("main", "My sister, and the sea.")

		// Lost: ended with one tap, it opens nothing, and another can be made.
		ana.Get("/me/card")
		ana.Send(`main form[action="/me/card/end"]`)
		ana.Want(200, "/me/card")
		v = comesIn(t, w, code, aPIN)
		v.Want(422, "/come-in/card")
		another := made(ana)
		if another == code {
			t.Error("another card has the same code")
		}
		comesIn(t, w, another, aPIN).Want(200, "/me")
		third := made(ana)
		comesIn(t, w, another, aPIN).Want(422, "/come-in/card")
		comesIn(t, w, third, aPIN).Want(200, "/me")
	})
}

func TestAMarkInsteadOfNumbers(t *testing.T) {
	w := world.New(t, ready.Folder(t))
	ana := w.Join(t, "Ana")
	ana.Get("/me/card")
	ana.Page.HasNot(`main form[action="/me/card"]`) // first a PIN or a mark
	ana.Follow(`main a[href="/me/card/pin"]`)
	mark := []string{"secret_mark1", "bird", "secret_mark2", "key", "secret_mark3", "sun", "secret_mark4", "boat"}
	ana.Send("main form", mark...)
	ana.Want(200, "/me/card")                                // where one came from
	ana.Get("/me/pin").HasNot(`main input[name="together"]`) // of one that is set there is one control for that
	code := made(ana)
	v := w.Visitor(t)
	v.Get("/come-in/card")
	v.Send("main form", append(mark, "code", code)...)
	v.Want(200, "/me")

	v = w.Visitor(t)
	v.Get("/come-in/card")
	v.Send("main form", append(mark[:6], "code", code)...)
	v.Want(422, "/come-in/card")
	v.Page.Says("main .why", "four pictures")
	v.Page.HasNot(`main input[type="radio"][checked]`)
}

func TestACardTellsNobodyAnything(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w := world.New(t, where)
		_, code := carded(t, w, "Ana")
		ended, dead := carded(t, w, "Bea")
		ended.Get("/me/card")
		ended.Send(`main form[action="/me/card/end"]`)
		said := map[string]bool{}
		for _, try := range [][2]string{{code, "640276"}, {dead, "640275"}, {dead, "640276"}, {other(code), "640275"}} {
			v := comesIn(t, w, try[0], try[1])
			v.Want(422, "/come-in/card")
			said[strings.ReplaceAll(v.Page.One("main").Text(), try[0], "")] = true
			if strings.Contains(string(v.Body), try[1]) {
				t.Error("the PIN is in the page")
			}
		}
		if len(said) != 1 {
			t.Errorf("what does not fit is said in %d ways", len(said))
		}
	})
}

// other is a whole code of no card: two made by hand, of which at most one is code.
func other(code string) string {
	if nobodys := "000 000 000 000 000 000"; nobodys != code {
		return nobodys
	}
	return code
}

func TestASlipInTheCodeIsNoTry(t *testing.T) {
	w := world.New(t, ready.Folder(t))
	_, code := carded(t, w, "Ana")
	slip := "2" + code[1:]
	if slip == code {
		slip = "3" + code[1:]
	}
	for range 40 {
		v := comesIn(t, w, slip, aPIN)
		v.Want(422, "/come-in/card")
		v.Page.Says("main .why", "slip in this code")
	}
	comesIn(t, w, code, aPIN).Want(200, "/me")
}

func TestACardIsGuessedAtOnlySoOften(t *testing.T) {
	w := world.New(t, ready.Folder(t))
	_, code := carded(t, w, "Ana")
	wrong := 0
	for range 30 {
		if comesIn(t, w, code, "918273").Status == 422 {
			wrong++
		}
	}
	if wrong != 10 {
		t.Errorf("%d guesses were looked at", wrong)
	}
	comesIn(t, w, code, aPIN).Want(429, "/come-in/card")
	w.Clock.Step(2 * clock.Hour)
	comesIn(t, w, code, aPIN).Want(200, "/me")
}

func TestTheCardIsShownOnceAndStandsInNoAddress(t *testing.T) {
	w := world.New(t, ready.Folder(t))
	ana, code := carded(t, w, "Ana")
	if !strings.HasPrefix(ana.Path, "/me/card") || strings.Contains(ana.Path, "?") {
		t.Errorf("the card is at %s", ana.Path)
	}
	ana.Page.Has("main .qr path")
	ana.Page.Says("main .wallet", "elsewhere")
	ana.Get("/me/card")
	if strings.Contains(string(ana.Body), code) {
		t.Error("the code is shown again")
	}
}

func TestTheCardNeedsThatItIsShownWhoTheyAre(t *testing.T) {
	w := world.New(t, ready.Folder(t))
	ana, code := carded(t, w, "Ana")
	w.Clock.Step(2 * clock.Hour)
	ana.Get("/me/card")
	ana.Send(`main form[action="/me/card"]`)
	ana.Want(200, "/again")
	ana.Send("main form", "secret_passphrase", world.Passphrase)
	ana.Want(200, "/me/card")
	comesIn(t, w, code, aPIN).Want(200, "/me") // nothing was made meanwhile
	w.Clock.Step(2 * clock.Hour)
	ana.Get("/me/pin")
	ana.Want(200, "/again")
}
