// Package rows reads and writes the rows of any table of a database, without knowing what the table is for. It exists so
// that a backup, and a second copy of the keyring, cover every table there is: the list comes from the database itself,
// and a table that could not be carried is an error, never left out.
//
// A row has one form, whatever the engine: the columns in the order of their names, each as a byte that says what it is
// and its value. Rows come in the order of the primary key, which is the same on both engines, so that equal tables give
// equal bytes:
//
//	0              nothing (NULL)
//	1 varint       a whole number
//	2 length bytes bytes
//	3 length bytes text
//	4 8 bytes      a double, big-endian
package rows

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"beside/internal/errs"
	"beside/internal/store"
)

// Type is what a column holds.
type Type string

// The types there are, as in schema files.
const (
	Int   Type = "int"
	Bytes Type = "bytes"
	Text  Type = "text"
	Real  Type = "real"
)

// Column is one column of a table.
type Column struct {
	Name string `json:"name"`
	Type Type   `json:"type"`
	Null bool   `json:"null,omitempty"` // it may hold nothing
}

// Table is one table as it stands in the database.
type Table struct {
	Name    string   `json:"name"`
	Columns []Column `json:"columns"` // in the order of their names
	Key     []string `json:"key"`     // the columns of the primary key, in its order
	Serial  string   `json:"-"`       // the column that the engine numbers, on PostgreSQL; "" for none

	refers []string // tables that its rows refer to
}

// versions is the store's own table of what was migrated. It says what the schema is, so it is made, not carried.
const versions = "goose_db_version"

// ErrTable is returned for a table that cannot be carried.
var ErrTable = errors.New("rows: a table that cannot be carried")

// Tables returns every table of the database but the store's own, each after those that its rows refer to, otherwise in
// the order of their names. It returns [ErrTable] for one without a primary key, with a type of column that is not known
// here, or in a circle of references; other errors are those of the store.
func Tables(tx *store.Tx) ([]Table, error) {
	read := liteTables
	if tx.Engine() == store.Postgres {
		read = serverTables
	}
	found, err := read(tx)
	if err != nil {
		return nil, errs.Wrap("rows: tables", err)
	}
	for i := range found {
		slices.SortFunc(found[i].Columns, func(a, b Column) int { return strings.Compare(a.Name, b.Name) })
		if err := found[i].whole(); err != nil {
			return nil, err
		}
	}
	return ordered(found)
}

func (t Table) whole() error {
	if len(t.Key) == 0 {
		return fmt.Errorf("%w: %s has no primary key", ErrTable, t.Name)
	}
	for _, c := range t.Columns {
		if c.Type == "" {
			return fmt.Errorf("%w: column %s of %s has an unknown type", ErrTable, c.Name, t.Name)
		}
	}
	return nil
}

// column returns the place of a column.
func (t Table) column(name string) int {
	return slices.IndexFunc(t.Columns, func(c Column) bool { return c.Name == name })
}

// ordered puts tables after those they refer to.
func ordered(all []Table) ([]Table, error) {
	slices.SortFunc(all, func(a, b Table) int { return strings.Compare(a.Name, b.Name) })
	var out []Table
	done := map[string]bool{}
	for len(out) < len(all) {
		before := len(out)
		for _, t := range all {
			waits := func(other string) bool { return other != t.Name && !done[other] }
			if !done[t.Name] && !slices.ContainsFunc(t.refers, waits) {
				out, done[t.Name] = append(out, t), true
			}
		}
		if len(out) == before {
			return nil, fmt.Errorf("%w: tables refer to each other in a circle", ErrTable)
		}
	}
	return out, nil
}

func liteTables(tx *store.Tx) (all []Table, err error) {
	err = store.Each(tx, `SELECT name, type FROM pragma_table_list WHERE schema = 'main' AND name NOT LIKE 'sqlite\_%' ESCAPE '\'`, nil,
		func(scan func(...any) error) error {
			var name, kind string
			if err := scan(&name, &kind); err != nil {
				return err
			}
			switch {
			case name == versions, kind == "view", kind == "shadow":
				return nil
			case kind != "table":
				return fmt.Errorf("%w: %s is a %s table", ErrTable, name, kind)
			}
			all = append(all, Table{Name: name})
			return nil
		})
	for i := 0; i < len(all) && err == nil; i++ {
		err = all[i].describeLite(tx)
	}
	return all, err
}

var liteTypes = map[string]Type{"INTEGER": Int, "BLOB": Bytes, "TEXT": Text, "REAL": Real}

func (t *Table) describeLite(tx *store.Tx) error {
	key := map[int]string{}
	err := store.Each(tx, `SELECT name, type, "notnull", pk FROM pragma_table_info($1) ORDER BY cid`, []any{t.Name}, func(scan func(...any) error) error {
		var name, kind string
		var full, at int
		err := scan(&name, &kind, &full, &at)
		t.Columns = append(t.Columns, Column{Name: name, Type: liteTypes[kind], Null: full == 0 && at == 0})
		if at > 0 {
			key[at] = name
		}
		return err
	})
	for n := 1; n <= len(key); n++ {
		t.Key = append(t.Key, key[n])
	}
	if err != nil {
		return err
	}
	return store.Each(tx, `SELECT "table" FROM pragma_foreign_key_list($1)`, []any{t.Name}, t.referTo)
}

func (t *Table) referTo(scan func(...any) error) error {
	var other string
	err := scan(&other)
	t.refers = append(t.refers, other)
	return err
}

func serverTables(tx *store.Tx) (all []Table, err error) {
	err = store.Each(tx, `SELECT c.relname, CAST(c.relkind AS TEXT) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p', 'f') ORDER BY c.relname`, nil, func(scan func(...any) error) error {
		var name, kind string
		if err := scan(&name, &kind); err != nil || name == versions {
			return err
		}
		if kind != "r" {
			return fmt.Errorf("%w: %s is of the kind %q", ErrTable, name, kind)
		}
		all = append(all, Table{Name: name})
		return nil
	})
	for i := 0; i < len(all) && err == nil; i++ {
		err = all[i].describeServer(tx)
	}
	return all, err
}

var serverTypes = map[string]Type{"bigint": Int, "integer": Int, "bytea": Bytes, "text": Text, "double precision": Real}

const thisTable = `SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = current_schema() AND c.relname = $1`

func (t *Table) describeServer(tx *store.Tx) error {
	err := store.Each(tx, `SELECT attname, format_type(atttypid, atttypmod), attnotnull, attidentity <> '' FROM pg_attribute
		WHERE attrelid = (`+thisTable+`) AND attnum > 0 AND NOT attisdropped ORDER BY attnum`, []any{t.Name}, func(scan func(...any) error) error {
		var name, kind string
		var full, numbered bool
		err := scan(&name, &kind, &full, &numbered)
		t.Columns = append(t.Columns, Column{Name: name, Type: serverTypes[kind], Null: !full})
		if numbered {
			t.Serial = name
		}
		return err
	})
	if err != nil {
		return err
	}
	err = store.Each(tx, `SELECT a.attname FROM pg_index i CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k (num, place)
		JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.num
		WHERE i.indisprimary AND i.indrelid = (`+thisTable+`) ORDER BY k.place`, []any{t.Name}, func(scan func(...any) error) error {
		var name string
		err := scan(&name)
		t.Key = append(t.Key, name)
		return err
	})
	if err != nil {
		return err
	}
	return store.Each(tx, `SELECT o.relname FROM pg_constraint f JOIN pg_class o ON o.oid = f.confrelid
		WHERE f.contype = 'f' AND f.conrelid = (`+thisTable+`)`, []any{t.Name}, t.referTo)
}
