package scenario

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"beside/internal/app"
	"beside/internal/testkit/ready"
	"beside/internal/testkit/world"
)

// evaluate runs script in the window as a tester would in its tools.
func evaluate[T any](s *screen, script string) T {
	s.t.Helper()
	v, err := chromedp.Run(s.ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		s.t.Fatalf("at %s: %v", s.at, err)
	}
	return v
}

// leftBehind is what a browser keeps of a site beside its history and its cookies.
const leftBehind = `(async () => [
	...Object.values({...localStorage}), ...Object.values({...sessionStorage}),
	...(await indexedDB.databases()).map(d => d.name),
	...("caches" in window ? await caches.keys() : []),
	...(navigator.serviceWorker ? (await navigator.serviceWorker.getRegistrations()).map(r => r.scope) : []),
].join(" "))()`

// typedIn is what stands in the fields of the page, as a browser may have filled them in.
const typedIn = `[...document.querySelectorAll("input:not([type=hidden]), textarea")].filter(f => f.type != "checkbox" && f.type != "radio").map(f => f.value).join("")`

// TestASharedDevice: Mira looks into her book at the library and closes it. Who sits down next goes back, opens what the
// history holds, and looks into the browser's drawers, and finds nothing of hers.
func TestASharedDevice(t *testing.T) {
	w := world.New(t, ready.Folder(t))
	mira := w.Join(t, "Mira")
	s := newScreen(t, w.URL, look{width: 1280, script: true})
	p := &person{browser: s, t: t, name: "Mira"}
	s.open("/come-in")
	for _, f := range s.now.All("main input:not([type=hidden]):not([type=checkbox])") {
		if fills, _ := f.Attr("autocomplete"); fills == "username" {
			t.Error("a browser that is nobody's own is let keep sign-in words")
		}
	}
	s.send(`form[action="/come-in"]`, "words", mira.Words, "secret_passphrase", world.Passphrase)
	p.isAt("/me")
	if shown := s.now.One(".whose").Text(); !strings.Contains(shown, "shared device") {
		t.Errorf("the page does not say that the device is shared: %s", shown)
	}
	s.open("/me/words")
	s.send(`form[action="/me/words"]`, "words", miraMatters)
	s.open("/me/ways/devices")
	s.open("/join/kept")
	secret := cookies(s)["beside"]
	s.open("/leave")
	s.send(`form[action="/leave"]`, "where", "here")
	p.isAt("/")
	p.reads("Your book is closed on this device.")

	hers := []string{"Mornings without dread", mira.Words, "What matters to me"}
	for range 3 {
		s.load("going back", chromedp.NavigateBack())
		p.isAt("/come-in")
		p.readsNothingOf(hers...)
	}
	for _, path := range []string{"/me", "/me/words", "/me/ways/devices", "/join/kept", "/leave", "/again"} {
		s.open(path)
		p.isAt("/come-in")
		p.readsNothingOf(hers...)
		if filled := evaluate[string](s, typedIn); filled != "" {
			t.Errorf("from %s: the fields hold %q", path, filled)
		}
	}
	if kept := evaluate[string](s, leftBehind); kept != "" {
		t.Errorf("the browser keeps %q", kept)
	}
	for name := range cookies(s) {
		if name != "beside-form" { // of the form that the next one is shown, and nobody's
			t.Errorf("the cookie %s is left", name)
		}
	}
	if _, err := w.App.Accounts.Session(t.Context(), secret); err == nil {
		t.Error("the session is still open for whoever kept its secret")
	}
}

// cookies are what the browser would send.
func cookies(s *screen) map[string]string {
	s.t.Helper()
	out := map[string]string{}
	for _, c := range tell(s, network.GetCookies, network.GetCookiesParams{URLs: []string{s.base + "/"}}).Cookies {
		out[c.Name] = c.Value
	}
	return out
}

// TestLeavingQuicklyWhereNobodyIsKnown: from the pages for who is unsure, and from a shared device.
func TestLeavingQuicklyWhereNobodyIsKnown(t *testing.T) {
	harmless := weather(t)
	w := world.New(t, ready.Folder(t), func(c *app.Config) { c.ExitURL = harmless.URL + "/" })
	s := newScreen(t, w.URL, look{width: 360, script: true})
	s.watch.away = harmless.URL + "/"
	p := &person{browser: s, t: t, name: "nobody"}
	shifts := chromedp.Steps(chromedp.KeyEvent(kb.Shift), chromedp.KeyEvent(kb.Shift), chromedp.KeyEvent(kb.Shift))

	s.open("/worried")
	s.open("/look")
	s.send(`form[action="/look"]`, "matters", miraMatters)
	p.reads("Mornings without dread")
	s.load("leaving", shifts)
	p.reads("Rain later.")
	s.load("going back", chromedp.NavigateBack())
	p.isAt("/look")
	p.readsNothingOf("Mornings without dread")
	if filled := evaluate[string](s, typedIn); filled != "" {
		t.Errorf("the fields hold %q", filled)
	}
	if len(cookies(s)) != 0 {
		t.Errorf("cookies are left: %v", cookies(s))
	}

	mira := w.Join(t, "Mira")
	s.open("/come-in")
	s.send(`form[action="/come-in"]`, "words", mira.Words, "secret_passphrase", world.Passphrase)
	secret := cookies(s)["beside"]
	s.open("/me/ways/happened")
	s.load("leaving", shifts)
	p.reads("Rain later.")
	closedSoon(t, w, secret)
	s.load("going back", chromedp.NavigateBack())
	p.isAt("/come-in")
	p.readsNothingOf("What happened", mira.Words)
}
