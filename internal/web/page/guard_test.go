package page_test

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"beside/internal/book"
	"beside/internal/errs"
	"beside/internal/testkit/htmlcheck"
	"beside/internal/web/page"
)

const written = "a wish that must not be lost"

func TestFormTokenIsNeeded(t *testing.T) {
	for name, spoil := range map[string]func(w *world, in url.Values){
		"none":           func(_ *world, in url.Values) { in.Del("token") },
		"not ours":       func(_ *world, in url.Values) { in.Set("token", strings.Repeat("A", len(in.Get("token")))) },
		"no cookie":      func(w *world, _ url.Values) { w.jar = nil },
		"other browser":  func(w *world, _ url.Values) { w.jar = nil; w.get("/form/1") },
		"empty":          func(_ *world, in url.Values) { in.Set("token", "") },
		"one sign wrong": func(_ *world, in url.Values) { in.Set("token", flip(in.Get("token"))) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, nil)
			in := w.fill(t)
			in.Set("words", written)
			spoil(w, in)
			rec := w.post(in)
			if w.got != nil {
				t.Fatal("the form reached the page")
			}
			if rec.Code != http.StatusUnprocessableEntity {
				t.Errorf("status %d", rec.Code)
			}
			p := htmlcheck.Parse(t, rec.Body)
			p.Says("h1", "This page was open for a long time")
			p.Says(".typed", written)
			p.HasNot("main form")
		})
	}
}

func flip(s string) string {
	if s[len(s)-3] == 'A' {
		return s[:len(s)-3] + "B" + s[len(s)-2:]
	}
	return s[:len(s)-3] + "A" + s[len(s)-2:]
}

func TestFormTokenFitsAndIsMasked(t *testing.T) {
	w := newWorld(t, nil)
	first, second := w.fill(t), w.fill(t)
	if first.Get("token") == second.Get("token") {
		t.Error("the token is the same in two responses")
	}
	for _, in := range []url.Values{first, second} {
		if rec := w.post(in); rec.Code != http.StatusSeeOther {
			t.Errorf("status %d, want 303", rec.Code)
		}
	}
}

func TestFormTokenIsOfOneKey(t *testing.T) {
	w := newWorld(t, nil)
	in := w.fill(t)
	other := newWorld(t, func(c *page.Config) { c.FormKey = []byte(strings.Repeat("k", page.FormKeyBytes)) })
	other.jar = w.jar
	if rec := other.post(in); rec.Code != http.StatusUnprocessableEntity {
		t.Errorf("status %d for a token made with another key", rec.Code)
	}
}

