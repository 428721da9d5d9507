package me

import (
	"net/http"
	"slices"

	"beside/internal/book"
	"beside/internal/id"
	"beside/internal/journey"
	"beside/internal/web/page"
	"beside/internal/web/visit"
)

// todayPath is the page after a hard day.
const todayPath = "/me/today"

// afterMoment is where the person finds themselves after they told of a moment: after one that is hard, with those who walk with them.
func afterMoment(what book.What) string {
	if what == book.WhatHard || what == book.WhatSlipped {
		return todayPath
	}
	return "/me/timeline"
}

// todayPage is templates/me/today.html: who is there, after a hard day. It does nothing by itself: nobody is told that it was opened,
// nor what was written before it.
type todayPage struct {
	Calls  []circleRow // whom they would call when times are hard, as they said
	People []personRow // who walks with the person, and who is near them
	Also   []page.Link // what else may help
}

// personRow is somebody to whom the person gave something.
type personRow struct{ Href, Name, Title string }

// alsoHelps are other pages of one's own that may help on a hard day, in their order.
var alsoHelps = []page.Link{
	{Href: circlePath, Words: "today.circle"}, {Href: "/me/near", Words: "today.near"},
	{Href: "/me/workers", Words: "today.workers"}, {Href: worldPath, Words: "today.world"},
}

func (p *Pages) today(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	c, err := p.journey.Circle(r.Context(), owner(v))
	if err != nil {
		return err
	}
	around(r, c.Around)
	d := todayPage{Also: alsoHelps}
	for _, x := range c.ICall() {
		d.Calls = append(d.Calls, newCircleRow(x))
	}
	if d.People, err = p.beside(r, c.Around); err != nil {
		return err
	}
	return p.site.Page(w, r, http.StatusOK, "me/today", d)
}

// beside are the people to whom the person gave something by name, and who can be there for them: not who reviews the place.
func (p *Pages) beside(r *http.Request, a journey.Around) ([]personRow, error) {
	hats := map[id.Person]book.Hat{}
	var people []id.Person
	for _, g := range a.Given {
		if g.Whom != book.ToOne || g.As == book.HatReviewer || slices.Contains(people, g.To) {
			continue
		}
		people = append(people, g.To)
		hats[g.To] = g.As
	}
	found, err := p.people(r, people...)
	if err != nil {
		return nil, err
	}
	name, err := p.called(r, people...)
	if err != nil {
		return nil, err
	}
	var rows []personRow
	for _, x := range people {
		row := personRow{Href: "/me/near", Name: name(x), Title: found[x].Title}
		if hats[x] == book.HatWorker {
			row.Href = "/me/workers/" + x.String()
		}
		rows = append(rows, row)
	}
	return rows, nil
}
