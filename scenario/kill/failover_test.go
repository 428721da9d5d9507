package kill

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// pair are two clusters, of which one writes and the other follows it: what is acknowledged is on the disks of both.
type pair struct {
	primary, standby *cluster
}

// standbyName is what the one that follows is called.
const standbyName = "beside_standby"

func newPair(t *testing.T) *pair {
	t.Helper()
	p := &pair{primary: newCluster(t), standby: emptyCluster(t)}
	must(t, p.primary.sql("CREATE DATABASE beside"))
	p.follow(t)
	return p
}

// follow makes the standby anew as a copy of the primary, and returns when every commit waits for it.
func (p *pair) follow(t *testing.T) {
	t.Helper()
	must(t, os.RemoveAll(p.standby.data()))
	p.standby.run(t, "pg_basebackup", "-D", p.standby.data(), "-R", "-X", "stream", "-c", "fast", "--no-sync",
		"-d", fmt.Sprintf("host=%s port=%s user=postgres application_name=%s", p.primary.dir, p.primary.port, standbyName))
	p.standby.up(t)
	must(t, p.primary.sql("ALTER SYSTEM SET synchronous_standby_names = '"+standbyName+"'"))
	must(t, p.primary.sql("SELECT pg_reload_conf()"))
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if said, err := p.primary.ask("SELECT COALESCE(MAX(sync_state), '') FROM pg_stat_replication"); err == nil && said == "sync" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the standby does not follow")
		}
	}
}

// fail kills the primary and makes the standby take its place.
func (p *pair) fail(t *testing.T) {
	t.Helper()
	p.primary.kill()
	// The new primary is alone until somebody makes it a standby: it must not wait for one.
	p.standby.run(t, "pg_ctl", "-D", p.standby.data(), "-w", "-t", "30", "promote")
	must(t, p.standby.sql("ALTER SYSTEM RESET synchronous_standby_names"))
	must(t, p.standby.sql("SELECT pg_reload_conf()"))
	p.primary, p.standby = p.standby, p.primary
}

// url names both: whoever can write is the right one.
func (p *pair) url() string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%s,127.0.0.1:%s/beside?target_session_attrs=read-write&connect_timeout=2", p.primary.port, p.standby.port)
}

// TestFailover kills the primary under load, again and again: two servers find the new one by themselves, and nothing that
// was acknowledged is lost. BESIDE_FAILOVERS says how often.
func TestFailover(t *testing.T) {
	n, r := times(t, "BESIDE_FAILOVERS", 1), luck(t)
	p := newPair(t)
	nodes, b := severalNodes(t, p.url(), 2)
	tn := settle(t, b.URL, lastLink(t, nodes[0].place), 2, 3)
	for range n {
		var away time.Duration
		alive(tn, func() {
			tn.goesOn(10 + r.Int64N(60))
			began := time.Now()
			p.fail(t)
			tn.goesOn(1)
			away = time.Since(began)
			tn.goesOn(10)
		})
		if err := tn.check(t.Context(), nodes[0].place); err != nil {
			t.Fatal(err)
		}
		t.Logf("the primary was killed; the next act was kept %v later", away.Round(time.Millisecond))
		p.follow(t)
	}
	kept, open := tn.journal.counts()
	t.Logf("%d failovers: %d acts acknowledged, all there; %d not, each wholly there or not at all", n, kept, open)
}

// line is a line to a database that can go dead: then it takes what is said and says nothing, as a network does whose
// packets are dropped somewhere.
type line struct {
	net.Listener
	to   string
	mu   sync.Mutex
	dead chan struct{} // closed while the line is well
}

func newLine(t *testing.T, to string) *line {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	x := &line{Listener: l, to: to, dead: make(chan struct{})}
	close(x.dead)
	t.Cleanup(func() { x.mend(); _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go x.carry(c)
		}
	}()
	return x
}

func (x *line) carry(c net.Conn) {
	defer c.Close()
	<-x.well()
	d, err := net.Dial("tcp", x.to)
	if err != nil {
		return
	}
	defer d.Close()
	go func() { x.copy(d, c); _ = d.Close() }()
	x.copy(c, d)
}

func (x *line) copy(to io.Writer, from io.Reader) {
	b := make([]byte, 32<<10)
	for {
		n, err := from.Read(b)
		if n > 0 {
			select {
			case <-x.well():
			default:
				<-x.well() // what came while it was dead is lost, and with it the connection
				return
			}
			if _, err := to.Write(b[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func (x *line) well() <-chan struct{} {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.dead
}

func (x *line) cut() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.dead = make(chan struct{})
}

func (x *line) mend() {
	x.mu.Lock()
	defer x.mu.Unlock()
	select {
	case <-x.dead:
	default:
		close(x.dead)
	}
}

// TestTheLineToTheDatabaseGoesDead cuts the line without a word. TestTheNetworkIsCut, in the heavy tier, pulls the cable.
func TestTheLineToTheDatabaseGoesDead(t *testing.T) {
	c := newCluster(t)
	x := newLine(t, "127.0.0.1:"+c.port)
	goesDead(t, c, x.Addr().String(), x.cut, x.mend)
}

// goesDead has a server reach its database at an address that is cut off under load, for longer than anybody waits: people get
// an honest page with what they typed, nobody is told that something is kept which is not, and when the line is back all goes on.
func goesDead(t *testing.T, c *cluster, addr string, cut, mend func()) {
	t.Helper()
	must(t, c.sql("CREATE DATABASE beside"))
	n := newNode(t, newPlace(t, fmt.Sprintf("postgres://postgres@%s/beside?connect_timeout=2", addr)))
	n.up(t)
	tn := settle(t, "http://"+n.addr, <-n.first, 1, 2)
	mira := tn.owners[0]
	s, err := mira.page("/me/strengths/new")
	must(t, err)
	if os.Getenv("BESIDE_FAILOVERS") == "" { // in the quick tier nobody waits until those who wait on the server's side give up
		for _, p := range append(tn.owners, tn.workers...) {
			p.http.Timeout = 3 * time.Second
		}
	}
	alive(tn, func() {
		tn.goesOn(20)
		cut()
	})
	began := time.Now()
	d := newDevice(tn.base, nil)
	d.http.Timeout = 2 * time.Minute
	d.http.Jar = mira.http.Jar
	got, err := d.send(s, "main form", "words", "typed while the line was dead", "when", "now")
	must(t, err)
	took := time.Since(began)
	if got.status != http.StatusServiceUnavailable || !strings.Contains(textOf(got.root), "typed while the line was dead") {
		t.Errorf("the answer is %d, and says %q", got.status, textOf(got.root))
	}
	t.Logf("an honest page after %v", took.Round(time.Millisecond))
	if took > time.Minute {
		t.Errorf("it took %v", took)
	}
	mend()
	began = time.Now()
	for {
		mira.again = nil
		if err := mira.strength(); err == nil {
			break
		} else if time.Since(began) > time.Minute {
			t.Fatalf("a minute after the line was mended: %v", err)
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Logf("the line was mended; the next act was kept %v later", time.Since(began).Round(time.Millisecond))
	must(t, tn.check(t.Context(), place{database: c.socket("beside"), keyring: n.keyring, root: n.root}))
	kept, open := tn.journal.counts()
	t.Logf("%d acts acknowledged, all there; %d not, each wholly there or not at all", kept, open)
}
