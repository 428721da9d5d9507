package media

import (
	"bytes"
	"encoding/binary"

	"beside/internal/errs"
)

// What can come in. A phone's photograph of 12 to 50 megapixels does; what would take more memory to open than an old small server
// has is refused before it is opened.
const (
	// MaxBytes is the longest file, in bytes.
	MaxBytes = 16 << 20
	// maxSide is the longest side, in pixels.
	maxSide = 16_384
	// maxOpened is the most memory that opening a file may take, in bytes.
	maxOpened = 160 << 20
	// maxScans is how often a JPEG may go over its pixels: cameras do so once, careful programs ten times.
	maxScans = 24
)

// kind is what a file is.
type kind int

const (
	isJPEG kind = iota + 1
	isPNG
	isWebP
)

// found is what the header of a photograph says.
type found struct {
	kind          kind
	width, height int
	opened        int64 // bytes of memory to open it
	turned        int   // the orientation that EXIF names (its tag 0x0112), 1 to 8
}

// refuse says in the field "photo" why a file does not come in.
func refuse(words string) error {
	var c errs.Check
	c.Add("photo", words)
	return c.Err("media: look")
}

// Beginnings of files that are no photographs we take, with the words for each.
var others = []struct {
	begins []byte
	at     int
	words  string
}{
	{[]byte("GIF8"), 0, "media.gif"},
	{[]byte("%PDF"), 0, "media.pdf"},
	{[]byte("ftyphei"), 4, "media.heic"},
	{[]byte("ftyphev"), 4, "media.heic"},
	{[]byte("ftypmif1"), 4, "media.heic"},
	{[]byte("ftypmsf1"), 4, "media.heic"},
	{[]byte("ftypavif"), 4, "media.heic"},
	{[]byte("ftyp"), 4, "media.film"},
}

// look finds out what b is from its header and its frame alone, and opens no pixel. It returns Invalid with the field "photo".
func look(b []byte) (found, error) {
	switch {
	case len(b) == 0:
		return found{}, refuse("media.empty")
	case len(b) > MaxBytes:
		return found{}, refuse("media.too_long")
	}
	var f found
	var err error
	switch {
	case bytes.HasPrefix(b, []byte("\xff\xd8\xff")):
		f, err = lookJPEG(b)
	case bytes.HasPrefix(b, []byte("\x89PNG\r\n\x1a\n")):
		f, err = lookPNG(b)
	case len(b) >= 12 && string(b[:4]) == "RIFF" && string(b[8:12]) == "WEBP":
		f, err = lookWebP(b)
	default:
		return f, refuse(otherWords(b))
	}
	if err != nil {
		return f, err
	}
	if f.width < 1 || f.height < 1 {
		return f, refuse("media.broken")
	}
	if f.width > maxSide || f.height > maxSide || f.opened > maxOpened {
		return f, refuse("media.too_large")
	}
	return f, nil
}

func otherWords(b []byte) string {
	for _, o := range others {
		if len(b) >= o.at+len(o.begins) && bytes.Equal(b[o.at:o.at+len(o.begins)], o.begins) {
			return o.words
		}
	}
	if t := bytes.ToLower(bytes.TrimLeft(b[:min(len(b), 1024)], "\xef\xbb\xbf \t\r\n")); bytes.HasPrefix(t, []byte("<")) {
		return "media.drawing"
	}
	return "media.none"
}

// hidden are beginnings of what another program would open or run, in small letters, none longer than hiddenLongest.
var hidden = [][]byte{
	[]byte("<script"), []byte("<svg"), []byte("<html"), []byte("<!doctype"), []byte("<?php"), []byte("%pdf-"), []byte("javascript:"), []byte("<iframe"),
}

const hiddenLongest = 16

// hides reports whether something that another program would open or run stands in bytes that are no pixels: a photograph that is
// something else at once. It goes through them in steps, as several may look at the same time.
func hides(b []byte) bool {
	var low [8<<10 + hiddenLongest]byte
	for ; len(b) > 0; b = b[min(len(b), len(low)-hiddenLongest):] {
		part := low[:copy(low[:], b)]
		for i, c := range part {
			if c >= 'A' && c <= 'Z' {
				part[i] = c + 'a' - 'A'
			}
		}
		for _, s := range hidden {
			if bytes.Contains(part, s) {
				return true
			}
		}
	}
	return false
}

// endsAsArchive reports whether b would open as a ZIP file, as programs and documents are: its directory stands within the last 64 KiB.
func endsAsArchive(b []byte) bool {
	return bytes.Contains(b[max(0, len(b)-(64<<10)-22):], []byte("PK\x05\x06"))
}

