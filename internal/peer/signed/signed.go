// Package signed is giving something to a worker by signing on paper, in front of somebody else who works here. It exists for who has no
// phone, or wants to take a sheet home and think (mission.md S0.7, "witnessed paper"; 42 CFR 2.31(a)(8)).
//
// The sheet says one grant in full and has a number that names just that one:
//
//	        Make, by the owner or by the worker     Enter: number, name, day, photograph
//	        who walks with them                     by who works here, never who is given it
//	(none) ──────────────▶ [printed] ─────────────────────────────────▶ [entered]: the grant stands ──Back──▶ [taken back]
//	                         │    │
//	                         │    └── 30 days, or something else is given meanwhile ──▶ it names nothing any more
//	                         └─ Throw, by the owner; Back, by who works here ──▶ [over]
//
// Nothing is given before it is entered. Whoever enters it types the number and the name that stand on the sheet, and learns nothing
// that they do not hold in their hands: they read no book, and find nobody. So a grant can be made only for somebody who printed a
// sheet themselves, or with whom the worker walked who printed it. The photograph of the sheet is sealed with the
// grant. docs/decisions/0025-signed-on-paper.md says why it is as it is.
package signed

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"time"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/media"
	"beside/internal/mutant"
	"beside/internal/peer"
	"beside/internal/store"
)

const (
	// Lasts is how long a printed sheet can be entered.
	Lasts = 30 * clock.Day
	// NumberSigns is how many signs the number of a sheet has: 50 bits, which nobody guesses at the pace at which one may try.
	NumberSigns = 10
	// MaxWaiting is how many sheets of one book that somebody made wait to be entered at most.
	MaxWaiting = 100
)

// signs are those of a number (Crockford's base 32): none looks like another.
var signs = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// Config is what [New] needs.
type Config struct {
	DB     *store.DB
	Keeper *keeper.Keeper
	Peers  *peer.Peers
	Clean  *media.Cleaner
	Photos *media.Store
	Clock  clock.Clock
	Key    []byte    // hashes numbers, so that who has the database finds none
	Rand   io.Reader // nil means the system's
	// Try counts one try of somebody at numbers, and returns TooOften when there were too many.
	Try func(ctx context.Context, who id.Person) error
	// Tell has the owner of a book told, in tx, that something was entered for them, or taken back.
	Tell func(tx *store.Tx, owner id.Person, back bool) error
}

// Papers is what this package can do. It is safe for concurrent use.
type Papers struct {
	Config
	own  grant.Clause // on a row s, after one parameter of the query's own
	owns grant.Clause // on the row book, after one
	walk grant.Clause // whether a worker may see the name of whose book the row book is, after one
	made grant.Clause // the same of a row s, after one
}

// New returns Papers over an installation's data.
func New(c Config) *Papers {
	if c.Rand == nil {
		c.Rand = rand.Reader
	}
	name := "'" + string(book.SectionName) + "'"
	return &Papers{Config: c,
		own: grant.Own.Clause(grant.Columns{Book: "s.book"}, 2), owns: grant.Own.Clause(grant.Columns{Book: "book.id"}, 2),
		walk: grant.Read.Clause(grant.Columns{Book: "book.id", Section: name}, 2), made: grant.Read.Clause(grant.Columns{Book: "s.book", Section: name}, 2)}
}

func notOpen(op string) error { return errs.New("signed: "+op, errs.NotOpen, "") }

// Ask is the grant that a sheet says.
type Ask struct {
	Entry    id.Entry // of the form: sent twice it is one
	Worker   id.Person
	Sections []book.Section // given besides the name, which always is
	Until    clock.Time
}

// facts are what is sealed of a sheet.
type facts struct {
	Name     string         `json:"name"` // of the owner, as it stands on it
	Worker   id.Person      `json:"worker"`
	Sections []book.Section `json:"sections"`
	Until    clock.Time     `json:"until"`
	Number   string         `json:"number"`
	Mark     []byte         `json:"mark"` // of what was given when it was printed: see markOf
}

