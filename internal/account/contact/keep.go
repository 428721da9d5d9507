package contact

import (
	"bytes"
	"context"
	"strings"

	"beside/internal/account"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/store"
)

// Form is what a form brings besides what it says.
type Form struct {
	Entry id.Entry // made when the form was shown: sent twice it is one act
	Item  id.Item  // what it changes; none for a new address
	Base  id.Entry // the head of that item as the form showed it
}

// Marks are what a person says of an address.
type Marks struct {
	Address            book.Text // of a new one; the text of an address that is kept does not change
	Write, Call, Leave bool
	Opens              bool
	Name               book.Text // what the sender calls itself; blank for nothing
	From, Until        int       // minutes of the day between which writing is fine; both 0 for any time
	Lang               string    // tag of the language of the page
}

// Mine is an address as its owner sees it.
type Mine struct {
	Marks
	Item      id.Item
	Head      id.Entry // the Base of the next [Form]
	Channel   Channel
	KeptAt    clock.Time
	Confirmed bool
	Stopped   bool       // somebody answered from there that it is the wrong place
	Rests     clock.Time // when it rests unless its owner says that it is still safe
	Safe      bool       // it may be written to now
	Ask       bool       // its owner is to be asked whether it is still safe: it rests, or will soon
}

// All is what somebody said of how to reach them.
type All struct {
	Addresses []Mine
	// Before is an address that was given when joining, before there were marks for each: nothing is sent there until it
	// is kept as an address. BeforeHead is the entry it stands in.
	Before     book.Text
	BeforeHead id.Entry
}

// owner is the person of a session as packages below know them.
func owner(s account.Session) grant.Subject { return grant.Subject{Person: s.Person, Hat: s.Hat} }

// All reads what the person of a session said of how to reach them, the oldest address first. It returns NotOpen in
// another hat than their own.
func (c *Contacts) All(ctx context.Context, s account.Session) (All, error) {
	const op = "contact: all"
	if s.Hat != book.HatSelf {
		return All{}, errs.New(op, errs.NotOpen, "")
	}
	r, err := c.Keeper.Read(ctx, owner(s), s.Book, keeper.Want{Sections: []book.Section{book.SectionAbout}})
	if err != nil {
		return All{}, errs.Wrap(op, err)
	}
	var all All
	for _, p := range r.Items[0] {
		switch b := p.Body.(type) {
		case *book.About:
			all.Before, all.BeforeHead = b.Address, p.Head
		case *book.Address:
			all.Addresses = append(all.Addresses, mine(p, b))
		}
	}
	return all, errs.Wrap(op, c.stand(ctx, s.Person, all.Addresses))
}

func mine(p keeper.Piece, b *book.Address) Mine {
	return Mine{
		Marks: Marks{Address: b.Address, Write: b.Write, Call: b.Call, Leave: b.Leave, Opens: b.Opens, Name: b.Name, From: b.From, Until: b.Until, Lang: b.Lang},
		Item:  p.ID, Head: p.Head, Channel: b.Channel, KeptAt: p.RecordedAt,
	}
}

// stand fills in how addresses stand now.
func (c *Contacts) stand(ctx context.Context, who id.Person, list []Mine) error {
	now := c.Clock.Now()
	after, until := c.asked(now)
	at := map[id.Item]Mine{}
	err := c.DB.Glance(ctx, func(tx *store.Tx) error {
		return store.Each(tx, `SELECT a.item, a.opens, a.confirmed_at, a.stopped_at, a.asked_at, CASE WHEN `+safe("$2", "$3")+` THEN 1 ELSE 0 END
			FROM address AS a WHERE a.person = $1`, []any{who, after, until}, func(scan func(...any) error) error {
			var m Mine
			var confirmed, stopped, asked clock.Time
			var opens, isSafe int
			err := scan(&m.Item, &opens, &confirmed, &stopped, &asked, &isSafe)
			m.Opens = opens == 1
			m.Confirmed, m.Stopped, m.Safe, m.Rests = confirmed > 0 && stopped == 0, stopped > 0, isSafe == 1, asked+c.SafeFor
			m.Ask = stopped == 0 && (asked <= after+AskAhead || asked > until)
			at[m.Item] = m
			return err
		})
	})
	for i, m := range list {
		x := at[m.Item]
		list[i].Confirmed, list[i].Stopped, list[i].Safe, list[i].Rests = x.Confirmed, x.Stopped, x.Safe, x.Rests
		list[i].Opens = m.Opens && x.Opens
		list[i].Ask = x.Ask && (m.Write || m.Call || m.Leave)
	}
	return err
}

