package asking_test

import (
	"context"
	"testing"

	"beside/internal/asking"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/promise"
	"beside/internal/store"
	"beside/internal/testkit/books"
	"beside/internal/testkit/ready"
)

var ctx = context.Background()

// world is questions.
type world struct {
	*books.Place
	*asking.Asking
	clock clock.Clock // in a bubble not Place's
}

type (
	owner  = books.Owner
	tester = books.T
)

var must, wantKind = books.Must, books.WantKind

func onBoth(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	ready.Both(t, func(t *testing.T, where string) {
		p := books.New(t, where)
		fn(t, newWorld(p, p.Clock))
	})
}

func newWorld(p *books.Place, c clock.Clock) *world {
	w := &world{Place: p, clock: c}
	w.Asking = asking.New(asking.Config{
		DB: w.DB, Keeper: w.Keeper, Clock: w.clock, IDs: w.IDs,
		News: func(tx *store.Tx, who id.Person, what asking.News) error {
			return w.note(tx, who, string(what))
		},
		Nudge: func(tx *store.Tx, who id.Person, _ []byte, _ clock.Time) error { return w.note(tx, who, "nudge") },
	})
	w.Keeper.OnErase(w.Forget)
	w.Keeper.OnCopy(keeper.CopyAsked, w.Copy)
	w.Keeps(map[promise.Kind]promise.Keep{asking.RemindPromise: w.KeepRemind(), asking.LatePromise: w.KeepLate()})
	return w
}

// note writes down, in a table that these tests have no other use for, what somebody was told.
func (w *world) note(tx *store.Tx, who id.Person, what string) error {
	_, err := tx.Exec(`INSERT INTO notice (id, person, kind, book, entry, at, seen_at) VALUES ($1, $2, $3, $4, $5, $6, 0)`,
		id.New[id.Notice](w.IDs), who, what, id.New[id.Book](w.IDs), w.Entry(), w.clock.Now())
	return err
}

// told counts how often somebody was told something.
func (w *world) told(t tester, who id.Person, what string) (n int) {
	t.Helper()
	must(t, w.DB.View(ctx, func(tx *store.Tx) error {
		return tx.Row(`SELECT COUNT(*) FROM notice WHERE person = $1 AND kind = $2`, who, what).Scan(&n)
	}))
	return n
}

// person makes somebody with a book in which their name stands, and what matters to them.
func (w *world) person(t tester, name string) owner {
	t.Helper()
	o := w.Person(t, name)
	w.Writes(t, o, keeper.Draft{Kind: book.KindWords, Act: book.ActWrite, Item: book.Only(o.Book, book.KindWords), Body: &book.Words{Words: book.NewText("fern")}})
	return o
}

// role gives somebody a role from now on, in a place of its own.
func (w *world) role(t tester, who id.Person, hat book.Hat) grant.Subject {
	t.Helper()
	return w.WorksAt(t, id.New[id.Community](w.IDs), who, hat)
}

// ends ends all roles of somebody.
func (w *world) ends(t tester, who id.Person) {
	t.Helper()
	w.Exec(t, `UPDATE membership SET until = $1 WHERE person = $2 AND until > $1`, w.clock.Now(), who)
}

// looks has somebody look into a book, and returns that look.
func (w *world) looks(t tester, who grant.Subject, o owner) id.Look {
	t.Helper()
	if who.Hat == book.HatTeam {
		w.Exec(t, `INSERT INTO death_claim (member, until) VALUES ($1, $2) ON CONFLICT (member) DO UPDATE SET until = excluded.until`, who.Person, w.clock.Now()+clock.Hour)
		_, _, err := w.Keeper.FindByName(ctx, who, id.New[id.Request](w.IDs), book.PurposeDied, o.Name)
		must(t, err)
	} else {
		_, err := w.Keeper.Read(ctx, who, o.Book, keeper.Want{})
		must(t, err)
	}
	all, err := w.Keeper.Looks(ctx, o.Subject, o.Book, 0, 1)
	must(t, err)
	if len(all) != 1 || all[0].Reader != who.Person {
		t.Fatalf("the last look is %+v", all)
	}
	return all[0].ID
}

// question is the only question about a look, as its owner sees it.
func (w *world) question(t tester, o owner, look id.Look) asking.Question {
	t.Helper()
	all, err := w.Questions(ctx, o.Subject, o.Book, look)
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
	w.Exec(t, `INSERT INTO death (id, book, person, said_at, since, reads_until, over_at) VALUES ($1, $2, $3, $4, $4, $5, 0)`, w.Entry(), o.Book, o.Person, now, now+30*clock.Day)
}

func (w *world) lives(t tester, o owner) {
	t.Helper()
	w.Exec(t, `UPDATE death SET over_at = $1 WHERE book = $2 AND over_at = 0`, w.clock.Now(), o.Book)
}
