package me

import (
	"cmp"
	"context"
	"net/http"
	"strconv"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/journey"
	"beside/internal/keeper"
	"beside/internal/web/choose"
	"beside/internal/web/give"
	"beside/internal/web/page"
	"beside/internal/web/review"
	"beside/internal/web/role"
	"beside/internal/web/rules"
	"beside/internal/web/visit"
)

// sharingPage is templates/me/sharing.html.
type sharingPage struct {
	Given  []givenRow
	Near   []nearRow
	Review []nearRow // to who reviews the place
	Roles  []roleRow
	Waits  []paperRow // sheets to sign
	Empty  page.Empty
}

// roleRow is what was given to whoever holds a role, or works here, to be read aloud as a sentence, with who that is.
type roleRow struct {
	ID       string
	Sentence string
	Since    page.Moment
	Over     bool // nothing is open by it any more
	Came     string
	People   []role.Line
	See      string
	Change   string // path to change it
	Back     tap
	Happened *tap // says that what ends it has come; nil where nothing does
	Longer   *longer
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
	Longer   *longer
	Came     string // that what ends it has come; empty before
	Happened *tap   // says that it has; nil where nothing does
}

// givenRow is what was given to one person, to be read aloud as a sentence.
type givenRow struct {
	ID    string
	Name  string
	Title string
	Parts []string // catalogue keys
	Since page.Moment
	Until page.Moment  // the last day
	Open  bool         // they can see it now
	Ruled []rules.Line // what of it rules of the centre keep closed
	For   bool         // they may write for the person
	Less  string
	See   string // path of what they see
	Back  tap

	Or       string // what ends it before that, as a sentence; empty for nothing
	Came     string // that this has come; empty before
	Happened *tap   // says that it has; nil where nothing does

	Longer *longer
	Paper  *onPaper // nil for what they gave with their own hand here
}

// longer gives the same once more, before it ends, for no longer than it can be given: nil where it does not end soon, or opens nothing.
type longer struct {
	Form  *page.Form
	Until string // of the form
	Day   string // the last day, as it is read
	Of    string // id of what says what is given
}

// longerFor is how many months it is given once more, before it is asked again.
const longerFor = 3

func newLonger(r *http.Request, it id.Item, head id.Entry, ends, most, now clock.Time, of string) *longer {
	if ends <= now || ends > now+keeper.WarnBefore {
		return nil
	}
	f := page.FrameOf(r)
	until := min(give.MonthsFrom(now, longerFor, f.TZ), now+most)
	return &longer{
		Form: page.NewForm(r, "/me/sharing/"+it.String()+"/longer").Set("base", head.String()), Until: strconv.FormatInt(int64(until), 10),
		Day: f.Words().Day(until-1, now, f.TZ), Of: of,
	}
}

// longer gives the same once more, until the day that was read.
func (p *Pages) longer(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	form := page.Posted(r)
	wr, err := writing(form)
	if err != nil {
		return err
	}
	if wr.Item, err = item(r); err != nil {
		return err
	}
	until, err := strconv.ParseInt(form.Value("until"), 10, 64)
	if err != nil {
		return errs.New("me: longer", errs.Invalid, "errors.form_not_ours")
	}
	switch err := p.peers.Longer(r.Context(), v.Subject, v.Book, wr.Entry, wr.Item, wr.Base, clock.Time(until)); {
	case clashes(err):
		page.Say(w, r, "me.said_meanwhile")
	case errs.Is(err, errs.Invalid): // a single thing of it was put away
		page.Say(w, r, "me.said_not_longer")
	case err != nil:
		return err
	default:
		page.Say(w, r, "me.said_longer")
	}
	return p.site.Go(w, r, toSharing(r, v))
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
	now := p.site.Clock.Now()
	papers, waits, err := p.signed(r, v)
	if err != nil {
		return err
	}
	d.Waits = waits
	for _, c := range companions {
		of := "given-" + c.Item.String()
		var more *longer
		var ruled []rules.Line
		if c.Open {
			closed, err := p.rules.Over(r.Context(), c.Profile.Person)
			if err != nil {
				return err
			}
			ruled = rules.They(r, choose.NameOf(r, c.Profile), closed, c.Sections, c.Acts)
			more = newLonger(r, c.Item, c.Head, c.Until, book.MaxGrant, now, of)
		}
		d.Given = append(d.Given, givenRow{
			ID: of, Name: choose.NameOf(r, c.Profile), Title: c.Profile.Title, Parts: parts(choose.SectionWords, c.Sections), Since: page.At(r, c.Since), Until: page.At(r, c.Until-1), Open: c.Open, For: len(c.Acts) > 0,
			Less: "/me/workers/" + c.Profile.Person.String(), See: give.SeePath(c.Item),
			Back: newTap(r, "/me/sharing/"+c.Item.String()+"/back", c.Head, "me.take_back", of), Longer: more, Paper: papers[c.Head], Ruled: ruled,
			Or: choose.OrWhen(r, c.Event), Came: came(r, c.Event, c.CameAt), Happened: happenedTap(r, c.Item, c.Head, c.Event, c.CameAt, c.Until, now, of),
		})
	}
	if d.Near, err = p.nearRows(r, v); err != nil {
		return err
	}
	if d.Review, err = p.reviewRows(r, v); err != nil {
		return err
	}
	if d.Roles, err = p.roleRows(r, v); err != nil {
		return err
	}
	return p.site.Page(w, r, http.StatusOK, "me/sharing", d)
}

