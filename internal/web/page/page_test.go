package page_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"beside/internal/clock"
	"beside/internal/id"
	"beside/internal/lang"
	"beside/internal/web/page"
)

// noon is a moment all tests of this package stand at: 12 March 2025, 12:00 UTC.
const noon = clock.Time(1741780800) * clock.Second

// world is a site with its log.
type world struct {
	site  *page.Site
	clock *clock.Manual
	log   *bytes.Buffer
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
	if w.site, err = page.New(c); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) get(t testing.TB, path string) *httptest.ResponseRecorder {
	t.Helper()
	rec := httptest.NewRecorder()
	w.site.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, path, nil))
	return rec
}

func TestUnknownPageIsCalm(t *testing.T) {
	rec := newWorld(t, nil).get(t, "/nowhere")
	if rec.Code != http.StatusNotFound {
		t.Errorf("status %d, want 404", rec.Code)
	}
	t.Log(rec.Body.String())
}
