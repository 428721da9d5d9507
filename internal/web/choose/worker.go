package choose

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/peer"
	"beside/internal/web/page"
	"beside/internal/web/rules"
	"beside/internal/web/visit"
)

// workerPage is templates/choose/worker.html.
type workerPage struct {
	Card
	Can        bool   // a yes can be said
	Known      bool   // the reader said that they know each other from their own life
	Know       string // path to say so
	Sees       string // what a yes gives, read aloud
	Said       string // by whom, when, and who shows it
	Former     string // names of those whose view ends with it
	Yes        *page.Form
	Less       *page.Form
	Paper      *page.Form // prints a sheet to sign
	Until      string     // of both forms
	Usual      []string   // the sections of a plain yes
	PaperUntil string     // of the sheet: a year, whatever is given now
	Parts      []page.Choice
	Acts       []string     // the sections in which they may write for the reader, which the form of less keeps
	For        *forYes      // lets them write for the reader, or not any more; nil where it cannot be asked
	With       *walking     // what stands between the two already, nil for nothing
	Walks      bool         // and the worker can see something by it today
	Ruled      []rules.Line // what rules of the centre keep closed to them, whatever is given; none where nothing is or can be
}

// walking is a grant as it stands, and the form to take it back.
type walking struct {
	Sees       string
	Back       *page.Form
	Item, Base string
}

// forYes is a yes to a worker who walks with the reader: that they may also write for the reader, read aloud; or, where they may,
// that they may only suggest again. All else stays as it is given.
type forYes struct {
	Form     *page.Form
	Says     string // what the yes gives
	Sections []string
	Acts     []string // none to take it back
	Until    string
	Event    string // as it is given; it stays
}

// newFor is nil where nothing is given in which somebody could write for the reader.
func newFor(r *http.Request, c peer.Companion, now clock.Time) *forYes {
	acts := slices.DeleteFunc(slices.Clone(c.Sections), func(s book.Section) bool { return !book.ActableIn(s) })
	if len(acts) == 0 {
		return nil
	}
	if len(c.Acts) > 0 {
		acts = nil
	}
	return &forYes{
		Form: page.NewForm(r, href(c.Profile.Person)).Named("for"), Says: consent(r, NameOf(r, c.Profile), c.Sections, acts, c.Until, c.Event, now),
		Sections: codes(c.Sections), Acts: codes(acts), Until: strconv.FormatInt(int64(c.Until), 10), Event: c.Event.Show(),
	}
}

// parts are the sections one may leave out.
var parts = []page.Choice{
	{Value: string(book.SectionWords), Words: "choose.part_words"},
	{Value: string(book.SectionStrengths), Words: "choose.part_strengths"},
	{Value: string(book.SectionGoals), Words: "choose.part_goals"},
	{Value: string(book.SectionCircle), Words: "circle.home"},
	{Value: string(book.SectionPaths), Words: "paths.home"},
}

func (p *pages) worker(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	worker, err := personOf(r)
	if err != nil {
		return err
	}
	companions, err := p.peers.Companions(r.Context(), v.Subject, v.Book)
	if err != nil {
		return err
	}
	profile, err := p.profile(r, v, worker, companions)
	if err != nil {
		return err
	}
	if err := p.around(r, v); err != nil {
		return err
	}
	closed, err := p.rules.Over(r.Context(), worker)
	if err != nil {
		return err
	}
	out := p.page(r, profile, companions)
	if out.Can || out.Walks {
		out.Ruled = rules.They(r, out.Name, closed, book.Givable(), book.Givable())
	}
	return p.site.Page(w, r, http.StatusOK, "choose/worker", out)
}

// profile finds a worker's profile. Somebody who is with the reader has a page also when they are no longer a worker,
// so that what they were given can be taken back. Nobody is offered to themselves.
func (p *pages) profile(r *http.Request, v visit.Visitor, worker id.Person, companions []peer.Companion) (peer.Profile, error) {
	for _, c := range companions {
		if c.Profile.Person == worker {
			return c.Profile, nil
		}
	}
	if worker == v.Person {
		return peer.Profile{}, errs.New("choose: worker", errs.NotOpen, "")
	}
	return p.peers.Profile(r.Context(), v.Person, worker)
}

