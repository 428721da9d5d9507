package known_test

import (
	"context"
	"path/filepath"
	"sync"
	"testing"

	"beside/internal/account"
	"beside/internal/account/known"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/store"
	"beside/internal/store/schema"
	"beside/internal/testkit/ready"
	"beside/internal/vault"
)

// noon is when the tests of this package begin: 12 March 2025, 12:00 UTC.
const noon = clock.Time(1741780800) * clock.Second

var ctx = context.Background()

// world is known over a real store and a real keyring, with a clock that moves when told to.
type world struct {
	*known.People
	accounts *account.Accounts
	db       *store.DB
	clock    *clock.Manual
	ids      *id.Maker
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
	k := keeper.New(w.db, v, w.clock, w.ids, nil)
	w.accounts, err = account.New(account.Config{DB: w.db, Vault: v, Keeper: k, Clock: w.clock, IDs: w.ids, Hashing: account.Hashing{MemoryKiB: 64, Times: 1, AtOnce: 8}})
	must(t, err)
	_, err = w.accounts.Community(ctx, "Elm House")
	must(t, err)
	w.People = known.New(known.Config{DB: w.db, Vault: v, Accounts: w.accounts, Clock: w.clock})
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

// somebody has a book.
type somebody struct {
	id   id.Person
	name string
}

func (w *world) join(t tester, name string) somebody {
	t.Helper()
	j, err := w.accounts.Join(ctx, account.Joining{Entry: w.entry(), Name: book.NewText(name), Passphrase: "nobody else would think of ferns", Contact: book.ContactNo, Via: book.ViaWeb})
	must(t, err)
	return somebody{j.Person, name}
}

func (w *world) entry() id.Entry { return id.New[id.Entry](w.ids) }

// in is a session of somebody's own book, opened just now.
func (w *world) in(t tester, s somebody) account.Session {
	t.Helper()
	o, err := w.accounts.Open(ctx, account.Opening{Person: s.id, Way: account.WayDemo, Where: account.Where{Own: false}})
	must(t, err)
	return o.Session
}

// asks has one ask, and returns the code.
func (w *world) asks(t tester, asker somebody, label string) string {
	t.Helper()
	code, err := w.Ask(ctx, w.in(t, asker), known.Naming{Entry: w.entry(), Label: book.NewText(label), Are: known.Relative})
	must(t, err)
	return code
}

func answer(of somebody) known.Answer {
	return known.Answer{Note: book.NewText("who asked " + of.name), Self: book.NewText("I am " + of.name)}
}

func (w *world) accepts(t tester, other somebody, code string) {
	t.Helper()
	must(t, w.Accept(ctx, w.in(t, other), code, answer(other)))
}

// mine returns whom somebody asked, by who accepted; those whose code is open are one of none.
func (w *world) mine(t tester, asker somebody) map[id.Person]known.Known {
	t.Helper()
	list, err := w.Mine(ctx, w.in(t, asker))
	must(t, err)
	out := map[id.Person]known.Known{}
	for _, k := range list {
		out[k.Person] = k
	}
	return out
}

func (w *world) knows(t tester, other somebody) []known.Knower {
	t.Helper()
	list, err := w.Knows(ctx, w.in(t, other))
	must(t, err)
	return list
}

func (w *world) confirmed(t tester, asker, other somebody) (yes bool) {
	t.Helper()
	must(t, w.db.View(ctx, func(tx *store.Tx) (err error) {
		yes, err = w.Confirmed(tx, asker.id, other.id)
		return err
	}))
	return yes
}

func (w *world) exec(t tester, query string, args ...any) {
	t.Helper()
	must(t, w.db.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(query, args...)
		return err
	}))
}

func (w *world) count(t tester, query string, args ...any) (n int) {
	t.Helper()
	must(t, w.db.View(ctx, func(tx *store.Tx) error { return tx.Row(query, args...).Scan(&n) }))
	return n
}

// atOnce does something n times side by side and counts the kinds of errors; those that succeed are Kind -1.
func atOnce(n int, do func() error) map[errs.Kind]int {
	var mu sync.Mutex
	out := map[errs.Kind]int{}
	var all sync.WaitGroup
	for range n {
		all.Go(func() {
			kind := errs.Kind(-1)
			if err := do(); err != nil {
				kind = errs.KindOf(err)
			}
			mu.Lock()
			defer mu.Unlock()
			out[kind]++
		})
	}
	all.Wait()
	return out
}
