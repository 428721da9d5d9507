// Package outside is about what a person gives out of their book to somebody outside Beside: a court, a doctor, a landlord, as a
// page that is printed or taken along, or as a message that they send themselves. It exists beside grants, since whoever gets a
// page has no account here, nobody sees them read, and nothing can be called back.
//
// A person sees the bytes first and says yes to just these, or says a yes that lasts to a page which says that they were here and
// nothing else (lasting.go). They are kept as they left, so that the list of what left is true:
//
//	        Give, to bytes that were seen           TakeBack
//	(none) ───────────────────────────▶ [given] ─────────────────▶ [taken back]: nothing more can be made of it
//	                                        │                          │
//	                                        └── an item is erased ─────┴──▶ its words are gone from here too; that they left stays
//
// What left is sealed in parts, each under the key of the item whose words stand in it. So erasing that item erases them here as
// well, also in old backups, and nothing else. docs/decisions/0021-giving-outside.md says why it is as it is.
package outside

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/mutant"
	"beside/internal/store"
	"beside/internal/witness"
)

// MaxBytes is the most that leaves at once.
const MaxBytes = 256 << 10

// MaxTo is the longest name, and the longest reason, in bytes.
const MaxTo = 500

// Way is how something leaves.
type Way string

// The ways. Beside itself sends nothing.
const (
	Page    Way = "page"    // printed, or taken along as a file
	Message Way = "message" // a text that the person sends themselves
)

// Config is what [New] needs.
type Config struct {
	DB     *store.DB
	Keeper *keeper.Keeper
	Clock  clock.Clock
	Rand   io.Reader // nil means the system's
}

// Outside keeps what was given to somebody outside Beside. It is safe for concurrent use.
type Outside struct {
	Config
	owns grant.Clause // on a book k, after one parameter of the query's own
	own  grant.Clause // on a row o, after one
	walk grant.Clause // whether a worker may see the name of whose book k it is, after one
	// The same of the row book, for who locks it: nobody locks the book of another, and nobody sees by that whether it is there.
	locks, walks grant.Clause
}

// New returns Outside over an installation's data.
func New(c Config) *Outside {
	if c.Rand == nil {
		c.Rand = rand.Reader
	}
	return &Outside{Config: c, owns: grant.Own.Clause(grant.Columns{Book: "k.id"}, 2), own: grant.Own.Clause(grant.Columns{Book: "o.book"}, 2),
		walk:  grant.Read.Clause(grant.Columns{Book: "k.id", Section: "'" + string(book.SectionName) + "'"}, 2),
		locks: grant.Own.Clause(grant.Columns{Book: "book.id"}, 2),
		walks: grant.Read.Clause(grant.Columns{Book: "book.id", Section: "'" + string(book.SectionName) + "'"}, 2)}
}

func notOpen(op string) error { return errs.New("outside: "+op, errs.NotOpen, "") }

// Part is a piece of what leaves.
type Part struct {
	Item  id.Item   // the thing whose words stand in it; none for what was written for this alone
	Kind  book.Kind // of that thing, "" without one
	Bytes []byte
	Gone  bool // it was erased since, and Bytes are none
	salt  witness.Salt
}

// Seen is the hash (SHA-256) of bytes that a person saw.
type Seen [sha256.Size]byte

// String is the hash as a form carries it.
func (s Seen) String() string { return hex.EncodeToString(s[:]) }

// ParseSeen reads what [Seen.String] wrote. It returns Invalid.
func ParseSeen(s string) (out Seen, err error) {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != len(out) {
		return out, errs.New("outside: seen", errs.Invalid, "errors.form_not_ours")
	}
	return Seen(b), nil
}

// See returns the hash of parts in their order.
func See(parts []Part) Seen { return sha256.Sum256(Whole(parts)) }

// Whole returns the bytes of parts in their order.
func Whole(parts []Part) []byte {
	var b []byte
	for _, p := range parts {
		b = append(b, p.Bytes...)
	}
	return b
}

