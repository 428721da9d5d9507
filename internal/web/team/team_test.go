package team_test

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
	"beside/internal/store"
	"beside/internal/testkit/ready"
	"beside/internal/testkit/world"
)

var ctx = context.Background()

func onBoth(t *testing.T, fn func(t *testing.T, w *world.World)) {
	t.Helper()
	ready.Both(t, func(t *testing.T, where string) { fn(t, world.New(t, where)) })
}

func subject(p id.Person, h book.Hat) grant.Subject { return grant.Subject{Person: p, Hat: h} }

// end is where the role of somebody is ended.
func end(t *testing.T, c *world.Client, name string) string {
	t.Helper()
	for _, row := range c.Page.All(".rows li") {
		if strings.Contains(row.Text(), name) {
			href, _ := row.One("a").Attr("href")
			return href
		}
	}
	t.Fatalf("no role of %q", name)
	return ""
}

func TestTheTeamSeesWhoWorksHereAndNoBook(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world.World) {
		team := w.Team(t)
		team.Get("/team").Says(".empty", "No workers yet")
		sam, mira := w.Worker(t, "Sam"), w.Join(t, "Mira")
		team.Get("/team").Says("#workers ~ .rows", "Sam")
		team.Page.Says("#workers ~ .rows", "recovery coach")
		team.Page.Says("#team ~ .rows", "(you)")
		if strings.Contains(string(team.Body), "Mira") {
			t.Error("the page names somebody who has a book")
		}
		s, err := w.App.Accounts.Session(ctx, mira.Cookie("beside"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{"/me", "/me/words", "/me/workers", "/worker", "/worker/people/" + s.Book.String()} {
			team.Get(path)
			team.Want(404, path)
		}
		for _, c := range []*world.Client{sam, mira} {
			c.Get("/team")
			c.Want(404, "/team")
		}
		visitor := w.Visitor(t)
		visitor.Get("/team")
		visitor.Want(200, "/come-in")
	})
}

func TestAnInvitationIsShownOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world.World) {
		team, jo := w.Team(t), w.Join(t, "Jo")
		team.Get("/team")
		form := team.Filled(`form:has(input[value=worker])`)
		link := strings.TrimPrefix(team.Post("/team/invite", form).One(".lead").Text(), w.URL)
		if team.Header.Get("Cache-Control") != "no-store" {
			t.Error("the page with the link may be kept by the browser")
		}
		team.Get("/team")
		if strings.Contains(string(team.Body), link) {
			t.Error("the link is shown again")
		}
		jo.Get(link)
		jo.Send("main form")
		jo.Wear("worker")
		jo.Want(200, "/worker")
		other := w.Join(t, "Other")
		other.Get(link)
		if other.Status != 404 {
			t.Errorf("a used link: %d", other.Status)
		}
		team.Get("/team").Says("#workers ~ .rows", "A worker without a profile")

		form.Set("hat", "self")
		team.Post("/team/invite", form)
		if team.Status != 422 {
			t.Errorf("inviting into a hat that cannot be given: %d", team.Status)
		}
		form.Set("hat", "team")
		jo.Get("/worker/profile")
		form.Set("token", jo.Filled("main form").Get("token"))
		jo.Post("/team/invite", form)
		jo.Want(404, "/team/invite")
	})
}

func TestEndingARole(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world.World) {
		team, sam := w.Team(t), w.Worker(t, "Sam")
		team.Get("/team")
		path := end(t, team, "Sam")
		team.Get(path).Says("h1", "End the role of Sam?")
		sam.Get("/worker")
		sam.Want(200, "/worker") // nothing happens before the yes
		team.Send("main form")
		team.Want(200, "/team")
		team.Page.Says(".said", "The role has ended")
		team.Page.HasNot("#workers ~ .rows")
		sam.Get("/worker")
		sam.Want(200, "/come-in")
		team.Get(path)
		team.Want(404, path)

		mine := end(t, getTeam(team), "(you)")
		team.Get(mine).Says(".needs", "your own role")
		team.Send("main form")
		team.Want(422, mine) // the last of the team stays
		team.Get("/team")
		team.Want(200, "/team")
		other := strings.TrimSuffix(mine, "/end") + "x/end"
		team.Get(other)
		team.Want(404, other)
	})
}

func getTeam(c *world.Client) *world.Client {
	c.Get("/team")
	return c
}

