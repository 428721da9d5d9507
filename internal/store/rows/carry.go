package rows

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"beside/internal/errs"
	"beside/internal/store"
)

// page is how many rows one statement reads: a server ends statements that take long.
const page = 2000

// Row is one row on its way. Its bytes are good until the function it was handed to returns.
type Row struct {
	Form []byte // the whole row
	Key  []byte // the same form of its primary key alone
}

// Read hands every row of the table to fn, in the order of the primary key, from the transaction's snapshot. It holds a page
// of rows at most, and stops at the first error of fn or of the store.
func (t Table) Read(tx *store.Tx, fn func(Row) error) error {
	r := reader{Table: t, dest: t.dest()}
	var after []any
	for {
		n, last, err := r.page(tx, after, fn)
		if err != nil {
			return errs.Wrap("rows: "+t.Name, err)
		}
		if n < page {
			return nil
		}
		after = last
	}
}

// Count returns how many rows the table has. Errors are those of the store.
func (t Table) Count(tx *store.Tx) (n int64, err error) {
	err = tx.Row(`SELECT COUNT(*) FROM ` + quoted(t.Name)).Scan(&n)
	return n, errs.Wrap("rows: count", err)
}

type reader struct {
	Table
	dest      *row
	form, key []byte
}

// page reads the rows after a key; nil means from the beginning.
func (r *reader) page(tx *store.Tx, after []any, fn func(Row) error) (n int, last []any, err error) {
	err = store.Each(tx, r.query(after != nil), after, func(scan func(...any) error) error {
		if err := scan(r.dest.into...); err != nil {
			return err
		}
		values := r.dest.values()
		n++
		last = r.keyOf(values)
		r.form, r.key = appendRow(r.form[:0], values), appendRow(r.key[:0], last)
		return fn(Row{Form: r.form, Key: r.key})
	})
	return n, last, err
}

func (t Table) keyOf(values []any) []any {
	out := make([]any, len(t.Key))
	for i, k := range t.Key {
		out[i] = values[t.column(k)]
		if b, ok := out[i].([]byte); ok {
			out[i] = append([]byte{}, b...)
		}
	}
	return out
}

func (t Table) query(after bool) string {
	var q strings.Builder
	q.WriteString("SELECT ")
	for i, c := range t.Columns {
		if i > 0 {
			q.WriteString(", ")
		}
		q.WriteString(quoted(c.Name))
		if c.blurred() {
			q.WriteString(", CASE WHEN " + quoted(c.Name) + " IS NULL THEN 1 ELSE 0 END")
		}
	}
	q.WriteString(" FROM " + quoted(t.Name))
	key := strings.Join(each(t.Key, quoted), ", ")
	if after {
		q.WriteString(" WHERE (" + key + ") > (" + parameters(1, len(t.Key)) + ")")
	}
	q.WriteString(" ORDER BY " + key + " LIMIT " + strconv.Itoa(page))
	return q.String()
}

// blurred reports whether the drivers do not tell nothing from an empty value.
func (c Column) blurred() bool { return c.Null && c.Type == Bytes }

// row is where one row is scanned into.
type row struct {
	into  []any
	cells []cell
}

type cell struct {
	column  Column
	n       *int64
	b       []byte
	s       *string
	r       *float64
	nothing int
}

func (t Table) dest() *row {
	out := &row{cells: make([]cell, len(t.Columns))}
	for i, c := range t.Columns {
		at := &out.cells[i]
		at.column = c
		switch c.Type {
		case Int:
			out.into = append(out.into, &at.n)
		case Bytes:
			out.into = append(out.into, &at.b)
		case Text:
			out.into = append(out.into, &at.s)
		case Real:
			out.into = append(out.into, &at.r)
		}
		if c.blurred() {
			out.into = append(out.into, &at.nothing)
		}
	}
	return out
}

func (r *row) values() []any {
	out := make([]any, len(r.cells))
	for i := range r.cells {
		out[i] = r.cells[i].value()
	}
	return out
}

func (c *cell) value() any {
	switch {
	case c.column.Type == Bytes && c.nothing == 0:
		return append([]byte{}, c.b...)
	case c.column.Type == Int && c.n != nil:
		return *c.n
	case c.column.Type == Text && c.s != nil:
		return *c.s
	case c.column.Type == Real && c.r != nil:
		return *c.r
	}
	return nil
}

// Insert writes rows, given by their values in the order of the columns. Errors are those of the store.
func (t Table) Insert(tx *store.Tx, all [][]any) error {
	columns := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		columns[i] = quoted(c.Name)
	}
	begin := "INSERT INTO " + quoted(t.Name) + " (" + strings.Join(columns, ", ") + ")"
	return errs.Wrap("rows: "+t.Name, store.Insert(tx, begin, all))
}

// Clear deletes every row. Errors are those of the store.
func (t Table) Clear(tx *store.Tx) error {
	_, err := tx.Exec(`DELETE FROM ` + quoted(t.Name))
	return errs.Wrap("rows: clear", err)
}

// Empty deletes every row of tables, of which a later one may refer to an earlier one and none outside refers to any. On
// PostgreSQL it takes as long for many rows as for few, and nothing else may read them meanwhile. Errors are those of the
// store.
func Empty(tx *store.Tx, all []Table) error {
	if tx.Engine() == store.Postgres && len(all) > 0 {
		_, err := tx.Exec(`TRUNCATE ` + strings.Join(each(names(all), quoted), ", "))
		return errs.Wrap("rows: empty", err)
	}
	for _, t := range slices.Backward(all) {
		if err := t.Clear(tx); err != nil {
			return err
		}
	}
	return nil
}

func names(all []Table) []string {
	out := make([]string, len(all))
	for i, t := range all {
		out[i] = t.Name
	}
	return out
}

// Renumber has the engine give the next number after the highest there is, for a table that it numbers. Errors are those
// of the store.
func (t Table) Renumber(tx *store.Tx) error {
	if t.Serial == "" || tx.Engine() != store.Postgres {
		return nil
	}
	var last int64
	err := tx.Row(fmt.Sprintf(`SELECT setval(pg_get_serial_sequence($1, $2), COALESCE(MAX(%[1]s), 1), MAX(%[1]s) IS NOT NULL) FROM %[2]s`,
		quoted(t.Serial), quoted(t.Name)), quoted(t.Name), t.Serial).Scan(&last)
	return errs.Wrap("rows: renumber", err)
}

func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func parameters(from, n int) string {
	out := make([]string, n)
	for i := range out {
		out[i] = "$" + strconv.Itoa(from+i)
	}
	return strings.Join(out, ", ")
}

func each(names []string, fn func(string) string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = fn(n)
	}
	return out
}
