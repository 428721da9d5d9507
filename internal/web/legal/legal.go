// Package legal is the pages on which the centre's team writes down that a paper of a court or a lawyer came, and answers it. A
// request alone has no button that opens anything: there is a letter to print. What an order of a court names leaves when a second of
// the team says the same; no page shows it.
package legal

import (
	"net/http"
	"strings"
	"time"

	"beside/internal/account"
	"beside/internal/attending"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/legal"
	"beside/internal/peer"
	"beside/internal/web/days"
	"beside/internal/web/page"
	"beside/internal/web/visit"
)

// Path is the page of the papers that came.
const Path = "/team/papers"

const one = Path + "/{demand}"

// Config is what the pages need.
type Config struct {
	Legal     *legal.Legal
	Accounts  *account.Accounts
	Peers     *peer.Peers
	Community string // its name
	Part2     bool   // 42 CFR part 2 is law here
}

type pages struct {
	Config
	site *page.Site
}

// Mount mounts the pages. All of them are open to the centre's team only.
func Mount(site *page.Site, c Config) {
	p := &pages{Config: c, site: site}
	handle := func(pattern string, h func(http.ResponseWriter, *http.Request, visit.Visitor) error) {
		site.Handle(pattern, visit.Only(book.HatTeam, h))
	}
	handle("GET "+Path, p.all)
	handle("GET "+Path+"/new", p.ask)
	handle("POST "+Path+"/new", p.keep)
	handle("GET "+one, p.one)
	handle("GET "+one+"/letter", p.letter)
	p.mountOrders(handle)
}

var kindWords = map[legal.Kind]string{legal.Request: "legal.kind_request", legal.Order: "legal.kind_order", legal.Other: "legal.kind_other"}

var kindHints = map[legal.Kind]string{legal.Request: "legal.kind_request_hint", legal.Order: "legal.kind_order_hint", legal.Other: "legal.kind_other_hint"}

// allPage is templates/legal/all.html.
type allPage struct {
	Rows  []allRow
	Empty page.Empty
}

// allRow is one paper. It names nobody.
type allRow struct {
	Href      string
	From      book.Text
	Reference book.Text
	Kind      string // catalogue key
	Came      string
	State     string // catalogue key of how far an order is, empty for what leads to a letter
}

func (p *pages) all(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	all, err := p.Legal.All(r.Context(), v.Subject)
	if err != nil {
		return err
	}
	d := allPage{Empty: page.Empty{Drawing: "bench", Words: "legal.none"}}
	for _, x := range all {
		row := allRow{Path + "/" + x.ID.String(), x.From, x.Reference, kindWords[x.Kind], days.Day(r, x.Came), ""}
		if x.Kind == legal.Order {
			if row.State, err = p.stateOf(r, v, x); err != nil {
				return err
			}
		}
		d.Rows = append(d.Rows, row)
	}
	return p.site.Page(w, r, http.StatusOK, "legal/all", d)
}

// stateOf says how far an order is, as a catalogue key.
func (p *pages) stateOf(r *http.Request, v visit.Visitor, x legal.Demand) (string, error) {
	o, named, err := p.Legal.State(r.Context(), v.Subject, x.ID)
	switch {
	case x.OverAt != 0:
		return "legal.is_aside", err
	case !named:
		return "legal.is_open", err
	case o.ConfirmedAt == 0:
		return "legal.is_second", err
	}
	return "legal.is_left", err
}

// askPage is templates/legal/new.html.
type askPage struct {
	Form  *page.Form
	Kinds []page.Choice
}

func (p *pages) ask(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	if _, err := p.Legal.All(r.Context(), v.Subject); err != nil { // whether they are in the team now
		return err
	}
	return p.showAsk(w, r, http.StatusOK, page.NewForm(r, Path+"/new").Set("came", attending.DayOf(p.site.Clock.Now(), zone(r))))
}

func (p *pages) showAsk(w http.ResponseWriter, r *http.Request, status int, f *page.Form) error {
	d := askPage{Form: f}
	for _, k := range legal.Kinds() {
		d.Kinds = append(d.Kinds, page.Choice{Value: string(k), Words: kindWords[k], Hint: kindHints[k]})
	}
	return p.site.Page(w, r, status, "legal/new", d)
}

func zone(r *http.Request) *time.Location {
	if tz := page.FrameOf(r).TZ; tz != nil {
		return tz
	}
	return time.UTC
}

// dayAfter is the end of a day that was typed: the beginning of the next. What is no day is far away, so that it is refused.
func dayAfter(r *http.Request, typed string) clock.Time {
	t, err := time.ParseInLocation(legal.DayForm, strings.TrimSpace(typed), zone(r))
	if err != nil {
		return -1
	}
	return clock.Of(t.AddDate(0, 0, 1))
}

func (p *pages) keep(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	f := page.Posted(r)
	x := legal.Paper{Kind: legal.Kind(f.Value("kind")), From: f.Text("from"), Reference: f.Text("reference"), Asks: f.Text("asks"), Came: strings.TrimSpace(f.Value("came"))}
	if strings.TrimSpace(f.Value("quiet")) != "" {
		x.QuietUntil = dayAfter(r, f.Value("quiet"))
	}
	var err error
	if x.Entry, err = f.EntryID(); err != nil {
		return err
	}
	d, err := p.Legal.Keep(r.Context(), v.Subject, x)
	if f.Refused(err) {
		return p.showAsk(w, r, http.StatusUnprocessableEntity, f)
	}
	if err != nil {
		return err
	}
	page.Say(w, r, "legal.said_kept")
	return p.site.Go(w, r, Path+"/"+d.String())
}

// which reads the paper of a path.
func which(r *http.Request) (id.Demand, error) {
	d, err := id.Parse[id.Demand](r.PathValue("demand"))
	return d, errs.As("legal: one", errs.NotOpen, err)
}

// onePage is templates/legal/one.html.
type onePage struct {
	paper
	Letter string // where it is
}

// paper is what a page says of a paper.
type paper struct {
	From, Reference, Asks book.Text
	Kind                  string // catalogue key
	Came                  string
	Other                 bool
	Part2                 bool
}

func (p *pages) paper(r *http.Request, x legal.Demand) paper {
	return paper{From: x.From, Reference: x.Reference, Asks: x.Asks, Kind: kindWords[x.Kind], Came: days.Day(r, x.Came), Other: x.Kind == legal.Other, Part2: p.Part2}
}

func (p *pages) one(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	d, err := which(r)
	if err != nil {
		return err
	}
	x, err := p.Legal.One(r.Context(), v.Subject, d)
	if err != nil {
		return err
	}
	if x.Kind == legal.Order {
		return p.order(w, r, v, http.StatusOK, x, orderPage{}, nil)
	}
	out := onePage{paper: p.paper(r, x), Letter: Path + "/" + d.String() + "/letter"}
	return p.site.Page(w, r, http.StatusOK, "legal/one", out)
}

// letterPage is templates/legal/letter.html.
type letterPage struct {
	paper
	Place string
	When  page.Moment
	Back  string
}

func (p *pages) letter(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	d, err := which(r)
	if err != nil {
		return err
	}
	x, err := p.Legal.One(r.Context(), v.Subject, d)
	if err != nil {
		return err
	}
	if x.Kind == legal.Order {
		return errs.New("legal: letter", errs.NotOpen, "")
	}
	return p.site.Page(w, r, http.StatusOK, "legal/letter", letterPage{p.paper(r, x), p.Community, page.At(r, p.site.Clock.Now()), Path + "/" + d.String()})
}
