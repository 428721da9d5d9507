//go:build !release

package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"beside/demo"
	"beside/internal/account"
	"beside/internal/app"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/id"
	"beside/internal/store"
	"beside/internal/vault"
)

// machine is a folder in which commands are run as they stand in the runbooks. What they call /mnt is beside it, so that it
// is still there when the machine is lost.
type machine struct {
	t        *testing.T
	dir, mnt string
	env      []string
	fails    bool // what is run ends with an error
}

func newMachine(t *testing.T, mnt string) *machine {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	m := &machine{t: t, dir: t.TempDir(), mnt: mnt}
	bin := t.TempDir()
	m.file(filepath.Join(bin, "beside"), "#!/bin/sh\nBESIDE_TEST_MAIN=1 exec "+self+" \"$@\"\n", 0o700)
	m.file(filepath.Join(bin, "passphrase"), "four rivers and one bridge\n", 0o600)
	m.env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "BESIDE_PASSPHRASE_FILE="+filepath.Join(bin, "passphrase"), "TMPDIR="+t.TempDir())
	return m
}

func (m *machine) file(name, text string, mode os.FileMode) {
	m.t.Helper()
	if err := os.WriteFile(name, []byte(text), mode); err != nil {
		m.t.Fatal(err)
	}
}

// commands are the blocks of a runbook that are marked as to be run.
var commands = regexp.MustCompile("(?s)```sh\n(.*?)```")

// follow runs what a runbook says, in its order, and returns what was printed: all of its blocks, or those of some numbers
// where it names several ways.
func (m *machine) follow(runbook string, want int, which ...int) string {
	m.t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "operations", runbook))
	if err != nil {
		m.t.Fatal(err)
	}
	blocks := commands.FindAllStringSubmatch(string(text), -1)
	if len(blocks) != want {
		m.t.Fatalf("%s has %d blocks to run, want %d", runbook, len(blocks), want)
	}
	var said strings.Builder
	for i, b := range blocks {
		if len(which) == 0 || slices.Contains(which, i) {
			said.WriteString(m.run(strings.ReplaceAll(b[1], "/mnt/", m.mnt+"/")))
		}
	}
	return said.String()
}

// run runs commands and returns what they print.
func (m *machine) run(commands string) string {
	m.t.Helper()
	cmd := exec.CommandContext(m.t.Context(), "sh", "-e", "-c", commands)
	cmd.Dir, cmd.Env = m.dir, m.env
	out, err := cmd.CombinedOutput()
	if (err != nil) != m.fails {
		m.t.Fatalf("it says: %s\nand that: %v\n%s", commands, err, out)
	}
	return string(out)
}

// Blocks of restore.md.
const (
	restoreBlocks     = 5
	restoreFromCopy   = 0
	restoreFromBackup = 1
)

func (m *machine) config() app.Config {
	return app.Config{
		Database: filepath.Join(m.dir, "beside-data"), Clock: clock.System(), Hashing: account.Hashing{MemoryKiB: 64, Times: 1},
	}
}

// people counts what there is.
func (m *machine) people(c app.Config) (people, entries int) {
	m.t.Helper()
	p, err := app.OpenPlace(m.t.Context(), c)
	if err != nil {
		m.t.Fatal(err)
	}
	err = p.DB.View(m.t.Context(), func(tx *store.Tx) error {
		return tx.Row(`SELECT (SELECT COUNT(*) FROM account), (SELECT COUNT(*) FROM entry)`).Scan(&people, &entries)
	})
	if err := errors.Join(err, p.Close()); err != nil {
		m.t.Fatal(err)
	}
	return people, entries
}

