// Package rules is the page on which everybody who is here reads the rules of the centre, by which its workers see or do less than what
// people give them, and the pages on which the centre team says and ends them. It also puts into words what such a rule closes, for
// the pages of who gave it and of whom it was given to.
package rules

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"beside/internal/account"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/community/narrowing"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/peer"
	"beside/internal/web/page"
	"beside/internal/web/team"
	"beside/internal/web/visit"
)

// Paths of the pages.
const (
	Path = "/rules"      // for everybody who is here
	Team = "/team/rules" // where the team says and ends them
)

// Config is what the pages need.
type Config struct {
	Rules    *narrowing.Rules
	Accounts *account.Accounts
	Peers    *peer.Peers
}

type pages struct {
	Config
	site *page.Site
}

// Mount mounts the pages.
func Mount(site *page.Site, c Config) {
	p := &pages{Config: c, site: site}
	site.Handle("GET "+Path, visit.Any(p.list))
	site.Handle("GET "+Team, visit.Only(book.HatTeam, p.team))
	site.Handle("POST "+Team, visit.Only(book.HatTeam, p.say))
	site.Handle("GET "+Team+"/{rule}/end", visit.Only(book.HatTeam, p.ending))
	site.Handle("POST "+Team+"/{rule}/end", visit.Only(book.HatTeam, p.end))
}

// listPage is templates/rules/list.html.
type listPage struct {
	Rules []row
	Back  string
	Team  bool
}

// row is a rule as it is read.
type row struct {
	Says    string
	Words   string
	Begins  *page.Moment // nil when it has begun
	Ends    *page.Moment // its last day, nil for no end
	SaidAt  page.Moment
	Workers string // the names of those it is for, or not for: the team alone reads them
	AllBut  bool
	SaidBy  string
	Ended   *page.Moment // nil while it stands
	Over    bool         // its last day has passed
	One     bool         // one of the team says that it shall end
	Mine    bool         // the reader said so
	End     string       // path to end it, empty when it cannot be
}

func (p *pages) row(r *http.Request, x narrowing.Rule) row {
	now := p.site.Clock.Now()
	out := row{Says: Says(r, x), Words: x.Words, SaidAt: page.At(r, x.SaidAt), AllBut: x.AllBut, Over: x.Until != 0 && x.Until <= now, One: x.Ending > 0, Mine: x.Mine}
	at := func(t clock.Time) *page.Moment { m := page.At(r, t); return &m }
	if x.Since > now {
		out.Begins = at(x.Since)
	}
	if x.Until != 0 {
		out.Ends = at(x.Until - 1)
	}
	if x.EndedAt != 0 {
		out.Ended = at(x.EndedAt)
	}
	if x.EndedAt == 0 && !out.Over {
		out.End = Team + "/" + x.ID.String() + "/end"
	}
	return out
}

func (p *pages) list(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	all, err := p.Rules.Standing(r.Context())
	if err != nil {
		return err
	}
	d := listPage{Back: visit.Home(v.Hat), Team: v.Hat == book.HatTeam}
	for _, x := range all {
		d.Rules = append(d.Rules, p.row(r, x))
	}
	return p.site.Page(w, r, http.StatusOK, "rules/list", d)
}

// teamPage is templates/rules/team.html.
type teamPage struct {
	Rules   []row // that stand or will
	Former  []row
	Form    *page.Form
	Closes  []page.Choice
	Section []page.Choice
	Whom    []page.Choice
	Workers []page.Choice
	From    []page.Choice
	Until   []page.Choice
	Again   bool // the form was sent before with another rule
}

