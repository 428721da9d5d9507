//go:build heavy

package kill

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// backupPage is a page whose commands and settings these tests use as they stand there, but for the places.
const backupPage = "../../docs/operations/backup.md"

// runbook finds the line of the runbook that begins like this, with other words in the place of some.
func runbook(t *testing.T, begins string, places ...string) string {
	t.Helper()
	page, err := os.ReadFile(backupPage)
	must(t, err)
	for line := range strings.Lines(string(page)) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, begins) {
			return strings.NewReplacer(places...).Replace(line)
		}
	}
	t.Fatalf("%s has no line that begins with %q", backupPage, begins)
	return ""
}

// forgive makes what was done after so many acts something that may be lost.
func (tn *town) forgive(after int) {
	tn.journal.mu.Lock()
	defer tn.journal.mu.Unlock()
	for _, a := range tn.journal.acts[after:] {
		a.kept = false
	}
}

// mark is how many acts there were, and what workers were shown, while nobody acts.
func (tn *town) mark() (acts int, looks map[string]int) {
	tn.journal.mu.Lock()
	defer tn.journal.mu.Unlock()
	looks = map[string]int{}
	for who, n := range tn.journal.looks {
		looks[who] = n
	}
	return len(tn.journal.acts), looks
}

// isBack says of a place that it was restored, verifies all of it, and finds everything that was acknowledged before.
func (tn *town) isBack(t *testing.T, p place, looks map[string]int) {
	t.Helper()
	for _, command := range []string{"restored", "verify"} {
		_, err := beside(p, command)
		must(t, err)
	}
	tn.journal.looks = looks
	must(t, tn.behind(p, tn.checkJournal, tn.checkLooks, checkBooks))
}

// TestShippedByPostgres: the machine is lost, and with it books and keyring. A base copy and the archived log of another machine
// bring back a moment that is chosen, with everything that was acknowledged until then and nothing of what came after.
func TestShippedByPostgres(t *testing.T) {
	there := emptyCluster(t)
	archive := filepath.Join(there.dir, "wal")
	places := []string{"/mnt/wal", archive, "/mnt/base", there.data(), "'", ""}
	there.run(t, "mkdir", archive)
	here := emptyCluster(t)
	for _, s := range []string{"wal_level = ", "archive_mode = ", "archive_timeout = ", "archive_command = "} {
		here.settings = append(here.settings, strings.Replace(runbook(t, s, places...), " = ", "=", 1))
	}
	here.run(t, "initdb", "-D", here.data(), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
	here.up(t)
	must(t, here.sql("CREATE DATABASE beside"))
	p := newPlace(t, here.url("beside"))
	kept := filepath.Join(t.TempDir(), "keyring-now")
	n := newNode(t, p, "--keyring-copy", kept)
	n.up(t)
	tn := settle(t, "http://"+n.addr, <-n.first, 2, 3)
	base := strings.Fields(runbook(t, "pg_basebackup ", places...))
	there.run(t, base[0], append(base[1:], "-d", fmt.Sprintf("host=%s port=%s user=postgres", here.dir, here.port))...)
	alive(tn, func() { tn.goesOn(40) })
	moment := time.Now().UTC().Format("2006-01-02 15:04:05.999999+00") // on the same machine
	acts, looks := tn.mark()
	alive(tn, func() { tn.goesOn(20) })
	here.ship(t, archive)
	alive(tn, func() { tn.goesOn(5); n.kill(); here.kill() })
	must(t, errors.Join(os.RemoveAll(here.data()), os.RemoveAll(p.keyring)))

	conf := runbook(t, "restore_command = ", "/mnt/wal", archive) + "\n" + runbook(t, "recovery_target_time = ", "2027-03-10 12:00:00+00", moment) + "\n" + runbook(t, "recovery_target_action = ") + "\n"
	there.add(t, "postgresql.conf", conf)
	there.add(t, "recovery.signal", "")
	there.up(t)
	there.recovered(t)
	back := place{database: there.url("beside"), keyring: kept, root: p.root}
	if err := tn.behind(back, tn.checkJournal); err == nil {
		t.Error("what was done after the moment is there too: is it that moment?")
	}
	tn.forgive(acts)
	tn.isBack(t, back, looks)
	t.Logf("%d acts until the moment, %d after it", acts, len(tn.journal.acts)-acts)
}

// ship has the log archived up to now.
func (c *cluster) ship(t *testing.T, archive string) {
	t.Helper()
	last, err := c.ask("SELECT pg_walfile_name(pg_switch_wal())")
	must(t, err)
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if _, err := os.Stat(filepath.Join(archive, last)); err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the log is not archived")
		}
	}
}

