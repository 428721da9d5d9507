package kill

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"beside/internal/app"
)

// An actor is a process that is Beside without a network: it hands requests to the site, one after the other, on one thread
// of the system, so that the calls of that thread, between a request and its answer, are those of one act. It is the
// test's own binary, told so by a variable. It reads orders, one a line, and answers each with a line:
//
//	open                    → opened, or the error
//	ask METHOD PATH FORM    → status, where it leads, and the page
//	limit BYTES             → from now on no file may grow beyond that (a real short write, then a full disk)
//	close                   → closed, or the error
//
// When its orders end it ends at once, with everything open.
const actorVariable = "BESIDE_KILL_ACTOR"

// order is a line to an actor, and answer one from it.
type order struct {
	Do     string
	Path   string
	Form   string
	Cookie string
	Limit  uint64
}

type answer struct {
	Thread int
	Status int
	To     string
	Cookie []string
	Page   string
	Err    string
}

// beActor is the actor's own life.
func beActor(where string) {
	runtime.LockOSThread()
	signal.Ignore(syscall.SIGXFSZ) // a file that may not grow is an error, not the end
	// Whoever is of the same user may trace it, where the system lets only parents.
	_, _, _ = syscall.RawSyscall6(syscall.SYS_PRCTL, 0x59616d61, ^uintptr(0), 0, 0, 0, 0)
	var p place
	parts := strings.Split(where, "\n")
	p.database, p.keyring, p.root = parts[0], parts[1], parts[2]
	var a *app.App
	out := json.NewEncoder(os.Stdout)
	for lines := json.NewDecoder(os.Stdin); ; {
		var o order
		if err := lines.Decode(&o); err != nil {
			os.Exit(0) // as if it were killed: nothing is closed
		}
		got := answer{Thread: syscall.Gettid()}
		var err error
		switch o.Do {
		case "hello":
		case "open":
			a, err = open(context.Background(), p, nil)
		case "limit":
			err = syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: o.Limit, Max: ^uint64(0)})
		case "close":
			err = a.Close()
		default:
			got.ask(a, o)
		}
		if err != nil {
			got.Err = err.Error()
		}
		if err := out.Encode(got); err != nil {
			os.Exit(1)
		}
	}
}

// ask hands one request to the site, on this thread.
func (got *answer) ask(a *app.App, o order) {
	r := httptest.NewRequest(o.Do, "http://127.0.0.1"+o.Path, strings.NewReader(o.Form))
	r.RemoteAddr = "127.0.0.1:1"
	if o.Do == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if o.Cookie != "" {
		r.Header.Set("Cookie", o.Cookie)
	}
	w := httptest.NewRecorder()
	a.Handler().ServeHTTP(w, r)
	got.Status, got.To, got.Page = w.Code, w.Header().Get("Location"), w.Body.String()
	got.Cookie = w.Header().Values("Set-Cookie")
}

// actor is the test's end of the line to such a process. It carries requests, so that a device can speak through it.
type actor struct {
	process *exec.Cmd
	in      io.WriteCloser
	out     *json.Decoder
	thread  int
}

func newActor(t *testing.T, p place) *actor {
	t.Helper()
	self, err := os.Executable()
	must(t, err)
	a := &actor{process: exec.Command(self)}
	a.process.Env = append(os.Environ(), actorVariable+"="+strings.Join([]string{p.database, p.keyring, p.root}, "\n"))
	a.process.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if testing.Verbose() {
		a.process.Stderr = os.Stderr
	}
	a.in, err = a.process.StdinPipe()
	must(t, err)
	out, err := a.process.StdoutPipe()
	must(t, err)
	a.out = json.NewDecoder(bufio.NewReader(out))
	must(t, a.process.Start())
	t.Cleanup(a.end)
	got, err := a.do(order{Do: "hello"})
	must(t, err)
	a.thread = got.Thread
	return a
}

func (a *actor) do(o order) (answer, error) {
	var got answer
	if err := json.NewEncoder(a.in).Encode(o); err != nil {
		return got, err
	}
	err := a.out.Decode(&got)
	if err == nil && got.Err != "" {
		err = errors.New(got.Err)
	}
	return got, err
}

// end kills it.
func (a *actor) end() {
	if a.process == nil {
		return
	}
	_ = a.process.Process.Kill() // it may have ended
	_ = a.process.Wait()
	a.process = nil
}

// RoundTrip carries a request of a device to the actor.
func (a *actor) RoundTrip(r *http.Request) (*http.Response, error) {
	body := ""
	if r.Body != nil {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		body = string(b)
	}
	got, err := a.do(order{Do: r.Method, Path: r.URL.RequestURI(), Form: body, Cookie: r.Header.Get("Cookie")})
	if err != nil {
		return nil, err
	}
	head := http.Header{"Set-Cookie": got.Cookie}
	if got.To != "" {
		head.Set("Location", got.To)
	}
	return &http.Response{StatusCode: got.Status, Status: strconv.Itoa(got.Status), Header: head, Body: io.NopCloser(strings.NewReader(got.Page)), Request: r}, nil
}

// fault is what is to go wrong: which calls, how, and from the how-manyth on.
type fault struct {
	calls string // as strace names them
	how   string // error=EIO, or retval=0
	when  string // 3: the third; 3+: from the third on
}

func (f fault) String() string { return f.calls + ":" + f.how + ":when=" + f.when }

// under runs something while strace makes the actor's calls fail, and reports whether any was met.
func (a *actor) under(t *testing.T, f fault, do func()) (met bool) {
	t.Helper()
	log := t.TempDir() + "/strace"
	cmd := exec.Command("strace", "-p", strconv.Itoa(a.thread), "-o", log, "-e", "trace="+f.calls, "-e", "inject="+f.String())
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	said, err := cmd.StderrPipe()
	must(t, err)
	must(t, cmd.Start())
	lines := bufio.NewScanner(said)
	for lines.Scan() {
		if strings.Contains(lines.Text(), "attached") {
			break
		}
		t.Logf("strace: %s", lines.Text())
	}
	do()
	_ = cmd.Process.Signal(syscall.SIGINT) // it lets go of the actor and ends
	for lines.Scan() {
	}
	_ = cmd.Wait() // by the signal
	seen, err := os.ReadFile(log)
	must(t, err)
	return strings.Contains(string(seen), "(INJECTED)")
}
