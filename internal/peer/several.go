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

// Several is something the owner of a book gave to whoever holds a role, or to all workers of a place, and took not back.
type Several struct {
	Item     id.Item
	Head     id.Entry // for changing it and for taking it back
	Of       Whoever
	Sections []book.Section
	ReadOnly bool
	Since    clock.Time // when it was given, or given anew
	Until    clock.Time
	Event    book.Text  // what ends it before that
	CameAt   clock.Time // when that came, 0 before
	People   []OneOf    // who is one of them now, or will be, the first first; and then who was said no to and is none now
}

// Open reports whether anybody can see something by it at a time.
func (s Several) Open(now clock.Time) bool { return s.CameAt == 0 && now < s.Until }

// Whoever is a role, or all workers of a place.
type Whoever struct {
	Role  id.Role
	Place id.Community // where there is no role
	Name  book.Text    // of the role, as it was read aloud; blank for all workers
}

func (w Whoever) whom() (book.Whom, book.Purpose) {
	if w.Role.IsZero() {
		return book.ToWorkers, book.PurposeWorkers
	}
	return book.ToRole, book.PurposeRole
}

func (w Whoever) sharing() *book.Sharing {
	to, why := w.whom()
	return &book.Sharing{As: book.HatWorker, To: to, Label: w.Name, Purpose: why, Whoever: book.Whoever{Role: w.Role, Place: w.Place}}
}

// OneOf is one who holds a role, or works here, as the owner of a book who gave it something is told.
type OneOf struct {
	Person  id.Person
	Since   clock.Time // when they came; 0 for one who is none of them now
	Refused bool       // the owner said "not them"
	From    clock.Time // from when on they can read; not later than now for who can
	Answer  bool       // the owner said something of their coming, or they were there when it was given
	Known   bool       // they and the owner know each other from their own life, so that they see nothing
}

// News reports whether the owner should look: somebody came, and nothing was said of them.
func (o OneOf) News() bool { return o.Since != 0 && !o.Refused && !o.Answer && !o.Known }

// Several returns what the owner of a book gave so, the first given first. It returns NotOpen to everybody but the owner.
func (p *Peers) Several(ctx context.Context, who grant.Subject, b id.Book) (list []Several, err error) {
	pieces, err := p.gaveSeveral(ctx, who, b)
	for _, piece := range pieces {
		if err != nil {
			break
		}
		s := piece.Body.(*book.Sharing)
		x := Several{Item: piece.ID, Head: piece.Head, Of: whoeverOf(s), Sections: s.Sections, ReadOnly: s.ReadOnly, Since: s.GivenAt(piece.RecordedAt), Until: s.Until, Event: s.Event}
		if s.Came {
			x.CameAt = piece.RecordedAt
		}
		x.People, err = p.oneOf(ctx, who.Person, s, piece.RecordedAt)
		list = append(list, x)
	}
	return list, errs.Wrap("peer: several", err)
}

func whoeverOf(s *book.Sharing) Whoever { return Whoever{Role: s.Role, Place: s.Place, Name: s.Label} }

// gaveSeveral returns what the owner of a book gave to whoever holds a role, or to all who work in a place, and took not back.
func (p *Peers) gaveSeveral(ctx context.Context, who grant.Subject, b id.Book) ([]keeper.Piece, error) {
	all, err := p.gaveAll(ctx, who, b)
	return slices.DeleteFunc(all, func(g keeper.Piece) bool { return g.Body.(*book.Sharing).To == book.ToOne }), err
}

// holding is who is one of several since when.
type holding struct {
	person id.Person
	since  clock.Time
}

// holders are who holds a role, or works in a place, now or later, by its id: the first first.
func holders(tx *store.Tx, of id.Person, now clock.Time) (list []holding, err error) {
	err = store.Each(tx, `SELECT h.person, MIN(h.since) AS first FROM held AS h WHERE h.by_id = $1 AND h.ended_at = 0 AND h.until > $2
		AND EXISTS (SELECT 1 FROM membership AS m WHERE m.person = h.person AND m.community = h.community AND m.hat = 'worker' AND m.until > $2 AND m.since <= h.since)
		GROUP BY h.person ORDER BY first, h.person`, []any{of, now}, func(scan func(...any) error) error {
		var h holding
		err := scan(&h.person, &h.since)
		list = append(list, h)
		return err
	})
	return list, err
}

