package out

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"beside/internal/attending"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/journey"
	"beside/internal/outside"
	"beside/internal/web/choose"
	"beside/internal/web/days"
	"beside/internal/web/give"
	"beside/internal/web/page"
	"beside/internal/web/theirs"
	"beside/internal/web/visit"
)

// Last is the path on which a person says a yes that lasts.
const Last = Path + "/lasting"

// lastPage is templates/out/last.html.
type lastPage struct {
	Form    *page.Form
	Until   []page.Choice
	Clashed bool // the form said another yes before
}

// lastSayPage is templates/out/last_say.html.
type lastSayPage struct {
	Sentence string
	Form     *page.Form
	Hidden   []hidden
	Sheet    Shown // of a day like today
}

func (p *pages) askLast(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	a, err := p.Journey.Around(r.Context(), journey.Me{Subject: v.Subject, Book: v.Book})
	if err != nil {
		return err
	}
	return p.showLast(w, r, http.StatusOK, page.NewForm(r, Last).Fill("name", a.Name).Set("until", "3"), false)
}

func (p *pages) showLast(w http.ResponseWriter, r *http.Request, status int, f *page.Form, clashed bool) error {
	return p.site.Page(w, r, status, "out/last", lastPage{f, give.Terms, clashed})
}

// lastCarried are the answers that the form of the preview carries on.
var lastCarried = []string{"name", "to", "why", "until"}

// answerLast takes the three taps, as [pages.answer] does.
func (p *pages) answerLast(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	form := page.Posted(r)
	entry, err := form.EntryID()
	if err != nil {
		return err
	}
	if form.Value("do") == "change" {
		return p.showLast(w, r, http.StatusOK, form, false)
	}
	now := p.site.Clock.Now()
	l := outside.Lasting{Name: form.Text("name"), To: form.Text("to"), Why: form.Text("why"), Until: p.until(r, form), GivenAt: now}
	if err = l.Check(now); err == nil && form.Value("do") == "yes" {
		if err = p.Outside.Last(r.Context(), v.Subject, v.Book, entry, l); err == nil {
			page.Say(w, r, "out.said_lasting")
			return p.site.Go(w, r, Path)
		}
	}
	if form.Refused(err) {
		return p.showLast(w, r, http.StatusUnprocessableEntity, form, false)
	}
	if errs.Is(err, errs.AlreadyKept) {
		return p.showLast(w, r, http.StatusConflict, anew(r, Last, lastCarried, form), true)
	}
	if err != nil {
		return err
	}
	example := attending.Attended{Day: attending.DayOf(now, zone(r)), Units: 60 / attending.Unit, Code: attending.Met}
	parts, err := p.parts(r, outside.Page, p.lastSheet(r, l, example, now))
	if err != nil {
		return err
	}
	d := lastSayPage{Sentence: Lasts(r, l), Form: form, Sheet: Show(r, outside.Page, parts)}
	for _, name := range lastCarried {
		d.Hidden = append(d.Hidden, hidden{name, form.Value(name)})
	}
	d.Hidden = append(d.Hidden, hidden{"ends", strconv.FormatInt(int64(l.Until), 10)}) // as it is read aloud now, whenever the yes comes
	return p.site.Page(w, r, http.StatusOK, "out/last_say", d)
}

func zone(r *http.Request) *time.Location {
	if tz := page.FrameOf(r).TZ; tz != nil {
		return tz
	}
	return time.UTC
}

// until is the end as it was read aloud, or so many months from now. What is no answer of ours is no time, which is refused.
func (p *pages) until(r *http.Request, f *page.Form) clock.Time {
	if ends, err := strconv.ParseInt(f.Value("ends"), 10, 64); err == nil {
		return clock.Time(ends)
	}
	months, err := strconv.Atoi(f.Value("until"))
	if err != nil || !slices.ContainsFunc(give.Terms, func(c page.Choice) bool { return c.Value == f.Value("until") }) {
		return 0
	}
	return give.MonthsFrom(p.site.Clock.Now(), months, zone(r))
}

// Lasts is a yes that lasts as a sentence one can read aloud.
func Lasts(r *http.Request, l outside.Lasting) string {
	f := page.FrameOf(r)
	return f.Words().T("out.lasting_sentence", "To", l.To.Show(), "Why", l.Why.Show(), "Day", f.Words().FullDate(l.Until-1, f.TZ))
}

// lastSheet is the page that says that somebody was here on one day, and nothing else.
func (p *pages) lastSheet(r *http.Request, l outside.Lasting, a attending.Attended, made clock.Time) sheet {
	f := page.FrameOf(r)
	return sheet{
		Name: l.Name, To: l.To, Why: l.Why, Made: page.At(r, made), Days: []string{days.Line(r, a)}, Part2: p.Part2,
		Record: f.Words().T("out.sheet_record", "Community", p.Community),
		Agreed: f.Words().T("out.agreed_lasting", "To", l.To.Show(), "Why", l.Why.Show(), "Community", p.Community,
			"Day", f.Words().FullDate(l.GivenAt, f.TZ), "Until", f.Words().FullDate(l.Until-1, f.TZ)),
	}
}

