package legal_test

import (
	"context"
	"testing"

	"beside/internal/book"
	"beside/internal/id"
	"beside/internal/legal"
	"beside/internal/promise"
	"beside/internal/store"
	"beside/internal/testkit/books"
	"beside/internal/testkit/ready"
)

var ctx = context.Background()

// world is the papers of a place.
type world struct {
	*books.Place
	*legal.Legal
	told map[id.Person]int // how often somebody was told
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
	w := &world{Place: books.New(t, where), told: map[id.Person]int{}}
	w.Legal = legal.New(legal.Config{DB: w.DB, Keeper: w.Keeper, Clock: w.Clock, Tell: func(_ *store.Tx, owner id.Person) error {
		w.told[owner]++ // the effect of a promise is committed once, and nothing fails here
		return nil
	}})
	w.Keeper.OnErase(w.Forget)
	w.Keeps(map[promise.Kind]promise.Keep{legal.GonePromise: w.KeepGone(), legal.TellPromise: w.KeepTell(), legal.ReportPromise: w.KeepReport()})
	return w
}

// render puts a sheet together: the words of each thing, and nothing else.
func render(s legal.Sheet) (all []legal.Part, err error) {
	all = []legal.Part{{Bytes: []byte(s.Mark + "\n")}}
	for _, p := range s.Pieces {
		words := ""
		switch x := p.Body.(type) {
		case *book.Name:
			words = x.Words.Show()
		case *book.Strength:
			words = x.Words.Show()
		case *book.Goal:
			words = x.Words.Show()
		}
		all = append(all, legal.Part{Item: p.ID, Bytes: []byte(words + "\n")})
	}
	return all, nil
}
