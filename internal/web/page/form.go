package page

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"beside/internal/book"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/lang"
)

// FormLimit is the most a form may bring, in bytes as sent. Its double-and-double again is still read, so that what was
// typed can be shown and is not lost.
const (
	FormLimit = 64 << 10
	readLimit = 4 * FormLimit
)

// Names of the entries every form carries beside the page's own. A secret's name begins with secretPrefix, so that it
// is never shown again, whatever happens to the form.
const (
	tokenName    = "token"
	entryName    = "entry"
	typedName    = "typed"
	secretPrefix = "secret_"
)

// Form is a form on a page, empty or with what was typed into it and what could not be taken. Make one with [NewForm]
// when the page is shown, and get the sent one with [Posted].
type Form struct {
	Action string // path it is sent to
	Key    string // told apart from other forms on the page; begins the ids of its fields
	Token  string
	Entry  string
	Sent   bool // it came from a browser, and is not shown for the first time

	values url.Values
	file   []byte            // see [Site.HandleFile]
	wrong  map[string]string // field name to words
	order  []Mend
	words  *lang.Printer
}

// Mend is one thing in a form that could not be taken.
type Mend struct {
	Href  string // of the field, "#f-words"
	Words string
}

// NewForm makes an empty form that is sent to action. It carries a new entry id: however often it is sent, it is one
// entry.
func NewForm(r *http.Request, action string) *Form {
	f := FrameOf(r)
	return &Form{
		Action: action, Key: "f", Token: f.formToken(), Entry: id.New[id.Entry](f.site.IDs).String(),
		values: url.Values{}, words: f.words,
	}
}

// Named sets the form's key, for a page that holds several forms with the same fields.
func (f *Form) Named(key string) *Form {
	f.Key = key
	return f
}

// Fill puts words a person wrote earlier into a field.
func (f *Form) Fill(name string, t book.Text) *Form { return f.Set(name, t.Show()) }

// Set puts a value that is no person's words into a field, such as the code of a choice.
func (f *Form) Set(name string, values ...string) *Form {
	f.values[name] = values
	return f
}

// Posted returns the form of a request that [Site.Handle] let through.
func Posted(r *http.Request) *Form { return FrameOf(r).posted }

// EntryID returns the id the entry of this form will have. It fails with [errs.Invalid] when the form carries none.
func (f *Form) EntryID() (id.Entry, error) {
	v, err := id.Parse[id.Entry](f.values.Get(entryName))
	if err != nil {
		return v, errs.New("page: entry id", errs.Invalid, "errors.form_not_ours")
	}
	return v, nil
}

// Value returns a field of one line, or the code of a choice. A field that was not sent is empty.
func (f *Form) Value(name string) string { return f.values.Get(name) }

// Values returns every value of a field, for choices of which several may be made.
func (f *Form) Values(name string) []string { return f.values[name] }

// Text returns what a person wrote into a field. Line ends are LF, whatever the browser made of them.
func (f *Form) Text(name string) book.Text { return book.NewText(f.values.Get(name)) }

// Ticked reports whether a box was ticked.
func (f *Form) Ticked(name string) bool { return f.values.Get(name) != "" }

// Secret returns what was typed into the field that the part "secret" showed for name. It is never shown again.
func (f *Form) Secret(name string) string { return f.values.Get(secretPrefix + name) }

// Refused reports whether err is about what was typed ([errs.Invalid] with fields), and if so notes it in the form, which can
// then be shown again:
//
//	if form.Refused(err) {
//		return site.Page(w, r, http.StatusUnprocessableEntity, "me/goal", goalPage{Form: form})
//	}
//	if err != nil { return err }
func (f *Form) Refused(err error) bool {
	e, ok := errors.AsType[*errs.Error](err)
	if !ok || e.Kind != errs.Invalid || len(e.Fields) == 0 {
		return false
	}
	if f.wrong == nil {
		f.wrong = map[string]string{}
	}
	for _, w := range e.Fields {
		words := f.words.Fill(w.Words, w.Args)
		f.wrong[w.Name] = words
		f.order = append(f.order, Mend{Href: "#" + f.Key + "-" + w.Name, Words: words})
	}
	return true
}

// Mends returns all that could not be taken, in the order it was found.
func (f *Form) Mends() []Mend { return f.order }

