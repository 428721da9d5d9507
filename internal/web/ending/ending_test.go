package ending_test

import (
	"strings"
	"testing"

	"beside/internal/account/ending"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/notify"
	"beside/internal/peer"
	"beside/internal/store"
	"beside/internal/testkit/ready"
	"beside/internal/testkit/world"
)

// says is one of the team saying that somebody has died.
func says(t *testing.T, c *world.Client, name string) {
	t.Helper()
	c.Get("/team/died")
	c.Send(`form[action="/team/died/find"]`, "name", name)
	c.Page.Says("main", name)
	book, _ := c.Page.All(`input[name="book"]`)[0].Attr("value")
	page := c.Send(`form[action="/team/died"]`, "book", book)
	page.Says("main", "tick that you know it")
	c.Send(`form[action="/team/died"]`, "book", book, "sure", "yes")
	c.Want(200, "/team/died")
}

// TestSomebodyHasDied: two of the team say it, each for themselves. Then nothing is sent to the person, who is signed out;
// their worker sees it, reads what was shared and suggests nothing; thirty days later the book is erased.
func TestSomebodyHasDied(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		var sent *notify.Recorder
		w := world.New(t, where, world.Posted(&sent))
		toni, sam := w.Team(t).In(t), w.Worker(t, "Sam").In(t)
		tara := w.Team(t).In(t)
		mira := w.Join(t, "Mirabelle").In(t)
		mira.Reached("mira@example.org")
		chooses(t, w, mira, sam)
		suggests(sam, "you listen well")
		w.Clock.Step(2 * clock.Hour)
		w.Settle(t)
		before := len(sent.Sent())
		w.Clock.Step(2 * clock.Hour)

		says(t, toni, "Mirabelle")
		toni.Page.Says(".said", "Ask another of the team")
		w.Settle(t)
		if n := len(sent.Sent()); n != before+1 {
			t.Errorf("%d messages after the first said it, want %d", n, before+1)
		}
		mira.Get("/me").Says("main .here", "One of the centre team said that you have died")
		says(t, toni, "Mirabelle") // the same one once more
		mira.Get("/me").Has("main .here")

		says(t, tara, "Mirabelle")
		tara.Page.Says(".said", "Two of you have said it")
		tara.Page.Says("main", "Their book is erased on 9 April 2027")
		if strings.Contains(string(tara.Body), "Mirabelle") {
			t.Error("the list names who it is")
		}
		mira.Get("/me")
		mira.Want(200, "/come-in")
		sam.Get("/worker").Says("main .rows", "has died")
		sam.Follow("main .rows a")
		sam.Page.Says("main .died", "Mirabelle has died.")
		sam.Page.HasNot(`main a[href$="/suggest/strength"]`)
		path := sam.Path
		sam.Get(path + "/suggest/strength")
		sam.Want(404, path+"/suggest/strength")
		w.Clock.Step(2 * clock.Hour)
		w.Settle(t)
		if n := len(sent.Sent()); n != before+1 {
			t.Errorf("%d messages after two said it, want %d", n, before+1)
		}
		w.Clock.Step(ending.AfterDays * clock.Day)
		w.Settle(t)
		var gone int
		err := w.App.DB.View(t.Context(), func(tx *store.Tx) error {
			return tx.Row(`SELECT (SELECT COUNT(*) FROM erasing WHERE whole = 1 AND why = 'died') + (SELECT COUNT(*) FROM death)`).Scan(&gone)
		})
		if err != nil || gone != 1 {
			t.Errorf("%d books were erased, %v", gone, err)
		}
	})
}

