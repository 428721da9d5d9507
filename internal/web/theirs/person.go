package theirs

import (
	"net/http"
	"strings"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/id"
	"beside/internal/peer"
	"beside/internal/web/page"
	"beside/internal/web/rules"
	"beside/internal/web/visit"
)

// Page is what somebody gave, as its reader sees it: templates/theirs/person.html, and the part "theirs" of others.
type Page struct {
	peer.Shared
	Called string // the name, for sentences
	Gave   string // what was given and until when, as one sentence
	Strong []strength
	Wishes []goal
	Near   []nearRow
	Ways   []wayRow
	Waits  []told // suggestions without an answer, the newest first
	Asks   bool   // one of them waits now
	Said   []told // the answers, the newest first
	Before []told // older answers
	Do     []suggestion
	For    []suggestion // what can be written for them
	Path   string
	Change string       // path under which other words can be written for a goal or step, empty when they cannot
	Back   string       // path of the list
	Worker bool         // the reader is a worker
	Ruled  []rules.Line // what of it rules of the centre close to the reader
	Part2  bool         // the notice of 42 CFR 2.32 stands with it
	Key    string       // begins the ids of its parts, where two stand on one page
}

// strength is a strength with the words for where and when.
type strength struct {
	peer.Strength
	In, At string // catalogue keys, empty when not said
}

// goal is a goal with the words for where.
type goal struct {
	peer.Goal
	In string // catalogue key, empty when not said
}

// told is one of the reader's suggestions.
type told struct {
	peer.Told
	What string // catalogue key
	When page.Moment
	Said string     // the answer, empty while there is none
	Rest *page.Form // has it asked again tomorrow; nil where that cannot be, or was said already
}

// suggestion is one thing that can be suggested.
type suggestion struct{ Href, Words string }

var (
	gaveWords = map[book.Section]string{
		book.SectionName: "worker.gave_name", book.SectionWords: "worker.gave_words",
		book.SectionStrengths: "worker.gave_strengths", book.SectionGoals: "worker.gave_goals",
		book.SectionCircle: "circle.gave", book.SectionPaths: "paths.gave",
	}
	gavePartWords = map[book.Section]string{
		book.SectionWords: "worker.gave_words", book.SectionStrengths: "theirs.gave_some_strengths", book.SectionGoals: "theirs.gave_some_goals",
		book.SectionCircle: "circle.gave_some", book.SectionPaths: "paths.gave_some",
	}
	whenWords = map[book.When]string{
		book.WhenNow: "worker.when_now", book.WhenHoped: "worker.when_hoped", book.WhenBefore: "worker.when_before",
	}
	saidWords = map[book.SuggestionState]string{
		book.Accepted: "worker.answer_accepted", book.Changed: "worker.answer_changed",
		book.Later: "worker.answer_later", book.Declined: "worker.answer_declined",
	}
	kindWords = map[book.Kind]string{
		book.KindStrength: "worker.kind_strength", book.KindGoal: "worker.kind_goal", book.KindStep: "worker.kind_step", book.KindCircle: "circle.kind",
	}
)

// shownAnswers is how many answers stand open on a person's page; older ones are folded away.
const shownAnswers = 6

func (p *pages) person(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	b, err := BookOf(r)
	if err != nil {
		return err
	}
	shared, err := p.peers.Person(r.Context(), v.Subject, b)
	if err != nil {
		return err
	}
	if err := p.markSeen(r, v, b); err != nil {
		return err
	}
	out := p.page(r, shared)
	if out.Ruled, err = p.ruled(r, v, b, out.Called); err != nil {
		return err
	}
	return p.site.Page(w, r, http.StatusOK, "theirs/person", out)
}

// markSeen takes the news about one person from the list, as they stand on this page.
func (p *pages) markSeen(r *http.Request, v visit.Visitor, b id.Book) error {
	notices, err := p.peers.Notices(r.Context(), v.Subject)
	if err != nil {
		return err
	}
	var seen []peer.Notice
	for _, n := range notices {
		if n.Book == b {
			seen = append(seen, n)
		}
	}
	return p.peers.Seen(r.Context(), v.Subject, seen...)
}

