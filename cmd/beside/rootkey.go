package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"html"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"rsc.io/qr"

	"beside/internal/app"
	"beside/internal/vault"
)

// rootKeyCommand is "beside root-key".
type rootKeyCommand struct {
	Copy     rootKeyCopy     `cmd:"" help:"Make a recovery copy of the root key: a small file, and a page to print."`
	Prove    rootKeyProve    `cmd:"" help:"Show that a recovery copy opens this place."`
	Rotate   rootKeyRotate   `cmd:"" help:"Draw a new root key in place of one that somebody may have seen, while Beside serves."`
	Machines rootKeyMachines `cmd:"" help:"List the machines that have a file of the root key, and those that are behind."`
	Retire   rootKeyRetire   `cmd:"" help:"Say that a machine, and its file of the root key, is gone for good: certificates of erasing wait for it until then."`
	Back     rootKeyBack     `cmd:"" help:"Write the root key of a recovery copy to its file, where there is none."`
}

// rootKeyBack is "beside root-key back".
type rootKeyBack struct {
	placeSettings
	Copy           string `arg:"" help:"The file of the recovery copy, or - to type it from paper."`
	PassphraseFile string `name:"passphrase-file" help:"A file that holds its passphrase. Else you are asked for it." placeholder:"FILE"`
}

// Run writes the root key.
func (r *rootKeyBack) Run() error { return r.run(atTerminal()) }

func (r *rootKeyBack) run(t *talk) error {
	where, err := r.config().RootKeyFile()
	if err != nil {
		return err
	}
	root, err := t.copyOf(r.Copy, r.PassphraseFile)
	if err != nil {
		return err
	}
	if err := vault.KeepRoot(where, root); err != nil {
		return err
	}
	t.say("The root key is in %s.", where)
	return nil
}

// rootKeyCopy is "beside root-key copy".
type rootKeyCopy struct {
	placeSettings
	To             string `help:"The file to be made. The page to print gets its name and .html." default:"./recovery-copy.age" placeholder:"FILE"`
	PassphraseFile string `name:"passphrase-file" help:"A file that holds the passphrase it shall have. Else you are asked for it." placeholder:"FILE"`
}

// Run makes the copy.
func (r *rootKeyCopy) Run(ctx context.Context) error { return r.run(ctx, atTerminal(), 0) }

func (r *rootKeyCopy) run(ctx context.Context, t *talk, work int) (err error) {
	p, err := app.OpenPlace(ctx, r.config())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	return makeCopy(t, p, r.To, r.PassphraseFile, work)
}

// makeCopy writes a recovery copy and the page to print.
func makeCopy(t *talk, p *app.Place, to, passphraseFile string, work int) error {
	root, err := p.Root()
	if err != nil {
		return err
	}
	passphrase, err := t.newPassphrase(passphraseFile)
	if err != nil {
		return err
	}
	sealed, err := root.SealCopy(passphrase, work)
	if err != nil {
		return err
	}
	page, err := paper(sealed, p.Config.CommunityName, root.Mark(), p.Config.Clock.Now().Std())
	if err != nil {
		return err
	}
	for name, text := range map[string][]byte{to: sealed, to + ".html": page} {
		if err := writeNew(name, text); err != nil {
			return err
		}
	}
	t.say("The recovery copy is in %s. Print %s.html, and keep the paper where fire and thieves do not come.", to, to)
	t.say("The passphrase is not on it. Keep that in another place: only both together open anything.")
	return nil
}

// writeNew writes a file that only its owner reads, and never over another.
func writeNew(name string, text []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already: move it away, or choose another name with --to", name)
	}
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// newPassphrase is one that is chosen, typed twice, or made.
func (t *talk) newPassphrase(file string) (string, error) {
	if file != "" {
		return t.passphrase(file)
	}
	t.say("Choose a passphrase of at least %d letters for the recovery copy. If you type nothing, one is made for you.", vault.MinPassphrase)
	first, err := t.askSecret("Passphrase:")
	if err != nil {
		return "", err
	}
	if first == "" {
		made := grouped(strings.ToLower(rand.Text())[:madeLetters])
		t.say("The passphrase is   %s   Write it down now. It is not shown again.", made)
		return made, nil
	}
	again, err := t.askSecret("Once more:")
	if err == nil && again != first {
		err = errors.New("the two are not the same: begin again")
	}
	return first, err
}

// madeLetters is how many letters a passphrase has that is made, in groups of four.
const madeLetters = 20

func grouped(letters string) string {
	var out []string
	for at := 0; at < len(letters); at += 4 {
		out = append(out, letters[at:min(at+4, len(letters))])
	}
	return strings.Join(out, "-")
}

// paper is the page to print: lines to type, and the same for a phone's camera. It stands alone: nothing is fetched.
func paper(sealed []byte, place, mark string, at time.Time) ([]byte, error) {
	lines, err := vault.PaperLines(sealed)
	if err != nil {
		return nil, err
	}
	code, err := qr.Encode(string(sealed), qr.L)
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<!doctype html><html lang="en"><meta charset="utf-8"><title>Recovery copy</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}pre{font:15px/1.7 monospace;white-space:pre-wrap}svg{width:9cm;height:9cm}</style>
<h1>Recovery copy of the root key</h1><p>%s. Made on %s. Mark of the root key on that day: <code>%s</code>.</p><p>With this paper and its passphrase, everything that Beside keeps here can be restored from its backups.
Without it, after a lost machine, nothing can. Keep the passphrase in another place.</p>
<p>To use it: <code>beside restore</code> with <code>--recovery-copy -</code>, then type these lines. Big or small letters, O or 0, I or 1: it does not matter.
The two letters at the end of each line tell a mistake in it.</p><pre>%s</pre>
<p>Or photograph this square: it holds the same as text, which the program age opens too.</p>`, html.EscapeString(place), at.UTC().Format("2 January 2006"), mark, html.EscapeString(strings.Join(lines, "\n")))
	fmt.Fprintf(&b, `<svg viewBox="-4 -4 %d %d" role="img" aria-label="The recovery copy as a square for a camera"><path d="`, code.Size+8, code.Size+8)
	for y := range code.Size {
		for x := range code.Size {
			if code.Black(x, y) {
				fmt.Fprintf(&b, "M%d %dh1v1h-1z", x, y)
			}
		}
	}
	b.WriteString(`"/></svg></html>` + "\n")
	return []byte(b.String()), nil
}

