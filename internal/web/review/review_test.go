package review_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"beside/internal/account"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/testkit/ready"
	"beside/internal/testkit/world"
)

// found is the part of a page on which everybody reads what was found.
const found = "section[aria-labelledby=found]"

// asked has two of the team ask somebody, and returns the path of the link.
func asked(t *testing.T, one, two *world.Client) string {
	t.Helper()
	one.Get("/team/review")
	one.Send(`form[action="/team/review"]`, "words", "Ruth, from the county network")
	one.Page.Says(".said", "Now another of the team has to say yes.")
	one.Page.Says("article", "You asked.")
	one.Page.HasNot(`form[action$="/yes"]`)
	two.Get("/team/review")
	two.Send(`form[action$="/yes"]`)
	link := two.Page.One("main .lead").Text()
	return link[strings.Index(link, "/invitation/"):]
}

// reviewer is somebody new who accepted such a link, wearing that hat.
func reviewer(t *testing.T, w *world.World, one, two *world.Client) *world.Client {
	t.Helper()
	link := asked(t, one, two)
	ruth := w.Join(t, "Ruth").In(t)
	ruth.Get(link).Says("main", "You see numbers without names.")
	ruth.Send("main form")
	ruth.Want(200, "/hat")
	ruth.Wear("reviewer")
	ruth.Want(200, "/review")
	return ruth
}

// fills gives Mira something that can be read.
func fills(mira *world.Client) {
	mira.Get("/me/words")
	mira.Send(`form[action="/me/words"]`, "words", "Mornings by the sea")
	mira.Get("/me/strengths/new")
	mira.Send(`form[action="/me/strengths/new"]`, "words", "I can cook")
}

// gives has Mira give Ruth her strengths, in two taps.
func gives(mira *world.Client) {
	mira.Get("/findings")
	mira.Follow(`article a[href^="/me/review/"]`)
	mira.Send("main form:has(button[value=see])", "sections", "strengths", "until", "90", "do", "see")
	mira.Page.Says("main", "I, Mira, say so on 10 March 2027. Elm House keeps my book, and shows them this.")
	mira.Page.Says(".lead", "They may read my name, my strengths. They suggest nothing and change nothing.")
	mira.Send("main form:has(button[value=yes])", "do", "yes")
}

// TestAReview: two of the team ask Ruth, who sees numbers and no book; Mira gives her strengths, and sees that Ruth looked; Ruth writes what she
// found, which everybody reads and nobody changes; the team answers beside it; two of them end it and say why, and what was found stays.
func TestAReview(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w := world.New(t, where)
		toni, tara, sam := w.Team(t).In(t), w.Team(t).In(t), w.Worker(t, "Sam").In(t)
		mira := w.Join(t, "Mira").In(t)
		fills(mira)
		mira.Get("/findings").Says("main", "Nobody reviews this centre now.")
		ruth := reviewer(t, w, toni, tara)
		ruth.Page.Says("main", "Nobody has given you anything.")
		for _, path := range []string{"/team", "/worker", "/me", "/team/rules"} {
			if ruth.Get(path); ruth.Status != 404 {
				t.Errorf("%s as the reviewer is %d", path, ruth.Status)
			}
		}

		gives(mira)
		mira.Want(200, "/me/sharing")
		mira.Page.Says("main", "Ruth, from the county network. They may read my name, my strengths.")
		mira.Get("/me/copy")
		mira.Post("/me/copy", mira.Filled("main form", "as", "page"))
		if !strings.Contains(string(mira.Body), "Somebody who reviews this centre may see:") {
			t.Errorf("who reviews is called otherwise in Mira's copy: %d", mira.Status)
		}
		ruth.Get("/review")
		ruth.Follow(`#people ~ ul a, section[aria-labelledby=people] a`)
		theirs := ruth.Path
		ruth.Page.Says("main", "I can cook")
		if strings.Contains(string(ruth.Body), "Mornings by the sea") {
			t.Error("Ruth reads what was not given")
		}
		ruth.Page.HasNot(`a[href*="/suggest/"]`)
		for _, path := range []string{theirs + "/suggest/strength", theirs + "/write/goal", strings.Replace(theirs, "/review/people", "/worker/people", 1)} {
			if ruth.Get(path); ruth.Status != 404 {
				t.Errorf("%s as the reviewer is %d", path, ruth.Status)
			}
		}
		mira.Get("/me/looked").Says("main", "Somebody who reviews this centre")
		mira.Page.Says("main", "to review what you gave them")
		mira.Get("/me/sharing")
		mira.Follow(`article a[href$="/see"]`)
		mira.Page.Says("main", "I can cook")

		ruth.Get("/review/find")
		ruth.Send(`form[action="/review/find"]`, "words", " ")
		ruth.Want(422, "/review/find")
		ruth.Page.Says("main", "Write a few words first.")
		ruth.Send(`form[action="/review/find"]`, "words", "Questions are answered late.\r\n<b>Late</b>")
		ruth.Want(200, "/findings")
		if !strings.Contains(string(ruth.Body), "Questions are answered late.\n&lt;b&gt;Late&lt;/b&gt;</span>") {
			t.Error("what was found stands otherwise than it was written")
		}
		for _, c := range []*world.Client{mira, sam, toni} {
			c.Get("/findings").Says(found, "Questions are answered late.")
			c.Page.Says(found, "Ruth, from the county network")
		}
		toni.Follow(`article a[href^="/team/findings/"]`)
		toni.Send("main form", "words", "We look at it each week now.")
		toni.Want(200, "/findings")
		mira.Get("/findings").Says(found, "We look at it each week now.")
		ruth.Get("/findings")
		ruth.Follow(`article a[href^="/review/find?adds="]`)
		ruth.Page.Says("main", "Questions are answered late.")
		ruth.Send(`form[action="/review/find"]`, "words", "It is better now.")
		ruth.Page.Says(found, "This adds to what stands above it.")

		toni.Get("/team/review")
		toni.Follow(`article a[href$="/end"]`)
		toni.Send("main form", "words", "A year is over.")
		toni.Page.HasNot(`form[action*="/end/"]`)
		mira.Get("/findings").Says("main", "One of the centre team says that this should end: A year is over.")
		if ruth.Get("/review"); ruth.Status != 200 {
			t.Errorf("one of the team ended it: %d", ruth.Status)
		}
		tara.Get("/team/review")
		tara.Send(`form[action*="/end/"]`)
		tara.Page.Says(".said", "It has ended. What was found stays.")
		for _, path := range []string{"/review", theirs, "/review/find"} {
			if ruth.Get(path); !strings.HasPrefix(ruth.Path, "/come-in") {
				t.Errorf("Ruth is at %s after her role ended", ruth.Path)
			}
		}
		mira.Get("/findings").Says("main", "Two of the centre team ended it, and say why: A year is over.")
		mira.Page.Says(found, "Questions are answered late.")
		mira.Get("/me/sharing").Says("main", "They see nothing of it now.")
		w.Settle(t)
	})
}

