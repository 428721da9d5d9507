package web_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"beside/internal/web/page"
)

// browser is a tab on a gallery whose way out leads to a page of this test.
type browser struct {
	t       *testing.T
	ctx     context.Context
	base    string
	away    string
	closed  atomic.Int32 // how often a session was closed by leaving
	posted  atomic.Int32 // how often the slow form arrived
	console <-chan string
}

func newBrowser(t *testing.T) *browser {
	t.Helper()
	b := &browser{t: t}
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<title>Weather</title>sunny"))
	}))
	t.Cleanup(elsewhere.Close)
	b.away = elsewhere.URL + "/"
	s := newSite(t)
	s.ExitURL = b.away
	s.OnExit(func(http.ResponseWriter, *http.Request) { b.closed.Add(1) })
	s.Before(func(w http.ResponseWriter, r *http.Request, _ *page.Frame) error {
		if r.Method == http.MethodPost {
			b.posted.Add(1)
			time.Sleep(300 * time.Millisecond) // long enough for a second tap
		}
		return nil
	})
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	b.base = srv.URL
	b.open()
	return b
}

func (b *browser) open() {
	b.t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		b.t.Fatal("no chromium is installed: run ./check once, or install Debian's package of that name")
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU)
	ctx, cancel := chromedp.NewExecAllocator(b.t.Context(), opts...)
	b.t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	b.t.Cleanup(cancel)
	b.ctx, cancel = context.WithTimeout(ctx, time.Minute)
	b.t.Cleanup(cancel)
	b.console = listen(b.ctx)
}

// listen collects what the browser complains of.
func listen(ctx context.Context) <-chan string {
	said := make(chan string, 100)
	messages := chromedp.Console(ctx)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			said <- m.Text
		}
	}()
	return said
}

func (b *browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

// until waits for something to become true.
func (b *browser) until(what string, ok func() bool) {
	b.t.Helper()
	for range 100 {
		if ok() {
			return
		}
		b.do(chromedp.Sleep(50 * time.Millisecond))
	}
	b.t.Fatalf("it never came about that %s", what)
}

func (b *browser) at() string {
	b.t.Helper()
	at, err := chromedp.Run(b.ctx, chromedp.Location())
	if err != nil {
		b.t.Fatal(err)
	}
	return at
}

func (b *browser) withoutScript() {
	b.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	}))
}

// left checks that the browser stands elsewhere, that the session is closed, and that "back" does not lead to the page.
func (b *browser) left(page string) {
	b.t.Helper()
	b.until("the browser left", func() bool { return b.at() == b.away })
	b.until("the session was closed", func() bool { return b.closed.Load() == 1 })
	h, err := chromedp.Run(b.ctx, chromedp.NavigationEntries())
	if err != nil {
		b.t.Fatal(err)
	}
	for _, e := range h.Entries {
		if strings.HasSuffix(e.URL, page) {
			b.t.Errorf("%s is still in the browser's history", e.URL)
		}
	}
}

func TestLeavingByShift(t *testing.T) {
	b := newBrowser(t)
	b.do(chromedp.Navigate(b.base + "/gallery"))
	b.do(chromedp.KeyEvent(kb.Shift), chromedp.KeyEvent(kb.Shift), chromedp.KeyEvent("a"), chromedp.KeyEvent(kb.Shift))
	b.do(chromedp.Sleep(200 * time.Millisecond))
	if at := b.at(); at != b.base+"/gallery" {
		t.Fatalf("typing a capital letter led to %s", at)
	}
	b.do(chromedp.KeyEvent(kb.Shift), chromedp.KeyEvent(kb.Shift))
	b.left("/gallery")
}

func TestLeavingByTheButton(t *testing.T) {
	b := newBrowser(t)
	b.do(chromedp.Navigate(b.base+"/gallery"), chromedp.Click("a.leave"))
	b.left("/gallery")
}

func TestLeavingWithoutScript(t *testing.T) {
	b := newBrowser(t)
	b.withoutScript()
	b.do(chromedp.Navigate(b.base+"/gallery"), chromedp.Click("a.leave"))
	b.until("the browser left", func() bool { return b.at() == b.away })
	if n := b.closed.Load(); n != 1 {
		t.Errorf("the session was closed %d times", n)
	}
}

func TestSecondTapSendsNothing(t *testing.T) {
	b := newBrowser(t)
	button := `form:has(#f-words) button`
	b.do(chromedp.Navigate(b.base+"/gallery"), chromedp.ScrollIntoView(button), chromedp.DoubleClick(button))
	b.do(chromedp.WaitVisible(`.mend[data-mend]`))
	if n := b.posted.Load(); n != 1 {
		t.Errorf("the form arrived %d times", n)
	}
	where, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](`document.activeElement.matches("[data-mend]")`))
	if err != nil || !where {
		t.Errorf("the reader is not led to what is still open: %v", err)
	}
}

// What a person writes may have no place to break, a link or a long breath. It never makes a phone's page wider.
func TestAWordWithoutEndMakesNoPageWider(t *testing.T) {
	b := newBrowser(t)
	b.do(chromedp.EmulateViewport(360, 740), chromedp.Navigate(b.base+"/gallery"))
	over, err := chromedp.Run(b.ctx, chromedp.Evaluate[int](`(() => {
		const words = document.querySelectorAll(".own, .theirs");
		if (!words.length) return -1;
		for (const e of words) e.textContent = "w".repeat(400);
		return document.documentElement.scrollWidth - document.documentElement.clientWidth;
	})()`))
	if err != nil || over != 0 {
		t.Errorf("the page is %d pixels wider than the phone: %v", over, err)
	}
}

func TestAnEmptyQuestionHasRoomForAFewLines(t *testing.T) {
	b := newBrowser(t)
	b.do(chromedp.EmulateViewport(360, 740), chromedp.Navigate(b.base+"/gallery"))
	lines, err := chromedp.Run(b.ctx, chromedp.Evaluate[float64](`(() => {
		const e = document.querySelector("textarea");
		e.value = "";
		return e.clientHeight / parseFloat(getComputedStyle(e).lineHeight);
	})()`))
	if err != nil || lines < 3 {
		t.Errorf("an empty answer is %.1f lines high: %v", lines, err)
	}
}

func TestBrowserRefusesNothingOfOurs(t *testing.T) {
	b := newBrowser(t)
	b.do(chromedp.Navigate(b.base+"/gallery"), chromedp.WaitVisible("footer [data-with-script]"))
	b.do(chromedp.Navigate(b.base+"/gallery/trouble/busy"), chromedp.WaitVisible("h1"))
	heard := false
	for {
		select {
		case said := <-b.console:
			// The status of the second page is an error on purpose, and shows that we do hear the browser.
			if heard = heard || strings.Contains(said, "503"); !strings.Contains(said, "503") {
				t.Errorf("the browser says: %s", said)
			}
			continue
		case <-time.After(500 * time.Millisecond):
		}
		break
	}
	if !heard {
		t.Error("nothing was heard of the browser")
	}
}
