package out_test

import (
	"context"
	"html"
	"net/http"
	"strings"
	"testing"

	"beside/internal/app"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/outside"
	"beside/internal/testkit/ready"
	"beside/internal/testkit/world"
)

var ctx = context.Background()

// place is a world in which Mira has written some things into her book; she has no script.
type place struct {
	*testing.T
	*world.World
	mira  *world.Client
	owner grant.Subject
	book  id.Book
}

func onBoth(t *testing.T, fn func(p *place)) {
	t.Helper()
	ready.Both(t, func(t *testing.T, where string) {
		p := &place{T: t, World: world.New(t, where)}
		p.mira = p.World.Join(t, "Mira")
		s, err := p.App.Accounts.Session(ctx, p.mira.Cookie("beside"))
		if err != nil {
			t.Fatal(err)
		}
		p.owner, p.book = grant.Subject{Person: s.Person, Hat: s.Hat}, s.Book
		p.mira.Get("/me/words")
		p.mira.Send("main form", "words", "Bread and quiet mornings")
		for _, words := range []string{"I bake", "I swim"} {
			p.mira.Get("/me/strengths/new")
			p.mira.Send("main form", "words", words)
		}
		p.mira.Get("/me/goals/new")
		p.mira.Send("main form", "words", "Sell <a> loaf")
		fn(p)
	})
}

// thing is the value by which something of her book is chosen.
func (p *place) thing(words string) string {
	p.Helper()
	for _, c := range p.mira.Page.All("label.choice") {
		if strings.Contains(c.Text(), words) {
			value, _ := c.One("input").Attr("value")
			return value
		}
	}
	p.Fatalf("%q cannot be chosen", words)
	return ""
}

// begins opens the page on which she chooses, and fills it in.
func (p *place) begins(more ...string) {
	p.Helper()
	p.mira.Get("/me/sharing")
	p.mira.Follow(`main a[href="/me/out/new"]`)
	p.mira.Page.HasNot(`main input[name="things"][checked]`) // nothing is ticked for her
	p.mira.Send("main form", append([]string{
		"to", "The court in Hill Street", "why", "They asked how I am doing", "things", p.thing("Sell"), "do", "see",
	}, more...)...)
}

// left is what stands in her list, opened.
func (p *place) left() []outside.Left {
	p.Helper()
	list, err := p.App.Outside.List(ctx, p.owner, p.book)
	if err != nil {
		p.Fatal(err)
	}
	for i := range list {
		if list[i], err = p.App.Outside.One(ctx, p.owner, p.book, list[i].ID); err != nil {
			p.Fatal(err)
		}
	}
	return list
}

// sheet is what the page shows of what leaves, to the byte.
func (p *place) sheet() string {
	p.Helper()
	_, rest, ok := strings.Cut(string(p.mira.Body), `<article class="paper sheet`)
	_, rest, began := strings.Cut(rest, ">")
	inside, _, closed := strings.Cut(rest, `</article>`)
	if !ok || !began || !closed {
		p.Fatalf("%s shows no page that leaves", p.mira.Path)
	}
	return inside
}

// hides fails when what she sees says any of these.
func (p *place) hides(text string, words ...string) {
	p.Helper()
	for _, w := range words {
		if strings.Contains(text, w) {
			p.Errorf("%s says %q", p.mira.Path, w)
		}
	}
}

