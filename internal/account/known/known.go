package known

import (
	"context"
	"crypto/hmac"
	"slices"

	"beside/internal/account"
	"beside/internal/account/handover"
	"beside/internal/account/limit"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/mutant"
	"beside/internal/store"
	"beside/internal/vault"
)

// What an organisation may come to set otherwise.
const (
	Most      = 40            // people whom somebody asked, while their code is open or once they accepted
	CodeLasts = 7 * clock.Day // of the one-time code
)

var triesCode = limit.Limit{Name: "known code", AtOnce: 10, Every: 6 * clock.Minute}

// Config is what [New] needs.
type Config struct {
	DB       *store.DB
	Vault    *vault.Vault
	Accounts *account.Accounts
	Clock    clock.Clock
}

// People are those who know each other here. It is safe for concurrent use.
type People struct{ Config }

// New returns the People of an installation.
func New(c Config) *People { return &People{c} }

// Relation is what somebody is to the person who asks them.
type Relation string

// The relations there are.
const (
	Friend   Relation = "friend"
	Relative Relation = "relative"
	Carer    Relation = "carer" // a doctor, a nurse, somebody who looks after them
	Partner  Relation = "partner"
	Other    Relation = "other"
)

// Relations are all of them, in the order of the screen.
func Relations() []Relation { return []Relation{Relative, Friend, Carer, Partner, Other} }

// Naming is a person who asks somebody.
type Naming struct {
	Entry id.Entry  // of the form: sent twice it is one
	Label book.Text // what the person calls them
	Are   Relation
}

func (n Naming) check() error {
	var c errs.Check
	handover.CheckName(&c, "label", n.Label)
	if !slices.Contains(Relations(), n.Are) {
		c.Add("are", "errors.choose_listed")
	}
	return c.Err("known: naming")
}

// Answer is what somebody who accepts writes.
type Answer struct {
	Note book.Text // what they call the person, for themselves alone
	Self book.Text // what they call themselves, for the person who asked
}

func (a Answer) check() error {
	var c errs.Check
	handover.CheckName(&c, "note", a.Note)
	handover.CheckName(&c, "self", a.Self)
	return c.Err("known: answer")
}

// Known is somebody whom a person asked, as that person sees it.
type Known struct {
	ID          id.Known
	Label       book.Text
	Are         Relation
	Until       clock.Time // of the one-time code, while it was not accepted
	AcceptedAt  clock.Time // 0 while they have not
	ConfirmedAt clock.Time // 0 while the person has not said that it is them; before, nothing may be given to them
	Person      id.Person  // who accepted, none while nobody has. It is never shown.
	Self        book.Text  // what they call themselves, blank while nobody has accepted
}

// Knower is somebody who asked, as who accepted sees it: by their own note, never by a name of the other's. Whether they were
// confirmed is not told.
type Knower struct {
	ID         id.Known
	Note       book.Text
	AcceptedAt clock.Time
	Person     id.Person // who asked. It is never shown.
}

func itemOf(k id.Known) id.Item   { it, _ := id.FromBytes[id.Item](k.Bytes()); return it }
func entryOf(k id.Known) id.Entry { e, _ := id.FromBytes[id.Entry](k.Bytes()); return e }

// boundTo is the place at which what somebody calls themselves is sealed: it opens for them alone.
func boundTo(who id.Person) id.Entry { e, _ := id.FromBytes[id.Entry](who.Bytes()); return e }

func (p *People) tokenHash(token string) []byte {
	return p.Vault.Blind("known token", handover.Read(token))
}

// markOf is a keyed hash of who confirmed whom.
func (p *People) markOf(k id.Known, asker, other id.Person) []byte {
	return handover.Blind(p.Vault, "known confirmed", k.Bytes(), asker.Bytes(), other.Bytes())
}

func (p *People) marked(k id.Known, asker, other id.Person, mark []byte) bool {
	return hmac.Equal(mark, p.markOf(k, asker, other)) || mutant.On("known-row")
}

func notOpen(op string) error { return errs.New("known: "+op, errs.NotOpen, "") }

// Confirmed reports whether asker said that other, who accepted, is who they meant: only then may anything be given to them.
// It reads within tx and holds nothing. Errors are those of the store.
func (p *People) Confirmed(tx *store.Tx, asker, other id.Person) (bool, error) {
	var k id.Known
	var at clock.Time
	var mark []byte
	err := tx.Row(`SELECT id, confirmed_at, mark FROM known WHERE person = $1 AND other = $2`, asker, other).Scan(&k, &at, &mark)
	if store.IsNone(err) {
		return false, nil
	}
	if mutant.On("known-unconfirmed") {
		return err == nil, err
	}
	return err == nil && at != 0 && p.marked(k, asker, other, mark), errs.Wrap("known: confirmed", err)
}

// End ends it with effect at once, for either of the two: an open code, an acceptance that was somebody else's, or what was
// confirmed. It returns NotOpen for what is neither's.
func (p *People) End(ctx context.Context, s account.Session, k id.Known) error {
	if s.Hat != book.HatSelf {
		return notOpen("end")
	}
	return errs.Wrap("known: end", p.DB.Update(ctx, func(tx *store.Tx) error {
		var asker id.Person
		err := tx.Row(`DELETE FROM known WHERE id = $1 AND (person = $2 OR other = $2) RETURNING person`, k, s.Person).Scan(&asker)
		if store.IsNone(err) {
			return notOpen("end")
		}
		if err != nil {
			return err
		}
		return p.Accounts.Happens(tx, asker, account.HappenedKnownGone, id.Device{})
	}))
}

// Doubt is what follows, in tx, when a login is given back: whoever had it may have asked and confirmed others. Open codes end,
// and everybody must be confirmed anew. Errors are those of the store.
func (p *People) Doubt(tx *store.Tx, who id.Person) error {
	if mutant.On("known-kept") {
		return nil
	}
	for _, q := range []string{
		`DELETE FROM known WHERE person = $1 AND other IS NULL`,
		`UPDATE known SET confirmed_at = 0, mark = NULL WHERE person = $1`,
	} {
		if _, err := tx.Exec(q, who); err != nil {
			return errs.Wrap("known: doubt", err)
		}
	}
	return nil
}

// Sweep deletes the codes that nobody accepted in time. Errors are those of the store.
func (p *People) Sweep(ctx context.Context) error {
	return errs.Wrap("known: sweep", p.DB.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`DELETE FROM known WHERE other IS NULL AND token_until <= $1`, p.Clock.Now())
		return err
	}))
}
