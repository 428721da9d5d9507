package me

import (
	"context"
	"net/http"
	"time"

	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/peer/signed"
	"beside/internal/web/choose"
	"beside/internal/web/page"
	"beside/internal/web/sign"
	"beside/internal/web/visit"
)

// onPaper is that something was given by signing on paper: in front of whom, when, and where its photograph is.
type onPaper struct {
	Says  string
	Photo string // path
}

// paperRow is a sheet that was printed and waits to be signed.
type paperRow struct {
	Says string
	Href string
}

// papers returns by entry what was signed on paper, and what waits for it.
func (p *Pages) signed(r *http.Request, v visit.Visitor) (by map[id.Entry]*onPaper, waits []paperRow, err error) {
	list, err := p.papers.Mine(r.Context(), v.Subject, v.Book)
	if err != nil {
		return nil, nil, err
	}
	by = map[id.Entry]*onPaper{}
	now := p.site.Clock.Now()
	for _, x := range list {
		if x.EnteredAt != 0 {
			if by[x.Entry()], err = p.onPaper(r, v, x); err != nil {
				return nil, nil, err
			}
		} else if x.Waits(now) {
			called, err := p.called(r, x.Worker)
			if err != nil {
				return nil, nil, err
			}
			words := "paper.waiting_row"
			if x.MadeBy == x.Worker {
				words = "paper.waiting_theirs"
			}
			waits = append(waits, paperRow{page.FrameOf(r).Words().T(words, "Name", called(x.Worker)), sign.Mine + "/" + x.ID.String()})
		}
	}
	return by, waits, nil
}

// onPaper says in front of whom a sheet was signed; nil once what was given by it was erased.
func (p *Pages) onPaper(r *http.Request, v visit.Visitor, x signed.Paper) (*onPaper, error) {
	s, err := p.papers.Signed(r.Context(), v.Subject, v.Book, x.ID)
	if err != nil || s == nil {
		return nil, err
	}
	who, err := p.people(r, s.Witness)
	if err != nil {
		return nil, err
	}
	f := page.FrameOf(r)
	name := f.Words().T("paper.colleague")
	if who[s.Witness].Name != "" {
		name = choose.NameOf(r, who[s.Witness])
	}
	day, err := time.Parse(time.DateOnly, s.Day)
	if err != nil {
		return nil, errs.As("me: on paper", errs.Internal, err)
	}
	return &onPaper{
		Says: f.Words().T("paper.in_front", "Name", name, "Day", f.Words().FullDate(clock.Of(day)+12*clock.Hour, nil)), Photo: sign.Mine + "/" + x.ID.String() + "/photo",
	}, nil
}

// photograph is one for the file of all that a person has.
func (p *Pages) photograph(ctx context.Context, v visit.Visitor, x signed.Paper) ([]byte, error) {
	b, err := p.papers.Photo(ctx, v.Subject, v.Book, x.ID)
	if errs.Is(err, errs.NotOpen) { // erased since
		return nil, nil
	}
	return b, err
}
