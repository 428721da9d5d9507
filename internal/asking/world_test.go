package asking_test

import (
	"context"
	"testing"

	"beside/internal/asking"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/promise"
	"beside/internal/store"
	"beside/internal/store/schema"
	"beside/internal/testkit/ready"
	"beside/internal/vault"
)

// noon is when the tests of this package begin: 12 March 2025, 12:00 UTC.
const noon = clock.Time(1741780800) * clock.Second

var ctx = context.Background()

// world is questions over a real store and a real keyring, with a clock that moves when told to.
type world struct {
	*asking.Asking
	db     *store.DB
	vault  *vault.Vault
	clock  clock.Clock
	manual *clock.Manual // nil in a bubble
	ids    *id.Maker
	keeper *keeper.Keeper
	runner *promise.Runner
}

// tester is a testing.T or a rapid.T.
type tester interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

func onBoth(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	ready.Both(t, func(t *testing.T, where string) {
		c := clock.NewManual(noon)
		w := newWorld(t, where, c)
		w.manual = c
		fn(t, w)
	})
}

func newWorld(t *testing.T, where string, c clock.Clock) *world {
	t.Helper()
	w := &world{clock: c}
	w.ids = id.NewMaker(w.clock, nil)
	w.db = open(t, where, "")
	must(t, w.db.Migrate(ctx, schema.Files))
	root, err := vault.LoadOrMakeRoot(t.TempDir()+"/root.key", nil)
	must(t, err)
	w.vault, err = vault.Open(ctx, open(t, t.TempDir(), "keyring.db"), root, w.clock, nil)
	must(t, err)
	w.keeper = keeper.New(w.db, w.vault, w.clock, w.ids, nil)
	w.Asking = asking.New(asking.Config{
		DB: w.db, Keeper: w.keeper, Clock: w.clock, IDs: w.ids,
		News: func(tx *store.Tx, who id.Person, what asking.News) error {
			return w.note(tx, who, string(what))
		},
		Nudge: func(tx *store.Tx, who id.Person, _ []byte, _ clock.Time) error { return w.note(tx, who, "nudge") },
	})
	w.keeper.OnErase(w.Forget)
	w.keeper.OnCopy(keeper.CopyAsked, w.Copy)
	w.runner = promise.NewRunner(w.db, w.clock, w.ids, nil, map[promise.Kind]promise.Keep{
		asking.RemindPromise: w.KeepRemind(), asking.LatePromise: w.KeepLate(),
	}, promise.Options{Batch: 1000, Tick: clock.Hour})
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

// note writes down, in a table that these tests have no other use for, what somebody was told.
func (w *world) note(tx *store.Tx, who id.Person, what string) error {
	_, err := tx.Exec(`INSERT INTO notice (id, person, kind, book, entry, at, seen_at) VALUES ($1, $2, $3, $4, $5, $6, 0)`,
		id.New[id.Notice](w.ids), who, what, id.New[id.Book](w.ids), w.entry(), w.clock.Now())
	return err
}

// told counts how often somebody was told something.
func (w *world) told(t tester, who id.Person, what string) (n int) {
	t.Helper()
	must(t, w.db.View(ctx, func(tx *store.Tx) error {
		return tx.Row(`SELECT COUNT(*) FROM notice WHERE person = $1 AND kind = $2`, who, what).Scan(&n)
	}))
	return n
}

func (w *world) exec(t tester, query string, args ...any) {
	t.Helper()
	must(t, w.db.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(query, args...)
		return err
	}))
}

// owner is somebody with a book.
type owner struct {
	grant.Subject
	book id.Book
	name string
}

// person makes somebody with a book in which their name stands.
func (w *world) person(t tester, name string) owner {
	t.Helper()
	o := owner{grant.Subject{Person: id.New[id.Person](w.ids), Hat: book.HatSelf}, id.New[id.Book](w.ids), name}
	must(t, w.vault.MakeBook(ctx, o.book))
	must(t, w.db.Update(ctx, func(tx *store.Tx) error { return w.keeper.Begin(tx, o.book, o.Person) }))
	w.write(t, o, keeper.Draft{Kind: book.KindName, Act: book.ActWrite, Item: book.Only(o.book, book.KindName), Body: &book.Name{Words: book.NewText(name)}})
	w.write(t, o, keeper.Draft{Kind: book.KindWords, Act: book.ActWrite, Item: book.Only(o.book, book.KindWords), Body: &book.Words{Words: book.NewText("fern")}})
	return o
}