// Asked is what somebody chose to give, to whom, and why.
type Asked struct {
	Entry  id.Entry // of the form: sent twice it is one
	Way    Way
	Name   book.Text // of the person, as it stands on it
	To     book.Text
	Why    book.Text
	Letter book.Text   // words that were written for this alone, may be blank
	Days   int         // how many days on which they were here stand on it
	Of     id.Attended // which day that is, of a page under a yes that lasts
	Parts  []Part      // all that leaves, with these words in it
}

// facts are what is sealed about it. What are the kinds of things, in their order; it stays when a thing is erased.
type facts struct {
	Way    Way         `json:"way"`
	To     string      `json:"to"`
	Why    string      `json:"why"`
	Letter bool        `json:"letter"`
	Days   int         `json:"days"`
	What   []book.Kind `json:"what"`
	Of     string      `json:"of,omitempty"` // the day, of a page under a yes that lasts
}

// Check refuses what cannot be given, before anything is shown: Invalid with the fields "name", "to", "why", "letter", "as" and "things",
// and TooLarge.
func (a Asked) Check() error {
	var c errs.Check
	for _, f := range []struct {
		name  string
		words book.Text
		blank string // none where it may be
		most  int
	}{{"to", a.To, "out.to_blank", MaxTo}, {"why", a.Why, "out.why_blank", MaxTo}, {"name", a.Name, "out.name_blank", MaxTo}, {"letter", a.Letter, "", book.MaxText}} {
		switch s := f.words.Show(); {
		case f.words.Blank() && f.blank != "":
			c.Add(f.name, f.blank)
		case len(s) > f.most:
			c.Add(f.name, "errors.text_too_long")
		case !utf8.ValidString(s) || strings.ContainsRune(s, 0): // a browser shows it as something else, and what takes the text may end there
			c.Add(f.name, "errors.text_unreadable")
		}
	}
	if a.Way != Page && a.Way != Message {
		c.Add("as", "errors.choose_listed")
	}
	if a.Letter.Blank() && len(a.items()) == 0 && a.Days == 0 {
		c.Add("things", "out.nothing_chosen")
	}
	if err := c.Err("outside: check"); err != nil {
		return err
	}
	if len(Whole(a.Parts)) > MaxBytes {
		return errs.New("outside: check", errs.TooLarge, "")
	}
	return nil
}

// items are the things whose words stand in it, each once.
func (a Asked) items() (all []id.Item) {
	for _, p := range a.Parts {
		if !p.Item.IsZero() && !slices.Contains(all, p.Item) {
			all = append(all, p.Item)
		}
	}
	return all
}

func itemOf(p id.Paper) id.Item   { it, _ := id.FromBytes[id.Item](p.Bytes()); return it }
func entryOf(p id.Paper) id.Entry { e, _ := id.FromBytes[id.Entry](p.Bytes()); return e }

// PaperOf is the id of what is given with a form.
func PaperOf(e id.Entry) id.Paper { p, _ := id.FromBytes[id.Paper](e.Bytes()); return p }

// Give is the yes of the owner of book b to giving just the bytes that they saw, and keeps them. It returns NotOpen to everybody but the
// owner and for things that are not in the book, Changed with words when the bytes are not those that were seen, AlreadyKept
// when the form gave something else, and what [Asked.Check] does.
func (o *Outside) Give(ctx context.Context, who grant.Subject, b id.Book, a Asked, seen Seen) (id.Paper, error) {
	const op = "outside: give"
	p := PaperOf(a.Entry)
	if err := a.Check(); err != nil {
		return p, err
	}
	if See(a.Parts) != seen && !mutant.On("outside-unseen") {
		return p, errs.New(op, errs.Changed, "out.clashed")
	}
	if given, err := o.givenBefore(ctx, who, b, p, seen); err != nil || given {
		return p, errs.Wrap(op, err)
	}
	r, err := o.seal(ctx, b, p, a)
	if err != nil {
		return p, errs.Wrap(op, err)
	}
	err = o.DB.Update(ctx, func(tx *store.Tx) error {
		if err := o.mayGive(tx, who, b, a.items()); err != nil {
			return err
		}
		return o.put(tx, r)
	})
	if errs.Is(err, errs.AlreadyKept) { // at the same moment, perhaps by the same form
		if given, again := o.givenBefore(ctx, who, b, p, seen); given || again != nil {
			err = again
		}
	}
	return p, errs.Wrap(op, err)
}

