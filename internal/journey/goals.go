package journey

import (
	"context"
	"slices"

	"beside/internal/book"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/keeper"
)

// Goal is something the person wants, in their own words (mission.md S1.P1b).
type Goal struct {
	Mine
	BuildsOn []id.Item // strengths; may be none
	Reached  bool
	Domain   book.Domain // "" when not said
	Helps    book.Text   // who helps, or what; may be blank
	Learned  book.Text   // may be blank
	Aside    book.Text   // why it was put away; may be blank
	Steps    []Step      // live ones, oldest first
}

// Step is a small step towards a goal.
type Step struct {
	Mine
	Goal id.Item
	Done bool
}

// Goals are all of a person's, with the strengths they may build on.
type Goals struct {
	Around
	Live      []Goal // oldest first
	Away      []Goal // put away
	AwaySteps []Step // steps put away, whatever became of their goal
	Strengths Strengths
}

// goals puts steps under their goals, both oldest first. A step whose goal is not among the pieces is left out.
func (me Me) goals(pieces []keeper.Piece) []Goal {
	slices.SortStableFunc(pieces, func(a, b keeper.Piece) int { return int(a.MadeSeq - b.MadeSeq) })
	var goals []Goal
	at := map[id.Item]int{}
	for _, p := range pieces {
		if b, ok := p.Body.(*book.Goal); ok {
			at[p.ID] = len(goals)
			goals = append(goals, Goal{Mine: me.mine(p, b.Words), BuildsOn: b.BuildsOn, Reached: b.Reached, Domain: b.Domain, Helps: b.Helps, Learned: b.Learned, Aside: b.Aside})
		}
	}
	for _, s := range me.steps(pieces) {
		if i, ok := at[s.Goal]; ok {
			goals[i].Steps = append(goals[i].Steps, s)
		}
	}
	return goals
}

func (me Me) steps(pieces []keeper.Piece) []Step {
	var steps []Step
	for _, p := range pieces {
		if b, ok := p.Body.(*book.Step); ok {
			steps = append(steps, Step{Mine: me.mine(p, b.Words), Goal: b.Goal, Done: b.Done})
		}
	}
	return steps
}

// Goals reads all goals and steps, and the strengths.
func (j *Journey) Goals(ctx context.Context, me Me) (Goals, error) {
	both := []book.Section{book.SectionGoals, book.SectionStrengths}
	r, a, err := j.read(ctx, me, around(), keeper.Want{Sections: both}, keeper.Want{Sections: both, State: book.Away})
	if err != nil {
		return Goals{}, errs.Wrap("journey: goals", err)
	}
	live, away := r.Items[1], r.Items[2]
	g := Goals{Around: a, AwaySteps: me.steps(away), Strengths: Strengths{Live: me.strengths(live), Away: me.strengths(away)}}
	// A goal that was put away keeps its live steps under it.
	for _, x := range me.goals(slices.Concat(live, goalsOf(away))) {
		if x.Away {
			g.Away = append(g.Away, x)
		} else {
			g.Live = append(g.Live, x)
		}
	}
	return g, nil
}

func goalsOf(pieces []keeper.Piece) []keeper.Piece {
	return slices.DeleteFunc(slices.Clone(pieces), func(p keeper.Piece) bool { return p.Kind != book.KindGoal })
}

// Goal returns one of the goals, also one that was put away. It returns NotOpen.
func (g Goals) Goal(it id.Item) (Goal, error) {
	for _, x := range slices.Concat(g.Live, g.Away) {
		if x.Item == it {
			return x, nil
		}
	}
	return Goal{}, errs.New("journey: goal", errs.NotOpen, "")
}

// Step returns one of the steps, also one that was put away. It returns NotOpen.
func (g Goals) Step(it id.Item) (Step, error) {
	steps := slices.Clone(g.AwaySteps)
	for _, x := range slices.Concat(g.Live, g.Away) {
		steps = append(steps, x.Steps...)
	}
	for _, s := range steps {
		if s.Item == it {
			return s, nil
		}
	}
	return Step{}, errs.New("journey: step", errs.NotOpen, "")
}

