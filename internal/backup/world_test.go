package backup_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"beside/internal/backup"
	"beside/internal/clock"
	"beside/internal/store"
	"beside/internal/store/rows"
	"beside/internal/store/schema"
)

// noon is when these worlds stand.
const noon = clock.Time(1804680000) * clock.Second

// secret is a key of a test's own.
type secret string

// Key returns a key that follows from the secret.
func (s secret) Key(purpose string) []byte {
	sum := sha256.Sum256([]byte(string(s) + purpose))
	return sum[:]
}

// filled is a database with rows in every table that chance makes.
type filled struct {
	t      testing.TB
	db     *store.DB
	chance *rand.Rand
	tables []rows.Table
	refers map[string][]reference
	there  map[string][]map[string]any // rows by their columns, a few of each table, for others to refer to
}

func open(t testing.TB, where string) *store.DB {
	t.Helper()
	db, err := store.Open(context.Background(), where, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func fill(t testing.TB, where string, seed uint64) *filled {
	t.Helper()
	f := &filled{t: t, db: open(t, where), chance: rand.New(rand.NewPCG(seed, 1)), refers: references(t), there: map[string][]map[string]any{}}
	f.must(f.db.Migrate(context.Background(), schema.Files))
	f.must(f.db.View(context.Background(), func(tx *store.Tx) (err error) {
		f.tables, err = rows.Tables(tx)
		return err
	}))
	f.tables = slices.DeleteFunc(f.tables, func(t rows.Table) bool { return t.Name == "restoring" || t.Name == "resting" })
	return f
}

func (f *filled) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

// reference is one foreign key: its columns, and those of the parent they repeat.
type reference struct {
	parent   string
	from, to []string
}

var (
	asked sync.Once
	known map[string][]reference
)

// references are the foreign keys of each table. The schema is one for both engines, so they are asked of an empty SQLite,
// once.
func references(t testing.TB) map[string][]reference {
	t.Helper()
	asked.Do(func() { known = askReferences(t) })
	return known
}

func askReferences(t testing.TB) map[string][]reference {
	t.Helper()
	db := open(t, t.TempDir())
	out := map[string][]reference{}
	err := db.Migrate(context.Background(), schema.Files)
	if err == nil {
		err = db.View(context.Background(), func(tx *store.Tx) error {
			for _, name := range tableNames(t, tx) {
				err := store.Each(tx, `SELECT id, "table", "from", "to" FROM pragma_foreign_key_list($1) ORDER BY id, seq`, []any{name}, func(scan func(...any) error) error {
					var n int
					var parent, from, to string
					err := scan(&n, &parent, &from, &to)
					if n == len(out[name]) {
						out[name] = append(out[name], reference{parent: parent})
					}
					r := &out[name][n]
					r.from, r.to = append(r.from, from), append(r.to, to)
					return err
				})
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// add writes n rows into each table.
func (f *filled) add(n int) {
	f.t.Helper()
	f.must(f.db.Update(context.Background(), func(tx *store.Tx) error {
		for _, t := range f.tables {
			for range n {
				if err := f.row(tx, t); err != nil {
					return err
				}
			}
		}
		return nil
	}))
}

func (f *filled) row(tx *store.Tx, t rows.Table) error {
	values := make([]any, len(t.Columns))
	names, marks := make([]string, len(values)), make([]string, len(values))
	given := map[string]any{}
	for _, r := range f.refers[t.Name] {
		parent := f.parent(t, r, given)
		if parent == nil {
			return nil // two parents that this row would have in common are in no such relation yet
		}
		for i := range r.from {
			given[r.from[i]] = parent[r.to[i]]
		}
	}
	whole := map[string]any{}
	for i, c := range t.Columns {
		names[i], marks[i] = `"`+c.Name+`"`, fmt.Sprintf("$%d", i+1)
		values[i] = f.value(t, c)
		if v, ok := given[c.Name]; ok {
			values[i] = v
		}
		whole[c.Name] = values[i]
	}
	done, err := tx.Exec(`INSERT INTO `+t.Name+` (`+strings.Join(names, ", ")+`) VALUES (`+strings.Join(marks, ", ")+`) ON CONFLICT DO NOTHING`, values...)
	if err == nil && done == 1 && len(f.there[t.Name]) < 20 {
		f.there[t.Name] = append(f.there[t.Name], whole)
	}
	return err
}

// parent is a row to refer to that agrees with what other references have given already, the first of them half the time, so that
// there are rows with the same; none when there is none.
func (f *filled) parent(t rows.Table, r reference, given map[string]any) map[string]any {
	f.t.Helper()
	all := f.there[r.parent]
	if len(all) == 0 {
		f.t.Fatalf("%s refers to %s, which has no row", t.Name, r.parent)
	}
	var fit []map[string]any
	for _, row := range all {
		agrees := true
		for i, from := range r.from {
			v, there := given[from]
			agrees = agrees && (!there || reflect.DeepEqual(v, row[r.to[i]]))
		}
		if agrees {
			fit = append(fit, row)
		}
	}
	switch {
	case len(fit) == 0:
		return nil
	case f.chance.IntN(2) == 0:
		return fit[0]
	}
	return fit[f.chance.IntN(len(fit))]
}

func (f *filled) value(t rows.Table, c rows.Column) any {
	switch {
	case c.Null && f.chance.IntN(3) == 0:
		return nil
	case c.Type == rows.Int && c.Name == "n" && t.Name != "log_queue":
		return int64(1)
	case c.Type == rows.Int && slices.Contains(t.Key, c.Name):
		return f.chance.Int64N(1 << 40)
	case c.Type == rows.Int:
		return []int64{0, 1, -1, f.chance.Int64(), -f.chance.Int64()}[f.chance.IntN(5)]
	case c.Type == rows.Real:
		return f.chance.NormFloat64()
	case c.Type == rows.Text:
		return []string{"", "naïve ☂", hex.EncodeToString(f.bytes(9))}[f.chance.IntN(3)]
	case c.Name == "sealed":
		return f.bytes(f.chance.IntN(2000))
	case c.Null || c.Name == "commitment":
		return f.bytes(f.chance.IntN(3) * 16)
	}
	return f.bytes(16)
}

func (f *filled) bytes(n int) []byte {
	out := make([]byte, n)
	for i := range out {
		out[i] = byte(f.chance.Uint32())
	}
	return out
}

// change changes some rows and takes some away, in tables that no other refers to.
func (f *filled) change() {
	f.t.Helper()
	f.must(f.db.Update(context.Background(), func(tx *store.Tx) error {
		for _, q := range []string{
			`UPDATE entry SET sealed = $1, commitment = $1 WHERE seq = (SELECT MIN(seq) FROM entry)`,
			`DELETE FROM look WHERE at = (SELECT MAX(at) FROM look) AND $1 = $1`,
			`DELETE FROM promise WHERE id = (SELECT id FROM promise ORDER BY id LIMIT 1) AND $1 = $1`,
		} {
			if _, err := tx.Exec(q, []byte{}); err != nil {
				return err
			}
		}
		return nil
	}))
}

// dump is every row of every table, read otherwise than package rows reads them.
func dump(t testing.TB, db *store.DB) string {
	t.Helper()
	var out []string
	err := db.View(context.Background(), func(tx *store.Tx) error {
		for _, name := range tableNames(t, tx) {
			if slices.Contains([]string{"restoring", "resting", "goose_db_version"}, name) {
				continue
			}
			lines, err := dumpTable(tx, name)
			if err != nil {
				return err
			}
			out = append(out, lines...)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(out, "\n")
}

func tableNames(t testing.TB, tx *store.Tx) (out []string) {
	t.Helper()
	query := `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name`
	if tx.Engine() == store.Postgres {
		query = `SELECT CAST(table_name AS TEXT) FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE' ORDER BY 1`
	}
	err := store.Each(tx, query, nil, func(scan func(...any) error) error {
		var name string
		err := scan(&name)
		out = append(out, name)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return out
}

func columnNames(tx *store.Tx, table string) (out []string, err error) {
	query := `SELECT name FROM pragma_table_info($1)`
	if tx.Engine() == store.Postgres {
		query = `SELECT CAST(column_name AS TEXT) FROM information_schema.columns WHERE table_schema = 'public' AND table_name = $1`
	}
	err = store.Each(tx, query, []any{table}, func(scan func(...any) error) error {
		var name string
		err := scan(&name)
		out = append(out, name)
		return err
	})
	slices.Sort(out)
	return out, err
}

func dumpTable(tx *store.Tx, name string) (lines []string, err error) {
	columns, err := columnNames(tx, name)
	if err != nil {
		return nil, err
	}
	query := `SELECT `
	for i, c := range columns {
		if i > 0 {
			query += ", "
		}
		query += `"` + c + `", "` + c + `" IS NULL`
	}
	values := make([]any, 2*len(columns))
	into := make([]any, len(values))
	for i := range values {
		into[i] = &values[i]
	}
	err = store.Each(tx, query+` FROM `+name, nil, func(scan func(...any) error) error {
		err := scan(into...)
		var line bytes.Buffer
		fmt.Fprintf(&line, "%s:", name)
		for i := 0; i < len(values); i += 2 {
			if nothing := fmt.Sprint(values[i+1]); nothing == "1" || nothing == "true" {
				line.WriteString(" -")
			} else if b, ok := values[i].([]byte); ok || values[i] == nil {
				fmt.Fprintf(&line, " x%x", b)
			} else {
				fmt.Fprintf(&line, " %T %v", values[i], values[i])
			}
		}
		lines = append(lines, line.String())
		return err
	})
	slices.Sort(lines)
	return lines, err
}

// folder is a folder of backups.
func folder(t testing.TB, path string, key secret) *backup.Folder {
	t.Helper()
	f, err := backup.Open(path, backup.Books, key, true)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// newest is the number of the newest schema file.
func newest(t testing.TB, db *store.DB) int64 {
	t.Helper()
	_, known, err := db.Schema(context.Background(), schema.Files)
	if err != nil {
		t.Fatal(err)
	}
	return known
}

// write makes a backup at a time.
func write(t testing.TB, f *backup.Folder, db *store.DB, at clock.Time) backup.Report {
	t.Helper()
	r, err := f.Write(context.Background(), db, making(t, db, at))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func making(t testing.TB, db *store.DB, at clock.Time) backup.Making {
	t.Helper()
	return backup.Making{Schema: newest(t, db), Version: "test", At: at, Rand: rand.NewChaCha8([32]byte{byte(at / clock.Second)})}
}

func restoring() backup.Restoring {
	return backup.Restoring{Schema: schema.Files, Now: noon, Rests: true}
}
