package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"beside/internal/app"
	"beside/internal/community"
	"beside/internal/store"
)

// checkUpCommand is "beside check-up": what must be proven before a place opens, and can be proven again at any time.
type checkUpCommand struct {
	placeSettings
	backupSettings
	RecoveryCopy   string `name:"recovery-copy" help:"The file of the recovery copy of the root key. Or - to type it from paper: then none is made. It is made when it is not there; a place that has one already asks before." default:"./recovery-copy.age" placeholder:"FILE"`
	NewCopy        bool   `name:"new-copy" help:"Make a new recovery copy without asking, also when this place had one before."`
	PassphraseFile string `name:"passphrase-file" help:"A file that holds its passphrase. Else you are asked for it." placeholder:"FILE"`
}

// Run walks through the check-up.
func (c *checkUpCommand) Run(ctx context.Context) error { return c.run(ctx, atTerminal(), 0) }

func (c *checkUpCommand) run(ctx context.Context, t *talk, work int) (err error) {
	to, err := c.backups()
	if err != nil {
		return err
	}
	if to.Books == "" || to.Keyring == "" {
		return errors.New("say where backups shall go: --backup-to FOLDER and --keyring-to FOLDER, on another disk if you can")
	}
	p, err := app.OpenPlace(ctx, c.config())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	for _, place := range []string{p.Config.Keyring, p.Config.RootKey} {
		if p.Config.Within(place) {
			t.say("Take care: %s lies in the folder of the books. Who copies that folder copies the keys too. docs/operations/set-up.md says how to move it.", place)
		}
	}
	t.say("1 of 4. A recovery copy of the root key. Without it, a lost machine loses every word.")
	if err := c.copyThere(ctx, t, p, work); err != nil {
		return err
	}
	t.say("2 of 4. Does it open this place? Its passphrase is needed for that.")
	root, err := t.copyOf(c.RecoveryCopy, c.PassphraseFile)
	if err != nil {
		return err
	}
	if err := p.ProveCopy(ctx, root); err != nil {
		return err
	}
	t.say("It does.\n3 of 4. A backup.")
	books, keyring, err := p.Backup(ctx, to)
	if err != nil {
		return err
	}
	t.say("The books: %s in %s. The keyring: %s in %s.\n4 of 4. Both are restored, with the recovery copy alone, into a place that is taken away again.", books.Name, to.Books, keyring.Name, to.Keyring)
	did, err := p.ProveRestore(ctx, to, root)
	if err != nil && strings.Contains(err.Error(), "disk is full") {
		return fmt.Errorf("there is no room in TMPDIR (%s) for the trial, which needs as much as the books take: give it another folder, see full-disk.md. %w", os.TempDir(), err)
	}
	if err != nil {
		return fmt.Errorf("the restore did not succeed: %w", err)
	}
	t.say("%d rows of %d tables came back as they were. All is proven: people can join.", did.Books.Rows, did.Books.Tables)
	if c.RecoveryCopy == "-" {
		return nil
	}
	t.say("Print %s.html if you have not yet, keep it safe, and take its file off this machine.", c.RecoveryCopy)
	return nil
}

// copyThere makes a recovery copy where there is none. A place that has proven one before is asked for: that one is
// somewhere, and a second is one more to keep safe.
func (c *checkUpCommand) copyThere(ctx context.Context, t *talk, p *app.Place, work int) error {
	if c.RecoveryCopy == "-" {
		return nil
	}
	if _, err := os.Stat(c.RecoveryCopy); err == nil {
		t.say("%s is there already.", c.RecoveryCopy)
		return nil
	}
	var o community.Opening
	err := p.DB.View(ctx, func(tx *store.Tx) (err error) {
		o, err = community.LookOpening(tx)
		return err
	})
	if err != nil {
		return err
	}
	if o.Proofs[community.ProvenCopy].Good() && !c.NewCopy {
		yes, err := t.ask(fmt.Sprintf("There is no file %s, but this place has a recovery copy. Make a new one all the same? Type yes, or end and name the one there is with --recovery-copy (- for paper):", c.RecoveryCopy))
		if err != nil || yes != "yes" {
			return errors.Join(err, errors.New("nothing was made: name the recovery copy with --recovery-copy, or say --new-copy"))
		}
	}
	return makeCopy(t, p, c.RecoveryCopy, c.PassphraseFile, work)
}
