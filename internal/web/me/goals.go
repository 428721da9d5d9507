package me

import (
	"net/http"

	"beside/internal/book"
	"beside/internal/id"
	"beside/internal/journey"
	"beside/internal/web/page"
	"beside/internal/web/visit"
)

// goalsPage is templates/me/goals.html.
type goalsPage struct {
	Who     page.Who
	Open    []goalRow
	Reached []goalRow
	Away    []awayRow
	Empty   page.Empty
}

type goalRow struct {
	Href    string
	Words   book.Text
	Steps   int // still to do; 0 shows nothing
	Reached bool
	When    page.Moment
}

func toGoals(*http.Request, visit.Visitor) string { return "/me/goals" }

func (p *Pages) goals(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	g, err := p.journey.Goals(r.Context(), owner(v))
	if err != nil {
		return err
	}
	around(r, g.Around)
	d := goalsPage{Empty: page.Empty{Drawing: "path", Words: "me.goals_none", Href: "/me/goals/new", Do: "me.goal_first"}}
	if d.Who, err = p.who(r, g.Around, book.SectionGoals); err != nil {
		return err
	}
	for _, x := range g.Live {
		if row := newGoalRow(r, x); x.Reached {
			d.Reached = append(d.Reached, row)
		} else {
			d.Open = append(d.Open, row)
		}
	}
	for _, x := range g.Away {
		d.Away = append(d.Away, newAway(r, "/me/goals/", x.Mine))
	}
	return p.site.Page(w, r, http.StatusOK, "me/goals", d)
}

func newGoalRow(r *http.Request, x journey.Goal) goalRow {
	row := goalRow{Href: "/me/goals/" + x.Item.String(), Words: x.Words, Reached: x.Reached, When: page.At(r, x.KeptAt)}
	for _, s := range x.Steps {
		if !s.Done && !x.Reached {
			row.Steps++
		}
	}
	return row
}

// goalFormPage is templates/me/goal_form.html: a new goal, or other words for one.
type goalFormPage struct {
	Who       page.Who
	New       bool
	Form      *page.Form
	Both      *both
	Strengths []page.Choice
	Domains   []page.Choice
	Leave     string
	More      bool // it builds on something
	Says      bool // more than words is said
}

func (p *Pages) newGoal(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	g, err := p.journey.Goals(r.Context(), owner(v))
	if err != nil {
		return err
	}
	return p.showGoalForm(w, r, http.StatusOK, g, goalFormPage{New: true, Form: begunIn(r, page.NewForm(r, "/me/goals/new"))})
}

func (p *Pages) changeGoal(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	g, x, err := p.findGoal(r, v)
	if err != nil {
		return err
	}
	path := "/me/goals/" + x.Item.String()
	form := page.NewForm(r, path+"/change").Fill("words", x.Words).Fill("helps", x.Helps).Set("domain", string(x.Domain)).Set("base", x.Head.String())
	var on []string
	for _, it := range x.BuildsOn {
		on = append(on, it.String())
	}
	form.Set("builds_on", on...)
	return p.showGoalForm(w, r, http.StatusOK, g, goalFormPage{Form: form, Leave: path})
}

func (p *Pages) showGoalForm(w http.ResponseWriter, r *http.Request, status int, g journey.Goals, d goalFormPage) (err error) {
	around(r, g.Around)
	if d.Who, err = p.who(r, g.Around, book.SectionGoals); err != nil {
		return err
	}
	chosen := map[string]bool{}
	for _, it := range d.Form.Values("builds_on") {
		chosen[it] = true
	}
	for _, s := range g.Strengths.Live {
		d.Strengths = append(d.Strengths, page.Choice{Value: s.Item.String(), Text: s.Words.Show()})
	}
	for _, s := range g.Strengths.Away {
		if chosen[s.Item.String()] { // it builds on it still, though it is put away
			d.Strengths = append(d.Strengths, page.Choice{Value: s.Item.String(), Text: s.Words.Show()})
		}
	}
	d.More = len(chosen) > 0
	d.Domains = append(page.DomainChoices(), page.Choice{Words: "me.domain_open"})
	d.Says = d.Form.Value("domain") != "" || !d.Form.Text("helps").Blank()
	if d.Leave == "" {
		d.Leave = leaving(d.Form, book.Domain(d.Form.Value("domain")), "/me/goals")
	}
	return p.site.Page(w, r, status, "me/goal_form", d)
}

// findGoal reads all goals and the one of the path.
func (p *Pages) findGoal(r *http.Request, v visit.Visitor) (g journey.Goals, x journey.Goal, err error) {
	it, err := item(r)
	if err != nil {
		return g, x, err
	}
	if g, err = p.journey.Goals(r.Context(), owner(v)); err != nil {
		return g, x, err
	}
	around(r, g.Around)
	x, err = g.Goal(it)
	return g, x, err
}

// keepGoal answers the form of a new goal, whose path names no item, and of one that is changed.
func (p *Pages) keepGoal(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	form := page.Posted(r)
	wr, err := writing(form)
	if err != nil {
		return err
	}
	if r.PathValue("item") != "" {
		if wr.Item, err = item(r); err != nil {
			return err
		}
	}
	goal := journey.Goal{BuildsOn: chosen(form, "builds_on"), Domain: book.Domain(form.Value("domain")), Helps: form.Text("helps")}
	goal.Words = form.Text("words")
	it, err := p.journey.SetGoal(r.Context(), owner(v), wr, goal)
	if err == nil {
		page.Say(w, r, "me.said_goal")
		return p.site.Go(w, r, "/me/goals/"+it.String())
	}
	return p.goalAgain(w, r, v, wr, err)
}

// chosen are the items ticked in a list. What is no id becomes none, which no list holds.
func chosen(form *page.Form, name string) []id.Item {
	var items []id.Item
	for _, s := range form.Values(name) {
		it, _ := id.Parse[id.Item](s)
		items = append(items, it)
	}
	return items
}

// goalAgain shows the form again, with what was typed, when it could not be taken or met another version.
func (p *Pages) goalAgain(w http.ResponseWriter, r *http.Request, v visit.Visitor, wr journey.Writing, err error) error {
	form := page.Posted(r)
	refused := form.Refused(err)
	if !refused && !clashes(err) {
		return err
	}
	g, again := p.journey.Goals(r.Context(), owner(v))
	if again != nil {
		return again
	}
	if refused {
		d := goalFormPage{New: wr.Item.IsZero(), Form: form}
		return p.showGoalForm(w, r, http.StatusUnprocessableEntity, g, d)
	}
	x, again := g.Goal(begun(wr))
	if again != nil {
		return again
	}
	path := "/me/goals/" + x.Item.String()
	form.Action = path + "/change"
	over(r, form, x.Head)
	d := goalFormPage{Form: form, Leave: path, Both: clash(r, err, x.Words, x.KeptAt, path)}
	return p.showGoalForm(w, r, http.StatusConflict, g, d)
}
