package outside_test

import (
	"context"
	"errors"
	"testing"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/outside"
	"beside/internal/promise"
	"beside/internal/store"
	"beside/internal/store/schema"
	"beside/internal/testkit/ready"
	"beside/internal/vault"
)

// noon is when the tests of this package begin: 12 March 2025, 12:00 UTC.
const noon = clock.Time(1741780800) * clock.Second

var ctx = context.Background()

// world is what leaves books over a real store and a real keyring, with a clock that moves when told to.
type world struct {
	*outside.Outside
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
	w.Outside = outside.New(outside.Config{DB: w.db, Keeper: w.keeper, Clock: w.clock})
	w.keeper.OnErase(w.Forget)
	w.keeper.OnCopy(keeper.CopyLeft, w.Copy)
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
	return o
}

func (w *world) write(t tester, o owner, d keeper.Draft) book.Entry {
	t.Helper()
	d.ID, d.Via = w.entry(), book.ViaWeb
	done, err := w.keeper.Write(ctx, o.Subject, o.book, d)
	must(t, err)
	return done[0]
}

// strength writes a strength into a book.
func (w *world) strength(t tester, o owner, words string) book.Entry {
	t.Helper()
	return w.write(t, o, keeper.Draft{Kind: book.KindStrength, Act: book.ActWrite, Body: &book.Strength{Words: book.NewText(words)}})
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

// asked is a page with a letter and some things.
func (w *world) asked(letter string, things ...outside.Part) outside.Asked {
	a := outside.Asked{Entry: w.entry(), Way: outside.Page, Name: book.NewText("Mira"), To: book.NewText("the court"), Why: book.NewText("they asked"), Letter: book.NewText(letter)}
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
	day := id.New[id.Attended](w.ids)
	must(t, w.db.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`INSERT INTO attended (id, community, book, worker, day, units, code, made_at, wrong_at, withdrawn_at, printed_at) VALUES ($1, $2, $3, $4, '2025-03-12', 4, 'met', $5, 0, 0, 0)`,
			day, id.New[id.Community](w.ids), o.book, worker.Person, w.clock.Now())
		return err
	}))
	return outside.Asked{Entry: w.entry(), Way: outside.Page, Name: l.Name, To: l.To, Why: l.Why, Days: 1, Of: day, Parts: []outside.Part{{Bytes: []byte("12 March")}}}
}