var (
	closesChoices = []page.Choice{
		{Value: "1", Words: "rules.close_read", Hint: "rules.close_read_hint"},
		{Value: "2", Words: "rules.close_suggest", Hint: "rules.close_suggest_hint"},
		{Value: "3", Words: "rules.close_write", Hint: "rules.close_write_hint"},
	}
	sectionChoices = []page.Choice{
		{Value: "all", Words: "rules.section_all", Hint: "rules.section_all_hint"},
		{Value: string(book.SectionWords), Words: "rules.section_words"},
		{Value: string(book.SectionStrengths), Words: "rules.section_strengths"},
		{Value: string(book.SectionGoals), Words: "rules.section_goals"},
		{Value: string(book.SectionCircle), Words: "circle.part"},
		{Value: string(book.SectionPaths), Words: "paths.part"},
	}
	whomChoices = []page.Choice{
		{Value: "all", Words: "rules.whom_all", Hint: "rules.whom_all_hint"},
		{Value: "but", Words: "rules.whom_but", Hint: "rules.whom_but_hint"},
		{Value: "only", Words: "rules.whom_only", Hint: "rules.whom_only_hint"},
	}
	fromChoices = []page.Choice{
		{Value: "0", Words: "rules.from_now"}, {Value: "1", Words: "rules.from_day"}, {Value: "7", Words: "rules.from_week"}, {Value: "30", Words: "rules.from_month"},
	}
	untilChoices = []page.Choice{
		{Value: "0", Words: "rules.until_open"}, {Value: "1", Words: "rules.until_1"}, {Value: "3", Words: "rules.until_3"}, {Value: "12", Words: "rules.until_12"},
	}
)

func (p *pages) team(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	f := page.NewForm(r, Team).Set("whom", "all").Set("from", "0").Set("until", "0")
	return p.showTeam(w, r, v, http.StatusOK, teamPage{Form: f})
}

func (p *pages) showTeam(w http.ResponseWriter, r *http.Request, v visit.Visitor, status int, d teamPage) error {
	d.Closes, d.Section, d.Whom, d.From, d.Until = closesChoices, sectionChoices, whomChoices, fromChoices, untilChoices
	all, err := p.Rules.All(r.Context(), v.Subject)
	if err != nil {
		return err
	}
	members, err := p.Accounts.Memberships(r.Context(), v.Subject)
	if err != nil {
		return err
	}
	called, err := p.called(r, all, members)
	if err != nil {
		return err
	}
	for _, m := range members {
		if m.Hat == book.HatWorker {
			d.Workers = append(d.Workers, page.Choice{Value: m.Person.String(), Text: called[m.Person]})
		}
	}
	for _, x := range all {
		row := p.row(r, x)
		row.SaidBy = called[x.SaidBy]
		for i, who := range x.Workers {
			if i > 0 {
				row.Workers += ", "
			}
			row.Workers += called[who]
		}
		if row.End == "" {
			d.Former = append(d.Former, row)
		} else {
			d.Rules = append(d.Rules, row)
		}
	}
	return p.site.Page(w, r, status, "rules/team", d)
}

// called are the names of everybody in rules and roles, with their titles.
func (p *pages) called(r *http.Request, all []narrowing.Rule, members []account.Membership) (map[id.Person]string, error) {
	var people []id.Person
	for _, m := range members {
		people = append(people, m.Person)
	}
	for _, x := range all {
		people = append(append(people, x.SaidBy), x.Workers...)
	}
	profiles, err := p.Peers.Called(r.Context(), people...)
	names := map[id.Person]string{}
	for _, who := range people {
		pr := profiles[who]
		if names[who] = pr.Name; pr.Name == "" {
			names[who] = page.FrameOf(r).Words().T(unnamed(who, all))
		}
		if pr.Title != "" {
			names[who] += ", " + pr.Title
		}
	}
	return names, err
}

// unnamed is what somebody is called who has no profile: who made a rule is of the team.
func unnamed(who id.Person, all []narrowing.Rule) string {
	if slices.ContainsFunc(all, func(x narrowing.Rule) bool { return x.SaidBy == who }) {
		return "me.looked_team"
	}
	return "rules.somebody"
}

// say keeps a rule that one of the team says.
func (p *pages) say(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	form := page.Posted(r)
	entry, err := form.EntryID()
	if err != nil {
		return err
	}
	rule, err := p.read(r, form)
	if err == nil {
		err = p.Rules.Say(r.Context(), v.Subject, entry, rule)
	}
	if form.Refused(err) {
		return p.showTeam(w, r, v, http.StatusUnprocessableEntity, teamPage{Form: form})
	}
	if errs.Is(err, errs.AlreadyKept) {
		return p.showTeam(w, r, v, http.StatusConflict, teamPage{Form: anew(r, form), Again: true})
	}
	if err != nil {
		return err
	}
	page.Say(w, r, "rules.said_kept")
	return p.site.Go(w, r, Team)
}

