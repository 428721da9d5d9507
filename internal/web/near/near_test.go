package near_test

import (
	"strings"
	"testing"

	"beside/internal/account"
	"beside/internal/account/known"
	"beside/internal/testkit/ready"
	"beside/internal/testkit/world"
	"beside/internal/web/near"
)

func onBoth(t *testing.T, fn func(t *testing.T, w *world.World)) {
	t.Helper()
	ready.Both(t, func(t *testing.T, where string) { fn(t, world.New(t, where)) })
}

// again shows once more who somebody is, if the page asks for it, and goes on.
func again(c *world.Client) {
	if strings.HasPrefix(c.Path, "/again") {
		c.Send("main form", "secret_passphrase", world.Passphrase)
	}
}

// asks has somebody ask another, and returns the path of the link and the code.
func asks(t *testing.T, c *world.Client, label, are string) (link, code string) {
	t.Helper()
	c.Get("/me/near/new")
	again(c)
	c.Send("main form", "label", label, "are", are)
	if are == string(known.Partner) {
		c.Page.Says("h1", "Is it safe?")
		c.Page.Says("main", "Could they make you do this")
		c.Send("main form")
	}
	c.Want(200, "/me/near/new")
	link = c.Page.One("main .typed").Text()
	return link[strings.Index(link, "/near/"):], c.Page.One("main .words").Text()
}

func mine(t *testing.T, w *world.World, c *world.Client) []known.Known {
	t.Helper()
	s, err := w.App.Accounts.Session(t.Context(), c.Cookie("beside"))
	if err != nil {
		t.Fatal(err)
	}
	list, err := w.App.Known.Mine(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestTwoTellEachOtherThatTheyKnowEachOther(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world.World) {
		mira, ada := w.Join(t, "Mira"), w.Join(t, "Ada")
		mira.Get("/me/sharing")
		mira.Follow(`main a[href="/me/near"]`).Says(".empty", "You have asked nobody yet")
		mira.Follow(".empty a")
		again(mira)
		mira.Send("main form")
		mira.Want(422, "/me/near/new")
		mira.Page.Count(".why", 2)
		link, _ := asks(t, mira, "my sister", "relative")
		mira.Get(near.Home).Says("main", "my sister")
		mira.Page.Says("main", "A relative · asked, until")

		stranger := w.Visitor(t)
		stranger.Get(link).HasNot("main form")
		stranger.Page.Says("main", "For this you need a book of your own here")
		ada.Get(link)
		if strings.Contains(ada.Page.One("main").Text(), "Mira") {
			t.Error("the link tells who asks")
		}
		ada.Send("main form", "note", "my sister by the sea")
		ada.Want(422, "/me/near/code")
		ada.Page.Count(".why", 1)
		yes := ada.Filled("main form", "self", "Ada, your sister")
		for range 2 { // a double tap
			ada.Post("/me/near/code", yes)
			ada.Want(200, near.Home)
			ada.Page.Says("main", "my sister by the sea")
			ada.Page.Count("main .rows li", 1)
		}
		ada.Page.HasNot("main .needs")

		mira.Get("/me/ways/happened").Says("main", "Somebody was asked to be a person near you")
		mira.Get(near.Home).Says("main", "Somebody has said yes. Is it them?")
		mira.Follow("main .needs a")
		mira.Page.Says("main", "my sister")
		mira.Page.Says("#self", "Ada, your sister")
		page := mira.Path
		ada.Get(page)
		ada.Want(404, page)
		confirm := mira.Filled(`form[action="` + page + `"]`)
		for range 2 {
			mira.Post(page, confirm)
			mira.Want(200, near.Home)
			mira.Page.Says("main", "You know each other here")
			mira.Page.HasNot("main .needs")
		}
		mira.Get(page)
		mira.Want(200, near.Home)
		ada.Get(near.Home).Says("main", "You said yes")
		ada.Page.HasNot("main .needs")

		ada.Send(".rows form")
		ada.Want(200, near.Home)
		ada.Page.HasNot(".rows")
		mira.Get(near.Home).Has(".empty")
	})
}

