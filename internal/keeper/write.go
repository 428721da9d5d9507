package keeper

import (
	"bytes"
	"context"
	"errors"

	"beside/internal/book"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/mutant"
	"beside/internal/store"
	"beside/internal/vault"
	"beside/internal/witness"
)

// errReplay is found inside a transaction when an entry's id is already in the book.
var errReplay error = errs.New("keeper: the entry is already in the book", errs.AlreadyKept, "")

// Begin makes the empty book b of owner in tx. Its keys are made before, durably, by vault.MakeBook.
func (k *Keeper) Begin(tx *store.Tx, b id.Book, owner id.Person) error {
	_, err := tx.Exec(`INSERT INTO book (id, owner, seq, made_at) VALUES ($1, $2, 0, $3)`, b, owner, k.clock.Now())
	return errs.Wrap("keeper: begin", err)
}

// Write does the acts of all drafts or of none, in their order, and returns them as they stand in the book. A draft
// that is in the book already, word for word, is a replay: nothing is written and the entry is returned as it stands.
//
// Errors are of kind NotOpen (not given, or not there: never told apart), Invalid (with fields), Changed (the item is
// no longer what the writer saw), AlreadyKept (the id is in the book with other words), Busy.
func (k *Keeper) Write(ctx context.Context, who grant.Subject, b id.Book, drafts ...Draft) ([]book.Entry, error) {
	p, err := k.Prepare(ctx, who, b, drafts...)
	if err != nil {
		return nil, err
	}
	var done []book.Entry
	err = k.db.Update(ctx, func(tx *store.Tx) error {
		done, err = k.Apply(tx, p)
		return err
	})
	if errors.Is(err, errReplay) {
		return k.replayed(ctx, p)
	}
	if err != nil {
		return nil, errs.Wrap("keeper: write", err)
	}
	return done, nil
}

// Apply writes what was prepared in the caller's transaction, which may run it more than once. Errors are those of
// [Keeper.Write]; a replay is AlreadyKept here.
func (k *Keeper) Apply(tx *store.Tx, p Prepared) ([]book.Entry, error) {
	done := make([]book.Entry, len(p.entries))
	for i, e := range p.entries {
		written, err := k.append(tx, p.who, e)
		if err != nil {
			return nil, err
		}
		done[i] = written
	}
	return done, nil
}

