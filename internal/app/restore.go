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
	"beside/internal/clock"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/mutant"
	"beside/internal/promise"
	"beside/internal/store"
	"beside/internal/store/schema"
	"beside/internal/vault"
	"beside/internal/witness"
)

// From says what a place is restored from.
type From struct {
	Books   string      // folder of the books' backups
	Name    string      // which of them; "" for the newest
	Which   string      // which backup of the keyring; "" for the newest
	Keyring string      // folder of the keyring's backups; "" when the keyring is where it should be already, or has a copy
	Second  string      // the place of the keyring's copy, which is newer than any backup: a folder, or an address; "" for none
	Copy    *vault.Root // from the recovery copy of the root key; nil when the root key is where it should be
	Log     bool        // begin a new log, as a place must that others will write to
	Rows    func(int64) // is told how many rows there are so far; may be nil

	Report   func(witness.Problem) // is told of each row that is not what was written; may be nil
	Progress func(string, int64)   // is told how far comparing with the log is; may be nil
}

// Restored says what was restored.
type Restored struct {
	Books, Keyring backup.Report
	People         int           // books whose chain was followed, entry by entry
	CopyWas        string        // where the keyring that was brought here had its copy, which is not this place's; "" for none
	Keyless        int           // books for which the keyring has no key: it is older than the backup
	Wrong          int64         // rows that are not what was written: see [ErrWrong]
	Verified       time.Duration // how long comparing with the log took
}

// ErrWrong says that a place came back as its backup was, but that not all in it is what was written: it was so before the
// backup was made.
var ErrWrong = errors.New("everything in the backup came back, but not all of it is what was written at its time")

var errNoRoot = errors.New("the root key is not there: give its recovery copy with --recovery-copy")

// Restore puts keyring and books into the empty place of c, compares what stands there then with what was, follows the
// chain of every book, begins a new log and has all promises rest. Then it erases again what was erased since, and compares
// every row with the log, as [Verify] does. Run again after it was killed it begins anew. It returns what
// [backup.Folder.Restore] returns, [vault.ErrOtherRoot] when the root key does not open the keyring, and [ErrWrong].
func Restore(ctx context.Context, c Config, from From) (out Restored, err error) {
	c.Demo, c.alone = true, true // nothing is served, and a copy that is newer is not touched: who starts it next is told of that
	if from.Report == nil {
		from.Report = func(witness.Problem) {}
	}
	if c, err = c.filled(); err != nil {
		return out, err
	}
	if _, err := backup.Named(from.Books, backup.Books, from.Name); err != nil { // before anything is brought here
		return out, fmt.Errorf("the books: %w", err)
	}
	if out.Keyring, err = restoreKeyring(ctx, c, from); err != nil {
		return out, fmt.Errorf("the keyring: %w", err)
	}
	root, err := vault.ReadRoot(c.RootKey)
	if err != nil {
		return out, err
	}
	keys, v, err := openKeyring(ctx, c, root, nil)
	defer func() { err = errors.Join(err, closeAll(v, keys)) }()
	if err != nil {
		return out, err
	}
	if from.Keyring != "" || from.Second != "" {
		// It names the copy of the place it comes from, which may live on: what happens here must not be written there.
		if out.CopyWas, err = forgetCopy(ctx, v); err != nil {
			return out, fmt.Errorf("the keyring: %w", err)
		}
	}
	if err := out.restoreBooks(ctx, c, v, from); err != nil {
		return out, err
	}
	return out, out.verify(ctx, c, from)
}

func forgetCopy(ctx context.Context, v *vault.Vault) (was string, err error) {
	if mutant.On("copy-remembered") {
		return "", nil
	}
	if was, err = v.EndCopy(ctx); was != "" {
		was = placeOf(was)
	}
	return was, err
}

