package made_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"beside/internal/book"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/journey/made"
	"beside/internal/keeper"
	"beside/internal/media"
	"beside/internal/store"
	"beside/internal/testkit/books"
	"beside/internal/testkit/histories"
	"beside/internal/testkit/ready"
)

var ctx = context.Background()

// world is a place with a shelf.
type world struct {
	*books.Place
	*made.Shelf
	photos *media.Store
}

func newWorld(t *testing.T, where string) *world {
	p := books.New(t, where)
	w := &world{Place: p, photos: media.NewStore(p.DB, p.Keeper, p.Clock)}
	w.Shelf = made.New(made.Config{DB: p.DB, Keeper: p.Keeper, Clean: media.NewCleaner(), Photos: w.photos, Via: book.ViaWeb})
	p.Keeper.OnErase(func(tx *store.Tx, gone keeper.Erased) error { return w.photos.Forget(tx, gone) })
	return w
}

// photo is a photograph of one grey.
func photo(grey uint8) []byte {
	img := image.NewGray(image.Rect(0, 0, 400, 300))
	for i := range img.Pix {
		img.Pix[i] = grey
	}
	img.SetGray(0, 0, color.Gray{Y: 255})
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// thing is what the model holds of something that was made.
type thing struct {
	item  id.Item
	head  id.Entry
	words string
	photo []byte // as it came; nil without one
	away  bool
}

// life is one of a person's, with a worker to whom all that can be given is given.
type life struct {
	*world
	owner  books.Owner
	worker grant.Subject
	things []*thing
	last   *made.Keeping // what was kept last
}

func (l *life) keep(t *rapid.T) {
	k := made.Keeping{Entry: l.Entry(), What: rapid.SampledFrom(append(book.Makings(), "")).Draw(t, "what")}
	words := rapid.SampledFrom([]string{"", "a loaf", "né́e\n👩🏽‍👧"}).Draw(t, "words")
	k.Words = book.NewText(words)
	if rapid.Bool().Draw(t, "with a photograph") {
		k.Photo = photo(rapid.Uint8().Draw(t, "grey"))
	}
	x := &thing{item: keeper.NewItem(k.Entry)}
	if len(l.things) > 0 && rapid.Bool().Draw(t, "one that is there") {
		x = rapid.SampledFrom(l.things).Draw(t, "which")
		k.Item, k.Base, k.Without = x.item, x.head, rapid.Bool().Draw(t, "without")
	}
	had := x.photo != nil && !k.Without || k.Photo != nil
	it, err := l.Keep(ctx, l.owner.Subject, l.owner.Book, k)
	if words == "" && !had {
		books.WantKind(t, err, errs.Invalid)
		return
	}
	books.Must(t, err)
	if it != x.item {
		t.Fatal("another item")
	}
	if k.Item.IsZero() {
		l.things = append(l.things, x)
	}
	if x.words, x.head, x.away = words, k.Entry, false; k.Without {
		x.photo = nil
	}
	if k.Photo != nil {
		x.photo = k.Photo
	}
	l.last = &k
}

// again: the form that was sent last is sent again, by itself or with other words.
func (l *life) again(t *rapid.T) {
	if l.last == nil || !slices.ContainsFunc(l.things, func(x *thing) bool { return x.head == l.last.Entry }) {
		return
	}
	_, err := l.Keep(ctx, l.owner.Subject, l.owner.Book, *l.last)
	books.Must(t, err)
	other := *l.last
	other.Words = book.NewText("something else")
	_, err = l.Keep(ctx, l.owner.Subject, l.owner.Book, other)
	books.WantKind(t, err, errs.AlreadyKept)
}

// late: a form that was shown before something changed changes nothing.
func (l *life) late(t *rapid.T) {
	if len(l.things) > 0 {
		x := rapid.SampledFrom(l.things).Draw(t, "which")
		_, err := l.Keep(ctx, l.owner.Subject, l.owner.Book, made.Keeping{Entry: l.Entry(), Item: x.item, Base: l.Entry(), Words: book.NewText("late"), Photo: photo(1)})
		books.WantKind(t, err, errs.Changed)
	}
}

func (l *life) away(t *rapid.T) {
	if len(l.things) > 0 {
		if x := rapid.SampledFrom(l.things).Draw(t, "which"); !x.away {
			x.head, x.away = l.Writes(t, l.owner, keeper.Draft{Kind: book.KindMade, Act: book.ActPutAway, Item: x.item, Base: x.head}).ID, true
		}
	}
}

// erase: it goes for good, with every photograph it ever had.
func (l *life) erase(t *rapid.T) {
	if len(l.things) > 0 {
		i := rapid.IntRange(0, len(l.things)-1).Draw(t, "which")
		x := l.things[i]
		l.Erases(t, l.owner, x.item)
		l.things = slices.Delete(l.things, i, i+1)
		if l.last != nil && (l.last.Item == x.item || keeper.NewItem(l.last.Entry) == x.item) {
			l.last = nil
		}
		var left int
		books.Must(t, l.DB.View(ctx, func(tx *store.Tx) error {
			return tx.Row(`SELECT COUNT(*) FROM media WHERE item = $1`, x.item).Scan(&left)
		}))
		if left > 0 {
			t.Fatalf("%d parts of its photographs are left", left)
		}
	}
}

// others: nobody else sees or changes anything of it.
func (l *life) others(t *rapid.T) {
	who := rapid.SampledFrom([]grant.Subject{l.worker, {Person: l.owner.Person, Hat: book.HatWorker}, {Person: l.owner.Person, Hat: book.HatTeam}}).Draw(t, "who")
	_, err := l.Things(ctx, who, l.owner.Book)
	books.WantKind(t, err, errs.NotOpen)
	k := made.Keeping{Entry: l.Entry(), Words: book.NewText("from somebody else"), Photo: photo(2)}
	_, err = l.Keep(ctx, who, l.owner.Book, k)
	books.WantKind(t, err, errs.NotOpen)
	for _, x := range l.things {
		_, err = l.Photo(ctx, who, l.owner.Book, x.item)
		books.WantKind(t, err, errs.NotOpen)
	}
}

// check: the shelf is what was kept, each with its photograph as it came but smaller.
func (l *life) check(t *rapid.T) {
	all, err := l.Things(ctx, l.owner.Subject, l.owner.Book)
	books.Must(t, err)
	if len(all) != len(l.things) {
		t.Fatalf("%d things, want %d", len(all), len(l.things))
	}
	for _, x := range l.things {
		i := slices.IndexFunc(all, func(y made.Thing) bool { return y.Item == x.item })
		if i < 0 || all[i].Words.Show() != x.words || all[i].Photo != (x.photo != nil) || all[i].Away != x.away || all[i].Head != x.head {
			t.Fatalf("%+v is not %+v", all, x)
		}
		got, err := l.Photo(ctx, l.owner.Subject, l.owner.Book, x.item)
		if x.photo == nil {
			books.WantKind(t, err, errs.NotOpen)
			continue
		}
		books.Must(t, err)
		want, err := l.Clean.Clean(ctx, x.photo)
		books.Must(t, err)
		if sha256.Sum256(got) != sha256.Sum256(want) {
			t.Fatal("it is another photograph")
		}
	}
	if r, err := l.Keeper.Theirs(ctx, l.worker, l.owner.Book, keeper.Want{}); err != nil || slices.ContainsFunc(r.Items[0], func(p keeper.Piece) bool { return p.Kind == book.KindMade }) {
		t.Fatalf("a worker to whom all is given reads %+v, %v", r.Items, err)
	}
}

// TestAShelf: for random lives, what somebody made is there with its words and its photograph, or wholly not; nobody else ever sees it; and what is
// erased goes with every photograph it had.
func TestAShelf(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w := newWorld(t, where)
		histories.Check(t, 15, func(t *rapid.T) {
			l := &life{world: w, owner: w.Person(t, "Mira"), worker: w.Works(t, book.HatWorker)}
			w.Walks(t, l.owner, l.worker, book.Givable()[1:]...)
			t.Repeat(map[string]func(*rapid.T){"": l.check, "keep": l.keep, "keep 2": l.keep, "again": l.again, "late": l.late, "away": l.away, "erase": l.erase, "others": l.others})
		})
	})
}

