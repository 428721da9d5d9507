package lost_test

import (
	"strings"
	"testing"

	"beside/internal/account/recovery"
	"beside/internal/clock"
	"beside/internal/store"
	"beside/internal/testkit/ready"
	"beside/internal/testkit/world"
)

func onBoth(t *testing.T, fn func(t *testing.T, w *world.World)) {
	t.Helper()
	ready.Both(t, func(t *testing.T, where string) { fn(t, world.New(t, where)) })
}

const another = "seven kites above the harbour wall"

// again shows once more who somebody is, if the page asks for it, and goes on.
func again(c *world.Client) {
	if strings.HasPrefix(c.Path, "/again") {
		c.Send("main form", "secret_passphrase", world.Passphrase)
	}
}

// back goes to a page, coming in first when that is asked for.
func back(c *world.Client, path string) {
	c.Get(path)
	if strings.HasPrefix(c.Path, "/come-in") {
		c.Send("main form", "words", c.Words, "secret_passphrase", world.Passphrase)
	}
	again(c)
}

// names has somebody ask another to be a holder, and the other say yes. It returns the link.
func names(t *testing.T, asker, holder *world.Client, are, note string) {
	t.Helper()
	asker.Get("/me/holders/new")
	again(asker)
	asker.Send("main form", "label", "My "+holder.Name, "are", are)
	if are == "partner" {
		asker.Page.Says("h1", "Is it safe?")
		asker.Send("main form")
	}
	asker.Want(200, "/me/holders/new")
	link := asker.Page.One("main .typed").Text()
	holder.Get(link[strings.Index(link, "/helping/"):])
	if strings.Contains(holder.Page.One("main").Text(), asker.Name) {
		t.Errorf("the link tells %s who asks", holder.Name)
	}
	holder.Send("main form", "note", note)
	holder.Want(200, "/me/helping")
	holder.Page.Says("main", note)
}

// asks is somebody on a new device who asks the people they chose. It returns the browser and the spoken code.
func asks(t *testing.T, w *world.World, words string) (c *world.Client, code string) {
	t.Helper()
	c = w.Visitor(t)
	c.Get("/come-in")
	c.Follow(`main a[href="/come-in/lost"]`)
	c.Follow(`main a[href="/come-in/lost/people"]`)
	c.Send("main form", "words", words)
	c.Want(200, "/come-in/lost/asked")
	return c, c.Page.One("main .words").Text()
}

func confirms(t *testing.T, holder *world.Client, code, note string) {
	t.Helper()
	holder.Get("/me/helping/code")
	again(holder)
	holder.Send("main form", "code", strings.ToLower(code))
	holder.Page.Says("main .mine", note)
	holder.Send("main form", "how", "voice")
	holder.Want(200, "/me/helping")
}

