package me_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/id"
	"beside/internal/journey"
	"beside/internal/testkit/ready"
	"beside/internal/testkit/world"
)

// pages are all pages whose path names nothing.
var pages = []string{"/me", "/me/words", "/me/strengths", "/me/strengths/new", "/me/goals", "/me/goals/new", "/me/waiting", "/me/timeline",
	"/me/looked", "/me/sharing", "/me/about", "/me/today", "/me/world", "/me/world/home", "/me/world/spirit", "/me/world/open", "/me/notes/new",
	"/me/circle", "/me/circle/new", "/me/paths", "/me/paths/new"}

// An empty book invites and lacks nothing: every page is there, says who can see it or what may come, and counts nothing.
func TestEmptyBook(t *testing.T) {
	onBoth(t, func(t *testing.T, ana *person) {
		ben := join(t, ana.World, ana.sam, "Ben")
		for _, path := range pages {
			ben.get(path)
			ben.hides("⟦", "‹private›")
			ben.Page.One("h1")
		}
		ben.get("/me")
		ben.says("Only you can see this here", "Write a few words", "Begin with one wish")
		ben.Page.HasNot(".slip")
		ben.get("/me/strengths")
		ben.says("No strengths are written down yet. They are there all the same.")
		ben.Page.HasNot("main h2")
		ben.get("/me/waiting")
		ben.says("Nothing is waiting for you")
		ben.get("/me/looked")
		ben.says("Nobody else has looked into your book")
		ben.get("/me/sharing")
		ben.says("You share nothing")
	})
}

// The person's side of the main job, through the pages alone.
func TestWriteWhatMatters(t *testing.T) {
	onBoth(t, func(t *testing.T, ana *person) {
		ana.get("/me/words")
		ana.form("/me/words", "words", "the sea").send(200, "/me")
		ana.says("Kept. These are your words.", "What matters to me", "Those who can see this: Sam", "the sea")
		ana.get("/me/words")
		ana.form("/me/words", "words", "the sea, and Mira").send(200, "/me")
		ana.get("/me/words")
		ana.says("What I wrote before", "the sea")
		if got := ana.Page.One("textarea").Raw(); got != "the sea, and Mira" {
			t.Errorf("the form holds %q", got)
		}
	})
}

func TestStrengths(t *testing.T) {
	onBoth(t, func(t *testing.T, ana *person) {
		ana.get("/me/strengths/new")
		blank := ana.form("/me/strengths/new", "when", "now", "domain", "play")
		blank.send(422, "/me/strengths/new")
		ana.says("One thing is still open here:")
		ana.Page.Has(".mend a[href='#f-words']")
		ana.Page.Has(`input[name=when][value=now][checked]`)
		ana.form("/me/strengths/new", "words", "swimming").send(200, "/me/strengths")
		ana.says("Kept. It is in your book.", "Play and free time", "swimming", "It is here now")
		ana.get("/me/strengths/new")
		ana.form("/me/strengths/new", "words", "only words").send(200, "/me/strengths")
		ana.says("Anywhere in life", "only words")

		ana.Follow(".rows a")
		path := ana.Path
		ana.form(path, "words", "swimming in the lake", "when", "before").send(200, "/me/strengths")
		ana.says("swimming in the lake", "It worked before")
		ana.get(path)
		ana.tap(path+"/away", "/me/strengths")
		ana.says("Put away. Nobody but you can see it.", "One thing you put away", "swimming in the lake", "Bring it back")
		ana.Page.HasNot(`.rows a[href="` + path + `"]`)
		ana.tap(path+"/back", "/me/strengths")
		ana.Page.Has(`.rows a[href="` + path + `"]`)
	})
}

// Where words are written that others will see at once, the page says who, before they are kept; and it says so again
// when they could not be taken. What was put away is nobody else's.
func TestWhoWillSeeWhatIWrite(t *testing.T) {
	onBoth(t, func(t *testing.T, ana *person) {
		const some, none = "Those who can see this: Sam", "Only you can see this here"
		strength, goal := "/me/strengths/"+ana.strength("patience").String(), ana.goal("a garden")
		step := "/me/steps/" + ana.step(goal, "buy a pot").String()
		asked := ana.suggests(&book.Strength{Words: book.NewText("always on time")})
		for _, path := range []string{"/me/strengths/new", strength, "/me/goals/new", "/me/goals/" + goal.String() + "/change", step, asked + "/change"} {
			ana.get(path)
			ana.says(some)
			ana.form(path, "words", " ").send(422, path)
			ana.says(some)
		}
		for path, to := range map[string]string{strength: "/me/strengths", step: "/me/goals/" + goal.String()} {
			ana.get(path)
			ana.tap(path+"/away", to)
			ana.get(path)
			ana.says(none)
		}
	})
}

