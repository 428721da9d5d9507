package review

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/community/reviewing"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/web/choose"
	"beside/internal/web/page"
	"beside/internal/web/visit"
)

// givePage is templates/review/give.html, and with a sentence templates/review/say.html.
type givePage struct {
	Form     *page.Form
	Who      string
	Sections []page.Choice
	Until    []page.Choice
	Given    string // what they have already, as a sentence; "" for nothing
	Again    bool   // the form gave something else before, or it was changed meanwhile
	Sentence string
	Said     string // by whom, when, and who shows it
	Ends     string
	Chosen   []string
}

var (
	giveSections = []page.Choice{
		{Value: string(book.SectionWords), Words: "choose.part_words"},
		{Value: string(book.SectionStrengths), Words: "choose.part_strengths"},
		{Value: string(book.SectionGoals), Words: "choose.part_goals"},
		{Value: string(book.SectionCircle), Words: "circle.home"},
		{Value: string(book.SectionPaths), Words: "paths.home"},
	}
	giveUntil = []page.Choice{{Value: "14", Words: "review.until_14"}, {Value: "30", Words: "review.until_30"}, {Value: "90", Words: "review.until_90"}}
)

// Sentence is what was given to a reviewer, as a sentence one can read aloud.
func Sentence(r *http.Request, who string, sections []book.Section, until, now clock.Time) string {
	f := page.FrameOf(r)
	var list []string
	for _, s := range book.Givable() {
		if s == book.SectionName || slices.Contains(sections, s) {
			list = append(list, f.Words().T(choose.SectionWords(s)))
		}
	}
	return f.Words().T("review.consent", "Who", who, "Sections", strings.Join(list, ", "), "Day", f.Words().Day(until-1, now, f.TZ))
}

// to is the reviewer of a path, and what they have already. It returns NotOpen for who does not review.
func (p *pages) to(r *http.Request, v visit.Visitor) (x reviewing.Reviewer, have reviewing.Gave, err error) {
	which, err := reviewerOf(r)
	if err != nil {
		return x, have, err
	}
	all, err := p.Review.Reviewers(r.Context(), v.Subject)
	if err != nil {
		return x, have, err
	}
	i := slices.IndexFunc(all, func(y reviewing.Reviewer) bool { return y.ID == which && y.Now() })
	if i < 0 {
		return x, have, errs.New("review: to", errs.NotOpen, "")
	}
	gave, err := p.Review.Gave(r.Context(), v.Subject, v.Book)
	for _, g := range gave {
		if g.Reviewer == which {
			have = g
		}
	}
	return all[i], have, err
}

func (p *pages) askGive(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	f := page.NewForm(r, r.URL.Path).Set("until", "30")
	return p.showGive(w, r, v, http.StatusOK, f, true, false)
}

// showGive shows the form; fresh fills in what stands.
func (p *pages) showGive(w http.ResponseWriter, r *http.Request, v visit.Visitor, status int, f *page.Form, fresh, again bool) error {
	x, have, err := p.to(r, v)
	if err != nil {
		return err
	}
	d := givePage{Form: f, Who: x.Words, Sections: giveSections, Until: giveUntil, Again: again}
	if !have.Item.IsZero() {
		d.Given = Sentence(r, x.Words, have.Sections, have.Until, p.site.Clock.Now())
	}
	if fresh && !have.Item.IsZero() {
		f.Set("base", have.Head.String())
		var codes []string
		for _, s := range have.Sections {
			codes = append(codes, string(s))
		}
		f.Set("sections", codes...)
	}
	return p.site.Page(w, r, status, "review/give", d)
}

// give takes the two taps: what and how long, and the yes to the sentence.
func (p *pages) give(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	form := page.Posted(r)
	x, _, err := p.to(r, v)
	if err != nil {
		return err
	}
	entry, err := form.EntryID()
	if err != nil {
		return err
	}
	if form.Value("do") == "change" {
		return p.showGive(w, r, v, http.StatusOK, form, false, false)
	}
	g, err := p.read(form, x)
	g.Entry = entry
	if form.Refused(err) {
		return p.showGive(w, r, v, http.StatusUnprocessableEntity, form, false, false)
	}
	if err != nil {
		return err
	}
	if form.Value("do") != "yes" {
		d := givePage{Form: form, Who: x.Words, Sentence: Sentence(r, x.Words, g.Sections, g.Until, p.site.Clock.Now()), Said: page.FrameOf(r).SaidBy(), Ends: strconv.FormatInt(int64(g.Until), 10)}
		for _, s := range g.Sections {
			d.Chosen = append(d.Chosen, string(s))
		}
		return p.site.Page(w, r, http.StatusOK, "review/say", d)
	}
	err = p.Review.Give(r.Context(), v.Subject, v.Book, g)
	switch {
	case errs.Is(err, errs.AlreadyKept), errs.Is(err, errs.Changed) && !tied(err):
		return p.showGive(w, r, v, http.StatusConflict, page.NewForm(r, r.URL.Path).Set("until", "30"), true, true)
	case err != nil:
		return err
	}
	page.Say(w, r, "review.said_given")
	return p.site.Go(w, r, "/me/sharing")
}

// tied reports whether something cannot be given because the two know each other.
func tied(err error) bool {
	e, ok := errors.AsType[*errs.Error](err)
	for ok && e.Words == "" {
		e, ok = errors.AsType[*errs.Error](e.Err)
	}
	return ok && e.Words == "review.tied"
}

// read is the yes of a form.
func (p *pages) read(f *page.Form, x reviewing.Reviewer) (g reviewing.Giving, err error) {
	g.Reviewer = x.ID
	var c errs.Check
	for _, code := range f.Values("sections") {
		s := book.Section(code)
		if s == book.SectionName {
			continue
		}
		if !slices.ContainsFunc(giveSections, func(y page.Choice) bool { return y.Value == code }) || slices.Contains(g.Sections, s) {
			c.Add("sections", "errors.choose_listed")
			break
		}
		g.Sections = append(g.Sections, s)
	}
	now := p.site.Clock.Now()
	if ends, err := strconv.ParseInt(f.Value("ends"), 10, 64); err == nil {
		g.Until = clock.Time(ends)
	} else if days, err := strconv.Atoi(f.Value("until")); err == nil && slices.ContainsFunc(giveUntil, func(y page.Choice) bool { return y.Value == f.Value("until") }) {
		g.Until = now + clock.Time(days)*clock.Day
	}
	if g.Until <= now || g.Until > now+book.MaxReview {
		c.Add("until", "errors.choose_listed")
	}
	if base := f.Value("base"); base != "" {
		if g.Base, err = id.Parse[id.Entry](base); err != nil {
			return g, errs.New("review: base", errs.Invalid, "errors.form_not_ours")
		}
	}
	return g, c.Err("review: read")
}