func TestACodeInsteadOfALink(t *testing.T) {
	w := world.New(t, ready.Folder(t))
	mira, ben := w.Join(t, "Mira"), w.Join(t, "Ben")
	_, code := asks(t, mira, "Ben", "friend")
	ben.Get(near.Home)
	ben.Follow(`main a[href="/me/near/code"]`)
	ben.Send("main form", "code", "K7Q2-M9XD", "note", "Mira from the garden", "self", "Ben")
	ben.Want(422, "/me/near/code")
	ben.Page.Says(".why", "This code does not work any more")
	ben.Send("main form", "code", strings.ToLower(strings.ReplaceAll(code, "-", " ")))
	ben.Want(200, near.Home)
	ben.Page.Says("main", "Mira from the garden")
}

// TestSomebodyElseSaidYes: who caught the link is seen, and a no ends it.
func TestSomebodyElseSaidYes(t *testing.T) {
	w := world.New(t, ready.Folder(t))
	mira, ada, eve := w.Join(t, "Mira"), w.Join(t, "Ada"), w.Join(t, "Eve")
	link, _ := asks(t, mira, "my sister", "relative")
	eve.Get(link)
	eve.Send("main form", "note", "Mira", "self", "your sister Ida")
	ada.Get(link)
	ada.Want(404, link)
	mira.Get(near.Home)
	mira.Follow("main .needs a")
	page := mira.Path
	mira.Page.Says("#self", "your sister Ida")
	confirm := mira.Filled(`form[action="` + page + `"]`)
	mira.Send(`form[action$="/end"]`)
	mira.Want(200, near.Home)
	mira.Page.Has(".empty")
	mira.Post(page, confirm)
	mira.Want(404, page)
	eve.Get(near.Home).HasNot(".rows")
	if list := mine(t, w, mira); len(list) != 0 {
		t.Errorf("Mira knows %+v", list)
	}
}

// TestAPartnerIsAskedAfterAQuestion: nothing is made before the person says that it is safe.
func TestAPartnerIsAskedAfterAQuestion(t *testing.T) {
	w := world.New(t, ready.Folder(t))
	mira := w.Join(t, "Mira")
	mira.Get("/me/near/new")
	again(mira)
	mira.Send("main form", "label", "Jo", "are", "partner")
	mira.Page.Says("h1", "Is it safe?")
	mira.Page.HasNot("main .typed")
	if list := mine(t, w, mira); len(list) != 0 {
		t.Errorf("made before the answer: %+v", list)
	}
	mira.Send("main form")
	mira.Page.Has("main .typed")
	if list := mine(t, w, mira); len(list) != 1 || list[0].Are != known.Partner {
		t.Errorf("made after it: %+v", list)
	}
}

// TestAPhoneLeftOpen: it asks nobody and confirms nobody; to end stays one tap.
func TestAPhoneLeftOpen(t *testing.T) {
	w := world.New(t, ready.Folder(t))
	mira, ben := w.Join(t, "Mira"), w.Join(t, "Ben")
	link, _ := asks(t, mira, "Ben", "friend")
	ben.Get(link)
	ben.Send("main form", "note", "Mira", "self", "Ben")
	mira.Get(near.Home)
	mira.Follow("main .needs a")
	page := mira.Path
	confirm := mira.Filled(`form[action="` + page + `"]`)
	w.Clock.Step(account.FreshToSend)
	mira.Post(page, confirm)
	if !strings.HasPrefix(mira.Path, "/again") {
		t.Errorf("confirmed at %s", mira.Path)
	}
	again(mira)
	mira.Want(200, page)
	w.Clock.Step(account.FreshToSend)
	mira.Get("/me/near/new")
	if !strings.HasPrefix(mira.Path, "/again") {
		t.Errorf("asked at %s", mira.Path)
	}
	if list := mine(t, w, mira); len(list) != 1 || list[0].ConfirmedAt != 0 {
		t.Errorf("Mira knows %+v", list)
	}
	mira.Get(near.Home)
	mira.Send(".needs form")
	mira.Want(200, near.Home)
	mira.Page.Has(".empty")
}
