package journey

import (
	"context"
	"slices"

	"beside/internal/book"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/mutant"
)

// InCircle is somebody or something in the person's circle. Nobody sees anything by being in it.
type InCircle struct {
	Mine
	Sort  book.Sort
	Near  book.Closeness // "" when not said
	Gives book.Text      // what they give me
	Given book.Text      // what I give them
	Turn  book.Turn      // whether I would call them, and when
	Phone book.Text      // as it was written, may be blank
}

// Circle is all that is in a person's circle.
type Circle struct {
	Around
	Live []InCircle // the nearest first, those of whom it was not said last; within that oldest first
	Away []InCircle // put away
}

var circleOnly = []book.Section{book.SectionCircle}

func (me Me) circle(pieces []keeper.Piece) []InCircle {
	var all []InCircle
	for _, p := range pieces {
		if b, ok := p.Body.(*book.Circle); ok {
			all = append(all, InCircle{Mine: me.mine(p, b.Words), Sort: b.Sort, Near: b.Near, Gives: b.Gives, Given: b.Given, Turn: b.Turn, Phone: b.Phone})
		}
	}
	return all
}

// placeOf is where a value stands in a list; what is not in it comes last.
func placeOf[T comparable](list []T, v T) int {
	if i := slices.Index(list, v); i >= 0 {
		return i
	}
	return len(list)
}

// Circle reads the whole circle.
func (j *Journey) Circle(ctx context.Context, me Me) (Circle, error) {
	r, a, err := j.read(ctx, me, around(), keeper.Want{Sections: circleOnly}, keeper.Want{Sections: circleOnly, State: book.Away})
	if err != nil {
		return Circle{}, errs.Wrap("journey: circle", err)
	}
	c := Circle{Around: a, Live: me.circle(r.Items[1]), Away: me.circle(r.Items[2])}
	slices.SortStableFunc(c.Live, func(a, b InCircle) int { return placeOf(book.Rings(), a.Near) - placeOf(book.Rings(), b.Near) })
	return c, nil
}

// Find returns one of the circle, also one that was put away. It returns NotOpen.
func (c Circle) Find(it id.Item) (InCircle, error) {
	for _, x := range slices.Concat(c.Live, c.Away) {
		if x.Item == it {
			return x, nil
		}
	}
	return InCircle{}, errs.New("journey: in circle", errs.NotOpen, "")
}

// calls are the answers that say yes, in their order.
var calls = []book.Turn{book.TurnFirst, book.TurnSecond, book.TurnThird, book.TurnLater}

// ICall returns whom the person would call, in the order they chose; among equals the nearest first, and then the oldest.
func (c Circle) ICall() []InCircle {
	all := slices.DeleteFunc(slices.Clone(c.Live), func(x InCircle) bool {
		return !slices.Contains(calls, x.Turn) && (x.Turn == "" || !mutant.On("circle-calls-all"))
	})
	slices.SortStableFunc(all, func(a, b InCircle) int { return placeOf(calls, a.Turn) - placeOf(calls, b.Turn) })
	return all
}

// NotNow returns who should not come when times are hard.
func (c Circle) NotNow() []InCircle {
	return slices.DeleteFunc(slices.Clone(c.Live), func(x InCircle) bool { return x.Turn != book.TurnNot })
}

// SetInCircle puts somebody or something into the circle, or changes what is said of it. All of x is taken but what [Mine] tells besides its words.
func (j *Journey) SetInCircle(ctx context.Context, me Me, w Writing, x InCircle) (id.Item, error) {
	it, err := change(ctx, j, me, w, &book.Circle{}, func(b *book.Circle) {
		b.Words, b.Sort, b.Near, b.Gives, b.Given, b.Turn, b.Phone = x.Words, x.Sort, x.Near, x.Gives, x.Given, x.Turn, x.Phone
	})
	return it, errs.Wrap("journey: set in circle", err)
}