func TestIsTheSystemWell(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world.World) {
		team, sam, mira := w.Team(t), w.Worker(t, "Sam"), w.Join(t, "Mira")
		page := team.Get("/team")
		page.Says(".settled", "All is well")
		page.Says("main", "lines wait to be signed into the log")

		// Somebody is to be told of a suggestion, and nobody keeps that promise.
		worker, _ := w.App.Accounts.Session(ctx, sam.Cookie("beside"))
		owner, _ := w.App.Accounts.Session(ctx, mira.Cookie("beside"))
		err := w.App.Peers.Choose(ctx, subject(owner.Person, book.HatSelf), owner.Book, peer.Choice{Entry: id.New[id.Entry](w.App.IDs), Worker: worker.Person, Sections: []book.Section{book.SectionStrengths}, Until: w.Clock.Now() + clock.Day})
		if err != nil {
			t.Fatal(err)
		}
		err = w.App.Peers.Suggest(ctx, subject(worker.Person, book.HatWorker), owner.Book, id.New[id.Entry](w.App.IDs), &book.Strength{Words: book.NewText("you sing")})
		if err != nil {
			t.Fatal(err)
		}
		w.Clock.Step(2 * clock.Minute)
		page = team.Get("/team")
		page.Says(".needs", "Something needs you")
		page.Says("main", "One thing that was promised is late.")
		w.Settle(t)
		if _, err := w.App.Log.Sequence(ctx); err != nil { // what was written two minutes ago waits to be signed
			t.Fatal(err)
		}
		team.Get("/team").Says(".settled", "All is well")
	})
}

// TestAlarmsAreToldInWords: what the auditor found stands on the team's page, and "all is well" does not.
func TestAlarmsAreToldInWords(t *testing.T) {
	w := world.New(t, ready.Folder(t))
	toni := w.Team(t)
	w.App.Auditor.Once(t.Context())
	toni.Get("/team").Says("main", "All is well.")
	toni.Page.Says("main", "Nobody outside has checked the log yet.")
	err := w.App.DB.Update(t.Context(), func(tx *store.Tx) error {
		_, err := tx.Exec(`INSERT INTO message (id, person, item, channel, template, about, made_at, due_at, state, attempts, doubts, last_at, over_at, ref)
			VALUES ($1, NULL, NULL, 'email', 'notice', $1, 1, 1, 'pending', 0, 0, 0, 0, '')`, make([]byte, 16))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	w.App.Auditor.Once(t.Context())
	toni.Get("/team").Says("main .needs", "Something needs you.")
	toni.Page.Says("main", "One message waits that nothing will send.")
	toni.Page.Says("main .no-copies", "Nobody makes copies")
}

// TestWhoCameJustNow: who came into the team just now reads on each page that takes two from which day on they can be one of them; is
// offered nothing there, and refused with words when they send it all the same. After that day they are one.
func TestWhoCameJustNow(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world.World) {
		toni := w.Team(t).In(t)
		w.Join(t, "Mira")
		toni.Get("/team/rules")
		toni.Send(`form[action="/team/rules"]`, "closes", "1", "section", "strengths", "whom", "all", "words", "First we get to know people.", "from", "0", "until", "0")
		rule, _ := toni.Page.One(`main a[href$="/end"]`).Attr("href")
		toni.Get(rule).Has("main form")
		end := toni.Filled("main form")
		toni.Get("/team/died")
		find := toni.Filled("main form", "name", "Mira")
		toni.Get("/team/papers/new")
		toni.Send("main form", "kind", "order", "from", "A court", "reference", "7", "came", w.App.Clock.Now().Std().UTC().Format("2006-01-02"), "asks", "The days")
		order := toni.Path
		look := toni.Filled(`form[action$="/find"]`, "name", "Mira")

		before := func(what string, days clock.Time) {
			t.Helper()
			err := w.App.DB.Update(t.Context(), func(tx *store.Tx) error {
				_, err := tx.Exec(`UPDATE `+what, days*clock.Day)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		before("community SET made_at = made_at - $1", 60) // the place is older, so Toni came just now
		for _, path := range []string{rule, "/team/died", "/team/desk", order, "/team/review"} {
			toni.Get(path).Says("main", "You have been in the team since")
			toni.Page.Says("main", "You can be one of the two from")
		}
		for _, path := range []string{rule, "/team/died", "/team/review"} {
			toni.Get(path).HasNot("main form")
		}
		toni.Get(order).HasNot(`form[action$="/find"]`)
		for path, form := range map[string]url.Values{rule: end, "/team/died/find": find, order + "/find": look} {
			toni.Post(path, form)
			toni.Want(409, path)
			toni.Page.Says("h1", "Not yet")
			toni.Page.Says("main", "You came into the team not long ago")
		}

		before("membership SET since = since - $1", 14)
		toni.Get(rule).HasNot(".needs")
		toni.Send("main form")
		toni.Page.Says(".said", "When one more of the team says it")
	})
}
