// Package community looks after the installation as a whole. So far it answers the centre team's question whether the
// system is well, from facts that name nobody: the team sees no book, and needs none to know that the lamp is lit.
package community

import (
	"context"
	"strings"
	"time"

	"beside/internal/clock"
	"beside/internal/promise"
	"beside/internal/store"
	"beside/internal/witness"
)

// Keys is the keyring as far as this package needs it.
type Keys interface {
	// Check reports whether the keys fit and the keyring answers.
	Check(ctx context.Context) error
}

// Watch looks whether the system is well. It is safe for concurrent use.
type Watch struct {
	db    *store.DB
	keys  Keys
	clock clock.Clock

	Proving bool     // whether proof is asked for that what is here comes back; set before the first Look
	Auditor *Auditor // optional: its alarms are told
	// Outside says who outside checked the log last, see [witness.Log.LastChecked]; set before the first Look.
	Outside func(context.Context) (witness.Checked, bool, error)
	Behind  func(context.Context) ([]string, error) // optional: the machines with an older root key
}

// NewWatch returns a Watch over the data in db and the keyring.
func NewWatch(db *store.DB, keys Keys, c clock.Clock) *Watch {
	return &Watch{db: db, keys: keys, clock: c}
}

// grace is how late a promise may be before anybody has to look.
const grace = clock.Minute

// ManyLeaves is the most leaves that are counted: the count beyond it would cost more than it tells.
const ManyLeaves = 10_000

// Well is how the system is at a moment.
type Well struct {
	At       clock.Time
	Database bool       // it answers
	Keys     bool       // they fit
	Overdue  int        // promises that should have been kept by now
	Leaves   int        // waiting to be put into the log and signed; ManyLeaves and one more means "more than that"
	Queued   clock.Time // when the oldest of these was written, 0 when none waits
	Checked  clock.Time // when somebody outside last checked the log, 0 when nobody did
	Signed   clock.Time // when a head of the log was last signed, 0 when none was
	Resting  clock.Time // since when promises rest after a restore, 0 when they do not
	Closed   bool       // nobody new can join yet
	Unproven bool       // it was never proven that what is here comes back, and that is asked for
	Trial    Proof      // the last time the newest backup was tried
	NoCopies bool       // nobody makes copies by itself: no Beside that serves this was told where they go
	Backup   Proof      // the last time Beside made one by itself
	Behind   string     // machines with an older root key: certificates of erasing wait for them
}

// All reports whether there is nothing to look after.
func (w Well) All() bool {
	return w.Database && w.Keys && w.Overdue == 0 && !w.Unsigned() && w.Resting == 0 && !w.Unproven && w.Trial.Fault == "" && w.Backup.Fault == "" && w.Behind == ""
}

// Unsigned reports whether leaves wait much longer to be signed than they should.
func (w Well) Unsigned() bool { return w.Queued != 0 && w.Queued+grace < w.At }

// answerWithin is how long a database may take to say how it is.
const answerWithin = 5 * time.Second

// Alarms are what the auditor found when it last looked.
func (w *Watch) Alarms() []Alarm {
	if w.Auditor == nil {
		return nil
	}
	return w.Auditor.Alarms()
}

// Look finds out how the system is now. What does not answer is told in the result, not as an error.
func (w *Watch) Look(ctx context.Context) Well {
	out := Well{At: w.clock.Now()}
	out.Keys = w.keys.Check(ctx) == nil
	if w.Behind != nil {
		names, err := w.Behind(ctx)
		out.Keys, out.Behind = out.Keys && err == nil, strings.Join(names, ", ")
	}
	err := w.db.View(ctx, func(tx *store.Tx) (err error) {
		var slow, copying int // the auditor says of backups that they are late
		if out.Overdue, err = promise.Overdue(tx, out.At, grace); err != nil {
			return err
		}
		if err := tx.Row(`SELECT (SELECT COUNT(*) FROM promise WHERE state = 'open' AND kind IN ('backup', 'trial') AND due_at < $1),
			(SELECT COUNT(*) FROM promise WHERE state = 'open' AND kind = 'backup')`, out.At-grace).Scan(&slow, &copying); err != nil {
			return err
		}
		out.Overdue, out.NoCopies = out.Overdue-slow, copying == 0
		if out.Resting, err = promise.Resting(tx); err != nil {
			return err
		}
		o, err := LookOpening(tx)
		if err != nil {
			return err
		}
		out.Closed, out.Unproven, out.Trial = o.Closed && w.Proving, w.Proving && !o.Proven(), o.Proofs[ProvenSelf]
		out.Backup = o.Proofs[ProvenBackup]
		return tx.Row(`SELECT (SELECT COUNT(*) FROM (SELECT 1 FROM log_queue LIMIT $1) AS q),
			COALESCE((SELECT queued_at FROM log_queue ORDER BY n LIMIT 1), 0),
			COALESCE((SELECT at FROM log_checkpoint ORDER BY log DESC, size DESC LIMIT 1), 0)`, ManyLeaves+1).Scan(&out.Leaves, &out.Queued, &out.Signed)
	})
	if err == nil && w.Outside != nil {
		var last witness.Checked
		last, _, err = w.Outside(ctx)
		out.Checked = last.At
	}
	out.Database = err == nil
	return out
}
