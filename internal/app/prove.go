package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"beside/internal/backup"
	"beside/internal/community"
	"beside/internal/store"
	"beside/internal/vault"
)

// ProveCopy shows that a root key, as it came from its recovery copy, opens this place, and writes that down. It returns
// [vault.ErrOtherRoot], and errors of the store.
func (p *Place) ProveCopy(ctx context.Context, copied vault.Root) error {
	leads, err := p.Vault.Leads(ctx, copied)
	if err != nil {
		return err
	}
	if !leads {
		return p.otherCopy(copied)
	}
	return p.prove(ctx, community.ProvenCopy, copied.Mark(), "")
}

// otherCopy says of a recovery copy that opens nothing here what can be said.
func (p *Place) otherCopy(copied vault.Root) error {
	today, err := p.Root()
	if err != nil {
		return err
	}
	if _, later := today.Toward(copied.Mark()); later {
		return fmt.Errorf("this recovery copy (mark %s) is of this place, and from after a change that is not here (mark %s): an older root key or keyring came back. %w", copied.Mark(), today.Mark(), vault.ErrOtherRoot)
	}
	return fmt.Errorf("this recovery copy (mark %s) opens nothing here (mark %s): it is of another place, or from before somebody drew a new root key with root-key rotate. %w", copied.Mark(), today.Mark(), vault.ErrOtherRoot)
}

func (p *Place) prove(ctx context.Context, kind, about, fault string) error {
	return p.DB.Update(ctx, func(tx *store.Tx) error {
		return community.Prove(tx, community.Proof{Kind: kind, About: about, At: p.Config.Clock.Now(), Fault: fault})
	})
}

// ProveRestore restores the newest backups with a root key from its recovery copy alone, into a place that is taken away
// again, compares, and writes down what came of it.
func (p *Place) ProveRestore(ctx context.Context, from Backups, copied vault.Root) (did Restored, err error) {
	err = inTemporary(func(dir string) error {
		c := Config{
			Database: filepath.Join(dir, "books"), Keyring: filepath.Join(dir, "keyring"), RootKey: filepath.Join(dir, "root", rootFile),
			Clock: p.Config.Clock, Rand: p.Config.Rand, Log: p.Config.Log,
		}
		did, err = Restore(ctx, c, From{Books: from.Books, Keyring: from.Keyring, Copy: &copied})
		return err
	})
	if err == nil && did.Keyless > 0 {
		err = fmt.Errorf("%d books have no key in the backup of the keyring", did.Keyless)
	}
	return did, errors.Join(err, p.prove(ctx, community.ProvenRestore, did.Books.Name, faultOf(err)))
}

// inTemporary hands fn a folder of its own, in TMPDIR, and takes it away.
func inTemporary(fn func(dir string) error) (err error) {
	dir, err := os.MkdirTemp("", "beside-trial-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	return fn(dir)
}

// faultOf is the code of what went wrong with a trial: it names nobody, and no file.
func faultOf(err error) string {
	for _, f := range []struct {
		is   error
		code string
	}{
		{backup.ErrOtherKeys, "other keys"}, {vault.ErrOtherRoot, "other root key"}, {backup.ErrBroken, "broken"}, {backup.ErrNone, "no backup"},
		{backup.ErrNotFolder, "no folder"}, {backup.ErrInUse, "in use"}, {ErrWrong, "wrong"},
	} {
		if errors.Is(err, f.is) {
			return f.code
		}
	}
	if err != nil {
		return "failed"
	}
	return ""
}
