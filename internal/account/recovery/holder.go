package recovery

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

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

// Relation is what a holder is to the person who asked them.
type Relation string

// The relations there are. A partner may help only after [PartnerPause].
const (
	Friend   Relation = "friend"
	Relative Relation = "relative"
	Partner  Relation = "partner"
	Worker   Relation = "worker"
	Other    Relation = "other"
)

// Relations are all of them, in the order of the screen.
func Relations() []Relation { return []Relation{Friend, Relative, Worker, Partner, Other} }

// Naming is a person who asks somebody to become a holder.
type Naming struct {
	Entry id.Entry  // of the form: sent twice it is one holder
	Label book.Text // what the person calls them
	Are   Relation
}

// Holder is somebody a person asked, as the person sees it.
type Holder struct {
	ID       id.Holder
	Label    book.Text
	Are      Relation
	Until    clock.Time // of the one-time code, while it was not accepted
	ActiveAt clock.Time // from when they may help, 0 while they have not accepted
}

// Helping is somebody a holder may help, as the holder sees it: by their own note, never by the other's name.
type Helping struct {
	ID       id.Holder
	Note     book.Text
	ActiveAt clock.Time
}

// sealedLabel is what is sealed of a holder under the key tree of the person who asked.
type sealedLabel struct {
	Label string   `json:"label"`
	Are   Relation `json:"are"`
}

func itemOf(h id.Holder) id.Item   { it, _ := id.FromBytes[id.Item](h.Bytes()); return it }
func entryOf(h id.Holder) id.Entry { e, _ := id.FromBytes[id.Entry](h.Bytes()); return e }

func (n Naming) check() error {
	var c errs.Check
	handover.CheckName(&c, "label", n.Label)
	if !slices.Contains(Relations(), n.Are) {
		c.Add("are", "errors.choose_listed")
	}
	return c.Err("recovery: name holder")
}

// NameHolder asks somebody to become a holder, and returns the one-time code that the person hands over themselves. It
// returns Invalid with the fields "label" and "are", or "label" when there are as many as there may be; NotOpen in another
// hat than their own or when they showed too long ago who they are.
func (r *Recovery) NameHolder(ctx context.Context, s account.Session, n Naming) (token string, err error) {
	const op = "recovery: name holder"
	if s.Hat != book.HatSelf || !s.Fresh(r.Clock.Now(), account.FreshToSend) {
		return "", notOpen("name holder")
	}
	if err := n.check(); err != nil {
		return "", err
	}
	token = r.secretFor("holder", s.Person.Bytes(), n.Entry.Bytes())
	h := handover.ID[id.Holder](n.Entry, r.blind("recovery holder id", s.Person.Bytes(), n.Entry.Bytes()))
	plain, err := json.Marshal(sealedLabel{Label: n.Label.Show(), Are: n.Are})
	if err != nil {
		return "", errs.Wrap(op, err)
	}
	sealed, err := r.Vault.Seal(ctx, s.Book, itemOf(h), entryOf(h), plain)
	if err != nil {
		return "", errs.Wrap(op, err)
	}
	err = r.DB.Update(ctx, func(tx *store.Tx) error { return r.putHolder(tx, s, h, n.Are, token, sealed) })
	return handover.Spaced(token), errs.Wrap(op, err)
}

func (r *Recovery) putHolder(tx *store.Tx, s account.Session, h id.Holder, are Relation, token string, sealed vault.Sealed) error {
	now := r.Clock.Now()
	// The account's row is the lock under which holders are counted.
	if _, err := tx.Exec(`UPDATE account SET made_at = made_at WHERE person = $1`, s.Person); err != nil {
		return err
	}
	var open, same int
	err := tx.Row(`SELECT COUNT(*), COUNT(CASE WHEN id = $3 THEN 1 END) FROM holder WHERE person = $1 AND (holder IS NOT NULL OR token_until > $2)`,
		s.Person, now, h).Scan(&open, &same)
	if err != nil || same > 0 {
		return err
	}
	if open >= MostHolders {
		var c errs.Check
		c.AddArgs("label", "recovery.holders_enough", map[string]any{"Most": MostHolders})
		return c.Err("recovery: put holder")
	}
	pause := clock.Time(0)
	if are == Partner && !mutant.On("partner-pause") {
		pause = PartnerPause
	}
	_, err = tx.Exec(`INSERT INTO holder (id, person, holder, token_hash, label, note, pause, made_at, token_until, active_at)
		VALUES ($1, $2, NULL, $3, $4, NULL, $5, $6, $7, 0) ON CONFLICT (id) DO NOTHING`,
		h, s.Person, r.tokenHash(token), []byte(sealed), pause, now, now+CodeLasts)
	if err != nil {
		return err
	}
	return r.Accounts.Happens(tx, s.Person, account.HappenedHolder, id.Device{})
}

