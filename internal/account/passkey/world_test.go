package passkey_test

import (
	"context"
	"encoding/json"
	"path/filepath"
	"sync"
	"testing"

	"github.com/descope/virtualwebauthn"

	"beside/internal/account"
	"beside/internal/account/passkey"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/store"
	"beside/internal/store/schema"
	"beside/internal/testkit/pgtest"
	"beside/internal/vault"
)

// noon is when the tests of this package begin: 12 March 2025, 12:00 UTC.
const noon = clock.Time(1741780800) * clock.Second

const phrase = "nobody else would think of ferns"

// site is where passkeys are made and shown, as a browser sees it.
var site = virtualwebauthn.RelyingParty{ID: "beside.example", Name: "beside.example", Origin: "https://beside.example"}

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
	pgtest.Both(t, func(t *testing.T, where string) { fn(newWorld(t, where, "https://beside.example")) })
}

func newWorld(t testing.TB, where, address string) *world {
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
	w.Passkeys, err = passkey.New(passkey.Config{DB: w.db, Vault: v, Accounts: w.accounts, Clock: w.clock, IDs: w.ids, PublicURL: address})
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

// again is the session once more, as it is now.
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

// device is a phone that keeps passkeys, as the standard describes one. How it misbehaves stands in its options.
type device struct {
	auth virtualwebauthn.Authenticator
	at   virtualwebauthn.RelyingParty
	made []virtualwebauthn.Credential
	// counts says that it counts its signatures; a passkey that is kept in step between devices does not.
	counts bool
}

func newDevice() *device { return &device{auth: virtualwebauthn.NewAuthenticator(), at: site} }

// newKey makes a key whose coordinates have no zero in front, which the virtual authenticator would drop.
func newKey() virtualwebauthn.Credential {
	for {
		k := virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
		if len(k.Key.AttestationData()) == 77 {
			return k
		}
	}
}

// makes answers the question whether to make a passkey.
func (d *device) makes(t testing.TB, asking string) string {
	t.Helper()
	o, err := virtualwebauthn.ParseAttestationOptions(asking)
	if err != nil {
		t.Fatal(err)
	}
	k := newKey()
	d.made = append(d.made, k)
	d.auth.Options.UserHandle = []byte(o.UserID)
	return virtualwebauthn.CreateAttestationResponse(d.at, d.auth, k, *o)
}

// shows answers the question for a passkey with the newest.
func (d *device) shows(t testing.TB, asking string) string {
	t.Helper()
	o, err := virtualwebauthn.ParseAssertionOptions(asking)
	if err != nil {
		t.Fatal(err)
	}
	k := &d.made[len(d.made)-1]
	if d.counts {
		k.Counter++
	}
	return virtualwebauthn.CreateAssertionResponse(d.at, d.auth, *k, *o)
}

// add gives a person a passkey on a device.
func (w *world) add(s account.Session, d *device) {
	w.t.Helper()
	asking, err := w.BeginAdd(w.t.Context(), s, "Beside")
	w.must(err)
	w.must(w.Add(w.t.Context(), s, d.makes(w.t, asking), book.NewText("my phone")))
}

// with is somebody who has a passkey, on a device of their own.
func (w *world) with(name string) (account.Session, *device) {
	w.t.Helper()
	s, d := w.joined(name), newDevice()
	w.add(s, d)
	return s, d
}

func (w *world) asked() string {
	w.t.Helper()
	asking, err := w.BeginComeIn(w.t.Context(), account.Where{})
	w.must(err)
	return asking
}

func (w *world) comesIn(d *device) (account.Opened, error) {
	w.t.Helper()
	return w.ComeIn(w.t.Context(), d.shows(w.t, w.asked()), account.Where{})
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
