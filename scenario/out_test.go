package scenario

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"beside/internal/testkit/htmlcheck"
	"beside/internal/testkit/ready"
	"beside/internal/testkit/world"
)

// visitOut visits the pages on which somebody gives something to somebody outside.
func visitOut(t *testing.T, seen *visited) {
	w := world.New(t, ready.Folder(t))
	mira := w.Join(t, "Mira")
	mira.Get("/me/words")
	mira.Send("main form", "words", "Mornings without dread, and bread that I baked myself")
	for _, words := range []string{"I listen well", "I am there when I said I would be"} {
		mira.Get("/me/strengths/new")
		mira.Send("main form", "words", words)
	}
	mira.Get("/me/goals/new")
	mira.Send("main form", "words", "A flat of my own, with a door that locks")
	sam := w.Worker(t, "Sam")
	mira.Get("/me/workers")
	mira.Follow("main article.person a")
	mira.Send("section > form")
	mira.Get("/me/out/lasting")
	mira.Send("main form", "to", "The court in Hill Street", "why", "They want to know that I came", "do", "see")
	mira.Send("main form", "do", "yes")
	windowOf(t, sam, "beside", newTour(t, w.App, "out worker", seen)).visit(t, daysOfOthers...)
	windowOf(t, mira, "beside", newTour(t, w.App, "out", seen)).visit(t, append(outPages, ownDays...)...)
}

// daysOfOthers are the pages on which a worker writes down that somebody was here, and ownDays those on which that person sees it.
var daysOfOthers = []stop{
	{"GET /worker/people/{book}/days", "days of somebody", func(s *tour) {
		s.open("/worker")
		s.follow(`main .rows a[href*="/people/"]`)
		s.follow(`main a[href$="/days"]`)
	}},
	{"POST /worker/people/{book}/days", "a day without a length", func(s *tour) { s.send(`main form[action$="/days"]`, "code", "met") }},
	{"GET /worker/people/{book}/days", "a day was written down", func(s *tour) { s.send(`main form[action$="/days"]`, "code", "met", "units", "4") }},
	{"GET /worker/people/{book}/out/{paper}", "a page under a yes that lasts", func(s *tour) { s.send(`form[action*="/for/"]`) }},
	{"GET /worker/people/{book}/days", "back to the days", func(s *tour) { s.follow(`main .do a`) }},
	{"GET /worker/people/{book}/days/{attended}/paper", "a note to print", func(s *tour) { s.send(`form[action$="/paper"]`) }},
}

var ownDays = []stop{
	same("/me/days"),
	sent("GET /me/days", "said wrong", "/me/days", `form[action$="/wrong"]`),
	sent("GET /me/days", "right after all", "/me/days", `form[action$="/right"]`),
	same("/me/out/lasting"),
	sent("POST /me/out/lasting", "a yes that would last", "/me/out/lasting", "main form", "to", "The court in Hill Street", "why", "They want to know that I came", "do", "see"),
	{"GET /me/out", "yeses that last", func(s *tour) { s.send("main form", "do", "yes") }},
	through("GET /me/out/new", "a day to give", "/me/days", `main a[href^="/me/out/new"]`),
}

// outPages are those on which somebody gives something to somebody outside.
var outPages = []stop{
	same("/me/sharing"),
	same("/me/out"),
	same("/me/out/new"),
	sent("POST /me/out/new", "nothing chosen to go out", "/me/out/new", "main form", "do", "see"),
	{"POST /me/out/new", "what would go out", func(s *tour) {
		s.open("/me/out/new")
		s.send("main form", "to", "Mr Hill, who rents out flats", "why", "He asked how I live", "letter", "I pay on the first of the month.\nI keep the stairs swept.",
			"things", someThing(s, "a goal"), "do", "see")
	}},
	{"GET /me/out/{paper}", "a page that went out", func(s *tour) {
		if paper := printed(s.screen); strings.Contains(paper, "keep the stairs swept") {
			s.t.Errorf("what was not given yet prints as %q", paper)
		}
		s.send("main form", "do", "yes")
		if paper := printed(s.screen); !strings.HasPrefix(paper, "For:") || strings.Contains(paper, "Take my yes back") {
			s.t.Errorf("what was given prints as %q", paper)
		}
		if *shots != "" {
			pdf, err := chromedp.Run(s.ctx, chromedp.PrintToPDF())
			if err == nil {
				err = os.WriteFile(filepath.Join(*shots, "out.pdf"), pdf, 0o600)
			}
			if err != nil {
				s.t.Error(err)
			}
		}
	}},
	{"GET /me/out/{paper}/file", "file", func(s *tour) {
		href, _ := s.now.One(`main a[href$="/file"]`).Attr("href")
		if file := evaluate[string](s.screen, `fetch("`+href+`").then(r => r.text())`); !strings.HasPrefix(file, "<!doctype html>") || !strings.Contains(file, "I keep the stairs swept.") {
			s.t.Errorf("the file is %q", file)
		}
	}},
	{"GET /me/out/{paper}", "taken back", func(s *tour) { s.send(`main form[action$="/back"]`) }},
	{"POST /me/out/new", "a message that would go out", func(s *tour) {
		s.open("/me/out/new")
		s.send("main form", "to", "Dr Lind", "why", "We meet on Monday", "letter", "I sleep better now.", "as", "message", "do", "see")
	}},
	{"GET /me/out/{paper}", "a message that went out", func(s *tour) { s.send("main form", "do", "yes") }},
	{"GET /me/out", "what went out", func(s *tour) { s.open("/me/out") }},
}

// someThing is the first thing of a kind that can be chosen.
func someThing(s *tour, kind string) string {
	for _, c := range s.now.All("label.choice") {
		if strings.Contains(c.Text(), kind) {
			return valueOf(c)
		}
	}
	s.t.Fatalf("no %s can be chosen", kind)
	return ""
}

func valueOf(choice *htmlcheck.Page) string {
	value, _ := choice.One("input").Attr("value")
	return value
}

// printed is the text that a browser would print of the page that is shown.
func printed(s *screen) string {
	s.media("print")
	defer s.media("")
	return evaluate[string](s, `document.body.innerText`)
}
