package rows_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"
	"testing/fstest"

	"beside/internal/store"
	"beside/internal/store/rows"
	"beside/internal/testkit/pgtest"
)

func with(t *testing.T, where, sql string) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), where, store.Options{})
	if err == nil {
		t.Cleanup(func() { _ = db.Close() })
		err = db.Migrate(t.Context(), fstest.MapFS{"0001_x.sql": {Data: []byte(sql)}})
	}
	if err != nil {
		t.Fatal(err)
	}
	return db
}

const ordered = `-- +goose Up
CREATE TABLE zoo (id {BYTES} NOT NULL PRIMARY KEY, r {REAL}) {STRICT};
CREATE TABLE child (
  parent {BYTES} NOT NULL REFERENCES zoo (id),
  n      {INT} NOT NULL,
  note   {BYTES},
  PRIMARY KEY (parent, n)
) {KEYED};
CREATE TABLE counted (n {SERIAL}, word {TEXT} NOT NULL) {STRICT};
`

// More rows than a page are read once each, in the order of the key, and both engines give the same bytes; nothing and
// empty bytes stay two things.
func TestBothEnginesGiveTheSameBytes(t *testing.T) {
	var first []byte
	pgtest.Both(t, func(t *testing.T, where string) {
		db := with(t, where, ordered)
		err := db.Update(t.Context(), func(tx *store.Tx) error {
			if _, err := tx.Exec(`INSERT INTO zoo (id, r) VALUES ($1, $2)`, []byte{1}, 2.5); err != nil {
				return err
			}
			for n := range 4500 {
				note := []any{nil, []byte{}, []byte{0}}[n%3]
				if _, err := tx.Exec(`INSERT INTO child (parent, n, note) VALUES ($1, $2, $3)`, []byte{1}, n*7919%4507, note); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		var all []byte
		var names []string
		err = db.View(t.Context(), func(tx *store.Tx) error {
			found, err := rows.Tables(tx)
			for _, x := range found {
				names = append(names, x.Name)
				n := int64(0)
				if err := x.Read(tx, func(r rows.Row) error {
					n++
					all = append(all, r.Form...)
					return nil
				}); err != nil {
					return err
				}
				if want, err := x.Count(tx); err != nil || n != want {
					t.Errorf("%s: %d rows were read of %d, %v", x.Name, n, want, err)
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(names, []string{"counted", "zoo", "child"}) {
			t.Errorf("the tables come as %v: the child before its parent, or not all", names)
		}
		if first == nil {
			first = all
		} else if !bytes.Equal(first, all) {
			t.Error("the engines give different bytes for the same rows")
		}
	})
}

func TestATableThatCannotBeCarriedIsAnError(t *testing.T) {
	for name, sql := range map[string]string{
		"without a key": "-- +goose Up\nCREATE TABLE loose (n {INT}) {STRICT};\n",
		"a circle":      "-- +goose Up\nCREATE TABLE a (id {INT} PRIMARY KEY, b {INT} REFERENCES b (id)) {STRICT};\nCREATE TABLE b (id {INT} PRIMARY KEY, a {INT} REFERENCES a (id)) {STRICT};\n",
		"virtual":       "-- +goose Up\nCREATE VIRTUAL TABLE words USING fts5 (text);\n",
	} {
		t.Run(name, func(t *testing.T) {
			err := with(t, t.TempDir(), sql).View(t.Context(), func(tx *store.Tx) error {
				_, err := rows.Tables(tx)
				return err
			})
			if !errors.Is(err, rows.ErrTable) {
				t.Errorf("%v", err)
			}
		})
	}
}
