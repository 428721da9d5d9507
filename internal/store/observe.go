package store

import (
	"context"
	"sync"
)

// Observer is told what is asked of a database, for somebody who measures: it looks at the time itself. Its methods are
// called side by side and must be quick.
type Observer interface {
	// Asked is told that an "update", a "view" or a "glance" was asked for. It returns what is called when the function
	// given begins to run for the first time, and what is called with its outcome.
	Asked(what string) (began func(), ended func(error))
	// Batch is told how many updates shared one COMMIT. Only SQLite has batches.
	Batch(updates int)
}

// observed runs one of the engine's methods, which begins within our patience, before the eyes of the observer.
func (db *DB) observed(ctx context.Context, what string, run func(context.Context, func(*Tx) error) error, fn func(*Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, db.patience)
	defer cancel()
	if db.observer == nil {
		return run(ctx, fn)
	}
	began, ended := db.observer.Asked(what)
	var first sync.Once
	err := run(ctx, func(tx *Tx) error {
		first.Do(began)
		return fn(tx)
	})
	ended(err)
	return err
}

// Busyness is how much of a database is in use at a moment.
type Busyness struct {
	InUse   int // connections that somebody has: on SQLite those that read
	Max     int // connections there can be
	Waiting int // SQLite: updates that wait for the one connection that writes
}

// Busyness returns how much is in use now.
func (db *DB) Busyness() Busyness { return db.engine.busyness() }

func (l *lite) busyness() Busyness {
	l.writer.mu.Lock()
	defer l.writer.mu.Unlock()
	return Busyness{InUse: cap(l.readers) - len(l.readers), Max: cap(l.readers), Waiting: len(l.writer.queue)}
}

func (s *server) busyness() Busyness {
	p := s.pool.Stats()
	return Busyness{InUse: p.InUse, Max: p.MaxOpenConnections}
}
