package storetest

import (
	"bytes"
	"crypto/rand"
	"errors"
	"math"
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/store"
)

func migrateTwice(t *testing.T, db *store.DB) {
	migrated(t, db)
	exec(t, db, "INSERT INTO counter (id, n, note) VALUES (1, 7, 'kept')")
	migrated(t, db)
	if n := count(t, db, "counter"); n != 1 {
		t.Errorf("%d rows after migrating again, want 1", n)
	}
}

func migrateNewer(t *testing.T, db *store.DB) {
	migrated(t, db)
	older := fstest.MapFS{"0001_first.sql": {Data: []byte(first)}}
	if err := db.Migrate(t.Context(), older); err == nil {
		t.Error("a program that knows schema 1 took a database with schema 2")
	}
}

func migrateBroken(t *testing.T, db *store.DB) {
	broken := fstest.MapFS{"0001_broken.sql": {Data: []byte("-- +goose Up\nCREATE TABLE half (n {INT});\nCREATE TABL;\n")}}
	if err := db.Migrate(t.Context(), broken); err == nil {
		t.Fatal("a broken schema file was taken")
	}
	migrated(t, db) // fails when the broken file counts as run
	err := db.View(t.Context(), func(tx *store.Tx) error { return tx.Row("SELECT n FROM half").Scan(new(int64)) })
	if err == nil || errors.Is(err, store.ErrNone) {
		t.Errorf("reading the table of a broken file: %v, want an error", err)
	}
}

func serial(t *testing.T, db *store.DB) {
	migrated(t, db)
	for want := range int64(3) {
		var got int64
		update(t, db, func(tx *store.Tx) error { return tx.Row("INSERT INTO thing (n) VALUES (1) RETURNING seq").Scan(&got) })
		if got != want+1 {
			t.Errorf("row %d got number %d", want+1, got)
		}
	}
}

func wholeNumbers(t *testing.T, db *store.DB) {
	migrated(t, db)
	micros := clock.Of(time.Date(2026, 3, 29, 1, 30, 0, 123456000, time.UTC))
	for _, want := range []clock.Time{0, 1, -1, micros, -micros, math.MaxInt64, math.MinInt64, 1<<53 + 1} {
		exec(t, db, "INSERT INTO thing (n) VALUES ($1)", want)
		got := one[clock.Time](t, db, "SELECT n FROM thing WHERE n = $1", want)
		if got != want {
			t.Errorf("%d came back as %d", want, got)
		}
	}
	for _, want := range []float64{0.1, -1.5e300, math.SmallestNonzeroFloat64} {
		exec(t, db, "INSERT INTO thing (r) VALUES ($1)", want)
		if got := one[float64](t, db, "SELECT r FROM thing WHERE r = $1", want); got != want {
			t.Errorf("%v came back as %v", want, got)
		}
	}
	if sum := one[int64](t, db, "SELECT CAST(SUM(n) AS BIGINT) FROM thing WHERE n IN (1, 0)"); sum != 1 {
		t.Errorf("a cast sum is %d, want 1", sum)
	}
}

func byteStrings(t *testing.T, db *store.DB) {
	migrated(t, db)
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	large := make([]byte, 1<<20)
	rand.Read(large)
	for _, want := range [][]byte{all, large, {0}, {}} {
		exec(t, db, "DELETE FROM thing")
		exec(t, db, "INSERT INTO thing (b) VALUES ($1)", want)
		if got := one[[]byte](t, db, "SELECT b FROM thing WHERE b IS NOT NULL"); !bytes.Equal(got, want) {
			t.Errorf("%d bytes came back as %d others", len(want), len(got))
		}
	}
	exec(t, db, "DELETE FROM thing")
	exec(t, db, "INSERT INTO thing (b) VALUES ($1)", []byte(nil))
	if n := one[int64](t, db, "SELECT COUNT(*) FROM thing WHERE b IS NULL"); n != 1 {
		t.Error("a nil slice is not stored as NULL")
	}
}

// words are texts that software has been known to change.
var words = []string{
	"plain", "", " spaces  kept ", "line\nbreak\r\nand\ttab", "quotes ' \" ` \\ $1 ? %s",
	"émigré", "e\u0301migre\u0301", // composed and decomposed stay different
	"ﬁ ﬂ ß ſ İ ı", "שלום עולם", "مرحبا \u200fbidi\u202etext\u202c", "नमस्ते", "ไทย", "漢字 𠮷",
	"👩\u200d👩\u200d👧\u200d👦 👍🏽 🏴\u200d☠\ufe0f", "\ufeffbom", "\ufffd", "z\u0335\u0321\u034d\u0316a\u0338\u035b\u033e", "\u0001\u001f\u007f\u0085", "𝓢𝓮𝓵𝓯",
}

