package me_test

import (
	"testing"

	"beside/internal/book"
	"beside/internal/id"
)

// From the page of a part of life everything is the same entry as on its own page: nothing is asked twice, and what was chosen by
// coming from there is chosen in the form.
func TestMyWorld(t *testing.T) {
	onBoth(t, func(t *testing.T, ana *person) {
		ana.get("/me/world")
		ana.Page.Count("main .rows li", len(book.Domains()))
		ana.says("Home", "Money", "Work and learning", "Friends and family", "Feeling well", "Play and free time", "Spirit and culture", "The places around")
		ana.hides("Not sorted")

		ana.get("/me/world/play")
		ana.says("Play and free time", "Those who can see this: Sam", "What is strong here", "What I hope for", "What worked before", "Goals here", "Those who can see this: Sam")
		ana.Page.HasNot("#worries") // nobody is asked for worries
		ana.Follow(`main a[href*="when=before"]`)
		ana.Page.Has(`input[name=domain][value=play][checked]`)
		ana.Page.Has(`input[name=when][value=before][checked]`)
		ana.form("/me/strengths/new", "words", " ").send(422, "/me/strengths/new")
		ana.form("/me/strengths/new", "words", "swimming").send(200, "/me/world/play")
		ana.says("Kept. It is in your book.", "What worked before", "swimming")
		ana.Follow(`main a[href^="/me/goals/new"]`)
		ana.Page.Has(`input[name=domain][value=play][checked]`)
		ana.Send(`form[action="/me/goals/new"]`, "words", "the lake", "helps", "my aunt")
		goal := ana.Path
		ana.says("the lake", "my aunt")
		ana.get("/me/world/play")
		ana.says("swimming", "Goals here", "the lake")
		ana.get("/me/strengths")
		ana.says("Play and free time", "swimming", "It worked before")
		ana.get("/me/world")
		ana.says("Play and free time", "swimming · the lake", "Spirit and culture")

		ana.get(goal + "/change")
		ana.form(goal+"/change", "domain", "").send(200, goal)
		ana.get("/me/world")
		ana.says("Not sorted", "the lake")
		ana.get("/me/world/open")
		ana.says("Not sorted, and that is fine", "the lake")
		ana.get("/me/world/play")
		ana.hides("the lake")
		for _, path := range []string{"/me/world/mood", "/me/world/Home"} {
			ana.Get(path)
			ana.Want(404, path)
		}
	})
}

// A worry is there only when the person wrote it, and nobody else ever reads it: not who was given all that can be given.
func TestWorriesAreMineAlone(t *testing.T) {
	onBoth(t, func(t *testing.T, ana *person) {
		ana.get("/me/world/money")
		ana.Follow(`main a[href^="/me/notes/new"]`)
		ana.says("Only you can see this here.")
		ana.hides("Who can see this?")
		new := ana.form("/me/notes/new", "words", " ")
		new.send(422, "/me/notes/new")
		ana.Page.Has(`input[name=domain][value=money][checked]`)
		ana.form("/me/notes/new", "words", "the letter from the bank").send(200, "/me/world/money")
		ana.says("Kept. It stays with you alone.", "Money", "What worked before", "Goals here", "What worries me here", "Only you can see this here.", "the letter from the bank")
		ana.Follow(`main a[href^="/me/notes/0"]`)
		at := ana.Path
		ana.form(at, "words", "the letter, still closed", "domain", "home").send(200, "/me/world/home")
		ana.says("the letter, still closed")
		ana.get(at)
		phone := ana.form(at, "words", "from the phone")
		ana.get(at)
		tablet := ana.form(at, "words", "from the tablet")
		phone.send(200, "/me/world/home")
		phone.send(200, "/me/world/home") // a double tap
		tablet.send(409, at)
		ana.says("This was changed on another device.", "from the phone")
		ana.Page.Says("textarea", "from the tablet")
		ana.get(at)
		ana.tap(at+"/away", "/me/world/home")
		ana.says("One thing you put away", "from the phone")
		ana.tap(at+"/back", "/me/world/home")

		r, err := ana.App.Keeper.Read(ctx, ana.sam, ana.me.Book)
		ana.must(err)
		for _, list := range r.Items {
			for _, p := range list {
				if p.Kind == book.KindNote {
					t.Error("Sam reads a worry")
				}
			}
		}
		e := ana.entry()
		ana.isNotOpen(ana.App.Peers.Suggest(ctx, ana.sam, ana.me.Book, e, &book.Note{Words: book.NewText("you worry")}))
		ana.get("/me/timeline")
		ana.says("You brought a worry back", "You wrote down a worry")
		ana.get("/me/erase")
		ana.says("What worries me", "from the phone")

		ben := join(t, ana.World, ana.sam, "Ben")
		ben.Get(at)
		ben.Want(404, at)
		ben.Get("/me/notes/" + id.New[id.Item](ana.App.IDs).String())
		ben.Want(404, ben.Path)
	})
}
