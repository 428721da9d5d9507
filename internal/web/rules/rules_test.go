package rules_test

import (
	"strings"
	"testing"

	"beside/internal/clock"
	"beside/internal/testkit/ready"
	"beside/internal/testkit/world"
)

// walks has Mira say yes to Sam, and fills her book. It returns Sam's page of her, and her page of him.
func walks(t *testing.T, mira, sam *world.Client) (theirs, his string) {
	t.Helper()
	mira.Get("/me/words")
	mira.Send(`form[action="/me/words"]`, "words", "Mornings by the sea")
	mira.Get("/me/strengths/new")
	mira.Send(`form[action="/me/strengths/new"]`, "words", "I can cook")
	his = pathOf(mira, "Sam")
	mira.Get(his)
	mira.Send("section[aria-labelledby=yes] > form")
	sam.Get("/worker")
	sam.Follow("main .rows a")
	return sam.Path, his
}

// pathOf is the page on which somebody reads about a worker.
func pathOf(c *world.Client, name string) (path string) {
	for _, a := range c.Get("/me/workers").All("main article a") {
		if href, _ := a.Attr("href"); strings.Contains(a.Text(), name) {
			path = href
		}
	}
	return path
}

// makes has one of the team make a rule.
func makes(team *world.Client, fill ...string) {
	answers := map[string]string{"section": "strengths", "whom": "all", "words": "We get to know people first.", "from": "0", "until": "0"}
	for i := 0; i < len(fill); i += 2 {
		answers[fill[i]] = fill[i+1]
	}
	var list []string
	for name, value := range answers {
		list = append(list, name, value)
	}
	team.Get("/team/rules")
	team.Send(`form[action="/team/rules"]`, list...)
}

// TestARuleOfTheCentre: Toni makes a rule by which no worker sees strengths. Sam, to whom Mira gave them, does not see them from the
// next page on, and reads why; Mira reads it where she gives and where she looks what she shares; everybody reads the rule. What Sam
// was typing is not lost. Toni alone cannot end it; when Tara says so too, all is as Mira gave it.
func TestARuleOfTheCentre(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w := world.New(t, where)
		toni, tara, sam, alex := w.Team(t).In(t), w.Team(t).In(t), w.Worker(t, "Sam").In(t), w.Worker(t, "Alex").In(t)
		mira := w.Join(t, "Mira").In(t)
		theirs, _ := walks(t, mira, sam)
		sam.Get(theirs).Says("main", "I can cook")
		sam.Page.HasNot(".ruled")
		mira.Get("/rules").Says("main", "There is no such rule here now.")
		mira.Get("/me/sharing").HasNot(".ruled")
		sam.Get(theirs + "/suggest/strength")

		toni.Get("/team/rules").HasNot(`input[name="section"][checked], input[name="closes"][checked]`) // least of all everything
		makes(toni, "closes", "1", "words", " ")
		toni.Want(422, "/team/rules")
		toni.Page.Says("main", "Say why there is this rule.")
		makes(toni, "closes", "1")
		toni.Page.Says(".said", "The rule is made")
		toni.Page.Says("article", "This is closed to all workers here, even when somebody gives it to them: strengths.")
		for _, c := range []*world.Client{mira, alex, toni} {
			c.Get("/rules").Says("article", "This is closed to all workers here, even when somebody gives it to them: strengths.")
			c.Page.Says("article", "We get to know people first.")
		}

		sam.Send("main form", "words", "You make people laugh")
		sam.Want(403, theirs+"/suggest/strength")
		sam.Page.Says("h1", "A rule of this centre keeps this closed")
		sam.Page.Says("main .paper", "You make people laugh")
		sam.Get(theirs + "/suggest/strength")
		sam.Want(403, theirs+"/suggest/strength")
		sam.Get("/rules").Says("article", "We get to know people first.")
		sam.Get(theirs + "/suggest/goal") // which builds on a strength
		sam.Want(403, theirs+"/suggest/goal")
		sam.Get(theirs).Says(".ruled", "Mira gave you this, and you do not see it now: strengths.")
		sam.Page.Says(".ruled", "We get to know people first.")
		sam.Page.Says("main", "Mornings by the sea")
		if strings.Contains(string(sam.Body), "I can cook") {
			t.Error("Sam still sees the strengths")
		}
		mira.Get("/me/sharing").Says(".ruled", "As long as it stands, Sam will not see: strengths.")
		mira.Follow(`article a[href$="/see"]`)
		mira.Page.Says(".ruled", "Sam will not see: strengths.")
		if strings.Contains(mira.Page.One(".seen, article").Text(), "I can cook") {
			t.Error("what Sam sees is shown with the strengths")
		}
		mira.Get("/me/strengths").Says("main", "I can cook")
		mira.Get(pathOf(mira, "Alex")).Says(".ruled", "As long as it stands, Alex will not see: strengths.")
		alex.Get(theirs + "/suggest/strength") // to whom nothing was given, nothing is said
		alex.Want(404, theirs+"/suggest/strength")
		alex.Page.HasNot(".ruled")

		toni.Get("/team/rules")
		toni.Follow(`article a[href$="/end"]`)
		toni.Page.Says("main", "Two of the team have to say it, within 7 days of each other.")
		toni.Send("main form")
		toni.Page.Says(".said", "When one more of the team says it, the rule ends.")
		toni.Page.Says("article .needs", "That was you.")
		toni.Follow(`article a[href$="/end"]`)
		toni.Send("main form") // said twice by one it is said by one
		sam.Get(theirs).Says(".ruled", "strengths")
		tara.Get("/team/rules")
		tara.Follow(`article a[href$="/end"]`)
		tara.Send("main form")
		tara.Page.Says(".said", "The rule is over.")
		tara.Page.Says("details", "We get to know people first.")
		sam.Get(theirs).Says("main", "I can cook")
		sam.Page.HasNot(".ruled")
		mira.Get("/rules").Says("main", "There is no such rule here now.")
	})
}