// restoreKeyring brings root key and keyring to where they should be, unless they are.
func restoreKeyring(ctx context.Context, c Config, from From) (r backup.Report, err error) {
	if from.Second != "" {
		if c.KeyringCopy = from.Second; from.Keyring != "" {
			return r, errors.New("it comes from its copy or from a backup, not from both: the copy is newer, so leave --keyring-from out")
		}
		var given []vault.Root
		if from.Copy != nil {
			given = append(given, *from.Copy)
		}
		if err := TakeCopy(ctx, c, given...); err != nil {
			return r, err
		}
	}
	if from.Keyring == "" {
		if from.Copy != nil {
			err = keepMissing(c.RootKey, *from.Copy)
		}
		if _, err := os.Stat(filepath.Join(c.Keyring, keyringFile)); !isURL(c.Keyring) && errors.Is(err, fs.ErrNotExist) {
			return r, fmt.Errorf("%w: no file %s in %s; give its copy with --keyring-copy, or, when there is none, a backup of it with --keyring-from", ErrNoPlace, keyringFile, c.Keyring)
		}
		return r, err
	}
	head, err := backup.Named(from.Keyring, backup.Keyring, from.Which)
	if err != nil {
		return r, err
	}
	root, err := rootOf(c, from, head.Root)
	if err != nil {
		return r, err
	}
	f, err := backup.Open(from.Keyring, backup.Keyring, root, false)
	if err != nil {
		return r, err
	}
	db, err := store.Open(ctx, c.Keyring, store.Options{Name: keyringFile, Readers: 1, MaxConns: 2, Logger: c.Log})
	if err != nil {
		return r, err
	}
	there, err := has(ctx, db, vault.Schema(), keyringMarks, `SELECT COUNT(*) > 0 FROM book_tree`)
	if err == nil && !there { // else it is from an earlier try, or was never lost
		r, err = f.Restore(ctx, head.Name, db, backup.Restoring{Schema: vault.Schema(), Now: c.Clock.Now()})
	}
	if err = errors.Join(err, db.Close()); err != nil {
		return r, err
	}
	return r, keepMissing(c.RootKey, root)
}

// has reports whether there are rows in a place that is whole.
func has(ctx context.Context, db *store.DB, files fs.FS, since int64, query string) (there bool, err error) {
	have, _, err := db.Schema(ctx, files)
	if err != nil || have < since {
		return false, err
	}
	err = db.View(ctx, func(tx *store.Tx) error {
		if half := backup.Whole(tx); errors.Is(half, backup.ErrHalf) {
			return nil
		} else if half != nil {
			return half
		}
		return tx.Row(query).Scan(&there)
	})
	return there, err
}

// keepMissing writes a root key where there is none.
func keepMissing(path string, r vault.Root) error {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return vault.KeepRoot(path, r)
}

// rootOf finds the root key of a mark: from the recovery copy, or from the file.
func rootOf(c Config, from From, mark string) (vault.Root, error) {
	file, err := vault.ReadRoot(c.RootKey)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return vault.Root{}, err
	}
	if from.Copy == nil && err != nil {
		return vault.Root{}, errNoRoot
	}
	if from.Copy != nil {
		if r, ok := from.Copy.Toward(mark); ok {
			return r, nil
		}
	}
	if r, ok := file.Toward(mark); ok {
		return r, nil
	}
	if from.Copy == nil {
		return vault.Root{}, fmt.Errorf("%w. A root key moves on, and does not open older backups of the keyring: the recovery copy does, give it with --recovery-copy", vault.ErrOtherRoot)
	}
	return vault.Root{}, fmt.Errorf("%w: it was made with a root key whose mark is %s", vault.ErrOtherRoot, mark)
}

