//go:build heavy

package kill

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"beside/internal/testkit/pgtest"
)

// before are the names under which the version before this one can be found in the history; the first that is there counts.
var before = []string{"v0.2", "6f500c2"}

// previous builds the version before this one from the history of this repository, and returns the path of its program.
var previous = sync.OnceValues(func() (string, error) {
	for _, name := range before {
		commit, err := exec.Command("git", "rev-parse", "--verify", "--quiet", name+"^{commit}").Output()
		if err != nil {
			continue
		}
		return buildAt(strings.TrimSpace(string(commit)))
	}
	return "", fmt.Errorf("the version before this one (%s) is not in this clone: fetch its history with git fetch --unshallow --tags, and run this again", strings.Join(before, ", "))
})

// buildAt builds the program as it was at a commit.
func buildAt(commit string) (string, error) {
	source, err := os.MkdirTemp("", "beside-before")
	if err != nil {
		return "", err
	}
	built = append(built, source)
	top, err := exec.Command("git", "rev-parse", "--show-toplevel").Output()
	if err != nil {
		return "", err
	}
	unpack := exec.Command("sh", "-c", `git -C "$1" archive "$2" | tar -x -C "$3"`, "sh", strings.TrimSpace(string(top)), commit, source)
	if said, err := unpack.CombinedOutput(); err != nil {
		return "", fmt.Errorf("unpacking %s: %w: %s", commit, err, said)
	}
	if _, err := os.Stat(filepath.Join(source, "go.mod")); err != nil {
		return "", fmt.Errorf("unpacking %s: %w", commit, err)
	}
	return build("./cmd/beside", source)
}

// oldNode is a node of the version before.
func oldNode(t *testing.T, p place) *node {
	t.Helper()
	binary, err := previous()
	must(t, err)
	n := newNode(t, p)
	n.binary, n.old = binary, true
	return n
}

// warned does what a server does when it starts and then every hour: what the version before gave is told of before it ends, too.
func warned(t *testing.T, p place) {
	t.Helper()
	a, err := open(t.Context(), p, nil)
	must(t, err)
	must(t, a.Keeper.WarnOlder(t.Context()))
	must(t, a.Close())
}

// refuses makes sure that the version before does not start on what this one has brought up to date, and says what to do.
func refuses(t *testing.T, p place) {
	t.Helper()
	n := oldNode(t, p)
	must(t, n.start())
	if err := n.ready(); err == nil || !strings.Contains(err.Error(), "start the newer Beside") {
		t.Errorf("the version before starts on a newer database: %v", err)
	}
}

// TestUpgradeUnderLoad starts this version beside the one before on the same PostgreSQL, while people act: it brings the
// schema up to date under them, both serve, then the old one goes.
func TestUpgradeUnderLoad(t *testing.T) {
	p := newPlace(t, pgtest.URL(t))
	old := oldNode(t, p)
	old.up(t)
	b := newBalancer(t, old)
	tn := settle(t, b.URL, <-old.first, 2, 3)
	now := newNode(t, p)
	alive(tn, func() {
		tn.goesOn(20)
		began := time.Now()
		must(t, now.start())
		must(t, now.ready())
		t.Logf("the new version answers after %v", time.Since(began))
		b.join(now)
		tn.goesOn(60)
		b.leave(old)
		old.stop(t)
		tn.goesOn(30)
	})
	warned(t, p)
	must(t, tn.check(t.Context(), p))
	kept, open := tn.journal.counts()
	t.Logf("%d acts acknowledged, all there; %d not", kept, open)
	for _, a := range tn.journal.acts {
		if !a.kept && a.why != nil {
			t.Errorf("%s of %s was not acknowledged, and nobody need notice an upgrade: %v", a.what, a.by.name, a.why)
		}
	}
	refuses(t, p)
}

// TestUpgradeOfAFolder stops the version before, by its operator or by the power, and starts this one on its folder.
func TestUpgradeOfAFolder(t *testing.T) {
	p := newPlace(t, t.TempDir())
	old := oldNode(t, p)
	old.up(t)
	tn := settle(t, "http://"+old.addr, <-old.first, 2, 3)
	alive(tn, func() {
		tn.goesOn(40)
		old.kill()
	})
	now := newNode(t, p)
	now.addr = old.addr
	now.up(t)
	warned(t, p)
	must(t, tn.check(t.Context(), p))
	alive(tn, func() { tn.goesOn(40) })
	must(t, tn.check(t.Context(), p))
	now.stop(t)
	refuses(t, p)
}