// TestTheNumbers: those of a quarter that is over, counted once, with small ones hidden and no name; and the newest head of the log.
func TestTheNumbers(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w := world.New(t, where)
		toni, tara := w.Team(t).In(t), w.Team(t).In(t)
		mira := w.Join(t, "Mira").In(t)
		fills(mira)
		for range 6 {
			toni.Get("/team")
			toni.Send("form:has(input[value=worker])", "hat", "worker")
		}
		w.Clock.Step(93*clock.Day + 14*clock.Day)
		for _, c := range []*world.Client{toni, tara} {
			again(t, w, c, book.HatTeam)
		}
		ruth := reviewer(t, w, toni, tara)
		ruth.Get("/review")
		ruth.Page.Says("#figure-invited", "In all: 8")
		ruth.Page.Says("#figure-looks", "fewer than 5, or hidden")
		ruth.Page.Says("#figure-rules", "In all: 0")
		if strings.Contains(string(ruth.Body), "Mira") {
			t.Error("a name stands among the numbers")
		}
		if _, err := w.App.Log.Sequence(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.Clock.Step(2 * clock.Hour)
		again(t, w, ruth, book.HatReviewer)
		ruth.Get("/review").Says("section[aria-labelledby=log]", "Lines in it:")
		if ruth.Get("/review?span=2020-1"); ruth.Status != 200 { // before there was anything here
			t.Errorf("a quarter long ago is %d", ruth.Status)
		}
		for _, none := range []string{"2999-1", "x", "2025-5"} {
			if ruth.Get("/review?span=" + none); ruth.Status != 404 {
				t.Errorf("%s is %d", none, ruth.Status)
			}
		}
	})
}

// again signs somebody in anew whose session is over.
func again(t *testing.T, w *world.World, c *world.Client, hat book.Hat) {
	t.Helper()
	c.Get("/come-in")
	if len(c.Page.All("input[name=secret_passphrase]")) > 0 {
		c.Send("main form:has(input[name=secret_passphrase])", "words", c.Words, "secret_passphrase", world.Passphrase)
	}
	s, err := w.App.Accounts.Session(t.Context(), c.Cookie("beside"))
	if err != nil {
		t.Fatal(err)
	}
	in, err := w.App.Accounts.Open(t.Context(), account.Opening{Person: s.Person, Hat: hat, Way: account.WayDemo})
	if err != nil {
		t.Fatal(err)
	}
	at, err := url.Parse(w.URL)
	if err != nil {
		t.Fatal(err)
	}
	c.HTTP.Jar.SetCookies(at, []*http.Cookie{{Name: "beside", Value: in.Secret, Path: "/"}})
}

// TestTheSameLongerForAReview: a week before it ends Mira is asked, and gives the same once more with a tap, for as long as a review runs at most.
func TestTheSameLongerForAReview(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w := world.New(t, where)
		toni, tara := w.Team(t).In(t), w.Team(t).In(t)
		mira := w.Join(t, "Mira").In(t)
		fills(mira)
		reviewer(t, w, toni, tara)
		gives(mira)
		mira.Get("/me/sharing").HasNot(`form[action$="/longer"]`)
		w.Clock.Step(84 * clock.Day)
		mira.Get("/come-in") // her session is over by then
		mira.Send("main form", "words", mira.Words, "secret_passphrase", world.Passphrase, "own_device", "yes")
		mira.Get("/me/sharing")
		mira.Want(200, "/me/sharing")
		values := mira.Filled(`form[action$="/longer"]`)
		action, _ := mira.Page.One(`form[action$="/longer"]`).Attr("action")
		mira.Send(`form[action$="/longer"]`)
		mira.Want(200, "/me/sharing")
		mira.Page.Says(".lead", "31 August is the last day.")
		mira.Page.HasNot(`form[action$="/longer"]`)
		mira.Post(action, values) // sent twice
		mira.Get("/me/sharing").Says(".lead", "31 August is the last day.")
	})
}
