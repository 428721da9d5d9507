package roles_test

import (
	"context"
	"testing"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/community/roles"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/peer"
	"beside/internal/store"
	"beside/internal/testkit/ready"
	"beside/internal/vault"
)

// noon is when the tests of this package begin: 12 March 2025, 12:00 UTC.
const noon = clock.Time(1741780800) * clock.Second

var ctx = context.Background()

// world is the roles of a place over a real store and a real keyring, with a clock that moves when told to.
type world struct {
	*roles.Roles
	peers     *peer.Peers
	db        *store.DB
	vault     *vault.Vault
	clock     *clock.Manual
	ids       *id.Maker
	keeper    *keeper.Keeper
	community id.Community
}

// tester is a testing.T or a rapid.T.
type tester interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

func onBoth(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	ready.Both(t, func(t *testing.T, where string) { fn(t, newWorld(t, where)) })
}

func newWorld(t *testing.T, where string) *world {
	t.Helper()
	w := &world{clock: clock.NewManual(noon)}
	w.ids = id.NewMaker(w.clock, nil)
	w.db = open(t, where, "")
	root, err := vault.LoadOrMakeRoot(t.TempDir()+"/root.key", nil)
	must(t, err)
	w.vault, err = vault.Open(ctx, open(t, t.TempDir(), "keyring.db"), root, w.clock, nil)
	must(t, err)
	w.keeper = keeper.New(w.db, w.vault, w.clock, w.ids, nil)
	w.Roles = roles.New(roles.Config{DB: w.db, Keeper: w.keeper, Clock: w.clock})
	w.peers = peer.New(w.db, w.keeper, w.clock, book.ViaWeb)
	w.community = w.place(t)
	return w
}

// place makes a community.
func (w *world) place(t tester) id.Community {
	t.Helper()
	c := id.New[id.Community](w.ids)
	must(t, w.db.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`INSERT INTO community (id, name, made_at) VALUES ($1, 'Elm Street', 0)`, c)
		return err
	}))
	return c
}

func open(t *testing.T, where, name string) *store.DB {
	t.Helper()
	db, err := store.Open(ctx, where, store.Options{Name: name})
	must(t, err)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func must(t tester, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantKind(t tester, err error, k errs.Kind) {
	t.Helper()
	if !errs.Is(err, k) {
		t.Fatalf("error %v, want one of kind %v", err, k)
	}
}

func (w *world) entry() id.Entry { return id.New[id.Entry](w.ids) }

// owner is somebody with a book that has one of everything.
type owner struct {
	grant.Subject
	book id.Book
	goal id.Item
}

func (w *world) person(t tester) owner {
	t.Helper()
	o := owner{Subject: grant.Subject{Person: id.New[id.Person](w.ids), Hat: book.HatSelf}, book: id.New[id.Book](w.ids)}
	must(t, w.vault.MakeBook(ctx, o.book))
	must(t, w.db.Update(ctx, func(tx *store.Tx) error { return w.keeper.Begin(tx, o.book, o.Person) }))
	w.write(t, o, keeper.Draft{Kind: book.KindName, Act: book.ActWrite, Item: book.Only(o.book, book.KindName), Body: &book.Name{Words: book.NewText("Mira")}})
	w.write(t, o, keeper.Draft{Kind: book.KindWords, Act: book.ActWrite, Item: book.Only(o.book, book.KindWords), Body: &book.Words{Words: book.NewText("the sea")}})
	s := w.write(t, o, keeper.Draft{Kind: book.KindStrength, Act: book.ActWrite, Body: &book.Strength{Words: book.NewText("patience")}})
	o.goal = w.write(t, o, keeper.Draft{Kind: book.KindGoal, Act: book.ActWrite, Body: &book.Goal{Words: book.NewText("swim"), BuildsOn: []id.Item{s.Item}}}).Item
	return o
}

func (w *world) write(t tester, o owner, d keeper.Draft) book.Entry {
	t.Helper()
	d.ID, d.Via = w.entry(), book.ViaWeb
	done, err := w.keeper.Write(ctx, o.Subject, o.book, d)
	must(t, err)
	return done[0]
}

// works gives somebody new a role from now on.
func (w *world) works(t tester, hat book.Hat, c id.Community) grant.Subject {
	t.Helper()
	who := grant.Subject{Person: id.New[id.Person](w.ids), Hat: hat}
	w.again(t, who, c)
	return who
}

// again gives somebody a role from now on, who may have had one.
func (w *world) again(t tester, who grant.Subject, c id.Community) {
	t.Helper()
	must(t, w.db.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`INSERT INTO membership (id, community, person, hat, since, until) VALUES ($1, $2, $3, $4, $5, $6)`,
			id.New[id.Membership](w.ids), c, who.Person, string(who.Hat), w.clock.Now(), int64(1)<<60)
		return err
	}))
}

// leaves ends every role of somebody.
func (w *world) leaves(t tester, who grant.Subject) {
	t.Helper()
	must(t, w.db.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`UPDATE membership SET until = 0 WHERE person = $1`, who.Person)
		return err
	}))
}
