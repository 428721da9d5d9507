package store

import (
	"sync"
	"sync/atomic"
)

// Statement is one statement that was run, and how many rows it found or touched.
type Statement struct {
	Text string
	Rows int64
}

// trace collects statements while somebody watches.
type trace struct {
	watched atomic.Bool
	mu      sync.Mutex
	all     []Statement
}

func (t *trace) add(text string, rows int64) {
	if !t.watched.Load() {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all = append(t.all, Statement{text, rows})
}

// Watch collects the statements that are run from now on, in the order in which they end, until the function it returns
// is called for them. Tests compare what it takes to ask for something that was not given, and for something that never was. One
// watches at a time.
func (db *DB) Watch() (seen func() []Statement) {
	t := db.trace
	t.mu.Lock()
	t.all = nil
	t.mu.Unlock()
	t.watched.Store(true)
	return func() []Statement {
		t.watched.Store(false)
		t.mu.Lock()
		defer t.mu.Unlock()
		return t.all
	}
}
