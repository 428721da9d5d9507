package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	_ "modernc.org/sqlite" // registers the driver "sqlite"

	"beside/internal/errs"
	"beside/internal/mutant"
)

// lite is the SQLite engine: one connection that writes, and some that can only read.
type lite struct {
	path    string
	memory  bool // there is no file
	readers chan *conn
	pools   []*sql.DB
	conns   []*conn // one of each pool
	writer  *writer
	trace   *trace
	closed  chan struct{}
}

func openSQLite(ctx context.Context, folder string, o Options) (*lite, error) {
	l := &lite{path: filepath.Join(folder, o.Name), memory: o.Memory, trace: o.trace, readers: make(chan *conn, o.Readers), closed: make(chan struct{})}
	if l.memory {
		l.path = "/" + rand.Text() // a name of its own, shared by the connections of this process
	} else if err := prepareFile(folder, l.path); err != nil {
		return nil, errs.As("store: "+filepath.Base(l.path), errs.Busy, err)
	}
	if err := l.openAll(ctx, o); err != nil {
		_ = l.closePools() // the first error says more
		return nil, refusal("store: "+o.Name, err)
	}
	return l, nil
}

// prepareFile makes the folder and the file so that only their owner can read them; SQLite gives its -wal file the
// mode of the database.
func prepareFile(folder, path string) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// openAll opens the writer first: it is the one that turns the file to WAL.
func (l *lite) openAll(ctx context.Context, o Options) error {
	w, err := l.openConn(ctx, false)
	if err != nil {
		return err
	}
	l.writer = &writer{conn: w, limit: batchLimit, log: o.Logger, trace: l.trace, observer: o.Observer}
	for range o.Readers {
		r, err := l.openConn(ctx, true)
		if err != nil {
			return err
		}
		l.readers <- r
	}
	return nil
}

// openConn opens one connection in a pool of its own. The caller's context is used for opening only.
func (l *lite) openConn(ctx context.Context, readOnly bool) (*conn, error) {
	pool, err := sql.Open("sqlite", l.dsn(readOnly))
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(1)
	l.pools = append(l.pools, pool)
	c, err := pool.Conn(ctx)
	if err != nil {
		return nil, err
	}
	one := &conn{c: c, stmts: make(map[string]*sql.Stmt)}
	l.conns = append(l.conns, one)
	return one, nil
}

func (l *lite) dsn(readOnly bool) string {
	if l.memory {
		return dsn(l.path, readOnly) + "&vfs=memdb"
	}
	return dsn(l.path, readOnly)
}

// dsn holds every pragma, so that a connection that is opened anew has them too.
func dsn(path string, readOnly bool) string {
	q := url.Values{
		"_busy_timeout": {"5000"},
		"_foreign_keys": {"1"},
		"_dqs":          {"0"}, // "x" is a name, never a text
		"_defensive":    {"1"},
		"_pragma":       {"temp_store(memory)", "trusted_schema(0)"},
	}
	// A connection keeps pages of its own, in kB. They need few, as the system keeps the file in memory for all of them; there are
	// as many as there are readers, in the books and in the keyring, and a writer in each.
	if readOnly {
		q.Set("_query_only", "1")
		q.Add("_pragma", "cache_size(-4000)")
	} else {
		q.Add("_pragma", "cache_size(-8000)")
		q.Set("_journal_mode", "WAL")
		q.Set("_synchronous", "FULL")
		if mutant.On("unsynced") {
			q.Set("_synchronous", "OFF")
		}
		q.Add("_pragma", "journal_size_limit(67108864)")
		q.Add("_pragma", "wal_autocheckpoint(8192)") // 32 MB: a page written often is copied into the file seldom
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}

func (l *lite) update(ctx context.Context, fn func(*Tx) error) error { return l.writer.update(ctx, fn) }

// view reads on whichever reader is free. BEGIN is deferred: the snapshot is taken by the first statement and stays.
func (l *lite) view(ctx context.Context, fn func(*Tx) error) error {
	c, err := l.reader(ctx)
	if err != nil {
		return refusal("store: view", err)
	}
	defer func() { l.readers <- c }()
	if err := c.control("BEGIN"); err != nil {
		return refusal("store: view", err)
	}
	defer func() { _ = c.control("ROLLBACK") }() // fails when an error ended the transaction: nothing was written
	return (&Tx{engine: SQLite, on: c, trace: l.trace}).run(fn)
}

// long needs no other bounds: what runs here ends with the process.
func (l *lite) long(ctx context.Context, writes bool, fn func(*Tx) error) error {
	if writes {
		return l.update(ctx, fn)
	}
	return l.view(ctx, fn)
}

// glance needs no BEGIN: a statement alone is a snapshot.
func (l *lite) glance(ctx context.Context, fn func(*Tx) error) error {
	c, err := l.reader(ctx)
	if err != nil {
		return refusal("store: glance", err)
	}
	defer func() { l.readers <- c }()
	return (&Tx{engine: SQLite, on: c, trace: l.trace, glance: glanceAhead}).run(fn)
}

func (l *lite) reader(ctx context.Context) (*conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case c := <-l.readers:
		return c, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-l.closed:
		return nil, sql.ErrConnDone
	}
}