// TestADoubleTapKeepsOne: the same form sent by many at once is one thing with one photograph.
func TestADoubleTapKeepsOne(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w := newWorld(t, where)
		mira := w.Person(t, "Mira")
		k := made.Keeping{Entry: w.Entry(), Words: book.NewText("bread"), Photo: photo(90)}
		var wg sync.WaitGroup
		for range 6 {
			wg.Go(func() {
				if it, err := w.Keep(ctx, mira.Subject, mira.Book, k); err != nil || it != keeper.NewItem(k.Entry) {
					t.Error(it, err)
				}
			})
		}
		wg.Wait()
		all, err := w.Things(ctx, mira.Subject, mira.Book)
		if err != nil || len(all) != 1 {
			t.Fatal(len(all), err)
		}
		small, err := w.Small(ctx, mira.Subject, mira.Book, all[0].Item)
		books.Must(t, err)
		img, err := jpeg.DecodeConfig(bytes.NewReader(small))
		if err != nil || max(img.Width, img.Height) != media.SmallSide {
			t.Error(fmt.Sprintf("%dx%d", img.Width, img.Height), err)
		}
	})
}

// TestWhatIsNoPhotograph: it is refused in words, and nothing is kept, neither words nor picture.
func TestWhatIsNoPhotograph(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w := newWorld(t, where)
		mira := w.Person(t, "Mira")
		for _, bad := range []string{"<svg onload='x()'/>", "%PDF-1.7", "GIF89a", "x"} {
			_, err := w.Keep(ctx, mira.Subject, mira.Book, made.Keeping{Entry: w.Entry(), Words: book.NewText("bread"), Photo: []byte(bad)})
			books.WantKind(t, err, errs.Invalid)
		}
		if all, err := w.Things(ctx, mira.Subject, mira.Book); err != nil || len(all) != 0 {
			t.Fatal(len(all), err)
		}
	})
}
