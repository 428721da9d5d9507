package vault

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

const goldenRoot = "beside-root-1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f 8dc5918c\n"

func rootOf(seed byte) Root { return Root{key: must(randomSecret(seeded(seed)))} }

func TestRootIsMadeOnceAndForTheOwnerOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "folder", "root.key")
	first, err := LoadOrMakeRoot(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := must(os.Stat(path)).Mode().Perm(); got != 0o600 {
		t.Errorf("file mode %o, want 600", got)
	}
	if got := must(os.Stat(filepath.Dir(path))).Mode().Perm(); got != 0o700 {
		t.Errorf("folder mode %o, want 700", got)
	}
	again := must(LoadOrMakeRoot(path, nil))
	if *first.key.open() != *again.key.open() {
		t.Error("the second start got another key")
	}
	if left := must(os.ReadDir(filepath.Dir(path))); len(left) != 1 {
		t.Errorf("%d files left in the folder, want the key alone", len(left))
	}
	other := must(LoadOrMakeRoot(filepath.Join(t.TempDir(), "root.key"), nil))
	if *first.key.open() == *other.key.open() {
		t.Error("two installations got one key")
	}
}

func TestStartingTogetherGivesOneRoot(t *testing.T) {
	path := filepath.Join(t.TempDir(), "root.key")
	var wg sync.WaitGroup
	roots := make([]Root, 16)
	failed := make([]error, len(roots))
	for i := range roots {
		wg.Go(func() { roots[i], failed[i] = LoadOrMakeRoot(path, nil) })
	}
	wg.Wait()
	for i := range roots {
		if failed[i] != nil {
			t.Fatal(failed[i])
		}
		if *roots[i].key.open() != *roots[0].key.open() {
			t.Fatal("two processes got different keys")
		}
	}
}

func TestRootFileFormIsGolden(t *testing.T) {
	r, err := parseRoot([]byte(goldenRoot))
	if err != nil {
		t.Fatal(err)
	}
	for i, b := range r.key.bytes() {
		if int(b) != i {
			t.Fatalf("byte %d is %d", i, b)
		}
	}
	if got := string(formatRoot(*r.key.open())); got != goldenRoot {
		t.Errorf("written as %q, want %q", got, goldenRoot)
	}
	for purpose, want := range map[string]string{purposeWrap: goldenWrap, purposeCheck: goldenCheck} {
		if got := hex.EncodeToString(r.key.derive(purpose).bytes()); got != want {
			t.Errorf("%s derives %s, want %s", purpose, got, want)
		}
	}
}

