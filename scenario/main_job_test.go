package scenario

import (
	"strings"
	"testing"
)

// Words of people in the story, with what a careless program would harm: two directions, a composed sign, a line end.
const (
	miraMatters = "Mornings without dread.\nשלום to my neighbours, and café at noon 👩🏽‍🌾"
	miraBread   = "I can bake bread without a recipe"
	miraSwim    = "Swimming in the lake"
	miraSing    = "To sing in front of others"
	miraGoal    = "Sell bread at the Saturday market"
	miraStep    = "Ask what a table costs"
	miraSecret  = "Things slipped on Thursday."
	samNoticed  = "You wait for dough to rise. That is patience."
	samGoal     = "Bake for the open evening at the centre"
	samStep     = "Bake six loaves in one morning"
	samOther    = "Teach a baking course"
)

// mainJob is what Beside is for, from the first door to the last.
func mainJob(t *testing.T, h house) {
	toni := comes(t, h, "Toni")
	toni.isInvitedBy(h.firstLink(t), "team")
	sam, alex := comes(t, h, "Sam"), comes(t, h, "Alex")
	for _, w := range []*person{sam, alex} {
		w.isInvitedBy(toni.invitesWorker(), "worker")
		w.writesProfile()
	}
	mira := comes(t, h, "Mira")
	mira.opensBook()
	mira.writes()
	sam.open("/worker")
	sam.reads("Nobody has chosen to walk with you yet")

	mira.chooses("Sam")
	miraBook := sam.sees()
	sam.suggests(miraBook)
	mira.answers()
	sam.readsAnswers(miraBook)

	mira.tellsOfSetback(miraBook, sam)
	mira.open("/me/looked")
	mira.reads("Sam", "recovery coach", "your name", "what matters to you", "your strengths", "your goals", "to walk with you")
	mira.readsNothingOf("Alex", "Toni")

	h.interrupt(t)

	mira.findsEverything()
	mira.chooses("Alex")
	closed(sam, miraBook)
	alex.open("/worker")
	alex.tapWords("Mira")
	alex.reads(miraBread, samNoticed, miraGoal)
	alex.readsNothingOf(samOther, miraSecret)

	mira.leavesAndComesBack()
	mira.findsEverything()
}

func comes(t *testing.T, h house, name string) *person {
	t.Helper()
	return &person{browser: h.somebody(t), t: t, name: name}
}

// joins goes through the honest talk and the form, and writes the sign-in words down.
func (p *person) joins() {
	p.t.Helper()
	p.isAt("/join")
	p.reads("Before you begin", "cannot keep private") // nothing was asked yet
	p.tap(`main a[href^="/join/you"]`)
	if n := len(p.page().All("main input:not([type=hidden]):not([type=radio]):not([type=checkbox]), main textarea")); n > 3 {
		p.t.Errorf("joining asks for %d things, not three at most", n)
	}
	p.keep(`form[action="/join/you"]`, "name", p.name, "secret_passphrase", "too short", "contact", "no")
	p.isAt("/join/you")
	p.keep(`form[action="/join/you"]`, "name", p.name, "secret_passphrase", passphrase, "contact", "no")
	p.isAt("/join/kept")
	p.words = p.page().One("main .words").Text()
	if !strings.HasPrefix(p.words, strings.ToLower(p.name)+" ") {
		p.t.Errorf("the sign-in words of %s are %q", p.name, p.words)
	}
	p.tap("main .do a.button")
}

// isInvitedBy comes by the link of an invitation, joins, and puts on the hat.
func (p *person) isInvitedBy(link, hat string) {
	p.t.Helper()
	p.open(link)
	p.tap(`main a[href^="/join"]`)
	p.joins()
	p.isAt(link)
	p.keep(`form[action="` + link + `"]`)
	p.isAt("/hat")
	p.keep(`form[action="/hat"]`, "hat", hat)
	p.isAt("/" + hat)
}

func (p *person) invitesWorker() (link string) {
	p.t.Helper()
	p.open("/team")
	p.keep(`form:has(input[value="worker"])`)
	link = p.page().One("main .typed").Text()
	if i := strings.Index(link, "/invitation/"); i > 0 {
		return link[i:]
	}
	p.t.Fatalf("the invitation says %q", link)
	return ""
}

func (p *person) writesProfile() {
	p.t.Helper()
	p.tap(`main a[href="/worker/profile"]`)
	p.keep(`form[action="/worker/profile"]`, "name", p.name, "title", "recovery coach", "story", "I have been there too, and I like to walk.",
		"languages", "English", "taking_more", "yes")
	p.isAt("/worker/profile")
	p.reads("What people read about me", "I have been there too")
}

