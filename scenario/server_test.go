package scenario

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"beside/internal/store"
	"beside/internal/testkit/ready"
	"beside/internal/testkit/world"
	"beside/internal/witness"
)

// program builds the real program once and returns its path.
var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "beside-scenario")
	if err != nil {
		return "", err
	}
	built = dir
	path := filepath.Join(dir, "beside")
	if out, err := exec.Command("go", "build", "-tags", "release", "-o", path, "beside/cmd/beside").CombinedOutput(); err != nil {
		return "", errors.Join(fmt.Errorf("building beside: %w: %s", err, out), os.RemoveAll(dir))
	}
	return path, nil
})

// built is the folder of the program, for TestMain to take away.
var built string

func TestMain(m *testing.M) {
	code := m.Run()
	closeBrowser()
	if built != "" {
		_ = os.RemoveAll(built)
	}
	os.Exit(code)
}

// served is the real program, serving in a process of its own.
type served struct {
	dir, where, addr string
	first            chan string // the path of the link it prints at its first start
	process          *exec.Cmd
	ended            chan error
}

// serve starts the program over a store.
func serve(t *testing.T, where string) *served {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0") // a port that is free now, and the same again after a restart
	if err != nil {
		t.Fatal(err)
	}
	s := &served{dir: t.TempDir(), where: where, addr: l.Addr().String(), first: make(chan string, 1)}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	s.start(t)
	t.Cleanup(func() { s.kill(t) })
	return s
}

var inviting = regexp.MustCompile(`/invitation/\S+`)

func (s *served) start(t *testing.T) {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	s.process = exec.Command(path, "serve", "--open-unproven", "--database", s.where, "--keyring", filepath.Join(s.dir, "keyring"),
		"--root-key", filepath.Join(s.dir, "root.key"), "--addr", s.addr, "--exit-url", "https://weather.example/")
	out, err := s.process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(filepath.Join(s.dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	s.process.Stderr = log
	if err := s.process.Start(); err != nil {
		t.Fatal(err)
	}
	s.ended = make(chan error, 1)
	go func() {
		for r := bufio.NewScanner(out); r.Scan(); {
			if link := inviting.FindString(r.Text()); link != "" {
				s.first <- link
			}
		}
		s.ended <- s.process.Wait()
	}()
	s.ready(t)
}

// ready waits until the program answers.
func (s *served) ready(t *testing.T) {
	t.Helper()
	for deadline := time.After(30 * time.Second); ; {
		if c, err := net.Dial("tcp", s.addr); err == nil {
			_ = c.Close()
			return
		}
		select {
		case err := <-s.ended:
			s.process = nil
			said, _ := os.ReadFile(filepath.Join(s.dir, "log"))
			t.Fatalf("beside serve ended, %v: %s", err, said)
		case <-deadline:
			t.Fatal("beside serve does not answer after half a minute")
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// kill ends the program as a power cut would, but for what the machine itself still holds.
func (s *served) kill(t *testing.T) {
	t.Helper()
	if s.process == nil {
		return
	}
	if err := s.process.Process.Kill(); err != nil {
		t.Error(err)
	}
	if err := <-s.ended; err == nil {
		t.Error("it ended by itself before it was killed")
	}
	s.process = nil
}

// stop ends it as an operator would.
func (s *served) stop(t *testing.T) {
	t.Helper()
	if err := s.process.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-s.ended:
		if err != nil {
			t.Errorf("beside serve ended with %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Error("beside serve does not stop")
	}
	s.process = nil
}

func (s *served) somebody(t *testing.T) browser {
	return overHTTP{(&world.World{URL: "http://" + s.addr}).Visitor(t)}
}

func (s *served) firstLink(*testing.T) string { return <-s.first }

func (s *served) interrupt(t *testing.T) {
	t.Helper()
	s.kill(t)
	s.start(t)
}

// TestMainJob lives the story against the real program on both engines. In its middle the program is killed.
func TestMainJob(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		s := serve(t, where)
		mainJob(t, s)
		s.stop(t)
		s.logIsQuiet(t)
		everythingIsCommitted(t, where)
	})
}

// logIsQuiet makes sure that nothing anybody typed was logged, nor what opens a door.
func (s *served) logIsQuiet(t *testing.T) {
	t.Helper()
	log, err := os.ReadFile(filepath.Join(s.dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(log), "route=") {
		t.Error("the log has no line about a request")
	}
	for _, word := range []string{"Mira", "mira", "bread", "slipped", "ferns", "invitation/a", "שלום"} {
		if strings.Contains(string(log), word) {
			t.Errorf("the log holds %q", word)
		}
	}
}

// everythingIsCommitted recomputes each book's chain, and finds each entry's leaf and each batch of looks in the log or its
// queue.
func everythingIsCommitted(t *testing.T, where string) {
	t.Helper()
	db, err := store.Open(context.Background(), where, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = db.View(context.Background(), func(tx *store.Tx) error {
		queued := map[witness.Hash]bool{}
		err := store.Each(tx, `SELECT leaf FROM log_queue`, nil, func(scan func(...any) error) error {
			var h witness.Hash
			err := scan(&h)
			queued[h] = true
			return err
		})
		if err == nil {
			err = store.Each(tx, `SELECT hashes FROM log_tile WHERE level = 0`, nil, func(scan func(...any) error) error {
				var hashes []byte
				err := scan(&hashes)
				for ; len(hashes) >= 32; hashes = hashes[32:] {
					queued[witness.Hash(hashes)] = true
				}
				return err
			})
		}
		if err != nil {
			return err
		}
		return errors.Join(chainsHold(t, tx, queued), looksAreThere(t, tx, queued))
	})
	if err != nil {
		t.Error(err)
	}
}

func chainsHold(t *testing.T, tx *store.Tx, queued map[witness.Hash]bool) error {
	var book []byte
	var head witness.Hash
	entries, seq := 0, int64(0)
	err := store.Each(tx, `SELECT book, seq, leaf, chain FROM entry ORDER BY book, seq`, nil, func(scan func(...any) error) error {
		var b []byte
		var n int64
		var leaf, chain witness.Hash
		if err := scan(&b, &n, &leaf, &chain); err != nil {
			return err
		}
		if string(b) != string(book) {
			book, head, seq = append([]byte(nil), b...), witness.Hash{}, 0
		}
		if n != seq+1 {
			t.Errorf("entry %d follows entry %d", n, seq)
		}
		if witness.Chain(head, leaf) != chain {
			t.Errorf("the chain of a book breaks at entry %d", n)
		}
		if !queued[leaf] {
			t.Errorf("the leaf of entry %d is not in the log", n)
		}
		head, seq = chain, n
		entries++
		return nil
	})
	if entries < 25 {
		t.Errorf("the story left %d entries", entries)
	}
	return err
}

func looksAreThere(t *testing.T, tx *store.Tx, queued map[witness.Hash]bool) error {
	looks := 0
	err := store.Each(tx, `SELECT batch FROM look`, nil, func(scan func(...any) error) error {
		var batch witness.Hash
		err := scan(&batch)
		if err == nil && !queued[batch] {
			t.Error("a batch of looks is not in the log")
		}
		looks++
		return err
	})
	if looks == 0 {
		t.Error("no look was written down")
	}
	return err
}