// NewUnkept makes an empty form for a page of [Site.HandleUnkept]. It carries nothing but what is typed into it.
func NewUnkept(r *http.Request, action string) *Form {
	return &Form{Action: action, Key: "f", values: url.Values{}, words: FrameOf(r).words}
}

// readWhole lets a form through that was read whole.
func readWhole(h Handler) Handler { return readBy(readForm, h) }

// readBy is readWhole for forms that are read in a way of their own.
func readBy(read func(http.ResponseWriter, *http.Request) (*Form, error), h Handler) Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			return h(w, r)
		}
		form, err := read(w, r)
		FrameOf(r).posted = form
		if err != nil {
			return err
		}
		return h(w, r)
	}
}

// guarded lets a request that changes something through only with a whole body, and a token of ours.
func (s *Site) guarded(h Handler) Handler { return s.guardedBy(readForm, h) }

// guardedBy is guarded for forms that are read in a way of their own.
func (s *Site) guardedBy(read func(http.ResponseWriter, *http.Request) (*Form, error), h Handler) Handler {
	return readBy(read, func(w http.ResponseWriter, r *http.Request) error {
		f := FrameOf(r)
		if f.posted == nil {
			return h(w, r)
		}
		if !s.tokenFits(f, f.posted.values.Get(tokenName)) {
			return errs.New("page: form token", errs.Invalid, wordsStale)
		}
		f.posted.Token = f.formToken()
		return h(w, r)
	})
}

// readForm reads the body whole and returns what could be understood of it, also beside an error.
func readForm(w http.ResponseWriter, r *http.Request) (*Form, error) {
	f := FrameOf(r)
	form := &Form{Action: r.URL.Path, Key: "f", Sent: true, words: f.words, values: url.Values{}}
	kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	if kind != "application/x-www-form-urlencoded" {
		return form, errs.New("page: read form", errs.Invalid, "errors.form_not_ours")
	}
	var b bytes.Buffer
	if _, err := b.ReadFrom(http.MaxBytesReader(w, r.Body, readLimit)); err != nil {
		return form, bodyError(err)
	}
	values, err := url.ParseQuery(b.String())
	if err != nil {
		return form, errs.New("page: read form", errs.Invalid, "errors.form_not_ours")
	}
	form.values, form.Entry = values, values.Get(entryName)
	if b.Len() > FormLimit {
		return form, errs.New("page: read form", errs.TooLarge, "")
	}
	return form, form.readable()
}

func bodyError(err error) error {
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return errs.New("page: read form", errs.TooLarge, "")
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return errs.New("page: read form", errs.Invalid, "errors.form_not_whole")
	}
	return &errs.Error{Op: "page: read form", Kind: errs.Busy, Words: "errors.form_not_whole", Err: err}
}

// readable refuses text that is not Unicode. A browser sends none such.
func (f *Form) readable() error {
	for _, name := range slices.Sorted(maps.Keys(f.values)) {
		for _, v := range f.values[name] {
			if !utf8.ValidString(v) || strings.ContainsRune(v, 0) {
				delete(f.values, name)
				return errs.New("page: read form", errs.Invalid, "errors.text_unreadable")
			}
		}
	}
	return nil
}

// typed returns what a person wrote into the form: the fields that the parts "line" and "text" showed and named as
// such. A secret is never among them.
func (f *Form) typed() []book.Text {
	if f == nil {
		return nil
	}
	var out []book.Text
	for _, name := range f.values[typedName] {
		if t := f.Text(name); !t.Blank() && !strings.HasPrefix(name, secretPrefix) {
			out = append(out, t)
		}
	}
	return out
}

// hidden is one entry of a form that is offered to be sent again.
type hidden struct{ Name, Value string }

// again returns the entries of a form for sending it again as it was, but for its token. There are none when it held a
// secret: that has to be typed anew.
func (f *Form) again() []hidden {
	var out []hidden
	for _, name := range slices.Sorted(maps.Keys(f.values)) {
		if strings.HasPrefix(name, secretPrefix) && f.values.Get(name) != "" {
			return nil
		}
		if name == tokenName || name == entryName {
			continue
		}
		for _, v := range f.values[name] {
			out = append(out, hidden{name, v})
		}
	}
	return out
}
