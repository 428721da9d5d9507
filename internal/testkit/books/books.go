// Package books is a small place with books in it, for the tests of practice: a real database with a keyring beside it, a keeper, a
// clock, people who write, and people who walk with them. Each package of practice puts its own part into it, and its own acts
// beside. A whole Beside with pages is package world. It is for tests only.
//
//	type world struct {
//		*books.Place
//		*asking.Asking
//	}
package books

import (
	"context"
	"maps"
	"path/filepath"
	"testing"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/promise"
	"beside/internal/store"
	"beside/internal/vault"
)

// Noon is when a place begins: 12 March 2025, 12:00 UTC.
const Noon = clock.Time(1741780800) * clock.Second

// ever is when a role ends that nobody ends.
const ever = clock.Time(1) << 60

// T is a testing.T or a rapid.T.
type T interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// Place is a community and what it stands on.
type Place struct {
	DB        *store.DB
	Vault     *vault.Vault
	Clock     *clock.Manual // nil where [NewBy] was given another
	IDs       *id.Maker
	Keeper    *keeper.Keeper
	Runner    *promise.Runner // see [Place.Keeps]
	Community id.Community

	time clock.Clock
}

// New is a place over a database with Beside's tables (see package ready), with a clock that moves only when told to. It ends
// with the test.
func New(t *testing.T, where string) *Place {
	t.Helper()
	c := clock.NewManual(Noon)
	p := NewBy(t, where, c)
	p.Clock = c
	return p
}

// NewBy is [New] with a clock of the test's own.
func NewBy(t *testing.T, where string, c clock.Clock) *Place {
	t.Helper()
	p := &Place{time: c, IDs: id.NewMaker(c, nil)}
	p.DB = open(t, where, "")
	root, err := vault.LoadOrMakeRoot(filepath.Join(t.TempDir(), "root.key"), nil)
	Must(t, err)
	p.Vault, err = vault.Open(context.Background(), open(t, t.TempDir(), "keyring.db"), root, c, nil)
	Must(t, err)
	p.Keeper = keeper.New(p.DB, p.Vault, c, p.IDs, nil)
	p.Keeps(nil)
	p.Community = p.Another(t)
	return p
}

