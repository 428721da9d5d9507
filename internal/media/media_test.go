package media_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"runtime"
	"strings"
	"testing"

	"beside/internal/errs"
	"beside/internal/media"
)

// Every file here is made by code: pictures by the encoders, attacks by hand.

// sheet is a picture of w by h pixels, red in its upper left quarter and else grey.
func sheet(w, h int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.RGBA{200, 200, 200, 255}
			if x < w/2 && y < h/2 {
				c = color.RGBA{220, 20, 20, 255}
			}
			img.SetRGBA(x, y, c)
		}
	}
	return img
}

func asJPEG(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asPNG(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// segment is a segment of a JPEG.
func segment(marker byte, data string) []byte {
	return append(binary.BigEndian.AppendUint16([]byte{0xff, marker}, uint16(len(data)+2)), data...)
}

// behindStart puts segments behind the first two bytes of a JPEG.
func behindStart(b []byte, segments ...[]byte) []byte {
	return append(append(bytes.Clone(b[:2]), bytes.Join(segments, nil)...), b[2:]...)
}

// exif says how the device was held, and where: GPS latitude in an IFD of its own, and in words so that it can be looked for.
func exif(turn uint16) []byte {
	var b bytes.Buffer
	b.WriteString("Exif\x00\x00II*\x00\x08\x00\x00\x00\x02\x00")
	for _, tag := range []struct {
		tag, kind uint16
		n, value  uint32
	}{{0x0112, 3, 1, uint32(turn)}, {0x8825, 4, 1, 38}} {
		b.Write(binary.LittleEndian.AppendUint16(nil, tag.tag))
		b.Write(binary.LittleEndian.AppendUint16(nil, tag.kind))
		b.Write(binary.LittleEndian.AppendUint32(nil, tag.n))
		b.Write(binary.LittleEndian.AppendUint32(nil, tag.value))
	}
	b.WriteString("\x00\x00\x00\x00GPS 51.5007 N 0.1246 W")
	return segment(0xe1, b.String())
}

// chunk is a chunk of a PNG.
func chunk(name, data string) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	b = append(b, name+data...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

func header(w, h uint32, depth, kind, laced byte) string {
	b := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h)
	return string(append(b, depth, kind, 0, 0, laced))
}

const pngStart = "\x89PNG\r\n\x1a\n"

func clean(b []byte) ([]byte, error) { return media.NewCleaner().Clean(context.Background(), b) }

// words are what an error says of the photograph.
func words(err error) string {
	if e, ok := errors.AsType[*errs.Error](err); ok && e.Kind == errs.Invalid && len(e.Fields) == 1 && e.Fields[0].Name == "photo" {
		return e.Fields[0].Words
	}
	return ""
}

// TestWhatIsNoPhotographIsRefused: each attack is told from its header, without being opened, and in words of its own.
func TestWhatIsNoPhotographIsRefused(t *testing.T) {
	small := asJPEG(t, sheet(40, 30))
	var anim bytes.Buffer
	if err := gif.Encode(&anim, sheet(4, 4), nil); err != nil {
		t.Fatal(err)
	}
	bomb := bytes.Clone(small)
	at := bytes.Index(bomb, []byte{0xff, 0xc0})
	binary.BigEndian.PutUint32(bomb[at+5:], 0xfff0fff0) // 65,520 by 65,520
	sos := bytes.Index(small, []byte{0xff, 0xda})
	scan := small[sos : len(small)-2]
	many := append(append(bytes.Clone(small[:len(small)-2]), bytes.Repeat(scan, 5)...), 0xff, 0xd9)
	zip := "PK\x03\x04" + strings.Repeat("x", 50) + "PK\x05\x06" + strings.Repeat("\x00", 18)
	whole := asPNG(t, sheet(40, 30))
	for name, x := range map[string]struct {
		file  []byte
		words string
	}{
		"nothing":                      {nil, "media.empty"},
		"too long":                     {append(bytes.Clone(small), make([]byte, media.MaxBytes)...), "media.too_long"},
		"words":                        {[]byte("a letter"), "media.none"},
		"a drawing with a script":      {[]byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`), "media.drawing"},
		"a drawing behind a mark":      {[]byte("\xef\xbb\xbf \n<?xml version=\"1.0\"?><svg/>"), "media.drawing"},
		"a page":                       {[]byte("<!doctype html><script>alert(1)</script>"), "media.drawing"},
		"a GIF":                        {anim.Bytes(), "media.gif"},
		"a GIF that is a script":       {[]byte("GIF89a=1;alert(1)"), "media.gif"},
		"a document":                   {[]byte("%PDF-1.7 ..."), "media.pdf"},
		"HEIC":                         {[]byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"), "media.heic"},
		"a film":                       {[]byte("\x00\x00\x00\x18ftypisom\x00\x00\x00\x00isom"), "media.film"},
		"a program":                    {[]byte("\x7fELF\x02\x01\x01"), "media.none"},
		"only a beginning":             {[]byte("\xff\xd8\xff"), "media.cut"},
		"a JPEG cut in its picture":    {small[:len(small)-40], "media.cut"},
		"a JPEG cut in its header":     {small[:at+4], "media.cut"},
		"a JPEG bomb":                  {bomb, "media.too_large"},
		"a JPEG of many scans":         {many, "media.broken"},
		"a JPEG without a picture":     {[]byte("\xff\xd8\xff\xd9"), "media.broken"},
		"a JPEG and an archive":        {append(bytes.Clone(small), zip...), "media.two"},
		"a JPEG and a page":            {append(bytes.Clone(small), "<html><script>alert(1)</script>"...), "media.two"},
		"a JPEG and a document":        {append(bytes.Clone(small), "%PDF-1.4"...), "media.two"},
		"a page far behind":            {append(append(bytes.Clone(small), make([]byte, 8<<10-3)...), "<ScRipt>"...), "media.two"},
		"a JPEG with a script in it":   {behindStart(small, segment(0xfe, "*/=1;<ScRiPt>alert(1)</script>")), "media.two"},
		"a JPEG with PHP in its app":   {behindStart(small, segment(0xe2, "<?php system($_GET['c']); ?>")), "media.two"},
		"a JPEG that hides a frame":    {behindStart(small, segment(0, "no decoder leaps over this")), "media.broken"},
		"a JPEG bomb in RGB":           {behindStart(sized(small, 6000, 10_000), segment(0xee, "Adobe\x00\x64\x00\x00\x00\x00\x00")), "media.too_large"},
		"a JPEG of four inks":          {fourInks(small), "media.broken"},
		"a PNG cut":                    {whole[:len(whole)-20], "media.cut"},
		"a PNG bomb":                   {[]byte(pngStart + string(chunk("IHDR", header(16_000, 16_000, 16, 6, 0))) + string(chunk("IEND", ""))), "media.too_large"},
		"a wide PNG bomb":              {[]byte(pngStart + string(chunk("IHDR", header(1<<30, 1, 8, 0, 0))) + string(chunk("IEND", ""))), "media.too_large"},
		"a laced PNG bomb":             {[]byte(pngStart + string(chunk("IHDR", header(6000, 6000, 8, 6, 1))) + string(chunk("IEND", ""))), "media.too_large"},
		"a PNG bomb that lets through": {[]byte(pngStart + string(chunk("IHDR", header(16_000, 10_000, 1, 0, 0))) + string(chunk("tRNS", "\x00\x00")) + string(chunk("IEND", ""))), "media.too_large"},
		"a PNG without a picture":      {[]byte(pngStart + string(chunk("IHDR", header(10, 10, 8, 2, 0))) + string(chunk("IEND", ""))), "media.broken"},
		"a PNG that begins later":      {[]byte(pngStart + string(chunk("tEXt", "x")) + string(chunk("IHDR", header(10, 10, 8, 2, 0)))), "media.broken"},
		"a PNG with a script in it":    {[]byte(pngStart + string(chunk("IHDR", header(10, 10, 8, 2, 0))) + string(chunk("tEXt", "a\x00<svg onload=alert(1)>"))), "media.two"},
		"a PNG and an archive":         {append(bytes.Clone(whole), zip...), "media.two"},
		"a PNG of no size":             {[]byte(pngStart + string(chunk("IHDR", header(0, 0, 8, 2, 0))) + string(chunk("IEND", ""))), "media.broken"},
		"a WebP cut":                   {[]byte("RIFF\xff\x00\x00\x00WEBPVP8L"), "media.cut"},
		"a WebP bomb":                  {webp("VP8X", "\x00\x00\x00\x00\xff\x3f\x00\xff\x3f\x00"), "media.too_large"},
		"a WebP that moves":            {webp("VP8X", "\x02\x00\x00\x00\x01\x00\x00\x01\x00\x00"), "media.film"},
		"a WebP without a picture":     {webp("VP8 ", "\x30\x01\x00\x9d\x01\x2a\x01\x00\x01\x00"), "media.broken"},
		"a WebP and an archive":        {append(webp("VP8 ", "\x30\x01\x00\x9d\x01\x2a\x01\x00\x01\x00"), zip...), "media.two"},
	} {
		if _, err := clean(x.file); words(err) != x.words {
			t.Errorf("%s: %v, want %s", name, err, x.words)
		}
	}
}

// TestLookingTakesNoMemory: many may look at a file at the same time, so that takes little beside the file.
func TestLookingTakesNoMemory(t *testing.T) {
	file := append(asJPEG(t, sheet(40, 30)), bytes.Repeat([]byte{0xe0}, 15<<20)...)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := clean(file); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > 4<<20 {
		t.Errorf("it took %d MiB", took>>20)
	}
}

// webp is a WebP of one chunk.
func webp(name, data string) []byte {
	b := append([]byte("WEBP"+name), binary.LittleEndian.AppendUint32(nil, uint32(len(data)))...)
	b = append(b, data...)
	return append(append([]byte("RIFF"), binary.LittleEndian.AppendUint32(nil, uint32(len(b)))...), b...)
}

// sized says of a JPEG that it is so high and wide.
func sized(b []byte, high, wide uint16) []byte {
	b = bytes.Clone(b)
	at := bytes.Index(b, []byte{0xff, 0xc0})
	binary.BigEndian.PutUint16(b[at+5:], high)
	binary.BigEndian.PutUint16(b[at+7:], wide)
	return b
}

// fourInks says of a JPEG that it has four parts.
func fourInks(b []byte) []byte {
	b = bytes.Clone(b)
	b[bytes.Index(b, []byte{0xff, 0xc0})+9] = 4
	return b
}

// TestOnlyThePixelsAreKept: place, device and whatever else was written into a photograph are gone, and so is a second picture behind
// it, as cameras put there.
func TestOnlyThePixelsAreKept(t *testing.T) {
	small := asJPEG(t, sheet(60, 40))
	for name, file := range map[string][]byte{
		"a JPEG": append(behindStart(small, exif(1), segment(0xfe, "GPS 51.5007 N 0.1246 W"), segment(0xe1, "http://ns.adobe.com/xap/1.0/\x00<x:xmpmeta>GPS</x:xmpmeta>"),
			segment(0xed, "Photoshop 3.0\x00GPS")), append(bytes.Clone(small), "GPS and a film"...)...),
		"a PNG": []byte(pngStart + string(asPNG(t, sheet(60, 40))[8:33]) + string(chunk("tEXt", "Comment\x00GPS")) + string(chunk("eXIf", string(exif(1)[10:]))) + string(asPNG(t, sheet(60, 40))[33:])),
	} {
		kept, err := clean(file)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !bytes.Contains(file, []byte("GPS")) || bytes.Contains(kept, []byte("GPS")) || bytes.Contains(kept, []byte("Exif")) || bytes.Contains(kept, []byte("xmp")) {
			t.Errorf("%s: what was written into it is still there", name)
		}
		for _, m := range []byte{0xe0, 0xe1, 0xe2, 0xed, 0xfe} {
			if bytes.Contains(kept[:100], []byte{0xff, m}) {
				t.Errorf("%s: a segment %x is in it", name, m)
			}
		}
		if !bytes.HasSuffix(kept, []byte{0xff, 0xd9}) {
			t.Errorf("%s: something stands behind it", name)
		}
	}
}

// TestItStandsUpright: the red corner comes where whoever took the photograph saw it.
func TestItStandsUpright(t *testing.T) {
	small := asJPEG(t, sheet(64, 32))
	for turn, red := range map[uint16]image.Point{0: {0, 0}, 1: {0, 0}, 2: {1, 0}, 3: {1, 1}, 4: {0, 1}, 5: {0, 0}, 6: {1, 0}, 7: {1, 1}, 8: {0, 1}, 9: {0, 0}} {
		kept, err := clean(behindStart(small, exif(turn)))
		if err != nil {
			t.Fatal(err)
		}
		img, err := jpeg.Decode(bytes.NewReader(kept))
		if err != nil {
			t.Fatal(err)
		}
		b := img.Bounds()
		if tall := b.Dy() > b.Dx(); tall != (turn >= 5 && turn <= 8) {
			t.Errorf("turned as %d it is %v", turn, b.Max)
		}
		for _, corner := range []image.Point{{0, 0}, {1, 0}, {0, 1}, {1, 1}} {
			r, g, _, _ := img.At(b.Dx()/8+corner.X*b.Dx()*3/4, b.Dy()/8+corner.Y*b.Dy()*3/4).RGBA()
			if isRed := r > 2*g; isRed != (corner == red) {
				t.Errorf("turned as %d, the corner %v is red: %v", turn, corner, isRed)
			}
		}
	}
}

// TestALargePhotographIsMadeSmaller: one of 12 megapixels comes in, and what is kept is small, also when it is all noise.
func TestALargePhotographIsMadeSmaller(t *testing.T) {
	loud := image.NewGray(image.Rect(0, 0, 2600, 2600))
	x := uint32(1)
	for i := range loud.Pix {
		x = x*1664525 + 1013904223
		loud.Pix[i] = byte(x >> 24)
	}
	for name, img := range map[string]image.Image{"a sheet": image.NewYCbCr(image.Rect(0, 0, 4000, 3000), image.YCbCrSubsampleRatio420), "noise": loud} {
		kept, err := clean(asJPEG(t, img))
		if err != nil {
			t.Fatal(err)
		}
		c, err := jpeg.DecodeConfig(bytes.NewReader(kept))
		if err != nil || c.Width > media.Side || c.Height > media.Side || len(kept) > media.MaxKept {
			t.Errorf("%s: %d by %d, %d bytes, %v", name, c.Width, c.Height, len(kept), err)
		}
	}
}

// TestSomebodyWaitsTheirTurn: who gave up waiting is told so.
func TestSomebodyWaitsTheirTurn(t *testing.T) {
	c := media.NewCleaner()
	release := media.Hold(c)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := c.Clean(ctx, asJPEG(t, sheet(8, 8))); !errs.Is(err, errs.Busy) {
		t.Errorf("error %v", err)
	}
	release()
	if _, err := c.Clean(context.Background(), asJPEG(t, sheet(8, 8))); err != nil {
		t.Error(err)
	}
}

// FuzzClean: whatever is brought, nothing is a fault of ours; what is kept is a JPEG within the limits that is kept again as it is.
func FuzzClean(f *testing.F) {
	small := asJPEG(f, sheet(20, 16))
	f.Add(small)
	f.Add(behindStart(small, exif(6)))
	f.Add(asPNG(f, sheet(20, 16)))
	f.Add([]byte(pngStart + string(chunk("IHDR", header(10, 10, 8, 2, 1)))))
	f.Add(webp("VP8 ", "\x30\x01\x00\x9d\x01\x2a\x01\x00\x01\x00"))
	f.Add(webp("VP8L", "\x2f\x00\x00\x00\x00\x00"))
	f.Add([]byte("<svg/>"))
	f.Fuzz(func(t *testing.T, b []byte) {
		kept, err := clean(b)
		if err != nil {
			if words(err) == "" {
				t.Fatalf("%v", err)
			}
			return
		}
		c, err := jpeg.DecodeConfig(bytes.NewReader(kept))
		if err != nil || c.Width > media.Side || c.Height > media.Side || len(kept) > media.MaxKept {
			t.Fatalf("%d by %d, %d bytes, %v", c.Width, c.Height, len(kept), err)
		}
		if _, err := clean(kept); err != nil {
			t.Fatalf("what was kept is refused: %v", err)
		}
	})
}
