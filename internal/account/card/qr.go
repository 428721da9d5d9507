package card

import (
	"fmt"
	"strings"

	"rsc.io/qr"

	"beside/internal/errs"
)

// Square is a QR code as it is drawn: Size modules a side with the quiet zone, and the dark ones as the path of an SVG.
type Square struct {
	Size int
	Path string
}

// quiet is the light margin around a QR code, in modules, as ISO/IEC 18004 asks for.
const quiet = 4

// Draw draws text as a QR code. It fails for a text too long for one.
func Draw(text string) (Square, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return Square{}, errs.As("card: draw", errs.Internal, err)
	}
	var b strings.Builder
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			n := 0
			for x+n < code.Size && code.Black(x+n, y) {
				n++
			}
			if n > 0 {
				fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", x+quiet, y+quiet, n, n)
				x += n
			}
		}
	}
	return Square{Size: code.Size + 2*quiet, Path: b.String()}, nil
}