// Seen is that the owner of a book was shown somebody as one of those to whom something is given, who is one of them since a time: who left and
// came again was not shown.
type Seen struct {
	Person id.Person
	Since  clock.Time
}

// Seen is that the owner was shown them.
func (o OneOf) Seen() Seen { return Seen{o.Person, o.Since} }

// Holders are who would read by a grant of book b to whoever, as its owner is told before they give it, or change what they gave. Of who comes
// only later, or came since it was given and still waits, it says so. It returns NotOpen to everybody but the owner.
func (p *Peers) Holders(ctx context.Context, who grant.Subject, b id.Book, w Whoever) ([]OneOf, error) {
	const op = "peer: holders"
	before, err := p.gaveSeveral(ctx, who, b)
	if err != nil {
		return nil, errs.Wrap(op, err)
	}
	now := p.clock.Now()
	s := w.sharing()
	there, err := p.holders(ctx, s)
	if err != nil {
		return nil, errs.Wrap(op, err)
	}
	_, s.Said = saidBy(before, s, there, now)
	list, err := p.oneOf(ctx, who.Person, s, now)
	return slices.DeleteFunc(list, func(o OneOf) bool { return o.Since == 0 }), errs.Wrap(op, err)
}

// holders are who is one of those to whom something is given, now or later.
func (p *Peers) holders(ctx context.Context, s *book.Sharing) (there []holding, err error) {
	now := p.clock.Now()
	err = p.db.Glance(ctx, func(tx *store.Tx) (err error) {
		there, err = holders(tx, s.Reader(), now)
		return err
	})
	return there, err
}

// saidBy is what a yes now says of those who are one of them, and the grant that it changes, none for a new one. Who is there may read. To whom the
// owner said no stays so; and who came since what is open was given, and still waits, waits on: to change what is given hurries nobody.
func saidBy(before []keeper.Piece, s *book.Sharing, there []holding, now clock.Time) (it id.Item, said []book.Said) {
	refused, yes, stands := map[id.Person]bool{}, map[id.Person]clock.Time{}, false
	for _, piece := range before {
		was := piece.Body.(*book.Sharing)
		if was.Reader() != s.Reader() {
			continue
		}
		it, stands = piece.ID, !was.Came && now < was.Until
		for _, x := range was.SaidAt(piece.RecordedAt) {
			if x.Yes {
				yes[x.Person] = x.At
			} else {
				said, refused[x.Person] = append(said, x), true
			}
		}
	}
	for _, h := range there {
		at, told := yes[h.person]
		waits := stands && (!told || at < h.since) && now < h.since+grant.ComesAfter && !mutant.On("role-hurried")
		if h.since <= now && !refused[h.person] && !waits {
			said = append(said, book.Said{Person: h.person, Yes: true})
		}
	}
	return it, said
}

// oneOf tells of a grant, as it was recorded at a time, who is one of those to whom it is given. This is for reading aloud; who reads is the
// rule's to say.
func (p *Peers) oneOf(ctx context.Context, owner id.Person, s *book.Sharing, recorded clock.Time) ([]OneOf, error) {
	var list []OneOf
	now := p.clock.Now()
	var there []holding
	err := p.db.Glance(ctx, func(tx *store.Tx) (err error) {
		there, err = holders(tx, s.Reader(), now)
		return err
	})
	if err != nil {
		return nil, err
	}
	var people []id.Person
	said := s.SaidAt(recorded)
	of := func(who id.Person) *book.Said {
		if i := slices.IndexFunc(said, func(x book.Said) bool { return x.Person == who }); i >= 0 {
			return &said[i]
		}
		return nil
	}
	for _, h := range there {
		o := OneOf{Person: h.person, Since: h.since, From: h.since + grant.ComesAfter}
		if x := of(h.person); x != nil {
			o.Refused = !x.Yes
			if x.Yes && x.At >= h.since {
				o.Answer, o.From = true, h.since
			}
		}
		list, people = append(list, o), append(people, h.person)
	}
	for _, x := range said {
		if !x.Yes && !slices.Contains(people, x.Person) {
			list, people = append(list, OneOf{Person: x.Person, Refused: true}), append(people, x.Person)
		}
	}
	if len(list) == 0 {
		return nil, nil
	}
	ties, err := p.tied(ctx, owner, people...)
	for i, o := range list {
		_, list[i].Known = ties[o.Person]
		list[i].Known = list[i].Known || o.Person == owner
	}
	return list, err
}

