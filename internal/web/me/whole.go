package me

import (
	"cmp"
	"encoding/base64"
	"html/template"
	"io"
	"net/http"
	"slices"
	"strings"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/id"
	"beside/internal/journey"
	"beside/internal/keeper"
	"beside/internal/web/choose"
	"beside/internal/web/days"
	"beside/internal/web/give"
	weblegal "beside/internal/web/legal"
	"beside/internal/web/near"
	"beside/internal/web/out"
	"beside/internal/web/page"
	"beside/internal/web/role"
	"beside/internal/web/sign"
	"beside/internal/web/visit"
	"beside/internal/web/ways"
)

// whole is a file under way with everything that somebody has here, made so that it can be read on an old telephone without
// us: one page without script, which asks nobody for anything. Its parts are in templates/me/whole.html, each written and
// forgotten before the next is read.
type whole struct {
	p    *Pages
	r    *http.Request
	v    visit.Visitor
	to   io.Writer
	name func(...id.Person) (func(id.Person) string, error)
}

// Whole writes everything a person has here into one page to be read, with the copy that proves it at its end, which proofs
// writes ([keeper.Within]). Errors are those of the practice, and of to; what was written before is then not whole.
func (p *Pages) Whole(r *http.Request, v visit.Visitor, to io.Writer, proofs func(io.Writer) error) error {
	w := &whole{p: p, r: r, v: v, to: to, name: func(people ...id.Person) (func(id.Person) string, error) { return p.called(r, people...) }}
	for _, part := range []func() error{w.begin, w.words, w.strengths, w.goals, w.circle, w.paths, w.worries, w.made, w.suggested, w.shared, w.looked, w.left, w.days, w.reach, w.people, w.timeline} {
		if err := part(); err != nil {
			return err
		}
	}
	if err := w.part("proofs", checking); err != nil {
		return err
	}
	if _, err := io.WriteString(to, "\n"+keeper.WithinBegins+"\n"); err != nil {
		return err
	}
	if err := proofs(keeper.Within(to)); err != nil {
		return err
	}
	_, err := io.WriteString(to, keeper.WithinEnds+"\n</body>\n</html>\n")
	return err
}

// checking is the command that checks the file.
const checking = "beside verify --export FILE --key KEY"

func (w *whole) part(name string, data any) error {
	return w.p.site.Part(w.to, w.r, "me/whole", "whole-"+name, data)
}

func (w *whole) at(t clock.Time) page.Moment { return page.At(w.r, t) }

// say returns words of the house.
func (w *whole) say(key string, args ...any) string { return page.FrameOf(w.r).Words().T(key, args...) }

// on is a day with its year: what is kept for long cannot say "last Tuesday".
func (w *whole) on(t clock.Time) string {
	f := page.FrameOf(w.r)
	return f.Words().FullDate(t, f.TZ)
}

// wholeBegin is the beginning of the file.
type wholeBegin struct {
	Style template.CSS
	Name  book.Text
	Made  page.Moment
	Parts []wholePart
}

// wholePart is a line of the list of contents.
type wholePart struct{ ID, Words string }

// wholeParts are the parts of the file in their order.
var wholeParts = []wholePart{
	{"words", "me.what_matters"}, {"strengths", "me.my_strengths"}, {"goals", "me.my_goals"}, {"circle", "circle.home"}, {"paths", "paths.home"}, {"worries", "world.whole"}, {"made", "made.list"}, {"suggested", "whole.suggested"},
	{"shared", "me.what_i_share"}, {"looked", "me.who_looked"}, {"left", "out.list"}, {"days", "days.mine"}, {"reach", "reach.list"}, {"people", "whole.people"},
	{"timeline", "me.my_timeline"}, {"checked", "whole.proofs"},
}

func (w *whole) begin() error {
	a, err := w.p.journey.Around(w.r.Context(), owner(w.v))
	if err != nil {
		return err
	}
	style := template.CSS(w.p.site.Assets.Text("whole.css")) //nolint:gosec // it is our own style sheet
	return w.part("begin", wholeBegin{Style: style, Name: a.Name, Made: w.at(w.p.site.Clock.Now()), Parts: wholeParts})
}

