package theirs

import (
	"errors"
	"net/http"
	"slices"

	"beside/internal/book"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/peer"
	"beside/internal/web/page"
	"beside/internal/web/visit"
)

// suggestPage is templates/theirs/suggest_strength.html, suggest_goal.html and suggest_step.html.
type suggestPage struct {
	Called string
	Back   string
	Form   *page.Form
	Again  bool // the form was sent before with other words
	Hidden bool // the strengths, which a goal builds on, were not given
	On     []page.Choice
	Where  []page.Choice
	When   []page.Choice
}

// suggestable is one kind of suggestion: its template, and how its body is read from the form.
type suggestable struct {
	sections []book.Section // where it is suggested, and on what
	template string
	body     func(*page.Form) book.Body
}

var suggestables = map[string]suggestable{
	"strength": {[]book.Section{book.SectionStrengths}, "theirs/suggest_strength", strengthOf},
	"circle":   {[]book.Section{book.SectionCircle}, "theirs/suggest_circle", circleOf},
	"goal":     {[]book.Section{book.SectionGoals, book.SectionStrengths}, "theirs/suggest_goal", goalOf},
	"step":     {[]book.Section{book.SectionGoals}, "theirs/suggest_step", stepOf},
}

func strengthOf(f *page.Form) book.Body {
	return &book.Strength{Words: f.Text("words"), Domain: book.Domain(f.Value("domain")), When: book.When(f.Value("when"))}
}

// circleOf is a place or a group, and nothing that is the person's own to say.
func circleOf(f *page.Form) book.Body {
	return &book.Circle{Words: f.Text("words"), Sort: book.Sort(f.Value("sort"))}
}

// goalOf takes the strengths that were ticked. A value that is no id is nobody's strength and is left out.
func goalOf(f *page.Form) book.Body {
	g := &book.Goal{Words: f.Text("words")}
	for _, v := range f.Values("builds_on") {
		if it, err := id.Parse[id.Item](v); err == nil {
			g.BuildsOn = append(g.BuildsOn, it)
		}
	}
	return g
}

func stepOf(f *page.Form) book.Body {
	goal, _ := id.Parse[id.Item](f.Value("goal")) // none is refused by the law of the book, beside the field
	return &book.Step{Words: f.Text("words"), Goal: goal}
}

// asked reads the book and the kind of a path.
func asked(r *http.Request) (b id.Book, s suggestable, err error) {
	s, ok := suggestables[r.PathValue("kind")]
	if !ok {
		return b, s, errs.New("theirs: suggest", errs.NotOpen, "")
	}
	b, err = BookOf(r)
	return b, s, err
}

func (p *pages) suggest(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	return p.showSuggest(w, r, v, http.StatusOK, suggestPage{Form: page.NewForm(r, r.URL.Path)})
}

// errNoRule says that no rule of the centre closes something.
var errNoRule = errors.New("theirs: no rule closes it")

// showSuggest shows the form for a suggestion, filled or empty.
func (p *pages) showSuggest(w http.ResponseWriter, r *http.Request, v visit.Visitor, status int, out suggestPage) error {
	b, kind, err := asked(r)
	if err != nil {
		return err
	}
	shared, err := p.peers.Person(r.Context(), v.Subject, b)
	if err != nil {
		return err
	}
	if !shared.Takes(kind.sections[0]) || shared.Died != 0 {
		return p.denied(w, r, v, b, grant.ClosesSuggesting, out.Form.Text("words"), errs.New("theirs: suggest", errs.NotOpen, ""), kind.sections[0])
	}
	if slices.ContainsFunc(kind.sections, func(s book.Section) bool { return !shared.Takes(s) }) {
		if err := p.denied(w, r, v, b, grant.ClosesSuggesting, out.Form.Text("words"), errNoRule, kind.sections...); !errors.Is(err, errNoRule) {
			return err
		}
	}
	out.fill(shared, r.PathValue("kind"))
	if status != http.StatusOK && kind.sections[0] == book.SectionGoals && len(out.On) == 0 { // what it hung on is gone, and with it the form
		return errs.New("theirs: suggest", errs.Changed, "")
	}
	out.Back = p.href(b)
	return p.site.Page(w, r, status, kind.template, out)
}

