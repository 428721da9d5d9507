package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"beside/internal/app"
	"beside/internal/vault"
)

// placeSettings say where an installation keeps what it knows. They are those of serve.
type placeSettings struct {
	Database string `help:"Where the books are: a folder, or a postgres:// address." default:"./beside-data" placeholder:"WHERE"`
	Keyring  string `help:"Where the keyring is: a folder, or a postgres:// address. Usually as for serve." placeholder:"WHERE"`
	RootKey  string `help:"The file of the root key. Usually as for serve." placeholder:"FILE"`
}

func (p placeSettings) config() app.Config {
	return app.Config{Database: p.Database, Keyring: p.Keyring, RootKey: p.RootKey}
}

// talk is a conversation with whoever runs the computer.
type talk struct {
	in  *bufio.Reader
	out io.Writer
	raw *os.File // the keyboard, when there is one
}

func atTerminal() *talk { return &talk{in: bufio.NewReader(os.Stdin), out: os.Stdout, raw: os.Stdin} }

// say prints a line.
func (t *talk) say(form string, args ...any) {
	_, _ = fmt.Fprintf(t.out, form+"\n", args...) // nobody is there to be told that nobody is there
}

// ask returns one line that is typed.
func (t *talk) ask(what string) (string, error) {
	_, _ = fmt.Fprint(t.out, what+" ")
	line, err := t.in.ReadString('\n')
	if err != nil && (line == "" || !errors.Is(err, io.EOF)) {
		return "", errors.New("nothing was typed")
	}
	return strings.TrimSpace(line), nil
}

// askSecret is ask without showing what is typed.
func (t *talk) askSecret(what string) (string, error) {
	if t.raw == nil || t.in.Buffered() > 0 || !term.IsTerminal(int(t.raw.Fd())) {
		return t.ask(what)
	}
	_, _ = fmt.Fprint(t.out, what+" ")
	b, err := term.ReadPassword(int(t.raw.Fd()))
	t.say("")
	return strings.TrimSpace(string(b)), err
}

// lines returns what is typed until an empty line.
func (t *talk) lines() (string, error) {
	var all strings.Builder
	for {
		line, err := t.in.ReadString('\n')
		all.WriteString(line)
		if strings.TrimSpace(line) == "" || errors.Is(err, io.EOF) {
			return all.String(), nil
		}
		if err != nil {
			return "", err
		}
	}
}

// passphrase is that of a recovery copy: from a file, or asked for.
func (t *talk) passphrase(file string) (string, error) {
	if file == "" {
		return t.askSecret("Passphrase of the recovery copy:")
	}
	b, err := os.ReadFile(file)
	return strings.TrimSpace(string(b)), err
}

// copyOf opens a recovery copy: a file, or "-" for what is typed from paper.
func (t *talk) copyOf(file, passphraseFile string) (vault.Root, error) {
	var written []byte
	var err error
	if file == "-" {
		t.say("Type the lines of the paper, one after the other. End with an empty line.")
		var typed string
		typed, err = t.lines()
		written = []byte(typed)
	} else {
		written, err = os.ReadFile(file)
	}
	if err != nil {
		return vault.Root{}, err
	}
	passphrase, err := t.passphrase(passphraseFile)
	if err != nil {
		return vault.Root{}, err
	}
	return vault.OpenCopy(written, passphrase)
}
