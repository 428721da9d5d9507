package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"beside/internal/app"
)

// checkUpCommand is "beside check-up": what must be proven before a place opens, and can be proven again at any time.
type checkUpCommand struct {
	placeSettings
	backupSettings
	RecoveryCopy   string `name:"recovery-copy" help:"The file of the recovery copy of the root key. It is made when it is not there." default:"./recovery-copy.age" placeholder:"FILE"`
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
	if _, err := os.Stat(c.RecoveryCopy); err != nil {
		if err := makeCopy(t, p, c.RecoveryCopy, c.PassphraseFile, work); err != nil {
			return err
		}
	} else {
		t.say("%s is there already.", c.RecoveryCopy)
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
	if err != nil {
		return fmt.Errorf("the restore did not succeed: %w", err)
	}
	t.say("%d rows of %d tables came back as they were. All is proven: people can join.", did.Books.Rows, did.Books.Tables)
	t.say("Print %s.html if you have not yet, keep it safe, and take its file off this machine.", c.RecoveryCopy)
	return nil
}
