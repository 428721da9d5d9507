package page_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// FuzzPosted sends whatever a stranger may send: it must end in a calm page, and never reach a handler.
func FuzzPosted(f *testing.F) {
	f.Add("application/x-www-form-urlencoded", "token=x&entry=y&words=z&typed=words", "beside-form=AAAAAAAAAAAAAAAAAAAAAA")
	f.Add("application/x-www-form-urlencoded; charset=utf-8", "words=%ff&typed=words&typed=typed", "beside-form=")
	f.Add("text/plain", "a=b;c=%zz", "beside-said=me.said; beside-form=x")
	f.Add("application/x-www-form-urlencoded", "token="+strings.Repeat("A", 43), "")
	w := newWorld(f, nil)
	f.Fuzz(func(t *testing.T, kind, body, cookie string) {
		r := httptest.NewRequest(http.MethodPost, "/form/1", strings.NewReader(body))
		r.Header.Set("Content-Type", kind)
		r.Header.Set("Cookie", cookie)
		rec := httptest.NewRecorder()
		w.site.ServeHTTP(rec, r)
		if w.got != nil {
			t.Fatal("it reached a handler")
		}
		if rec.Code != http.StatusUnprocessableEntity && rec.Code != http.StatusRequestEntityTooLarge {
			t.Errorf("status %d", rec.Code)
		}
		if !strings.HasSuffix(strings.TrimSpace(rec.Body.String()), "</html>") {
			t.Error("the page is not whole")
		}
	})
}
