package days_test

import (
	"context"
	"strings"
	"testing"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/outside"
	"beside/internal/peer"
	"beside/internal/testkit/ready"
	"beside/internal/testkit/world"
)

var ctx = context.Background()

// place is a world in which Mira walks with Sam; nobody has script.
type place struct {
	*testing.T
	*world.World
	mira, sam *world.Client
	owner     grant.Subject
	book      id.Book
}

func onBoth(t *testing.T, fn func(p *place)) {
	t.Helper()
	ready.Both(t, func(t *testing.T, where string) {
		p := &place{T: t, World: world.New(t, where)}
		p.mira, p.sam = p.World.Join(t, "Mirabelle"), p.Worker(t, "Sam")
		s, err := p.App.Accounts.Session(ctx, p.mira.Cookie("beside"))
		p.must(err)
		p.owner, p.book = grant.Subject{Person: s.Person, Hat: s.Hat}, s.Book
		sam, err := p.App.Accounts.Session(ctx, p.sam.Cookie("beside"))
		p.must(err)
		p.must(p.App.Peers.Choose(ctx, p.owner, p.book, peer.Choice{
			Entry: id.New[id.Entry](p.App.IDs), Worker: sam.Person, Sections: []book.Section{book.SectionWords}, Until: p.Clock.Now() + 300*clock.Day,
		}))
		fn(p)
	})
}

func (p *place) must(err error) {
	p.Helper()
	if err != nil {
		p.Fatal(err)
	}
}

// writes has Sam write down that they met today.
func (p *place) writes() (path string) {
	p.Helper()
	p.sam.Get("/worker")
	p.sam.Follow(`main .rows a[href*="/people/"]`)
	p.sam.Follow(`main a[href$="/days"]`)
	path = p.sam.Path
	form := p.sam.Filled("main form", "units", "4", "code", "met")
	for range 2 { // a double tap
		p.sam.Post(path, form)
		p.sam.Want(200, path)
	}
	return path
}

// TestANoteTheSameEvening: Sam writes down that they met, and nothing else can be written; Mira sees it; Sam prints a note for her who
// has no phone; and she gives the fact to the court herself, with nothing of her book beside it.
func TestANoteTheSameEvening(t *testing.T) {
	onBoth(t, func(p *place) {
		path := p.writes()
		p.sam.Page.Count("main article.paper", 1)
		p.sam.Page.Says("main article", "10 March 2027, 60 minutes, in person")
		p.sam.Page.HasNot("main textarea, main input[type=text], main input:not([type])")

		p.sam.Send(`form[action$="/paper"]`)
		p.sam.Want(200, p.sam.Path)
		if !strings.HasPrefix(p.sam.Path, path) || !strings.HasSuffix(p.sam.Path, "/paper") {
			p.Errorf("the note is at %s", p.sam.Path)
		}
		p.sam.Page.Says(".given", "Mirabelle was here.")
		p.sam.Page.Says(".given", "10 March 2027, 60 minutes, in person")

		p.mira.Get("/me/looked")
		p.mira.Follow(`main a[href="/me/days"]`)
		p.mira.Page.Says("main article", "10 March 2027, 60 minutes, in person")
		p.mira.Page.Says("main article", "Written down by Sam · a note was printed for you on 10 March 2027")
		p.mira.Page.Says(".told", "ask your lawyer")
		p.mira.Follow(`main a[href^="/me/out/new"]`)
		p.mira.Page.Count(`input[name="days"][checked]`, 1)
		p.mira.Send("main form", "to", "The court", "why", "They want to know that I came", "do", "see")
		p.mira.Page.Says(".sheet", "10 March 2027, 60 minutes, in person")
		p.mira.Send("main form", "do", "yes")
		p.mira.Page.Says("main", "1 day on which I was here")
		list, err := p.App.Outside.List(ctx, p.owner, p.book)
		p.must(err)
		if len(list) != 1 || list[0].Days != 1 || list[0].Letter || len(list[0].What) > 0 || list[0].Way != outside.Page {
			p.Errorf("what left is %+v", list)
		}
	})
}