// SetGoal sets a goal, or changes one. Of g only Words, BuildsOn, Domain and Helps are taken; every item of BuildsOn must be a
// strength in the person's book.
func (j *Journey) SetGoal(ctx context.Context, me Me, w Writing, g Goal) (id.Item, error) {
	if err := j.areStrengths(ctx, me, g.BuildsOn); err != nil {
		return id.Item{}, errs.Wrap("journey: set goal", err)
	}
	it, err := change(ctx, j, me, w, &book.Goal{}, func(b *book.Goal) {
		b.Words, b.BuildsOn, b.Domain, b.Helps = g.Words, g.BuildsOn, g.Domain, g.Helps
	})
	return it, errs.Wrap("journey: set goal", err)
}

func (j *Journey) areStrengths(ctx context.Context, me Me, items []id.Item) error {
	if len(items) == 0 {
		return nil
	}
	s, err := j.Strengths(ctx, me)
	if err != nil {
		return err
	}
	var c errs.Check
	for _, it := range items {
		if _, err := s.Find(it); err != nil {
			c.Add("builds_on", "errors.choose_listed")
			break
		}
	}
	return c.Err("journey: builds on")
}

// SetStep adds a small step to a goal, or changes the words of one, for which goal is not looked at. It returns NotOpen
// when the goal is not there or was put away.
func (j *Journey) SetStep(ctx context.Context, me Me, w Writing, goal id.Item, words book.Text) (id.Item, error) {
	if w.Item.IsZero() {
		p, err := j.piece(ctx, me, book.KindGoal, goal)
		if err == nil && p.State != book.Live {
			err = errs.New("journey: step", errs.NotOpen, "")
		}
		if err != nil {
			return id.Item{}, errs.Wrap("journey: set step", err)
		}
	}
	it, err := change(ctx, j, me, w, &book.Step{Goal: goal}, func(b *book.Step) { b.Words = words })
	return it, errs.Wrap("journey: set step", err)
}

// StepDone says that a step was done, or that it was not after all.
func (j *Journey) StepDone(ctx context.Context, me Me, w Writing, done bool) error {
	_, err := change(ctx, j, me, w, &book.Step{}, func(b *book.Step) { b.Done = done })
	return errs.Wrap("journey: step done", err)
}

// GoalReached says that a goal was reached, or that it was not after all. Only the person says so.
func (j *Journey) GoalReached(ctx context.Context, me Me, w Writing, reached bool) error {
	_, err := change(ctx, j, me, w, &book.Goal{}, func(b *book.Goal) { b.Reached = reached })
	return errs.Wrap("journey: goal reached", err)
}

// Learned says what the person learned on the way to a goal that they did not put away; blank takes it back. It returns Changed
// for one that was put away.
func (j *Journey) Learned(ctx context.Context, me Me, w Writing, words book.Text) error {
	p, err := j.piece(ctx, me, book.KindGoal, w.Item)
	if err == nil && p.State != book.Live {
		err = errs.New("journey: learned", errs.Changed, "errors.item_changed")
	}
	if err == nil {
		_, err = change(ctx, j, me, w, &book.Goal{}, func(b *book.Goal) { b.Learned = words })
	}
	return errs.Wrap("journey: learned", err)
}

// LetGo puts a goal away that is not what the person wants now, with words of theirs about it, which may be blank. It is one act: the
// words are never there without it.
func (j *Journey) LetGo(ctx context.Context, me Me, w Writing, words book.Text) error {
	if words.Blank() {
		return j.PutAway(ctx, me, book.KindGoal, w)
	}
	p, err := j.piece(ctx, me, book.KindGoal, w.Item)
	if err != nil {
		return errs.Wrap("journey: let go", err)
	}
	g, _ := p.Body.(*book.Goal)
	g.Aside = words
	says := keeper.Draft{ID: w.Entry, Kind: book.KindGoal, Act: book.ActWrite, Item: w.Item, Base: w.Base, Body: g, Via: j.via}
	away := keeper.Draft{ID: keeper.Also(w.Entry, 1), Kind: book.KindGoal, Act: book.ActPutAway, Item: w.Item, Base: w.Entry, Via: j.via}
	_, err = j.keeper.Write(ctx, me.Subject, me.Book, says, away)
	return errs.Wrap("journey: let go", err)
}
