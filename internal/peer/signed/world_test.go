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
	"beside/internal/store"
	"beside/internal/testkit/books"
	"beside/internal/testkit/ready"
)

var ctx = context.Background()

// today is when the tests of this package begin.
const today = "2025-03-12"

// world is sheets.
type world struct {
	*books.Place
	*signed.Papers
	peers  *peer.Peers
	photos *media.Store
	told   map[id.Person][]bool // of whom it was told that something was entered (false) or taken back (true)
	photo  []byte
}

type (
	owner  = books.Owner
	tester = books.T
)

var must, wantKind = books.Must, books.WantKind

func onBoth(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	ready.Both(t, func(t *testing.T, where string) { fn(t, newWorld(t, where)) })
}

func newWorld(t *testing.T, where string) *world {
	t.Helper()
	w := &world{Place: books.New(t, where), told: map[id.Person][]bool{}}
	w.peers = peer.New(w.DB, w.Keeper, w.Clock, book.ViaWeb)
	w.photos = media.NewStore(w.DB, w.Keeper, w.Clock)
	w.Papers = signed.New(signed.Config{
		DB: w.DB, Keeper: w.Keeper, Peers: w.peers, Clean: media.NewCleaner(), Photos: w.photos, Clock: w.Clock, Key: []byte("a key of the tests"),
		Try: func(context.Context, id.Person) error { return nil },
		Tell: func(_ *store.Tx, owner id.Person, back bool) error {
			w.told[owner] = append(w.told[owner], back)
			return nil
		},
	})
	w.Keeper.OnErase(w.Forget)
	w.Keeper.OnErase(w.photos.Forget)
	w.Keeper.OnCopy(keeper.CopySigned, w.Copy)
	var b bytes.Buffer
	must(t, jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 900, 700)), nil))
	w.photo = b.Bytes()
	return w
}

// works is somebody who works here, in a hat; a worker has a profile and takes on more people.
func (w *world) works(t tester, hat book.Hat) grant.Subject {
	t.Helper()
	who := w.Works(t, hat)
	if hat == book.HatWorker {
		must(t, w.peers.KeepProfile(ctx, who, peer.Profile{Person: who.Person, Name: "Sam", Title: "Recovery coach", Languages: "English", TakingMore: true}))
	}
	return who
}

// wants wants a field of a form to be refused in these words.
func wants(t tester, err error, field, words string) {
	t.Helper()
	e, ok := errors.AsType[*errs.Error](err)
	if !ok || e.Kind != errs.Invalid || len(e.Fields) != 1 || e.Fields[0].Name != field || e.Fields[0].Words != words {
		t.Fatalf("error %v, want %s: %s", err, field, words)
	}
}

// ask is a grant of goals and strengths for 200 days.
func (w *world) ask(worker grant.Subject) signed.Ask {
	return signed.Ask{Entry: w.Entry(), Worker: worker.Person, Sections: []book.Section{book.SectionStrengths, book.SectionGoals}, Until: w.Clock.Now() + 200*clock.Day}
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
	return signed.Entering{Number: p.Number, Name: p.Name, Day: w.Clock.Now().Std().UTC().Format("2006-01-02"), Photo: w.photo}
}

// sees reports whether a worker sees the goals of a book now.
func (w *world) sees(t tester, who grant.Subject, b id.Book) bool {
	t.Helper()
	r, err := w.Keeper.Read(ctx, who, b, keeper.Want{Kind: book.KindName}, keeper.Want{Sections: []book.Section{book.SectionGoals}})
	if errs.Is(err, errs.NotOpen) {
		return false
	}
	must(t, err)
	return len(r.Items[0]) > 0
}

// chooses is a yes of the owner's own hand.
func (w *world) chooses(t tester, o owner, worker grant.Subject) {
	t.Helper()
	w.Clock.Step(clock.Second)
	must(t, w.peers.Choose(ctx, o.Subject, o.Book, peer.Choice{Entry: w.Entry(), Worker: worker.Person, Sections: []book.Section{book.SectionWords}, Until: w.Clock.Now() + 300*clock.Day}))
}