// SeveralGiving is the yes by which a person gives something to whoever holds a role, or to all who work in a place, or changes what they gave.
type SeveralGiving struct {
	Entry    id.Entry // of the form: sent twice, it is one yes
	Of       Whoever
	Sections []book.Section // given besides the name, which always is
	ReadOnly bool
	Until    clock.Time // as it was shown when the person said yes; within [book.MaxGrant]
	Event    book.Text
	Shown    []Seen // who is one of them, as the person was shown
}

// GiveSeveral gives what g says. Who was shown to the owner, and is one of them now, reads at once; who comes later waits
// ([grant.ComesAfter]). One role has one such grant of a book: who gives anew changes it. To whom the owner said no stays so, and who
// waits by what is open waits on.
//
// Errors: NotOpen for a book that is not who's, and a role that is not there; Changed with words when somebody is one of them now who was not
// shown, when nobody is, and when it was changed or taken back on another device meanwhile; Invalid with fields; AlreadyKept; Busy.
func (p *Peers) GiveSeveral(ctx context.Context, who grant.Subject, b id.Book, g SeveralGiving, base id.Entry) error {
	const op = "peer: give several"
	before, err := p.gaveSeveral(ctx, who, b)
	if err != nil {
		return errs.Wrap(op, err)
	}
	if done, err := saidSeveral(before, g); done {
		return errs.Wrap(op, err)
	}
	d, err := p.draftSeveral(ctx, g, base, before)
	if err != nil {
		return errs.Wrap(op, err)
	}
	ready, err := p.keeper.Prepare(ctx, who, b, d)
	if err != nil {
		return errs.Wrap(op, err)
	}
	err = p.db.Update(ctx, func(tx *store.Tx) error {
		if _, err := p.keeper.Apply(tx, ready); err != nil {
			return err
		}
		return p.onlyShown(tx, b, g)
	})
	if err == nil {
		return nil
	}
	if after, again := p.gaveSeveral(ctx, who, b); again == nil { // a double tap races with itself
		if done, differs := saidSeveral(after, g); done {
			return errs.Wrap(op, differs)
		}
	}
	return errs.Wrap(op, err)
}

// saidSeveral reports whether the yes of g's form stands. It returns AlreadyKept when that form gave something else.
func saidSeveral(given []keeper.Piece, g SeveralGiving) (bool, error) {
	for _, piece := range given {
		if piece.Head != g.Entry {
			continue
		}
		was := *piece.Body.(*book.Sharing)
		was.Said = nil
		if !bytes.Equal(book.Encode(&was), book.Encode(g.sharing())) {
			return true, errs.New("peer: said several", errs.AlreadyKept, "")
		}
		return true, nil
	}
	return false, nil
}

func (g SeveralGiving) sharing() *book.Sharing {
	s := g.Of.sharing()
	s.Sections, s.ReadOnly, s.Until, s.Event = withName(g.Sections), g.ReadOnly, g.Until, g.Event
	return s
}

// draftSeveral is the act of a yes: a grant anew, or the one that stands changed.
func (p *Peers) draftSeveral(ctx context.Context, g SeveralGiving, base id.Entry, before []keeper.Piece) (keeper.Draft, error) {
	s := g.sharing()
	d := keeper.Draft{ID: g.Entry, Kind: book.KindSharing, Act: book.ActWrite, Via: p.via, Body: s, Base: base}
	there, err := p.holders(ctx, s)
	if err == nil {
		err = g.shows(there)
	}
	d.Item, s.Said = saidBy(before, s, there, p.clock.Now())
	if err == nil && len(there) == 0 {
		err = errs.New("peer: draft", errs.Changed, "roles.nobody_now")
	}
	return d, err
}

