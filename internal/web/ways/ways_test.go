package ways_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"beside/internal/account"
	"beside/internal/clock"
	"beside/internal/lang"
	"beside/internal/testkit/ready"
	"beside/internal/testkit/world"
	"beside/internal/web/ways"
)

// comeIn is the same person on another device.
func comeIn(t *testing.T, w *world.World, who *world.Client, fill ...string) *world.Client {
	t.Helper()
	c := w.Visitor(t)
	c.Get("/come-in")
	c.Send("main form", append([]string{"words", who.Words, "secret_passphrase", world.Passphrase}, fill...)...)
	c.Want(200, "/me")
	return c
}

func TestADeviceIsSeenNamedAndClosed(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w := world.New(t, where)
		ana := w.Join(t, "Ana")
		w.Clock.Step(clock.Day)
		lost := comeIn(t, w, ana, "own_device", "yes")
		library := comeIn(t, w, ana)

		p := ana.Get(ways.Devices)
		p.Count("main article", 3)
		p.Says("main article.settled", "This one here.")
		p.Says("main", "A shared device")
		p.Says("main", "half an hour")
		library.Get(ways.Devices)
		library.Follow("main article.settled a")
		library.Send(`form:has([name="name"])`, "name", "Elm library")
		library.Want(200, ways.Devices)
		ana.Get(ways.Devices).Says("main", "Elm library")

		ana.Follow(`main article:not(.settled) a:has(*), main article:not(.settled) a`)
		named := strings.Contains(ana.Page.One("h1").Text(), "Elm library")
		ana.Send(`form[action$="/close"]`)
		ana.Want(200, ways.Devices)
		ana.Page.Count("main article", 2)
		gone, stays := lost, library
		if named {
			gone, stays = library, lost
		}
		gone.Get("/me")
		gone.Want(200, "/come-in") // with the next request
		stays.Get("/me")
		stays.Want(200, "/me")

		ana.Send(`form[action$="/others"]`)
		ana.Want(200, ways.Devices)
		ana.Page.Count("main article", 1)
		ana.Page.HasNot(`form[action$="/others"]`)
		stays.Get("/me")
		stays.Want(200, "/come-in")

		ana.Send(`form[action$="/all"]`)
		ana.Want(200, "/")
		ana.Page.Has(".said")
		ana.Get("/me")
		ana.Want(200, "/come-in")
	})
}

func TestNobodyElsesDeviceIsThere(t *testing.T) {
	w := world.New(t, ready.Folder(t))
	ana, bea := w.Join(t, "Ana"), w.Join(t, "Bea")
	ana.Get(ways.Devices)
	ana.Follow("main article a")
	path := ana.Path
	form := ana.Filled(`form[action$="/close"]`)
	ana.Get(ways.Devices)
	ana.Follow("main article a")
	bea.Get("/me/ways")
	bea.Get(path)
	other := bea.Body
	bea.Want(404, path)
	bea.Get(ways.Devices + "/01900000-0000-7000-8000-00000000abcd")
	if strip(string(other)) != strip(string(bea.Body)) {
		t.Error("a device of another's is told apart from one that never was")
	}
	bea.Get(ways.Devices)
	form.Set("token", bea.Filled(`form[action$="/all"]`).Get("token"))
	bea.Post(path+"/close", form)
	bea.Want(404, path+"/close")
	ana.Get("/me")
	ana.Want(200, "/me")
	sam := w.Worker(t, "Sam")
	for _, path := range []string{ways.Devices, path, ways.Happened, ways.Home + "/passphrase"} { // not through a role
		sam.Get(path)
		sam.Want(404, path)
	}
}

// strip takes the path out of a page, which the layout does not show but a form might.
func strip(page string) string {
	if i := strings.Index(page, "<main"); i >= 0 {
		page = page[i:]
	}
	return page
}

func TestWhatHappenedIsToldOnceAtHome(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w := world.New(t, where)
		ana := w.Join(t, "Ana")
		ana.Get("/me").HasNot(`main a[href="/me/ways/happened"]`)
		ana.Get(ways.Happened).Says("main", "Nothing has happened yet")
		comeIn(t, w, ana)
		ana.Get("/me").Has(`main a[href="/me/ways/happened"]`)
		ana.Follow(`main a[href="/me/ways/happened"]`)
		ana.Page.Count(".news", 1)
		ana.Page.Says("main", "opened on a device that was new to it")
		ana.Page.Says("main", "A shared device")
		ana.Get(ways.Happened).HasNot(".news")
		ana.Get("/me").HasNot(`main a[href="/me/ways/happened"]`)
	})
}

