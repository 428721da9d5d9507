package me

import (
	"cmp"
	"net/http"

	"beside/internal/book"
	"beside/internal/id"
	"beside/internal/journey"
	"beside/internal/web/page"
	"beside/internal/web/visit"
)

// strengthsPage is templates/me/strengths.html.
type strengthsPage struct {
	Who     page.Who
	Domains []domain
	Away    []awayRow
	Empty   page.Empty
}

// domain is a part of life with the strengths in it. A part without any is not shown: a blank is never a lack.
type domain struct {
	Words     string // catalogue key
	Strengths []strengthRow
}

type strengthRow struct {
	Href  string
	Words book.Text
	When  string // catalogue key, empty when not said
	By    string // who noticed it, empty for the person's own
}

// awayRow is something that was put away.
type awayRow struct {
	ID    string
	Words book.Text
	Back  tap
}

func newAway(r *http.Request, path string, m journey.Mine) awayRow {
	name := "away-" + m.Item.String()
	return awayRow{ID: name, Words: m.Words, Back: newTap(r, path+m.Item.String()+"/back", m.Head, "me.bring_back", name)}
}

var whenWords = map[book.When]string{
	book.WhenNow: "me.when_now", book.WhenHoped: "me.when_hoped", book.WhenBefore: "me.when_before",
}

const strengthsPath = "/me/strengths"

func toStrengths(*http.Request, visit.Visitor) string { return strengthsPath }

func (p *Pages) strengths(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	s, err := p.journey.Strengths(r.Context(), owner(v))
	if err != nil {
		return err
	}
	around(r, s.Around)
	d := strengthsPage{Empty: page.Empty{Drawing: "tree", Words: "me.strengths_none", Href: "/me/strengths/new", Do: "me.strength_first"}}
	if d.Who, err = p.who(r, s.Around, book.SectionStrengths); err != nil {
		return err
	}
	if d.Domains, err = p.domains(r, s.Live); err != nil {
		return err
	}
	for _, x := range s.Away {
		d.Away = append(d.Away, newAway(r, "/me/strengths/", x.Mine))
	}
	return p.site.Page(w, r, http.StatusOK, "me/strengths", d)
}

// domains groups strengths, which come in the order of the domains.
func (p *Pages) domains(r *http.Request, live []journey.Strength) ([]domain, error) {
	name, err := p.called(r, namers(live)...)
	if err != nil {
		return nil, err
	}
	var all []domain
	for _, s := range live {
		words := cmp.Or(page.DomainWords(s.Domain), "me.domain_open")
		if len(all) == 0 || all[len(all)-1].Words != words {
			all = append(all, domain{Words: words})
		}
		row := strengthRow{Href: "/me/strengths/" + s.Item.String(), Words: s.Words, When: whenWords[s.When]}
		if !s.NamedBy.IsZero() {
			row.By = name(s.NamedBy)
		}
		last := &all[len(all)-1]
		last.Strengths = append(last.Strengths, row)
	}
	return all, nil
}

func namers(strengths []journey.Strength) []id.Person {
	var people []id.Person
	for _, s := range strengths {
		if !s.NamedBy.IsZero() {
			people = append(people, s.NamedBy)
		}
	}
	return people
}

// strengthPage is templates/me/strength.html.
type strengthPage struct {
	Who     page.Who // of one that was put away: only the owner
	New     bool
	Form    *page.Form
	Both    *both
	Domains []page.Choice
	Whens   []page.Choice
	More    bool // more than words is said
	Leave   string
	By      string
	Since   page.Moment
	Away    *tap // nil for one that is new or put away
	Back    *tap
}

func whenChoices() []page.Choice {
	var choices []page.Choice
	for _, x := range book.Whens() {
		choices = append(choices, page.Choice{Value: string(x), Words: whenWords[x]})
	}
	return append(choices, page.Choice{Words: "me.when_open"})
}

func (p *Pages) newStrength(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	a, err := p.journey.Around(r.Context(), owner(v))
	if err != nil {
		return err
	}
	form := begunIn(r, page.NewForm(r, "/me/strengths/new").Set("when", r.URL.Query().Get("when")))
	return p.showNewStrength(w, r, http.StatusOK, a, form)
}

