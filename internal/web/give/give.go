// Package give is the pages on which a person gives something from their book to somebody of their own life, sees beforehand what
// that shows, and sees at any time what another sees; and, for who was given something, the list of people who gave it (what each
// gave is package theirs).
package give

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"beside/internal/account/handover"
	"beside/internal/account/known"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/community/narrowing"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/journey"
	"beside/internal/peer"
	"beside/internal/web/choose"
	"beside/internal/web/page"
	"beside/internal/web/rules"
	"beside/internal/web/theirs"
	"beside/internal/web/visit"
)

// Paths of the pages.
const (
	Path = "/me/give" // and the id of somebody who is near
	Mine = "/shared"  // what others gave the reader
	sees = "/me/sharing/{item}/see"
)

// Config is what the pages need.
type Config struct {
	Journey *journey.Journey
	Peers   *peer.Peers
	Known   *known.People
	Rules   *narrowing.Rules
	Part2   bool // 42 CFR part 2 is law here
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
	handle("GET "+Path+"/{known}", p.ask)
	handle("POST "+Path+"/{known}", p.answer)
	handle("GET "+sees, p.see)
	handle("GET "+Mine, p.list)
	theirs.Mount(site, c.Peers, c.Rules, Mine, book.HatSelf, c.Part2)
}

// SeePath is the page that shows what the recipient of a grant sees.
func SeePath(item id.Item) string { return strings.Replace(sees, "{item}", item.String(), 1) }

// askPage is templates/give/ask.html.
type askPage struct {
	Form     *page.Form
	Self     book.Text // what they call themselves
	Purposes []page.Choice
	Sections []page.Choice
	Singles  []page.Choice
	May      []page.Choice
	Until    []page.Choice
	Presets  []preset
	Stands   bool // something is given to them already
	Clashed  bool // what is given is not what the form showed, or the form gave something before
}

var (
	purposes = []page.Choice{
		{Value: string(book.PurposeNear), Words: "give.purpose_near"},
		{Value: string(book.PurposeHealth), Words: "give.purpose_health"},
	}
	sections = []page.Choice{
		{Value: string(book.SectionWords), Words: "choose.part_words"},
		{Value: string(book.SectionStrengths), Words: "choose.part_strengths"},
		{Value: string(book.SectionGoals), Words: "choose.part_goals"},
		{Value: string(book.SectionCircle), Words: "circle.home"},
		{Value: string(book.SectionPaths), Words: "paths.home"},
	}
	may = []page.Choice{
		{Value: "read", Words: "give.may_read", Hint: "give.may_read_hint"},
		{Value: "suggest", Words: "give.may_suggest", Hint: "give.may_suggest_hint"},
		{Value: "act", Words: "give.may_act", Hint: "give.may_act_hint"},
	}
	// Terms are for how many months something can be given.
	Terms = []page.Choice{
		{Value: "1", Words: "give.month_1"}, {Value: "3", Words: "give.month_3"}, {Value: "6", Words: "give.month_6"}, {Value: "12", Words: "give.month_12"},
	}
)

// ofKind are the words for one single thing.
var ofKind = map[book.Kind]string{book.KindStrength: "give.a_strength", book.KindGoal: "give.a_goal", book.KindStep: "give.a_step", book.KindCircle: "circle.single"}

// one finds the person of a path, who must have been known again.
func (p *pages) one(r *http.Request, v visit.Visitor) (known.Known, error) {
	k, err := id.Parse[id.Known](r.PathValue("known"))
	if err != nil {
		return known.Known{}, errs.As("give: known", errs.NotOpen, err)
	}
	who, err := p.Known.One(r.Context(), v.Session, k)
	if err == nil && who.ConfirmedAt == 0 {
		err = errs.New("give: known", errs.NotOpen, "")
	}
	return who, err
}

// stands finds what is given to somebody already.
func (p *pages) stands(ctx context.Context, v visit.Visitor, to id.Person) (*peer.Near, error) {
	list, err := p.Peers.Near(ctx, v.Subject, v.Book)
	for i := range list {
		if list[i].To == to {
			return &list[i], err
		}
	}
	return nil, err
}

func (p *pages) ask(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	who, err := p.one(r, v)
	if err != nil {
		return err
	}
	now, err := p.stands(r.Context(), v, who.Person)
	if err != nil {
		return err
	}
	f := formOf(r, who, now)
	for _, x := range presets {
		if x.Like == r.URL.Query().Get("like") {
			x.fill(f)
		}
	}
	return p.show(w, r, v, http.StatusOK, who, now, f, false)
}

