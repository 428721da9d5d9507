package app_test

import (
	"testing"

	"beside/internal/account"
	"beside/internal/id"
	"beside/internal/store"
	"beside/internal/testkit/ready"
	"beside/internal/testkit/world"
)

// TestALoginGivenBackClosesEveryOtherWayIn: whoever had the login may have a passkey, the card, the PIN, or have added an
// address of their own, or said that somebody is near them, or that something leaves the book each time. None of these opens anything afterwards; where messages go stays,
// so that the person is told.
func TestALoginGivenBackClosesEveryOtherWayIn(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w := world.New(t, where)
		mira, bea := w.Join(t, "Mira"), w.Join(t, "Bea")
		for _, c := range []*world.Client{mira, bea} {
			who := person(t, w, c)
			update(t, w, func(tx *store.Tx) error {
				for _, q := range []string{
					`INSERT INTO passkey (id, person, credential, public_key, flags, sign_count, transports, name, made_at, seen_at, ended_at) VALUES ($2, $1, $2, $2, 5, 0, '', NULL, 1, 1, 0)`,
					`INSERT INTO card (person, form, code_hash, made_at, ended_at) VALUES ($1, $2, $2, 1, 0)`,
					`INSERT INTO known (id, person, other, token_hash, label, note, self, mark, made_at, token_until, accepted_at, confirmed_at) VALUES ($2, $1, $2, $2, $2, $2, $2, $2, 1, 1, 1, 1)`,
					`INSERT INTO lasting (id, book, facts, given_at, until, back_at) SELECT $2, id, $2, 1, 1000, 0 FROM book WHERE owner = $1`,
					`INSERT INTO address (person, item, book, channel, blind, writes, opens, confirmed_at, asked_at, stopped_at) VALUES ($1, $2, $2, 'email', $2, 1, 1, 1, 1, 0)`,
				} {
					if _, err := tx.Exec(q, who, id.New[id.Entry](w.App.IDs)); err != nil {
						return err
					}
				}
				_, err := tx.Exec(`INSERT INTO pin (person, hash, together) VALUES ($1, 'x', 0)`, who)
				return err
			})
		}
		update(t, w, func(tx *store.Tx) error { return w.App.Recovery.OnGivenBack(tx, person(t, w, mira)) })
		for c, want := range map[*world.Client]int{mira: 0, bea: 1} {
			who := person(t, w, c)
			for _, q := range []string{
				`SELECT COUNT(*) FROM passkey WHERE person = $1 AND ended_at = 0`, `SELECT COUNT(*) FROM card WHERE person = $1 AND ended_at = 0`,
				`SELECT COUNT(*) FROM pin WHERE person = $1`, `SELECT COUNT(*) FROM address WHERE person = $1 AND opens = 1`,
				`SELECT COUNT(*) FROM known WHERE person = $1 AND confirmed_at <> 0`,
				`SELECT COUNT(*) FROM lasting WHERE back_at = 0 AND book IN (SELECT id FROM book WHERE owner = $1)`,
			} {
				if n := count(t, w, q, who); n != want {
					t.Errorf("%s of %s: %d, want %d", q, c.Name, n, want)
				}
			}
			if n := count(t, w, `SELECT COUNT(*) FROM address WHERE person = $1 AND writes = 1 AND confirmed_at = 1`, who); n != 1 {
				t.Errorf("%s is not told any more", c.Name)
			}
		}
	})
}

func person(t *testing.T, w *world.World, c *world.Client) id.Person { return session(t, w, c).Person }

func session(t testing.TB, w *world.World, c *world.Client) account.Session {
	t.Helper()
	s, err := w.App.Accounts.Session(t.Context(), c.Cookie("beside"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func update(t testing.TB, w *world.World, fn func(*store.Tx) error) {
	t.Helper()
	if err := w.App.DB.Update(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func count(t *testing.T, w *world.World, query string, args ...any) (n int) {
	t.Helper()
	if err := w.App.DB.View(t.Context(), func(tx *store.Tx) error { return tx.Row(query, args...).Scan(&n) }); err != nil {
		t.Fatal(err)
	}
	return n
}
