package me

import (
	"cmp"
	"net/http"
	"net/url"

	"beside/internal/book"
	"beside/internal/errs"
	"beside/internal/journey"
	"beside/internal/web/page"
	"beside/internal/web/visit"
)

const worldPath = "/me/world"

// openPart is what stands for no part of life in a path.
const openPart = "open"

// partPath is the page of one part of life.
func partPath(d book.Domain) string { return worldPath + "/" + cmp.Or(string(d), openPart) }

// partWords are what is said of each part of life, and of what stands in none: what it is called, and what it may hold.
var partWords = map[book.Domain]struct{ name, about string }{
	book.DomainHome: {"domain.home", "world.about_home"}, book.DomainMoney: {"domain.money", "world.about_money"}, book.DomainWork: {"domain.work", "world.about_work"},
	book.DomainPeople: {"domain.people", "world.about_people"}, book.DomainWellness: {"domain.wellness", "world.about_wellness"}, book.DomainPlay: {"domain.play", "world.about_play"},
	book.DomainSpirit: {"domain.spirit", "world.about_spirit"}, book.DomainPlace: {"domain.place", "world.about_place"}, "": {"world.open", "world.about_open"},
}

// worldPage is templates/me/world.html.
type worldPage struct {
	Parts []worldRow
	Open  *worldRow // what stands in no part, nil when nothing does
}

// worldRow is a part of life with the first words of what stands there. A part without any lacks nothing.
type worldRow struct {
	Href  string
	Words string // catalogue key
	Says  []book.Text
}

// saysAtMost is how much of what stands in a part its row says.
const saysAtMost = 2

func newWorldRow(p journey.Part) worldRow {
	row := worldRow{Href: partPath(p.Domain), Words: partWords[p.Domain].name}
	for _, s := range p.Strengths {
		row.Says = append(row.Says, s.Words)
	}
	for _, g := range p.Goals {
		row.Says = append(row.Says, g.Words)
	}
	row.Says = row.Says[:min(len(row.Says), saysAtMost)]
	return row
}

func (p *Pages) world(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	all, err := p.journey.World(r.Context(), owner(v))
	if err != nil {
		return err
	}
	around(r, all.Around)
	var d worldPage
	for _, x := range all.Parts {
		d.Parts = append(d.Parts, newWorldRow(x))
	}
	if !all.Open.Blank() || len(all.Open.Away) > 0 {
		row := newWorldRow(all.Open)
		d.Open = &row
	}
	return p.site.Page(w, r, http.StatusOK, "me/world", d)
}

// partPage is templates/me/part.html: one part of life.
type partPage struct {
	Words, About string // catalogue keys
	Strong       []partGroup
	SeenStrong   page.Who
	Goals        []goalRow
	AddGoal      string
	SeenGoals    page.Who
	Worries      []worryRow
	AddWorry     string
	Away         []awayRow // worries that were put away
	SeenWorries  page.Who  // nobody else
}

// partGroup is what is strong in a part of life, now, hoped for or before.
type partGroup struct {
	ID, Words, Do string // Words and Do are catalogue keys
	Add           string
	Rows          []strengthRow
}

type worryRow struct {
	Href  string
	Words book.Text
}

// partGroups are in the order of the page: what protects comes first (mission.md S2.AG4).
var partGroups = []struct {
	when          book.When
	id, words, do string
}{
	{book.WhenNow, "now", "world.now", "world.now_add"},
	{book.WhenHoped, "hoped", "world.hoped", "world.hoped_add"},
	{book.WhenBefore, "before", "world.before", "world.before_add"},
}

// partOf reads the part of life a path names. It returns NotOpen for what is none.
func partOf(r *http.Request) (book.Domain, error) {
	d := book.Domain(r.PathValue("domain"))
	if d == openPart {
		return "", nil
	}
	if page.DomainWords(d) == "" {
		return d, errs.New("me: part", errs.NotOpen, "")
	}
	return d, nil
}

func (p *Pages) part(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	of, err := partOf(r)
	if err != nil {
		return err
	}
	all, err := p.journey.World(r.Context(), owner(v))
	if err != nil {
		return err
	}
	around(r, all.Around)
	x, err := all.Part(of)
	if err != nil {
		return err
	}
	said := partWords[of]
	d := partPage{Words: said.name, About: said.about, AddGoal: addTo("/me/goals/new", of), AddWorry: addTo("/me/notes/new", of)}
	if d.SeenStrong, err = p.who(r, all.Around, book.SectionStrengths); err != nil {
		return err
	}
	if d.SeenGoals, err = p.who(r, all.Around, book.SectionGoals); err != nil {
		return err
	}
	if d.Strong, err = p.partGroups(r, x); err != nil {
		return err
	}
	for _, g := range x.Goals {
		d.Goals = append(d.Goals, newGoalRow(r, g))
	}
	for _, n := range x.Notes {
		d.Worries = append(d.Worries, worryRow{"/me/notes/" + n.Item.String(), n.Words})
	}
	for _, n := range x.Away {
		d.Away = append(d.Away, newAway(r, "/me/notes/", n.Mine))
	}
	return p.site.Page(w, r, http.StatusOK, "me/part", d)
}

// addTo is the path of an empty form with a part of life chosen, from whose page it is asked for.
func addTo(path string, d book.Domain, more ...string) string {
	q := url.Values{"from": {cmp.Or(string(d), openPart)}}
	for i := 0; i+1 < len(more); i += 2 {
		q.Set(more[i], more[i+1])
	}
	return path + "?" + q.Encode()
}

