package scenario

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"beside/internal/testkit/ready"
	"beside/internal/testkit/world"
)

// walking has somebody choose a worker and give them one part of the book.
func walking(c *world.Client, worker, section string) {
	c.Get("/me/workers")
	for _, a := range c.Page.All("main article a") {
		if strings.Contains(a.Text(), worker) {
			href, _ := a.Attr("href")
			c.Get(href)
			break
		}
	}
	c.Send("section[aria-labelledby=yes] > details:first-of-type > form", "sections", section)
}

// wrote keeps a strength and a goal in somebody's book.
func wrote(c *world.Client, strength, goal string) {
	c.Get("/me/strengths/new")
	c.Send("main form", "words", strength)
	c.Get("/me/goals/new")
	c.Send("main form", "words", goal)
}

// photograph is the picture of a sheet in a file, as a telephone makes one.
func photograph(t *testing.T) string {
	t.Helper()
	paper := image.NewRGBA(image.Rect(0, 0, 600, 800))
	for i := range paper.Pix {
		paper.Pix[i] = 0xee
	}
	for x := 100; x < 500; x++ {
		paper.Set(x, 700-x%40, color.RGBA{R: 10, G: 10, B: 90, A: 255})
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, paper, nil); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "IMG_0001.jpg")
	if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

var sheetNumber = regexp.MustCompile(`Number of the sheet ([0-9A-Z]{5} [0-9A-Z]{5})`)

// TestSignedOnPaperInBrowser: Mira has no phone. Sam prints a sheet with her, on which it says what he would see; by that he sees nothing
// more. She signs in front of Toni, who sends a photograph of the sheet from a phone without script. Then Sam sees just that. On a day
// at the centre's computer Mira looks at her own sheet. She brings the slip, and it is closed to Sam.
func TestSignedOnPaperInBrowser(t *testing.T) {
	w := world.New(t, ready.Folder(t))
	m, sc, tc := w.Join(t, "Mirabelle"), w.Worker(t, "Sam"), w.Team(t)
	wrote(m, "I bake bread", "A flat of my own")
	walking(m, "Sam", "strengths")
	mira, sam, toni := sits(t, w, m, touch), sits(t, w, sc, touch), sits(t, w, tc, bare)

	sam.open("/worker")
	sam.presses("Mirabelle")
	person := sam.path()
	sam.reads("I bake bread")
	sam.readsNothingOf("A flat of my own")
	sam.presses("Print a sheet to sign on paper")
	sam.ticks("Their goals and steps")
	sam.ticks("Half a year")
	sam.presses("Print this to sign on paper")
	sheet := sam.onOneSheet()
	for _, words := range []string{
		"I am Mirabelle", "Sam may see: my name, my goals, and may suggest.", "Nothing else. Until 10 September 2027.",
		"I can take this back at any time", "If I do not sign, nothing changes for me.", "Signed in front of (not Sam)", "To take it back",
	} {
		if !strings.Contains(sheet, words) {
			t.Errorf("the sheet does not say %q: %s", words, sheet)
		}
	}
	if strings.Contains(sheet, "Go back") || strings.Contains(sheet, "A flat of my own") || len(sheetNumber.FindAllString(sheet, -1)) != 2 {
		t.Errorf("the sheet and its slip say %s", sheet)
	}
	number := sheetNumber.FindStringSubmatch(sheet)[1]
	sam.open(person)
	sam.readsNothingOf("A flat of my own")

	toni.open("/team")
	toni.presses("Somebody signed a paper")
	toni.types("Number of the sheet", strings.ToLower(number))
	toni.types("Name on the sheet", "mirabelle")
	toni.presses("Find the sheet")
	toni.reads("Does the sheet in your hand say just this?", "Sam may see: my name, my goals", "Only the person who signed can look at it here.")
	toni.ticks("today")
	toni.presses("Write this down")
	toni.reads("Only what you saw yourself can be written down.", "No picture has come.")
	sam.open(person)
	sam.readsNothingOf("A flat of my own")
	toni.ticks("They signed it in front of me")
	toni.window.do("choosing the photograph", chromedp.SetUploadFiles(chromedp.CSS(`input[type="file"]`), []string{photograph(t)}))
	toni.presses("Write this down")
	toni.isAt("/team")
	if said := toni.page().One(".said").Text(); !strings.Contains(said, "It is written down, and counts from now on.") {
		t.Errorf("Toni is told %q", said)
	}

	sam.open(person)
	sam.reads("A flat of my own")
	sam.readsNothingOf("I bake bread") // what she signed takes the place of what she gave before
	mira.open("/me")
	mira.presses("What I share")
	mira.reads("Sam", "my goals", "Until 10 September.", "On paper, in front of somebody of the centre team, 10 March 2027.", "Take it back")
	if wide := evaluate[int](mira.window, `document.querySelector("img.photo").decode().then(() => document.querySelector("img.photo").naturalWidth)`); wide != 600 {
		t.Errorf("her sheet is shown %d wide", wide)
	}
	photo, _ := mira.page().One("img.photo").Attr("src")
	toni.open(photo)
	toni.reads("This page is not open to you.")

	toni.open("/papers")
	toni.types("Number of the sheet", number)
	toni.types("Name on the sheet", "Mirabelle")
	toni.presses("Find the sheet")
	toni.reads("Did they give you the slip")
	toni.presses("Take it back for them")
	toni.isAt("/team")
	sam.open("/worker")
	sam.readsNothingOf("Mirabelle")
	sam.open(person)
	sam.reads("This page is not open to you.")
	mira.open("/me/sharing")
	mira.readsNothingOf("On paper, in front of", "Sam")
	mira.open("/me/timeline")
	mira.reads("You gave something by signing on paper", "You took something back on paper")
}
