// Package pgtest gives a test an empty PostgreSQL database of its own. It exists so that no test has a reason to skip
// the second engine. It is for tests only.
//
// One temporary cluster serves a whole test binary; it is reached through a unix socket only and goes away with the
// process, however that ends: a shell waits for the pipe to the process to close, then stops the server and removes its
// folder. When BESIDE_TEST_POSTGRES holds the URL of a superuser, that cluster is used instead and only databases are
// made and dropped.
//
// Call [URL] outside of a synctest bubble, and open the database inside it.
package pgtest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Shared is the environment variable with the URL of a cluster that several test binaries share.
const Shared = "BESIDE_TEST_POSTGRES"

// One cluster of each sort for the process, started by the first test that needs it.
var (
	quick   = sync.OnceValues(func() (*cluster, error) { return shareOrStart() })
	durable = sync.OnceValues(func() (*cluster, error) { return start("on") })
)

var errMissing = errors.New("PostgreSQL's programs are not installed: run ./check, which installs PostgreSQL")

// URL returns the URL of an empty database, which is dropped when the test ends. Its cluster does not wait for the
// disk: nothing can be said with it about what survives a loss of power.
func URL(t testing.TB) string {
	t.Helper()
	return database(t, quick)
}

// Durable is [URL] on a cluster that waits for the disk, as in use: for measuring, and for tests of lost power.
func Durable(t testing.TB) string {
	t.Helper()
	return database(t, durable)
}

// Like is [URL], but the database is a copy of the one called name, which fill has filled before: once in a cluster, however
// many tests and processes there are. name is of small letters, digits and underscores, and changes when fill does.
func Like(t testing.TB, name string, fill func(url string) error) string {
	t.Helper()
	c, err := quick()
	if err == nil {
		err = c.model(name, fill)
	}
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	return c.forTest(t, name)
}

// Both runs a test once for each engine, with a folder for SQLite and a URL for PostgreSQL.
func Both(t *testing.T, fn func(t *testing.T, where string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { fn(t, t.TempDir()) })
	t.Run("postgres", func(t *testing.T) { fn(t, URL(t)) })
}

func database(t testing.TB, get func() (*cluster, error)) string {
	t.Helper()
	c, err := get()
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	return c.forTest(t, "template1")
}

// forTest makes a database that is like another, until the test ends.
func (c *cluster) forTest(t testing.TB, like string) string {
	t.Helper()
	name := "t_" + strings.ToLower(rand.Text())
	if err := c.run("CREATE DATABASE " + name + " TEMPLATE " + like); err != nil {
		t.Fatalf("pgtest: making a database: %v", err)
	}
	t.Cleanup(func() {
		if err := c.run("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			t.Errorf("pgtest: dropping the test's database: %v", err)
		}
	})
	return c.url(name)
}

// cluster is a running PostgreSQL server.
type cluster struct {
	admin *url.URL
	alive *os.File // the pipe whose closing, by the end of this process, stops the server

	models sync.Map // names of databases that are there to be copied
}

func (c *cluster) url(name string) string {
	u := *c.admin
	u.Path = "/" + name
	return u.String()
}

func (c *cluster) run(statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, c.admin.String())
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, statement)
	return err
}

// model makes the database of that name, filled, if it is not there. Its name is given to it when it is whole.
func (c *cluster) model(name string, fill func(url string) error) error {
	if _, known := c.models.Load(name); known {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, c.admin.String())
	if err != nil {
		return err
	}
	defer conn.Close(ctx) // and with it the lock ends
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock(hashtext($1))", name); err != nil {
		return err
	}
	var there bool
	if err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)", name).Scan(&there); err != nil {
		return err
	}
	if !there {
		if err := c.fill(name, fill); err != nil {
			return fmt.Errorf("making the model of a database: %w", err)
		}
	}
	c.models.Store(name, true)
	return nil
}

