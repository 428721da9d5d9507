package vault

import (
	"context"
	"errors"
	"io"

	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/store"
)

// ErrTrial says that a trial of a backup is under way, or was broken off and what it left was not swept away yet. No
// certificate of erasing is given meanwhile: what is tried may be from before.
var ErrTrial = errors.New("a backup is being tried, or what a trial left was not swept away yet")

// Trial is one that is under way, or was broken off.
type Trial struct {
	ID      []byte
	Machine string // by its name
	Folder  string // where it puts what it tries
	At      clock.Time
}

// BeginTrial writes down that a trial begins, before anything of it is in the folder. Errors are those of the store.
func (v *Vault) BeginTrial(ctx context.Context, folder string) (id []byte, err error) {
	const op = "vault: begin trial"
	id = make([]byte, 16)
	if _, err := io.ReadFull(v.rand, id); err != nil {
		return nil, errs.Wrap(op, err)
	}
	err = v.db.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`INSERT INTO trial (id, machine, folder, at) VALUES ($1, $2, $3, $4)`, id, machineName(), folder, v.clock.Now())
		return err
	})
	return id, errs.Wrap(op, err)
}

// EndTrial writes down that nothing of a trial is left. Errors are those of the store.
func (v *Vault) EndTrial(ctx context.Context, id []byte) error {
	err := v.db.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`DELETE FROM trial WHERE id = $1`, id)
		return err
	})
	return errs.Wrap("vault: end trial", err)
}

// Trials returns those that are under way or were broken off, the oldest first. Errors are those of the store.
func (v *Vault) Trials(ctx context.Context) (all []Trial, err error) {
	err = v.db.View(ctx, func(tx *store.Tx) error {
		all = nil
		return store.Each(tx, `SELECT id, machine, folder, at FROM trial ORDER BY at, id`, nil, func(scan func(...any) error) error {
			var t Trial
			err := scan(&t.ID, &t.Machine, &t.Folder, &t.At)
			all = append(all, t)
			return err
		})
	})
	return all, errs.Wrap("vault: trials", err)
}

// OfThisMachine reports whether a trial is of the machine of this program.
func (t Trial) OfThisMachine() bool { return t.Machine == machineName() }

// noTrial returns [ErrTrial] while there is one.
func noTrial(tx *store.Tx) error {
	var n int
	err := tx.Row(`SELECT COUNT(*) FROM trial`).Scan(&n)
	if err == nil && n > 0 {
		err = ErrTrial
	}
	return err
}
