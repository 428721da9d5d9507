package theirs

import (
	"net/http"

	"beside/internal/book"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/peer"
	"beside/internal/web/page"
	"beside/internal/web/visit"
)

// forPage is templates/theirs/write_for.html.
type forPage struct {
	Called string
	Back   string
	Form   *page.Form
	Goal   bool // a goal, not a step
	New    bool
	Again  bool          // the form was sent before with other words
	Moved  bool          // it has changed since the form was shown
	Now    book.Text     // as it stands then
	On     []page.Choice // goals for a new step
}

// writable is one kind that can be written for somebody.
var writables = map[string]func(*page.Form) book.Body{"goal": goalFor, "step": stepOf}

func goalFor(f *page.Form) book.Body { return &book.Goal{Words: f.Text("words")} }

// forWhat reads a path: the book, how the body is read from the form, and the item, none for something new.
func forWhat(r *http.Request) (b id.Book, body func(*page.Form) book.Body, it id.Item, err error) {
	body, ok := writables[r.PathValue("kind")]
	if !ok {
		return b, nil, it, errs.New("theirs: write for", errs.NotOpen, "")
	}
	if r.PathValue("item") != "" {
		if it, err = id.Parse[id.Item](r.PathValue("item")); err != nil {
			return b, nil, it, errs.As("theirs: write for", errs.NotOpen, err)
		}
	}
	b, err = BookOf(r)
	return b, body, it, err
}

// found is a goal or a step that the reader sees.
type found struct {
	words book.Text
	head  id.Entry
}

// find finds an item of a kind among what was given as a whole. Of what was given singly nothing can be written for the person, and what
// they said that they reached or did stays in their own words.
func find(s peer.Shared, kind string, it id.Item) (found, error) {
	for _, g := range s.Goals {
		if kind == "goal" && g.Item == it && !g.Reached {
			return found{g.Words, g.Head}, nil
		}
		for _, st := range g.Steps {
			if kind == "step" && st.Item == it && !st.Done {
				return found{st.Words, st.Head}, nil
			}
		}
	}
	return found{}, errs.New("theirs: find", errs.NotOpen, "")
}

func (p *pages) writeFor(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	return p.showFor(w, r, v, http.StatusOK, forPage{Form: page.NewForm(r, r.URL.Path)})
}

// showFor shows the form in which somebody writes for the person, filled or empty.
func (p *pages) showFor(w http.ResponseWriter, r *http.Request, v visit.Visitor, status int, out forPage) error {
	b, _, it, err := forWhat(r)
	if err != nil {
		return err
	}
	shared, err := p.peers.Person(r.Context(), v.Subject, b)
	if err != nil {
		return err
	}
	if !shared.Writes(book.SectionGoals) || shared.Died != 0 {
		return p.denied(w, r, v, b, grant.ClosesWriting, out.Form.Text("words"), errs.New("theirs: write for", errs.NotOpen, ""), book.SectionGoals)
	}
	out.Called, out.Back, out.Goal, out.New = shared.Name.Show(), p.href(b), r.PathValue("kind") == "goal", it.IsZero()
	if out.New && !out.Goal {
		for _, g := range shared.Goals {
			if !g.Reached {
				out.On = append(out.On, page.Choice{Value: g.Item.String(), Own: g.Words})
			}
		}
	}
	if out.New {
		return p.site.Page(w, r, status, "theirs/write_for", out)
	}
	is, err := find(shared, r.PathValue("kind"), it)
	if err != nil {
		return err
	}
	if !out.Form.Sent {
		out.Form.Fill("words", is.words)
	}
	if out.Moved {
		out.Now = is.words
	}
	if out.Moved || !out.Form.Sent {
		out.Form.Set("base", is.head.String())
	}
	return p.site.Page(w, r, status, "theirs/write_for", out)
}

// keepFor keeps what somebody wrote for the person. Where that is not given any more, also since the form was shown, what was typed
// is shown once more, to be taken along.
func (p *pages) keepFor(w http.ResponseWriter, r *http.Request, v visit.Visitor) error {
	b, body, it, err := forWhat(r)
	if err != nil {
		return err
	}
	form := page.Posted(r)
	entry, err := form.EntryID()
	if err != nil {
		return err
	}
	var base id.Entry
	if !it.IsZero() {
		if base, err = id.Parse[id.Entry](form.Value("base")); err != nil {
			return errs.New("theirs: base", errs.Invalid, "errors.form_not_ours")
		}
	}
	err = p.peers.WriteFor(r.Context(), v.Subject, b, entry, it, base, p.whole(body(form), it))
	switch {
	case err == nil:
		page.Say(w, r, "for.said_written")
		return p.site.Go(w, r, p.href(b))
	case form.Refused(err):
		return p.showFor(w, r, v, http.StatusUnprocessableEntity, forPage{Form: form})
	case errs.Is(err, errs.AlreadyKept):
		// Sent before, then gone back to and changed: what came first stays.
		return p.showFor(w, r, v, http.StatusConflict, forPage{Form: again(r, form), Again: true, Moved: !it.IsZero()})
	case errs.Is(err, errs.Changed):
		err = p.showFor(w, r, v, http.StatusConflict, forPage{Form: again(r, form), Moved: true})
	}
	if errs.Is(err, errs.NotOpen) {
		return p.closed(w, r, v, b, form.Text("words"), err)
	}
	return err
}

// closed shows what was typed once more where it could not be kept: a rule of the centre closes it, or it is not given any more.
func (p *pages) closed(w http.ResponseWriter, r *http.Request, v visit.Visitor, b id.Book, typed book.Text, why error) error {
	err := p.denied(w, r, v, b, grant.ClosesWriting, typed, why, book.SectionGoals)
	if errs.Is(err, errs.NotOpen) {
		return p.site.Page(w, r, http.StatusNotFound, "theirs/closed", closedPage{Words: typed, Back: p.list()})
	}
	return err
}

// whole gives the step of a change a goal, which its form does not name, so that it is a step: package keeper takes nothing of it
// but the words.
func (*pages) whole(b book.Body, it id.Item) book.Body {
	if s, ok := b.(*book.Step); ok && !it.IsZero() {
		s.Goal = it
	}
	return b
}

// list is the path of the people who gave the reader something.
func (p *pages) list() string {
	if p.hat == book.HatWorker {
		return "/worker"
	}
	return p.base
}

// again is a form with the same words that will be another entry.
func again(r *http.Request, sent *page.Form) *page.Form {
	f := anew(r, sent)
	f.Sent = true
	return f
}
