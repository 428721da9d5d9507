package scenario

import (
	"strings"
	"testing"

	"beside/internal/testkit/ready"
	"beside/internal/testkit/world"
)

// TestAPageForACourtInBrowser: Mira gives a page to a court. She sees it to the letter before anything leaves, changes her mind about a
// word, says yes, prints it, finds it in what left her book, and takes her yes back.
func TestAPageForACourtInBrowser(t *testing.T) {
	w := world.New(t, ready.Folder(t))
	m := w.Join(t, "Mira")
	wrote(m, "I bake bread", "A flat of my own")
	mira := sits(t, w, m, touch)
	mira.open("/me")
	mira.presses("What I share")
	mira.presses("Give something to somebody outside Beside")
	mira.types("Who is it for?", "The court in Hill Street")
	mira.types("A letter in your own words", "I work on Thursdays.")
	mira.ticks("A flat of my own")
	mira.presses("Show me what would leave")
	mira.reads("One thing is still open here", "Please say in a few words why you give it.")
	mira.types("Why do you give it?", "You asked how I live")
	mira.presses("Show me what would leave")
	mira.reads("Is this what you want to give?", "I give to The court in Hill Street: a letter, 1 goal. Nothing else.", "I work on Thursdays.", "A flat of my own",
		"It is good to ask your lawyer first.", "Nobody can call it back.")
	mira.readsNothingOf("I bake bread")
	if paper, _ := mira.prints(); strings.Contains(paper, "Thursdays") {
		t.Errorf("what she did not say yes to prints as %q", paper)
	}
	mira.presses("Change this")
	mira.types("A letter in your own words", "I work on Mondays.")
	mira.presses("Show me what would leave")
	mira.reads("I work on Mondays.")
	mira.presses("Yes, give just this")
	mira.reads("Done. It is yours to hand over now.")
	if paper := mira.onOneSheet(); !strings.HasPrefix(paper, "For: The court in Hill Street") || !strings.Contains(paper, "I work on Mondays.") ||
		strings.Contains(paper, "Thursdays") || strings.Contains(paper, "Take my yes back") || strings.Contains(paper, "lawyer") {
		t.Errorf("it prints as %q", paper)
	}

	mira.presses("What left my book")
	mira.presses("The court in Hill Street")
	mira.presses("Take my yes back")
	mira.reads("You took your yes back on 10 March 2027.", "tell them so in writing")
	mira.readsNothingOf("Take it as a file")
	if paper, _ := mira.prints(); strings.Contains(paper, "I work on Mondays.") {
		t.Errorf("after she took it back it prints as %q", paper)
	}
	mira.presses("What left my book")
	mira.reads("a letter, 1 goal · on a page · 10 March 2027 · taken back")
}

// TestANoteForACourtInBrowser: Sam writes down that Mira was there, and prints a note that says this alone. Mira, who has no script, lets
// the court have such a page each time. Sam hands her one; she reads that he did, and takes it back: Sam can make none any more.
func TestANoteForACourtInBrowser(t *testing.T) {
	w := world.New(t, ready.Folder(t))
	m, sc := w.Join(t, "Mira"), w.Worker(t, "Sam")
	wrote(m, "I bake bread", "A flat of my own")
	walking(m, "Sam", "strengths")
	mira, sam := sits(t, w, m, bare), sits(t, w, sc, touch)
	sam.open("/worker")
	sam.presses("Mira")
	sam.presses("Write down that you met")
	sam.reads("Nothing else can be written here.", "Mira sees each line at once")
	days := sam.path()
	sam.ticks("60 minutes")
	sam.ticks("in person")
	sam.presses("Keep this")
	sam.readsNothingOf("Print for:")
	sam.presses("Print a note")
	if note := sam.onOneSheet(); !strings.Contains(note, "Mira was here.") || !strings.Contains(note, "10 March 2027, 60 minutes, in person") ||
		strings.Contains(note, "bread") {
		t.Errorf("the note prints as %q", note)
	}

	mira.open("/me/looked")
	mira.presses("Days I was here")
	mira.reads("10 March 2027, 60 minutes, in person", "Written down by Sam", "a note was printed for you")
	mira.presses("Give it to somebody each time I was here")
	mira.types("Who is it for?", "The court in Hill Street")
	mira.types("Why do you give it?", "They want to know that I came")
	mira.presses("Show me what would leave")
	mira.reads("Each time I was here, The court in Hill Street may get a page that says so: the day, how long, and what it was. Nothing else.")
	sam.open(days)
	sam.readsNothingOf("The court in Hill Street")
	mira.presses("Yes, ")
	mira.reads("Done. You can take it back here at any time.")

	sam.open(days)
	sam.reads("Print for:")
	sam.presses("Print for: The court in Hill Street")
	page := sam.path()
	if paper := sam.onOneSheet(); !strings.Contains(paper, "10 March 2027, 60 minutes, in person") || strings.Contains(paper, "bread") || strings.Contains(paper, "flat") {
		t.Errorf("the page for the court prints as %q", paper)
	}
	mira.open("/me/out")
	mira.reads("The court in Hill Street", "1 day on which I was here · on a page · 10 March 2027 · made by Sam")
	mira.presses("Take my yes back")
	mira.reads("You took your yes back on")
	sam.open(days)
	sam.readsNothingOf("The court in Hill Street")
	sam.open(page)
	sam.reads("This page is not open to you.")
}
