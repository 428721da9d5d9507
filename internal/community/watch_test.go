package community_test

import (
	"context"
	"testing"

	"beside/internal/clock"
	"beside/internal/community"
	"beside/internal/id"
	"beside/internal/promise"
	"beside/internal/store"
	"beside/internal/store/schema"
	"beside/internal/testkit/ready"
	"beside/internal/vault"
	"beside/internal/witness"
)

var ctx = context.Background()

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, where, name string) *store.DB {
	t.Helper()
	db, err := store.Open(ctx, where, store.Options{Name: name})
	must(t, err)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func TestLook(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		c := clock.NewManual(1_790_000_000_000_000)
		db, keyring := open(t, where, ""), open(t, t.TempDir(), "keyring.db")
		must(t, db.Migrate(ctx, schema.Files))
		root, err := vault.LoadOrMakeRoot(t.TempDir()+"/root.key", nil)
		must(t, err)
		keys, err := vault.Open(ctx, keyring, root, c, nil)
		must(t, err)
		watch := community.NewWatch(db, keys, c)
		want := func(w community.Well) {
			t.Helper()
			w.At = c.Now()
			if got := watch.Look(ctx); got != w {
				t.Fatalf("it is %+v, want %+v", got, w)
			}
		}
		want(community.Well{NoCopies: true, Database: true, Keys: true})

		must(t, db.Update(ctx, func(tx *store.Tx) error {
			p := promise.Promise{ID: id.New[id.Promise](id.NewMaker(c, nil)), Kind: "tell", Due: c.Now(), Made: c.Now()}
			if err := promise.Set(tx, p); err != nil {
				return err
			}
			return witness.NewQueue(keys.Key("test"), nil).Enqueue(tx, witness.Hash{1}, "entry", c.Now())
		}))
		queued := c.Now()
		want(community.Well{NoCopies: true, Database: true, Keys: true, Leaves: 1, Queued: queued})
		c.Step(2 * clock.Minute)
		want(community.Well{NoCopies: true, Database: true, Keys: true, Overdue: 1, Leaves: 1, Queued: queued})
		log, err := witness.New(witness.Config{DB: db, Seed: keys.Key("test"), Queue: witness.NewQueue(keys.Key("test"), nil), Clock: c})
		must(t, err)
		_, err = log.Sequence(ctx)
		must(t, err)
		want(community.Well{NoCopies: true, Database: true, Keys: true, Overdue: 1, Signed: c.Now()})

		must(t, keyring.Close())
		want(community.Well{NoCopies: true, Database: true, Overdue: 1, Signed: c.Now()})
		must(t, db.Close())
		want(community.Well{})
		if (community.Well{Database: true, Keys: true, Overdue: 1}).All() || !(community.Well{Database: true, Keys: true, Leaves: 9}).All() {
			t.Fatal("All says otherwise")
		}
		if late := (community.Well{Database: true, Keys: true, At: 3 * clock.Minute, Queued: clock.Minute}); late.All() || !late.Unsigned() {
			t.Fatal("a leaf that waits for minutes is well")
		}
	})
}