// formOf is the form as it stands: with what is given now, or with nothing ticked. Nobody is given anything by a tick they did
// not make.
func formOf(r *http.Request, who known.Known, now *peer.Near) *page.Form {
	f := page.NewForm(r, r.URL.Path).Fill("label", who.Label).Set("may", "read")
	begin := presets[likely]
	if who.Are == known.Carer {
		begin = presets[caring]
	}
	f.Set("until", begin.until).Set("purpose", string(begin.purpose))
	if now == nil {
		return f
	}
	f.Fill("label", now.Label).Set("purpose", string(now.Purpose)).Set("base", now.Head.String()).Fill("event", now.Event)
	if f.Set("may", "suggest"); now.ReadOnly {
		f.Set("may", "read")
	} else if len(now.Acts) > 0 {
		f.Set("may", "act")
	}
	var secs, singles []string
	for _, s := range now.Sections {
		secs = append(secs, string(s))
	}
	for _, x := range now.Singles {
		singles = append(singles, x.String())
	}
	return f.Set("sections", secs...).Set("singles", singles...)
}

func (p *pages) show(w http.ResponseWriter, r *http.Request, v visit.Visitor, status int, who known.Known, now *peer.Near, f *page.Form, clashed bool) error {
	things, _, err := p.Journey.Single(r.Context(), journey.Me{Subject: v.Subject, Book: v.Book})
	if err != nil {
		return err
	}
	d := askPage{Form: f, Self: who.Self, Purposes: purposes, Sections: sections, May: may, Until: Terms, Presets: presets, Stands: now != nil, Clashed: clashed}
	for _, t := range things {
		d.Singles = append(d.Singles, page.Choice{Value: book.Single{Section: book.SectionOf(t.Kind), Item: t.Item}.String(), Own: t.Words, Hint: ofKind[t.Kind]})
	}
	return p.site.Page(w, r, status, "give/ask", d)
}

// sayPage is templates/give/say.html: what the yes gives, read aloud, and the very page its reader would see.
type sayPage struct {
	Sentence string
	Said     string    // by whom, when, and who shows it
	Self     book.Text // what they call themselves
	Form     *page.Form
	Hidden   []hidden
	After    theirs.Page
	Before   *theirs.Page // what they see today, nil for nothing
	Name     string
}

// hidden is an answer that the next form carries on.
type hidden struct{ Name, Value string }

// answer takes the three taps of the pages: "show me" leads to the preview, "change this" back to the questions, and "yes" gives.
func (p *pages) answer(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	who, err := p.one(r, v)
	if err != nil {
		return err
	}
	now, err := p.stands(r.Context(), v, who.Person)
	if err != nil {
		return err
	}
	form := page.Posted(r)
	g, base, err := p.giving(r, form, who)
	if form.Value("do") == "change" {
		return p.show(w, r, v, http.StatusOK, who, now, form, false)
	}
	if err == nil && form.Value("do") == "yes" {
		err = p.Peers.GiveNear(r.Context(), v.Subject, v.Book, g, base)
		if err == nil {
			page.Say(w, r, "give.said_given")
			return p.site.Go(w, r, "/me/sharing")
		}
	}
	var after peer.Shared
	if err == nil {
		after, err = p.Peers.WouldSee(r.Context(), v.Subject, v.Book, g, base)
	}
	if form.Refused(err) {
		return p.show(w, r, v, http.StatusUnprocessableEntity, who, now, form, false)
	}
	if errs.Is(err, errs.Changed) || errs.Is(err, errs.AlreadyKept) {
		if now, err = p.stands(r.Context(), v, who.Person); err != nil {
			return err
		}
		return p.show(w, r, v, http.StatusConflict, who, now, anew(r, form, now), true)
	}
	if err != nil {
		return err
	}
	return p.say(w, r, v, who.Self, g, after, now)
}

// anew is a form with the same answers that will be another yes, over what is given now.
func anew(r *http.Request, sent *page.Form, now *peer.Near) *page.Form {
	f := page.NewForm(r, r.URL.Path).Fill("label", sent.Text("label")).Fill("event", sent.Text("event"))
	for _, name := range []string{"purpose", "sections", "singles", "may", "until"} {
		f.Set(name, sent.Values(name)...)
	}
	if now != nil {
		f.Set("base", now.Head.String())
	}
	return f
}

