package me

import (
	"unicode"

	"beside/internal/book"
	"beside/internal/journey"
)

// rings is a circle as a picture: me in the middle, a rounded shape for each ring around it, and the names in rows. It grows in height
// with what is in it. All measures are of its own drawing, [ringsWide] wide.
type rings struct {
	Wide, High int
	MeY        int
	Shapes     []ringShape // the outermost first, as they are drawn one over the other
	Names      []ringName
}

type ringShape struct {
	X, Y, Wide, High, Round int
	Fill                    string // class
	Words                   string // catalogue key of what the ring is
	WordsX, WordsY          int
}

type ringName struct {
	X, Y int
	Name string
}

// The measures of the picture. A name takes one place of a row; nameFits is how many letters of middle width a place holds.
const (
	ringsWide = 360
	rowHigh   = 22
	ringEdge  = 10 // between the edge of a ring and its rows
	ringWords = 16 // for the words of a ring, in it at the bottom
	meHigh    = 34
	nameFits  = 12.0
)

// ringLook is how each ring is drawn, the innermost first: its width, how many names a row of it takes, and its colour.
var ringLook = []struct {
	near  book.Closeness
	words string
	wide  int
	row   int
	fill  string
}{
	{book.NearClose, "circle.near_close", 236, 2, "f-sun"},
	{book.NearAround, "circle.near_around", 300, 2, "f-leaf"},
	{book.NearFurther, "circle.near_further", 352, 3, "f-card"},
}

// drawRings draws a circle. Those of whom it was not said how near they are stand beneath the rings.
func drawRings(live []journey.InCircle) rings {
	names := map[book.Closeness][]string{}
	for _, x := range live {
		names[x.Near] = append(names[x.Near], shortName(x.Words.Show()))
	}
	up, down := meHigh/2, meHigh/2 // how far the rings reach from the middle so far
	type at struct {
		x, y int
		name string
	}
	var placed []at
	shapes := make([]ringShape, len(ringLook))
	for i, look := range ringLook {
		rows := rowsOf(names[look.near], look.row)
		for n, row := range rows {
			y := -(up + ringEdge + n/2*rowHigh + rowHigh/2)
			if n%2 == 1 {
				y = down + ringEdge/2 + n/2*rowHigh + rowHigh/2
			}
			for k, name := range row {
				placed = append(placed, at{ringsWide/2 + (2*k+1-len(row))*look.wide/(2*look.row), y, name})
			}
		}
		half := (len(rows) + 1) / 2 * rowHigh
		up, down = up+ringEdge+half, down+half+ringWords+ringEdge/2
		shapes[len(shapes)-1-i] = ringShape{X: (ringsWide - look.wide) / 2, Y: -up, Wide: look.wide, High: up + down, Round: min(look.wide, up+down) / 3,
			Fill: look.fill, Words: look.words, WordsX: ringsWide / 2, WordsY: down - 6}
	}
	middle := up + 4
	d := rings{Wide: ringsWide, MeY: middle, Shapes: shapes}
	for i := range d.Shapes {
		d.Shapes[i].Y += middle
		d.Shapes[i].WordsY += middle
	}
	for _, p := range placed {
		d.Names = append(d.Names, ringName{p.x, p.y + middle, p.name})
	}
	d.High = middle + down + 4
	for _, row := range rowsOf(names[""], 3) {
		for k, name := range row {
			d.Names = append(d.Names, ringName{ringsWide/2 + (2*k+1-len(row))*ringsWide/6, d.High + rowHigh/2, name})
		}
		d.High += rowHigh
	}
	return d
}

func rowsOf(names []string, most int) (rows [][]string) {
	for len(names) > most {
		rows, names = append(rows, names[:most]), names[most:]
	}
	if len(names) > 0 {
		rows = append(rows, names)
	}
	return rows
}

// shortName is a name as it fits into a place of the picture; the list beside it has the whole of it. Nothing is cut between a letter
// and what belongs to it.
func shortName(s string) string {
	wide, last, joined := 0.0, 0, false
	for i, r := range s {
		if belongs(r) || joined {
			joined = r == '\u200d'
			continue
		}
		if unicode.IsControl(r) {
			return s[:i]
		}
		if wide <= nameFits-1 {
			last = i // here it can still be cut and told so
		}
		if wide += letterWide(r); wide > nameFits {
			return s[:last] + "…"
		}
	}
	return s
}

// belongs reports whether r is part of the letter before it.
func belongs(r rune) bool {
	return unicode.In(r, unicode.Mn, unicode.Me, unicode.Mc) || r == '\u200d' || r >= 0xfe00 && r <= 0xfe0f || r >= 0x1f3fb && r <= 0x1f3ff || r >= 0xe0020 && r <= 0xe007f
}

// letterWide is about how wide a letter is, where 1 is one of middle width.
func letterWide(r rune) float64 {
	switch {
	case r >= 0x1100 && r <= 0x115f, r >= 0x2e80 && r <= 0xa4cf, r >= 0xac00 && r <= 0xd7a3, r >= 0xff00 && r <= 0xff60, r >= 0x1f000:
		return 2
	case r == 'm' || r == 'w' || r == 'M' || r == 'W':
		return 1.5
	case unicode.IsUpper(r):
		return 1.3
	}
	return 1
}
