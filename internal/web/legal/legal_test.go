package legal_test

import (
	"strings"
	"testing"

	"beside/internal/testkit/ready"
	"beside/internal/testkit/world"
)

// TestASubpoenaOpensNothing: one of the team writes down that a subpoena came. There is no button that opens anything, whether the
// person is here or not; there is a letter that says neither.
func TestASubpoenaOpensNothing(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		w := world.New(t, where)
		toni, sam := w.Team(t).In(t), w.Worker(t, "Sam").In(t)
		w.Join(t, "Mirabelle")
		toni.Get("/team")
		toni.Follow(`main a[href="/team/papers"]`)
		toni.Page.Says("main", "No paper came yet.")
		toni.Follow(`main a[href="/team/papers/new"]`)
		toni.Send("main form", "from", "Hill and Hill")
		toni.Want(422, "/team/papers/new")
		toni.Page.Has(`input[name="from"][value="Hill and Hill"]`)
		form := toni.Filled("main form", "kind", "request", "from", "Hill and Hill", "reference", "12 B 7", "asks", "Everything")
		for range 2 { // a double tap
			toni.Post("/team/papers/new", form)
			toni.Want(200, toni.Path)
		}
		paper := toni.Path
		if !strings.HasPrefix(paper, "/team/papers/") {
			t.Fatalf("it is at %s", paper)
		}
		toni.Page.Says("main", "nothing can be opened here")
		toni.Page.Says("main", "We are no lawyers")
		toni.Page.HasNot("main form")
		toni.Follow(`main a[href$="/letter"]`)
		toni.Page.Says(".given", "We can say neither that somebody is or was here nor that they are not")
		toni.Page.Says(".given", "12 B 7")
		toni.Page.HasNot("main form")
		toni.Get("/team/papers").Count("main .rows li", 1)
		if strings.Contains(string(toni.Body), "Mirabelle") {
			t.Error("the list names somebody")
		}

		for _, path := range []string{"/team/papers", "/team/papers/new", paper, paper + "/letter"} {
			sam.Get(path)
			sam.Want(404, path)
		}
	})
}