func (p *Pages) showNewStrength(w http.ResponseWriter, r *http.Request, status int, a journey.Around, form *page.Form) error {
	around(r, a)
	who, err := p.who(r, a, book.SectionStrengths)
	if err != nil {
		return err
	}
	return p.showStrength(w, r, status, strengthPage{New: true, Who: who, Form: form})
}

func (p *Pages) strength(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	it, err := item(r)
	if err != nil {
		return err
	}
	s, d, err := p.readStrength(r, v, it)
	if err != nil {
		return err
	}
	path := "/me/strengths/" + it.String()
	d.Form = page.NewForm(r, path).Fill("words", s.Words).Set("domain", string(s.Domain)).Set("when", string(s.When)).Set("base", s.Head.String())
	return p.showStrength(w, r, http.StatusOK, d)
}

// readStrength reads one strength and makes of it all of its page but the form.
func (p *Pages) readStrength(r *http.Request, v visit.Visitor, it id.Item) (s journey.Strength, d strengthPage, err error) {
	all, err := p.journey.Strengths(r.Context(), owner(v))
	if err != nil {
		return s, d, err
	}
	around(r, all.Around)
	if s, err = all.Find(it); err != nil {
		return s, d, err
	}
	d.Since = page.At(r, s.KeptAt)
	if !s.NamedBy.IsZero() {
		name, err := p.called(r, s.NamedBy)
		if err != nil {
			return s, d, err
		}
		d.By = name(s.NamedBy)
	}
	d.Away, d.Back = awayOrBack(r, "/me/strengths/"+it.String(), s.Mine)
	if !s.Away {
		d.Who, err = p.who(r, all.Around, book.SectionStrengths)
	}
	return s, d, err
}

// awayOrBack offers to put an item away, or to bring it back when it is.
func awayOrBack(r *http.Request, path string, m journey.Mine) (away, back *tap) {
	if m.Away {
		t := newTap(r, path+"/back", m.Head, "me.bring_back", "")
		return nil, &t
	}
	t := newTap(r, path+"/away", m.Head, "common.put_away", "")
	return &t, nil
}

func (p *Pages) showStrength(w http.ResponseWriter, r *http.Request, status int, d strengthPage) error {
	d.Domains, d.Whens = append(page.DomainChoices(), page.Choice{Words: "me.domain_open"}), whenChoices()
	d.Leave = leaving(d.Form, book.Domain(d.Form.Value("domain")), strengthsPath)
	d.More = d.Form.Value("domain") != "" || d.Form.Value("when") != ""
	return p.site.Page(w, r, status, "me/strength", d)
}

// keepStrength answers the form of a new strength, whose path names no item, and of one that is changed.
func (p *Pages) keepStrength(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
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
	s := journey.Strength{Domain: book.Domain(form.Value("domain")), When: book.When(form.Value("when"))}
	s.Words = form.Text("words")
	if _, err = p.journey.SetStrength(r.Context(), owner(v), wr, s); err == nil {
		page.Say(w, r, "me.said_strength")
		return p.site.Go(w, r, leaving(form, s.Domain, strengthsPath))
	}
	return p.strengthAgain(w, r, v, wr, err)
}

// strengthAgain shows the form again, with what was typed, when it could not be taken or met another version.
func (p *Pages) strengthAgain(w http.ResponseWriter, r *http.Request, v visit.Visitor, wr journey.Writing, err error) error {
	form := page.Posted(r)
	refused := form.Refused(err)
	if !refused && !clashes(err) {
		return err
	}
	if refused && wr.Item.IsZero() {
		a, again := p.journey.Around(r.Context(), owner(v))
		if again != nil {
			return again
		}
		return p.showNewStrength(w, r, http.StatusUnprocessableEntity, a, form)
	}
	it := begun(wr)
	s, d, again := p.readStrength(r, v, it)
	if again != nil {
		return again
	}
	d.Form = form
	if refused {
		return p.showStrength(w, r, http.StatusUnprocessableEntity, d)
	}
	form.Action = "/me/strengths/" + it.String()
	over(r, form, s.Head)
	d.Both = clash(r, err, s.Words, s.KeptAt, strengthsPath)
	return p.showStrength(w, r, http.StatusConflict, d)
}

// begun is the item a writing is about, also when it was to begin one.
func begun(w journey.Writing) id.Item {
	if w.Item.IsZero() {
		return journey.Begins(w.Entry)
	}
	return w.Item
}