func (p *pages) say(w http.ResponseWriter, r *http.Request, v visit.Visitor, self book.Text, g peer.Giving, after peer.Shared, now *peer.Near) error {
	at := p.site.Clock.Now()
	sent := page.Posted(r)
	d := sayPage{Sentence: Sentence(r, g.Label, g.Sections, g.Singles, g.ReadOnly, g.Acts, g.Purpose, g.Until, g.Event, at), Said: page.FrameOf(r).SaidBy(), Self: self, Form: sent, After: theirs.Of(r, after, at), Name: g.Label.Show()}
	for _, name := range []string{"label", "purpose", "sections", "singles", "may", "until", "event", "base"} {
		for _, value := range sent.Values(name) {
			d.Hidden = append(d.Hidden, hidden{name, value})
		}
	}
	d.Hidden = append(d.Hidden, hidden{"ends", strconv.FormatInt(int64(g.Until), 10)}) // as it is read aloud now, whenever the yes comes
	if now != nil {
		_, before, err := p.Peers.Sees(r.Context(), v.Subject, v.Book, now.Item)
		if err != nil {
			return err
		}
		was := theirs.Of(r, before, at)
		was.Key, d.Before = "before-", &was
	}
	return p.site.Page(w, r, http.StatusOK, "give/say", d)
}

// giving reads the form. What is in no list of ours is refused by the law of the book.
func (p *pages) giving(r *http.Request, f *page.Form, who known.Known) (g peer.Giving, base id.Entry, err error) {
	if g.Entry, err = f.EntryID(); err != nil {
		return g, base, err
	}
	if f.Value("base") != "" {
		if base, err = id.Parse[id.Entry](f.Value("base")); err != nil {
			return g, base, errs.New("give: base", errs.Invalid, "errors.form_not_ours")
		}
	}
	level := f.Value("may")
	g.To, g.Label, g.Purpose, g.ReadOnly = who.Person, f.Text("label"), book.Purpose(f.Value("purpose")), level != "suggest" && level != "act"
	for _, s := range f.Values("sections") {
		g.Sections = append(g.Sections, book.Section(s))
		if level == "act" && book.ActableIn(book.Section(s)) {
			g.Acts = append(g.Acts, book.Section(s))
		}
	}
	g.ReadOnly = g.ReadOnly || !slices.ContainsFunc(g.Sections, takes) // nothing is read aloud that they could not do
	for _, value := range f.Values("singles") {
		x, err := book.ParseSingle(value)
		if err != nil {
			return g, base, errs.New("give: single", errs.Invalid, "errors.form_not_ours")
		}
		if !slices.Contains(g.Singles, x) {
			g.Singles = append(g.Singles, x)
		}
	}
	g.Event = f.Text("event")
	g.Until, err = UntilOf(r, f, p.site.Clock.Now())
	if err == nil && f.Value("do") != "change" {
		var c errs.Check
		handover.CheckName(&c, "label", g.Label)
		if len(g.Sections)+len(g.Singles) == 0 {
			c.Add("sections", "give.nothing_chosen")
		}
		if level == "act" && len(g.Acts) == 0 {
			c.Add("may", "give.act_where")
		}
		err = c.Err("give: giving")
	}
	return g, base, err
}

// takes reports whether anything can be suggested in a section.
func takes(s book.Section) bool { return slices.ContainsFunc(book.KindsIn(s), book.Suggestable) }

// UntilOf is the end of a form as it was read aloud, or so many months from now, at the end of that day where the reader is. It returns
// Invalid with the field "until" for what is not among [Terms].
func UntilOf(r *http.Request, f *page.Form, now clock.Time) (clock.Time, error) {
	if ends, err := strconv.ParseInt(f.Value("ends"), 10, 64); err == nil {
		return clock.Time(ends), nil
	}
	months, err := strconv.Atoi(f.Value("until"))
	if err != nil || !slices.ContainsFunc(Terms, func(c page.Choice) bool { return c.Value == f.Value("until") }) {
		var c errs.Check
		c.Add("until", "errors.choose_listed")
		return 0, c.Err("give: until")
	}
	return MonthsFrom(now, months, page.FrameOf(r).TZ), nil
}

