package organisation_test

import (
	"net/url"
	"strings"
	"testing"

	"beside/internal/clock"
	"beside/internal/testkit/openid"
	"beside/internal/testkit/ready"
	"beside/internal/testkit/world"
)

// there is a world whose organisation has a sign-in.
type there struct {
	*world.World
	p *openid.Provider
	t testing.TB
}

func newThere(t testing.TB, where string, options ...world.Option) *there {
	t.Helper()
	p := openid.Start(t)
	return &there{world.New(t, where, append(options, p.At(t))...), p, t}
}

func both(t *testing.T, fn func(t *testing.T, w *there)) {
	t.Helper()
	ready.Both(t, func(t *testing.T, where string) { fn(t, newThere(t, where)) })
}

// leads presses the button of a page that leads to the provider, and returns where it leads.
func (w *there) leads(c *world.Client, path string, fill ...string) string {
	w.t.Helper()
	c.Get(path)
	c.Send(`form[action="`+path+`"]`, fill...)
	c.Want(200, path)
	href, _ := c.Page.One("main .do a").Attr("href")
	if refresh := c.Header.Get("Refresh"); refresh != "0; url="+href {
		w.t.Fatalf("the page leads to %q and the link to %q", refresh, href)
	}
	return href
}

// goes is leads, signs in there as somebody, and comes back.
func (w *there) goes(c *world.Client, path, as string, fill ...string) {
	w.t.Helper()
	w.arrives(c, w.p.SignIn(w.t, w.leads(c, path, fill...), as))
}

// arrives brings a browser to an address of ours.
func (w *there) arrives(c *world.Client, address string) {
	w.t.Helper()
	path, ours := strings.CutPrefix(address, w.URL)
	if !ours {
		w.t.Fatalf("%s is not ours", address)
	}
	c.Get(path)
	if strings.Contains(c.Path, "code=") || strings.Contains(c.Path, "state=") {
		w.t.Errorf("the address bar holds what the provider sent: %s", c.Path)
	}
}

// connected is a worker who comes in with an account at the provider, in a session of their own book.
func (w *there) connected(name, as string) *world.Client {
	w.t.Helper()
	c := w.Worker(w.t, name)
	c.Wear("self")
	w.goes(c, "/me/ways/organisation", as)
	c.Want(200, "/me/ways/organisation")
	c.Page.Has(".said")
	return c
}

// elsewhere is the same person with another browser, signed in nowhere.
func (w *there) elsewhere(c *world.Client) *world.Client {
	same := *c
	browser := *c.HTTP
	browser.Jar = w.Visitor(w.t).HTTP.Jar
	same.HTTP = &browser
	return &same
}

func TestAWorkerConnectsAndComesIn(t *testing.T) {
	both(t, func(t *testing.T, w *there) {
		sam := w.connected("Sam", "sam")
		sam.Page.Has(`form[action$="/let-go"]`)
		work := w.elsewhere(sam)
		work.Get("/come-in")
		work.Page.Says("main", "Come in with "+openid.Name)
		w.goes(work, "/come-in/organisation", "sam")
		work.Want(200, "/worker")
		work.Get("/me")
		work.Want(404, "/me")
		sam.Get("/me")
		sam.Want(200, "/me") // the other session stays
	})
}

// TestTheOwnBookNeverOpens: whatever somebody tries in a session that the organisation's sign-in opened.
func TestTheOwnBookNeverOpens(t *testing.T) {
	both(t, func(t *testing.T, w *there) {
		sam := w.connected("Sam", "sam")
		work := w.elsewhere(sam)
		w.goes(work, "/come-in/organisation", "sam", "own_device", "yes")
		work.Want(200, "/worker")
		work.Get("/hat")
		work.Page.HasNot(`button[value="self"]`)
		form := work.Filled("main form")
		form.Set("hat", "self")
		work.Post("/hat", form)
		work.Want(404, "/hat")
		w.goes(work, "/prove/organisation", "sam") // showing it once more opens no more
		work.Want(200, "/hat")
		work.Page.HasNot(`button[value="self"]`)
		for _, path := range []string{"/me", "/me/goals", "/me/timeline", "/me/ways", "/me/ways/organisation"} {
			work.Get(path)
			work.Want(404, path)
		}
		work.Get("/leave")
		work.Page.HasNot(`a[href="/join/kept"]`)
	})
}

func TestWhatWasConnectedIsLetGo(t *testing.T) {
	both(t, func(t *testing.T, w *there) {
		sam := w.connected("Sam", "sam")
		work := w.elsewhere(sam)
		w.goes(work, "/come-in/organisation", "sam")
		work.Want(200, "/worker")
		sam.Send(`form[action$="/let-go"]`)
		sam.Want(200, "/me/ways/organisation")
		sam.Page.Has(".said")
		work.Get("/worker") // what it opened is closed
		work.Want(200, "/come-in")
		w.goes(work, "/come-in/organisation", "sam")
		work.Want(200, "/come-in/organisation/unknown")
		bea := w.connected("Bea", "sam") // and somebody else may have the account now
		w.goes(w.elsewhere(bea), "/come-in/organisation", "sam")
		sam.Get("/me/ways/organisation")
		w.goes(sam, "/me/ways/organisation", "toni")
		sam.Want(200, "/me/ways/organisation")
	})
}

