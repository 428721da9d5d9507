package demo

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"

	"beside/internal/book"
	"beside/internal/journey/made"
)

// picture draws something: a loaf on a board, or somebody small with a hat on. No camera was there.
type picture func(x, y float64) color.RGBA

// Colours of the pictures.
var (
	wood  = color.RGBA{0xc9, 0xa2, 0x6a, 255}
	wall  = color.RGBA{0xf2, 0xdf, 0xb4, 255}
	crust = color.RGBA{0x9a, 0x5b, 0x25, 255}
	crumb = color.RGBA{0xe6, 0xc0, 0x86, 255}
	paper = color.RGBA{0xfb, 0xf7, 0xef, 255}
	ink   = color.RGBA{0x20, 0x30, 0x2c, 255}
	plum  = color.RGBA{0x5a, 0x2d, 0x5c, 255}
)

// within reports whether a point is in an ellipse.
func within(x, y, cx, cy, rx, ry float64) bool {
	dx, dy := (x-cx)/rx, (y-cy)/ry
	return dx*dx+dy*dy <= 1
}

func loaf(x, y float64) color.RGBA {
	switch {
	case within(x, y, .35, .45, .03, .12), within(x, y, .5, .42, .03, .13), within(x, y, .65, .45, .03, .12):
		return crumb
	case within(x, y, .5, .55, .36, .26):
		return crust
	case y > .7:
		return wood
	}
	return wall
}

func hatted(x, y float64) color.RGBA {
	switch {
	case within(x, y, .46, .5, .012, .02), within(x, y, .54, .5, .012, .02), y > .575 && y < .59 && x > .46 && x < .54:
		return paper
	case x > .4 && x < .6 && y > .2 && y < .4, y >= .38 && y < .42 && x > .32 && x < .68:
		return plum
	case within(x, y, .5, .54, .13, .15), y > .66 && y < .9 && within(x, y, .5, .9, .16, .24):
		return ink
	}
	return paper
}

// drawn is a picture as a PNG.
func drawn(p picture) ([]byte, error) {
	const w, h = 960, 720
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.SetRGBA(x, y, p(float64(x)/w, float64(y)/h))
		}
	}
	var b bytes.Buffer
	err := png.Encode(&b, img)
	return b.Bytes(), err
}

// makes puts something they made on the shelf, with a picture of it or none.
func makes(words string, what book.Making, p picture) act {
	return func(ctx context.Context, t *telling, who *teller) error {
		k := made.Keeping{Entry: t.entry(), Words: book.NewText(words), What: what}
		var err error
		if p != nil {
			if k.Photo, err = drawn(p); err != nil {
				return err
			}
		}
		_, err = t.shelf.Keep(ctx, who.as(book.HatSelf), who.me.Book, k)
		return err
	}
}
