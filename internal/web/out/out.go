// Package out is the pages on which a person gives something out of their book to somebody outside Beside, and on which they read
// what has left it. They see what leaves, to the byte, before they say yes (package outside keeps the law of it); here it is put
// together.
package out

import (
	"context"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"beside/internal/attending"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/journey"
	"beside/internal/legal"
	"beside/internal/outside"
	"beside/internal/peer"
	"beside/internal/web/choose"
	"beside/internal/web/days"
	weblegal "beside/internal/web/legal"
	"beside/internal/web/page"
	"beside/internal/web/visit"
)

// Paths of the pages.
const (
	Path = "/me/out" // what has left the book
	New  = Path + "/new"
	one  = Path + "/{paper}"
)

// yesWithin is how long after it was shown a page can be said yes to: its date stands on it.
const yesWithin = clock.Day

// Config is what the pages need.
type Config struct {
	Journey   *journey.Journey
	Outside   *outside.Outside
	Legal     *legal.Legal
	Attending *attending.Attending
	Peers     *peer.Peers
	Community string // its name
	Part2     bool   // 42 CFR part 2 is law here
	// Around dresses a page of one's own book.
	Around func(*http.Request, visit.Visitor) error
}

type pages struct {
	Config
	site *page.Site
}

// Mount mounts the pages. All of them are open to somebody in their own hat only.
func Mount(site *page.Site, c Config) {
	p := &pages{Config: c, site: site}
	handle := func(pattern string, h func(http.ResponseWriter, *http.Request, visit.Visitor) error) {
		site.Handle(pattern, visit.Only(book.HatSelf, func(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
			if err := p.Around(r, v); err != nil {
				return err
			}
			return h(w, r, v)
		}))
	}
	handle("GET "+Path, p.list)
	handle("GET "+New, p.ask)
	handle("POST "+New, p.answer)
	handle("GET "+one, p.one)
	handle("GET "+one+"/file", p.file)
	handle("POST "+one+"/back", p.back)
	p.mountLast(handle)
}

// askPage is templates/out/ask.html.
type askPage struct {
	Form    *page.Form
	Things  []page.Choice
	Days    []page.Choice
	Ways    []page.Choice
	Clashed bool // what was chosen is not what the book says now, or the form gave something before
}

var ways = []page.Choice{
	{Value: string(outside.Page), Words: "out.as_page", Hint: "out.as_page_hint"},
	{Value: string(outside.Message), Words: "out.as_message", Hint: "out.as_message_hint"},
}

// kindWords say what a single thing is.
var kindWords = map[book.Kind]string{book.KindWords: "out.a_words", book.KindStrength: "out.a_strength", book.KindGoal: "out.a_goal", book.KindStep: "out.a_step", book.KindCircle: "circle.single"}

// sheetWords say it to who reads the page.
var sheetWords = map[book.Kind]string{book.KindWords: "out.my_words", book.KindStrength: "out.my_strength", book.KindGoal: "out.my_goal", book.KindStep: "out.my_step", book.KindCircle: "circle.in"}

// countWords say how many things of a kind there are.
var countWords = map[book.Kind]string{book.KindWords: "out.some_words", book.KindStrength: "out.some_strengths", book.KindGoal: "out.some_goals", book.KindStep: "out.some_steps", book.KindCircle: "circle.some"}

// thing is something of the book that can be given.
type thing struct {
	Item  id.Item
	kind  book.Kind
	Words book.Text
	State string // catalogue key, such as for a goal that was reached; may be empty
}

// Kind is a catalogue key.
func (t thing) Kind() string { return sheetWords[t.kind] }

// things are all that can be given by itself: what matters to the person, live strengths, goals and steps, as the book says now.
func (p *pages) things(ctx context.Context, v visit.Visitor) (all []thing, err error) {
	me := journey.Me{Subject: v.Subject, Book: v.Book}
	words, err := p.Journey.Words(ctx, me)
	if err != nil {
		return nil, err
	}
	if !words.Mine.Words.Blank() {
		all = append(all, thing{Item: words.Item, kind: book.KindWords, Words: words.Mine.Words})
	}
	g, err := p.Journey.Goals(ctx, me)
	if err != nil {
		return nil, err
	}
	for _, s := range g.Strengths.Live {
		all = append(all, thing{Item: s.Item, kind: book.KindStrength, Words: s.Words})
	}
	c, err := p.Journey.Circle(ctx, me)
	if err != nil {
		return nil, err
	}
	for _, x := range c.Live {
		all = append(all, thing{Item: x.Item, kind: book.KindCircle, Words: x.Words})
	}
	for _, x := range g.Live {
		t := thing{Item: x.Item, kind: book.KindGoal, Words: x.Words}
		if x.Reached {
			t.State = "out.reached"
		}
		all = append(all, t)
		for _, s := range x.Steps {
			t := thing{Item: s.Item, kind: book.KindStep, Words: s.Words}
			if s.Done {
				t.State = "out.done"
			}
			all = append(all, t)
		}
	}
	return all, nil
}

