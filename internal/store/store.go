// Package store keeps everything Beside knows, in one SQL text for two engines: SQLite in a folder (for one centre on
// one machine) and PostgreSQL (for many). It exists so that the rest of the house can say "this happens whole or not at
// all" without knowing which engine is below.
//
// # Update and View
//
// [DB.Update] runs a function in a transaction that is durable when Update returns nil. [DB.View] runs a function on
// one read-only snapshot, which is taken at its first statement. Four rules hold on both engines:
//
//   - Updates are repeatable: the function may be run more than once, so it must have no effect outside its [Tx] but
//     the setting of variables that it sets anew on each run.
//   - A statement that fails ends the transaction: later statements return the same error, and Update never commits.
//     Where a row may already be there, write ON CONFLICT DO NOTHING and look at the count.
//   - One statement at a time: another is refused while rows are still open.
//   - The caller's context counts until the function runs, as does the patience of [Options]; from then on only the engine's
//     own limits do.
//
// Update must not be called inside Update or View, nor View inside View: on SQLite that waits for itself.
//
// # Group commit
//
// On SQLite one connection writes. The right to use it, the pen, goes from caller to caller; each runs its own function
// on its own goroutine:
//
//	waiting --pen--> running --savepoint kept-----> written --COMMIT--> told: nil
//	   |                |                              |
//	   |                +--error or panic: savepoint   +--COMMIT failed, or an error ended the transaction:
//	   |                   rolled back, told after        each member is run again in a transaction of its own
//	   |                   the batch's COMMIT
//	   +--context cancelled: told, never run
//
// Callers that queue up while a batch is committing form the next batch and share its one fsync.
//
// # Traps of one SQL text
//
//   - An untyped parameter that may be NULL needs a type on PostgreSQL: CAST($1 AS TEXT), CAST($1 AS BIGINT). There is
//     no cast that means "bytes" on both engines: compare with a column, or pass a flag.
//   - A parameter beside a bare number is taken for 32 bits on PostgreSQL: CAST($1 AS BIGINT) + 1, not $1 + 1.
//   - No ->> on text columns: PostgreSQL has it for json only.
//   - SUM of integers is numeric on PostgreSQL: CAST(SUM(x) AS BIGINT).
//   - Text is compared and sorted by its UTF-8 bytes on both ({TEXT} is COLLATE "C"). Texts with a zero byte or broken
//     UTF-8 are refused on both. A bool is stored as 0 or 1. An empty byte string may be read back as nil.
//   - A time is a [beside/internal/clock.Time]; a time.Time argument is refused, and so is asking the engine for now.
package store

import (
	"cmp"
	"context"
	"log/slog"
	"strings"
	"time"

	"beside/internal/errs"
)

// Engine names the database below a [DB].
type Engine string

// The engines.
const (
	SQLite   Engine = "sqlite"
	Postgres Engine = "postgres"
)

// Options are the settings of [Open]. The zero value is fit for use.
type Options struct {
	Readers  int    // SQLite: connections that read side by side; 0 means 4
	Name     string // SQLite: name of the file in the folder; empty means "beside.db"
	Memory   bool   // SQLite: no file: everything is in the memory of this process, and gone when it is closed. The folder says nothing then
	MaxConns int    // PostgreSQL: connections at most; 0 means 16
	// Patience is how long an update or view waits until it begins to run; 0 means 10 seconds. Then it is refused as Busy,
	// so that nobody waits without end.
	Patience time.Duration
	Silence  time.Duration // PostgreSQL: how long one transaction may take in all, also when the server is gone without a word, but for [DB.LongView] and [DB.LongUpdate]; 0 means 45 seconds
	Observer Observer      // told of everything that is asked for; nil means nobody
	Logger   *slog.Logger  // told of batches that fell apart and of repeated transactions; nil means silence

	trace *trace // see [DB.Watch]
}

