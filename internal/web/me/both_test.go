package me_test

import (
	"testing"

	"beside/internal/book"
	"beside/internal/journey"
)

// Another device was quicker: both versions are shown, what was typed stays, nothing is overwritten until the person says.
func TestTwoDevices(t *testing.T) {
	onBoth(t, func(t *testing.T, ana *person) {
		it := ana.strength("patience")
		path := "/me/strengths/" + it.String()
		ana.get(path)
		old := ana.form(path, "words", "patience, mostly")
		ana.set(it, "patience with tea")
		old.send(409, path)
		ana.says("This was changed on another device.", "Kept now", "patience with tea", "Leave it as it is kept")
		if got := ana.Page.One("textarea").Raw(); got != "patience, mostly" {
			t.Errorf("the form holds %q", got)
		}
		ana.form(path).send(200, "/me/strengths")
		ana.says("patience, mostly")
	})
}

// Every form that changes something meets another device so.
func TestEveryFormMeetsAnotherDevice(t *testing.T) {
	ana := newAna(t, t.TempDir())
	goal := ana.goal("a goal")
	step := ana.step(goal, "a step")
	ana.must(ana.App.Journey.SetWords(ctx, ana.me, journey.Writing{Entry: ana.entry()}, book.NewText("my words")))
	for _, path := range []string{"/me/words", "/me/goals/" + goal.String() + "/change", "/me/steps/" + step.String()} {
		ana.get(path)
		one, two := ana.form(path), ana.form(path)
		two.values.Set("entry", ana.entry().String())
		ana.Post(path, with(one, "words", "from the phone"))
		if ana.Status != 200 {
			t.Fatalf("%s: %d", path, ana.Status)
		}
		two.send(409, path, "words", "from the tablet")
		ana.says("This was changed on another device.", "from the phone")
		over := ana.form(path)
		if got := over.values.Get("words"); got != "from the tablet" {
			t.Errorf("%s: the form holds %q", path, got)
		}
		if ana.Post(path, over.values); ana.Status != 200 {
			t.Errorf("%s: over the other it is %d", path, ana.Status)
		}
		ana.get(path)
		if got := ana.Page.One(`textarea[name=words]`).Raw(); got != "from the tablet" {
			t.Errorf("%s: kept is %q", path, got)
		}
	}
}

// with fills in a form.
func with(s sent, name, words string) map[string][]string {
	s.values.Set(name, words)
	return s.values
}

// A form sent twice is one entry; gone back to and sent with other words, it shows both and offers a new version.
func TestFormsSentTwice(t *testing.T) {
	onBoth(t, func(t *testing.T, ana *person) {
		for _, x := range []struct{ path, list string }{{"/me/strengths/new", "/me/strengths"}, {"/me/goals/new", "/me/goals"}} {
			ana.get(x.path)
			form := ana.form(x.path, "words", "once")
			for range 2 {
				if ana.Post(x.path, form.values); ana.Status != 200 {
					t.Fatalf("%s: %d", x.path, ana.Status)
				}
			}
			ana.get(x.list)
			ana.Page.Count(".rows li", 1)
			form.send(409, x.path, "words", "once more")
			ana.says("This page was sent before, with other words.", "Kept now", "once")
			ana.Page.HasNot(`form[action="` + x.path + `"]`) // it would be a second one
			ana.Send("main form:has(textarea)")
			if ana.Status != 200 {
				t.Fatalf("%s: kept anew it is %d", x.path, ana.Status)
			}
			ana.get(x.list)
			ana.Page.Count(".rows li", 1)
			ana.says("once more")
		}
		ana.get("/me/timeline")
		told := ana.form("/me/timeline", "what", "good", "words", "it rained")
		told.send(200, "/me/timeline")
		told.send(200, "/me/timeline")
		told.send(409, "/me/timeline", "words", "it poured")
		ana.says("This page was sent before", "it rained")
		ana.form("/me/timeline", "what", "good").send(200, "/me/timeline")
		ana.says("it poured", "it rained")
		ana.Page.Count(".timeline li:contains('it rained')", 1)
	})
}

