package me

import (
	"net/http"
	"slices"

	"beside/internal/book"
	"beside/internal/id"
	"beside/internal/journey"
	"beside/internal/web/ending"
	"beside/internal/web/erase"
	"beside/internal/web/page"
	"beside/internal/web/role"
	"beside/internal/web/visit"
)

// homePage is templates/me/home.html.
type homePage struct {
	Who     page.Who
	Words   book.Text
	Next    *journey.Next
	Did     tap        // "I did this", when the next is a step
	For     []forRow   // what others wrote for them
	More    bool       // there is more of that
	Tell    *page.Form // how it is today
	Moments []momentButton
	Waiting int
	Unseen  bool // something happened with their ways in
	Asked   bool // somebody asks to come back in as them, and it can be stopped
	Set     *erase.Set
	Closes  *page.Moment // when the whole place closes; nil when it does not
	Said    *page.Form   // says that they are here, when one of the team said otherwise
	Ask     bool         // whether an address is still safe
	News    []newsRow    // who came to whom something is shared
	Ending  []endingRow  // what ends soon of what they share
}

// newsRow is somebody who came to a role, or to work here, to whom the person shares something.
type newsRow struct{ Name, Who string }

// endingRow is something the person shares that ends soon.
type endingRow struct {
	Name  string
	Until page.Moment // the last day
}

func (p *Pages) home(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	h, err := p.journey.Home(r.Context(), owner(v))
	if err != nil {
		return err
	}
	around(r, h.Around)
	d := homePage{Tell: page.NewForm(r, "/me/timeline"), Moments: todays(), Words: h.Words.Words, Next: h.Next, Waiting: h.Waiting, More: h.More}
	if d.Who, err = p.who(r, h.Around, book.SectionWords); err != nil {
		return err
	}
	if d.For, err = p.forRows(r, h.For); err != nil {
		return err
	}
	unseen, err := p.unseen(r.Context(), v.Subject)
	if err != nil {
		return err
	}
	pending, err := p.pending(r.Context(), v.Session)
	if err != nil {
		return err
	}
	asks, err := p.asks(r.Context(), v.Subject)
	if err != nil {
		return err
	}
	if d.Set, err = erase.SetOf(r, p.endings, v); err != nil {
		return err
	}
	if d.Closes, err = ending.ClosesOn(r, p.endings); err != nil {
		return err
	}
	if d.Said, err = ending.Said(r, p.endings, v); err != nil {
		return err
	}
	if d.Ending, err = p.endingRows(r, h.Around); err != nil {
		return err
	}
	if d.News, err = p.newsRows(r, v, h.Around); err != nil {
		return err
	}
	d.Unseen, d.Asked, d.Ask = unseen > 0, pending > 0, asks > 0
	if h.Next != nil && h.Next.Step != nil {
		s := h.Next.Step
		d.Did = newTap(r, "/me/steps/"+s.Item.String()+"/done", s.Head, "me.did", "next")
	}
	return p.site.Page(w, r, http.StatusOK, "me/home", d)
}

// endingRows are what ends soon of what the person shares.
func (p *Pages) endingRows(r *http.Request, a journey.Around) ([]endingRow, error) {
	ending := a.Ending(p.site.Clock.Now())
	var people []id.Person
	for _, g := range ending {
		people = append(people, g.To)
	}
	name, err := p.called(r, people...)
	if err != nil {
		return nil, err
	}
	var rows []endingRow
	for _, g := range ending {
		called := name(g.To)
		if g.Whom != book.ToOne {
			called = role.Called(r, g.Label)
		}
		rows = append(rows, endingRow{Name: called, Until: page.At(r, g.Until-1)})
	}
	return rows, nil
}

// newsRows are those who came to a role, or to work here, to whom the person shares something, and of whom they said nothing yet: however long
// they have not looked.
func (p *Pages) newsRows(r *http.Request, v visit.Visitor, a journey.Around) ([]newsRow, error) {
	if !slices.ContainsFunc(a.Given, func(g journey.Given) bool { return g.Whom != book.ToOne }) {
		return nil, nil
	}
	list, err := p.peers.Several(r.Context(), v.Subject, v.Book)
	if err != nil {
		return nil, err
	}
	now := p.site.Clock.Now()
	var people []id.Person
	for _, s := range list {
		people = append(people, role.People(s.People)...)
	}
	name, err := p.called(r, people...)
	var rows []newsRow
	for _, s := range list {
		for _, o := range s.People {
			if s.Open(now) && o.News() {
				rows = append(rows, newsRow{Name: name(o.Person), Who: role.Called(r, s.Of.Name)})
			}
		}
	}
	return rows[max(0, len(rows)-mostNews):], err // all of them stand on "What I share"
}

// mostNews is of how many who came the first page tells at once.
const mostNews = 5

// todays are the two equal buttons of the first page: joys and sorrows are shared alike (mission.md S1.P4b).
func todays() []momentButton {
	var list []momentButton
	for _, x := range []book.What{book.WhatGood, book.WhatHard} {
		list = append(list, momentButton{string(x), moments[x].button})
	}
	return list
}
