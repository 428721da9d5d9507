package attending_test

import (
	"context"
	"testing"
	"time"

	"beside/internal/attending"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/promise"
	"beside/internal/store"
	"beside/internal/store/schema"
	"beside/internal/testkit/ready"
	"beside/internal/vault"
)

// noon is when the tests of this package begin: 12 March 2025, 12:00 UTC.
const noon = clock.Time(1741780800) * clock.Second

var ctx = context.Background()

// world is who was here over a real store and a real keyring, with a clock that moves when told to.
type world struct {
	*attending.Attending
	db     *store.DB
	vault  *vault.Vault
	clock  *clock.Manual
	ids    *id.Maker
	keeper *keeper.Keeper
	runner *promise.Runner
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
	must(t, w.db.Migrate(ctx, schema.Files))
	root, err := vault.LoadOrMakeRoot(t.TempDir()+"/root.key", nil)
	must(t, err)
	w.vault, err = vault.Open(ctx, open(t, t.TempDir(), "keyring.db"), root, w.clock, nil)
	must(t, err)
	w.keeper = keeper.New(w.db, w.vault, w.clock, w.ids, nil)
	w.Attending = attending.New(attending.Config{DB: w.db, Keeper: w.keeper, Clock: w.clock})
	w.keeper.OnErase(w.Forget)
	w.keeper.OnCopy(keeper.CopyDays, w.Copy)
	w.runner = promise.NewRunner(w.db, w.clock, w.ids, nil, map[promise.Kind]promise.Keep{
		keeper.ErasePromise: w.keeper.KeepErase(), keeper.CertifyPromise: w.keeper.KeepCertify(),
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
}

func (w *world) person(t tester) owner {
	t.Helper()
	o := owner{grant.Subject{Person: id.New[id.Person](w.ids), Hat: book.HatSelf}, id.New[id.Book](w.ids)}
	must(t, w.vault.MakeBook(ctx, o.book))
	must(t, w.db.Update(ctx, func(tx *store.Tx) error { return w.keeper.Begin(tx, o.book, o.Person) }))
	w.write(t, o, keeper.Draft{Kind: book.KindName, Act: book.ActWrite, Item: book.Only(o.book, book.KindName), Body: &book.Name{Words: book.NewText("Mira")}})
	return o
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

// works gives somebody the role of a worker from now on.
func (w *world) works(t tester) grant.Subject {
	t.Helper()
	who := grant.Subject{Person: id.New[id.Person](w.ids), Hat: book.HatWorker}
	must(t, w.db.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`INSERT INTO membership (id, community, person, hat, since, until) VALUES ($1, $2, $3, 'worker', $4, $5)`,
			id.New[id.Membership](w.ids), id.New[id.Community](w.ids), who.Person, w.clock.Now(), int64(1)<<60)
		return err
	}))
	return who
}

// give has a worker walk with an owner.
func (w *world) give(t tester, o owner, to grant.Subject) book.Entry {
	t.Helper()
	return w.write(t, o, keeper.Draft{Kind: book.KindSharing, Act: book.ActWrite, Body: &book.Sharing{
		As: book.HatWorker, Recipient: to.Person, Sections: []book.Section{book.SectionName}, Purpose: book.PurposeWalking, Until: w.clock.Now() + book.MaxGrant,
	}})
}

func (w *world) takeBack(t tester, o owner, given book.Entry) {
	t.Helper()
	w.write(t, o, keeper.Draft{Kind: book.KindSharing, Act: book.ActPutAway, Item: given.Item, Base: given.ID})
}

// today is the day on the wall in UTC.
func (w *world) today() string { return attending.DayOf(w.clock.Now(), time.UTC) }

// met is a meeting of today.
func (w *world) met() attending.Meeting {
	return attending.Meeting{Entry: w.entry(), Day: w.today(), Units: 4, Code: attending.Met}
}
