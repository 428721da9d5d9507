package me

import (
	"net/http"

	"beside/internal/book"
	"beside/internal/id"
	"beside/internal/journey"
	"beside/internal/peer"
	"beside/internal/web/choose"
	"beside/internal/web/page"
	"beside/internal/web/visit"
)

// waitingPage is templates/me/waiting.html.
type waitingPage struct {
	One                         *asked // when one alone is waiting: this page is its page
	Now, Again, Later, Declined []askedRow
	Empty                       page.Empty
}

// askedRow is a suggestion in a list.
type askedRow struct {
	Href string
	Slip page.Slip
	Rest string // catalogue key of that it rests until tomorrow, empty when it does not
	By   string // who let it rest, where it was not the person
}

var suggestsWords = map[book.Kind]string{
	book.KindStrength: "me.suggests_strength", book.KindGoal: "me.suggests_goal", book.KindStep: "me.suggests_step", book.KindCircle: "circle.suggests",
}

const waitingPath = "/me/waiting"

func (p *Pages) waiting(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	all, err := p.journey.Waiting(r.Context(), owner(v))
	if err != nil {
		return err
	}
	around(r, all.Around)
	if err := p.markSeen(r, v); err != nil {
		return err
	}
	d := waitingPage{Empty: page.Empty{Drawing: "bench", Words: "me.waiting_none"}}
	for _, list := range []struct {
		from []journey.Suggestion
		to   *[]askedRow
	}{{all.Now, &d.Now}, {all.Again, &d.Again}, {all.Later, &d.Later}, {all.Declined, &d.Declined}} {
		if *list.to, err = p.askedRows(r, list.from); err != nil {
			return err
		}
	}
	if len(d.Now) == 1 {
		if d.One, err = p.readAsked(r, v, all.Now[0].Entry); err != nil {
			return err
		}
	}
	return p.site.Page(w, r, http.StatusOK, "me/waiting", d)
}

// markSeen marks what the person was to be told as seen: this page shows all of it. It writes only when there is something.
func (p *Pages) markSeen(r *http.Request, v visit.Visitor) error {
	notices, err := p.peers.Notices(r.Context(), v.Subject)
	if err != nil {
		return err
	}
	return p.peers.Seen(r.Context(), v.Subject, notices...)
}

func (p *Pages) askedRows(r *http.Request, list []journey.Suggestion) ([]askedRow, error) {
	profiles, err := p.profiles(r, list...)
	if err != nil {
		return nil, err
	}
	var rows []askedRow
	for _, s := range list {
		row := askedRow{Href: askedPath(s.Entry), Slip: slip(r, profiles, s)}
		if s.Tomorrow {
			row.Rest = "me.was_tomorrow"
		}
		if !s.RestedBy.IsZero() {
			row.Rest, row.By = "me.was_tomorrow_by", choose.NameOf(r, profiles[s.RestedBy])
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func askedPath(e id.Entry) string { return waitingPath + "/" + e.String() }

// profiles finds what the authors of suggestions tell of themselves.
func (p *Pages) profiles(r *http.Request, list ...journey.Suggestion) (map[id.Person]peer.Profile, error) {
	var people []id.Person
	for _, s := range list {
		people = append(people, s.From)
	}
	if len(people) == 0 {
		return nil, nil
	}
	return p.people(r, people...)
}

func slip(r *http.Request, profiles map[id.Person]peer.Profile, s journey.Suggestion) page.Slip {
	from := profiles[s.From]
	return page.Slip{From: choose.NameOf(r, from), Title: from.Title, Kind: suggestsWords[s.Kind], When: page.At(r, s.At), Words: s.Words}
}
