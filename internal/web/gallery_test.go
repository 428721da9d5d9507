package web_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"beside/internal/clock"
	"beside/internal/id"
	"beside/internal/lang"
	"beside/internal/testkit/htmlcheck"
	"beside/internal/web"
	"beside/internal/web/page"
)

// Byte budgets over the wire (design.md, "Doors").
const (
	firstView = 60 << 10
	script    = 30 << 10
	laterPage = 15 << 10
)

func newSite(t testing.TB) *page.Site {
	t.Helper()
	words, err := lang.Load()
	if err != nil {
		t.Fatal(err)
	}
	c := clock.NewManual(1741780800 * clock.Second)
	s, err := page.New(page.Config{
		PublicURL: "http://localhost", ExitURL: "https://weather.example/", FormKey: make([]byte, page.FormKeyBytes), Demo: true,
		Languages: words, Clock: c, IDs: id.NewMaker(c, nil), Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	web.MountGallery(s)
	return s
}

func get(s http.Handler, path, encoding string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Header.Set("Accept-Encoding", encoding)
	rec := httptest.NewRecorder()
	s.ServeHTTP(rec, r)
	return rec
}

var galleryPaths = []string{"/gallery", "/gallery/trouble/busy", "/gallery/trouble/internal", "/gallery/trouble/not-open", "/nowhere"}

func TestPagesHaveNoStyleOrScriptOfTheirOwn(t *testing.T) {
	s := newSite(t)
	for _, path := range galleryPaths {
		p := htmlcheck.Parse(t, get(s, path, "").Body)
		p.HasNot("style, [style], script:not([src]), iframe, object, base")
		p.Count("script", 1)
		for _, e := range p.All("*") {
			for _, a := range e.Attrs() {
				if strings.HasPrefix(a.Key, "on") {
					t.Errorf("%s: <%s %s>", path, e.Tag(), a.Key)
				}
			}
		}
		for _, e := range p.All("link[href], script[src], img[src]") {
			if at := address(e); !strings.HasPrefix(at, "/assets/") {
				t.Errorf("%s: fetches %s", path, at)
			}
		}
	}
}

func address(e *htmlcheck.Page) string {
	if at, ok := e.Attr("href"); ok {
		return at
	}
	at, _ := e.Attr("src")
	return at
}

func TestEveryPageHasItsFrame(t *testing.T) {
	s := newSite(t)
	for _, path := range galleryPaths {
		rec := get(s, path, "")
		if strings.Contains(rec.Body.String(), "⟦") {
			t.Errorf("%s: a text is missing", path)
		}
		p := htmlcheck.Parse(t, rec.Body)
		p.Count("h1", 1)
		p.Count("main", 1)
		p.Has(`html[lang=en][dir=ltr]`)
		p.Has(`.masthead > a.leave[href="/exit"][data-leave="https://weather.example/"]:last-child`)
		p.Has(".demo")
		p.Has("svg:not([aria-label])[aria-hidden=true]")
		p.HasNot("svg[role=img]:not([aria-label])")
	}
}

func TestEveryQuestionIsLabelled(t *testing.T) {
	p := htmlcheck.Parse(t, get(newSite(t), "/gallery", "").Body)
	ids := map[string]bool{}
	for _, e := range p.All("[id]") {
		id, _ := e.Attr("id")
		if ids[id] {
			t.Errorf("the id %s stands twice", id)
		}
		ids[id] = true
	}
	for _, e := range p.All("input:not([type=hidden]), textarea") {
		id, _ := e.Attr("id")
		p.Count(`label[for="`+id+`"]`, 1)
		about, _ := e.Attr("aria-describedby")
		for _, id := range strings.Fields(about) {
			if !ids[id] {
				t.Errorf("a question is described by %s, which is not there", id)
			}
		}
	}
	for _, e := range p.All("main form") {
		e.Count("input[name=token]", 1)
		e.Count("input[name=entry]", 1)
	}
}

func TestFourAnswersHaveEqualDignity(t *testing.T) {
	p := htmlcheck.Parse(t, get(newSite(t), "/gallery", "").Body)
	answers := p.All(".slip .answers button")
	if len(answers) != 4 {
		t.Fatalf("%d answers, want 4", len(answers))
	}
	for _, a := range answers {
		if _, styled := a.Attr("class"); styled {
			t.Errorf("%q looks other than the rest", a.Text())
		}
	}
	p.HasNot(".slip [checked], .slip [selected]")
}

func TestByteBudgets(t *testing.T) {
	s := newSite(t)
	all := 0
	for _, name := range []string{"beside.css", "beside.js", "mark.svg"} {
		all += s.Assets.Wire(name)
	}
	if js := s.Assets.Wire("beside.js"); js > script {
		t.Errorf("the script has %d bytes, at most %d are allowed", js, script)
	}
	for _, path := range galleryPaths {
		rec := get(s, path, "gzip")
		n := rec.Body.Len()
		t.Logf("%s: %d bytes, first view %d", path, n, n+all)
		if n > laterPage || n+all > firstView {
			t.Errorf("%s: %d bytes, at most %d; first view %d, at most %d", path, n, laterPage, n+all, firstView)
		}
	}
}

func TestGalleryFormIsKeptOrMended(t *testing.T) {
	s := newSite(t)
	rec := get(s, "/gallery", "")
	form := url.Values(htmlcheck.Parse(t, bytes.NewReader(rec.Body.Bytes())).Form("section form:has(#f-words)"))
	for _, c := range []struct {
		words, domain string
		status        int
	}{{"", "", 422}, {"A bench", "", 422}, {"A bench", "home", 303}} {
		form.Set("words", c.words)
		form.Set("domain", c.domain)
		r := httptest.NewRequest(http.MethodPost, "/gallery", strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.AddCookie(rec.Result().Cookies()[0])
		again := httptest.NewRecorder()
		s.ServeHTTP(again, r)
		if again.Code != c.status {
			t.Errorf("%q, %q: status %d, want %d", c.words, c.domain, again.Code, c.status)
		}
	}
}
