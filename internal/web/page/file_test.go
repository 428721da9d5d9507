package page_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"testing"

	"beside/internal/web/page"
)

// TestFilesStandInMemoryOneByOne: as many files as are answered at the same time stand in memory, and no more: one that waits to be looked at
// counts until it is answered.
func TestFilesStandInMemoryOneByOne(t *testing.T) {
	w := newWorld(t, nil)
	in := w.fill(t)
	here, answer := make(chan struct{}), make(chan struct{})
	w.site.HandleFile("POST /file", func(*http.Request) bool { return true }, 10, func(rw http.ResponseWriter, r *http.Request) error {
		if got := len(page.Posted(r).File()); got != 5 {
			t.Errorf("a file of %d bytes", got)
		}
		here <- struct{}{}
		<-answer
		rw.WriteHeader(http.StatusNoContent)
		return nil
	})
	brings := func() int {
		var b bytes.Buffer
		m := multipart.NewWriter(&b)
		_ = m.WriteField("token", in.Get("token")) // into memory: these cannot fail
		part, _ := m.CreateFormFile("photo", "x.jpg")
		_, _ = part.Write([]byte("12345"))
		_ = m.Close()
		r := httptest.NewRequest(http.MethodPost, "/file", &b)
		r.Header.Set("Content-Type", m.FormDataContentType())
		for _, c := range w.jar {
			r.AddCookie(c)
		}
		rec := httptest.NewRecorder()
		w.site.ServeHTTP(rec, r)
		return rec.Code
	}
	codes := make(chan int)
	for range page.FilesAtOnce {
		go func() { codes <- brings() }()
		<-here
	}
	go func() { codes <- brings() }()
	select {
	case <-here:
		t.Error("one more file stands in memory")
		answer <- struct{}{}
		<-codes
	case got := <-codes:
		if got != http.StatusServiceUnavailable {
			t.Errorf("status %d for one more file", got)
		}
	}
	for range page.FilesAtOnce {
		answer <- struct{}{}
		if got := <-codes; got != http.StatusNoContent {
			t.Errorf("status %d", got)
		}
	}
}
