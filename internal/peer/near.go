package peer

import (
	"bytes"
	"context"
	"slices"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/mutant"
	"beside/internal/store"
)

// Near is something the owner of a book gave to somebody of their own life and took not back.
type Near struct {
	Item     id.Item
	Head     id.Entry // for changing it and for taking it back
	To       id.Person
	Label    book.Text // what the owner calls them
	Sections []book.Section
	Singles  []book.Single
	ReadOnly bool
	Acts     []book.Section // in which they may write for the owner
	Purpose  book.Purpose
	Since    clock.Time
	Until    clock.Time
	Event    book.Text  // what ends it before that
	CameAt   clock.Time // when that came, 0 before
}

// Giving is the yes by which a person gives something to somebody of their own life, or changes what they gave.
type Giving struct {
	Entry    id.Entry // of the form: sent twice, it is one yes
	To       id.Person
	Label    book.Text
	Sections []book.Section // given besides the name, which always is
	Singles  []book.Single
	ReadOnly bool
	Acts     []book.Section // of the sections, in which they may also write for the owner: where [book.ActableIn] says so
	Purpose  book.Purpose
	Until    clock.Time // as it was shown when the person said yes; within [book.MaxGrant]
	Event    book.Text  // what ends it before that, in the person's words; blank for nothing
}

// Near returns what the owner of a book gave to people of their own life, the first given first. It returns NotOpen to everybody
// but the owner.
func (p *Peers) Near(ctx context.Context, who grant.Subject, b id.Book) ([]Near, error) {
	pieces, err := p.gave(ctx, who, b, book.HatSelf)
	if err != nil {
		return nil, errs.Wrap("peer: near", err)
	}
	var list []Near
	for _, piece := range pieces {
		s := piece.Body.(*book.Sharing)
		n := Near{Item: piece.ID, Head: piece.Head, To: s.Recipient, Label: s.Label, Sections: s.Sections, Singles: s.Singles, ReadOnly: s.ReadOnly, Acts: s.Acts,
			Purpose: s.Purpose, Since: piece.RecordedAt, Until: s.Until, Event: s.Event}
		if s.Came {
			n.CameAt = piece.RecordedAt
		}
		list = append(list, n)
	}
	return list, nil
}

// Labels are what the owner of a book calls the people of their own life to whom they gave something, also those from whom they
// took it back. It returns NotOpen to everybody but the owner.
func (p *Peers) Labels(ctx context.Context, who grant.Subject, b id.Book) (map[id.Person]book.Text, error) {
	all := keeper.Want{Sections: []book.Section{book.SectionSharing}}
	away := all
	away.State = book.Away
	r, err := p.keeper.Mine(ctx, who, b, away, all) // what stands is said last
	if err != nil {
		return nil, errs.Wrap("peer: labels", err)
	}
	labels := map[id.Person]book.Text{}
	for _, piece := range slices.Concat(r.Items...) {
		if s, ok := piece.Body.(*book.Sharing); ok && s.As == book.HatSelf {
			labels[s.Recipient] = s.Label
		}
	}
	return labels, nil
}

// GiveNear gives what g says to somebody whom the owner of book b named and knew again here (package known). One person has one
// such grant of a book: who gives anew changes it. base is the head of that grant as the form showed it, none for a first.
//
// Errors: NotOpen for a book that is not who's, for oneself, and for somebody who was not named and known again; Changed when it
// was changed or taken back on another device meanwhile; Invalid with fields; AlreadyKept; Busy.
func (p *Peers) GiveNear(ctx context.Context, who grant.Subject, b id.Book, g Giving, base id.Entry) error {
	const op = "peer: give near"
	before, err := p.gave(ctx, who, b, book.HatSelf)
	if err != nil {
		return errs.Wrap(op, err)
	}
	if done, err := said(before, g); done {
		return errs.Wrap(op, err)
	}
	d := p.draftOf(g, base, before)
	ready, err := p.keeper.Prepare(ctx, who, b, d)
	if err != nil {
		return errs.Wrap(op, err)
	}
	err = p.db.Update(ctx, func(tx *store.Tx) error {
		if _, err := p.keeper.Apply(tx, ready); err != nil {
			return err
		}
		if err := p.known(tx, who.Person, g.To); err != nil { // under the lock of the book
			return err
		}
		return onlyOneNear(tx, b, g.To)
	})
	if err == nil {
		return nil
	}
	// A double tap races with itself: if the yes is there, it was said.
	if after, again := p.gave(ctx, who, b, book.HatSelf); again == nil {
		if done, differs := said(after, g); done {
			return errs.Wrap(op, differs)
		}
	}
	return errs.Wrap(op, err)
}

// said reports whether the yes of g's form stands. It returns AlreadyKept when that form gave something else than g says: a yes
// is to what was read aloud.
func said(given []keeper.Piece, g Giving) (bool, error) {
	for _, piece := range given {
		if piece.Head != g.Entry {
			continue
		}
		if !bytes.Equal(book.Encode(piece.Body), book.Encode(g.sharing())) {
			return true, errs.New("peer: said", errs.AlreadyKept, "")
		}
		return true, nil
	}
	return false, nil
}

