package role_test

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/text/language"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/store"
	"beside/internal/testkit/ready"
	"beside/internal/testkit/world"
)

// line has one of the team make the evening line and put Sam in.
func line(toni *world.Client) {
	toni.Get("/team/duties").Says("main", "There is no role here yet.")
	toni.Send(`form[action="/team/duties"]`, "name", " ")
	toni.Want(422, "/team/duties")
	toni.Send(`form[action="/team/duties"]`, "name", "the evening line")
	toni.Page.Says("main", "Nobody holds it now.")
	puts(toni, "Sam")
}

// puts has one of the team put a worker into the one role there is.
func puts(toni *world.Client, name string) {
	toni.Get("/team/duties")
	for _, label := range toni.Page.All("article label") {
		if strings.Contains(label.Text(), name) {
			of, _ := label.Attr("for")
			value, _ := toni.Page.One("#" + of).Attr("value")
			toni.Send("article details form", "person", value)
			return
		}
	}
	toni.Page.Says("main", "nobody of that name: "+name)
}

// out has one of the team take the holder at a place of the list out.
func out(toni *world.Client, at int) {
	toni.Get("/team/duties")
	action, _ := toni.Page.All("article form.tap")[at].Attr("action")
	toni.Send(`form[action="` + action + `"]`)
}

// gives has Mira share what matters to her with the evening line.
func gives(t *testing.T, mira *world.Client, fill ...string) {
	t.Helper()
	mira.Get("/me/words")
	mira.Send(`form[action="/me/words"]`, "words", "Mornings by the sea")
	mira.Get("/me/workers").Says("main", "the evening line")
	mira.Follow(`main section[aria-labelledby="roles"] a`)
	mira.Page.Says("#holders + ul", "Sam")
	mira.Send("main form", append([]string{"sections", "words", "may", "suggest", "until", "3"}, fill...)...)
	mira.Want(200, mira.Path)
	mira.Page.Says("main", "Elm House keeps my book, and shows them this.")
	mira.Send("main form", "do", "yes")
	mira.Want(200, "/me/sharing")
}

// reads reports whether Mira is among the people of somebody, and her words can be read there.
func reads(c *world.Client) bool {
	for _, a := range c.Get("/worker").All("main .rows a") {
		if strings.Contains(a.Text(), "Mira") {
			href, _ := a.Attr("href")
			c.Get(href)
			return strings.Contains(string(c.Body), "Mornings by the sea")
		}
	}
	return false
}

// later is who somebody is on a later day, when their worker's hat has to be put on anew: that is not what is told here.
func later(t *testing.T, w *world.World, name string) (who grant.Subject) {
	t.Helper()
	who.Hat = book.HatWorker
	err := w.App.DB.View(t.Context(), func(tx *store.Tx) error {
		return tx.Row(`SELECT person FROM worker_profile WHERE name = $1`, name).Scan(&who.Person)
	})
	if err != nil {
		t.Fatal(err)
	}
	return who
}

// readsLater is [reads] on a later day.
func readsLater(t *testing.T, w *world.World, name string) bool {
	t.Helper()
	who := later(t, w, name)
	people, err := w.App.Peers.People(t.Context(), who, language.English)
	if err != nil {
		t.Fatal(err)
	}
	if len(people) == 0 {
		return false
	}
	s, err := w.App.Peers.Person(t.Context(), who, people[0].Book)
	if err != nil {
		t.Fatal(err)
	}
	return s.Words.Show() == "Mornings by the sea"
}