// TestSheSaysThatItIsWrong: then it goes on no note, Sam reads so and takes it back; and she can take that back before.
func TestSheSaysThatItIsWrong(t *testing.T) {
	onBoth(t, func(p *place) {
		path := p.writes()
		p.sam.Send(`form[action$="/paper"]`)
		note := p.sam.Path
		p.mira.Get("/me/days")
		p.mira.Send(`form[action$="/wrong"]`)
		p.mira.Want(200, "/me/days")
		p.mira.Page.Says("main .needs", "You said that this is wrong. Sam sees that.")
		p.mira.Page.HasNot(`main a[href^="/me/out/new"]`)
		p.mira.Get("/me/out/new").HasNot(`input[name="days"]`)
		p.sam.Get(path).Says("main .needs", "Mirabelle says that this is wrong")
		p.sam.Page.HasNot(`form[action$="/paper"]`)
		p.sam.Get(note)
		p.sam.Want(404, note)
		p.mira.Get("/me/days")
		p.mira.Send(`form[action$="/right"]`)
		p.mira.Page.HasNot("main .needs")
		p.sam.Get(path)
		p.sam.Send(`form[action$="/away"]`)
		p.sam.Page.Says("main article", "This was taken back")
		p.mira.Get("/me/days").Says("main article", "This was taken back")
		p.mira.Page.HasNot("main article form")
	})
}

// TestAYesThatLasts: Mira says once that the court gets it each time; Sam makes the page the same evening and hands it to her; it is
// in her list, with by whom; and from the tap with which she takes it back nothing is made, nor shown to Sam.
func TestAYesThatLasts(t *testing.T) {
	onBoth(t, func(p *place) {
		path := p.writes()
		p.sam.Page.HasNot(`form[action*="/for/"]`)
		p.mira.Get("/me/days")
		p.mira.Follow(`main a[href="/me/out/lasting"]`)
		p.mira.Send("main form", "name", "", "do", "see")
		p.mira.Want(422, "/me/out/lasting")
		p.mira.Page.Says(".mend", "3 things are still open")
		p.mira.Send("main form", "to", "The court", "why", "They want to know that I came", "name", "Mira Stone", "until", "1", "do", "see")
		p.mira.Page.Says("main", "Each time I was here, The court may get a page that says so")
		p.mira.Page.Says("main", "This is no such yes.")
		p.mira.Page.Says(".sheet", "It ends on 10 April 2027.")
		p.mira.Send("main form", "do", "change")
		p.mira.Send("main form", "do", "see")
		yes := p.mira.Filled("main form", "do", "yes")
		for range 2 { // a double tap
			p.mira.Post("/me/out/lasting", yes)
			p.mira.Want(200, "/me/out")
		}
		p.mira.Page.Count("main article.paper", 1)

		p.sam.Get(path).Says(`form[action*="/for/"]`, "The court")
		made := p.sam.Filled(`form[action*="/for/"]`)
		under, _ := p.sam.Page.One(`form[action*="/for/"]`).Attr("action")
		for range 2 { // a double tap
			p.sam.Post(under, made)
			p.sam.Want(200, p.sam.Path)
		}
		page := p.sam.Path
		p.sam.Page.Says(".given", "10 March 2027, 60 minutes, in person")
		p.sam.Page.Says(".given", "Mira Stone")
		p.sam.Page.Says(".given", "I said yes that The court gets a page like this each time I was here.")

		p.mira.Get("/me/out").Says("main .rows", "1 day on which I was here · on a page · 10 March 2027 · made by Sam")
		p.mira.Page.Count("main .rows li", 1)
		p.mira.Follow("main .rows a")
		p.mira.Page.Says("main", "Made under what you give each time, by Sam.")
		p.mira.Page.Says(".sheet", "10 March 2027, 60 minutes, in person")
		p.mira.Get("/me/out")
		p.mira.Send(`main form[action$="/back"]`)
		p.mira.Want(200, "/me/out")
		p.mira.Page.Says("main article", "You took your yes back")
		p.mira.Page.HasNot(`main form[action$="/back"]`)

		p.sam.Get(path).HasNot(`form[action*="/for/"]`)
		p.sam.Get(page)
		p.sam.Want(404, page)
		made.Set("entry", id.New[id.Entry](p.App.IDs).String())
		p.sam.Post(under, made)
		p.sam.Want(404, under)
		p.mira.Get("/me/out").Count("main .rows li", 1)
	})
}

// TestRestingEndsItToo: who rests takes back what they give each time as well.
func TestRestingEndsItToo(t *testing.T) {
	onBoth(t, func(p *place) {
		p.mira.Get("/me/out/lasting")
		p.mira.Send("main form", "to", "The court", "why", "They asked", "do", "see")
		p.mira.Send("main form", "do", "yes")
		p.mira.Get("/me/leave-here").Has(`form[action="/me/leave-here"]`) // it is not at rest while this stands
		p.mira.Send(`form[action="/me/leave-here"]`)
		p.mira.Want(200, "/me/leave-here")
		p.mira.Page.Says("main", "Your book rests.")
		p.mira.Get("/me/out").Says("main article", "You took your yes back")
	})
}

