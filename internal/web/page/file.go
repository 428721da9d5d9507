package page

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"beside/internal/clock"
	"beside/internal/errs"
)

const (
	// filesAtOnce is how many files are brought at the same time at most: each stands in memory from when it comes until it is answered.
	filesAtOnce = 4
	// fileTakes is how long bringing one may take: 16 MiB over a poor line.
	fileTakes = 5 * time.Minute
	// fileParts is how many fields a form with a file has at most.
	fileParts = 64
	// fileName is the field of the file, and photoName the name under which a photograph is shown to a browser.
	fileName  = "photo"
	photoName = "photo.jpg"
)

// HandleFile mounts a page whose form brings one file of at most most bytes in the field "photo", its last. may says who may bring one: it is
// asked before anything of the body is read, so that nobody else makes us hold it; h itself refuses them. Of a longer file [Form.File] returns
// most bytes and one more.
func (s *Site) HandleFile(pattern string, may func(*http.Request) bool, most int64, h Handler) {
	reads := func(most int64) Handler {
		return s.guardedBy(func(w http.ResponseWriter, r *http.Request) (*Form, error) { return readFile(w, r, most) }, h)
	}
	nobody, one := reads(0), reads(most)
	s.mount(pattern, func(w http.ResponseWriter, r *http.Request) error {
		if !may(r) {
			return nobody(w, r)
		}
		select {
		case s.files <- struct{}{}:
			defer func() { <-s.files }()
		default:
			return errs.New("page: read file", errs.Busy, "")
		}
		return one(w, r)
	}, true)
}

// File returns the bytes of the file that came with a form of [Site.HandleFile]; none where none was chosen.
func (f *Form) File() []byte { return f.file }

// readFile reads a form with a file. What was typed is understood also when the file is too long.
func readFile(w http.ResponseWriter, r *http.Request, most int64) (*Form, error) {
	const op = "page: read file"
	if kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); kind != "multipart/form-data" { // without a file
		return readForm(w, r)
	}
	f := FrameOf(r)
	form := &Form{Action: r.URL.Path, Key: "f", Sent: true, words: f.words, values: url.Values{}}
	if most > 0 {
		until := clock.System().Now().Std().Add(fileTakes)
		rc := http.NewResponseController(w)
		if err := errors.Join(rc.SetReadDeadline(until), rc.SetWriteDeadline(until.Add(time.Minute))); err != nil && !errors.Is(err, http.ErrNotSupported) {
			return form, errs.Wrap(op, err)
		}
	}
	r.Body = http.MaxBytesReader(w, r.Body, max(4*most, readLimit)) // a longer file is read to its end, so that the browser hears our answer
	parts, err := r.MultipartReader()
	if err != nil {
		return form, errs.New(op, errs.Invalid, "errors.form_not_ours")
	}
	left := int64(FormLimit)
	for range fileParts {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			form.Entry = form.values.Get(entryName)
			return form, form.readable()
		}
		if err != nil {
			return form, partError(err)
		}
		if err := form.take(part, &left, most); err != nil {
			return form, err
		}
	}
	return form, errs.New(op, errs.Invalid, "errors.form_not_ours")
}

// take reads one field.
func (f *Form) take(part *multipart.Part, left *int64, most int64) error {
	if part.FormName() == fileName {
		b, err := io.ReadAll(io.LimitReader(part, most+1))
		if err == nil {
			_, err = io.Copy(io.Discard, part)
		}
		f.file = b
		return partError(err)
	}
	b, err := io.ReadAll(io.LimitReader(part, *left+1))
	if *left -= int64(len(b)); *left < 0 {
		return errs.New("page: read file", errs.TooLarge, "")
	}
	f.values.Add(part.FormName(), strings.ReplaceAll(string(b), "\r\n", "\n"))
	return partError(err)
}

func partError(err error) error {
	if err == nil {
		return nil
	}
	return bodyError(err)
}

// Photo answers with a JPEG of ours that only its reader may see: kept by no cache, opened as nothing else, under a name that tells nothing.
func (s *Site) Photo(w http.ResponseWriter, r *http.Request, jpeg []byte) error {
	h := w.Header()
	h.Set("Content-Type", "image/jpeg")
	h.Set("Content-Disposition", `inline; filename="`+photoName+`"`)
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox; frame-ancestors 'none'")
	h.Set("Content-Length", strconv.Itoa(len(jpeg)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(jpeg) // the browser has gone: nothing is left to do
	}
	return nil
}
