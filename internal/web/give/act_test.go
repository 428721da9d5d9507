package give_test

import (
	"strings"
	"testing"

	"beside/internal/clock"
	"beside/internal/testkit/world"
)

// givesToWrite has Mira give Ana to write for her in her goals and steps, for a month; it returns Ana's page of Mira.
func givesToWrite(t *testing.T, mira, ana *world.Client, path string) string {
	t.Helper()
	mira.Get(path)
	mira.Send("main form", "sections", "goals", "may", "act", "until", "1", "do", "see")
	mira.Page.Says("main", "my sister may also write for me in my goals and steps: what they write counts as mine at once")
	mira.Send("main form", "do", "yes")
	mira.Want(200, "/me/sharing")
	mira.Page.Says("main", "may also write for me")
	ana.Get("/shared")
	ana.Follow("main .rows a")
	return ana.Path
}

// TestASisterWritesForMira: Mira, whose hands shake, lets her sister write for her in her goals and steps. What Ana writes is Mira's at
// once and says who wrote it; Mira undoes one of it with one tap and keeps the other; and Ana can do nothing else.
func TestASisterWritesForMira(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world.World) {
		mira, ana := w.Join(t, "Mira"), w.Join(t, "Ana")
		writes(mira)
		mira.Get("/me").HasNot("#for-me")
		theirs := givesToWrite(t, mira, ana, near(t, mira, ana))

		ana.Page.Says("main", "Write for Mira")
		ana.Follow(`a[href$="/write/step"]`)
		ana.Page.Says("main", "counts as Mira’s at once")
		ana.Send("main form")
		ana.Want(422, ana.Path)
		goal, _ := ana.Page.One(`input[name="goal"]`).Attr("value")
		ana.Send("main form", "goal", goal, "words", "Ask the baker for a table")
		sent := ana.Page
		ana.Want(200, theirs)
		sent.Says(".said", "Written. It stands in their book now")
		ana.Page.Says(".steps", "You wrote this for them")
		ana.Follow(`a[href*="/write/goal/"]`)
		ana.Send("main form", "words", "Sell a hundred loaves")
		ana.Want(200, theirs)

		mira.Get("/me")
		mira.Page.Count("#for-me ~ article", 2)
		mira.Page.Says(`section[aria-labelledby="for-me"]`, "my sister wrote this for you")
		mira.Page.Says(`section[aria-labelledby="for-me"]`, "Ask the baker for a table")
		mira.Get("/me/timeline").Says("main", "A small step was written for you · my sister")
		mira.Get("/me/goals/" + goal)
		mira.Page.Says("main", "Sell a hundred loaves")
		mira.Page.Says(".steps .written-for", "my sister wrote this for you")
		mira.Send(`form[action="/me/goals/` + goal + `/undo"]`)
		mira.Page.Says(".said", "Undone")
		mira.Get("/me/goals/"+goal).Says("main", "Sell a loaf")
		mira.Page.HasNot("article .written-for")
		if said := mira.Page.One("main").Text(); strings.Contains(said, "hundred") {
			t.Errorf("what was undone is still there: %q", said)
		}
		mira.Send(`.steps form[action$="/mine"]`)
		mira.Page.Says(".said", "It is yours now")
		mira.Page.HasNot(".written-for")
		mira.Page.Says(".steps", "Ask the baker for a table")
		mira.Get("/me").HasNot("#for-me")

		// A step of Ana's that Mira undoes is put away, as it never was in her own words.
		ana.Get(theirs + "/write/step")
		ana.Send("main form", "goal", goal, "words", "Buy flour")
		mira.Get("/me")
		mira.Send(`form[action$="/undo"]`)
		mira.Want(200, "/me/goals/"+goal)
		mira.Page.Says("details", "Buy flour")
		ana.Get(theirs)
		if said := ana.Page.One("main").Text(); strings.Contains(said, "Buy flour") {
			t.Errorf("Ana reads what was put away: %q", said)
		}

		// What she may not: nothing else than goals and steps, and nothing of Mira's own pages.
		for _, path := range []string{"/write/strength", "/write/words", "/write/goal/" + strings.Repeat("0", 8)} {
			ana.Get(theirs + path)
			ana.Want(404, theirs+path)
		}
		for _, path := range []string{"/me/goals/" + goal, "/me/goals/" + goal + "/change"} {
			ana.Get(path)
			ana.Want(404, path)
		}
	})
}