// Paper is a sheet.
type Paper struct {
	ID        id.Signing
	Book      id.Book
	Worker    id.Person // to whom it gives
	Name      book.Text // of who signs
	Sections  []book.Section
	Until     clock.Time
	Number    string
	MadeBy    id.Person
	MadeAt    clock.Time
	EndsAt    clock.Time
	OverAt    clock.Time // when it was ended before it was entered, 0 before: thrown away, taken back on paper, or with a login given back
	Witness   id.Person  // who entered it; none before
	EnteredAt clock.Time // 0 before
	BackBy    id.Person  // who entered that it was taken back on paper
	BackAt    clock.Time // 0 before

	mark []byte
}

// Waits reports whether it can still be entered at a time.
func (p Paper) Waits(now clock.Time) bool { return p.EnteredAt == 0 && p.OverAt == 0 && now < p.EndsAt }

// Entry is the entry by which it gives.
func (p Paper) Entry() id.Entry { return entryOf(p.ID) }

func itemOf(s id.Signing) id.Item       { it, _ := id.FromBytes[id.Item](s.Bytes()); return it }
func entryOf(s id.Signing) id.Entry     { e, _ := id.FromBytes[id.Entry](s.Bytes()); return e }
func pictureOf(s id.Signing) id.Picture { p, _ := id.FromBytes[id.Picture](s.Bytes()); return p }

// SigningOf is the id of the sheet that is made with a form.
func SigningOf(e id.Entry) id.Signing { s, _ := id.FromBytes[id.Signing](e.Bytes()); return s }

func (x *Papers) sumOf(number string) []byte {
	h := hmac.New(sha256.New, x.Key)
	h.Write([]byte("paper\x00" + number))
	return h.Sum(nil)
}

// mayMake locks the book, and returns NotOpen unless who owns it, or walks with its owner as the worker to whom the sheet gives.
func (x *Papers) mayMake(tx *store.Tx, who grant.Subject, b id.Book, worker id.Person) error {
	clause := x.owns
	if who.Hat == book.HatWorker && (who.Person == worker || mutant.On("paper-for-another")) {
		clause = x.walk
	} else if who.Hat != book.HatSelf {
		return notOpen("make")
	}
	n, err := tx.Exec(`UPDATE book SET seq = seq WHERE id = $1 AND erased_at = 0 AND `+clause.SQL, clause.Args(who, x.Clock.Now(), b)...)
	if err == nil && n == 0 {
		err = notOpen("make")
	}
	return err
}

// Make prints a sheet on which the owner of book b can sign that they give something to a worker. The owner makes one for any worker; a
// worker who walks with them makes one that gives to themselves. Reading the name for it is a look of the worker's. It returns NotOpen to
// everybody else and for who is no worker, Changed where one knows the other from their own life, Invalid with the fields "sections" and "until", AlreadyKept when the form made another, TooOften
// while [MaxWaiting] wait that they made, and Busy.
func (x *Papers) Make(ctx context.Context, who grant.Subject, b id.Book, a Ask) (id.Signing, error) {
	const op = "signed: make"
	s := SigningOf(a.Entry)
	now := x.Clock.Now()
	var c errs.Check
	for i, sec := range a.Sections {
		if !slices.Contains(book.Givable(), sec) || slices.Contains(a.Sections[:i], sec) {
			c.Add("sections", "errors.choose_listed")
			break
		}
	}
	if a.Until <= now+Lasts || a.Until > now+book.MaxGrant {
		c.Add("until", "errors.choose_listed")
	}
	if err := c.Err(op); err != nil {
		return s, err
	}
	r, err := x.Keeper.Read(ctx, who, b, keeper.Want{Kind: book.KindName})
	if err != nil {
		return s, errs.Wrap(op, err)
	}
	f := facts{Worker: a.Worker, Sections: a.Sections, Until: a.Until}
	for _, p := range r.Items[0] {
		f.Name = p.Body.(*book.Name).Words.Show()
	}
	random := make([]byte, 7)
	if _, err := io.ReadFull(x.Rand, random); err != nil {
		return s, errs.Wrap(op, err)
	}
	f.Number = signs.EncodeToString(random)[:NumberSigns]
	return s, errs.Wrap(op, x.put(ctx, who, b, a, s, f, now))
}

