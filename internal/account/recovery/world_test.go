package recovery_test

import (
	"context"
	"path/filepath"
	"strconv"
	"testing"

	"beside/internal/account"
	"beside/internal/account/recovery"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/store"
	"beside/internal/store/schema"
	"beside/internal/testkit/ready"
	"beside/internal/vault"
)

// noon is when the tests of this package begin: 12 March 2025, 12:00 UTC.
const noon = clock.Time(1741780800) * clock.Second

const (
	phrase  = "nobody else would think of ferns"
	another = "seven kites above the harbour wall"
)

var ctx = context.Background()

// world is recovery over a real store and a real keyring, with a clock that moves when told to.
type world struct {
	*recovery.Recovery
	accounts  *account.Accounts
	db        *store.DB
	clock     *clock.Manual
	ids       *id.Maker
	keeper    *keeper.Keeper
	community id.Community
	from      int
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
	w.Recovery = recovery.New(recovery.Config{DB: w.db, Vault: v, Keeper: w.keeper, Accounts: w.accounts, Clock: w.clock, IDs: w.ids})
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
	id    id.Person
	words string
	name  string
}

func (w *world) join(t tester, name string) somebody {
	t.Helper()
	j, err := w.accounts.Join(ctx, account.Joining{Entry: w.entry(), Name: book.NewText(name), Passphrase: phrase, Contact: book.ContactNo, Via: book.ViaWeb})
	must(t, err)
	return somebody{j.Person, j.Words, name}
}

func (w *world) entry() id.Entry { return id.New[id.Entry](w.ids) }

// member is somebody in the team.
func (w *world) member(t tester, hat book.Hat) somebody {
	return w.memberSince(t, hat, w.clock.Now()-grant.TwoAfter)
}

// memberSince is the same for who came at a time.
func (w *world) memberSince(t tester, hat book.Hat, since clock.Time) somebody {
	t.Helper()
	s := w.join(t, "Toni")
	must(t, w.db.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`INSERT INTO membership (id, community, person, hat, since, until, invited_by) VALUES ($1, $2, $3, $4, $5, $6, $3)`,
			id.New[id.Membership](w.ids), w.community, s.id, string(hat), since, clock.Time(1)<<60)
		return err
	}))
	return s
}

// leaves ends every role of somebody.
func (w *world) leaves(t tester, s somebody) {
	t.Helper()
	must(t, w.db.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`UPDATE membership SET until = 0 WHERE person = $1`, s.id)
		return err
	}))
}

// in is a session of somebody's own book, opened just now.
func (w *world) in(t tester, s somebody) account.Session {
	t.Helper()
	o, err := w.accounts.Open(ctx, account.Opening{Person: s.id, Way: account.WayDemo, Where: account.Where{Own: false}})
	must(t, err)
	return o.Session
}

func subject(s somebody) grant.Subject { return grant.Subject{Person: s.id, Hat: book.HatSelf} }

func team(s somebody) grant.Subject { return grant.Subject{Person: s.id, Hat: book.HatTeam} }

// where is a network of its own.
func (w *world) where() account.Where {
	w.from++
	return account.Where{From: "net " + strconv.Itoa(w.from)}
}

// makesHolder has one name another as a holder, and the other say yes.
func (w *world) makesHolder(t tester, asker, holder somebody, are recovery.Relation) {
	t.Helper()
	token, err := w.NameHolder(ctx, w.in(t, asker), recovery.Naming{Entry: w.entry(), Label: book.NewText("them"), Are: are})
	must(t, err)
	must(t, w.Accept(ctx, w.in(t, holder), token, book.NewText("who "+asker.name+" is")))
}

// ask begins a request and returns its secret and its code.
func (w *world) ask(t tester, kind recovery.Kind, words string) (secret, code string) {
	t.Helper()
	secret, err := w.Ask(ctx, recovery.Asking{Entry: w.entry(), Kind: kind, Words: words, From: w.where()})
	must(t, err)
	s, err := w.State(ctx, secret)
	must(t, err)
	return secret, s.Code
}

func (w *world) giveBack(secret string) (account.Opened, error) {
	return w.GiveBack(ctx, recovery.Giving{Secret: secret, Passphrase: another, Where: w.where()})
}

func (w *world) count(t tester, query string, args ...any) (n int) {
	t.Helper()
	must(t, w.db.View(ctx, func(tx *store.Tx) error { return tx.Row(query, args...).Scan(&n) }))
	return n
}