// opensBook comes in from the street.
func (p *person) opensBook() {
	p.t.Helper()
	p.open("/")
	p.tap(`main a[href="/join"]`)
	p.joins()
	p.isAt("/me")
	p.reads("What matters to me", "You can leave it blank")
}

// writes says what matters, names strengths, and sets a goal with a small step.
func (p *person) writes() {
	p.t.Helper()
	p.tap(`main a[href="/me/words"]`)
	p.keep(`form[action="/me/words"]`, "words", miraMatters)
	p.isAt("/me")
	if got := p.page().One("main .mine").Raw(); !strings.Contains(got, miraMatters) {
		p.t.Errorf("what matters to Mira is shown as %q", got)
	}
	for _, s := range [][]string{{miraBread, "now", "play"}, {miraSing, "hoped", ""}, {miraSwim, "before", "wellness"}} {
		p.open("/me/strengths/new")
		p.keep(`form[action="/me/strengths/new"]`, "words", s[0], "when", s[1], "domain", s[2])
		p.isAt("/me/strengths")
		p.reads(s[0])
	}
	p.open("/me/goals/new")
	p.keep(`form[action="/me/goals/new"]`, "words", "") // only the words are asked for, but those are
	p.isAt("/me/goals/new")
	p.keep(`form[action="/me/goals/new"]`, "words", miraGoal)
	p.reads(miraGoal)
	p.keep(`form[action$="/steps"]`, "words", miraStep)
	p.reads(miraGoal, miraStep)
}

// chooses taps twice: a profile, and yes.
func (p *person) chooses(worker string) {
	p.t.Helper()
	p.open("/me/workers")
	p.taps = 0
	p.tapWords(worker)
	p.reads("my name", "my strengths", "my goals", "take this back at any time")
	p.keep(`form:has(input[name="until"]):not(details form)`)
	if p.taps > 2 {
		p.t.Errorf("choosing %s took %d taps", worker, p.taps)
	}
	p.open("/me/sharing")
	p.reads(worker, "may see")
}

// sees opens the one person who chose p and returns the path of their page.
func (p *person) sees() string {
	p.t.Helper()
	p.open("/worker")
	p.tapWords("Mira")
	p.reads("Mira shares with you", miraBread, miraSing, miraSwim, miraGoal, miraStep)
	if got := p.page().One("main .mine").Raw(); !strings.Contains(got, miraMatters) {
		p.t.Errorf("Sam reads as what matters to Mira %q", got)
	}
	return p.path()
}

// suggests a strength, two goals and a step. A goal without a strength is refused.
func (p *person) suggests(miraBook string) {
	p.t.Helper()
	suggest := func(kind string, fill ...string) {
		p.t.Helper()
		p.open(miraBook)
		p.tap(`main a[href="` + miraBook + `/suggest/` + kind + `"]`)
		p.keep(`form[action="`+miraBook+`/suggest/`+kind+`"]`, fill...)
	}
	choice := func(kind, field, words string) string {
		p.t.Helper()
		p.open(miraBook + "/suggest/" + kind)
		for _, l := range p.page().All("main label.choice") {
			if strings.Contains(l.Text(), words) {
				v, _ := l.One(`input[name="` + field + `"]`).Attr("value")
				return v
			}
		}
		p.t.Fatalf("Sam cannot choose %q", words)
		return ""
	}
	suggest("strength", "words", samNoticed, "when", "now")
	p.isAt(miraBook)
	suggest("goal", "words", samGoal)
	p.isAt(miraBook + "/suggest/goal")
	p.reads("strength the person has said yes to")
	bread := choice("goal", "builds_on", miraBread)
	suggest("goal", "words", samGoal, "builds_on", bread)
	suggest("goal", "words", samOther, "builds_on", bread)
	suggest("step", "words", samStep, "goal", choice("step", "goal", miraGoal))
	p.isAt(miraBook)
	p.reads(samNoticed, samGoal, samOther, samStep, "Waiting for Mira")
}