func (x *Papers) put(ctx context.Context, who grant.Subject, b id.Book, a Ask, s id.Signing, f facts, now clock.Time) error {
	const op = "signed: make"
	var there bool
	err := x.DB.View(ctx, func(tx *store.Tx) (err error) {
		if f.Mark, err = markOf(tx, b); err != nil {
			return err
		}
		there, err = x.madeBefore(tx, who, b, a, s)
		return err
	})
	if err != nil || there {
		return err
	}
	said, err := json.Marshal(f)
	if err != nil {
		return err
	}
	sealed, err := x.Keeper.SealAside(ctx, b, itemOf(s), entryOf(s), book.NewText(string(said)))
	if err != nil {
		return err
	}
	return x.DB.Update(ctx, func(tx *store.Tx) error {
		if err := x.mayMake(tx, who, b, a.Worker); err != nil {
			return err
		}
		var owner id.Person
		if err := tx.Row(`SELECT owner FROM book WHERE id = $1`, b).Scan(&owner); err != nil {
			return err
		}
		if err := peer.Works(tx, owner, a.Worker, now); err != nil {
			return err
		}
		if there, err := x.madeBefore(tx, who, b, a, s); err != nil || there {
			return err
		}
		var taken bool
		if err := tx.Row(`SELECT COUNT(*) > 0 FROM entry WHERE book = $1 AND (id = $2 OR item = $3)`, b, entryOf(s), itemOf(s)).Scan(&taken); err != nil {
			return err
		}
		if taken { // what is sealed under it would go when that is erased
			return errs.New(op, errs.AlreadyKept, "")
		}
		var wait int
		if err := tx.Row(`SELECT COUNT(*) FROM signing WHERE book = $1 AND made_by = $2 AND entered_at = 0 AND over_at = 0 AND ends_at > $3`, b, who.Person, now).Scan(&wait); err != nil {
			return err
		}
		if wait >= MaxWaiting {
			return errs.New(op, errs.TooOften, "paper.too_many")
		}
		_, err := tx.Exec(`INSERT INTO signing (id, book, recipient, facts, number, made_by, made_at, ends_at, over_at, witness, hat, entered_at, back_by, back_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, NULL, '', 0, NULL, 0)`, s, b, a.Worker, sealed, x.sumOf(f.Number), who.Person, now, now+Lasts)
		if err != nil {
			return err
		}
		return x.record(tx, s)
	})
}

// madeBefore reports whether the form made its sheet already. It returns AlreadyKept when it was another's.
func (x *Papers) madeBefore(tx *store.Tx, who grant.Subject, b id.Book, a Ask, s id.Signing) (bool, error) {
	rows, err := find(tx, `s.id = $1`, s)
	if err != nil || len(rows) == 0 {
		return false, err
	}
	if r := rows[0]; r.Book != b || r.Worker != a.Worker || r.MadeBy != who.Person {
		return false, errs.New("signed: make", errs.AlreadyKept, "")
	}
	return true, nil
}

// markOf tells two states of what an owner gives and gave to workers apart: whatever they give or take back, by whatever way, makes another.
func markOf(tx *store.Tx, b id.Book) ([]byte, error) {
	h := sha256.New()
	err := store.Each(tx, `SELECT g.id, g.since, g.taken_back FROM given AS g WHERE g.book = $1 AND g.hat = 'worker' AND g.whom = 'one' ORDER BY g.id`, []any{b}, func(scan func(...any) error) error {
		var it id.Item
		var since, back clock.Time
		err := scan(&it, &since, &back)
		h.Write(slices.Concat(it.Bytes(), number(since), number(back)))
		return err
	})
	return h.Sum(nil), err
}

// unchanged locks the book of a sheet, and returns Changed when its owner gave a worker something else, or took something back, since it was
// printed: what they did last counts, and not what was signed before.
func unchanged(tx *store.Tx, r row) error {
	if _, err := tx.Exec(`UPDATE book SET seq = seq WHERE id = $1`, r.Book); err != nil {
		return err
	}
	mark, err := markOf(tx, r.Book)
	if err == nil && !bytes.Equal(mark, r.mark) && !mutant.On("paper-other") {
		err = errs.New("signed: unchanged", errs.Changed, "paper.changed")
	}
	return err
}