// free returns AlreadyKept when a thing of the book has the id that a form chose: what is sealed under it would go when that thing is
// erased.
func free(tx *store.Tx, b id.Book, it id.Item) error {
	var taken bool
	err := tx.Row(`SELECT COUNT(*) > 0 FROM item WHERE book = $1 AND item = $2`, b, it).Scan(&taken)
	if err == nil && taken {
		err = errs.New("outside: free", errs.AlreadyKept, "out.clashed")
	}
	return err
}

// put keeps what leaves now. It returns AlreadyKept when something else left with the form, or its id is that of a thing.
func (o *Outside) put(tx *store.Tx, r row) error {
	if err := free(tx, r.book, itemOf(r.id)); err != nil {
		return err
	}
	n, err := tx.Exec(`INSERT INTO outside (id, book, facts, items, parts, hash, given_at, back_at, worker, lasting) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9) ON CONFLICT (id) DO NOTHING`,
		r.id, r.book, r.facts, r.parts.items(), r.parts.pack(), r.hash, o.Clock.Now(), r.worker, r.lasting)
	if err == nil && n == 0 {
		err = errs.New("outside: put", errs.AlreadyKept, "out.clashed")
	}
	if err != nil {
		return err
	}
	return o.record(tx, r.id)
}

// givenBefore reports whether the form gave these bytes already. It returns AlreadyKept when it gave others.
func (o *Outside) givenBefore(ctx context.Context, who grant.Subject, b id.Book, p id.Paper, seen Seen) (bool, error) {
	left, err := o.One(ctx, who, b, p)
	switch {
	case errs.Is(err, errs.NotOpen):
		return false, nil
	case err == nil && See(left.Parts) != seen:
		err = errs.New("outside: give", errs.AlreadyKept, "out.clashed")
	}
	return err == nil, err
}

// mayGive locks the book, and returns NotOpen unless who owns it and all these things are in it.
func (o *Outside) mayGive(tx *store.Tx, who grant.Subject, b id.Book, things []id.Item) error {
	query, lock, args := o.owns.SQL, o.locks.SQL, o.owns.Args(who, o.Clock.Now(), b)
	if mutant.On("outside-anybody") {
		query, lock, args = `1 = 1`, `1 = 1`, args[:1]
	}
	n, err := tx.Exec(`UPDATE book SET seq = seq WHERE id = $1 AND erased_at = 0 AND `+lock, args...)
	if err != nil {
		return err
	}
	var owns bool
	if err := tx.Row(`SELECT COUNT(*) > 0 FROM book AS k WHERE k.id = $1 AND `+query, args...).Scan(&owns); err != nil {
		return err
	}
	if n == 0 || !owns {
		return notOpen("book")
	}
	if len(things) == 0 {
		return nil
	}
	these, args := store.In("item", []any{b}, things)
	var there int
	if err := tx.Row(`SELECT COUNT(*) FROM item WHERE book = $1 AND `+these, args...).Scan(&there); err != nil {
		return err
	}
	if there != len(things) {
		return notOpen("thing")
	}
	return nil
}