// TestSheGivesAPageToACourt goes the whole way: she chooses, sees the bytes, says yes to them, prints them or takes them as a file,
// finds them in the list of what left, and takes her yes back.
func TestSheGivesAPageToACourt(t *testing.T) {
	onBoth(t, func(p *place) {
		p.begins("letter", "I am well & I bake every day.")
		p.mira.Want(200, "/me/out/new")
		p.mira.Page.Says("main", "Is this what you want to give?")
		p.mira.Page.Says("main", "The court in Hill Street")
		p.mira.Page.Says(".told", "ask your lawyer")
		p.hides(p.mira.Page.One("main").Text(), "I swim", "Bread and quiet")
		seen := p.sheet()
		for _, words := range []string{"Sell &lt;a&gt; loaf", "I am well &amp; I bake every day.", "They asked how I am doing", "Mira"} {
			if !strings.Contains(seen, words) {
				p.Errorf("what would leave does not say %q: %s", words, seen)
			}
		}
		if n := len(p.left()); n > 0 {
			p.Fatalf("%d left before she said yes", n)
		}

		p.mira.Send("main form", "do", "change")
		p.mira.Page.Count(`input[name="things"][checked]`, 1)
		p.mira.Page.Says("textarea", "I bake every day")
		p.mira.Send("main form", "do", "see")
		seen = p.sheet()
		yes := p.mira.Filled("main form", "do", "yes")
		for range 2 { // a double tap
			p.mira.Post("/me/out/new", yes)
			p.mira.Want(200, p.mira.Path)
		}
		one := p.mira.Path
		if p.sheet() != seen {
			p.Error("what she prints is not what she saw")
		}
		list := p.left()
		if len(list) != 1 || !list[0].Whole {
			p.Fatalf("what left is %+v", list)
		}

		p.mira.Get(one + "/file")
		file := string(p.mira.Body)
		if !strings.Contains(file, seen) {
			p.Error("the file is not what she saw")
		}
		if file != string(outside.Whole(list[0].Parts)) || outside.See(list[0].Parts).String() != yes.Get("seen") {
			p.Error("the file, what is kept, and what she said yes to are not one")
		}
		for _, outward := range []string{"http://", "https://", "<script", "<link", "src="} {
			p.hides(file, outward)
		}

		p.mira.Get("/me/looked")
		p.mira.Follow(`main a[href="/me/out"]`)
		p.mira.Page.Says("main .rows", "The court in Hill Street")
		p.mira.Page.Says("main .rows", "a letter, 1 goal")
		p.mira.Follow("main .rows a")
		p.mira.Want(200, one)
		p.mira.Send(`form[action$="/back"]`)
		p.mira.Want(200, one)
		p.mira.Page.Says("main", "You took your yes back")
		p.mira.Page.HasNot(`a[href$="/file"]`)
		if p.sheet() != seen {
			p.Error("what left cannot be seen again")
		}
		p.mira.Get(one + "/file")
		p.mira.Want(404, one+"/file")
	})
}

// TestWhatChangedMeanwhileIsSeenAgain: the yes is to bytes. When the book says something else by then, nothing leaves.
func TestWhatChangedMeanwhileIsSeenAgain(t *testing.T) {
	onBoth(t, func(p *place) {
		p.begins()
		yes := p.mira.Filled("main form", "do", "yes")
		p.mira.Get("/me/goals")
		p.mira.Follow(`main a[href^="/me/goals/0"]`)
		p.mira.Follow(`main a[href$="/change"]`)
		p.mira.Send("main form", "words", "Buy an oven")
		p.mira.Post("/me/out/new", yes)
		p.mira.Want(http.StatusConflict, "/me/out/new")
		p.mira.Page.Says("main .needs", "Nothing left your book")
		if n := len(p.left()); n > 0 {
			p.Fatalf("%d left that she did not see", n)
		}
		p.mira.Send("main form", "do", "see")
		if !strings.Contains(p.sheet(), "Buy an oven") {
			p.Error("what she sees now is not what stands in her book")
		}
		forged := p.mira.Filled("main form", "do", "yes", "letter", "something she did not see")
		p.mira.Post("/me/out/new", forged)
		p.mira.Want(http.StatusConflict, "/me/out/new")
		p.mira.Send("main form", "do", "see")
		p.mira.Send("main form", "do", "yes")
		if len(p.left()) != 1 {
			p.Error("what she said yes to did not leave")
		}
	})
}

// TestWhatIsOpenStays: nothing chosen, nobody named, no reason: all is told at once, and what was typed stays.
func TestWhatIsOpenStays(t *testing.T) {
	onBoth(t, func(p *place) {
		p.mira.Get("/me/out").Says("main", "Nothing has left your book")
		p.mira.Get("/me/out/new")
		p.mira.Send("main form", "letter", " ", "name", "Mirabelle Stone", "do", "see")
		p.mira.Want(422, "/me/out/new")
		p.mira.Page.Says(".mend", "3 things are still open")
		if name, _ := p.mira.Page.One(`input[name="name"]`).Attr("value"); name != "Mirabelle Stone" {
			p.Errorf("her name is %q now", name)
		}
		p.mira.Send("main form", "letter", "I live well here.", "to", "Mr Hill", "why", "He asked", "do", "see")
		p.mira.Want(200, "/me/out/new")
		if !strings.Contains(p.sheet(), "Mirabelle Stone") {
			p.Error("the name she chose is not on it")
		}
	})
}

