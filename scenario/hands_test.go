package scenario

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"beside/internal/testkit/world"
)

// hands is somebody before a real window, who finds what to press by the words that stand on it.
type hands struct {
	*person
	window *screen
}

// sits puts somebody who came in already before a window of their own: a phone, unless l says otherwise.
func sits(t *testing.T, w *world.World, c *world.Client, l look) *hands {
	t.Helper()
	s := newScreen(t, w.URL, l)
	tell(s, network.SetCookie, network.SetCookieParams{Name: "beside", Value: c.Cookie("beside"), URL: w.URL})
	return &hands{person: &person{browser: s, t: t, name: c.Name}, window: s}
}

// The phones of a story: with script and without.
var (
	touch = look{width: 360, script: true}
	bare  = look{width: 360}
)

// presses presses the one link or button of the page that says these words, and waits for the next page.
func (h *hands) presses(words string) {
	h.t.Helper()
	h.finds("main a, main button", words)
	h.window.load("pressing "+words, h.click(`//main//*[self::a or self::button]`, words))
}

// ticks chooses what says these words, or unfolds it.
func (h *hands) ticks(words string) {
	h.t.Helper()
	h.finds("main label.choice, main summary", words)
	h.window.do("choosing "+words, h.click(`//main//*[self::summary or self::label and contains(@class, "choice")]`, words))
}

// finds fails the story unless something on the page says these words.
func (h *hands) finds(selector, words string) {
	h.t.Helper()
	for _, e := range h.page().All(selector) {
		if strings.HasPrefix(e.Text(), words) {
			return
		}
	}
	h.t.Fatalf("%s at %s finds nothing that says %q; the page says: %s", h.name, h.path(), words, h.text())
}

// click taps the first element of a kind whose words begin so. It uses no script of the page.
func (h *hands) click(kind, words string) chromedp.Action[chromedp.Void] {
	return chromedp.Click(chromedp.Search(kind + `[starts-with(normalize-space(.), ` + strconv.Quote(words) + `)]`))
}

// types writes into the field of this name on the page, in place of what stands there.
func (h *hands) types(label, words string) {
	h.t.Helper()
	for _, l := range h.page().All("main label:not(.choice)") {
		if id, _ := l.Attr("for"); strings.HasPrefix(l.Text(), label) {
			h.window.retypes(`[id="`+id+`"]`, words)
			return
		}
	}
	h.t.Fatalf("%s at %s: no field is called %q; the page says: %s", h.name, h.path(), label, h.text())
}

// saysNoButton fails if there is anything on the page to press but links that lead away.
func (h *hands) saysNoButton() {
	h.t.Helper()
	if n := len(h.page().All("main button, main form")); n > 0 {
		h.t.Errorf("%s at %s finds %d buttons; the page says: %s", h.name, h.path(), n, h.text())
	}
}

var (
	pages  = regexp.MustCompile(`/Type\s*/Page\b`)
	spaces = regexp.MustCompile(`\s+`)
)

// prints is what comes out of a printer, and on how many sheets.
func (h *hands) prints() (said string, sheets int) {
	h.t.Helper()
	pdf, err := chromedp.Run(h.window.ctx, chromedp.PrintToPDF())
	if err != nil {
		h.t.Fatalf("printing %s: %v", h.path(), err)
	}
	if *shots != "" {
		file := strings.ReplaceAll(h.t.Name()+h.path(), "/", "_") + ".pdf"
		if err := os.WriteFile(filepath.Join(*shots, file), pdf, 0o600); err != nil {
			h.t.Error(err)
		}
	}
	return spaces.ReplaceAllString(printed(h.window), " "), len(pages.FindAll(pdf, -1))
}

// onOneSheet prints what must fit on one sheet, and returns what stands on it.
func (h *hands) onOneSheet() string {
	h.t.Helper()
	said, sheets := h.prints()
	if sheets != 1 {
		h.t.Errorf("%s prints as %d sheets", h.path(), sheets)
	}
	return said
}
