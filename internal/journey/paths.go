package journey

import (
	"context"
	"slices"

	"beside/internal/book"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/keeper"
)

// Path is a way the person goes, what it is about, or where they are, as they say (mission.md S2.S1). Nothing anywhere is gated by it.
type Path struct {
	Mine
	Facet  book.Facet
	Way    book.Way    // "" of a stage
	Season book.Season // "" when not said
}

// Paths are all of a person's.
type Paths struct {
	Around
	Live []Path // ways first, then what it is about, then stages; within each oldest first
	Away []Path // put away
}

var pathsOnly = []book.Section{book.SectionPaths}

func (me Me) paths(pieces []keeper.Piece) []Path {
	var all []Path
	for _, p := range pieces {
		if b, ok := p.Body.(*book.Path); ok {
			all = append(all, Path{Mine: me.mine(p, b.Words), Facet: b.Facet, Way: b.Way, Season: b.Season})
		}
	}
	return all
}

// Paths reads all paths.
func (j *Journey) Paths(ctx context.Context, me Me) (Paths, error) {
	r, a, err := j.read(ctx, me, around(), keeper.Want{Sections: pathsOnly}, keeper.Want{Sections: pathsOnly, State: book.Away})
	if err != nil {
		return Paths{}, errs.Wrap("journey: paths", err)
	}
	p := Paths{Around: a, Live: me.paths(r.Items[1]), Away: me.paths(r.Items[2])}
	slices.SortStableFunc(p.Live, func(a, b Path) int { return placeOf(book.Facets(), a.Facet) - placeOf(book.Facets(), b.Facet) })
	return p, nil
}

// Find returns one of the paths, also one that was put away. It returns NotOpen.
func (p Paths) Find(it id.Item) (Path, error) {
	for _, x := range slices.Concat(p.Live, p.Away) {
		if x.Item == it {
			return x, nil
		}
	}
	return Path{}, errs.New("journey: path", errs.NotOpen, "")
}

// SetPath says something of a path, or changes it. Of x only Words, Facet, Way and Season are taken.
func (j *Journey) SetPath(ctx context.Context, me Me, w Writing, x Path) (id.Item, error) {
	it, err := change(ctx, j, me, w, &book.Path{}, func(b *book.Path) {
		b.Words, b.Facet, b.Way, b.Season = x.Words, x.Facet, x.Way, x.Season
	})
	return it, errs.Wrap("journey: set path", err)
}
