package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"beside/internal/errs"
	"beside/internal/store"
)

func parameters(t *testing.T, db *store.DB) {
	migrated(t, db)
	exec(t, db, "INSERT INTO counter (n, id) VALUES ($2, $1)", 1, 40)
	exec(t, db, "UPDATE counter SET n = n + $2 WHERE id = $1 AND n >= $2", 1, 2)
	if n := one[int64](t, db, "SELECT n FROM counter WHERE id = $1 OR id = $1", 1); n != 42 {
		t.Errorf("n is %d, want 42", n)
	}
}

func nullParameter(t *testing.T, db *store.DB) {
	migrated(t, db)
	exec(t, db, "INSERT INTO word (id, text) VALUES ($1, 'a'), ($2, 'b')", []byte("1"), []byte("2"))
	const query = "SELECT COUNT(*) FROM word WHERE CAST($1 AS TEXT) IS NULL OR text = $1"
	if n := one[int64](t, db, query, nil); n != 2 {
		t.Errorf("no filter finds %d, want 2", n)
	}
	if n := one[int64](t, db, query, "b"); n != 1 {
		t.Errorf("a filter finds %d, want 1", n)
	}
	exec(t, db, "INSERT INTO thing (n) VALUES (1), (2)")
	if n := one[int64](t, db, "SELECT COUNT(*) FROM thing WHERE CAST($1 AS BIGINT) IS NULL OR n > $1", nil); n != 2 {
		t.Errorf("no lower bound finds %d, want 2", n)
	}
}

func jsonOperators(t *testing.T, db *store.DB) {
	migrated(t, db)
	exec(t, db, "INSERT INTO word (id, text) VALUES ($1, $2)", []byte("x"), `{"a":"b"}`)
	err := db.View(t.Context(), func(tx *store.Tx) error { return tx.Row("SELECT text ->> 'a' FROM word").Scan(new(string)) })
	if err == nil || errors.Is(err, store.ErrNone) {
		t.Errorf("->> on a text column gave %v; PostgreSQL cannot, so no engine may", err)
	}
}

func conflicts(t *testing.T, db *store.DB) {
	migrated(t, db)
	update(t, db, func(tx *store.Tx) error {
		for _, want := range []int64{1, 0} {
			n, err := tx.Exec("INSERT INTO counter (id, n) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING", 1, 5)
			if err != nil || n != want {
				return fmt.Errorf("inserted %d, want %d: %w", n, want, err)
			}
		}
		var n int64
		err := tx.Row("INSERT INTO counter (id, n) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET n = counter.n + excluded.n RETURNING n", 1, 2).Scan(&n)
		if err != nil || n != 7 {
			return fmt.Errorf("returned %d, want 7: %w", n, err)
		}
		touched, err := tx.Exec("DELETE FROM counter WHERE id = $1", 99)
		if err != nil || touched != 0 {
			return fmt.Errorf("deleted %d of nothing: %w", touched, err)
		}
		return nil
	})
	if n := one[int64](t, db, "SELECT n FROM counter WHERE id = 1"); n != 7 {
		t.Errorf("n is %d, want 7", n)
	}
}

func list(t *testing.T, db *store.DB) {
	migrated(t, db)
	for i, s := range words {
		exec(t, db, "INSERT INTO word (id, text) VALUES ($1, $2)", []byte{byte(i)}, s)
	}
	many := make([]string, 5000)
	for i := range many {
		many[i] = fmt.Sprintf("no %d", i)
	}
	for _, c := range []struct {
		asked []string
		want  int
	}{{nil, 0}, {words, len(words)}, {words[:3], 3}, {[]string{"no such"}, 0}, {append(many, words[4], words[4]), 1}} {
		var got int
		these, args := store.In("text", []any{"not this"}, c.asked)
		err := db.Glance(t.Context(), func(tx *store.Tx) error {
			return tx.Row("SELECT COUNT(*) FROM word WHERE text <> $1 AND "+these, args...).Scan(&got)
		})
		if err != nil || got != c.want {
			t.Errorf("a list of %d finds %d, want %d (%v)", len(c.asked), got, c.want, err)
		}
	}
}

func listBytes(t *testing.T, db *store.DB) {
	migrated(t, db)
	exec(t, db, "INSERT INTO word (id, text) VALUES ($1, 'a'), ($2, 'b'), ($3, 'c')", []byte{0, 255}, []byte("plain"), []byte{})
	for _, c := range []struct {
		asked [][]byte
		want  string
	}{{nil, ""}, {[][]byte{{0, 255}, {1}}, "a"}, {[][]byte{[]byte("plain"), {}}, "bc"}} {
		var got []string
		these, args := store.In("id", nil, c.asked)
		err := db.View(t.Context(), func(tx *store.Tx) error {
			return store.Each(tx, "SELECT text FROM word WHERE "+these+" ORDER BY text", args,
				func(scan func(...any) error) error {
					var s string
					err := scan(&s)
					got = append(got, s)
					return err
				})
		})
		if err != nil || strings.Join(got, "") != c.want {
			t.Errorf("%v finds %q, want %q (%v)", c.asked, got, c.want, err)
		}
	}
}

