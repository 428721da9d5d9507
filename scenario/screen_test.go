package scenario

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"beside/internal/testkit/htmlcheck"
)

// chromium starts one browser for all tests of this package. Everybody in a story has a window of their own in it, which
// knows nothing of the others'.
var chromium = sync.OnceValues(func() (context.Context, error) {
	path, err := exec.LookPath("chromium")
	if err != nil {
		path, err = exec.LookPath("chromium-browser")
	}
	if err != nil {
		return nil, errors.New("no chromium: run ./check tools, which installs it")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-features", "Translate,OptimizationHints,MediaRouter"),
		chromedp.Flag("lang", "en"),
	)
	ctx, _ := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, closeBrowser = chromedp.NewContext(ctx)
	_, err = chromedp.Run(ctx, chromedp.Title()) // the first to run owns the browser
	return ctx, err
})

// closeBrowser is called by TestMain when a browser was started.
var closeBrowser = func() {}

// look is how somebody sees pages.
type look struct {
	width  int64
	script bool
	dark   bool
}

func (l look) String() string {
	name := fmt.Sprintf("%d px", l.width)
	if !l.script {
		name += " without script"
	}
	if l.dark {
		name += " dark"
	}
	return name
}

// screen is a real browser window.
type screen struct {
	t    testing.TB
	ctx  context.Context
	base string // of our pages
	look look
	worn bool // the window was told of look

	now    *htmlcheck.Page
	at     string
	status int64
	watch  *watch
}

// newScreen opens a window. It looks only at base: a request to anywhere else fails the test, and so does anything that
// a page complains about.
func newScreen(t testing.TB, base string, l look) *screen {
	t.Helper()
	browser, err := chromium()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	s := &screen{t: t, ctx: ctx, base: base, look: l, watch: &watch{t: t, base: base, kinds: map[network.RequestID]network.ResourceType{}}}
	if err := chromedp.Listen(ctx, s.watch.see); err != nil {
		t.Fatal(err)
	}
	s.wear(l)
	return s
}

// wear changes how pages are seen from now on. The window is told only what is different: each command lays the page out anew.
func (s *screen) wear(l look) {
	s.t.Helper()
	before, first := s.look, !s.worn
	s.look, s.worn = l, true
	if first || l.width != before.width {
		tell(s, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: l.width, Height: 800, DeviceScaleFactor: 1, Mobile: l.width < 600})
	}
	if first || l.dark != before.dark {
		s.media("")
	}
	if first || l.script != before.script {
		tell(s, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !l.script})
	}
}

// media shows pages as on that medium: "print", or "" for a screen.
func (s *screen) media(medium string) {
	s.t.Helper()
	scheme := "light"
	if s.look.dark {
		scheme = "dark"
	}
	tell(s, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: medium, Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}, // a page that is still turning cannot be tapped
	}})
}

// tell sends one command to the window and returns its answer.
func tell[P, R any](s *screen, command cdp.Command[P, R], params P) R {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.ctx, patience)
	defer cancel()
	r, err := chromedp.Call(ctx, command, params)
	if err != nil {
		s.t.Fatalf("at %s: %v", s.at, err)
	}
	return r
}

// patience is how long a page may take, also on a machine that does much else.
const patience = time.Minute

// load does something that leads to another page, and waits for it.
func (s *screen) load(what string, steps ...chromedp.Action[chromedp.Void]) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.ctx, patience)
	defer cancel()
	r, err := chromedp.RunResponse(ctx, steps...)
	if err != nil {
		s.t.Fatalf("at %s: %s: %v", s.at, what, err)
	}
	u, err := url.Parse(r.URL)
	if err != nil {
		s.t.Fatalf("address: %v", err)
	}
	s.at, s.status = u.Path, r.Status
	s.read()
}

// read takes in what is on the screen.
func (s *screen) read() {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.ctx, patience)
	defer cancel()
	html, err := chromedp.Run(ctx, chromedp.OuterHTML(chromedp.CSS("html"), chromedp.NodeReady))
	if err != nil {
		s.t.Fatalf("reading %s: %v", s.at, err)
	}
	s.now = htmlcheck.Parse(s.t, strings.NewReader(html))
	s.fits()
}

// fits makes sure that nothing has to be scrolled sideways.
func (s *screen) fits() {
	s.t.Helper()
	m := tell(s, page.GetLayoutMetrics, cdp.Empty{})
	if m.CSSContentSize.Width > float64(s.look.width) {
		s.t.Errorf("%s at %s is %.0f px wide", s.at, s.look, m.CSSContentSize.Width)
	}
}

func (s *screen) page() *htmlcheck.Page { return s.now }
func (s *screen) path() string          { return s.at }

