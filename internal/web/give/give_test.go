package give_test

import (
	"strings"
	"testing"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/store"
	"beside/internal/testkit/ready"
	"beside/internal/testkit/world"
)

func onBoth(t *testing.T, fn func(t *testing.T, w *world.World)) {
	t.Helper()
	ready.Both(t, func(t *testing.T, where string) { fn(t, world.New(t, where)) })
}

// near makes two people who know each other here, and returns the path on which the first gives the other something.
func near(t *testing.T, mira, ana *world.Client) string {
	t.Helper()
	mira.Get("/me/near/new")
	mira.Send("main form", "label", "my sister", "are", "relative")
	link := mira.Page.One("main .typed").Text()
	ana.Get(link[strings.Index(link, "/near/"):])
	ana.Send("main form", "note", "Mira from home", "self", "Ana, your sister")
	mira.Get("/me/near")
	mira.Page.HasNot(`main a[href^="/me/give/"]`) // they are not known again yet
	mira.Follow("main .needs a")
	mira.Send(`form[action="` + mira.Path + `"]`)
	mira.Get("/me/near")
	path, _ := mira.Page.One(`main a[href^="/me/give/"]`).Attr("href")
	return path
}

// writes keeps what matters to somebody, two strengths and a goal.
func writes(c *world.Client) {
	c.Get("/me/words")
	c.Send("main form", "words", "Bread and quiet mornings")
	for _, words := range []string{"I bake", "I swim"} {
		c.Get("/me/strengths/new")
		c.Send("main form", "words", words)
	}
	c.Get("/me/goals/new")
	c.Send("main form", "words", "Sell a loaf")
}

// TestSharingWithASister: Mira looks at what her sister would see before she says yes, the sister sees just that, Mira sees who
// looked and what they see, and takes it back with one tap.
func TestSharingWithASister(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world.World) {
		mira, ana := w.Join(t, "Mira"), w.Join(t, "Ana")
		writes(mira)
		path := near(t, mira, ana)
		ana.Get("/shared").Says("main", "Nobody shares anything with you")

		mira.Get(path)
		mira.Page.HasNot(`input[name="sections"][checked], input[name="singles"][checked]`) // nobody is given what was not chosen
		mira.Send("main form", "do", "see")
		mira.Want(422, path)
		mira.Page.Says(".mend", "One thing is still open")
		single := ""
		for _, c := range mira.Page.All("label.choice") {
			if strings.Contains(c.Text(), "I swim") {
				single, _ = c.One("input").Attr("value")
			}
		}
		mira.Send("main form", "sections", "words", "singles", single, "until", "1", "do", "see")
		mira.Want(200, path)
		mira.Page.Says("main", "my sister may read: my name, what matters to me, 1 single thing.")
		mira.Page.Says("main", "I, Mira, say so on 10 March 2027. Elm House keeps my book, and shows them this.")
		mira.Page.Says("main", "Bread and quiet mornings")
		mira.Page.Says("main", "I swim")
		mira.Page.Says("main", "Today my sister sees nothing of your book")
		for _, hidden := range []string{"I bake", "Sell a loaf"} {
			if strings.Contains(mira.Page.One("main").Text(), hidden) {
				t.Errorf("the page of what Ana would see says %q", hidden)
			}
		}
		ana.Get("/shared").Says("main", "Nobody shares anything with you") // nothing is shared by looking

		mira.Send("main form", "do", "change")
		if len(mira.Page.All(`input[name="singles"][checked]`)) != 1 || len(mira.Page.All(`input[name="until"][value="1"][checked]`)) != 1 {
			t.Error("going back to change it lost what was chosen")
		}
		mira.Send("main form", "do", "see")
		mira.Send("main form", "do", "yes")
		mira.Want(200, "/me/sharing")
		mira.Page.Says("main", "my sister may read")

		ana.Get("/shared")
		ana.Follow("main .rows a")
		theirs := ana.Path
		ana.Page.Says("main", "I swim")
		ana.Page.HasNot(`a[href*="/suggest/"]`)
		for _, hidden := range []string{"I bake", "Sell a loaf"} {
			if strings.Contains(ana.Page.One("main").Text(), hidden) {
				t.Errorf("Ana reads %q, which she was not given", hidden)
			}
		}
		ana.Get(theirs + "/suggest/strength")
		ana.Want(404, theirs+"/suggest/strength")

		mira.Get("/me/sharing")
		mira.Follow(`main a[href$="/see"]`)
		mira.Page.Says("h1", "What my sister sees")
		mira.Page.Says("main", "I swim")
		mira.Get("/me/looked").Says("main", "my sister")
		mira.Page.Says("main", "to be near you")
		mira.Get("/me/strengths").Says("main .who", "my sister")
		mira.Get("/me/timeline").Says("main", "my sister")

		w.Clock.Step(25 * clock.Day)
		for _, c := range []*world.Client{mira, ana} { // their sessions are over by then
			c.Get("/come-in")
			c.Send("main form", "words", c.Words, "secret_passphrase", world.Passphrase, "own_device", "yes")
		}
		mira.Get("/me").Says("main .needs", "What you share with my sister ends soon")

		mira.Get("/me/sharing")
		mira.Send(`main form[action$="/back"]`)
		mira.Get("/me/sharing").HasNot(`main form[action$="/back"]`)
		ana.Get(theirs)
		ana.Want(404, theirs)
		gone := ana.Page.One("main").Text()
		if never := ana.Get("/shared/01900000-0000-7000-8000-00000000abcd").One("main").Text(); never != gone {
			t.Errorf("what was taken back says %q, what never was %q", gone, never)
		}
	})
}

