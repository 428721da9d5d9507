package app

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io/fs"

	"beside/internal/backup"
	"beside/internal/clock"
	"beside/internal/community"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/mutant"
	"beside/internal/promise"
	"beside/internal/store"
)

// What Beside does by itself with backups while it serves, when it was told where they go: one each day, and each week the
// newest is restored into a place that is taken away again, and compared.
const (
	backupPromise promise.Kind = "backup"
	trialPromise  promise.Kind = "trial"
)

// trialLimit is how long a backup or a trial may take.
const trialLimit = 12 * clock.Hour

// every is how often each is done.
var every = map[promise.Kind]clock.Time{backupPromise: clock.Day, trialPromise: 7 * clock.Day}

// openBackups makes the runner of these promises, which take longer than others: nil when nothing was said of backups.
func (a *App) openBackups(ctx context.Context) error {
	if a.Config.Backups.Books == "" || a.Config.Backups.Keyring == "" {
		return nil
	}
	a.Trials = promise.NewRunner(a.DB, a.Clock, a.IDs, a.Config.Log, map[promise.Kind]promise.Keep{
		backupPromise: {Reach: a.keepBackup, Effect: a.again},
		trialPromise:  {Reach: a.keepTrial, Effect: a.again},
	}, promise.Options{Limit: trialLimit, Tick: clock.Minute, Batch: 1})
	return a.DB.Update(ctx, func(tx *store.Tx) error {
		for kind := range every {
			var there int
			if err := tx.Row(`SELECT COUNT(*) FROM promise WHERE kind = $1 AND state = 'open'`, kind).Scan(&there); err != nil {
				return err
			}
			if there > 0 {
				continue
			}
			due := a.Clock.Now()
			if kind == backupPromise {
				due-- // before the trial of it
			}
			if err := promise.Set(tx, next(kind, due)); err != nil {
				return err
			}
		}
		return nil
	})
}

// again promises the next time, in the transaction that ends this one.
func (a *App) again(tx *store.Tx, p promise.Promise) error {
	return promise.Set(tx, next(p.Kind, a.Clock.Now()+every[p.Kind]))
}

// next is a promise whose id follows from its kind and day, so that of several nodes one sets it.
func next(kind promise.Kind, due clock.Time) promise.Promise {
	var day [8]byte
	binary.BigEndian.PutUint64(day[:], uint64(due/clock.Hour))
	h := sha256.Sum256(append([]byte("beside "+string(kind)+"\x00"), day[:]...))
	which, _ := id.FromBytes[id.Promise](h[:16]) // 16 bytes never fail
	return promise.Promise{ID: which, Kind: kind, Due: due, Made: due}
}

func (a *App) place() *Place {
	return &Place{Config: a.Config, DB: a.DB, Vault: a.Vault, keyring: a.keyring}
}

func (a *App) keepBackup(ctx context.Context, _ promise.Promise) error {
	books, _, err, left := a.place().backUp(ctx, a.Config.Backups)
	if err != nil {
		a.Config.Log.Error("the backup failed", "err", err.Error())
	}
	if left != nil {
		a.Config.Log.Error("the backup was made, and older ones were not all taken away", "err", left.Error())
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return errors.Join(a.place().prove(ctx, community.ProvenBackup, books.Name, faultOf(errors.Join(err, left))), err)
}

// keepTrial tries the newest backup and writes down what came of it. That it failed is a result, not an error: it is tried
// again in a week, and somebody must look. While there is none yet it waits for the first.
func (a *App) keepTrial(ctx context.Context, _ promise.Promise) error {
	name, err := a.place().Trial(ctx, a.Config.Backups)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if none, other := a.noBackupYet(ctx, err); other != nil || none && !mutant.On("trial-of-nothing") {
		return errs.As("app: trial", errs.Busy, cmp.Or(other, err))
	}
	if err != nil {
		a.Config.Log.Error("the newest backup was tried, and something is wrong", "err", err.Error())
	}
	return a.place().prove(ctx, community.ProvenSelf, name, faultOf(err))
}

// noBackupYet reports whether a trial failed because no backup was ever made here by itself.
func (a *App) noBackupYet(ctx context.Context, trial error) (none bool, err error) {
	if !errors.Is(trial, backup.ErrNone) && !errors.Is(trial, backup.ErrNotFolder) && !errors.Is(trial, fs.ErrNotExist) {
		return false, nil
	}
	err = a.DB.View(ctx, func(tx *store.Tx) error {
		return tx.Row(`SELECT COUNT(*) = 0 FROM promise WHERE kind = $1 AND state = 'done'`, backupPromise).Scan(&none)
	})
	return none, err
}

// Trial restores the newest backups into a place that is taken away again, and compares. It needs no recovery copy: the
// keyring's backup is tried with today's root key, and when that has moved on since, a new one is made first. It returns
// the name of the books' backup, and what [Restore] returns.
func (p *Place) Trial(ctx context.Context, from Backups) (name string, err error) {
	if err := p.freshKeyring(ctx, from); err != nil {
		return "", err
	}
	root, err := p.Root()
	if err != nil {
		return "", err
	}
	root = root.Apart()
	did, err := p.tryRestore(ctx, From{Books: from.Books, Keyring: from.Keyring, Copy: &root})
	return did.Books.Name, err
}

// freshKeyring makes a new backup of the keyring when today's root key does not open the newest.
func (p *Place) freshKeyring(ctx context.Context, to Backups) error {
	head, err := backup.Newest(to.Keyring, backup.Keyring)
	if err != nil {
		return err
	}
	root, err := p.Root()
	if err != nil {
		return err
	}
	if _, ok := root.Toward(head.Root); ok {
		return nil
	}
	_, _, err, _ = p.backUp(ctx, Backups{Keyring: to.Keyring, Life: to.Life}) // what is not taken away is told each day
	return err
}