// lookJPEG walks the segments of a JPEG (ITU-T T.81, annex B) to the end of its picture. What cameras put behind that, such as a
// second picture or a short film, is let be: it is dropped.
func lookJPEG(b []byte) (found, error) {
	l := jpegLook{found: found{kind: isJPEG, turned: 1}}
	for i := 2; ; {
		for i < len(b) && b[i] == 0xff && i+1 < len(b) && b[i+1] == 0xff { // fill
			i++
		}
		if i+2 > len(b) {
			return l.found, refuse("media.cut")
		}
		if b[i] != 0xff {
			return l.found, refuse("media.broken")
		}
		m := b[i+1]
		i += 2
		if m == 0xd9 {
			err := l.ends(b[i:])
			return l.found, err
		}
		if m < 0xc0 || m >= 0xd0 && m <= 0xd8 { // of 0 a decoder takes no length, and would read on within what we leap over
			return l.found, refuse("media.broken")
		}
		if i+2 > len(b) {
			return l.found, refuse("media.cut")
		}
		n := int(binary.BigEndian.Uint16(b[i:]))
		if n < 2 {
			return l.found, refuse("media.broken")
		}
		if i+n > len(b) {
			return l.found, refuse("media.cut")
		}
		seg := b[i+2 : i+n]
		i += n
		switch {
		case m == 0xc0 || m == 0xc1 || m == 0xc2:
			if err := l.frame(m, seg); err != nil {
				return l.found, err
			}
		case m >= 0xc3 && m <= 0xcf && m != 0xc4 && m != 0xc8 && m != 0xcc:
			return l.found, refuse("media.unusual")
		case m == 0xda:
			if l.scans++; l.parts == 0 || l.scans > maxScans || !l.progressive && l.scans > 4 {
				return l.found, refuse("media.broken")
			}
			for ; i+1 < len(b) && (b[i] != 0xff || b[i+1] == 0 || b[i+1] >= 0xd0 && b[i+1] <= 0xd7); i++ {
			}
		case m == 0xe1 && bytes.HasPrefix(seg, []byte("Exif\x00\x00")):
			if l.turned = turned(seg[6:]); hides(seg) {
				return l.found, refuse("media.two")
			}
		case m >= 0xe0 && m <= 0xef || m == 0xfe:
			l.rgb = l.rgb || m == 0xee && len(seg) >= 12 && seg[11] == 0 // Adobe's, and no YCbCr
			if hides(seg) {
				return l.found, refuse("media.two")
			}
		}
	}
}

// jpegLook is what was read of a JPEG so far.
type jpegLook struct {
	found
	scans            int
	progressive, rgb bool
	parts            int64 // of a frame, as sampled says; 0 before there is one
}

// frame reads the header of the picture: there is one.
func (l *jpegLook) frame(m byte, seg []byte) error {
	if l.parts != 0 || len(seg) < 6 || int(seg[5]) != 1 && int(seg[5]) != 3 {
		return refuse("media.broken")
	}
	l.height, l.width = int(binary.BigEndian.Uint16(seg[1:])), int(binary.BigEndian.Uint16(seg[3:]))
	if l.progressive, l.parts = m == 0xc2, sampled(seg); l.parts == 0 {
		return refuse("media.broken")
	}
	l.rgb = l.rgb || seg[5] == 3 && seg[6] == 'R' && seg[9] == 'G' && seg[12] == 'B'
	return nil
}

// ends reckons what the picture takes to open, once all of it was walked.
func (l *jpegLook) ends(rest []byte) error {
	switch {
	case l.scans == 0:
		return refuse("media.broken")
	case hides(rest) || endsAsArchive(rest):
		return refuse("media.two")
	}
	l.opened = int64(l.width) * int64(l.height) * l.parts / 16
	if l.progressive {
		l.opened *= 5 // every coefficient is kept as four bytes, beside the pixels
	}
	if l.rgb {
		l.opened += int64(l.width) * int64(l.height) * 4 // a second whole copy, in another order
	}
	return nil
}

// sampled is how many bytes a frame keeps for a pixel, in sixteenths: colours are often kept at half the size. It is 0 for what no frame
// says.
func sampled(frame []byte) (sixteenths int64) {
	most, all := int64(0), int64(0)
	for k := range int(frame[5]) {
		if len(frame) < 9+3*k {
			return 0
		}
		h, v := int64(frame[7+3*k]>>4), int64(frame[7+3*k]&15)
		if h < 1 || h > 4 || v < 1 || v > 4 {
			return 0
		}
		most, all = max(most, h*v), all+h*v
	}
	return (all*16 + most - 1) / most
}

