package me

import (
	"net/http"
	"strconv"

	"beside/internal/book"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/journey"
	"beside/internal/web/page"
	"beside/internal/web/role"
	"beside/internal/web/visit"
)

// timelinePage is templates/me/timeline.html.
type timelinePage struct {
	Who     page.Who // nobody else: days are not given
	Form    *page.Form
	Both    *both
	Moments []momentButton
	Events  []page.Event
	Older   string // path of the page before, empty when this is the last
	First   bool   // the newest page, which has the form
}

// momentButton is one of the equal choices of what to tell.
type momentButton struct{ Value, Words string }

// moments are the words on a moment's button, on its line of the timeline, and after it was told.
var moments = map[book.What]struct{ button, event, said string }{
	book.WhatGood:    {"me.moment_good", "me.event_good", "me.said_good"},
	book.WhatHard:    {"me.moment_hard", "me.event_hard", "me.said_hard"},
	book.WhatSlipped: {"me.moment_slipped", "me.event_slipped", "me.said_slipped"},
	book.WhatBack:    {"me.moment_back", "me.event_back", "me.said_back_again"},
	book.WhatLearned: {"me.moment_learned", "me.event_learned", "me.said_learned"},
}

// didWords is what the timeline says of each thing a person did. A moment is in moments.
var didWords = map[book.Kind]map[journey.Did]string{
	book.KindName:  {journey.DidBegin: "me.event_name", journey.DidChange: "me.event_name_change"},
	book.KindWords: {journey.DidBegin: "me.event_words", journey.DidChange: "me.event_words_change"},
	book.KindStrength: {
		journey.DidBegin: "me.event_strength", journey.DidChange: "me.event_strength_change", journey.DidPutAway: "me.event_strength_away",
		journey.DidBack: "me.event_strength_back", journey.DidYes: "me.event_strength_yes", journey.DidTogether: "me.event_strength_together", journey.DidOwnWay: "me.event_strength_own_way",
	},
	book.KindGoal: {
		journey.DidBegin: "me.event_goal", journey.DidChange: "me.event_goal_change", journey.DidDo: "me.event_goal_reached",
		journey.DidUndo: "me.event_goal_undo", journey.DidPutAway: "me.event_goal_away", journey.DidBack: "me.event_goal_back",
		journey.DidLearn: "me.event_goal_learn", journey.DidLetGo: "me.event_goal_let_go",
		journey.DidFor: "me.event_goal_for", journey.DidForChange: "me.event_goal_for_change", journey.DidYes: "me.event_goal_yes", journey.DidTogether: "me.event_goal_together", journey.DidOwnWay: "me.event_goal_own_way",
	},
	book.KindStep: {
		journey.DidBegin: "me.event_step", journey.DidChange: "me.event_step_change", journey.DidDo: "me.event_step_done",
		journey.DidUndo: "me.event_step_undo", journey.DidPutAway: "me.event_step_away", journey.DidBack: "me.event_step_back",
		journey.DidFor: "me.event_step_for", journey.DidForChange: "me.event_step_for_change", journey.DidYes: "me.event_step_yes", journey.DidTogether: "me.event_step_together", journey.DidOwnWay: "me.event_step_own_way",
	},
	book.KindMade: {
		journey.DidBegin: "made.event", journey.DidChange: "made.event_change", journey.DidPutAway: "made.event_away", journey.DidBack: "made.event_back",
	},
	book.KindNote: {
		journey.DidBegin: "world.event_worry", journey.DidChange: "world.event_worry_change", journey.DidPutAway: "world.event_worry_away", journey.DidBack: "world.event_worry_back",
	},
	book.KindCircle: {
		journey.DidBegin: "circle.event", journey.DidChange: "circle.event_change", journey.DidPutAway: "circle.event_away", journey.DidBack: "circle.event_back",
		journey.DidYes: "circle.event_yes", journey.DidTogether: "circle.event_together", journey.DidOwnWay: "circle.event_own_way",
	},
	book.KindPath:  {journey.DidBegin: "paths.event", journey.DidChange: "paths.event_change", journey.DidPutAway: "paths.event_away", journey.DidBack: "paths.event_back"},
	book.KindTie:   {journey.DidBegin: "me.event_tie", journey.DidChange: "me.event_tie", journey.DidBack: "me.event_tie", journey.DidPutAway: "me.event_tie_back"},
	book.KindAbout: {journey.DidBegin: "me.event_about_begin", journey.DidChange: "me.event_about"},
	book.KindAddress: {
		journey.DidBegin: "me.event_address", journey.DidChange: "me.event_address_change", journey.DidPutAway: "me.event_address_away",
	},
	book.KindErasing: {journey.DidBegin: "me.event_erasing"},
	book.KindSharing: {journey.DidBegin: "me.event_sharing", journey.DidChange: "me.event_sharing", journey.DidPutAway: "me.event_sharing_back", journey.DidBack: "me.event_sharing",
		journey.DidCome: "me.event_came", journey.DidPaper: "paper.event", journey.DidPaperBack: "paper.event_back"},
}

