package legal_test

import (
	"context"
	"testing"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/legal"
	"beside/internal/promise"
	"beside/internal/store"
	"beside/internal/store/schema"
	"beside/internal/testkit/ready"
	"beside/internal/vault"
)

// noon is when the tests of this package begin: 12 March 2025, 12:00 UTC.
const noon = clock.Time(1741780800) * clock.Second

var ctx = context.Background()

// world is the papers of a place over a real store and a real keyring, with a clock that moves when told to.
type world struct {
	*legal.Legal
	db     *store.DB
	vault  *vault.Vault
	clock  *clock.Manual
	ids    *id.Maker
	keeper *keeper.Keeper
	runner *promise.Runner
	told   map[id.Person]int // how often somebody was told
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
	w := &world{clock: clock.NewManual(noon), told: map[id.Person]int{}}
	w.ids = id.NewMaker(w.clock, nil)
	w.db = open(t, where, "")
	must(t, w.db.Migrate(ctx, schema.Files))
	root, err := vault.LoadOrMakeRoot(t.TempDir()+"/root.key", nil)
	must(t, err)
	w.vault, err = vault.Open(ctx, open(t, t.TempDir(), "keyring.db"), root, w.clock, nil)
	must(t, err)
	w.keeper = keeper.New(w.db, w.vault, w.clock, w.ids, nil)
	w.Legal = legal.New(legal.Config{DB: w.db, Keeper: w.keeper, Clock: w.clock, Tell: func(_ *store.Tx, owner id.Person) error {
		w.told[owner]++ // the effect of a promise is committed once, and nothing fails here
		return nil
	}})
	w.keeper.OnErase(w.Forget)
	w.runner = promise.NewRunner(w.db, w.clock, w.ids, nil, map[promise.Kind]promise.Keep{
		keeper.ErasePromise: w.keeper.KeepErase(), keeper.CertifyPromise: w.keeper.KeepCertify(), legal.GonePromise: w.KeepGone(), legal.TellPromise: w.KeepTell(), legal.ReportPromise: w.KeepReport(),
	}, promise.Options{Batch: 1000, Tick: clock.Hour})
	return w
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

// owner is somebody with a book.
type owner struct {
	grant.Subject
	book id.Book
	name string
}

func (w *world) person(t tester, name string) owner {
	t.Helper()
	o := owner{grant.Subject{Person: id.New[id.Person](w.ids), Hat: book.HatSelf}, id.New[id.Book](w.ids), name}
	must(t, w.vault.MakeBook(ctx, o.book))
	must(t, w.db.Update(ctx, func(tx *store.Tx) error { return w.keeper.Begin(tx, o.book, o.Person) }))
	w.write(t, o, keeper.Draft{Kind: book.KindName, Act: book.ActWrite, Item: book.Only(o.book, book.KindName), Body: &book.Name{Words: book.NewText(name)}})
	return o
}

// member is somebody in a hat here, the team's or a worker's.
func (w *world) member(t tester, hat book.Hat) grant.Subject { return w.memberSince(t, hat, 0) }

// memberSince is the same for who came at a time.
func (w *world) memberSince(t tester, hat book.Hat, since clock.Time) grant.Subject {
	t.Helper()
	who := grant.Subject{Person: id.New[id.Person](w.ids), Hat: hat}
	must(t, w.db.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`INSERT INTO membership (id, community, person, hat, since, until) VALUES ($1, $2, $3, $4, $6, $5)`,
			id.New[id.Membership](w.ids), id.New[id.Community](w.ids), who.Person, string(hat), w.clock.Now()+10000*clock.Day, since)
		return err
	}))
	return who
}

func (w *world) write(t tester, o owner, d keeper.Draft) book.Entry {
	t.Helper()
	d.ID, d.Via = w.entry(), book.ViaWeb
	done, err := w.keeper.Write(ctx, o.Subject, o.book, d)
	must(t, err)
	return done[0]
}

// erase erases something for good, keys and all.
func (w *world) erase(t tester, o owner, items ...id.Item) {
	t.Helper()
	w.write(t, o, keeper.Draft{Kind: book.KindErasing, Act: book.ActErase, Body: &book.Erasing{Items: items, Whole: len(items) == 0}})
	w.settle(t)
}

// settle keeps what is due.
func (w *world) settle(t tester) {
	t.Helper()
	for {
		n, err := w.runner.Once(ctx)
		must(t, err)
		if n == 0 {
			return
		}
	}
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
