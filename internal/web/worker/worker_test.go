package worker_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/peer"
	"beside/internal/testkit/ready"
	"beside/internal/testkit/world"
)

var ctx = context.Background()

// walk is a world in which Mira may give to Sam and to Alex.
type walk struct {
	*testing.T
	*world.World
	sam, alex *world.Client
	mira      *world.Client
	owner     grant.Subject
	book      id.Book
	strength  id.Item
	goal      id.Item
}

func onBoth(t *testing.T, fn func(w *walk)) {
	t.Helper()
	ready.Both(t, func(t *testing.T, where string) {
		w := &walk{T: t, World: world.New(t, where)}
		w.sam, w.alex, w.mira = w.Worker(t, "Sam"), w.Worker(t, "Alex"), w.World.Join(t, "Mira")
		w.owner, w.book = w.who(w.mira)
		w.write(&book.Words{Words: book.NewText("bread that I baked myself")}, book.Only(w.book, book.KindWords))
		w.strength = w.write(&book.Strength{Words: book.NewText("I make things grow"), Domain: book.DomainHome, When: book.WhenNow}, id.Item{})
		w.goal = w.write(&book.Goal{Words: book.NewText("walk to the river"), BuildsOn: []id.Item{w.strength}}, id.Item{})
		w.write(&book.Step{Goal: w.goal, Words: book.NewText("boots by the door"), Done: true}, id.Item{})
		w.write(&book.Moment{What: book.WhatHard, Words: book.NewText("a day of mine alone")}, id.Item{})
		fn(w)
	})
}

func (w *walk) who(c *world.Client) (grant.Subject, id.Book) {
	w.Helper()
	s, err := w.App.Accounts.Session(ctx, c.Cookie("beside"))
	w.must(err)
	return grant.Subject{Person: s.Person, Hat: s.Hat}, s.Book
}

func (w *walk) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatalf("unexpected error: %v", err)
	}
}

func (w *walk) entry() id.Entry { return id.New[id.Entry](w.App.IDs) }

// do is an act of Mira's own.
func (w *walk) do(d keeper.Draft) book.Entry {
	w.Helper()
	d.ID, d.Via = w.entry(), book.ViaWeb
	done, err := w.App.Keeper.Write(ctx, w.owner, w.book, d)
	w.must(err)
	return done[0]
}

func (w *walk) write(b book.Body, it id.Item) id.Item {
	w.Helper()
	return w.do(keeper.Draft{Kind: b.Kind(), Act: book.ActWrite, Item: it, Body: b}).Item
}

// answer is Mira's answer to the only suggestion that waits.
func (w *walk) answer(act book.Act, instead book.Body) {
	w.Helper()
	told, err := w.App.Keeper.Suggestions(ctx, w.owner, w.book, book.Waiting)
	w.must(err)
	if len(told) != 1 {
		w.Fatalf("%d suggestions wait", len(told))
	}
	w.do(keeper.Draft{Kind: told[0].Kind, Act: act, Item: told[0].Item, Answers: told[0].Entry, Body: instead})
	w.Settle(w.T)
}

var all = []book.Section{book.SectionWords, book.SectionStrengths, book.SectionGoals}

// give is Mira choosing a worker.
func (w *walk) give(to *world.Client, until clock.Time, sections ...book.Section) {
	w.Helper()
	worker, _ := w.who(to)
	w.must(w.App.Peers.Choose(ctx, w.owner, w.book, peer.Choice{Entry: w.entry(), Worker: worker.Person, Sections: sections, Until: w.Clock.Now() + until}))
}

func (w *walk) path() string { return "/worker/people/" + w.book.String() }

// sees wants a page of Mira's with these words and without those.
func (w *walk) sees(c *world.Client, with, without []string) {
	w.Helper()
	c.Get(w.path())
	c.Want(200, w.path())
	for _, s := range with {
		c.Page.Says("main", s)
	}
	for _, s := range without {
		if strings.Contains(string(c.Body), s) {
			w.Errorf("the page says %q", s)
		}
	}
}

// closed wants nothing of Mira's on any page of a worker's.
func (w *walk) closed(c *world.Client) []byte {
	w.Helper()
	c.Get("/worker")
	if strings.Contains(string(c.Body), "Mira") {
		w.Error("the list names Mira")
	}
	c.Get(w.path())
	c.Want(404, w.path())
	return c.Body
}

