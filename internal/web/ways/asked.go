package ways

import (
	"net/http"

	"beside/internal/account/recovery"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/web/page"
	"beside/internal/web/visit"
)

// askedPath is where a person sees who asks for their login, and stops it.
const askedPath = Home + "/asked"

func (p *Pages) mountAsked() {
	p.own("GET "+askedPath, p.asked)
	p.own("POST "+askedPath+"/{request}/stop", p.stopAsked)
}

// askedPage is templates/ways/asked.html.
type askedPage struct {
	Requests []askedRow
	Empty    page.Empty
}

// askedRow is one request for the reader's login.
type askedRow struct {
	recovery.Pending
	Desk    bool
	AskedAt page.Moment
	Opens   page.Moment
	Waits   bool // enough people said yes
	Stop    page.Tap
}

func (p *Pages) asked(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	list, err := p.Recovery.Pendings(r.Context(), v.Session)
	if err != nil {
		return err
	}
	d := askedPage{Empty: page.Empty{Drawing: "book", Words: "asked.none"}}
	for _, q := range list {
		key := "q-" + q.ID.String()
		d.Requests = append(d.Requests, askedRow{
			Pending: q, Desk: q.Kind == recovery.AtDesk, AskedAt: page.At(r, q.AskedAt), Opens: page.At(r, q.Opens), Waits: q.Opens != 0,
			Stop: page.Tap{Form: page.NewForm(r, askedPath+"/"+q.ID.String()+"/stop"), Words: "asked.stop", Of: key},
		})
	}
	return p.site.Page(w, r, http.StatusOK, "ways/asked", d)
}

func (p *Pages) stopAsked(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	q, err := id.Parse[id.Request](r.PathValue("request"))
	if err != nil {
		return errs.As("ways: stop", errs.NotOpen, err)
	}
	if err := p.Recovery.Stop(r.Context(), v.Session, q); err != nil {
		return err
	}
	page.Say(w, r, "asked.said_stopped")
	return p.site.Go(w, r, askedPath)
}
