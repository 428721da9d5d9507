package public_test

import (
	"strings"
	"testing"

	"beside/internal/account"
	"beside/internal/clock"
	"beside/internal/store/schema"
	"beside/internal/testkit/ready"
	"beside/internal/testkit/world"
)

func TestTheFirstPageLeadsTheWay(t *testing.T) {
	w := world.New(t, ready.Folder(t))
	v := w.Visitor(t)
	p := v.Get("/")
	v.Want(200, "/")
	for _, href := range []string{"/join", "/come-in", "/private"} {
		p.Has(`main a[href="` + href + `"]`)
	}
	v.Get("/private")
	v.Want(200, "/private")
	if len(v.Cookies()) != 0 {
		t.Error("looking around left a cookie")
	}
	for name, at := range map[string]string{"Ana": "/me"} {
		ana := w.Join(t, name)
		for _, path := range []string{"/", "/join", "/join/you", "/come-in"} {
			ana.Get(path)
			ana.Want(200, at)
		}
	}
}

func TestTheHonestTalkComesBeforeTheFirstField(t *testing.T) {
	w := world.New(t, ready.Folder(t))
	v := w.Visitor(t)
	p := v.Get("/join")
	p.HasNot("main input, main textarea, main form")
	p.Has(`main a[href="/private"]`)
	v.Follow("main .do a.button:first-child")
	v.Want(200, "/join/you")
}

func TestJoiningAsksAtMostThreeThings(t *testing.T) {
	w := world.New(t, ready.Folder(t))
	p := w.Visitor(t).Get("/join/you")
	fields := 0
	for _, in := range p.All("main input, main textarea") {
		if kind, _ := in.Attr("type"); kind != "hidden" && kind != "radio" && kind != "checkbox" {
			fields++
		}
	}
	if fields > 3 || fields < 2 {
		t.Errorf("joining asks for %d things", fields)
	}
	p.HasNot("main input[checked]") // nothing is chosen for anybody
	p.Count(`main input[name="contact"]`, 2)
	p.Has(`main input[autocomplete="new-password"]`)
}

func TestJoiningAndComingBackIsNeverANewStart(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w := world.New(t, where)
		ana := w.Join(t, "Ana Müller")
		ana.Want(200, "/me")
		if !strings.HasPrefix(ana.Words, "ana müller ") {
			t.Errorf("sign-in words %q", ana.Words)
		}
		ana.Get("/me/words")
		ana.Send("main form", "words", "My sister, and the sea.")
		ana.Get("/leave")
		ana.Page.Has(`a[href="/join/kept"]`)
		ana.Send("main form", "where", "here")
		ana.Want(200, "/")
		ana.Page.Has(".said")
		ana.Get("/me")
		ana.Want(200, "/come-in")
		ana.Send("main form", "words", strings.ToUpper(ana.Words), "secret_passphrase", world.Passphrase)
		ana.Want(200, "/me")
		ana.Page.Says("main", "My sister, and the sea.")
	})
}

func TestComingInLeadsToWhereOneWantedToGo(t *testing.T) {
	w := world.New(t, ready.Folder(t))
	ana := w.Join(t, "Ana")
	ana.HTTP.Jar = w.Visitor(t).HTTP.Jar
	ana.Get("/me/goals")
	ana.Want(200, "/come-in")
	ana.Send("main form", "words", ana.Words, "secret_passphrase", world.Passphrase)
	ana.Want(200, "/me/goals")
	for _, elsewhere := range []string{"https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"} {
		v := w.Visitor(t)
		v.Get("/come-in")
		form := v.Filled("main form", "words", ana.Words, "secret_passphrase", world.Passphrase)
		form.Set("to", elsewhere)
		v.Post("/come-in", form)
		v.Want(200, "/me")
	}
}

func TestNobodyFindsOutWhoIsHere(t *testing.T) {
	w := world.New(t, ready.Folder(t))
	ana := w.Join(t, "Ana")
	try := func(words string) (int, string) {
		v := w.Visitor(t)
		v.Get("/come-in")
		v.Send("main form", "words", words, "secret_passphrase", "something else that is long")
		text := strings.ReplaceAll(v.Page.One("main").Text(), words, "")
		for _, in := range v.Page.All(`main input[type="password"]`) {
			if value, ok := in.Attr("value"); ok {
				t.Errorf("the passphrase is in the page: %q", value)
			}
		}
		return v.Status, text
	}
	status, text := try(ana.Words)
	otherStatus, otherText := try("nobody lantern")
	if status != 422 || otherStatus != status || otherText != text {
		t.Errorf("known words: %d %q\nunknown words: %d %q", status, text, otherStatus, otherText)
	}
}

