// Package journey is what a person does with their own book: says what matters to them, names strengths, sets goals and
// small steps, answers what others suggest, tells how it went, and sees who looked. It exists so that a door (a page, a
// text message, paper) can say "set a goal" and need not know about entries, acts and heads. Each function is one thing
// a person wants, in one or two calls of package keeper, which alone decides who may.
//
// Whoever changes something brings a [Writing]: the id of the form, so that the same form sent twice is one act, and
// what the form showed, so that nothing is overwritten that its writer has not seen. Functions that write return the
// errors of [keeper.Keeper.Write]: Invalid with fields, NotOpen, Changed, AlreadyKept, Busy. Functions that read return
// NotOpen for what is not there and for everybody but the book's owner.
package journey

import (
	"context"
	"slices"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
)

// Journey is the practice of one's own book through one door. It is safe for concurrent use.
type Journey struct {
	keeper *keeper.Keeper
	clock  clock.Clock
	via    book.Via
}

// New returns a Journey whose acts are noted as having come in by via.
func New(k *keeper.Keeper, c clock.Clock, via book.Via) *Journey {
	return &Journey{keeper: k, clock: c, via: via}
}

// Me is somebody at their own book.
type Me struct {
	grant.Subject
	Book id.Book
}

// Writing is what a form brings besides the words.
type Writing struct {
	Entry id.Entry // made when the form was shown; the same form sent twice is one act
	Item  id.Item  // what it changes; none for something new
	Base  id.Entry // the head of that item as the form showed it; none for something new
}

// Mine is what every item of the book's owner tells of itself.
type Mine struct {
	Item    id.Item
	Head    id.Entry // the Base of the next [Writing]
	Words   book.Text
	NamedBy id.Person // who suggested it; none when it was the owner's own idea
	By      id.Person // who wrote these words for them; none when it was their own hand
	KeptAt  clock.Time
	Away    bool // put away: no one else sees it
}

func (me Me) mine(p keeper.Piece, words book.Text) Mine {
	m := Mine{Item: p.ID, Head: p.Head, Words: words, KeptAt: p.RecordedAt, Away: p.State == book.Away}
	if p.NamedBy != me.Person {
		m.NamedBy = p.NamedBy
	}
	if p.By != me.Person {
		m.By = p.By
	}
	return m
}

// Given is what the owner gave to somebody and did not take back. Giving and taking back are in package peer.
type Given struct {
	To       id.Person
	As       book.Hat // in which they read
	Sections []book.Section
	Singles  []book.Single
	Item     id.Item // the grant
	Until    clock.Time
	Whom     book.Whom // to whoever holds a role, or works here; To is then none
	Label    book.Text // of a role its name
}

// Around is what is true of the whole book, whichever page of it is open.
type Around struct {
	Name    book.Text
	Waiting int     // suggestions waiting for the owner
	Given   []Given // what is given now, the oldest first
}

// Seen returns to whom a section is given now, or something of it. Whether they still wear the hat they need is the rule's to say (package
// grant); so those who can see it are among them.
func (a Around) Seen(s book.Section) []id.Person {
	var seen []id.Person
	for _, g := range a.Given {
		some := slices.ContainsFunc(g.Singles, func(x book.Single) bool { return x.Section == s })
		if (some || slices.Contains(g.Sections, s)) && g.Whom == book.ToOne && !slices.Contains(seen, g.To) {
			seen = append(seen, g.To)
		}
	}
	return seen
}

// SeenBy returns what is given now to whoever holds a role, or works here, of a section or something of it.
func (a Around) SeenBy(s book.Section) []Given {
	return slices.DeleteFunc(slices.Clone(a.Given), func(g Given) bool {
		some := slices.ContainsFunc(g.Singles, func(x book.Single) bool { return x.Section == s })
		return g.Whom == book.ToOne || !some && !slices.Contains(g.Sections, s)
	})
}

// Ending returns what ends soon of what is given now, so that its owner can look at it in time.
func (a Around) Ending(now clock.Time) []Given {
	var ending []Given
	for _, g := range a.Given {
		if g.Until <= now+keeper.WarnBefore {
			ending = append(ending, g)
		}
	}
	return ending
}

// around are the sections that every page of the book reads.
func around(more ...book.Section) keeper.Want {
	return keeper.Want{Sections: append(more, book.SectionName, book.SectionSharing)}
}

