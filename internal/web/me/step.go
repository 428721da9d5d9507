package me

import (
	"context"
	"net/http"

	"beside/internal/book"
	"beside/internal/journey"
	"beside/internal/web/page"
	"beside/internal/web/visit"
)

// stepPage is templates/me/step.html.
type stepPage struct {
	Who   page.Who // of a step that was put away: only the owner
	Form  *page.Form
	Both  *both
	For   *forRow // somebody wrote it for the person; nil for their own hand
	Leave string  // path of its goal
	Away  *tap
	Back  *tap
}

func (p *Pages) done(yes bool) deed {
	return func(ctx context.Context, me journey.Me, w journey.Writing) error {
		return p.journey.StepDone(ctx, me, w, yes)
	}
}

// toGoalOfStep leads to the goal that the step of the path belongs to.
func (p *Pages) toGoalOfStep(r *http.Request, v visit.Visitor) string {
	_, s, err := p.findStep(r, v)
	if err != nil {
		return "/me/goals"
	}
	return "/me/goals/" + s.Goal.String()
}

// findStep reads all goals and the step of the path.
func (p *Pages) findStep(r *http.Request, v visit.Visitor) (g journey.Goals, s journey.Step, err error) {
	it, err := item(r)
	if err != nil {
		return g, s, err
	}
	if g, err = p.journey.Goals(r.Context(), owner(v)); err != nil {
		return g, s, err
	}
	around(r, g.Around)
	s, err = g.Step(it)
	return g, s, err
}

func (p *Pages) step(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	g, s, err := p.findStep(r, v)
	if err != nil {
		return err
	}
	form := page.NewForm(r, "/me/steps/"+s.Item.String()).Fill("words", s.Words).Set("base", s.Head.String())
	return p.showStep(w, r, http.StatusOK, g, s, stepPage{Form: form})
}

func (p *Pages) showStep(w http.ResponseWriter, r *http.Request, status int, g journey.Goals, s journey.Step, d stepPage) (err error) {
	if !s.Away {
		if d.Who, err = p.who(r, g.Around, book.SectionGoals); err != nil {
			return err
		}
	}
	name, err := p.called(r, writers([]journey.Mine{s.Mine})...)
	if err != nil {
		return err
	}
	if d.Both == nil {
		d.For = newFor(r, book.KindStep, s.Mine, "written", name(s.By))
	}
	d.Leave = "/me/goals/" + s.Goal.String()
	d.Away, d.Back = awayOrBack(r, "/me/steps/"+s.Item.String(), s.Mine)
	return p.site.Page(w, r, status, "me/step", d)
}

func (p *Pages) keepStep(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	form := page.Posted(r)
	wr, err := writing(form)
	if err != nil {
		return err
	}
	if wr.Item, err = item(r); err != nil {
		return err
	}
	g, s, err := p.findStep(r, v)
	if err != nil {
		return err
	}
	_, err = p.journey.SetStep(r.Context(), owner(v), wr, s.Goal, form.Text("words"))
	switch {
	case err == nil:
		page.Say(w, r, "me.said_kept")
		return p.site.Go(w, r, "/me/goals/"+s.Goal.String())
	case form.Refused(err):
		return p.showStep(w, r, http.StatusUnprocessableEntity, g, s, stepPage{Form: form})
	case !clashes(err):
		return err
	}
	if g, s, again := p.findStep(r, v); again == nil { // it may have changed in between
		return p.showStepClash(w, r, g, s, form, err)
	}
	return err
}

// showStepClash shows a step's form when what is kept is not what the form showed.
func (p *Pages) showStepClash(w http.ResponseWriter, r *http.Request, g journey.Goals, s journey.Step, form *page.Form, err error) error {
	form.Action = "/me/steps/" + s.Item.String()
	over(r, form, s.Head)
	d := stepPage{Form: form, Both: clash(r, err, s.Words, s.KeptAt, "/me/goals/"+s.Goal.String())}
	return p.showStep(w, r, http.StatusConflict, g, s, d)
}