// shows returns Changed when somebody is one of those to whom g gives, who was not shown to the owner.
func (g SeveralGiving) shows(there []holding) error {
	if slices.ContainsFunc(there, func(h holding) bool { return !slices.Contains(g.Shown, Seen{h.person, h.since}) }) && !mutant.On("role-unshown") {
		return errs.New("peer: shows", errs.Changed, "roles.others_now")
	}
	return nil
}

// onlyShown makes sure, under the lock under which people come to a role or a place, that nobody is one of them who was not shown, and that
// there is one such grant alone.
func (p *Peers) onlyShown(tx *store.Tx, b id.Book, g SeveralGiving) error {
	query, of := `UPDATE role SET made_at = made_at WHERE id = $1`, any(g.Of.Role)
	if g.Of.Role.IsZero() {
		query, of = `UPDATE community SET name = name WHERE id = $1`, g.Of.Place
	}
	n, err := tx.Exec(query, of)
	if err == nil && n == 0 {
		err = errs.New("peer: only shown", errs.NotOpen, "")
	}
	if err != nil {
		return err
	}
	there, err := holders(tx, g.sharing().Reader(), p.clock.Now())
	if err == nil {
		err = g.shows(there)
	}
	if err != nil {
		return err
	}
	var have int
	err = tx.Row(`SELECT count(*) FROM given AS g WHERE g.book = $1 AND g.recipient = $2 AND g.whom <> 'one' AND g.taken_back = 0`, b, g.sharing().Reader()).Scan(&have)
	if err == nil && have > 1 {
		err = errs.New("peer: give several", errs.Changed, "errors.given_meanwhile")
	}
	return err
}

// WouldSeeSeveral shows to the owner of a book what one of those to whom g gives would see by it if its yes were said now, and by nothing
// else that is given to them; sees reports whether any of them would. next makes ids for entries of which nothing stays. Errors are those
// of [Peers.GiveSeveral].
func (p *Peers) WouldSeeSeveral(ctx context.Context, who grant.Subject, b id.Book, g SeveralGiving, base id.Entry, next func() id.Entry) (s Shared, sees bool, err error) {
	const op = "peer: would see several"
	var as id.Person
	before, err := p.gaveAll(ctx, who, b)
	if err != nil {
		return s, !as.IsZero(), errs.Wrap(op, err)
	}
	d, err := p.draftSeveral(ctx, g, base, before)
	if err != nil {
		return s, !as.IsZero(), errs.Wrap(op, err)
	}
	people, err := p.oneOf(ctx, who.Person, d.Body.(*book.Sharing), p.clock.Now())
	if err != nil {
		return s, !as.IsZero(), errs.Wrap(op, err)
	}
	as = firstReader(people, p.clock.Now())
	drafts := []keeper.Draft{d}
	for _, piece := range before {
		if piece.ID != d.Item {
			drafts = append(drafts, keeper.Draft{ID: next(), Kind: book.KindSharing, Act: book.ActPutAway, Item: piece.ID, Base: piece.Head, Via: p.via})
		}
	}
	s, err = p.seenBy(ctx, who, b, grant.Subject{Person: as, Hat: book.HatWorker}, drafts...) // of nobody nothing, and the same errors
	s.Until = g.Until
	return s, !as.IsZero(), errs.Wrap(op, err)
}

// firstReader is the first who can read at a time, none for nobody.
func firstReader(people []OneOf, now clock.Time) id.Person {
	for _, o := range people {
		if o.Since != 0 && o.Since <= now && o.From <= now && !o.Refused && !o.Known {
			return o.Person
		}
	}
	return id.Person{}
}