func open(t *testing.T, where, name string) *store.DB {
	t.Helper()
	db, err := store.Open(context.Background(), where, store.Options{Name: name})
	Must(t, err)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// Keeps has the runner keep promises of these kinds, beside those of erasing.
func (p *Place) Keeps(also map[promise.Kind]promise.Keep) {
	all := map[promise.Kind]promise.Keep{keeper.ErasePromise: p.Keeper.KeepErase(), keeper.CertifyPromise: p.Keeper.KeepCertify()}
	maps.Copy(all, also)
	p.Runner = promise.NewRunner(p.DB, p.time, p.IDs, nil, all, promise.Options{Batch: 1000, Tick: clock.Hour})
}

// Settles keeps every promise that is due.
func (p *Place) Settles(t T) {
	t.Helper()
	for {
		n, err := p.Runner.Once(context.Background())
		Must(t, err)
		if n == 0 {
			return
		}
	}
}

// Exec runs one statement of a test, for what only other packages write.
func (p *Place) Exec(t T, query string, args ...any) {
	t.Helper()
	Must(t, p.DB.Update(context.Background(), func(tx *store.Tx) error {
		_, err := tx.Exec(query, args...)
		return err
	}))
}

// Another makes another community, which has been there for long.
func (p *Place) Another(t T) id.Community {
	t.Helper()
	c := id.New[id.Community](p.IDs)
	p.Exec(t, `INSERT INTO community (id, name, made_at) VALUES ($1, 'Elm Street', 0)`, c)
	return c
}

// Entry is the id of an entry that is new.
func (p *Place) Entry() id.Entry { return id.New[id.Entry](p.IDs) }

// Owner is somebody with a book.
type Owner struct {
	grant.Subject
	Book id.Book
	Name string
}

// Person is somebody new, with a book in which only their name stands: nothing when it is "".
func (p *Place) Person(t T, name string) Owner {
	t.Helper()
	o := Owner{grant.Subject{Person: id.New[id.Person](p.IDs), Hat: book.HatSelf}, id.New[id.Book](p.IDs), name}
	Must(t, p.Vault.MakeBook(context.Background(), o.Book))
	Must(t, p.DB.Update(context.Background(), func(tx *store.Tx) error { return p.Keeper.Begin(tx, o.Book, o.Person) }))
	if name != "" {
		p.Writes(t, o, keeper.Draft{Kind: book.KindName, Act: book.ActWrite, Item: book.Only(o.Book, book.KindName), Body: &book.Name{Words: book.NewText(name)}})
	}
	return o
}

// Lives is somebody new, whose book has one of everything that can be given: their name, what matters to them, a strength, and a goal that
// builds on it, which is returned beside them.
func (p *Place) Lives(t T, name string) (Owner, id.Item) {
	t.Helper()
	o := p.Person(t, name)
	p.Writes(t, o, keeper.Draft{Kind: book.KindWords, Act: book.ActWrite, Item: book.Only(o.Book, book.KindWords), Body: &book.Words{Words: book.NewText("the sea")}})
	s := p.Writes(t, o, keeper.Draft{Kind: book.KindStrength, Act: book.ActWrite, Body: &book.Strength{Words: book.NewText("patience")}})
	g := p.Writes(t, o, keeper.Draft{Kind: book.KindGoal, Act: book.ActWrite, Body: &book.Goal{Words: book.NewText("swim"), BuildsOn: []id.Item{s.Item}}})
	p.Writes(t, o, keeper.Draft{Kind: book.KindCircle, Act: book.ActWrite, Body: &book.Circle{Words: book.NewText("the bench by the river")}})
	p.Writes(t, o, keeper.Draft{Kind: book.KindPath, Act: book.ActWrite, Body: &book.Path{Facet: book.FacetWay, Way: book.WayFaith}})
	return o, g.Item
}

// Writes has somebody write into their own book.
func (p *Place) Writes(t T, o Owner, d keeper.Draft) book.Entry {
	t.Helper()
	d.ID, d.Via = p.Entry(), book.ViaWeb
	done, err := p.Keeper.Write(context.Background(), o.Subject, o.Book, d)
	Must(t, err)
	return done[0]
}

// Erases has somebody erase things for good, keys and all, or their whole book when none are named.
func (p *Place) Erases(t T, o Owner, items ...id.Item) {
	t.Helper()
	p.Writes(t, o, keeper.Draft{Kind: book.KindErasing, Act: book.ActErase, Body: &book.Erasing{Items: items, Whole: len(items) == 0}})
	p.Settles(t)
}

// Works is somebody new who works here, in a hat, and has done so for long enough to be one of two of the team.
func (p *Place) Works(t T, hat book.Hat) grant.Subject {
	t.Helper()
	return p.WorksSince(t, p.Community, id.New[id.Person](p.IDs), hat, p.time.Now()-grant.TwoAfter)
}

// WorksAt gives somebody a role in a community, from now on.
func (p *Place) WorksAt(t T, c id.Community, who id.Person, hat book.Hat) grant.Subject {
	t.Helper()
	return p.WorksSince(t, c, who, hat, p.time.Now())
}

// WorksSince gives somebody a role in a community, from a time on.
func (p *Place) WorksSince(t T, c id.Community, who id.Person, hat book.Hat, since clock.Time) grant.Subject {
	t.Helper()
	p.Exec(t, `INSERT INTO membership (id, community, person, hat, since, until) VALUES ($1, $2, $3, $4, $5, $6)`,
		id.New[id.Membership](p.IDs), c, who, string(hat), since, ever)
	return grant.Subject{Person: who, Hat: hat}
}

// Walks has a worker walk with somebody, who gives them their name and whatever is said beside it, as long as can be.
func (p *Place) Walks(t T, o Owner, worker grant.Subject, also ...book.Section) book.Entry {
	t.Helper()
	return p.Writes(t, o, keeper.Draft{Kind: book.KindSharing, Act: book.ActWrite, Body: &book.Sharing{
		As: book.HatWorker, Recipient: worker.Person, Sections: append([]book.Section{book.SectionName}, also...), Purpose: book.PurposeWalking, Until: p.time.Now() + book.MaxGrant,
	}})
}

// TakesBack has somebody take back what they gave.
func (p *Place) TakesBack(t T, o Owner, given book.Entry) {
	t.Helper()
	p.Writes(t, o, keeper.Draft{Kind: book.KindSharing, Act: book.ActPutAway, Item: given.Item, Base: given.ID})
}

// Must ends the test on an error.
func Must(t T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// WantKind ends the test unless the error is of a kind.
func WantKind(t T, err error, k errs.Kind) {
	t.Helper()
	if !errs.Is(err, k) {
		t.Fatalf("error %v, want one of kind %v", err, k)
	}
}
