package me

import (
	"net/http"
	"strconv"

	"beside/internal/asking"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/web/page"
	"beside/internal/web/visit"
)

// whyPage is templates/me/why.html.
type whyPage struct {
	Name   string
	Parts  []string // catalogue keys of sections
	When   page.Moment
	Remind int // days after which the reader is reminded
	Team   int // days after which the centre team is told
	Form   *page.Form
	Back   string
}

// whyRow is a question about a look, with what came of it.
type whyRow struct {
	Words      book.Text // may be blank
	When       page.Moment
	Answer     book.Text // blank while there is none
	AnsweredAt page.Moment
	State      string // of one that is not answered, in words
}

const lookedPath = "/me/looked"

// askable says beside each line of looks what was asked about it, and whether it can be asked.
func (p *Pages) askable(r *http.Request, v visit.Visitor, days []lookedDay) error {
	var looks []id.Look
	var readers []grant.Subject
	for _, d := range days {
		for _, l := range d.Looks {
			looks, readers = append(looks, l.looks...), append(readers, grant.Subject{Person: l.reader, Hat: l.hat})
		}
	}
	if len(looks) == 0 {
		return nil
	}
	asked, err := p.asking.Questions(r.Context(), v.Subject, v.Book, looks...)
	if err != nil {
		return err
	}
	here, err := p.asking.Here(r.Context(), readers...)
	if err != nil {
		return err
	}
	for _, d := range days {
		for i := range d.Looks {
			d.Looks[i].about(r, asked, here, p.site.Clock.Now())
		}
	}
	return nil
}

// about fills in what was asked about a line. While a question is open there is nothing more to ask.
func (l *lookedRow) about(r *http.Request, asked map[id.Look]asking.Question, here map[grant.Subject]bool, now clock.Time) {
	newest, waits := false, false
	for i, look := range l.looks {
		q, is := asked[look]
		if !is {
			continue
		}
		newest, waits = newest || i == 0, waits || q.AnsweredAt == 0 && q.Line.Here
		l.Asked = append(l.Asked, whyRow{Words: q.Words, When: page.At(r, q.AskedAt), Answer: q.Answer, AnsweredAt: page.At(r, q.AnsweredAt), State: stateOf(r, q, l.Name, now)})
	}
	switch is := here[grant.Subject{Person: l.reader, Hat: l.hat}]; {
	case !asking.Owes(l.hat), l.why == book.PurposeOrder: // a court said why
	case !is:
		l.Gone = len(l.Asked) == 0
	case !newest && !waits:
		l.Ask = whyPath(l.looks[0]) + "?since=" + strconv.FormatInt(int64(l.first), 10)
	}
}

func whyPath(look id.Look) string { return lookedPath + "/" + look.String() + "/why" }

// stateOf says honestly where a question stands that is not answered.
func stateOf(r *http.Request, q asking.Question, name string, now clock.Time) string {
	f := page.FrameOf(r)
	switch {
	case q.AnsweredAt != 0:
		return ""
	case !q.Line.Here:
		return f.Words().T("why.gone")
	case q.LateAt != 0 && q.Told:
		return f.Words().T("why.late", "Name", name)
	case q.LateAt != 0:
		return f.Words().T("why.late_alone")
	}
	return f.Words().T("why.open", "Name", name, "Day", f.Words().Day(q.AskedAt+asking.TeamAfter, now, f.TZ))
}

// lookOf reads the look of a path, and from when on those in one line with it are meant.
func lookOf(r *http.Request, since string) (id.Look, clock.Time, error) {
	look, err := id.Parse[id.Look](r.PathValue("look"))
	if err != nil {
		return look, 0, errs.New("me: look", errs.NotOpen, "")
	}
	at, err := strconv.ParseInt(since, 10, 64)
	if err != nil {
		at = 0 // that look alone
	}
	return look, clock.Time(at), nil
}

func (p *Pages) askWhy(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	form := page.NewForm(r, r.URL.Path).Set("since", r.URL.Query().Get("since"))
	return p.showWhy(w, r, v, http.StatusOK, form)
}

func (p *Pages) showWhy(w http.ResponseWriter, r *http.Request, v visit.Visitor, status int, form *page.Form) error {
	look, since, err := lookOf(r, form.Value("since"))
	if err != nil {
		return err
	}
	l, err := p.asking.Line(r.Context(), v.Subject, v.Book, look, since)
	if err != nil {
		return err
	}
	a, err := p.journey.Around(r.Context(), owner(v))
	if err != nil {
		return err
	}
	around(r, a)
	profiles, err := p.peers.Called(r.Context(), l.Reader)
	if err != nil {
		return err
	}
	return p.site.Page(w, r, status, "me/why", whyPage{
		Name: readerName(r, profiles[l.Reader], l.Hat), Parts: parts(func(s book.Section) string { return sawWords[s] }, l.Sections), When: page.At(r, l.At),
		Remind: int(asking.RemindAfter / clock.Day), Team: int(asking.TeamAfter / clock.Day), Form: form, Back: lookedPath,
	})
}

func (p *Pages) keepWhy(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	form := page.Posted(r)
	entry, err := form.EntryID()
	if err != nil {
		return err
	}
	look, since, err := lookOf(r, form.Value("since"))
	if err != nil {
		return err
	}
	err = p.asking.Ask(r.Context(), v.Subject, v.Book, asking.Query{Entry: entry, Look: look, Since: since, Words: form.Text("words")})
	if form.Refused(err) {
		return p.showWhy(w, r, v, http.StatusUnprocessableEntity, form)
	}
	if err != nil {
		return err
	}
	page.Say(w, r, "why.said_asked")
	return p.site.Go(w, r, lookedPath)
}
