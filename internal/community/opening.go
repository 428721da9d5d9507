package community

import (
	"errors"

	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/store"
)

// What is proven, before a place opens and ever again.
const (
	ProvenCopy    = "recovery copy" // a recovery copy of the root key was read back
	ProvenRestore = "restore"       // a backup was restored with that copy alone, and compared
	ProvenSelf    = "self-test"     // the newest backup was restored by Beside itself, and compared
	ProvenBackup  = "backup"        // Beside itself made today's backup, and took away what is no longer kept
)

// Proof is the last result of one thing that is proven.
type Proof struct {
	Kind  string
	About string     // which root key or backup
	At    clock.Time // 0 when it was never tried
	Fault string     // a code for what went wrong; "" when it went well
}

// Good reports whether the proof was tried and went well.
func (p Proof) Good() bool { return p.At != 0 && p.Fault == "" }

// Opening is whether people can join here.
//
//	(no row: a place from before, open) ── no accounts yet, and proof is asked for ──▶ [closed] ── both proven ──▶ [open]
type Opening struct {
	Closed bool // nobody new can join yet
	Old    bool // the place is from before proofs were asked for
	Proofs map[string]Proof
}

// Proven reports whether a recovery copy and a restore have been proven.
func (o Opening) Proven() bool { return o.Proofs[ProvenCopy].Good() && o.Proofs[ProvenRestore].Good() }

// BeginOpening closes a place in which nobody is yet until it is proven. One that has people stays open. Errors are those
// of the store.
func BeginOpening(tx *store.Tx, now clock.Time) error {
	_, err := tx.Exec(`INSERT INTO opening (n, begun_at, opened_at) SELECT 1, CAST($1 AS BIGINT), 0
		WHERE NOT EXISTS (SELECT 1 FROM account) AND NOT EXISTS (SELECT 1 FROM opening)`, now)
	return errs.Wrap("community: begin opening", err)
}

// LookOpening returns how it stands with opening. Errors are those of the store.
func LookOpening(tx *store.Tx) (Opening, error) {
	const op = "community: opening"
	out := Opening{Proofs: map[string]Proof{}}
	var opened clock.Time
	err := tx.Row(`SELECT opened_at FROM opening WHERE n = 1`).Scan(&opened)
	switch {
	case errors.Is(err, store.ErrNone):
		out.Old = true
	case err != nil:
		return out, errs.Wrap(op, err)
	default:
		out.Closed = opened == 0
	}
	err = store.Each(tx, `SELECT kind, about, at, fault FROM proof`, nil, func(scan func(...any) error) error {
		var p Proof
		err := scan(&p.Kind, &p.About, &p.At, &p.Fault)
		out.Proofs[p.Kind] = p
		return err
	})
	return out, errs.Wrap(op, err)
}

// Prove writes down the result of a proof, and opens the place when all that is asked for is proven. Errors are those of the
// store.
func Prove(tx *store.Tx, p Proof) error {
	const op = "community: prove"
	_, err := tx.Exec(`INSERT INTO proof (kind, about, at, fault) VALUES ($1, $2, $3, $4)
		ON CONFLICT (kind) DO UPDATE SET about = excluded.about, at = excluded.at, fault = excluded.fault`, p.Kind, p.About, p.At, p.Fault)
	if err != nil {
		return errs.Wrap(op, err)
	}
	o, err := LookOpening(tx)
	if err == nil && o.Closed && o.Proven() {
		_, err = tx.Exec(`UPDATE opening SET opened_at = $1 WHERE n = 1`, p.At)
	}
	return errs.Wrap(op, err)
}
