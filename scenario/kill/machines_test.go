package kill

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"beside/internal/app"
	"beside/internal/clock"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/promise"
	"beside/internal/store"
	"beside/internal/testkit/pgtest"
)

// balancer stands before several nodes: each request goes to the next that answers, whoever asks.
type balancer struct {
	*httptest.Server
	next atomic.Int64
	mu   sync.Mutex
	to   []string
}

func newBalancer(t *testing.T, nodes ...*node) *balancer {
	t.Helper()
	b := &balancer{}
	for _, n := range nodes {
		b.to = append(b.to, n.addr)
	}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(b.pick()); r.SetXForwarded(); r.Out.Host = r.In.Host },
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) {
			w.WriteHeader(http.StatusBadGateway)
		},
		ErrorLog: log.New(io.Discard, "", 0), Transport: &http.Transport{MaxIdleConnsPerHost: 32},
	}
	b.Server = httptest.NewServer(proxy)
	t.Cleanup(b.Close)
	return b
}

func (b *balancer) pick() *url.URL {
	b.mu.Lock()
	defer b.mu.Unlock()
	return &url.URL{Scheme: "http", Host: b.to[int(b.next.Add(1))%len(b.to)]}
}

// leave takes a node out of the round, as a balancer does whose probe fails.
func (b *balancer) leave(n *node) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var left []string
	for _, addr := range b.to {
		if addr != n.addr {
			left = append(left, addr)
		}
	}
	b.to = left
}

func (b *balancer) join(n *node) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.to = append(b.to, n.addr)
}

// severalNodes are nodes on one database, behind a balancer. Keys are in a database of their own.
func severalNodes(t *testing.T, database string, n int, more ...string) ([]*node, *balancer) {
	t.Helper()
	p := newPlace(t, database)
	p.keyring = pgtest.URL(t)
	var nodes []*node
	for range n {
		nodes = append(nodes, newNode(t, p, more...))
	}
	must(t, nodes[0].start())
	must(t, nodes[0].ready()) // it makes the root key, which the others are given
	for _, x := range nodes[1:] {
		must(t, x.start())
	}
	for _, x := range nodes[1:] {
		must(t, x.ready())
	}
	return nodes, newBalancer(t, nodes...)
}

// lastLink is the link into the team of whoever started last; the earlier ones stopped working.
func lastLink(t *testing.T, p place) string {
	t.Helper()
	a, err := open(t.Context(), p, nil)
	must(t, err)
	defer a.Close()
	link, err := a.HostLink(t.Context())
	must(t, err)
	return inviting.FindString(link)
}

// TestSeveralNodes has people act on three nodes at once, while one is killed and comes back.
func TestSeveralNodes(t *testing.T) {
	mail := newMailbox(t)
	nodes, b := severalNodes(t, pgtest.URL(t), 3, "--smtp-host", "127.0.0.1", "--smtp-port", mail.port, "--smtp-tls", "none", "--smtp-from", "post@example.org")
	tn := settle(t, b.URL, lastLink(t, nodes[0].place), 2, 3)
	alive(tn, func() {
		tn.goesOn(60)
		nodes[1].kill()
		b.leave(nodes[1])
		tn.goesOn(40)
		must(t, nodes[1].start())
		must(t, nodes[1].ready())
		b.join(nodes[1])
		tn.goesOn(40)
	})
	must(t, tn.check(t.Context(), nodes[0].place))
	kept, _ := tn.journal.counts()
	t.Logf("%d acts acknowledged", kept)
	t.Run("the same form sent to each node at once is one act", func(t *testing.T) { sentToAll(t, tn, nodes) })
	t.Run("who leaves at one node has left all", func(t *testing.T) { leavesAll(t, tn, nodes) })
	t.Run("tries are counted together", func(t *testing.T) { triesTogether(t, tn) })
	t.Run("each letter is sent once", func(t *testing.T) { lettersOnce(t, tn, mail) })
	t.Run("each timer is kept once", func(t *testing.T) { timersOnce(t, tn, nodes) })
	must(t, tn.check(t.Context(), nodes[0].place))
}

