package me

import (
	"context"
	"errors"
	"net/http"

	"beside/internal/book"
	"beside/internal/errs"
	"beside/internal/journey"
	"beside/internal/web/page"
	"beside/internal/web/visit"
)

// goalPage is templates/me/goal.html.
type goalPage struct {
	Who     page.Who
	Words   book.Text
	By      string  // who suggested it, empty for the person's own
	For     *forRow // somebody wrote it for the person; nil for their own hand
	Since   page.Moment
	Reached bool
	PutAway bool
	On      []book.Text // strengths
	Helps   book.Text
	In      string // catalogue key of the part of life, empty when not said
	InHref  string
	Learned book.Text
	Why     book.Text  // why it was put away
	Learn   *page.Form // what they learned; nil for one that was put away
	LetGo   *page.Form // put it away; nil for one that is
	Said    *both      // of what was learned or said in putting it away
	Steps   []stepRow
	Away    []awayRow // steps that were put away
	Add     *page.Form
	Both    *both // of the step that was to be added
	Change  string
	Say     tap // reached, or not after all
	Back    *tap
}

type stepRow struct {
	ID    string
	Href  string
	Words book.Text
	Done  bool
	By    string
	For   *forRow
	Say   tap // did it, or not after all
}

func toGoal(r *http.Request, _ visit.Visitor) string {
	it, err := item(r)
	if err != nil {
		return "/me/goals"
	}
	return "/me/goals/" + it.String()
}

func (p *Pages) reached(yes bool) deed {
	return func(ctx context.Context, me journey.Me, w journey.Writing) error {
		return p.journey.GoalReached(ctx, me, w, yes)
	}
}

func (p *Pages) goal(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	g, x, err := p.findGoal(r, v)
	if err != nil {
		return err
	}
	return p.showGoal(w, r, http.StatusOK, g, x, goalPage{})
}

func (p *Pages) showGoal(w http.ResponseWriter, r *http.Request, status int, g journey.Goals, x journey.Goal, d goalPage) (err error) {
	path := "/me/goals/" + x.Item.String()
	d.forms(r, path, x)
	d.Helps, d.Learned, d.Why = x.Helps, x.Learned, x.Aside
	if d.In = page.DomainWords(x.Domain); d.In != "" {
		d.InHref = partPath(x.Domain)
	}
	d.Words, d.Reached, d.PutAway, d.Since, d.Change = x.Words, x.Reached, x.Away, page.At(r, x.KeptAt), path+"/change"
	if d.Who, err = p.who(r, g.Around, book.SectionGoals); err != nil {
		return err
	}
	if x.Away {
		d.Who = page.Who{}
	}
	if err = p.showSteps(r, x, &d); err != nil {
		return err
	}
	for _, s := range g.AwaySteps {
		if s.Goal == x.Item {
			d.Away = append(d.Away, newAway(r, "/me/steps/", s.Mine))
		}
	}
	for _, it := range x.BuildsOn {
		if s, err := g.Strengths.Find(it); err == nil {
			d.On = append(d.On, s.Words)
		}
	}
	d.Say = newTap(r, path+"/reached", x.Head, "me.reached", "goal")
	if x.Reached {
		d.Say = newTap(r, path+"/open", x.Head, "me.not_reached", "goal").plain()
	}
	_, d.Back = awayOrBack(r, path, x.Mine)
	return p.site.Page(w, r, status, "me/goal", d)
}

// forms makes the forms of a goal's page that were not sent just now.
func (d *goalPage) forms(r *http.Request, path string, x journey.Goal) {
	if d.Add == nil {
		d.Add = page.NewForm(r, path+"/steps")
	}
	if x.Away {
		d.Learn, d.LetGo = nil, nil
		return
	}
	if d.Learn == nil {
		d.Learn = page.NewForm(r, path+"/learned").Named("learned").Fill("words", x.Learned).Set("base", x.Head.String())
	}
	if d.LetGo == nil {
		d.LetGo = page.NewForm(r, path+"/away").Named("aside").Set("base", x.Head.String())
	}
}

// showSteps fills in the goal's steps and who suggested what.
func (p *Pages) showSteps(r *http.Request, x journey.Goal, d *goalPage) error {
	mine := []journey.Mine{x.Mine}
	for _, s := range x.Steps {
		mine = append(mine, s.Mine)
	}
	people := writers(mine)
	for _, m := range append([]journey.Step{{Mine: x.Mine}}, x.Steps...) {
		if !m.NamedBy.IsZero() {
			people = append(people, m.NamedBy)
		}
	}
	name, err := p.called(r, people...)
	if err != nil {
		return err
	}
	if !x.NamedBy.IsZero() {
		d.By = name(x.NamedBy)
	}
	d.For = newFor(r, book.KindGoal, x.Mine, "goal", name(x.By))
	for _, s := range x.Steps {
		row := newStepRow(r, s)
		row.For = newFor(r, book.KindStep, s.Mine, row.ID, name(s.By))
		if !s.NamedBy.IsZero() {
			row.By = name(s.NamedBy)
		}
		d.Steps = append(d.Steps, row)
	}
	return nil
}

