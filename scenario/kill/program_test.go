package kill

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"syscall"
	"testing"
	"time"
)

// program builds the real program once and returns its path.
var program = sync.OnceValues(func() (string, error) { return build("beside/cmd/beside", "") })

var built []string // folders to take away

// build builds the program in a folder of the source; "" means here.
func build(what, source string) (string, error) {
	dir, err := os.MkdirTemp("", "beside-kill")
	if err != nil {
		return "", err
	}
	built = append(built, dir)
	path, tags := filepath.Join(dir, "beside"), "release"
	if os.Getenv("BESIDE_MUTANT") != "" { // a law that is broken on purpose is broken in the program
		tags += ",mutant"
	}
	cmd := exec.Command("go", "build", "-tags", tags, "-o", path, what)
	cmd.Dir = source
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building beside: %w: %s", err, out)
	}
	return path, nil
}

// TestMain lets the test's own binary be an actor too, or an eraser.
func TestMain(m *testing.M) {
	if where := os.Getenv(actorVariable); where != "" {
		beActor(where)
	}
	if errand := os.Getenv(eraserVariable); errand != "" {
		beEraser(errand)
	}
	code := m.Run()
	for _, dir := range built {
		_ = os.RemoveAll(dir)
	}
	os.Exit(code)
}

// place is where an installation keeps what it knows. Several nodes may share it.
type place struct {
	database, keyring, root string
}

// newPlace is a place over a database, with keys in a folder of their own.
func newPlace(t *testing.T, database string) place {
	t.Helper()
	dir := t.TempDir()
	return place{database: database, keyring: filepath.Join(dir, "keyring"), root: filepath.Join(dir, "root.key")}
}

// node is one "beside serve" in a process of its own.
type node struct {
	place
	binary  string
	wrap    []string // what the program is started by, such as strace with its arguments
	more    []string // further arguments
	old     bool     // the version before, which opens unproven without being told
	addr    string
	log     string
	first   chan string // the path of the link it prints while nobody is in the team
	process *exec.Cmd
	ended   chan error
}

// newNode is a node that is not started yet.
func newNode(t *testing.T, p place, more ...string) *node {
	t.Helper()
	binary, err := program()
	if err != nil {
		t.Fatal(err)
	}
	n := &node{place: p, binary: binary, more: more, addr: freePort(t), log: filepath.Join(t.TempDir(), "log"), first: make(chan string, 100)}
	t.Cleanup(func() {
		n.kill()
		if t.Failed() {
			said, _ := os.ReadFile(n.log)
			t.Logf("the end of the log of %s: %s", n.addr, tail(said, 4000))
		}
	})
	return n
}

func tail(b []byte, n int) []byte { return b[max(0, len(b)-n):] }

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

var inviting = regexp.MustCompile(`/invitation/\S+`)

// start starts the program and does not wait until it answers.
func (n *node) start() error {
	args := append([]string{}, n.wrap...)
	args = append(args, n.binary, "serve", "--database", n.database, "--keyring", n.keyring, "--root-key", n.root, "--addr", n.addr)
	args = append(args, n.more...)
	if !n.old {
		args = append(args, "--open-unproven")
	}
	n.process = exec.Command(args[0], args[1:]...)
	n.process.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := n.process.StdoutPipe()
	if err != nil {
		return err
	}
	log, err := os.OpenFile(n.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	n.process.Stderr = log
	if err := n.process.Start(); err != nil {
		return err
	}
	ended, process := make(chan error, 1), n.process
	n.ended = ended
	go func() {
		for r := bufio.NewScanner(out); r.Scan(); {
			if link := inviting.FindString(r.Text()); link != "" {
				n.first <- link
			}
		}
		ended <- process.Wait()
		close(ended)
	}()
	return nil
}

// ready waits until the program answers.
func (n *node) ready() error {
	client := &http.Client{Timeout: patience}
	for deadline := time.Now().Add(time.Minute); ; {
		resp, err := client.Get("http://" + n.addr + "/")
		if err == nil {
			_ = resp.Body.Close()
			return nil
		}
		select {
		case err := <-n.ended:
			said, _ := os.ReadFile(n.log)
			return fmt.Errorf("beside serve ended, %w: %s", err, tail(said, 2000))
		case <-time.After(5 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			return errors.New("beside serve does not answer after a minute")
		}
	}
}

func (n *node) up(t *testing.T) {
	t.Helper()
	if err := errors.Join(n.start()); err != nil {
		t.Fatal(err)
	}
	if err := n.ready(); err != nil {
		t.Fatal(err)
	}
}

// kill takes the power away, but for what the machine itself still holds.
func (n *node) kill() {
	if n.process == nil {
		return
	}
	_ = n.process.Process.Kill() // it may have ended by itself
	<-n.ended                    //nolint:errcheck // how it ended is known
	n.process = nil
}

// stop ends it as an operator would.
func (n *node) stop(t *testing.T) {
	t.Helper()
	if err := n.process.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-n.ended:
		if err != nil {
			t.Errorf("beside serve ended with %v", err)
		}
		n.process = nil
	case <-time.After(20 * time.Second):
		t.Error("beside serve does not stop")
		n.kill()
	}
}