// change changes rows and says how many.
func change(t *testing.T, w *world.World, query string, args ...any) (n int64) {
	t.Helper()
	err := w.App.DB.Update(t.Context(), func(tx *store.Tx) (err error) {
		n, err = tx.Exec(query, args...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestTwoPeopleGiveALoginBack(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world.World) {
		mira, ben, ada := w.Join(t, "Mira"), w.Join(t, "Ben"), w.Join(t, "Ada")
		mira.Get("/me/words")
		mira.Send("main form", "words", "My sister, and the sea.")
		names(t, mira, ben, "friend", "the one with the bees")
		names(t, mira, ada, "relative", "my niece")
		mira.Get("/me/holders").Says("main", "My Ben")

		lost, code := asks(t, w, mira.Words)
		w.Settle(t)
		lost.Page.Says("main", "0 of 2")
		slip := lost.Page.One("main .typed").Text()
		mira.Get("/me/ways/asked").Says("main", "Somebody asked the people you chose")
		confirms(t, ben, code, "the one with the bees")
		confirms(t, ben, code, "the one with the bees") // twice is once
		lost.Get("/come-in/lost/asked").Says("main", "1 of 2")
		if strings.Contains(string(ben.Body), "Mira") {
			t.Error("a holder is told the name")
		}
		confirms(t, ada, code, "my niece")
		lost.Get("/come-in/lost/asked").Says("main", "2 of 2")
		lost.Page.HasNot(`main a[href="/come-in/lost/new"]`)
		lost.Get("/come-in/lost/new")
		lost.Want(200, "/come-in/lost/asked")

		who, err := w.App.Accounts.Session(t.Context(), mira.Cookie("beside"))
		if err != nil {
			t.Fatal(err)
		}
		change(t, w, `INSERT INTO card (person, form, code_hash, made_at, ended_at) VALUES ($1, $2, $2, 0, 0)`, who.Person, who.Person.Bytes())
		w.Clock.Step(recovery.WaitHolders)
		lost = w.Visitor(t) // the browser was closed: the slip is left
		lost.Get("/come-in/lost/paper")
		lost.Send("main form", "slip", strings.ToLower(slip))
		lost.Want(200, "/come-in/lost/asked")
		lost.Follow(`main a[href="/come-in/lost/new"]`)
		lost.Send("main form", "secret_passphrase", "short")
		if lost.Status != 422 {
			t.Fatalf("a short passphrase: %d", lost.Status)
		}
		lost.Send("main form", "secret_passphrase", another)
		lost.Want(200, "/join/kept")
		lost.Page.Says("main .words", mira.Words)
		lost.Get("/me/words").Says("main", "My sister, and the sea.")

		mira.Get("/me") // the old phone is out
		mira.Want(200, "/come-in")
		mira.Send("main form", "words", mira.Words, "secret_passphrase", world.Passphrase)
		if mira.Status != 422 {
			t.Errorf("the old passphrase: %d", mira.Status)
		}
		mira.Send("main form", "words", mira.Words, "secret_passphrase", another)
		mira.Want(200, "/me")

		if n := change(t, w, `UPDATE card SET ended_at = ended_at WHERE ended_at = 0`); n != 0 {
			t.Error("a card still opens the book")
		}
		spent := w.Visitor(t)
		spent.Get("/come-in/lost/paper")
		spent.Send("main form", "slip", slip)
		if spent.Status != 422 {
			t.Errorf("the slip works twice: %d", spent.Status)
		}
	})
}

func TestItIsStoppedOnTheOldPhone(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world.World) {
		mira, ben, ada := w.Join(t, "Mira"), w.Join(t, "Ben"), w.Join(t, "Ada")
		names(t, mira, ben, "friend", "M")
		names(t, mira, ada, "friend", "M")
		lost, code := asks(t, w, mira.Words)
		confirms(t, ben, code, "M")
		confirms(t, ada, code, "M")
		w.Settle(t)
		mira.Get("/me/ways")
		mira.Follow(`main a[href="/me/ways/asked"]`)
		mira.Send("main article form")
		mira.Want(200, "/me/ways/asked")
		mira.Page.HasNot("main article form")
		w.Clock.Step(recovery.WaitHolders)
		lost.Get("/come-in/lost/asked").Says("h1", "This was stopped")
		lost.Get("/come-in/lost/new")
		lost.Want(200, "/come-in/lost/asked")
		mira.Get("/me")
		mira.Want(200, "/me")
	})
}

func TestAPartnerWaitsAndIsAskedAboutFirst(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world.World) {
		mira, ben, ada := w.Join(t, "Mira"), w.Join(t, "Ben"), w.Join(t, "Ada")
		names(t, mira, ben, "partner", "my love")
		names(t, mira, ada, "friend", "M")
		ben.Page.Says("main", "You can help from")
		mira.Get("/me/holders").Says("main", "can help from")
		_, code := asks(t, w, mira.Words)
		confirms(t, ada, code, "M")
		w.Clock.Step(recovery.PartnerPause - clock.Second)
		tries := func() {
			back(ben, "/me/helping/code")
			ben.Send("main form", "code", code)
		}
		tries()
		if ben.Status != 422 {
			t.Fatalf("a partner within the pause: %d", ben.Status)
		}
		w.Clock.Step(clock.Second)
		tries()
		ben.Page.Says("main .mine", "my love")

		back(mira, "/me/holders") // and taken back with one tap, with effect at once
		mira.Send(`main .rows li:contains("My Ben") form`)
		mira.Want(200, "/again") // whoever only holds her phone does not
		again(mira)
		mira.Want(200, "/me/holders")
		mira.Send(`main .rows li:contains("My Ben") form`)
		mira.Want(200, "/me/holders")
		ben.Send("main form", "how", "with_them")
		if ben.Status != 422 {
			t.Errorf("somebody who was taken back said yes: %d", ben.Status)
		}
		ben.Get("/me/helping").Says("main", "Nobody has asked you")
	})
}

