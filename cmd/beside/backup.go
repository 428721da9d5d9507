package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"beside/internal/app"
	"beside/internal/backup"
	"beside/internal/clock"
)

// backupSettings say where backups go.
type backupSettings struct {
	BackupTo    string `name:"backup-to" help:"A folder for backups of the books, best on another disk or machine." placeholder:"FOLDER"`
	KeyringTo   string `name:"keyring-to" help:"A folder for backups of the keyring, apart from the other: who has both, and the root key, can read everything." placeholder:"FOLDER"`
	KeepDays    int    `name:"keep-days" help:"Keep the newest backup of the books of each of so many days; 0 keeps all." default:"30"`
	KeyringDays int    `name:"keyring-days" help:"Keep a backup of the keyring for so many days. It is short, because what is erased for good can come back from one that is older." default:"7"`
}

func (b backupSettings) backups() (app.Backups, error) {
	if b.KeepDays < 0 || b.KeyringDays < 1 {
		return app.Backups{}, errors.New("--keep-days must be 0 or more, --keyring-days 1 or more")
	}
	to := app.Backups{Books: b.BackupTo, Keyring: b.KeyringTo, Keep: b.KeepDays, Life: clock.Time(b.KeyringDays) * clock.Day}
	return to, to.Apart()
}

// backupCommand is "beside backup". It may run beside a Beside that serves.
type backupCommand struct {
	placeSettings
	backupSettings
	Anew bool `help:"Write every piece again, after one was found damaged."`
}

// Run makes a backup.
func (b *backupCommand) Run(ctx context.Context) (err error) { return b.run(ctx, os.Stdout) }

func (b *backupCommand) run(ctx context.Context, out io.Writer) (err error) {
	to, err := b.backups()
	if err != nil {
		return err
	}
	to.Anew = b.Anew
	if to.Books == "" && to.Keyring == "" {
		return errors.New("say where to: --backup-to FOLDER for the books, --keyring-to FOLDER for the keyring, or both")
	}
	p, err := app.OpenPlace(ctx, b.config())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	if to.Keyring == "" {
		fmt.Fprintln(out, "Take care: no backup of the keyring is made with it. Books that began since the last one have keys in no backup. Say --keyring-to too. No older backup is taken away.")
	}
	books, keyring, failed := p.Backup(ctx, to)
	for _, r := range []struct {
		what, where string
		did         backup.Report
	}{{"The books", to.Books, books}, {"The keyring", to.Keyring, keyring}} {
		if r.where == "" || r.did.Name == "" {
			continue
		}
		if _, err := fmt.Fprintf(out, "%s: backup %s in %s. %d rows of %d tables; %d of %d pieces were new, %s written.\n",
			r.what, r.did.Name, r.where, r.did.Rows, r.did.Tables, r.did.Fresh, r.did.Chunks, size(r.did.Written)); err != nil {
			return errors.Join(failed, err)
		}
	}
	return failed
}

// size is a number of bytes as people read it.
func size(n int64) string {
	for _, u := range []struct {
		n    int64
		name string
	}{{1e9, "GB"}, {1e6, "MB"}, {1e3, "kB"}} {
		if n >= u.n {
			return fmt.Sprintf("%.1f %s", float64(n)/float64(u.n), u.name)
		}
	}
	return fmt.Sprintf("%d bytes", n)
}
