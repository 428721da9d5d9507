package known

import (
	"context"
	"encoding/json"

	"beside/internal/account"
	"beside/internal/book"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/store"
	"beside/internal/vault"
)

// sealedRow is a row before it is opened.
type sealedRow struct {
	Known
	label, self vault.Sealed
}

const mineColumns = `id, other, label, self, mark, token_until, accepted_at, confirmed_at`

// read reads the columns of mineColumns. Who was not confirmed by the person themselves is not.
func (p *People) read(scan func(...any) error, asker id.Person) (sealedRow, error) {
	var r sealedRow
	var label, self, mark []byte
	err := scan(&r.ID, &r.Person, &label, &self, &mark, &r.Until, &r.AcceptedAt, &r.ConfirmedAt)
	r.label, r.self = label, self
	if r.ConfirmedAt != 0 && !p.marked(r.ID, asker, r.Person, mark) {
		r.ConfirmedAt = 0
	}
	return r, err
}

// open opens the words of a row.
func (p *People) open(ctx context.Context, b id.Book, r sealedRow) (Known, error) {
	plain, err := p.Vault.Unseal(ctx, b, itemOf(r.ID), entryOf(r.ID), r.label)
	if err != nil {
		return Known{}, err
	}
	var l sealedLabel
	if err := json.Unmarshal(plain, &l); err != nil {
		return Known{}, err
	}
	r.Label, r.Are = book.NewText(l.Label), l.Are
	if r.Person.IsZero() {
		return r.Known, nil
	}
	self, err := p.Vault.Unseal(ctx, b, itemOf(r.ID), boundTo(r.Person), r.self)
	r.Self = book.NewText(string(self))
	return r.Known, err
}

// Mine returns whom a person asked, in that order: those whose code is open, who accepted, and whom they confirmed. It returns
// NotOpen in another hat than their own.
func (p *People) Mine(ctx context.Context, s account.Session) ([]Known, error) {
	const op = "known: mine"
	if s.Hat != book.HatSelf {
		return nil, notOpen("mine")
	}
	var rows []sealedRow
	err := p.DB.Glance(ctx, func(tx *store.Tx) error {
		return store.Each(tx, `SELECT `+mineColumns+` FROM known WHERE person = $1 AND (other IS NOT NULL OR token_until > $2) ORDER BY made_at, id`,
			[]any{s.Person, p.Clock.Now()}, func(scan func(...any) error) error {
				r, err := p.read(scan, s.Person)
				rows = append(rows, r)
				return err
			})
	})
	if err != nil {
		return nil, errs.Wrap(op, err)
	}
	list := make([]Known, len(rows))
	for i, r := range rows {
		if list[i], err = p.open(ctx, s.Book, r); err != nil {
			return nil, errs.Wrap(op, err)
		}
	}
	return list, nil
}

// One returns somebody whom a person asked and who accepted, so that they can be confirmed. It returns NotOpen for what is not
// theirs, while nobody accepted, and in another hat than their own.
func (p *People) One(ctx context.Context, s account.Session, k id.Known) (Known, error) {
	const op = "known: one"
	if s.Hat != book.HatSelf {
		return Known{}, notOpen("one")
	}
	var r sealedRow
	err := p.DB.Glance(ctx, func(tx *store.Tx) (err error) {
		r, err = p.read(tx.Row(`SELECT `+mineColumns+` FROM known WHERE id = $1 AND person = $2 AND other IS NOT NULL`, k, s.Person).Scan, s.Person)
		if store.IsNone(err) {
			err = notOpen("one")
		}
		return err
	})
	if err != nil {
		return Known{}, errs.Wrap(op, err)
	}
	out, err := p.open(ctx, s.Book, r)
	return out, errs.Wrap(op, err)
}

// Knows returns who asked somebody and was told yes, in the order of those answers. It returns NotOpen in another hat than
// their own.
func (p *People) Knows(ctx context.Context, s account.Session) ([]Knower, error) {
	const op = "known: knows"
	if s.Hat != book.HatSelf {
		return nil, notOpen("knows")
	}
	var list []Knower
	var sealed []vault.Sealed
	err := p.DB.Glance(ctx, func(tx *store.Tx) error {
		return store.Each(tx, `SELECT id, person, note, accepted_at FROM known WHERE other = $1 ORDER BY accepted_at, id`, []any{s.Person}, func(scan func(...any) error) error {
			var k Knower
			var note []byte
			err := scan(&k.ID, &k.Person, &note, &k.AcceptedAt)
			list, sealed = append(list, k), append(sealed, note)
			return err
		})
	})
	if err != nil {
		return nil, errs.Wrap(op, err)
	}
	for i := range list {
		plain, err := p.Vault.Unseal(ctx, s.Book, itemOf(list[i].ID), entryOf(list[i].ID), sealed[i])
		if err != nil {
			return nil, errs.Wrap(op, err)
		}
		list[i].Note = book.NewText(string(plain))
	}
	return list, nil
}