// Mine returns to the owner of a book all sheets that were printed for them, the newest first. For everybody else there is nothing.
func (x *Papers) Mine(ctx context.Context, who grant.Subject, b id.Book) ([]Paper, error) {
	rows, err := x.rows(ctx, `s.book = $1 AND `+x.own.SQL, x.own.Args(who, x.Clock.Now(), b)...)
	var all []Paper
	for _, r := range rows {
		if err == nil {
			err = x.open(ctx, &r)
		}
		all = append(all, r.Paper)
	}
	return all, errs.Wrap("signed: mine", err)
}

// One returns a sheet of book b to its owner, or to the worker who printed it while they walk with its owner. It returns NotOpen to
// everybody else, and for what is not there.
func (x *Papers) One(ctx context.Context, who grant.Subject, b id.Book, s id.Signing) (Paper, error) {
	const op = "signed: one"
	where, clause := `s.book = $1 AND `+x.own.SQL, x.own
	if who.Hat == book.HatWorker {
		where, clause = `s.book = $1 AND s.made_by = s.recipient AND `+x.made.SQL, x.made
	}
	rows, err := x.rows(ctx, where, clause.Args(who, x.Clock.Now(), b)...)
	if err != nil {
		return Paper{}, errs.Wrap(op, err)
	}
	i := slices.IndexFunc(rows, func(r row) bool { return r.ID == s && (who.Hat != book.HatWorker || r.MadeBy == who.Person) })
	if i < 0 {
		return Paper{}, notOpen("one")
	}
	err = x.open(ctx, &rows[i])
	return rows[i].Paper, errs.Wrap(op, err)
}

func (x *Papers) rows(ctx context.Context, where string, args ...any) (rows []row, err error) {
	err = x.DB.View(ctx, func(tx *store.Tx) (err error) {
		rows, err = find(tx, where, args...)
		return err
	})
	return rows, err
}

// open reads what stands on a sheet. Of one whose grant was erased nothing does, and of one that gives to another now than when it was printed.
func (x *Papers) open(ctx context.Context, r *row) error {
	said, err := x.Keeper.OpenAside(ctx, r.Book, itemOf(r.ID), entryOf(r.ID), r.facts)
	if errs.Is(err, errs.NotOpen) {
		return nil
	}
	if err != nil {
		return err
	}
	var f facts
	if err := json.Unmarshal([]byte(said.Show()), &f); err != nil {
		return err
	}
	if f.Worker != r.Worker {
		return nil
	}
	r.Name, r.Sections, r.Until, r.Number, r.mark = book.NewText(f.Name), f.Sections, f.Until, f.Number, f.Mark
	return nil
}

// Throw is the owner throwing a sheet away before it is entered: its number names nothing any more. Thrown away twice it is once. It
// returns NotOpen to everybody else, and Changed when it was entered.
func (x *Papers) Throw(ctx context.Context, who grant.Subject, b id.Book, s id.Signing) error {
	const op = "signed: throw"
	return errs.Wrap(op, x.DB.Update(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(`UPDATE book SET seq = seq WHERE id = $1 AND erased_at = 0 AND `+x.owns.SQL, x.owns.Args(who, x.Clock.Now(), b)...)
		if err != nil {
			return err
		}
		rows, err := find(tx, `s.book = $1 AND s.id = $2`, b, s)
		switch {
		case err != nil:
			return err
		case n == 0 || len(rows) == 0:
			return notOpen("throw")
		case rows[0].EnteredAt != 0:
			return errs.New(op, errs.Changed, "errors.item_changed")
		case rows[0].OverAt != 0:
			return nil
		}
		return x.over(tx, rows[0])
	}))
}

// over ends a sheet that waits; one that was entered meanwhile stays as it is.
func (x *Papers) over(tx *store.Tx, r row) error {
	if _, err := tx.Exec(`UPDATE signing SET over_at = $1 WHERE id = $2 AND entered_at = 0`, x.Clock.Now(), r.ID); err != nil {
		return err
	}
	return x.record(tx, r.ID)
}

// EndAll ends, in tx, all sheets of somebody that wait to be entered: when a login is given back, who had got in may have printed some. Errors are
// those of the store.
func (x *Papers) EndAll(tx *store.Tx, owner id.Person) error {
	rows, err := find(tx, `s.book IN (SELECT b.id FROM book AS b WHERE b.owner = $1) AND s.entered_at = 0 AND s.over_at = 0`, owner)
	for _, r := range rows {
		if err == nil {
			err = x.over(tx, r)
		}
	}
	return errs.Wrap("signed: end all", err)
}