func TestRootOthersCanReadIsRefused(t *testing.T) {
	for _, mode := range []fs.FileMode{0o640, 0o604, 0o620, 0o602, 0o610, 0o644, 0o666} {
		path := filepath.Join(t.TempDir(), "root.key")
		if err := os.WriteFile(path, []byte(goldenRoot), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		_, err := LoadOrMakeRoot(path, nil)
		if !errors.Is(err, ErrRootShared) || !strings.Contains(fmt.Sprint(err), "chmod 600 "+path) {
			t.Errorf("mode %o: %v, want ErrRootShared and what to do", mode, err)
		}
	}
}

func TestMalformedRootIsRefused(t *testing.T) {
	for name, text := range map[string]string{
		"empty":          "",
		"only a word":    rootWord,
		"one digit off":  strings.Replace(goldenRoot, "0102", "0103", 1),
		"digits swapped": strings.Replace(goldenRoot, "1f", "f1", 1),
		"upper case":     strings.Replace(goldenRoot, "0a0b", "0A0B", 1),
		"too short":      strings.Replace(goldenRoot, "1e1f", "1e", 1),
		"no hexadecimal": strings.Replace(goldenRoot, "1e1f", "1e1g", 1),
		"other version":  strings.Replace(goldenRoot, "root-1", "root-2", 1),
		"more words":     goldenRoot + "more",
		"very long":      goldenRoot + strings.Repeat(" ", 5000) + "x",
	} {
		path := filepath.Join(t.TempDir(), "root.key")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := LoadOrMakeRoot(path, nil)
		if name == "very long" {
			if err != nil {
				t.Errorf("blanks and what is beyond 1,024 bytes should not matter: %v", err)
			}
			continue
		}
		if !errors.Is(err, ErrRootMalformed) || strings.Contains(fmt.Sprint(err), "0405") {
			t.Errorf("%s: %v, want ErrRootMalformed without the key", name, err)
		}
		if kept := must(os.ReadFile(path)); string(kept) != text {
			t.Errorf("%s: the file was overwritten", name)
		}
	}
	if _, err := LoadOrMakeRoot(t.TempDir(), nil); !errors.Is(err, ErrRootMalformed) {
		t.Errorf("a folder: %v, want ErrRootMalformed", err)
	}
}

func TestARootCopiedByHandIsTaken(t *testing.T) {
	if _, err := parseRoot([]byte("\r\n  " + strings.ReplaceAll(goldenRoot, " ", " \t") + "\r\n\r\n")); err != nil {
		t.Error(err)
	}
}

func TestRootNeedsRandomness(t *testing.T) {
	path := filepath.Join(t.TempDir(), "root.key")
	if _, err := LoadOrMakeRoot(path, strings.NewReader("too short")); err == nil {
		t.Error("made a key from nine bytes of randomness")
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file was left: %v", err)
	}
}

// Whatever prints a root key, a tree or what holds them prints none of their bytes.
func TestKeysAreNeverPrinted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Byte().Draw(t, "seed")
		r, tr := rootOf(seed), must(newTree(seeded(seed)))
		v := &Vault{roots: newRoots(r), recent: newRecent(9), purposes: &purposes{secret: r.key, old: map[string]secret{"a": r.key}}}
		must(v.roots.box(generation{check: r.key.derive(purposeCheck).bytes()}))
		v.recent.put(aBook(1), tr)
		hiddenIn(t, r.key.bytes(), printed(t, r, &r, r.key, struct{ In Root }{r}, struct{ in Root }{r}, v))
		hiddenIn(t, tr.cover[0].seed[:], printed(t, tr, struct{ In *tree }{tr}, v))
	})
}

// printed shows every value in every way that Go's own packages know.
func printed(t *rapid.T, values ...any) string {
	var out bytes.Buffer
	text, js := slog.New(slog.NewTextHandler(&out, nil)), slog.New(slog.NewJSONHandler(&out, nil))
	for _, v := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%o", "%b", "%U", "%c"} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
		fmt.Fprintln(&out, v)
		text.Info("", "value", v)
		js.Info("", "value", v)
		if _, isVault := v.(*Vault); isVault {
			continue // holds what JSON cannot write, and has no field that JSON would
		}
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(b)
	}
	return out.String()
}

// hiddenIn looks for the first bytes of a key in the spellings those ways use.
func hiddenIn(t *rapid.T, key []byte, in string) {
	k := key[:6]
	list := strings.Trim(fmt.Sprintf("%d", k), "[]")
	for _, form := range []string{
		string(k), hex.EncodeToString(k), base64.StdEncoding.EncodeToString(k), list, strings.ReplaceAll(list, " ", ","),
		strings.Trim(fmt.Sprintf("%x", [6]int(ints(k))), "[]"), strings.Trim(fmt.Sprintf("%b", k), "[]"),
		strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%#v", k), "[]byte{"), "}"),
	} {
		if strings.Contains(strings.ToLower(in), strings.ToLower(form)) {
			t.Fatalf("key material in the form %q was printed", form)
		}
	}
}

func ints(b []byte) []int {
	out := make([]int, len(b))
	for i := range b {
		out[i] = int(b[i])
	}
	return out
}

func FuzzRootFile(f *testing.F) {
	f.Add([]byte(goldenRoot))
	f.Add([]byte(""))
	f.Add([]byte(rootWord + " " + strings.Repeat("00", 32) + " 00000000"))
	f.Add([]byte(strings.ToUpper(goldenRoot)))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := parseRoot(text)
		if err != nil {
			if !errors.Is(err, ErrRootMalformed) || !r.key.none() {
				t.Fatalf("refused with %v", err)
			}
			return
		}
		if want := bytes.Fields(formatRoot(*r.key.open())); !bytes.Equal(bytes.Join(bytes.Fields(text), nil), bytes.Join(want, nil)) {
			t.Fatal("taken, though it is not what is written")
		}
	})
}
