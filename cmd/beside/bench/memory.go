package bench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"beside/internal/book"
	"beside/internal/store"
)

// serving starts the program on the filled database as it is in use, asks it for the pages for a while, and returns what the
// system says it holds in memory. It is 0 when there is no program to start, as in a test.
func serving(ctx context.Context, c Config, w *world) (uint64, error) {
	if c.Program == "" {
		return 0, nil
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	addr := l.Addr().String()
	if err := l.Close(); err != nil {
		return 0, err
	}
	p := c.place()
	serve := exec.CommandContext(ctx, c.Program, "serve", "--open-unproven", "--database", p.Database, "--keyring", p.Keyring, "--root-key", p.RootKey, "--addr", addr) //nolint:gosec // it is this program
	if err := serve.Start(); err != nil {
		return 0, err
	}
	defer func() { _ = serve.Wait() }()
	defer func() { _ = serve.Process.Kill() }()
	for range 600 {
		if c, err := net.Dial("tcp", addr); err == nil {
			_ = c.Close()
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	for _, p := range []struct {
		path string
		hat  book.Hat
	}{{"/me", book.HatSelf}, {"/worker", book.HatWorker}} {
		cookies, err := w.sessions(ctx, p.hat, min(len(w.owners), 500))
		if err != nil {
			return 0, err
		}
		if _, err := plainly(ctx, addr, p.path, cookies, c.For); err != nil {
			return 0, fmt.Errorf("serving %s: %w", p.path, err)
		}
	}
	return residentOf(strconv.Itoa(serve.Process.Pid))
}

// plainly asks for a page for a while, without a baseline.
func plainly(ctx context.Context, addr, path string, cookies []string, d timeSpan) (measured, error) {
	clients := make([]*client, conns)
	for i := range clients {
		var err error
		if clients[i], err = dial(addr); err != nil {
			return measured{}, err
		}
		defer clients[i].close()
	}
	turn := make([]int, conns)
	return repeat(ctx, conns, d, func(_ context.Context, i int) error {
		turn[i]++
		_, err := clients[i].get(path, "Cookie: "+cookies[(i+turn[i]*conns)%len(cookies)])
		return err
	})
}

// residentOf is what the system says a process holds in memory (VmRSS), in bytes.
func residentOf(pid string) (uint64, error) {
	b, err := os.ReadFile(filepath.Join("/proc", pid, "status"))
	if err != nil {
		return 0, err
	}
	_, rest, found := strings.Cut(string(b), "VmRSS:")
	var kib uint64
	if _, err := fmt.Sscan(rest, &kib); err != nil || !found {
		return 0, errors.New("the system does not say how much memory is resident")
	}
	return kib << 10, nil
}

// cpuUsed is how much time of the processor this process has used, as Linux says, in hundredths of a second.
func cpuUsed() time.Duration {
	b, err := os.ReadFile("/proc/self/stat")
	fields := strings.Fields(string(b))
	if err != nil || len(fields) < 15 {
		return 0
	}
	user, _ := strconv.Atoi(fields[13])
	system, _ := strconv.Atoi(fields[14])
	return time.Duration(user+system) * 10 * time.Millisecond
}

// sizes are how many bytes the books and the keyring take on the disk.
func sizes(ctx context.Context, c Config, db *store.DB) (books, keys int64, err error) {
	keys = sizeOf(c.place().Keyring, "keyring.db*")
	if db.Engine() == store.SQLite {
		return sizeOf(c.Database, "beside.db*"), keys, nil
	}
	err = db.View(ctx, func(tx *store.Tx) error { return tx.Row(`SELECT pg_database_size(current_database())`).Scan(&books) })
	return books, keys, err
}

func sizeOf(folder, pattern string) (n int64) {
	files, _ := filepath.Glob(filepath.Join(folder, pattern)) // the pattern is right
	for _, f := range files {
		if s, err := os.Stat(f); err == nil {
			n += s.Size()
		}
	}
	return n
}
