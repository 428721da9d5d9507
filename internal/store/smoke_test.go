package store_test

import (
	"context"
	"testing"
	"testing/fstest"

	"beside/internal/store"
)

func TestSmoke(t *testing.T) {
	db, err := store.Open(t.Context(), t.TempDir(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	schema := fstest.MapFS{"0001_a.sql": {Data: []byte("-- +goose Up\nCREATE TABLE a (id {BYTES} PRIMARY KEY, n {INT} NOT NULL) {STRICT};\n")}}
	if err := db.Migrate(t.Context(), schema); err != nil {
		t.Fatal(err)
	}
	err = db.Update(context.Background(), func(tx *store.Tx) error {
		_, err := tx.Exec("INSERT INTO a (id, n) VALUES ($1, $2)", []byte("x"), 3)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	var n int
	if err := db.View(t.Context(), func(tx *store.Tx) error { return tx.Row("SELECT n FROM a").Scan(&n) }); err != nil || n != 3 {
		t.Fatal(n, err)
	}
}
