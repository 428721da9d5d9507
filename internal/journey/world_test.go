package journey_test

import (
	"context"
	"testing"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/journey"
	"beside/internal/keeper"
	"beside/internal/store"
	"beside/internal/store/schema"
	"beside/internal/vault"
)

// world is one person's book over a real database and a real keyring, and a worker they chose.
type world struct {
	t      *testing.T
	db     *store.DB
	clock  *clock.Manual
	ids    *id.Maker
	keeper *keeper.Keeper
	j      *journey.Journey
	me     journey.Me
	worker grant.Subject
}

var ctx = context.Background()

func newWorld(t *testing.T, where string) *world {
	t.Helper()
	w := &world{t: t, clock: clock.NewManual(1_790_000_000_000_000)}
	w.ids = id.NewMaker(w.clock, nil)
	db, err := store.Open(ctx, where, store.Options{})
	w.must(err)
	w.db = db
	t.Cleanup(func() { _ = db.Close() })
	w.must(db.Migrate(ctx, schema.Files))
	keys, err := store.Open(ctx, t.TempDir(), store.Options{Name: "keyring.db"})
	w.must(err)
	t.Cleanup(func() { _ = keys.Close() })
	root, err := vault.LoadOrMakeRoot(t.TempDir()+"/root.key", nil)
	w.must(err)
	v, err := vault.Open(ctx, keys, root, w.clock, nil)
	w.must(err)
	w.keeper = keeper.New(db, v, w.clock, w.ids, nil)
	w.j = journey.New(w.keeper, w.clock, book.ViaWeb)
	w.me = w.person(v)
	w.worker = w.chosen()
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) wants(k errs.Kind, err error) {
	w.t.Helper()
	if !errs.Is(err, k) {
		w.t.Errorf("error is %v, want kind %v", err, k)
	}
}

func (w *world) person(v *vault.Vault) journey.Me {
	me := journey.Me{Subject: grant.Subject{Person: id.New[id.Person](w.ids), Hat: book.HatSelf}, Book: id.New[id.Book](w.ids)}
	w.must(v.MakeBook(ctx, me.Book))
	w.must(w.db.Update(ctx, func(tx *store.Tx) error { return w.keeper.Begin(tx, me.Book, me.Person) }))
	w.must(w.j.SetAbout(ctx, me, w.entry(), id.Entry{}, id.Entry{}, journey.Says{Name: book.NewText("Ana")}))
	return me
}

// chosen makes a worker and gives them all that can be given, for a month.
func (w *world) chosen() grant.Subject {
	who := grant.Subject{Person: id.New[id.Person](w.ids), Hat: book.HatWorker}
	w.must(w.db.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`INSERT INTO membership (id, community, person, hat, since, until) VALUES ($1, $2, $3, 'worker', 0, $4)`,
			id.New[id.Membership](w.ids), id.New[id.Community](w.ids), who.Person, int64(1)<<62)
		return err
	}))
	_, err := w.keeper.Write(ctx, w.me.Subject, w.me.Book, keeper.Draft{ID: w.entry(), Kind: book.KindSharing, Act: book.ActWrite, Via: book.ViaWeb,
		Body: &book.Sharing{As: book.HatWorker, Recipient: who.Person, Sections: book.Givable(), Purpose: book.PurposeWalking, Until: w.clock.Now() + 30*clock.Day}})
	w.must(err)
	return who
}

func (w *world) entry() id.Entry { return id.New[id.Entry](w.ids) }

func (w *world) fresh() journey.Writing { return journey.Writing{Entry: w.entry()} }

// over is a form that shows an item as it is.
func (w *world) over(m journey.Mine) journey.Writing {
	return journey.Writing{Entry: w.entry(), Item: m.Item, Base: m.Head}
}

func text(s string) book.Text { return book.NewText(s) }

// suggest has the worker suggest something and returns the suggestion's id.
func (w *world) suggest(b book.Body) id.Entry {
	w.t.Helper()
	e := w.entry()
	_, err := w.keeper.Write(ctx, w.worker, w.me.Book, keeper.Draft{ID: e, Kind: b.Kind(), Act: book.ActSuggest, Body: b, Via: book.ViaWeb})
	w.must(err)
	return e
}

func (w *world) strength(words string) journey.Mine {
	w.t.Helper()
	it, err := w.j.SetStrength(ctx, w.me, w.fresh(), journey.Strength{Mine: journey.Mine{Words: text(words)}})
	w.must(err)
	return w.strengthNow(it).Mine
}

func (w *world) strengthNow(it id.Item) journey.Strength {
	w.t.Helper()
	all, err := w.j.Strengths(ctx, w.me)
	w.must(err)
	s, err := all.Find(it)
	w.must(err)
	return s
}

func (w *world) goal(words string, on ...id.Item) journey.Goal {
	w.t.Helper()
	it, err := w.j.SetGoal(ctx, w.me, w.fresh(), journey.Goal{Mine: journey.Mine{Words: text(words)}, BuildsOn: on})
	w.must(err)
	return w.goalNow(it)
}

func (w *world) goalNow(it id.Item) journey.Goal {
	w.t.Helper()
	all, err := w.j.Goals(ctx, w.me)
	w.must(err)
	g, err := all.Goal(it)
	w.must(err)
	return g
}

func (w *world) step(goal id.Item, words string) journey.Step {
	w.t.Helper()
	it, err := w.j.SetStep(ctx, w.me, w.fresh(), goal, text(words))
	w.must(err)
	all, err := w.j.Goals(ctx, w.me)
	w.must(err)
	s, err := all.Step(it)
	w.must(err)
	return s
}

// events are the timeline's lines, newest first, as "kind did words".
func (w *world) events() []string {
	w.t.Helper()
	tl, err := w.j.Timeline(ctx, w.me, 0)
	w.must(err)
	var out []string
	for _, e := range tl.Events {
		out = append(out, string(e.Kind)+" "+string(e.Did)+" "+e.Words.Show())
	}
	return out
}

func draft(e id.Entry, b book.Body) keeper.Draft {
	return keeper.Draft{ID: e, Kind: b.Kind(), Act: book.ActWrite, Body: b, Via: book.ViaWeb}
}
