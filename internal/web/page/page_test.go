package page_test

import (
	"bytes"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/lang"
	"beside/internal/testkit/htmlcheck"
	"beside/internal/web/page"
	"beside/internal/web/templates"
)

// noon is the moment all tests of this package stand at: 12 March 2025, 12:00 UTC.
const noon = clock.Time(1741780800) * clock.Second

// formTemplate is a page with a form that asks once in every way.
const formTemplate = `{{define "title"}}{{t "gallery.s_form"}}{{end}}
{{define "main"}}<h1>{{t "gallery.s_form"}}</h1>
{{own .Mine}}<form id="form" method="post" action="{{.Form.Action}}">
{{template "form" .Form}}
{{template "text" ((field .Form "words" "gallery.form_words" "gallery.form_words_hint").Must)}}
{{template "line" (field .Form "name" "gallery.form_name" "")}}
{{template "secret" (field .Form "phrase" "gallery.form_secret" "")}}
<button>{{t "common.keep_this"}}</button>
</form>{{end}}`

type formPage struct {
	Mine book.Text
	Form *page.Form
}

// world is a site with one form, what was last posted to it, and its log.
type world struct {
	site  *page.Site
	clock *clock.Manual
	log   *bytes.Buffer
	got   *page.Form
	err   error // what the posting handler answers
	jar   []*http.Cookie
}

func newWorld(t testing.TB, change func(*page.Config)) *world {
	t.Helper()
	words, err := lang.Load()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{clock: clock.NewManual(noon), log: new(bytes.Buffer)}
	c := page.Config{
		PublicURL: "http://localhost:8080", ExitURL: "https://weather.example/", FormKey: make([]byte, page.FormKeyBytes),
		Languages: words, Clock: w.clock, IDs: id.NewMaker(w.clock, nil), Log: slog.New(slog.NewTextHandler(w.log, nil)),
	}
	if change != nil {
		change(&c)
	}
	if w.site, err = page.NewWith(c, files(t)); err != nil {
		t.Fatal(err)
	}
	w.site.Handle("GET /form/{id}", w.show)
	w.site.Handle("POST /form/{id}", w.keep)
	return w
}

// files are the shared templates and the page with the form.
func files(t testing.TB) fs.FS {
	t.Helper()
	out := fstest.MapFS{"test/form.html": {Data: []byte(formTemplate)}}
	for _, pattern := range []string{"layout.html", "error.html", "parts/*.html"} {
		names, err := fs.Glob(templates.FS, pattern)
		if err != nil || len(names) == 0 {
			t.Fatalf("templates %s: %v", pattern, err)
		}
		for _, name := range names {
			b, err := fs.ReadFile(templates.FS, name)
			if err != nil {
				t.Fatal(err)
			}
			out[name] = &fstest.MapFile{Data: b}
		}
	}
	return out
}

func (w *world) show(rw http.ResponseWriter, r *http.Request) error {
	return w.site.Page(rw, r, http.StatusOK, "test/form", formPage{Form: page.NewForm(r, r.URL.Path)})
}

func (w *world) keep(rw http.ResponseWriter, r *http.Request) error {
	w.got = page.Posted(r)
	if w.got.Refused(w.err) {
		return w.site.Page(rw, r, http.StatusUnprocessableEntity, "test/form", formPage{Form: w.got})
	}
	if w.err != nil {
		return w.err
	}
	page.Say(rw, r, "gallery.said_kept")
	return w.site.Go(rw, r, "/form/1")
}

// do sends a request with the cookies of earlier answers.
func (w *world) do(r *http.Request) *httptest.ResponseRecorder {
	for _, c := range w.jar {
		r.AddCookie(c)
	}
	rec := httptest.NewRecorder()
	w.site.ServeHTTP(rec, r)
	for _, c := range rec.Result().Cookies() {
		w.jar = keepCookie(w.jar, c)
	}
	return rec
}

func keepCookie(jar []*http.Cookie, c *http.Cookie) []*http.Cookie {
	var out []*http.Cookie
	for _, old := range jar {
		if old.Name != c.Name {
			out = append(out, old)
		}
	}
	if c.MaxAge < 0 {
		return out
	}
	return append(out, c)
}

func (w *world) get(path string) *httptest.ResponseRecorder {
	return w.do(httptest.NewRequest(http.MethodGet, path, nil))
}

// fill gets the form and returns what an untouched browser would send.
func (w *world) fill(t testing.TB) url.Values {
	t.Helper()
	return htmlcheck.Parse(t, w.get("/form/1").Body).Form("#form")
}

func (w *world) post(values url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/form/1", strings.NewReader(values.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return w.do(r)
}

