package code_test

import (
	"context"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"beside/internal/account"
	"beside/internal/account/code"
	"beside/internal/account/post"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/lang"
	"beside/internal/promise"
	"beside/internal/store"
	"beside/internal/store/schema"
	"beside/internal/testkit/ready"
	"beside/internal/vault"
)

// noon is when the tests of this package begin: 12 March 2025, 12:00 UTC.
const noon = clock.Time(1741780800) * clock.Second

const phrase = "nobody else would think of ferns"

// addresses are the addresses people have, in memory.
type addresses struct {
	mu  sync.Mutex
	all map[id.Item]*post.Place
}

func (a *addresses) Same(typed string) (post.Channel, []byte) {
	typed = strings.ToLower(strings.ReplaceAll(typed, " ", ""))
	switch {
	case strings.Contains(typed, "@"):
		return post.Email, []byte(typed)
	case strings.ContainsAny(typed, "0123456789"):
		return post.Text, []byte(typed)
	}
	return "", nil
}

func (a *addresses) Find(_ context.Context, typed string) (rows []post.Row, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	_, same := a.Same(typed)
	for _, p := range a.all {
		if _, this := a.Same(p.To); string(this) == string(same) && p.Confirmed && p.Opens {
			rows = append(rows, row(p))
		}
	}
	return rows, nil
}

func (a *addresses) Safe(_ *store.Tx, who id.Person) (rows []post.Row, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, p := range a.all {
		if p.Person == who && p.Safe {
			rows = append(rows, row(p))
		}
	}
	return rows, nil
}

func (a *addresses) Open(_ context.Context, who id.Person, item id.Item) (post.Place, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if p := a.all[item]; p != nil && p.Person == who {
		return *p, nil
	}
	return post.Place{}, errs.New("addresses: open", errs.NotOpen, "")
}

func (a *addresses) Opens(_ *store.Tx, who id.Person, item id.Item) (bool, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	p := a.all[item]
	return p != nil && p.Person == who && p.Confirmed && p.Opens, nil
}

func (a *addresses) Confirmed(_ *store.Tx, who id.Person, item id.Item, _ clock.Time) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if p := a.all[item]; p != nil && p.Person == who {
		p.Confirmed = true
		return nil
	}
	return errs.New("addresses: confirmed", errs.NotOpen, "")
}

// letters are what was sent.
type letters struct {
	mu  sync.Mutex
	all []post.Letter
}

func (l *letters) Send(_ context.Context, letter post.Letter) (string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, letter)
	return "", nil
}

type world struct {
	t     testing.TB
	db    *store.DB
	clock *clock.Manual
	ids   *id.Maker
	*addresses
	sent     *letters
	accounts *account.Accounts
	post     *post.Post
	run      *promise.Runner
	*code.Codes
}

func newWorld(t testing.TB, where string) *world {
	t.Helper()
	w := &world{t: t, clock: clock.NewManual(noon), addresses: &addresses{all: map[id.Item]*post.Place{}}, sent: &letters{}}
	w.ids = id.NewMaker(w.clock, nil)
	w.db = w.open(where, "")
	w.must(w.db.Migrate(t.Context(), schema.Files))
	dir := t.TempDir()
	root, err := vault.LoadOrMakeRoot(filepath.Join(dir, "root.key"), nil)
	w.must(err)
	v, err := vault.Open(t.Context(), w.open(dir, "keyring.db"), root, w.clock, nil)
	w.must(err)
	k := keeper.New(w.db, v, w.clock, w.ids, nil)
	w.accounts, err = account.New(account.Config{DB: w.db, Vault: v, Keeper: k, Clock: w.clock, IDs: w.ids, Hashing: account.Hashing{MemoryKiB: 64, Times: 1, AtOnce: 4}})
	w.must(err)
	words, err := lang.Load()
	w.must(err)
	w.Codes = code.New(code.Config{DB: w.db, Vault: v, Clock: w.clock, IDs: w.ids, Accounts: w.accounts, Addresses: w.addresses})
	w.post = post.New(post.Config{
		DB: w.db, Clock: w.clock, IDs: w.ids, Addresses: w.addresses, Codes: w.Codes, Languages: words,
		Carriers: map[post.Channel]post.Carrier{post.Email: w.sent, post.Text: w.sent},
	})
	w.Post = w.post
	w.run = promise.NewRunner(w.db, w.clock, w.ids, nil, map[promise.Kind]promise.Keep{post.Kind: w.post.Keep()}, promise.Options{})
	return w
}

func onBoth(t *testing.T, fn func(w *world)) {
	t.Helper()
	ready.Both(t, func(t *testing.T, where string) { fn(newWorld(t, where)) })
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

// join opens somebody's book, on a device of their own.
func (w *world) join(name string) account.Joined {
	w.t.Helper()
	j, err := w.accounts.Join(w.t.Context(), account.Joining{
		Entry: id.New[id.Entry](w.ids), Name: book.NewText(name), Passphrase: phrase, Contact: book.ContactNo, Via: book.ViaWeb, Where: account.Where{Own: true},
	})
	w.must(err)
	return j
}

// has gives somebody an address that is confirmed and opens their book.
func (w *world) has(who id.Person, ch post.Channel, to string) *post.Place {
	p := &post.Place{Person: who, Book: id.New[id.Book](w.ids), Item: id.New[id.Item](w.ids), Channel: ch, To: to, Confirmed: true, Write: true, Opens: true, Safe: true}
	w.all[p.Item] = p
	return p
}

// ask asks for a code.
func (w *world) ask(to string) id.Code {
	w.t.Helper()
	c, err := w.Ask(w.t.Context(), code.Asking{Address: to})
	w.must(err)
	return c
}

// settle has sent what is to be sent, and returns the digits of the last letter, "" when none came.
func (w *world) settle() string {
	w.t.Helper()
	before := len(w.sent.all)
	for {
		n, err := w.run.Once(context.Background())
		w.must(err)
		if n == 0 {
			break
		}
	}
	if len(w.sent.all) == before {
		return ""
	}
	text := w.sent.all[len(w.sent.all)-1].Text
	_, text, _ = strings.Cut(text, "Your code is ")
	text, _, _ = strings.Cut(text, ".")
	return text
}

func (w *world) enter(c id.Code, digits, second string, from account.Where) error {
	w.t.Helper()
	_, err := w.Enter(w.t.Context(), code.Entering{Code: c, Digits: digits, Second: second, Where: from})
	return err
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

// latest finds the code that was made last.
func latest(c *id.Code) func(*store.Tx) error {
	return func(tx *store.Tx) error {
		return tx.Row(`SELECT id FROM code ORDER BY made_at DESC, id DESC LIMIT 1`).Scan(c)
	}
}

// row is where an address stands.
func row(p *post.Place) post.Row {
	return post.Row{Person: p.Person, Book: p.Book, Item: p.Item, Channel: p.Channel}
}
