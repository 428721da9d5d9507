package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"beside/internal/app"
	"beside/internal/errs"
	"beside/internal/keeper"
	"beside/internal/witness"
)

// exportCommand is "beside export". It may run beside a Beside that serves.
type exportCommand struct {
	serveCommand
	Out string `help:"The file to write. It must not be there." required:"" placeholder:"FILE"`
}

// Run asks whose book it is and writes a copy of it.
func (e *exportCommand) Run(ctx context.Context) error {
	c, err := e.config(io.Discard)
	if err != nil {
		return err
	}
	return e.copy(ctx, c, &talk{in: bufio.NewReader(os.Stdin), out: os.Stderr, raw: os.Stdin})
}

func (e *exportCommand) copy(ctx context.Context, c app.Config, t *talk) (err error) {
	if err := c.There(); err != nil { // before anybody types anything
		return err
	}
	t.say("A copy of a whole book can be made only by the person whose book it is. Whoever has the copy can read it,\nand can show that it was written so, also what is erased later.")
	words, err := t.ask("Sign-in words:")
	if err != nil {
		return err
	}
	passphrase, err := t.askSecret("Passphrase:")
	if err != nil {
		return err
	}
	a, err := app.Open(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	f, err := os.OpenFile(e.Out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	err = a.CopyBy(ctx, words, passphrase, f)
	if errs.Is(err, errs.Invalid) {
		err = errors.New("these sign-in words and this passphrase do not go together")
	}
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(e.Out)) // half a copy helps nobody
	}
	t.say("The copy is in %s. Check it with: beside verify --export %s --key %s", e.Out, e.Out, a.Log.Key())
	return nil
}

// export checks a copy of a book, and compares its heads with those that a witness kept.
func (v *verifyCommand) export(out io.Writer, key *witness.Key, kept []witness.Kept) error {
	f, err := os.Open(v.Export)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // only read
	problems := 0
	report := func(p witness.Problem) { problems++; fmt.Fprintln(out, p) }
	found, err := keeper.CheckCopy(bufio.NewReaderSize(f, 1<<20), key, app.CopiedAsides(), report)
	if err != nil {
		return fmt.Errorf("%s: %w", v.Export, err)
	}
	for _, h := range found.Heads {
		for _, k := range kept {
			if k.Origin == h.Origin && k.Size == h.Size && k.Root != h.Root {
				report(witness.Problem{Table: "logs", Row: h.Origin, What: "the head up to which the copy proves is not the one in " + k.From + ": two histories were signed"})
			}
		}
	}
	fmt.Fprintf(out, "%d entries and %d looks of book %s.\n", found.Entries, found.Looks, found.Book)
	if found.Accounted {
		fmt.Fprintf(out, "What left it: %d, under %d that last. Asked about looks: %d. Days of being here: %d. Sheets to sign: %d.\n",
			found.Asides[keeper.CopyLeft], found.Asides[keeper.CopyLasting], found.Asides[keeper.CopyAsked], found.Asides[keeper.CopyDays], found.Asides[keeper.CopySigned])
	}
	cannotProve(out, found)
	if found.InPage {
		fmt.Fprintln(out, "This is a page. What was checked is the copy at its end, which programs read: whoever sent you the page could have changed what it shows to people.")
	}
	if key == nil {
		fmt.Fprintln(out, "No key was given, so the one in the file was taken: compare it with the one that /log/key shows, or say --key.")
	}
	if problems > 0 {
		return fmt.Errorf("%w: %d things are wrong", errWrong, problems)
	}
	all := "Nothing is wrong."
	if found.Unproved+found.Alone+found.Partly+len(found.Erased) > 0 {
		all = "Nothing is wrong in what a copy can prove. What it cannot is named above."
	}
	_, err = fmt.Fprintln(out, all)
	return err
}

// cannotProve says what a copy does not prove, so that nobody takes it for proved.
func cannotProve(out io.Writer, found keeper.Copied) {
	if found.Unproved > 0 {
		fmt.Fprintf(out, "%d of these were not in the log yet when the copy was made: nothing proves them.\n", found.Unproved)
	}
	if found.Alone > 0 {
		fmt.Fprintf(out, "%d looks are not proved: who looked, when, and at how much could have been changed in this file. So it is with looks that version 0.2 wrote, and only with those.\n", found.Alone)
	}
	if found.Partly > 0 {
		fmt.Fprintf(out, "Of %d things that left, something is said to be erased: the bytes that are left are not proved.\n", found.Partly)
	}
	for _, e := range found.Erased {
		by := "NO entry of this copy shows that the owner erased it"
		if e.ByOwner {
			by = "a later entry shows that the owner erased what it is about"
		}
		fmt.Fprintf(out, "Entry %d (%s) is said to be erased: what it said, who wrote it and when is not proved; %s.\n", e.Seq, e.ID, by)
	}
	if !found.Accounted {
		fmt.Fprintln(out, "What left, what was asked about looks, days of being here, and what was signed are not proved in a copy of this format.")
	}
	fmt.Fprintln(out, "What was given (given) is not proved by itself: it follows from the entries. What left by order of a court (ordered) and what was reported (reported) are not proved. The words of what was asked about looks are not proved, nor to whom and why something left, but by the bytes that left. Whether looks, things that left, or entries after the last, were left out cannot be seen from a copy.")
}