// days are the days on which the person was here that stand, the newest first.
func (p *pages) days(r *http.Request, v visit.Visitor) ([]attending.Attended, error) {
	all, err := p.Attending.Mine(r.Context(), v.Subject, v.Book)
	return slices.DeleteFunc(all, func(a attending.Attended) bool { return !a.Stands() }), err
}

func (p *pages) ask(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	a, err := p.Journey.Around(r.Context(), journey.Me{Subject: v.Subject, Book: v.Book})
	if err != nil {
		return err
	}
	f := page.NewForm(r, New).Fill("name", a.Name).Set("as", string(outside.Page))
	if day, err := id.Parse[id.Attended](r.URL.Query().Get("day")); err == nil { // which they chose on the page before
		f.Set("days", day.String())
	}
	return p.show(w, r, v, http.StatusOK, f, false)
}

func (p *pages) show(w http.ResponseWriter, r *http.Request, v visit.Visitor, status int, f *page.Form, clashed bool) error {
	all, err := p.things(r.Context(), v)
	if err != nil {
		return err
	}
	d := askPage{Form: f, Ways: ways, Clashed: clashed}
	for _, t := range all {
		d.Things = append(d.Things, page.Choice{Value: t.Item.String(), Own: t.Words, Hint: kindWords[t.kind]})
	}
	here, err := p.days(r, v)
	if err != nil {
		return err
	}
	for _, a := range here {
		d.Days = append(d.Days, page.Choice{Value: a.ID.String(), Text: days.Line(r, a)})
	}
	return p.site.Page(w, r, status, "out/ask", d)
}

// carried are the answers that the form of the preview carries on.
var carried = []string{"name", "to", "why", "letter", "things", "days", "as"}

// hidden is such an answer.
type hidden struct{ Name, Value string }

// sayPage is templates/out/say.html: what the yes is to, to the byte.
type sayPage struct {
	Sentence string
	Form     *page.Form
	Hidden   []hidden
	Sheet    Shown
}

// answer takes the three taps of the pages: "show me" leads to the preview, "change this" back to the questions, and "yes" gives.
func (p *pages) answer(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	form := page.Posted(r)
	if form.Value("do") == "change" {
		return p.show(w, r, v, http.StatusOK, form, false)
	}
	made, seen, err := p.seen(form)
	var a asked
	if err == nil {
		a, err = p.put(r, v, form, made)
	}
	if err == nil && form.Value("do") == "yes" {
		var paper id.Paper
		if paper, err = p.Outside.Give(r.Context(), v.Subject, v.Book, a.Asked, seen); err == nil {
			page.Say(w, r, "out.said_given")
			return p.site.Go(w, r, Path+"/"+paper.String())
		}
	}
	if form.Refused(err) {
		return p.show(w, r, v, http.StatusUnprocessableEntity, form, false)
	}
	if errs.Is(err, errs.Changed) || errs.Is(err, errs.AlreadyKept) {
		return p.show(w, r, v, http.StatusConflict, anew(r, New, carried, form), true)
	}
	if err != nil {
		return err
	}
	d := sayPage{Sentence: a.sentence, Form: form, Sheet: Show(r, a.Way, a.Parts)}
	for _, name := range carried {
		for _, value := range form.Values(name) {
			d.Hidden = append(d.Hidden, hidden{name, value})
		}
	}
	d.Hidden = append(d.Hidden, hidden{"made", strconv.FormatInt(int64(made), 10)}, hidden{"seen", outside.See(a.Parts).String()})
	return p.site.Page(w, r, http.StatusOK, "out/say", d)
}

// seen is when what a yes is to was shown, and the hash of it; of any other tap it is now, and none.
func (p *pages) seen(f *page.Form) (made clock.Time, seen outside.Seen, err error) {
	now := p.site.Clock.Now()
	if f.Value("do") != "yes" {
		return now, seen, nil
	}
	n, err := strconv.ParseInt(f.Value("made"), 10, 64)
	if err != nil {
		return 0, seen, errs.New("out: made", errs.Invalid, "errors.form_not_ours")
	}
	if made = clock.Time(n); made > now || made < now-yesWithin {
		return 0, seen, errs.New("out: made", errs.Changed, "out.clashed")
	}
	seen, err = outside.ParseSeen(f.Value("seen"))
	return made, seen, err
}

