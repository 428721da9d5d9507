package journey

import (
	"context"
	"slices"

	"beside/internal/book"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/keeper"
)

// Strength is something strong in or around the person (mission.md S0.4).
type Strength struct {
	Mine
	Domain book.Domain // "" when not said
	When   book.When   // "" when not said
}

// Strengths are all of a person's.
type Strengths struct {
	Around
	Live []Strength // by life domain in the order of the screen, those without one last; within it oldest first
	Away []Strength // put away
}

func (me Me) strengths(pieces []keeper.Piece) []Strength {
	var all []Strength
	for _, p := range pieces {
		if b, ok := p.Body.(*book.Strength); ok {
			all = append(all, Strength{Mine: me.mine(p, b.Words), Domain: b.Domain, When: b.When})
		}
	}
	return all
}

var strengthsOnly = []book.Section{book.SectionStrengths}

// Strengths reads all strengths.
func (j *Journey) Strengths(ctx context.Context, me Me) (Strengths, error) {
	r, a, err := j.read(ctx, me, around(), keeper.Want{Sections: strengthsOnly}, keeper.Want{Sections: strengthsOnly, State: book.Away})
	if err != nil {
		return Strengths{}, errs.Wrap("journey: strengths", err)
	}
	s := Strengths{Around: a, Live: me.strengths(r.Items[1]), Away: me.strengths(r.Items[2])}
	slices.SortStableFunc(s.Live, func(a, b Strength) int { return rank(a.Domain) - rank(b.Domain) })
	return s, nil
}

// rank is a domain's place on screen; without one comes last.
func rank(d book.Domain) int {
	if i := slices.Index(book.Domains(), d); i >= 0 {
		return i
	}
	return len(book.Domains())
}

// Find returns one of the strengths, also one that was put away. It returns NotOpen.
func (s Strengths) Find(it id.Item) (Strength, error) {
	for _, x := range slices.Concat(s.Live, s.Away) {
		if x.Item == it {
			return x, nil
		}
	}
	return Strength{}, errs.New("journey: strength", errs.NotOpen, "")
}

// SetStrength names a strength, or changes one. Of s only Words, Domain and When are taken.
func (j *Journey) SetStrength(ctx context.Context, me Me, w Writing, s Strength) (id.Item, error) {
	it, err := change(ctx, j, me, w, &book.Strength{}, func(b *book.Strength) {
		b.Words, b.Domain, b.When = s.Words, s.Domain, s.When
	})
	return it, errs.Wrap("journey: set strength", err)
}