// again takes a worker out of the one role there is, and puts them in again unless they shall go, on a later day.
func again(t *testing.T, w *world.World, name string, goes bool) {
	t.Helper()
	var toni grant.Subject
	err := w.App.DB.View(t.Context(), func(tx *store.Tx) error {
		return tx.Row(`SELECT person, hat FROM membership WHERE hat = 'team' LIMIT 1`).Scan(&toni.Person, &toni.Hat)
	})
	all, again := w.App.Roles.All(t.Context(), toni)
	if err = errors.Join(err, again); err != nil {
		t.Fatal(err)
	}
	who := later(t, w, name).Person
	for _, h := range all[0].Holders {
		if h.Person == who {
			err = w.App.Roles.TakeOut(t.Context(), toni, h.ID)
		}
	}
	if err == nil && !goes {
		err = w.App.Roles.PutIn(t.Context(), toni, id.New[id.Entry](w.App.IDs), all[0].ID, who, 0, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func want(t *testing.T, what string, got, want bool) {
	t.Helper()
	if got != want {
		t.Fatalf("%s: %v", what, got)
	}
}

// TestWhatOneOfThemWouldSee: the preview of a grant to a role has what that grant gives, and not what Sam, who holds it, reads by what
// Mira gave him by name.
func TestWhatOneOfThemWouldSee(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w := world.New(t, where)
		toni, mira := w.Team(t).In(t), w.Join(t, "Mira").In(t)
		w.Worker(t, "Sam")
		line(toni)
		mira.Get("/me/words")
		mira.Send(`form[action="/me/words"]`, "words", "Mornings by the sea")
		mira.Get("/me/goals/new")
		mira.Send(`form[action="/me/goals/new"]`, "words", "Swim in the lake again")
		mira.Get("/me/workers")
		mira.Follow("main article.person a")
		mira.Send("section > form")
		mira.Get("/me/workers")
		mira.Follow(`main section[aria-labelledby="roles"] a`)
		mira.Send("main form", "sections", "words", "may", "read", "until", "3")
		mira.Page.Says("section.seen", "Mornings by the sea")
		if strings.Contains(string(mira.Body), "Swim in the lake again") {
			t.Error("the preview shows what the role is not given")
		}
		mira.Get("/me/sharing").Says("article", "Sam") // and nothing of it was done
	})
}

// TestTheEveningLine: Mira shares with the evening line, which Sam holds. Alex is put in: she is told, and he reads nothing, until she would have
// had time to say no; she says "not them", and he never does. Sam is taken out and sees nothing from the next page on; put in again, he is new.
// She says yes, at once. It stands in who looked, as one of the evening line. What it should end with comes.
func TestTheEveningLine(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w := world.New(t, where)
		toni, sam, alex := w.Team(t).In(t), w.Worker(t, "Sam").In(t), w.Worker(t, "Alex").In(t)
		mira := w.Join(t, "Mira").In(t)
		line(toni)
		gives(t, mira, "event", "until I have moved")
		mira.Page.Says("article .lead", "“the evening line” at")
		mira.Page.Says("article .lead", "whoever that is, may read: my name, what matters to me, and may suggest.")
		mira.Page.Says("article .lead", "It ends before that when I say that this has come: “until I have moved”.")
		mira.Page.Says("article li", "Sam can read it.")
		want(t, "Sam reads", reads(sam), true)
		sam.Get("/worker").Says("main .rows", "to those who do your duty here")
		want(t, "Alex reads", reads(alex), false)
		mira.Get("/me/words").Says(".who", "“the evening line”")
		mira.Get("/me/looked").Says("main", "as one of: “the evening line”")
		mira.Get("/me").HasNot(".needs a[href='/me/sharing']")

		out(toni, 0)
		toni.Page.Says(".said", "They can read nothing by this role any more.")
		want(t, "Sam reads, who was taken out at once", reads(sam), false)
		mira.Get("/me/sharing")
		mira.Follow(`article a[href^="/me/roles/"]`)
		mira.Page.Says("main", "Nobody does this just now.")
		puts(toni, "Sam")
		w.Clock.Step(clock.Minute)
		want(t, "Sam reads, put in again at once", reads(sam), false)
		answersOf(t, mira, "Sam", "yes")
		want(t, "Sam reads again", reads(sam), true)

		puts(toni, "Alex")
		toni.Page.Says(".said", "Whoever shared something with this role is told.")
		mira.Get("/me").Says(".needs", "Somebody is new where you share something: Alex. “the evening line”.")
		mira.Get("/me/sharing").Says("li.needs", "Alex is new. They can read it from this time on:")
		want(t, "Alex reads as he comes", reads(alex), false)
		w.Clock.Step(grant.ComesAfter - clock.Minute)
		want(t, "Alex reads before three days", readsLater(t, w, "Alex"), false)
		answersOf(t, mira, "Alex", "no")
		mira.Page.Says("article", "Alex cannot read it. You said “not them”.")
		mira.Get("/me").HasNot(".needs a[href='/me/sharing']")
		w.Clock.Step(2 * clock.Day)
		want(t, "Alex reads, to whom she said no", readsLater(t, w, "Alex"), false)
		want(t, "Sam reads on", readsLater(t, w, "Sam"), true)
		again(t, w, "Alex", false)
		want(t, "Alex reads, put in again", readsLater(t, w, "Alex"), false)
		w.Clock.Step(grant.ComesAfter + clock.Day)
		want(t, "Alex reads by that", readsLater(t, w, "Alex"), false)
		answersOf(t, mira, "Alex", "yes")
		want(t, "Alex reads now", readsLater(t, w, "Alex"), true)

		again(t, w, "Sam", true)
		want(t, "Sam reads, who was taken out", readsLater(t, w, "Sam"), false)
		again(t, w, "Sam", false)
		w.Clock.Step(clock.Minute)
		want(t, "Sam reads, put in again", readsLater(t, w, "Sam"), false)
		answersOf(t, mira, "Sam", "yes")
		want(t, "Sam reads, to whom she said yes", readsLater(t, w, "Sam"), true)

		mira.Get("/me/sharing")
		mira.Follow(`article a[href$="/see"]`)
		mira.Page.Says("main", "Mornings by the sea")
		mira.Get("/me/sharing")
		mira.Send(`form[action$="/came"]`)
		mira.Page.Says(".said", "It has ended")
		mira.Page.Says("article", "This has happened, and so it has ended: “until I have moved”.")
		want(t, "Sam reads, after it came", readsLater(t, w, "Sam"), false)
		want(t, "Alex reads, after it came", readsLater(t, w, "Alex"), false)
		mira.Get("/me/timeline").Says("main", "What you had waited for has happened")
		mira.Get("/me/sharing")
		mira.Send(`form[action$="/back"]`)
		mira.Get("/me/timeline").Says("main", "You took back what you shared")
	})
}

