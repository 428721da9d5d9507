package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"beside/internal/backup"
	"beside/internal/clock"
	"beside/internal/community"
	"beside/internal/errs"
	"beside/internal/store"
	"beside/internal/store/schema"
	"beside/internal/vault"
	"beside/internal/witness"
)

// Backups says where copies go, and how long they are kept.
type Backups struct {
	Books   string     // folder of the books' backups; "" for none
	Keyring string     // folder of the keyring's, apart from the other; "" for none
	Keep    int        // the newest backup of each of so many days is kept; 0 keeps every one
	Life    clock.Time // a backup of the keyring lives so long; 0 means [KeyringLife]
	Anew    bool       // write every piece again
}

// Apart returns an error for folders that are one, or lie one within the other. Other folders may be left out.
func (b Backups) Apart() error {
	if b.Books == "" || b.Keyring == "" {
		return nil
	}
	if (Config{Database: b.Books}).Within(b.Keyring) || (Config{Database: b.Keyring}).Within(b.Books) {
		return errors.New("give the backups of the keyring a folder of their own, on another disk if you can, and neither within that of the books' backups nor around it: who has both has the keys to the words")
	}
	return nil
}

// KeyringLife is how long a backup of the keyring is kept when nothing else is said. What was erased can be read from an
// old backup of the books only together with an older backup of the keyring: so it is short.
const KeyringLife = 7 * clock.Day

// ErrNotPruned says that what is no longer kept was not all taken away. What was to be backed up is.
var ErrNotPruned = errors.New("older backups were not all taken away")

// Backup makes a backup of the books and one of the keyring, in that order, so that the keyring has every key the books
// need, and takes away what is no longer kept. Each is there whole or not at all, and neither waits for the other to go well:
// the errors of both are told, and [ErrNotPruned].
func (p *Place) Backup(ctx context.Context, to Backups) (books, keyring backup.Report, err error) {
	books, keyring, err, left := p.backUp(ctx, to)
	return books, keyring, errors.Join(err, left)
}

// backUp is Backup. left is what was not taken away: somebody must look, but nothing stops for it.
func (p *Place) backUp(ctx context.Context, to Backups) (books, keyring backup.Report, err, left error) {
	if err := to.Apart(); err != nil {
		return books, keyring, err, nil
	}
	for _, one := range []struct {
		what, where string
		make        func(context.Context, Backups) (*backup.Folder, backup.Report, error)
		keep        backup.Keep
		did         *backup.Report
	}{
		{theBooks, to.Books, p.backupBooks, backup.Keep{Days: to.Keep}, &books},
		{"the keyring", to.Keyring, p.backupKeyring, backup.Keep{Life: cmp.Or(to.Life, KeyringLife)}, &keyring},
	} {
		if one.where == "" {
			continue
		}
		f, did, failed := one.make(ctx, to)
		if *one.did = did; failed != nil {
			err = errors.Join(err, fmt.Errorf("%s: %w", one.what, failed))
		}
		if f == nil || failed != nil && one.what == theBooks {
			continue
		}
		if stays := p.prune(ctx, f, one.what, one.keep, to); stays != nil {
			left = errors.Join(left, fmt.Errorf("%s: %w: %w", one.what, ErrNotPruned, stays))
		}
	}
	return books, keyring, err, left
}

func (p *Place) backupBooks(ctx context.Context, to Backups) (*backup.Folder, backup.Report, error) {
	f, err := backup.Open(to.Books, backup.Books, p.Vault, true)
	if err != nil {
		return nil, backup.Report{}, err
	}
	m, err := p.making(ctx, p.DB)
	if err != nil {
		return f, backup.Report{}, err
	}
	if m.Schema, _, err = p.DB.Schema(ctx, schema.Files); err != nil {
		return f, backup.Report{}, err
	}
	m.Anew = to.Anew
	r, err := f.Write(ctx, p.DB, m)
	return f, r, err
}

const theBooks = "the books"

// prune takes away what is no longer kept. Without its keyring a new backup of the books is no reason to let go of one that has
// its keys.
func (p *Place) prune(ctx context.Context, f *backup.Folder, what string, keep backup.Keep, to Backups) error {
	if what == theBooks {
		stay, prunes, err := p.tried(ctx)
		if err != nil || !prunes || to.Keyring == "" {
			return err
		}
		keep.Stay = stay
	}
	_, err := f.Prune(keep, p.Config.Clock.Now())
	return err
}

// tried returns the backups of the books that were tried last and are good, which are never taken away; and whether any may be: not
// while the last trial found something wrong, for then nobody knows which of the older ones is needed.
func (p *Place) tried(ctx context.Context) (stay []string, prunes bool, err error) {
	var o community.Opening
	err = p.DB.View(ctx, func(tx *store.Tx) (err error) {
		o, err = community.LookOpening(tx)
		return err
	})
	prunes = true
	for _, kind := range []string{community.ProvenSelf, community.ProvenRestore} {
		if proof := o.Proofs[kind]; proof.Good() {
			stay = append(stay, proof.About)
		} else if proof.At != 0 {
			prunes = false
		}
	}
	return stay, prunes, err
}

// making says of a backup of the books where the log stood.
func (p *Place) making(ctx context.Context, db *store.DB) (backup.Making, error) {
	m := backup.Making{Version: version(), At: p.Config.Clock.Now(), Rand: p.Config.Rand}
	err := db.View(ctx, func(tx *store.Tx) error {
		h, err := witness.LatestIn(tx)
		if errs.Is(err, errs.NotOpen) {
			return nil // there is no log yet
		}
		m.Origin, m.Note = h.Origin, h.Note
		return err
	})
	return m, err
}

func (p *Place) backupKeyring(ctx context.Context, to Backups) (*backup.Folder, backup.Report, error) {
	root, err := p.Root()
	if err != nil {
		return nil, backup.Report{}, err
	}
	f, err := backup.Open(to.Keyring, backup.Keyring, root, true)
	if err != nil {
		return nil, backup.Report{}, err
	}
	have, _, err := p.keyring.Schema(ctx, vault.Schema())
	if err != nil {
		return f, backup.Report{}, err
	}
	now := p.Config.Clock.Now()
	r, err := f.Write(ctx, p.keyring, backup.Making{Schema: have, Version: version(), Root: root.Mark(), At: now, Rand: p.Config.Rand})
	return f, r, err
}

// version is what this program calls itself.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return info.Main.Version + " " + s.Value
		}
	}
	return info.Main.Version
}
