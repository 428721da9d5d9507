package me

import (
	"context"
	"net/http"

	"beside/internal/journey"
	"beside/internal/web/choose"
	"beside/internal/web/give"
	"beside/internal/web/page"
	"beside/internal/web/visit"
)

// sharingPage is templates/me/sharing.html.
type sharingPage struct {
	Given []givenRow
	Near  []nearRow
	Empty page.Empty
}

// nearRow is what was given to somebody of the person's own life, to be read aloud as a sentence.
type nearRow struct {
	ID       string
	Sentence string
	Since    page.Moment
	Over     bool   // the time is over
	See      string // path of what they see
	Change   string // path to change it, empty while they need to be known again, and see nothing
	Back     tap
}

// givenRow is what was given to one person, to be read aloud as a sentence.
type givenRow struct {
	ID    string
	Name  string
	Title string
	Parts []string // catalogue keys
	Since page.Moment
	Until page.Moment
	Open  bool // they can see it now
	For   bool // they may write for the person
	Less  string
	See   string // path of what they see
	Back  tap
}

func toSharing(*http.Request, visit.Visitor) string { return "/me/sharing" }

func (p *Pages) takeBack(ctx context.Context, me journey.Me, w journey.Writing) error {
	return p.peers.TakeBack(ctx, me.Subject, me.Book, w.Entry, w.Item, w.Base)
}

func (p *Pages) sharing(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	a, err := p.journey.Around(r.Context(), owner(v))
	if err != nil {
		return err
	}
	around(r, a)
	companions, err := p.peers.Companions(r.Context(), v.Subject, v.Book)
	if err != nil {
		return err
	}
	d := sharingPage{Empty: page.Empty{Drawing: "book", Words: "me.sharing_none", Href: "/me/workers", Do: "me.sharing_choose"}}
	for _, c := range companions {
		of := "given-" + c.Item.String()
		d.Given = append(d.Given, givenRow{
			ID: of, Name: choose.NameOf(r, c.Profile), Title: c.Profile.Title, Parts: parts(choose.SectionWords, c.Sections), Since: page.At(r, c.Since), Until: page.At(r, c.Until), Open: c.Open, For: len(c.Acts) > 0,
			Less: "/me/workers/" + c.Profile.Person.String(), See: give.SeePath(c.Item),
			Back: newTap(r, "/me/sharing/"+c.Item.String()+"/back", c.Head, "me.take_back", of),
		})
	}
	if d.Near, err = p.nearRows(r, v); err != nil {
		return err
	}
	return p.site.Page(w, r, http.StatusOK, "me/sharing", d)
}

func (p *Pages) nearRows(r *http.Request, v visit.Visitor) (rows []nearRow, err error) {
	list, err := p.peers.Near(r.Context(), v.Subject, v.Book)
	if err != nil {
		return nil, err
	}
	people, err := p.known.Mine(r.Context(), v.Session)
	if err != nil {
		return nil, err
	}
	now := p.site.Clock.Now()
	for _, n := range list {
		of := "given-" + n.Item.String()
		row := nearRow{
			ID: of, Sentence: give.Sentence(r, n.Label, n.Sections, n.Singles, n.ReadOnly, n.Acts, n.Purpose, n.Until, now), Since: page.At(r, n.Since), Over: n.Until <= now,
			See: give.SeePath(n.Item), Back: newTap(r, "/me/sharing/"+n.Item.String()+"/back", n.Head, "me.take_back", of),
		}
		for _, k := range people {
			if k.Person == n.To && k.ConfirmedAt != 0 {
				row.Change = give.Path + "/" + k.ID.String()
			}
		}
		rows = append(rows, row)
	}
	return rows, nil
}
