package public

import (
	"net/http"

	"beside/internal/account"
	"beside/internal/book"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/journey"
	"beside/internal/web/page"
)

// What somebody wrote while just looking goes along to joining in hidden fields, from form to form, and is kept nowhere
// until they have a book.

// carriedNames are the fields of package look.
var carriedNames = []string{"matters", "strong", "wish"}

// carriedEntry ends the name of the field with the entry that such words become, so that the form sent twice keeps them once.
const carriedEntry = "_entry"

// carried puts what was written into the next form; nil when nothing was.
func carried(from, into *page.Form) *page.Form {
	if from == nil {
		return nil
	}
	some := false
	for _, name := range carriedNames {
		if words := from.Text(name); !words.Blank() {
			into.Fill(name, words)
			some = true
		}
	}
	if !some {
		return nil
	}
	return into
}

// carry writes what was taken along into the new book, as its owner's own words.
func (p *pages) carry(r *http.Request, j account.Joined, form *page.Form) error {
	me := journey.Me{Subject: grant.Subject{Person: j.Person, Hat: book.HatSelf}, Book: j.Book}
	keep := map[string]func(journey.Writing, book.Text) error{
		"matters": func(w journey.Writing, t book.Text) error { return p.journey.SetWords(r.Context(), me, w, t) },
		"strong": func(w journey.Writing, t book.Text) error {
			_, err := p.journey.SetStrength(r.Context(), me, w, journey.Strength{Mine: journey.Mine{Words: t}})
			return err
		},
		"wish": func(w journey.Writing, t book.Text) error {
			_, err := p.journey.SetGoal(r.Context(), me, w, journey.Goal{Mine: journey.Mine{Words: t}})
			return err
		},
	}
	for _, name := range carriedNames {
		words := form.Text(name)
		entry, err := id.Parse[id.Entry](form.Value(name + carriedEntry))
		if words.Blank() || err != nil {
			continue
		}
		if err := keep[name](journey.Writing{Entry: entry}, words); err != nil {
			return errs.Wrap("public: carry", err)
		}
	}
	return nil
}
