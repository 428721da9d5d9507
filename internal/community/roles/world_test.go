package roles_test

import (
	"context"
	"testing"

	"beside/internal/book"
	"beside/internal/community/roles"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/peer"
	"beside/internal/testkit/books"
	"beside/internal/testkit/ready"
)

var ctx = context.Background()

// world is the roles of a place, and what people give to who holds them.
type world struct {
	*books.Place
	*roles.Roles
	peers *peer.Peers
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
	w.Roles = roles.New(roles.Config{DB: w.DB, Keeper: w.Keeper, Clock: w.Clock})
	w.peers = peer.New(w.DB, w.Keeper, w.Clock, book.ViaWeb)
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

// works gives somebody new a role from now on.
func (w *world) works(t tester, hat book.Hat, c id.Community) grant.Subject {
	t.Helper()
	return w.WorksAt(t, c, id.New[id.Person](w.IDs), hat)
}

// again gives somebody a role from now on, who may have had one.
func (w *world) again(t tester, who grant.Subject, c id.Community) {
	t.Helper()
	w.WorksAt(t, c, who.Person, who.Hat)
}

// leaves ends every role of somebody.
func (w *world) leaves(t tester, who grant.Subject) {
	t.Helper()
	w.Exec(t, `UPDATE membership SET until = 0 WHERE person = $1`, who.Person)
}
