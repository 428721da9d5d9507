package signed_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/jpeg"
	"testing"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/media"
	"beside/internal/peer"
	"beside/internal/peer/signed"
	"beside/internal/promise"
	"beside/internal/store"
	"beside/internal/store/schema"
	"beside/internal/testkit/ready"
	"beside/internal/vault"
)

// noon is when the tests of this package begin: 12 March 2025, 12:00 UTC; today is that day.
const (
	noon  = clock.Time(1741780800) * clock.Second
	today = "2025-03-12"
)

var ctx = context.Background()

// world is sheets over a real store and a real keyring, with a clock that moves when told to.
type world struct {
	*signed.Papers
	db        *store.DB
	vault     *vault.Vault
	clock     *clock.Manual
	ids       *id.Maker
	keeper    *keeper.Keeper
	peers     *peer.Peers
	photos    *media.Store
	runner    *promise.Runner
	community id.Community
	told      map[id.Person][]bool // of whom it was told that something was entered (false) or taken back (true)
	photo     []byte
}

// tester is a testing.T or a rapid.T.
type tester interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

func onBoth(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	ready.Both(t, func(t *testing.T, where string) { fn(t, newWorld(t, where)) })
}

func newWorld(t *testing.T, where string) *world {
	t.Helper()
	w := &world{clock: clock.NewManual(noon), told: map[id.Person][]bool{}}
	w.ids = id.NewMaker(w.clock, nil)
	w.db = open(t, where, "")
	must(t, w.db.Migrate(ctx, schema.Files))
	root, err := vault.LoadOrMakeRoot(t.TempDir()+"/root.key", nil)
	must(t, err)
	w.vault, err = vault.Open(ctx, open(t, t.TempDir(), "keyring.db"), root, w.clock, nil)
	must(t, err)
	w.keeper = keeper.New(w.db, w.vault, w.clock, w.ids, nil)
	w.peers = peer.New(w.db, w.keeper, w.clock, book.ViaWeb)
	w.photos = media.NewStore(w.db, w.keeper, w.clock)
	w.Papers = signed.New(signed.Config{
		DB: w.db, Keeper: w.keeper, Peers: w.peers, Clean: media.NewCleaner(), Photos: w.photos, Clock: w.clock, Key: []byte("a key of the tests"),
		Try: func(context.Context, id.Person) error { return nil },
		Tell: func(_ *store.Tx, owner id.Person, back bool) error {
			w.told[owner] = append(w.told[owner], back)
			return nil
		},
	})
	w.keeper.OnErase(w.Forget)
	w.keeper.OnErase(w.photos.Forget)
	w.keeper.OnCopy(keeper.CopySigned, w.Copy)
	w.runner = promise.NewRunner(w.db, w.clock, w.ids, nil, map[promise.Kind]promise.Keep{
		keeper.ErasePromise: w.keeper.KeepErase(), keeper.CertifyPromise: w.keeper.KeepCertify(),
	}, promise.Options{Batch: 1000, Tick: clock.Hour})
	w.community = id.New[id.Community](w.ids)
	must(t, w.db.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`INSERT INTO community (id, name, made_at) VALUES ($1, 'Here', $2)`, w.community, noon)
		return err
	}))
	var b bytes.Buffer
	must(t, jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 900, 700)), nil))
	w.photo = b.Bytes()
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

// wants wants a field of a form to be refused in these words.
func wants(t tester, err error, field, words string) {
	t.Helper()
	e, ok := errors.AsType[*errs.Error](err)
	if !ok || e.Kind != errs.Invalid || len(e.Fields) != 1 || e.Fields[0].Name != field || e.Fields[0].Words != words {
		t.Fatalf("error %v, want %s: %s", err, field, words)
	}
}

func (w *world) entry() id.Entry { return id.New[id.Entry](w.ids) }

// owner is somebody with a book and a name.
type owner struct {
	grant.Subject
	book id.Book
	name string
}

