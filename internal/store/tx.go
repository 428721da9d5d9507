package store

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"beside/internal/errs"
)

// Tx is one transaction, good until the function it was handed to returns. It belongs to one goroutine.
type Tx struct {
	engine Engine
	on     session
	trace  *trace
	args   []any // reused from statement to statement
	open   *Rows // rows not read to their end
	failed error // the first statement's error: the transaction can only be rolled back
	over   bool  // the function has returned
	glance glance
}

// glance says of a Tx that it is a [DB.Glance], and whether its one statement has been run.
type glance int

const (
	noGlance glance = iota
	glanceAhead
	glanceOver
)

// session runs statements within a transaction that somebody else began.
type session interface {
	exec(query string, args []any) (rows int64, err error)
	query(query string, args []any) (*sql.Rows, error)
}

var (
	errOver     = errors.New("the transaction is over")
	errGlance   = errors.New("a glance is one SELECT")
	errRowsOpen = errors.New("a statement while rows are still open")
	errTime     = errors.New("a time.Time argument: pass a clock.Time")
	errText     = errors.New("a text with a zero byte or broken UTF-8")
	errArgument = errors.New("an argument of a type that cannot be stored")
)

// Engine says which engine the transaction runs on.
func (tx *Tx) Engine() Engine { return tx.engine }

// Exec runs one statement and returns how many rows an INSERT, UPDATE or DELETE touched; the count means nothing for
// other statements.
func (tx *Tx) Exec(query string, args ...any) (rows int64, err error) {
	given, err := tx.ready(query, args)
	if err != nil {
		return 0, err
	}
	rows, err = tx.on.exec(query, given)
	tx.trace.add(query, rows)
	return rows, tx.fail(query, err)
}

// Row runs a query for its first row. Errors show when it is scanned.
func (tx *Tx) Row(query string, args ...any) *Row {
	rows, err := tx.Rows(query, args...)
	return &Row{rows: rows, err: err}
}

// Rows runs a query. The rows must be closed, or read to their end, before the next statement.
func (tx *Tx) Rows(query string, args ...any) (*Rows, error) {
	given, err := tx.ready(query, args)
	if err != nil {
		return nil, err
	}
	found, err := tx.on.query(query, given) //nolint:rowserrcheck // Rows.Next asks for it
	if err != nil {
		tx.trace.add(query, 0)
		return nil, tx.fail(query, err)
	}
	tx.open = &Rows{tx: tx, query: query, rows: found}
	return tx.open, nil
}

// Each runs a query and calls scan for every row with the function that reads it. It stops at the first error and
// returns it.
func Each(tx *Tx, query string, args []any, scan func(scan func(dest ...any) error) error) error {
	rows, err := tx.Rows(query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// ready refuses a statement that cannot be run now, and returns its arguments as both drivers take them.
func (tx *Tx) ready(query string, args []any) ([]any, error) {
	switch {
	case tx.over:
		return nil, errs.As(opOf(query), errs.Internal, errOver)
	case tx.failed != nil:
		return nil, tx.failed
	case tx.open != nil:
		return nil, errs.As(opOf(query), errs.Internal, errRowsOpen)
	case tx.glance == glanceOver, tx.glance == glanceAhead && !selects(query):
		return nil, errs.As(opOf(query), errs.Internal, errGlance)
	case tx.glance == glanceAhead:
		tx.glance = glanceOver
	}
	tx.args = tx.args[:0]
	for _, arg := range args {
		v, err := tx.argument(arg)
		if err != nil {
			return nil, errs.As(opOf(query), errs.Invalid, err)
		}
		tx.args = append(tx.args, v)
	}
	return tx.args, nil
}

// selects reports whether a statement reads, and nothing else: a SELECT, or one WITH something, in which nothing writes.
func selects(query string) bool {
	word, rest, _ := strings.Cut(strings.TrimSpace(query), " ")
	if strings.EqualFold(word, "SELECT") {
		return true
	}
	rest = strings.ToUpper(rest)
	return strings.EqualFold(word, "WITH") && !slices.ContainsFunc([]string{"INSERT INTO", "UPDATE ", "DELETE FROM", "MERGE INTO"}, func(writes string) bool { return strings.Contains(rest, writes) })
}

// argument turns a value into what both drivers store alike.
func (tx *Tx) argument(arg any) (any, error) {
	switch v := arg.(type) {
	case nil, int64, []byte:
		return v, nil
	case string:
		return text(v)
	}
	v, err := driver.DefaultParameterConverter.ConvertValue(arg)
	if err != nil {
		return nil, errArgument // the converter's error may quote the value
	}
	switch v := v.(type) {
	case string:
		return text(v)
	case bool:
		if v {
			return int64(1), nil
		}
		return int64(0), nil
	case float64:
		if tx.engine == Postgres { // its driver would cut 1.5 to 1 for a whole number; in words the server refuses it
			return strconv.FormatFloat(v, 'g', -1, 64), nil
		}
	case time.Time:
		return nil, errTime
	}
	return v, nil
}

func text(s string) (any, error) {
	if strings.IndexByte(s, 0) >= 0 || !utf8.ValidString(s) {
		return nil, errText
	}
	return s, nil
}

// fail remembers the first error of a statement: from then on the transaction can only be rolled back.
func (tx *Tx) fail(query string, err error) error {
	if err == nil {
		return nil
	}
	tx.failed = refusal(opOf(query), err)
	return tx.failed
}

// run calls fn and ends the transaction's use, whatever way fn is left.
func (tx *Tx) run(fn func(*Tx) error) error {
	defer tx.end()
	if err := fn(tx); err != nil {
		return err
	}
	return tx.failed
}

func (tx *Tx) end() {
	if tx.open != nil {
		tx.open.Close()
	}
	tx.over = true
}

// Rows are the rows of a query. They belong to one goroutine.
type Rows struct {
	tx    *Tx
	query string
	rows  *sql.Rows
	n     int64 // rows so far
	err   error
}

// Next moves to the next row and reports whether there is one. It returns false on an error too: ask [Rows.Err].
func (r *Rows) Next() bool {
	if r.rows.Next() {
		r.n++
		return true
	}
	if err := r.rows.Err(); err != nil && r.err == nil {
		r.err = r.tx.fail(r.query, err)
	}
	r.Close()
	return false
}

// Scan reads the current row. Its error never holds the value that did not fit.
func (r *Rows) Scan(dest ...any) error { return scanError(r.query, r.rows.Scan(dest...)) }

// Err returns the error that ended Next, if any.
func (r *Rows) Err() error { return r.err }

// Close ends the reading. It may be called more than once.
func (r *Rows) Close() {
	_ = r.rows.Close() // an error of the query has been seen by Next; leaving early is no error
	if r.tx.open == r {
		r.tx.trace.add(r.query, r.n)
		r.tx.open = nil
	}
}

// Row is the first row of a query.
type Row struct {
	rows *Rows
	err  error
}

// Scan reads the row. It returns [ErrNone] when there is none.
func (r *Row) Scan(dest ...any) error {
	if r.err != nil {
		return r.err
	}
	defer r.rows.Close()
	if !r.rows.Next() {
		if err := r.rows.Err(); err != nil {
			return err
		}
		return ErrNone
	}
	return r.rows.Scan(dest...)
}