// Forget takes away, in tx, the sheets of what was erased for good. Errors are those of the store.
func (x *Papers) Forget(tx *store.Tx, gone keeper.Erased) error {
	these, args := `1 = 1`, []any{gone.Book}
	at := `(SELECT b.erased_at FROM book AS b WHERE b.id = s.book)`
	if !gone.Whole {
		these, args = store.In("s.id", args, gone.Items)
		at = `(SELECT MAX(t.erased_at) FROM tombstone AS t WHERE t.book = s.book AND t.item = s.id)`
	}
	err := x.Keeper.Queue().RemoveAll(tx, whichKind, `SELECT s.id, `+at+` FROM signing AS s WHERE s.book = $1 AND `+these+` ORDER BY s.id`, args...)
	if err == nil {
		_, err = tx.Exec(`DELETE FROM signing WHERE id IN (SELECT s.id FROM signing AS s WHERE s.book = $1 AND `+these+`)`, args...)
	}
	return errs.Wrap("signed: forget", err)
}

// Photo returns to the owner of a book the photograph of a sheet that was entered. It returns NotOpen to everybody else, for one that was not
// entered, and once the grant was erased.
func (x *Papers) Photo(ctx context.Context, who grant.Subject, b id.Book, s id.Signing) ([]byte, error) {
	const op = "signed: photo"
	by, err := x.Signed(ctx, who, b, s)
	if err == nil && by == nil {
		err = notOpen("photo")
	}
	if err != nil {
		return nil, errs.Wrap(op, err)
	}
	photo, err := x.Photos.Get(ctx, who, b, pictureOf(s), by.Photo)
	return photo, errs.Wrap(op, err)
}

// Signed returns to the owner of a book in front of whom a sheet was signed, and when, as the entry says: nil for one that was not entered.
// It returns NotOpen to everybody else.
func (x *Papers) Signed(ctx context.Context, who grant.Subject, b id.Book, s id.Signing) (*book.Signed, error) {
	all, err := x.Keeper.Versions(ctx, who, b, itemOf(s))
	if err != nil {
		return nil, errs.Wrap("signed: signed", err)
	}
	for _, e := range all {
		if g, ok := e.Body.(*book.Sharing); ok && e.ID == entryOf(s) && e.Via == book.ViaPaper {
			return g.Signed, nil
		}
	}
	return nil, nil
}

// Entering is somebody who works here entering what was signed in front of them.
type Entering struct {
	Number string // [NumberSigns] signs, as it stands on the sheet
	Name   book.Text
	Day    string // on the wall there, "2025-03-12"
	Photo  []byte // as it came in
}

func wrongNumber() error {
	var c errs.Check
	c.Add("number", "paper.wrong_number")
	return c.Err("signed: number")
}

// sameName reports whether two names are the same to somebody who types one of them off a sheet.
func sameName(a, b string) bool {
	plain := func(s string) string {
		return strings.Join(strings.Fields(strings.ToLower(strings.NewReplacer("’", "'", "‘", "'", "‐", "-", "‑", "-").Replace(s))), " ")
	}
	return plain(a) == plain(b)
}

// works returns NotOpen unless somebody works here now, in the hat they wear.
func (x *Papers) works(tx *store.Tx, who grant.Subject) error {
	if who.Hat != book.HatWorker && who.Hat != book.HatTeam {
		return notOpen("works")
	}
	var yes bool
	err := tx.Row(`SELECT COUNT(*) > 0 FROM membership AS m WHERE m.person = $1 AND m.hat = $2 AND m.until > $3`, who.Person, string(who.Hat), x.Clock.Now()).Scan(&yes)
	if err == nil && !yes {
		err = notOpen("works")
	}
	return err
}

