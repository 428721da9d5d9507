package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// TestMain lets the test's own binary be the command, so that it can be started and stopped as a process.
func TestMain(m *testing.M) {
	if os.Getenv("BESIDE_TEST_MAIN") == "1" {
		main()
		return
	}
	os.Exit(m.Run())
}

func command(t *testing.T, env []string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, args...)
	cmd.Env = append(os.Environ(), append(env, "BESIDE_TEST_MAIN=1")...)
	cmd.Dir = t.TempDir()
	return cmd
}

func free(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestServeFromStartToStop(t *testing.T) {
	addr := free(t)
	cmd := command(t, []string{"BESIDE_ADDR=" + addr, "BESIDE_COMMUNITY_NAME=Elm House", "BESIDE_LOG=json"}, "serve")
	var errors bytes.Buffer
	cmd.Stderr = &errors
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	link := firstLink(out)
	if !strings.HasPrefix(link, "http://"+addr+"/invitation/") {
		t.Fatalf("the first link is %q; %s", link, errors.String())
	}
	if body := fetch(link); !strings.Contains(body, "Elm House") {
		t.Errorf("the link shows %q", body)
	}
	into := command(t, []string{"BESIDE_ADDR=" + addr}, "team-link") // beside the one that serves
	into.Dir = cmd.Dir
	said, err := into.Output()
	if host := firstLink(bytes.NewReader(said)); err != nil || host == link || !strings.Contains(fetch(host), "Elm House") {
		t.Errorf("team-link: %v, %s", err, said)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("it ended with %v: %s", err, errors.String())
	}
	if log := errors.String(); !strings.Contains(log, `"msg":"stopped serving"`) || strings.Contains(log, link[len(link)-20:]) {
		t.Errorf("the log: %s", log)
	}
	if _, err := os.Stat(filepath.Join(cmd.Dir, "beside-data-root", "root.key")); err != nil {
		t.Error(err)
	}
}

// firstLink reads what serve prints, up to the link. It listens by then.
func firstLink(out io.Reader) string {
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if s := strings.TrimSpace(lines.Text()); strings.Contains(s, "/invitation/") {
			return s
		}
	}
	return ""
}

func fetch(url string) string {
	resp, err := http.Get(url)
	if err != nil {
		return err.Error()
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return fmt.Sprint(string(b), err)
}

func TestWhatGoesWrongIsSaid(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"taken":  {[]string{"serve", "--addr", taken.Addr().String()}, "choose another address with --addr"},
		"zone":   {[]string{"serve", "--time-zone", "Elm/House"}, "Europe/Paris"},
		"public": {[]string{"serve", "--public-url", "http://beside.example"}, "https"},
		"apart":  {[]string{"serve", "--database", "x", "--keyring", "x"}, "kept apart"},
		"mail":   {[]string{"serve", "--smtp-host", "mail.example.org", "--smtp-from", "post@example.org", "--smtp-tls", "none"}, "in the clear"},
		"texts":  {[]string{"serve", "--text-url", "http://gateway.example.org"}, "https://"},
		"secret": {[]string{"serve", "--text-secret", "short"}, "guessed"},
		"flag":   {[]string{"serve", "--nonsense"}, "nonsense"},
	} {
		t.Run(name, func(t *testing.T) {
			if !slices.Contains(c.args, "--addr") { // whatever else listens on this machine
				c.args = append(c.args, "--addr", "127.0.0.1:0")
			}
			out, err := command(t, nil, c.args...).CombinedOutput()
			if err == nil || !strings.Contains(string(out), c.says) {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
}

// TestTheSecretOfTheOrganisationsSignIn comes from a file of the owner's alone.
func TestTheSecretOfTheOrganisationsSignIn(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte("hush\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := providerSettings{Issuer: "https://sign-in.example", ID: "beside", SecretFile: file}
	if got, err := s.settings(); err != nil || got.Secret != "hush" {
		t.Errorf("%+v, %v", got, err)
	}
	if err := os.Chmod(file, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := s.settings(); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a secret that others can read: %v", err)
	}
	if _, err := (providerSettings{ID: "beside"}).settings(); err == nil || !strings.Contains(err.Error(), "--provider-issuer") {
		t.Errorf("settings without an address: %v", err)
	}
}