// Find returns one address: NotOpen when it is not there.
func (a All) Find(it id.Item) (Mine, error) {
	for _, m := range a.Addresses {
		if m.Item == it {
			return m, nil
		}
	}
	return Mine{}, errs.New("contact: one", errs.NotOpen, "")
}

// act is one act on one address: the entries, and what is then written beside them in the same transaction.
type act struct {
	drafts []keeper.Draft
	row    func(*store.Tx) error
	quiet  bool // it changes nothing of where messages go, so that nothing is told
}

// Keep keeps a new address, or what the person says anew of one that is kept; either way they have said now that it is
// safe as they marked it. An address that was stopped is given anew by it, and is to be confirmed again. It returns the
// item.
//
// Errors: Invalid with the fields "address", "name", "from", "until"; NotOpen; Changed; AlreadyKept; Busy.
func (c *Contacts) Keep(ctx context.Context, s account.Session, f Form, m Marks) (id.Item, error) {
	const op = "contact: keep"
	body, more, err := c.body(ctx, s, f, m)
	if err != nil {
		return f.Item, errs.Wrap(op, err)
	}
	body.AskedAt = c.Clock.Now()
	it := f.item()
	err = c.do(ctx, s, f, body, act{drafts: append([]keeper.Draft{c.draft(f, body)}, more...), row: c.writes(s.Person, s.Book, it, body)})
	return it, errs.Wrap(op, err)
}

// body is what a form makes of an address, checked, and what is written besides.
func (c *Contacts) body(ctx context.Context, s account.Session, f Form, m Marks) (*book.Address, []keeper.Draft, error) {
	if !f.Item.IsZero() {
		p, err := c.piece(ctx, owner(s), s.Book, f.Item)
		if err != nil {
			return nil, nil, err
		}
		body := p.Body.(*book.Address) // so that what this program does not know of it stays
		m.onto(body)
		return body, nil, book.CheckBody(body)
	}
	body := c.fresh(m)
	if err := book.CheckBody(body); err != nil {
		return nil, nil, err
	}
	more, err := c.moved(ctx, s, f, body.Address)
	return body, more, err
}

// fresh is a new address. One that cannot be read has no channel, and is refused by [book.CheckBody].
func (c *Contacts) fresh(m Marks) *book.Address {
	b := &book.Address{Address: m.Address}
	ch, to, _ := c.read(m.Address.Show())
	if b.Channel = ch; ch != "" {
		b.Address = book.NewText(to)
	}
	m.onto(b)
	return b
}

// item is the item a form is about, also when it was to begin one.
func (f Form) item() id.Item {
	if f.Item.IsZero() {
		return keeper.NewItem(f.Entry)
	}
	return f.Item
}

// onto puts what a person says of an address onto its body. Nobody calls an e-mail address.
func (m Marks) onto(b *book.Address) {
	b.Write, b.Opens, b.Name, b.From, b.Until, b.Lang = m.Write, m.Opens, m.Name, m.From, m.Until, m.Lang
	text := b.Channel == Text
	b.Call, b.Leave = text && m.Call, text && m.Leave
}

// moved drafts that an address that stood where it was told when joining stands there no more, if what is kept is that one.
func (c *Contacts) moved(ctx context.Context, s account.Session, f Form, kept book.Text) ([]keeper.Draft, error) {
	r, err := c.Keeper.Read(ctx, owner(s), s.Book, keeper.Want{Kind: book.KindAbout})
	if err != nil || len(r.Items[0]) == 0 {
		return nil, err
	}
	p := r.Items[0][0]
	b := p.Body.(*book.About)
	_, _, before := c.read(b.Address.Show())
	if _, _, now := c.read(kept.Show()); !bytes.Equal(before, now) {
		return nil, nil
	}
	return []keeper.Draft{c.without(s.Book, keeper.Also(f.Entry, 1), p.Head, b)}, nil
}

// without drafts what somebody told when joining, without an address.
func (c *Contacts) without(in id.Book, entry, head id.Entry, b *book.About) keeper.Draft {
	b.Contact, b.Address = "", book.Text{}
	return keeper.Draft{ID: entry, Kind: book.KindAbout, Act: book.ActWrite, Item: book.Only(in, book.KindAbout), Base: head, Body: b, Via: c.Via}
}

