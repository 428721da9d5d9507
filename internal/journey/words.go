package journey

import (
	"context"

	"beside/internal/book"
	"beside/internal/errs"
	"beside/internal/keeper"
)

// Words is "what matters to me" (mission.md S0.2).
type Words struct {
	Around
	Mine           // no Head when nothing was ever written
	Earlier []Mine // what was written before, newest first
}

// Words reads what matters to the person, with every earlier version.
func (j *Journey) Words(ctx context.Context, me Me) (Words, error) {
	r, a, err := j.read(ctx, me, around(book.SectionWords))
	if err != nil {
		return Words{}, errs.Wrap("journey: words", err)
	}
	w := Words{Around: a}
	for _, p := range r.Items[0] {
		if b, ok := p.Body.(*book.Words); ok {
			w.Mine = me.mine(p, b.Words)
		}
	}
	w.Earlier, err = j.earlierWords(ctx, me)
	return w, errs.Wrap("journey: words", err)
}

func (j *Journey) earlierWords(ctx context.Context, me Me) ([]Mine, error) {
	only, err := j.keeper.Only(ctx, me.Book, book.KindWords)
	if err != nil {
		return nil, err
	}
	versions, err := j.keeper.Versions(ctx, me.Subject, me.Book, only)
	if err != nil {
		return nil, err
	}
	var earlier []Mine
	for i := len(versions) - 2; i >= 0; i-- {
		if b, ok := versions[i].Body.(*book.Words); ok {
			earlier = append(earlier, Mine{Item: versions[i].Item, Head: versions[i].ID, Words: b.Words, KeptAt: versions[i].RecordedAt})
		}
	}
	return earlier, nil
}

// SetWords writes what matters to the person. w needs no Item. Blank words take them away.
func (j *Journey) SetWords(ctx context.Context, me Me, w Writing, words book.Text) error {
	var err error
	if w.Item, err = j.keeper.Only(ctx, me.Book, book.KindWords); err != nil {
		return errs.Wrap("journey: set words", err)
	}
	_, err = change(ctx, j, me, w, &book.Words{}, func(b *book.Words) { b.Words = words })
	return errs.Wrap("journey: set words", err)
}

// Next is the one thing the first page shows: a step, or a goal when it has none left to do.
type Next struct {
	Goal Goal
	Step *Step // none when the goal has no step that is still to do
}

// Home is the first page of a book.
type Home struct {
	Around
	Words Mine  // what matters; blank when nothing is written
	Next  *Next // none when no goal is open
	For   []For // what stands in the words of somebody who wrote for the person, the last written first
	More  bool  // there is more of that
}

// recentGoals and recentSteps are how many of the newest the first page looks at, so that it costs the same however much
// a book has grown.
const (
	recentGoals = 3
	recentSteps = 4
	recentFor   = 5 // of what others wrote for the person
)

// Home reads the first page of a book.
func (j *Journey) Home(ctx context.Context, me Me) (Home, error) {
	r, a, err := j.read(ctx, me, around(book.SectionWords), newest(book.KindGoal, recentGoals), newest(book.KindStep, recentSteps), keeper.Want{WrittenFor: true, Newest: recentFor + 1})
	if err != nil {
		return Home{}, errs.Wrap("journey: home", err)
	}
	h := Home{Around: a}
	for _, p := range r.Items[0] {
		if b, ok := p.Body.(*book.Words); ok {
			h.Words = me.mine(p, b.Words)
		}
	}
	written := r.Items[3]
	h.More = len(written) > recentFor
	if h.For, err = j.writtenFor(ctx, me, written[:min(len(written), recentFor)]); err != nil {
		return Home{}, errs.Wrap("journey: home", err)
	}
	goals := r.Items[1]
	if h.Next = next(me.goals(append(goals, r.Items[2]...))); h.Next == nil && len(goals) == recentGoals {
		h.Next, err = j.nextOfAll(ctx, me)
	}
	return h, errs.Wrap("journey: home", err)
}

func newest(k book.Kind, n int) keeper.Want {
	return keeper.Want{Sections: []book.Section{book.SectionOf(k)}, Kind: k, Newest: n}
}

// nextOfAll looks for what is next among all goals, for a book whose newest goals are all reached.
func (j *Journey) nextOfAll(ctx context.Context, me Me) (*Next, error) {
	r, err := j.keeper.Mine(ctx, me.Subject, me.Book, keeper.Want{Sections: []book.Section{book.SectionGoals}})
	if err != nil {
		return nil, err
	}
	return next(me.goals(r.Items[0])), nil
}

// next chooses from goals, oldest first: the first step to do of the newest open goal that has one, else the newest
// open goal.
func next(goals []Goal) *Next {
	var open *Goal
	for i := len(goals) - 1; i >= 0; i-- {
		g := &goals[i]
		if g.Reached {
			continue
		}
		for n := range g.Steps {
			if !g.Steps[n].Done {
				return &Next{Goal: *g, Step: &g.Steps[n]}
			}
		}
		if open == nil {
			open = g
		}
	}
	if open == nil {
		return nil
	}
	return &Next{Goal: *open}
}