// wholeWords is something in the person's own words, and when it was written.
type wholeWords struct {
	Words book.Text
	When  page.Moment
}

// wholeMatters is what matters to the person, with what they wrote before.
type wholeMatters struct {
	Now     *wholeWords // nil when nothing was ever written
	Earlier []wholeWords
}

func (w *whole) words() error {
	all, err := w.p.journey.Words(w.r.Context(), owner(w.v))
	if err != nil {
		return err
	}
	var d wholeMatters
	if !all.Head.IsZero() {
		d.Now = &wholeWords{all.Mine.Words, w.at(all.KeptAt)}
	}
	for _, m := range all.Earlier {
		d.Earlier = append(d.Earlier, wholeWords{m.Words, w.at(m.KeptAt)})
	}
	return w.part("words", d)
}

// wholeStrengths are all strengths.
type wholeStrengths struct {
	Domains []domain
	Away    []book.Text
}

func (w *whole) strengths() error {
	s, err := w.p.journey.Strengths(w.r.Context(), owner(w.v))
	if err != nil {
		return err
	}
	var d wholeStrengths
	if d.Domains, err = w.p.domains(w.r, s.Live); err != nil {
		return err
	}
	for _, x := range s.Away {
		d.Away = append(d.Away, x.Words)
	}
	return w.part("strengths", d)
}

// wholeCircle is the circle, and what was put away of it.
type wholeCircle struct {
	Groups []circleGroup
	Away   []circleRow
}

func (w *whole) circle() error {
	c, err := w.p.journey.Circle(w.r.Context(), owner(w.v))
	if err != nil {
		return err
	}
	var d wholeCircle
	if d.Groups, err = w.p.circleGroups(w.r, c.Live); err != nil {
		return err
	}
	for _, x := range c.Away {
		d.Away = append(d.Away, newCircleRow(x))
	}
	return w.part("circle", d)
}

// wholePaths are the paths, and what was put away of them.
type wholePaths struct {
	Groups []pathGroup
	Away   []pathGroup
	None   bool
}

func (w *whole) paths() error {
	p, err := w.p.journey.Paths(w.r.Context(), owner(w.v))
	if err != nil {
		return err
	}
	return w.part("paths", wholePaths{Groups: pathGroups(p.Live), Away: pathGroups(p.Away), None: len(p.Live)+len(p.Away) == 0})
}

// wholeGoal is one goal with its steps.
type wholeGoal struct {
	Words   book.Text
	Since   page.Moment
	Reached bool
	Away    bool
	By      string
	For     string // who wrote it for the person
	On      []book.Text
	Steps   []wholeStep
	In      string // catalogue key, empty when not said
	Helps   book.Text
	Learned book.Text
	Why     book.Text // why it was put away
}

// wholeStep is one small step.
type wholeStep struct {
	Words      book.Text
	By, For    string
	Done, Away bool
}

func (w *whole) goals() error {
	g, err := w.p.journey.Goals(w.r.Context(), owner(w.v))
	if err != nil {
		return err
	}
	all := slices.Concat(g.Live, g.Away)
	var people []id.Person
	for _, x := range all {
		people = append(people, x.NamedBy, x.Mine.By)
		for _, s := range x.Steps {
			people = append(people, s.NamedBy, s.By)
		}
	}
	for _, s := range g.AwaySteps {
		people = append(people, s.NamedBy, s.By)
	}
	by, err := w.by(people)
	if err != nil {
		return err
	}
	if err := w.part("goals", len(all) == 0); err != nil {
		return err
	}
	away := map[id.Item][]journey.Step{}
	for _, s := range g.AwaySteps {
		away[s.Goal] = append(away[s.Goal], s)
	}
	for _, x := range all {
		d := wholeGoal{Words: x.Words, Since: w.at(x.KeptAt), Reached: x.Reached, Away: x.Away, By: by(x.NamedBy), For: by(x.Mine.By),
			In: page.DomainWords(x.Domain), Helps: x.Helps, Learned: x.Learned, Why: x.Aside}
		for _, it := range x.BuildsOn {
			if s, err := g.Strengths.Find(it); err == nil {
				d.On = append(d.On, s.Words)
			}
		}
		for _, s := range slices.Concat(x.Steps, away[x.Item]) {
			d.Steps = append(d.Steps, wholeStep{Words: s.Words, By: by(s.NamedBy), For: by(s.By), Done: s.Done, Away: s.Away})
		}
		if err := w.part("goal", d); err != nil {
			return err
		}
	}
	return w.part("end", nil)
}

