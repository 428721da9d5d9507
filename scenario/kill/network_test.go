//go:build heavy

package kill

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// wiredVariable tells the test's own binary that it is in a network of its own.
const wiredVariable = "BESIDE_KILL_WIRED"

// TestTheNetworkIsCut has the server and PostgreSQL in two networks of the system with one cable between, and pulls it at
// the database's end while people act. Nothing of it reaches the network of this machine: the test starts itself again in a
// network that has nothing. Whoever is not root needs a system that lets its users make networks of their own.
func TestTheNetworkIsCut(t *testing.T) {
	if os.Getenv(wiredVariable) == "" {
		inANetworkOfItsOwn(t)
		return
	}
	ip(t, "link", "set", "lo", "up")
	w := newWire(t)
	c := emptyCluster(t)
	c.host = w.database
	c.init(t)
	rules := filepath.Join(c.data(), "pg_hba.conf")
	must(t, os.WriteFile(rules, []byte("local all all trust\nhost all all samenet trust\n"), 0o600)) //nolint:gosec // a test's own
	w.there(t, func() { c.up(t) })
	goesDead(t, c, net.JoinHostPort(c.host, c.port),
		func() { w.there(t, func() { ip(t, "link", "set", "db", "down") }) },
		func() { w.there(t, func() { ip(t, "link", "set", "db", "up") }) })
}

func inANetworkOfItsOwn(t *testing.T) {
	t.Helper()
	self, err := os.Executable()
	must(t, err)
	args := []string{"--net"}
	if os.Getuid() != 0 { // still the same user, whom PostgreSQL runs as, but one who may lay cables in there
		args = append(args, "--user", "--map-current-user", "--keep-caps")
	}
	args = append(args, self, "-test.run=^"+t.Name()+"$", "-test.v", "-test.count=1")
	cmd := exec.CommandContext(t.Context(), "unshare", args...)
	cmd.Env = append(os.Environ(), wiredVariable+"=1")
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Fatalf("in a network of its own: %v", err)
	}
}

// wire is a cable from this network, where the server and its people are, to another, where the database is.
type wire struct {
	here, far *os.File
	database  string // the database's address on it
}

func newWire(t *testing.T) *wire {
	t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	w := &wire{here: network(t), database: "10.41.0.2"}
	must(t, unix.Unshare(unix.CLONE_NEWNET))
	w.far = network(t)
	ip(t, "link", "set", "lo", "up")
	ip(t, "link", "add", "db", "type", "veth", "peer", "name", "app", "netns", fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), w.here.Fd()))
	ip(t, "address", "add", w.database+"/24", "dev", "db")
	ip(t, "link", "set", "db", "up")
	enter(t, w.here)
	ip(t, "address", "add", "10.41.0.1/24", "dev", "app")
	ip(t, "link", "set", "app", "up")
	return w
}

// network is the network that this thread is in, kept for as long as the test runs.
func network(t *testing.T) *os.File {
	t.Helper()
	f, err := os.Open("/proc/thread-self/ns/net")
	must(t, err)
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func enter(t *testing.T, n *os.File) {
	t.Helper()
	must(t, unix.Setns(int(n.Fd()), unix.CLONE_NEWNET)) //nolint:gosec // a file descriptor is an int
}

// there does something in the network of the database. What it starts stays in it.
func (w *wire) there(t *testing.T, do func()) {
	t.Helper()
	runtime.LockOSThread() // a thread that fails in there ends with it, and serves nobody else
	enter(t, w.far)
	do()
	enter(t, w.here)
	runtime.UnlockOSThread()
}

func ip(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "ip", args...).CombinedOutput(); err != nil {
		t.Fatalf("ip %v: %v: %s", args, err, out)
	}
}
