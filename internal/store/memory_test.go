package store_test

import (
	"os"
	"testing"

	"beside/internal/store"
)

// A database in memory has no file; what is written is read by others, and it is gone when it is closed.
func TestInMemory(t *testing.T) {
	t.Chdir(t.TempDir())
	for range 2 {
		db, err := store.Open(t.Context(), "", store.Options{Memory: true, Readers: 2})
		if err != nil {
			t.Fatal(err)
		}
		err = db.Update(t.Context(), func(tx *store.Tx) error {
			if _, err := tx.Exec(`CREATE TABLE thing (n INTEGER PRIMARY KEY)`); err != nil {
				return err
			}
			_, err := tx.Exec(`INSERT INTO thing (n) VALUES (7)`)
			return err
		})
		for range 3 {
			n := 0
			if err == nil {
				err = db.View(t.Context(), func(tx *store.Tx) error { return tx.Row(`SELECT n FROM thing`).Scan(&n) })
			}
			if err != nil || n != 7 {
				t.Errorf("%d, %v", n, err)
			}
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
	if left, err := os.ReadDir("."); err != nil || len(left) != 0 {
		t.Errorf("there lie %v, %v", left, err)
	}
}
