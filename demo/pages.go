package demo

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"beside/internal/account"
	"beside/internal/book"
	"beside/internal/errs"
)

// browser is that of somebody in a story, for what they do on a page: what leaves a book is put together there, so that it is said
// yes to as it was seen.
type browser struct {
	t       *telling
	cookies map[string]*http.Cookie
}

// answer is a page as it came.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *answer) Header() http.Header         { return a.header }
func (a *answer) Write(b []byte) (int, error) { return a.body.Write(b) }
func (a *answer) WriteHeader(status int)      { a.status = status }

// onPages does something on the pages as somebody in a hat, who is signed in for as long.
func (t *telling) onPages(ctx context.Context, p *teller, hat book.Hat, do func(*browser) error) error {
	in, err := t.app.Accounts.Open(ctx, account.Opening{Person: p.me.Person, Hat: hat, Way: account.WayDemo})
	if err != nil {
		return err
	}
	w := &browser{t, map[string]*http.Cookie{}}
	a := &answer{header: http.Header{}}
	r, err := w.request(ctx, http.MethodGet, StepIn, nil)
	if err == nil {
		err = t.app.Door.Let(a, r, in)
	}
	if err != nil {
		return err
	}
	w.keep(a)
	if err := do(w); err != nil {
		return err
	}
	if err := t.app.Accounts.SignOut(ctx, in.Secret); err != nil {
		return err
	}
	return t.app.Accounts.SawHappenings(ctx, p.me.Subject) // as after joining
}

func (w *browser) request(ctx context.Context, method, path string, form url.Values) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, method, w.t.app.Config.PublicURL+path, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, c := range w.cookies {
		r.AddCookie(c)
	}
	r.RemoteAddr = "127.0.0.1:1"
	return r, nil
}

func (w *browser) keep(a *answer) {
	for _, c := range (&http.Response{Header: a.header}).Cookies() {
		w.cookies[c.Name] = c
	}
}

func (w *browser) do(ctx context.Context, method, path string, form url.Values) (*answer, error) {
	r, err := w.request(ctx, method, path, form)
	if err != nil {
		return nil, err
	}
	a := &answer{header: http.Header{}, status: http.StatusOK}
	w.t.app.Handler().ServeHTTP(a, r)
	w.keep(a)
	if a.status >= http.StatusBadRequest {
		return nil, errs.New("demo: "+path, errs.Internal, "")
	}
	return a, nil
}

// field is a hidden answer of a form.
var field = regexp.MustCompile(`name="(token|made|seen)" value="([^"]*)"`)

// sends reads a page, and sends what somebody filled in there. The form is theirs alone: its entry is the story's.
func (w *browser) sends(ctx context.Context, page, to string, form url.Values) (*answer, error) {
	a, err := w.do(ctx, http.MethodGet, page, nil)
	if err != nil {
		return nil, err
	}
	form.Set("entry", w.t.entry().String())
	return w.again(ctx, a, to, form)
}

// again sends the form of an answer on, with what it carries.
func (w *browser) again(ctx context.Context, a *answer, to string, form url.Values) (*answer, error) {
	for _, m := range field.FindAllStringSubmatch(a.body.String(), -1) {
		form.Set(m[1], m[2])
	}
	return w.do(ctx, http.MethodPost, to, form)
}
