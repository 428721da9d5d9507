// Package storetest says what a store must do, as tests that run alike on every engine. It exists because one SQL text
// on two engines is a promise that only a shared suite can keep. Each trap that package store's words name has a test
// here.
package storetest

import (
	"context"
	"io/fs"
	"testing"
	"testing/fstest"

	"beside/internal/store"
)

// first and second are the schema files of the suite.
const first = `-- +goose Up
CREATE TABLE word (
	id    {BYTES} PRIMARY KEY,
	text  {TEXT} NOT NULL,
	alias {TEXT} UNIQUE
) {STRICT};
CREATE TABLE thing (
	seq  {SERIAL},
	n    {INT} CHECK (n <> 13),
	r    {REAL},
	b    {BYTES},
	word {BYTES} REFERENCES word (id)
) {STRICT};
CREATE TABLE counter (id {INT} PRIMARY KEY, n {INT} NOT NULL) {KEYED};
CREATE TABLE job (id {INT} PRIMARY KEY, owner {INT} NOT NULL) {STRICT};
`

const second = `-- +goose Up
ALTER TABLE counter ADD COLUMN note {TEXT} NOT NULL DEFAULT '';
`

// Schema is the suite's schema, for tests that go on from it.
func Schema() fs.FS {
	return fstest.MapFS{
		"0001_first.sql":  {Data: []byte(first)},
		"0002_second.sql": {Data: []byte(second)},
	}
}

// Run runs the suite. open returns an open, empty database and closes it when its test ends.
func Run(t *testing.T, open func(t *testing.T) *store.DB) {
	for _, c := range []struct {
		name string
		test func(t *testing.T, db *store.DB)
	}{
		{"schema/twice is once", migrateTwice},
		{"schema/a newer one is refused", migrateNewer},
		{"schema/a broken file is told and leaves nothing", migrateBroken},
		{"schema/the engine numbers rows", serial},
		{"values/whole numbers", wholeNumbers},
		{"values/bytes", byteStrings},
		{"values/text comes back as the same Unicode", unicodeText},
		{"values/text that one engine cannot hold is refused by both", refusedText},
		{"values/text is in byte order", byteOrder},
		{"values/ids, named types, truth and nothing", typedValues},
		{"values/a time.Time is refused", timeRefused},
		{"values/columns refuse other types", strictTypes},
		{"sql/parameters by number", parameters},
		{"sql/a parameter that may be NULL", nullParameter},
		{"sql/no JSON operators on text", jsonOperators},
		{"sql/conflicts and returning", conflicts},
		{"sql/list", list},
		{"sql/list of bytes", listBytes},
		{"sql/claim", claim},
		{"sql/transactions are the store's own", control},
		{"errors/no row", noRow},
		{"errors/taken and refused", constraints},
		{"errors/hold no values", noValues},
		{"errors/a failed statement ends the transaction", failedStatement},
		{"rows/one statement at a time", oneStatement},
		{"rows/a transaction that is over", overTx},
		{"update/an error keeps nothing", errorKeepsNothing},
		{"update/a panic keeps nothing", panicKeepsNothing},
		{"update/a goroutine that ends keeps nothing", goexitKeepsNothing},
		{"update/others' failures hurt only themselves", failuresInTheMiddle},
		{"update/a caller who left before is not run", leftBefore},
		{"update/a caller who leaves while running is kept", leftWhileRunning},
		{"update/many writers lose nothing", manyWriters},
		{"view/one snapshot", snapshot},
		{"view/cannot write", viewCannotWrite},
		{"view/sees what was written before", readYourWrites},
		{"glance/one SELECT and nothing else", glance},
		{"close/waits and refuses", closing},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, open(t)) })
	}
}

// migrated brings the suite's schema to db.
func migrated(t *testing.T, db *store.DB) {
	t.Helper()
	if err := db.Migrate(t.Context(), Schema()); err != nil {
		t.Fatal(err)
	}
}

// update runs fn and fails the test on an error. It is for the test's own goroutine.
func update(t *testing.T, db *store.DB, fn func(tx *store.Tx) error) {
	t.Helper()
	if err := db.Update(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

// exec runs one statement as an update and fails the test on an error.
func exec(t *testing.T, db *store.DB, query string, args ...any) {
	t.Helper()
	update(t, db, func(tx *store.Tx) error {
		_, err := tx.Exec(query, args...)
		return err
	})
}

// one reads one value and fails the test on an error.
func one[T any](t *testing.T, db *store.DB, query string, args ...any) T {
	t.Helper()
	var v T
	err := db.View(context.Background(), func(tx *store.Tx) error { return tx.Row(query, args...).Scan(&v) })
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// count returns how many rows a table has.
func count(t *testing.T, db *store.DB, table string) int64 {
	t.Helper()
	return one[int64](t, db, "SELECT COUNT(*) FROM "+table)
}
