package kill

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// cluster is a PostgreSQL server of the test's own, which waits for the disk, and which can be killed and started again.
type cluster struct {
	dir      string // data, log and socket are in it
	host     string // the address it listens at: the loopback address, but where a test says otherwise
	port     string // every cluster of a test has another
	settings []string
	env      []string // what its processes are told besides
	owner    *syscall.SysProcAttr
	process  *exec.Cmd
	ended    chan struct{}
}

// postgres finds a program of PostgreSQL, which Debian keeps out of PATH.
func postgres(t *testing.T, name string) string {
	t.Helper()
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name) // the pattern is right
	if len(found) > 0 {
		slices.Sort(found)
		return found[len(found)-1]
	}
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatal("PostgreSQL's programs are not installed: run ./check tools")
	}
	return path
}

// emptyCluster is a folder for a cluster, owned by whom PostgreSQL may run as.
func emptyCluster(t *testing.T, settings ...string) *cluster {
	t.Helper()
	dir, err := os.MkdirTemp("", "beside-kill-pg") // short, for the socket
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := strings.Cut(freePort(t), ":")
	c := &cluster{dir: dir, host: "127.0.0.1", port: port, settings: settings, owner: &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGQUIT}}
	if os.Getuid() == 0 { // PostgreSQL refuses to run as root
		u, err := user.Lookup("postgres")
		if err != nil {
			t.Fatal(err)
		}
		uid, _ := strconv.Atoi(u.Uid)
		gid, _ := strconv.Atoi(u.Gid)
		c.owner.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		must(t, os.Chown(dir, uid, gid))
	}
	t.Cleanup(func() {
		c.kill()
		if t.Failed() {
			said, _ := os.ReadFile(filepath.Join(dir, "log"))
			t.Logf("the end of the log of PostgreSQL at %s: %s", c.port, tail(said, 3000))
		}
		_ = os.RemoveAll(dir)
	})
	return c
}

// newCluster makes a cluster and starts it.
func newCluster(t *testing.T, settings ...string) *cluster {
	t.Helper()
	c := emptyCluster(t, settings...)
	c.init(t)
	c.up(t)
	return c
}

func (c *cluster) init(t *testing.T) {
	t.Helper()
	c.run(t, "initdb", "-D", c.data(), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
}

func (c *cluster) data() string { return filepath.Join(c.dir, "data") }

// run runs one of PostgreSQL's programs as whom the cluster belongs to.
func (c *cluster) run(t *testing.T, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(postgres(t, name), args...)
	owner := *c.owner
	owner.Pdeathsig = 0
	cmd.Dir, cmd.SysProcAttr = c.dir, &owner
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v: %s", name, err, &said)
	}
}

// up starts the server and waits until it answers. After a kill the first start may find that what is left of the old one
// has not ended yet.
func (c *cluster) up(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; {
		must(t, c.start(t))
		if c.answers(20 * time.Second) {
			return
		}
		c.kill()
		if time.Now().After(deadline) {
			said, _ := os.ReadFile(filepath.Join(c.dir, "log"))
			t.Fatalf("PostgreSQL does not start: %s", tail(said, 3000))
		}
	}
}

func (c *cluster) start(t *testing.T) error {
	t.Helper()
	args := []string{"-D", c.data(), "-k", c.dir, "-p", c.port, "-c", "listen_addresses=" + c.host, "-c", "fsync=on", "-c", "max_connections=100", "-c", "shared_buffers=64MB"}
	for _, s := range c.settings {
		args = append(args, "-c", s)
	}
	c.process = exec.Command(postgres(t, "postgres"), args...)
	c.process.Dir, c.process.SysProcAttr, c.process.Env = c.dir, c.owner, append(os.Environ(), c.env...)
	log, err := os.OpenFile(filepath.Join(c.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
	if err != nil {
		return err
	}
	defer log.Close()
	c.process.Stdout, c.process.Stderr = log, log
	if err := c.process.Start(); err != nil {
		return err
	}
	ended, process := make(chan struct{}), c.process
	c.ended = ended
	go func() {
		_ = process.Wait() // killed
		close(ended)
	}()
	return nil
}

// answers waits until the server takes connections, and reports false when it ends first.
func (c *cluster) answers(within time.Duration) bool {
	for deadline := time.Now().Add(within); time.Now().Before(deadline); {
		if c.sql("SELECT 1") == nil {
			return true
		}
		select {
		case <-c.ended:
			return false
		case <-time.After(20 * time.Millisecond):
		}
	}
	return false
}

// kill ends every process of the server at once, so that none can write anything any more.
func (c *cluster) kill() {
	if c.process == nil {
		return
	}
	pids := append([]int{c.process.Process.Pid}, children(c.process.Process.Pid)...)
	for _, pid := range pids {
		_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended
	}
	<-c.ended
	for _, pid := range pids[1:] {
		for range 500 { // until the system has cleared it away
			if syscall.Kill(pid, 0) != nil {
				break
			}
			time.Sleep(2 * time.Millisecond)
		}
	}
	c.process = nil
}

// children are the processes that a process started.
func children(of int) []int {
	var found []int
	stats, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is right
	for _, path := range stats {
		b, err := os.ReadFile(path)
		_, rest, ok := strings.Cut(string(b), ") ")
		fields := strings.Fields(rest)
		if err != nil || !ok || len(fields) < 2 || fields[1] != strconv.Itoa(of) {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path))); err == nil {
			found = append(found, pid)
		}
	}
	return found
}

// url is the address of a database of the cluster.
func (c *cluster) url(name string) string {
	u := url.URL{Scheme: "postgres", Host: net.JoinHostPort(c.host, c.port), User: url.User("postgres"), Path: "/" + name}
	return u.String()
}

// socket is the address of a database of the cluster through its socket, which no network stands between.
func (c *cluster) socket(name string) string {
	return fmt.Sprintf("postgres:///%s?host=%s&port=%s&user=postgres", name, c.dir, c.port)
}

// sql runs one statement as the cluster's owner, through the socket.
func (c *cluster) sql(statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, c.socket("postgres"))
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, statement)
	return errors.Join(err, conn.Close(ctx))
}

// ask reads one value.
func (c *cluster) ask(query string) (value string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, c.socket("postgres"))
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	err = conn.QueryRow(ctx, query).Scan(&value)
	return value, err
}
