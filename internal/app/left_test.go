package app_test

import (
	"testing"

	"beside/internal/book"
	"beside/internal/id"
	"beside/internal/store"
	"beside/internal/testkit/pgtest"
)

// TestWhatAVersionBeforeLeft: a program of the version before, which erases a whole book while this one runs, knows nothing of the
// days on which its owner was here and of what left it. The next start takes that away.
func TestWhatAVersionBeforeLeft(t *testing.T) {
	pgtest.Both(t, func(t *testing.T, where string) {
		c := config(t, where)
		a := start(t, c)
		leaver, stays := newShelf(t, a), newShelf(t, a)
		leaver.write(a, secretWords)
		leaver.erase(a, &book.Erasing{Whole: true})
		keepAll(t, a)
		for _, s := range []shelf{leaver, stays} {
			s.must(a.DB.Update(t.Context(), func(tx *store.Tx) error {
				_, err := tx.Exec(`INSERT INTO attended (id, community, book, worker, day, units, code, made_at, wrong_at, withdrawn_at, printed_at) VALUES ($1, $1, $2, $1, '2025-03-12', 4, 'met', 1, 0, 0, 0)`, id.New[id.Attended](a.IDs), s.book)
				if err == nil {
					_, err = tx.Exec(`INSERT INTO lasting (id, book, facts, given_at, until, back_at) VALUES ($1, $2, $3, 1, 2, 0)`, id.New[id.Lasting](a.IDs), s.book, []byte{1})
				}
				if err == nil {
					_, err = tx.Exec(`INSERT INTO outside (id, book, facts, items, parts, hash, given_at, back_at) VALUES ($1, $2, $3, $3, $3, $3, 1, 0)`, id.New[id.Paper](a.IDs), s.book, []byte{})
				}
				if err == nil {
					_, err = tx.Exec(`INSERT INTO signing (id, book, recipient, facts, number, made_by, made_at, ends_at, over_at, hat, entered_at, back_at) VALUES ($1, $2, $1, $3, $1, $1, 1, 2, 0, '', 0, 0)`, id.New[id.Signing](a.IDs), s.book, []byte{1})
				}
				if err == nil {
					_, err = tx.Exec(`INSERT INTO media (id, book, item, picture, pos, sealed) VALUES ($1, $2, $1, $1, 0, $3)`, id.New[id.Entry](a.IDs), s.book, []byte{1})
				}
				d := id.New[id.Demand](a.IDs)
				if err == nil {
					_, err = tx.Exec(`INSERT INTO demand (id, community, kind, facts, came, quiet_until, member, made_at, over_at) VALUES ($1, $1, 'order', $2, '2025-03-12', 0, $1, 1, 0)`, d, []byte{})
				}
				if err == nil {
					_, err = tx.Exec(`INSERT INTO ordered (id, book, facts, from_day, to_day, from_at, to_at, entered_by, entered_at, confirmed_at, hash, told_at, over_at) VALUES ($1, $2, $3, '', '', 1, 2, $1, 1, 0, $3, 0, 0)`, d, s.book, []byte{})
				}
				if err == nil {
					_, err = tx.Exec(`INSERT INTO reported (id, book, facts, member, hat, at, quiet_until, told_at) VALUES ($1, $2, $3, $1, 'worker', 1, 0, 0)`, d, s.book, []byte{})
				}
				return err
			}))
		}
		stop(t, a)
		a = start(t, c)
		defer stop(t, a)
		for _, table := range []string{"attended", "lasting", "outside", "signing", "media", "ordered", "reported"} {
			for s, want := range map[shelf]int{leaver: 0, stays: 1} {
				var n int
				s.must(a.DB.View(t.Context(), func(tx *store.Tx) error {
					return tx.Row(`SELECT COUNT(*) FROM `+table+` WHERE book = $1`, s.book).Scan(&n)
				}))
				if n != want {
					t.Errorf("%d rows of %s, want %d", n, table, want)
				}
			}
		}
	})
}

// TestItStartsWhenTheFirstBookIsErased: by the first book a start sees whether the keyring is the right one, also when nobody can write
// in it any more.
func TestItStartsWhenTheFirstBookIsErased(t *testing.T) {
	pgtest.Both(t, func(t *testing.T, where string) {
		c := config(t, where)
		a := start(t, c)
		first := newShelf(t, a)
		first.write(a, secretWords)
		first.erase(a, &book.Erasing{Whole: true})
		keepAll(t, a)
		stop(t, a)
		stop(t, start(t, c))
	})
}
