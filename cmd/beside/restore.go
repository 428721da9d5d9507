package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"beside/internal/app"
	"beside/internal/backup"
	"beside/internal/promise"
	"beside/internal/store"
	"beside/internal/witness"
)

// errUnreadable says, by the way the command ends, what was told before.
var errUnreadable = errors.New("everything is there, but some books cannot be read until a newer keyring is found. Before anybody writes here, look for one: beside backups FOLDER lists them; then restore again into another empty place. Books without a key")

// restoreCommand is "beside restore".
type restoreCommand struct {
	placeSettings
	From           string `help:"The folder of the books' backups." required:"" placeholder:"FOLDER"`
	Name           string `help:"Which backup of the books. Usually the newest. beside backups FOLDER lists them." placeholder:"NAME"`
	KeyringCopy    string `name:"keyring-copy" help:"The second place of the keyring, when serve was told one: it is newer than any backup." placeholder:"WHERE"`
	KeyringFrom    string `name:"keyring-from" help:"The folder of the keyring's backups, when there is no copy of it. Leave both out when the keyring is where it was." placeholder:"FOLDER"`
	KeyringName    string `name:"keyring-name" help:"Which backup of the keyring. Usually the newest. beside backups FOLDER lists them." placeholder:"NAME"`
	RecoveryCopy   string `name:"recovery-copy" help:"The recovery copy of the root key: its file, or - to type it from paper. Leave it out when the root key is where it was." placeholder:"FILE"`
	PassphraseFile string `name:"passphrase-file" help:"A file that holds the passphrase of the recovery copy. Else you are asked for it." placeholder:"FILE"`
}

// Run restores into an empty place.
func (r *restoreCommand) Run(ctx context.Context) error { return r.run(ctx, atTerminal()) }

func (r *restoreCommand) run(ctx context.Context, t *talk) error {
	from := app.From{Books: r.From, Name: r.Name, Keyring: r.KeyringFrom, Which: r.KeyringName, Second: r.KeyringCopy, Log: true}
	if _, err := backup.Named(r.From, backup.Books, r.Name); err != nil { // before anybody types a paper
		return fmt.Errorf("the books: %w", err)
	}
	if r.RecoveryCopy != "" {
		if _, err := os.Stat(r.RecoveryCopy); r.RecoveryCopy != "-" && errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("there is no file %s: name that of the recovery copy, or type the paper with --recovery-copy -", r.RecoveryCopy)
		}
		root, err := t.copyOf(r.RecoveryCopy, r.PassphraseFile)
		if err != nil {
			return err
		}
		from.Copy = &root
	}
	from.Report = func(p witness.Problem) { t.say("%s", p) }
	did, err := app.Restore(ctx, r.config(), from)
	if err != nil && !errors.Is(err, app.ErrWrong) {
		return err
	}
	if did.Keyless > 0 {
		t.say("RESTORED, BUT %d BOOKS CANNOT BE READ: the keyring has no key for them.", did.Keyless)
	}
	t.say("Restored: the backup %s of %s. %d rows of %d tables are there, and the same as they were. The chains of %d books hold.",
		did.Books.Name, when(did.Books.Made()), did.Books.Rows, did.Books.Tables, did.People)
	if did.Keyless > 0 {
		t.say("It is older than the backup. Is there a copy of the keyring, or a newer backup? Take the copy with: beside keyring back --keyring-copy WHERE")
	}
	if err == nil {
		t.say("All of it was compared with the log, in %d seconds: nothing is wrong.", int(did.Verified.Seconds()+0.5))
	}
	t.say("What happened after %s is not in it.", when(did.Books.Made()))
	if did.CopyWas != "" {
		t.say("This keyring had a copy %s. It belongs to the place the backup is of, and nothing that happens here is written there: when you start Beside, say where the copy of this keyring is to be, with --keyring-copy WHERE.", did.CopyWas)
	}
	t.say("Messages and timers rest until you say: %s. Start Beside, look whether all is well, then release.", hint("release", r.flags()))
	if err != nil {
		t.say("LOOK AT THE ROWS THAT ARE NAMED ABOVE. They were so when the backup was made: try an older one, in another place, with --name. Say what you found to the people whose they are.")
	}
	if did.Keyless > 0 {
		return errors.Join(err, fmt.Errorf("%w: %d", errUnreadable, did.Keyless))
	}
	return err
}

// resumeCommand is "beside release".
type resumeCommand struct{ placeSettings }

// Run ends the rest of timers and messages after a restore.
func (r *resumeCommand) Run(ctx context.Context) error { return r.run(ctx, atTerminal()) }

func (r *resumeCommand) run(ctx context.Context, t *talk) (err error) {
	p, err := app.OpenPlace(ctx, r.config())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	var rested bool
	err = p.DB.Update(ctx, func(tx *store.Tx) error {
		rested, err = promise.Release(tx)
		return err
	})
	switch {
	case err != nil:
		return fmt.Errorf("releasing: %w", err)
	case rested:
		t.say("Messages and timers go on.")
	default:
		t.say("They did not rest: nothing has changed.")
	}
	return nil
}

// restoredCommand is "beside restored".
type restoredCommand struct{ placeSettings }

// Run says of a place that it was restored by other means.
func (r *restoredCommand) Run(ctx context.Context) error { return r.run(ctx, atTerminal()) }

func (r *restoredCommand) run(ctx context.Context, t *talk) (err error) {
	p, err := app.OpenPlace(ctx, r.config())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	books, err := p.Restored(ctx, func(p witness.Problem) { t.say("%s", p) })
	if err != nil && !errors.Is(err, app.ErrWrong) {
		return err
	}
	t.say("The chains of %d books hold, and a new log begins. Messages and timers rest until you say: %s", books, hint("release", r.flags()))
	if err == nil {
		t.say("All of it was compared with the log: nothing is wrong.")
	}
	return err
}
