package me_test

import (
	"bytes"
	"image"
	"image/jpeg"
	"strings"
	"testing"
)

// aLoaf is a photograph as a telephone makes it, of no use but to be kept.
func aLoaf(t testing.TB) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 800, 600))
	for i := range img.Pix {
		img.Pix[i] = uint8(i * i >> 8)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// brings sends the form of the page that is open, with a photograph in it, or none.
func (p *person) brings(name string, file []byte, fill ...string) {
	p.t.Helper()
	const form = `form[enctype="multipart/form-data"]`
	values := p.Filled(form, fill...)
	action, _ := p.Page.One(form).Attr("action")
	if values.Del("photo"); file == nil {
		p.Post(action, values)
		return
	}
	p.PostFile(action, values, name, file)
}

// TestTheShelf: Ana puts a loaf of bread on her shelf with a photograph, and a poem without one; changes it, takes the photograph away again, puts it
// away and brings it back. For somebody else none of it is there.
func TestTheShelf(t *testing.T) {
	onBoth(t, func(t *testing.T, ana *person) {
		ana.get("/me")
		ana.Follow(`main a[href="/me/made"]`)
		ana.says("Nothing is here yet")
		ana.Follow(`main a[href="/me/made/new"]`)
		ana.brings("", nil) // neither
		ana.Want(422, "/me/made/new")
		ana.says("One of the two is enough")
		ana.brings("x.pdf", []byte("%PDF-1.7"), "words", "My first loaf")
		ana.Want(422, "/me/made/new")
		ana.says("This is a document")
		ana.says("My first loaf")
		ana.brings("loaf.jpg", aLoaf(t), "words", "My first loaf", "what", "hands")
		ana.Want(200, "/me/made")
		ana.says("Kept. It has its place.")
		src, _ := ana.Page.One(".shelf img").Attr("src")
		ana.get(src)
		small := len(ana.Body)
		if ana.Header.Get("Content-Type") != "image/jpeg" || !strings.Contains(ana.Header.Get("Cache-Control"), "no-store") {
			t.Errorf("%v", ana.Header)
		}
		ana.get("/me/made")
		ana.Follow(`.shelf a`)
		path := ana.Path
		href, _ := ana.Page.One(".made a").Attr("href")
		ana.get(href)
		if len(ana.Body) < 2*small {
			t.Errorf("the small one has %d bytes, the large one %d", small, len(ana.Body))
		}
		ana.get(path)
		ana.brings("", nil, "words", "", "without", "yes") // nothing would be left
		ana.Want(422, path)
		ana.says("One of the two is enough")
		ana.get(path)
		ana.brings("", nil, "words", "My first loaf, still warm")
		ana.get(path)
		if len(ana.Page.All(".made img")) != 1 {
			t.Error("new words took the photograph away")
		}
		ana.brings("", nil, "words", "My first loaf", "without", "yes")
		ana.get(path)
		if len(ana.Page.All(".made img")) != 0 {
			t.Error("the photograph is shown, which she did not want")
		}
		ana.Get(href)
		ana.Want(404, href)
		ana.get("/me/timeline")
		ana.says("You put something you made on the shelf")
		ana.get(path)
		ana.Send(`form[action$="/away"]`)
		ana.Want(200, "/me/made")
		ana.says("Nothing is here yet")
		ana.Send(`form[action$="/back"]`)
		ana.says("My first loaf")
		ana.get("/me/erase")
		ana.says("Things I made")

		bea := join(t, ana.World, ana.sam, "Bea")
		for _, at := range []string{path, path + "/photo", path + "/small"} {
			bea.Get(at)
			bea.Want(404, at)
		}
	})
}
