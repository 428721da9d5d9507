package contact_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"beside/internal/account"
	"beside/internal/account/contact"
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

var ctx = context.Background()

// fataler is what a world complains to: a test, or one run of a property.
type fataler interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

// world is contacts over a real store and a real keyring, with a clock that moves when told to.
type world struct {
	*contact.Contacts
	t        fataler
	db       *store.DB
	keeper   *keeper.Keeper
	accounts *account.Accounts
	clock    *clock.Manual
	ids      *id.Maker
}

func onBoth(t *testing.T, fn func(w *world)) {
	t.Helper()
	ready.Both(t, func(t *testing.T, where string) { fn(newWorld(t, where)) })
}

func newWorld(t *testing.T, where string) *world {
	t.Helper()
	w := &world{t: t, clock: clock.NewManual(noon)}
	w.ids = id.NewMaker(w.clock, nil)
	open := func(where, name string) *store.DB {
		db, err := store.Open(t.Context(), where, store.Options{Name: name})
		w.must(err)
		t.Cleanup(func() {
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
		return db
	}
	w.db = open(where, "")
	w.must(w.db.Migrate(ctx, schema.Files))
	dir := t.TempDir()
	root, err := vault.LoadOrMakeRoot(filepath.Join(dir, "root.key"), nil)
	w.must(err)
	v, err := vault.Open(ctx, open(dir, "keyring.db"), root, w.clock, nil)
	w.must(err)
	w.keeper = keeper.New(w.db, v, w.clock, w.ids, nil)
	w.accounts, err = account.New(account.Config{
		DB: w.db, Vault: v, Keeper: w.keeper, Clock: w.clock, IDs: w.ids, Hashing: account.Hashing{MemoryKiB: 64, Times: 1, AtOnce: 4},
		First: func(f account.FirstAddress) (keeper.Draft, func(*store.Tx) error, error) { return w.First(f) },
	})
	w.must(err)
	w.Contacts = contact.New(contact.Config{DB: w.db, Vault: v, Keeper: w.keeper, Clock: w.clock, Via: book.ViaWeb, Happens: w.accounts.Happens})
	return w
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

// join is somebody who joined, and gave an address if it is not blank.
func (w *world) join(name, address string) account.Session {
	w.t.Helper()
	j := account.Joining{Entry: w.entry(), Name: book.NewText(name), Passphrase: phrase, Contact: book.ContactNo, Lang: "en", Via: book.ViaWeb}
	if address != "" {
		j.Contact, j.Address = book.ContactQuiet, book.NewText(address)
	}
	in, err := w.accounts.Join(ctx, j)
	w.must(err)
	s, err := w.accounts.Session(ctx, in.Secret)
	w.must(err)
	return s
}

func (w *world) entry() id.Entry { return id.New[id.Entry](w.ids) }

// safeMarks are those of an address that may be written to and may open the book.
func safeMarks(address string) contact.Marks {
	return contact.Marks{Address: book.NewText(address), Write: true, Opens: true, Lang: "en"}
}

// adds keeps a new address.
func (w *world) adds(s account.Session, m contact.Marks) id.Item {
	w.t.Helper()
	it, err := w.Keep(ctx, s, contact.Form{Entry: w.entry()}, m)
	w.must(err)
	return it
}

// one is an address of a person's as it stands.
func (w *world) one(s account.Session, it id.Item) contact.Mine {
	w.t.Helper()
	all, err := w.All(ctx, s)
	w.must(err)
	m, err := all.Find(it)
	w.must(err)
	return m
}

// form is a form that changes an address as it stands.
func (w *world) form(s account.Session, it id.Item) contact.Form {
	w.t.Helper()
	return contact.Form{Entry: w.entry(), Item: it, Base: w.one(s, it).Head}
}

func (w *world) update(fn func(tx *store.Tx) error) error { return w.db.Update(ctx, fn) }

func (w *world) confirm(s account.Session, it id.Item) error {
	return w.update(func(tx *store.Tx) error { return w.Confirmed(tx, s.Person, it, w.clock.Now()) })
}

func (w *world) stop(ch contact.Channel, to string) {
	w.t.Helper()
	w.must(w.update(func(tx *store.Tx) error { return w.Stop(tx, ch, to, w.clock.Now()) }))
}

// safe are the items of a person's addresses that may be written to now.
func (w *world) safe(who id.Person) map[id.Item]bool {
	w.t.Helper()
	out := map[id.Item]bool{}
	w.must(w.db.View(ctx, func(tx *store.Tx) error {
		clear(out)
		rows, err := w.Safe(tx, who)
		for _, r := range rows {
			out[r.Item] = true
		}
		return err
	}))
	return out
}

func (w *world) found(typed string) []contact.Row {
	w.t.Helper()
	rows, err := w.Find(ctx, typed)
	w.must(err)
	return rows
}

// happened counts what happened with somebody's addresses.
func (w *world) happened(s account.Session) (n int) {
	w.t.Helper()
	w.must(w.db.View(ctx, func(tx *store.Tx) error {
		return tx.Row(`SELECT COUNT(*) FROM happening WHERE person = $1 AND kind = 'address'`, s.Person).Scan(&n)
	}))
	return n
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

func subject(s account.Session) grant.Subject { return grant.Subject{Person: s.Person, Hat: s.Hat} }

// aboutDraft tells an address where books of before have it.
func aboutDraft(w *world, s account.Session, head id.Entry, address string) keeper.Draft {
	return keeper.Draft{
		ID: w.entry(), Kind: book.KindAbout, Act: book.ActWrite, Item: book.Only(s.Book, book.KindAbout), Base: head, Via: book.ViaWeb,
		Body: &book.About{Contact: book.ContactQuiet, Address: book.NewText(address)},
	}
}
