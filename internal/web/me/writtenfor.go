package me

import (
	"context"
	"net/http"

	"beside/internal/book"
	"beside/internal/id"
	"beside/internal/journey"
	"beside/internal/web/page"
)

// forRow is the part "written-for": what somebody wrote for the person, with what the person may do about it.
type forRow struct {
	By   string // who wrote it
	Kind string // catalogue key
	Href string
	ID   string // of the words on the page
	When page.Moment
	Own  book.Text
	Keep tap
	Undo tap
}

// forKinds are, by kind, the words and the path of what can be written for somebody.
var forKinds = map[book.Kind]struct{ words, path string }{
	book.KindGoal: {"me.for_goal", "/me/goals/"}, book.KindStep: {"me.for_step", "/me/steps/"},
}

// newFor is nil for what stands in the person's own hand, and for what they put away.
func newFor(r *http.Request, k book.Kind, m journey.Mine, of, by string) *forRow {
	if m.By.IsZero() || m.Away {
		return nil
	}
	path := forKinds[k].path + m.Item.String()
	return &forRow{
		By: by, Kind: forKinds[k].words, Href: path, ID: of, When: page.At(r, m.KeptAt), Own: m.Words,
		Keep: newTap(r, path+"/mine", m.Head, "me.for_keep", of), Undo: newTap(r, path+"/undo", m.Head, "me.for_undo", of).plain(),
	}
}

// forRows are what others wrote for the person.
func (p *Pages) forRows(r *http.Request, list []journey.For) (rows []forRow, err error) {
	var mine []journey.Mine
	for _, x := range list {
		mine = append(mine, x.Mine)
	}
	name, err := p.called(r, writers(mine)...)
	if err != nil {
		return nil, err
	}
	for _, x := range list {
		rows = append(rows, *newFor(r, x.Kind, x.Mine, "for-"+x.Item.String(), name(x.By)))
	}
	return rows, nil
}

// writers are who wrote some of it for the person.
func writers(list []journey.Mine) (people []id.Person) {
	for _, m := range list {
		if !m.By.IsZero() {
			people = append(people, m.By)
		}
	}
	return people
}

func (p *Pages) own(k book.Kind) deed {
	return func(ctx context.Context, me journey.Me, w journey.Writing) error { return p.journey.Own(ctx, me, k, w) }
}

func (p *Pages) undoFor(k book.Kind) deed {
	return func(ctx context.Context, me journey.Me, w journey.Writing) error {
		return p.journey.UndoFor(ctx, me, k, w)
	}
}