func (out *suggestPage) fill(s peer.Shared, kind string) {
	out.Called = s.Name.Show()
	switch kind {
	case "strength":
		out.Where = page.DomainChoices()
		for _, when := range book.Whens() {
			out.When = append(out.When, page.Choice{Value: string(when), Words: whenWords[when]})
		}
	case "circle":
		for _, sort := range []book.Sort{book.SortPlace, book.SortGroup} {
			out.When = append(out.When, page.Choice{Value: string(sort), Words: sortWords[sort]})
		}
	case "goal":
		out.Hidden = !s.Takes(book.SectionStrengths)
		for _, st := range s.Strengths {
			out.On = append(out.On, page.Choice{Value: st.Item.String(), Own: st.Words})
		}
	case "step":
		for _, g := range s.Goals {
			if !g.Reached {
				out.On = append(out.On, page.Choice{Value: g.Item.String(), Own: g.Words})
			}
		}
	}
}

func (p *pages) keepSuggestion(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	b, kind, err := asked(r)
	if err != nil {
		return err
	}
	form := page.Posted(r)
	entry, err := form.EntryID()
	if err != nil {
		return err
	}
	err = p.peers.Suggest(r.Context(), v.Subject, b, entry, kind.body(form))
	if form.Refused(err) {
		return p.showSuggest(w, r, v, http.StatusUnprocessableEntity, suggestPage{Form: form})
	}
	if errs.Is(err, errs.AlreadyKept) {
		// Sent before, then gone back to and changed: what came first stays, and this may become another suggestion.
		return p.showSuggest(w, r, v, http.StatusConflict, suggestPage{Form: anew(r, form), Again: true})
	}
	if errs.Is(err, errs.NotOpen) {
		return p.denied(w, r, v, b, grant.ClosesSuggesting, form.Text("words"), err, kind.sections...)
	}
	if err != nil {
		return err
	}
	page.Say(w, r, "worker.said_suggested")
	return p.site.Go(w, r, p.href(b))
}

// tomorrow lets one of the reader's suggestions rest until tomorrow. One that was answered meanwhile shows how.
func (p *pages) tomorrow(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	b, err := BookOf(r)
	if err != nil {
		return err
	}
	e, err := id.Parse[id.Entry](r.PathValue("entry"))
	if err != nil {
		return errs.As("theirs: tomorrow", errs.NotOpen, err)
	}
	entry, err := page.Posted(r).EntryID()
	if err != nil {
		return err
	}
	err = p.peers.Tomorrow(r.Context(), v.Subject, b, entry, e)
	if errs.Is(err, errs.NotOpen) {
		return p.notTomorrow(w, r, v, b, e, err)
	}
	if err != nil && !errs.Is(err, errs.Changed) {
		return err
	}
	if err == nil {
		page.Say(w, r, "for.said_tomorrow")
	}
	return p.site.Go(w, r, p.href(b))
}

// notTomorrow says which rule of the centre keeps one of the reader's suggestions from resting. Where none does, the answer is why.
func (p *pages) notTomorrow(w http.ResponseWriter, r *http.Request, v visit.Visitor, b id.Book, e id.Entry, why error) error {
	closed, err := p.rules.Denied(r.Context(), v.Subject, b)
	if err != nil {
		return err
	}
	if len(closed) == 0 {
		return why
	}
	shared, err := p.peers.Person(r.Context(), v.Subject, b)
	if err != nil {
		return err
	}
	for _, t := range shared.Told {
		if t.Entry == e {
			return p.denied(w, r, v, b, grant.ClosesSuggesting, book.Text{}, why, book.SectionOf(t.Kind))
		}
	}
	return why
}

// anew is a form with the same answers that will be another entry.
func anew(r *http.Request, sent *page.Form) *page.Form {
	f := page.NewForm(r, sent.Action).Fill("words", sent.Text("words"))
	for _, name := range []string{"domain", "when", "builds_on", "goal"} {
		f.Set(name, sent.Values(name)...)
	}
	return f
}
