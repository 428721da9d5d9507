package outside_test

import (
	"context"
	"errors"
	"testing"

	"beside/internal/book"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/outside"
	"beside/internal/testkit/books"
	"beside/internal/testkit/ready"
)

var ctx = context.Background()

// world is what leaves books.
type world struct {
	*books.Place
	*outside.Outside
}

type (
	owner  = books.Owner
	tester = books.T
)

var must, wantKind = books.Must, books.WantKind

func onBoth(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	ready.Both(t, func(t *testing.T, where string) { fn(t, newWorld(t, where)) })
}

func newWorld(t *testing.T, where string) *world {
	t.Helper()
	w := &world{Place: books.New(t, where)}
	w.Outside = outside.New(outside.Config{DB: w.DB, Keeper: w.Keeper, Clock: w.Clock})
	w.Keeper.OnErase(w.Forget)
	w.Keeper.OnCopy(keeper.CopyLeft, w.Copy)
	return w
}

// strength writes a strength into a book.
func (w *world) strength(t tester, o owner, words string) book.Entry {
	t.Helper()
	return w.Writes(t, o, keeper.Draft{Kind: book.KindStrength, Act: book.ActWrite, Body: &book.Strength{Words: book.NewText(words)}})
}

// asked is a page with a letter and some things.
func (w *world) asked(letter string, things ...outside.Part) outside.Asked {
	a := outside.Asked{Entry: w.Entry(), Way: outside.Page, Name: book.NewText("Mira"), To: book.NewText("the court"), Why: book.NewText("they asked"), Letter: book.NewText(letter)}
	a.Parts = append(a.Parts, outside.Part{Bytes: []byte("<p>" + letter)})
	a.Parts = append(a.Parts, things...)
	a.Parts = append(a.Parts, outside.Part{Bytes: []byte("</p>")})
	return a
}

// thing is an entry's words as a part.
func thing(e book.Entry, words string) outside.Part {
	return outside.Part{Item: e.Item, Kind: e.Kind, Bytes: []byte(words)}
}

// fieldsOf are the fields that an error is about.
func fieldsOf(err error) (names []string) {
	if e, ok := errors.AsType[*errs.Error](err); ok {
		for _, f := range e.Fields {
			names = append(names, f.Name)
		}
	}
	return names
}

// oneDay is the page of one day that a worker wrote down, under a yes.
func (w *world) oneDay(t tester, o owner, worker grant.Subject, l outside.Lasting) outside.Asked {
	t.Helper()
	day := id.New[id.Attended](w.IDs)
	w.Exec(t, `INSERT INTO attended (id, community, book, worker, day, units, code, made_at, wrong_at, withdrawn_at, printed_at) VALUES ($1, $2, $3, $4, '2025-03-12', 4, 'met', $5, 0, 0, 0)`,
		day, w.Community, o.Book, worker.Person, w.Clock.Now())
	return outside.Asked{Entry: w.Entry(), Way: outside.Page, Name: l.Name, To: l.To, Why: l.Why, Days: 1, Of: day, Parts: []outside.Part{{Bytes: []byte("12 March")}}}
}