func TestAWorkerSeesOnlyWhatWasGiven(t *testing.T) {
	parts := map[book.Section][]string{
		book.SectionWords: {"What matters to Mira", "bread that I baked myself"}, book.SectionStrengths: {"I make things grow", "/suggest/strength"},
		book.SectionGoals: {"walk to the river", "boots by the door"},
	}
	onBoth(t, func(w *walk) {
		for _, given := range [][]book.Section{{}, {book.SectionWords}, {book.SectionStrengths}, {book.SectionGoals}, all} {
			w.give(w.sam, clock.Day, given...)
			with, without := []string{"Mira"}, []string{"a day of mine alone"}
			for sec, words := range parts {
				if contains(given, sec) {
					with = append(with, words[0])
				} else {
					without = append(without, words...)
				}
			}
			w.sees(w.sam, with, without)
			w.sam.Get("/worker").Count(".rows li", 1)
			w.closed(w.alex)
		}
	})
}

func contains(list []book.Section, s book.Section) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// What was never given, is not there, was taken back, has ended: one page, byte for byte.
func TestWhatIsNotOpenLooksTheSame(t *testing.T) {
	onBoth(t, func(w *walk) {
		never := w.closed(w.sam)
		same := func(why string, body []byte) {
			w.Helper()
			if string(body) != string(never) {
				w.Errorf("%s: the page differs from one that was never given:\n%s\n%s", why, body, never)
			}
		}
		for why, path := range map[string]string{"no such book": id.New[id.Book](w.App.IDs).String(), "no id": "mira"} {
			w.sam.Get("/worker/people/" + path)
			same(why, w.sam.Body)
		}
		w.give(w.sam, clock.Day, all...)
		w.sees(w.sam, []string{"bread"}, nil)
		w.give(w.alex, clock.Hour, all...)
		same("changed to another", w.closed(w.sam))
		w.sees(w.alex, []string{"bread"}, nil)
		w.Clock.Step(clock.Hour)
		same("ended", w.closed(w.alex))
		w.give(w.sam, clock.Day, all...)
		w.sees(w.sam, []string{"bread"}, nil)
		given, err := w.App.Peers.Companions(ctx, w.owner, w.book)
		w.must(err)
		w.must(w.App.Peers.TakeBack(ctx, w.owner, w.book, w.entry(), given[0].Item, given[0].Head))
		same("taken back", w.closed(w.sam))
		for _, kind := range []string{"strength", "goal", "step", "diary"} {
			w.sam.Get(w.path() + "/suggest/" + kind)
			same("suggesting a "+kind, w.sam.Body)
		}
		w.give(w.sam, clock.Day, book.SectionWords)
		for _, kind := range []string{"strength", "goal", "step"} {
			w.sam.Get(w.path() + "/suggest/" + kind)
			same("suggesting a "+kind+" in a section not given", w.sam.Body)
		}
	})
}

func TestAfterTheRoleEndedNothingIsOpen(t *testing.T) {
	onBoth(t, func(w *walk) {
		team := w.World.Team(w.T)
		w.give(w.sam, clock.Day, all...)
		w.sees(w.sam, []string{"bread"}, nil)
		team.Get("/team")
		for _, row := range team.Page.All(".rows li") {
			if strings.Contains(row.Text(), "Sam") {
				href, _ := row.One("a").Attr("href")
				team.Get(href)
				team.Send("main form")
				team.Want(200, "/team")
			}
		}
		w.sam.Get(w.path())
		w.sam.Want(200, "/come-in")
		if strings.Contains(string(w.sam.Body), "Mira") {
			w.Error("the page names Mira")
		}
		w.alex.Get(w.path())
		w.mira.Get("/me/workers").Says(".settled", "Sam cannot see your book now")
	})
}

func TestNobodyElseStandsOnTheWorkersPages(t *testing.T) {
	onBoth(t, func(w *walk) {
		team := w.World.Team(w.T)
		w.give(w.sam, clock.Day, all...)
		for _, c := range []*world.Client{team, w.mira} {
			for _, path := range []string{"/worker", w.path(), "/worker/profile", w.path() + "/suggest/goal"} {
				c.Get(path)
				c.Want(404, path)
			}
		}
		w.sam.Wear("self") // the same person without the hat
		w.sam.Get(w.path())
		w.sam.Want(404, w.path())
		visitor := w.Visitor(w.T)
		visitor.Get(w.path())
		visitor.Want(200, "/come-in")
	})
}

// suggest has somebody fill in the form for a suggestion.
func (w *walk) suggest(c *world.Client, kind string, fill ...string) {
	w.Helper()
	c.Get(w.path() + "/suggest/" + kind)
	c.Want(200, w.path()+"/suggest/"+kind)
	c.Send("main form", fill...)
}

