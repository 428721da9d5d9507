package app_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"beside/internal/account"
	"beside/internal/app"
	"beside/internal/clock"
	"beside/internal/store"
	"beside/internal/testkit/ready"
	"beside/internal/vault"
)

var cheap = account.Hashing{MemoryKiB: 64, Times: 1}

// config is an installation in a folder of the test's own, on the engine of where.
func config(t *testing.T, where string) app.Config {
	t.Helper()
	dir := t.TempDir()
	return app.Config{
		Database: where, Keyring: filepath.Join(dir, "keyring"), RootKey: filepath.Join(dir, "root.key"), Addr: "127.0.0.1:0",
		PublicURL: "http://127.0.0.1", Clock: clock.System(), Hashing: cheap,
	}
}

func TestStartedAgainEverythingIsStillThere(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		c := config(t, where)
		first := start(t, c)
		link, err := first.FirstLink(t.Context())
		if err != nil || !strings.HasPrefix(link, "http://127.0.0.1/invitation/") {
			t.Fatalf("first link %q, %v", link, err)
		}
		community := first.Community
		stop(t, first)
		again := start(t, c)
		defer stop(t, again)
		if again.Community != community {
			t.Error("a second start made a second community")
		}
		if next, err := again.FirstLink(t.Context()); err != nil || next == link {
			t.Errorf("a second start gives the first link %q again, %v", next, err)
		}
	})
}

func start(t *testing.T, c app.Config) *app.App {
	t.Helper()
	a, err := app.New(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func stop(t *testing.T, a *app.App) {
	t.Helper()
	if err := a.Close(); err != nil {
		t.Error(err)
	}
}

// refused fails unless an App on c does not start, with a cause that says what to do.
func refused(t *testing.T, c app.Config, cause error, says string) {
	t.Helper()
	a, err := app.New(t.Context(), c)
	if err == nil {
		stop(t, a)
		t.Fatal("it started")
	}
	if cause != nil && !errors.Is(err, cause) || !strings.Contains(err.Error(), says) {
		t.Errorf("refused with %q, want %q in it", err, says)
	}
}

func TestFilesAreTheOwnersAlone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	stop(t, start(t, app.Config{Database: dir, Hashing: cheap}))
	for _, name := range []string{"", "/beside.db", "-root", "-root/root.key", "-keyring", "-keyring/keyring.db"} {
		info, err := os.Stat(dir + name)
		if err != nil {
			t.Error(err)
		} else if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%q has mode %v", name, info.Mode())
		}
	}
}

func TestARootKeyThatOthersCanReadIsRefused(t *testing.T) {
	c := config(t, t.TempDir())
	stop(t, start(t, c))
	if err := os.Chmod(c.RootKey, 0o640); err != nil {
		t.Fatal(err)
	}
	refused(t, c, vault.ErrRootShared, "chmod 600")
}

func TestAnotherRootKeyIsRefused(t *testing.T) {
	c := config(t, t.TempDir())
	stop(t, start(t, c))
	c.RootKey = filepath.Join(t.TempDir(), "other.key")
	if _, err := vault.LoadOrMakeRoot(c.RootKey, nil); err != nil {
		t.Fatal(err)
	}
	refused(t, c, vault.ErrOtherRoot, "does not fit this keyring")
}

// A root key file that is gone is not made anew where there is a keyring, or a book: it could never be brought back then.
func TestNoRootKeyIsMadeBesideAKeyring(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		c := config(t, where)
		a := start(t, c)
		newShelf(t, a)
		stop(t, a)
		recovery := copyOfRoot(t, c.RootKey)
		if err := os.Remove(c.RootKey); err != nil {
			t.Fatal(err)
		}
		elsewhere := c
		elsewhere.Keyring = filepath.Join(t.TempDir(), "keyring") // its disk is not there either
		for _, c := range []app.Config{c, elsewhere} {
			refused(t, c, app.ErrRootMissing, "root-key back")
			if _, err := os.Lstat(c.RootKey); !errors.Is(err, fs.ErrNotExist) {
				t.Fatalf("a root key was made: %v", err)
			}
		}
		if err := vault.KeepRoot(c.RootKey, recovery); err != nil {
			t.Fatal(err)
		}
		stop(t, start(t, c))
	})
}

func TestANewerDatabaseIsRefused(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		c := config(t, where)
		a := start(t, c)
		err := a.DB.Update(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, TRUE)`)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		stop(t, a)
		refused(t, c, nil, "start the newer Beside")
	})
}

func TestKeysAndBooksAreKeptApart(t *testing.T) {
	c := config(t, t.TempDir())
	c.Keyring = c.Database
	refused(t, c, nil, "kept apart")
}

func TestPlainHTTPIsForThisMachineOnly(t *testing.T) {
	c := config(t, t.TempDir())
	c.PublicURL = "http://beside.example"
	refused(t, c, nil, "https")
}

// journal is a log that can be read while it is written.
type journal struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.String()
}

func TestServingEndsGracefully(t *testing.T) {
	c := config(t, t.TempDir())
	said := new(journal)
	c.Log = slog.New(slog.NewTextHandler(said, nil))
	a := start(t, c)
	defer stop(t, a)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	slow := make(chan struct{})
	a.Site.Handle("GET /slow", func(w http.ResponseWriter, _ *http.Request) error {
		close(slow)
		time.Sleep(200 * time.Millisecond) // still under way when serving is told to end
		_, err := io.WriteString(w, "whole")
		return err
	})
	ctx, end := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.Serve(ctx, l) }()
	answer := make(chan string, 1)
	go func() { answer <- ask(fmt.Sprintf("http://%s/slow", l.Addr())) }()
	<-slow
	end()
	if err := <-ended; err != nil {
		t.Errorf("serving ended with %v", err)
	}
	if got := <-answer; got != "whole" {
		t.Errorf("the request under way got %q", got)
	}
	if got := ask(fmt.Sprintf("http://%s/", l.Addr())); !strings.Contains(got, "refused") {
		t.Errorf("after the end it says %q", got)
	}
	if s := said.String(); !strings.Contains(s, "stopped serving") || strings.Contains(s, "ERROR") {
		t.Errorf("the log: %s", s)
	}
}

func ask(url string) string {
	resp, err := http.Get(url)
	if err != nil {
		return err.Error()
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return err.Error()
	}
	return string(b)
}
