package peer_test

import (
	"context"
	"errors"
	"testing"

	"golang.org/x/text/language"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/peer"
	"beside/internal/promise"
	"beside/internal/store"
	"beside/internal/store/schema"
	"beside/internal/testkit/ready"
	"beside/internal/vault"
)

// world is two people who may walk together, over a real database and a real keyring.
type world struct {
	*testing.T
	db    *store.DB
	vault *vault.Vault
	clock *clock.Manual
	ids   *id.Maker
	k     *keeper.Keeper
	peers *peer.Peers
}

// onBoth runs a test on both engines, each with a world of its own.
func onBoth(t *testing.T, fn func(w *world)) {
	t.Helper()
	ready.Both(t, func(t *testing.T, where string) { fn(newWorld(t, where)) })
}

func newWorld(t *testing.T, where string) *world {
	t.Helper()
	w := &world{T: t, clock: clock.NewManual(1_790_000_000_000_000)}
	w.ids = id.NewMaker(w.clock, nil)
	w.db = w.open(where, store.Options{})
	w.must(w.db.Migrate(ctx, schema.Files))
	root, err := vault.LoadOrMakeRoot(t.TempDir()+"/root.key", nil)
	w.must(err)
	w.vault, err = vault.Open(ctx, w.open(t.TempDir(), store.Options{Name: "keyring.db"}), root, w.clock, nil)
	w.must(err)
	w.k = keeper.New(w.db, w.vault, w.clock, w.ids, nil)
	w.peers = peer.New(w.db, w.k, w.clock, book.ViaWeb)
	return w
}

var ctx = context.Background()

func (w *world) open(where string, o store.Options) *store.DB {
	w.Helper()
	db, err := store.Open(ctx, where, o)
	w.must(err)
	w.Cleanup(func() { _ = db.Close() })
	return db
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatalf("unexpected error: %v", err)
	}
}

func (w *world) kind(err error, k errs.Kind) {
	w.Helper()
	if !errs.Is(err, k) {
		w.Fatalf("error is %v, want kind %v", err, k)
	}
}

// fields are the fields an error is about.
func fields(err error) []errs.Field {
	e, ok := errors.AsType[*errs.Error](err)
	if !ok {
		return nil
	}
	return e.Fields
}

// owner is somebody with a book.
type owner struct {
	grant.Subject
	book id.Book
}

// person makes somebody whose book has a name, words, a strength and a goal.
func (w *world) person(name string) owner {
	w.Helper()
	o := owner{grant.Subject{Person: id.New[id.Person](w.ids), Hat: book.HatSelf}, id.New[id.Book](w.ids)}
	w.must(w.vault.MakeBook(ctx, o.book))
	w.must(w.db.Update(ctx, func(tx *store.Tx) error { return w.k.Begin(tx, o.book, o.Person) }))
	w.write(o, &book.Name{Words: book.NewText(name)})
	w.write(o, &book.Words{Words: book.NewText(name + "'s words")})
	strength := w.write(o, &book.Strength{Words: book.NewText(name + " sings")})
	w.write(o, &book.Goal{Words: book.NewText(name + "'s goal"), BuildsOn: []id.Item{strength.Item}})
	return o
}

// write is the owner's own act on a new item.
func (w *world) write(o owner, b book.Body) book.Entry {
	w.Helper()
	d := keeper.Draft{ID: w.entry(), Kind: b.Kind(), Act: book.ActWrite, Body: b, Via: book.ViaWeb}
	if b.Kind() == book.KindName || b.Kind() == book.KindWords {
		d.Item = book.Only(o.book, b.Kind())
	}
	done, err := w.k.Write(ctx, o.Subject, o.book, d)
	w.must(err)
	return done[0]
}

// member makes somebody who may wear a worker's hat, without a profile.
func (w *world) member() grant.Subject {
	w.Helper()
	who := grant.Subject{Person: id.New[id.Person](w.ids), Hat: book.HatWorker}
	w.exec(`INSERT INTO membership (id, community, person, hat, since, until) VALUES ($1, $2, $3, 'worker', 0, $4)`,
		id.New[id.Membership](w.ids), id.New[id.Community](w.ids), who.Person, int64(1)<<60)
	return who
}

// worker makes a worker with a profile who takes on more people.
func (w *world) worker(name string) grant.Subject {
	w.Helper()
	who := w.member()
	w.must(w.peers.KeepProfile(ctx, who, peer.Profile{Name: name, Story: book.NewText(name + "'s story"), TakingMore: true}))
	return who
}

// retell changes a worker's profile.
func (w *world) retell(who grant.Subject, change func(*peer.Profile)) {
	w.Helper()
	pr, err := w.peers.OwnProfile(ctx, who)
	w.must(err)
	change(&pr)
	w.must(w.peers.KeepProfile(ctx, who, pr))
}

func (w *world) exec(query string, args ...any) {
	w.Helper()
	w.must(w.db.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(query, args...)
		return err
	}))
}

func (w *world) count(query string, args ...any) (n int) {
	w.Helper()
	w.must(w.db.View(ctx, func(tx *store.Tx) error { return tx.Row(query, args...).Scan(&n) }))
	return n
}

func (w *world) entry() id.Entry { return id.New[id.Entry](w.ids) }

// choice is a yes to a worker, as the page offers it.
func (w *world) choice(worker grant.Subject, sections ...book.Section) peer.Choice {
	return peer.Choice{Entry: w.entry(), Worker: worker.Person, Sections: sections, Until: w.clock.Now() + 365*clock.Day}
}

var all = []book.Section{book.SectionWords, book.SectionStrengths, book.SectionGoals}

// choose is the second tap.
func (w *world) choose(o owner, worker grant.Subject) {
	w.Helper()
	w.must(w.peers.Choose(ctx, o.Subject, o.book, w.choice(worker, all...)))
}

// sees wants that a worker can or cannot see a book.
func (w *world) sees(worker grant.Subject, o owner, want bool) {
	w.Helper()
	_, err := w.peers.Person(ctx, worker, o.book)
	people, again := w.peers.People(ctx, worker, language.English)
	w.must(again)
	listed := false
	for _, p := range people {
		listed = listed || p.Book == o.book
	}
	if (err == nil) != want || listed != want {
		w.Fatalf("the worker sees the book: %v, listed: %v; want %v", err, listed, want)
	}
	if err != nil {
		w.kind(err, errs.NotOpen)
	}
}

// tell keeps every promise that is due, as the runner does.
func (w *world) tell() {
	w.Helper()
	r := promise.NewRunner(w.db, w.clock, w.ids, nil, map[promise.Kind]promise.Keep{keeper.TellPromise: {Effect: w.peers.Tell, Version: keeper.TellVersion}}, promise.Options{})
	for {
		n, err := r.Once(ctx)
		w.must(err)
		if n == 0 {
			return
		}
	}
}
