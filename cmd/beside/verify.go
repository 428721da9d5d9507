package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"beside/internal/app"
	"beside/internal/clock"
	"beside/internal/witness"
)

// verifyCommand is "beside verify". It changes nothing, and may run beside a Beside that serves.
type verifyCommand struct {
	Database string   `help:"A folder, or a postgres:// address." default:"./beside-data" placeholder:"WHERE"`
	Keyring  string   `help:"Where keys are kept. Usually as for serve, when they lie there. With it every entry is opened and every book read again from its beginning." placeholder:"WHERE"`
	RootKey  string   `help:"The file of the root key. Usually as for serve." placeholder:"FILE"`
	Export   string   `help:"Check this copy of a book instead, which needs no database." placeholder:"FILE"`
	Key      string   `help:"The public key of the log, as /log/key shows it. Needed where there is no keyring." placeholder:"KEY"`
	Kept     string   `help:"A folder in which a witness kept signed heads, to compare with." placeholder:"DIR"`
	Witness  []string `help:"The key of a witness whose signatures are checked, as serve takes it. May be repeated." placeholder:"KEY"`
}

// withoutKeys is what [keeper.Keeper.Check] leaves out when nothing can be opened.
const withoutKeys = "No keyring was given, so nothing could be opened. NOT compared with the entries they follow from: who may see what (given, given_section, given_item, given_act), " +
	"who knows whom (tie), what stands in a book now (item), what waits in it (suggestion). Somebody could have added themselves there. " +
	"Nor was it checked that the words of entries are those committed to, or whose a book is. Say --keyring."

// errWrong says that something is wrong that was told already.
var errWrong = errors.New("what is stored is not what was written")

// Run compares, and says what is wrong. It fails when anything is.
func (v *verifyCommand) Run(ctx context.Context) error { return v.run(ctx, os.Stdout, os.Stderr) }

func (v *verifyCommand) run(ctx context.Context, out, progress io.Writer) error {
	var key *witness.Key
	if v.Key != "" {
		k, err := witness.ParseKey(v.Key)
		if err != nil {
			return err
		}
		key = &k
	}
	var kept []witness.Kept
	if v.Kept != "" {
		var err error
		if kept, err = witness.ReadKept(os.DirFS(v.Kept), v.Kept, key); err != nil {
			return err
		}
	}
	if v.Export != "" {
		return v.export(out, key, kept)
	}
	return v.installation(ctx, key, kept, out, progress)
}

func (v *verifyCommand) installation(ctx context.Context, key *witness.Key, kept []witness.Kept, out, progress io.Writer) error {
	witnesses, err := witnessKeys(v.Witness)
	if err != nil {
		return err
	}
	began := clock.System().Now()
	last, unknown := began, int64(0)
	where := app.Config{Database: v.Database, Keyring: v.Keyring, RootKey: v.RootKey, Witnesses: witnesses}
	c := app.VerifyConfig{
		Config: where, Keys: v.Keyring != "" || key == nil && where.KeysThere(), Key: key, Kept: kept,
		Report:  func(p witness.Problem) { fmt.Fprintln(out, p) },
		Unknown: func(n int64) { unknown = n },
		Progress: func(what string, done int64) {
			if now := clock.System().Now(); now-last > 5*clock.Second {
				last = now
				fmt.Fprintf(progress, "after %d seconds: %d %s\n", (now-began)/clock.Second, done, what)
			}
		},
	}
	problems, err := app.Verify(ctx, c)
	if err != nil {
		return err
	}
	if !c.Keys && key == nil {
		fmt.Fprintln(out, "No key was given: whether the heads of the log are signed by this Beside was not checked. Say --keyring, or --key.")
	}
	if !c.Keys {
		fmt.Fprintln(out, withoutKeys)
	}
	if unknown > 0 {
		fmt.Fprintf(out, "%d signatures of witnesses whose key was not given were not checked: somebody else could have written them. Say --witness.\n", unknown)
	}
	if len(kept) == 0 {
		fmt.Fprintln(out, "No head kept outside was given: that all of it was made older, or anew, could not be seen. Say --kept.")
	}
	if problems > 0 {
		return fmt.Errorf("%w: %d things are wrong", errWrong, problems)
	}
	_, err = fmt.Fprintln(out, "Nothing is wrong.")
	return err
}
