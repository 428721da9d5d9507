package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"beside/internal/backup"
	"beside/internal/clock"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/store"
	"beside/internal/store/schema"
	"beside/internal/vault"
	"beside/internal/witness"
)

// A trial restores into a place that is taken away again. Root key and keyring of that place are in memory alone: what a trial
// leaves that is killed is sealed rows, without any key. The rest is swept away by the next program that starts:
//
//	said in the keyring ──▶ folder, locked ──▶ books restored, compared ──▶ folder gone ──▶ taken back from the keyring
//	                                             killed: the lock is free, so the folder is a dead one's
//
// While it is said in the keyring, no certificate of erasing is given.
const (
	trialFolder = "beside-trial-"
	trialLock   = "lock"
)

// whileTrying is called by tests when a backup is restored and its folder is still there; nil otherwise.
var whileTrying func(dir string)

// tryRestore is [Restore] into a place that is taken away again.
func (p *Place) tryRestore(ctx context.Context, from From) (out Restored, err error) {
	err = p.inTemporary(ctx, func(dir string) error {
		c := Config{
			Database: filepath.Join(dir, "books"), Keyring: filepath.Join(dir, "keyring"), RootKey: filepath.Join(dir, "root", rootFile),
			Clock: p.Config.Clock, Rand: p.Config.Rand, Log: p.Config.Log, Demo: true,
		}
		if c, err = c.filled(); err != nil {
			return err
		}
		db, v, did, err := memoryKeyring(ctx, c, from)
		defer func() { err = errors.Join(err, closeAll(v, db)) }()
		if out.Keyring = did; err != nil {
			return fmt.Errorf("the keyring: %w", err)
		}
		if err := out.restoreBooks(ctx, c, v, from); err != nil {
			return err
		}
		if err := out.compare(ctx, c, v); err != nil {
			return err
		}
		if whileTrying != nil {
			whileTrying(dir)
		}
		return nil
	})
	return out, err
}

// compare erases again in the books what was erased when the keyring was backed up (what other packages keep about it goes with
// the place), and compares all that came back with the log.
func (out *Restored) compare(ctx context.Context, c Config, v *vault.Vault) (err error) {
	db, err := store.Open(ctx, c.Database, store.Options{Readers: 2, Logger: c.Log})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.Migrate(ctx, schema.Files); err != nil {
		return err
	}
	k := keeper.New(db, v, c.Clock, id.NewMaker(c.Clock, c.Rand), c.Rand)
	if _, err := k.Reconcile(ctx); err != nil {
		return err
	}
	if out.Keyless > 0 {
		v = nil
	}
	out.Wrong, err = verify(ctx, db, v, VerifyConfig{Config: c, Report: func(witness.Problem) {}})
	return wrong(out.Wrong, err)
}

// memoryKeyring restores a keyring into memory.
func memoryKeyring(ctx context.Context, c Config, from From) (db *store.DB, v *vault.Vault, r backup.Report, err error) {
	head, err := backup.Newest(from.Keyring, backup.Keyring)
	if err != nil {
		return nil, nil, r, err
	}
	root, ok := from.Copy.Toward(head.Root)
	if !ok {
		return nil, nil, r, fmt.Errorf("%w: it was made with a root key whose mark is %s", vault.ErrOtherRoot, head.Root)
	}
	f, err := backup.Open(from.Keyring, backup.Keyring, root, false)
	if err != nil {
		return nil, nil, r, err
	}
	if db, err = store.Open(ctx, "", store.Options{Name: keyringFile, Memory: true, Readers: 2, Logger: c.Log}); err != nil {
		return nil, nil, r, err
	}
	if r, err = f.Restore(ctx, head.Name, db, backup.Restoring{Schema: vault.Schema(), Now: c.Clock.Now()}); err != nil {
		return db, nil, r, err
	}
	v, err = vault.Open(ctx, db, root.Apart(), c.Clock, c.Rand) // without copies: it must not change anything elsewhere
	return db, v, r, err
}

// inTemporary hands fn a folder of its own, in TMPDIR, and takes it away.
func (p *Place) inTemporary(ctx context.Context, fn func(dir string) error) (err error) {
	dir, err := os.MkdirTemp("", trialFolder)
	if err != nil {
		return err
	}
	lock, err := lockTrial(dir)
	if err != nil {
		return errors.Join(err, os.RemoveAll(dir))
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	which, err := p.Vault.BeginTrial(ctx, dir)
	if err != nil {
		return errors.Join(err, os.RemoveAll(dir))
	}
	defer func() {
		err = errors.Join(err, os.RemoveAll(dir))
		if _, left := os.Lstat(dir); errors.Is(left, fs.ErrNotExist) {
			err = errors.Join(err, p.Vault.EndTrial(context.WithoutCancel(ctx), which))
		}
	}()
	return fn(dir)
}

// errTrialRuns says that a folder is that of a program that lives.
var errTrialRuns = errors.New("a trial is under way there")

// lockTrial takes the lock of a trial's folder, which the operating system lets go of when the program dies.
func lockTrial(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, trialLock), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close() // nothing was written
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = errTrialRuns
		}
		return nil, err
	}
	return f, nil
}

// sweepTrials takes away what trials left whose program is dead, on this machine. What cannot be taken away keeps nobody from
// starting: certificates wait for it, and the log says so.
func sweepTrials(ctx context.Context, v *vault.Vault, c Config) error {
	said, err := v.Trials(ctx)
	if err != nil {
		return err
	}
	folders, err := filepath.Glob(filepath.Join(os.TempDir(), trialFolder+"*"))
	if err != nil {
		return err
	}
	for _, t := range said {
		if t.OfThisMachine() {
			folders = append(folders, t.Folder)
		}
	}
	swept := map[string]bool{}
	for _, dir := range folders {
		did, err := sweepTrial(dir, c.Clock.Now())
		swept[dir] = swept[dir] || did
		if err != nil {
			c.Log.Warn("what a trial left was not taken away: certificates of erasing wait for that", "folder", dir, "err", err.Error())
		}
	}
	for _, t := range said {
		// A program in another room of this machine may see another TMPDIR: it believes that a folder is gone only when the trial
		// must have ended long ago.
		_, seen := os.Lstat(t.Folder)
		gone := swept[t.Folder] || errors.Is(seen, fs.ErrNotExist) && c.Clock.Now()-t.At > trialLimit
		if !t.OfThisMachine() || !gone {
			continue
		}
		if err := v.EndTrial(ctx, t.ID); err != nil {
			return err
		}
	}
	return nil
}

// sweepTrial takes away the folder of a trial whose program is dead, and reports whether it did. A Beside from before made
// no lock, and kept a root key there: that is overwritten; should its trial run still, it fails and is made again.
func sweepTrial(dir string, now clock.Time) (swept bool, err error) {
	info, err := os.Lstat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil || !info.IsDir() {
		return false, err
	}
	if _, err := os.Lstat(filepath.Join(dir, trialLock)); errors.Is(err, fs.ErrNotExist) && now-clock.Of(info.ModTime()) < clock.Minute {
		return false, nil // it has just been made
	}
	lock, err := lockTrial(dir)
	if errors.Is(err, errTrialRuns) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	for _, keys := range []string{filepath.Join("root", rootFile+"*"), filepath.Join("keyring", keyringFile+"*")} {
		found, err := filepath.Glob(filepath.Join(dir, keys))
		if err != nil {
			return false, err
		}
		for _, f := range found {
			if err := vault.Discard(f); err != nil {
				return false, err
			}
		}
	}
	return true, os.RemoveAll(dir)
}
