package vault

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"beside/internal/errs"
)

const copyWords = "four rivers and one bridge"

// cheapWork makes scrypt quick.
const cheapWork = 4

func TestRecoveryCopyComesBackInBothForms(t *testing.T) {
	r := rootOf(7)
	sealed := must(r.SealCopy(copyWords, cheapWork))
	lines := must(PaperLines(sealed))
	typed := strings.ToUpper(strings.ReplaceAll(strings.Join(lines, "\r\n\r\n"), "1", "l"))
	for name, written := range map[string]string{
		"as it is": string(sealed), "with blanks around": "\n " + string(sealed) + "\n\n", "from paper": strings.Join(lines, "\n"), "typed otherwise": typed,
	} {
		if got, err := OpenCopy([]byte(written), copyWords); err != nil || !got.Same(r) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := OpenCopy(sealed, copyWords+"s"); !errors.Is(err, ErrWrongPassphrase) {
		t.Errorf("another passphrase: %v", err)
	}
	if _, err := r.SealCopy("too short", cheapWork); !errs.Is(err, errs.Invalid) {
		t.Errorf("a short passphrase: %v", err)
	}
	if bytes.Contains(sealed, r.key.bytes()[:8]) || r.Same(rootOf(8)) || r.Same(Root{}) {
		t.Error("the copy shows the key, or another key is the same")
	}
	if len(lines) > 20 || len(lines[0]) > 60 {
		t.Errorf("%d lines of %d letters are much to type", len(lines), len(lines[0]))
	}
}

// Whoever types a letter wrong, or leaves out a line, is told in which line.
func TestAMistakeOnPaperIsShown(t *testing.T) {
	lines := must(PaperLines(must(rootOf(7).SealCopy(copyWords, cheapWork))))
	for n := range lines {
		wrong := append([]string{}, lines...)
		b := []byte(wrong[n])
		at := 3 + n%5
		b[at] = paperSymbol[(strings.IndexByte(paperSymbol, b[at])+1)%32]
		wrong[n] = string(b)
		_, err := OpenCopy([]byte(strings.Join(wrong, "\n")), copyWords)
		if !errors.Is(err, ErrCopyMalformed) || !strings.Contains(err.Error(), fmt.Sprintf("line %02d", n+1)) {
			t.Errorf("a mistake in line %d: %v", n+1, err)
		}
		if n == len(lines)-1 {
			continue
		}
		without := append(append([]string{}, lines[:n]...), lines[n+1:]...)
		if _, err := OpenCopy([]byte(strings.Join(without, "\n")), copyWords); !errors.Is(err, ErrCopyMalformed) {
			t.Errorf("without line %d: %v", n+1, err)
		}
	}
	if _, err := OpenCopy([]byte(strings.Join(lines[:len(lines)-1], "\n")), copyWords); !errors.Is(err, ErrCopyMalformed) && !errors.Is(err, ErrWrongPassphrase) {
		t.Errorf("without the last line: %v", err)
	}
}

func TestKeepRoot(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "root.key")
	if _, err := ReadRoot(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
	for range 2 {
		if err := KeepRoot(path, rootOf(7)); err != nil {
			t.Fatal(err)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if got, err := ReadRoot(path); err != nil || !got.Same(rootOf(7)) || got.Mark() == rootOf(8).Mark() {
		t.Errorf("read back: %v", err)
	}
	if err := KeepRoot(path, rootOf(8)); !errors.Is(err, ErrOtherRoot) {
		t.Errorf("over another key: %v", err)
	}
}

// Whatever is typed, it is refused without a panic, unless it is the copy.
func FuzzRecoveryCopy(f *testing.F) {
	sealed := must(rootOf(7).SealCopy(copyWords, cheapWork))
	f.Add(sealed)
	f.Add([]byte(strings.Join(must(PaperLines(sealed)), "\n")))
	f.Add([]byte("01 00000 00"))
	f.Add([]byte("-----BEGIN AGE ENCRYPTED FILE-----\n"))
	f.Fuzz(func(t *testing.T, written []byte) {
		if b, err := readCopy(written); err != nil && (b != nil || !errors.Is(err, ErrCopyMalformed)) {
			t.Fatal(err)
		}
	})
}
