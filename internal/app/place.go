package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"beside/internal/backup"
	"beside/internal/store"
	"beside/internal/store/schema"
	"beside/internal/vault"
)

// Place is where an installation keeps what it knows, opened for looking after it: it serves nobody, and nothing is made
// that is not there. Another program may be serving it meanwhile.
type Place struct {
	Config Config
	DB     *store.DB
	Vault  *vault.Vault

	keyring *store.DB
}

// Files of a place in a folder.
const (
	booksFile   = "beside.db"
	keyringFile = "keyring.db"
)

// ErrNoPlace says that there is nothing where a place was said to be.
var ErrNoPlace = errors.New("there is no Beside here")

// OpenPlace opens the place of c. It returns [ErrNoPlace] when books, keyring or root key are not there, an error that
// says what to do when the tables are of another version, and [backup.ErrHalf] for one that was restored in part.
func OpenPlace(ctx context.Context, c Config) (*Place, error) {
	c.Demo = true // nothing is served: what is asked of a place that is does not matter
	c, err := c.filled()
	if err != nil {
		return nil, err
	}
	p := &Place{Config: c}
	if err := c.there(true); err != nil {
		return nil, err
	}
	for _, open := range []func(context.Context) error{p.openBooks, p.openKeys} {
		if err := open(ctx); err != nil {
			return nil, errors.Join(err, p.Close())
		}
	}
	return p, nil
}

// RootKeyFile returns where the root key is kept. It returns [ErrNoPlace] when nobody said where, and there are no books either.
func (c Config) RootKeyFile() (string, error) {
	c.Demo = true // nothing is served
	said := c.RootKey != ""
	c, err := c.filled()
	if err == nil && !said {
		err = c.there(false)
	}
	return c.RootKey, err
}

// KeysThere reports whether keyring and root key lie where they usually do, beside a folder of books.
func (c Config) KeysThere() bool {
	c.Demo = true // nothing is served
	c, err := c.filled()
	if err != nil || isURL(c.Database) || isURL(c.Keyring) {
		return false
	}
	_, err = os.Stat(filepath.Join(c.Keyring, keyringFile))
	_, err2 := os.Stat(c.RootKey)
	return err == nil && err2 == nil
}

// There returns [ErrNoPlace] when books, keyring or root key are not where c says, as for a command in the wrong folder. What is in
// a database is not looked at.
func (c Config) There() error {
	c.Demo = true // nothing is served
	c, err := c.filled()
	if err != nil {
		return err
	}
	return c.there(true)
}

// there makes sure that nothing would be made by opening the books, and keyring and root key where they are needed.
func (c Config) there(keys bool) error {
	for _, x := range []struct {
		where, file, says string
		needed            bool
	}{
		{c.Database, booksFile, "say where the books are with --database", true},
		{c.Keyring, keyringFile, "say where the keyring is with --keyring", keys},
	} {
		if isURL(x.where) || !x.needed {
			continue
		}
		if _, err := os.Stat(filepath.Join(x.where, x.file)); errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%w: no file %s in %s; %s", ErrNoPlace, x.file, x.where, x.says)
		}
	}
	if _, err := os.Stat(c.RootKey); keys && errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: no root key %s; say where it is with --root-key", ErrNoPlace, c.RootKey)
	}
	return nil
}

// begun returns [ErrNoPlace] for a database in which there are no tables yet.
func begun(ctx context.Context, db *store.DB) error {
	have, _, err := db.Schema(ctx, schema.Files)
	if err == nil && have == 0 {
		err = errEmpty
	}
	return err
}

var errEmpty = fmt.Errorf("%w: the database of the books is empty", ErrNoPlace)

func (p *Place) openBooks(ctx context.Context) (err error) {
	if p.DB, err = store.Open(ctx, p.Config.Database, store.Options{Readers: 2, MaxConns: 4, Logger: p.Config.Log}); err != nil {
		return fmt.Errorf("opening the books: %w", err)
	}
	return wholeBooks(ctx, p.DB)
}