func sentToAll(t *testing.T, tn *town, nodes []*node) {
	p := tn.owners[0]
	s, err := p.page("/me/strengths/new")
	must(t, err)
	words := p.say("strength")
	path, values, err := s.form("main form", "words", words, "when", "now")
	must(t, err)
	tn.journal.begin(&act{by: p, what: "write", words: words, entry: values.Get("entry"), kept: true})
	cookies := p.http.Jar.Cookies(mustURL(t, tn.base))
	status := make([]int, 2*len(nodes))
	var all sync.WaitGroup
	for i := range status {
		all.Go(func() {
			d := newDevice("http://"+nodes[i%len(nodes)].addr, nil)
			d.http.Jar.SetCookies(mustURL(t, d.base), cookies)
			if got, err := d.ask(http.MethodPost, path, values); err == nil {
				status[i] = got.status
			}
		})
	}
	all.Wait()
	for _, got := range status {
		if got != http.StatusSeeOther {
			t.Errorf("sent at once, the answers are %v", status)
			break
		}
	}
	s, err = p.page("/me/strengths")
	must(t, err)
	if n := strings.Count(textOf(s.root), words); n != 1 {
		t.Errorf("it stands there %d times", n)
	}
}

func mustURL(t *testing.T, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	must(t, err)
	return u
}

// leavesAll: nobody need wait a minute for it.
func leavesAll(t *testing.T, tn *town, nodes []*node) {
	p := tn.owners[1]
	cookies := p.http.Jar.Cookies(mustURL(t, tn.base))
	s, err := p.page("/leave")
	must(t, err)
	if _, err := p.send(s, `form[action="/leave"]`, "where", "here"); err != nil {
		t.Fatal(err)
	}
	for _, n := range nodes {
		d := newDevice("http://"+n.addr, nil)
		d.http.Jar.SetCookies(mustURL(t, d.base), cookies)
		if got, err := d.get("/me"); err != nil || !strings.HasPrefix(got.at, "/come-in") {
			t.Errorf("with the session that ended, %s shows %s, %v", n.addr, got.at, err)
		}
	}
	tn.owners = append(tn.owners[:1], tn.owners[2:]...)
}

// triesTogether: sign-in words that are guessed at through a balancer run out as if there were one node.
func triesTogether(t *testing.T, tn *town) {
	d := newDevice(tn.base, nil)
	refused := 0
	for range 14 {
		s, err := d.get("/come-in")
		must(t, err)
		got, err := d.send(s, `form[action="/come-in"]`, "words", "nobody at all here", "secret_passphrase", "wrong wrong wrong")
		must(t, err)
		if got.status == http.StatusTooManyRequests {
			refused++
		}
	}
	if refused != 4 {
		t.Errorf("of 14 tries %d were refused; ten are allowed, on all nodes together", refused)
	}
}

// lettersOnce: people give addresses, and a code goes to each.
func lettersOnce(t *testing.T, tn *town, mail *mailbox) {
	const people = 12
	for i := range people {
		p := tn.newPerson("Post"+strconv.Itoa(i), uint64(5000+i))
		must(t, p.join())
		s, err := p.page("/me/reach/new")
		must(t, err)
		must(t, p.do("reach", "", s, "main form", nil, "address", fmt.Sprintf("post%d@example.org", i), "may", "write", "opens", "yes"))
		if s, err = p.page("/me/reach"); err != nil {
			t.Fatal(err)
		}
		for _, a := range s.all(`main a[href$="/code"]`) {
			if s, err = p.page(attr(a, "href")); err != nil {
				t.Fatal(err)
			}
			must(t, p.do("code", "", s, "main form.tap", nil))
		}
	}
	mail.waitFor(people)
	time.Sleep(2 * time.Second) // for one that is sent twice
	got := mail.all()
	if len(got) != people {
		t.Errorf("%d people were written to, want %d: %v", len(got), people, got)
	}
	for to, n := range got {
		if n != 1 {
			t.Errorf("%d letters to %s", n, to)
		}
	}
}

// timersOnce sets many promises that are all due, which every node wants to keep, and kills a node amid them. In the heavy
// tier a node stands still instead until others have taken over what it held, and then goes on.
func timersOnce(t *testing.T, tn *town, nodes []*node) {
	n := times(t, "BESIDE_TIMERS", 200)
	a, err := open(t.Context(), nodes[0].place, nil)
	must(t, err)
	defer a.Close()
	set := setTimers(t, tn, a, n, 0)
	still := n >= 1000
	fell := make(chan struct{})
	go func() {
		defer close(fell)
		time.Sleep(100 * time.Millisecond)
		if still {
			_ = nodes[2].process.Process.Signal(syscall.SIGSTOP)
			return
		}
		nodes[2].kill()
	}()
	keptOnce(t, a, set, 90*time.Second) // those that it holds are rescued when its lease of a minute is over
	<-fell
	if still {
		must(t, nodes[2].process.Process.Signal(syscall.SIGCONT))
		time.Sleep(3 * time.Second)
		keptOnce(t, a, set, time.Second)
	} else {
		nodes[2].up(t)
	}
	forget(t, a, set)
}

