// Package days is the pages about the days on which a person was here: the worker who walks with them writes one down and prints a slip of
// it for the person; the person sees each and can say that it is wrong. It is for both, as they look at the same few facts.
package days

import (
	"net/http"
	"strconv"
	"time"

	"beside/internal/attending"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/outside"
	"beside/internal/peer"
	"beside/internal/web/choose"
	"beside/internal/web/page"
	"beside/internal/web/theirs"
	"beside/internal/web/visit"
)

// Path is the page of one's own days.
const Path = "/me/days"

const (
	people = "/worker/people/"
	base   = people + "{book}/days"
	one    = "/{attended}"
)

// Config is what the pages need.
type Config struct {
	Attending *attending.Attending
	Outside   *outside.Outside
	Peers     *peer.Peers
	Community string // its name
	// Around dresses a page of one's own book.
	Around func(*http.Request, visit.Visitor) error
}

type pages struct {
	Config
	site *page.Site
}

// Mount mounts the pages.
func Mount(site *page.Site, c Config) {
	p := &pages{Config: c, site: site}
	worker := func(pattern string, h func(http.ResponseWriter, *http.Request, visit.Visitor) error) {
		site.Handle(pattern, visit.Only(book.HatWorker, h))
	}
	worker("GET "+base, p.theirs)
	worker("POST "+base, p.write)
	worker("POST "+base+one+"/away", p.withdraw)
	worker("POST "+base+one+"/paper", p.print)
	worker("GET "+base+one+"/paper", p.slip)
	site.Handle("GET "+Path, visit.Only(book.HatSelf, p.mine))
	site.Handle("POST "+Path+one+"/wrong", visit.Only(book.HatSelf, p.wrong(true)))
	site.Handle("POST "+Path+one+"/right", visit.Only(book.HatSelf, p.wrong(false)))
}

var codeWords = map[attending.Code]string{
	attending.Met: "days.code_met", attending.Call: "days.code_call", attending.Group: "days.code_group", attending.Together: "days.code_together",
}

// Day is the date of a day, with its year.
func Day(r *http.Request, day string) string {
	t, err := attending.TimeOf(day)
	if err != nil {
		return day
	}
	return page.FrameOf(r).Words().FullDate(t, nil)
}

// Line says all that is known of a day: the date, how long, and what it was.
func Line(r *http.Request, a attending.Attended) string {
	say := page.FrameOf(r).Words()
	return say.T("days.line", "Day", Day(r, a.Day), "Count", a.Units*attending.Unit, "What", say.T(codeWords[a.Code]))
}

// backChoices is how many days are offered; lengths are what is offered, in units.
const backChoices = 7

var lengths = []int{1, 2, 3, 4, 6, 8, 12, 16, 24}

// theirsPage is templates/days/theirs.html.
type theirsPage struct {
	Called string
	Form   *page.Form
	Days   []page.Choice
	Long   []page.Choice
	Codes  []page.Choice
	Rows   []theirRow
	Back   string
}

// theirRow is a day that the worker wrote down.
type theirRow struct {
	ID        string // of its element
	Line      string
	Wrong     bool
	Withdrawn bool
	Printed   bool
	Undo      *page.Form // nil once it was withdrawn
	Slip      *page.Form // nil while it does not stand
	For       []forRow   // under each yes of the person's that lasts
}

// forRow is a page that can be made under such a yes.
type forRow struct {
	To   book.Text
	Form *page.Form
}

func (p *pages) theirs(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	f := page.NewForm(r, r.URL.Path)
	return p.showTheirs(w, r, v, http.StatusOK, f.Set("day", attending.DayOf(p.site.Clock.Now(), page.FrameOf(r).TZ)))
}

func (p *pages) showTheirs(w http.ResponseWriter, r *http.Request, v visit.Visitor, status int, form *page.Form) error {
	b, err := theirs.BookOf(r)
	if err != nil {
		return err
	}
	name, all, err := p.Attending.Theirs(r.Context(), v.Subject, b)
	if err != nil {
		return err
	}
	standing, err := p.Outside.Standing(r.Context(), v.Subject, b)
	if err != nil {
		return err
	}
	f, now, path := page.FrameOf(r), p.site.Clock.Now(), people+b.String()
	d := theirsPage{Called: name.Show(), Form: form, Back: path}
	for i := range backChoices {
		t := clock.Of(now.Std().In(zone(f.TZ)).AddDate(0, 0, -i))
		d.Days = append(d.Days, page.Choice{Value: attending.DayOf(t, zone(f.TZ)), Text: f.Words().Day(t, now, f.TZ)})
	}
	for _, n := range lengths {
		d.Long = append(d.Long, page.Choice{Value: strconv.Itoa(n), Text: f.Words().T("days.minutes", "Count", n*attending.Unit)})
	}
	for _, c := range attending.Codes() {
		d.Codes = append(d.Codes, page.Choice{Value: string(c), Words: codeWords[c]})
	}
	for _, a := range all {
		row := theirRow{ID: "d-" + a.ID.String(), Line: Line(r, a), Wrong: a.WrongAt != 0, Withdrawn: a.WithdrawnAt != 0, Printed: a.PrintedAt != 0}
		if !row.Withdrawn {
			row.Undo = page.NewForm(r, path+"/days/"+a.ID.String()+"/away")
		}
		if a.Stands() {
			row.Slip = page.NewForm(r, path+"/days/"+a.ID.String()+"/paper")
			for _, l := range standing {
				row.For = append(row.For, forRow{l.To, page.NewForm(r, path+"/days/"+a.ID.String()+"/for/"+l.ID.String())})
			}
		}
		d.Rows = append(d.Rows, row)
	}
	return p.site.Page(w, r, status, "days/theirs", d)
}

