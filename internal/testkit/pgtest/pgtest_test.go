package pgtest_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"beside/internal/testkit/pgtest"
)

func TestEveryTestHasADatabaseOfItsOwn(t *testing.T) {
	a, b := pgtest.URL(t), pgtest.URL(t)
	query(t, a, "CREATE TABLE mine (n int)")
	query(t, b, "CREATE TABLE mine (n int)") // fails when the two are one
}

func TestTheDatabaseGoesWithTheTest(t *testing.T) {
	var gone string
	t.Run("inner", func(t *testing.T) { gone = pgtest.URL(t) })
	if conn, err := pgx.Connect(t.Context(), gone); err == nil {
		conn.Close(t.Context())
		t.Error("the database of a test that ended is still there")
	}
}

func TestDurableWaitsForTheDisk(t *testing.T) {
	for _, setting := range []string{"fsync", "synchronous_commit"} {
		if got := query(t, pgtest.Durable(t), "SHOW "+setting); got != "on" {
			t.Errorf("%s is %q on the durable cluster", setting, got)
		}
	}
}

// TestClusterEndsWithAKilledProcess runs this test binary once more, kills it while its cluster runs, and waits for
// the cluster's folder to go.
func TestClusterEndsWithAKilledProcess(t *testing.T) {
	tmp, err := os.MkdirTemp("", "") // short: the path of a socket has a hundred bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(tmp) })
	if err := os.Chmod(tmp, 0o1777); err != nil {
		t.Fatal(err)
	}
	child := exec.Command(os.Args[0], "-test.run=^TestSitStill$")
	child.Env = append(os.Environ(), "TMPDIR="+tmp, pgtest.Shared+"=", "PGTEST_SIT_STILL=1")
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	if !within(30*time.Second, func() bool { return exists(filepath.Join(tmp, "beside-pg*", "ready")) }) {
		t.Error("the child's cluster did not start")
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait() // it was killed: that is the error
	if !within(30*time.Second, func() bool { return !exists(filepath.Join(tmp, "beside-pg*")) }) {
		t.Error("the cluster of a killed process is still there")
	}
}

// TestSitStill is the child of the test above; on its own it has nothing to do.
func TestSitStill(t *testing.T) {
	if os.Getenv("PGTEST_SIT_STILL") == "" {
		return
	}
	url := pgtest.URL(t)
	_, rest, _ := strings.Cut(url, "host=")
	host, _, _ := strings.Cut(rest, "&")
	host = strings.ReplaceAll(host, "%2F", "/")
	if err := os.WriteFile(filepath.Join(host, "ready"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Minute)
}

func query(t *testing.T, url, statement string) (first string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	rows, err := conn.Query(t.Context(), statement)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(&first); err != nil {
			t.Fatal(err)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return first
}

func exists(pattern string) bool {
	found, err := filepath.Glob(pattern)
	return err == nil && len(found) > 0
}

func within(limit time.Duration, ok func() bool) bool {
	for range int(limit / (50 * time.Millisecond)) {
		if ok() {
			return true
		}
		time.Sleep(50 * time.Millisecond)
	}
	return false
}
