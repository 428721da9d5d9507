package scenario

import (
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"beside/internal/testkit/ready"
	"beside/internal/testkit/world"
)

// focused tells whether what has the focus fits a selector, and what is wrong with how that can be seen.
const focused = `(selector => {
	const e = document.activeElement;
	if (!e || e === document.body) return {there: false, wrong: ""};
	const box = e.closest("label") || e; // a choice shows it around all of its label
	const r = e.getBoundingClientRect(), style = getComputedStyle(box);
	const x = r.left + r.width / 2, y = r.top + r.height / 2;
	const top = document.elementFromPoint(x, y);
	let wrong = "";
	if (!e.matches(":focus-visible")) wrong = "shows no focus";
	else if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2) wrong = "has no outline";
	else if (y < 0 || y > innerHeight || x < 0 || x > innerWidth) wrong = "is outside of what can be seen";
	else if (!top || !(e.contains(top) || top.contains(e) || top.closest("label")?.control === e)) wrong = "is covered by " + (top ? top.outerHTML.slice(0, 60) : "nothing");
	return {there: e.matches(selector), wrong: wrong && e.outerHTML.slice(0, 90) + " " + wrong};
})`

// press presses one key.
func (s *screen) press(key string) {
	s.t.Helper()
	s.do("pressing a key", chromedp.KeyEvent(key))
}

// tabTo presses the tabulator until something that fits has the focus. Everything on the way must show that it has it.
func (s *screen) tabTo(selector string) {
	s.t.Helper()
	for range 60 {
		s.press(kb.Tab)
		type focus struct {
			There bool   `json:"there"`
			Wrong string `json:"wrong"`
		}
		f, err := chromedp.Run(s.ctx, chromedp.Evaluate[focus](focused+"("+quote(selector)+")"))
		if err != nil {
			s.t.Fatal(err)
		}
		if f.Wrong != "" {
			s.t.Errorf("at %s: %s", s.at, f.Wrong)
		}
		if f.There {
			return
		}
	}
	s.t.Fatalf("at %s no tabulator leads to %s", s.at, selector)
}

func quote(s string) string { return "`" + s + "`" }

// enterOn presses Enter on what has the focus, and waits for the next page.
func (s *screen) enterOn(selector string) {
	s.t.Helper()
	s.tabTo(selector)
	s.load("Enter on "+selector, chromedp.KeyEvent(kb.Enter))
}

func (s *screen) typed(words string) {
	s.t.Helper()
	tell(s, input.InsertText, input.InsertTextParams{Text: words})
}

// TestKeyboardOnly goes from the street to the first words in one's book without a mouse.
func TestKeyboardOnly(t *testing.T) {
	w := world.New(t, ready.Folder(t))
	w.Worker(t, "Sam")
	for _, width := range []int64{360, 1280} {
		t.Run(look{width: width, script: true}.String(), func(t *testing.T) {
			s := newScreen(t, w.URL, look{width: width, script: true})
			p := &person{browser: s, t: t, name: "Mira"}
			s.open("/")
			s.press(kb.Tab)
			if skip, err := chromedp.Run(s.ctx, chromedp.Evaluate[bool](`document.activeElement.matches("a.skip") && document.activeElement.getBoundingClientRect().top >= 0`)); err != nil || !skip {
				t.Errorf("the first stop is not the way straight to the page: %v", err)
			}
			s.enterOn(`main a[href="/join"]`)
			s.enterOn(`main a[href^="/join/you"]`)
			s.tabTo(`input[name="name"]`)
			s.typed("Mira")
			s.tabTo(`input[type="password"]`)
			s.typed(passphrase)
			s.tabTo(`input[type="radio"]`)
			s.press(" ")
			s.enterOn(`main button`)
			p.isAt("/join/kept")
			s.enterOn(`main .do a.button`)
			p.isAt("/me")
			s.enterOn(`main a[href="/me/words"]`)
			s.tabTo(`main textarea`)
			s.typed(miraBread)
			s.enterOn(`main button`)
			p.isAt("/me")
			p.reads(miraBread)
			s.enterOn(`main a[href="/me/workers"]`)
			s.enterOn(`main .person a`)
			s.enterOn(`main form button:not(.quiet)`)
			s.open("/me/sharing")
			p.reads("Sam", "may see")
		})
	}
}
