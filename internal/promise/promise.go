// Package promise keeps what must happen by a time, whatever crashes: timers ("offer this again in three months") and
// the outbox ("tell her there is something new"). A promise is set in the transaction that gives rise to it, so that
// the two are true together or not at all; a [Runner] keeps it when it is due, on whichever node is alive.
//
//	      Set
//	       |
//	       v      due, claimed: attempts+1, lease
//	    [open] ------------------------------------> [open, leased]
//	     |  ^                                          |    |
//	Drop |  |  error: not again before Wait(attempts)  |    | Reach done, then in one transaction:
//	     |  +------------------------------------------+    | marked done and Effect
//	     |  |                                          |    |
//	     |  +--- not heard of for a lease: node gone --+    v
//	     v                                               [done]
//	 [dropped] <---- Drop, also while leased
//
// There is no "failed": a promise stays open until it is kept or dropped, its due time never moves, and [Overdue] counts
// those that are late, for somebody to look at. Because marking and Effect are one transaction and the mark names the
// attempt, an Effect is committed once, however many nodes tried. What leaves the database, Reach, may happen again
// after a crash, and must be safe to repeat.
//
// While promises rest (see [Rest]), as after a restore, none is claimed but the restless kinds ([Keep]), and what leaves the database is not sent: some
// of it may have been sent before. [Release] ends the rest.
//
// Payloads hold ids only. Words are made when they are sent, so that a promise never tells an old truth.
package promise

import (
	"context"
	"encoding/json"

	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/store"
)

// Kind names what is promised, for example "offer again".
type Kind string

// Promise is something that must happen by a time.
type Promise struct {
	ID       id.Promise // from the writer: setting the same id again changes nothing
	Kind     Kind
	Version  int        // of the payload's form; 0 means 1. Nodes that do not know it leave it to newer ones
	Subject  []byte     // the 16 bytes of the id that it is about, or nil
	Payload  []byte     // JSON of ids and codes, never words of a person; nil means {}
	Due      clock.Time // when it must happen
	Made     clock.Time // when it was set; 0 when the setter did not say
	Attempts int        // how often it was tried, this time included; Set ignores it

	held clock.Time // since when it is claimed, by the runner's steady clock
}

// Keep says how promises of one kind are kept. Either function may be nil.
type Keep struct {
	// Version is the newest form of the payload that these functions know; 0 means 1.
	Version int
	// Reach acts outside the database, before Effect. It may run again after a crash, or side by side with another
	// node's that stood still for a lease, so it must be safe to repeat. Its context ends with [Options.Limit], and with the lease.
	Reach func(ctx context.Context, p Promise) error
	// Effect runs in the transaction that marks the promise done, so that it is committed exactly once. Like every
	// update it may be run more than once before that.
	Effect func(tx *store.Tx, p Promise) error
	// Restless promises are kept also while others rest: nothing of them leaves this place, and keeping one twice is the
	// same as once.
	Restless bool
}

// Set makes a promise in the caller's transaction. A promise whose id is there already is left as it is. It returns an
// [errs.Invalid] error for a promise without an id, kind, due time or with a payload that is not JSON.
func Set(tx *store.Tx, p Promise) error {
	if p.Payload == nil {
		p.Payload = []byte("{}")
	}
	if p.ID.IsZero() || p.Kind == "" || p.Due == 0 || !json.Valid(p.Payload) {
		return errs.New("promise: set", errs.Invalid, "")
	}
	_, err := tx.Exec(`INSERT INTO promise (id, kind, version, subject, payload, due_at, state, attempts, lease_until, lease_by, made_at, last_error)
		VALUES ($1, $2, $3, $4, $5, $6, 'open', 0, 0, '', $7, '') ON CONFLICT (id) DO NOTHING`,
		p.ID, p.Kind, max(p.Version, 1), p.Subject, string(p.Payload), p.Due, p.Made)
	return errs.Wrap("promise: set", err)
}

// Drop takes an open promise back in the caller's transaction, also while somebody is trying to keep it: its Effect can
// then no longer be committed. A promise that is done, dropped or unknown is left as it is.
func Drop(tx *store.Tx, id id.Promise) error {
	_, err := tx.Exec(`UPDATE promise SET state = 'dropped' WHERE id = $1 AND state = 'open'`, id)
	return errs.Wrap("promise: drop", err)
}

// DropAbout is [Drop] for all promises of one kind about a subject.
func DropAbout(tx *store.Tx, kind Kind, subject []byte) error {
	_, err := tx.Exec(`UPDATE promise SET state = 'dropped' WHERE kind = $1 AND subject = $2 AND state = 'open'`, string(kind), subject)
	return errs.Wrap("promise: drop about", err)
}

// Overdue counts the open promises that should have been kept more than grace ago.
func Overdue(tx *store.Tx, now, grace clock.Time) (n int, err error) {
	err = tx.Row(`SELECT COUNT(*) FROM promise WHERE state = 'open' AND due_at < $1`, now-grace).Scan(&n)
	return n, errs.Wrap("promise: overdue", err)
}

// The first and the longest wait after an attempt that failed.
const (
	firstWait   = 2 * clock.Second
	longestWait = 15 * clock.Minute
)

// Wait is how long after its attempt number n a promise that failed is left alone: 2 s, doubled each time, up to a
// quarter of an hour.
func Wait(n int) clock.Time {
	wait := firstWait
	for ; n > 1 && wait < longestWait; n-- {
		wait *= 2
	}
	return min(wait, longestWait)
}