// A step that was sent before with other words is offered as a new version of that step.
func TestStepSentTwice(t *testing.T) {
	ana := newAna(t, t.TempDir())
	goal := "/me/goals/" + ana.goal("a goal").String()
	ana.get(goal)
	form := ana.form(goal+"/steps", "words", "shoes")
	form.send(200, goal)
	form.send(200, goal)
	ana.Page.Count(".steps li", 1)
	form.send(409, goal+"/steps", "words", "boots")
	ana.says("This page was sent before", "shoes")
	ana.Send("main form:has(textarea)")
	ana.Want(200, goal)
	ana.Page.Count(".steps li", 1)
	ana.says("boots")
}

// A button of a page that is no longer true does nothing and shows how it is.
func TestOldButtons(t *testing.T) {
	ana := newAna(t, t.TempDir())
	it := ana.strength("patience")
	path := "/me/strengths/" + it.String()
	ana.get(path)
	old := ana.form(path + "/away")
	ana.set(it, "more patience")
	old.send(200, "/me/strengths")
	ana.says("This was changed on another device in the meantime.", "more patience")
	ana.Page.Has(`.rows a[href="` + path + `"]`)
}

// Answered on another device meanwhile: the page shows how, and nothing is asked again.
func TestAnsweredElsewhere(t *testing.T) {
	onBoth(t, func(t *testing.T, ana *person) {
		path := ana.suggests(&book.Strength{Words: book.NewText("you listen"), Domain: book.DomainPeople})
		ana.get(path)
		late := ana.form(path, "answer", "no")
		ana.get(path + "/change")
		words := ana.form(path+"/change", "words", "I listen, when I can")
		ana.get(path)
		ana.form(path, "answer", "yes").send(200, "/me/strengths")
		late.values.Set("entry", ana.entry().String())
		late.send(200, path)
		ana.says("This was changed on another device in the meantime.", "You said: yes, that’s mine")
		words.send(409, path+"/change")
		ana.says("This was changed on another device.", "you listen")
		ana.Send("main form:has(textarea)") // over it, as a new version of what it became
		ana.Want(200, "/me/strengths")
		ana.says("Friends and family", "I listen, when I can")
		ana.Get(path + "/change")
		ana.Want(200, path)
		ana.says("You said: yes, that’s mine") // led on: there is nothing left to answer
	})
}

// A suggestion for something that has changed since shows both, and the person chooses the words.
func TestSuggestionForWhatHasChanged(t *testing.T) {
	onBoth(t, func(t *testing.T, ana *person) {
		it := ana.strength("patience")
		path := ana.suggestsFor(it, "endless patience")
		ana.get(path)
		yes := ana.form(path, "answer", "yes")
		ana.set(it, "patience with tea")
		yes.send(200, path+"/change")
		ana.says("endless patience", "You changed this after it was suggested.", "Kept now", "patience with tea")
		ana.form(path+"/change", "words", "patience, endless with tea").send(200, "/me/strengths")
		ana.says("patience, endless with tea")
		ana.Page.Count(".rows li", 1)
	})
}

func TestAboutOnTwoDevices(t *testing.T) {
	ana := newAna(t, t.TempDir())
	ana.get("/me/about")
	one, two := ana.form("/me/about", "name", "Anita"), ana.form("/me/about", "name", "Anna")
	two.values.Set("entry", ana.entry().String())
	one.send(200, "/me/about")
	two.send(409, "/me/about")
	ana.says("This was changed on another device.", "Kept now", "Anita")
	ana.Page.Has(`input[name=name][value=Anna]`)
	ana.form("/me/about").send(200, "/me/about")
	ana.Page.Has(`input[name=name][value=Anna]`)
}
