// Package why is where somebody who looked into a book is asked why, and answers in their own words. It stands before workers,
// the centre team and reviewers alike, each in the hat in which they looked, and shows no more of whose book it is than they would see
// without it.
package why

import (
	"net/http"

	"beside/internal/asking"
	"beside/internal/book"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/web/page"
	"beside/internal/web/visit"
)

// homes are the pages from which somebody in a hat comes here, and to which they go back.
var homes = map[book.Hat]string{book.HatWorker: "/worker", book.HatTeam: "/team", book.HatReviewer: "/review"}

// nobody is what somebody is called whose name is not open to the reader: by the reader's hat, a catalogue key.
var nobody = map[book.Hat]string{book.HatWorker: "why.somebody_walked", book.HatTeam: "why.somebody", book.HatReviewer: "why.somebody"}

// partWords are the words for what a reader saw.
var partWords = map[book.Section]string{
	book.SectionName: "why.part_name", book.SectionWords: "why.part_words", book.SectionStrengths: "why.part_strengths", book.SectionGoals: "why.part_goals",
	book.SectionCircle: "circle.their", book.SectionPaths: "paths.their",
}

type pages struct {
	site   *page.Site
	asking *asking.Asking
}

// Mount mounts the pages of this package.
func Mount(site *page.Site, a *asking.Asking) {
	p := &pages{site, a}
	for hat, home := range homes {
		site.Handle("GET "+home+"/why/{question}", visit.Only(hat, p.asked))
		site.Handle("POST "+home+"/why/{question}", visit.Only(hat, p.answer))
	}
}

// Line is a question that waits, as it stands on the reader's first page: {{template "whys" .Whys}}.
type Line struct {
	Href     string
	Name     book.Text // blank when it is not open to the reader
	Nobody   string    // catalogue key, for then
	Parts    []string  // catalogue keys
	When     page.Moment
	Reminded bool
}

// Lines are the questions that wait for the visitor. names are of the people whose names they see on the same page anyway.
func Lines(r *http.Request, a *asking.Asking, v visit.Visitor, names map[id.Book]book.Text) ([]Line, error) {
	waiting, err := a.Waiting(r.Context(), v.Subject)
	if err != nil {
		return nil, err
	}
	var lines []Line
	for _, q := range waiting {
		lines = append(lines, Line{
			Href: homes[v.Hat] + "/why/" + q.ID.String(), Name: names[q.Book], Nobody: nobody[v.Hat],
			Parts: parts(q.Line.Sections), When: page.At(r, q.Line.At), Reminded: q.RemindedAt != 0,
		})
	}
	return lines, nil
}

func parts(sections []book.Section) []string {
	var words []string
	for _, s := range sections {
		words = append(words, partWords[s])
	}
	return words
}

// answerPage is templates/why/answer.html.
type answerPage struct {
	Line
	Words   book.Text // may be blank
	AskedAt page.Moment
	Form    *page.Form
	Back    string
}

func (p *pages) asked(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	return p.show(w, r, v, http.StatusOK, page.NewForm(r, r.URL.Path))
}

func questionOf(r *http.Request) (id.Question, error) {
	q, err := id.Parse[id.Question](r.PathValue("question"))
	return q, errs.As("why: question", errs.NotOpen, err)
}

func (p *pages) show(w http.ResponseWriter, r *http.Request, v visit.Visitor, status int, form *page.Form) error {
	which, err := questionOf(r)
	if err != nil {
		return err
	}
	q, err := p.asking.Question(r.Context(), v.Subject, which)
	if err != nil {
		return err
	}
	return p.site.Page(w, r, status, "why/answer", answerPage{
		Line:  Line{Name: q.Name, Nobody: nobody[v.Hat], Parts: parts(q.Line.Sections), When: page.At(r, q.Line.At)},
		Words: q.Words, AskedAt: page.At(r, q.AskedAt), Form: form, Back: homes[v.Hat],
	})
}

func (p *pages) answer(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	which, err := questionOf(r)
	if err != nil {
		return err
	}
	form := page.Posted(r)
	entry, err := form.EntryID()
	if err != nil {
		return err
	}
	err = p.asking.Answer(r.Context(), v.Subject, which, entry, form.Text("words"))
	if form.Refused(err) {
		return p.show(w, r, v, http.StatusUnprocessableEntity, form)
	}
	if err != nil {
		return err
	}
	page.Say(w, r, "why.said_answered")
	return p.site.Go(w, r, homes[v.Hat])
}
