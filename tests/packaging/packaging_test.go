// Package packaging tests what brings Beside onto a machine: the Debian package, the unit, the container file.
package packaging

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// run runs a program from the root of the repository and returns what it says.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	c := exec.Command(name, args...)
	c.Dir = filepath.Join("..", "..")
	c.Env = append(os.Environ(), "SOURCE_DATE_EPOCH=1800000000", "BESIDE_DEB_COMPRESSION=none")
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v: %s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// TestTheDebianPackage builds it twice, wants the same bytes, unpacks it and runs the program that was in it.
func TestTheDebianPackage(t *testing.T) {
	if _, err := exec.LookPath("dpkg-deb"); err != nil {
		t.Fatal("there is no dpkg-deb here: install dpkg, which is on every Debian")
	}
	dir := t.TempDir()
	program := filepath.Join(dir, "beside")
	run(t, "go", "build", "-tags", "release", "-buildvcs=false", "-ldflags", "-X beside/internal/app.release=9.8.7", "-o", program, "./cmd/beside")
	var made [2][]byte
	for i := range made {
		out := filepath.Join(dir, string(rune('a'+i)))
		run(t, "packaging/build-deb", "9.8.7", out, program)
		files, err := filepath.Glob(filepath.Join(out, "beside_9.8.7_*.deb"))
		if err != nil || len(files) != 1 {
			t.Fatalf("it made %q, %v", files, err)
		}
		if made[i], err = os.ReadFile(files[0]); err != nil {
			t.Fatal(err)
		}
		if i == 1 {
			unpacked(t, files[0])
		}
	}
	if !bytes.Equal(made[0], made[1]) {
		t.Error("built twice it is not the same")
	}
}

func unpacked(t *testing.T, deb string) {
	t.Helper()
	list := run(t, "dpkg-deb", "-c", deb)
	for _, want := range []string{"./usr/bin/beside", "./usr/lib/systemd/system/beside.service", "./usr/lib/sysusers.d/beside.conf", "./usr/share/doc/beside/restore.md", "./usr/share/doc/beside/copyright"} {
		if !strings.Contains(list, "root/root") || !strings.Contains(list, " "+want+"\n") {
			t.Errorf("it does not hold %s, of root: %s", want, list)
		}
	}
	if about := run(t, "dpkg-deb", "-I", deb); !strings.Contains(about, "Package: beside\n") || !strings.Contains(about, "Version: 9.8.7\n") {
		t.Errorf("it says of itself: %s", about)
	}
	root := t.TempDir()
	run(t, "dpkg-deb", "-x", deb, root)
	if said := run(t, filepath.Join(root, "usr/bin/beside"), "version"); !strings.HasPrefix(said, "beside 9.8.7 (") {
		t.Errorf("the program says %q", said)
	}
	for _, script := range []string{"postinst", "prerm", "postrm"} {
		run(t, "sh", "-n", "packaging/"+script)
	}
	if os.Getuid() != 0 {
		return
	}
	empty := t.TempDir()
	if err := os.MkdirAll(filepath.Join(empty, "var/lib/dpkg/updates"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(empty, "var/lib/dpkg/info"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"status", "available"} {
		if err := os.WriteFile(filepath.Join(empty, "var/lib/dpkg", name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run(t, "dpkg", "--root="+empty, "--force-script-chrootless", "--log=/dev/null", "-i", deb)
	if said := run(t, "dpkg", "--root="+empty, "-s", "beside"); !strings.Contains(said, "Status: install ok installed") {
		t.Errorf("installed it is %s", said)
	}
}

// TestTheUnit: systemd understands it, and finds little that it could harm.
func TestTheUnit(t *testing.T) {
	unit, err := os.ReadFile("../../packaging/beside.service")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"NoNewPrivileges=yes", "ProtectSystem=strict", "CapabilityBoundingSet=\n", "StateDirectory=beside beside-keyring beside-root", "UMask=0077", "User=beside"} {
		if !strings.Contains(string(unit), "\n"+want) {
			t.Errorf("the unit has no %q", want)
		}
	}
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Log("there is no systemd here that could judge it")
		return
	}
	there := filepath.Join(t.TempDir(), "beside.service")
	text := strings.Replace(string(unit), "/usr/bin/beside", "/bin/true", 1) // which is not installed here
	if err := os.WriteFile(there, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	said := run(t, "systemd-analyze", "security", "--offline=true", "--threshold=20", there)
	if !regexp.MustCompile(`Overall exposure level for beside.service: [01]\.`).MatchString(said) {
		t.Errorf("it could harm: %s", said[max(0, len(said)-200):])
	}
}

// TestTheContainerFile: it holds the program alone, runs as nobody, and keeps keys apart from books.
func TestTheContainerFile(t *testing.T) {
	b, err := os.ReadFile("../../packaging/Containerfile")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"FROM scratch\n", "USER 65532:65532\n", `VOLUME ["/data", "/keyring", "/root-key"]`, "COPY beside /beside\n", `ENTRYPOINT ["/beside"]`} {
		if !strings.Contains(string(b), want) {
			t.Errorf("it does not say %q", want)
		}
	}
}
