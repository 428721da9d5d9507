package vault

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"path/filepath"

	"beside/internal/errs"
	"beside/internal/store"
)

// ErrNextRootMissing says that a program that runs does not have the root key to which a rotation leads.
var ErrNextRootMissing = errors.New("a running Beside does not have the new root key yet; put the file beside its root key, under the same name with .next behind it, and run this again")

// BeginRotation draws a new root key, one that does not follow from the one there is, and puts it beside the root key file,
// with .next behind its name. Nothing is opened by it yet: [Vault.Rotate] goes on. A rotation that was begun before is taken
// up with the key it has. A nil random means the system's secure randomness. It returns the path of the new file, the errors
// of the file system and of the store; [ErrRootMalformed] when this vault was not opened with a file.
func (v *Vault) BeginRotation(ctx context.Context, random io.Reader) (path string, err error) {
	const op = "vault: begin rotation"
	if v.here.path == "" {
		return "", errs.Wrap(op, ErrRootMalformed)
	}
	path = nextPath(v.here.path)
	next, err := loadRoot(path)
	if errors.Is(err, fs.ErrNotExist) {
		if random == nil {
			random = rand.Reader
		}
		if err = makeRoot(path, random); err == nil {
			next, err = loadRoot(path)
		}
	}
	if err != nil {
		return path, errs.Wrap(op, err)
	}
	err = v.db.Update(ctx, func(tx *store.Tx) error {
		gens, err := generationsIn(tx)
		if err != nil || len(gens) == 0 {
			return err
		}
		newest := gens[len(gens)-1]
		switch {
		case newest.fits(next):
			return nil // it was begun before
		case newest.fresh && len(gens) > 1:
			return ErrOtherRoot // another rotation is under way, begun on another machine
		}
		if err := addGeneration(tx, newest.gen+1, next, true, v.clock.Now()); err != nil {
			return err
		}
		_, err = raise(tx)
		return err
	})
	return path, errs.Wrap(op, err)
}

// Rotate wraps everything by the root key of a rotation that was begun, and takes away the one before, from the keyring and
// from the root key files of all programs that run. They go on serving. It may be called again after it was broken off
// anywhere. It returns [ErrNextRootMissing] while a program that runs does not have the new file: nothing was done then. Other
// errors are those of [Vault.Renew].
func (v *Vault) Rotate(ctx context.Context) error {
	const op = "vault: rotate"
	for {
		oldest, newest, _, err := v.Renewed(ctx)
		if err != nil {
			return errs.Wrap(op, err)
		}
		if oldest == newest {
			return errs.Wrap(op, v.filesMoved(ctx, newest-1))
		}
		if err := v.finish(ctx); err != nil {
			return errs.Wrap(op, err)
		}
	}
}

// Resume ends a rotation that was begun and broken off, once every program that runs has the new root key. It reports
// whether there was one that is at its end now, and returns the errors of [Vault.Rotate].
func (v *Vault) Resume(ctx context.Context) (ended bool, err error) {
	var gens []generation
	err = v.db.View(ctx, func(tx *store.Tx) (err error) {
		gens, err = generationsIn(tx)
		return err
	})
	if err != nil || len(gens) < 2 || !gens[len(gens)-1].fresh {
		return false, errs.Wrap("vault: resume", err)
	}
	err = v.Rotate(ctx)
	return err == nil, err
}

// allReady returns [ErrNextRootMissing] unless every program that runs has the root key of a rotation.
func (v *Vault) allReady(ctx context.Context, g generation) error {
	var epoch int64
	err := v.db.Update(ctx, func(tx *store.Tx) (err error) {
		epoch, err = raise(tx) // so that each has looked anew
		return err
	})
	if err == nil {
		err = v.Settle(ctx, epoch)
	}
	var without int
	if err == nil {
		err = v.db.View(ctx, func(tx *store.Tx) error {
			return tx.Row(`SELECT COUNT(*) FROM program WHERE ready < $1`, g.gen).Scan(&without)
		})
	}
	if err == nil && without > 0 {
		err = ErrNextRootMissing
	}
	return err
}

// NextRootFile is where a rotation puts the root key that shall take the place of the one at path.
func NextRootFile(path string) string { return filepath.Clean(nextPath(path)) }
