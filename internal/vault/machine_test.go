package vault

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"beside/internal/testkit/pgtest"
)

// A machine that is off keeps an older root key file: it is remembered, named, and keeps certificates away until it has moved
// on, or somebody says that its file is gone.
func TestAMachineThatIsOffIsRemembered(t *testing.T) {
	pgtest.Both(t, func(t *testing.T, where string) {
		ctx := t.Context()
		path, _ := rootFile(t)
		elsewhere := filepath.Join(t.TempDir(), "root.key")
		copyFile(t, path, elsewhere)
		v := openVault(t, where, must(LoadOrMakeRoot(path, nil)))
		makeBooks(t, v, 1)
		opened(t, where, elsewhere) // and it is off again
		sure := func() error { return v.Renew(ctx, erase(t, v, 1, 1).Generation) }
		if err := sure(); !errors.Is(err, ErrRootStays) || !strings.Contains(err.Error(), elsewhere) {
			t.Fatalf("while a machine that is off has the older root key: %v", err)
		}
		behind := func() (off Machine) {
			t.Helper()
			n := 0
			for _, m := range must(v.Machines(ctx)) {
				if m.Here == m.Behind {
					t.Errorf("%+v", m)
				}
				if n++; !m.Here {
					off = m
				}
			}
			if n != 2 {
				t.Errorf("%d machines, want 2", n)
			}
			return off
		}
		off := behind()
		if off.Path != elsewhere {
			t.Errorf("%+v is not the one that is off", off)
		}
		if err := v.Retire(ctx, "ff"); !errors.Is(err, ErrNoMachine) {
			t.Error(err)
		}
		if err := v.Retire(ctx, off.ID); err != nil {
			t.Fatal(err)
		}
		if err := sure(); err != nil {
			t.Fatalf("after it was retired: %v", err)
		}
		opened(t, where, elsewhere) // it comes back, moves on, and is remembered again
		if err := sure(); err != nil || len(must(v.Machines(ctx))) != 2 {
			t.Fatalf("after it came back: %v", err)
		}
	})
}

// The mark of a machine is its own: a folder that was copied to another machine is another machine's; where nothing can be
// written it follows from names.
func TestAMachineIsKnownAgain(t *testing.T) {
	path, _ := rootFile(t)
	first := string(machineOf(path, randomOf(1)))
	if again := string(machineOf(path, randomOf(2))); again != first {
		t.Error("it is another machine when it is opened again")
	}
	elsewhere := filepath.Join(t.TempDir(), "root.key")
	copyFile(t, path+machineEnding, elsewhere+machineEnding)
	other := string(machineOf(elsewhere, randomOf(3)))
	if other == first || string(machineOf(elsewhere, randomOf(4))) != other {
		t.Error("a copied folder is taken for the same machine")
	}
	nowhere := filepath.Join(t.TempDir(), "missing", "root.key")
	if a, b := string(machineOf(nowhere, randomOf(5))), string(machineOf(nowhere, randomOf(6))); len(a) != 16 || a != b {
		t.Error("where nothing can be written it is another each time")
	}
}

func randomOf(b byte) *strings.Reader {
	return strings.NewReader(strings.Repeat(string(rune('a'+b)), 64))
}

// While a backup is tried, or was and left something, no certificate is given.
func TestNoCertificateWhileABackupIsTried(t *testing.T) {
	path, _ := rootFile(t)
	v := openVault(t, t.TempDir(), must(LoadOrMakeRoot(path, nil)))
	makeBooks(t, v, 1)
	which := must(v.BeginTrial(t.Context(), os.TempDir()))
	gone := erase(t, v, 1, 1)
	if err := v.Renew(t.Context(), gone.Generation); !errors.Is(err, ErrTrial) {
		t.Fatalf("while a backup is tried: %v", err)
	}
	if all := must(v.Trials(t.Context())); len(all) != 1 || !all[0].OfThisMachine() {
		t.Errorf("%+v", all)
	}
	if err := errors.Join(v.EndTrial(t.Context(), which), v.Renew(t.Context(), gone.Generation)); err != nil {
		t.Fatalf("when it has ended: %v", err)
	}
}
