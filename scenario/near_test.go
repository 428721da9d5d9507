package scenario

import (
	"strings"
	"testing"

	"beside/internal/testkit/ready"
	"beside/internal/testkit/world"
)

// visitNear visits the pages that only open while somebody waits to be confirmed as a person near another.
func visitNear(t *testing.T, seen *visited) {
	w := world.New(t, ready.Folder(t))
	mira, ada := w.Join(t, "Mira"), w.Join(t, "Ada")
	mira.Get("/me/near/new")
	mira.Send("main form", "label", "my sister", "are", "relative")
	link := mira.Page.One("main .typed").Text()
	link = link[strings.Index(link, "/near/"):]
	newTour(t, w.App, "near stranger", seen).visit(t, stop{"GET /near/{token}", "asked if known, not here yet", func(s *tour) { s.open(link) }})
	ada.Get(link)
	ada.Send("main form", "note", "my sister by the sea", "self", "Ada, your sister")
	windowOf(t, ada, "beside", newTour(t, w.App, "near other", seen)).visit(t, stop{"GET /me/near", "asked and said yes", func(s *tour) { s.open("/me/near") }})
	mira.Get("/me/near")
	mira.Follow("main .needs a")
	path := mira.Path
	windowOf(t, mira, "beside", newTour(t, w.App, "near asker", seen)).visit(t,
		stop{"GET /me/near", "somebody said yes", func(s *tour) { s.open("/me/near") }},
		stop{"GET /me/near/{known}", "", func(s *tour) { s.open(path) }},
		stop{"POST /me/near/{known}", "known", func(s *tour) {
			s.open(path)
			s.send(`form[action="` + path + `"]`)
		}},
		stop{"GET /me/near", "known", func(s *tour) { s.open("/me/near") }},
		stop{"GET /me/give/{known}", "", func(s *tour) { s.open(path[:len("/me/")] + "give" + path[len("/me/near"):]) }},
		stop{"POST /me/give/{known}", "nothing chosen", func(s *tour) { s.send("main form", "do", "see") }},
		stop{"POST /me/give/{known}", "what they would see", func(s *tour) {
			s.send("main form", "sections", "strengths", "sections", "goals", "may", "act", "do", "see")
		}},
		stop{"GET /me/sharing", "shared with somebody near", func(s *tour) { s.send("main form", "do", "yes") }},
		stop{"GET /me/sharing/{item}/see", "", func(s *tour) { s.follow(`main a[href$="/see"]`) }})
	reads := windowOf(t, ada, "beside", newTour(t, w.App, "near reader", seen))
	reads.visit(t,
		stop{"GET /shared", "somebody shares", func(s *tour) { s.open("/shared") }},
		stop{"GET /shared/{book}", "", func(s *tour) { s.follow("main .rows a") }},
		stop{"GET /shared/{book}/suggest/{kind}", "", func(s *tour) { s.follow(`main a[href$="/suggest/strength"]`) }},
		stop{"POST /shared/{book}/suggest/{kind}", "", func(s *tour) { s.send("main form", "words", "You listen well") }},
		stop{"GET /shared/{book}/write/{kind}", "no goal yet", func(s *tour) { s.follow(`main a[href$="/write/step"]`) }},
		stop{"GET /shared/{book}/write/{kind}", "", func(s *tour) { s.follow(`main a[href$="/write/goal"]`) }},
		stop{"POST /shared/{book}/write/{kind}", "nothing typed", func(s *tour) { s.send("main form", "words", "") }},
		stop{"POST /shared/{book}/write/{kind}", "", func(s *tour) { s.send("main form", "words", "A morning at the sea") }},
		stop{"GET /shared/{book}/write/{kind}/{item}", "", func(s *tour) { s.follow(`main a[href*="/write/goal/"]`) }})
	mine := newTour(t, w.App, "near asker, written for", seen)
	windowOf(t, mira, "beside", mine).visit(t,
		stop{"GET /me", "somebody wrote for me", func(s *tour) { s.open("/me") }},
		stop{"GET /me/goals/{item}", "somebody wrote it for me", func(s *tour) { s.follow(`#for-me ~ article a`) }},
		stop{"GET /me/goals", "undone", func(s *tour) { s.send(`form[action$="/undo"]`) }})
	reads.visit(t, stop{"POST /shared/{book}/suggested/{entry}/tomorrow", "", func(s *tour) {
		s.open("/shared")
		s.follow("main .rows a")
		s.send(`form[action$="/tomorrow"]`)
	}}, stop{"POST /shared/{book}/write/{kind}", "taken back meanwhile", func(s *tour) {
		s.follow(`main a[href$="/write/goal"]`)
		mira.Get("/me/sharing")
		mira.Send(`main form[action$="/back"]`)
		s.send("main form", "words", "An evening at the sea")
	}})
}