func TestNobodyLearnsWhoIsHere(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world.World) {
		mira := w.Join(t, "Mira")
		known, code := asks(t, w, mira.Words)
		unknown, other := asks(t, w, "nobody lantern")
		w.Settle(t)
		text := func(c *world.Client, code string) string {
			c.Get("/come-in/lost/asked")
			s := strings.ReplaceAll(c.Page.One("main").Text(), code, "")
			return strings.ReplaceAll(s, c.Page.One("main .typed").Text(), "")
		}
		if a, b := text(known, code), text(unknown, other); a != b {
			t.Errorf("known words give %q, others %q", a, b)
		}
		ben := w.Join(t, "Ben")
		for _, c := range []string{code, other, "K7Q2-M9XD", ""} {
			ben.Get("/me/helping/code")
			ben.Send("main form", "code", c)
			if ben.Status != 422 {
				t.Errorf("a code of somebody else's: %d", ben.Status)
			}
		}
	})
}

// vouches has a member of the team vouch for who told them a code.
func vouches(c *world.Client, code string) {
	c.Get("/team")
	c.Follow(`main a[href="/team/desk"]`)
	c.Send("main form", "code", code)
	if c.Status == 200 {
		c.Send("main form", "how", "with_them")
	}
}

func TestTwoOfTheTeamVouch(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world.World) {
		toni, tara, sam := w.Team(t), w.Team(t), w.Worker(t, "Sam")
		words := sam.Words
		w.Clock.Step(2 * clock.Minute)

		out := w.Visitor(t) // without a session
		out.Get("/prove/team")
		out.Send("main form", "words", words)
		out.Want(200, "/prove/team/asked")
		code := out.Page.One("main .words").Text()
		vouches(toni, code)
		vouches(toni, code)
		out.Get("/prove/team/asked").Says("main", "1 of 2")
		out.Page.HasNot("main form")
		vouches(tara, code)
		tara.Want(200, "/team/desk")
		out.Get("/prove/team/asked")
		out.Send("main form")
		out.Want(200, "/worker")
		out.Get("/me") // their own book stays closed
		out.Want(404, "/me")
		out.Get("/hat").HasNot(`button[value="self"]`)

		in := w.Visitor(t) // in a session of their own book
		in.Get("/come-in")
		in.Send("main form", "words", words, "secret_passphrase", world.Passphrase)
		in.Get("/prove/team")
		in.Send("main form")
		code = in.Page.One("main .words").Text()
		vouches(toni, code)
		vouches(tara, code)
		w.Clock.Step(recovery.VouchLasts)
		in.Get("/prove/team/asked").HasNot("main form") // too late
		in.Get("/prove/team")
		in.Send("main form")
		code = in.Page.One("main .words").Text()
		vouches(toni, code)
		vouches(tara, code)
		in.Get("/prove/team/asked")
		in.Send("main form")
		in.Want(200, "/hat")
		in.Send("main form", "hat", "worker")
		in.Want(200, "/worker")
	})
}

func TestNobodyVouchesForThemselves(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world.World) {
		toni, tara := w.Team(t), w.Team(t)
		out := w.Visitor(t)
		out.Get("/prove/team")
		out.Send("main form", "words", tara.Words)
		code := out.Page.One("main .words").Text()
		vouches(tara, code)
		if tara.Status != 422 {
			t.Errorf("somebody vouched for themselves: %d", tara.Status)
		}
		vouches(toni, code)
		out.Get("/prove/team/asked").Says("main", "1 of 2")

		mira := w.Join(t, "Mira") // has no role: there is nothing to vouch for
		out.Get("/prove/team")
		out.Send("main form", "words", mira.Words)
		vouches(toni, out.Page.One("main .words").Text())
		if toni.Status != 422 {
			t.Errorf("vouching for somebody without a role: %d", toni.Status)
		}
		mira.Get("/prove/team").HasNot("main .needs")
		toni.Get("/prove/team").Says("main .needs", "cannot work now")
	})
}