// page is the page with what its reader can do there.
func (p *pages) page(r *http.Request, s peer.Shared) Page {
	out := Of(r, s, p.site.Clock.Now())
	out.Path, out.Back, out.Worker, out.Part2 = p.href(s.Book), p.base, p.hat == book.HatWorker, p.part2
	if out.Worker || p.hat == book.HatReviewer {
		out.Back = visit.Home(p.hat)
	}
	if s.Died != 0 {
		return out
	}
	for i, t := range out.Waits {
		out.Asks = out.Asks || t.State == book.Waiting
		if !t.Rests && s.Takes(book.SectionOf(t.Kind)) {
			out.Waits[i].Rest = page.NewForm(r, out.Path+"/suggested/"+t.Entry.String()+"/tomorrow")
		}
	}
	if s.Takes(book.SectionStrengths) {
		out.Do = append(out.Do, suggestion{out.Path + "/suggest/strength", "worker.suggest_strength"})
	}
	if s.Takes(book.SectionGoals) {
		out.Do = append(out.Do, suggestion{out.Path + "/suggest/goal", "worker.suggest_goal"}, suggestion{out.Path + "/suggest/step", "worker.suggest_step"})
	}
	if s.Takes(book.SectionCircle) {
		out.Do = append(out.Do, suggestion{out.Path + "/suggest/circle", "circle.suggest"})
	}
	if s.Writes(book.SectionGoals) {
		out.For = append(out.For, suggestion{out.Path + "/write/goal", "for.do_goal"}, suggestion{out.Path + "/write/step", "for.do_step"})
		out.Change = out.Path + "/write/"
	}
	return out
}

// Of is what was given as its reader sees it, with nothing to do.
func Of(r *http.Request, s peer.Shared, now clock.Time) Page {
	out := Page{Shared: s, Called: s.Name.Show(), Gave: gave(r, s, now)}
	for _, st := range s.Strengths {
		out.Strong = append(out.Strong, strength{st, page.DomainWords(st.Domain), whenWords[st.When]})
	}
	for _, g := range s.Goals {
		out.Wishes = append(out.Wishes, goal{g, page.DomainWords(g.Domain)})
	}
	for _, x := range s.Circle {
		out.Near = append(out.Near, nearRow{x, sortWords[x.Sort], turnWords[x.Turn]})
	}
	for _, x := range s.Paths {
		out.Ways = append(out.Ways, wayRow{facetWords[x.Facet], page.WayWords(x.Way), x.Words, page.SeasonWords(x.Season)})
	}
	for _, t := range s.Told {
		out.sort(r, t)
	}
	return out
}

func (out *Page) sort(r *http.Request, t peer.Told) {
	line := told{Told: t, What: kindWords[t.Kind], When: page.At(r, t.At)}
	if t.State == book.Waiting || t.ByMe {
		out.Waits = append(out.Waits, line)
		return
	}
	line.When = page.At(r, t.AnsweredAt)
	said := saidWords[t.State]
	if t.Tomorrow {
		said = "for.answer_tomorrow"
	}
	line.Said = page.FrameOf(r).Words().T(said, "Name", out.Called)
	if len(out.Said) < shownAnswers {
		out.Said = append(out.Said, line)
	} else {
		out.Before = append(out.Before, line)
	}
}

// gave says what was given as one sentence.
func gave(r *http.Request, s peer.Shared, now clock.Time) string {
	f := page.FrameOf(r)
	var list []string
	for _, sec := range book.Givable() {
		switch {
		case s.Part(sec):
			list = append(list, f.Words().T(gavePartWords[sec]))
		case s.Shows(sec):
			list = append(list, f.Words().T(gaveWords[sec]))
		}
	}
	return f.Words().T("worker.gave", "Name", s.Name.Show(), "Sections", strings.Join(list, ", "), "Day", f.Words().Day(s.Until-1, now, f.TZ))
}