// TestAMessageSheSendsHerself: the same bytes are the text of the message; Beside sends nothing.
func TestAMessageSheSendsHerself(t *testing.T) {
	onBoth(t, func(p *place) {
		p.begins("as", "message")
		seen := p.mira.Page.One("main .sheet").Text()
		p.mira.Send("main form", "do", "yes")
		p.mira.Page.Says("main .sheet", "Sell <a> loaf")
		if p.mira.Page.One("main .sheet").Text() != seen {
			p.Error("the message is not what she saw")
		}
		p.mira.Page.Has(`a[href^="sms:"]`)
		p.mira.Page.Has(`a[href^="mailto:"]`)
		if mail, _ := p.mira.Page.One(`a[href^="mailto:"]`).Attr("href"); strings.Count(mail, "%0A") == 0 || strings.Count(mail, "%0D%0A") != strings.Count(mail, "%0A") {
			p.Errorf("the lines of the e-mail end otherwise than RFC 6068 says: %s", mail)
		}
		if kept := string(outside.Whole(p.left()[0].Parts)); !strings.Contains(html.UnescapeString(p.sheet()), kept) {
			p.Errorf("what is kept is %q, what she saw %q", kept, seen)
		}
	})
}

// TestWhatIsErasedGoesFromHereToo: that it left stays in the list; its words do not.
func TestWhatIsErasedGoesFromHereToo(t *testing.T) {
	onBoth(t, func(p *place) {
		p.begins("letter", "I am well.")
		p.mira.Send("main form", "do", "yes")
		one := p.mira.Path
		p.mira.Get("/me/erase")
		for _, row := range p.mira.Page.All(`main a[href^="/me/erase/"]`) {
			if strings.Contains(row.Text(), "Sell") {
				href, _ := row.Attr("href")
				p.mira.Get(href)
				break
			}
		}
		p.mira.Send("main form", "sure", "yes")
		p.Settle(p.T)
		p.mira.Get("/me/out").Says("main .rows", "The court in Hill Street")
		p.mira.Page.Says("main .rows", "a letter, 1 goal")
		p.mira.Get(one).Says("main", "was erased")
		p.mira.Page.Says("main", "I am well.")
		p.hides(string(p.mira.Body), "Sell")
		p.mira.Page.HasNot(`a[href$="/file"]`)
		p.mira.Get(one + "/file")
		p.mira.Want(404, one+"/file")
	})
}

// TestTheNoticeGoesAlong: where 42 CFR part 2 is law its notice stands on all that leaves, and the whole yes with it everywhere.
func TestTheNoticeGoesAlong(t *testing.T) {
	for where, notice := range map[string]bool{"us-or": true, "": false} {
		p := &place{T: t, World: world.New(t, ready.Folder(t), func(c *app.Config) { c.Jurisdiction = where })}
		p.mira = p.World.Join(t, "Mira")
		for _, as := range []string{"page", "message"} {
			p.mira.Get("/me/out/new")
			p.mira.Send("main form", "to", "Dr Lind", "why", "We meet", "letter", "I sleep well", "as", as, "do", "see")
			if got := strings.Contains(p.sheet(), "42 CFR part 2"); got != notice {
				p.Errorf("in %q a %s has the notice: %v", where, as, got)
			}
			for _, element := range []string{"Mira", "Dr Lind", "We meet", "a letter", "my own book at Elm House", "10 March 2027", "for this one time", "take this yes back", "What you did before then stays"} {
				if !strings.Contains(p.sheet(), element) {
					p.Errorf("a %s does not say %q", as, element)
				}
			}
		}
	}
}

// TestNobodyElse: not another person, not in another hat, not a worker who walks with her.
func TestNobodyElse(t *testing.T) {
	onBoth(t, func(p *place) {
		p.begins()
		p.mira.Send("main form", "do", "yes")
		one := p.mira.Path
		for _, c := range []*world.Client{p.World.Join(p.T, "Ana"), p.Worker(p.T, "Sam"), p.Team(p.T)} {
			for _, path := range []string{one, one + "/file"} {
				c.Get(path)
				c.Want(404, path)
			}
		}
	})
}