// Forget takes away the address that stands where it was told when joining ([All.Before]). f.Base is its BeforeHead; for
// none it does nothing. Errors are those of [keeper.Keeper.Write].
func (c *Contacts) Forget(ctx context.Context, s account.Session, f Form) error {
	const op = "contact: forget"
	r, err := c.Keeper.Read(ctx, owner(s), s.Book, keeper.Want{Kind: book.KindAbout})
	if err != nil || len(r.Items[0]) == 0 {
		return errs.Wrap(op, err)
	}
	b := r.Items[0][0].Body.(*book.About)
	if b.Address.Blank() {
		return nil
	}
	_, err = c.Keeper.Write(ctx, owner(s), s.Book, c.without(s.Book, f.Entry, f.Base, b))
	return errs.Wrap(op, err)
}

// TakeAway takes an address away: nobody writes there any more. Errors are those of [Contacts.Keep]; one that is away
// already is NotOpen.
func (c *Contacts) TakeAway(ctx context.Context, s account.Session, f Form) error {
	const op = "contact: take away"
	if _, err := c.piece(ctx, owner(s), s.Book, f.Item); err != nil {
		if errs.Is(err, errs.NotOpen) && c.done(ctx, s, f, nil) {
			return nil
		}
		return errs.Wrap(op, err)
	}
	d := keeper.Draft{ID: f.Entry, Kind: book.KindAddress, Act: book.ActPutAway, Item: f.Item, Base: f.Base, Via: c.Via}
	return errs.Wrap(op, c.do(ctx, s, f, nil, act{drafts: []keeper.Draft{d}, row: func(tx *store.Tx) error {
		_, err := tx.Exec(`DELETE FROM address WHERE person = $1 AND item = $2`, s.Person, f.Item)
		return err
	}}))
}

// StillSafe is the person's word that an address is still safe as they marked it. One that was stopped stays stopped.
// Errors are those of [Contacts.Keep].
func (c *Contacts) StillSafe(ctx context.Context, s account.Session, f Form) error {
	return errs.Wrap("contact: still safe", c.say(ctx, s, f, true, func(*book.Address) {}))
}

// NotAnyMore is the person's word that an address is not safe any more: from this moment on nothing is sent there, no
// code opens anything, and nobody calls. It stays in its place, for its owner to mark anew or to take away. Errors are
// those of [Contacts.Keep].
func (c *Contacts) NotAnyMore(ctx context.Context, s account.Session, f Form) error {
	return errs.Wrap("contact: not any more", c.say(ctx, s, f, false, func(b *book.Address) {
		b.Write, b.Call, b.Leave, b.Opens = false, false, false, false
	}))
}

// Rest is the person's word that nobody is to write or call there for a while. Unlike [Contacts.NotAnyMore] it takes no way in
// from them. Errors are those of [Contacts.Keep].
func (c *Contacts) Rest(ctx context.Context, s account.Session, f Form) error {
	return errs.Wrap("contact: rest", c.say(ctx, s, f, true, func(b *book.Address) { b.Write, b.Call, b.Leave = false, false, false }))
}

// say writes an address anew with what its owner was asked.
func (c *Contacts) say(ctx context.Context, s account.Session, f Form, quiet bool, to func(*book.Address)) error {
	p, err := c.piece(ctx, owner(s), s.Book, f.Item)
	if err != nil {
		return err
	}
	body := p.Body.(*book.Address)
	to(body)
	body.AskedAt = c.Clock.Now()
	return c.do(ctx, s, f, body, act{drafts: []keeper.Draft{c.draft(f, body)}, quiet: quiet, row: func(tx *store.Tx) error {
		// Saying that an address is still safe does not say that a code may open the book again ([Contacts.OpensNothing]).
		_, err := tx.Exec(`UPDATE address SET asked_at = $1, writes = $2, opens = CASE WHEN opens = 0 THEN 0 ELSE CAST($3 AS INTEGER) END WHERE person = $4 AND item = $5`,
			body.AskedAt, bit(body.Write), bit(body.Opens), s.Person, f.Item)
		return err
	}})
}

