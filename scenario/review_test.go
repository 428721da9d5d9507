package scenario

import (
	"strings"
	"testing"

	"beside/internal/asking"
	"beside/internal/book"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/testkit/ready"
	"beside/internal/testkit/world"
)

// visitReview visits the pages of who reviews the place, and those on which the others see what was found: Toni and Tara of the team asked
// Ruth, Mira gave her what matters to her, and asks why she looked.
func visitReview(t *testing.T, seen *visited) {
	w := world.New(t, ready.Folder(t))
	toni, tara, mira, ruth := w.Team(t), w.Team(t), w.Join(t, "Mira"), w.Join(t, "Ruth")
	mira.Get("/me/words")
	mira.Send("main form", "words", "Mornings by the sea")
	toni.Get("/team/review")
	toni.Send(`form[action="/team/review"]`, "words", "Ruth, from the county network")
	tara.Get("/team/review")
	tara.Send(`form[action$="/yes"]`)
	link := tara.Page.One("main .lead").Text()
	ruth.Get(link[strings.Index(link, "/invitation/"):])
	ruth.Send("main form")
	ruth.Wear("reviewer")
	mira.Get("/findings")
	mira.Follow(`article a[href^="/me/review/"]`)
	mira.Send("main form:has(button[value=see])", "sections", "words", "until", "90", "do", "see")
	mira.Send("main form:has(button[value=yes])", "do", "yes")
	ruth.Get("/review")
	ruth.Follow(`section[aria-labelledby=people] a`)
	asksWhyOf(t, w, mira)
	ruth.Get("/review/find")
	ruth.Send(`form[action="/review/find"]`, "words", "Questions are answered late.")

	windowOf(t, ruth, "beside", newTour(t, w.App, "reviewer", seen)).visit(t,
		same("/review"),
		through("GET /review/people/{book}", "what was given", "/review", `section[aria-labelledby=people] a`),
		through("GET /review/why/{question}", "why did you look", "/review", `main a[href^="/review/why/"]`),
		same("/review/find"),
		sent("POST /review/find", "nothing was written", "/review/find", "main form", "words", " "),
		same("/review/down"),
		same("/findings"))
	windowOf(t, mira, "beside", newTour(t, w.App, "reviewed", seen)).visit(t,
		same("/findings"),
		through("GET /me/review/{reviewer}", "give to who reviews", "/findings", `article a[href^="/me/review/"]`),
		same("/me/sharing"))
	windowOf(t, toni, "beside", newTour(t, w.App, "review team", seen)).visit(t,
		same("/team/review"),
		through("GET /team/review/{reviewer}/end", "why it should end", "/team/review", `article a[href$="/end"]`),
		through("GET /team/findings/{finding}", "answer what was found", "/findings", `article a[href^="/team/findings/"]`))
}

// asksWhyOf has somebody ask about the newest look into their book.
func asksWhyOf(t *testing.T, w *world.World, owner *world.Client) {
	t.Helper()
	s, err := w.App.Accounts.Session(t.Context(), owner.Cookie("beside"))
	if err != nil {
		t.Fatal(err)
	}
	self := grant.Subject{Person: s.Person, Hat: book.HatSelf}
	looks, err := w.App.Keeper.Looks(t.Context(), self, s.Book, 0, 1)
	if err == nil && len(looks) == 0 {
		t.Fatal("nobody looked")
	}
	if err == nil {
		err = w.App.Asking.Ask(t.Context(), self, s.Book, asking.Query{Entry: id.New[id.Entry](w.App.IDs), Look: looks[0].ID, Words: book.NewText("I did not expect you")})
	}
	if err != nil {
		t.Fatal(err)
	}
}