// wholeBooks returns [ErrNoPlace] for a database in which there are no books, an error that says what to do when they are of
// another version, and [backup.ErrHalf] when they were restored in part.
func wholeBooks(ctx context.Context, db *store.DB) error {
	have, known, err := db.Schema(ctx, schema.Files)
	switch {
	case err != nil:
		return fmt.Errorf("opening the books: %w", err)
	case have == 0:
		return errEmpty
	case have != known:
		return fmt.Errorf("the books have schema %d, this Beside knows %d: use the Beside that serves them, or start the newer one first", have, known)
	}
	return db.View(ctx, backup.Whole)
}

func (p *Place) openKeys(ctx context.Context) error {
	root, err := vault.ReadRoot(p.Config.RootKey)
	if err != nil {
		return err
	}
	if p.keyring, p.Vault, err = openKeyring(ctx, p.Config, root, nil); err != nil {
		return err
	}
	return sweepTrials(ctx, p.Vault, p.Config)
}

// NoCopy, in [Config.KeyringCopy], ends a copy of the keyring that was kept until now.
const NoCopy = "none"

// keepCopy has every change of a keyring written to its second place too, by every program: the place that is given, or the
// one that the keyring names. One that is newer than the keyring is left as it is.
func keepCopy(ctx context.Context, c Config, v *vault.Vault) (err error) {
	if c.alone {
		return nil
	}
	before, now := "", c.KeyringCopy
	switch now {
	case "":
		_, err = v.CheckCopy(ctx)
		if now, _ = v.CopyPlace(ctx); err == nil {
			return nil
		}
	case NoCopy:
		before, err = v.EndCopy(ctx)
	default:
		var db *store.DB
		if db, err = store.Open(ctx, now, copyOptions(c)); err == nil {
			before, err = v.KeepCopy(ctx, now, db)
		}
	}
	if errors.Is(err, vault.ErrKnowsMore) {
		c.KeyringCopy = now
		err = fmt.Errorf("%w. The keyring %s is older than its copy %s, as after a restore from an older backup. Nothing was changed. Take the copy as the keyring, then start again:  %s",
			err, placeOf(c.Keyring), placeOf(now), backCommand(c))
	}
	if err != nil {
		return fmt.Errorf("the copy of the keyring: %w", err)
	}
	if before != "" && before != now {
		said := []any{"was", placeOf(before)}
		if now != NoCopy {
			said = append(said, "is", placeOf(now))
		}
		c.Log.Warn("the copy of the keyring is kept no longer where it was: it has old keys, so delete it there", said...)
	}
	return nil
}

func copyOptions(c Config) store.Options {
	return store.Options{Name: keyringFile, Readers: 1, MaxConns: 4, Logger: c.Log}
}

// openCopy opens the place that a keyring names for its copy. It makes nothing: a disk may be missing.
func (c Config) openCopy(ctx context.Context, where string) (*store.DB, error) {
	if !isURL(where) {
		if _, err := os.Stat(filepath.Join(where, keyringFile)); errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%w: no file %s in %s, where its copy is kept. Is its disk there? Else start Beside with another --keyring-copy, or with --keyring-copy %s", ErrNoPlace, keyringFile, where, NoCopy)
		}
	}
	return store.Open(ctx, where, copyOptions(c))
}

// backCommand is the command that makes a keyring what its copy is. An address is left out: it can hold a password.
func backCommand(c Config) string {
	var words [2]string
	for i, where := range []string{c.KeyringCopy, c.Keyring} {
		if words[i] = where; isURL(where) {
			words[i] = "ADDRESS"
		}
	}
	return "beside keyring back --keyring-copy " + words[0] + " --keyring " + words[1]
}