func (p *pages) endLast(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	l, err := id.Parse[id.Lasting](r.PathValue("lasting"))
	if err != nil {
		return errs.As("out: lasting", errs.NotOpen, err)
	}
	if err := p.Outside.EndLasting(r.Context(), v.Subject, v.Book, l); err != nil {
		return err
	}
	page.Say(w, r, "out.said_back")
	return p.site.Go(w, r, Path)
}

// lastRow is a yes that lasts, or lasted.
type lastRow struct {
	ID       string // of its element
	Sentence string
	Since    page.Moment
	Back     *page.Form // nil when it does not stand
	BackAt   page.Moment
	WasBack  bool
}

func (p *pages) lastRows(r *http.Request, v visit.Visitor) (rows []lastRow, err error) {
	all, err := p.Outside.Lastings(r.Context(), v.Subject, v.Book)
	for _, l := range all {
		row := lastRow{ID: "l-" + l.ID.String(), Sentence: Lasts(r, l), Since: page.At(r, l.GivenAt), BackAt: page.At(r, l.BackAt), WasBack: l.BackAt != 0}
		if l.Open(p.site.Clock.Now()) {
			row.Back = page.NewForm(r, Last+"/"+l.ID.String()+"/back")
		}
		rows = append(rows, row)
	}
	return rows, err
}

// under is a worker making the page of one day under a yes that stands.
func (p *pages) under(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	b, err := theirs.BookOf(r)
	if err != nil {
		return err
	}
	day, err := id.Parse[id.Attended](r.PathValue("attended"))
	if err != nil {
		return errs.As("out: under", errs.NotOpen, err)
	}
	yes, err := id.Parse[id.Lasting](r.PathValue("lasting"))
	if err != nil {
		return errs.As("out: under", errs.NotOpen, err)
	}
	entry, err := page.Posted(r).EntryID()
	if err != nil {
		return err
	}
	a, err := p.underOf(r, v, b, day, yes)
	if err != nil {
		return err
	}
	a.Entry = entry
	paper, err := p.Outside.Under(r.Context(), v.Subject, b, yes, a)
	if errs.Is(err, errs.AlreadyKept) { // the same form, on another day: what it made stands
		err = nil
	}
	if err != nil {
		return err
	}
	return p.site.Go(w, r, "/worker/people/"+b.String()+"/out/"+paper.String())
}

// underOf puts the page together. It returns NotOpen when the day or the yes does not stand.
func (p *pages) underOf(r *http.Request, v visit.Visitor, b id.Book, day id.Attended, yes id.Lasting) (a outside.Asked, err error) {
	_, written, err := p.Attending.Theirs(r.Context(), v.Subject, b)
	if err != nil {
		return a, err
	}
	standing, err := p.Outside.Standing(r.Context(), v.Subject, b)
	if err != nil {
		return a, err
	}
	for _, l := range standing {
		for _, x := range written {
			if l.ID != yes || x.ID != day || !x.Stands() {
				continue
			}
			a = outside.Asked{Way: outside.Page, Name: l.Name, To: l.To, Why: l.Why, Days: 1, Of: day}
			a.Parts, err = p.parts(r, outside.Page, p.lastSheet(r, l, x, p.site.Clock.Now()))
			return a, err
		}
	}
	return a, errs.New("out: under", errs.NotOpen, "")
}

// madePage is templates/out/made.html.
type madePage struct {
	Called string
	Sheet  Shown
	Back   string
}

// made shows a worker the page that they made.
func (p *pages) made(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	b, err := theirs.BookOf(r)
	if err != nil {
		return err
	}
	paper, err := id.Parse[id.Paper](r.PathValue("paper"))
	if err != nil {
		return errs.As("out: made", errs.NotOpen, err)
	}
	l, err := p.Outside.Made(r.Context(), v.Subject, b, paper)
	if err != nil {
		return err
	}
	if l.BackAt != 0 {
		return errs.New("out: made", errs.NotOpen, "")
	}
	name, _, err := p.Attending.Theirs(r.Context(), v.Subject, b) // a look, which its owner sees
	if err != nil {
		return err
	}
	return p.site.Page(w, r, http.StatusOK, "out/made", madePage{name.Show(), Show(r, l.Way, l.Parts), "/worker/people/" + b.String() + "/days"})
}

// by finds what those are called who made something under a yes; nobody is the person, and "".
func (p *pages) by(r *http.Request, all ...outside.Left) (func(outside.Left) string, error) {
	var workers []id.Person
	for _, l := range all {
		if !l.Worker.IsZero() {
			workers = append(workers, l.Worker)
		}
	}
	found, err := p.Peers.Called(r.Context(), workers...)
	return func(l outside.Left) string {
		if l.Worker.IsZero() {
			return ""
		}
		return choose.NameOf(r, found[l.Worker])
	}, err
}

// mountLast mounts the pages of a yes that lasts.
func (p *pages) mountLast(mine func(string, func(http.ResponseWriter, *http.Request, visit.Visitor) error)) {
	mine("GET "+Last, p.askLast)
	mine("POST "+Last, p.answerLast)
	mine("POST "+Last+"/{lasting}/back", p.endLast)
	p.site.Handle("POST /worker/people/{book}/days/{attended}/for/{lasting}", visit.Only(book.HatWorker, p.under))
	p.site.Handle("GET /worker/people/{book}/out/{paper}", visit.Only(book.HatWorker, p.made))
}
