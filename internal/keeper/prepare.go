package keeper

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"beside/internal/book"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/mutant"
	"beside/internal/store"
	"beside/internal/vault"
)

// Prepared is a number of acts, checked and sealed, ready for [Keeper.Apply].
type Prepared struct {
	who     grant.Subject
	entries []sealedEntry
}

// Prepare checks and seals drafts outside any transaction, because sealing takes time and the transaction is a lock.
// It returns Invalid with all fields of a draft that cannot be kept, or NotOpen.
func (k *Keeper) Prepare(ctx context.Context, who grant.Subject, b id.Book, drafts ...Draft) (Prepared, error) {
	p := Prepared{who: who}
	for _, d := range drafts {
		if d.Act == book.ActTomorrow && d.Kind == "" {
			if err := k.whatRests(ctx, who, b, &d); err != nil {
				return p, err
			}
		}
		e := book.Entry{ID: d.ID, Book: b, Section: book.SectionOf(d.Kind), Kind: d.Kind, Version: book.CurrentVersion, Item: d.Item,
			Act: d.Act, Author: who.Person, Hat: who.Hat, Via: d.Via, Base: d.Base, Answers: d.Answers, HappenedAt: d.HappenedAt, Body: d.Body}
		if e.ID.IsZero() || e.Section == "" {
			return p, errs.New("keeper: prepare", errs.Invalid, "")
		}
		if e.Item.IsZero() {
			e.Item = NewItem(d.ID)
		}
		if d.Act == book.ActTomorrow {
			if err := k.mayRest(ctx, who, e); err != nil {
				return p, err
			}
		}
		if d.Act == book.ActSuggest {
			if err := k.maySuggest(ctx, who, e); err != nil {
				return p, err
			}
		}
		if d.Act == book.ActWriteFor {
			if err := k.onlyWords(ctx, who, &e); err != nil {
				return p, err
			}
		}
		if d.Act == book.ActAccept {
			if err := k.takeWords(ctx, who, &e); errs.Is(err, errs.NotOpen) && k.goneFor(ctx, who, e) {
				return p, errs.New("keeper: prepare", errs.Changed, "errors.erased")
			} else if err != nil {
				return p, err
			}
		}
		if e.Body != nil {
			if err := book.CheckBody(e.Body); err != nil {
				return p, errs.Wrap("keeper: prepare", err)
			}
		}
		s, err := k.seal(ctx, e)
		if errors.Is(err, vault.ErrErased) && k.goneFor(ctx, who, e) {
			return p, errs.New("keeper: prepare", errs.Changed, "errors.erased")
		} else if err != nil {
			return p, err
		}
		p.entries = append(p.entries, s)
	}
	return p, nil
}

// goneFor reports whether what e is about was erased for good, to the book's owner alone.
func (k *Keeper) goneFor(ctx context.Context, who grant.Subject, e book.Entry) (gone bool) {
	q := rule(`SELECT COUNT(*) > 0 FROM tombstone AS s WHERE s.book = $1 AND s.item = $2 AND `, grant.Own, grant.Columns{Book: "$1"}, 3, ``)
	err := k.db.Glance(ctx, func(tx *store.Tx) error {
		return tx.Row(q.text, q.args(who, k.clock.Now(), e.Book, e.Item)...).Scan(&gone)
	})
	return gone && err == nil
}

// maySuggest asks before anything is sealed, so that a book that was not given costs the same as one that is not there. It
// is asked again under the lock.
func (k *Keeper) maySuggest(ctx context.Context, who grant.Subject, e book.Entry) error {
	return k.db.Glance(ctx, func(tx *store.Tx) error {
		return k.still(tx, who, &sealedEntry{Entry: book.Entry{Book: e.Book, RecordedAt: k.clock.Now()}}, e.Section)
	})
}

// whatRests finds of a suggestion that shall rest what it is about. It opens no word of it. It returns NotOpen to everybody but the
// owner and its author, while that can read it.
func (k *Keeper) whatRests(ctx context.Context, who grant.Subject, b id.Book, d *Draft) error {
	return notGiven(k.db.Glance(ctx, func(tx *store.Tx) error {
		return tx.Row(k.by(who).whatRests.text, k.by(who).whatRests.args(who, k.clock.Now(), b, d.Answers)...).Scan(&d.Kind, &d.Item)
	}))
}

// mayRest asks before anything is sealed whether who may let a suggestion rest: the owner, or who may suggest where it stands.
func (k *Keeper) mayRest(ctx context.Context, who grant.Subject, e book.Entry) error {
	err := k.maySuggest(ctx, who, e)
	if errs.Is(err, errs.NotOpen) {
		err = k.db.Glance(ctx, func(tx *store.Tx) error {
			_, err := k.owns(tx, who, k.clock.Now(), e.Book)
			return err
		})
	}
	return err
}