func TestTheJoiningFormSentTwiceIsOnePerson(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w := world.New(t, where)
		v := w.Visitor(t)
		v.Get("/join/you")
		form := v.Filled("main form", "name", "Ana", "secret_passphrase", world.Passphrase, "contact", "no")
		v.Post("/join/you", form)
		v.Want(200, "/join/kept")
		words := v.Page.One("main .words").Text()
		v.Post("/join/you", form)
		v.Want(200, "/join/kept")
		if again := v.Page.One("main .words").Text(); again != words {
			t.Errorf("sent twice the words are %q and %q", words, again)
		}
		form.Set("secret_passphrase", "quite another phrase here")
		v.Post("/join/you", form)
		v.Want(409, "/join/you")
	})
}

func TestWhatCannotBeTakenIsToldAtOnceAndNothingTypedIsLost(t *testing.T) {
	w := world.New(t, ready.Folder(t))
	v := w.Visitor(t)
	v.Get("/join/you")
	v.Send("main form", "name", "Ana", "secret_passphrase", "one day at a time", "address", "ana@example.org")
	v.Want(422, "/join/you")
	v.Page.Count(".mend li", 2) // the passphrase, and the question about contact
	if name, _ := v.Page.One(`input[name="name"]`).Attr("value"); name != "Ana" {
		t.Errorf("the name typed has become %q", name)
	}
	if strings.Contains(string(v.Body), "one day at a time") {
		t.Error("the passphrase is shown again")
	}
	v.Send("main form", "secret_passphrase", world.Passphrase, "contact", "quiet", "under_18", "yes")
	v.Want(200, "/join/kept")
}

func TestHatsAreChangedOnPurpose(t *testing.T) {
	w := world.New(t, ready.Folder(t))
	sam := w.Worker(t, "Sam")
	secret := sam.Cookie("beside")
	for _, path := range []string{"/me", "/me/goals", "/team"} { // not through this hat
		sam.Get(path)
		if sam.Status != 404 {
			t.Errorf("%s is %d in the hat of a worker", path, sam.Status)
		}
	}
	sam.Get("/leave")
	sam.Page.HasNot(`a[href="/join/kept"]`) // nor through this hat, so nothing leads there
	sam.Wear("self")
	sam.Want(200, "/me")
	if sam.Cookie("beside") == secret {
		t.Error("the session kept its secret through a change of hats")
	}
	sam.Get("/worker")
	if sam.Status != 404 {
		t.Errorf("the worker's page is %d in one's own hat", sam.Status)
	}
	ana := w.Join(t, "Ana")
	ana.Get("/hat")
	ana.Page.Count("main button", 1)
	form := ana.Filled("main form")
	form.Set("hat", "team")
	ana.Post("/hat", form)
	ana.Want(404, "/hat")
}

func TestAnInvitationFromTheLinkToTheHat(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w := world.New(t, where)
		team := w.Team(t)
		team.Get("/team")
		team.Send(`form:has(input[value="worker"])`)
		path := strings.TrimPrefix(team.Page.One("main .lead").Text(), w.URL)

		v := w.Visitor(t)
		v.Get(path)
		v.Page.Says("main", "Elm House")
		v.Follow(`main a[href^="/join"]`)
		v.Follow("main .do a.button:first-child")
		v.Send("main form", "name", "Sam", "secret_passphrase", world.Passphrase, "contact", "no")
		v.Follow("main .do a.button")
		v.Want(200, path)
		v.Send("main form")
		v.Want(200, "/hat")
		v.Page.Has(`button[value="worker"]`)

		late := w.Join(t, "Bea")
		late.Get(path)
		late.Want(404, path)
	})
}

func TestLeavingQuicklyClosesTheBook(t *testing.T) {
	w := world.New(t, ready.Folder(t))
	ana := w.Join(t, "Ana")
	secret := ana.Cookie("beside")
	ana.Get("/exit")
	if ana.Status != 303 || ana.Header.Get("Location") != "https://weather.example/" {
		t.Errorf("leaving is %d to %q", ana.Status, ana.Header.Get("Location"))
	}
	if ana.Cookie("beside") != "" {
		t.Error("the cookie is still there")
	}
	if _, err := w.App.Accounts.Session(t.Context(), secret); err == nil {
		t.Error("the session is still open for whoever kept its secret")
	}
}

