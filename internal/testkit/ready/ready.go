// Package ready gives a test a database that has Beside's tables already. It exists because making them takes longer than
// most tests: they are made once, and each test gets a copy. A test of what happens while tables are made begins with an
// empty database of package pgtest instead. It is for tests only.
package ready

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"beside/internal/store"
	"beside/internal/store/schema"
	"beside/internal/testkit/pgtest"
)

// file is what package store calls the database in a folder.
const file = "beside.db"

// Both runs a test once for each engine, with a folder for SQLite and a URL for PostgreSQL.
func Both(t *testing.T, fn func(t *testing.T, where string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { fn(t, Folder(t)) })
	t.Run("postgres", func(t *testing.T) { fn(t, URL(t)) })
}

// Folder returns a folder with an SQLite database, which goes when the test ends.
func Folder(t testing.TB) string {
	t.Helper()
	whole, err := lite()
	if err != nil {
		t.Fatalf("ready: %v", err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, file), whole, 0o600); err != nil {
		t.Fatalf("ready: %v", err)
	}
	return dir
}

// URL returns the URL of a PostgreSQL database, which goes when the test ends.
func URL(t testing.TB) string {
	t.Helper()
	name, err := fingerprint()
	if err != nil {
		t.Fatalf("ready: %v", err)
	}
	return pgtest.Like(t, "beside_"+name, migrate)
}

// lite is the file of an SQLite database with the tables.
var lite = sync.OnceValues(func() (whole []byte, err error) {
	dir, err := os.MkdirTemp("", "beside-ready")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := migrate(dir); err != nil {
		return nil, err
	}
	return os.ReadFile(filepath.Join(dir, file))
})

func migrate(where string) error {
	db, err := store.Open(context.Background(), where, store.Options{})
	if err != nil {
		return err
	}
	return errors.Join(db.Migrate(context.Background(), schema.Files), db.Close())
}

// fingerprint tells the tables of one Beside from those of another.
var fingerprint = sync.OnceValues(func() (string, error) {
	names, err := fs.Glob(schema.Files, "*.sql")
	if err != nil {
		return "", err
	}
	h := sha256.New()
	for _, name := range names {
		text, err := fs.ReadFile(schema.Files, name)
		if err != nil {
			return "", err
		}
		h.Write([]byte(name + "\x00"))
		h.Write(text)
	}
	return hex.EncodeToString(h.Sum(nil)[:12]), nil
})