// TestAMistakeIsUndone: the person comes in as always, sees nothing but the question, and says that they are here. Nothing was
// lost, and what they should have been told is told then.
func TestAMistakeIsUndone(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w := world.New(t, where)
		toni, sam := w.Team(t).In(t), w.Worker(t, "Sam").In(t)
		tara := w.Team(t).In(t)
		mira := w.Join(t, "Mirabelle").In(t)
		mira.Get("/me/strengths/new")
		mira.Send(`form[action="/me/strengths/new"]`, "words", "I can cook")
		chooses(t, w, mira, sam)
		suggests(sam, "you listen well")
		says(t, toni, "Mirabelle")
		says(t, tara, "Mirabelle")
		w.Clock.Step(3 * clock.Day)
		w.Settle(t)

		phone := w.Visitor(t)
		phone.Get("/come-in")
		phone.Send("main form", "words", mira.Words, "secret_passphrase", world.Passphrase, "own_device", "yes")
		phone.Want(200, "/here")
		for _, path := range []string{"/me", "/me/strengths", "/me/timeline", "/me/ways", "/me/sharing", "/hat"} {
			phone.Get(path)
			phone.Want(200, "/here")
			if strings.Contains(string(phone.Body), "I can cook") {
				t.Errorf("%s shows the book", path)
			}
		}
		phone.Send("main form")
		phone.Want(200, "/me")
		phone.Page.Says(".said", "Nothing was lost")
		phone.Get("/me/strengths").Says("main", "I can cook")
		phone.Get("/me/waiting").Says("main", "you listen well")
		phone.Get("/here")
		phone.Want(200, "/me")
		w.Clock.Step(40 * clock.Day)
		w.Settle(t)
		phone.Get("/me")
		phone.Want(200, "/come-in") // away for long, and not gone
		phone.Send("main form", "words", mira.Words, "secret_passphrase", world.Passphrase)
		phone.Want(200, "/me")
	})
}

// TestOneOfTheTeamTakesItBack: one is enough to say that it is not so.
func TestOneOfTheTeamTakesItBack(t *testing.T) {
	w := world.New(t, ready.Folder(t))
	toni, tara := w.Team(t), w.Team(t)
	mira := w.Join(t, "Mirabelle")
	says(t, toni, "Mirabelle")
	says(t, tara, "Mirabelle")
	toni.Get("/team/died")
	toni.Send("main article form")
	toni.Page.Says(".said", "All is as it was")
	toni.Page.HasNot("main article")
	mira.Get("/come-in")
	mira.Send("main form", "words", mira.Words, "secret_passphrase", world.Passphrase)
	mira.Want(200, "/me")
}

// TestAfterMyDeath: somebody says when their book shall be erased, on two devices.
func TestAfterMyDeath(t *testing.T) {
	w := world.New(t, ready.Folder(t))
	mira := w.Join(t, "Mira")
	mira.Get("/me/about")
	mira.Follow(`main a[href="/me/after"]`)
	mira.Page.Has(`input[value="30"][checked]`)
	old := mira.Filled("main form", "days", "3652")
	mira.Send("main form", "days", "365")
	mira.Page.Says(".said", "Kept")
	mira.Page.Has(`input[value="365"][checked]`)
	mira.Post("/me/after", old)
	if mira.Status != 409 {
		t.Errorf("a form from before: %d", mira.Status)
	}
	mira.Page.Has(`input[value="3652"][checked]`)
	mira.Send("main form")
	mira.Get("/me/after").Has(`input[value="3652"][checked]`)
	form := mira.Filled("main form")
	form.Set("days", "3")
	mira.Post("/me/after", form)
	if mira.Status != 422 {
		t.Errorf("three days: %d", mira.Status)
	}
}

// chooses has a person give a worker their name and strengths, for a year.
func chooses(t *testing.T, w *world.World, person, worker *world.Client) {
	t.Helper()
	owner, err := w.App.Accounts.Session(t.Context(), person.Cookie("beside"))
	if err != nil {
		t.Fatal(err)
	}
	with, err := w.App.Accounts.Session(t.Context(), worker.Cookie("beside"))
	if err != nil {
		t.Fatal(err)
	}
	err = w.App.Peers.Choose(t.Context(), grant.Subject{Person: owner.Person, Hat: book.HatSelf}, owner.Book, peer.Choice{
		Entry: id.New[id.Entry](w.App.IDs), Worker: with.Person, Sections: []book.Section{book.SectionStrengths}, Until: w.Clock.Now() + 300*clock.Day,
	})
	if err != nil {
		t.Fatal(err)
	}
}

func suggests(c *world.Client, words string) {
	c.Get("/worker")
	c.Follow("main .rows a")
	c.Follow(`main a[href$="/suggest/strength"]`)
	c.Send("main form", "words", words)
}