// TestAnAccountThatNobodyConnectedMakesNothing: nor does one whose person has no role any more, and both look the same.
func TestAnAccountThatNobodyConnectedMakesNothing(t *testing.T) {
	both(t, func(t *testing.T, w *there) {
		sam := w.connected("Sam", "sam")
		team := w.Team(t)
		v := w.Visitor(t)
		w.goes(v, "/come-in/organisation", "toni")
		v.Want(200, "/come-in/organisation/unknown")
		unknown := v.Page.One("main").Text()
		for _, c := range v.Cookies() {
			if c.Name == "beside" {
				t.Error("a session was opened")
			}
		}
		team.Get("/team")
		for _, a := range team.Page.All(`main a[href$="/end"]`) {
			href, _ := a.Attr("href")
			team.Get(href)
			if strings.Contains(team.Page.One("main").Text(), "Sam") || len(team.Page.All(`main form`)) > 0 {
				team.Send("main form")
			}
		}
		v = w.elsewhere(sam)
		w.goes(v, "/come-in/organisation", "sam")
		v.Want(200, "/come-in/organisation/unknown")
		if got := v.Page.One("main").Text(); got != unknown {
			t.Errorf("without a role it says %q, unknown it says %q", got, unknown)
		}
	})
}

// TestOnlyWhoMayWearARoleConnects: whoever has a worker's passphrase alone cannot connect an account of their own.
func TestOnlyWhoMayWearARoleConnects(t *testing.T) {
	both(t, func(t *testing.T, w *there) {
		sam := w.Worker(t, "Sam")
		thief := w.elsewhere(sam)
		thief.Get("/come-in")
		thief.Send(`form[action="/come-in"]`, "words", sam.Words, "secret_passphrase", world.Passphrase)
		thief.Get("/me/ways/organisation")
		thief.Want(200, "/me/ways/organisation")
		thief.Page.HasNot("main form")
		thief.Get("/hat")
		thief.Post("/me/ways/organisation", thief.Filled("main form"))
		thief.Want(404, "/me/ways/organisation")

		sam.Wear("self")
		w.Clock.Step(20 * clock.Minute) // too long since they showed who they are
		sam.Get("/me/ways/organisation")
		sam.Want(200, "/again")

		ana := w.Join(t, "Ana")
		ana.Get("/me/ways/organisation")
		ana.Page.HasNot("main form")
	})
}

func TestOneAccountIsOfOnePerson(t *testing.T) {
	both(t, func(t *testing.T, w *there) {
		sam := w.connected("Sam", "sam")
		bea := w.Worker(t, "Bea")
		bea.Wear("self")
		w.goes(bea, "/me/ways/organisation", "sam")
		bea.Want(200, "/come-in/organisation/taken")
		sam.Get("/prove/organisation")
		form := sam.Filled("main form")
		sam.Post("/me/ways/organisation", form) // a second account of the same person
		href, _ := sam.Page.One("main .do a").Attr("href")
		w.arrives(sam, w.p.SignIn(t, href, "toni"))
		sam.Want(200, "/come-in/organisation/taken")
		sam.Post("/me/ways/organisation", form) // the same account again changes nothing
		href, _ = sam.Page.One("main .do a").Attr("href")
		w.arrives(sam, w.p.SignIn(t, href, "sam"))
		sam.Want(200, "/me/ways/organisation")
	})
}

func TestShowingWhoOneIs(t *testing.T) {
	both(t, func(t *testing.T, w *there) {
		sam := w.connected("Sam", "sam")
		sam = w.elsewhere(sam)
		sam.Get("/come-in")
		sam.Send(`form[action="/come-in"]`, "words", sam.Words, "secret_passphrase", world.Passphrase)
		sam.Get("/hat")
		sam.Page.HasNot(`button[value="worker"]`)
		address := w.leads(sam, "/prove/organisation")
		q := query(t, address)
		if q.Get("prompt") != "login" || q.Get("max_age") != "0" {
			t.Errorf("asked with prompt %q and max_age %q", q.Get("prompt"), q.Get("max_age"))
		}
		for _, wrong := range []string{"long ago", "no time"} {
			w.p.Tell(t, "spoil", wrong)
			w.goes(sam, "/prove/organisation", "sam")
			sam.Want(200, "/come-in/organisation/over")
		}
		w.p.Tell(t)
		w.goes(sam, "/prove/organisation", "toni") // another's account
		sam.Want(200, "/come-in/organisation/unknown")
		sam.Get("/hat")
		sam.Page.HasNot(`button[value="worker"]`)
		w.goes(sam, "/prove/organisation", "sam")
		sam.Want(200, "/hat")
		sam.Wear("worker")
		sam.Want(200, "/worker")
	})
}

// TestOnADeviceOfOnesOwn a session there is enough; on any other they sign in there anew.
func TestOnADeviceOfOnesOwn(t *testing.T) {
	w := newThere(t, t.TempDir())
	sam := w.connected("Sam", "sam")
	for own, anew := range map[bool]bool{true: false, false: true} {
		v := w.elsewhere(sam)
		var fill []string
		if own {
			fill = []string{"own_device", "yes"}
		}
		address := w.leads(v, "/come-in/organisation", fill...)
		if asked := query(t, address).Get("max_age") == "0"; asked != anew {
			t.Errorf("own %v: asked to sign in anew %v", own, asked)
		}
		back := w.p.SignIn(t, address, "sam")
		w.p.Tell(t, "spoil", "long ago")
		w.arrives(v, back)
		w.p.Tell(t)
		want := "/worker"
		if anew {
			want = "/come-in/organisation/over"
		}
		v.Want(200, want)
	}
}

func query(t testing.TB, address string) url.Values {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query()
}
