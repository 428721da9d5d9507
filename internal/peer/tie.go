package peer

import (
	"context"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/store"
)

// Tie is what somebody said of another: that they know each other from their own life (mission.md U4). It stands in their
// own book, and they alone take it back.
type Tie struct {
	With  Profile // with the id alone when the other wrote none
	Bond  book.Bond
	Words book.Text // a note of theirs, may be blank
	Item  id.Item
	Head  id.Entry // for taking back
	At    clock.Time
}

// Knowing is somebody saying that they know another from their own life.
type Knowing struct {
	Entry id.Entry // of the form: sent twice, it is said once
	Bond  book.Bond
	Words book.Text
}

// Ties returns whom the owner of a book said they know from their own life, the first said first. It returns NotOpen to
// everybody but the owner.
func (p *Peers) Ties(ctx context.Context, who grant.Subject, b id.Book) ([]Tie, error) {
	pieces, err := p.saidTies(ctx, who, b)
	if err != nil {
		return nil, err
	}
	people := make([]id.Person, len(pieces))
	for i, piece := range pieces {
		people[i] = piece.Body.(*book.Tie).Other
	}
	profiles, err := p.Called(ctx, people...)
	ties := make([]Tie, len(pieces))
	for i, piece := range pieces {
		t := piece.Body.(*book.Tie)
		with, ok := profiles[t.Other]
		if !ok {
			with.Person = t.Other
		}
		ties[i] = Tie{With: with, Bond: t.Bond, Words: t.Words, Item: piece.ID, Head: piece.Head, At: piece.RecordedAt}
	}
	return ties, err
}

func (p *Peers) saidTies(ctx context.Context, who grant.Subject, b id.Book) ([]keeper.Piece, error) {
	if who.Hat != book.HatSelf {
		return nil, errs.New("peer: ties", errs.NotOpen, "")
	}
	r, err := p.keeper.Mine(ctx, who, b, keeper.Want{Sections: []book.Section{book.SectionTies}})
	if err != nil {
		return nil, errs.Wrap("peer: ties", err)
	}
	return r.Items[0], nil
}

// Know writes into who's own book b that they know a worker from their own life. In the same act they take back what they
// gave that worker. From then on neither can walk with the other here.
//
// Errors: NotOpen for a book that is not who's, for oneself, and for somebody who is no worker and was given nothing;
// Invalid with fields; Busy.
func (p *Peers) Know(ctx context.Context, who grant.Subject, b id.Book, worker id.Person, k Knowing) error {
	const op = "peer: know"
	given, err := p.given(ctx, who, b)
	if err != nil {
		return errs.Wrap(op, err)
	}
	var back []keeper.Draft
	for i, g := range given {
		if g.Body.(*book.Sharing).Recipient == worker {
			back = append(back, keeper.Draft{ID: keeper.Also(k.Entry, i+1), Kind: book.KindSharing, Act: book.ActPutAway, Item: g.ID, Base: g.Head, Via: p.via})
		}
	}
	if worker == who.Person {
		return errs.New(op, errs.NotOpen, "")
	}
	if len(back) == 0 {
		if _, err := p.Profile(ctx, who.Person, worker); err != nil {
			return errs.Wrap(op, err)
		}
	}
	return errs.Wrap(op, p.say(ctx, who, b, worker, k, back, nil))
}

// StepAside writes into a worker's own book that they know the owner of book theirs, who walks with them, from their own
// life. They see nothing of it from that moment, and its owner is told ([Peers.Tied]). It is the one thing a worker writes
// into their own book under that hat, where nothing of it is read: whoever calls it has made sure that the session also
// opens the worker's own book.
//
// Errors: NotOpen when theirs is not open to the worker; Invalid with fields; Busy.
func (p *Peers) StepAside(ctx context.Context, who grant.Subject, own, theirs id.Book, k Knowing) error {
	const op = "peer: step aside"
	self := grant.Subject{Person: who.Person, Hat: book.HatSelf}
	person, err := p.walker(ctx, who, theirs)
	if errs.Is(err, errs.NotOpen) && p.saidWith(ctx, self, own, k.Entry) {
		return nil // a double tap: the first closed the book
	}
	if err != nil {
		return errs.Wrap(op, err)
	}
	tell := func(tx *store.Tx) error {
		if p.Tied == nil {
			return nil
		}
		return p.Tied(tx, person)
	}
	return errs.Wrap(op, p.say(ctx, self, own, person, k, nil, tell))
}