// anew is a form with the same answers that will be another yes.
func anew(r *http.Request, path string, answers []string, sent *page.Form) *page.Form {
	f := page.NewForm(r, path)
	for _, name := range answers {
		f.Set(name, sent.Values(name)...)
	}
	return f
}

// asked is what somebody chose, put together.
type asked struct {
	outside.Asked
	sentence string
}

// put puts together what leaves: of the same answers, the same book, and the same time it is always the same bytes. It returns
// Changed when something chosen is not in the book any more, and what [outside.Asked.Check] does.
func (p *pages) put(r *http.Request, v visit.Visitor, f *page.Form, made clock.Time) (a asked, err error) {
	if a.Entry, err = f.EntryID(); err != nil {
		return a, err
	}
	a.Way, a.Name, a.To, a.Why, a.Letter = outside.Way(f.Value("as")), f.Text("name"), f.Text("to"), f.Text("why"), f.Text("letter")
	all, err := p.things(r.Context(), v)
	if err != nil {
		return a, err
	}
	wanted := slices.Compact(slices.Sorted(slices.Values(f.Values("things"))))
	all = slices.DeleteFunc(all, func(t thing) bool { return !slices.Contains(wanted, t.Item.String()) })
	if len(all) != len(wanted) {
		return a, errs.New("out: things", errs.Changed, "out.clashed")
	}
	here, err := p.days(r, v)
	if err != nil {
		return a, err
	}
	chosen := slices.Compact(slices.Sorted(slices.Values(f.Values("days"))))
	here = slices.DeleteFunc(here, func(x attending.Attended) bool { return !slices.Contains(chosen, x.ID.String()) })
	if a.Days = len(here); a.Days != len(chosen) {
		return a, errs.New("out: days", errs.Changed, "out.clashed")
	}
	var kinds []book.Kind
	for _, t := range all {
		kinds = append(kinds, t.kind)
	}
	what := What(r, !a.Letter.Blank(), a.Days, kinds)
	say := page.FrameOf(r).Words()
	a.sentence = say.T("out.sentence", "To", a.To.Show(), "What", what, "Why", a.Why.Show())
	s := sheet{
		Name: a.Name, To: a.To, Why: a.Why, Letter: a.Letter, Things: all, Made: page.At(r, made), Part2: p.Part2,
		Record: say.T("out.sheet_record", "Community", p.Community),
		Agreed: say.T("out.agreed_to", "To", a.To.Show(), "What", what, "Why", a.Why.Show(), "Community", p.Community, "Day", say.FullDate(made, page.FrameOf(r).TZ)),
	}
	for _, x := range slices.Backward(here) {
		s.Days = append(s.Days, days.Line(r, x))
	}
	if a.Parts, err = p.parts(r, a.Way, s); err != nil {
		return a, err
	}
	return a, a.Check()
}

// What says what leaves or left: a letter, how many days, and how many things of which kind.
func What(r *http.Request, letter bool, days int, kinds []book.Kind) string {
	say := page.FrameOf(r).Words()
	var list []string
	if letter {
		list = append(list, say.T("out.some_letter"))
	}
	if days > 0 {
		list = append(list, say.T("out.some_days", "Count", days))
	}
	for _, k := range []book.Kind{book.KindWords, book.KindStrength, book.KindGoal, book.KindStep, book.KindCircle} {
		n := 0
		for _, x := range kinds {
			if x == k {
				n++
			}
		}
		if n > 0 {
			list = append(list, say.T(countWords[k], "Count", n))
		}
	}
	return strings.Join(list, ", ")
}

// listPage is templates/out/list.html.
type listPage struct {
	Rows    []listRow
	Lasts   []lastRow
	Court   []weblegal.Left // by order of a court
	Reports []weblegal.Reported
	Empty   page.Empty
}

// listRow is something that left.
type listRow struct {
	Href string
	To   book.Text
	What string
	As   string // catalogue key
	When page.Moment
	Back bool   // the yes was taken back
	By   string // who made it under a yes that lasts, "" for the person
}

var asWords = map[outside.Way]string{outside.Page: "out.was_page", outside.Message: "out.was_message", "": "out.gone"}

