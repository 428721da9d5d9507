package store_test

import (
	"testing"

	"beside/internal/store"
	"beside/internal/store/storetest"
	"beside/internal/testkit/pgtest"
)

func TestSuiteOnSQLite(t *testing.T) {
	storetest.Run(t, func(t *testing.T) *store.DB { return open(t, t.TempDir()) })
}

func TestSuiteOnPostgres(t *testing.T) {
	storetest.Run(t, func(t *testing.T) *store.DB { return open(t, pgtest.URL(t)) })
}

func open(t testing.TB, where string) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), where, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() }) // the test may have closed it
	return db
}
