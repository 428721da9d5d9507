package ready_test

import (
	"testing"

	"beside/internal/store"
	"beside/internal/store/schema"
	"beside/internal/testkit/ready"
)

// TestEachTestHasItsOwn: what one writes is not there for the next, and there is nothing left to make.
func TestEachTestHasItsOwn(t *testing.T) {
	for range 2 {
		ready.Both(t, func(t *testing.T, where string) {
			db, err := store.Open(t.Context(), where, store.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			before := version(t, db)
			if err := db.Migrate(t.Context(), schema.Files); err != nil {
				t.Fatal(err)
			}
			if after := version(t, db); before != after || before < 13 {
				t.Errorf("the schema was at %d, and is at %d", before, after)
			}
			err = db.Update(t.Context(), func(tx *store.Tx) error {
				_, err := tx.Exec(`INSERT INTO book (id, owner, seq, made_at) VALUES ($1, $1, 0, 0)`, make([]byte, 16))
				return err
			})
			if err != nil {
				t.Errorf("a new database is not empty: %v", err)
			}
		})
	}
}

func version(t *testing.T, db *store.DB) (n int) {
	t.Helper()
	err := db.View(t.Context(), func(tx *store.Tx) error {
		return tx.Row(`SELECT MAX(version_id) FROM goose_db_version`).Scan(&n)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