// wholeWorry is a worry, with the part of life it stands in.
type wholeWorry struct {
	Words book.Text
	In    string // catalogue key, empty when not said
	Since page.Moment
	Away  bool
}

func (w *whole) worries() error {
	all, err := w.p.journey.World(w.r.Context(), owner(w.v))
	if err != nil {
		return err
	}
	var rows []wholeWorry
	for _, x := range append(all.Parts, all.Open) {
		for _, n := range slices.Concat(x.Notes, x.Away) {
			rows = append(rows, wholeWorry{n.Words, page.DomainWords(n.Domain), w.at(n.KeptAt), n.Away})
		}
	}
	return w.part("worries", rows)
}

// by finds what those are called who named something; nobody is the person's own idea, and "".
func (w *whole) by(people []id.Person) (func(id.Person) string, error) {
	name, err := w.name(slices.DeleteFunc(people, id.Person.IsZero)...)
	return func(who id.Person) string {
		if who.IsZero() {
			return ""
		}
		return name(who)
	}, err
}

// wholeSuggested is something that somebody suggested, with what the person said to it.
type wholeSuggested struct {
	page.Slip
	State    string // catalogue key
	Answered page.Moment
	Open     bool // it was never answered
}

var stateWords = map[book.SuggestionState]string{
	book.Waiting: "whole.waits", book.Accepted: "me.was_yes", book.Changed: "me.was_change", book.Later: "me.was_later", book.Declined: "me.was_no",
}

func (w *whole) suggested() error {
	all, err := w.p.journey.Suggestions(w.r.Context(), owner(w.v))
	if err != nil {
		return err
	}
	profiles, err := w.p.profiles(w.r, all...)
	if err != nil {
		return err
	}
	if err := w.part("suggested", len(all) == 0); err != nil {
		return err
	}
	for _, s := range all {
		d := wholeSuggested{Slip: slip(w.r, profiles, s), State: stateWords[s.State], Answered: w.at(s.AnsweredAt), Open: s.State == book.Waiting}
		if s.Tomorrow {
			d.State = "me.was_tomorrow"
		}
		if err := w.part("suggestion", d); err != nil {
			return err
		}
	}
	return w.part("end", nil)
}

// wholeShared is what the person shares and shared, as sentences.
type wholeShared struct{ Now, Before []string }

// forWords say what something was given for.
var forWords = map[book.Purpose]string{
	book.PurposeWalking: "whole.for_walking", book.PurposeNear: "give.why_near", book.PurposeHealth: "give.why_health", book.PurposeReview: "whole.for_review",
	book.PurposeRole: "roles.why", book.PurposeWorkers: "roles.why",
}

func (w *whole) shared() error {
	all, err := w.p.journey.Shared(w.r.Context(), owner(w.v))
	if err != nil {
		return err
	}
	var people []id.Person
	for _, s := range all {
		if s.To == book.ToOne {
			people = append(people, s.Recipient)
		}
	}
	name, err := w.name(people...)
	if err != nil {
		return err
	}
	var d wholeShared
	now := w.p.site.Clock.Now()
	for _, s := range all {
		called := s.Label.Show()
		if s.To != book.ToOne {
			called = role.Called(w.r, s.Label)
		} else if s.Label.Blank() {
			called = name(s.Recipient)
		}
		if s.As == book.HatReviewer {
			called = w.say("review.reviewer")
		}
		if s.Over(now) {
			d.Before = append(d.Before, w.sentence(s, called, [3]string{"whole.saw", "whole.saw_suggest", "whole.saw_act"}, cmp.Or(s.TakenBack, s.Until-1)))
		} else {
			d.Now = append(d.Now, w.sentence(s, called, [3]string{"whole.sees", "whole.sees_suggest", "whole.sees_act"}, s.Until-1))
		}
	}
	if err := w.part("shared", d); err != nil {
		return err
	}
	return w.signed()
}