func TestWordsComeBackAsTheSameUnicode(t *testing.T) {
	for _, want := range []string{
		"one line", "two\nlines", "\nbegins with an empty line", "  spaces  ", "tab\tand \u00a0 space", `"quotes" & <tags> 'all'`,
		"ثلاث صباحات في الأسبوع", "👩🏽\u200d🌾 a\u200db \u200f \u2028", "é and e\u0301", "+", "a=b;c&d", "\ufeffmark", "{{t}}",
	} {
		w := newWorld(t, nil)
		in := w.fill(t)
		in.Set("words", strings.ReplaceAll(want, "\n", "\r\n")) // as browsers send text areas
		w.err = refusal()
		again := w.post(in)
		if got := w.got.Text("words").Show(); got != want {
			t.Errorf("read %q, want %q", got, want)
		}
		shown := htmlcheck.Parse(t, again.Body).One("textarea").Raw()
		if strings.ReplaceAll(shown, "\r\n", "\n") != want {
			t.Errorf("shown again %q, want %q", shown, want)
		}
	}
}

func TestOwnKeepsEverySign(t *testing.T) {
	for _, want := range []string{"a\rb", "a\r\nb", "<i>&amp;</i>", "x\u202ey"} {
		w := newWorld(t, nil)
		var c errs.Check
		c.Add("words", "gallery.form_words_wrong")
		w.site.Handle("GET /own", func(rw http.ResponseWriter, r *http.Request) error {
			return w.site.Page(rw, r, 200, "test/form", formPage{Mine: book.NewText(want), Form: page.NewForm(r, "/own")})
		})
		got := htmlcheck.Parse(t, w.get("/own").Body).One("main > .own").Raw()
		if kept := book.NewText(want).Show(); got != kept {
			t.Errorf("shown as %q, want %q", got, kept)
		}
	}
}

func refusal() error {
	var c errs.Check
	c.Add("words", "gallery.form_words_wrong")
	return c.Err("test: keep")
}

func TestRefusedFormSaysWhatIsOpenAndKeepsTheRest(t *testing.T) {
	w := newWorld(t, nil)
	in := w.fill(t)
	in.Set("name", "Ruth")
	in.Set("secret_phrase", "never shown again, whatever comes")
	w.err = refusal()
	rec := w.post(in)
	if rec.Code != http.StatusUnprocessableEntity {
		t.Errorf("status %d", rec.Code)
	}
	if strings.Contains(rec.Body.String(), "never shown again") {
		t.Error("the secret is in the page")
	}
	p := htmlcheck.Parse(t, rec.Body)
	p.Has(`.mend[role=alert] a[href="#f-words"]`)
	p.Has(`#f-words[aria-invalid=true][aria-describedby="f-words-hint f-words-wrong"]`)
	p.Says("#f-words-wrong", "There is nothing written here yet.")
	p.Has(`input[name=name][value=Ruth]`)
	p.HasNot(`#f-phrase[value]`)
	if got := p.Form("#form")["entry"]; len(got) != 1 || got[0] != in.Get("entry") {
		t.Errorf("the entry id changed from %s to %q", in.Get("entry"), got)
	}
}

func TestEntryIDIsOneForEachForm(t *testing.T) {
	w := newWorld(t, nil)
	first, second := w.fill(t), w.fill(t)
	if first.Get("entry") == second.Get("entry") {
		t.Error("two forms carry one entry id")
	}
	w.post(first)
	e, err := w.got.EntryID()
	if err != nil || e.String() != first.Get("entry") {
		t.Errorf("got %v, %v, want %s", e, err, first.Get("entry"))
	}
	first.Set("entry", "7")
	w.post(first)
	if _, err := w.got.EntryID(); !errs.Is(err, errs.Invalid) {
		t.Errorf("a malformed entry id: %v, want invalid", err)
	}
}

func TestKeptFormSaysSoOnce(t *testing.T) {
	w := newWorld(t, nil)
	rec := w.post(w.fill(t))
	if rec.Code != http.StatusSeeOther || rec.Header().Get("Location") != "/form/1" {
		t.Errorf("status %d to %q", rec.Code, rec.Header().Get("Location"))
	}
	htmlcheck.Parse(t, w.get("/form/1").Body).Says(".said", "Kept. It is in your book.")
	htmlcheck.Parse(t, w.get("/form/1").Body).HasNot(".said")
}

func TestSaidShowsNothingButSentencesMadeForIt(t *testing.T) {
	for _, value := range []string{"gallery.mine", "anything", "common.mend", "gallery.said_nothing_like_it"} {
		w := newWorld(t, nil)
		w.jar = []*http.Cookie{{Name: "beside-said", Value: value}}
		htmlcheck.Parse(t, w.get("/form/1").Body).HasNot(".said")
	}
}
