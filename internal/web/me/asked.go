package me

import (
	"net/http"
	"strings"

	"beside/internal/book"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/journey"
	"beside/internal/keeper"
	"beside/internal/web/choose"
	"beside/internal/web/page"
	"beside/internal/web/visit"
)

// asked is one suggestion with what it stands on, and the four answers while they are open.
type asked struct {
	journey.Asked
	Slip   page.Slip
	Was    string // catalogue key of the last answer, empty when there was none
	When   page.Moment
	Yours  string // path of what it became, for one that was said yes to
	Change string // path to say it in own words
	// Tomorrow has it asked again tomorrow; nil where it cannot, or where the person said so already and that day has not come.
	Tomorrow *tap
	By       string // who else let it rest until tomorrow
}

// askedPage is templates/me/asked.html.
type askedPage struct{ Asked *asked }

var wasWords = map[book.SuggestionState]string{
	book.Accepted: "me.was_yes", book.Changed: "me.was_change", book.Later: "me.was_later", book.Declined: "me.was_no",
}

// suggestionOf returns the suggestion the path names. A path that names none is not open, as any other.
func suggestionOf(r *http.Request) (id.Entry, error) {
	e, err := id.Parse[id.Entry](r.PathValue("entry"))
	if err != nil {
		return e, errs.New("me: suggestion", errs.NotOpen, "")
	}
	return e, nil
}

// findAsked reads the suggestion the path names.
func (p *Pages) findAsked(r *http.Request, v visit.Visitor) (*asked, error) {
	e, err := suggestionOf(r)
	if err != nil {
		return nil, err
	}
	return p.readAsked(r, v, e)
}

// readAsked reads one suggestion and makes of it all that its page shows.
func (p *Pages) readAsked(r *http.Request, v visit.Visitor, e id.Entry) (*asked, error) {
	s, err := p.journey.Suggestion(r.Context(), owner(v), e)
	if err != nil {
		return nil, err
	}
	around(r, s.Around)
	profiles, err := p.profiles(r, s.Suggestion)
	if err != nil {
		return nil, err
	}
	a := &asked{Asked: s, Slip: slip(r, profiles, s.Suggestion), Was: wasWords[s.State], When: page.At(r, s.AnsweredAt), Change: askedPath(e) + "/change"}
	a.Slip.On = lines(s.Strengths)
	if s.Tomorrow {
		a.Was = "me.was_tomorrow"
	}
	if !s.RestedBy.IsZero() {
		a.Was, a.By = "me.was_tomorrow_by", choose.NameOf(r, profiles[s.RestedBy])
	}
	rests := s.Tomorrow && p.site.Clock.Now() < s.AnsweredAt+keeper.TomorrowAfter
	if s.Tomorrow && !rests {
		a.Was = "" // that day has come
	}
	if s.Open() {
		a.Slip.Form = page.NewForm(r, askedPath(e)).Set("base", s.Head.String())
		if !rests || !s.RestedBy.IsZero() {
			t := newTap(r, askedPath(e)+"/tomorrow", id.Entry{}, "me.tomorrow", "").plain()
			t.Form.Set("base")
			a.Tomorrow = &t
		}
	} else {
		a.Yours = whereItStands(s)
	}
	return a, nil
}

// lines puts texts under each other.
func lines(texts []book.Text) book.Text {
	var all []string
	for _, t := range texts {
		all = append(all, t.Show())
	}
	return book.NewText(strings.Join(all, "\n"))
}

// whereItStands is the page on which what a suggestion became stands.
func whereItStands(s journey.Asked) string {
	switch b := s.Body.(type) {
	case *book.Goal:
		return "/me/goals/" + s.Item.String()
	case *book.Step:
		return "/me/goals/" + b.Goal.String()
	}
	return strengthsPath
}

func (p *Pages) asked(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	a, err := p.findAsked(r, v)
	if err != nil {
		return err
	}
	return p.site.Page(w, r, http.StatusOK, "me/asked", askedPage{a})
}

// answers are what the buttons of the part "answers" send, but for "change", which leads to a page of its own.
var answers = map[string]struct {
	act  book.Act
	said string
}{
	"yes":   {book.ActAccept, "me.said_yes"},
	"later": {book.ActNotNow, "me.said_later"},
	"no":    {book.ActDecline, "me.said_no"},
}

// answer answers one of the four buttons. A yes to something that has changed since leads to both versions; one that was
// answered on another device meanwhile, to how it was answered.
func (p *Pages) answer(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	e, err := suggestionOf(r)
	if err != nil {
		return err
	}
	form := page.Posted(r)
	if form.Value("answer") == "change" {
		return p.site.Go(w, r, askedPath(e)+"/change")
	}
	a, ok := answers[form.Value("answer")]
	if !ok {
		return errs.New("me: answer", errs.Invalid, "errors.choose_listed")
	}
	wr, err := writing(form)
	if err != nil {
		return err
	}
	err = p.journey.Answer(r.Context(), owner(v), wr, e, a.act, book.Text{})
	if err != nil && !clashes(err) {
		return err
	}
	s, again := p.journey.Suggestion(r.Context(), owner(v), e)
	switch {
	case again != nil:
		return again
	case err != nil && s.Open() && s.Moved:
		return p.site.Go(w, r, askedPath(e)+"/change")
	case err != nil:
		page.Say(w, r, "me.said_meanwhile")
		return p.site.Go(w, r, askedPath(e))
	}
	page.Say(w, r, a.said)
	if a.act == book.ActAccept {
		return p.site.Go(w, r, whereItStands(s))
	}
	return p.site.Go(w, r, waitingPath)
}