// wholeSigned is something that the person signed on paper.
type wholeSigned struct {
	Sentence, Says string
	Photo          template.URL // the photograph itself; empty where it was erased
}

// signed writes what was signed on paper, each with its photograph.
func (w *whole) signed() error {
	list, err := w.p.papers.Mine(w.r.Context(), w.v.Subject, w.v.Book)
	if err != nil {
		return err
	}
	for _, x := range list {
		if x.EnteredAt == 0 {
			continue
		}
		name, err := w.name(x.Worker)
		if err != nil {
			return err
		}
		on, err := w.p.onPaper(w.r, w.v, x)
		if err != nil {
			return err
		}
		photo, err := w.p.photograph(w.r.Context(), w.v, x)
		if err != nil {
			return err
		}
		if on == nil {
			continue
		}
		d := wholeSigned{Sentence: sign.Consent(w.r, x, name(x.Worker), w.p.site.Clock.Now()), Says: on.Says}
		if photo != nil {
			d.Photo = template.URL("data:image/jpeg;base64," + base64.StdEncoding.EncodeToString(photo)) //nolint:gosec // a picture that we drew
		}
		if err := w.part("signed", d); err != nil {
			return err
		}
	}
	return w.part("end", nil)
}

// sentence says what was given to somebody: may are the catalogue keys for who may only read, for who may also suggest, and for
// who may also write for the person.
func (w *whole) sentence(s journey.Shared, name string, may [3]string, until clock.Time) string {
	var list []string
	for _, sec := range book.Givable() {
		if sec == book.SectionName || slices.Contains(s.Sections, sec) {
			list = append(list, w.say(choose.SectionWords(sec)))
		}
	}
	if n := len(s.Singles); n > 0 {
		list = append(list, w.say("give.some_things", "Count", n))
	}
	key := may[1]
	switch {
	case s.ReadOnly:
		key = may[0]
	case len(s.Acts) > 0:
		key = may[2]
	}
	sentence := w.say(key, "Name", name, "Sections", strings.Join(list, ", "), "Since", w.on(s.Since), "Until", w.on(until))
	if why := forWords[s.Purpose]; why != "" {
		sentence += " " + w.say(why)
	}
	if s.Came {
		return sentence + " " + w.say("give.came_on", "Event", s.Event.Show())
	}
	sentence += give.OrWhen(w.r, s.Event)
	return sentence
}

func (w *whole) looked() error {
	if err := w.part("looked", nil); err != nil {
		return err
	}
	for before, first := clock.Time(0), true; ; first = false {
		looks, older, err := w.p.journey.Looks(w.r.Context(), owner(w.v), before)
		if err != nil {
			return err
		}
		days, err := w.p.lookedDays(w.r, looks)
		if err != nil {
			return err
		}
		if err := w.p.askable(w.r, w.v, days); err != nil {
			return err
		}
		if err := w.part("looks", wholeLooks{days, first && len(days) == 0}); err != nil {
			return err
		}
		if before = older; older == 0 {
			return w.part("end", nil)
		}
	}
}

// wholeLooks are some of the looks.
type wholeLooks struct {
	Days []lookedDay
	None bool // there never was one
}

// wholeLeft is something that the person gave to somebody outside.
type wholeLeft struct {
	To           book.Text
	What         string
	When, BackAt page.Moment
	Back         bool
	Sheet        out.Shown
}