func TestSuggestionsAndTheirAnswers(t *testing.T) {
	onBoth(t, func(w *walk) {
		w.give(w.sam, clock.Day, all...)
		w.suggest(w.sam, "strength", "words", "you hear when somebody goes quiet", "domain", "people", "when", "now")
		w.sam.Want(200, w.path())
		w.sam.Page.Says(".said", "Your suggestion is waiting there now")
		w.sam.Page.Says(".slip", "Waiting for Mira")
		w.sam.Page.Count("#strengths ~ .rows li", 1) // and it has no effect
		w.answer(book.ActAccept, nil)
		w.sam.Get("/worker").Says(".news", "said yes to your suggestion")
		w.sees(w.sam, []string{"Mira said: yes, that’s mine", "you noticed this"}, nil)
		w.sam.Get("/worker").HasNot(".news") // it was seen

		w.suggest(w.sam, "goal", "words", "sell seedlings", "builds_on", w.strength.String())
		w.answer(book.ActDecline, nil)
		w.sees(w.sam, []string{"Mira said: no thanks"}, nil)
		w.suggest(w.sam, "goal", "words", "one garden bed", "builds_on", w.strength.String())
		w.answer(book.ActNotNow, nil)
		w.sam.Get("/worker").Says(".news", "said not now")
		w.sees(w.sam, []string{"Mira said: not now"}, nil)
		w.suggest(w.sam, "step", "words", "ask Joan along", "goal", w.goal.String())
		w.answer(book.ActChange, &book.Step{Goal: w.goal, Words: book.NewText("ask about Joan's knee")})
		w.suggest(w.sam, "step", "words", "rest", "goal", w.goal.String())
		w.sam.Get("/worker").HasNot(".news") // the page with the answers stood open after suggesting
		w.answer(book.ActAccept, nil)
		w.sees(w.sam, []string{"Mira changed it into their own words"}, nil)
		w.sam.Page.Says(".slip .paper", "ask about Joan's knee")
		w.sam.Page.Says(".steps", "ask about Joan's knee")
		w.sam.Page.Count(".slip", 5)
	})
}

func TestSeveralAnswersAreOneLine(t *testing.T) {
	onBoth(t, func(w *walk) {
		w.give(w.sam, clock.Day, all...)
		sam, _ := w.who(w.sam)
		for _, act := range []book.Act{book.ActAccept, book.ActDecline} {
			w.must(w.App.Peers.Suggest(ctx, sam, w.book, w.entry(), &book.Strength{Words: book.NewText("you sing")}))
			w.answer(act, nil)
		}
		w.sam.Get("/worker").Says(".news", "answered your suggestions")
	})
}

func TestASuggestionIsItsAuthorsAndTheOwners(t *testing.T) {
	onBoth(t, func(w *walk) {
		w.give(w.sam, clock.Day, all...)
		w.suggest(w.sam, "strength", "words", "you hear when somebody goes quiet")
		w.give(w.alex, clock.Day, all...)
		w.sees(w.alex, []string{"bread"}, []string{"goes quiet", "What you suggested"})
		w.answer(book.ActAccept, nil)
		w.sees(w.alex, []string{"goes quiet"}, []string{"you noticed this", "said: yes"}) // now it is Mira's
		w.sam.Get("/worker").HasNot(".news")
	})
}

func TestADoubleTapIsOneSuggestion(t *testing.T) {
	onBoth(t, func(w *walk) {
		w.give(w.sam, clock.Day, all...)
		path := w.path() + "/suggest/strength"
		w.sam.Get(path)
		form := w.sam.Filled("main form", "words", "you sing")
		for range 3 {
			w.sam.Post(path, form)
			w.sam.Want(200, w.path())
			w.sam.Page.Count(".slip", 1)
		}
		// Gone back and changed: what was sent first stays, and the new words may be a suggestion of their own.
		form.Set("words", "you sing low")
		w.sam.Post(path, form)
		w.sam.Want(409, path)
		w.sam.Page.Says("main", "what you sent first is kept")
		w.sam.Page.Says("textarea", "you sing low")
		w.sam.Send("main form")
		w.sam.Want(200, w.path())
		w.sam.Page.Count(".slip", 2)
	})
}