// Answer is what the owner of a book says of one who holds a role, or works here: that they may read at once what was given to it, or never. Said
// anew, it is what counts. entry is the form's, base the grant's head as its owner saw it.
//
// Errors: NotOpen for a grant that is not there, and for somebody who is none of them and of whom nothing was said; Changed when it was changed,
// taken back or ended meanwhile; Invalid where too much was said; AlreadyKept; Busy.
func (p *Peers) Answer(ctx context.Context, who grant.Subject, b id.Book, entry id.Entry, it id.Item, base id.Entry, person id.Person, yes bool) error {
	const op = "peer: answer"
	s, head, err := p.standing(ctx, who, b, it)
	if err != nil || head == entry { // sent before
		return errs.Wrap(op, err)
	}
	if s.To == book.ToOne {
		return errs.New(op, errs.NotOpen, "")
	}
	now := p.clock.Now() // before it is looked who is there: a yes is not to who leaves and comes again meanwhile
	there, err := p.holders(ctx, s)
	if err != nil {
		return errs.Wrap(op, err)
	}
	is := func(who id.Person) int {
		return slices.IndexFunc(there, func(h holding) bool { return h.person == who })
	}
	at := is(person)
	if at < 0 && !slices.ContainsFunc(s.Said, func(x book.Said) bool { return x.Person == person }) {
		return errs.New(op, errs.NotOpen, "")
	}
	s.Said = slices.DeleteFunc(s.Said, func(x book.Said) bool { return x.Person == person || x.Yes && is(x.Person) < 0 }) // who comes again comes anew
	x := book.Said{Person: person, Yes: yes}
	if at >= 0 {
		x.At = max(there[at].since, now)
	}
	if at >= 0 || !yes { // of one who left, a yes is that nothing is said any more
		s.Said = append(s.Said, x)
	}
	if len(s.Said) > book.MostSaid { // one more than can be told of must not be why "not them" cannot be said
		s.Said = slices.DeleteFunc(s.Said, func(x book.Said) bool {
			i := is(x.Person)
			return x.Yes && x.Person != person && i >= 0 && there[i].since+grant.ComesAfter <= now // who reads without it
		})
	}
	_, err = p.keeper.Write(ctx, who, b, keeper.Draft{ID: entry, Kind: book.KindSharing, Act: book.ActWrite, Via: p.via, Item: it, Base: base, Body: s})
	return errs.Wrap(op, err)
}

// Happened says that what a grant should end with has come: nothing is open by it from the next request on. entry is the form's, base the
// grant's head as its owner saw it.
//
// Errors: NotOpen for a grant that is not there; Changed when it was changed, taken back or ended meanwhile, or ends with nothing; AlreadyKept;
// Busy.
func (p *Peers) Happened(ctx context.Context, who grant.Subject, b id.Book, entry id.Entry, it id.Item, base id.Entry) error {
	const op = "peer: happened"
	s, head, err := p.standing(ctx, who, b, it)
	if head == entry && !head.IsZero() {
		return nil // sent before
	}
	if err == nil && s.Event.Blank() {
		err = errs.New(op, errs.Changed, "errors.item_changed")
	}
	if err != nil {
		return errs.Wrap(op, err)
	}
	s.Came = true
	_, err = p.keeper.Write(ctx, who, b, keeper.Draft{ID: entry, Kind: book.KindSharing, Act: book.ActWrite, Via: p.via, Item: it, Base: base, Body: s})
	return errs.Wrap(op, err)
}

// standing is a grant as it stands, ready to be written anew with something else in it, and its head. It returns NotOpen for one that is not
// there, and, with the head, Changed for one that has ended.
func (p *Peers) standing(ctx context.Context, who grant.Subject, b id.Book, it id.Item) (s *book.Sharing, head id.Entry, err error) {
	r, err := p.keeper.Mine(ctx, who, b, keeper.Want{Item: it})
	if err != nil {
		return nil, head, err
	}
	pieces := r.Items[0]
	if len(pieces) > 0 {
		s, _ = pieces[0].Body.(*book.Sharing)
	}
	if s == nil {
		return nil, head, errs.New("peer: standing", errs.NotOpen, "")
	}
	if head = pieces[0].Head; s.Until <= p.clock.Now() || s.Came {
		err = errs.New("peer: standing", errs.Changed, "errors.item_changed")
	}
	if s.To != book.ToOne {
		s.Said, s.Since = s.SaidAt(pieces[0].RecordedAt), s.GivenAt(pieces[0].RecordedAt)
	}
	s.Signed = nil // this is their own hand
	return s, head, err
}