func TestGoalsAndSteps(t *testing.T) {
	onBoth(t, func(t *testing.T, ana *person) {
		on := ana.strength("hands that know")
		ana.get("/me/goals/new")
		ana.form("/me/goals/new").send(422, "/me/goals/new")
		ana.Page.Has(".mend a[href='#f-words']")
		ana.form("/me/goals/new", "words", "a garden", "builds_on", on.String())
		ana.Send(`form[action="/me/goals/new"]`, "words", "a garden", "builds_on", on.String())
		goal := ana.Path
		ana.Want(200, goal)
		ana.says("a garden", "It builds on", "hands that know", "No steps yet")

		ana.form(goal+"/steps", "words", "  ").send(422, goal+"/steps")
		ana.Page.Has(".mend a[href='#f-words']")
		ana.get(goal)
		ana.form(goal+"/steps", "words", "buy a pot").send(200, goal)
		ana.says("Kept. One small step.", "buy a pot")
		step := href(t, ana.Client, ".steps a")
		ana.tap(step+"/done", goal)
		ana.says("Kept: you did it.", "done", "buy a pot", "Not done after all")
		ana.tap(step+"/not-done", goal)
		ana.Page.HasNot(".steps .done")
		ana.get(step)
		ana.form(step, "words", "borrow a pot").send(200, goal)
		ana.says("borrow a pot")
		ana.get(step)
		ana.tap(step+"/away", goal)
		ana.says("No steps yet", "One thing you put away", "borrow a pot")
		ana.tap(step+"/back", goal)

		ana.get("/me")
		ana.says("Next, if you like", "borrow a pot", "A small step towards", "a garden", "I did this")
		ana.tap(step+"/done", goal)
		ana.tap(goal+"/reached", goal)
		ana.says("Kept: you reached it.", "You said: I reached this")
		ana.get("/me/goals")
		ana.says("You have reached all that you wrote here.", "Reached", "a garden")
		ana.get(goal)
		ana.tap(goal+"/open", goal)
		ana.get(goal + "/change")
		ana.Page.Has(`input[name=builds_on][checked]`)
		ana.form(goal+"/change", "words", "a small garden").send(200, goal)
		ana.says("a small garden", "hands that know")
		ana.tap(goal+"/away", "/me/goals")
		ana.says("No goals yet", "One thing you put away", "a small garden")
		ana.get(goal)
		ana.says("Only you can see this here", "You put this away")
		ana.tap(goal+"/back", goal)
		ana.says("Those who can see this: Sam")
	})
}

func href(t *testing.T, c *world.Client, selector string) string {
	t.Helper()
	for _, a := range c.Page.All(selector) {
		h, _ := a.Attr("href")
		return h
	}
	t.Fatalf("no link %q on %s", selector, c.Path)
	return ""
}

