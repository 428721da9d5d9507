// Package promise keeps what must happen by a time, whatever crashes: durable timers and the outbox.
package promise

import (
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/store"
)

// Kind names what is promised; a handler is registered for each.
type Kind string

// Promise is something that must happen by Due.
type Promise struct {
	ID       id.Promise
	Kind     Kind
	Version  int
	Subject  []byte // 16 bytes of the id it is about; nil for none
	Payload  []byte // JSON of ids and codes, never text
	Due      clock.Time
	Attempts int
}

// Set makes a promise in the caller's transaction. The same id again changes nothing.
func Set(tx *store.Tx, p Promise) error {
	_, err := tx.Exec(`INSERT INTO promise (id, kind, version, subject, payload, due_at, state, attempts, lease_until, lease_by, made_at, last_error)
		VALUES ($1, $2, $3, $4, $5, $6, 'open', 0, 0, '', $7, '') ON CONFLICT (id) DO NOTHING`,
		p.ID, string(p.Kind), p.Version, p.Subject, string(p.Payload), p.Due, p.Due)
	return errs.Wrap("promise: set", err)
}