func (o Options) filled() Options {
	if o.Readers <= 0 {
		o.Readers = 4
	}
	if o.Name == "" {
		o.Name = "beside.db"
	}
	if o.MaxConns <= 0 {
		o.MaxConns = 16
	}
	o.Patience = cmp.Or(o.Patience, 10*time.Second)
	o.Silence = cmp.Or(o.Silence, silence)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// DB is an open database. It is safe for concurrent use.
type DB struct {
	engine backend
	name   Engine
	trace  *trace

	observer Observer
	patience time.Duration
}

// backend is what the two engines have in common.
type backend interface {
	update(ctx context.Context, fn func(*Tx) error) error
	view(ctx context.Context, fn func(*Tx) error) error
	glance(ctx context.Context, fn func(*Tx) error) error
	long(ctx context.Context, writes bool, fn func(*Tx) error) error
	ping(ctx context.Context) error
	busyness() Busyness
	migrator() (*migrator, error)
	close() error
}

// Open opens the database at where: a postgres:// URL, or a folder that is made (0700) when missing. It returns an
// [errs.Busy] error when the engine cannot be reached.
func Open(ctx context.Context, where string, o Options) (*DB, error) {
	o = o.filled()
	o.trace = new(trace)
	if strings.HasPrefix(where, "postgres://") || strings.HasPrefix(where, "postgresql://") {
		pg, err := openPostgres(ctx, where, o)
		if err != nil {
			return nil, errs.Wrap("store: open", err)
		}
		return &DB{engine: pg, name: Postgres, trace: o.trace, observer: o.Observer, patience: o.Patience}, nil
	}
	lite, err := openSQLite(ctx, where, o)
	if err != nil {
		return nil, errs.Wrap("store: open", err)
	}
	return &DB{engine: lite, name: SQLite, trace: o.trace, observer: o.Observer, patience: o.Patience}, nil
}

// Engine says which engine is below.
func (db *DB) Engine() Engine { return db.name }

// Update runs fn in a transaction that is durable when Update returns nil. fn may be run more than once. An error of fn
// is returned as it is, and nothing is written. An engine that does not answer now gives an [errs.Busy] error; when
// the connection is lost while committing, whether the update was kept is not known.
func (db *DB) Update(ctx context.Context, fn func(*Tx) error) error {
	return db.observed(ctx, "update", db.engine.update, fn)
}

// View runs fn once on one read-only snapshot, taken at its first statement. An error of fn is returned as it is.
func (db *DB) View(ctx context.Context, fn func(*Tx) error) error {
	return db.observed(ctx, "view", db.engine.view, fn)
}

// Glance is View for one SELECT, which is a snapshot of its own: nothing is opened and closed around it, which on
// PostgreSQL are two more journeys. A second statement, and any that is no SELECT, is refused.
func (db *DB) Glance(ctx context.Context, fn func(*Tx) error) error {
	return db.observed(ctx, "glance", db.engine.glance, fn)
}

// LongView is View for what reads very much, such as a backup. On PostgreSQL the whole may take as long as it goes on: only
// when nothing is asked for several minutes, or not answered, does it end with an [errs.Busy] error.
func (db *DB) LongView(ctx context.Context, fn func(*Tx) error) error {
	return db.observed(ctx, "view", func(ctx context.Context, fn func(*Tx) error) error { return db.engine.long(ctx, false, fn) }, fn)
}

// LongUpdate is Update for what writes very much, bounded as [DB.LongView] is. It is not for what a person waits for: on
// SQLite nobody else writes meanwhile.
func (db *DB) LongUpdate(ctx context.Context, fn func(*Tx) error) error {
	return db.observed(ctx, "update", func(ctx context.Context, fn func(*Tx) error) error { return db.engine.long(ctx, true, fn) }, fn)
}

// Ping reports whether the engine answers, as an [errs.Busy] error when it does not.
func (db *DB) Ping(ctx context.Context) error { return db.engine.ping(ctx) }

// Close waits for what is running and closes the database. Later calls on it return an [errs.Busy] error.
func (db *DB) Close() error { return db.engine.close() }