func (p *pages) page(r *http.Request, pr peer.Profile, companions []peer.Companion) workerPage {
	now := p.site.Clock.Now()
	action := href(pr.Person)
	until := yearFrom(now, page.FrameOf(r).TZ)
	pr.Name = NameOf(r, pr)
	out := workerPage{
		Card: CardOf(r, pr), Can: p.peers.CanChoose(pr), Known: pr.Known, Know: action + "/know", Sees: consent(r, pr.Name, book.Usual(), nil, until, book.Text{}, now), Said: page.FrameOf(r).SaidBy(),
		Yes: page.NewForm(r, action).Named("yes"), Less: page.NewForm(r, action).Named("less"), Paper: page.NewForm(r, action+"/paper").Named("paper"),
		Until: strconv.FormatInt(int64(until), 10), Parts: parts, Usual: codes(book.Usual()[1:]),
	}
	out.PaperUntil = out.Until
	given := book.Usual()
	var former []string
	for _, c := range companions {
		if c.Profile.Person == pr.Person {
			given, out.With, out.Walks = c.Sections, p.walking(r, c), c.Open
			if c.Open { // else it is given anew, as it is read aloud: for a year, and with no writing
				out.For, out.Acts, out.Until = newFor(r, c, now), codes(c.Acts), strconv.FormatInt(int64(c.Until), 10)
				out.Less.Fill("event", c.Event)
			}
			out.Can = c.Open || c.Working && out.Can
		} else if c.Open {
			former = append(former, NameOf(r, c.Profile))
		}
	}
	out.Former = strings.Join(former, ", ")
	out.Less.Set("sections", codes(given)...)
	out.Paper.Set("sections", codes(given)...)
	return out
}

func (p *pages) walking(r *http.Request, c peer.Companion) *walking {
	return &walking{
		Sees: consent(r, NameOf(r, c.Profile), c.Sections, c.Acts, c.Until, c.Event, p.site.Clock.Now()),
		Back: page.NewForm(r, href(c.Profile.Person)+"/back").Named("back"), Item: c.Item.String(), Base: c.Head.String(),
	}
}

func codes(sections []book.Section) []string {
	out := make([]string, len(sections))
	for i, s := range sections {
		out[i] = string(s)
	}
	return out
}

// yes is the second tap: it gives what the form says, which is what the page said.
func (p *pages) yes(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	worker, err := personOf(r)
	if err != nil {
		return err
	}
	form := page.Posted(r)
	entry, err := form.EntryID()
	if err != nil {
		return err
	}
	until, err := strconv.ParseInt(form.Value("until"), 10, 64)
	if err != nil {
		return errs.New("choose: until", errs.Invalid, "errors.form_not_ours")
	}
	c := peer.Choice{Entry: entry, Worker: worker, Until: clock.Time(until), Event: form.Text("event")}
	for _, s := range form.Values("sections") {
		c.Sections = append(c.Sections, book.Section(s))
	}
	for _, s := range form.Values("acts") {
		if slices.Contains(c.Sections, book.Section(s)) { // what is not given any more is not written in
			c.Acts = append(c.Acts, book.Section(s))
		}
	}
	if err := p.peers.Choose(r.Context(), v.Subject, v.Book, c); err != nil {
		return err
	}
	page.Say(w, r, "choose.said_walking")
	return p.site.Go(w, r, Home)
}

// takeBack ends what a worker was given, from the next request on.
func (p *pages) takeBack(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	form := page.Posted(r)
	entry, err := form.EntryID()
	if err != nil {
		return err
	}
	item, err := id.Parse[id.Item](form.Value("item"))
	if err != nil {
		return errs.New("choose: take back", errs.Invalid, "errors.form_not_ours")
	}
	base, err := id.Parse[id.Entry](form.Value("base"))
	if err != nil {
		return errs.New("choose: take back", errs.Invalid, "errors.form_not_ours")
	}
	if err := p.peers.TakeBack(r.Context(), v.Subject, v.Book, entry, item, base); err != nil {
		return err
	}
	page.Say(w, r, "choose.said_taken_back")
	return p.site.Go(w, r, Home)
}
