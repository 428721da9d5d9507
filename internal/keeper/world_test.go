package keeper_test

import (
	"context"
	"testing"

	"pgregory.net/rapid"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/store"
	"beside/internal/store/schema"
	"beside/internal/vault"
)

// world is a keeper over a real database and a real keyring, with a clock that moves when told to.
type world struct {
	db    *store.DB
	vault *vault.Vault
	clock *clock.Manual
	ids   *id.Maker
	k     *keeper.Keeper
}

func newWorld(t testing.TB, where string) *world {
	t.Helper()
	ctx := context.Background()
	w := &world{clock: clock.NewManual(1_790_000_000_000_000)}
	w.ids = id.NewMaker(w.clock, nil)
	var err error
	if w.db, err = store.Open(ctx, where, store.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.db.Close() })
	if err := w.db.Migrate(ctx, schema.Files); err != nil {
		t.Fatal(err)
	}
	keys, err := store.Open(ctx, t.TempDir(), store.Options{Name: "keyring.db"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = keys.Close() })
	root, err := vault.LoadOrMakeRoot(t.TempDir()+"/root.key", nil)
	if err != nil {
		t.Fatal(err)
	}
	if w.vault, err = vault.Open(ctx, keys, root, w.clock, nil); err != nil {
		t.Fatal(err)
	}
	w.k = keeper.New(w.db, w.vault, w.clock, w.ids, nil)
	return w
}

// fatal is what both *testing.T and *rapid.T are.
type fatal interface {
	Helper()
	Fatalf(string, ...any)
}

// person makes somebody with an empty book.
func (w *world) person(t fatal) (grant.Subject, id.Book) {
	t.Helper()
	who := grant.Subject{Person: id.New[id.Person](w.ids), Hat: book.HatSelf}
	return who, w.ownBook(t, who.Person)
}

// ownBook makes an empty book for somebody.
func (w *world) ownBook(t fatal, who id.Person) id.Book {
	t.Helper()
	b := id.New[id.Book](w.ids)
	must(t, w.vault.MakeBook(context.Background(), b))
	must(t, w.db.Update(context.Background(), func(tx *store.Tx) error { return w.k.Begin(tx, b, who) }))
	return b
}

// worker makes somebody who may wear a worker's hat.
func (w *world) worker(t fatal) grant.Subject {
	t.Helper()
	who := grant.Subject{Person: id.New[id.Person](w.ids), Hat: book.HatWorker}
	must(t, w.db.Update(context.Background(), func(tx *store.Tx) error {
		_, err := tx.Exec(`INSERT INTO membership (id, community, person, hat, since, until) VALUES ($1, $2, $3, 'worker', 0, $4)`,
			id.New[id.Membership](w.ids), id.New[id.Community](w.ids), who.Person, int64(1)<<62)
		return err
	}))
	return who
}

func (w *world) entry() id.Entry { return id.New[id.Entry](w.ids) }

func must(t fatal, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("unexpected error: %v", err)
	}
}

func wantKind(t fatal, err error, k errs.Kind) {
	t.Helper()
	if !errs.Is(err, k) {
		t.Fatalf("error is %v, want kind %v", err, k)
	}
}

// words draws text as people and their keyboards make it: any Unicode but NUL, with what often breaks mixed in.
func words() *rapid.Generator[string] {
	odd := rapid.SampledFrom([]string{"né́e", "e\u0301", "\u200f", "ﷺ", "👩🏽‍👩🏽‍👧🏽", "\u2028", "<b>&amp;", "\"\\", "ß", "İ", "\ufeff", "\t", "𝕎", "न्दी", "\ufffd", "\u00a0", "ı\n\n"})
	return rapid.Custom(func(t *rapid.T) string {
		s := "w" + rapid.StringN(0, 12, 60).Draw(t, "text") + odd.Draw(t, "odd")
		out := ""
		for _, r := range s {
			if r != 0 && r != '\r' {
				out += string(r)
			}
		}
		return out
	})
}
