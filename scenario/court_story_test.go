package scenario

import (
	"strings"
	"testing"

	"beside/internal/testkit/ready"
	"beside/internal/testkit/world"
)

// TestASubpoenaInBrowser: a subpoena comes for Mirabelle. Toni, at a phone without script, finds nothing by which it could open
// anything, and a letter that fits on one sheet and tells nobody whether she is here.
func TestASubpoenaInBrowser(t *testing.T) {
	w := world.New(t, ready.Folder(t))
	m, tc := w.Join(t, "Mirabelle"), w.Team(t)
	toni := sits(t, w, tc, bare)
	toni.open("/team")
	toni.presses("Papers from a court or a lawyer")
	toni.reads("No paper came yet.", "A subpoena or a letter alone opens nothing.")
	toni.presses("A paper came")
	toni.reads("If you are not sure, choose the first. Then nothing leaves.")
	toni.ticks("A subpoena, a letter, a call")
	toni.types("Who sent it?", "Hill and Hill, lawyers")
	toni.types("Their number for it", "12 B 7")
	toni.types("What does it ask for?", "Everything about her")
	toni.presses("Write it down")
	toni.reads("With this paper nothing can be opened here, by anybody.", "Say neither that somebody is here nor that they are not.", "Ask your lawyer before the last day on the paper.")
	toni.saysNoButton()
	toni.presses("See a letter to print")
	letter := toni.onOneSheet()
	if !strings.Contains(letter, "We can say neither that somebody is or was here nor that they are not or were not.") || !strings.Contains(letter, "12 B 7") ||
		strings.Contains(letter, "Mirabelle") || strings.Contains(letter, "Toni") {
		t.Errorf("the letter prints as %q", letter)
	}
	toni.open("/team/papers")
	toni.reads("Hill and Hill, lawyers")
	m.Get("/me/looked")
	if said := m.Page.One("main").Text(); strings.Contains(said, "Toni") {
		t.Errorf("somebody looked for Mirabelle: %s", said)
	}
}

// TestACourtOrderInBrowser: an order names the goals of March. Toni writes that down and cannot confirm it; Tara reads the same paper and
// can. Just that is in the file. Mirabelle, who is told at once, reads who, what and why on her own pages.
func TestACourtOrderInBrowser(t *testing.T) {
	w := world.New(t, ready.Folder(t))
	m, tc, other := w.Join(t, "Mirabelle"), w.Team(t), w.Team(t)
	wrote(m, "I bake bread", "A flat of my own")
	toni, tara, mira := sits(t, w, tc, touch), sits(t, w, other, bare), sits(t, w, m, touch)
	toni.open("/team/papers/new")
	toni.ticks("A court order under 42 CFR part 2")
	toni.types("Who sent it?", "The court in Hill Street")
	toni.types("Their number for it", "99 D 3")
	toni.types("What does it ask for?", "The goals of March")
	toni.presses("Write it down")
	paper := toni.path()
	finds := func(h *hands) {
		h.types("The name on the paper", "mirabelle")
		h.presses("Look for the name")
		h.readsNothingOf("A flat of my own", "I bake bread")
		h.ticks("Mirabelle")
		h.ticks("I have read the paper, and our lawyer has read it too.")
	}
	finds(toni)
	toni.ticks("Goals and steps")
	toni.types("From which day?", "2027-03-01")
	toni.types("To which day?", "2027-03-31")
	toni.presses("Write down what it names")
	toni.reads("Nothing was opened.", "You cannot confirm it yourself.")
	toni.readsNothingOf("Mirabelle", "Take the file")
	mira.open("/me/out")
	mira.readsNothingOf("court")

	tara.open(paper)
	tara.reads("Does it name just these records and these days?")
	finds(tara)
	tara.presses("Yes, the order names this")
	tara.reads("What the order names is put together.", "Take the file")
	w.Settle(t)
	other.Get(paper)
	other.Post(paper+"/take", other.Filled(`form[action$="/take"]`)) // the button leads to a file, which no window shows
	if file := string(other.Body); !strings.Contains(file, "A flat of my own") || strings.Contains(file, "I bake bread") {
		t.Errorf("what is handed over is %s", file)
	}

	mira.open("/me")
	mira.presses("Look")
	mira.reads("A court ordered that something leaves your book")
	mira.open("/me/out")
	mira.reads("You did not give this. A court ordered it.", "The court in Hill Street", "99 D 3", "your goals and steps. 1 March 2027 – 31 March 2027", "the file was taken once")
}