func (l *lite) ping(ctx context.Context) error {
	return l.view(ctx, func(tx *Tx) error {
		var one int
		return tx.Row("SELECT 1").Scan(&one)
	})
}

func (l *lite) close() error {
	if !l.writer.close() {
		return refusal("store: close", sql.ErrConnDone)
	}
	for range cap(l.readers) {
		<-l.readers
	}
	close(l.closed)
	return errs.Wrap("store: close", l.closePools())
}

// closePools gives each connection back to its pool, which closes it, and the writer's last: closing the last connection
// folds the WAL into the file.
func (l *lite) closePools() error {
	var all []error
	for _, c := range l.conns {
		c.forget()
		all = append(all, c.c.Close())
	}
	for i := len(l.pools) - 1; i >= 0; i-- {
		all = append(all, l.pools[i].Close())
	}
	return errors.Join(all...)
}

// conn is one connection with its prepared statements.
type conn struct {
	c     *sql.Conn
	stmts map[string]*sql.Stmt
}

// stmtLimit bounds the prepared statements of a connection, should somebody build statements from values.
const stmtLimit = 1000

var (
	errControl = errors.New("transactions and settings are the store's own business")
	errJSON    = errors.New("-> and ->> work on texts here, but not on PostgreSQL")
)

func (c *conn) exec(query string, args []any) (int64, error) {
	s, err := c.stmt(query)
	if err != nil {
		return 0, err
	}
	return execStmt(s, args)
}

func (c *conn) query(query string, args []any) (*sql.Rows, error) {
	s, err := c.stmt(query) //nolint:sqlclosecheck // it is kept for the next time, see conn.stmts
	if err != nil {
		return nil, err
	}
	return s.QueryContext(context.Background(), args...)
}

// control runs BEGIN, COMMIT and their like.
func (c *conn) control(query string) error {
	s, err := c.prepared(query)
	if err != nil {
		return err
	}
	_, err = execStmt(s, nil)
	return err
}

func execStmt(s *sql.Stmt, args []any) (int64, error) {
	res, err := s.ExecContext(context.Background(), args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// stmt is prepared for the statements of others, which must leave the transaction alone.
func (c *conn) stmt(query string) (*sql.Stmt, error) {
	if s, ok := c.stmts[query]; ok {
		return s, nil
	}
	if controls(query) {
		return nil, errControl
	}
	if strings.Contains(query, "->") {
		return nil, errJSON
	}
	return c.prepared(query)
}

func (c *conn) prepared(query string) (*sql.Stmt, error) {
	if s, ok := c.stmts[query]; ok {
		return s, nil
	}
	s, err := c.c.PrepareContext(context.Background(), query)
	if err != nil {
		return nil, err
	}
	if len(c.stmts) >= stmtLimit {
		c.forget()
	}
	c.stmts[query] = s
	return s, nil
}

func (c *conn) forget() {
	for query, s := range c.stmts {
		_ = s.Close()
		delete(c.stmts, query)
	}
}

// controls reports whether a statement would begin or end a transaction, or change the connection.
func controls(query string) bool {
	word, _, _ := strings.Cut(strings.TrimSpace(query), " ")
	switch strings.ToUpper(strings.TrimRight(word, ";")) {
	case "BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT", "RELEASE", "PRAGMA", "SET", "ATTACH", "DETACH":
		return true
	}
	return false
}
