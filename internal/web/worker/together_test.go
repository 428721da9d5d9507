package worker_test

import (
	"net/url"
	"strings"
	"testing"

	"beside/internal/account"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/testkit/world"
)

const herPIN = "640275"

// pin has Mira set her PIN.
func (w *walk) pin(pin string, together ...string) {
	w.Helper()
	w.mira.Get("/me/pin")
	w.mira.Send("main form", append([]string{"secret_pin", pin}, together...)...)
	w.mira.Want(200, "/me/ways")
}

// waiting has somebody suggest a strength and a goal.
func (w *walk) waiting(c *world.Client) {
	w.Helper()
	w.suggest(c, "strength", "words", "you hear when somebody goes quiet", "domain", "people", "when", "now")
	w.suggest(c, "goal", "words", "bake for the Friday table", "builds_on", w.strength.String())
}

// asks opens the page on which Mira says yes, and returns the values of what can be ticked.
func (w *walk) asks(c *world.Client) (values []string) {
	w.Helper()
	c.Get(w.path())
	c.Follow(`main a[href$="/together"]`)
	c.Want(200, w.path()+"/together")
	for _, box := range c.Page.All(`main input[name="to"]`) {
		v, _ := box.Attr("value")
		values = append(values, v)
	}
	return values
}

// told counts how often Mira is told that something happened.
func (w *walk) told(what account.Happened) (n int) {
	w.Helper()
	happened, err := w.App.Accounts.Happenings(ctx, w.owner, 100)
	w.must(err)
	for _, h := range happened {
		if h.Kind == what {
			n++
		}
	}
	return n
}

func (w *walk) accepted() (n int) {
	w.Helper()
	told, err := w.App.Keeper.Suggestions(ctx, w.owner, w.book, book.Accepted)
	w.must(err)
	return len(told)
}

func TestYesTogetherInThePark(t *testing.T) {
	onBoth(t, func(w *walk) {
		w.give(w.sam, clock.Day, all...)
		w.pin(herPIN, "together", "yes")
		w.waiting(w.sam)
		both := w.asks(w.sam)
		w.sam.Page.HasNot("main input[checked]") // nothing is chosen for her
		w.sam.Page.Says("main", "Give the phone to Mira now")
		if strings.Contains(string(w.sam.Body), "bread that I baked") {
			w.Error("the page shows more of the book than what waits")
		}
		w.sam.Send("main form", "to", both[0], "to", both[1], "secret_pin", herPIN)
		w.sam.Want(200, w.path())
		w.sam.Page.Says(".said", "The yes is kept")
		w.sam.Page.Says("main", "Mira said: yes, that’s mine")

		w.mira.Get("/me/timeline").Says(".timeline", "You said yes to a strength, together on their phone · Sam")
		w.mira.Page.Says(".timeline", "You said yes to a goal, together on their phone · Sam")
		if n := w.told(account.HappenedTogether); n != 1 {
			w.Errorf("Mira is told %d times", n)
		}
		entries, err := w.App.Keeper.Timeline(ctx, w.owner, w.book, 0, 2)
		w.must(err)
		for _, e := range entries {
			if e.Author != w.owner.Person || e.Hat != book.HatSelf || e.Via != book.ViaTogether || e.Act != book.ActAccept {
				w.Errorf("an entry by %s as %s via %s: %s", e.Author, e.Hat, e.Via, e.Act)
			}
		}
	})
}

func TestAYesSentTwiceIsOne(t *testing.T) {
	onBoth(t, func(w *walk) {
		w.give(w.sam, clock.Day, all...)
		w.pin(herPIN, "together", "yes")
		w.waiting(w.sam)
		both := w.asks(w.sam)
		form := w.sam.Filled("main form", "to", both[0], "secret_pin", herPIN)
		for range 2 {
			w.sam.Post(w.path()+"/together", form)
			w.sam.Want(200, w.path())
		}
		if n := w.accepted(); n != 1 {
			w.Errorf("%d were said yes to", n)
		}
		if n := w.told(account.HappenedTogether); n != 1 {
			w.Errorf("Mira is told %d times", n)
		}
		if left := w.asks(w.sam); len(left) != 1 || left[0] != both[1] {
			w.Errorf("left waiting: %v", left)
		}
	})
}

