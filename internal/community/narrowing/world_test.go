package narrowing_test

import (
	"context"
	"testing"

	"beside/internal/book"
	"beside/internal/community/narrowing"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/store"
	"beside/internal/testkit/books"
	"beside/internal/testkit/kin"
	"beside/internal/testkit/ready"
)

var ctx = context.Background()

// world is the rules of a centre.
type world struct {
	*books.Place
	*narrowing.Rules
}

type tester = books.T

var must, wantKind = books.Must, books.WantKind

func onBoth(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	ready.Both(t, func(t *testing.T, where string) { fn(t, newWorld(t, where)) })
}

func newWorld(t *testing.T, where string) *world {
	t.Helper()
	w := &world{Place: books.New(t, where)}
	w.Rules = narrowing.New(narrowing.Config{DB: w.DB, Keeper: w.Keeper, Clock: w.Clock})
	return w
}

// owner is somebody with a book that has one of everything.
type owner struct {
	books.Owner
	goal id.Item
}

func (w *world) person(t tester) owner {
	t.Helper()
	o, goal := w.Lives(t, "Mira")
	return owner{o, goal}
}

// leaves ends every role of somebody.
func (w *world) leaves(t tester, who grant.Subject) {
	t.Helper()
	w.Exec(t, `UPDATE membership SET until = 0 WHERE person = $1`, who.Person)
}

// near is somebody of an owner's own life.
func (w *world) near(t tester, o owner) grant.Subject {
	t.Helper()
	who := grant.Subject{Person: id.New[id.Person](w.IDs), Hat: book.HatSelf}
	must(t, w.DB.Update(ctx, func(tx *store.Tx) error { return kin.Know(tx, w.IDs, o.Person, o.Book, who.Person, w.Clock.Now()) }))
	return who
}

// give gives an owner's whole book to somebody, to read, to suggest and to write in the goals.
func (w *world) give(t tester, o owner, to grant.Subject) book.Entry {
	t.Helper()
	s := &book.Sharing{As: to.Hat, Recipient: to.Person, Sections: book.Givable(), Acts: []book.Section{book.SectionGoals}, Purpose: book.PurposeWalking, Until: w.Clock.Now() + book.MaxGrant}
	if to.Hat == book.HatSelf {
		s.Purpose, s.Label = book.PurposeNear, book.NewText("my sister")
	}
	return w.Writes(t, o.Owner, keeper.Draft{Kind: book.KindSharing, Act: book.ActWrite, Body: s})
}