func (w *world) person(t tester, name string) owner {
	t.Helper()
	o := owner{grant.Subject{Person: id.New[id.Person](w.ids), Hat: book.HatSelf}, id.New[id.Book](w.ids), name}
	must(t, w.vault.MakeBook(ctx, o.book))
	must(t, w.db.Update(ctx, func(tx *store.Tx) error { return w.keeper.Begin(tx, o.book, o.Person) }))
	_, err := w.keeper.Write(ctx, o.Subject, o.book, keeper.Draft{ID: w.entry(), Kind: book.KindName, Act: book.ActWrite, Item: book.Only(o.book, book.KindName), Body: &book.Name{Words: book.NewText(name)}, Via: book.ViaWeb})
	must(t, err)
	return o
}

// works is somebody who works here, in a hat; a worker has a profile and takes on more people.
func (w *world) works(t tester, hat book.Hat) grant.Subject {
	t.Helper()
	who := grant.Subject{Person: id.New[id.Person](w.ids), Hat: hat}
	must(t, w.db.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`INSERT INTO membership (id, community, person, hat, since, until, invited_by) VALUES ($1, $2, $3, $4, $5, $6, NULL)`,
			id.New[id.Membership](w.ids), w.community, who.Person, string(hat), noon, noon+3000*clock.Day)
		return err
	}))
	if hat == book.HatWorker {
		must(t, w.peers.KeepProfile(ctx, who, peer.Profile{Person: who.Person, Name: "Sam", Title: "Recovery coach", Languages: "English", TakingMore: true}))
	}
	return who
}

// ask is a grant of goals and strengths for 200 days.
func (w *world) ask(worker grant.Subject) signed.Ask {
	return signed.Ask{Entry: w.entry(), Worker: worker.Person, Sections: []book.Section{book.SectionStrengths, book.SectionGoals}, Until: w.clock.Now() + 200*clock.Day}
}

// prints has a sheet printed, and returns what stands on it.
func (w *world) prints(t tester, who grant.Subject, b id.Book, a signed.Ask) signed.Paper {
	t.Helper()
	s, err := w.Make(ctx, who, b, a)
	must(t, err)
	p, err := w.One(ctx, who, b, s)
	must(t, err)
	return p
}

// entering is what somebody types who holds a sheet.
func (w *world) entering(p signed.Paper) signed.Entering {
	return signed.Entering{Number: p.Number, Name: p.Name, Day: w.clock.Now().Std().UTC().Format("2006-01-02"), Photo: w.photo}
}

// sees reports whether a worker sees the goals of a book now.
func (w *world) sees(t tester, who grant.Subject, b id.Book) bool {
	t.Helper()
	r, err := w.keeper.Read(ctx, who, b, keeper.Want{Kind: book.KindName}, keeper.Want{Sections: []book.Section{book.SectionGoals}})
	if errs.Is(err, errs.NotOpen) {
		return false
	}
	must(t, err)
	return len(r.Items[0]) > 0
}

// chooses is a yes of the owner's own hand.
func (w *world) chooses(t tester, o owner, worker grant.Subject) {
	t.Helper()
	w.clock.Step(clock.Second)
	must(t, w.peers.Choose(ctx, o.Subject, o.book, peer.Choice{Entry: w.entry(), Worker: worker.Person, Sections: []book.Section{book.SectionWords}, Until: w.clock.Now() + 300*clock.Day}))
}

// erase erases something for good, keys and all; nothing named is the whole book.
func (w *world) erase(t tester, o owner, items ...id.Item) {
	t.Helper()
	_, err := w.keeper.Write(ctx, o.Subject, o.book, keeper.Draft{ID: w.entry(), Kind: book.KindErasing, Act: book.ActErase, Body: &book.Erasing{Items: items, Whole: len(items) == 0}, Via: book.ViaWeb})
	must(t, err)
	for {
		n, err := w.runner.Once(ctx)
		must(t, err)
		if n == 0 {
			return
		}
	}
}