// TestWritingWhileItIsTakenBack: what Ana was typing when Mira took it back is not lost, and changes nothing. It is the same when
// the time is over, and when Mira changes the words meanwhile Ana sees both.
func TestWritingWhileItIsTakenBack(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world.World) {
		mira, ana := w.Join(t, "Mira"), w.Join(t, "Ana")
		writes(mira)
		path := near(t, mira, ana)
		theirs := givesToWrite(t, mira, ana, path)
		ana.Follow(`a[href*="/write/goal/"]`)
		form := ana.Page
		goal := ana.Path[strings.LastIndex(ana.Path, "/")+1:]
		mira.Get("/me/goals/" + goal + "/change")
		mira.Send("main form", "words", "Sell two loaves")
		ana.Send("main form", "words", "Sell a hundred loaves")
		ana.Want(409, theirs+"/write/goal/"+goal)
		ana.Page.Says(".paper", "Sell two loaves")
		ana.Page.Says("textarea", "Sell a hundred loaves")
		mira.Get("/me/goals/"+goal).Says("main", "Sell two loaves")
		ana.Send("main form")
		ana.Want(200, theirs)
		mira.Get("/me/goals/"+goal).Says("main", "Sell a hundred loaves")

		ana.Get(theirs + "/write/step")
		step := ana.Page
		mira.Get("/me/sharing")
		mira.Send(`main form[action$="/back"]`)
		ana.Page, ana.Path = step, theirs+"/write/step"
		ana.Send("main form", "goal", goal, "words", "Buy flour")
		ana.Want(404, theirs+"/write/step")
		ana.Page.Says("main", "You cannot write here")
		ana.Page.Says(".paper", "Buy flour")
		ana.Page, ana.Path = form, theirs+"/write/goal/"+goal
		ana.Send("main form", "words", "Sell a cake")
		ana.Want(404, theirs+"/write/goal/"+goal)
		ana.Page.Says(".paper", "Sell a cake")
		mira.Get("/me/goals/"+goal).Says("main", "Sell a hundred loaves")
		if said := mira.Page.One("main").Text(); strings.Contains(said, "flour") || strings.Contains(said, "cake") {
			t.Errorf("written after it was taken back: %q", said)
		}

		givesToWrite(t, mira, ana, path)
		ana.Get(theirs + "/write/step")
		step = ana.Page
		w.Clock.Step(32 * clock.Day)
		for _, c := range []*world.Client{mira, ana} { // their sessions are over by then
			c.Get("/come-in")
			c.Send("main form", "words", c.Words, "secret_passphrase", world.Passphrase, "own_device", "yes")
		}
		ana.Page, ana.Path = step, theirs+"/write/step"
		values := ana.Filled("main form", "goal", goal, "words", "Buy butter")
		ana.Get("/shared")
		values.Set("token", formToken(ana))
		ana.Post(theirs+"/write/step", values)
		ana.Want(404, theirs+"/write/step")
		ana.Page.Says(".paper", "Buy butter")
	})
}

// formToken is the token of forms in the session that stands.
func formToken(c *world.Client) string {
	c.Get("/me/goals/new")
	token, _ := c.Page.One(`main input[name="token"]`).Attr("value")
	return token
}

// TestWritingIsChosen: it is never ticked beforehand, is asked for where it can be, and less can be given at any time.
func TestWritingIsChosen(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world.World) {
		mira, ana := w.Join(t, "Mira"), w.Join(t, "Ana")
		writes(mira)
		path := near(t, mira, ana)
		for _, like := range []string{"coach", "close", "health", "nonsense"} {
			mira.Get(path + "?like=" + like).HasNot(`input[value="act"][checked]`)
			if filled := len(mira.Page.All(`input[name="sections"][checked]`)) > 0; filled != (like != "nonsense") {
				t.Errorf("like %s: something is ticked: %v", like, filled)
			}
		}
		mira.Get("/me/sharing").HasNot(`main form[action$="/back"]`) // nothing is shared by it
		mira.Get(path + "?like=health")
		mira.Send("main form", "do", "see")
		mira.Page.Says("main", "my sister may read: my name, my strengths, my goals. It is there so that they can look after my health.")
		mira.Get(path)
		mira.Send("main form", "sections", "strengths", "may", "act", "do", "see")
		mira.Want(422, path)
		mira.Page.Says(".why", "To let somebody write for you")
		theirs := givesToWrite(t, mira, ana, path)
		mira.Get(path).Has(`input[value="act"][checked]`)
		mira.Send("main form", "may", "suggest", "do", "see")
		mira.Send("main form", "do", "yes")
		ana.Get(theirs).HasNot(`a[href*="/write/"]`)
		ana.Get(theirs + "/write/goal")
		ana.Want(404, theirs+"/write/goal")
	})
}