// offer is a one-time code that stands.
type offer struct {
	holder      id.Holder
	person      id.Person
	pause, made clock.Time
}

const offerSQL = `SELECT h.id, h.person, h.pause, h.made_at FROM holder AS h WHERE h.token_hash = $1 AND h.token_until > $2 AND h.holder IS NULL`

func (r *Recovery) offered(tx *store.Tx, token string, now clock.Time) (o offer, err error) {
	err = tx.Row(offerSQL, r.tokenHash(handover.Read(token)), now).Scan(&o.holder, &o.person, &o.pause, &o.made)
	if store.IsNone(err) {
		err = notOpen("offer")
	}
	return o, err
}

// Offered returns nil for a one-time code that can be accepted, else NotOpen.
func (r *Recovery) Offered(ctx context.Context, token string) error {
	return errs.Wrap("recovery: offered", r.DB.Glance(ctx, func(tx *store.Tx) error {
		_, err := r.offered(tx, token, r.Clock.Now())
		return err
	}))
}

// Accept makes somebody a holder: note is what they themselves call the person, and is all they are shown. Of several who
// try at once one succeeds. It returns Invalid with the field "note", TooOften, and NotOpen for a code that is used, over,
// their own, or of somebody they help already.
func (r *Recovery) Accept(ctx context.Context, s account.Session, token string, note book.Text) error {
	const op = "recovery: accept"
	if s.Hat != book.HatSelf {
		return notOpen("accept")
	}
	if err := r.Accounts.Limits.Take(ctx, triesToken, s.Person.Bytes()); err != nil {
		return errs.Wrap(op, err)
	}
	var c errs.Check
	if handover.CheckName(&c, "note", note); c.Err(op) != nil {
		return c.Err(op)
	}
	var o offer
	err := r.DB.Glance(ctx, func(tx *store.Tx) (err error) {
		o, err = r.offered(tx, token, r.Clock.Now())
		return err
	})
	if err != nil {
		return errs.Wrap(op, err)
	}
	sealed, err := r.Vault.Seal(ctx, s.Book, itemOf(o.holder), entryOf(o.holder), []byte(note.Show()))
	if err != nil {
		return errs.Wrap(op, err)
	}
	err = r.DB.Update(ctx, func(tx *store.Tx) error { return r.accept(tx, s, o, token, sealed) })
	if errors.Is(err, store.ErrTaken) { // they accepted another code of the same person at the same time
		err = notOpen("accept")
	}
	return errs.Wrap(op, err)
}

func (r *Recovery) accept(tx *store.Tx, s account.Session, o offer, token string, sealed vault.Sealed) error {
	now := r.Clock.Now()
	done, err := tx.Exec(`UPDATE holder SET holder = $1, token_hash = NULL, note = $2, active_at = $3
		WHERE id = $4 AND token_hash = $5 AND token_until > $6 AND person <> $1
		AND NOT EXISTS (SELECT 1 FROM holder AS o WHERE o.person = $7 AND o.holder = $1)`,
		s.Person, []byte(sealed), max(now, o.made)+o.pause, o.holder, r.tokenHash(handover.Read(token)), now, o.person)
	if err != nil {
		return err
	}
	if done == 0 {
		return notOpen("accept")
	}
	return r.Accounts.Happens(tx, o.person, account.HappenedHolder, id.Device{})
}

