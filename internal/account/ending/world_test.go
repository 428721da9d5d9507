package ending_test

import (
	"context"
	"path/filepath"
	"testing"

	"beside/internal/account"
	"beside/internal/account/ending"
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

const phrase = "nobody else would think of ferns"

var ctx = context.Background()

// world is endings over a real store and a real keyring, with a clock that moves when told to.
type world struct {
	*ending.Endings
	accounts  *account.Accounts
	db        *store.DB
	clock     *clock.Manual
	ids       *id.Maker
	keeper    *keeper.Keeper
	runner    *promise.Runner
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
	must(t, w.db.Migrate(ctx, schema.Files))
	dir := t.TempDir()
	root, err := vault.LoadOrMakeRoot(filepath.Join(dir, "root.key"), nil)
	must(t, err)
	v, err := vault.Open(ctx, open(t, dir, "keyring.db"), root, w.clock, nil)
	must(t, err)
	w.keeper = keeper.New(w.db, v, w.clock, w.ids, nil)
	w.accounts, err = account.New(account.Config{DB: w.db, Vault: v, Keeper: w.keeper, Clock: w.clock, IDs: w.ids, Hashing: account.Hashing{MemoryKiB: 64, Times: 1, AtOnce: 8}})
	must(t, err)
	w.community, err = w.accounts.Community(ctx, "Elm House")
	must(t, err)
	w.Endings = ending.New(ending.Config{DB: w.db, Keeper: w.keeper, Accounts: w.accounts, Clock: w.clock, IDs: w.ids, Via: book.ViaWeb})
	w.keeper.OnErase(func(tx *store.Tx, gone keeper.Erased) error {
		if !gone.Whole {
			return nil
		}
		if err := w.Forget(tx, gone.Book, gone.Owner); err != nil {
			return err
		}
		return w.accounts.Forget(tx, gone.Owner)
	})
	w.runner = promise.NewRunner(w.db, w.clock, w.ids, nil, map[promise.Kind]promise.Keep{
		keeper.EndPromise: w.keeper.KeepEnding(), keeper.EndHoldPromise: w.keeper.KeepEndHold(), ending.NoticePromise: w.KeepNotice(), ending.ClosePromise: w.KeepClose(),
	}, promise.Options{Batch: 1000})
	return w
}

func open(t *testing.T, where, name string) *store.DB {
	t.Helper()
	db, err := store.Open(ctx, where, store.Options{Name: name})
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
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

// join makes somebody with a book in which their name stands, and words of theirs.
func (w *world) join(t tester, name string) account.Session {
	t.Helper()
	j, err := w.accounts.Join(ctx, account.Joining{Entry: w.entry(), Name: book.NewText(name), Passphrase: phrase, Contact: book.ContactNo, Via: book.ViaWeb})
	must(t, err)
	s := w.in(t, j.Person)
	_, err = w.keeper.Write(ctx, own(s), s.Book, keeper.Draft{ID: w.entry(), Kind: book.KindStrength, Act: book.ActWrite, Body: &book.Strength{Words: book.NewText("what " + name + " can")}, Via: book.ViaWeb})
	must(t, err)
	return s
}

func own(s account.Session) grant.Subject { return grant.Subject{Person: s.Person, Hat: s.Hat} }

// in is a session of somebody's own book, opened just now.
func (w *world) in(t tester, who id.Person) account.Session {
	t.Helper()
	o, err := w.accounts.Open(ctx, account.Opening{Person: who, Way: account.WayDemo, Where: account.Where{Own: true}})
	must(t, err)
	return o.Session
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

// erased reports whether the whole book of a session is gone.
func (w *world) erased(t tester, b id.Book) (gone bool) {
	t.Helper()
	must(t, w.db.View(ctx, func(tx *store.Tx) error {
		return tx.Row(`SELECT erased_at <> 0 FROM book WHERE id = $1`, b).Scan(&gone)
	}))
	return gone
}

// reads counts what stands in the book of a session, as its owner reads it.
func (w *world) reads(t tester, s account.Session) int {
	t.Helper()
	r, err := w.keeper.Read(ctx, own(s), s.Book, keeper.Want{})
	must(t, err)
	return len(r.Items[0])
}
