package scenario

import (
	"strings"
	"testing"

	"beside/internal/clock"
	"beside/internal/testkit/ready"
	"beside/internal/testkit/world"
)

// knowEachOther makes two people of one life who both said so.
func knowEachOther(one, other *world.Client, label, self string) {
	one.Get("/me/near/new")
	one.Send("main form", "label", label, "are", "relative")
	link := one.Page.One("main .typed").Text()
	other.Get(link[strings.Index(link, "/near/"):])
	other.Send("main form", "note", one.Name, "self", self)
	one.Get("/me/near")
	one.Follow("main .needs a")
	one.Send(`form[action="` + one.Path + `"]`)
}

// TestASisterInBrowser: Mira looks at what her sister would see, and says yes. Ana, whose phone has no script, writes a goal for her, which
// Mira undoes with one tap; suggests a strength, and on a day that is not a good one lets it rest until tomorrow. Mira reads that she
// looked, sees what she sees, and takes everything back. To Ana it is as if nothing had ever been there.
func TestASisterInBrowser(t *testing.T) {
	w := world.New(t, ready.Folder(t))
	m, a := w.Join(t, "Mira"), w.Join(t, "Ana")
	wrote(m, "I bake bread", "A flat of my own")
	knowEachOther(m, a, "my sister", "Ana, your sister")
	mira, ana := sits(t, w, m, touch), sits(t, w, a, bare)
	ana.open("/shared")
	ana.reads("Nobody shares anything with you here now.")

	mira.open("/me")
	mira.presses("What I share")
	mira.presses("Share something with somebody near me")
	mira.presses("Share something from my book")
	mira.ticks("My goals and steps")
	mira.ticks("My strengths")
	mira.ticks("Read, suggest, and write for me")
	mira.ticks("A month")
	mira.presses("Show me what they would see")
	mira.reads("Is this what you want to share?", "my sister may also write for me in my goals and steps", "Today my sister sees nothing of your book.", "A flat of my own", "I bake bread")
	ana.open("/shared")
	ana.reads("Nobody shares anything with you here now.")
	mira.presses("Yes, share this")
	mira.reads("my sister may read: my name, my strengths, my goals, and may suggest.")

	ana.open("/shared")
	ana.presses("Mira")
	theirs := ana.path()
	ana.reads("A flat of my own", "I bake bread")
	ana.presses("Write a goal")
	ana.reads("counts as Mira’s at once")
	ana.types("The goal", "A job on Mondays")
	ana.presses("Write this")
	ana.reads("A job on Mondays", "You wrote this for them")
	mira.open("/me")
	mira.reads("A job on Mondays", "my sister wrote this for you")
	mira.presses("A job on Mondays")
	mira.presses("Undo")
	mira.open("/me/goals")
	mira.readsNothingOf("wrote this for you")
	ana.open(theirs)
	ana.readsNothingOf("A job on Mondays")

	ana.presses("A strength")
	ana.types("What", "You make people laugh")
	ana.presses("Suggest this")
	mira.open("/me/waiting")
	mira.reads("You make people laugh", "my sister")
	ana.presses("Ask again tomorrow")
	ana.reads("It rests")
	mira.open("/me/waiting")
	mira.reads("my sister asks you again tomorrow")
	mira.open("/me")
	mira.readsNothingOf("waiting for you")
	w.Clock.Step(25 * clock.Hour)
	w.Settle(t)
	mira.open("/me")
	mira.reads("waiting for you")

	mira.open("/me/looked")
	mira.reads("my sister", "to be near you")
	mira.open("/me/sharing")
	mira.presses("See what they see")
	mira.reads("What my sister sees", "A flat of my own")
	mira.presses("Back to what I share")
	mira.presses("Take it back")
	mira.readsNothingOf("my sister may read")
	ana.open("/shared")
	ana.reads("Nobody shares anything with you here now.")
	ana.open(theirs)
	taken := ana.text()
	ana.readsNothingOf("A flat of my own", "Mira")
	ana.open("/shared/01900000-0000-7000-8000-00000000abcd")
	if never := ana.text(); taken != never {
		t.Errorf("taken back reads %q, never given reads %q", taken, never)
	}
}