// onlyWords asks before anything is sealed whether who may write for the owner. Where they change something that is there, of
// what they bring nothing is taken but the words: all else of it stays as the owner has it. Nobody reads it for that, so no look
// is written down.
func (k *Keeper) onlyWords(ctx context.Context, who grant.Subject, e *book.Entry) error {
	const op = "keeper: write for"
	var there []found
	var kept storedEntry
	err := k.db.View(ctx, func(tx *store.Tx) (err error) {
		now := k.clock.Now()
		if err = k.stillFor(tx, who, &sealedEntry{Entry: book.Entry{Book: e.Book, Section: e.Section, RecordedAt: now}}); err != nil || e.Base.IsZero() {
			return err
		}
		// What was sent before stands in its own entry, whatever became of the item since.
		err = kept.scan(tx.Row(`SELECT `+entryColumns+` FROM entry AS e WHERE e.book = $1 AND e.id = $2 AND e.item = $3 AND e.author = $4 AND e.act = $5`,
			e.Book, e.ID, e.Item, who.Person, string(book.ActWriteFor)).Scan)
		if !errors.Is(err, store.ErrNone) {
			return err
		}
		there, err = k.find(tx, who, now, e.Book, []Want{{Item: e.Item}})
		return err
	})
	if err != nil || e.Base.IsZero() || mutant.On("acted-more") {
		return err
	}
	if kept.ID.IsZero() && (len(there) != 1 || there[0].piece.Head != e.Base || there[0].piece.Kind != e.Kind) {
		return errs.New(op, errs.Changed, "errors.item_changed")
	}
	if kept.ID.IsZero() {
		is, err := k.open(ctx, e.Book, &there[0])
		if err != nil {
			return err
		}
		kept.Body, kept.HappenedAt = is.Body, is.HappenedAt
	} else if _, err := k.unseal(ctx, &kept.Entry, kept.sealed); err != nil {
		return err
	}
	if e.Body == nil || !book.Reword(kept.Body, book.WordsOf(e.Body)) {
		return errs.New(op, errs.NotOpen, "")
	}
	e.Body, e.HappenedAt = kept.Body, kept.HappenedAt
	return nil
}

// NewItem returns the id of the item that a draft begins when it names none.
func NewItem(d id.Entry) id.Item {
	it, _ := id.FromBytes[id.Item](d.Bytes()) // 16 bytes never fail
	return it
}

// takeWords makes a yes: the words of the suggestion become the body of the owner's own entry, so that they stay the
// owner's whatever happens to the suggestion.
func (k *Keeper) takeWords(ctx context.Context, who grant.Subject, e *book.Entry) error {
	var from storedEntry
	err := k.db.Glance(ctx, func(tx *store.Tx) error {
		return from.scan(tx.Row(k.by(who).suggestionBody.text, k.by(who).suggestionBody.args(who, k.clock.Now(), e.Book, e.Answers)...).Scan)
	})
	if err != nil {
		return notGiven(err)
	}
	if _, err := k.unseal(ctx, &from.Entry, from.sealed); err != nil {
		return err
	}
	e.Body, e.HappenedAt = from.Body, from.HappenedAt
	if from.Base.IsZero() {
		return nil
	}
	return k.keepReached(ctx, who, e)
}

// keepReached carries over what the owner alone can say of an item whose words a suggestion changes: saying yes to other
// words takes nothing back that was reached (mission.md S0.12).
func (k *Keeper) keepReached(ctx context.Context, who grant.Subject, e *book.Entry) error {
	for _, state := range []book.ItemState{book.Live, book.Away} {
		r, err := k.Read(ctx, who, e.Book, Want{Item: e.Item, State: state})
		if err != nil {
			return err
		}
		for _, p := range r.Items[0] {
			book.CarryReached(p.Body, e.Body)
		}
	}
	return nil
}

// Also returns the id of the n-th further draft of one form, so that a form that writes several entries can be sent
// twice and still be each of them once. n counts from 1.
func Also(d id.Entry, n int) id.Entry {
	h := sha256.Sum256(fmt.Appendf(nil, "beside also %s %d", d, n))
	b := append(d.Bytes()[:0:0], d.Bytes()...)
	copy(b[8:], h[:8])
	b[8] = b[8]&0x3f | 0x80
	e, _ := id.FromBytes[id.Entry](b) // 16 bytes never fail
	return e
}