func newStepRow(r *http.Request, s journey.Step) stepRow {
	path, name := "/me/steps/"+s.Item.String(), "step-"+s.Item.String()
	row := stepRow{ID: name, Href: path, Words: s.Words, Done: s.Done}
	row.Say = newTap(r, path+"/done", s.Head, "me.did", name)
	if s.Done {
		row.Say = newTap(r, path+"/not-done", s.Head, "me.not_did", name).plain()
	}
	return row
}

// addStep adds a small step to the goal of the path.
func (p *Pages) addStep(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	form := page.Posted(r)
	wr, err := writing(form)
	if err != nil {
		return err
	}
	goal, err := item(r)
	if err != nil {
		return err
	}
	if _, err = p.journey.SetStep(r.Context(), owner(v), wr, goal, form.Text("words")); err == nil {
		page.Say(w, r, "me.said_step")
		return p.site.Go(w, r, "/me/goals/"+goal.String())
	}
	refused := form.Refused(err)
	if !refused && !clashes(err) {
		return err
	}
	g, x, again := p.findGoal(r, v)
	if again != nil {
		return again
	}
	if refused {
		return p.showGoal(w, r, http.StatusUnprocessableEntity, g, x, goalPage{Add: form})
	}
	s, again := g.Step(begun(wr))
	if again != nil {
		return again
	}
	return p.showStepClash(w, r, g, s, form, err)
}

// letGo puts the goal of the path away, with words about it where there are some: to change one's mind is as good as to go on.
func (p *Pages) letGo(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	return p.saysOfGoal(w, r, v, goalSaying{
		do: p.journey.LetGo, field: "aside", said: "me.said_let_go", to: toGoals(r, v),
		again: func(d *goalPage, f *page.Form) { d.LetGo = f },
	})
}

// keepLearned keeps what the person learned on the way to the goal of the path.
func (p *Pages) keepLearned(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	return p.saysOfGoal(w, r, v, goalSaying{
		do: p.journey.Learned, field: "learned", said: "me.said_kept", to: toGoal(r, v),
		again: func(d *goalPage, f *page.Form) { d.Learn = f },
	})
}

// goalSaying is one of the things a person says of a goal in words.
type goalSaying struct {
	do    func(context.Context, journey.Me, journey.Writing, book.Text) error
	field string // of the body, which the form calls "words"; the form goes by its name
	said  string // catalogue key
	to    string
	again func(*goalPage, *page.Form) // shows the form once more
}

// saysOfGoal answers a form in which something is said of the goal of the path. Where it cannot be kept the page comes again with
// the words in the form.
func (p *Pages) saysOfGoal(w http.ResponseWriter, r *http.Request, v visit.Visitor, s goalSaying) error {
	form := page.Posted(r).Named(s.field)
	wr, err := writing(form)
	if err != nil {
		return err
	}
	if wr.Item, err = item(r); err != nil {
		return err
	}
	err = s.do(r.Context(), owner(v), wr, form.Text("words"))
	status := http.StatusConflict
	switch {
	case err == nil:
		page.Say(w, r, s.said)
		return p.site.Go(w, r, s.to)
	case form.Refused(wordsOf(err, s.field)):
		status = http.StatusUnprocessableEntity
	case !clashes(err):
		return err
	}
	g, x, again := p.findGoal(r, v)
	if again != nil {
		return again
	}
	var d goalPage
	s.again(&d, form)
	if status == http.StatusConflict {
		d.Said = clash(r, err, x.Words, x.KeptAt, "/me/goals/"+x.Item.String())
		over(r, form, x.Head)
	}
	return p.showGoal(w, r, status, g, x, d)
}

// wordsOf names a field of a body as its form does.
func wordsOf(err error, field string) error {
	e, ok := errors.AsType[*errs.Error](err)
	if !ok || e.Kind != errs.Invalid {
		return err
	}
	var c errs.Check
	for _, f := range e.Fields {
		name := f.Name
		if name == field {
			name = "words"
		}
		c.AddArgs(name, f.Words, f.Args)
	}
	return c.Err("me: words")
}
