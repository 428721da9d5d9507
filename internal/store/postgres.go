package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"beside/internal/errs"
	"beside/internal/mutant"
)

// server is the PostgreSQL engine.
type server struct {
	config *pgx.ConnConfig
	pool   *sql.DB
	log    *slog.Logger
	trace  *trace

	silence time.Duration  // that ends a transaction
	longest time.Duration  // that ends a long one: longSilence, but in tests
	running sync.WaitGroup // transactions, for close to wait for
	mu      sync.Mutex
	closed  bool
}

// repeats bounds how often a transaction that lost against another is run anew.
const repeats = 10

// limits are session settings that hold unless the URL says otherwise: since a caller's context does not count once its
// function runs, these bound how long a statement can keep a connection. Whatever is the server's own habit, an
// acknowledged update is durable.
var limits = map[string]string{
	"application_name":                    "beside",
	"lock_timeout":                        "10s",
	"statement_timeout":                   "30s",
	"idle_in_transaction_session_timeout": "60s",
	"plan_cache_mode":                     "force_generic_plan", // a statement is planned once a connection: those with the rule in them are long
	"synchronous_commit":                  "on",                 // what is acknowledged is on the disk, and on that of a synchronous standby
}

// A server behind a line that was cut says nothing, and nobody says that for it: these end the waiting. The server's own
// limits come first when it is there.
const (
	connectWithin = 5 * time.Second  // to one of the hosts of the URL, unless it says otherwise
	freeWithin    = 20 * time.Second // until a connection is free, or made
	silence       = 45 * time.Second // for one transaction in all, unless it is said otherwise
	longSilence   = 5 * time.Minute  // of a long transaction: between one statement and the next
)

func openPostgres(ctx context.Context, where string, o Options) (*server, error) {
	config, err := pgx.ParseConfig(where)
	if err != nil {
		return nil, errs.As("store: database URL", errs.Invalid, errors.New("cannot be read")) // the error quotes it
	}
	for name, value := range limits {
		if _, given := config.RuntimeParams[name]; !given {
			config.RuntimeParams[name] = value
		}
	}
	if mutant.On("commit-unwaited") {
		config.RuntimeParams["synchronous_commit"] = "off"
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectWithin
	}
	s := &server{config: config, log: o.Logger, trace: o.trace, silence: o.Silence, longest: longSilence, pool: stdlib.OpenDB(*config)}
	s.pool.SetMaxOpenConns(o.MaxConns)
	s.pool.SetMaxIdleConns(o.MaxConns)
	if err := s.ping(ctx); err != nil {
		_ = s.pool.Close()
		return nil, err
	}
	return s, nil
}

// update runs fn in a READ COMMITTED transaction, anew when it lost against another one.
func (s *server) update(ctx context.Context, fn func(*Tx) error) error {
	for n := 1; ; n++ {
		err := s.transact(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted}, fn)
		if n == repeats || !lost(err) {
			return err
		}
		s.log.Debug("store: a transaction is run anew", "run", n, "error", err)
		time.Sleep(time.Duration(n*n) * time.Millisecond)
	}
}

func (s *server) view(ctx context.Context, fn func(*Tx) error) error {
	return s.transact(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}, fn)
}

// glance runs its one statement without a transaction around it.
func (s *server) glance(ctx context.Context, fn func(*Tx) error) error {
	if !s.enter() {
		return refusal("store: connect", sql.ErrConnDone)
	}
	defer s.running.Done()
	c, err := s.conn(ctx)
	if err != nil {
		return refusal("store: connect", err)
	}
	defer func() { _ = c.Close() }() // gives it back to the pool
	within, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.silence)
	defer cancel()
	return (&Tx{engine: Postgres, on: serverTx{c, within, nil}, trace: s.trace, glance: glanceAhead}).run(fn)
}

// conn waits for a connection as long as the caller does, within reason.
func (s *server) conn(ctx context.Context) (*sql.Conn, error) {
	within, cancel := context.WithTimeout(ctx, freeWithin)
	defer cancel()
	return s.pool.Conn(within)
}

// long bounds not the whole but each pause in it, here and at the server.
func (s *server) long(ctx context.Context, writes bool, fn func(*Tx) error) error {
	o := &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
	if writes || mutant.On("backup-torn") {
		o = &sql.TxOptions{Isolation: sql.LevelReadCommitted}
	}
	return s.transactIn(ctx, o, s.pauses, fn)
}