// held finds the sheet that somebody who works here holds in their hands.
func (x *Papers) held(ctx context.Context, who grant.Subject, number string, name book.Text) (r row, owner id.Person, err error) {
	if err := x.DB.View(ctx, func(tx *store.Tx) error { return x.works(tx, who) }); err != nil {
		return r, owner, err
	}
	if err := x.Try(ctx, who.Person); err != nil {
		return r, owner, err
	}
	if len(number) != NumberSigns {
		return r, owner, wrongNumber()
	}
	err = x.DB.View(ctx, func(tx *store.Tx) error {
		rows, err := find(tx, `s.number = $1`, x.sumOf(number))
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			return wrongNumber()
		}
		r = rows[0]
		return tx.Row(`SELECT owner FROM book WHERE id = $1 AND erased_at = 0`, r.Book).Scan(&owner)
	})
	if store.IsNone(err) {
		err = wrongNumber()
	}
	if err == nil {
		err = x.open(ctx, &r)
	}
	if err == nil && (r.Number != number || !sameName(r.Name.Show(), name.Show()) && !mutant.On("paper-unnamed")) {
		err = wrongNumber()
	}
	return r, owner, err
}

// mayEnter returns Invalid with the field "number" when a sheet can be entered no more, or not by who.
func (x *Papers) mayEnter(r row, owner id.Person, who grant.Subject) error {
	var c errs.Check
	switch now := x.Clock.Now(); {
	case r.EnteredAt != 0 && !mutant.On("paper-used"):
		c.Add("number", "paper.used")
	case r.OverAt != 0:
		c.Add("number", "paper.over")
	case now >= r.EndsAt && !mutant.On("paper-over"):
		c.Add("number", "paper.over")
	case who.Person == r.Worker && !mutant.On("paper-own-witness"):
		c.Add("number", "paper.own_witness")
	case who.Person == owner:
		c.Add("number", "paper.own_book")
	}
	return c.Err("signed: may enter")
}

// Look returns to somebody who works here the sheet that they hold in their hands, so that they can compare it, and enter it, or that it
// was taken back. It returns NotOpen to everybody else, Invalid with the field "number" for what is no such sheet, or, before it was
// entered, can be entered no more or not by them; and TooOften.
func (x *Papers) Look(ctx context.Context, who grant.Subject, number string, name book.Text) (Paper, error) {
	const op = "signed: look"
	r, owner, err := x.held(ctx, who, number, name)
	if err == nil && r.EnteredAt == 0 {
		err = x.mayEnter(r, owner, who)
	}
	return r.Paper, errs.Wrap(op, err)
}

// Enter is somebody who works here saying that the sheet was signed in front of them: from then on it gives. Its owner is told. Entered
// twice by the same it is once. Errors are those of [Papers.Look], Invalid with the fields "day" and "photo", and those of
// [peer.Peers.ChooseSigned].
func (x *Papers) Enter(ctx context.Context, who grant.Subject, e Entering) error {
	const op = "signed: enter"
	r, owner, err := x.held(ctx, who, e.Number, e.Name)
	if err != nil {
		return errs.Wrap(op, err)
	}
	if x.twice(r, who) {
		return nil // a double tap
	}
	if err := x.mayEnter(r, owner, who); err != nil {
		return errs.Wrap(op, err)
	}
	if err := x.dayFits(r, e.Day); err != nil {
		return errs.Wrap(op, err)
	}
	photo, err := x.Clean.Clean(ctx, e.Photo)
	if err != nil {
		return errs.Wrap(op, err)
	}
	sealed, err := x.Photos.Seal(ctx, r.Book, itemOf(r.ID), pictureOf(r.ID), photo)
	if err != nil {
		return errs.Wrap(op, err)
	}
	by := &book.Signed{Witness: who.Person, Day: e.Day, Photo: sha256.Sum256(photo)}
	choice := peer.Choice{Entry: entryOf(r.ID), Worker: r.Worker, Sections: r.Sections, Until: r.Until}
	err = x.Peers.ChooseSigned(ctx, owner, r.Book, choice, by, func(tx *store.Tx) error { return unchanged(tx, r) }, func(tx *store.Tx) error {
		if err := x.still(tx, r, owner, who); err != nil {
			return err
		}
		n, err := tx.Exec(`UPDATE signing SET witness = $1, hat = $2, entered_at = $3 WHERE id = $4 AND entered_at = 0 AND over_at = 0`, who.Person, string(who.Hat), x.Clock.Now(), r.ID)
		if err == nil && n == 0 { // ended just now, as when a login is given back
			err = errs.New(op, errs.Changed, "paper.over")
		}
		if err != nil {
			return err
		}
		if err := x.record(tx, r.ID); err != nil {
			return err
		}
		if err := x.Photos.Put(tx, sealed); err != nil {
			return err
		}
		return x.Tell(tx, owner, false)
	})
	if err == nil {
		return nil
	}
	// A double tap races with itself: if it was entered, it was.
	if rows, again := x.rows(ctx, `s.id = $1`, r.ID); again == nil && len(rows) == 1 && x.twice(rows[0], who) {
		return nil
	}
	return errs.Wrap(op, err)
}