// TestEndingItTakesBack: who ends that they know somebody here shares nothing with them any more.
func TestEndingItTakesBack(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world.World) {
		mira, ana := w.Join(t, "Mira"), w.Join(t, "Ana")
		writes(mira)
		mira.Get(near(t, mira, ana))
		mira.Send("main form", "sections", "goals", "may", "suggest", "do", "see")
		mira.Send("main form", "do", "yes")
		ana.Get("/shared")
		ana.Follow("main .rows a")
		theirs := ana.Path
		ana.Follow(`a[href$="/suggest/step"]`)
		goal, _ := ana.Page.One(`input[name="goal"]`).Attr("value")
		ana.Send("main form", "goal", goal, "words", "Ask the baker for a table")
		ana.Page.Says("main", "Ask the baker for a table")
		mira.Get("/me/waiting").Says("main", "Ask the baker for a table")
		mira.Page.Says("main", "my sister")

		mira.Get("/me/near")
		mira.Send(`main form[action$="/end"]`)
		ana.Get(theirs)
		ana.Want(404, theirs)
		mira.Get("/me/sharing").Says(".empty", "You share nothing")
	})
}

// TestGoingBackAfterAYes: who goes back to a page of before a yes and changes something is shown what they chose again, over what
// is shared now, and shares nothing by the old page.
func TestGoingBackAfterAYes(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world.World) {
		mira, ana := w.Join(t, "Mira"), w.Join(t, "Ana")
		writes(mira)
		path := near(t, mira, ana)
		mira.Get(path)
		before := mira.Page
		mira.Send("main form", "sections", "words", "sections", "goals", "do", "see")
		said := mira.Page
		mira.Send("main form", "do", "yes")
		mira.Want(200, "/me/sharing")

		mira.Page, mira.Path = before, path
		mira.Send("main form", "sections", "strengths", "do", "see")
		mira.Want(409, path)
		mira.Page.Says("main", "What you chose is still here")
		if len(mira.Page.All(`input[name="sections"][value="strengths"][checked]`)) != 1 {
			t.Error("what was chosen is gone")
		}
		mira.Send("main form", "do", "see")
		mira.Want(200, path)
		mira.Page.Says("details", "Bread and quiet mornings") // what she sees today
		mira.Send("main form", "do", "yes")
		mira.Get("/me/sharing").Says("main", "my strengths")

		mira.Page, mira.Path = said, path // the first yes, once more
		mira.Send("main form", "do", "yes")
		mira.Want(409, path)
		mira.Get("/me/sharing").Says("main", "my strengths")
	})
}

