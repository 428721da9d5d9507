package main

import (
	"fmt"
	"io"
	"os"

	"beside/internal/backup"
	"beside/internal/clock"
)

// when is a time of a backup, as all commands print it.
func when(at clock.Time) string { return at.Std().UTC().Format("2006-01-02 15:04:05 UTC") }

// backupsCommand is "beside backups". It needs no keys: when a backup was made stands in the clear.
type backupsCommand struct {
	Folders []string `arg:"" help:"Folders of backups, of the books or of the keyring."`
}

// Run lists what is in the folders.
func (b *backupsCommand) Run() error { return b.run(os.Stdout) }

func (b *backupsCommand) run(out io.Writer) error {
	for _, folder := range b.Folders {
		of, all, err := backup.Look(folder)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s: %d backups of the %s, the newest last\n", folder, len(all), of)
		for _, h := range all {
			damaged := ""
			if h.Damaged {
				damaged = "  DAMAGED: its file was cut short or changed"
			}
			fmt.Fprintf(out, "  %s  %s%s\n", when(h.Made()), h.Name, damaged)
		}
	}
	return nil
}