// twice reports whether somebody entered a sheet just before.
func (x *Papers) twice(r row, who grant.Subject) bool {
	return r.EnteredAt != 0 && r.Witness == who.Person && x.Clock.Now() < r.EnteredAt+clock.Hour && !mutant.On("paper-used")
}

// still asks again under the lock of the book whether a sheet can be entered.
func (x *Papers) still(tx *store.Tx, r row, owner id.Person, who grant.Subject) error {
	if err := x.works(tx, who); err != nil {
		return err
	}
	rows, err := find(tx, `s.id = $1`, r.ID)
	if err == nil && len(rows) == 0 {
		err = wrongNumber()
	}
	if err == nil {
		err = x.mayEnter(rows[0], owner, who)
	}
	if err == nil {
		err = peer.Works(tx, owner, r.Worker, x.Clock.Now())
		if errs.Is(err, errs.NotOpen) { // who left since is given nothing, also where what they were given before still stands
			err = errs.New("signed: still", errs.Changed, "errors.worker_not_taking")
		}
	}
	return err
}

// dayFits refuses a day before the sheet was printed, and one that is still to come, wherever on earth that is.
func (x *Papers) dayFits(r row, day string) error {
	t, err := time.Parse(time.DateOnly, day)
	at := clock.Of(t)
	if err == nil && at > r.MadeAt-2*clock.Day && at < x.Clock.Now()+clock.Day {
		return nil
	}
	var c errs.Check
	c.Add("day", "errors.choose_listed")
	return c.Err("signed: day")
}

// why says of a sheet that waits no more why there is nothing to take back; not that, when it was entered in this moment.
func (x *Papers) why(tx *store.Tx, r row) error {
	rows, err := find(tx, `s.id = $1 AND s.entered_at > 0`, r.ID)
	if err != nil {
		return err
	}
	words := "paper.nothing_stands"
	if len(rows) > 0 {
		words = "errors.item_changed"
	}
	return errs.New("signed: back", errs.Changed, words)
}

// Back is somebody who works here entering that the owner took back on paper what a sheet gave: at once, without a photograph, and by
// anybody, as it only ends something. One that was not entered yet can then be entered no more. The owner is told. It returns NotOpen to who
// does not work here, Invalid with the field "number" for what is no such sheet, Changed when nothing is given by it any more, or can be, and
// TooOften.
func (x *Papers) Back(ctx context.Context, who grant.Subject, number string, name book.Text) error {
	const op = "signed: back"
	r, owner, err := x.held(ctx, who, number, name)
	if err != nil {
		return errs.Wrap(op, err)
	}
	if r.EnteredAt == 0 {
		return errs.Wrap(op, x.DB.Update(ctx, func(tx *store.Tx) error {
			if err := x.works(tx, who); err != nil {
				return err
			}
			now := x.Clock.Now()
			n, err := tx.Exec(`UPDATE signing SET over_at = $1, back_by = $2, back_at = $1 WHERE id = $3 AND entered_at = 0 AND over_at = 0 AND ends_at > $1`, now, who.Person, r.ID)
			if err == nil && n == 0 {
				return x.why(tx, r)
			}
			if err == nil {
				err = x.record(tx, r.ID)
			}
			if err != nil {
				return err
			}
			return x.Tell(tx, owner, true)
		}))
	}
	return errs.Wrap(op, x.Peers.TakeBackSigned(ctx, owner, r.Book, itemOf(r.ID), keeper.Also(entryOf(r.ID), -1), func(tx *store.Tx) error {
		if err := x.works(tx, who); err != nil {
			return err
		}
		if _, err := tx.Exec(`UPDATE signing SET back_by = $1, back_at = $2 WHERE id = $3`, who.Person, x.Clock.Now(), r.ID); err != nil {
			return err
		}
		if err := x.record(tx, r.ID); err != nil {
			return err
		}
		return x.Tell(tx, owner, true)
	}))
}