// TestTheSentencePromisesNoMore: who is given single things alone may read them, whatever was ticked; and the sentence stands beside
// who it is, in their own words, whatever they are called in it.
func TestTheSentencePromisesNoMore(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world.World) {
		mira, ana := w.Join(t, "Mira"), w.Join(t, "Ana")
		writes(mira)
		path := near(t, mira, ana)
		mira.Get(path).Says("main", "Ana, your sister")
		single, _ := mira.Page.All(`input[name="singles"]`)[0].Attr("value")
		mira.Send("main form", "label", " ", "singles", single, "do", "see")
		mira.Want(422, path)
		mira.Page.Says(".why", "Please write a name, as you say it")
		mira.Send("main form", "label", "my doctor", "singles", single, "sections", "words", "may", "suggest", "do", "see")
		mira.Page.Says("main", "my doctor may read")
		mira.Page.Says("main", "Ana, your sister")
		if said := mira.Page.One("main").Text(); strings.Contains(said, "and may suggest") {
			t.Errorf("nothing can be suggested there, and the page says %q", said)
		}
		mira.Send("main form", "do", "change")
		mira.Send("main form", "sections", "goals", "do", "see")
		mira.Page.Says("main", "and may suggest")
		mira.Send("main form", "do", "yes")
		ana.Get("/shared")
		ana.Follow("main .rows a")
		ana.Page.Has(`a[href$="/suggest/step"]`)
		if said := ana.Page.One("main").Text(); strings.Contains(said, "nobody else") {
			t.Errorf("Ana is told of others: %q", said)
		}
	})
}

// TestASingleThingPutAway: of what stands beside single things nothing is said, also not that there is nothing.
func TestASingleThingPutAway(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world.World) {
		mira, ana := w.Join(t, "Mira"), w.Join(t, "Ana")
		writes(mira)
		mira.Get(near(t, mira, ana))
		var singles []string
		for _, c := range mira.Page.All(`input[name="singles"]`) {
			if value, _ := c.Attr("value"); len(singles) < 2 || strings.HasPrefix(value, "goals/") {
				singles = append(singles, "singles", value)
			}
		}
		mira.Send("main form", append(singles, "do", "see")...)
		mira.Send("main form", "do", "yes")
		ana.Get("/shared")
		ana.Follow("main .rows a")
		ana.Page.Says("main", "Sell a loaf")
		page := ana.Path

		s, err := w.App.Accounts.Session(t.Context(), mira.Cookie("beside"))
		if err != nil {
			t.Fatal(err)
		}
		who := grant.Subject{Person: s.Person, Hat: book.HatSelf}
		r, err := w.App.Keeper.Mine(t.Context(), who, s.Book, keeper.Want{Sections: []book.Section{book.SectionStrengths, book.SectionGoals}})
		for _, p := range r.Items[0] {
			if err == nil && (p.Kind == book.KindGoal || book.WordsOf(p.Body).Show() == "I bake") {
				_, err = w.App.Keeper.Write(t.Context(), who, s.Book, keeper.Draft{ID: id.New[id.Entry](w.App.IDs), Kind: p.Kind, Act: book.ActPutAway, Item: p.ID, Base: p.Head, Via: book.ViaWeb})
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		said := ana.Get(page).One("main").Text()
		for _, wrong := range []string{"I bake", "Sell a loaf", "I swim", "No strengths are written down", "No goals are written down"} {
			if strings.Contains(said, wrong) {
				t.Errorf("Ana reads %q", wrong)
			}
		}
	})
}

// TestWhoIsDoubtedSeesNothing: after the login was given back, who is near must be known again before they see anything.
func TestWhoIsDoubtedSeesNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world.World) {
		mira, ana := w.Join(t, "Mira"), w.Join(t, "Ana")
		writes(mira)
		mira.Get(near(t, mira, ana))
		mira.Send("main form", "sections", "words", "do", "see")
		mira.Send("main form", "do", "yes")
		ana.Get("/shared")
		ana.Follow("main .rows a")
		theirs := ana.Path
		var person id.Person
		err := w.App.DB.Update(t.Context(), func(tx *store.Tx) error {
			if err := tx.Row(`SELECT person FROM known`).Scan(&person); err != nil {
				return err
			}
			return w.App.Known.Doubt(tx, person)
		})
		if err != nil {
			t.Fatal(err)
		}
		ana.Get(theirs)
		ana.Want(404, theirs)
		mira.Get("/me/sharing").Says("main", "They see nothing now")
		mira.Get("/me/near")
		mira.Follow("main .needs a")
		mira.Send(`form[action="` + mira.Path + `"]`)
		ana.Get(theirs).Says("main", "Bread and quiet mornings")
	})
}