// meets has a member of the team find who stands before them and say so.
func meets(t *testing.T, c *world.Client, code, name string) {
	t.Helper()
	c.Get("/team/desk")
	c.Send("main form", "code", code)
	c.Want(200, "/team/desk")
	c.Send(`form[action="/team/desk/find"]`, "name", name)
	c.Want(200, "/team/desk/find")
	radio := c.Page.One(`main input[name="book"]`)
	book, _ := radio.Attr("value")
	c.Send(`form[action="/team/desk/met"]`, "book", book)
	if c.Status != 422 {
		t.Errorf("somebody who is not sure: %d", c.Status)
	}
	c.Send(`form[action="/team/desk/met"]`, "book", book, "sure", "yes")
	c.Want(200, "/team/desk")
	c.Page.Says(".said", "You have said yes")
}

func TestTheDeskGivesALoginBack(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world.World) {
		toni, tara, mira := w.Team(t), w.Team(t), w.Join(t, "Mira")
		mira.Get("/me/words")
		mira.Send("main form", "words", "My sister, and the sea.")
		tablet := w.Visitor(t)
		tablet.Get("/come-in/lost")
		tablet.Follow(`main a[href="/come-in/lost/desk"]`)
		tablet.Send("main form")
		tablet.Want(200, "/come-in/lost/asked")
		code, slip := tablet.Page.One("main .words").Text(), tablet.Page.One("main .typed").Text()

		toni.Get("/team/desk")
		toni.Send("main form", "code", "K7Q2-M9XD")
		if toni.Status != 422 {
			t.Errorf("a code that is none: %d", toni.Status)
		}
		meets(t, toni, code, "meera")
		mira.Get("/me/ways/asked").Says("main", "Somebody at the desk")
		toni.Get("/team/desk")
		toni.Send("main form", "code", code)
		toni.Page.Says(".told", "said yes already")
		meets(t, tara, code, "Mira")
		if text := toni.Page.One("main").Text() + tara.Page.One("main").Text(); strings.Contains(text, "sister") || strings.Contains(text, mira.Words) {
			t.Error("the team sees more than a name")
		}
		mira.Get("/me/looked").Says("main", "to help somebody at the desk back in")

		w.Clock.Step(recovery.WaitDesk - clock.Second)
		home := w.Visitor(t)
		home.Get("/come-in/lost/paper")
		home.Send("main form", "slip", slip)
		home.Page.HasNot(`main a[href="/come-in/lost/new"]`)
		w.Clock.Step(clock.Second)
		home.Get("/come-in/lost/asked")
		home.Follow(`main a[href="/come-in/lost/new"]`)
		home.Send("main form", "secret_passphrase", another)
		home.Want(200, "/join/kept")
		home.Page.Says("main .words", mira.Words)
		home.Get("/me/words").Says("main", "My sister, and the sea.")
	})
}

func TestTheTeamStopsWhatItDoubts(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world.World) {
		toni, tara := w.Team(t), w.Team(t)
		w.Join(t, "Mira")
		out := w.Visitor(t)
		out.Get("/come-in/lost/desk")
		out.Send("main form")
		code := out.Page.One("main .words").Text()
		meets(t, toni, code, "Mira")
		tara.Get("/team/desk")
		tara.Send("main form", "code", code)
		tara.Send(`form[action="/team/desk/find"]`, "name", "Zoltan")
		tara.Page.Says(".told", "No name fits")
		tara.Send(`form[action="/team/desk/doubt"]`)
		tara.Want(200, "/team/desk")
		out.Get("/come-in/lost/asked").Says("h1", "This was stopped")
	})
}

func TestOneAloneInTheTeamIsToldSo(t *testing.T) {
	w := world.New(t, ready.Folder(t))
	toni := w.Team(t)
	toni.Get("/team/desk").Says(".needs", "Nobody else in the team can be the second now")
	w.Team(t)
	toni.Get("/team/desk").HasNot(".needs")
}