// Somebody new does what the runbooks say, and nothing else: set-up, a backup, a lost machine, the restore.
func TestTheRunbooksBringALostMachineBack(t *testing.T) {
	mnt := t.TempDir()
	first := newMachine(t, mnt)
	if _, err := demo.Fill(t.Context(), first.config(), clock.System().Now(), 1); err != nil {
		t.Fatal(err)
	}
	if said := first.follow("set-up.md", 1); !strings.Contains(said, "All is proven") {
		t.Errorf("set-up says: %s", said)
	}
	first.follow("backup.md", 1)
	people, entries := first.people(first.config())
	paper, err := os.ReadFile(filepath.Join(first.dir, "recovery-copy.age"))
	if err != nil || people < 5 {
		t.Fatalf("%d people, %v", people, err)
	}
	if err := os.RemoveAll(first.dir); err != nil { // the machine is lost
		t.Fatal(err)
	}
	second := newMachine(t, mnt)
	second.file(filepath.Join(second.dir, "recovery-copy.age"), string(paper), 0o600)
	said := second.follow("restore.md", restoreBlocks, restoreFromBackup, 2, 3, 4)
	for _, want := range []string{"the same as they were", "Messages and timers go on", "All is proven"} {
		if !strings.Contains(said, want) {
			t.Errorf("the restore does not say %q: %s", want, said)
		}
	}
	if p, e := second.people(second.config()); p != people || e != entries {
		t.Errorf("%d people and %d entries came back, of %d and %d", p, e, people, entries)
	}
	once := second.config()
	once.Database = filepath.Join(second.dir, "once-more")
	once.Keyring, once.RootKey = filepath.Join(second.dir, "beside-data-keyring"), filepath.Join(second.dir, "beside-data-root", "root.key")
	if p, e := second.people(once); p != people || e != entries {
		t.Errorf("%d people and %d entries came back once more, of %d and %d", p, e, people, entries)
	}
	a, err := app.New(t.Context(), second.config())
	if err != nil {
		t.Fatalf("what was restored does not start: %v", err)
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
}

// Somebody joins after the last backup of the keyring, and the machine is lost. The copy of the keyring brings them back, as
// the runbook says; and whoever takes the older backup instead, and starts as before, loses nothing either.
func TestTheCopyOfTheKeyringBringsBackWhoJoinedSince(t *testing.T) {
	mnt := t.TempDir()
	first := newMachine(t, mnt)
	c := first.config()
	c.KeyringCopy = filepath.Join(mnt, "elsewhere", "keyring-now")
	if _, err := demo.Fill(t.Context(), c, clock.System().Now(), 1); err != nil {
		t.Fatal(err)
	}
	first.follow("set-up.md", 1)
	a := first.started(c)
	joining := account.Joining{Entry: id.New[id.Entry](a.IDs), Name: book.NewText("Ana"), Passphrase: "nobody else would think of ferns", Contact: book.ContactNo, Via: book.ViaWeb}
	ana, err := a.Accounts.Join(t.Context(), joining)
	if err := errors.Join(err, a.Close()); err != nil {
		t.Fatal(err)
	}
	first.run("beside backup --backup-to " + mnt + "/backups/books")
	paper, err := os.ReadFile(filepath.Join(first.dir, "recovery-copy.age"))
	if err := errors.Join(err, os.RemoveAll(first.dir)); err != nil { // the machine is lost
		t.Fatal(err)
	}
	for _, way := range []int{restoreFromBackup, restoreFromCopy} {
		next := newMachine(t, mnt)
		next.file(filepath.Join(next.dir, "recovery-copy.age"), string(paper), 0o600)
		next.fails = way == restoreFromBackup // it says so, and that it is an error
		said := next.follow("restore.md", restoreBlocks, way)
		if got := strings.Contains(said, "1 BOOKS CANNOT BE READ"); got != next.fails {
			t.Fatalf("the restore says: %s", said)
		}
		next.fails = false
		c := next.config()
		c.KeyringCopy = filepath.Join(mnt, "elsewhere", "keyring-now")
		if way == restoreFromBackup {
			_, err := app.New(t.Context(), c)
			if !errors.Is(err, vault.ErrKnowsMore) {
				t.Fatalf("an older keyring beside its copy: %v", err)
			}
			next.run(regexp.MustCompile("beside keyring back .*").FindString(err.Error()))
		}
		a := next.started(c)
		_, err := a.Accounts.SignIn(t.Context(), account.SigningIn{Words: ana.Words, Passphrase: joining.Passphrase, Where: account.Where{From: "here"}})
		if err := errors.Join(err, a.Close()); err != nil {
			t.Fatalf("way %d: who joined after the last backup of the keyring: %v", way, err)
		}
	}
}

func (m *machine) started(c app.Config) *app.App {
	m.t.Helper()
	a, err := app.New(m.t.Context(), c)
	if err != nil {
		m.t.Fatal(err)
	}
	return a
}
