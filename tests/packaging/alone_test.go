//go:build heavy

package packaging

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// TestTheContainerServes does what the container file says, as far as that goes without a container: in a folder that holds
// nothing but what it brings, as nobody, the command that it gives serves.
func TestTheContainerServes(t *testing.T) {
	if os.Getuid() != 0 {
		t.Fatal("only root can have a program see nothing but one folder: run it as root")
	}
	root, text := t.TempDir(), container(t)
	if err := os.Chmod(root, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, m := range copied(text) {
		to := filepath.Join(root, m[2])
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		if m[1] == "beside" {
			t.Setenv("CGO_ENABLED", "0")
			run(t, "go", "build", "-trimpath", "-tags", "release", "-buildvcs=false", "-o", to, "./cmd/beside")
		} else if err := os.WriteFile(to, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, volume := range []string{"data", "keyring", "root-key", "tmp"} {
		dir := filepath.Join(root, volume)
		if err := errors.Join(os.Mkdir(dir, 0o700), os.Chown(dir, 65532, 65532)); err != nil {
			t.Fatal(err)
		}
	}
	c := exec.Command("/beside", "serve")
	c.Dir, c.Env = "/", []string{"HOME=/"}
	c.SysProcAttr = &syscall.SysProcAttr{Chroot: root, Credential: &syscall.Credential{Uid: 65532, Gid: 65532}}
	serves(t, c, settingsIn(text, "ENV "))
	for _, file := range []string{"data/beside.db", "keyring/keyring.db", "root-key/root.key"} {
		if _, err := os.Stat(filepath.Join(root, file)); err != nil {
			t.Error(err)
		}
	}
}