// zone is a time zone, where none is UTC.
func zone(tz *time.Location) *time.Location {
	if tz == nil {
		return time.UTC
	}
	return tz
}

func (p *pages) write(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	b, err := theirs.BookOf(r)
	if err != nil {
		return err
	}
	form := page.Posted(r)
	m := attending.Meeting{Day: form.Value("day"), Code: attending.Code(form.Value("code"))}
	if m.Entry, err = form.EntryID(); err != nil {
		return err
	}
	if m.Day > attending.DayOf(p.site.Clock.Now(), zone(page.FrameOf(r).TZ)) { // a day that is still to come is none of those on the page
		m.Day = ""
	}
	m.Units, _ = strconv.Atoi(form.Value("units")) // what is no number is none
	err = p.Attending.Write(r.Context(), v.Subject, b, m)
	if form.Refused(err) {
		return p.showTheirs(w, r, v, http.StatusUnprocessableEntity, form)
	}
	if err != nil {
		return err
	}
	page.Say(w, r, "days.said_kept")
	return p.site.Go(w, r, people+b.String()+"/days")
}

// attendedOf reads the day of a path.
func attendedOf(r *http.Request) (id.Attended, error) {
	a, err := id.Parse[id.Attended](r.PathValue("attended"))
	return a, errs.As("days: one", errs.NotOpen, err)
}

// both reads the book and the day of a path.
func both(r *http.Request) (b id.Book, a id.Attended, err error) {
	if b, err = theirs.BookOf(r); err == nil {
		a, err = attendedOf(r)
	}
	return b, a, err
}

func (p *pages) withdraw(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	b, a, err := both(r)
	if err == nil {
		err = p.Attending.Withdraw(r.Context(), v.Subject, b, a)
	}
	if err != nil {
		return err
	}
	page.Say(w, r, "days.said_withdrawn")
	return p.site.Go(w, r, people+b.String()+"/days")
}

// print writes down that a slip is printed, before it is shown.
func (p *pages) print(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	b, a, err := both(r)
	if err == nil {
		err = p.Attending.Printed(r.Context(), v.Subject, b, a)
	}
	if err != nil {
		return err
	}
	return p.site.Go(w, r, people+b.String()+"/days/"+a.String()+"/paper")
}

// slipPage is templates/days/paper.html.
type slipPage struct {
	Called string
	Line   string
	Place  string // who says so
	By     string // the worker
	Title  string // their own title
	When   page.Moment
	Back   string
}

func (p *pages) slip(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	b, which, err := both(r)
	if err != nil {
		return err
	}
	name, all, err := p.Attending.Theirs(r.Context(), v.Subject, b)
	if err != nil {
		return err
	}
	for _, a := range all {
		if a.ID != which || !a.Stands() || a.PrintedAt == 0 {
			continue
		}
		by, err := p.Peers.Called(r.Context(), a.Worker)
		if err != nil {
			return err
		}
		return p.site.Page(w, r, http.StatusOK, "days/paper", slipPage{
			Called: name.Show(), Line: Line(r, a), Place: p.Community, By: choose.NameOf(r, by[a.Worker]), Title: by[a.Worker].Title,
			When: page.At(r, a.PrintedAt), Back: people + b.String() + "/days",
		})
	}
	return errs.New("days: slip", errs.NotOpen, "")
}

// minePage is templates/days/mine.html.
type minePage struct {
	Rows  []myRow
	Empty page.Empty
}

// myRow is a day on which the person was here.
type myRow struct {
	ID        string // of its element
	Line      string
	By        string
	Wrong     bool // they said so
	Withdrawn bool
	Printed   bool
	PrintedAt page.Moment
	Slip      string     // where they make a slip of it; empty while it does not stand
	Say       *page.Form // says that it is wrong, or that it is not; nil once it was withdrawn
}

func (p *pages) mine(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	if err := p.Around(r, v); err != nil {
		return err
	}
	all, err := p.Attending.Mine(r.Context(), v.Subject, v.Book)
	if err != nil {
		return err
	}
	var workers []id.Person
	for _, a := range all {
		workers = append(workers, a.Worker)
	}
	by, err := p.Peers.Called(r.Context(), workers...)
	if err != nil {
		return err
	}
	d := minePage{Empty: page.Empty{Drawing: "bench", Words: "days.none"}}
	for _, a := range all {
		row := myRow{
			ID: "d-" + a.ID.String(), Line: Line(r, a), By: choose.NameOf(r, by[a.Worker]), Wrong: a.WrongAt != 0, Withdrawn: a.WithdrawnAt != 0,
			Printed: a.PrintedAt != 0, PrintedAt: page.At(r, a.PrintedAt),
		}
		path := Path + "/" + a.ID.String()
		switch {
		case row.Withdrawn:
		case row.Wrong:
			row.Say = page.NewForm(r, path+"/right")
		default:
			row.Say, row.Slip = page.NewForm(r, path+"/wrong"), "/me/out/new?day="+a.ID.String()
		}
		d.Rows = append(d.Rows, row)
	}
	return p.site.Page(w, r, http.StatusOK, "days/mine", d)
}

func (p *pages) wrong(wrong bool) func(http.ResponseWriter, *http.Request, visit.Visitor) error {
	said := map[bool]string{true: "days.said_wrong", false: "days.said_right"}[wrong]
	return func(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
		a, err := attendedOf(r)
		if err == nil {
			err = p.Attending.Wrong(r.Context(), v.Subject, v.Book, a, wrong)
		}
		if err != nil {
			return err
		}
		page.Say(w, r, said)
		return p.site.Go(w, r, Path)
	}
}