// MonthsFrom returns the end of the day some months after now, never after [book.MaxGrant].
func MonthsFrom(now clock.Time, months int, tz *time.Location) clock.Time {
	t := now.Std().In(tz)
	for back := 0; ; back++ {
		if end := clock.Of(time.Date(t.Year(), t.Month()+time.Month(months), t.Day()+1-back, 0, 0, 0, 0, tz)); end <= now+book.MaxGrant {
			return end
		}
	}
}

// Sentence is a grant to somebody near as a sentence one can read aloud: who, what, how, why, and until when.
func Sentence(r *http.Request, label book.Text, secs []book.Section, singles []book.Single, readOnly bool, acts []book.Section, why book.Purpose, until clock.Time, event book.Text, now clock.Time) string {
	f := page.FrameOf(r)
	list := []string{f.Words().T(choose.SectionWords(book.SectionName))}
	for _, s := range book.Givable()[1:] {
		if slices.Contains(secs, s) {
			list = append(list, f.Words().T(choose.SectionWords(s)))
		}
	}
	if len(singles) > 0 {
		list = append(list, f.Words().T("give.some_things", "Count", len(singles)))
	}
	key := "give.sentence_suggest"
	switch {
	case readOnly:
		key = "give.sentence_read"
	case len(acts) > 0:
		key = "give.sentence_act"
	}
	return f.Words().T(key, "Name", label.Show(), "Sections", strings.Join(list, ", "), "Why", f.Words().T(whyWords[why]), "Day", f.Words().Day(until-1, now, f.TZ)) + OrWhen(r, event)
}

// OrWhen is the sentence that says what ends a grant before its last day, after a space; empty for nothing.
func OrWhen(r *http.Request, event book.Text) string { return choose.OrWhen(r, event) }

var whyWords = map[book.Purpose]string{book.PurposeNear: "give.why_near", book.PurposeHealth: "give.why_health"}

// seePage is templates/give/see.html.
type seePage struct {
	Page  theirs.Page
	Name  string       // who sees it, as the owner calls them
	Open  bool         // they see something now
	Ruled []rules.Line // what rules of the centre close to them of it
}

// see shows the owner the page that the recipient of a grant sees now.
func (p *pages) see(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	item, err := id.Parse[id.Item](r.PathValue("item"))
	if err != nil {
		return errs.As("give: see", errs.NotOpen, err)
	}
	to, shared, err := p.Peers.Sees(r.Context(), v.Subject, v.Book, item)
	if err != nil {
		return err
	}
	if to.To != book.ToOne && to.Recipient.IsZero() {
		return p.site.Page(w, r, http.StatusOK, "give/see", seePage{Name: page.FrameOf(r).Words().T("roles.everybody")})
	}
	d := seePage{Page: theirs.Of(r, shared, p.site.Clock.Now()), Name: to.Label.Show(), Open: len(shared.Sections)+len(shared.Single) > 0}
	if to.As == book.HatReviewer {
		d.Name = page.FrameOf(r).Words().T("review.reviewer")
	}
	if to.As == book.HatWorker {
		profiles, err := p.Peers.Called(r.Context(), to.Recipient)
		if err != nil {
			return err
		}
		d.Name = choose.NameOf(r, profiles[to.Recipient])
		closed, err := p.Rules.Over(r.Context(), to.Recipient)
		if err != nil {
			return err
		}
		if d.Open {
			d.Ruled = rules.They(r, d.Name, closed, to.Sections, to.Acts)
		}
	}
	return p.site.Page(w, r, http.StatusOK, "give/see", d)
}

// listPage is templates/give/list.html.
type listPage struct {
	People []giver
	Empty  page.Empty
}

// giver is somebody who gave the reader something.
type giver struct {
	Href string
	Name book.Text
	Died bool
}

// list is who gave the reader something. Each look at a name is written down for its owner.
func (p *pages) list(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	people, err := p.Peers.People(r.Context(), v.Subject, page.FrameOf(r).Words().Tag())
	if err != nil {
		return err
	}
	died, err := p.Peers.Died(r.Context(), people)
	if err != nil {
		return err
	}
	d := listPage{Empty: page.Empty{Drawing: "bench", Words: "theirs.nobody"}}
	for _, x := range people {
		d.People = append(d.People, giver{Href: Mine + "/" + x.Book.String(), Name: x.Name, Died: died[x.Book] != 0})
	}
	return p.site.Page(w, r, http.StatusOK, "give/list", d)
}
