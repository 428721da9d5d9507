package scenario

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"

	"beside/internal/account/recovery"
	"beside/internal/testkit/ready"
	"beside/internal/testkit/world"
)

// windowOf gives a tour's browser what somebody's has.
func windowOf(t *testing.T, c *world.Client, cookie string, s *tour) *tour {
	t.Helper()
	tell(s.screen, network.SetCookie, network.SetCookieParams{Name: cookie, Value: c.Cookie(cookie), URL: s.base})
	return s
}

// visitLost visits the pages that only open while somebody gets their login back, as each who takes part sees them.
func visitLost(t *testing.T, seen *visited) {
	w := world.New(t, ready.Folder(t))
	mira, ben, ada, lost := w.Join(t, "Mira"), w.Join(t, "Ben"), w.Join(t, "Ada"), w.Visitor(t)
	for _, holder := range []*world.Client{ben, ada} {
		mira.Get("/me/holders/new")
		mira.Send("main form", "label", holder.Name, "are", "friend")
		link := mira.Page.One("main .typed").Text()
		holder.Get(link[strings.Index(link, "/helping/"):])
		holder.Send("main form", "note", "Mira from the garden")
	}
	lost.Get("/come-in/lost/people")
	lost.Send("main form", "words", mira.Words)
	code := lost.Page.One("main .words").Text()

	window := func(c *world.Client, cookie, name string) *tour {
		return windowOf(t, c, cookie, newTour(t, w.App, name, seen))
	}
	window(ben, "beside", "holder").visit(t, same("/me/helping"),
		sent("POST /me/helping/code", "is it really them", "/me/helping/code", "main form", "code", code))
	for _, holder := range []*world.Client{ben, ada} {
		holder.Get("/me/helping/code")
		holder.Send("main form", "code", code)
		holder.Send("main form", "how", "voice")
	}
	window(mira, "beside", "asker").visit(t, same("/me/holders"), same("/me/ways/asked"))
	toni := w.Team(t)
	desk := w.Visitor(t)
	desk.Get("/come-in/lost/desk")
	desk.Send("main form")
	atDesk := desk.Page.One("main .words").Text()
	helper := window(toni, "beside", "team")
	helper.visit(t, same("/team/desk"),
		sent("POST /team/desk", "at the desk", "/team/desk", "main form", "code", atDesk),
		stop{"POST /team/desk/find", "found at the desk", func(s *tour) {
			s.open("/team/desk")
			s.send("main form", "code", atDesk)
			s.send(`form[action="/team/desk/find"]`, "name", "Mira")
		}},
		stop{"POST /team/desk/find", "nobody found", func(s *tour) { s.send(`form[action="/team/desk/find"]`, "name", "Zoltan") }})
	window(desk, "beside-lost", "at desk").visit(t, stop{"GET /come-in/lost/asked", "asked at desk", func(s *tour) { s.open("/come-in/lost/asked") }})
	sam := w.Worker(t, "Sam")
	vouch := w.Visitor(t)
	vouch.Get("/prove/team")
	vouch.Send("main form", "words", sam.Words)
	code = vouch.Page.One("main .words").Text()
	helper.visit(t, sent("POST /team/desk", "vouch", "/team/desk", "main form", "code", code))
	for _, c := range []*world.Client{toni, w.Team(t)} {
		c.Get("/team/desk")
		c.Send("main form", "code", code)
		c.Send("main form", "how", "voice")
	}
	window(vouch, "beside-vouch", "vouched").visit(t, same("/prove/team/asked"))
	waiting := window(lost, "beside-lost", "lost")
	waiting.visit(t, stop{"GET /come-in/lost/asked", "lost waiting", func(s *tour) { s.open("/come-in/lost/asked") }})
	w.Clock.Step(recovery.WaitHolders)
	waiting.visit(t, stop{"GET /come-in/lost/asked", "lost ready", func(s *tour) { s.open("/come-in/lost/asked") }}, same("/come-in/lost/new"))
}