// answers with each of the four answers, once what waits has been shown to have no effect.
func (p *person) answers() {
	p.t.Helper()
	for _, path := range []string{"/me/strengths", "/me/goals", "/me/timeline"} {
		p.open(path)
		p.readsNothingOf(samNoticed, samGoal, samStep, samOther)
	}
	p.open("/me")
	p.reads("4 suggestions are waiting for you")
	answer := func(words, how string) {
		p.t.Helper()
		p.open("/me/waiting")
		if len(p.page().All(`main button[value="`+how+`"]`)) != 1 { // one alone stands there with its answers
			p.tap(p.answerTo(words))
		}
		p.reads(words)
		p.keep(`form:has(button[value="`+how+`"])`, "answer", how)
	}
	answer(samNoticed, "yes")
	answer(samGoal, "later")
	answer(samOther, "no")
	answer(samStep, "change")
	p.keep(`form:has(textarea)`, "words", "Bake three loaves on Friday")
	p.open("/me/strengths")
	p.reads(samNoticed, "Sam noticed this")
	p.open("/me/goals")
	p.readsNothingOf(samGoal, samOther)
	p.tapWords(miraGoal)
	p.reads("Bake three loaves on Friday")
	p.readsNothingOf(samStep)
	p.open("/me/waiting")
	p.reads("Nothing is waiting for you", "Set aside for later", samGoal, "no thanks")
}

// answerTo returns a selector of the link that leads to the answers of the suggestion with these words.
func (p *person) answerTo(words string) string {
	p.t.Helper()
	slips, links := p.page().All("main > article.slip"), p.page().All("main > article.slip + p.do a")
	for i, s := range slips {
		if i < len(links) && strings.Contains(s.Text(), words) {
			href, _ := links[i].Attr("href")
			return `main a[href="` + href + `"]`
		}
	}
	p.t.Fatalf("no slip of Mira's says %q: %s", words, p.text())
	return ""
}

func (p *person) readsAnswers(miraBook string) {
	p.t.Helper()
	p.open(miraBook)
	p.reads("Mira said: yes", "Mira said: not now", "Mira said: no thanks", "Mira changed it into their own words", "Bake three loaves on Friday", "you noticed this")
}

// tellsOfSetback does a step, and then says that things slipped: nothing that was reached before is changed by that.
func (p *person) tellsOfSetback(miraBook string, worker *person) {
	p.t.Helper()
	p.open("/me/goals")
	p.tapWords(miraGoal)
	goal := p.path()
	p.keep(`.steps li:first-child form`)
	p.keep(`form[action$="/reached"]`)
	p.open("/me/timeline")
	p.keep(`form#tell`, "words", "Ana rang.", "what", "good")
	before := p.textOf(goal, "/me/strengths", "/me/goals")
	p.open("/me/timeline")
	p.keep(`form#tell`, "words", miraSecret, "what", "slipped")
	p.open("/me/timeline")
	p.reads("Things slipped", miraSecret, "Ana rang.", "You reached a goal", "You did a small step")
	if after := p.textOf(goal, "/me/strengths", "/me/goals"); after != before {
		p.t.Errorf("a setback changed what was there:\n%s\n%s", before, after)
	}
	worker.open(miraBook)
	worker.readsNothingOf("slipped", "Ana rang.")
	worker.reads("reached")
}

// textOf is what several pages say.
func (p *person) textOf(paths ...string) string {
	p.t.Helper()
	var all []string
	for _, path := range paths {
		p.open(path)
		all = append(all, p.text())
	}
	return strings.Join(all, "\n")
}

// findsEverything that was told to be kept.
func (p *person) findsEverything() {
	p.t.Helper()
	p.open("/me")
	if got := p.page().One("main .mine").Raw(); !strings.Contains(got, miraMatters) {
		p.t.Errorf("what matters to Mira is now %q", got)
	}
	p.open("/me/strengths")
	p.reads(miraBread, miraSing, miraSwim, samNoticed)
	p.open("/me/goals")
	p.reads("Reached", miraGoal)
	p.open("/me/timeline")
	p.reads(miraSecret, "Ana rang.")
	p.open("/me/looked")
	p.reads("Sam")
}

// closed makes sure that to a worker a book that was taken back is the same as one that never was.
func closed(worker *person, book string) {
	worker.t.Helper()
	worker.open("/worker")
	worker.readsNothingOf("Mira")
	worker.open(book)
	taken := worker.text()
	worker.readsNothingOf("Mira", miraBread, samNoticed)
	worker.open("/worker/people/01900000-0000-7000-8000-00000000abcd")
	if never := worker.text(); taken != never {
		worker.t.Errorf("taken back reads %q, never given reads %q", taken, never)
	}
}

// leavesAndComesBack signs out and in again. Coming back is never a new start.
func (p *person) leavesAndComesBack() {
	p.t.Helper()
	p.open("/leave")
	p.keep(`form[action="/leave"]`, "where", "here")
	p.open("/me")
	p.isAt("/come-in")
	p.keep(`form[action="/come-in"]`, "words", strings.ToUpper(p.words), "secret_passphrase", passphrase+"!")
	p.isAt("/come-in")
	p.keep(`form[action="/come-in"]`, "words", strings.ToUpper(p.words), "secret_passphrase", passphrase)
	p.isAt("/me")
}
