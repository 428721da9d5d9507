package scenario

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"beside/internal/app"
	"beside/internal/testkit/ready"
	"beside/internal/testkit/world"
)

// weather is the harmless page to which leaving quickly leads.
func weather(t *testing.T) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(`<!doctype html><meta name="viewport" content="width=device-width"><link rel="icon" href="data:,"><title>Weather</title><main>Rain later.</main>`))
	}))
	t.Cleanup(s.Close)
	return s
}

// TestLeaveQuickly leaves by the button and by pressing Shift three times, with and without script. Going back does not
// lead into the book.
func TestLeaveQuickly(t *testing.T) {
	harmless := weather(t)
	w := world.New(t, ready.Folder(t), func(c *app.Config) { c.ExitURL = harmless.URL + "/" })
	for _, way := range []struct {
		name   string
		script bool
		leave  func(*screen) chromedp.Action[chromedp.Void]
	}{
		{"by the button", true, func(s *screen) chromedp.Action[chromedp.Void] { return s.click("a.leave") }},
		{"by the button without script", false, func(s *screen) chromedp.Action[chromedp.Void] { return s.click("a.leave") }},
		{"by Shift three times", true, func(*screen) chromedp.Action[chromedp.Void] {
			return chromedp.Steps(chromedp.KeyEvent(kb.Shift), chromedp.KeyEvent(kb.Shift), chromedp.KeyEvent(kb.Shift))
		}},
	} {
		t.Run(way.name, func(t *testing.T) {
			mira := w.Join(t, "Mira")
			mira.Get("/me/words")
			mira.Send(`form[action="/me/words"]`, "words", miraMatters)
			secret := mira.Cookie("beside")
			s := newScreen(t, w.URL, look{width: 360, script: way.script})
			s.watch.away = harmless.URL + "/"
			tell(s, network.SetCookie, network.SetCookieParams{Name: "beside", Value: secret, URL: w.URL})
			p := &person{browser: s, t: t, name: "Mira"}
			s.open("/me/goals")
			s.open("/me")
			p.reads("Mornings without dread")
			s.load("leaving", way.leave(s))
			p.reads("Rain later.")
			closedSoon(t, w, secret)
			s.load("going back", chromedp.NavigateBack())
			p.readsNothingOf("Mornings without dread", "My goals", "What matters to me")
			p.isAt("/come-in")
		})
	}
}

// closedSoon waits for the session to be closed: a browser with script says so behind its own back.
func closedSoon(t *testing.T, w *world.World, secret string) {
	t.Helper()
	for range 100 {
		if _, err := w.App.Accounts.Session(context.Background(), secret); err != nil {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Error("the session is still open")
}

// TestPrint prints the sign-in words and a book.
func TestPrint(t *testing.T) {
	w := world.New(t, ready.Folder(t))
	mira := w.Join(t, "Mira")
	s := newScreen(t, w.URL, look{width: 1280, script: true})
	tell(s, network.SetCookie, network.SetCookieParams{Name: "beside", Value: mira.Cookie("beside"), URL: w.URL})
	for _, path := range []string{"/join/kept", "/me"} {
		s.open(path)
		pdf, err := chromedp.Run(s.ctx, chromedp.PrintToPDF())
		if err != nil || !bytes.HasPrefix(pdf, []byte("%PDF-")) || len(pdf) < 2000 {
			t.Errorf("%s prints as %d bytes, %v", path, len(pdf), err)
		}
	}
}

// TestFindingsFind makes sure that the rules every page is held to find what they are there for.
func TestFindingsFind(t *testing.T) {
	poor := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(`<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><link rel="icon" href="data:,"><title>Poor</title><main><h1>Poor</h1>
			<p style="color:#666">hardly to be read</p><button style="block-size:20px">go</button><input></main></html>`))
	}))
	defer poor.Close()
	s := newScreen(t, poor.URL, look{width: 360, script: true})
	s.open("/")
	found := map[string]bool{}
	for _, f := range s.findings() {
		found[f[:bytes.IndexByte([]byte(f), ':')]] = true
	}
	for _, rule := range []string{"color-contrast-enhanced", "label", "target"} {
		if !found[rule] {
			t.Errorf("nothing was found by %s, only by %v", rule, found)
		}
	}
}