// Four answers of equal dignity, and a mind that may change.
func TestAnswers(t *testing.T) {
	onBoth(t, func(t *testing.T, ana *person) {
		on := ana.strength("tomatoes")
		goal := ana.suggests(&book.Goal{Words: book.NewText("bed seven"), BuildsOn: []id.Item{on}})
		ana.get("/me")
		ana.says("A suggestion is waiting for you")
		ana.get("/me/waiting") // one alone waits: it is there with its answers
		ana.says("Sam suggests a goal", "recovery coach", "bed seven", "It builds on your strength", "tomatoes")
		ana.Page.Count(".answers button", 4)
		ana.Page.HasNot(".answers button[class], .answers [checked]")

		ana.form(goal, "answer", "no").send(200, "/me/waiting")
		ana.says("All right. Nobody will ask you why.", "Nothing is waiting for you", "no thanks", "bed seven")
		ana.get(goal)
		ana.says("You said: no thanks", "You can still change your mind.")
		ana.form(goal, "answer", "later").send(200, "/me/waiting")
		ana.says("Set aside. You find it here when you like.", "Set aside for later", "bed seven")
		ana.get(goal)
		yes := ana.form(goal, "answer", "yes")
		at := "/me/goals/" + item(goal)
		yes.send(200, at)
		ana.says("It is yours now.", "bed seven", "Sam suggested this, and you said yes", "tomatoes")
		yes.send(200, at) // a double tap
		ana.says("It is yours now.")
		ana.get(goal)
		ana.says("You said: yes, that’s mine", "See it in your book")
		ana.Page.HasNot(".answers")

		strength := ana.suggests(&book.Strength{Words: book.NewText("always on time"), Domain: book.DomainWork})
		ana.get(strength)
		ana.form(strength, "answer", "change").send(200, strength+"/change")
		ana.form(strength+"/change", "words", " ").send(422, strength+"/change")
		ana.form(strength+"/change", "words", "I come when I said").send(200, "/me/strengths")
		ana.says("Kept in your own words", "Work and learning", "I come when I said", "Sam noticed this")
		ana.hides("always on time")

		step := ana.suggests(&book.Step{Goal: itemOf(t, goal), Words: book.NewText("look at it")})
		ana.get(step)
		ana.says("A small step towards", "bed seven", "look at it")
		ana.form(step, "answer", "yes").send(200, at)
		ana.says("look at it")
	})
}

// item is the item that a suggestion's path begins.
func item(path string) string { return path[strings.LastIndex(path, "/")+1:] }

func itemOf(t *testing.T, path string) id.Item {
	t.Helper()
	it, err := id.Parse[id.Item](item(path))
	if err != nil {
		t.Fatal(err)
	}
	return it
}

// Several suggestions are each a question of their own.
func TestSeveralAreWaiting(t *testing.T) {
	ana := newAna(t, t.TempDir())
	first := ana.suggests(&book.Strength{Words: book.NewText("you listen")})
	ana.suggests(&book.Strength{Words: book.NewText("you laugh")})
	ana.get("/me")
	ana.says("Two suggestions are waiting for you")
	ana.get("/me/waiting")
	ana.says("you laugh", "Answer Sam", "you listen", "Answer Sam")
	ana.Page.HasNot(".answers")
	ana.Page.Has(`a[href="` + first + `"]`)
	ana.suggests(&book.Strength{Words: book.NewText("you stay")})
	ana.get("/me")
	ana.says("3 suggestions are waiting for you")
	ana.Page.Says("nav .count", "3")
}

// The timeline takes good and hard alike, with or without words, and a setback takes nothing back.
func TestTimeline(t *testing.T) {
	onBoth(t, func(t *testing.T, ana *person) {
		goal := ana.goal("the river")
		step := ana.step(goal, "shoes")
		ana.get("/me/goals/" + goal.String())
		ana.tap("/me/steps/"+step.String()+"/done", "/me/goals/"+goal.String())
		for what, words := range map[string]string{"good": "Kept. Good that it stands here.", "hard": "Kept. It is good that you said so.",
			"slipped": "Kept. All that you reached stays as it is.", "back": "Good that you are here.", "learned": "Kept. That is yours to build on."} {
			ana.get("/me/timeline")
			ana.Page.Count("#tell button", 5)
			ana.form("/me/timeline", "what", what, "words", "about "+what).send(200, map[string]string{"hard": "/me/today", "slipped": "/me/today"}[what]+map[string]string{"good": "/me/timeline", "back": "/me/timeline", "learned": "/me/timeline"}[what])
			ana.says(words)
			ana.get("/me/timeline")
			ana.says("So far", "about "+what)
		}
		ana.get("/me/timeline")
		ana.form("/me/timeline", "what", "slipped").send(200, "/me/today")
		ana.get("/me/timeline")
		ana.says("So far", "Things slipped", "You did a small step", "shoes", "You wrote down a goal", "the river", "You chose what to share · Sam")
		ana.get("/me/goals/" + goal.String())
		ana.Page.Has(".steps .done")
		ana.Get("/me/timeline?before=x")
		ana.Want(404, "/me/timeline")
		ana.get("/me/timeline")
		ana.form("/me/timeline").send(422, "/me/timeline", "what", "failed", "words", "not lost")
		ana.Page.Has(".mend")
		ana.says("not lost")
	})
}