// TakeCopy makes the keyring of a place what its copy is, at the place of [Config.KeyringCopy]: a keyring that is lost, or an
// older one that came back from a backup. Nothing may be serving it. The root key must open the copy: the one of the place,
// when it is there, or one of some others. Errors are those of [vault.TakeCopy]; [ErrNoPlace] when there is no copy.
func TakeCopy(ctx context.Context, c Config, others ...vault.Root) (err error) {
	c.Demo = true // nothing is served
	if c, err = c.filled(); err != nil {
		return err
	}
	if !isURL(c.KeyringCopy) {
		if _, err := os.Stat(filepath.Join(c.KeyringCopy, keyringFile)); errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%w: no file %s in %s; say where the copy of the keyring is with --keyring-copy", ErrNoPlace, keyringFile, c.KeyringCopy)
		}
	}
	here, err := vault.ReadRoot(c.RootKey)
	if err == nil {
		others = append(others, here)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	few := store.Options{Name: keyringFile, Readers: 1, MaxConns: 2, Logger: c.Log}
	second, err := store.Open(ctx, c.KeyringCopy, few)
	if err != nil {
		return fmt.Errorf("opening the copy of the keyring: %w", err)
	}
	defer func() { err = errors.Join(err, second.Close()) }()
	db, err := store.Open(ctx, c.Keyring, few)
	if err != nil {
		return fmt.Errorf("opening the keyring: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	switch err := vault.TakeCopy(ctx, db, second, others...); {
	case errors.Is(err, vault.ErrOtherRoot):
		return fmt.Errorf("the copy %s: %w. Nothing was changed. If another place was restored from backups of this one, it may have written there: then leave that copy to it, and start Beside here with another --keyring-copy",
			placeOf(c.KeyringCopy), err)
	case errors.Is(err, vault.ErrKnowsMore):
		return fmt.Errorf("the keyring %s: %w. The copy %s is older", placeOf(c.Keyring), err, placeOf(c.KeyringCopy))
	case err != nil:
		return fmt.Errorf("the copy of the keyring: %w", err)
	}
	return nil
}

// openKeyring opens a keyring with a root key.
func openKeyring(ctx context.Context, c Config, root vault.Root, seen store.Observer) (*store.DB, *vault.Vault, error) {
	few := store.Options{Name: keyringFile, Readers: 2, MaxConns: 4, Logger: c.Log, Observer: seen, Silence: c.Silence}
	db, err := store.Open(ctx, c.Keyring, few)
	if err != nil {
		return nil, nil, fmt.Errorf("opening the keyring: %w", err)
	}
	if err := whole(ctx, db, vault.Schema(), keyringMarks); err != nil {
		return db, nil, fmt.Errorf("opening the keyring: %w", err)
	}
	v, err := vault.Open(ctx, db, root, c.Clock, c.Rand)
	if err != nil {
		return db, v, fmt.Errorf("opening the keyring: %w", err)
	}
	if !c.alone {
		v.Copies(c.openCopy)
	}
	return db, v, nil
}

// The schema files from which on a place says of itself that it is half restored. One from before never was.
const (
	booksMarks   = 20
	keyringMarks = 5
)

// whole returns [backup.ErrHalf] for a half restored place, before anything in it is brought forward.
func whole(ctx context.Context, db *store.DB, files fs.FS, since int64) error {
	have, _, err := db.Schema(ctx, files)
	if err != nil || have < since {
		return err
	}
	return db.View(ctx, backup.Whole)
}

// Root returns today's root key. Errors are those of its file.
func (p *Place) Root() (vault.Root, error) { return vault.ReadRoot(p.Config.RootKey) }

// Close closes the place.
func (p *Place) Close() error { return closeAll(p.Vault, p.DB, p.keyring) }

// leaveWithin is how long the keyring is given to take note that this program ends.
const leaveWithin = 2 * time.Second

// closeAll leaves a keyring and closes databases; each may be nil.
func closeAll(v *vault.Vault, all ...*store.DB) error {
	var errs []error
	if v != nil {
		ctx, cancel := context.WithTimeout(context.Background(), leaveWithin)
		defer cancel()
		_ = v.Leave(ctx) // without it whoever erases waits some seconds for nobody
		errs = append(errs, v.CloseCopy())
	}
	for _, db := range all {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}
