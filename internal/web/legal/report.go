package legal

import (
	"net/http"
	"strings"

	"beside/internal/attending"
	"beside/internal/book"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/legal"
	"beside/internal/web/days"
	"beside/internal/web/page"
	"beside/internal/web/theirs"
	"beside/internal/web/visit"
)

const reportPath = "/worker/people/{book}/report"

type reports struct {
	legal *legal.Legal
	site  *page.Site
}

// MountReports mounts the page on which a worker writes down that they had to report something about somebody with whom they walk.
func MountReports(site *page.Site, l *legal.Legal) {
	p := &reports{l, site}
	site.Handle("GET "+reportPath, visit.Only(book.HatWorker, p.theirs))
	site.Handle("POST "+reportPath, visit.Only(book.HatWorker, p.write))
}

// reportPage is templates/legal/report.html.
type reportPage struct {
	Called string
	Form   *page.Form
	Rows   []reportRow
	Back   string
}

// reportRow is a report of the worker's own, with what was added to it.
type reportRow struct {
	Reported
	Told   bool
	Add    *page.Form
	Untold string // until when the person is not told, empty when they are
}

// Reported is what somebody had to report, as the part "reported" shows it.
type Reported struct {
	ID       string // of its element
	Duty, To book.Text
	Day      string
	Words    book.Text
	Why      book.Text // why telling was put off; blank when it was not
	When     page.Moment
	By       string // "" on the worker's own page
	Added    []Reported

	id id.Entry
}

// ReportedOf are reports, each with what was added to it; by says who wrote each down.
func ReportedOf(r *http.Request, all []legal.Reported, by func(id.Person) string) (out []Reported) {
	var added []legal.Reported
	row := func(x legal.Reported) Reported {
		return Reported{
			ID: "r-" + x.ID.String(), Duty: x.Duty, To: x.To, Day: days.Day(r, x.Day), Words: x.Words, Why: x.Why, When: page.At(r, x.At), By: by(x.Member), id: x.ID,
		}
	}
	for _, x := range all {
		if x.Of.IsZero() {
			out = append(out, row(x))
		} else {
			added = append(added, x)
		}
	}
	for _, x := range added {
		for i := range out {
			if out[i].id == x.Of {
				out[i].Added = append(out[i].Added, row(x))
			}
		}
	}
	return out
}

func (p *reports) theirs(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	return p.show(w, r, v, http.StatusOK, page.NewForm(r, r.URL.Path).Set("day", attending.DayOf(p.site.Clock.Now(), zone(r))))
}

// show shows the reports of a worker's own, and the form for another. form is what was just sent and could not be taken, or a new one.
func (p *reports) show(w http.ResponseWriter, r *http.Request, v visit.Visitor, status int, form *page.Form) error {
	b, err := theirs.BookOf(r)
	if err != nil {
		return err
	}
	name, all, err := p.legal.ReportsBy(r.Context(), v.Subject, b)
	if err != nil {
		return err
	}
	path := "/worker/people/" + b.String()
	d := reportPage{Called: name.Show(), Form: form, Back: path}
	untold := map[id.Entry]legal.Reported{}
	for _, x := range all {
		untold[x.ID] = x
	}
	for _, x := range ReportedOf(r, all, func(id.Person) string { return "" }) {
		row := reportRow{Reported: x, Add: page.NewForm(r, path+"/report").Named(x.ID).Set("of", x.id.String())}
		if u := untold[x.id].Untold; u > p.site.Clock.Now() {
			row.Untold = days.Day(r, attending.DayOf(u-1, zone(r)))
		}
		if form.Value("of") == x.id.String() { // what was typed and could not be taken stands where it was typed
			row.Add = form.Named(x.ID)
			d.Form = page.NewForm(r, path+"/report").Set("day", attending.DayOf(p.site.Clock.Now(), zone(r)))
		}
		d.Rows = append(d.Rows, row)
	}
	return p.site.Page(w, r, status, "legal/report", d)
}

func (p *reports) write(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	b, err := theirs.BookOf(r)
	if err != nil {
		return err
	}
	f := page.Posted(r)
	x := legal.Report{Duty: f.Text("duty"), To: f.Text("to"), Day: strings.TrimSpace(f.Value("day")), Words: f.Text("words"), Why: f.Text("why")}
	if x.Entry, err = f.EntryID(); err != nil {
		return err
	}
	if of := f.Value("of"); of != "" {
		if x.Of, err = id.Parse[id.Entry](of); err != nil {
			return errs.As("legal: report", errs.NotOpen, err)
		}
		x.Day = attending.DayOf(p.site.Clock.Now(), zone(r))
	}
	if strings.TrimSpace(f.Value("untold")) != "" {
		x.Untold = dayAfter(r, f.Value("untold"))
	}
	err = p.legal.Report(r.Context(), v.Subject, b, x)
	if f.Refused(err) {
		return p.show(w, r, v, http.StatusUnprocessableEntity, f)
	}
	if err != nil {
		return err
	}
	page.Say(w, r, "report.said")
	return p.site.Go(w, r, "/worker/people/"+b.String()+"/report")
}