func (c *Contacts) draft(f Form, b *book.Address) keeper.Draft {
	return keeper.Draft{ID: f.Entry, Kind: book.KindAddress, Act: book.ActWrite, Item: f.Item, Base: f.Base, Body: b, Via: c.Via}
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// writes writes the row of an address in a transaction. What was stopped is given anew, and to be confirmed again.
func (c *Contacts) writes(who id.Person, b id.Book, it id.Item, a *book.Address) func(*store.Tx) error {
	_, _, blind := c.read(a.Address.Show())
	return func(tx *store.Tx) error {
		_, err := tx.Exec(`INSERT INTO address (person, item, book, channel, blind, writes, opens, confirmed_at, asked_at, stopped_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, 0) ON CONFLICT (person, item) DO UPDATE
			SET writes = excluded.writes, opens = excluded.opens, asked_at = excluded.asked_at,
				confirmed_at = CASE WHEN address.stopped_at > 0 THEN 0 ELSE address.confirmed_at END, stopped_at = 0`,
			who, it, b, string(a.Channel), blind, bit(a.Write), bit(a.Opens), a.AskedAt)
		if err != nil {
			return err
		}
		return few(tx, who)
	}
}

// few returns Invalid when a person keeps more addresses than [MaxAddresses]. The lock of their book, taken before, makes
// it the only one that counts them.
func few(tx *store.Tx, who id.Person) error {
	var n int
	err := tx.Row(`SELECT COUNT(*) FROM address WHERE person = $1`, who).Scan(&n)
	if err == nil && n > MaxAddresses {
		var c errs.Check
		c.Add("address", "errors.too_many")
		err = c.Err("contact: few")
	}
	return err
}

// do does an act, all of it or nothing. body is what it says, nil when it says nothing; the same form sent again is done
// already when that is what its entry says.
func (c *Contacts) do(ctx context.Context, s account.Session, f Form, body *book.Address, a act) error {
	if s.Hat != book.HatSelf {
		return errs.New("contact: do", errs.NotOpen, "")
	}
	ready, err := c.Keeper.Prepare(ctx, owner(s), s.Book, a.drafts...)
	if err != nil {
		return err
	}
	err = c.DB.Update(ctx, func(tx *store.Tx) error {
		if _, err := c.Keeper.Apply(tx, ready); err != nil {
			return err
		}
		if err := a.row(tx); err != nil || a.quiet {
			return err
		}
		return c.Happens(tx, s.Person, account.HappenedAddress, s.Device)
	})
	if errs.Is(err, errs.AlreadyKept) && c.done(ctx, s, f, body) {
		return nil
	}
	return err
}

// done reports whether a form was sent before and said the same. When it was sent makes no difference.
func (c *Contacts) done(ctx context.Context, s account.Session, f Form, body *book.Address) bool {
	versions, err := c.Keeper.Versions(ctx, owner(s), s.Book, f.item())
	if err != nil {
		return false
	}
	for _, v := range versions {
		if v.ID != f.Entry {
			continue
		}
		said, words := v.Body.(*book.Address)
		if body == nil || !words {
			return body == nil && !words
		}
		said.AskedAt = body.AskedAt
		return bytes.Equal(book.Encode(said), book.Encode(body))
	}
	return false
}

// First makes of an address that somebody gives when they join what is to be kept with the rest: its entry, and its row.
// It may be written to, as they were asked; a code may open the book from an e-mail address, which is seldom sold on. It
// is the FirstAddress of [account.Config]. It returns Invalid with the field "address".
func (c *Contacts) First(g account.FirstAddress) (keeper.Draft, func(*store.Tx) error, error) {
	body := c.fresh(Marks{Address: g.Address, Write: true, Opens: OpensUnasked(g.Address), Lang: g.Lang})
	if err := book.CheckBody(body); err != nil {
		return keeper.Draft{}, nil, errs.Wrap("contact: first", err)
	}
	body.AskedAt = c.Clock.Now()
	d := keeper.Draft{ID: g.Entry, Kind: book.KindAddress, Act: book.ActWrite, Body: body, Via: g.Via}
	return d, c.writes(g.Person, g.Book, keeper.NewItem(g.Entry), body), nil
}

// OpensUnasked is whether a code may open the book from a new address about which its owner did not say: from an e-mail
// address, which is seldom sold on, and not from a telephone number.
func OpensUnasked(typed book.Text) bool { return strings.Contains(typed.Show(), "@") }

// Asks counts the addresses of somebody's own that may be written to, and about which they are to be asked whether they are
// still safe. It is 0 in another hat.
func (c *Contacts) Asks(ctx context.Context, who grant.Subject) (n int, err error) {
	if who.Hat != book.HatSelf {
		return 0, nil
	}
	after, until := c.asked(c.Clock.Now())
	err = c.DB.Glance(ctx, func(tx *store.Tx) error {
		return tx.Row(`SELECT COUNT(*) FROM address WHERE person = $1 AND writes = 1 AND stopped_at = 0 AND (asked_at <= $2 OR asked_at > $3)`,
			who.Person, after+AskAhead, until).Scan(&n)
	})
	return n, errs.Wrap("contact: asks", err)
}