// read opens the book with what is true around it, whose want comes first.
func (j *Journey) read(ctx context.Context, me Me, wants ...keeper.Want) (keeper.Reading, Around, error) {
	r, err := j.keeper.Mine(ctx, me.Subject, me.Book, wants...)
	if err != nil {
		return r, Around{}, err
	}
	a := Around{Waiting: r.Waiting}
	now := j.clock.Now()
	for _, p := range r.Items[0] {
		switch b := p.Body.(type) {
		case *book.Name:
			a.Name = b.Words
		case *book.Sharing:
			if b.Until > now && !b.Came {
				a.Given = append(a.Given, Given{To: b.Recipient, As: b.As, Sections: b.Sections, Singles: b.Singles, Item: p.ID, Until: b.Until, Whom: b.To, Label: b.Label})
			}
		}
	}
	return r, a, nil
}

// Around reads what is true of the whole book.
func (j *Journey) Around(ctx context.Context, me Me) (Around, error) {
	_, a, err := j.read(ctx, me, around())
	return a, errs.Wrap("journey: around", err)
}

// piece reads one item of a kind, live or put away.
func (j *Journey) piece(ctx context.Context, me Me, k book.Kind, it id.Item) (keeper.Piece, error) {
	if it.IsZero() {
		return keeper.Piece{}, errs.New("journey: piece", errs.NotOpen, "")
	}
	r, err := j.keeper.Mine(ctx, me.Subject, me.Book, keeper.Want{Item: it}, keeper.Want{Item: it, State: book.Away})
	if err != nil {
		return keeper.Piece{}, err
	}
	for _, p := range slices.Concat(r.Items...) {
		if p.Kind == k {
			return p, nil
		}
	}
	return keeper.Piece{}, errs.New("journey: piece", errs.NotOpen, "")
}

// write does one act on one item.
func (j *Journey) write(ctx context.Context, me Me, d keeper.Draft) (id.Item, error) {
	d.Via = j.via
	done, err := j.keeper.Write(ctx, me.Subject, me.Book, d)
	if err != nil {
		return id.Item{}, err
	}
	return done[0].Item, nil
}

// change writes an item anew by changing its body as it stands, so that what this program does not know of it stays.
// A Writing without an item begins one from blank.
func change[B book.Body](ctx context.Context, j *Journey, me Me, w Writing, blank B, to func(B)) (id.Item, error) {
	b := blank
	if !w.Item.IsZero() {
		p, err := j.piece(ctx, me, blank.Kind(), w.Item)
		switch {
		case err == nil:
			b = p.Body.(B) // keeper decodes a body as its kind
		case !errs.Is(err, errs.NotOpen) || blank.Kind() != book.KindWords && w.Item != book.Only(me.Book, blank.Kind()):
			return id.Item{}, err
		}
	}
	to(b)
	return j.write(ctx, me, keeper.Draft{ID: w.Entry, Kind: b.Kind(), Act: book.ActWrite, Item: w.Item, Base: w.Base, Body: b})
}

// PutAway takes an item out of everybody's sight but the owner's.
func (j *Journey) PutAway(ctx context.Context, me Me, k book.Kind, w Writing) error {
	_, err := j.piece(ctx, me, k, w.Item)
	if err == nil {
		_, err = j.write(ctx, me, keeper.Draft{ID: w.Entry, Kind: k, Act: book.ActPutAway, Item: w.Item, Base: w.Base})
	}
	return errs.Wrap("journey: put away", err)
}

// BringBack puts an item that was put away in its place again, with the words it had. Why a goal was put away is not said of it then.
func (j *Journey) BringBack(ctx context.Context, me Me, k book.Kind, w Writing) error {
	p, err := j.piece(ctx, me, k, w.Item)
	if err == nil {
		if g, ok := p.Body.(*book.Goal); ok {
			g.Aside = book.Text{}
		}
		_, err = j.write(ctx, me, keeper.Draft{ID: w.Entry, Kind: k, Act: book.ActWrite, Item: w.Item, Base: w.Base, Body: p.Body})
	}
	return errs.Wrap("journey: bring back", err)
}

// Begins returns the item that a [Writing] without one begins, so that a form sent twice finds what it began.
func Begins(e id.Entry) id.Item { return keeper.NewItem(e) }