// partGroups are what is strong in a part. What does not say when stands with what is here now.
func (p *Pages) partGroups(r *http.Request, x journey.Part) ([]partGroup, error) {
	name, err := p.called(r, namers(x.Strengths)...)
	if err != nil {
		return nil, err
	}
	var groups []partGroup
	for _, g := range partGroups {
		group := partGroup{ID: g.id, Words: g.words, Do: g.do, Add: addTo("/me/strengths/new", x.Domain, "when", string(g.when))}
		for _, s := range x.Strengths {
			if s.When != g.when && (s.When != "" || g.when != book.WhenNow) {
				continue
			}
			row := strengthRow{Href: "/me/strengths/" + s.Item.String(), Words: s.Words}
			if !s.NamedBy.IsZero() {
				row.By = name(s.NamedBy)
			}
			group.Rows = append(group.Rows, row)
		}
		groups = append(groups, group)
	}
	return groups, nil
}

// begunIn fills an empty form with the part of life from whose page it was asked for, and remembers that page.
func begunIn(r *http.Request, form *page.Form) *page.Form {
	from := r.URL.Query().Get("from")
	d := book.Domain(from)
	if from != openPart && page.DomainWords(d) == "" {
		return form.Set("domain", "")
	}
	if from == openPart {
		d = ""
	}
	return form.Set("domain", string(d)).Set("from", from)
}

// leaving is where a form leads when it is left or kept: to the part of life from whose page it came, as what was kept says now, else
// to another path.
func leaving(form *page.Form, d book.Domain, other string) string {
	if form.Value("from") == "" {
		return other
	}
	if d != "" && page.DomainWords(d) == "" {
		d = ""
	}
	return partPath(d)
}

// worryPage is templates/me/worry.html.
type worryPage struct {
	Who     page.Who // nobody else
	New     bool
	Form    *page.Form
	Both    *both
	Domains []page.Choice
	Leave   string
	Away    *tap
	Back    *tap
}

func (p *Pages) newWorry(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	form := begunIn(r, page.NewForm(r, "/me/notes/new"))
	return p.showWorry(w, r, v, http.StatusOK, worryPage{New: true, Form: form})
}

func (p *Pages) showWorry(w http.ResponseWriter, r *http.Request, v visit.Visitor, status int, d worryPage) error {
	a, err := p.journey.Around(r.Context(), owner(v))
	if err != nil {
		return err
	}
	around(r, a)
	d.Domains = append(page.DomainChoices(), page.Choice{Words: "me.domain_open"})
	d.Leave = cmp.Or(d.Leave, leaving(d.Form, book.Domain(d.Form.Value("domain")), worldPath))
	return p.site.Page(w, r, status, "me/worry", d)
}

// findWorry reads the worry of the path, and makes of it all of its page but the form.
func (p *Pages) findWorry(r *http.Request, v visit.Visitor) (n journey.Note, d worryPage, err error) {
	it, err := item(r)
	if err != nil {
		return n, d, err
	}
	if n, err = p.journey.Note(r.Context(), owner(v), it); err != nil {
		return n, d, err
	}
	d.Leave = partPath(n.Domain)
	d.Away, d.Back = awayOrBack(r, "/me/notes/"+it.String(), n.Mine)
	return n, d, nil
}

func (p *Pages) worry(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	n, d, err := p.findWorry(r, v)
	if err != nil {
		return err
	}
	d.Form = page.NewForm(r, "/me/notes/"+n.Item.String()).Fill("words", n.Words).Set("domain", string(n.Domain)).Set("base", n.Head.String())
	return p.showWorry(w, r, v, http.StatusOK, d)
}

// toPartOfWorry leads to the part of life that the worry of the path stands in.
func (p *Pages) toPartOfWorry(r *http.Request, v visit.Visitor) string {
	n, _, err := p.findWorry(r, v)
	if err != nil {
		return worldPath
	}
	return partPath(n.Domain)
}

// keepWorry answers the form of a new worry, whose path names no item, and of one that is changed.
func (p *Pages) keepWorry(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	form := page.Posted(r)
	wr, err := writing(form)
	if err != nil {
		return err
	}
	if r.PathValue("item") != "" {
		if wr.Item, err = item(r); err != nil {
			return err
		}
	}
	n := journey.Note{Domain: book.Domain(form.Value("domain"))}
	n.Words = form.Text("words")
	_, err = p.journey.SetNote(r.Context(), owner(v), wr, n)
	switch {
	case err == nil:
		page.Say(w, r, "world.said_worry")
		return p.site.Go(w, r, partPath(n.Domain))
	case form.Refused(err) && wr.Item.IsZero():
		return p.showWorry(w, r, v, http.StatusUnprocessableEntity, worryPage{New: true, Form: form})
	case form.Refused(err):
		_, d, again := p.findWorry(r, v)
		if again != nil {
			return again
		}
		d.Form = form
		return p.showWorry(w, r, v, http.StatusUnprocessableEntity, d)
	case !clashes(err):
		return err
	}
	r.SetPathValue("item", begun(wr).String())
	now, d, again := p.findWorry(r, v)
	if again != nil {
		return again
	}
	form.Action = "/me/notes/" + now.Item.String()
	over(r, form, now.Head)
	d.Form, d.Both = form, clash(r, err, now.Words, now.KeptAt, d.Leave)
	return p.showWorry(w, r, v, http.StatusConflict, d)
}
