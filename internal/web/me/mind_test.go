package me_test

import (
	"strings"
	"testing"

	"beside/internal/book"
)

// A person changes their mind as they like, says why or does not, and what they learned stays theirs. Nobody else reads why.
func TestAChangeOfMind(t *testing.T) {
	onBoth(t, func(t *testing.T, ana *person) {
		ana.get("/me/goals/new")
		ana.says("Is it something you want to get away from?", "Your own way of saying it is a good way too.")
		ana.Page.HasNot("main [checked]:not([value=''])") // nothing is chosen beforehand
		ana.Send(`form[action="/me/goals/new"]`, "words", "a car", "helps", "Beto, and a driving book", "domain", "work")
		goal := ana.Path
		ana.says("a car", "What helps:", "Beto, and a driving book", "Work and learning", "What I learned", "Not what you want now?")

		long := strings.Repeat("a", book.MaxText+1)
		ana.form(goal+"/learned", "words", long).send(422, goal+"/learned")
		ana.Page.Has(`.mend a[href="#learned-words"]`)
		ana.Page.Says(`#learned-words`, "aaaa")
		ana.get(goal)
		phone := ana.form(goal+"/learned", "words", "buses go everywhere")
		ana.get(goal)
		tablet := ana.form(goal+"/learned", "words", "I like the bus")
		phone.send(200, goal)
		phone.send(200, goal)
		ana.says("Kept.")
		tablet.send(409, goal+"/learned")
		ana.says("This was changed on another device.", "I like the bus")
		ana.form(goal+"/learned").send(200, goal)
		if got := ana.Page.One("#learned-words").Raw(); got != "I like the bus" {
			t.Errorf("the form holds %q", got)
		}

		ana.form(goal+"/away", "words", long).send(422, goal+"/away")
		ana.Page.Has(`.mend a[href="#aside-words"]`)
		ana.get(goal)
		away := ana.form(goal+"/away", "words", "a car costs more than it gives")
		away.send(200, "/me/goals")
		away.send(200, "/me/goals")
		ana.says("Put away. Nobody but you can see it. You can always change your mind.", "One thing you put away", "a car")
		ana.get(goal)
		ana.says("Only you can see this here", "You said:", "a car costs more than it gives", "I like the bus", "You put this away")
		ana.Page.HasNot(`form[action$="/learned"], form[action$="/away"]`)
		r, err := ana.App.Keeper.Read(ctx, ana.sam, ana.me.Book)
		ana.must(err)
		for _, list := range r.Items {
			for _, p := range list {
				if p.Kind == book.KindGoal {
					t.Error("Sam reads a goal that was put away")
				}
			}
		}
		ana.tap(goal+"/back", goal)
		ana.hides("a car costs more than it gives")
		ana.tap(goal+"/reached", goal)
		ana.says("You said: I reached this", "I like the bus", "You set out for this, and here you are.")
		ana.get("/me/timeline")
		ana.says("You reached a goal", "You brought a goal back", "You put a goal away", "You said why a goal is not what you want now", "a car costs more than it gives",
			"You wrote down what a goal taught you", "buses go everywhere", "You wrote down a goal")
		ana.get("/me/sharing")
		ana.Follow(`main a[href^="/me/sharing/"][href$="/see"]`)
		worker := ana.Page.One("main").Text()
		for _, words := range []string{"Beto, and a driving book", "I like the bus", "Work and learning"} {
			if !strings.Contains(worker, words) {
				t.Errorf("Sam does not read %q", words)
			}
		}
		if strings.Contains(worker, "costs more") {
			t.Error("Sam reads why it was put away")
		}
	})
}
