// Command beside serves a recovery community: every person has a book that only they can change; everybody else
// suggests. It parses what it is told and leaves the work to package app.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"strings"
	"syscall"
	_ "time/tzdata" // so that a time zone is known on a machine that has none

	"github.com/alecthomas/kong"

	"beside/internal/app"
	"beside/internal/errs"
	"beside/internal/vault"
)

// cli is what can be said on the command line. Each setting can also be said by a variable BESIDE_…
type cli struct {
	Serve    serveCommand    `cmd:"" help:"Serve a community."`
	TeamLink teamLinkCommand `cmd:"" help:"Print a link into the centre team, for a team that has lost every way in."`
	CheckUp  checkUpCommand  `cmd:"" help:"Prove a recovery copy and a restore. A new place opens only then."`
	Backup   backupCommand   `cmd:"" help:"Make a backup of the books and of the keyring. It may run beside serve."`
	Restore  restoreCommand  `cmd:"" help:"Restore a backup into an empty place."`
	Restored restoredCommand `cmd:"" help:"Say of a place that came back by the database's own means that it was restored."`
	Release  resumeCommand   `cmd:"" help:"After a restore, let messages and timers go on."`
	RootKey  rootKeyCommand  `cmd:"" help:"The recovery copy of the root key."`
	Keyring  keyringCommand  `cmd:"" help:"The copy of the keyring."`
	Verify   verifyCommand   `cmd:"" help:"Check that all that is stored is what was written, or check a copy of a book."`
	Witness  witnessCommand  `cmd:"" help:"Check the log of a Beside elsewhere, and keep its signed heads."`
	Export   exportCommand   `cmd:"" help:"Write a copy of one's own whole book."`
	Hold     holdCommand     `cmd:"" help:"Keep a book from being erased, as a court orders; end that; list what is held."`
	Close    closeCommand    `cmd:"" help:"Say that the whole place closes on a day; take that back; tell how far it is."`
	Version  versionCommand  `cmd:"" help:"Print which Beside this is."`
	Bench    benchCommand    `cmd:"" help:"Measure this Beside on this machine."`
	Backups  backupsCommand  `cmd:"" help:"List the backups in folders, with their times and names."`
	demoCommands

	ShowVersion kong.VersionFlag `name:"version" help:"Print which Beside this is."`
}

func main() {
	var c cli
	parser := kong.Parse(&c, kong.Name("beside"), kong.Description("A book of one's own, and people beside it."),
		kong.DefaultEnvars("BESIDE"), kong.UsageOnError(), kong.Vars{"exit_url": app.DefaultExit, "version": versionLine()})
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	parser.BindTo(ctx, (*context.Context)(nil))
	err := parser.Run()
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "beside:", explain(err))
		if person(err) {
			os.Exit(exitStopped)
		}
		os.Exit(1)
	}
}

// explain says of an error what to do about it, where that is known, and nothing of where in the program it came from.
func explain(err error) string {
	says := plain(err)
	switch {
	case strings.Contains(says, "disk is full"), errors.Is(err, syscall.ENOSPC):
		return says + "\nA disk is full: see full-disk.md."
	case errors.Is(err, syscall.EADDRINUSE):
		return says + "\nSomething else listens there. Stop it, or choose another address with --addr."
	case errors.Is(err, vault.ErrOtherRoot), errors.Is(err, vault.ErrRootShared), errors.Is(err, vault.ErrRootMalformed):
		return says // says what to do
	case errors.Is(err, os.ErrPermission):
		return says + "\nMake the folder of the data yours alone, or run Beside as its owner."
	}
	return says
}

// plain is the text of an error without the names of operations and packages, which are for logs.
func plain(err error) string {
	says := err.Error()
	for _, op := range operations(err) {
		says = strings.ReplaceAll(says, op+": ", "")
	}
	return packages.ReplaceAllString(says, "")
}

// packages are names before a sentence that only say which part of the program speaks.
var packages = regexp.MustCompile(`(?m)^((app|account|backup|community|keeper|notify|promise|store|vault|witness): )+`)

// operations are what an error, and all it wraps, say of where it came from.
func operations(err error) (out []string) {
	if e, ok := err.(*errs.Error); ok { //nolint:errorlint // each is looked at
		out = append(out, e.Op)
	}
	switch e := err.(type) { //nolint:errorlint // each is looked at
	case interface{ Unwrap() error }:
		if inner := e.Unwrap(); inner != nil {
			out = append(out, operations(inner)...)
		}
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			out = append(out, operations(inner)...)
		}
	}
	return out
}