func (g Giving) sharing() *book.Sharing {
	return &book.Sharing{As: book.HatSelf, Recipient: g.To, Label: g.Label, Sections: withName(g.Sections), Singles: g.Singles, ReadOnly: g.ReadOnly, Acts: g.Acts, Purpose: g.Purpose, Until: g.Until, Event: g.Event}
}

// draftOf is the act of a yes: a grant anew, or the one that stands changed.
func (p *Peers) draftOf(g Giving, base id.Entry, before []keeper.Piece) keeper.Draft {
	d := keeper.Draft{ID: g.Entry, Kind: book.KindSharing, Act: book.ActWrite, Via: p.via, Body: g.sharing(), Base: base}
	for _, piece := range before {
		if piece.Body.(*book.Sharing).Recipient == g.To {
			d.Item = piece.ID
		}
	}
	return d
}

// withName are sections with the name, which is part of every grant, first.
func withName(sections []book.Section) []book.Section {
	return append([]book.Section{book.SectionName}, slices.DeleteFunc(slices.Clone(sections), func(s book.Section) bool { return s == book.SectionName })...)
}

// known returns NotOpen for somebody whom a person did not name, or did not know again.
func (p *Peers) known(tx *store.Tx, person, other id.Person) error {
	if p.Knows == nil || person == other {
		return errs.New("peer: known", errs.NotOpen, "")
	}
	yes, err := p.Knows(tx, person, other)
	if err == nil && !yes && !mutant.On("near-unknown") {
		err = errs.New("peer: known", errs.NotOpen, "")
	}
	return err
}

// onlyOneNear makes sure that one person has one grant of a book in their own hat: two first ones on two devices do not see
// each other's.
func onlyOneNear(tx *store.Tx, b id.Book, to id.Person) error {
	var have int
	err := tx.Row(`SELECT count(*) FROM given AS g WHERE g.book = $1 AND g.recipient = $2 AND g.hat = 'self' AND g.taken_back = 0`, b, to).Scan(&have)
	if err == nil && have > 1 {
		err = errs.New("peer: give near", errs.Changed, "errors.given_meanwhile")
	}
	return err
}

// WouldSee shows to the owner of a book what somebody would see of it if the yes of g were said now, by the same rule and in the
// same form as [Peers.Person]; nothing is kept and nobody looked. Errors are those of [Peers.GiveNear].
func (p *Peers) WouldSee(ctx context.Context, who grant.Subject, b id.Book, g Giving, base id.Entry) (Shared, error) {
	const op = "peer: would see"
	before, err := p.gave(ctx, who, b, book.HatSelf)
	if err != nil {
		return Shared{}, errs.Wrap(op, err)
	}
	err = p.db.Glance(ctx, func(tx *store.Tx) error { return p.known(tx, who.Person, g.To) })
	if err != nil {
		return Shared{}, errs.Wrap(op, err)
	}
	s, err := p.seenBy(ctx, who, b, grant.Subject{Person: g.To, Hat: book.HatSelf}, p.draftOf(g, base, before))
	s.Until = g.Until
	return s, errs.Wrap(op, err)
}

// Sees shows to the owner of a book what the recipient of one grant sees of it now, by everything that is given to them in the
// same hat. Of one to several it is the first of them who can read, and none for nobody. Nothing is open when nothing can be seen. It returns NotOpen for a grant that is not there.
func (p *Peers) Sees(ctx context.Context, who grant.Subject, b id.Book, item id.Item) (reader book.Sharing, s Shared, err error) {
	const op = "peer: sees"
	r, err := p.keeper.Mine(ctx, who, b, keeper.Want{Item: item})
	if err != nil {
		return reader, s, errs.Wrap(op, err)
	}
	for _, piece := range r.Items[0] {
		if sharing, ok := piece.Body.(*book.Sharing); ok {
			if sharing.To != book.ToOne {
				people, err := p.oneOf(ctx, who.Person, sharing, piece.RecordedAt)
				if err != nil {
					return reader, s, errs.Wrap(op, err)
				}
				sharing.Recipient = firstReader(people, p.clock.Now()) // as one of them
			}
			s, err = p.seenBy(ctx, who, b, grant.Subject{Person: sharing.Recipient, Hat: sharing.As})
			s.Until = sharing.Until
			return *sharing, s, errs.Wrap(op, err)
		}
	}
	return reader, s, errs.New(op, errs.NotOpen, "")
}

func (p *Peers) seenBy(ctx context.Context, who grant.Subject, b id.Book, reader grant.Subject, drafts ...keeper.Draft) (Shared, error) {
	r, err := p.keeper.WouldRead(ctx, who, b, reader, drafts, wantsOfReader()...)
	if err != nil {
		return Shared{}, err
	}
	return p.sharedIn(ctx, r, reader)
}