func (out *Restored) restoreBooks(ctx context.Context, c Config, v *vault.Vault, from From) error {
	f, err := backup.Open(from.Books, backup.Books, v, false)
	if err != nil {
		return fmt.Errorf("the books: %w", err)
	}
	head, err := f.Find(from.Name)
	if err != nil {
		return fmt.Errorf("the books: %w", err)
	}
	db, err := store.Open(ctx, c.Database, store.Options{Readers: 2, MaxConns: 4, Logger: c.Log})
	if err != nil {
		return fmt.Errorf("the books: %w", err)
	}
	out.Books, err = f.Restore(ctx, head.Name, db, backup.Restoring{
		Schema: schema.Files, Now: c.Clock.Now(), Rests: true, Read: from.Rows,
		Finish: func(ctx context.Context, db *store.DB) error { return out.finish(ctx, c, v, db, from) },
	})
	if err = errors.Join(err, db.Close()); err != nil {
		return fmt.Errorf("the books: %w", err)
	}
	return nil
}

// verify starts what came back, which brings it up to this Beside and erases again what was erased since, and compares all
// of it with the log. When keys are missing, what is sealed is not opened.
func (out *Restored) verify(ctx context.Context, c Config, from From) (err error) {
	a, err := New(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	began := clock.Steady()
	out.Wrong, err = a.Verify(ctx, VerifyConfig{Keys: out.Keyless == 0, Report: from.Report, Progress: from.Progress})
	out.Verified = time.Duration(began()) * time.Microsecond
	return wrong(out.Wrong, err)
}

// wrong says that some things are not what was written.
func wrong(n int64, err error) error {
	if err == nil && n > 0 && !mutant.On("restore-unverified") {
		err = fmt.Errorf("%w: %d things are wrong", ErrWrong, n)
	}
	return err
}

// finish looks at what the rows say, while nothing can be served yet.
func (out *Restored) finish(ctx context.Context, c Config, v *vault.Vault, db *store.DB, from From) (err error) {
	if out.People, err = keeper.Chains(ctx, db); err != nil {
		return err
	}
	if out.Keyless, err = keyless(ctx, v, db); err != nil {
		return err
	}
	if out.People > 0 && out.Keyless >= out.People {
		return keeper.ErrOtherKeyring
	}
	if !from.Log {
		return nil
	}
	return db.Update(ctx, func(tx *store.Tx) error { return logOf(v, c).Restart(tx, c.Clock.Now()) })
}

// logOf is the way into the log of the installation whose keyring this is.
func logOf(v *vault.Vault, c Config) *witness.Queue {
	return witness.NewQueue(v.Key(witness.QueueKey), c.Rand)
}

// keyless counts the books that the keyring does not know. Those that were erased are known as such.
func keyless(ctx context.Context, v *vault.Vault, db *store.DB) (n int, err error) {
	var all []id.Book
	err = db.View(ctx, func(tx *store.Tx) error {
		all = nil
		return store.Each(tx, `SELECT id FROM book ORDER BY id`, nil, func(scan func(...any) error) error {
			var b id.Book
			err := scan(&b)
			all = append(all, b)
			return err
		})
	})
	for _, b := range all {
		if err != nil {
			return n, err
		}
		var known bool
		if known, err = v.Knows(ctx, b); err == nil && !known {
			n++
		}
	}
	return n, err
}

// Restored says of a place that it came back by other means, such as the engine's own: it follows the chain of every book,
// begins a new log, has all promises rest, and compares every row with the log. Nothing may be serving it. It returns how many
// books there are with entries, and [ErrWrong] after all is done when something is not what was written.
func (p *Place) Restored(ctx context.Context, report func(witness.Problem)) (books int, err error) {
	if books, err = keeper.Chains(ctx, p.DB); err != nil {
		return books, err
	}
	now := p.Config.Clock.Now()
	err = p.DB.Update(ctx, func(tx *store.Tx) error {
		if err := promise.Rest(tx, now); err != nil {
			return err
		}
		return logOf(p.Vault, p.Config).Restart(tx, now)
	})
	if err != nil {
		return books, err
	}
	keys := p.Vault
	without, err := keyless(ctx, keys, p.DB)
	if err != nil {
		return books, err
	}
	if without > 0 {
		keys = nil
	}
	return books, wrong(verify(ctx, p.DB, keys, VerifyConfig{Config: p.Config, Report: report}))
}
