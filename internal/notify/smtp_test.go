package notify_test

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
)

// server is a small SMTP server on the loopback address (RFC 5321 §4.5.1), which says what a test tells it to.
type server struct {
	host string
	port int

	mu   sync.Mutex
	says map[string]string // an answer in place of the usual, by what it answers: "HELO", "MAIL", "RCPT", "DATA", "."; "drop" and "silence" are none
	got  []string          // the letters taken, with their headers
	rcpt []string
	open []net.Conn
}

func newServer(t *testing.T) *server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := l.Addr().(*net.TCPAddr)
	s := &server{host: "127.0.0.1", port: at.Port, says: map[string]string{}}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.open = append(s.open, conn)
			s.mu.Unlock()
			all.Go(func() { s.talk(conn) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		s.mu.Lock()
		for _, c := range s.open {
			_ = c.Close()
		}
		s.mu.Unlock()
		all.Wait()
	})
	return s
}

func (s *server) answer(to, usual string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a, ok := s.says[to]; ok {
		return a
	}
	return usual
}

func (s *server) say(to, answer string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.says[to] = answer
}

// talk is one conversation.
func (s *server) talk(conn net.Conn) {
	defer conn.Close()
	lines := bufio.NewScanner(conn)
	if !s.reply(conn, "hello", "220 here") {
		return
	}
	for lines.Scan() {
		command, rest, _ := strings.Cut(lines.Text(), " ")
		command = strings.ToUpper(command)
		usual := map[string]string{"EHLO": "250 here", "HELO": "250 here", "DATA": "354 go on", "QUIT": "221 bye"}[command]
		if usual == "" {
			usual = "250 fine"
		}
		if !s.reply(conn, command, usual) {
			return
		}
		switch {
		case command == "QUIT":
			return
		case command == "RCPT":
			s.mu.Lock()
			s.rcpt = append(s.rcpt, rest)
			s.mu.Unlock()
		case command == "DATA" && s.answer("DATA", "354")[:3] == "354":
			if !s.take(conn, lines) {
				return
			}
		}
	}
}

// take reads a letter to its last line, and answers that.
func (s *server) take(conn net.Conn, lines *bufio.Scanner) bool {
	var letter []string
	for lines.Scan() && lines.Text() != "." {
		letter = append(letter, lines.Text())
	}
	a := s.answer(".", "250 2.0.0 queued as 42")
	if a[0] == '2' || a == "drop" || a == "silence" {
		s.mu.Lock()
		s.got = append(s.got, strings.Join(letter, "\n"))
		s.mu.Unlock()
	}
	return s.reply(conn, ".", "250 2.0.0 queued as 42")
}

func (s *server) reply(conn net.Conn, to, usual string) bool {
	switch a := s.answer(to, usual); a {
	case "drop":
		return false
	case "silence":
		_, _ = conn.Read(make([]byte, 1)) // until the other side has had enough
		return false
	default:
		_, err := fmt.Fprintf(conn, "%s\r\n", a)
		return err == nil
	}
}

func (s *server) letters() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.got...)
}