// TestAskedAgainTomorrow: Ana sees that today is not a day for it, and lets what she suggested rest until tomorrow. Mira sees who did
// it and nothing of why; the next day it waits for her again, and she herself says so once more.
func TestAskedAgainTomorrow(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world.World) {
		mira, ana := w.Join(t, "Mira"), w.Join(t, "Ana")
		writes(mira)
		mira.Get(near(t, mira, ana))
		mira.Send("main form", "sections", "strengths", "may", "suggest", "do", "see")
		mira.Send("main form", "do", "yes")
		ana.Get("/shared")
		ana.Follow("main .rows a")
		theirs := ana.Path
		ana.Follow(`a[href$="/suggest/strength"]`)
		ana.Send("main form", "words", "You listen well")
		ana.Want(200, theirs)
		ana.Page.Says("main", "Mira sees that it was you")
		ana.Send(`main form[action$="/tomorrow"]`)
		ana.Want(200, theirs)
		ana.Page.Says(".said", "It rests until tomorrow")
		ana.Page.Says(".slip", "It is asked again a day after you set it aside")
		ana.Page.HasNot(`main form[action$="/tomorrow"]`)

		mira.Get("/me").HasNot(".slip")
		mira.Get("/me/waiting").Says(`section[aria-labelledby="later"]`, "my sister asks you again tomorrow")
		mira.Get("/me/timeline").Says("main", "A suggestion was set aside for you until tomorrow · my sister")
		w.Clock.Step(20 * clock.Hour)
		mira.Get("/me").Says(".slip", "A suggestion is waiting for you")
		ana.Get(theirs).Has(`main form[action$="/tomorrow"]`)
		ana.Page.Says(".slip", "Waiting for Mira")
		mira.Get("/me/waiting").Says(`section[aria-labelledby="again"]`, "You listen well")
		mira.Follow(`section[aria-labelledby="again"] a`)
		mira.Send(`main form[action$="/tomorrow"]`)
		mira.Want(200, "/me/waiting")
		mira.Page.Says(`section[aria-labelledby="later"]`, "Set aside until tomorrow")
		ana.Get(theirs).Says(".slip", "Mira would like to be asked again tomorrow")
		mira.Follow(`section[aria-labelledby="later"] a`)
		mira.Page.Says(".told", "Set aside until tomorrow")
		mira.Page.HasNot(`main form[action$="/tomorrow"]`) // she said so already
		mira.Send("main form.answers", "answer", "yes")
		mira.Get("/me/strengths").Says("main", "You listen well")
	})
}

// TestAskedBeforeItEnds: a week before the end Mira is asked, and one tap gives the same for three more months, with the day read
// aloud. Sent twice it is once, and what was taken back meanwhile stays so.
func TestAskedBeforeItEnds(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world.World) {
		mira, ana := w.Join(t, "Mira"), w.Join(t, "Ana")
		writes(mira)
		theirs := givesToWrite(t, mira, ana, near(t, mira, ana))
		mira.Get("/me/sharing").HasNot(`form[action$="/longer"]`)
		again := func(days clock.Time) {
			w.Clock.Step(days * clock.Day)
			for _, c := range []*world.Client{mira, ana} { // their sessions are over by then
				c.Get("/come-in")
				c.Send("main form", "words", c.Words, "secret_passphrase", world.Passphrase, "own_device", "yes")
			}
		}
		again(25)
		mira.Get("/me").Says("main .needs", "What you share with my sister ends soon")
		mira.Get("/me/sharing")
		mira.Page.Says("main", "This ends soon. You can let it end")
		values := mira.Filled(`form[action$="/longer"]`)
		action, _ := mira.Page.One(`form[action$="/longer"]`).Attr("action")
		mira.Send(`form[action$="/longer"]`)
		mira.Want(200, "/me/sharing")
		mira.Page.Says(".said", "It is shared for longer")
		mira.Page.Says("main", "my sister may also write for me in my goals and steps")
		mira.Page.HasNot(`form[action$="/longer"]`)
		mira.Post(action, values)
		mira.Page.Says(".said", "It is shared for longer")
		again(20)
		ana.Get(theirs).Has(`a[href$="/write/goal"]`)

		again(68)
		mira.Get("/me/sharing")
		values = mira.Filled(`form[action$="/longer"]`)
		mira.Send(`main form[action$="/back"]`)
		mira.Post(action, values)
		mira.Want(404, action)
		ana.Get(theirs)
		ana.Want(404, theirs)
	})
}

// TestWritingAStepWhileItsGoalIsPutAway: what Ana was typing for a goal that Mira puts away meanwhile is not lost, and nothing is
// written.
func TestWritingAStepWhileItsGoalIsPutAway(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world.World) {
		mira, ana := w.Join(t, "Mira"), w.Join(t, "Ana")
		writes(mira)
		theirs := givesToWrite(t, mira, ana, near(t, mira, ana))
		ana.Get(theirs + "/write/step")
		goal, _ := ana.Page.One(`input[name="goal"]`).Attr("value")
		ana.Send("main form", "goal", goal, "words", "Buy flour")
		ana.Follow(`a[href*="/write/step/"]`)
		other, change := ana.Page, ana.Path
		ana.Get(theirs + "/write/step")
		anew := ana.Page
		mira.Get("/me/goals/" + goal)
		mira.Send(`form[action="/me/goals/` + goal + `/away"]`)
		mira.Want(200, "/me/goals")
		ana.Page, ana.Path = other, change
		ana.Send("main form", "words", "Buy rye")
		ana.Want(404, change)
		ana.Page.Says(".paper", "Buy rye")
		ana.Page, ana.Path = anew, theirs+"/write/step"
		ana.Send("main form", "goal", goal, "words", "Buy butter")
		ana.Want(422, theirs+"/write/step")
		ana.Page.Says(".paper", "Buy butter")
		mira.Get("/me").HasNot("#for-me")
	})
}