// answeredWords is what the timeline says of an answer that made nothing the person's own, whatever it was about.
var answeredWords = map[journey.Did]string{journey.DidLater: "me.event_later", journey.DidNo: "me.event_no", journey.DidTomorrow: "me.event_tomorrow", journey.DidRests: "me.event_rests"}

func eventWords(e journey.Event) string {
	if m, ok := moments[e.What]; ok {
		return m.event
	}
	if words, ok := answeredWords[e.Did]; ok {
		return words
	}
	if words := didWords[e.Kind][e.Did]; words != "" {
		return words
	}
	return "me.event_other" // something a later version writes
}

func (p *Pages) timeline(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	before, err := mark(r)
	if err != nil {
		return err
	}
	d := timelinePage{First: before == 0, Form: page.NewForm(r, "/me/timeline")}
	return p.showTimeline(w, r, v, http.StatusOK, before, d)
}

// mark is the place a page of a list ends before, as an earlier page said it; 0 for the newest.
func mark(r *http.Request) (int64, error) {
	s := r.URL.Query().Get("before")
	if s == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 1 {
		return 0, errs.New("me: mark", errs.NotOpen, "")
	}
	return n, nil
}

func (p *Pages) showTimeline(w http.ResponseWriter, r *http.Request, v visit.Visitor, status int, before int64, d timelinePage) error {
	t, err := p.journey.Timeline(r.Context(), owner(v), before)
	if err != nil {
		return err
	}
	around(r, t.Around)
	if d.Events, err = p.events(r, t.Events); err != nil {
		return err
	}
	for _, x := range book.Whats() {
		d.Moments = append(d.Moments, momentButton{string(x), moments[x].button})
	}
	if t.Before > 0 {
		d.Older = "/me/timeline?before=" + strconv.FormatInt(t.Before, 10)
	}
	return p.site.Page(w, r, status, "me/timeline", d)
}

func (p *Pages) events(r *http.Request, list []journey.Event) ([]page.Event, error) {
	var people []id.Person
	for _, e := range list {
		if !e.With.IsZero() {
			people = append(people, e.With)
		}
	}
	name, err := p.called(r, people...)
	if err != nil {
		return nil, err
	}
	var events []page.Event
	for _, e := range list {
		x := page.Event{When: page.At(r, e.At), Words: eventWords(e), Mine: e.Words}
		if !e.With.IsZero() {
			x.By = name(e.With)
		} else if e.Whom != book.ToOne {
			x.By = role.Called(r, e.Role)
		}
		events = append(events, x)
	}
	return events, nil
}

// tell puts a moment on the timeline. What is said afterwards judges nothing.
func (p *Pages) tell(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	form := page.Posted(r)
	entry, err := form.EntryID()
	if err != nil {
		return err
	}
	what := book.What(form.Value("what"))
	err = p.journey.Tell(r.Context(), owner(v), entry, what, form.Text("words"))
	switch {
	case err == nil:
		page.Say(w, r, moments[what].said)
		return p.site.Go(w, r, afterMoment(what))
	case form.Refused(err):
		return p.showTimeline(w, r, v, http.StatusUnprocessableEntity, 0, timelinePage{First: true, Form: form})
	case errs.Is(err, errs.AlreadyKept):
		return p.toldBefore(w, r, v, form, entry, err)
	}
	return err
}

// toldBefore answers a moment that was sent, gone back to and sent again with other words: what came first stays, and
// what was typed can be told as well.
func (p *Pages) toldBefore(w http.ResponseWriter, r *http.Request, v visit.Visitor, form *page.Form, entry id.Entry, err error) error {
	words, when, again := p.journey.Moment(r.Context(), owner(v), journey.Begins(entry))
	if again != nil {
		return again
	}
	over(r, form, id.Entry{})
	d := timelinePage{First: true, Form: form, Both: clash(r, err, words, when, "/me/timeline")}
	return p.showTimeline(w, r, v, http.StatusConflict, 0, d)
}