// TestWhatARuleCloses: to suggest alone, to write for somebody alone; for some workers alone; until a day.
func TestWhatARuleCloses(t *testing.T) {
	w := world.New(t, ready.Folder(t))
	toni, sam := w.Team(t).In(t), w.Worker(t, "Sam").In(t)
	mira := w.Join(t, "Mira").In(t)
	theirs, _ := walks(t, mira, sam)

	toni.Get("/team/rules")
	alone, _ := toni.Page.One(`input[name="workers"]`).Attr("value")
	makes(toni, "closes", "2", "whom", "only")
	toni.Want(422, "/team/rules")
	toni.Page.Says("main", "Choose for whom it is.")
	makes(toni, "closes", "2", "whom", "all", "workers", alone)
	toni.Want(422, "/team/rules")
	makes(toni, "closes", "2", "section", "words")
	toni.Want(422, "/team/rules")
	toni.Page.Says("main", "Nothing of that can be done in this part.")
	makes(toni, "closes", "2", "whom", "only", "workers", alone, "until", "1")
	toni.Page.Says("article", "Sam")
	mira.Get("/rules").Says("article", "Suggesting is closed to some workers here")
	if strings.Contains(mira.Page.One("main article").Text(), "Sam") {
		t.Error("everybody reads for whom the rule is")
	}
	sam.Get(theirs).Says(".ruled", "Mira lets you suggest here, and you cannot now: strengths.")
	sam.Page.Says("main", "I can cook")
	sam.Page.HasNot(`a[href$="/suggest/strength"]`)
	w.Clock.Step(33 * clock.Day)
	all, err := w.App.Rules.Standing(t.Context())
	if err != nil || len(all) != 0 {
		t.Errorf("%d rules stand after their last day, %v", len(all), err)
	}
}

// TestTheReasonIsOfWhatWasGiven: a rule is named for what it closes alone. Of what Mira does not give any more Sam is told nothing, though
// a rule closes something beside it; what he can do no more with what he suggested is told.
func TestTheReasonIsOfWhatWasGiven(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w := world.New(t, where)
		toni, sam := w.Team(t).In(t), w.Worker(t, "Sam").In(t)
		mira := w.Join(t, "Mira").In(t)
		theirs, his := walks(t, mira, sam)
		sam.Get(theirs + "/suggest/strength")
		sam.Send("main form", "words", "You make people laugh")
		sam.Get(theirs)
		makes(toni, "closes", "2")
		sam.Send(`form[action$="/tomorrow"]`)
		if sam.Status != 403 {
			t.Errorf("letting it rest is %d", sam.Status)
		}
		sam.Page.Says("main", "Mira lets you suggest here, and you cannot now: strengths.")

		mira.Get("/me/words") // a page of her own, from which she goes to his
		mira.Get(his)
		mira.Send("section[aria-labelledby=yes] > details:first-of-type > form", "sections", "words", "sections", "strengths")
		makes(toni, "closes", "1")
		sam.Get(theirs).Says(".ruled", "strengths")
		sam.Get(theirs + "/suggest/goal")
		sam.Want(404, theirs+"/suggest/goal")
		sam.Page.HasNot(".ruled")
	})
}
