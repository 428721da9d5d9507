// Package packaging tests what brings Beside onto a machine: the Debian package, the unit, the container file.
package packaging

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
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

// built is the program.
func built(t *testing.T) string {
	t.Helper()
	program, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return program
}

var (
	kept  string // the folder it is in
	build = sync.OnceValues(func() (string, error) {
		var err error
		if kept, err = os.MkdirTemp("", "beside-packaging"); err != nil {
			return "", err
		}
		program := filepath.Join(kept, "beside")
		c := exec.Command("go", "build", "-tags", "release", "-buildvcs=false", "-ldflags", "-X beside/internal/app.release=9.8.7", "-o", program, "./cmd/beside")
		c.Dir = filepath.Join("..", "..")
		out, err := c.CombinedOutput()
		if err != nil {
			err = fmt.Errorf("%w: %s", err, out)
		}
		return program, err
	})
)

func TestMain(m *testing.M) {
	code := m.Run()
	_ = os.RemoveAll(kept)
	os.Exit(code)
}

// serves starts a program that shall serve with settings, until it says that it is ready, and ends it as systemd does.
func serves(t *testing.T, c *exec.Cmd, settings map[string]string) {
	t.Helper()
	addr := free(t)
	settings["BESIDE_ADDR"], settings["BESIDE_WATCH_ADDR"] = addr, free(t)
	settings["BESIDE_PUBLIC_URL"] = "https://beside.example"
	for name, value := range settings {
		c.Env = append(c.Env, name+"="+value)
	}
	var said bytes.Buffer
	c.Stdout, c.Stderr = &said, &said
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	for range 1200 {
		resp, err := http.Get("http://" + addr + "/readyz")
		if err == nil && resp.Body.Close() == nil && resp.StatusCode == http.StatusOK {
			break
		}
		select {
		case err := <-ended:
			t.Fatalf("it ended: %v: %s", err, &said)
		case <-time.After(50 * time.Millisecond):
		}
	}
	_ = c.Process.Signal(syscall.SIGTERM)
	if err := <-ended; err != nil {
		t.Fatalf("it ended with %v: %s", err, &said)
	}
	if !strings.Contains(said.String(), "stopped serving") {
		t.Errorf("it did not serve: %s", &said)
	}
}

func free(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// settingsIn reads NAME=value pairs that stand after a word at the beginning of lines.
func settingsIn(text, word string) map[string]string {
	all := map[string]string{}
	for line := range strings.Lines(text) {
		if pairs, ok := strings.CutPrefix(line, word); ok {
			for _, pair := range strings.Fields(pairs) {
				name, value, _ := strings.Cut(pair, "=")
				all[name] = value
			}
		}
	}
	return all
}

// TestTheDebianPackage builds it twice, wants the same bytes, unpacks it and runs the program that was in it.
func TestTheDebianPackage(t *testing.T) {
	if _, err := exec.LookPath("dpkg-deb"); err != nil {
		t.Fatal("there is no dpkg-deb here: install dpkg, which is on every Debian")
	}
	dir, program := t.TempDir(), built(t)
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
	for _, want := range []string{"./usr/bin/beside", "./usr/bin/beside-here", "./usr/lib/systemd/system/beside.service", "./usr/lib/sysusers.d/beside.conf", "./usr/share/doc/beside/restore.md", "./usr/share/doc/beside/copyright"} {
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
	state, settings := t.TempDir(), settingsIn(string(unit), "Environment=")
	for name, value := range settings {
		settings[name] = strings.Replace(value, "/var/lib", state, 1)
	}
	if len(settings) != 5 || !strings.Contains(string(unit), "\nExecStart=/usr/bin/beside serve\n") {
		t.Errorf("the unit sets %v", settings)
	}
	serves(t, exec.Command(built(t), "serve"), settings)
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Log("there is no systemd here that could judge it")
		return
	}
	there := filepath.Join(t.TempDir(), "beside.service")
	text := strings.Replace(string(unit), "/usr/bin/beside", "/bin/true", 1) // which is not installed here
	if err := os.WriteFile(there, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if said := run(t, "systemd-analyze", "verify", "--man=no", there); said != "" {
		t.Errorf("systemd says of it: %s", said)
	}
	said := run(t, "systemd-analyze", "security", "--offline=true", "--threshold=20", there)
	if !regexp.MustCompile(`Overall exposure level for beside.service: [01]\.`).MatchString(said) {
		t.Errorf("it could harm: %s", said[max(0, len(said)-200):])
	}
}

// container is the file that says how a container is made.
func container(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("../../packaging/Containerfile")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// copied are the files that it brings, and where to.
func copied(text string) [][]string {
	return regexp.MustCompile(`(?m)^COPY (\S+) (\S+)$`).FindAllStringSubmatch(text, -1)
}

// TestTheContainerFile: it holds the program and certificates, runs as nobody, keeps keys apart from books, and listens where
// it can be reached. What it brings is made by the commands in its first lines.
func TestTheContainerFile(t *testing.T) {
	text := container(t)
	for _, want := range []string{"FROM scratch\n", "USER 65532:65532\n", `VOLUME ["/data", "/keyring", "/root-key", "/tmp"]`, `ENTRYPOINT ["/beside"]`, `CMD ["serve"]`, "BESIDE_ADDR=:8080 "} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not say %q", want)
		}
	}
	if len(copied(text)) != 2 || strings.Count(text, "\nCOPY") != 2 {
		t.Errorf("it brings %q", copied(text))
	}
	for _, m := range copied(text) {
		if !strings.Contains(text, "-o "+m[1]+" ") && !strings.Contains(text, "#   cp /etc/ssl/certs/"+m[1]+" .") {
			t.Errorf("it brings %s, which nothing makes", m[1])
		}
	}
}