func claim(t *testing.T, db *store.DB) {
	migrated(t, db)
	const jobs, claimers = 60, 6
	for i := range jobs {
		exec(t, db, "INSERT INTO job (id, owner) VALUES ($1, 0)", i)
	}
	var mu sync.Mutex
	var given []int64
	var group sync.WaitGroup
	for me := range claimers {
		group.Go(func() {
			for {
				got, err := claimSome(t, db, me+1)
				if err != nil {
					t.Error(err)
					return
				}
				if len(got) == 0 {
					return
				}
				mu.Lock()
				given = append(given, got...)
				mu.Unlock()
			}
		})
	}
	group.Wait()
	slices.Sort(given)
	if len(given) != jobs || len(slices.Compact(given)) != jobs {
		t.Errorf("%d jobs were given, want each of %d once", len(given), jobs)
	}
}

func claimSome(t *testing.T, db *store.DB, me int) (got []int64, err error) {
	err = db.Update(t.Context(), func(tx *store.Tx) error {
		got = nil
		query := "UPDATE job SET owner = $1 WHERE id IN (SELECT id FROM job WHERE owner = 0 ORDER BY id LIMIT 3" + tx.Claim() + ") RETURNING id"
		return store.Each(tx, query, []any{me}, func(scan func(...any) error) error {
			var n int64
			err := scan(&n)
			got = append(got, n)
			return err
		})
	})
	return got, err
}

func control(t *testing.T, db *store.DB) {
	migrated(t, db)
	for _, query := range []string{"COMMIT", " rollback;", "SAVEPOINT x", "Begin", "end\n"} {
		err := db.Update(t.Context(), func(tx *store.Tx) error {
			if _, err := tx.Exec("INSERT INTO counter (id, n) VALUES (1, 1)"); err != nil {
				return err
			}
			_, err := tx.Exec(query)
			return err
		})
		if err == nil {
			t.Errorf("%q was run", query)
		}
	}
	if n := count(t, db, "counter"); n != 0 {
		t.Errorf("%d rows were kept by refused updates", n)
	}
}

func noRow(t *testing.T, db *store.DB) {
	migrated(t, db)
	err := db.Update(t.Context(), func(tx *store.Tx) error {
		if err := tx.Row("SELECT n FROM counter WHERE id = 9").Scan(new(int64)); !errors.Is(err, store.ErrNone) {
			return fmt.Errorf("a row that is not there: %w", err)
		}
		_, err := tx.Exec("INSERT INTO counter (id, n) VALUES (9, 1)") // no row is no failure
		return err
	})
	if err != nil || count(t, db, "counter") != 1 {
		t.Errorf("after a missing row: %v", err)
	}
}

func constraints(t *testing.T, db *store.DB) {
	migrated(t, db)
	exec(t, db, "INSERT INTO word (id, text, alias) VALUES ($1, 'a', 'first')", []byte("1"))
	for _, c := range []struct {
		query string
		want  error
	}{
		{"INSERT INTO word (id, text) VALUES ($1, 'b')", store.ErrTaken},
		{"INSERT INTO word (text, id, alias) VALUES ('b', '2', 'first')", store.ErrTaken},
		{"INSERT INTO thing (n) VALUES (13)", store.ErrRefused},
		{"INSERT INTO counter (id) VALUES (1)", store.ErrRefused},
		{"DELETE FROM word WHERE id = $1", store.ErrRefused},
		{"UPDATE thing SET word = '9'", store.ErrRefused},
	} {
		err := db.Update(t.Context(), func(tx *store.Tx) error {
			if _, err := tx.Exec("INSERT INTO thing (n, word) VALUES (1, $1)", []byte("1")); err != nil {
				return err
			}
			var args []any
			if strings.Contains(c.query, "$1") {
				args = []any{[]byte("1")}
			}
			_, err := tx.Exec(strings.NewReplacer("'2'", blob(tx, "32"), "'9'", blob(tx, "39")).Replace(c.query), args...)
			return err
		})
		if !errors.Is(err, c.want) || errs.Is(err, errs.Busy) {
			t.Errorf("%s: %v, want %v", c.query, err, c.want)
		}
	}
	if n := count(t, db, "thing"); n != 0 {
		t.Errorf("%d rows of refused updates were kept", n)
	}
}