// tomorrow has a suggestion asked again tomorrow.
func (p *Pages) tomorrow(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	e, err := suggestionOf(r)
	if err != nil {
		return err
	}
	entry, err := page.Posted(r).EntryID()
	if err != nil {
		return err
	}
	switch err := p.journey.Tomorrow(r.Context(), owner(v), entry, e); {
	case clashes(err):
		page.Say(w, r, "me.said_meanwhile")
		return p.site.Go(w, r, askedPath(e))
	case err != nil:
		return err
	}
	page.Say(w, r, "me.said_tomorrow")
	return p.site.Go(w, r, waitingPath)
}

// ownWordsPage is templates/me/own_words.html: a suggestion said in the person's own words.
type ownWordsPage struct {
	Who   page.Who // who will see it: what is written here is a yes
	Asked *asked
	Form  *page.Form
	Both  *both
	Leave string
}

func (p *Pages) ownWords(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	a, err := p.findAsked(r, v)
	if err != nil {
		return err
	}
	if !a.Open() {
		return p.site.Go(w, r, askedPath(a.Entry))
	}
	form := page.NewForm(r, a.Change).Fill("words", a.Words).Set("base", a.Head.String())
	d := ownWordsPage{Form: form}
	if a.Moved {
		d.Both = p.moved(r, a)
	}
	return p.showOwnWords(w, r, http.StatusOK, a, d)
}

// moved shows what the item says now beside what was suggested, when it has changed in between.
func (p *Pages) moved(r *http.Request, a *asked) *both {
	if a.Now == nil {
		return nil
	}
	return &both{Words: "me.both_moved", Kept: a.Now.Words, When: page.At(r, a.Now.KeptAt), Leave: askedPath(a.Entry)}
}

func (p *Pages) showOwnWords(w http.ResponseWriter, r *http.Request, status int, a *asked, d ownWordsPage) (err error) {
	a.Slip.Form = nil
	if d.Who, err = p.who(r, a.Around, book.SectionOf(a.Kind)); err != nil {
		return err
	}
	d.Asked, d.Leave = a, askedPath(a.Entry)
	return p.site.Page(w, r, status, "me/own_words", d)
}

func (p *Pages) keepOwnWords(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	e, err := suggestionOf(r)
	if err != nil {
		return err
	}
	form := page.Posted(r)
	wr, err := writing(form)
	if err != nil {
		return err
	}
	err = p.journey.Answer(r.Context(), owner(v), wr, e, book.ActChange, form.Text("words"))
	refused := form.Refused(err)
	if err != nil && !refused && !clashes(err) {
		return err
	}
	a, again := p.readAsked(r, v, e)
	switch {
	case again != nil:
		return again
	case err == nil:
		page.Say(w, r, "me.said_own_words")
		return p.site.Go(w, r, whereItStands(a.Asked))
	case refused:
		return p.showOwnWords(w, r, http.StatusUnprocessableEntity, a, ownWordsPage{Form: form})
	}
	return p.ownWordsClash(w, r, a, form, err)
}

// ownWordsClash shows the form again when the suggestion was answered, or its item changed, in the meantime. Once it was
// said yes to, what was typed is offered as a new version of what it became.
func (p *Pages) ownWordsClash(w http.ResponseWriter, r *http.Request, a *asked, form *page.Form, err error) error {
	over(r, form, a.Head)
	d := ownWordsPage{Form: form}
	if a.Now != nil {
		d.Both = clash(r, err, a.Now.Words, a.Now.KeptAt, askedPath(a.Entry))
	}
	if !a.Open() && a.Now != nil {
		form.Action = changePath(a.Asked)
		keepChoices(form, a.Body)
	}
	return p.showOwnWords(w, r, http.StatusConflict, a, d)
}

// changePath is where what a suggestion became is changed.
func changePath(s journey.Asked) string {
	switch s.Kind {
	case book.KindGoal:
		return "/me/goals/" + s.Item.String() + "/change"
	case book.KindStep:
		return "/me/steps/" + s.Item.String()
	case book.KindCircle:
		return circlePath + "/" + s.Item.String()
	}
	return strengthsPath + "/" + s.Item.String()
}

// keepChoices keeps what else a suggestion said, for a form that has a question for its words only.
func keepChoices(form *page.Form, b book.Body) {
	switch b := b.(type) {
	case *book.Strength:
		form.Set("domain", string(b.Domain)).Set("when", string(b.When))
	case *book.Circle:
		form.Set("sort", string(b.Sort))
	case *book.Goal:
		var on []string
		for _, it := range b.BuildsOn {
			on = append(on, it.String())
		}
		form.Set("builds_on", on...)
	}
}
