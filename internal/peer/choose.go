package peer

import (
	"context"
	"slices"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/store"
)

// Companion is a worker to whom a person gave something and took it not back.
type Companion struct {
	Profile  Profile // with the id alone when the worker wrote none
	Item     id.Item
	Head     id.Entry // for taking back
	Sections []book.Section
	Acts     []book.Section // in which they may write for the owner
	Since    clock.Time     // when it was given, or changed last
	Until    clock.Time
	Event    book.Text  // what ends it before that
	CameAt   clock.Time // when that came, 0 before
	Working  bool       // they are a worker now
	Open     bool       // they can see something now
}

// Companions returns the workers the owner of a book gave something to, the first given first. It returns NotOpen to
// everybody but the owner.
func (p *Peers) Companions(ctx context.Context, who grant.Subject, b id.Book) ([]Companion, error) {
	pieces, err := p.given(ctx, who, b)
	if err != nil {
		return nil, err
	}
	var list []Companion
	var people []id.Person
	for _, piece := range pieces {
		s := piece.Body.(*book.Sharing)
		c := Companion{Profile: Profile{Person: s.Recipient}, Item: piece.ID, Head: piece.Head, Sections: s.Sections, Acts: s.Acts, Since: piece.RecordedAt, Until: s.Until, Event: s.Event}
		if s.Came {
			c.CameAt = piece.RecordedAt
		}
		list = append(list, c)
		people = append(people, s.Recipient)
	}
	profiles, err := p.Called(ctx, people...)
	if err != nil {
		return nil, err
	}
	working, err := p.working(ctx, people)
	if err != nil {
		return nil, err
	}
	ties, err := p.tied(ctx, who.Person, people...)
	if err != nil {
		return nil, err
	}
	for i, c := range list {
		worker := c.Profile.Person
		if pr, ok := profiles[worker]; ok {
			list[i].Profile = pr
		}
		list[i].Profile = list[i].Profile.as(ties[worker])
		list[i].Working = working[worker]
		if list[i].Open, err = p.opens(ctx, worker, b, c.Item); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// opens asks the rule whether a worker can see something of a book now by what was given to them.
func (p *Peers) opens(ctx context.Context, worker id.Person, b id.Book, it id.Item) (bool, error) {
	err := p.db.Glance(ctx, func(tx *store.Tx) error {
		return p.passesBy(tx, grant.Subject{Person: worker, Hat: book.HatWorker}, b, it)
	})
	if errs.Is(err, errs.NotOpen) {
		return false, nil
	}
	return err == nil, errs.Wrap("peer: opens", err)
}

// given returns what the owner of a book gave to workers and took not back.
func (p *Peers) given(ctx context.Context, who grant.Subject, b id.Book) ([]keeper.Piece, error) {
	return p.gave(ctx, who, b, book.HatWorker)
}

// gave returns what the owner of a book gave to single people who read in a hat, and took not back.
func (p *Peers) gave(ctx context.Context, who grant.Subject, b id.Book, as book.Hat) ([]keeper.Piece, error) {
	all, err := p.gaveAll(ctx, who, b)
	return slices.DeleteFunc(all, func(g keeper.Piece) bool {
		s := g.Body.(*book.Sharing)
		return s.As != as || s.To != book.ToOne
	}), err
}

// gaveAll returns all that the owner of a book gave and took not back.
func (p *Peers) gaveAll(ctx context.Context, who grant.Subject, b id.Book) ([]keeper.Piece, error) {
	if who.Hat != book.HatSelf {
		return nil, errs.New("peer: given", errs.NotOpen, "")
	}
	r, err := p.keeper.Mine(ctx, who, b, keeper.Want{Sections: []book.Section{book.SectionSharing}})
	if err != nil {
		return nil, errs.Wrap("peer: given", err)
	}
	return r.Items[0], nil
}

// working finds who of some people are workers now.
func (p *Peers) working(ctx context.Context, people []id.Person) (map[id.Person]bool, error) {
	found := map[id.Person]bool{}
	these, args := store.In("m.person", []any{p.clock.Now()}, people)
	err := p.db.Glance(ctx, func(tx *store.Tx) error {
		return store.Each(tx, `SELECT m.person FROM membership AS m WHERE m.hat = 'worker' AND m.until > $1 AND `+these,
			args, func(scan func(...any) error) error {
				var w id.Person
				err := scan(&w)
				found[w] = true
				return err
			})
	})
	return found, errs.Wrap("peer: working", err)
}

// Choice is a person's yes to a worker.
type Choice struct {
	Entry    id.Entry // of the form: sent twice, it is one choice
	Worker   id.Person
	Sections []book.Section // given besides the name, which always is
	Acts     []book.Section // of these, in which they may also write for the owner
	Until    clock.Time     // as it was shown when the person said yes; within [book.MaxGrant]
	Event    book.Text      // what ends it before that, in the person's words; blank for nothing
}

// Choose gives a worker what c says, and in the same moment takes back what any other was given: a person who changes
// is never between two, and no reason is asked or passed on (mission.md S0.10). Choosing the present worker again changes
// what they were given.
//
// Errors: NotOpen for a book that is not who's, and for oneself; Changed with words when the worker can no longer be
// chosen, or when a choice was made on another device meanwhile; Invalid; AlreadyKept; Busy.
func (p *Peers) Choose(ctx context.Context, who grant.Subject, b id.Book, c Choice) error {
	if c.Worker == who.Person {
		return errs.New("peer: choose", errs.NotOpen, "")
	}
	before, err := p.given(ctx, who, b)
	if err != nil {
		return err
	}
	if isDone(before, c.Entry) {
		return nil
	}
	err = p.swap(ctx, who, b, c, before)
	if err == nil {
		return nil
	}
	// A double tap races with itself: if the choice is there, it was made.
	if after, again := p.given(ctx, who, b); again == nil && isDone(after, c.Entry) {
		return nil
	}
	return errs.Wrap("peer: choose", err)
}

// isDone reports whether the choice of entry e stands.
func isDone(given []keeper.Piece, e id.Entry) bool {
	for _, g := range given {
		if g.Head == e {
			return true
		}
	}
	return false
}

// swap takes back what stands and gives anew, all or nothing.
func (p *Peers) swap(ctx context.Context, who grant.Subject, b id.Book, c Choice, before []keeper.Piece) error {
	drafts, present := p.draftsOf(c, before)
	ready, err := p.keeper.Prepare(ctx, who, b, drafts...)
	if err != nil {
		return err
	}
	return p.db.Update(ctx, func(tx *store.Tx) error { return p.swapped(tx, who, b, c, present, ready) })
}

// swapped applies the acts of a choice in tx. present is what the worker was given before.
func (p *Peers) swapped(tx *store.Tx, who grant.Subject, b id.Book, c Choice, present *book.Sharing, ready keeper.Prepared) error {
	if running := present != nil && !present.Came && present.Until > p.clock.Now(); !running {
		if err := matchable(tx, c.Worker, p.clock.Now()); err != nil {
			return err
		}
	}
	done, err := p.keeper.Apply(tx, ready)
	if err != nil {
		return err
	}
	if err := untied(tx, who.Person, c.Worker); err != nil { // under the lock of the book, in which the owner says so
		return err
	}
	return onlyOne(tx, b, done[len(done)-1].Item)
}

// draftsOf are the acts of a choice: each former worker's grant put away, and the new one written last. Where the worker
// has a grant already, present, it is that which is written anew.
func (p *Peers) draftsOf(c Choice, before []keeper.Piece) (drafts []keeper.Draft, present *book.Sharing) {
	give := keeper.Draft{ID: c.Entry, Kind: book.KindSharing, Act: book.ActWrite, Via: p.via, Body: c.sharing()}
	for i, g := range before {
		if s := g.Body.(*book.Sharing); present == nil && s.Recipient == c.Worker {
			give.Item, give.Base, present = g.ID, g.Head, s
			continue
		}
		drafts = append(drafts, keeper.Draft{ID: keeper.Also(c.Entry, i+1), Kind: book.KindSharing, Act: book.ActPutAway, Item: g.ID, Base: g.Head, Via: p.via})
	}
	return append(drafts, give), present
}

func (c Choice) sharing() *book.Sharing {
	return &book.Sharing{As: book.HatWorker, Recipient: c.Worker, Sections: withName(c.Sections), Acts: c.Acts, Purpose: book.PurposeWalking, Until: c.Until, Event: c.Event}
}

// matchable is the rule for new matches: a worker today, who takes on more people, with no certificate that has run out.
func matchable(tx *store.Tx, worker id.Person, now clock.Time) error {
	pr, err := scanProfile(tx.Row(`SELECT `+profileColumns+` FROM worker_profile AS p WHERE p.person = $1 AND `+worksNow("$2"), worker, now).Scan)
	if err := orNotOpen(err); err != nil {
		return err
	}
	if !pr.TakingMore || !pr.certified(now) {
		return errs.New("peer: match", errs.Changed, "errors.worker_not_taking")
	}
	return nil
}

// onlyOne makes sure that after a choice nobody but the chosen one was left a grant to walk along: two first choices on
// two devices do not see each other's.
func onlyOne(tx *store.Tx, b id.Book, chosen id.Item) error {
	var others int
	err := tx.Row(`SELECT count(*) FROM given AS g WHERE g.book = $1 AND g.purpose = $2 AND g.taken_back = 0 AND g.id <> $3`,
		b, string(book.PurposeWalking), chosen).Scan(&others)
	if err == nil && others > 0 {
		err = errs.New("peer: choose", errs.Changed, "errors.chosen_meanwhile")
	}
	return err
}

// TakeBack takes back what was given by one grant, from the next request on. entry is the form's, base the grant's head
// as its owner saw it. Errors are those of [keeper.Keeper.Write].
func (p *Peers) TakeBack(ctx context.Context, who grant.Subject, b id.Book, entry id.Entry, grant id.Item, base id.Entry) error {
	_, err := p.keeper.Write(ctx, who, b, keeper.Draft{ID: entry, Kind: book.KindSharing, Act: book.ActPutAway, Item: grant, Base: base, Via: p.via})
	return errs.Wrap("peer: take back", err)
}