func TestFormFromElsewhereIsRefused(t *testing.T) {
	w := newWorld(t, nil)
	in := w.fill(t)
	r := httptest.NewRequest(http.MethodPost, "/form/1", strings.NewReader(in.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	rec := w.do(r)
	if w.got != nil {
		t.Fatal("the form reached the page")
	}
	htmlcheck.Parse(t, rec.Body).Says("h1", "This came from another website")
}

func TestCookiesAreSafe(t *testing.T) {
	for address, want := range map[string]string{
		"https://beside.example": "__Host-beside-form=%; Path=/; HttpOnly; Secure; SameSite=Lax",
		"http://localhost:8080":  "beside-form=%; Path=/; HttpOnly; SameSite=Lax",
		"http://127.0.0.1":       "beside-form=%; Path=/; HttpOnly; SameSite=Lax",
	} {
		w := newWorld(t, func(c *page.Config) { c.PublicURL = address })
		rec := w.get("/form/1")
		got := rec.Header().Get("Set-Cookie")
		before, after, _ := strings.Cut(want, "%")
		if !strings.HasPrefix(got, before) || !strings.HasSuffix(got, after) {
			t.Errorf("%s: cookie %q, want %q", address, got, want)
		}
	}
}

func TestPageWithoutFormSetsNoCookie(t *testing.T) {
	if got := newWorld(t, nil).get("/nowhere").Header().Get("Set-Cookie"); got != "" {
		t.Errorf("cookie %q", got)
	}
}

func TestBooksAreNotServedInTheOpen(t *testing.T) {
	for _, address := range []string{"http://beside.example", "http://192.168.1.4:8080", "beside.example", "ftp://localhost", ""} {
		w := newWorld(t, nil)
		c := w.site.Config
		c.PublicURL = address
		if _, err := page.New(c); err == nil {
			t.Errorf("%q was accepted", address)
		}
	}
}

func TestHeaders(t *testing.T) {
	w := newWorld(t, func(c *page.Config) { c.PublicURL = "https://beside.example" })
	for _, path := range []string{"/form/1", "/nowhere"} {
		h := w.get(path).Header()
		for name, want := range map[string]string{
			"Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; " +
				"form-action 'self'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
			"X-Content-Type-Options":       "nosniff",
			"Referrer-Policy":              "no-referrer",
			"Cross-Origin-Opener-Policy":   "same-origin",
			"Cross-Origin-Resource-Policy": "same-origin",
			"Cache-Control":                "no-store",
			"Strict-Transport-Security":    "max-age=31536000; includeSubDomains",
		} {
			if got := h.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", path, name, got, want)
			}
		}
	}
}

func TestKindsOfErrorBecomeCalmPages(t *testing.T) {
	for kind, want := range map[errs.Kind]struct {
		status int
		head   string
		again  bool
	}{
		errs.Internal:    {500, "Something went wrong on our side", true},
		errs.Invalid:     {422, "We could not take this as it is", false},
		errs.NotOpen:     {404, "This page is not open to you.", false},
		errs.SignIn:      {401, "You have been away a while", false},
		errs.Changed:     {409, "This has changed since you saw it", false},
		errs.AlreadyKept: {409, "This page was sent before", false},
		errs.Busy:        {503, "We could not keep this yet.", true},
		errs.TooLarge:    {413, "This is more than we can keep at once", false},
		errs.TooOften:    {429, "A little slower, please", false},
	} {
		t.Run(kind.String(), func(t *testing.T) {
			w := newWorld(t, nil)
			in := w.fill(t)
			in.Set("words", written)
			w.err = errs.New("test: keep", kind, "")
			rec := w.post(in)
			if rec.Code != want.status {
				t.Errorf("status %d, want %d", rec.Code, want.status)
			}
			p := htmlcheck.Parse(t, rec.Body)
			p.Says("h1", want.head)
			p.Says(".typed", written)
			if got := len(p.All("main form")) == 1; got != want.again {
				t.Errorf("offers to try again: %v, want %v", got, want.again)
			}
		})
	}
}

func TestTryingAgainIsTheSameEntry(t *testing.T) {
	w := newWorld(t, nil)
	in := w.fill(t)
	in.Set("words", "two\r\nlines")
	w.err = errs.New("test: keep", errs.Busy, "")
	again := url.Values(htmlcheck.Parse(t, w.post(in).Body).Form("main form"))
	w.err = nil
	if rec := w.post(again); rec.Code != http.StatusSeeOther {
		t.Fatalf("status %d", rec.Code)
	}
	if got := w.got.Text("words").Show(); got != "two\nlines" {
		t.Errorf("words %q", got)
	}
	if e, err := w.got.EntryID(); err != nil || e.String() != in.Get("entry") {
		t.Errorf("entry %v, %v, want %s", e, err, in.Get("entry"))
	}
}

// TestWhoCannotBeAskedLosesNothing: while the store does not even say who is there, what was typed is shown, and the form
// that is offered is the same entry, of the same person, once the store answers again.
func TestWhoCannotBeAskedLosesNothing(t *testing.T) {
	w := newWorld(t, nil)
	person, down := "mira", false
	w.site.Before(func(_ http.ResponseWriter, _ *http.Request, f *page.Frame) error {
		if down {
			return errs.New("test: session", errs.Busy, "")
		}
		f.Person = person
		return nil
	})
	in := w.fill(t)
	in.Set("words", written)
	down = true
	rec := w.post(in)
	p := htmlcheck.Parse(t, rec.Body)
	p.Says(".typed", written)
	again := url.Values(p.Form("main form"))
	if rec.Code != http.StatusServiceUnavailable || w.got != nil || again.Get("entry") != in.Get("entry") || again.Get("words") != written {
		t.Fatalf("status %d, offered again: %v", rec.Code, again)
	}
	down, person = false, "nika"
	if rec := w.post(again); rec.Code != http.StatusUnprocessableEntity || w.got != nil {
		t.Errorf("sent in the name of somebody else: status %d", rec.Code)
	}
	person = "mira"
	if rec := w.post(again); rec.Code != http.StatusSeeOther || w.got == nil {
		t.Errorf("sent again: status %d", rec.Code)
	}
	down = true
	in.Set("token", flip(in.Get("token")))
	rec = w.post(in)
	if p := htmlcheck.Parse(t, rec.Body); rec.Code != http.StatusUnprocessableEntity || len(p.All("main form")) > 0 {
		t.Errorf("a form that is not ours: status %d", rec.Code)
	}
}

func TestFormWithSecretIsNotOfferedAgain(t *testing.T) {
	w := newWorld(t, nil)
	in := w.fill(t)
	in.Set("secret_phrase", "four words only you would join")
	in.Add("typed", "secret_phrase") // whatever a browser claims
	w.err = errs.New("test: keep", errs.Busy, "")
	rec := w.post(in)
	if strings.Contains(rec.Body.String(), "only you would join") {
		t.Error("the secret is in the page")
	}
	htmlcheck.Parse(t, rec.Body).HasNot("main form")
}

func TestWhoIsNotSignedInIsLedToTheDoor(t *testing.T) {
	w := newWorld(t, nil)
	w.site.Handle("GET /mine", func(http.ResponseWriter, *http.Request) error { return errs.New("test", errs.SignIn, "") })
	rec := w.get("/mine?q=secret")
	if got := rec.Header().Get("Location"); rec.Code != http.StatusSeeOther || got != "/come-in?to=%2Fmine" {
		t.Errorf("status %d to %q", rec.Code, got)
	}
}

func TestLogHoldsNothingPersonal(t *testing.T) {
	w := newWorld(t, nil) // what is typed has a U, which no reference in the log has
	in := w.fill(t)
	in.Set("words", "zu-words")
	in.Set("secret_phrase", "zu-secret")
	for _, err := range []error{nil, errs.New("test: keep", errs.Busy, ""), refusal()} {
		w.err = err
		w.post(in)
	}
	w.get("/form/zu-path?zu=query")
	w.do(httptest.NewRequest("ZU", "/zu-nowhere", nil))
	w.site.Handle("GET /panic", func(http.ResponseWriter, *http.Request) error { panic("zu-thrown") })
	w.get("/panic")
	log := w.log.String()
	if strings.Contains(strings.ToLower(log), "zu") {
		t.Errorf("the log holds what was typed or asked for:\n%s", log)
	}
	for _, want := range []string{`route="POST /form/{id}"`, `route="GET /form/{id}"`, "status=503", "route=(nowhere)", "page/guard_test.go:"} {
		if !strings.Contains(log, want) {
			t.Errorf("the log lacks %s:\n%s", want, log)
		}
	}
}

func TestPanicIsACalmPageWithAReference(t *testing.T) {
	w := newWorld(t, nil)
	w.site.Handle("GET /panic", func(http.ResponseWriter, *http.Request) error { panic(errors.New("oh")) })
	rec := w.get("/panic")
	if rec.Code != http.StatusInternalServerError {
		t.Errorf("status %d", rec.Code)
	}
	p := htmlcheck.Parse(t, rec.Body)
	p.Says("h1", "Something went wrong on our side")
	said := p.One("main .small").Text()
	ref := strings.TrimSuffix(said[strings.LastIndex(said, " ")+1:], ".")
	if len(ref) != 9 || !strings.Contains(w.log.String(), "ref="+ref) {
		t.Errorf("reference %q is not in the log:\n%s", ref, w.log)
	}
}

func TestLargeForms(t *testing.T) {
	for _, size := range []struct{ words, status, shown int }{
		{page.FormLimit / 2, 303, 0}, {page.FormLimit + 1, 413, 1}, {5 * page.FormLimit, 413, 0},
	} {
		w := newWorld(t, nil)
		in := w.fill(t)
		in.Set("words", strings.Repeat("w", size.words))
		rec := w.post(in)
		if rec.Code != size.status {
			t.Errorf("%d bytes: status %d, want %d", size.words, rec.Code, size.status)
		}
		htmlcheck.Parse(t, rec.Body).Count(".typed", size.shown)
	}
}

func TestOddForms(t *testing.T) {
	for name, send := range map[string]struct{ kind, body string }{
		"json":         {"application/json", "{}"},
		"multipart":    {"multipart/form-data; boundary=x", "--x--"},
		"broken":       {"application/x-www-form-urlencoded", "words=%zz"},
		"not unicode":  {"application/x-www-form-urlencoded", "words=%ff"},
		"a zero":       {"application/x-www-form-urlencoded", "words=%00"},
		"nothing said": {"", "words=x"},
	} {
		w := newWorld(t, nil)
		r := httptest.NewRequest(http.MethodPost, "/form/1", strings.NewReader(send.body))
		r.Header.Set("Content-Type", send.kind)
		if rec := w.do(r); rec.Code != http.StatusUnprocessableEntity || w.got != nil {
			t.Errorf("%s: status %d, reached the page: %v", name, rec.Code, w.got != nil)
		}
	}
}

func TestSlowFormIsGivenUp(t *testing.T) {
	w := newWorld(t, nil)
	srv := httptest.NewUnstartedServer(nil)
	srv.Config = page.Server(w.site)
	srv.Config.ReadTimeout = 50 * time.Millisecond
	srv.Start()
	defer srv.Close()
	conn, err := net.Dial("tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_, err = fmt.Fprintf(conn, "POST /form/1 HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\nwords=")
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("status %d, want 503", res.StatusCode)
	}
	htmlcheck.Parse(t, res.Body).Says("h1", "Not all of this arrived")
}

func TestPagesArePacked(t *testing.T) {
	w := newWorld(t, nil)
	r := httptest.NewRequest(http.MethodGet, "/form/1", nil)
	r.Header.Set("Accept-Encoding", "gzip")
	rec := w.do(r)
	if rec.Header().Get("Content-Encoding") != "gzip" {
		t.Fatal("the page is not packed")
	}
	z, err := gzip.NewReader(rec.Body)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(z)
	if err != nil || !strings.HasSuffix(strings.TrimSpace(string(body)), "</html>") {
		t.Errorf("unpacked: %v, %d bytes", err, len(body))
	}
}

func TestLeavingQuickly(t *testing.T) {
	w := newWorld(t, nil)
	closed := 0
	w.site.OnExit(func(http.ResponseWriter, *http.Request) { closed++ })
	w.site.Before(func(http.ResponseWriter, *http.Request, *page.Frame) error { return errs.New("test", errs.Busy, "") })
	rec := w.get("/exit")
	if got := rec.Header().Get("Location"); rec.Code != http.StatusSeeOther || got != "https://weather.example/" {
		t.Errorf("status %d to %q", rec.Code, got)
	}
	rec = w.do(httptest.NewRequest(http.MethodPost, "/exit", nil))
	if got := rec.Header().Get("Clear-Site-Data"); rec.Code != http.StatusNoContent || got != `"cache"` {
		t.Errorf("status %d, clears %q", rec.Code, got)
	}
	if closed != 2 {
		t.Errorf("the session was closed %d times, want 2", closed)
	}
	if got := strings.Join(rec.Header().Values("Set-Cookie"), "\n"); !strings.Contains(got, "beside-form=; Path=/; Max-Age=0") {
		t.Errorf("the form cookie stays: %s", got)
	}
}

func TestStepsRunBeforePagesOnly(t *testing.T) {
	w := newWorld(t, nil)
	ran := 0
	w.site.Before(func(_ http.ResponseWriter, _ *http.Request, f *page.Frame) error {
		ran++
		f.Hat, f.Name = book.HatSelf, "Ruth"
		return nil
	})
	htmlcheck.Parse(t, w.get("/form/1").Body).Says(".whose", "Ruth")
	htmlcheck.Parse(t, w.get("/nowhere").Body).Says(".whose", "Ruth")
	if rec := w.get(w.site.Assets.Href("beside.css")); rec.Code != http.StatusOK {
		t.Errorf("style sheet: status %d", rec.Code)
	}
	if ran != 2 {
		t.Errorf("the step ran %d times, want 2", ran)
	}
}

func BenchmarkPage(b *testing.B) {
	w := newWorld(b, nil)
	r := httptest.NewRequest(http.MethodGet, "/form/1", nil)
	b.ReportAllocs()
	for b.Loop() {
		w.site.ServeHTTP(httptest.NewRecorder(), r)
	}
}

// TestEveryCookieIsOfThisHostAlone: over https, the one that carries a sentence to the next page too.
func TestEveryCookieIsOfThisHostAlone(t *testing.T) {
	w := newWorld(t, func(c *page.Config) { c.PublicURL = "https://beside.example" })
	w.site.Handle("GET /said", func(rw http.ResponseWriter, r *http.Request) error {
		page.Say(rw, r, "test.said_kept")
		return w.site.Go(rw, r, "/form/1")
	})
	for _, path := range []string{"/said", "/form/1"} {
		got := w.get(path).Header().Values("Set-Cookie")
		if len(got) == 0 {
			t.Errorf("%s sets no cookie", path)
		}
		for _, c := range got {
			if !strings.HasPrefix(c, "__Host-beside-") || !strings.Contains(c, "; Secure; SameSite=Lax") {
				t.Errorf("%s: %s", path, c)
			}
		}
	}
}

// TestNothingIsEchoed: a request that asks for itself back (TRACE), which would show a script what it may not see, is not
// answered so.
func TestNothingIsEchoed(t *testing.T) {
	w := newWorld(t, nil)
	for _, path := range []string{"/", "/form/1", "/nowhere"} {
		r := httptest.NewRequest(http.MethodTrace, path, nil)
		r.Header.Set("Cookie", "beside=zuzu")
		rec := w.do(r)
		if rec.Code < 400 || strings.Contains(rec.Body.String(), "zuzu") {
			t.Errorf("%s: %d", path, rec.Code)
		}
	}
}