// blob is a constant of bytes, for the suite only: the code of the house passes bytes as arguments.
func blob(tx *store.Tx, hex string) string {
	if tx.Engine() == store.Postgres {
		return `'\x` + hex + `'`
	}
	return "x'" + hex + "'"
}

func noValues(t *testing.T, db *store.DB) {
	migrated(t, db)
	const secret = "Marisol"
	exec(t, db, "INSERT INTO word (id, text, alias) VALUES ($1, $2, $2)", []byte("1"), secret)
	for name, fn := range map[string]func(tx *store.Tx) error{
		"taken": func(tx *store.Tx) error {
			return failing(tx, "INSERT INTO word (id, text, alias) VALUES ($1, 'x', $2)", []byte("2"), secret)
		},
		"wrong type": func(tx *store.Tx) error { return failing(tx, "INSERT INTO thing (n) VALUES ($1)", secret) },
		"bad cast": func(tx *store.Tx) error {
			return failing(tx, "INSERT INTO thing (n, word) VALUES (13, $1)", []byte(secret))
		},
		"wrong target": func(tx *store.Tx) error { return tx.Row("SELECT text FROM word").Scan(new(int64)) },
		"wrong id": func(tx *store.Tx) error {
			return tx.Row("SELECT text FROM word WHERE text = $1", secret).Scan(new(bool))
		},
		"broken text":   func(tx *store.Tx) error { return failing(tx, "DELETE FROM word WHERE text = $1", secret+"\xff") },
		"unknown type":  func(tx *store.Tx) error { return failing(tx, "DELETE FROM word WHERE text = $1", []string{secret}) },
		"nothing fits":  func(tx *store.Tx) error { return failing(tx, "INSERT INTO thing (r) VALUES ($1)", secret) },
		"none at all":   func(tx *store.Tx) error { return failing(tx, "INSERT INTO word (id, text) VALUES (NULL, $1)", secret) },
		"not one value": func(tx *store.Tx) error { return tx.Row("SELECT text, alias FROM word").Scan(new(string)) },
	} {
		err := db.Update(t.Context(), fn)
		if err == nil {
			t.Errorf("%s: no error", name)
		} else if strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), fmt.Sprintf("%x", secret)) {
			t.Errorf("%s: the error holds what a person wrote: %v", name, err)
		}
	}
}

func failing(tx *store.Tx, query string, args ...any) error {
	_, err := tx.Exec(query, args...)
	return err
}

func failedStatement(t *testing.T, db *store.DB) {
	migrated(t, db)
	err := db.Update(t.Context(), func(tx *store.Tx) error {
		if _, err := tx.Exec("INSERT INTO counter (id, n) VALUES (1, 1)"); err != nil {
			return err
		}
		if err := failing(tx, "INSERT INTO counter (id, n) VALUES (1, 1)"); !errors.Is(err, store.ErrTaken) {
			t.Errorf("the failing statement: %v", err)
		}
		if err := failing(tx, "INSERT INTO counter (id, n) VALUES (2, 1)"); !errors.Is(err, store.ErrTaken) {
			t.Errorf("a statement after a failed one: %v, want the first error", err)
		}
		return nil // the mistake of not looking
	})
	if !errors.Is(err, store.ErrTaken) || count(t, db, "counter") != 0 {
		t.Errorf("update: %v, want the statement's error and nothing kept", err)
	}
}

func oneStatement(t *testing.T, db *store.DB) {
	migrated(t, db)
	exec(t, db, "INSERT INTO counter (id, n) VALUES (1, 1), (2, 2), (3, 3)")
	update(t, db, func(tx *store.Tx) error {
		rows, err := tx.Rows("SELECT id FROM counter ORDER BY id")
		if err != nil || !rows.Next() {
			return fmt.Errorf("the first row: %w", err)
		}
		if err := failing(tx, "DELETE FROM counter"); err == nil {
			t.Error("a statement was run while rows were open")
		}
		rows.Close()
		rows.Close()
		if _, err := tx.Exec("UPDATE counter SET n = 10 WHERE id = 1"); err != nil {
			return fmt.Errorf("after closing: %w", err)
		}
		_, err = tx.Rows("SELECT id FROM counter") // left open: the store closes it
		return err
	})
	if n := one[int64](t, db, "SELECT CAST(SUM(n) AS BIGINT) FROM counter"); n != 15 {
		t.Errorf("the sum is %d, want 15", n)
	}
}

func overTx(t *testing.T, db *store.DB) {
	migrated(t, db)
	var kept *store.Tx
	update(t, db, func(tx *store.Tx) error { kept = tx; return nil })
	if err := failing(kept, "INSERT INTO counter (id, n) VALUES (1, 1)"); err == nil {
		t.Error("a transaction that was over took a statement")
	}
	if n := count(t, db, "counter"); n != 0 {
		t.Error("a transaction that was over wrote")
	}
}
