package web_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"beside/internal/clock"
	"beside/internal/id"
	"beside/internal/lang"
	"beside/internal/web"
	"beside/internal/web/page"
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

func TestGallery(t *testing.T) {
	rec := httptest.NewRecorder()
	newSite(t).ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/gallery", nil))
	if rec.Code != http.StatusOK {
		t.Fatalf("status %d", rec.Code)
	}
	t.Log(rec.Body.String())
}
