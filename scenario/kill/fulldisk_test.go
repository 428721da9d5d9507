package kill

import (
	"encoding/binary"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// endless is room that no test uses up, in bytes.
const endless = 1 << 60

// finite is a cluster on a disk that can be full: testdata/room.c stands before the calls by which its files grow. That
// needs a compiler and no rights.
type finite struct {
	*cluster
	left string // the file that says how many bytes there is room for
}

func newFinite(t *testing.T) *finite {
	t.Helper()
	c := &finite{cluster: emptyCluster(t, "min_wal_size=2MB", "max_wal_size=4MB")}
	c.left = filepath.Join(c.dir, "room")
	library := filepath.Join(c.dir, "room.so")
	compiler := os.Getenv("CC")
	if compiler == "" {
		compiler = "gcc"
	}
	if said, err := exec.Command(compiler, "-shared", "-fPIC", "-O1", "-o", library, "testdata/room.c", "-ldl").CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", compiler, err, said)
	}
	c.room(t, endless)
	if o := c.owner.Credential; o != nil {
		must(t, os.Chown(c.left, int(o.Uid), int(o.Gid)))
	}
	c.env = []string{"LD_PRELOAD=" + library, "BESIDE_KILL_ROOM=" + c.left}
	// A segment of the log is small, so that it is full soon and wants another.
	c.run(t, "initdb", "-D", c.data(), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--wal-segsize=1")
	c.up(t)
	return c
}

// room says how many bytes the files of the cluster may grow from now on.
func (c *finite) room(t *testing.T, bytes uint64) {
	t.Helper()
	f, err := os.OpenFile(c.left, os.O_CREATE|os.O_WRONLY, 0o600)
	must(t, err)
	defer f.Close()
	_, err = f.WriteAt(binary.NativeEndian.AppendUint64(nil, bytes), 0)
	must(t, err)
}

// said counts how often the cluster's log has these words.
func (c *cluster) said(t *testing.T, words string) int {
	t.Helper()
	log, err := os.ReadFile(filepath.Join(c.dir, "log"))
	must(t, err)
	return strings.Count(string(log), words)
}

// The words of PostgreSQL's log by which a test sees that a fault was met.
const (
	noRoom = "No space left on device"
	cutOff = "wrote only 4096 of 8192 bytes"
	panics = "PANIC:"
)

// fulls are disks that are full. Each goes on until what is to be seen was seen.
var fulls = []struct {
	name  string
	room  uint64
	sees  string // in the log of PostgreSQL
	log   bool   // the log is made to want another segment
	quick bool
}{
	{"a table wants a page", 0, noRoom, false, true},
	{"a table wants a page and finds half of one", 4096, cutOff, false, false},
	{"the log wants a segment", 0, panics, true, true},
}

// TestPostgresFindsNoRoom fills the disk of PostgreSQL under load: a table cannot grow, or its log cannot, and then the
// whole server ends. People are told so, with what they typed; when there is room again everything goes on, and nothing
// that was acknowledged is lost. BESIDE_FAULTS=all fills it at every point, and then so often with room by chance.
func TestPostgresFindsNoRoom(t *testing.T) {
	all := os.Getenv("BESIDE_FAULTS") == "all"
	c, r := newFinite(t), luck(t)
	must(t, c.sql("CREATE DATABASE beside"))
	n := newNode(t, newPlace(t, c.url("beside")))
	n.up(t)
	tn := settle(t, "http://"+n.addr, <-n.first, 2, 3)
	lena := tn.newPerson("Lena", 900)
	must(t, lena.join())
	for _, f := range fulls {
		if !f.quick && !all {
			continue
		}
		t.Run(f.name, func(t *testing.T) {
			c.fills(t, tn, lena, f.room, func() bool {
				if f.log {
					c.wantsLog()
				}
				return c.said(t, f.sees) > 0
			})
			must(t, tn.check(t.Context(), n.place))
		})
		c.forgetLog(t)
	}
	if all {
		for range 20 {
			c.fills(t, tn, lena, r.Uint64N(1<<15), func() bool {
				if r.IntN(20) == 0 {
					c.wantsLog()
				}
				return true
			})
			must(t, tn.check(t.Context(), n.place))
		}
	}
	kept, open := tn.journal.counts()
	t.Logf("%d acts acknowledged, all there; %d not, %d of them on a page that had what was typed", kept, open, tn.honest.Load())
	if tn.honest.Load() == 0 {
		t.Error("nobody was told that there is no room: nothing was tested")
	}
	for _, a := range tn.journal.acts {
		if a.fault {
			t.Errorf("a full disk is told as a fault of ours: %v: %s", a.why, n.faults(t))
			break
		}
	}
}

// faults are the lines of the node's log that tell of a fault of ours.
func (n *node) faults(t *testing.T) string {
	t.Helper()
	log, err := os.ReadFile(n.log)
	must(t, err)
	var found strings.Builder
	for line := range strings.Lines(string(log)) {
		if strings.Contains(line, "level=ERROR") || strings.Contains(line, "status=500") {
			found.WriteString(line)
		}
	}
	return found.String()
}

// fills lets everybody act, takes the room away until enough is seen and Lena was told so, if she has a form, gives it back, and has
// everything go on. Lena has a form open before.
func (c *finite) fills(t *testing.T, tn *town, lena *person, room uint64, enough func() bool) {
	t.Helper()
	alive(tn, func() {
		tn.goesOn(10)
		form, err := lena.page("/me/strengths/new")
		must(t, err)
		c.room(t, room)
		for deadline := time.Now().Add(30 * time.Second); !enough() || lena.again == nil && form != nil; form = lena.insists(form) { // without a database she may get no form to send
			if time.Now().After(deadline) {
				t.Error("in 30 seconds the disk was not full, or nobody was told")
				break
			}
		}
		c.room(t, endless)
		if !c.answers(20 * time.Second) { // it has ended: whoever runs it starts it again
			c.up(t)
		}
		began, before := time.Now(), tn.busy.Load()
		tn.goesOn(10)
		if tn.busy.Load() < before+10 {
			t.Errorf("when there was room again %d acts were kept in %v", tn.busy.Load()-before, time.Since(began))
		}
		t.Logf("there was room again; ten acts were kept %v later", time.Since(began).Round(time.Millisecond))
		must(t, errors.Join(lena.sendAgain(), lena.finds()))
	})
}

// insists sends the form that was refused once more, or the one that is open, or else opens one.
func (p *person) insists(form *sheet) (next *sheet) {
	switch {
	case p.again != nil:
		_ = p.sendAgain() // what was refused stays
	case form != nil:
		words := p.say("strength")
		_ = p.do("write", words, form, "main form", func() { p.mine = append(p.mine, words) }, "words", words, "when", "now") // likewise
	default:
		next, _ = p.page("/me/strengths/new") // nil when it cannot be read now
		if next != nil && next.status != http.StatusOK {
			next = nil
		}
	}
	return next
}

// wantsLog has the log begin another segment. That ends the server when there is no room for one.
func (c *cluster) wantsLog() {
	_ = c.sql("SELECT pg_create_restore_point('beside'); SELECT pg_switch_wal()") // it may have ended
}

// forgetLog empties the log of the cluster.
func (c *cluster) forgetLog(t *testing.T) {
	t.Helper()
	must(t, os.Truncate(filepath.Join(c.dir, "log"), 0))
}
