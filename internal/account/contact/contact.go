package contact

import (
	"context"
	"errors"

	"beside/internal/account"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/mutant"
	"beside/internal/store"
	"beside/internal/vault"
)

// Config is what [New] needs.
type Config struct {
	DB     *store.DB
	Vault  *vault.Vault
	Keeper *keeper.Keeper
	Clock  clock.Clock
	Via    book.Via // how acts are noted as having come in
	// Region is the country whose telephone numbers are written without a plus sign, as two letters (ISO 3166). "US" when
	// empty.
	Region string
	// SafeFor is how long a person's word that an address is safe counts. 30 days when 0.
	SafeFor clock.Time
	// Happens writes down for a person that something happened with their ways in: [account.Accounts.Happens].
	Happens func(tx *store.Tx, who id.Person, what account.Happened, on id.Device) error
}

const (
	usualSafeFor = 30 * clock.Day
	// AskAhead is how long before an address rests its owner is asked whether it is still safe.
	AskAhead = 7 * clock.Day
	// ahead is how far behind the moment somebody was asked a clock may stand for their word to count.
	ahead = clock.Day
	// MaxAddresses is how many addresses one person keeps at most: each is one more message for all that is told.
	MaxAddresses = 8
)

// Channel is how an address is reached.
type Channel = book.Channel

// The channels there are.
const (
	Email = book.ChannelEmail
	Text  = book.ChannelText
)

// Contacts keeps people's addresses. It is safe for concurrent use.
type Contacts struct {
	Config
}

// New returns Contacts over an installation's books.
func New(c Config) *Contacts {
	if c.Region == "" {
		c.Region = "US"
	}
	if c.SafeFor == 0 {
		c.SafeFor = usualSafeFor
	}
	return &Contacts{c}
}

// Row is an address by its ids: no word of it.
type Row struct {
	Person  id.Person
	Book    id.Book
	Item    id.Item
	Channel Channel
}

// Place is an opened address, for writing to its owner as the owner asked.
type Place struct {
	Person      id.Person
	Book        id.Book
	Item        id.Item
	Channel     Channel
	To          string // an e-mail address, or a number as E.164 has it
	Name        string // what the sender calls itself; blank for nothing
	Lang        string // tag of the language its owner read
	Confirmed   bool   // a code came back from it
	Write       bool   // its owner says that it may be written to
	Opens       bool   // a one-time code sent here may open the book
	Safe        bool   // it may be written to now, as [Contacts.Safe] says
	From, Until int    // minutes of the local day between which writing is fine, over midnight when From is the later; both 0 for any time
}

// safe is the condition that an address a may be written to, asked after the time $n and until the time $m.
func safe(n, m string) string {
	rule := `a.writes = 1 AND a.confirmed_at > 0`
	if !mutant.On("wrong-number") {
		rule += ` AND a.stopped_at = 0`
	}
	if !mutant.On("asked-long-ago") {
		return rule + ` AND a.asked_at > ` + n + ` AND a.asked_at <= ` + m
	}
	return rule + ` AND a.asked_at <= ` + m + ` + 0 * CAST(` + n + ` AS BIGINT)`
}

// asked are the two times of [safe] at the time now.
func (c *Contacts) asked(now clock.Time) (after, until clock.Time) {
	return now - c.SafeFor, now + ahead
}

// Safe returns the addresses that a person may be written to now, in no order that means anything: marked for writing by
// them, confirmed, not stopped, and asked about lately. It is asked in the transaction that writes down what is to be
// sent, and [Place.Safe] again when it is. Errors are those of the store.
func (c *Contacts) Safe(tx *store.Tx, who id.Person) ([]Row, error) {
	after, until := c.asked(c.Clock.Now())
	list, err := rows(tx, `WHERE a.person = $1 AND `+safe("$2", "$3")+alive+` ORDER BY a.item`, who, after, until)
	return list, errs.Wrap("contact: safe", err)
}

// alive is that nobody's death was said by two of the team: what is not asked for at the door is not sent to somebody who has
// died. See package account/ending.
var alive = notSaidDead()

func notSaidDead() string {
	if mutant.On("dead-told") {
		return ""
	}
	return ` AND NOT EXISTS (SELECT 1 FROM death AS d WHERE d.person = a.person AND d.since > 0 AND d.over_at = 0)`
}

func rows(tx *store.Tx, where string, args ...any) (list []Row, err error) {
	err = store.Each(tx, `SELECT a.person, a.book, a.item, a.channel FROM address AS a `+where, args, func(scan func(...any) error) error {
		var r Row
		err := scan(&r.Person, &r.Book, &r.Item, &r.Channel)
		list = append(list, r)
		return err
	})
	return list, err
}

// Find returns whose book a one-time code may open that is sent to an address as somebody typed it: all rows that are
// confirmed, not stopped, and may open. There may be several, and there is none for an address that nobody gave or that
// cannot be read; all do the same work. Errors are those of the store.
func (c *Contacts) Find(ctx context.Context, typed string) (list []Row, err error) {
	_, _, blind := c.read(typed)
	err = c.DB.Glance(ctx, func(tx *store.Tx) error {
		list, err = rows(tx, `WHERE a.blind = $1 AND a.opens = 1 AND a.confirmed_at > 0 AND a.stopped_at = 0 ORDER BY a.person, a.item`, blind)
		return err
	})
	return list, errs.Wrap("contact: find", err)
}

