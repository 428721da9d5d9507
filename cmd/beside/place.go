package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
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

// flags are those that another command needs to find the same place. What a variable says already is left out, and so is an
// address, which can hold a password.
func (p placeSettings) flags() string {
	var out strings.Builder
	for _, f := range []struct{ name, value, usual string }{
		{"database", p.Database, "./beside-data"}, {"keyring", p.Keyring, ""}, {"root-key", p.RootKey, ""},
	} {
		if f.value == f.usual || os.Getenv("BESIDE_"+strings.ToUpper(strings.ReplaceAll(f.name, "-", "_"))) != "" {
			continue
		}
		if strings.Contains(f.value, "://") {
			f.value = "…"
		}
		out.WriteString(" --" + f.name + " " + f.value)
	}
	return out.String()
}

// hint is a command as it is to be typed: the package has one that knows the settings, and its unit names it.
func hint(command, flags string) string {
	name := os.Getenv("BESIDE_CALLED")
	if name == "" {
		name = "beside"
	}
	return name + " " + command + flags
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

// paper returns the lines of a recovery copy as they are typed, each looked at before the next; age's own form is taken too.
func (t *talk) paper() ([]byte, error) {
	var all strings.Builder
	wrong := errors.New("nothing was typed")
	for n := 1; ; {
		line, err := t.in.ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		typed := strings.TrimSpace(line)
		switch {
		case n == 1 && strings.HasPrefix(typed, "-----"):
			rest, err := t.lines()
			return []byte(line + rest), err
		case typed == "":
			return []byte(all.String()), wrong
		}
		if wrong = vault.CheckPaperLine(n, typed); wrong == nil {
			all.WriteString(typed + "\n")
			n++
		} else if !errors.Is(err, io.EOF) {
			t.say("Line %02d is not right: type it again.", n)
		}
		if errors.Is(err, io.EOF) {
			return []byte(all.String()), wrong
		}
	}
}

// made returns what a passphrase that Beside made may have been meant as: big letters, blanks for hyphens or none, and
// what looks alike. The letters of one are a to z and 2 to 7. It is none of these when there is nothing to return.
func made(typed string) (out []string) {
	bare := strings.NewReplacer(" ", "", "-", "", "0", "o", "8", "b").Replace(strings.ToLower(typed))
	for _, one := range []string{"l", "i"} {
		meant := strings.ReplaceAll(bare, "1", one)
		if len(meant) == madeLetters && strings.Trim(meant, "abcdefghijklmnopqrstuvwxyz234567") == "" && !slices.Contains(out, grouped(meant)) {
			out = append(out, grouped(meant))
		}
	}
	return out
}

// openCopy opens a recovery copy with what was typed, or with the made passphrase that was meant.
func openCopy(written []byte, passphrase string) (vault.Root, error) {
	root, err := vault.OpenCopy(written, passphrase)
	for _, meant := range made(passphrase) {
		if !errors.Is(err, vault.ErrWrongPassphrase) {
			break
		}
		root, err = vault.OpenCopy(written, meant)
	}
	return root, err
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
		written, err = t.paper()
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
	return openCopy(written, passphrase)
}
