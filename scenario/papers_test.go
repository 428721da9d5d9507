package scenario

import (
	"bytes"
	"image"
	"image/jpeg"
	"strings"
	"testing"

	"beside/internal/testkit/ready"
	"beside/internal/testkit/world"
)

// visitPapers visits the pages on which somebody without a phone gives something by signing on paper, as each who takes part sees them.
func visitPapers(t *testing.T, seen *visited) {
	w := world.New(t, ready.Folder(t))
	mira, sam, toni := w.Join(t, "Mira"), w.Worker(t, "Sam"), w.Team(t)
	mira.Get("/me/workers")
	mira.Follow("main article.person a")
	mira.Send("section > form")
	windowOf(t, sam, "beside", newTour(t, w.App, "paper worker", seen)).visit(t, stop{"GET /worker/people/{book}/paper", "a sheet to print", func(s *tour) {
		s.open("/worker")
		s.follow(`main .rows a[href*="/people/"]`)
		s.follow(`main a[href$="/paper"]`)
	}}, stop{"GET /worker/people/{book}/paper/{signing}", "a sheet that a worker printed", func(s *tour) {
		s.send("main form", "sections", "goals", "until", "3")
		if paper := printed(s.screen); !strings.HasPrefix(paper, "What I share") || strings.Contains(paper, "Nothing is shared by this sheet alone") {
			t.Errorf("the sheet prints as %q", paper)
		}
	}})
	number := ""
	windowOf(t, mira, "beside", newTour(t, w.App, "paper", seen)).visit(t, stop{"GET /me/papers/{signing}", "a sheet of one's own", func(s *tour) {
		s.open("/me/sharing")
		s.follow(`main a[href^="/me/papers/"]`)
		number = s.now.One(".given .sheet-number strong").Text()
	}})
	windowOf(t, toni, "beside", newTour(t, w.App, "paper desk", seen)).visit(t, same("/papers"),
		sent("POST /papers", "no such sheet", "/papers", "main form", "number", "00000 00000", "name", "Mira"),
		sent("POST /papers", "a sheet to enter", "/papers", "main form", "number", number, "name", "Mira"))
	toni.Get("/papers")
	toni.Send("main form", "number", number, "name", "Mira")
	form := toni.Filled("main form[enctype]", "day", "2027-03-10", "saw", "yes")
	form.Del("photo")
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 400, 300)), nil); err != nil {
		t.Fatal(err)
	}
	toni.PostFile("/papers/signed", form, "sheet.jpg", b.Bytes())
	windowOf(t, mira, "beside", newTour(t, w.App, "paper given", seen)).visit(t, stop{"GET /me/sharing", "given on paper", func(s *tour) { s.open("/me/sharing") }},
		stop{"GET /me/papers/{signing}/photo", "photograph", func(s *tour) {
			src, _ := s.now.One("img.photo").Attr("src")
			if wide := evaluate[int](s.screen, `document.querySelector("img.photo").decode().then(() => document.querySelector("img.photo").naturalWidth)`); wide != 400 {
				t.Errorf("the photograph at %s is %d wide", src, wide)
			}
		}})
	windowOf(t, toni, "beside", newTour(t, w.App, "paper back", seen)).visit(t, sent("POST /papers", "taken back", "/papers", "main form", "number", number, "name", "Mira"))
}
