package sign_test

import (
	"bytes"
	"context"
	"image"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/media"
	"beside/internal/peer"
	"beside/internal/testkit/ready"
	"beside/internal/testkit/world"
)

// place is a world in which Mira, who has no phone, walks with Sam; Toni is of the centre team. Nobody has script.
type place struct {
	*testing.T
	*world.World
	mira, sam, toni *world.Client
	owner           grant.Subject
	book            id.Book
	photo           []byte
}

func onBoth(t *testing.T, fn func(p *place)) {
	t.Helper()
	ready.Both(t, func(t *testing.T, where string) {
		p := &place{T: t, World: world.New(t, where)}
		p.mira, p.sam, p.toni = p.World.Join(t, "Mirabelle"), p.Worker(t, "Sam"), p.Team(t)
		s, err := p.App.Accounts.Session(context.Background(), p.mira.Cookie("beside"))
		p.must(err)
		p.owner, p.book = grant.Subject{Person: s.Person, Hat: s.Hat}, s.Book
		sam, err := p.App.Accounts.Session(context.Background(), p.sam.Cookie("beside"))
		p.must(err)
		p.must(p.App.Peers.Choose(context.Background(), p.owner, p.book, peer.Choice{
			Entry: id.New[id.Entry](p.App.IDs), Worker: sam.Person, Sections: []book.Section{book.SectionWords}, Until: p.Clock.Now() + 300*clock.Day,
		}))
		var b bytes.Buffer
		p.must(jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 1200, 900)), nil))
		p.photo = b.Bytes()
		fn(p)
	})
}

func (p *place) must(err error) {
	p.Helper()
	if err != nil {
		p.Fatal(err)
	}
}

// number is what stands on the sheet that somebody has before them.
func number(c *world.Client) string { return c.Page.One(".given .sheet-number strong.code").Text() }

// TestWithoutAPhone: Sam prints a sheet with Mira, who has no phone; she signs it in front of Toni, who writes that down with a photograph;
// Sam sees just what she signed for. On a day at the centre's computer she reads in front of whom, and sees the sheet. The desk ends it
// from her slip.
func TestWithoutAPhone(t *testing.T) {
	onBoth(t, func(p *place) {
		p.sam.Get("/worker")
		p.sam.Follow(`main .rows a[href*="/people/"]`)
		person := p.sam.Path
		p.sam.Page.HasNot("#goals")
		p.sam.Follow(`main a[href$="/paper"]`)
		p.sam.Page.HasNot("input[type=checkbox][checked]")
		p.sam.Send("main form", "sections", "goals", "until", "3")
		p.sam.Page.Says(".given", "Mirabelle")
		p.sam.Page.Says(".given .lead", "Sam may see: my name, my goals, and may suggest. It is there so that they can walk with me. Nothing else. Until 10 June 2027.")
		p.sam.Page.Says(".given", "Signed in front of (not Sam)")
		n := number(p.sam)
		p.sam.Get(person).HasNot("#goals") // printing gives nothing

		p.sam.Get("/papers") // who is given it cannot enter it
		p.sam.Send("main form", "number", n, "name", "Mirabelle")
		p.sam.Want(422, "/papers")
		p.sam.Page.Says(".mend", "somebody else has to see it signed")

		p.toni.Get("/team")
		p.toni.Follow(`main a[href="/papers"]`)
		p.toni.Send("main form", "number", n, "name", "Somebody")
		p.toni.Page.Says(".mend", "no sheet with this number and this name")
		p.toni.Send("main form", "number", strings.ToLower(n), "name", "mirabelle")
		p.toni.Page.Says("main article", "Sam may see: my name, my goals")
		p.toni.Page.HasNot(`main a[href*="/people/"]`)
		form := p.toni.Filled("main form[enctype]", "day", "2027-03-10")
		form.Del("photo")
		p.toni.PostFile("/papers/signed", form, "sheet.jpg", p.photo)
		p.toni.Page.Says(".mend", "Only what you saw yourself")
		p.toni.Page.Says(".mend", "Choose the photograph once more.")
		form.Set("saw", "yes")
		p.toni.PostFile("/papers/signed", form, "sheet.svg", []byte("<svg onload=alert(1)>"))
		p.toni.Page.Says(".mend", "Send a photograph")
		p.toni.PostFile("/papers/signed", form, "sheet.jpg", make([]byte, media.MaxBytes+10))
		p.toni.Page.Says(".mend", "too large")
		p.sam.Get(person).HasNot("#goals")
		for range 2 { // a double tap
			p.toni.PostFile("/papers/signed", form, "../../IMG 0001.jpg", p.photo)
			p.toni.Want(200, "/team")
		}
		p.sam.Get(person).Has("#goals")
		p.sam.Page.HasNot("#words") // what she signed takes the place of what she gave before

		p.mira.Get("/me/sharing").Says(".on-paper", "On paper, in front of somebody of the centre team, 10 March 2027.")
		src, _ := p.mira.Page.One("img.photo").Attr("src")
		p.mira.Get(src)
		for name, want := range map[string]string{"Content-Type": "image/jpeg", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Content-Disposition": `inline; filename="photo.jpg"`} {
			if got := p.mira.Header.Get(name); got != want {
				p.Errorf("%s: %s", name, got)
			}
		}
		if !strings.Contains(p.mira.Header.Get("Content-Security-Policy"), "sandbox") || !bytes.HasPrefix(p.mira.Body, []byte("\xff\xd8")) {
			p.Errorf("the photograph comes with %v", p.mira.Header)
		}
		for _, c := range []*world.Client{p.sam, p.toni} {
			c.Get(src)
			c.Want(404, src)
		}
		p.mira.Get("/me/timeline").Says(".timeline", "You gave something by signing on paper")
		p.mira.Get("/me/ways/happened").Says("main", "by signing a paper")

		p.mira.Get("/me/copy") // she takes it along
		p.mira.Post("/me/copy", p.mira.Filled("main form", "as", "page"))
		p.mira.Page.Says("body", "On paper, in front of somebody of the centre team, 10 March 2027.")
		if !bytes.Contains(p.mira.Body, []byte(`src="data:image/jpeg;base64,/9j/`)) {
			p.Error("the photograph does not stand in what she takes along")
		}

		p.toni.Get("/papers")
		p.toni.Send("main form", "number", n, "name", "Mirabelle")
		p.toni.Page.Says("h1", "They take it back")
		p.toni.Page.HasNot("input[type=file]")
		p.toni.Send("main form")
		p.toni.Want(200, "/team")
		p.sam.Get(person)
		p.sam.Want(404, person)
		p.mira.Get("/me/sharing").HasNot(".on-paper")
		p.mira.Get("/me/timeline").Says(".timeline", "You took something back on paper")
	})
}