// turned reads of EXIF how the device was held; 1, upright, when it does not say so. Nothing else of it is looked at.
func turned(tiff []byte) int {
	var o binary.ByteOrder = binary.BigEndian
	switch {
	case len(tiff) < 8:
		return 1
	case string(tiff[:2]) == "II":
		o = binary.LittleEndian
	}
	at := int64(o.Uint32(tiff[4:]))
	if at < 8 || at+2 > int64(len(tiff)) {
		return 1
	}
	for n, i := int(o.Uint16(tiff[at:])), at+2; n > 0 && i+12 <= int64(len(tiff)); n, i = n-1, i+12 {
		if o.Uint16(tiff[i:]) == 0x0112 && o.Uint16(tiff[i+2:]) == 3 {
			if v := int(o.Uint16(tiff[i+8:])); v >= 1 && v <= 8 {
				return v
			}
		}
	}
	return 1
}

// lookPNG walks the chunks of a PNG (ISO/IEC 15948, clause 5) to its end.
func lookPNG(b []byte) (f found, err error) {
	f = found{kind: isPNG, turned: 1}
	grey := false
	for i, first := 8, true; ; first = false {
		if i+12 > len(b) {
			return f, refuse("media.cut")
		}
		n, name := int64(binary.BigEndian.Uint32(b[i:])), string(b[i+4:i+8])
		if n > int64(len(b)-i-12) {
			return f, refuse("media.cut")
		}
		chunk := b[i+8 : i+8+int(n)]
		i += 12 + int(n)
		if first != (name == "IHDR") {
			return f, refuse("media.broken")
		}
		switch name {
		case "IHDR":
			if len(chunk) != 13 || binary.BigEndian.Uint32(chunk) > 1<<30 || binary.BigEndian.Uint32(chunk[4:]) > 1<<30 {
				return f, refuse("media.broken")
			}
			f.width, f.height = int(binary.BigEndian.Uint32(chunk)), int(binary.BigEndian.Uint32(chunk[4:]))
			bytesOf := int64(4)
			switch {
			case chunk[8] == 16:
				bytesOf = 8
			case chunk[9] == 0 || chunk[9] == 3:
				bytesOf = 1
			}
			if chunk[12] != 0 { // drawn in several passes, each of which is opened beside the whole
				bytesOf *= 2
			}
			f.opened, grey = int64(f.width)*int64(f.height)*bytesOf, chunk[9] == 0 && bytesOf <= 2
		case "IEND":
			if rest := b[i:]; hides(rest) || endsAsArchive(rest) {
				return f, refuse("media.two")
			}
			return f, nil
		case "tRNS":
			if grey { // what lets through is opened as colours
				f.opened, grey = 4*f.opened, false
			}
		case "IDAT", "PLTE", "fdAT":
		case "eXIf":
			f.turned = turned(chunk)
			fallthrough
		default:
			if hides(chunk) {
				return f, refuse("media.two")
			}
		}
	}
}

// lookWebP walks the chunks of a WebP (RFC 9649). Where a file says its size twice, the larger counts.
func lookWebP(b []byte) (f found, err error) {
	f = found{kind: isWebP, turned: 1}
	end := int64(binary.LittleEndian.Uint32(b[4:])) + 8
	if end > int64(len(b)) {
		return f, refuse("media.cut")
	}
	if rest := b[end:]; hides(rest) || endsAsArchive(rest) {
		return f, refuse("media.two")
	}
	for i := int64(12); i+8 <= end; {
		n, name := int64(binary.LittleEndian.Uint32(b[i+4:])), string(b[i:i+4])
		if n > end-i-8 {
			return f, refuse("media.cut")
		}
		c := b[i+8 : i+8+n]
		i += 8 + n + n&1
		w, h := 0, 0
		switch name {
		case "VP8 ":
			if len(c) < 10 {
				return f, refuse("media.broken")
			}
			w, h = int(binary.LittleEndian.Uint16(c[6:])&0x3fff), int(binary.LittleEndian.Uint16(c[8:])&0x3fff)
		case "VP8L":
			if len(c) < 5 {
				return f, refuse("media.broken")
			}
			v := binary.LittleEndian.Uint32(c[1:])
			w, h = int(v&0x3fff)+1, int(v>>14&0x3fff)+1
		case "VP8X":
			if len(c) < 10 {
				return f, refuse("media.broken")
			}
			if c[0]&2 != 0 {
				return f, refuse("media.film")
			}
			w, h = int(c[4])|int(c[5])<<8|int(c[6])<<16, int(c[7])|int(c[8])<<8|int(c[9])<<16
			w, h = w+1, h+1
		case "EXIF":
			if f.turned = turned(bytes.TrimPrefix(c, []byte("Exif\x00\x00"))); hides(c) {
				return f, refuse("media.two")
			}
		case "ALPH":
		default:
			if hides(c) {
				return f, refuse("media.two")
			}
		}
		f.width, f.height = max(f.width, w), max(f.height, h)
	}
	f.opened = int64(f.width) * int64(f.height) * 8 // beside the pixels a decoder keeps what it transforms them with
	return f, nil
}
