package known

import (
	"context"
	"encoding/json"
	"errors"

	"beside/internal/account"
	"beside/internal/account/handover"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/mutant"
	"beside/internal/store"
	"beside/internal/vault"
)

// sealedLabel is what is sealed under the key tree of the person who asked.
type sealedLabel struct {
	Label string   `json:"label"`
	Are   Relation `json:"are"`
}

// Ask asks somebody, and returns the one-time code that the person hands over themselves. It returns Invalid with the fields
// "label" and "are", or "label" when there are as many as there may be; NotOpen in another hat than their own or when they
// showed too long ago who they are.
func (p *People) Ask(ctx context.Context, s account.Session, n Naming) (code string, err error) {
	const op = "known: ask"
	if s.Hat != book.HatSelf || !s.Fresh(p.Clock.Now(), account.FreshToSend) {
		return "", notOpen("ask")
	}
	if err := n.check(); err != nil {
		return "", err
	}
	form := [][]byte{s.Person.Bytes(), n.Entry.Bytes()}
	code = handover.Secret(p.Vault, "known code", form...)
	k := handover.ID[id.Known](n.Entry, handover.Blind(p.Vault, "known id", form...))
	plain, err := json.Marshal(sealedLabel{Label: n.Label.Show(), Are: n.Are})
	if err != nil {
		return "", errs.Wrap(op, err)
	}
	sealed, err := p.Vault.Seal(ctx, s.Book, itemOf(k), entryOf(k), plain)
	if err != nil {
		return "", errs.Wrap(op, err)
	}
	err = p.DB.Update(ctx, func(tx *store.Tx) error { return p.put(tx, s, k, code, sealed) })
	return handover.Spaced(code), errs.Wrap(op, err)
}

func (p *People) put(tx *store.Tx, s account.Session, k id.Known, code string, sealed vault.Sealed) error {
	now := p.Clock.Now()
	// The account's row is the lock under which they are counted.
	if _, err := tx.Exec(`UPDATE account SET made_at = made_at WHERE person = $1`, s.Person); err != nil {
		return err
	}
	var all, same int
	err := tx.Row(`SELECT COUNT(*), COUNT(CASE WHEN id = $3 THEN 1 END) FROM known WHERE person = $1 AND (other IS NOT NULL OR token_until > $2)`,
		s.Person, now, k).Scan(&all, &same)
	if err != nil || same > 0 {
		return err
	}
	if all >= Most {
		var c errs.Check
		c.AddArgs("label", "near.enough", map[string]any{"Most": Most})
		return c.Err("known: put")
	}
	done, err := tx.Exec(`INSERT INTO known (id, person, other, token_hash, label, note, self, mark, made_at, token_until, accepted_at, confirmed_at)
		VALUES ($1, $2, NULL, $3, $4, NULL, NULL, NULL, $5, $6, 0, 0) ON CONFLICT (id) DO NOTHING`,
		k, s.Person, p.tokenHash(code), []byte(sealed), now, now+CodeLasts)
	if err != nil || done == 0 {
		return err
	}
	return p.Accounts.Happens(tx, s.Person, account.HappenedKnown, id.Device{})
}

// offer is a one-time code that somebody brings.
type offer struct {
	known id.Known
	asker id.Person
	book  id.Book // of who asked
	other id.Person
	until clock.Time
}

func (o offer) open(now clock.Time) bool { return o.other.IsZero() && o.until > now }

func (p *People) offered(tx *store.Tx, code string) (o offer, err error) {
	err = tx.Row(`SELECT k.id, k.person, a.book, k.other, k.token_until FROM known AS k JOIN account AS a ON a.person = k.person WHERE k.token_hash = $1`,
		p.tokenHash(code)).Scan(&o.known, &o.asker, &o.book, &o.other, &o.until)
	if store.IsNone(err) {
		err = notOpen("offer")
	}
	return o, err
}

// Offered returns nil for a one-time code that can be accepted, else NotOpen.
func (p *People) Offered(ctx context.Context, code string) error {
	return errs.Wrap("known: offered", p.DB.Glance(ctx, func(tx *store.Tx) error {
		o, err := p.offered(tx, code)
		if err == nil && !o.open(p.Clock.Now()) {
			err = notOpen("offered")
		}
		return err
	}))
}

