package keeper

import (
	"context"
	"maps"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/store"
	"beside/internal/witness"
)

// Filling is a book that is not there yet, with what its owner wrote into it elsewhere.
type Filling struct {
	Owner  id.Person
	Book   id.Book // its keys are made before, by vault.MakeBook
	Drafts []Draft
}

// Fill makes books and writes into each what its owner wrote, in that order: the same rows as [Keeper.Begin] and
// [Keeper.Write] would leave, by far fewer statements. beside, which may be nil, is run in the same transaction, which is
// run again when it must be. It is for bringing many books in at once; a book that is there already refuses all.
//
// Errors are those of Write; NotOpen for an act that is not the owner's alone.
func (k *Keeper) Fill(ctx context.Context, beside func(*store.Tx) error, books ...Filling) error {
	const op = "keeper: fill"
	all := filled{at: k.clock.Now()} // of every row and leaf: the log finds a leaf by when its entry was recorded
	for _, f := range books {
		if err := all.add(ctx, k, f); err != nil {
			return errs.Wrap(op, err)
		}
	}
	return errs.Wrap(op, k.db.LongUpdate(ctx, func(tx *store.Tx) error {
		if beside != nil {
			if err := beside(tx); err != nil {
				return err
			}
		}
		return all.write(tx, k)
	}))
}

// filled are the rows of books that were filled, and the entries that change more than entry and item.
type filled struct {
	at                           clock.Time
	books, entries, items, names [][]any
	leaves                       []witness.Hash
	also                         []alsoEntry
}

type alsoEntry struct {
	owner id.Person
	entry book.Entry
}

// add folds one book, and seals it.
func (a *filled) add(ctx context.Context, k *Keeper, f Filling) error {
	for _, d := range f.Drafts {
		if d.Act != book.ActWrite && d.Act != book.ActPutAway {
			return errs.New("keeper: fill", errs.NotOpen, "")
		}
	}
	p, err := k.Prepare(ctx, grant.Subject{Person: f.Owner, Hat: book.HatSelf}, f.Book, f.Drafts...)
	if err != nil {
		return err
	}
	now := book.NewNow(f.Owner)
	var chain witness.Hash
	name, named := "", false
	for i, e := range p.entries {
		e.Seq, e.RecordedAt = int64(i+1), a.at
		if err := now.Apply(e.Entry); err != nil {
			return err
		}
		leaf := e.leaf()
		chain = witness.Chain(chain, leaf)
		a.leaves = append(a.leaves, leaf)
		a.entries = append(a.entries, e.row(leaf, chain))
		switch e.Kind {
		case book.KindName:
			name, named = nameIn(e.Entry), true
		case book.KindSharing, book.KindTie:
			a.also = append(a.also, alsoEntry{f.Owner, e.Entry})
		}
	}
	for it := range maps.Values(now.Items) {
		a.items = append(a.items, []any{f.Book, it.ID, string(it.Section), string(it.Kind), string(it.State), it.Head, it.BodySeq, it.NamedBy, it.MadeSeq})
	}
	if named {
		for _, h := range k.nameHashes(name) {
			a.names = append(a.names, []any{h, f.Book})
		}
	}
	a.books = append(a.books, []any{f.Book, f.Owner, now.Seq, a.at})
	return nil
}

func (a *filled) write(tx *store.Tx, k *Keeper) error {
	for _, t := range []struct {
		insert string
		rows   [][]any
	}{
		{`INSERT INTO book (id, owner, seq, made_at)`, a.books},
		{`INSERT INTO entry (` + entryRow + `)`, a.entries},
		{`INSERT INTO item (` + itemRow + `)`, a.items},
		{`INSERT INTO name_part (part, book)`, a.names},
	} {
		if err := store.Insert(tx, t.insert, t.rows); err != nil {
			return err
		}
	}
	if err := k.log.EnqueueAll(tx, a.leaves, "entry", a.at); err != nil {
		return err
	}
	for _, x := range a.also {
		if err := projectRule(tx, x.owner, x.entry); err != nil {
			return err
		}
		if err := k.promise(tx, x.owner, x.entry, nil); err != nil {
			return err
		}
	}
	return nil
}