const another = "seven blue herons at dusk"

func TestThePassphraseIsChanged(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w := world.New(t, where)
		ana := w.Join(t, "Ana")
		other := comeIn(t, w, ana, "own_device", "yes")
		w.Clock.Step(account.FreshFor)
		ana.Get("/me/ways")
		ana.Follow(`main a[href="/me/ways/passphrase"]`)
		ana.Want(200, "/again") // somebody else may hold the device
		ana.Send("main form", "secret_passphrase", world.Passphrase)
		ana.Want(200, "/me/ways/passphrase")
		ana.Page.HasNot("main input[checked]") // neither answer is given for anybody
		ana.Send("main form", "secret_passphrase", another)
		ana.Want(422, "/me/ways/passphrase")
		ana.Page.Says("main", "what happens with your other devices")
		ana.Send("main form", "secret_passphrase", "short", "others", "leave")
		ana.Want(422, "/me/ways/passphrase")
		ana.Send("main form", "secret_passphrase", another, "others", "leave")
		ana.Want(200, "/me/ways")
		other.Get("/me")
		other.Want(200, "/me")

		ana.Get("/me/ways/passphrase")
		ana.Send("main form", "secret_passphrase", another+" again", "others", "close")
		other.Get("/me")
		other.Want(200, "/come-in")
		other.Send("main form", "words", ana.Words, "secret_passphrase", world.Passphrase)
		other.Want(422, "/come-in")
		other.Send("main form", "words", ana.Words, "secret_passphrase", another+" again")
		other.Want(200, "/me")
		ana.Get(ways.Happened).Says("main", "Your passphrase was changed.")
	})
}

// TestShowingOnceMoreChangesTheSecret: the browser gets another secret, sending the form twice leads to the same, and a form
// that was on its way with the one from before is taken.
func TestShowingOnceMoreChangesTheSecret(t *testing.T) {
	w := world.New(t, t.TempDir())
	ana := w.Join(t, "Ana")
	w.Clock.Step(account.FreshToSend)
	ana.Get("/me/ways/passphrase")
	ana.Want(200, "/again")
	form := ana.Filled("main form", "secret_passphrase", world.Passphrase)
	before := ana.Cookie("beside")
	ana.Post("/again", form)
	ana.Want(200, "/me/ways/passphrase")
	next := ana.Cookie("beside")
	if next == before {
		t.Fatal("showing once more who one is kept the secret")
	}
	hold := func(secret string) {
		site, err := url.Parse(w.URL)
		if err != nil {
			t.Fatal(err)
		}
		ana.HTTP.Jar.SetCookies(site, []*http.Cookie{{Name: "beside", Value: secret, Path: "/"}})
	}
	hold(before)
	ana.Get("/me/ways/passphrase")
	ana.Want(200, "/again")
	ana.Get("/me/goals/new")
	ana.Send("main form", "words", "a walk by the river")
	ana.Page.Says("main", "a walk by the river")
	hold(before)
	ana.Post("/again", form)
	if ana.Cookie("beside") != next {
		t.Error("sending it twice leads to two secrets")
	}
	hold(before)
	w.Clock.Step(account.SecretsOverlap)
	ana.Get("/me")
	ana.Want(200, "/come-in")
	if ana.Cookie("beside") != before {
		t.Error("the browser lost the secret that it may have by now")
	}
}

// TestEverythingThatHappensHasWords reads the constants of package account themselves, so that a new one is not forgotten.
func TestEverythingThatHappensHasWords(t *testing.T) {
	words, err := lang.Load()
	if err != nil {
		t.Fatal(err)
	}
	f, err := parser.ParseFile(token.NewFileSet(), "../../account/happening.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	said, all := map[string]bool{}, 0
	ast.Inspect(f, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok || len(v.Names) != 1 || !strings.HasPrefix(v.Names[0].Name, "Happened") {
			return true
		}
		code, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		all++
		key := ways.HappenedWords(account.Happened(code))
		if key != "ways.happened_"+code {
			t.Errorf("%s is told as %q", code, key)
		}
		text, ok := words.For("en").Static(key)
		if !ok || said[text] {
			t.Errorf("%s has no words of its own: %q", code, text)
		}
		said[text] = true
		return true
	})
	if all < 18 {
		t.Errorf("only %d things can happen", all)
	}
}
