package scenario

import (
	"testing"

	"beside/internal/testkit/ready"
	"beside/internal/testkit/world"
)

// TestWhyDidYouLookInBrowser: Mira reads that Sam looked, asks him why, and reads his answer beside the look.
func TestWhyDidYouLookInBrowser(t *testing.T) {
	w := world.New(t, ready.Folder(t))
	m, sc := w.Join(t, "Mira"), w.Worker(t, "Sam")
	wrote(m, "I bake bread", "A flat of my own")
	walking(m, "Sam", "strengths")
	mira, sam := sits(t, w, m, bare), sits(t, w, sc, touch)
	mira.open("/me/looked")
	mira.readsNothingOf("Sam")
	sam.open("/worker")
	sam.presses("Mira")
	mira.open("/me/looked")
	mira.reads("Sam, recovery coach, looked at your name, your strengths.", "to walk with you")
	mira.presses("Ask why")
	mira.types("Do you want to add something?", "I was away that day")
	mira.presses("Ask why")
	mira.reads("Sam has not answered yet.")
	sam.open("/worker")
	sam.presses("Mira asks why you looked at:")
	sam.reads("I was away that day")
	sam.types("Your answer", "I prepared our meeting.")
	sam.presses("Answer")
	sam.reads("People I walk with")
	mira.open("/me/looked")
	mira.reads("Sam answered", "I prepared our meeting.")
}

// TestGoingInBrowser: Mira rests: from one page to the next Sam sees nothing of hers. She gives again, and then has her whole book gone
// today. To Sam it is as if it had never been; her words open nothing; a page tells her that it is done.
func TestGoingInBrowser(t *testing.T) {
	w := world.New(t, ready.Folder(t))
	m, sc := w.Join(t, "Mira"), w.Worker(t, "Sam")
	wrote(m, "I bake bread", "A flat of my own")
	walking(m, "Sam", "strengths")
	mira, sam := sits(t, w, m, touch), sits(t, w, sc, bare)
	sam.open("/worker")
	sam.presses("Mira")
	person := sam.path()
	sam.reads("I bake bread")
	mira.open("/me")
	mira.presses("My ways in")
	mira.presses("If I want to go")
	mira.reads("You need to ask nobody, and nobody asks you why.", "Take a copy", "Your book waits for you as it is")
	mira.presses("Rest now")
	mira.reads("Your book rests.")
	sam.open(person)
	sam.reads("This page is not open to you.")
	mira.open("/me/strengths")
	mira.reads("I bake bread")
	walking(m, "Sam", "strengths")
	sam.open(person)
	sam.reads("I bake bread")

	mira.open("/me/leave-here")
	mira.presses("Erase my whole book")
	mira.reads("What goes", "What we cannot take back")
	mira.presses("Erase it today")
	mira.reads("nobody asks you why")
	mira.ticks("I want my whole book gone")
	mira.presses("Erase my whole book for good")
	w.Settle(t)
	done := mira.path()
	sam.open(person)
	sam.reads("This page is not open to you.")
	sam.open("/worker")
	sam.readsNothingOf("Mira")
	mira.open("/me")
	mira.isAt("/come-in")
	mira.window.send(`form[action="/come-in"]`, "words", m.Words, "secret_passphrase", world.Passphrase)
	mira.isAt("/come-in")
	mira.open(done)
	mira.reads("A whole book was erased for good.")
	mira.readsNothingOf("Mira", "I bake bread")
}