// add adds to a file of the cluster's data folder, as whom it belongs to.
func (c *cluster) add(t *testing.T, name, text string) {
	t.Helper()
	from := filepath.Join(t.TempDir(), name)
	must(t, os.WriteFile(from, []byte(text), 0o600))
	file := filepath.Join(c.data(), name)
	before, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	must(t, os.WriteFile(file, append(before, text...), 0o600))
	if o := c.owner.Credential; o != nil {
		must(t, os.Chown(file, int(o.Uid), int(o.Gid)))
	}
}

// recovered waits until the archived log is replayed.
func (c *cluster) recovered(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if going, err := c.ask("SELECT pg_is_in_recovery()::text"); err == nil && going == "false" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the archived log is not replayed")
		}
	}
}

// litestream builds the program of the module tests/litestream.
var litestream = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "beside-kill")
	if err != nil {
		return "", err
	}
	built = append(built, dir)
	path := filepath.Join(dir, "litestream")
	if ready := os.Getenv("BESIDE_LITESTREAM"); ready != "" {
		return ready, nil
	}
	cmd := exec.Command("go", "build", "-o", path, "github.com/benbjohnson/litestream/cmd/litestream")
	cmd.Dir = "../../tests/litestream"
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building tests/litestream: %w: %s", err, out)
	}
	return path, nil
})

// TestShippedByLitestream: the machine is lost, and with it books and keyring. What Litestream had shipped until then comes
// back with everything that was acknowledged.
func TestShippedByLitestream(t *testing.T) {
	binary, err := litestream()
	must(t, err)
	dir, elsewhere := t.TempDir(), t.TempDir()
	p := newPlace(t, filepath.Join(dir, "beside"))
	file := filepath.Join(p.database, "beside.db")
	config, socket := filepath.Join(dir, "litestream.yml"), filepath.Join(dir, "socket")
	back := filepath.Join(t.TempDir(), "beside")
	places := []string{"/var/lib/beside-back", back, "/var/lib/beside", p.database, "/mnt/shipped", elsewhere, "/run/litestream.sock", socket, "/etc/litestream.yml", config}
	page, err := os.ReadFile(backupPage)
	must(t, err)
	_, settings, found := strings.Cut(string(page), "```yaml\n")
	settings, _, _ = strings.Cut(settings, "```")
	if !found {
		t.Fatal("the runbook shows no configuration of Litestream")
	}
	must(t, os.WriteFile(config, []byte(strings.NewReplacer(places...).Replace(settings)), 0o600))

	kept := filepath.Join(t.TempDir(), "keyring-now")
	n := newNode(t, p, "--keyring-copy", kept)
	n.up(t)
	tn := settle(t, "http://"+n.addr, <-n.first, 2, 3)
	var said bytes.Buffer
	ships := exec.Command(binary, strings.Fields(runbook(t, "litestream replicate ", places...))[1:]...)
	ships.Stdout, ships.Stderr, ships.SysProcAttr = &said, io.Discard, &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	must(t, ships.Start())
	alive(tn, func() { tn.goesOn(200) })
	sync := strings.Fields(runbook(t, "litestream sync ", places...))[1:]
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		out, err := exec.Command(binary, sync...).CombinedOutput()
		if err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("litestream sync: %v: %s: %s", err, out, &said)
		}
	}
	acts, looks := tn.mark()
	alive(tn, func() { tn.goesOn(5); n.kill(); _ = ships.Process.Kill(); _ = ships.Wait() })
	must(t, errors.Join(os.RemoveAll(p.database), os.RemoveAll(p.keyring)))

	must(t, os.Mkdir(back, 0o700))
	if out, err := exec.Command(binary, strings.Fields(runbook(t, "litestream restore ", places...))[1:]...).CombinedOutput(); err != nil {
		t.Fatalf("litestream restore of %s: %v: %s", file, err, out)
	}
	tn.forgive(acts)
	tn.isBack(t, place{database: back, keyring: kept, root: p.root}, looks)
	t.Logf("%d acts until the last that was shipped for certain, %d after", acts, len(tn.journal.acts)-acts)
}