// setTimers promises n times that somebody is told of a suggestion, after a while.
func setTimers(t *testing.T, tn *town, a *app.App, n int, after clock.Time) []id.Promise {
	t.Helper()
	for try := 0; count(t, a, `SELECT COUNT(*) FROM suggestion WHERE state = 'waiting'`) == 0; try++ { // all were answered
		if try == 20 {
			t.Fatal("no suggestion waits, whatever the workers do")
		}
		alive(tn, func() { tn.goesOn(5) }) // somebody may share again
		must(t, tn.workers[0].walk())
	}
	var set []id.Promise
	err := a.DB.Update(t.Context(), func(tx *store.Tx) error {
		set = nil
		var tell keeper.Tell
		err := tx.Row(`SELECT s.book, s.entry, b.owner FROM suggestion AS s JOIN book AS b ON b.id = s.book WHERE s.state = 'waiting' LIMIT 1`).Scan(&tell.Book, &tell.Entry, &tell.Person)
		if err != nil {
			return fmt.Errorf("no suggestion waits: %w", err)
		}
		tell.Kind = keeper.TellSuggested
		payload, err := json.Marshal(tell)
		if err != nil {
			return err
		}
		for range n {
			p := promise.Promise{ID: id.New[id.Promise](a.IDs), Kind: keeper.TellPromise, Version: 1, Payload: payload, Made: a.Clock.Now(), Due: a.Clock.Now() + after}
			if err := promise.Set(tx, p); err != nil {
				return err
			}
			set = append(set, p.ID)
		}
		return nil
	})
	must(t, err)
	return set
}

// keptOnce waits until all are done, and finds one notice of each.
func keptOnce(t *testing.T, a *app.App, set []id.Promise, within time.Duration) {
	t.Helper()
	began := time.Now()
	for {
		open, notices, attempts := 0, 0, 0
		these, args := store.In("p.id", nil, set)
		err := a.DB.View(context.Background(), func(tx *store.Tx) error {
			return tx.Row(`SELECT COUNT(CASE WHEN p.state = 'open' THEN 1 END), COUNT(n.id), CAST(COALESCE(SUM(p.attempts), 0) AS BIGINT)
				FROM promise AS p LEFT JOIN notice AS n ON n.id = p.id WHERE `+these, args...).Scan(&open, &notices, &attempts)
		})
		must(t, err)
		if open == 0 {
			if notices != len(set) {
				t.Errorf("%d notices of %d timers", notices, len(set))
			}
			t.Logf("%d timers kept in %v with %d attempts", len(set), time.Since(began).Round(time.Millisecond), attempts)
			break
		}
		if time.Since(began) > within {
			t.Fatalf("%d of %d timers are still open after %v", open, len(set), within)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// forget takes timers away again: else the audit finds promises that follow from nothing.
func forget(t *testing.T, a *app.App, set []id.Promise) {
	t.Helper()
	must(t, a.DB.Update(context.Background(), func(tx *store.Tx) error {
		these, args := store.In("id", nil, set)
		_, err := tx.Exec(`DELETE FROM promise WHERE `+these, args...)
		return err
	}))
}

// mailbox is a mail server that only counts.
type mailbox struct {
	port string
	slow time.Duration // how long it takes to say that it has a letter
	mu   sync.Mutex
	got  map[string]int // letters by whom they are to
}

func newMailbox(t *testing.T) *mailbox {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { _ = l.Close() })
	m := &mailbox{got: map[string]int{}}
	_, m.port, _ = strings.Cut(l.Addr().String(), ":")
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go m.serve(c)
		}
	}()
	return m
}

func (m *mailbox) serve(c net.Conn) {
	defer c.Close()
	say := func(s string) { _, _ = io.WriteString(c, s+"\r\n") }
	say("220 post")
	to, data := "", false
	for lines := bufio.NewScanner(c); lines.Scan(); {
		line := lines.Text()
		switch verb := strings.ToUpper(line); {
		case data && line == ".":
			data = false
			m.mu.Lock()
			m.got[to]++
			m.mu.Unlock()
			time.Sleep(m.slow)
			say("250 kept")
		case data:
		case strings.HasPrefix(verb, "RCPT"):
			to = strings.Trim(line[len("RCPT TO:"):], "<> ")
			say("250 ok")
		case verb == "DATA":
			data = true
			say("354 go on")
		case verb == "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

func (m *mailbox) all() map[string]int {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := map[string]int{}
	for to, n := range m.got {
		out[to] = n
	}
	return out
}

func (m *mailbox) waitFor(people int) {
	for deadline := time.Now().Add(30 * time.Second); len(m.all()) < people && time.Now().Before(deadline); {
		time.Sleep(20 * time.Millisecond)
	}
}