func (w *world) write(t tester, o owner, d keeper.Draft) book.Entry {
	t.Helper()
	d.ID, d.Via = w.entry(), book.ViaWeb
	done, err := w.keeper.Write(ctx, o.Subject, o.book, d)
	must(t, err)
	return done[0]
}

// role gives somebody a role from now on.
func (w *world) role(t tester, who id.Person, hat book.Hat) grant.Subject {
	t.Helper()
	w.exec(t, `INSERT INTO membership (id, community, person, hat, since, until) VALUES ($1, $2, $3, $4, $5, $6)`,
		id.New[id.Membership](w.ids), id.New[id.Community](w.ids), who, string(hat), w.clock.Now(), int64(1)<<60)
	return grant.Subject{Person: who, Hat: hat}
}

// ends ends all roles of somebody.
func (w *world) ends(t tester, who id.Person) {
	t.Helper()
	w.exec(t, `UPDATE membership SET until = $1 WHERE person = $2 AND until > $1`, w.clock.Now(), who)
}

// give gives somebody who walks with an owner their name and what matters to them.
func (w *world) give(t tester, o owner, to grant.Subject) book.Entry {
	t.Helper()
	return w.write(t, o, keeper.Draft{Kind: book.KindSharing, Act: book.ActWrite, Body: &book.Sharing{As: book.HatWorker,
		Recipient: to.Person, Sections: []book.Section{book.SectionName, book.SectionWords}, Purpose: book.PurposeWalking, Until: w.clock.Now() + book.MaxGrant,
	}})
}

func (w *world) takeBack(t tester, o owner, given book.Entry) {
	t.Helper()
	w.write(t, o, keeper.Draft{Kind: book.KindSharing, Act: book.ActPutAway, Item: given.Item, Base: given.ID})
}

// looks has somebody look into a book, and returns that look.
func (w *world) looks(t tester, who grant.Subject, o owner) id.Look {
	t.Helper()
	if who.Hat == book.HatTeam {
		w.exec(t, `INSERT INTO death_claim (member, until) VALUES ($1, $2) ON CONFLICT (member) DO UPDATE SET until = excluded.until`, who.Person, w.clock.Now()+clock.Hour)
		_, _, err := w.keeper.FindByName(ctx, who, id.New[id.Request](w.ids), book.PurposeDied, o.name)
		must(t, err)
	} else {
		_, err := w.keeper.Read(ctx, who, o.book, keeper.Want{})
		must(t, err)
	}
	all, err := w.keeper.Looks(ctx, o.Subject, o.book, 0, 1)
	must(t, err)
	if len(all) != 1 || all[0].Reader != who.Person {
		t.Fatalf("the last look is %+v", all)
	}
	return all[0].ID
}

// settle keeps what is due.
func (w *world) settle(t tester) {
	t.Helper()
	for {
		n, err := w.runner.Once(ctx)
		must(t, err)
		if n == 0 {
			return
		}
	}
}

// question is the only question about a look, as its owner sees it.
func (w *world) question(t tester, o owner, look id.Look) asking.Question {
	t.Helper()
	all, err := w.Questions(ctx, o.Subject, o.book, look)
	must(t, err)
	q, is := all[look]
	if !is {
		t.Fatal("nothing was asked about the look")
	}
	return q
}

// dies has two of the team say that the owner of a book has died; lives has it taken back.
func (w *world) dies(t tester, o owner) {
	t.Helper()
	now := w.clock.Now()
	w.exec(t, `INSERT INTO death (id, book, person, said_at, since, reads_until, over_at) VALUES ($1, $2, $3, $4, $4, $5, 0)`, w.entry(), o.book, o.Person, now, now+30*clock.Day)
}

func (w *world) lives(t tester, o owner) {
	t.Helper()
	w.exec(t, `UPDATE death SET over_at = $1 WHERE book = $2 AND over_at = 0`, w.clock.Now(), o.book)
}
