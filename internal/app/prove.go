package app

import (
	"context"
	"errors"
	"fmt"

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
		return fmt.Errorf("%w. This recovery copy (mark %s) is of this place, and from after a change that is not here (mark %s): an older root key or keyring came back", vault.ErrOtherRoot, copied.Mark(), today.Mark())
	}
	return fmt.Errorf("%w. This recovery copy (mark %s) opens nothing here (mark %s): it is of another place, or from before somebody drew a new root key with root-key rotate", vault.ErrOtherRoot, copied.Mark(), today.Mark())
}

func (p *Place) prove(ctx context.Context, kind, about, fault string) error {
	return p.DB.Update(ctx, func(tx *store.Tx) error {
		return community.Prove(tx, community.Proof{Kind: kind, About: about, At: p.Config.Clock.Now(), Fault: fault})
	})
}

// ProveRestore restores the newest backups with a root key from its recovery copy alone, into a place that is taken away
// again, compares, and writes down what came of it.
func (p *Place) ProveRestore(ctx context.Context, from Backups, copied vault.Root) (did Restored, err error) {
	did, err = p.tryRestore(ctx, From{Books: from.Books, Keyring: from.Keyring, Copy: &copied})
	if err == nil && did.Keyless > 0 {
		err = fmt.Errorf("%d books have no key in the backup of the keyring", did.Keyless)
	}
	return did, errors.Join(err, p.prove(ctx, community.ProvenRestore, did.Books.Name, faultOf(err)))
}

// faultOf is the code of what went wrong with a trial: it names nobody, and no file.
func faultOf(err error) string {
	for _, f := range []struct { // the first that fits
		is   error
		code string
	}{
		{backup.ErrOtherKeys, "other keys"}, {vault.ErrOtherRoot, "other root key"}, {backup.ErrBroken, "broken"}, {backup.ErrNone, "no backup"},
		{backup.ErrNotFolder, "no folder"}, {backup.ErrInUse, "in use"}, {ErrNotPruned, "not pruned"}, {ErrWrong, "wrong"},
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
