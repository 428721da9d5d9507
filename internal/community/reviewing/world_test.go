package reviewing_test

import (
	"context"
	"path/filepath"
	"testing"

	"beside/internal/account"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/community/reviewing"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/store"
	"beside/internal/testkit/ready"
	"beside/internal/vault"
)

// noon is when the tests of this package begin: 12 March 2025, 12:00 UTC.
const noon = clock.Time(1741780800) * clock.Second

var ctx = context.Background()

// world is reviewing over a real store, real accounts and a real keyring, with a clock that moves when told to.
type world struct {
	*reviewing.Review
	db        *store.DB
	accounts  *account.Accounts
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
	w.Review = reviewing.New(reviewing.Config{DB: w.db, Keeper: w.keeper, Clock: w.clock, Roles: w.accounts, Via: book.ViaWeb,
		Size: func(context.Context) (int64, error) { return 7, nil }})
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

// somebody has a book here.
type somebody struct {
	id   id.Person
	book id.Book
}

func (s somebody) as(h book.Hat) grant.Subject { return grant.Subject{Person: s.id, Hat: h} }

func (w *world) join(t tester) somebody {
	t.Helper()
	j, err := w.accounts.Join(ctx, account.Joining{Entry: w.entry(), Name: book.NewText("Mira"), Passphrase: "nobody else would think of ferns", Contact: book.ContactNo, Via: book.ViaWeb})
	must(t, err)
	s := somebody{id: j.Person}
	must(t, w.db.View(ctx, func(tx *store.Tx) error {
		return tx.Row(`SELECT book FROM account WHERE person = $1`, j.Person).Scan(&s.book)
	}))
	return s
}

// founds makes somebody the first of the team.
func (w *world) founds(t tester, s somebody) {
	t.Helper()
	must(t, w.db.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`INSERT INTO membership (id, community, person, hat, since, until, invited_by) VALUES ($1, $2, $3, 'team', $4, $5, $3)`,
			id.New[id.Membership](w.ids), w.community, s.id, w.clock.Now(), clock.Time(1)<<60)
		return err
	}))
}

// accepts has somebody accept a link, in a session of their own.
func (w *world) accepts(t tester, s somebody, token string) error {
	t.Helper()
	o, err := w.accounts.Open(ctx, account.Opening{Person: s.id, Way: account.WayDemo})
	must(t, err)
	in, err := w.accounts.Session(ctx, o.Secret)
	must(t, err)
	_, _, err = w.accounts.Accept(ctx, in, token)
	return err
}

// write writes something of somebody's own.
func (w *world) write(t tester, s somebody, d keeper.Draft) book.Entry {
	t.Helper()
	d.ID, d.Via = w.entry(), book.ViaWeb
	done, err := w.keeper.Write(ctx, s.as(book.HatSelf), s.book, d)
	must(t, err)
	return done[0]
}