// EndHolder takes back what somebody may, with effect at once: they themselves may, and the person who asked them when
// they showed lately who they are, so that whoever holds a phone that was left open cannot take its owner's helpers away.
// It returns NotOpen for what is neither's, and for who showed it too long ago.
func (r *Recovery) EndHolder(ctx context.Context, s account.Session, h id.Holder) error {
	const op = "recovery: end holder"
	if s.Hat != book.HatSelf {
		return notOpen("end holder")
	}
	fresh := 0
	if s.Fresh(r.Clock.Now(), account.FreshToSend) || mutant.On("helpers-taken") {
		fresh = 1
	}
	return errs.Wrap(op, r.DB.Update(ctx, func(tx *store.Tx) error {
		var person id.Person
		err := tx.Row(`DELETE FROM holder WHERE id = $1 AND (person = $2 AND $3 = 1 OR holder = $2) RETURNING person`, h, s.Person, fresh).Scan(&person)
		if store.IsNone(err) {
			return notOpen("end holder")
		}
		if err != nil {
			return err
		}
		return r.Accounts.Happens(tx, person, account.HappenedHolderGone, id.Device{})
	}))
}

// Holders returns whom a person asked to help them, in the order they were asked. NotOpen in another hat than their own.
func (r *Recovery) Holders(ctx context.Context, s account.Session) ([]Holder, error) {
	const op = "recovery: holders"
	if s.Hat != book.HatSelf {
		return nil, notOpen("holders")
	}
	var list []Holder
	var sealed []vault.Sealed
	err := r.DB.Glance(ctx, func(tx *store.Tx) error {
		return store.Each(tx, `SELECT id, label, token_until, active_at FROM holder WHERE person = $1 AND (holder IS NOT NULL OR token_until > $2) ORDER BY made_at, id`,
			[]any{s.Person, r.Clock.Now()}, func(scan func(...any) error) error {
				var h Holder
				var label []byte
				err := scan(&h.ID, &label, &h.Until, &h.ActiveAt)
				list, sealed = append(list, h), append(sealed, label)
				return err
			})
	})
	if err != nil {
		return nil, errs.Wrap(op, err)
	}
	for i := range list {
		plain, err := r.Vault.Unseal(ctx, s.Book, itemOf(list[i].ID), entryOf(list[i].ID), sealed[i])
		if err != nil {
			return nil, errs.Wrap(op, err)
		}
		var l sealedLabel
		if err := json.Unmarshal(plain, &l); err != nil {
			return nil, errs.Wrap(op, err)
		}
		list[i].Label, list[i].Are = book.NewText(l.Label), l.Are
	}
	return list, nil
}

// Helps returns whom somebody may help, in the order they accepted. NotOpen in another hat than their own.
func (r *Recovery) Helps(ctx context.Context, s account.Session) ([]Helping, error) {
	const op = "recovery: helps"
	if s.Hat != book.HatSelf {
		return nil, notOpen("helps")
	}
	var list []Helping
	var sealed []vault.Sealed
	err := r.DB.Glance(ctx, func(tx *store.Tx) error {
		return store.Each(tx, `SELECT id, note, active_at FROM holder WHERE holder = $1 ORDER BY active_at, id`, []any{s.Person}, func(scan func(...any) error) error {
			var h Helping
			var note []byte
			err := scan(&h.ID, &note, &h.ActiveAt)
			list, sealed = append(list, h), append(sealed, note)
			return err
		})
	})
	if err != nil {
		return nil, errs.Wrap(op, err)
	}
	for i := range list {
		if list[i].Note, err = r.note(ctx, s, list[i].ID, sealed[i]); err != nil {
			return nil, errs.Wrap(op, err)
		}
	}
	return list, nil
}

// note opens what a holder calls the person they may help.
func (r *Recovery) note(ctx context.Context, s account.Session, h id.Holder, sealed vault.Sealed) (book.Text, error) {
	plain, err := r.Vault.Unseal(ctx, s.Book, itemOf(h), entryOf(h), sealed)
	return book.NewText(string(plain)), err
}