func (c *cluster) fill(name string, fill func(url string) error) error {
	unfinished := "f_" + strings.ToLower(rand.Text())
	if err := c.run("CREATE DATABASE " + unfinished); err != nil {
		return err
	}
	err := fill(c.url(unfinished))
	if err == nil {
		err = c.run("ALTER DATABASE " + unfinished + " RENAME TO " + name)
	}
	if err != nil {
		return errors.Join(err, c.run("DROP DATABASE "+unfinished+" WITH (FORCE)"))
	}
	return nil
}

func shareOrStart() (*cluster, error) {
	given := os.Getenv(Shared)
	if given == "" {
		return start("off")
	}
	admin, err := url.Parse(given)
	if err != nil {
		return nil, fmt.Errorf("%s is not a URL", Shared)
	}
	return &cluster{admin: admin}, nil
}

// start makes a cluster in a new folder and waits until it answers.
func start(fsync string) (*cluster, error) {
	dir, owner, err := folder()
	if err != nil {
		return nil, err
	}
	initdb, err := program("initdb")
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	create := exec.Command(initdb, "-D", filepath.Join(dir, "data"), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
	create.Dir, create.SysProcAttr = dir, owner
	if out, err := create.CombinedOutput(); err != nil {
		return nil, errors.Join(fmt.Errorf("initdb: %w: %s", err, out), os.RemoveAll(dir))
	}
	c, err := serve(dir, owner, fsync)
	if err != nil {
		return nil, err
	}
	return c, c.wait(filepath.Join(dir, "log"))
}

// folder makes the cluster's folder. PostgreSQL refuses to run as root, so for root it belongs to the system's user
// "postgres", whose identity the server is then given.
func folder() (string, *syscall.SysProcAttr, error) {
	dir, err := os.MkdirTemp("", "beside-pg")
	if err != nil {
		return "", nil, err
	}
	attr := &syscall.SysProcAttr{Setpgid: true} // a Ctrl-C reaches the tests, and the server by their end
	if os.Getuid() != 0 {
		return dir, attr, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return "", nil, errors.Join(errMissing, os.RemoveAll(dir))
	}
	uid, _ := strconv.ParseUint(u.Uid, 10, 32)
	gid, _ := strconv.ParseUint(u.Gid, 10, 32)
	attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return dir, attr, os.Chown(dir, int(uid), int(gid))
}

// program finds a program of PostgreSQL, which Debian keeps out of PATH; the newest version wins.
func program(name string) (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if err == nil && len(found) > 0 {
		sort.Slice(found, func(i, j int) bool { return version(found[i]) < version(found[j]) })
		return found[len(found)-1], nil
	}
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	return "", errMissing
}

func version(path string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
	return n
}

// guard runs the server until its own standard input is closed, then stops it at once and removes its folder.
const guard = `"$1" -D "$2/data" -k "$2" -c listen_addresses= -c max_connections=200 -c fsync=$3 \
	-c synchronous_commit=$3 -c full_page_writes=$3 -c shared_buffers=128MB >"$2/log" 2>&1 &
server=$!
cat >/dev/null
kill -QUIT $server
wait $server
cd /
rm -rf "$2"`

func serve(dir string, owner *syscall.SysProcAttr, fsync string) (*cluster, error) {
	postgres, err := program("postgres")
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer read.Close()
	cmd := exec.Command("sh", "-c", guard, "sh", postgres, dir, fsync)
	cmd.Dir, cmd.SysProcAttr, cmd.Stdin = dir, owner, read
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(err, write.Close(), os.RemoveAll(dir))
	}
	admin := &url.URL{Scheme: "postgres", Path: "/postgres", RawQuery: url.Values{"host": {dir}, "user": {"postgres"}}.Encode()}
	return &cluster{admin: admin, alive: write}, nil
}

// wait returns when the server answers, or what it wrote when it does not for half a minute.
func (c *cluster) wait(log string) error {
	var err error
	for range 600 {
		if err = c.run("SELECT 1"); err == nil {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	said, _ := os.ReadFile(log)
	return fmt.Errorf("the server does not answer: %w: %s", err, said)
}