// answersOf says yes or no of one by name.
func answersOf(t *testing.T, mira *world.Client, name, which string) {
	t.Helper()
	mira.Get("/me/sharing")
	for _, li := range mira.Page.All("article li") {
		if !strings.Contains(li.Text(), name) {
			continue
		}
		for _, f := range li.All("form") {
			if v, _ := f.One(`input[name="say"]`).Attr("value"); v == which {
				action, _ := f.Attr("action")
				mira.Send(`form[action="` + action + `"]:has(input[value="` + which + `"])`)
				return
			}
		}
	}
	t.Fatalf("%s cannot be answered %q", name, which)
}

// TestSomebodyComesMeanwhile: the list of who holds a role is what Mira says yes to. When somebody was put in since, nothing is given, and she sees
// who it is now; a double tap gives once.
func TestSomebodyComesMeanwhile(t *testing.T) {
	w := world.New(t, ready.Folder(t))
	toni, sam, alex := w.Team(t).In(t), w.Worker(t, "Sam").In(t), w.Worker(t, "Alex").In(t)
	mira := w.Join(t, "Mira").In(t)
	line(toni)
	mira.Get("/me/words")
	mira.Send(`form[action="/me/words"]`, "words", "Mornings by the sea")
	mira.Get("/me/workers")
	mira.Follow(`main section[aria-labelledby="roles"] a`)
	at := mira.Path
	mira.Send("main form", "sections", "words")
	puts(toni, "Alex")
	mira.Send("main form", "do", "yes")
	mira.Want(409, at)
	mira.Page.Says("#holders + ul", "Alex")
	mira.Page.Says("main", "somebody has come")
	want(t, "Sam reads", reads(sam), false)
	mira.Send("main form")
	yes := mira.Filled("main form", "do", "yes")
	mira.Post(at, yes)
	mira.Post(at, yes)
	mira.Want(200, "/me/sharing")
	if n := len(mira.Page.All("article")); n != 1 {
		t.Fatalf("given %d times", n)
	}
	want(t, "Sam reads", reads(sam), true)
	want(t, "Alex reads", reads(alex), true)
}

// TestEverybodyWhoWorksHere: the one class there is, all workers. Who begins to work here later comes as to a role.
func TestEverybodyWhoWorksHere(t *testing.T) {
	w := world.New(t, ready.Folder(t))
	sam := w.Worker(t, "Sam").In(t)
	mira := w.Join(t, "Mira").In(t)
	mira.Get("/me/words")
	mira.Send(`form[action="/me/words"]`, "words", "Mornings by the sea")
	mira.Get("/me/roles/workers").Says("#holders + ul", "Sam")
	mira.Send("main form", "sections", "words")
	mira.Page.Says("h1 + .lead", "Everybody who works at")
	mira.Send("main form", "do", "yes")
	mira.Want(200, "/me/sharing")
	want(t, "Sam reads", reads(sam), true)
	mira.Get("/me/looked").Says("main", "as one of: Everybody who works here")
	alex := w.Worker(t, "Alex").In(t)
	mira.Get("/me").Says(".needs", "Alex")
	want(t, "Alex reads as he comes", reads(alex), false)
	w.Clock.Step(grant.ComesAfter)
	want(t, "Alex reads when she had time to say no", readsLater(t, w, "Alex"), true)
	for range 3 {
		w.Clock.Step(8 * clock.Day)
		mira.Get("/me/words")
	}
	mira.Get("/me").Says(".needs", "Alex") // weeks later, as she said nothing of it
	mira.Get("/me/sharing").Says("li.needs", "Alex can read it.")
	answersOf(t, mira, "Alex", "no")
	want(t, "Alex reads, to whom she said no", readsLater(t, w, "Alex"), false)
	want(t, "Sam reads on", readsLater(t, w, "Sam"), true)
	for _, path := range []string{"/me/roles/nobody", "/me/roles/01234567-89ab-7def-8123-456789abcdef"} {
		mira.Get(path)
		mira.Want(404, path)
	}
}
