package choose_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/peer"
	"beside/internal/testkit/ready"
	"beside/internal/testkit/world"
)

const (
	list = "/me/workers"
	yes  = `form:has(input[type=hidden][name=sections])`
	less = `details form:has(fieldset):not([action$="/paper"])`
	back = `form[action$="/back"]`
)

func onBoth(t *testing.T, fn func(t *testing.T, w *world.World)) {
	t.Helper()
	ready.Both(t, func(t *testing.T, where string) { fn(t, world.New(t, where)) })
}

// card is the link of one worker in the list.
func card(t *testing.T, c *world.Client, name string) string {
	t.Helper()
	for _, a := range c.Page.All(".person h2 a") {
		if a.Text() == name {
			href, _ := a.Attr("href")
			return href
		}
	}
	t.Fatalf("%s is not in the list", name)
	return ""
}

// tap taps a worker in the list and then on yes: these are two taps, and there is no third.
func tap(t *testing.T, c *world.Client, name string) {
	t.Helper()
	c.Get(list)
	c.Get(card(t, c, name))
	c.Send(yes)
	c.Want(200, list)
	c.Page.Says(".settled h2", name+" walks with you")
}

func TestChoosingAndChangingInTwoTaps(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world.World) {
		sam, alex, ana := w.Worker(t, "Sam"), w.Worker(t, "Alex"), w.Join(t, "Ana")
		tap(t, ana, "Sam")
		sam.Get("/worker").Says("main", "Ana")

		ana.Get(list)
		ana.Get(card(t, ana, "Alex")).Says("main", "this ends for Sam, who will no longer see your book")
		tap(t, ana, "Alex")
		ana.Page.Count(".settled", 1)
		sam.Get("/worker").HasNot(".rows")
		alex.Get("/worker").Says("main .rows", "Ana")
	})
}

// Choosing is a page of one's own book: it says whose, and leads back through it.
func TestTheyArePagesOfTheReadersBook(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world.World) {
		w.Worker(t, "Sam")
		ana := w.Join(t, "Ana")
		ana.Get(list)
		for _, path := range []string{list, card(t, ana, "Sam")} {
			ana.Get(path)
			ana.Page.Says("#whose", "Ana")
			ana.Page.Count("nav a", 3)
		}
	})
}

func TestTheConsentIsWhatIsGiven(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world.World) {
		sam, ana := w.Worker(t, "Sam"), w.Join(t, "Ana")
		ana.Get(list)
		page := ana.Get(card(t, ana, "Sam"))
		// A year on is 10 March 2028, but with its 29 February that is more than the longest grant.
		page.Says("main section .lead", "Sam may see: my name, what matters to me, my strengths, my goals, and may suggest. It is there so that they can walk with me. Nothing else. Until 9 March 2028. I can take this back at any time, on “What I share”.")
		ana.Send(yes)
		page.Says("main", "I, Ana, say so on 10 March 2027. Elm House keeps my book, and shows them this.")
		ana.Page.Says(".settled", "Sam may see: my name, what matters to me, my strengths, my goals, and may suggest. It is there so that they can walk with me. Nothing else. Until 9 March 2028.")
		sam.Get("/worker")
		sam.Follow(".rows a").Says(".who", "Ana shares with you: name, what matters, strengths, goals and steps. Until 9 March 2028.")

		ana.Follow(".settled a")
		ana.Send(less, "sections", "words")
		ana.Page.Says(".settled", "Sam may see: my name, what matters to me, and may suggest. It is there so that they can walk with me. Nothing else.")
		page = sam.Get(sam.Path)
		page.Says(".who", "Ana shares with you: name, what matters. Until 9 March 2028.")
		page.HasNot("#strengths, #goals")

		ana.Follow(".settled a")
		ana.Page.Count(`details form:not([action$="/paper"]) input[type=checkbox][checked]`, 1)
		ana.Send(back)
		ana.Want(200, list)
		ana.Page.HasNot(".settled")
		sam.Get("/worker").HasNot(".rows")
	})
}

func TestNothingButTheNameCanBeShared(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world.World) {
		sam, ana := w.Worker(t, "Sam"), w.Join(t, "Ana")
		ana.Get(list)
		ana.Get(card(t, ana, "Sam"))
		form := ana.Filled(less)
		form.Del("sections") // every box is unticked
		ana.Post(ana.Path, form)
		ana.Page.Says(".settled", "Sam may see: my name, and may suggest.")
		sam.Get("/worker")
		sam.Follow(".rows a").Says(".who", "Ana shares with you: name. Until")
		sam.Page.HasNot("section")
	})
}