func (p *pages) list(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	all, err := p.Outside.List(r.Context(), v.Subject, v.Book)
	if err != nil {
		return err
	}
	by, err := p.by(r, all...)
	if err != nil {
		return err
	}
	d := listPage{Empty: page.Empty{Drawing: "book", Words: "out.none"}}
	if d.Lasts, err = p.lastRows(r, v); err != nil {
		return err
	}
	ordered, err := p.Legal.Mine(r.Context(), v.Subject, v.Book)
	if err != nil {
		return err
	}
	if d.Reports, err = p.reported(r, v); err != nil {
		return err
	}
	for _, h := range ordered {
		d.Court = append(d.Court, weblegal.LeftOf(r, h))
	}
	for _, l := range all {
		d.Rows = append(d.Rows, listRow{Href: Path + "/" + l.ID.String(), To: l.To, What: What(r, l.Letter, l.Days, l.What), As: asWords[l.Way], When: page.At(r, l.GivenAt), Back: l.BackAt != 0, By: by(l)})
	}
	return p.site.Page(w, r, http.StatusOK, "out/list", d)
}

// reported is what somebody had to report about the person.
func (p *pages) reported(r *http.Request, v visit.Visitor) ([]weblegal.Reported, error) {
	all, err := p.Legal.ReportsOfMe(r.Context(), v.Subject, v.Book)
	if err != nil {
		return nil, err
	}
	var who []id.Person
	for _, x := range all {
		who = append(who, x.Member)
	}
	by, err := p.Peers.Called(r.Context(), who...)
	return weblegal.ReportedOf(r, all, func(x id.Person) string { return choose.NameOf(r, by[x]) }), err
}

// onePage is templates/out/one.html.
type onePage struct {
	To, Why book.Text
	What    string
	When    page.Moment
	By      string // who made it under a yes that lasts, "" for the person
	Sheet   Shown
	Open    bool         // it can still be printed, taken and sent
	Message bool         // it is a text
	Back    *page.Form   // nil when it was taken back
	BackAt  page.Moment  // when it was not
	Gone    bool         // something in it was erased
	File    string       // where the file is
	SMS     template.URL // the text in a text message without a number
	Mail    template.URL // and in an e-mail without an address
}

// found finds what a path names.
func (p *pages) found(r *http.Request, v visit.Visitor) (outside.Left, error) {
	paper, err := id.Parse[id.Paper](r.PathValue("paper"))
	if err != nil {
		return outside.Left{}, errs.As("out: one", errs.NotOpen, err)
	}
	return p.Outside.One(r.Context(), v.Subject, v.Book, paper)
}

func (p *pages) one(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	l, err := p.found(r, v)
	if err != nil {
		return err
	}
	by, err := p.by(r, l)
	if err != nil {
		return err
	}
	path := Path + "/" + l.ID.String()
	d := onePage{
		By: by(l), To: l.To, Why: l.Why, What: What(r, l.Letter, l.Days, l.What), When: page.At(r, l.GivenAt), Sheet: Show(r, l.Way, l.Parts),
		Open: l.Whole && l.BackAt == 0, Message: l.Way == outside.Message, Gone: !l.Whole, File: path + "/file",
	}
	if d.Back = page.NewForm(r, path+"/back"); l.BackAt != 0 {
		d.Back, d.BackAt = nil, page.At(r, l.BackAt)
	}
	if d.Open && d.Message {
		body := strings.ReplaceAll(template.URLQueryEscaper(string(outside.Whole(l.Parts))), "+", "%20")
		d.SMS, d.Mail = template.URL("sms:?&body="+body), template.URL("mailto:?body="+strings.ReplaceAll(body, "%0A", "%0D%0A")) //nolint:gosec // all but our own beginning is escaped; the lines of an e-mail end as RFC 6068, 5 says
	}
	return p.site.Page(w, r, http.StatusOK, "out/one", d)
}

// file sends the very bytes as a file, while nothing of them was erased and the yes stands.
func (p *pages) file(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	l, err := p.found(r, v)
	if err == nil && (!l.Whole || l.BackAt != 0) {
		err = errs.New("out: file", errs.NotOpen, "")
	}
	if err != nil {
		return err
	}
	kind, ending := "text/html; charset=utf-8", ".html"
	if l.Way == outside.Message {
		kind, ending = "text/plain; charset=utf-8", ".txt"
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", `attachment; filename="`+p.site.Nameless()+ending+`"`)
	_, err = w.Write(outside.Whole(l.Parts))
	return err
}

func (p *pages) back(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	l, err := p.found(r, v)
	if err == nil {
		err = p.Outside.TakeBack(r.Context(), v.Subject, v.Book, l.ID)
	}
	if err != nil {
		return err
	}
	page.Say(w, r, "out.said_back")
	return p.site.Go(w, r, Path+"/"+l.ID.String())
}