// Opens reports whether a one-time code that was sent to an address may open its person's book now. What takes that back
// locks nothing that a code waits for, so the address is locked here. Errors are those of the store.
func (c *Contacts) Opens(tx *store.Tx, person id.Person, item id.Item) (bool, error) {
	n, err := tx.Exec(`UPDATE address SET opens = opens WHERE person = $1 AND item = $2 AND opens = 1 AND confirmed_at > 0 AND stopped_at = 0`, person, item)
	return n == 1, errs.Wrap("contact: opens", err)
}

// Same returns how an address as it was typed is reached, "" for what can be none, and a keyed hash that is the same
// however it was typed: for counting, without keeping it.
func (c *Contacts) Same(typed string) (Channel, []byte) {
	ch, _, blind := c.read(typed)
	return ch, blind
}

// Open opens one address, for writing to its owner as the owner asked, and nothing else of the book. It reads as the
// owner does, whose order it carries out:
// docs/decisions/0011-writing-to-people.md. Whether anything may be sent is [Place.Safe]. It returns
// NotOpen when the address is gone or was stopped.
func (c *Contacts) Open(ctx context.Context, person id.Person, item id.Item) (Place, error) {
	const op = "contact: open"
	p := Place{Person: person, Item: item}
	after, until := c.asked(c.Clock.Now())
	var writes, opens, isSafe int
	var confirmed clock.Time
	err := c.DB.Glance(ctx, func(tx *store.Tx) error {
		return tx.Row(`SELECT a.book, a.writes, a.opens, a.confirmed_at, CASE WHEN `+safe("$3", "$4")+` THEN 1 ELSE 0 END
			FROM address AS a WHERE a.person = $1 AND a.item = $2 AND a.stopped_at = 0`, person, item, after, until).
			Scan(&p.Book, &writes, &opens, &confirmed, &isSafe)
	})
	if err != nil {
		return Place{}, notOpen(op, err)
	}
	piece, err := c.piece(ctx, grant.Subject{Person: person, Hat: book.HatSelf}, p.Book, item)
	if err != nil {
		return Place{}, errs.Wrap(op, err)
	}
	b := piece.Body.(*book.Address) // keeper decodes a body as its kind
	p.Channel, p.Name, p.Lang, p.From, p.Until = b.Channel, b.Name.Show(), b.Lang, b.From, b.Until
	_, p.To, _ = c.read(b.Address.Show())
	p.Confirmed, p.Write, p.Opens, p.Safe = confirmed > 0, writes == 1, opens == 1, isSafe == 1
	return p, nil
}

// piece reads one address of somebody's book: NotOpen when there is none.
func (c *Contacts) piece(ctx context.Context, who grant.Subject, b id.Book, it id.Item) (keeper.Piece, error) {
	r, err := c.Keeper.Read(ctx, who, b, keeper.Want{Kind: book.KindAddress, Item: it})
	if err != nil {
		return keeper.Piece{}, err
	}
	if it.IsZero() || len(r.Items[0]) == 0 {
		return keeper.Piece{}, errs.New("contact: piece", errs.NotOpen, "")
	}
	return r.Items[0][0], nil
}

// Confirmed writes down, in tx, that a code came back that was sent to an address, so that it is its owner's. It returns
// NotOpen for an address that is gone or was stopped since.
func (c *Contacts) Confirmed(tx *store.Tx, person id.Person, item id.Item, now clock.Time) error {
	const op = "contact: confirmed"
	var before clock.Time
	err := tx.Row(`SELECT a.confirmed_at FROM address AS a WHERE a.person = $1 AND a.item = $2 AND a.stopped_at = 0`, person, item).Scan(&before)
	if err != nil || before != 0 {
		return notOpen(op, err)
	}
	done, err := tx.Exec(`UPDATE address SET confirmed_at = $1 WHERE person = $2 AND item = $3 AND stopped_at = 0`, now, person, item)
	if err == nil && done == 0 {
		err = store.ErrNone // it was stopped, or taken away, in this moment
	}
	return notOpen(op, err)
}

// OpensNothing has no address of a person open their book by a code until they say so anew, in tx. It is for when a login
// is given back: whoever had it may have added an address. Messages go where they went, so that the person is told.
func (c *Contacts) OpensNothing(tx *store.Tx, who id.Person) error {
	_, err := tx.Exec(`UPDATE address SET opens = 0 WHERE person = $1`, who)
	return errs.Wrap("contact: opens nothing", err)
}

// Stop writes down, in tx, that somebody answered from an address that it is the wrong place ([IsWrongNumber]): nobody
// writes there any more, whoever gave it. Each who did is told, and may give it anew. For an address that nobody gave it
// does nothing. Errors are those of the store.
func (c *Contacts) Stop(tx *store.Tx, channel Channel, to string, now clock.Time) error {
	const op = "contact: stop"
	from, _, blind := c.read(to)
	if from != channel {
		return nil
	}
	list, err := rows(tx, `WHERE a.blind = $1 AND a.stopped_at = 0 ORDER BY a.person, a.item`, blind)
	if err != nil {
		return errs.Wrap(op, err)
	}
	if _, err := tx.Exec(`UPDATE address SET stopped_at = $1 WHERE blind = $2 AND stopped_at = 0`, now, blind); err != nil {
		return errs.Wrap(op, err)
	}
	told := map[id.Person]bool{}
	for _, r := range list {
		if told[r.Person] {
			continue
		}
		told[r.Person] = true
		if err := c.Happens(tx, r.Person, account.HappenedAddress, id.Device{}); err != nil {
			return errs.Wrap(op, err)
		}
	}
	return nil
}

// notOpen makes of "no row" what everybody is told of what is not there.
func notOpen(op string, err error) error {
	if errors.Is(err, store.ErrNone) {
		return errs.New(op, errs.NotOpen, "")
	}
	return errs.Wrap(op, err)
}
