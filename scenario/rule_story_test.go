package scenario

import (
	"testing"

	"beside/internal/testkit/ready"
	"beside/internal/testkit/world"
)

// TestARuleOfTheCentreInBrowser: Toni makes a rule by which no worker sees strengths. Sam, to whom Mira gave hers, is in the middle of a
// sentence: nothing is sent, and his words are still there. Mira reads what is closed and why. Toni alone cannot end it; when
// Tara says so too, with the keyboard alone, all is as Mira gave it.
func TestARuleOfTheCentreInBrowser(t *testing.T) {
	w := world.New(t, ready.Folder(t))
	tc, other, sc, m := w.Team(t), w.Team(t), w.Worker(t, "Sam"), w.Join(t, "Mira")
	wrote(m, "I bake bread", "A flat of my own")
	walking(m, "Sam", "strengths")
	toni, tara, sam, mira := sits(t, w, tc, bare), sits(t, w, other, look{width: 1280, script: true}), sits(t, w, sc, touch), sits(t, w, m, touch)
	mira.open("/rules")
	mira.reads("There is no such rule here now.")
	sam.open("/worker")
	sam.presses("Mira")
	person := sam.path()
	sam.reads("I bake bread")
	sam.presses("A strength")
	sam.types("What", "You make people laugh")

	toni.open("/team")
	toni.presses("Rules of this centre")
	toni.ticks("See it")
	toni.ticks("Strengths")
	toni.ticks("For all of them")
	toni.types("Why is there this rule?", "We get to know people first.")
	toni.ticks("From now")
	toni.ticks("Until two of the team end it")
	toni.presses("Make this rule")
	toni.reads("The rule is made. Everybody here can read it.")

	sam.presses("Suggest this")
	sam.reads("A rule of this centre keeps this closed", "Nothing was sent.", "You make people laugh", "We get to know people first.")
	sam.open(person)
	sam.reads("Mira gave you this, and you do not see it now: strengths.")
	sam.readsNothingOf("I bake bread")
	mira.open("/me/waiting")
	mira.readsNothingOf("You make people laugh")
	mira.open("/me/sharing")
	mira.reads("As long as it stands, Sam will not see: strengths.", "We get to know people first.")
	mira.presses("See what they see")
	mira.readsNothingOf("I bake bread")
	mira.open("/me/strengths")
	mira.reads("I bake bread") // nothing is taken from her
	mira.open("/rules")
	mira.reads("This is closed to all workers here, even when somebody gives it to them: strengths.", "We get to know people first.")

	toni.presses("End this rule")
	toni.reads("Two of the team have to say it")
	toni.presses("Yes, it should end")
	toni.reads("That was you.")
	sam.open(person)
	sam.readsNothingOf("I bake bread")
	tara.open("/team/rules")
	tara.reads("One of the team says that it should end. One more is needed.")
	tara.window.enterOn(`main article a[href$="/end"]`)
	tara.window.enterOn(`main form button`)
	tara.reads("The rule is over.")
	sam.open(person)
	sam.reads("I bake bread")
	sam.readsNothingOf("We get to know people first.")
	mira.open("/rules")
	mira.reads("There is no such rule here now.")
}
