// Package line puts a line between a test's Beside and its PostgreSQL that can be slow, fall silent, or be down: what a
// network does, which a socket on one machine never does by itself. It is for tests only.
package line

import (
	"net"
	"net/url"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// Line is what lies between Beside and its database. It is safe for concurrent use.
type Line struct {
	URL string // of the database, through the line

	mu     sync.Mutex
	slow   time.Duration
	silent chan struct{} // closed when it speaks again
	down   bool
	open   map[net.Conn]bool
}

// New makes a line to a database that is reached by a socket, until the test ends.
func New(t testing.TB, database string) *Line {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	query := u.Query()
	there := filepath.Join(query.Get("host"), ".s.PGSQL.5432")
	query.Set("host", t.TempDir())
	u.RawQuery = query.Encode()
	listener, err := net.Listen("unix", filepath.Join(query.Get("host"), ".s.PGSQL.5432"))
	if err != nil {
		t.Fatal(err)
	}
	l := &Line{URL: u.String(), open: map[net.Conn]bool{}}
	t.Cleanup(func() {
		l.Speak()
		_ = listener.Close()
	})
	go l.accept(listener, there)
	return l
}

func (l *Line) accept(from net.Listener, there string) {
	for {
		here, err := from.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("unix", there)
		if err != nil || !l.keep(here, far) {
			_ = here.Close()
			continue
		}
		go l.carry(here, far)
		go l.carry(far, here)
	}
}

// keep remembers both ends of a connection, unless the line is down.
func (l *Line) keep(here, far net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.down {
		_ = far.Close()
		return false
	}
	l.open[here], l.open[far] = true, true
	return true
}

func (l *Line) carry(to, from net.Conn) {
	defer to.Close()
	b := make([]byte, 16<<10)
	for {
		n, err := from.Read(b)
		l.mu.Lock()
		silent, slow := l.silent, l.slow
		l.mu.Unlock()
		time.Sleep(slow)
		if silent != nil {
			<-silent
		}
		if _, again := to.Write(b[:n]); err != nil || again != nil {
			return
		}
	}
}

// Slow has each piece of what is said, of 16 KiB at most, arrive so much later. 0 is at once again.
func (l *Line) Slow(by time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.slow = by
}

// Hush has nothing arrive any more, without a word, until [Line.Speak].
func (l *Line) Hush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.silent = make(chan struct{})
}

// Cut ends every connection and lets no new one through, until [Line.Speak].
func (l *Line) Cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.down = true
	for c := range l.open {
		_ = c.Close()
	}
	clear(l.open)
}

// Speak ends [Line.Hush] and [Line.Cut].
func (l *Line) Speak() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.down = false
	if l.silent != nil {
		close(l.silent)
		l.silent = nil
	}
}
