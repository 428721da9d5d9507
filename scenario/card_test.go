package scenario

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"beside/internal/testkit/ready"
	"beside/internal/testkit/world"
)

// TestACameraTypesTheCode: the square on a card holds its code behind the # of the address. The page types it into the form
// and takes it out of the address; then the PIN opens the book. What cannot be a code is left alone.
func TestACameraTypesTheCode(t *testing.T) {
	w := world.New(t, ready.Folder(t))
	mira := w.Join(t, "Mira")
	mira.Get("/me/pin")
	mira.Send("main form", "secret_pin", "640275")
	mira.Get("/me/card")
	mira.Send(`main form[action="/me/card"]`)
	code := strings.ReplaceAll(mira.Page.One("main .code").Text(), " ", "")

	s := newScreen(t, w.URL, look{width: 360, script: true})
	s.open("/come-in/card#" + code)
	const read = `document.querySelector("[data-from-hash]").value + " " + location.hash`
	typed, err := chromedp.Run(s.ctx, chromedp.Evaluate[string](read))
	if err != nil || typed != code+" " {
		t.Errorf("the form and the address hold %q, %v", typed, err)
	}
	s.send("main form", "secret_pin", "640275")
	if s.at != "/me" {
		t.Errorf("came in at %s", s.at)
	}

	other := newScreen(t, w.URL, look{width: 360, script: true})
	other.open("/come-in/card#main")
	if typed, err := chromedp.Run(other.ctx, chromedp.Evaluate[string](read)); err != nil || typed != " #main" {
		t.Errorf("the form and the address hold %q, %v", typed, err)
	}
}