func TestADoubleTapIsOneYes(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world.World) {
		w.Worker(t, "Sam")
		ana := w.Join(t, "Ana")
		ana.Get(list)
		path := card(t, ana, "Sam")
		ana.Get(path)
		form := ana.Filled(yes)
		for range 2 {
			ana.Post(path, form)
			ana.Want(200, list)
			ana.Page.Count(".settled", 1)
		}
		w.Clock.Step(3 * clock.Second) // a slow second tap is still the same form
		ana.Post(path, form)
		ana.Want(200, list)
		ana.Page.Count(".settled", 1)
	})
}

func TestNobodyIsHereYet(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world.World) {
		ana := w.Join(t, "Ana")
		ana.Get(list).Says(".empty", "Nobody is free to walk with you yet")
		w.Worker(t, "Sam")
		tap(t, ana, "Sam")
		ana.Page.Says(".empty", "nobody else")
	})
}

func TestWhoCannotBeChosen(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world.World) {
		sam, alex, ana := w.Worker(t, "Sam"), w.Worker(t, "Alex"), w.Join(t, "Ana")
		ana.Get(list)
		path, other := card(t, ana, "Sam"), card(t, ana, "Alex")
		ana.Get(path)
		form := ana.Filled(yes)
		sam.Get("/worker/profile")
		told := sam.Filled("main form", "name", "Sam")
		told.Del("taking_more")
		sam.Post("/worker/profile", told)

		ana.Post(path, form) // the page was open while Sam's days filled up
		ana.Want(409, path)
		ana.Page.Says("main", "not free for new people just now, so nothing was shared")
		ana.Get(list).HasNot(".settled")
		ana.Page.Count(".person", 1)
		ana.Get(path).Says("main", "Sam is not free for new people just now")
		ana.Page.HasNot("form")

		alex.Wear("self") // one is not offered to oneself
		alex.Get(list).HasNot(".person")
		alex.Get(other)
		alex.Want(404, other)
		alex.Get(path)
		alex.Want(200, path)

		for _, nobody := range []string{"nobody", id.New[id.Person](w.App.IDs).String(), subject(t, w, ana).Person.String()} {
			ana.Get(list + "/" + nobody)
			ana.Want(404, list+"/"+nobody)
			ana.Post(list+"/"+nobody, form)
			if ana.Status != 404 {
				t.Fatalf("choosing %s: %d", nobody, ana.Status)
			}
		}
	})
}

func subject(t *testing.T, w *world.World, c *world.Client) grant.Subject {
	t.Helper()
	s, err := w.App.Accounts.Session(context.Background(), c.Cookie("beside"))
	if err != nil {
		t.Fatal(err)
	}
	return grant.Subject{Person: s.Person, Hat: s.Hat}
}

func TestAnExpiredCertificateBlocksOnlyNewMatches(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world.World) {
		sam, ana, ben := w.Worker(t, "Sam"), w.Join(t, "Ana"), w.Join(t, "Ben")
		sam.Get("/worker/profile")
		sam.Send("main form", "certificate", "2027-03-10")
		ben.Get(list)
		path := card(t, ben, "Sam")
		ben.Get(path).Says("dl", "Good until today")
		form := ben.Filled(yes)
		tap(t, ana, "Sam")
		shorten(t, w, subject(t, w, sam), clock.Hour) // a session on a device that is not one's own is as short as half a day
		w.Clock.Step(clock.Hour)
		ben.Post(path, form)
		ben.Want(409, path)
		ben.Get(list).HasNot(".person")
		sam.Get("/worker").Says(".rows", "Ana")
		ana.Get(list).Says(".settled h2", "Sam walks with you")
		ana.Follow(".settled a")
		ana.Send(less, "sections", "goals") // and what is shared may still change
		ana.Want(200, list)
	})
}

// shorten has a worker's certificate run out sooner.
func shorten(t *testing.T, w *world.World, who grant.Subject, left clock.Time) {
	t.Helper()
	pr, err := w.App.Peers.OwnProfile(t.Context(), who)
	if err != nil {
		t.Fatal(err)
	}
	pr.CertificateUntil = w.Clock.Now() + left
	if err := w.App.Peers.KeepProfile(t.Context(), who, pr); err != nil {
		t.Fatal(err)
	}
}

func TestAClosedGrantSaysSo(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world.World) {
		w.Worker(t, "Sam")
		ana := w.Join(t, "Ana")
		who := subject(t, w, ana)
		ana.Get(list)
		path := card(t, ana, "Sam")
		worker, err := id.Parse[id.Person](strings.TrimPrefix(path, list+"/"))
		if err != nil {
			t.Fatal(err)
		}
		s, err := w.App.Accounts.Session(t.Context(), ana.Cookie("beside"))
		if err != nil {
			t.Fatal(err)
		}
		err = w.App.Peers.Choose(t.Context(), who, s.Book, peer.Choice{Entry: id.New[id.Entry](w.App.IDs), Worker: worker, Until: w.Clock.Now() + clock.Hour, Sections: []book.Section{book.SectionWords}})
		if err != nil {
			t.Fatal(err)
		}
		w.Clock.Step(clock.Hour)
		ana.Get(list).Says(".settled", "Sam walked with you")
		ana.Page.Says(".settled", "Sam cannot see your book now")
		ana.Follow(".settled a")
		ana.Page.Says("#now", "Sam walked with you")
		ana.Send(yes) // and it can be given anew
		ana.Page.Says(".settled h2", "Sam walks with you")
	})
}

