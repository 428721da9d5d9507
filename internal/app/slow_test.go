package app_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"beside/internal/app"
	"beside/internal/clock"
	"beside/internal/store"
	"beside/internal/testkit/line"
	"beside/internal/testkit/ready"
	"beside/internal/testkit/world"
)

const wish = "Walk by the river before it gets dark"

// honest wants that a page says, within a time, that it cannot be opened, and that a form that is sent keeps what was
// typed and can be sent again.
func honest(t *testing.T, ana *world.Client, form url.Values, within clock.Time) {
	t.Helper()
	for _, act := range []func(){func() { ana.Get("/me/goals") }, func() { ana.Post("/me/goals/new", form) }} {
		began := clock.System().Now()
		act()
		if took := clock.System().Now() - began; took > within {
			t.Errorf("%s: somebody waited for %d s", ana.Path, took/clock.Second)
		}
		if ana.Status != http.StatusServiceUnavailable || ana.Header.Get("Retry-After") == "" {
			t.Fatalf("%s is %d, Retry-After %q: %s", ana.Path, ana.Status, ana.Header.Get("Retry-After"), ana.Body)
		}
	}
	ana.Page.Says("h1", "We could not keep this yet.")
	ana.Page.Says("main .typed", wish)
	if got := ana.Page.Form("main form")["words"]; len(got) != 1 || got[0] != wish {
		t.Errorf("the form that can be sent again holds %q", got)
	}
}

// keptOnce sends the form of the last page again, and wants the words to be there once.
func keptOnce(t *testing.T, ana *world.Client) {
	t.Helper()
	ana.Send("main form")
	if ana.Status != http.StatusOK {
		t.Fatalf("sent again it is %d from %s", ana.Status, ana.Path)
	}
	ana.Get("/me/goals")
	if n := bytes.Count(ana.Body, []byte(wish)); n != 1 {
		t.Errorf("the words are there %d times", n)
	}
}

func aWish(ana *world.Client) url.Values {
	ana.Get("/me/goals/new")
	return ana.Filled(`form[action="/me/goals/new"]`, "words", wish)
}

// TestADatabaseThatIsGone: it falls silent in the middle, or refuses; then it is back.
func TestADatabaseThatIsGone(t *testing.T) {
	for name, away := range map[string]func(*line.Line){"silent": (*line.Line).Hush, "refusing": (*line.Line).Cut} {
		t.Run(name, func(t *testing.T) {
			between := line.New(t, ready.URL(t))
			w := world.New(t, between.URL, func(c *app.Config) { c.Silence = time.Second })
			ana := w.Join(t, "Ana")
			form := aWish(ana)
			if err := w.App.Ready(); err != nil {
				t.Errorf("before, it is not ready: %v", err)
			}
			away(between)
			honest(t, ana, form, 15*clock.Second)
			w.Clock.Step(2_000_000)
			if err := w.App.Ready(); err == nil {
				t.Error("without a database it says that it is ready")
			}
			between.Speak()
			w.Clock.Step(2_000_000)
			for range 100 { // what was under way when it fell silent has to end first
				if w.App.Ready() == nil {
					break
				}
				w.Clock.Step(2_000_000)
				time.Sleep(50 * time.Millisecond)
			}
			keptOnce(t, ana)
			if err := w.App.Ready(); err != nil {
				t.Errorf("after it came back: %v", err)
			}
		})
	}
}

// TestADatabaseThatSomebodyElseHolds: another program writes into the folder of SQLite for a long time.
func TestADatabaseThatSomebodyElseHolds(t *testing.T) {
	folder := ready.Folder(t)
	w := world.New(t, folder)
	ana := w.Join(t, "Ana")
	form := aWish(ana)
	other, err := store.Open(t.Context(), folder, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	has, enough, over := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		over <- other.Update(context.Background(), func(*store.Tx) error {
			close(has)
			<-enough
			return nil
		})
	}()
	<-has
	ana.Post("/me/goals/new", form)
	if ana.Status != http.StatusServiceUnavailable {
		t.Fatalf("it is %d", ana.Status)
	}
	ana.Page.Says("main .typed", wish)
	close(enough)
	if err := <-over; err != nil {
		t.Fatal(err)
	}
	keptOnce(t, ana)
}

// TestHealth: what a balancer is told, on both listeners, while it serves and while it stops.
func TestHealth(t *testing.T) {
	c := config(t, ready.Folder(t))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w, err := net.Listen("tcp", "127.0.0.1:0") // a port that is free
	if err != nil {
		t.Fatal(err)
	}
	c.WatchAddr, c.Drain = w.Addr().String(), time.Second
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	a := start(t, c)
	defer stop(t, a)
	ctx, end := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.Serve(ctx, l) }()
	public, watch := "http://"+l.Addr().String(), "http://"+c.WatchAddr
	for _, where := range []string{public, watch} {
		for _, path := range []string{app.Healthz, app.Readyz} {
			if status, said := get(t, where+path); status != 200 || said != "ok\n" {
				t.Errorf("%s is %d %q", path, status, said)
			}
		}
	}
	if status, said := get(t, watch+"/metrics"); status != 200 || !strings.Contains(said, "beside_ready 1") {
		t.Errorf("the metrics are %d: %s", status, said)
	}
	for _, path := range []string{"/metrics", "/readyzz"} {
		if status, _ := get(t, public+path); status != http.StatusNotFound {
			t.Errorf("%s is for the public: %d", path, status)
		}
	}
	if status, _ := get(t, watch+"/"); status != http.StatusNotFound {
		t.Errorf("the watch serves people: %d", status)
	}
	end()
	told := false
	for range 50 { // it goes on serving for a second, and says that it stops
		status, said := get(t, public+app.Readyz)
		if status == http.StatusServiceUnavailable && said == "not ready\n" {
			told = true
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if !told {
		t.Error("while it stops it says that it is ready")
	}
	if status, _ := get(t, public+app.Healthz); status != 200 {
		t.Errorf("while it stops it is not alive: %d", status)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func get(t *testing.T, url string) (status int, said string) {
	t.Helper()
	var err error
	for range 100 { // until it listens
		var resp *http.Response
		if resp, err = http.Get(url); err == nil {
			defer resp.Body.Close()
			b, err := io.ReadAll(resp.Body)
			if err != nil {
				t.Fatal(err)
			}
			return resp.StatusCode, string(b)
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal(fmt.Errorf("asking: %w", err))
	return 0, ""
}

// TestNotReady: what is half restored, and what is of an older Beside.
func TestNotReady(t *testing.T) {
	for name, do := range map[string]string{
		"half restored": `INSERT INTO restoring (n, begun_at, backup_at) VALUES (1, 1, 1)`,
		"older":         `DELETE FROM goose_db_version WHERE version_id > 12`,
	} {
		t.Run(name, func(t *testing.T) {
			w := world.New(t, ready.Folder(t))
			if err := w.App.Ready(); err != nil {
				t.Fatal(err)
			}
			err := w.App.DB.Update(t.Context(), func(tx *store.Tx) error { _, err := tx.Exec(do); return err })
			if err != nil {
				t.Fatal(err)
			}
			w.Clock.Step(2_000_000)
			if w.App.Ready() == nil {
				t.Error("it says that it is ready")
			}
			v := w.Visitor(t)
			if v.Get(app.Readyz); v.Status != http.StatusServiceUnavailable || string(v.Body) != "not ready\n" {
				t.Errorf("it is %d %q", v.Status, v.Body)
			}
		})
	}
}
