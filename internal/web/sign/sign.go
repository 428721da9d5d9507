// Package sign is the pages of giving by signing on paper: the sheet that a person prints, or the worker who walks with them; the desk, at which
// somebody else who works here enters it; and its photograph, for the person alone.
package sign

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"beside/internal/account/paper"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/media"
	"beside/internal/peer"
	"beside/internal/peer/signed"
	"beside/internal/web/choose"
	"beside/internal/web/give"
	"beside/internal/web/page"
	"beside/internal/web/theirs"
	"beside/internal/web/visit"
)

// Paths of the pages.
const (
	Mine   = "/me/papers" // and the id of a sheet
	Desk   = "/papers"    // where a sheet is entered
	people = "/worker/people/"
	enter  = Desk + "/signed"
	back   = Desk + "/back"
)

// Config is what the pages need.
type Config struct {
	Papers    *signed.Papers
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

// Mount mounts the pages.
func Mount(site *page.Site, c Config) {
	p := &pages{Config: c, site: site}
	site.Handle("POST "+choose.Home+"/{person}/paper", visit.Only(book.HatSelf, p.make))
	site.Handle("GET "+Mine+"/{signing}", visit.Only(book.HatSelf, p.mine))
	site.Handle("POST "+Mine+"/{signing}/away", visit.Only(book.HatSelf, p.throw))
	site.Handle("GET "+Mine+"/{signing}/photo", visit.Only(book.HatSelf, p.photo))
	site.Handle("GET "+people+"{book}/paper", visit.Only(book.HatWorker, p.ask))
	site.Handle("POST "+people+"{book}/paper", visit.Only(book.HatWorker, p.makeTheirs))
	site.Handle("GET "+people+"{book}/paper/{signing}", visit.Only(book.HatWorker, p.theirs))
	site.Handle("GET "+Desk, works(p.desk))
	site.Handle("POST "+Desk, works(p.look))
	site.HandleFile("POST "+enter, mayBring, media.MaxBytes, works(p.enter))
	site.Handle("POST "+back, works(p.back))
}

// mayBring reports whether somebody may bring a photograph: who works here.
func mayBring(r *http.Request) bool {
	v, in := visit.Of(r)
	return in && (v.Hat == book.HatWorker || v.Hat == book.HatTeam)
}

// works lets through who works here, in either hat.
func works(h visit.Handler) page.Handler {
	return visit.Any(func(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
		if !mayBring(r) {
			return errs.New("sign: works", errs.NotOpen, "")
		}
		return h(w, r, v)
	})
}

// Consent is what a sheet says, to be read aloud.
func Consent(r *http.Request, p signed.Paper, name string, now clock.Time) string {
	f := page.FrameOf(r)
	var list []string
	for _, s := range book.Givable() {
		if s == book.SectionName || slices.Contains(p.Sections, s) {
			list = append(list, f.Words().T(choose.SectionWords(s)))
		}
	}
	return f.Words().T("paper.consent", "Name", name, "Sections", strings.Join(list, ", "), "Day", f.Words().FullDate(p.Until-1, f.TZ))
}

// signingOf reads the sheet of a path.
func signingOf(r *http.Request) (id.Signing, error) {
	s, err := id.Parse[id.Signing](r.PathValue("signing"))
	return s, errs.As("sign: one", errs.NotOpen, err)
}

// sections reads the sections of a form.
func sections(f *page.Form) (all []book.Section) {
	for _, s := range f.Values("sections") {
		all = append(all, book.Section(s))
	}
	return all
}

// make prints a sheet for the owner, who chose on the page of a worker.
func (p *pages) make(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	worker, err := id.Parse[id.Person](r.PathValue("person"))
	if err != nil {
		return errs.As("sign: person", errs.NotOpen, err)
	}
	form := page.Posted(r)
	a := signed.Ask{Worker: worker, Sections: sections(form)}
	if a.Entry, err = form.EntryID(); err != nil {
		return err
	}
	until, err := strconv.ParseInt(form.Value("until"), 10, 64)
	if err != nil {
		return errs.New("sign: until", errs.Invalid, "errors.form_not_ours")
	}
	a.Until = clock.Time(until)
	s, err := p.Papers.Make(r.Context(), v.Subject, v.Book, a)
	if err != nil {
		return err
	}
	return p.site.Go(w, r, Mine+"/"+s.String())
}

// sheetPage is templates/sign/sheet.html.
type sheetPage struct {
	Says    string
	Name    book.Text // of who signs
	To      string    // who is given it
	Title   string    // their own title
	Former  string    // whose view ends with it
	Place   string
	Number  string
	Ends    page.Moment
	Waits   bool
	Part2   bool
	Back    string
	Away    *page.Form // throws it away; nil for a worker
	Entered page.Moment
	In      bool // it was entered
}

// inGroups writes a number as it stands on a sheet.
func inGroups(number string) string {
	if half := len(number) / 2; half > 0 {
		return number[:half] + " " + number[half:]
	}
	return number
}

func (p *pages) sheet(r *http.Request, s signed.Paper) (sheetPage, error) {
	profiles, err := p.Peers.Called(r.Context(), s.Worker)
	if err != nil {
		return sheetPage{}, err
	}
	now := p.site.Clock.Now()
	to := choose.NameOf(r, profiles[s.Worker])
	return sheetPage{
		Says: Consent(r, s, to, now), Name: s.Name, To: to, Title: profiles[s.Worker].Title, Place: p.Community, Number: inGroups(s.Number), Ends: page.At(r, s.EndsAt),
		Waits: s.Waits(now), Part2: p.Part2, Entered: page.At(r, s.EnteredAt), In: s.EnteredAt != 0,
	}, nil
}

func (p *pages) mine(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	id, err := signingOf(r)
	if err != nil {
		return err
	}
	s, err := p.Papers.One(r.Context(), v.Subject, v.Book, id)
	if err != nil {
		return err
	}
	d, err := p.sheet(r, s)
	if err != nil {
		return err
	}
	companions, err := p.Peers.Companions(r.Context(), v.Subject, v.Book)
	if err != nil {
		return err
	}
	var former []string
	for _, c := range companions {
		if c.Open && c.Profile.Person != s.Worker {
			former = append(former, choose.NameOf(r, c.Profile))
		}
	}
	d.Former, d.Back = strings.Join(former, ", "), "/me/sharing"
	if d.Waits {
		d.Away = page.NewForm(r, Mine+"/"+s.ID.String()+"/away")
	}
	if err := p.Around(r, v); err != nil {
		return err
	}
	return p.site.Page(w, r, http.StatusOK, "sign/sheet", d)
}

func (p *pages) throw(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	s, err := signingOf(r)
	if err == nil {
		err = p.Papers.Throw(r.Context(), v.Subject, v.Book, s)
	}
	if err != nil {
		return err
	}
	page.Say(w, r, "paper.said_away")
	return p.site.Go(w, r, "/me/sharing")
}

// photo shows a person the photograph of what they signed.
func (p *pages) photo(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	s, err := signingOf(r)
	if err != nil {
		return err
	}
	photo, err := p.Papers.Photo(r.Context(), v.Subject, v.Book, s)
	if err != nil {
		return err
	}
	return p.site.Photo(w, r, photo)
}

// askPage is templates/sign/ask.html.
type askPage struct {
	Called string
	Form   *page.Form
	Parts  []page.Choice
	Until  []page.Choice
	Back   string
}

var parts = []page.Choice{
	{Value: string(book.SectionWords), Words: "paper.part_words"}, {Value: string(book.SectionStrengths), Words: "paper.part_strengths"}, {Value: string(book.SectionGoals), Words: "paper.part_goals"},
	{Value: string(book.SectionCircle), Words: "circle.part"}, {Value: string(book.SectionPaths), Words: "paths.part"},
}

// terms are for how many months a sheet gives: longer than it can be entered.
var terms = slices.DeleteFunc(slices.Clone(give.Terms), func(c page.Choice) bool { return c.Value == "1" })

// ask is a worker asking what the person, who sits beside them, wants on the sheet. Nothing is ticked for anybody.
func (p *pages) ask(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	b, err := theirs.BookOf(r)
	if err != nil {
		return err
	}
	return p.showAsk(w, r, v, b, http.StatusOK, page.NewForm(r, people+b.String()+"/paper").Set("until", "3"))
}

func (p *pages) showAsk(w http.ResponseWriter, r *http.Request, v visit.Visitor, b id.Book, status int, form *page.Form) error {
	shared, err := p.Peers.Person(r.Context(), v.Subject, b)
	if err != nil {
		return err
	}
	return p.site.Page(w, r, status, "sign/ask", askPage{Called: shared.Name.Show(), Form: form, Parts: parts, Until: terms, Back: people + b.String()})
}

func (p *pages) makeTheirs(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	b, err := theirs.BookOf(r)
	if err != nil {
		return err
	}
	form := page.Posted(r)
	a := signed.Ask{Worker: v.Person, Sections: sections(form)}
	if a.Entry, err = form.EntryID(); err != nil {
		return err
	}
	if months, err := strconv.Atoi(form.Value("until")); err == nil && slices.ContainsFunc(terms, func(c page.Choice) bool { return c.Value == form.Value("until") }) {
		a.Until = give.MonthsFrom(p.site.Clock.Now(), months, page.FrameOf(r).TZ)
	}
	s, err := p.Papers.Make(r.Context(), v.Subject, b, a)
	if form.Refused(err) {
		return p.showAsk(w, r, v, b, http.StatusUnprocessableEntity, form)
	}
	if err != nil {
		return err
	}
	return p.site.Go(w, r, people+b.String()+"/paper/"+s.String())
}

func (p *pages) theirs(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	b, err := theirs.BookOf(r)
	if err != nil {
		return err
	}
	which, err := signingOf(r)
	if err != nil {
		return err
	}
	if _, err := p.Peers.Person(r.Context(), v.Subject, b); err != nil { // whose name stands on it: that is a look
		return err
	}
	s, err := p.Papers.One(r.Context(), v.Subject, b, which)
	if err != nil {
		return err
	}
	d, err := p.sheet(r, s)
	if err != nil {
		return err
	}
	d.Back = people + b.String()
	return p.site.Page(w, r, http.StatusOK, "sign/sheet", d)
}

// deskPage is templates/sign/desk.html.
type deskPage struct {
	Form *page.Form
	Back string
}

func (p *pages) desk(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	return p.showDesk(w, r, v, http.StatusOK, page.NewForm(r, Desk))
}

func home(v visit.Visitor) string {
	if v.Hat == book.HatTeam {
		return "/team"
	}
	return "/worker"
}

func (p *pages) showDesk(w http.ResponseWriter, r *http.Request, v visit.Visitor, status int, form *page.Form) error {
	form.Action = Desk
	return p.site.Page(w, r, status, "sign/desk", deskPage{Form: form, Back: home(v)})
}

// enterPage is templates/sign/enter.html.
type enterPage struct {
	Says string
	Name book.Text // as it stands on the sheet, and was typed
	Form *page.Form
	Days []page.Choice
	In   bool       // it was entered: then it can only be taken back
	Not  *page.Form // enters that they took it back before it counts; nil for one that was entered
}

// look shows the sheet that somebody typed the number of, in the answer itself: the number stands in no address.
func (p *pages) look(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	form := page.Posted(r)
	return p.showEnter(w, r, v, http.StatusOK, form)
}

func numberOf(f *page.Form) string { return paper.Read(f.Value("number"), signed.NumberSigns) }

func (p *pages) showEnter(w http.ResponseWriter, r *http.Request, v visit.Visitor, status int, form *page.Form) error {
	s, err := p.Papers.Look(r.Context(), v.Subject, numberOf(form), form.Text("name"))
	if form.Refused(err) {
		return p.showDesk(w, r, v, http.StatusUnprocessableEntity, form)
	}
	if err != nil {
		return err
	}
	profiles, err := p.Peers.Called(r.Context(), s.Worker)
	if err != nil {
		return err
	}
	if len(form.File()) > 0 && !slices.ContainsFunc(form.Mends(), func(m page.Mend) bool { return strings.HasSuffix(m.Href, "-photo") }) {
		var c errs.Check
		c.Add("photo", "paper.photo_again") // no browser lets a page keep a file
		form.Refused(c.Err("sign: enter"))
	}
	now, f := p.site.Clock.Now(), page.FrameOf(r)
	d := enterPage{Says: Consent(r, s, choose.NameOf(r, profiles[s.Worker]), now), Name: s.Name, Form: form, In: s.EnteredAt != 0}
	form.Action = enter
	if d.In {
		form.Action = back
	} else {
		d.Not = page.NewForm(r, back).Named("not").Set("number", form.Value("number")).Set("name", form.Value("name"))
	}
	for t := now; t >= s.MadeAt || dayOf(t, f.TZ) == dayOf(s.MadeAt, f.TZ); t = clock.Of(t.Std().In(f.TZ).AddDate(0, 0, -1)) { // it was not signed before it was printed
		d.Days = append(d.Days, page.Choice{Value: dayOf(t, f.TZ), Text: f.Words().Day(t, now, f.TZ)})
	}
	return p.site.Page(w, r, status, "sign/enter", d)
}

// dayOf is the day on the wall at a time.
func dayOf(t clock.Time, tz *time.Location) string { return t.Std().In(tz).Format(time.DateOnly) }

// open returns all that is still open of what whoever saw a sheet signed has to say.
func open(form *page.Form) error {
	var c errs.Check
	if form.Value("day") == "" {
		c.Add("day", "errors.choose_listed")
	}
	if !form.Ticked("saw") {
		c.Add("saw", "paper.saw_missing")
	}
	if len(form.File()) == 0 {
		c.Add("photo", "media.empty")
	}
	return c.Err("sign: enter")
}

// enter keeps what was signed.
func (p *pages) enter(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	form := page.Posted(r)
	e := signed.Entering{Number: numberOf(form), Name: form.Text("name"), Day: form.Value("day"), Photo: form.File()}
	err := open(form)
	if err == nil {
		err = p.Papers.Enter(r.Context(), v.Subject, e)
	}
	switch {
	case form.Refused(err):
		return p.showEnter(w, r, v, http.StatusUnprocessableEntity, form)
	case err != nil:
		return err
	}
	page.Say(w, r, "paper.said_entered")
	return p.site.Go(w, r, home(v))
}

// back keeps that it was taken back.
func (p *pages) back(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	form := page.Posted(r)
	err := p.Papers.Back(r.Context(), v.Subject, numberOf(form), form.Text("name"))
	if form.Refused(err) {
		return p.showDesk(w, r, v, http.StatusUnprocessableEntity, form)
	}
	if err != nil {
		return err
	}
	page.Say(w, r, "paper.said_back")
	return p.site.Go(w, r, home(v))
}