func TestOnlyInOnesOwnBook(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world.World) {
		sam, team := w.Worker(t, "Sam"), w.Team(t)
		for _, c := range []*world.Client{sam, team} {
			c.Get(list)
			c.Want(404, list)
		}
		visitor := w.Visitor(t)
		visitor.Get(list)
		visitor.Want(200, "/come-in")
		ana := w.Join(t, "Ana")
		ana.Get(list)
		path := card(t, ana, "Sam")
		ana.Post(path, url.Values{"until": {"1"}}) // without a token of ours
		if ana.Status != 422 {
			t.Fatalf("a form without a token: %d", ana.Status)
		}
	})
}

// TestAWorkerWritesForAna: that Sam may write for her is never part of a first yes. She reads aloud what it is and that she should
// think twice; she keeps what Sam wrote or undoes it; and takes it back while he goes on walking with her.
func TestAWorkerWritesForAna(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world.World) {
		sam, ana := w.Worker(t, "Sam"), w.Join(t, "Ana")
		ana.Get(list)
		ana.Get(card(t, ana, "Sam")).HasNot(`input[name="acts"]`)
		tap(t, ana, "Sam")
		ana.Follow(".settled a")
		ana.Page.Says("details:has(.told)", "Sam may also write for me in my goals and steps")
		ana.Page.Says("details .told", "Think twice")
		ana.Page.Says("details .told", "Others who may see your goals see what")
		ana.Send(`details:has(.told) form`)
		ana.Page.Says(".settled", "Sam may also write for me")
		ana.Get("/me/sharing").Says("main", "They may also write for me in my goals and steps: it counts as mine at once")
		sam.Get("/worker")
		sam.Follow(".rows a")
		person := sam.Path
		sam.Follow(`a[href$="/write/goal"]`)
		sam.Send("main form", "words", "A room with a window")
		sam.Want(200, person)
		ana.Get("/me").Says(`section[aria-labelledby="for-me"]`, "Sam wrote this for you")

		ana.Get(list)
		ana.Follow(".settled a")
		ana.Send(less, "sections", "words", "sections", "goals") // what else is given can change beside it
		ana.Page.Says(".settled", "Sam may also write for me")
		ana.Follow(".settled a")
		ana.Send(`details:not(:has(fieldset)) form`)
		ana.Page.Says(".settled", "and may suggest. It is there")
		sam.Get(person).HasNot(`a[href*="/write/"]`)
		ana.Get("/me").Says(`section[aria-labelledby="for-me"]`, "A room with a window") // what was written stays
		ana.Get(list)
		ana.Follow(".settled a")
		ana.Send(less, "sections", "words")
		ana.Follow(".settled a")
		ana.Page.HasNot(`details:not(:has(fieldset))`) // nothing is given in which he could
	})
}

// TestNothingIsGivenUnread: who says anew what a worker may see gives it for no longer than it was; and when it is over, a new yes has
// no writing in it, as none is read aloud.
func TestNothingIsGivenUnread(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world.World) {
		w.Worker(t, "Sam")
		ana := w.Join(t, "Ana")
		who := subject(t, w, ana)
		ana.Get(list)
		path := card(t, ana, "Sam")
		worker, err := id.Parse[id.Person](strings.TrimPrefix(path, list+"/"))
		if err != nil {
			t.Fatal(err)
		}
		s, err := w.App.Accounts.Session(t.Context(), ana.Cookie("beside"))
		if err != nil {
			t.Fatal(err)
		}
		until := w.Clock.Now() + clock.Hour
		err = w.App.Peers.Choose(t.Context(), who, s.Book, peer.Choice{Entry: id.New[id.Entry](w.App.IDs), Worker: worker, Until: until,
			Sections: []book.Section{book.SectionWords, book.SectionGoals}, Acts: []book.Section{book.SectionGoals}})
		if err != nil {
			t.Fatal(err)
		}
		ana.Get(path)
		ana.Send(less, "sections", "goals")
		all, err := w.App.Peers.Companions(t.Context(), who, s.Book)
		if err != nil || len(all) != 1 || all[0].Until != until || len(all[0].Acts) != 1 {
			t.Errorf("it was given until %v, and is %+v, %v", until, all, err)
		}
		w.Clock.Step(clock.Hour)
		ana.Get(path).HasNot(`input[name="acts"]`)
	})
}