// Accept is somebody's yes to a code that was handed to them. Of several who try at once one succeeds; sent twice it is one.
// It returns Invalid with the fields "note" and "self", TooOften, and NotOpen for a code that is used, over, their own, or of
// somebody who knows them already.
func (p *People) Accept(ctx context.Context, s account.Session, code string, a Answer) error {
	const op = "known: accept"
	if s.Hat != book.HatSelf {
		return notOpen("accept")
	}
	if err := p.Accounts.Limits.Take(ctx, triesCode, s.Person.Bytes()); err != nil {
		return errs.Wrap(op, err)
	}
	if err := a.check(); err != nil {
		return err
	}
	var o offer
	err := p.DB.Glance(ctx, func(tx *store.Tx) (err error) {
		o, err = p.offered(tx, code)
		return err
	})
	if err != nil {
		return errs.Wrap(op, err)
	}
	if o.other == s.Person {
		return nil
	}
	note, err := p.Vault.Seal(ctx, s.Book, itemOf(o.known), entryOf(o.known), []byte(a.Note.Show()))
	if err != nil {
		return errs.Wrap(op, err)
	}
	self, err := p.Vault.Seal(ctx, o.book, itemOf(o.known), boundTo(s.Person), []byte(a.Self.Show()))
	if err != nil {
		return errs.Wrap(op, err)
	}
	err = p.DB.Update(ctx, func(tx *store.Tx) error { return p.accept(tx, s, o, note, self) })
	if errors.Is(err, store.ErrTaken) { // they accepted another code of the same person at the same time
		err = notOpen("accept")
	}
	return errs.Wrap(op, err)
}

func (p *People) accept(tx *store.Tx, s account.Session, o offer, note, self vault.Sealed) error {
	now := p.Clock.Now()
	done, err := tx.Exec(`UPDATE known SET other = $1, note = $2, self = $3, accepted_at = $4
		WHERE id = $5 AND other IS NULL AND token_until > $4 AND person <> $1
		AND NOT EXISTS (SELECT 1 FROM known AS o WHERE o.person = $6 AND o.other = $1)`,
		s.Person, []byte(note), []byte(self), now, o.known, o.asker)
	if err != nil {
		return err
	}
	if done == 1 {
		return p.Accounts.Happens(tx, o.asker, account.HappenedKnown, id.Device{})
	}
	var mine int // the same answer, sent twice at once
	err = tx.Row(`SELECT COUNT(*) FROM known WHERE id = $1 AND other = $2`, o.known, s.Person).Scan(&mine)
	if err == nil && mine == 0 {
		err = notOpen("accept")
	}
	return err
}

// accepted is what stands before a person who confirms.
type accepted struct {
	asker, other id.Person
	book         id.Book // of who asked
	self         vault.Sealed
}

const acceptedSQL = `SELECT k.person, k.other, a.book, k.self FROM known AS k JOIN account AS a ON a.person = k.person
	WHERE k.id = $1 AND k.other IS NOT NULL AND (k.person = $2 OR $3 = 1 AND k.other = $2)`

// Confirm is the person's own word, after somebody accepted, that this is who they meant. Twice is once. It returns NotOpen
// to anybody else and while nobody has accepted, in another hat than their own, and when they showed too long ago who they
// are.
func (p *People) Confirm(ctx context.Context, s account.Session, k id.Known) error {
	const op = "known: confirm"
	if s.Hat != book.HatSelf || !s.Fresh(p.Clock.Now(), account.FreshToSend) {
		return notOpen("confirm")
	}
	either := 0
	if mutant.On("known-by-other") {
		either = 1
	}
	var a accepted
	err := p.DB.Glance(ctx, func(tx *store.Tx) error {
		var self []byte
		err := tx.Row(acceptedSQL, k, s.Person, either).Scan(&a.asker, &a.other, &a.book, &self)
		if store.IsNone(err) {
			err = notOpen("confirm")
		}
		a.self = self
		return err
	})
	if err != nil {
		return errs.Wrap(op, err)
	}
	// What they call themselves opens only if it was written by who stands in the row.
	if _, err := p.Vault.Unseal(ctx, a.book, itemOf(k), boundTo(a.other), a.self); err != nil {
		return errs.Wrap(op, err)
	}
	return errs.Wrap(op, p.DB.Update(ctx, func(tx *store.Tx) error { return p.confirm(tx, k, a) }))
}

func (p *People) confirm(tx *store.Tx, k id.Known, a accepted) error {
	mark := p.markOf(k, a.asker, a.other)
	done, err := tx.Exec(`UPDATE known SET confirmed_at = $1, mark = $2 WHERE id = $3 AND person = $4 AND other = $5 AND confirmed_at = 0`,
		p.Clock.Now(), mark, k, a.asker, a.other)
	if err != nil {
		return err
	}
	if done == 1 {
		return p.Accounts.Happens(tx, a.asker, account.HappenedKnown, id.Device{})
	}
	already, err := p.Confirmed(tx, a.asker, a.other)
	if err == nil && !already {
		err = notOpen("confirm")
	}
	return err
}