// bounds gives a transaction the context in which it runs, and what is called at each of its statements, which may be nil.
type bounds func(ctx context.Context) (within context.Context, asks func(), end func())

// whole bounds all of a transaction.
func (s *server) whole(ctx context.Context) (within context.Context, asks, end func()) {
	within, end = context.WithTimeout(ctx, s.silence)
	return within, nil, end
}

// pauses bounds what lies between two statements.
func (s *server) pauses(ctx context.Context) (within context.Context, asks, end func()) {
	if mutant.On("long-cut") {
		return s.whole(ctx)
	}
	within, cancel := context.WithCancelCause(ctx)
	timer := time.AfterFunc(s.longest, func() { cancel(context.DeadlineExceeded) })
	return within, func() { timer.Reset(s.longest) }, func() { timer.Stop(); cancel(nil) }
}

func (s *server) transact(ctx context.Context, o *sql.TxOptions, fn func(*Tx) error) error {
	return s.transactIn(ctx, o, s.whole, fn)
}

// transactIn waits for a connection, and then runs without the caller's context.
func (s *server) transactIn(ctx context.Context, o *sql.TxOptions, in bounds, fn func(*Tx) error) error {
	if !s.enter() {
		return refusal("store: connect", sql.ErrConnDone)
	}
	defer s.running.Done()
	c, err := s.conn(ctx)
	if err != nil {
		return refusal("store: connect", err)
	}
	defer func() { _ = c.Close() }() // gives it back to the pool
	within, asks, end := in(context.WithoutCancel(ctx))
	defer end()
	t, err := c.BeginTx(within, o)
	if err != nil {
		return refusal("store: begin", err)
	}
	defer t.Rollback() // does nothing after a commit
	if asks != nil {
		if _, err := t.ExecContext(within, fmt.Sprintf("SET LOCAL idle_in_transaction_session_timeout = %d", s.longest.Milliseconds())); err != nil {
			return refusal("store: begin", err)
		}
	}
	if err := (&Tx{engine: Postgres, on: serverTx{t, within, asks}, trace: s.trace}).run(fn); err != nil {
		return err
	}
	return refusal("store: commit", t.Commit())
}

// lost reports whether a transaction was rolled back because of others, so that it may succeed when run again:
// serialization_failure, deadlock_detected, and a cached plan that another node's migration has outdated.
func lost(err error) bool {
	f, ok := errors.AsType[*fault](err)
	if !ok {
		return false
	}
	switch f.code {
	case "postgres 40001", "postgres 40P01":
		return true
	case planOutdated:
		return f.text == planOutdatedText
	}
	return false
}

func (s *server) ping(ctx context.Context) error {
	if !s.enter() {
		return refusal("store: ping", sql.ErrConnDone)
	}
	defer s.running.Done()
	within, cancel := context.WithTimeout(ctx, freeWithin)
	defer cancel()
	return refusal("store: ping", s.pool.PingContext(within))
}

// enter counts one who uses the pool, and reports false when it is closed.
func (s *server) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.running.Add(1)
	return true
}

func (s *server) close() error {
	s.mu.Lock()
	again := s.closed
	s.closed = true
	s.mu.Unlock()
	if again {
		return refusal("store: close", sql.ErrConnDone)
	}
	s.running.Wait()
	return refusal("store: close", s.pool.Close())
}

type serverTx struct {
	t interface { // *sql.Tx, or *sql.Conn for a glance
		ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
		QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	}
	within context.Context //nolint:containedctx // of this one transaction, which it ends with
	asks   func()          // is called before each statement; may be nil
}

// asking says that something is asked for.
func (s serverTx) asking() {
	if s.asks != nil {
		s.asks()
	}
}

func (s serverTx) exec(query string, args []any) (int64, error) {
	if controls(query) {
		return 0, errControl
	}
	s.asking()
	res, err := s.t.ExecContext(s.within, query, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func (s serverTx) query(query string, args []any) (*sql.Rows, error) {
	if controls(query) {
		return nil, errControl
	}
	s.asking()
	return s.t.QueryContext(s.within, query, args...)
}
