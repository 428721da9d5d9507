package media

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"time"

	"golang.org/x/image/webp"

	"beside/internal/errs"
	"beside/internal/mutant"
)

// What is kept of a photograph.
const (
	// Side is the longest side of what is kept, in pixels: handwriting on a whole page can be read.
	Side = 2000
	// MaxKept is the most that is kept, in bytes.
	MaxKept = 640 << 10
	// SmallSide is the longest side of a photograph among others, in pixels.
	SmallSide = 320
)

// waits is how long somebody waits for others whose photographs are being opened.
const waits = 20 * time.Second

// Cleaner makes of what came in what is kept. It opens one photograph at a time, as each takes much memory. Make it with
// [NewCleaner]; it is safe for concurrent use.
type Cleaner struct{ turn chan struct{} }

// NewCleaner returns a Cleaner.
func NewCleaner() *Cleaner { return &Cleaner{make(chan struct{}, 1)} }

// Clean returns a photograph as it is kept: a JPEG of at most [Side] pixels a side and [MaxKept] bytes, upright, with nothing in it
// but pixels. It returns Invalid with the field "photo" and words for what it is instead, and Busy when too many wait.
func (c *Cleaner) Clean(ctx context.Context, b []byte) ([]byte, error) {
	f, err := look(b)
	if err != nil {
		return nil, err
	}
	done, err := c.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	if mutant.On("media-as-it-came") {
		return bytes.Clone(b), nil
	}
	img, err := open(b, f)
	if err != nil {
		return nil, refuse("media.broken")
	}
	return pack(img, f.turned, Side, 80, 60, 40)
}

// begin waits until no other photograph is open.
func (c *Cleaner) begin(ctx context.Context) (done func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, waits)
	defer cancel()
	select {
	case c.turn <- struct{}{}:
		return func() { <-c.turn }, nil
	case <-ctx.Done():
		return nil, errs.New("media: clean", errs.Busy, "")
	}
}

// Small returns a photograph that was kept as it is shown among others: of at most [SmallSide] pixels a side, which costs a telephone some 10 kB and
// not some hundred. It returns Internal for what is none, and Busy when too many wait.
func (c *Cleaner) Small(ctx context.Context, kept []byte) ([]byte, error) {
	done, err := c.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	img, err := jpeg.Decode(bytes.NewReader(kept))
	if err != nil {
		return nil, errs.As("media: small", errs.Internal, err)
	}
	return pack(img, 1, SmallSide, 50)
}

// open decodes a photograph whose header was looked at.
func open(b []byte, f found) (img image.Image, err error) {
	switch f.kind {
	case isJPEG:
		img, err = jpeg.Decode(bytes.NewReader(b))
	case isPNG:
		img, err = png.Decode(bytes.NewReader(b))
	default:
		img, err = webp.Decode(bytes.NewReader(b))
	}
	if err == nil && img.Bounds().Empty() {
		err = image.ErrFormat
	}
	return img, err
}

// pack makes a photograph upright and small, on white where it lets through, as well as it fits.
func pack(img image.Image, turn, side int, qualities ...int) ([]byte, error) {
	for ; ; side /= 2 {
		small := upright(smaller(img, side), turn)
		for _, quality := range qualities {
			var out bytes.Buffer
			if err := jpeg.Encode(&out, small, &jpeg.Options{Quality: quality}); err != nil {
				return nil, errs.Wrap("media: pack", err)
			}
			if out.Len() <= MaxKept {
				return out.Bytes(), nil
			}
		}
	}
}

// smaller returns the picture with no side longer than side, each pixel the mean of those it stands for. It goes through the rows one by
// one, so that no second whole copy of a large picture is made.
func smaller(img image.Image, side int) *image.RGBA {
	from := img.Bounds()
	w, h := from.Dx(), from.Dy()
	tw, th := w, h
	if long := max(w, h); long > side {
		tw, th = max(1, w*side/long), max(1, h*side/long)
	}
	out := image.NewRGBA(image.Rect(0, 0, tw, th))
	row := image.NewRGBA(image.Rect(0, 0, w, 1))
	sums := make([]uint32, tw*3)
	for ty := range th {
		clear(sums)
		y0, y1 := ty*h/th, (ty+1)*h/th
		for y := y0; y < y1; y++ {
			draw.Draw(row, row.Rect, image.NewUniform(color.White), image.Point{}, draw.Src)
			draw.Draw(row, row.Rect, img, image.Pt(from.Min.X, from.Min.Y+y), draw.Over)
			for tx := range tw {
				for x := tx * w / tw; x < (tx+1)*w/tw; x++ {
					p := row.Pix[x*4 : x*4+3 : x*4+3]
					sums[tx*3] += uint32(p[0])
					sums[tx*3+1] += uint32(p[1])
					sums[tx*3+2] += uint32(p[2])
				}
			}
		}
		for tx := range tw {
			n := uint32((y1 - y0) * ((tx+1)*w/tw - tx*w/tw))
			p := out.Pix[ty*out.Stride+tx*4:]
			p[0], p[1], p[2], p[3] = uint8(sums[tx*3]/n), uint8(sums[tx*3+1]/n), uint8(sums[tx*3+2]/n), 255
		}
	}
	return out
}

// upright turns a picture as its orientation says (EXIF 2.32, tag 0x0112).
func upright(img *image.RGBA, turn int) *image.RGBA {
	if turn < 2 || turn > 8 {
		return img
	}
	w, h := img.Rect.Dx(), img.Rect.Dy()
	tw, th := w, h
	if turn >= 5 {
		tw, th = h, w
	}
	out := image.NewRGBA(image.Rect(0, 0, tw, th))
	for y := range h {
		for x := range w {
			tx, ty := x, y
			switch turn {
			case 2:
				tx = w - 1 - x
			case 3:
				tx, ty = w-1-x, h-1-y
			case 4:
				ty = h - 1 - y
			case 5:
				tx, ty = y, x
			case 6:
				tx, ty = h-1-y, x
			case 7:
				tx, ty = h-1-y, w-1-x
			case 8:
				tx, ty = y, w-1-x
			}
			copy(out.Pix[ty*out.Stride+tx*4:][:4], img.Pix[y*img.Stride+x*4:][:4])
		}
	}
	return out
}