// A suggestion that was not said yes to is in "waiting for me" and nowhere else (design.md, "Nothing without me").
func TestSuggestionsAreNowhereElse(t *testing.T) {
	ana := newAna(t, t.TempDir())
	path := ana.suggests(&book.Strength{Words: book.NewText("unasked")})
	for _, answer := range []string{"", "later", "no"} {
		if answer != "" {
			ana.get(path)
			ana.form(path, "answer", answer).send(200, "/me/waiting")
		}
		for _, p := range pages {
			if ana.get(p); p != "/me/waiting" {
				ana.hides("unasked")
			}
		}
	}
}

func TestTimelineGoesBack(t *testing.T) {
	ana := newAna(t, t.TempDir())
	for i := range 50 {
		ana.must(ana.App.Journey.Tell(ctx, ana.me, ana.entry(), book.WhatGood, book.NewText(fmt.Sprintf("day %02d.", i))))
	}
	ana.get("/me/timeline")
	ana.says("day 49.", "day 10.", "Further back")
	ana.hides("day 09.")
	ana.Follow("main a.button")
	ana.says("day 09.", "day 00.", "Back to the newest")
	ana.hides("day 10.", "Further back")
	ana.Page.HasNot("form")
}

func TestLookedAndSharing(t *testing.T) {
	onBoth(t, func(t *testing.T, ana *person) {
		ana.Clock.Step(-clock.Day)
		_, err := ana.App.Peers.Person(ctx, ana.sam, ana.me.Book)
		ana.must(err)
		ana.Clock.Step(clock.Day)
		_, err = ana.App.Peers.Person(ctx, ana.sam, ana.me.Book)
		ana.must(err)
		ana.get("/me/looked")
		ana.says("today", "Sam, recovery coach, looked at your name", "as a worker · to walk with you", "yesterday", "Sam, recovery coach, looked at")
		ana.get("/me/sharing")
		ana.says("Sam, recovery coach, may see my name, what matters to me, my strengths, my goals, my circle, my paths.", "I can take this back at any time.")
		action := href2(t, ana)
		back := ana.form(action)
		back.send(200, "/me/sharing")
		ana.says("Taken back. They can see nothing from now on.", "You share nothing")
		_, err = ana.App.Peers.Person(ctx, ana.sam, ana.me.Book)
		ana.isNotOpen(err)
		back.send(200, "/me/sharing") // a double tap
		ana.get("/me/words")
		ana.says("Only you can see this here")
	})
}

// href2 is where the page's only form is sent.
func href2(t *testing.T, p *person) string {
	t.Helper()
	action, _ := p.Page.One("main form").Attr("action")
	return action
}

func TestAbout(t *testing.T) {
	onBoth(t, func(t *testing.T, ana *person) {
		ana.get("/me/about")
		ana.form("/me/about", "name", " ").send(422, "/me/about")
		ana.form("/me/about", "name", "Anita", "under18", "yes").send(200, "/me/about")
		ana.Page.Has("input[name=under18][checked]")
		ana.Page.Says(".whose", "Anita")
		ana.Page.Has(`main a[href="/me/reach"]`)
	})
}

// Words come back as the same Unicode in every view of them (mission.md S0.2), but for line ends, which become LF.
func TestWordsComeBackAsTheyWere(t *testing.T) {
	onBoth(t, func(t *testing.T, ana *person) {
		for _, words := range []string{
			"שָׁלוֹם עולם", "e\u0301 is not \u00e9", "👩🏽‍👩🏽‍👧🏽 & <b>\"'</b>", "\n one\n\n two  \n", "\u202eright\u202c\u2067x\u2069", "न्दी \u2028 \u00a0|",
			"back\rtick", "{{t}} ${x} %00", strings.Repeat("long ", 900),
		} {
			ana.get("/me/words")
			typed := strings.ReplaceAll(words, "\n", "\r\n") // as a browser sends it
			ana.form("/me/words", "words", typed).send(200, "/me")
			if got := ana.Page.One(".mine .own").Raw(); got != words {
				t.Errorf("home shows %q, want %q", got, words)
			}
			ana.get("/me/words")
			held := strings.ReplaceAll(words, "\r", "\n") // a browser's text area knows no other line end
			if got := ana.Page.One("textarea").Raw(); got != held {
				t.Errorf("the form holds %q, want %q", got, held)
			}
			ana.get("/me/timeline")
			if got := ana.Page.All(".timeline .own")[0].Raw(); got != words {
				t.Errorf("the timeline shows %q, want %q", got, words)
			}
		}
	})
}