// walker returns the owner of a book that is open to the worker who, else NotOpen.
func (p *Peers) walker(ctx context.Context, who grant.Subject, b id.Book) (person id.Person, err error) {
	err = p.db.Glance(ctx, func(tx *store.Tx) error {
		return tx.Row(`SELECT k.owner FROM given AS g JOIN book AS k ON k.id = g.book WHERE g.book = $1 AND `+p.passes.SQL+` LIMIT 1`,
			p.passes.Args(who, p.clock.Now(), b)...).Scan(&person)
	})
	return person, orNotOpen(err)
}

// saidWith reports whether a tie stands that was said with the form of entry e.
func (p *Peers) saidWith(ctx context.Context, self grant.Subject, own id.Book, e id.Entry) bool {
	pieces, err := p.saidTies(ctx, self, own)
	return err == nil && isDone(pieces, e)
}

// say writes the tie and what goes with it, all or nothing. One that stands already is said anew.
func (p *Peers) say(ctx context.Context, self grant.Subject, own id.Book, other id.Person, k Knowing, more []keeper.Draft, also func(*store.Tx) error) error {
	it := book.TieWith(own, other)
	r, err := p.keeper.Mine(ctx, self, own, keeper.Want{Item: it}, keeper.Want{Item: it, State: book.Away})
	if err != nil {
		return err
	}
	d := keeper.Draft{ID: k.Entry, Kind: book.KindTie, Act: book.ActWrite, Item: it, Via: p.via, Body: &book.Tie{Other: other, Bond: k.Bond, Words: k.Words}}
	for _, list := range r.Items {
		for _, piece := range list {
			d.Base = piece.Head
		}
	}
	if d.Base == k.Entry {
		return nil
	}
	ready, err := p.keeper.Prepare(ctx, self, own, append(more, d)...)
	if err != nil {
		return err
	}
	err = p.db.Update(ctx, func(tx *store.Tx) error {
		if _, err := p.keeper.Apply(tx, ready); err != nil || also == nil {
			return err
		}
		return also(tx)
	})
	if err != nil && p.saidWith(ctx, self, own, k.Entry) {
		return nil // a double tap races with itself
	}
	return err
}

// Unsay takes a tie back. Nothing is shared again by that: what was given before stays closed. entry is the form's, base
// the tie's head as its owner saw it. Errors are those of [keeper.Keeper.Write].
func (p *Peers) Unsay(ctx context.Context, who grant.Subject, b id.Book, entry id.Entry, tie id.Item, base id.Entry) error {
	_, err := p.keeper.Write(ctx, who, b, keeper.Draft{ID: entry, Kind: book.KindTie, Act: book.ActPutAway, Item: tie, Base: base, Via: p.via})
	return errs.Wrap("peer: unsay", err)
}

// between is which of two people said that they know the other.
type between struct{ mine, theirs bool }

// tied finds the ties that stand between who and some people.
func (p *Peers) tied(ctx context.Context, who id.Person, people ...id.Person) (found map[id.Person]between, err error) {
	err = p.db.Glance(ctx, func(tx *store.Tx) error {
		found, err = tiedIn(tx, who, people)
		return err
	})
	return found, errs.Wrap("peer: tied", err)
}

func tiedIn(tx *store.Tx, who id.Person, people []id.Person) (map[id.Person]between, error) {
	found := map[id.Person]between{}
	mine, args := store.In("t.other", []any{who}, people)
	theirs, args := store.In("t.one", args, people)
	err := store.Each(tx, `SELECT t.one, t.other FROM tie AS t WHERE t.ended_at = 0 AND t.one = $1 AND `+mine+`
		UNION ALL SELECT t.one, t.other FROM tie AS t WHERE t.ended_at = 0 AND t.other = $1 AND `+theirs, args, func(scan func(...any) error) error {
		var one, other id.Person
		if err := scan(&one, &other); err != nil {
			return err
		}
		if one == who {
			found[other] = between{mine: true, theirs: found[other].theirs}
		} else {
			found[one] = between{mine: found[one].mine, theirs: true}
		}
		return nil
	})
	return found, err
}

// as is the profile as somebody with such ties to the worker may know it. That the worker said so is the worker's own: they
// then look like anybody who takes on no more people.
func (pr Profile) as(t between) Profile {
	pr.Known = t.mine
	pr.TakingMore = pr.TakingMore && !t.theirs
	return pr
}

// untied refuses a match where a tie stands.
func untied(tx *store.Tx, person, worker id.Person) error {
	found, err := tiedIn(tx, person, []id.Person{worker})
	switch t := found[worker]; {
	case err != nil:
		return err
	case t.mine:
		return errs.New("peer: match", errs.Changed, "errors.worker_known")
	case t.theirs:
		return errs.New("peer: match", errs.Changed, "errors.worker_not_taking")
	}
	return nil
}
