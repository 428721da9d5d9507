package passkey_test

import (
	"context"
	"encoding/json"
	"path/filepath"
	"sync"
	"testing"

	"beside/internal/account"
	"beside/internal/account/passkey"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/store"
	"beside/internal/store/schema"
	"beside/internal/testkit/phone"
	"beside/internal/testkit/ready"
	"beside/internal/vault"
)

// noon is when the tests of this package begin: 12 March 2025, 12:00 UTC.
const noon = clock.Time(1741780800) * clock.Second

const phrase = "nobody else would think of ferns"

// address is that of the installation.
const address = "https://beside.example"

func newPhone() *phone.Phone { return phone.New(address) }

// world is passkeys over a real store and a real keyring, with a clock that moves when told to.
type world struct {
	*passkey.Passkeys
	t        testing.TB
	accounts *account.Accounts
	db       *store.DB
	clock    *clock.Manual
	ids      *id.Maker
}

func onBoth(t *testing.T, fn func(w *world)) {
	t.Helper()
	ready.Both(t, func(t *testing.T, where string) { fn(newWorld(t, where, address)) })
}

func newWorld(t testing.TB, where, publicURL string) *world {
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
	w.accounts, err = account.New(account.Config{
		DB: w.db, Vault: v, Keeper: keeper.New(w.db, v, w.clock, w.ids, nil), Clock: w.clock, IDs: w.ids, Hashing: account.Hashing{MemoryKiB: 64, Times: 1, AtOnce: 4},
	})
	w.must(err)
	w.Passkeys, err = passkey.New(passkey.Config{DB: w.db, Vault: v, Accounts: w.accounts, Clock: w.clock, IDs: w.ids, PublicURL: publicURL})
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

// joined is somebody in a session of their own book.
func (w *world) joined(name string) account.Session {
	w.t.Helper()
	j, err := w.accounts.Join(w.t.Context(), account.Joining{
		Entry: id.New[id.Entry](w.ids), Name: book.NewText(name), Passphrase: phrase, Contact: book.ContactNo, Via: book.ViaWeb,
	})
	w.must(err)
	return j.Session
}

// opened is another session of somebody.
func (w *world) opened(who id.Person, way account.Way) account.Session {
	w.t.Helper()
	in, err := w.accounts.Open(w.t.Context(), account.Opening{Person: who, Way: way})
	w.must(err)
	return in.Session
}

func (w *world) count(query string, args ...any) (n int) {
	w.t.Helper()
	w.must(w.db.View(context.Background(), func(tx *store.Tx) error { return tx.Row(query, args...).Scan(&n) }))
	return n
}

// add gives a person a passkey on a device.
func (w *world) add(s account.Session, d *phone.Phone) {
	w.t.Helper()
	asking, err := w.BeginAdd(w.t.Context(), s, "Beside")
	w.must(err)
	w.must(w.Add(w.t.Context(), s, d.Makes(w.t, asking), book.NewText("my phone")))
}

// with is somebody who has a passkey, on a device of their own.
func (w *world) with(name string) (account.Session, *phone.Phone) {
	w.t.Helper()
	s, d := w.joined(name), newPhone()
	w.add(s, d)
	return s, d
}

func (w *world) asked() string {
	w.t.Helper()
	asking, err := w.BeginComeIn(w.t.Context(), account.Where{})
	w.must(err)
	return asking
}

func (w *world) comesIn(d *phone.Phone) (account.Opened, error) {
	w.t.Helper()
	return w.ComeIn(w.t.Context(), d.Shows(w.t, w.asked()), account.Where{})
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

// asks is what stands in a question.
type asks struct {
	Challenge string `json:"challenge"`
	RPID      string `json:"rpId"`
	RP        struct{ ID, Name string }
	User      struct{ ID, Name, DisplayName string }
	Verifies  string                                         `json:"userVerification"`
	Allowed   []struct{ ID string }                          `json:"allowCredentials"`
	Excluded  []struct{ ID string }                          `json:"excludeCredentials"`
	Selection struct{ ResidentKey, UserVerification string } `json:"authenticatorSelection"`
	Proof     string                                         `json:"attestation"`
}

func (w *world) read(asking string) (a asks) {
	w.t.Helper()
	w.must(json.Unmarshal([]byte(asking), &a))
	return a
}

// shown shows a passkey in a session whose next secret nobody needs.
func (w *world) shown(ctx context.Context, s account.Session, answer string) error {
	_, err := w.Show(ctx, s, answer)
	return err
}