// seal seals all that is kept of it.
func (o *Outside) seal(ctx context.Context, b id.Book, p id.Paper, a Asked) (r row, err error) {
	r.id, r.book = p, b
	f := facts{Way: a.Way, To: a.To.Show(), Why: a.Why.Show(), Letter: !a.Letter.Blank(), Days: a.Days}
	if !a.Of.IsZero() {
		f.Of = a.Of.String()
	}
	parts := slices.Clone(a.Parts)
	for i := range parts {
		part := &parts[i]
		if part.salt, err = witness.NewSalt(o.Rand); err != nil {
			return r, err
		}
		it := part.Item
		if it.IsZero() {
			it = itemOf(p)
		} else {
			f.What = append(f.What, part.Kind)
		}
		sealed, err := o.Keeper.SealAside(ctx, b, it, keeper.Also(entryOf(p), i+1), book.NewText(base64.StdEncoding.EncodeToString(append(part.salt[:], part.Bytes...)))) // as a text its line ends could change
		if err != nil {
			return r, err
		}
		r.parts = append(r.parts, sealedPart{part.Item, sealed})
	}
	h := hashOf(parts)
	r.hash = h[:]
	said, err := json.Marshal(f)
	if err != nil {
		return r, err
	}
	r.facts, err = o.Keeper.SealAside(ctx, b, itemOf(p), entryOf(p), book.NewText(string(said)))
	return r, err
}

// hashOf is what a row says of all that left, with the salts.
func hashOf(parts []Part) [sha256.Size]byte {
	var committed [][]byte
	for _, p := range parts {
		committed = append(committed, p.salt[:], p.Bytes)
	}
	return sha256.Sum256(witness.NewHeader(whichKind, committed...))
}

// Left is something that left a book. When a thing with its id was erased, nothing that was sealed of it is there, nor the way.
type Left struct {
	ID      id.Paper
	Way     Way
	To, Why book.Text
	Letter  bool        // it held words that were written for it alone
	Days    int         // how many days on which they were here stood on it
	What    []book.Kind // the things whose words stood in it, in their order
	GivenAt clock.Time
	BackAt  clock.Time // when the yes was taken back, 0 before
	Worker  id.Person  // who made it under a yes that lasts; none for what the person gave themselves
	Parts   []Part     // in their order; of [Outside.List] none
	Whole   bool       // nothing of it was erased, and Parts are what left to the byte; of [Outside.List] false
	of      string     // the day on it, of a page under a yes that lasts
}

// List returns to the owner of a book all that ever left it, the newest first. For everybody else there is nothing.
func (o *Outside) List(ctx context.Context, who grant.Subject, b id.Book) ([]Left, error) {
	rows, err := o.rows(ctx, who, b, id.Paper{})
	if err != nil {
		return nil, errs.Wrap("outside: list", err)
	}
	var all []Left
	for _, r := range rows {
		l, err := o.open(ctx, b, r)
		if err != nil {
			return nil, errs.Wrap("outside: list", err)
		}
		all = append(all, l)
	}
	return all, nil
}

// One returns to the owner of a book something that left it, with what left, but for what was erased since. It returns NotOpen to
// everybody else and for what is not there.
func (o *Outside) One(ctx context.Context, who grant.Subject, b id.Book, p id.Paper) (Left, error) {
	rows, err := o.rows(ctx, who, b, p)
	if err == nil && len(rows) == 0 {
		err = notOpen("one")
	}
	if err != nil {
		return Left{}, errs.Wrap("outside: one", err)
	}
	l, err := o.open(ctx, b, rows[0])
	if err == nil {
		err = o.openParts(ctx, b, rows[0], &l)
	}
	return l, errs.Wrap("outside: one", err)
}