// No page opens anything of somebody else's, and none tells whether it is there.
func TestNobodyElse(t *testing.T) {
	onBoth(t, func(t *testing.T, ana *person) {
		it, goal := ana.strength("ANAS"), ana.goal("ANAS")
		step := ana.step(goal, "ANAS")
		asked := ana.suggests(&book.Strength{Words: book.NewText("ANAS")})
		ben := join(t, ana.World, ana.sam, "Ben")
		paths := []string{"/me/strengths/" + it.String(), "/me/goals/" + goal.String(), "/me/goals/" + goal.String() + "/change",
			"/me/steps/" + step.String(), asked, asked + "/change"}
		nowhere := id.New[id.Item](ana.App.IDs).String()
		for _, path := range paths {
			ana.get(path)
			ben.Get(path)
			ben.Want(404, path)
			ben.hides("ANAS")
			body := ben.Page.One("main").Text()
			not := strings.NewReplacer(it.String(), nowhere, goal.String(), nowhere, step.String(), nowhere, item(asked), nowhere).Replace(path)
			ben.Get(not)
			if ben.Want(404, not); ben.Page.One("main").Text() != body {
				t.Errorf("%s tells that it is there", path)
			}
		}
		for _, path := range append(pages, paths...) {
			ben.Get(path)
			ben.hides("ANAS")
		}
		ben.get("/me/words")
		token := ben.form("/me/words").values
		for _, path := range []string{"/me/strengths/" + it.String(), "/me/strengths/" + it.String() + "/away", "/me/goals/" + goal.String() + "/reached",
			"/me/goals/" + goal.String() + "/steps", "/me/steps/" + step.String() + "/done", asked, asked + "/change"} {
			v := url.Values{"token": token["token"], "entry": token["entry"], "words": {"BENS"}, "answer": {"yes"}}
			ben.Post(path, v)
			ben.Want(404, path)
		}
		s, err := ana.App.Journey.Strengths(ctx, ana.me)
		ana.must(err)
		if len(s.Live) != 1 || s.Live[0].Words != book.NewText("ANAS") {
			t.Error("somebody else changed it")
		}
	})
}

// Who is not signed in, or wears another hat, gets no page of a book.
func TestOnlyInOnesOwnHat(t *testing.T) {
	w := world.New(t, ready.Folder(t))
	nobody, sam := w.Visitor(t), w.Worker(t, "Sam")
	for _, path := range pages {
		nobody.Get(path)
		nobody.Want(200, "/come-in")
		sam.Get(path)
		sam.Want(404, path)
	}
}

func (p *person) set(it id.Item, words string) {
	p.t.Helper()
	all, err := p.App.Journey.Strengths(ctx, p.me)
	p.must(err)
	s, err := all.Find(it)
	p.must(err)
	s.Words = book.NewText(words)
	_, err = p.App.Journey.SetStrength(ctx, p.me, journey.Writing{Entry: p.entry(), Item: it, Base: s.Head}, s)
	p.must(err)
}

// What was set aside stands apart once it has rested for a week, and can be answered from there.
func TestNotNowRests(t *testing.T) {
	ana := newAna(t, t.TempDir())
	ana.Clock.Step(-8 * clock.Day)
	path := ana.suggests(&book.Strength{Words: book.NewText("you listen")})
	ana.get(path)
	ana.form(path, "answer", "later").send(200, "/me/waiting")
	ana.says("Nothing is waiting for you", "Set aside for later", "you listen")
	ana.Clock.Step(8 * clock.Day)
	ana.get("/me/waiting")
	ana.says("You said “not now” a while ago", "you listen", "Answer Sam")
	ana.Page.HasNot(".empty")
	ana.Page.Has(`a[href="` + path + `"]`)
}
