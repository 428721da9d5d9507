package post_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"beside/internal/account/post"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/lang"
	"beside/internal/promise"
	"beside/internal/store"
	"beside/internal/store/schema"
	"beside/internal/testkit/ready"
)

// noon is when the tests of this package begin: 12 March 2025, 12:00 UTC.
const noon = clock.Time(1741780800) * clock.Second

// addresses are the addresses people have, in memory.
type addresses struct {
	all    map[id.Item]*post.Place
	opened func(*post.Place) // called after one was opened
}

func (a *addresses) Safe(_ *store.Tx, who id.Person) (rows []post.Row, err error) {
	for _, p := range a.all {
		if p.Person == who && p.Safe {
			rows = append(rows, row(p))
		}
	}
	return rows, nil
}

func (a *addresses) Open(_ context.Context, who id.Person, item id.Item) (post.Place, error) {
	if p := a.all[item]; p != nil && p.Person == who {
		was := *p
		if a.opened != nil {
			a.opened(p)
		}
		return was, nil
	}
	return post.Place{}, errs.New("addresses: open", errs.NotOpen, "")
}

// codes are the codes there are, with their digits.
type codes struct{ standing map[id.Code]string }

func (c *codes) Digits(_ *store.Tx, code id.Code) (string, int, error) {
	if d, ok := c.standing[code]; ok {
		return d, 10, nil
	}
	return "", 0, errs.New("codes: digits", errs.NotOpen, "")
}

// carrier does with a letter what it is told, and remembers what people got.
type carrier struct {
	does  func(l post.Letter) error // nil takes it; an error is answered; a panic is a node that dies
	after error                     // answered although it was taken
	dies  bool                      // the node dies after it was taken
	keys  bool                      // it knows keys

	asked []post.Letter
	got   []post.Letter
	known map[id.Promise]bool
}

func (c *carrier) Send(_ context.Context, l post.Letter) (string, error) {
	c.asked = append(c.asked, l)
	if c.does != nil {
		if err := c.does(l); err != nil {
			return "", err
		}
	}
	if !c.keys || !c.known[l.Key] {
		c.got = append(c.got, l)
		c.known[l.Key] = true
	}
	if c.dies {
		panic("the node dies")
	}
	return "ref 1", c.after
}

type world struct {
	t     testing.TB
	db    *store.DB
	clock *clock.Manual
	ids   *id.Maker
	*addresses
	codes *codes
	mail  *carrier
	texts *carrier
	post  *post.Post
	run   *promise.Runner
}

func newWorld(t testing.TB, where string) *world {
	w := &world{t: t, clock: clock.NewManual(noon)}
	w.ids = id.NewMaker(w.clock, nil)
	var err error
	w.db, err = store.Open(t.Context(), where, store.Options{})
	w.must(err)
	t.Cleanup(func() { w.must(w.db.Close()) })
	w.must(w.db.Migrate(t.Context(), schema.Files))
	w.begin()
	return w
}

// begin makes the outbox, and what it needs, anew over the same database.
func (w *world) begin() {
	w.addresses = &addresses{all: map[id.Item]*post.Place{}}
	w.codes = &codes{map[id.Code]string{}}
	w.mail = &carrier{known: map[id.Promise]bool{}}
	w.texts = &carrier{known: map[id.Promise]bool{}, keys: true}
	words, err := lang.Load()
	w.must(err)
	w.post = post.New(post.Config{
		DB: w.db, Clock: w.clock, IDs: w.ids, Addresses: w.addresses, Codes: w.codes, Languages: words,
		Carriers: map[post.Channel]post.Carrier{post.Email: w.mail, post.Text: w.texts},
	})
	w.run = promise.NewRunner(w.db, w.clock, w.ids, slog.New(slog.DiscardHandler), map[promise.Kind]promise.Keep{post.Kind: w.post.Keep()}, promise.Options{Steady: w.clock.Now})
}

func onBoth(t *testing.T, fn func(w *world)) {
	t.Helper()
	ready.Both(t, func(t *testing.T, where string) { fn(newWorld(t, where)) })
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// has gives somebody an address.
func (w *world) has(ch post.Channel, to string) *post.Place {
	p := &post.Place{
		Person: id.New[id.Person](w.ids), Book: id.New[id.Book](w.ids), Item: id.New[id.Item](w.ids), Channel: ch,
		To: to, Confirmed: true, Write: true, Opens: true, Safe: true,
	}
	w.all[p.Item] = p
	return p
}

func (w *world) notice(who id.Person) {
	w.t.Helper()
	w.must(w.db.Update(context.Background(), func(tx *store.Tx) error {
		return w.post.Notice(tx, who, id.New[id.Happening](w.ids).Bytes(), w.clock.Now())
	}))
}

func (w *world) code(to post.Row, digits string) id.Code {
	w.t.Helper()
	c := id.New[id.Code](w.ids)
	w.codes.standing[c] = digits
	w.must(w.db.Update(context.Background(), func(tx *store.Tx) error { return w.post.SendCode(tx, to, c, false) }))
	return c
}

// settle keeps what is due.
func (w *world) settle() {
	w.t.Helper()
	for {
		n, err := w.run.Once(context.Background())
		w.must(err)
		if n == 0 {
			return
		}
	}
}

// states returns the states of all messages, sorted.
func (w *world) states() string {
	w.t.Helper()
	var out []string
	w.must(w.db.View(context.Background(), func(tx *store.Tx) error {
		out = nil
		return store.Each(tx, `SELECT state FROM message ORDER BY state, id`, nil, func(scan func(...any) error) error {
			var s string
			err := scan(&s)
			out = append(out, s)
			return err
		})
	}))
	return strings.Join(out, " ")
}

func (w *world) want(states string) {
	w.t.Helper()
	if got := w.states(); got != states {
		w.t.Errorf("the messages are %q, want %q", got, states)
	}
}

// got fails unless people got so many letters by a carrier, and returns the last.
func (w *world) got(c *carrier, n int) post.Letter {
	w.t.Helper()
	if len(c.got) != n {
		w.t.Fatalf("%d letters arrived, want %d", len(c.got), n)
	}
	if n == 0 {
		return post.Letter{}
	}
	return c.got[n-1]
}

var errSomething = errors.New("the line went dead")

// row is where an address stands.
func row(p *post.Place) post.Row {
	return post.Row{Person: p.Person, Book: p.Book, Item: p.Item, Channel: p.Channel}
}