// TestWhatIsOpenStays: nothing chosen is told at once, and an empty page says so.
func TestWhatIsOpenStays(t *testing.T) {
	onBoth(t, func(p *place) {
		p.mira.Get("/me/days").Says("main", "No day is written down")
		p.sam.Get("/worker")
		p.sam.Follow(`main .rows a[href*="/people/"]`)
		p.sam.Follow(`main a[href$="/days"]`)
		path := p.sam.Path
		p.sam.Send("main form", "code", "call")
		p.sam.Want(422, path)
		p.sam.Page.Says(".mend", "One thing is still open")
		p.sam.Page.Count(`input[name="code"][value="call"][checked]`, 1)
	})
}

// TestTakenBackIsClosed: who does not walk with her any more writes and prints nothing; she reads what was written.
func TestTakenBackIsClosed(t *testing.T) {
	onBoth(t, func(p *place) {
		path := p.writes()
		form := p.sam.Filled(`form[action="`+path+`"]`, "units", "4", "code", "met")
		form.Set("entry", id.New[id.Entry](p.App.IDs).String())
		companions, err := p.App.Peers.Companions(ctx, p.owner, p.book)
		p.must(err)
		p.must(p.App.Peers.TakeBack(ctx, p.owner, p.book, id.New[id.Entry](p.App.IDs), companions[0].Item, companions[0].Head))
		p.sam.Get(path)
		p.sam.Want(404, path)
		p.sam.Post(path, form)
		p.sam.Want(404, path)
		p.mira.Get("/me/days").Count("main article.paper", 1)
	})
}

// TestWhatIsWrongGoesOnNoPage: a page that Sam made under a yes that lasts is not shown for printing again once Mira said that the day
// is wrong, until it is right after all.
func TestWhatIsWrongGoesOnNoPage(t *testing.T) {
	onBoth(t, func(p *place) {
		path := p.writes()
		p.mira.Get("/me/out/lasting")
		p.mira.Send("main form", "to", "The court", "why", "They asked", "do", "see")
		p.mira.Send("main form", "do", "yes")
		p.sam.Get(path)
		p.sam.Send(`form[action*="/for/"]`)
		page := p.sam.Path
		p.sam.Get(page)
		p.sam.Want(200, page)
		p.mira.Get("/me/days")
		p.mira.Send(`form[action$="/wrong"]`)
		p.sam.Get(page)
		p.sam.Want(404, page)
		p.mira.Get("/me/days")
		p.mira.Send(`form[action$="/right"]`)
		p.sam.Get(page)
		p.sam.Want(200, page)
		p.sam.Get(path)
		p.sam.Send(`form[action$="/away"]`)
		p.sam.Get(page)
		p.sam.Want(404, page)
	})
}

// TestNoDayBeforeItCame: that somebody was here is written down of no day that is still to come.
func TestNoDayBeforeItCame(t *testing.T) {
	onBoth(t, func(p *place) {
		p.sam.Get("/worker")
		p.sam.Follow(`main .rows a[href*="/people/"]`)
		p.sam.Follow(`main a[href$="/days"]`)
		path := p.sam.Path
		form := p.sam.Filled("main form", "units", "4", "code", "met")
		form.Set("day", "2027-03-11")
		p.sam.Post(path, form)
		p.sam.Want(422, path)
		p.mira.Get("/me/days").Says("main", "No day is written down")
	})
}

// TestAnotherYesWithTheSameForm: who goes back after a yes that lasts and names somebody else is not told that it is done: nothing of it
// was kept. They look once more, and then both stand.
func TestAnotherYesWithTheSameForm(t *testing.T) {
	onBoth(t, func(p *place) {
		p.mira.Get("/me/out/lasting")
		p.mira.Send("main form", "to", "The court", "why", "They asked", "do", "see")
		yes := p.mira.Filled("main form", "do", "yes")
		p.mira.Post("/me/out/lasting", yes)
		p.mira.Want(200, "/me/out")
		yes.Set("to", "Dr Lind")
		p.mira.Post("/me/out/lasting", yes)
		p.mira.Want(409, "/me/out/lasting")
		p.mira.Page.Says("main .needs", "Look at it once more")
		p.mira.Send("main form", "do", "see")
		p.mira.Page.Says("main", "Each time I was here, Dr Lind may get a page")
		p.mira.Send("main form", "do", "yes")
		p.mira.Want(200, "/me/out")
		p.mira.Page.Count("main article.paper", 2)
	})
}