// rows finds what left a book for its owner, or the one that is named.
func (o *Outside) rows(ctx context.Context, who grant.Subject, b id.Book, one id.Paper) (all []row, err error) {
	query, args := o.own.SQL, o.own.Args(who, o.Clock.Now(), b)
	if mutant.On("outside-anybody") {
		query, args = `1 = 1`, args[:1]
	}
	if !one.IsZero() {
		var which string
		which, args = store.In("o.id", args, []id.Paper{one})
		query += ` AND ` + which
	}
	err = o.DB.View(ctx, func(tx *store.Tx) error {
		all = nil
		return store.Each(tx, `SELECT `+rowColumns+` FROM outside AS o WHERE o.book = $1 AND `+query+` ORDER BY o.given_at DESC, o.id DESC`, args, func(scan func(...any) error) error {
			var r row
			err := r.scan(scan)
			all = append(all, r)
			return err
		})
	})
	return all, err
}

func (o *Outside) open(ctx context.Context, b id.Book, r row) (Left, error) {
	l := Left{ID: r.id, GivenAt: r.givenAt, BackAt: r.backAt, Worker: r.worker}
	said, err := o.Keeper.OpenAside(ctx, b, itemOf(r.id), entryOf(r.id), r.facts)
	if errs.Is(err, errs.NotOpen) { // a thing with its id was erased since; the rest of the list stands
		return l, nil
	}
	if err != nil {
		return Left{}, err
	}
	var f facts
	if err := json.Unmarshal([]byte(said.Show()), &f); err != nil {
		return Left{}, err
	}
	l.Way, l.To, l.Why, l.Letter, l.Days, l.What, l.of = f.Way, book.NewText(f.To), book.NewText(f.Why), f.Letter, f.Days, f.What, f.Of
	return l, nil
}

var errNotAsItLeft = errors.New("what left is not what was written down")

// openParts opens what left. It fails when that is whole and not what the hash says.
func (o *Outside) openParts(ctx context.Context, b id.Book, r row, l *Left) error {
	l.Whole = true
	kinds := l.What
	for i, s := range r.parts {
		p := Part{Item: s.item}
		it := s.item
		if it.IsZero() {
			it = itemOf(r.id)
		} else if len(kinds) > 0 {
			p.Kind, kinds = kinds[0], kinds[1:]
		}
		plain, err := o.Keeper.OpenAside(ctx, b, it, keeper.Also(entryOf(r.id), i+1), s.sealed)
		switch {
		case len(s.sealed) == 0 || l.Way == "" || errs.Is(err, errs.NotOpen): // its key is gone, also when the row was of an older copy; or nobody knows any more whether it is a text
			p.Gone, l.Whole = true, false
		case err != nil:
			return err
		default:
			whole, err := base64.StdEncoding.DecodeString(plain.Show())
			n := len(witness.Salt{})
			if err != nil || len(whole) < n {
				return errNotAsItLeft
			}
			p.Bytes, p.salt = whole[n:], witness.Salt(whole[:n])
		}
		l.Parts = append(l.Parts, p)
	}
	if h := hashOf(l.Parts); l.Whole && !bytes.Equal(h[:], r.hash) {
		return errNotAsItLeft
	}
	return nil
}

// TakeBack is the owner taking back their yes to something that left: nothing more can be made of it. What is with somebody
// outside already stays there. Taken back twice it is once. It returns NotOpen as [Outside.One] does.
func (o *Outside) TakeBack(ctx context.Context, who grant.Subject, b id.Book, p id.Paper) error {
	return errs.Wrap("outside: take back", o.DB.Update(ctx, func(tx *store.Tx) error {
		if err := o.mayGive(tx, who, b, nil); err != nil {
			return err
		}
		var there bool
		if err := tx.Row(`SELECT COUNT(*) > 0 FROM outside WHERE id = $1 AND book = $2`, p, b).Scan(&there); err != nil {
			return err
		}
		if !there {
			return notOpen("take back")
		}
		n, err := tx.Exec(`UPDATE outside SET back_at = $1 WHERE id = $2 AND book = $3 AND back_at = 0`, o.Clock.Now(), p, b)
		if err != nil || n == 0 {
			return err
		}
		return o.record(tx, p)
	}))
}