func unicodeText(t *testing.T, db *store.DB) {
	migrated(t, db)
	for i, want := range words {
		key := []byte{byte(i)}
		exec(t, db, "INSERT INTO word (id, text) VALUES ($1, $2)", key, want)
		if got := one[string](t, db, "SELECT text FROM word WHERE id = $1", key); got != want {
			t.Errorf("%q came back as %q", want, got)
		}
		if n := one[int64](t, db, "SELECT COUNT(*) FROM word WHERE text = $1", want); n != 1 {
			t.Errorf("%q is found %d times, want once", want, n)
		}
	}
}

func refusedText(t *testing.T, db *store.DB) {
	migrated(t, db)
	for _, bad := range []string{"a\x00b", "\xff", "cut \xf0\x9f\x98"} {
		err := db.Update(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Exec("INSERT INTO word (id, text) VALUES ($1, $2)", []byte("x"), bad)
			return err
		})
		if !errs.Is(err, errs.Invalid) {
			t.Errorf("%q: %v, want an invalid-input error", bad, err)
		}
	}
}

func byteOrder(t *testing.T, db *store.DB) {
	migrated(t, db)
	texts := []string{"b", "a", "B", "ä", "Z", "z", "é", "e\u0301", "_", "10", "9", "😀", "\ufffd", "字"}
	for i, s := range texts {
		exec(t, db, "INSERT INTO word (id, text) VALUES ($1, $2)", []byte{byte(i)}, s)
	}
	var got []string
	err := db.View(t.Context(), func(tx *store.Tx) error {
		return store.Each(tx, "SELECT text FROM word ORDER BY text", nil, func(scan func(...any) error) error {
			var s string
			err := scan(&s)
			got = append(got, s)
			return err
		})
	})
	slices.Sort(texts)
	if err != nil || !slices.Equal(got, texts) {
		t.Errorf("order %q, want %q (%v)", got, texts, err)
	}
}

type flavour string

type size int

func typedValues(t *testing.T, db *store.DB) {
	migrated(t, db)
	person := id.New[id.Person](id.NewMaker(clock.NewManual(1), nil))
	exec(t, db, "INSERT INTO word (id, text, alias) VALUES ($1, $2, $3)", person, flavour("plum"), nil)
	exec(t, db, "INSERT INTO thing (n, word) VALUES ($1, $2), ($3, $4), ($5, $6)", size(3), person, true, id.Person{}, false, nil)
	if got := one[id.Person](t, db, "SELECT word FROM thing WHERE n = $1", size(3)); got != person {
		t.Errorf("an id came back as %v", got)
	}
	if got := one[flavour](t, db, "SELECT text FROM word WHERE id = $1", person); got != "plum" {
		t.Errorf("a named string came back as %q", got)
	}
	if got := one[id.Person](t, db, "SELECT word FROM thing WHERE n = $1", true); !got.IsZero() {
		t.Errorf("the id of nobody came back as %v", got)
	}
	if got := one[bool](t, db, "SELECT n FROM thing WHERE n = 0"); got {
		t.Error("false came back as true")
	}
	if n := one[int64](t, db, "SELECT COUNT(*) FROM thing WHERE word IS NULL"); n != 2 {
		t.Errorf("%d rows without a word, want 2", n)
	}
}

func timeRefused(t *testing.T, db *store.DB) {
	migrated(t, db)
	err := db.Update(t.Context(), func(tx *store.Tx) error {
		_, err := tx.Exec("INSERT INTO thing (n) VALUES ($1)", time.Unix(1, 0))
		return err
	})
	if !errs.Is(err, errs.Invalid) {
		t.Errorf("a time.Time gave %v, want an invalid-input error", err)
	}
}

func strictTypes(t *testing.T, db *store.DB) {
	migrated(t, db)
	for name, c := range map[string]struct {
		query string
		arg   any
	}{
		"text for a number":          {"INSERT INTO thing (n) VALUES ($1)", "many"},
		"a fraction for a number":    {"INSERT INTO thing (n) VALUES ($1)", 1.5},
		"bytes for a number":         {"INSERT INTO thing (n) VALUES ($1)", []byte("x")},
		"text for a fraction":        {"INSERT INTO thing (r) VALUES ($1)", "half"},
		"nothing where nothing goes": {"INSERT INTO word (id, text) VALUES ('x', $1)", nil},
	} {
		err := db.Update(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Exec(c.query, c.arg)
			return err
		})
		if !errors.Is(err, store.ErrRefused) {
			t.Errorf("%s: %v, want ErrRefused", name, err)
		}
	}
}