func (s *screen) open(path string) {
	s.t.Helper()
	s.load("opening "+path, chromedp.Navigate(s.base+path))
}

func (s *screen) follow(selector string) {
	s.t.Helper()
	s.load("tapping "+selector, s.click(selector))
}

func (s *screen) send(form string, fill ...string) {
	s.t.Helper()
	press := form + ` button:not([name])`
	for i := 0; i+1 < len(fill); i += 2 {
		if button := s.enter(form, fill[i], fill[i+1]); button != "" {
			press = button
		}
	}
	if len(s.now.All(press)) == 0 {
		press = form + ` button`
	}
	s.load("pressing "+press, s.click(press))
}

// enter types a value into a field, or makes a choice. Of a button that is to be pressed last it returns the selector.
func (s *screen) enter(form, name, value string) (button string) {
	s.t.Helper()
	field := form + ` [name="` + name + `"]`
	found := s.now.All(field)
	if len(found) == 0 {
		s.t.Fatalf("%s has no field %q in %s", s.at, name, form)
	}
	kind, _ := found[0].Attr("type")
	exact := field + `[value="` + value + `"]`
	if found[0].Tag() == "button" {
		return exact
	}
	s.unfold(form, name)
	if kind == "radio" || kind == "checkbox" {
		if _, ticked := s.now.One(exact).Attr("checked"); !ticked {
			s.do("choosing "+exact, s.click(exact))
		}
		return ""
	}
	s.retypes(field, value)
	return ""
}

// retypes puts words into a field in place of what stands there.
func (s *screen) retypes(field, words string) {
	s.t.Helper()
	s.do("typing into "+field, s.click(field))
	tell(s, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeRawKeyDown, Commands: []string{"selectAll"}})
	if words == "" {
		tell(s, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeRawKeyDown, Commands: []string{"deleteBackward"}})
		return
	}
	tell(s, input.InsertText, input.InsertTextParams{Text: words})
}

// unfold opens what a field is folded into.
func (s *screen) unfold(form, name string) {
	s.t.Helper()
	summary := form + ` details:not([open]):has([name="` + name + `"]) > summary`
	if len(s.now.All(summary)) > 0 {
		s.do("opening "+summary, s.click(summary))
		s.read()
	}
}

func (s *screen) do(what string, step chromedp.Action[chromedp.Void]) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, step); err != nil {
		s.t.Fatalf("at %s: %s: %v", s.at, what, err)
	}
}

// click taps the middle of the first element that fits, as a finger does: where something lies over it, that is tapped.
// It uses no script of the page, so that it also works where there is none.
func (s *screen) click(selector string) chromedp.Action[chromedp.Void] {
	return chromedp.Click(chromedp.CSS(selector), chromedp.NodeReady)
}

// watch sees what pages ask for and complain about.
type watch struct {
	t    testing.TB
	base string
	away string // where else it may go: the page to which leaving quickly leads

	mu       sync.Mutex
	kinds    map[network.RequestID]network.ResourceType
	bytes    map[network.ResourceType]float64 // over the wire since they were last taken
	requests int
}

// see is called for each event of the window. It must be quick.
func (w *watch) see(event any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		w.requests++
		w.kinds[e.RequestID] = e.Type
		own := strings.HasPrefix(e.Request.URL, "about:") || strings.HasPrefix(e.Request.URL, "data:") // the browser's, such as the picture in a date field
		if !own && !strings.HasPrefix(e.Request.URL, w.base+"/") && (w.away == "" || !strings.HasPrefix(e.Request.URL, w.away)) {
			w.t.Errorf("a request goes to %s", e.Request.URL)
		}
	case *network.EventLoadingFinished:
		if w.bytes == nil {
			w.bytes = map[network.ResourceType]float64{}
		}
		w.bytes[w.kinds[e.RequestID]] += e.EncodedDataLength
	case *runtime.EventExceptionThrown:
		w.t.Errorf("a script failed: %s", e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		w.t.Errorf("the console says %s", e.Type)
	case *cdplog.EventEntryAdded:
		answered := e.Entry.Source == cdplog.EntrySourceNetwork && !strings.Contains(e.Entry.URL, "/assets/") // 404 and 422 are answers
		if grave := e.Entry.Level == cdplog.EntryLevelError || e.Entry.Level == cdplog.EntryLevelWarning; grave && !answered {
			w.t.Errorf("the browser complains: %s %s %s", e.Entry.Source, e.Entry.Text, e.Entry.URL)
		}
	}
}

// taken returns what came over the wire since it was last asked: all of it, and scripts.
func (w *watch) taken() (all, scripts float64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, n := range w.bytes {
		all += n
	}
	scripts = w.bytes[network.ResourceTypeScript]
	w.bytes = nil
	return all, scripts
}