func (w *whole) left() error {
	ordered, err := w.p.legal.Mine(w.r.Context(), w.v.Subject, w.v.Book)
	if err != nil {
		return err
	}
	all, err := w.p.outside.List(w.r.Context(), w.v.Subject, w.v.Book)
	if err != nil {
		return err
	}
	if err := w.part("left", len(all) == 0 && len(ordered) == 0); err != nil {
		return err
	}
	for _, l := range all {
		if l, err = w.p.outside.One(w.r.Context(), w.v.Subject, w.v.Book, l.ID); err != nil {
			return err
		}
		d := wholeLeft{To: l.To, What: out.What(w.r, l.Letter, l.Days, l.What), When: w.at(l.GivenAt), BackAt: w.at(l.BackAt), Back: l.BackAt != 0, Sheet: out.Show(w.r, l.Way, l.Parts)}
		if err := w.part("left-one", d); err != nil {
			return err
		}
	}
	for _, h := range ordered {
		if err := w.part("left-court", weblegal.LeftOf(w.r, h)); err != nil {
			return err
		}
	}
	if err := w.reported(); err != nil {
		return err
	}
	yeses, err := w.p.outside.Lastings(w.r.Context(), w.v.Subject, w.v.Book)
	if err != nil {
		return err
	}
	var lasts []wholeLasting
	for _, l := range yeses {
		lasts = append(lasts, wholeLasting{out.Lasts(w.r, l), w.at(l.GivenAt), w.at(l.BackAt), l.BackAt != 0})
	}
	if err := w.part("lasting", lasts); err != nil {
		return err
	}
	return w.part("end", nil)
}

// reported tells what somebody had to report.
func (w *whole) reported() error {
	all, err := w.p.legal.ReportsOfMe(w.r.Context(), w.v.Subject, w.v.Book)
	if err != nil || len(all) == 0 {
		return err
	}
	var who []id.Person
	for _, x := range all {
		who = append(who, x.Member)
	}
	name, err := w.name(who...)
	if err != nil {
		return err
	}
	return w.part("reported", weblegal.ReportedOf(w.r, all, name))
}

// wholeLasting is a yes to giving the same each time.
type wholeLasting struct {
	Sentence      string
	Since, BackAt page.Moment
	Back          bool
}

// wholeDay is a day on which the person was here.
type wholeDay struct {
	Line, By         string
	Wrong, Withdrawn bool
}

func (w *whole) days() error {
	all, err := w.p.attending.Mine(w.r.Context(), w.v.Subject, w.v.Book)
	if err != nil {
		return err
	}
	var workers []id.Person
	for _, a := range all {
		workers = append(workers, a.Worker)
	}
	name, err := w.name(workers...)
	if err != nil {
		return err
	}
	var rows []wholeDay
	for _, a := range all {
		rows = append(rows, wholeDay{days.Line(w.r, a), name(a.Worker), a.WrongAt != 0, a.WithdrawnAt != 0})
	}
	return w.part("days", rows)
}

// wholeReach is what the person said of themselves, and where they may be reached.
type wholeReach struct {
	Name    book.Text
	Under18 bool
	After   int // days
	Places  []wholePlace
	Before  book.Text
}

// wholePlace is one address.
type wholePlace struct {
	To, Name           book.Text
	Text               bool // it is a telephone number
	Write, Call, Leave bool
	Opens, Stopped     bool
	From, Until        string // times of the day, blank for any
}

func (w *whole) reach() error {
	about, err := w.p.journey.About(w.r.Context(), owner(w.v))
	if err != nil {
		return err
	}
	all, err := w.p.contacts.All(w.r.Context(), w.v.Session)
	if err != nil {
		return err
	}
	d := wholeReach{Name: about.Says.Name, Under18: about.Says.Under18, After: about.After, Before: all.Before}
	for _, m := range all.Addresses {
		x := wholePlace{
			To: m.Address, Name: m.Name, Text: m.Channel == book.ChannelText, Write: m.Write, Call: m.Call, Leave: m.Leave, Opens: m.Opens, Stopped: m.Stopped,
		}
		if m.From != m.Until {
			x.From, x.Until = ways.TimeOfDay(m.From), ways.TimeOfDay(m.Until)
		}
		d.Places = append(d.Places, x)
	}
	return w.part("reach", d)
}