func TestAGoalGrowsFromAStrength(t *testing.T) {
	onBoth(t, func(w *walk) {
		w.give(w.sam, clock.Day, all...)
		path := w.path() + "/suggest/goal"
		w.suggest(w.sam, "goal", "words", "a goal out of nowhere")
		w.sam.Want(422, path)
		w.sam.Page.Says("fieldset .why", "strength")
		w.sam.Page.Says("textarea", "a goal out of nowhere") // nothing typed is lost
		w.suggest(w.sam, "goal", "builds_on", w.strength.String())
		w.sam.Want(422, path)
		w.sam.Page.Count(".why", 1)
		w.sam.Page.HasNot("fieldset .why")

		// The strength is put away while the form is open.
		w.sam.Get(path)
		form := w.sam.Filled("main form", "words", "a goal", "builds_on", w.strength.String())
		w.do(keeper.Draft{Kind: book.KindStrength, Act: book.ActPutAway, Item: w.strength, Base: w.head(w.strength)})
		w.sam.Post(path, form)
		w.sam.Want(409, path)
		w.sam.Page.Says(".typed", "a goal") // the words are still there to be copied
		w.sam.Get(path).Says(".empty", "A goal grows from a strength, and none is written down yet")
		w.sam.Follow(".empty a")
		w.sam.Want(200, w.path()+"/suggest/strength")

		w.give(w.sam, clock.Day, book.SectionGoals)
		w.sam.Get(path).Says(".empty", "Mira keeps those private")
	})
}

// head is the head of an item of Mira's.
func (w *walk) head(it id.Item) id.Entry {
	w.Helper()
	versions, err := w.App.Keeper.Versions(ctx, w.owner, w.book, it)
	w.must(err)
	return versions[len(versions)-1].ID
}

func TestAStepLeadsToAGoal(t *testing.T) {
	onBoth(t, func(w *walk) {
		w.give(w.sam, clock.Day, all...)
		path := w.path() + "/suggest/step"
		w.suggest(w.sam, "step", "words", "a step to nowhere")
		w.sam.Want(422, path)
		w.sam.Page.Has("fieldset .why")
		w.sam.Get(path)
		form := w.sam.Filled("main form", "words", "a step", "goal", w.goal.String())
		form.Set("goal", w.strength.String()) // a strength is no goal
		w.sam.Post(path, form)
		w.sam.Want(422, path)
		w.do(keeper.Draft{Kind: book.KindGoal, Act: book.ActPutAway, Item: w.goal, Base: w.head(w.goal)})
		form.Set("goal", w.goal.String())
		w.sam.Post(path, form)
		w.sam.Want(409, path)
		w.sam.Page.Says(".typed", "a step") // the words are still there to be copied
		w.sam.Get(path).Says(".empty", "there is none open just now")
		w.sees(w.sam, nil, []string{"boots by the door", "walk to the river"}) // the steps of a goal put away are away too
	})
}

func TestPostingWhereNothingIsOpen(t *testing.T) {
	onBoth(t, func(w *walk) {
		w.give(w.sam, clock.Day, all...)
		path := w.path() + "/suggest/strength"
		w.sam.Get(path)
		form := w.sam.Filled("main form", "words", "you sing")
		w.give(w.alex, clock.Day, all...) // between opening the form and sending it
		w.sam.Post(path, form)
		w.sam.Want(404, path)
		w.sam.Page.Says(".typed", "you sing") // the words are still there to be copied
		told, err := w.App.Keeper.Suggestions(ctx, w.owner, w.book)
		w.must(err)
		if len(told) != 0 {
			w.Fatalf("%d suggestions were kept", len(told))
		}
	})
}

func TestWordsComeBackAsTheyAre(t *testing.T) {
	onBoth(t, func(w *walk) {
		const words = "né́e \u200fשלום 👩🏽‍👧🏽 <b>&amp;\nsecond line"
		w.give(w.sam, clock.Day, all...)
		w.sam.Get(w.path() + "/suggest/strength")
		form := w.sam.Filled("main form")
		form.Set("words", strings.ReplaceAll(words, "\n", "\r\n"))
		w.sam.Post(w.path()+"/suggest/strength", form)
		if got := w.sam.Page.One(".slip .theirs").Raw(); got != words {
			w.Fatalf("came back as %q", got)
		}
	})
}