// TestTheSlipComesFirst: Mira changed her mind before anybody wrote down that she signed. The desk types what stands on the slip, and nobody can
// enter the sheet.
func TestTheSlipComesFirst(t *testing.T) {
	onBoth(t, func(p *place) {
		p.mira.Get("/me/workers")
		p.mira.Follow(".settled a")
		p.mira.Send(`form[action$="/paper"]`, "sections", "strengths")
		n := number(p.mira)
		p.toni.Get("/papers")
		p.toni.Send("main form", "number", n, "name", "Mirabelle")
		p.toni.Send(`form[action="/papers/back"]`)
		p.toni.Want(200, "/team")
		p.toni.Get("/papers")
		p.toni.Send("main form", "number", n, "name", "Mirabelle")
		p.toni.Page.Says(".mend", "cannot be used any more")
		p.mira.Get("/me/sharing").HasNot(`main a[href^="/me/papers/"]`)
		p.mira.Get("/me/ways/happened").Says("main", "took back on paper")
	})
}

// TestASheetToThinkAbout: Mira prints a sheet herself, takes it home, and throws it away; then nobody can enter it. A photograph in PNG comes in
// too, for another.
func TestASheetToThinkAbout(t *testing.T) {
	onBoth(t, func(p *place) {
		p.mira.Get("/me/workers")
		p.mira.Follow(".settled a")
		p.mira.Send(`form[action$="/paper"]`, "sections", "strengths")
		n := number(p.mira)
		p.mira.Get("/me/sharing").Says("main", "A sheet for Sam. Nothing is shared before")
		p.mira.Follow(`main a[href^="/me/papers/"]`)
		sheet := p.mira.Path
		p.mira.Send(`form[action$="/away"]`)
		p.mira.Want(200, "/me/sharing")
		p.mira.Get(sheet).HasNot(".given")
		p.toni.Get("/papers")
		p.toni.Send("main form", "number", n, "name", "Mirabelle")
		p.toni.Page.Says(".mend", "cannot be used any more")

		p.mira.Get("/me/workers")
		p.mira.Follow(".settled a")
		p.mira.Send(`form[action$="/paper"]`, "sections", "strengths")
		n = number(p.mira)
		p.toni.Get("/papers")
		p.toni.Send("main form", "number", n, "name", "Mirabelle")
		form := p.toni.Filled("main form[enctype]", "day", "2027-03-10", "saw", "yes")
		form.Del("photo")
		var b bytes.Buffer
		p.must(png.Encode(&b, image.NewRGBA(image.Rect(0, 0, 30, 20))))
		p.toni.PostFile("/papers/signed", form, "x.png", b.Bytes())
		p.toni.Want(200, "/team")
		p.mira.Get("/me/sharing").Says(".on-paper", "On paper, in front of")

		visitor := p.Visitor(t) // nobody else makes us read a file
		visitor.PostFile("/papers/signed", form, "x.png", b.Bytes())
		visitor.Want(422, "/papers/signed") // as with any form of another's
		p.mira.PostFile("/papers/signed", form, "x.png", make([]byte, 1<<20))
		p.mira.Want(413, "/papers/signed")
		p.mira.Get("/me/words")
		form.Set("token", p.mira.Filled("main form").Get("token"))
		p.mira.PostFile("/papers/signed", form, "x.png", b.Bytes())
		p.mira.Want(404, "/papers/signed")
	})
}