// anew is a form with the same answers that will be another rule.
func anew(r *http.Request, sent *page.Form) *page.Form {
	f := page.NewForm(r, Team).Fill("words", sent.Text("words"))
	for _, name := range []string{"closes", "section", "whom", "workers", "from", "until"} {
		f.Set(name, sent.Values(name)...)
	}
	return f
}

// read is the rule of a form. Days end where the reader is.
func (p *pages) read(r *http.Request, f *page.Form) (x narrowing.Rule, err error) {
	var c errs.Check
	listed := func(name string, choices []page.Choice) int {
		if !slices.ContainsFunc(choices, func(x page.Choice) bool { return x.Value == f.Value(name) }) {
			c.Add(name, "errors.choose_listed")
		}
		n, _ := strconv.Atoi(f.Value(name)) // of those that are no numbers nothing is asked
		return n
	}
	x.Closes, x.Words = grant.Closes(listed("closes", closesChoices)), f.Text("words").Show()
	if listed("section", sectionChoices); f.Value("section") != "all" {
		x.Section = book.Section(f.Value("section"))
	}
	listed("whom", whomChoices)
	x.AllBut = f.Value("whom") != "only"
	if f.Value("whom") != "all" {
		for _, value := range f.Values("workers") {
			who, err := id.Parse[id.Person](value)
			if err != nil {
				return x, errs.New("rules: workers", errs.Invalid, "errors.form_not_ours")
			}
			x.Workers = append(x.Workers, who)
		}
		if len(x.Workers) == 0 {
			c.Add("workers", "rules.nobody_chosen")
		}
	} else if len(f.Values("workers")) > 0 {
		c.Add("workers", "rules.all_or_these")
	}
	now, tz := p.site.Clock.Now(), page.FrameOf(r).TZ
	if days := listed("from", fromChoices); days > 0 {
		x.Since = dayAfter(now, 0, days, tz)
	}
	if months := listed("until", untilChoices); months > 0 {
		x.Until = dayAfter(max(now, x.Since), months, 1, tz)
	}
	return x, c.Err("rules: read")
}

// dayAfter is the beginning of the day so many months and days after t.
func dayAfter(t clock.Time, months, days int, tz *time.Location) clock.Time {
	if tz == nil {
		tz = time.UTC
	}
	at := t.Std().In(tz)
	return clock.Of(time.Date(at.Year(), at.Month()+time.Month(months), at.Day()+days, 0, 0, 0, 0, tz))
}

// endPage is templates/rules/end.html.
type endPage struct {
	row
	Form *page.Form
	Days int        // in which a second has to say the same
	Wait *team.Wait // none for who is one of two
}

// one finds a rule of a path that stands.
func (p *pages) one(r *http.Request, v visit.Visitor) (narrowing.Rule, error) {
	n, err := id.Parse[id.Narrowing](r.PathValue("rule"))
	if err != nil {
		return narrowing.Rule{}, errs.As("rules: one", errs.NotOpen, err)
	}
	all, err := p.Rules.All(r.Context(), v.Subject)
	for _, x := range all {
		if x.ID == n {
			return x, err
		}
	}
	if err == nil {
		err = errs.New("rules: one", errs.NotOpen, "")
	}
	return narrowing.Rule{}, err
}

// ending says what ending a rule opens, and asks once more.
func (p *pages) ending(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	x, err := p.one(r, v)
	if err != nil {
		return err
	}
	wait, err := team.WaitOf(r, p.Accounts, v)
	if err != nil {
		return err
	}
	return p.site.Page(w, r, http.StatusOK, "rules/end", endPage{row: p.row(r, x), Form: page.NewForm(r, r.URL.Path), Days: int(narrowing.SaidLasts / clock.Day), Wait: wait})
}

func (p *pages) end(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	n, err := id.Parse[id.Narrowing](r.PathValue("rule"))
	if err != nil {
		return errs.As("rules: end", errs.NotOpen, err)
	}
	ended, err := p.Rules.End(r.Context(), v.Subject, n)
	if err != nil {
		return err
	}
	words := "rules.said_one"
	if ended {
		words = "rules.said_ended"
	}
	page.Say(w, r, words)
	return p.site.Go(w, r, Team)
}