func TestEmptyPages(t *testing.T) {
	onBoth(t, func(w *walk) {
		w.sam.Get("/worker").Says(".empty", "Nobody has chosen to walk with you yet")
		ana := w.World.Join(w.T, "Ana")
		who, b := w.who(ana)
		sam, _ := w.who(w.sam)
		w.must(w.App.Peers.Choose(ctx, who, b, peer.Choice{Entry: w.entry(), Worker: sam.Person, Sections: all, Until: w.Clock.Now() + clock.Day}))
		page := w.sam.Get("/worker/people/" + b.String())
		page.Says("main", "Nothing is written here. That may stay so.")
		page.Says("main", "No strengths are written down yet. They are there all the same.")
		page.Says("main", "No goals are written down.")
		page.HasNot(".slip, .needs")
		w.sam.Get("/worker/people/"+b.String()+"/suggest/goal").Says(".empty", "begin with one you noticed")
		w.sam.Get("/worker/people/"+b.String()+"/suggest/step").Says(".empty", "there is none open")
	})
}

func TestEveryLookIsWrittenDown(t *testing.T) {
	onBoth(t, func(w *walk) {
		w.give(w.sam, clock.Day, all...)
		looks := func() int {
			list, err := w.App.Keeper.Looks(ctx, w.owner, w.book, 0, 1000)
			w.must(err)
			return len(list)
		}
		before := looks()
		for _, path := range []string{"/worker", w.path(), w.path() + "/suggest/goal"} {
			w.sam.Get(path)
			after := looks()
			if after <= before {
				w.Errorf("%s was looked at and not written down", path)
			}
			before = after
		}
		w.closed(w.alex)
		if looks() != before {
			w.Error("a look at nothing was written down in Mira's book")
		}
	})
}

func TestTheProfile(t *testing.T) {
	onBoth(t, func(w *walk) {
		const path = "/worker/profile"
		w.sam.Get(path)
		w.sam.Send("main form", "story", "I know the ward from the inside.", "do", "look")
		w.sam.Want(200, path)
		w.sam.Page.Says("#look", "As people would see it")
		w.sam.Page.Says(".profile", "I know the ward from the inside.")
		w.sam.Page.Says("textarea[name=story]", "I know the ward from the inside.")
		w.sam.Get(path).Says(".profile", "I have been there.") // a preview keeps nothing
		w.sam.Send("main form", "story", "New.", "certificate", "2028-02-29")
		w.sam.Page.Says(".said", "Kept.")
		w.sam.Page.Says(".profile", "29 February 2028")
		if v, _ := w.sam.Page.One("input[type=date]").Attr("value"); v != "2028-02-29" {
			w.Fatalf("the date came back as %q", v)
		}
		w.sam.Send("main form", "name", " ", "story", "typed")
		w.sam.Want(422, path)
		w.sam.Page.Says(".why", "They need a name")
		w.sam.Page.Says("textarea[name=story]", "typed")
		w.sam.Get(path)
		w.sam.Send("main form", "certificate", "31.3.2027")
		w.sam.Want(422, path)
		w.sam.Page.Says(".why", "could not read this day")
		w.sam.Get(path)
		w.sam.Send("main form", "certificate", "2027-03-09")
		w.sam.Page.Says(".told", "run out, so nobody new can choose you")
	})
}

func TestTheProfileOnTwoDevices(t *testing.T) {
	onBoth(t, func(w *walk) {
		const path = "/worker/profile"
		w.sam.Get(path)
		late := w.sam.Filled("main form", "story", "from the telephone")
		w.sam.Send("main form", "story", "from the desk")
		w.sam.Post(path, late)
		w.sam.Want(409, path)
		w.sam.Page.Says(".profile", "from the desk")
		w.sam.Page.Says("textarea[name=story]", "from the telephone")
		w.sam.Send("main form") // keep mine over it
		w.sam.Want(200, path)
		w.sam.Page.Says(".profile", "from the telephone")
	})
}

func TestANewWorkerIsToldToWriteAProfile(t *testing.T) {
	onBoth(t, func(w *walk) {
		team := w.World.Team(w.T)
		who, _ := w.who(team)
		token, err := w.App.Accounts.Invite(ctx, who, book.HatWorker)
		w.must(err)
		w.mira.Get("/invitation/" + token)
		w.mira.Send("main form")
		w.mira.Wear("worker")
		w.mira.Get("/worker").Says(".needs", "People cannot find you yet")
		w.mira.Follow(".needs a")
		w.mira.Page.HasNot("#look")
		w.mira.Send("main form", "name", "Mira")
		w.mira.Get("/worker").HasNot(".needs")
		w.mira.Post("/worker/profile", url.Values{})
		if w.mira.Status != 422 {
			w.Fatalf("a form without a token: %d", w.mira.Status)
		}
	})
}
