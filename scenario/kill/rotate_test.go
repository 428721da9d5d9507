package kill

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"beside/internal/testkit/pgtest"
	"beside/internal/vault"
)

// TestRootKeyRotatedUnderLoad draws a new root key with "beside root-key rotate" beside two servers on one PostgreSQL, each
// with a root key file of its own as on two machines, while everybody acts: as upgrade.md tells it, step by step. Every act
// is acknowledged and there, both serve on, and come up again with the new root key.
func TestRootKeyRotatedUnderLoad(t *testing.T) {
	here, there, b := twoMachines(t)
	tn := settle(t, b.URL, lastLink(t, here.place), 2, 3)
	old, err := vault.ReadRoot(here.root)
	must(t, err)
	alive(tn, func() {
		tn.goesOn(20)
		if said, err := beside(here.place, "root-key", "rotate"); err == nil || !strings.Contains(said, vault.ErrNextRootMissing.Error()) {
			t.Errorf("the other machine does not have the new root key, and it says: %v %s", err, said)
		}
		tn.goesOn(20)
		passed(t, vault.NextRootFile(here.root), vault.NextRootFile(there.root))
		began := time.Now()
		_, err := beside(here.place, "root-key", "rotate")
		must(t, err)
		t.Logf("the new root key was in its place after %v", time.Since(began).Round(time.Millisecond))
		tn.goesOn(20)
	})
	newRoot(t, old, here.root, there.root)
	for _, n := range []*node{there, here} { // each alone
		b.leave(n)
		before := tn.busy.Load()
		alive(tn, func() { tn.goesOn(20) })
		if tn.busy.Load() < before+20 {
			t.Errorf("only %d things were done without %s", tn.busy.Load()-before, n.addr)
		}
		b.join(n)
	}
	must(t, tn.check(t.Context(), there.place))
	tn.nobodyNotices(t)
	for _, n := range []*node{here, there} {
		n.stop(t)
		n.up(t)
	}
	alive(tn, func() { tn.goesOn(20) })
	must(t, tn.check(t.Context(), here.place))
	kept, _ := tn.journal.counts()
	t.Logf("%d acts acknowledged", kept)
}

// twoMachines are nodes on one PostgreSQL, each with a root key file of its own, behind a balancer.
func twoMachines(t *testing.T) (here, there *node, b *balancer) {
	t.Helper()
	p := newPlace(t, pgtest.URL(t))
	p.keyring = pgtest.URL(t)
	here = newNode(t, p)
	here.up(t)
	p.root = filepath.Join(t.TempDir(), "root.key")
	passed(t, here.root, p.root)
	there = newNode(t, p)
	there.up(t)
	return here, there, newBalancer(t, here, there)
}

// passed copies a key file to another machine, readable by its owner alone.
func passed(t *testing.T, from, to string) {
	t.Helper()
	key, err := os.ReadFile(from)
	must(t, err)
	must(t, os.WriteFile(to, key, 0o600))
}

// newRoot finds the same new root key on both machines, and no file of one that waits.
func newRoot(t *testing.T, old vault.Root, here, there string) {
	t.Helper()
	one, err := vault.ReadRoot(here)
	must(t, err)
	two, err := vault.ReadRoot(there)
	must(t, err)
	if !one.Same(two) || one.Same(old) {
		t.Errorf("the machines have the same root key: %v; it is the one from before: %v", one.Same(two), one.Same(old))
	}
	for _, path := range []string{here, there} {
		if _, err := os.Stat(vault.NextRootFile(path)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is there still, %v", vault.NextRootFile(path), err)
		}
	}
}

// nobodyNotices finds no act that was refused.
func (tn *town) nobodyNotices(t *testing.T) {
	t.Helper()
	for _, a := range tn.journal.acts {
		if !a.kept && a.why != nil {
			t.Errorf("%s of %s was not acknowledged, and nobody need notice: %v", a.what, a.by.name, a.why)
		}
	}
}
