package backup_test

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"beside/internal/store"
)

// cluster is a PostgreSQL server of a test's own, which ships its write-ahead log.
type cluster struct {
	t    *testing.T
	dir  string
	bin  string
	data string
	attr *syscall.SysProcAttr
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil || len(found) == 0 {
		t.Fatal("PostgreSQL's programs are not installed: run ./check, which installs PostgreSQL")
	}
	dir, err := os.MkdirTemp("", "beside-wal")
	if err != nil {
		t.Fatal(err)
	}
	c := &cluster{t: t, dir: dir, bin: found[len(found)-1], attr: &syscall.SysProcAttr{}}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if os.Getuid() == 0 {
		u, err := user.Lookup("postgres")
		if err != nil {
			t.Fatal(err)
		}
		uid, _ := strconv.Atoi(u.Uid)
		gid, _ := strconv.Atoi(u.Gid)
		c.attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		if err := os.Chown(dir, uid, gid); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

func (c *cluster) run(name string, args ...string) {
	c.t.Helper()
	c.must(exec.Command(filepath.Join(c.bin, name), args...))
}

// must runs a command as the server's owner.
func (c *cluster) must(cmd *exec.Cmd) {
	c.t.Helper()
	cmd.Dir, cmd.SysProcAttr = c.dir, c.attr
	if out, err := cmd.CombinedOutput(); err != nil {
		log, _ := os.ReadFile(filepath.Join(c.dir, "log"))
		c.t.Fatalf("%s: %v: %s%s", cmd, err, out, log)
	}
}

func (c *cluster) start(data string, more string) {
	c.t.Helper()
	c.data = filepath.Join(c.dir, data)
	c.run("pg_ctl", "-D", c.data, "-w", "-l", filepath.Join(c.dir, "log"), "-o", "-k "+c.dir+" -c listen_addresses='' -c fsync=off "+more, "start")
	c.t.Cleanup(c.stop)
}

func (c *cluster) stop() {
	cmd := exec.Command(filepath.Join(c.bin, "pg_ctl"), "-D", c.data, "-m", "immediate", "-w", "stop")
	cmd.Dir, cmd.SysProcAttr = c.dir, c.attr
	_ = cmd.Run() // it may have been stopped before
}

func (c *cluster) url() string { return "postgres:///postgres?host=" + c.dir + "&user=postgres" }

// A base copy and the log that was shipped after it bring back what was written after the copy, as docs/operations/backup.md
// says.
func TestShippedLogsComeBack(t *testing.T) {
	c := newCluster(t)
	c.run("initdb", "-D", filepath.Join(c.dir, "data"), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
	wal := filepath.Join(c.dir, "wal")
	c.must(exec.Command("mkdir", wal))
	archive := fmt.Sprintf("test ! -f %[1]s/%%f && cp %%p %[1]s/%%f.part && mv %[1]s/%%f.part %[1]s/%%f", wal)
	c.start("data", "-c wal_level=replica -c archive_mode=on -c archive_timeout=60 -c \"archive_command="+archive+"\"")

	f := fill(t, c.url(), 1)
	f.add(2)
	c.run("pg_basebackup", "-h", c.dir, "-U", "postgres", "-D", filepath.Join(c.dir, "base"), "-X", "stream", "-c", "fast")
	f.add(2)
	f.change()
	want := dump(t, f.db)
	var last string
	err := f.db.Update(t.Context(), func(tx *store.Tx) error {
		return tx.Row(`SELECT pg_walfile_name(pg_switch_wal())`).Scan(&last)
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 200 {
		if _, err := os.Stat(filepath.Join(wal, last)); err == nil {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	_ = f.db.Close()
	c.stop() // the machine is lost: nothing of its data folder is looked at again

	base := filepath.Join(c.dir, "base")
	c.must(exec.Command("sh", "-c", `echo "restore_command = 'cp $1/%f %p'" >> "$2/postgresql.conf" && : > "$2/recovery.signal"`, "sh", wal, base))
	c.start("base", "-c archive_mode=off")
	back := open(t, c.url())
	for range 200 { // until the log is replayed
		var going bool
		err := back.View(t.Context(), func(tx *store.Tx) error { return tx.Row(`SELECT pg_is_in_recovery()`).Scan(&going) })
		if err == nil && !going {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if got := dump(t, back); got != want {
		t.Error("what was shipped is not what was there")
	}
}
