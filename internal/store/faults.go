package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlitecode "modernc.org/sqlite/lib"

	"beside/internal/errs"
	"beside/internal/mutant"
)

// The errors that callers tell apart, with [errors.Is].
var (
	ErrNone    = errors.New("store: no such row")             // a Row was scanned that is not there
	ErrTaken   = errors.New("store: already taken")           // a primary key or unique constraint was broken
	ErrRefused = errors.New("store: refused by a constraint") // another constraint, or a value of the wrong type
)

// fault is an engine's error without anything that a person may have written: drivers quote values in some of theirs.
type fault struct {
	code string
	text string
	is   error // ErrTaken, ErrRefused, a context's error or nil
	kind errs.Kind
}

func (f *fault) Error() string {
	if f.text == "" {
		return f.code
	}
	return f.text + " (" + f.code + ")"
}

func (f *fault) Unwrap() error { return f.is }

// refusal is the one place where an engine's error becomes one of ours.
func refusal(op string, err error) error {
	if err == nil {
		return nil
	}
	f := faultOf(err)
	return errs.As(op, f.kind, f)
}

func faultOf(err error) *fault {
	if lite, ok := errors.AsType[*sqlite.Error](err); ok {
		return sqliteFault(lite)
	}
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return postgresFault(pg)
	}
	switch {
	case errors.Is(err, context.Canceled):
		return &fault{code: "context", text: "the caller left", is: context.Canceled, kind: errs.Busy}
	case errors.Is(err, context.DeadlineExceeded):
		return &fault{code: "context", text: "the caller's time was up", is: context.DeadlineExceeded, kind: errs.Busy}
	case unreachable(err):
		return &fault{code: "connection", text: err.Error(), kind: errs.Busy}
	case strings.Contains(err.Error(), "unable to encode"):
		return &fault{code: "argument", text: "an argument does not fit its place", is: ErrRefused}
	}
	return &fault{code: "driver", text: err.Error()}
}

func sqliteFault(err *sqlite.Error) *fault {
	f := &fault{code: fmt.Sprintf("sqlite %d", err.Code()), text: err.Error()}
	switch err.Code() & 0xff {
	case sqlitecode.SQLITE_CONSTRAINT:
		f.is = ErrRefused
		switch err.Code() {
		case sqlitecode.SQLITE_CONSTRAINT_UNIQUE, sqlitecode.SQLITE_CONSTRAINT_PRIMARYKEY, sqlitecode.SQLITE_CONSTRAINT_ROWID:
			f.is = ErrTaken
		}
	case sqlitecode.SQLITE_MISMATCH:
		f.is = ErrRefused
	case sqlitecode.SQLITE_BUSY, sqlitecode.SQLITE_LOCKED, sqlitecode.SQLITE_FULL, sqlitecode.SQLITE_IOERR,
		sqlitecode.SQLITE_NOMEM, sqlitecode.SQLITE_CANTOPEN, sqlitecode.SQLITE_PROTOCOL, sqlitecode.SQLITE_INTERRUPT:
		f.kind = errs.Busy
	case sqlitecode.SQLITE_ERROR:
		if strings.Contains(f.text, "fts5:") {
			f.text = "words that full-text search cannot read" // the engine quotes them
		}
	}
	return f
}

// What PostgreSQL says when a migration has changed what a prepared statement returns. The driver forgets the statement,
// so that the next run is well.
const (
	planOutdated     = "postgres 0A000"
	planOutdatedText = "cached plan must not change result type"
)

// postgresFault goes by SQLSTATE, PostgreSQL 17 manual, appendix A.
func postgresFault(err *pgconn.PgError) *fault {
	f := &fault{code: "postgres " + err.Code, text: err.Message}
	switch {
	case err.Code == "23505": // unique_violation
		f.is, f.text = ErrTaken, err.TableName+" "+err.ConstraintName
	case strings.HasPrefix(err.Code, "23"): // other constraints; the message quotes the row
		f.is, f.text = ErrRefused, err.TableName+" "+err.ColumnName+err.ConstraintName
	case strings.HasPrefix(err.Code, "22"): // data exceptions; the message quotes the value
		f.is, f.text = ErrRefused, "a value that does not fit"
	case err.Code == "42804": // datatype_mismatch: an expression of the wrong type for its column
		f.is = ErrRefused
	case postgresBusy(err.Code), f.code == planOutdated && f.text == planOutdatedText:
		f.kind = errs.Busy
	}
	return f
}

// postgresBusy reports errors that may pass: connection trouble (08), out of resources such as a full disk (53), a disk that
// fails (58), shutting down or starting (57P), a server that has become a standby and cannot write (25006), a lock or
// statement that took too long, and a conflict that stayed after our own repeats (40).
func postgresBusy(code string) bool {
	switch code {
	case "55P03", "57014", "25P03", "25006":
		return true
	}
	for _, class := range []string{"08", "53", "58", "57P", "40"} {
		if class == "53" && mutant.On("no-room-unknown") {
			continue
		}
		if strings.HasPrefix(code, class) {
			return true
		}
	}
	return false
}

func unreachable(err error) bool {
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return true
	}
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, pgconn.ErrConnClosed) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed)
}

// scanError says which column did not fit without the value, which database/sql quotes.
func scanError(query string, err error) error {
	if err == nil {
		return nil
	}
	where, _, _ := strings.Cut(err.Error(), `": `)
	return errs.As(opOf(query), errs.Internal, errors.New(where))
}

// opOf names a statement by its first words. Statements hold no values, these are arguments.
func opOf(query string) string {
	words := strings.Join(strings.Fields(query), " ")
	if len(words) > 60 {
		words = words[:60] + "…"
	}
	return "store: " + words
}

// IsNone reports whether err says that a row is not there.
func IsNone(err error) bool { return errors.Is(err, ErrNone) }

// NotNone is err, and nil when it says that a row is not there.
func NotNone(err error) error {
	if IsNone(err) {
		return nil
	}
	return err
}