func TestClosingEverywhere(t *testing.T) {
	w := world.New(t, ready.Folder(t))
	ana := w.Join(t, "Ana")
	other := w.Visitor(t)
	other.Get("/come-in")
	other.Send("main form", "words", ana.Words, "secret_passphrase", world.Passphrase, "own_device", "yes")
	other.Want(200, "/me")
	ana.Get("/leave")
	ana.Send("main form", "where", "everywhere")
	other.Get("/me")
	other.Want(200, "/come-in")
}

func TestOneStaysInOnlyOnOnesOwnDevice(t *testing.T) {
	w := world.New(t, ready.Folder(t))
	own, ana := w.Join(t, "Ana"), w.Visitor(t)
	ana.Get("/come-in")
	ana.Send("main form", "words", own.Words, "secret_passphrase", world.Passphrase)
	ana.Want(200, "/me")
	ana.Page.Says(".whose", "shared device")
	w.Clock.Step(account.IdleShared)
	own.Get("/me")
	own.Want(200, "/me")
	ana.Get("/me")
	ana.Want(200, "/come-in")
	w.Clock.Step(account.IdleSelf + clock.Hour)
	own.Get("/me")
	own.Want(200, "/come-in")
}

func TestTheSessionsSecretIsNewAtSignIn(t *testing.T) {
	w := world.New(t, ready.Folder(t))
	ana := w.Join(t, "Ana")
	first := ana.Cookie("beside")
	ana.Get("/join/kept") // where the words can be tried
	ana.Send("main form", "secret_passphrase", world.Passphrase)
	ana.Want(200, "/me")
	if ana.Cookie("beside") == first {
		t.Error("signing in kept the secret of the session before")
	}
	if _, err := w.App.Accounts.Session(t.Context(), first); err == nil {
		t.Error("the session before is still open")
	}
}

// TestJoiningClosesWhoWasHereBefore: on a shared device the one before is not left signed in behind the new one's back.
func TestJoiningClosesWhoWasHereBefore(t *testing.T) {
	w := world.New(t, ready.Folder(t))
	v := w.Visitor(t)
	v.Get("/join/you")
	form := v.Filled("main form", "name", "Bea", "secret_passphrase", world.Passphrase, "contact", "no")
	ana := w.Join(t, "Ana")
	secret := ana.Cookie("beside")
	ana.Get("/hat")
	form.Set("token", ana.Filled("main form").Get("token"))
	ana.Post("/join/you", form)
	ana.Want(200, "/join/kept")
	if _, err := w.App.Accounts.Session(t.Context(), secret); err == nil {
		t.Error("the session before is still open")
	}
}

// TestAFormLeftOpenIsNotSentInAnothersName: on a shared device, what one person typed in a tab they left open does not
// come into the book of who signs in after them.
func TestAFormLeftOpenIsNotSentInAnothersName(t *testing.T) {
	w := world.New(t, ready.Folder(t))
	bea, v := w.Join(t, "Bea"), w.Join(t, "Ana")
	v.Get("/me/goals/new")
	left := v.Filled("main form", "words", "never to drink alone again")
	v.Get("/leave")
	v.Send("main form", "where", "here")
	v.Get("/come-in")
	v.Send("main form", "words", bea.Words, "secret_passphrase", world.Passphrase)
	v.Want(200, "/me")
	v.Post("/me/goals/new", left)
	v.Want(422, "/me/goals/new")
	v.Get("/me/goals")
	if strings.Contains(string(v.Body), "drink alone") {
		t.Error("Ana's words stand in Bea's book")
	}
}

// TestWhatACourtCouldGet: the page tells of every table, and is found where the honest talk speaks of courts.
func TestWhatACourtCouldGet(t *testing.T) {
	w := world.New(t, ready.Folder(t))
	v := w.Visitor(t)
	v.Get("/private")
	v.Follow(`main a[href="/private/held"]`)
	v.Want(200, "/private/held")
	v.Page.Count("main dt code", len(schema.AllHeld()))
	v.Page.Count("main details", len(schema.Abouts()))
	if len(v.Cookies()) != 0 {
		t.Error("looking left a cookie")
	}
}