// wholePeople are the people of the person's own life who have a part here.
type wholePeople struct{ Groups []wholeGroup }

// wholeGroup is some of them.
type wholeGroup struct {
	Words string // catalogue key
	Rows  []wholePerson
}

// wholePerson is somebody as the person calls them.
type wholePerson struct {
	Name  string    // of a worker, who has one of their own here
	Words book.Text // the person's own, may be blank beside a name
	Self  book.Text // what they wrote of themselves to the person
	Are   string    // catalogue key, may be empty
	State string    // catalogue key, may be empty
}

func (w *whole) people() error {
	var d wholePeople
	for _, g := range []struct {
		words string
		read  func() ([]wholePerson, error)
	}{
		{"holders.title", w.holders}, {"helping.title", w.helping}, {"near.title", w.near}, {"near.others", w.knowers}, {"ties.mine", w.ties},
	} {
		rows, err := g.read()
		if err != nil {
			return err
		}
		if len(rows) > 0 {
			d.Groups = append(d.Groups, wholeGroup{g.words, rows})
		}
	}
	return w.part("people", d)
}

func (w *whole) holders() (rows []wholePerson, err error) {
	list, err := w.p.recovery.Holders(w.r.Context(), w.v.Session)
	for _, h := range list {
		x := wholePerson{Words: h.Label, Are: ways.RelationWords(h.Are), State: "holders.state_active"}
		if h.ActiveAt == 0 {
			x.State = "whole.asked"
		}
		rows = append(rows, x)
	}
	return rows, err
}

func (w *whole) helping() (rows []wholePerson, err error) {
	list, err := w.p.recovery.Helps(w.r.Context(), w.v.Session)
	for _, h := range list {
		rows = append(rows, wholePerson{Words: h.Note})
	}
	return rows, err
}

func (w *whole) near() (rows []wholePerson, err error) {
	list, err := w.p.known.Mine(w.r.Context(), w.v.Session)
	for _, k := range list {
		x := wholePerson{Words: k.Label, Self: k.Self, Are: near.RelationWords(k.Are), State: "near.state_known"}
		switch {
		case k.AcceptedAt == 0:
			x.State = "whole.asked"
		case k.ConfirmedAt == 0:
			x.State = "near.state_accepted"
		}
		rows = append(rows, x)
	}
	return rows, err
}

func (w *whole) knowers() (rows []wholePerson, err error) {
	list, err := w.p.known.Knows(w.r.Context(), w.v.Session)
	for _, k := range list {
		rows = append(rows, wholePerson{Words: k.Note, State: "near.state_yes"})
	}
	return rows, err
}

func (w *whole) ties() (rows []wholePerson, err error) {
	list, err := w.p.peers.Ties(w.r.Context(), w.v.Subject, w.v.Book)
	for _, t := range list {
		rows = append(rows, wholePerson{Name: cmp.Or(t.With.Name, w.say("ties.someone")), Words: t.Words, Are: choose.BondWords(t.Bond)})
	}
	return rows, err
}

// wholeEvent is one line of the timeline.
type wholeEvent struct {
	page.Event
	Also []book.Text
}

func (w *whole) timeline() error {
	if err := w.part("timeline", nil); err != nil {
		return err
	}
	err := w.p.journey.History(w.r.Context(), owner(w.v), func(some []journey.Past) error {
		list := make([]journey.Event, len(some))
		for i, x := range some {
			list[i] = x.Event
		}
		events, err := w.p.events(w.r, list)
		if err != nil {
			return err
		}
		d := make([]wholeEvent, len(events))
		for i, e := range events {
			d[i] = wholeEvent{e, some[i].Also}
		}
		return w.part("events", d)
	})
	if err != nil {
		return err
	}
	return w.part("timeline-end", nil)
}
