package page

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"beside/internal/book"
	"beside/internal/errs"
)

// wordsStale are the words for a form whose token is missing or not ours.
const wordsStale = "errors.stale"

// ComeIn is the path of the page where one signs in.
const ComeIn = "/come-in"

// trouble is how one kind of error is shown.
type trouble struct {
	status int
	head   string // catalogue keys
	words  string
	again  bool // the same form, sent again, may succeed
}

var troubles = map[errs.Kind]trouble{
	errs.Internal:    {http.StatusInternalServerError, "errors.internal_head", "errors.internal", true},
	errs.Invalid:     {http.StatusUnprocessableEntity, "errors.invalid_head", "errors.invalid", false},
	errs.NotOpen:     {http.StatusNotFound, "errors.not_open_head", "errors.not_open", false},
	errs.SignIn:      {http.StatusUnauthorized, "errors.sign_in_head", "errors.sign_in", false},
	errs.Changed:     {http.StatusConflict, "errors.changed_head", "errors.changed", false},
	errs.AlreadyKept: {http.StatusConflict, "errors.already_kept_head", "errors.already_kept", false},
	errs.Busy:        {http.StatusServiceUnavailable, "errors.busy_head", "errors.busy", true},
	errs.TooLarge:    {http.StatusRequestEntityTooLarge, "errors.too_large_head", "errors.too_large", false},
	errs.TooOften:    {http.StatusTooManyRequests, "errors.too_often_head", "errors.too_often", false},
}

// heads are the headings for words that stand in place of a kind's own.
var heads = map[string]string{
	wordsStale:              "errors.stale_head",
	"errors.form_not_whole": "errors.form_not_whole_head",
	wordsElsewhere:          "errors.elsewhere_head",
	"team.two_not_yet":      "team.two_head",
}

// errorPage is templates/error.html.
type errorPage struct {
	Head, Words string
	Fields      []string
	Typed       []book.Text
	Retry       *Form
	Hidden      []hidden
	ComeIn      bool
	Ref         string
	Again       string // path of the page that can be asked for again, "" for none
}

// Error shows an error as a calm page: its kind decides the status and the words. What was typed into a form is shown
// again, so that it can be copied; a form that failed for no fault of its own can be sent again as the same entry.
// Somebody who is not signed in and only looked at a page is led to [ComeIn]. What is a fault of ours is logged with a
// reference that the page shows, without a word of the person's.
func (s *Site) Error(w http.ResponseWriter, r *http.Request, err error) {
	f := FrameOf(r)
	kind := errs.KindOf(err)
	if kind == errs.SignIn && f.posted == nil {
		http.Redirect(w, r, ComeIn+"?to="+url.QueryEscape(r.URL.Path), http.StatusSeeOther)
		return
	}
	if kind == errs.Internal || kind == errs.Busy {
		s.Log.Error("page", "ref", f.ref, "route", f.pattern, "kind", kind.String(), "err", err.Error())
	}
	f.looked = r.Method == http.MethodGet
	p, status := f.trouble(err)
	if kind == errs.Busy || kind == errs.TooOften {
		w.Header().Set("Retry-After", "5")
	}
	if again := s.Page(w, r, status, "error", p); again != nil {
		s.Log.Error("page", "ref", f.ref, "route", f.pattern, "err", again.Error())
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
	}
}

func (f *Frame) trouble(err error) (errorPage, int) {
	t := troubles[errs.KindOf(err)]
	p := errorPage{Head: t.head, Words: t.words, Typed: f.posted.typed(), ComeIn: errs.Is(err, errs.SignIn)}
	p.use(f, err)
	if t.status == http.StatusInternalServerError {
		p.Ref = f.ref
	}
	if t.again && f.posted != nil {
		f.offerAgain(&p)
	}
	if f.looked && errs.Is(err, errs.Busy) && p.Words == t.words {
		p.Head, p.Words = "errors.busy_look_head", "errors.busy_look"
	}
	if t.again && f.looked && !strings.HasPrefix(f.path, "//") {
		p.Again = f.path
	}
	return p, t.status
}

// use takes the error's own words and fields.
func (p *errorPage) use(f *Frame, err error) {
	e, ok := asError(err)
	if !ok {
		return
	}
	if e.Words != "" {
		p.Words = e.Words
		if h := heads[e.Words]; h != "" {
			p.Head = h
		}
	}
	for _, w := range e.Fields {
		p.Fields = append(p.Fields, f.words.Fill(w.Words, w.Args))
	}
}

func (f *Frame) offerAgain(p *errorPage) {
	if p.Hidden = f.posted.again(); p.Hidden == nil {
		return
	}
	if f.posted.Token == "" {
		f.posted.Token = f.formToken()
	}
	p.Retry = f.posted
}

func asError(err error) (*errs.Error, bool) { return errors.AsType[*errs.Error](err) }
