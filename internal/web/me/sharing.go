package me

import (
	"context"
	"net/http"

	"beside/internal/journey"
	"beside/internal/web/choose"
	"beside/internal/web/page"
	"beside/internal/web/visit"
)

// sharingPage is templates/me/sharing.html.
type sharingPage struct {
	Given []givenRow
	Empty page.Empty
}

// givenRow is what was given to one person, to be read aloud as a sentence.
type givenRow struct {
	ID    string
	Name  string
	Title string
	Parts []string // catalogue keys
	Until page.Moment
	Open  bool // they can see it now
	Less  string
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
			ID: of, Name: choose.NameOf(r, c.Profile), Title: c.Profile.Title, Parts: parts(choose.SectionWords, c.Sections), Until: page.At(r, c.Until), Open: c.Open,
			Less: "/me/workers/" + c.Profile.Person.String(),
			Back: newTap(r, "/me/sharing/"+c.Item.String()+"/back", c.Head, "me.take_back", of),
		})
	}
	return p.site.Page(w, r, http.StatusOK, "me/sharing", d)
}
