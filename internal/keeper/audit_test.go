package keeper_test

import (
	"context"
	"fmt"
	"slices"

	"beside/internal/book"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/store"
	"beside/internal/witness"
)

// audit folds a book's entries again with the pure law and compares with the clear lists, and recomputes its chain.
func (w *world) audit(owner grant.Subject, b id.Book) error {
	ctx := context.Background()
	entries, err := w.k.Timeline(ctx, owner, b, 0, 1_000_000)
	if err != nil {
		return err
	}
	slices.Reverse(entries)
	now := book.NewNow(owner.Person)
	for _, e := range entries {
		if err := now.Apply(e); err != nil {
			return fmt.Errorf("entry %d does not follow: %w", e.Seq, err)
		}
	}
	return w.db.View(ctx, func(tx *store.Tx) error {
		if err := sameItems(tx, b, now); err != nil {
			return err
		}
		if err := sameSuggestions(tx, b, now); err != nil {
			return err
		}
		if err := sameTies(tx, owner.Person, now); err != nil {
			return err
		}
		return chainHolds(tx, b)
	})
}

func sameItems(tx *store.Tx, b id.Book, now *book.Now) error {
	n := 0
	err := store.Each(tx, `SELECT item, section, kind, state, head, body_seq, named_by, made_seq FROM item WHERE book = $1`, []any{b}, func(scan func(...any) error) error {
		var it book.Item
		if err := scan(&it.ID, &it.Section, &it.Kind, &it.State, &it.Head, &it.BodySeq, &it.NamedBy, &it.MadeSeq); err != nil {
			return err
		}
		n++
		if now.Items[it.ID] != it {
			return fmt.Errorf("item row %+v, the fold says %+v", it, now.Items[it.ID])
		}
		return nil
	})
	if err == nil && n != len(now.Items) {
		err = fmt.Errorf("%d item rows, the fold has %d", n, len(now.Items))
	}
	return err
}

func sameSuggestions(tx *store.Tx, b id.Book, now *book.Now) error {
	n := 0
	err := store.Each(tx, `SELECT entry, seq, item, section, kind, author, base, state, answer, answered_seq FROM suggestion WHERE book = $1`, []any{b}, func(scan func(...any) error) error {
		var s book.Suggestion
		if err := scan(&s.Entry, &s.Seq, &s.Item, &s.Section, &s.Kind, &s.Author, &s.Base, &s.State, &s.Answer, &s.AnsweredSeq); err != nil {
			return err
		}
		n++
		if now.Suggestions[s.Entry] != s {
			return fmt.Errorf("suggestion row %+v, the fold says %+v", s, now.Suggestions[s.Entry])
		}
		return nil
	})
	if err == nil && n != len(now.Suggestions) {
		err = fmt.Errorf("%d suggestion rows, the fold has %d", n, len(now.Suggestions))
	}
	return err
}

func sameTies(tx *store.Tx, owner id.Person, now *book.Now) error {
	n := 0
	err := store.Each(tx, `SELECT item, ended_at FROM tie WHERE one = $1`, []any{owner}, func(scan func(...any) error) error {
		var it id.Item
		var ended int64
		if err := scan(&it, &ended); err != nil {
			return err
		}
		n++
		if now.Items[it].Kind != book.KindTie || (now.Items[it].State == book.Live) != (ended == 0) {
			return fmt.Errorf("tie row %v ended at %d, the fold says %+v", it, ended, now.Items[it])
		}
		return nil
	})
	for _, it := range now.Items {
		if it.Kind == book.KindTie {
			n--
		}
	}
	if err == nil && n != 0 {
		err = fmt.Errorf("%d more tie rows than the fold has", n)
	}
	return err
}

func chainHolds(tx *store.Tx, b id.Book) error {
	var v witness.Verifier
	var head witness.Hash
	err := store.Each(tx, `SELECT leaf, chain FROM entry WHERE book = $1 ORDER BY seq`, []any{b}, func(scan func(...any) error) error {
		var leaf witness.Hash
		if err := scan(&leaf, &head); err != nil {
			return err
		}
		return v.Next(leaf, head)
	})
	if err != nil {
		return err
	}
	return v.End(head)
}