// append is one act on one book. Its first statement takes the book's next seq, under the rule: that is the lock.
func (k *Keeper) append(tx *store.Tx, who grant.Subject, e sealedEntry) (book.Entry, error) {
	e.RecordedAt = k.clock.Now()
	owner, err := k.lock(tx, who, &e)
	if err != nil {
		return e.Entry, err
	}
	lists, err := listsBefore(tx, e.Entry)
	if err != nil {
		return e.Entry, err
	}
	eff, err := book.Next(lists, owner, e.Entry)
	if err != nil {
		return e.Entry, orReplay(tx, e.Entry, err)
	}
	leaf := e.leaf()
	_, err = tx.Exec(`INSERT INTO entry (`+entryRow+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`,
		e.row(leaf, witness.Chain(lists.chain, leaf))...)
	if errors.Is(err, store.ErrTaken) {
		return e.Entry, errReplay
	} else if err != nil {
		return e.Entry, errs.Wrap("keeper: append", err)
	}
	if err := k.log.Enqueue(tx, leaf, "entry", e.RecordedAt); err != nil {
		return e.Entry, err
	}
	return e.Entry, k.project(tx, owner, e.Entry, eff)
}

// entryRow are the columns of a row of entry, and row its values.
const entryRow = `book, seq, id, section, kind, version, item, act, author, hat, via, base, answers, recorded_at, sealed, commitment, leaf, chain`

func (e sealedEntry) row(leaf, chain witness.Hash) []any {
	return []any{e.Book, e.Seq, e.ID, string(e.Section), string(e.Kind), e.Version, e.Item, string(e.Act), e.Author, string(e.Hat),
		string(e.Via), e.Base, e.Answers, e.RecordedAt, []byte(e.sealed), e.commitment, leaf, chain}
}

// lock takes the next seq of the book for who, if the rule lets them, and tells whose book it is.
func (k *Keeper) lock(tx *store.Tx, who grant.Subject, e *sealedEntry) (owner id.Person, err error) {
	if e.Act == book.ActWriteFor {
		return k.lockFor(tx, who, e)
	}
	if e.Act != book.ActSuggest {
		err = tx.Row(k.by(who).write.text, k.by(who).write.args(who, e.RecordedAt, e.Book)...).Scan(&e.Seq, &owner)
		if e.Act != book.ActTomorrow || !errors.Is(err, store.ErrNone) {
			return owner, notGiven(err)
		}
	}
	args := k.by(who).suggest.args(who, e.RecordedAt, e.Book, string(e.Section))
	if err := tx.Row(k.by(who).suggest.text, args...).Scan(&e.Seq, &owner); err != nil {
		return owner, notGiven(err)
	}
	if !mutant.On("taken-back-late") {
		if err := k.still(tx, who, e, e.Section); err != nil {
			return owner, err
		}
	}
	if ground := book.GroundOf(e.Body); ground != "" {
		return owner, k.still(tx, who, e, ground)
	}
	return owner, nil
}

// lockFor is lock for who writes for the owner. It puts into e by which grant: the entry that gave it.
func (k *Keeper) lockFor(tx *store.Tx, who grant.Subject, e *sealedEntry) (owner id.Person, err error) {
	if err := tx.Row(k.by(who).act.text, k.by(who).act.args(who, e.RecordedAt, e.Book, string(e.Section))...).Scan(&e.Seq, &owner); err != nil {
		return owner, notGiven(err)
	}
	return owner, k.stillFor(tx, who, e)
}

// stillFor asks under the lock whether who may write for the owner in the section of e, and by which grant.
func (k *Keeper) stillFor(tx *store.Tx, who grant.Subject, e *sealedEntry) error {
	var yes int
	if err := tx.Row(k.by(who).stillAct.text, k.by(who).stillAct.args(who, e.RecordedAt, e.Book, string(e.Section))...).Scan(&yes); err != nil {
		return notGiven(err)
	}
	return notGiven(tx.Row(k.by(who).actBy.text, k.by(who).actBy.args(who, e.RecordedAt, e.Book, string(e.Section))...).Scan(&e.Answers))
}

// still asks under the lock whether who may suggest in a section of e's book.
func (k *Keeper) still(tx *store.Tx, who grant.Subject, e *sealedEntry, section book.Section) error {
	var yes int
	return notGiven(tx.Row(k.by(who).stillSuggest.text, k.by(who).stillSuggest.args(who, e.RecordedAt, e.Book, string(section))...).Scan(&yes))
}

// notGiven makes of "no row" what everybody is told who asks for what they were not given, or what is not there.
func notGiven(err error) error {
	if errors.Is(err, store.ErrNone) {
		return errs.New("keeper: rule", errs.NotOpen, "")
	}
	return errs.Wrap("keeper: rule", err)
}

// orReplay returns errReplay when e is in the book already: then it was refused because of itself. Else it returns err.
func orReplay(tx *store.Tx, e book.Entry, err error) error {
	var in int
	switch none := tx.Row(`SELECT 1 FROM entry WHERE book = $1 AND id = $2`, e.Book, e.ID).Scan(&in); {
	case errors.Is(none, store.ErrNone), mutant.On("replay"):
		return err
	case none != nil:
		return errs.Wrap("keeper: replay", none)
	}
	return errReplay
}

// replayed compares what was sent again with what is kept. The rule has let who through before.
func (k *Keeper) replayed(ctx context.Context, p Prepared) ([]book.Entry, error) {
	done := make([]book.Entry, len(p.entries))
	err := k.db.View(ctx, func(tx *store.Tx) error {
		for i, e := range p.entries {
			var kept storedEntry
			err := kept.scan(tx.Row(`SELECT `+entryColumns+` FROM entry AS e WHERE e.book = $1 AND e.id = $2`, e.Book, e.ID).Scan)
			if errors.Is(err, store.ErrNone) {
				return errs.New("keeper: write", errs.AlreadyKept, "")
			} else if err != nil {
				return err
			}
			if kept.Kind == "" {
				return errs.New("keeper: write", errs.Changed, "errors.erased")
			}
			plain, err := k.unseal(ctx, &kept.Entry, kept.sealed)
			if err != nil {
				return err
			}
			if !sameAct(kept.Entry, e.Entry) || !bytes.Equal(plain, e.plain) {
				return errs.New("keeper: write", errs.AlreadyKept, "")
			}
			done[i] = kept.Entry
		}
		return nil
	})
	return done, errs.Wrap("keeper: replay", err)
}

func sameAct(a, b book.Entry) bool {
	return a.Author == b.Author && a.Kind == b.Kind && a.Item == b.Item && a.Act == b.Act && (a.Answers == b.Answers || a.Act == book.ActWriteFor)
}

// storedEntry is a row of entry.
type storedEntry struct {
	book.Entry
	sealed vault.Sealed
}

const entryColumns = `e.book, e.seq, e.id, e.section, e.kind, e.version, e.item, e.act, e.author, e.hat, e.via, e.base, e.answers, e.recorded_at, e.sealed`

func (s *storedEntry) scan(scan func(...any) error) error { return scan(s.fields()...) }

// fields are where the values of entryColumns go.
func (s *storedEntry) fields() []any {
	return []any{&s.Book, &s.Seq, &s.ID, &s.Section, &s.Kind, &s.Version, &s.Item, &s.Act, &s.Author, &s.Hat, &s.Via,
		&s.Base, &s.Answers, &s.RecordedAt, (*[]byte)(&s.sealed)}
}