// rootKeyProve is "beside root-key prove".
type rootKeyProve struct {
	placeSettings
	Copy           string `arg:"" help:"The file of the recovery copy, or - to type it from paper."`
	PassphraseFile string `name:"passphrase-file" help:"A file that holds its passphrase. Else you are asked for it." placeholder:"FILE"`
}

// Run proves the copy.
func (r *rootKeyProve) Run(ctx context.Context) error { return r.run(ctx, atTerminal()) }

func (r *rootKeyProve) run(ctx context.Context, t *talk) (err error) {
	p, err := app.OpenPlace(ctx, r.config())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	root, err := t.copyOf(r.Copy, r.PassphraseFile)
	if err != nil {
		return err
	}
	if err := p.ProveCopy(ctx, root); err != nil {
		return err
	}
	t.say("This recovery copy opens this place.")
	return nil
}

// rootKeyRotate is "beside root-key rotate".
type rootKeyRotate struct{ placeSettings }

// Run draws a new root key and lets everything be opened by that one alone.
func (r *rootKeyRotate) Run(ctx context.Context) (err error) { return r.run(ctx, atTerminal()) }

func (r *rootKeyRotate) run(ctx context.Context, t *talk) (err error) {
	p, err := app.OpenPlace(ctx, r.config())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	next, err := p.Vault.BeginRotation(ctx, nil)
	if err != nil {
		return err
	}
	switch err := p.Vault.Rotate(ctx); {
	case errors.Is(err, vault.ErrNextRootMissing):
		t.say("The new root key is in %s. On every other machine that serves this place it must lie beside the root key, too.", next)
		return fmt.Errorf("nothing is opened by it yet, and all goes on as before: %w. Or wait: Beside does it by itself, within a minute of the last machine's having it", err)
	case errors.Is(err, vault.ErrRootStays):
		t.say("The new root key is in %s. The old one opens nothing any more that is here, but not every file of it is gone.", p.Config.RootKey)
		if err := r.sayBehind(ctx, t, p); err != nil {
			return err
		}
	case err != nil && !errors.Is(err, vault.ErrTrial):
		return err
	default:
		t.say("The new root key is in %s. The old one opens nothing any more.", p.Config.RootKey)
	}
	t.say("Its recovery copy opens nothing of today either: make a new one now, with: beside root-key copy")
	return nil
}

// sayBehind names the machines that have a file of an older root key, and what to do there.
func (r *rootKeyRotate) sayBehind(ctx context.Context, t *talk, p *app.Place) error {
	all, err := p.Vault.Machines(ctx)
	behind := slices.DeleteFunc(all, func(m vault.Machine) bool { return !m.Behind })
	if err != nil || len(behind) == 0 {
		t.say("A Beside that runs has not written its file yet, or the copy of the keyring does not answer. Beside tries again by itself.")
		return err
	}
	t.say("Put the new root key in its place on these machines, under the name it has there. Or, when a machine and its disk are gone for good, say so:")
	for _, m := range behind {
		t.say("  %s %s, seen %s:  %s", m.Name, m.Path, m.Seen.Std().Format(time.DateOnly), hint("root-key retire "+m.ID, r.flags()))
	}
	return nil
}

// rootKeyMachines is "beside root-key machines".
type rootKeyMachines struct{ placeSettings }

// Run lists them.
func (r *rootKeyMachines) Run(ctx context.Context) (err error) { return r.run(ctx, atTerminal()) }

func (r *rootKeyMachines) run(ctx context.Context, t *talk) (err error) {
	p, err := app.OpenPlace(ctx, r.config())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	all, err := p.Vault.Machines(ctx)
	if err != nil {
		return err
	}
	for _, m := range all {
		says := "has today's root key"
		if m.Behind {
			says = "HAS AN OLDER ROOT KEY: certificates of erasing wait for it"
		}
		if m.Here {
			says += " (this machine)"
		}
		t.say("%s  %s  %s  seen %s  %s", m.ID, m.Name, m.Path, m.Seen.Std().Format(time.DateOnly), says)
	}
	return nil
}

// rootKeyRetire is "beside root-key retire".
type rootKeyRetire struct {
	placeSettings
	Machine string `arg:"" help:"The first word of its line in: beside root-key machines."`
}

// Run forgets a machine.
func (r *rootKeyRetire) Run(ctx context.Context) (err error) { return r.run(ctx, atTerminal()) }

func (r *rootKeyRetire) run(ctx context.Context, t *talk) (err error) {
	p, err := app.OpenPlace(ctx, r.config())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	if err := p.Vault.Retire(ctx, r.Machine); err != nil {
		return err
	}
	t.say("Certificates do not wait for that machine any more. Its file of the root key must really be gone: whoever has it, and an old copy of the keyring, can read what was erased since.")
	return nil
}