// reviewRows is what was given to who reviews the place.
func (p *Pages) reviewRows(r *http.Request, v visit.Visitor) (rows []nearRow, err error) {
	gave, err := p.review.Gave(r.Context(), v.Subject, v.Book)
	for _, g := range gave {
		of := "given-" + g.Item.String()
		row := nearRow{
			ID: of, Sentence: review.Sentence(r, cmp.Or(g.Words, page.FrameOf(r).Words().T("review.reviewer")), g.Sections, g.Until, p.site.Clock.Now()), Since: page.At(r, g.Since), Over: !g.Open,
			See: give.SeePath(g.Item), Back: newTap(r, "/me/sharing/"+g.Item.String()+"/back", g.Head, "me.take_back", of),
		}
		if g.Open {
			row.Change = review.Give + "/" + g.Reviewer.String()
			row.Longer = newLonger(r, g.Item, g.Head, g.Until, book.MaxReview, p.site.Clock.Now(), of)
		}
		rows = append(rows, row)
	}
	return rows, err
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
			ID: of, Sentence: give.Sentence(r, n.Label, n.Sections, n.Singles, n.ReadOnly, n.Acts, n.Purpose, n.Until, n.Event, now), Since: page.At(r, n.Since), Over: n.Until <= now || n.CameAt != 0,
			Came: came(r, n.Event, n.CameAt), Happened: happenedTap(r, n.Item, n.Head, n.Event, n.CameAt, n.Until, now, of),
			See: give.SeePath(n.Item), Back: newTap(r, "/me/sharing/"+n.Item.String()+"/back", n.Head, "me.take_back", of),
		}
		for _, k := range people {
			if k.Person == n.To && k.ConfirmedAt != 0 {
				if row.Change = give.Path + "/" + k.ID.String(); n.CameAt == 0 {
					row.Longer = newLonger(r, n.Item, n.Head, n.Until, book.MaxGrant, now, of)
				}
			}
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// came says that what a grant should end with has come; empty before.
func came(r *http.Request, event book.Text, at clock.Time) string {
	if at == 0 {
		return ""
	}
	return page.FrameOf(r).Words().T("give.came_on", "Event", event.Show())
}

// happenedTap says that what ends a grant has come: nil where nothing does, and where it is over.
func happenedTap(r *http.Request, it id.Item, head id.Entry, event book.Text, cameAt, until, now clock.Time, of string) *tap {
	if event.Blank() || cameAt != 0 || until <= now {
		return nil
	}
	t := newTap(r, "/me/sharing/"+it.String()+"/came", head, "give.came", of)
	return &t
}

func (p *Pages) happened(ctx context.Context, me journey.Me, w journey.Writing) error {
	return p.peers.Happened(ctx, me.Subject, me.Book, w.Entry, w.Item, w.Base)
}

func (p *Pages) roleRows(r *http.Request, v visit.Visitor) (rows []roleRow, err error) {
	list, err := p.peers.Several(r.Context(), v.Subject, v.Book)
	if err != nil {
		return nil, err
	}
	now := p.site.Clock.Now()
	for _, s := range list {
		called, err := p.peers.Called(r.Context(), role.People(s.People)...)
		if err != nil {
			return nil, err
		}
		of := "given-" + s.Item.String()
		path := "/me/sharing/" + s.Item.String()
		row := roleRow{
			ID: of, Sentence: role.Sentence(r, p.community, s.Of.Name, s.Sections, s.ReadOnly, s.Until, s.Event, now), Since: page.At(r, s.Since), Over: !s.Open(now),
			Came: came(r, s.Event, s.CameAt), See: give.SeePath(s.Item), Change: role.PathOf(s.Of), Back: newTap(r, path+"/back", s.Head, "me.take_back", of),
			Happened: happenedTap(r, s.Item, s.Head, s.Event, s.CameAt, s.Until, now, of),
		}
		if s.Open(now) {
			row.Longer = newLonger(r, s.Item, s.Head, s.Until, book.MaxGrant, now, of)
			row.People = role.Lines(r, s.People, called, now, path, s.Head.String())
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// sayOf keeps what the person says of one who holds a role, or works here: "not them", or "yes, at once".
func (p *Pages) sayOf(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	form := page.Posted(r)
	wr, err := writing(form)
	if err != nil {
		return err
	}
	if wr.Item, err = item(r); err != nil {
		return err
	}
	person, err := id.Parse[id.Person](r.PathValue("person"))
	if err != nil {
		return errs.As("me: say of", errs.NotOpen, err)
	}
	answer := form.Value("say")
	if answer != "yes" && answer != "no" {
		return errs.New("me: say of", errs.Invalid, "errors.form_not_ours")
	}
	switch err := p.peers.Answer(r.Context(), v.Subject, v.Book, wr.Entry, wr.Item, wr.Base, person, answer == "yes"); {
	case clashes(err):
		page.Say(w, r, "me.said_meanwhile")
	case err != nil:
		return err
	case answer == "yes":
		page.Say(w, r, "roles.said_yes")
	default:
		page.Say(w, r, "roles.said_no")
	}
	return p.site.Go(w, r, toSharing(r, v))
}
