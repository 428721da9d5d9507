package store

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"sync"

	"beside/internal/mutant"
)

// batchLimit bounds how many updates share a COMMIT, and with it how long the first of them waits for the last.
const batchLimit = 256

// writer lets many callers write through one connection: see "Group commit" in the package's words.
type writer struct {
	conn  *conn
	limit int
	log   *slog.Logger
	trace *trace

	observer Observer
	batch    batch // touched by the holder of the pen only

	mu     sync.Mutex
	held   bool      // somebody holds the pen
	queue  []*member // who waits for it, in order of arrival
	closed bool
}

// batch is the transaction being written.
type batch struct {
	members []*member
	begun   bool // a transaction is open
	kept    bool // it holds the work of a member that succeeded
	broken  bool // an error ended it under our feet
}

// member is one call of Update.
type member struct {
	ctx   context.Context
	fn    func(*Tx) error
	turn  chan struct{} // receives the pen
	told  chan verdict  // receives what became of the batch
	alone bool          // must have a transaction of its own
	err   error         // what its own run came to
}

// verdict tells a member what became of it.
type verdict struct {
	again bool // its batch fell apart through no proven fault of its own: run it alone
	err   error
}

func (w *writer) update(ctx context.Context, fn func(*Tx) error) error {
	m := &member{ctx: ctx, fn: fn, turn: make(chan struct{}, 1), told: make(chan verdict, 1)}
	for {
		if err := w.take(m); err != nil {
			return refusal("store: update", err)
		}
		w.write(m)
		v := <-m.told
		if !v.again {
			return v.err
		}
		m.alone = true
	}
}

// take waits for the pen. It returns an error when the caller left first or the writer is closed; then the member does
// not hold the pen.
func (w *writer) take(m *member) error {
	if err := m.ctx.Err(); err != nil {
		return err
	}
	if mine, err := w.enter(m); mine || err != nil {
		return err
	}
	select {
	case <-m.turn:
		return nil
	case <-m.ctx.Done():
		if w.leave(m) {
			return m.ctx.Err()
		}
		<-m.turn // the pen was on its way already
		return nil
	}
}

func (w *writer) enter(m *member) (mine bool, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return false, sql.ErrConnDone
	}
	if !w.held {
		w.held = true
		return true, nil
	}
	w.queue = append(w.queue, m)
	return false, nil
}

func (w *writer) leave(m *member) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, q := range w.queue {
		if q == m {
			w.queue = append(w.queue[:i], w.queue[i+1:]...)
			return true
		}
	}
	return false
}

// write is what a member does with the pen. The pen goes on even when the function panics or ends its goroutine.
func (w *writer) write(m *member) {
	defer w.pass()
	w.batch.members = append(w.batch.members, m)
	m.err = w.attempt(m)
}

// attempt runs a member's function so that, if it does not succeed, nothing of it stays.
func (w *writer) attempt(m *member) (err error) {
	if err := m.ctx.Err(); err != nil {
		return refusal("store: update", err)
	}
	if err := w.begin(); err != nil {
		return refusal("store: update", err)
	}
	kept := false
	defer func() {
		if !kept {
			w.undo()
		}
	}()
	if err := (&Tx{engine: SQLite, on: w.conn, trace: w.trace}).run(m.fn); err != nil {
		return err
	}
	if err := w.keep(); err != nil {
		return refusal("store: update", err)
	}
	kept = true
	return nil
}

// begin opens the transaction, or a savepoint in it for those who are not the first to have work in it.
func (w *writer) begin() error {
	if w.batch.kept {
		return w.conn.control("SAVEPOINT member")
	}
	if err := w.conn.control("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	w.batch.begun = true
	return nil
}

func (w *writer) keep() error {
	if w.batch.kept {
		return w.conn.control("RELEASE member")
	}
	w.batch.kept = true
	return nil
}

// undo takes back one member's work. When that cannot be done, an error has ended the transaction itself.
func (w *writer) undo() {
	if !w.batch.kept {
		w.batch.begun = false
		_ = w.conn.control("ROLLBACK") // fails when an error has rolled back already: nothing is lost
		return
	}
	if w.conn.control("ROLLBACK TO member") != nil || w.conn.control("RELEASE member") != nil {
		w.batch.broken = true
	}
}

// pass hands the pen to the next member of the batch, or ends the batch and hands it to the first of the next one.
func (w *writer) pass() {
	next := w.next(true)
	if next == nil {
		w.settle()
		next = w.next(false)
	}
	if next != nil {
		next.turn <- struct{}{}
	}
}

// next takes the member that gets the pen from the queue. Within a batch it may be nobody; between batches nobody means
// that the pen is put down.
func (w *writer) next(within bool) *member {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.queue) == 0 || within && !w.batch.takes(w.queue[0], w.limit) {
		w.held = within
		return nil
	}
	m := w.queue[0]
	w.queue = w.queue[1:]
	return m
}

// takes reports whether another member may join.
func (b *batch) takes(m *member, limit int) bool {
	return !b.broken && !m.alone && len(b.members) < limit && !b.members[0].alone
}

// settle ends the batch and tells each member what became of it. Also those whose function failed are told only now:
// they may have seen, and failed because of, what others had not yet committed.
func (w *writer) settle() {
	b := w.batch
	w.batch = batch{}
	if w.observer != nil && b.begun {
		w.observer.Batch(len(b.members))
	}
	var err error
	if mutant.On("told-early") {
		defer func() { _ = w.commit(b) }()
	} else {
		err = w.commit(b)
	}
	if err != nil && len(b.members) > 1 {
		w.log.Warn("store: a batch fell apart, its updates are run singly", "updates", len(b.members), "error", err)
	}
	for _, m := range b.members {
		switch {
		case err == nil:
			m.told <- verdict{err: m.err}
		case len(b.members) > 1:
			m.told <- verdict{again: true}
		case m.err != nil:
			m.told <- verdict{err: m.err}
		default:
			m.told <- verdict{err: refusal("store: commit", err)}
		}
	}
}

var errBroken = errors.New("an error ended the transaction")

// commit makes the batch durable. After an error nothing of it is kept.
func (w *writer) commit(b batch) error {
	if !b.begun {
		return nil
	}
	err := errBroken
	if !b.broken {
		if err = w.conn.control("COMMIT"); mutant.On("sync-ignored") {
			err = nil
		}
	}
	if err != nil {
		_ = w.conn.control("ROLLBACK") // fails when the transaction is gone already
	}
	return err
}

// close refuses newcomers, waits for everybody who queues, and keeps the pen. It reports false when the writer was
// closed before.
func (w *writer) close() bool {
	m := &member{turn: make(chan struct{}, 1), alone: true}
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return false
	}
	w.closed = true
	wait := w.held
	w.held = true
	if wait {
		w.queue = append(w.queue, m)
	}
	w.mu.Unlock()
	if wait {
		<-m.turn
	}
	return true
}
