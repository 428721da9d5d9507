// Package made is the shelf of things that a person made: a photograph of the bread, a poem, a drawing. It exists since such a thing is kept in one act
// in two places, its words in the book (package book) and its photograph beside it (package media), where neither may stand without the other.
package made

import (
	"cmp"
	"context"
	"crypto/sha256"
	"slices"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/media"
	"beside/internal/store"
)

// Config is what a [Shelf] is made of. All of it is needed.
type Config struct {
	DB     *store.DB
	Keeper *keeper.Keeper
	Clean  *media.Cleaner
	Photos *media.Store
	Via    book.Via
}

// Shelf is the things people made, each their own. It is safe for concurrent use.
type Shelf struct{ Config }

// New returns the shelf of an installation.
func New(c Config) *Shelf { return &Shelf{c} }

// Thing is something that the owner of a book made.
type Thing struct {
	Item  id.Item
	Head  id.Entry // the Base of the next [Keeping]
	Words book.Text
	What  book.Making // "" when not said
	Photo bool        // a photograph belongs to it
	At    clock.Time  // when it was kept first, or changed
	Away  bool        // put away
}

// Things returns what the owner of a book made, the newest first, and then what of it they put away. It returns NotOpen to everybody else.
func (s *Shelf) Things(ctx context.Context, who grant.Subject, b id.Book) (all []Thing, err error) {
	these := []book.Section{book.SectionMade}
	r, err := s.Keeper.Mine(ctx, who, b, keeper.Want{Sections: these}, keeper.Want{Sections: these, State: book.Away})
	for _, p := range slices.Concat(r.Items...) {
		if m, ok := p.Body.(*book.Made); ok {
			all = append(all, Thing{p.ID, p.Head, m.Words, m.What, m.HasPhoto(), p.RecordedAt, p.State == book.Away})
		}
	}
	slices.SortStableFunc(all, func(a, b Thing) int {
		if a.Away != b.Away {
			return map[bool]int{false: -1, true: 1}[a.Away]
		}
		return cmp.Compare(b.At, a.At)
	})
	return all, errs.Wrap("made: things", err)
}

// Thing returns one of the things, also one that was put away. It returns NotOpen.
func (s *Shelf) Thing(ctx context.Context, who grant.Subject, b id.Book, it id.Item) (Thing, error) {
	all, err := s.Things(ctx, who, b)
	i := slices.IndexFunc(all, func(x Thing) bool { return x.Item == it })
	if err == nil && i < 0 {
		err = errs.New("", errs.NotOpen, "")
	}
	if err != nil {
		return Thing{}, errs.Wrap("made: thing", err)
	}
	return all[i], nil
}

// Keeping is what a form brings.
type Keeping struct {
	Entry   id.Entry // made when the form was shown; the same form sent twice is one act
	Item    id.Item  // what it changes; none for something new
	Base    id.Entry // the head of that item as the form showed it
	Words   book.Text
	What    book.Making
	Photo   []byte // as it came in; none to leave what is there
	Without bool   // the photograph that is there is put away with the words as they were before
}

// Keep keeps something that the owner of a book made, or changes it, with its photograph in the same act. What its photograph was before goes with the
// item when that is erased for good.
//
// Errors: NotOpen; Invalid with the fields "words", "what" and "photo"; Changed when it was changed on another device meanwhile, or is not there any
// more; AlreadyKept when the form kept something else; Busy.
func (s *Shelf) Keep(ctx context.Context, who grant.Subject, b id.Book, k Keeping) (id.Item, error) {
	it, err := s.keep(ctx, who, b, k)
	return it, errs.Wrap("made: keep", err)
}

func (s *Shelf) keep(ctx context.Context, who grant.Subject, b id.Book, k Keeping) (id.Item, error) {
	m, it, err := s.began(ctx, who, b, k)
	if err != nil {
		return it, err
	}
	m.Words, m.What = k.Words, k.What
	if k.Without {
		m.Picture, m.Photo = id.Picture{}, [sha256.Size]byte{}
	}
	var photo []byte
	if len(k.Photo) > 0 {
		if photo, err = s.Clean.Clean(ctx, k.Photo); err != nil {
			return it, err
		}
		m.Picture, m.Photo = pictureOf(k.Entry), sha256.Sum256(photo)
	}
	d := keeper.Draft{ID: k.Entry, Kind: book.KindMade, Act: book.ActWrite, Via: s.Via, Item: k.Item, Base: k.Base, Body: m}
	ready, err := s.Keeper.Prepare(ctx, who, b, d)
	if err != nil {
		return it, err
	}
	sealed, err := s.Photos.Seal(ctx, b, it, m.Picture, photo) // of none nothing is
	if err != nil {
		return it, err
	}
	err = s.DB.Update(ctx, func(tx *store.Tx) error {
		if _, err := s.Keeper.Apply(tx, ready); err != nil { // under the rule: from here on it is their own book
			return err
		}
		return s.Photos.Put(tx, sealed)
	})
	if errs.Is(err, errs.AlreadyKept) { // sent twice; then its photograph is there too
		_, err = s.Keeper.Write(ctx, who, b, d)
	}
	return it, err
}

// began is the body that a form changes, as it stands, and of which item.
func (s *Shelf) began(ctx context.Context, who grant.Subject, b id.Book, k Keeping) (*book.Made, id.Item, error) {
	if k.Item.IsZero() {
		return &book.Made{}, keeper.NewItem(k.Entry), nil
	}
	r, err := s.Keeper.Mine(ctx, who, b, keeper.Want{Item: k.Item}, keeper.Want{Item: k.Item, State: book.Away})
	for _, p := range slices.Concat(r.Items...) {
		if m, ok := p.Body.(*book.Made); ok {
			return m, k.Item, nil
		}
	}
	if err == nil {
		err = errs.New("made: began", errs.NotOpen, "")
	}
	return nil, k.Item, err
}

// pictureOf is the id of the photograph that comes with an entry.
func pictureOf(e id.Entry) id.Picture { p, _ := id.FromBytes[id.Picture](e.Bytes()); return p }

// Small is [Shelf.Photo] as it is shown among others.
func (s *Shelf) Small(ctx context.Context, who grant.Subject, b id.Book, it id.Item) ([]byte, error) {
	photo, err := s.Photo(ctx, who, b, it)
	if err == nil {
		photo, err = s.Clean.Small(ctx, photo)
	}
	return photo, err
}

// Photo returns to the owner of a book the photograph of something they made: a JPEG. It returns NotOpen to everybody else, where there is none,
// and for what was erased.
func (s *Shelf) Photo(ctx context.Context, who grant.Subject, b id.Book, it id.Item) ([]byte, error) {
	const op = "made: photo"
	m, _, err := s.began(ctx, who, b, Keeping{Item: it})
	if err == nil && (it.IsZero() || !m.HasPhoto()) {
		err = errs.New(op, errs.NotOpen, "")
	}
	if err != nil {
		return nil, errs.Wrap(op, err)
	}
	photo, err := s.Photos.Get(ctx, who, b, m.Picture, m.Photo)
	return photo, errs.Wrap(op, err)
}
