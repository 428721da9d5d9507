// Package openid gives a test a real OpenID provider: the command in tests/oidc, built and started once for a whole test
// binary, on the loopback address, and gone with it. It exists so that coming in with an organisation's own sign-in is
// tested against somebody else's reading of the standards. It is for tests only.
package openid

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"beside/internal/account/provider"
	"beside/internal/app"
	"beside/internal/clock"
	"beside/internal/testkit/htmlcheck"
	"beside/internal/web/organisation"
)

// What the provider knows.
const (
	id       = "beside"
	secret   = "a secret of the tests"
	Password = "verysecure" // of everybody there: "sam" and "toni"
)

// Name is what the organisation is called in tests.
const Name = "Elm County"

// Provider is the running provider.
type Provider struct {
	Issuer string

	alive io.Closer // the pipe whose closing, by the end of this process, stops it
}

var started = sync.OnceValues(start)

// Start returns the provider as it is when nobody has told it anything.
func Start(t testing.TB) *Provider {
	t.Helper()
	p, err := started()
	if err != nil {
		t.Fatalf("openid: %v", err)
	}
	p.Tell(t)
	t.Cleanup(func() { p.Tell(t) })
	return p
}

// start builds and starts it. It ends when the pipe to it closes, which happens when this process ends, however it does.
func start() (*Provider, error) {
	root, err := module()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "beside-oidc-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }() // a program that runs needs its file no more
	file := filepath.Join(dir, "oidc")
	build := exec.Command("go", "build", "-o", file, ".")
	build.Dir = filepath.Join(root, "tests", "oidc")
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("building tests/oidc: %w: %s (./check tools fetches what it needs)", err, out)
	}
	cmd := exec.Command(file)
	cmd.Stderr = os.Stderr
	alive, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	return &Provider{strings.TrimSpace(line), alive}, err
}

// module returns the folder of the repository.
func module() (string, error) {
	dir, err := os.Getwd()
	for err == nil {
		if _, err := os.Stat(filepath.Join(dir, "tests", "oidc", "go.mod")); err == nil {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", errors.New("the folder tests/oidc is not there")
		}
		dir = up
	}
	return "", err
}

// At has a world come in with this provider, and lets the world's clock begin now, as the provider knows no other time.
func (p *Provider) At(t testing.TB) func(*app.Config) {
	return func(c *app.Config) {
		c.Provider = provider.Settings{Issuer: p.Issuer, ID: id, Secret: secret, Name: Name}
		if m, ok := c.Clock.(*clock.Manual); ok {
			m.Set(clock.System().Now())
		}
		p.Tell(t, "redirect", c.PublicURL+organisation.Back)
	}
}

// Tell steers the provider: see tests/oidc/control.go. What is not told anew is as at the start.
func (p *Provider) Tell(t testing.TB, values ...string) {
	t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(values); i += 2 {
		form.Set(values[i], values[i+1])
	}
	resp, err := http.PostForm(p.Issuer+"control", form)
	if err != nil {
		t.Fatalf("openid: %v", err)
	}
	resp.Body.Close()
}

// Exchanged returns how many codes were brought to it since it began.
func (p *Provider) Exchanged(t testing.TB) int {
	t.Helper()
	n, err := strconv.Atoi(string(p.read(t, p.Issuer+"control")))
	if err != nil {
		t.Fatalf("openid: %v", err)
	}
	return n
}

func (p *Provider) read(t testing.TB, address string) []byte {
	t.Helper()
	resp, err := http.Get(address)
	if err != nil {
		t.Fatalf("openid: %v", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("openid: %v", err)
	}
	return body
}

// SignIn follows an address of the provider's as a browser does, fills in its form, and returns the address of ours that it
// leads back to, which it does not ask for.
func (p *Provider) SignIn(t testing.TB, address, name string) string {
	t.Helper()
	there, err := url.Parse(p.Issuer)
	if err != nil {
		t.Fatalf("openid: %v", err)
	}
	browser := &http.Client{Timeout: time.Minute, CheckRedirect: func(next *http.Request, _ []*http.Request) error {
		if next.URL.Host != there.Host {
			return http.ErrUseLastResponse
		}
		return nil
	}}
	resp, err := browser.Get(address)
	if err != nil {
		t.Fatalf("openid: %v", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("openid: %s from %s", resp.Status, resp.Request.URL.Path)
	}
	form := htmlcheck.Parse(t, resp.Body).Form("form")
	form["username"], form["password"] = []string{name}, []string{Password}
	answer, err := browser.PostForm(resp.Request.URL.String(), url.Values(form))
	if err != nil {
		t.Fatalf("openid: %v", err)
	}
	defer answer.Body.Close()
	back := answer.Header.Get("Location")
	if back == "" {
		t.Fatalf("openid: %s from %s leads nowhere", answer.Status, answer.Request.URL.Path)
	}
	return back
}