// TestTogetherTellsNothing: a wrong PIN, none, and one that may not be used there look the same to the worker.
func TestTogetherTellsNothing(t *testing.T) {
	onBoth(t, func(w *walk) {
		w.give(w.sam, clock.Day, all...)
		w.waiting(w.sam)
		said := map[string]string{}
		try := func(why, pin string) {
			w.Helper()
			both := w.asks(w.sam)
			w.sam.Send("main form", "to", both[0], "to", both[1], "secret_pin", pin)
			w.sam.Want(422, w.path()+"/together")
			w.sam.Page.Count(`main input[name="to"][checked]`, 2) // what she ticked stays ticked
			if strings.Contains(string(w.sam.Body), pin) {
				w.Error("the PIN is in the page")
			}
			said[w.sam.Page.One("main").Text()] = why
		}
		try("none is set", herPIN)
		w.pin(herPIN)
		try("it is not switched on", herPIN)
		w.mira.Get("/me/pin")
		w.mira.Send(`main form[action$="/together"]`, "may", "yes")
		try("it is wrong", "640276")
		if len(said) != 1 {
			w.Errorf("it is said in %d ways: %v", len(said), said)
		}
		if n := w.accepted(); n != 0 {
			w.Errorf("%d were said yes to", n)
		}
	})
}

func TestTogetherIsForOnesOwnSuggestionsAndWhatIsGiven(t *testing.T) {
	onBoth(t, func(w *walk) {
		w.give(w.sam, clock.Day, all...)
		w.pin(herPIN, "together", "yes")
		w.waiting(w.sam)
		both := w.asks(w.sam)
		form := w.sam.Filled("main form", "to", both[0], "secret_pin", herPIN)

		// Nothing ticked is no yes; one that is nobody's, and another worker's, are not open.
		w.sam.Send("main form", "secret_pin", herPIN)
		w.sam.Want(422, w.path()+"/together")
		odd := url.Values{}
		for name, values := range form {
			odd[name] = values
		}
		odd["to"] = []string{both[0], w.entry().String()}
		w.sam.Post(w.path()+"/together", odd)
		w.sam.Want(404, w.path()+"/together")

		// Alex walks with her from now on: neither may say yes to what Sam suggested.
		w.give(w.alex, clock.Day, all...)
		for _, c := range []*world.Client{w.sam, w.alex, w.mira} {
			c.Get("/leave")
			mine := c.Filled("main form")
			form.Set("token", mine.Get("token"))
			c.Post(w.path()+"/together", form)
			c.Want(404, w.path()+"/together")
			c.Get(w.path() + "/together")
			if c != w.alex {
				c.Want(404, w.path()+"/together")
			}
		}
		w.alex.Page.Says("main", "Nothing from you is waiting")
		if n := w.accepted(); n != 0 {
			w.Errorf("%d were said yes to", n)
		}
	})
}

func TestSwitchedOffTogetherIsOff(t *testing.T) {
	onBoth(t, func(w *walk) {
		w.give(w.sam, clock.Day, all...)
		w.pin(herPIN, "together", "yes")
		w.waiting(w.sam)
		w.mira.Get("/me/pin")
		w.mira.Send(`main form[action$="/together"]`, "may", "no")
		w.mira.Want(200, "/me/pin")
		w.mira.Page.Says(".said", "Switched off")
		both := w.asks(w.sam)
		w.sam.Send("main form", "to", both[0], "secret_pin", herPIN)
		w.sam.Want(422, w.path()+"/together")
		if n := w.accepted(); n != 0 {
			w.Errorf("%d were said yes to", n)
		}
	})
}

func TestGuessingTogetherIsLimitedApartFromTheirOwn(t *testing.T) {
	onBoth(t, func(w *walk) {
		w.give(w.sam, clock.Day, all...)
		w.pin(herPIN, "together", "yes")
		w.waiting(w.sam)
		both := w.asks(w.sam)
		form := w.sam.Filled("main form", "to", both[0], "secret_pin", "918273")
		wrong := 0
		for range 10 {
			if w.sam.Post(w.path()+"/together", form); w.sam.Status == 422 {
				wrong++
			}
		}
		if w.sam.Want(429, w.path()+"/together"); wrong != 6 {
			w.Errorf("%d guesses were looked at", wrong)
		}
		w.mira.Get("/me/card")
		w.mira.Send(`main form[action="/me/card"]`)
		code := w.mira.Page.One("main .code").Text()
		v := w.Visitor(w.T)
		v.Get("/come-in/card")
		v.Send("main form", "code", code, "secret_pin", herPIN)
		v.Want(200, "/me")
	})
}
