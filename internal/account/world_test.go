package account_test

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"beside/internal/account"
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

const phrase = "nobody else would think of ferns"

// world is accounts over a real store and a real keyring, with a clock that moves when told to.
type world struct {
	*account.Accounts
	t         testing.TB
	db        *store.DB
	keeper    *keeper.Keeper
	clock     *clock.Manual
	ids       *id.Maker
	community id.Community
}

func onBoth(t *testing.T, fn func(w *world)) {
	t.Helper()
	ready.Both(t, func(t *testing.T, where string) {
		fn(newWorld(t, where, account.Hashing{MemoryKiB: 64, Times: 1, AtOnce: 4}))
	})
}

func newWorld(t testing.TB, where string, h account.Hashing) *world {
	t.Helper()
	w := &world{t: t, clock: clock.NewManual(noon)}
	w.ids = id.NewMaker(w.clock, nil)
	w.db = w.open(where, "")
	w.must(w.db.Migrate(t.Context(), schema.Files))
	dir := t.TempDir()
	root, err := vault.LoadOrMakeRoot(filepath.Join(dir, "root.key"), nil)
	w.must(err)
	v, err := vault.Open(t.Context(), w.open(dir, "keyring.db"), root, w.clock, nil)
	w.must(err)
	w.keeper = keeper.New(w.db, v, w.clock, w.ids, nil)
	w.Accounts, err = account.New(account.Config{DB: w.db, Vault: v, Keeper: w.keeper, Clock: w.clock, IDs: w.ids, Hashing: h})
	w.must(err)
	w.community, err = w.Community(t.Context(), "Elm House")
	w.must(err)
	return w
}

func (w *world) open(where, name string) *store.DB {
	w.t.Helper()
	db, err := store.Open(w.t.Context(), where, store.Options{Name: name})
	w.must(err)
	w.t.Cleanup(func() { w.must(db.Close()) })
	return db
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// kind fails unless err is of kind k.
func (w *world) kind(err error, k errs.Kind) {
	w.t.Helper()
	if !errs.Is(err, k) {
		w.t.Fatalf("error %v, want one of kind %v", err, k)
	}
}

func (w *world) joining(name string) account.Joining {
	return account.Joining{Entry: id.New[id.Entry](w.ids), Name: book.NewText(name), Passphrase: phrase, Contact: book.ContactNo, Via: book.ViaWeb}
}

func (w *world) join(name string) account.Joined {
	w.t.Helper()
	j, err := w.Join(w.t.Context(), w.joining(name))
	w.must(err)
	return j
}

// opened opens a session as a demo does, and returns its secret.
func (w *world) opened(who id.Person, hat book.Hat, own bool) (string, error) {
	in, err := w.Open(w.t.Context(), account.Opening{Person: who, Hat: hat, Way: account.WayDemo, Where: account.Where{Own: own}})
	return in.Secret, err
}

// opens opens a session of somebody's own book.
func (w *world) opens(who id.Person) account.Session {
	w.t.Helper()
	secret, err := w.opened(who, book.HatSelf, false)
	w.must(err)
	return w.session(secret)
}

// session returns the session of a secret; it must be open.
func (w *world) session(secret string) account.Session {
	w.t.Helper()
	s, err := w.Session(w.t.Context(), secret)
	w.must(err)
	return s
}

// over fails unless the session of a secret is over.
func (w *world) over(secret string) {
	w.t.Helper()
	_, err := w.Session(w.t.Context(), secret)
	w.kind(err, errs.SignIn)
}

// team joins somebody who is the first of the team.
func (w *world) team() grant.Subject {
	w.t.Helper()
	token, err := w.FirstLink(w.t.Context(), w.community)
	w.must(err)
	return w.member(token)
}

// member joins somebody who accepts an invitation.
func (w *world) member(token string) grant.Subject {
	w.t.Helper()
	p := w.join("Toni")
	hat, _, err := w.Accept(w.t.Context(), p.Session, token)
	w.must(err)
	return grant.Subject{Person: p.Person, Hat: hat}
}

func (w *world) invite(who grant.Subject, hat book.Hat) string {
	w.t.Helper()
	token, err := w.Invite(w.t.Context(), who, hat)
	w.must(err)
	return token
}

func (w *world) count(query string, args ...any) (n int) {
	w.t.Helper()
	w.must(w.db.View(context.Background(), func(tx *store.Tx) error { return tx.Row(query, args...).Scan(&n) }))
	return n
}

// atOnce does something n times side by side and returns the errors.
func atOnce(n int, do func(i int) error) []error {
	out := make([]error, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { out[i] = do(i) })
	}
	all.Wait()
	return out
}

// fields returns the fields of an Invalid error with their words.
func fields(err error) map[string]string {
	out := map[string]string{}
	if e, ok := errors.AsType[*errs.Error](err); ok {
		for _, f := range e.Fields {
			out[f.Name] = f.Words
		}
	}
	return out
}

func sorted(list []string) []string {
	slices.Sort(list)
	return list
}

// prove shows in a session who one is, by a way that opens roles, and returns the secret it has from then on.
func (w *world) prove(s account.Session) (secret string, err error) {
	err = w.db.Update(w.t.Context(), func(tx *store.Tx) (err error) {
		secret, err = w.Prove(tx, s, w.clock.Now())
		return err
	})
	return secret, err
}

// show shows in a session once more who one is, by the passphrase.
func (w *world) show(s account.Session) string {
	w.t.Helper()
	secret, err := w.ShowPassphrase(w.t.Context(), s, phrase)
	w.must(err)
	return secret
}
