package visit_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"beside/internal/testkit/world"
)

// FuzzCookies: whatever cookies a browser sends, a book opens for the one secret that was given out and for no other, and
// nothing is a fault of ours.
func FuzzCookies(f *testing.F) {
	w := world.New(f, f.TempDir())
	mira := w.Join(f, "Mira")
	secret, device := mira.Cookie("beside"), mira.Cookie("beside-device")
	given := strings.NewReplacer("S", secret, "D", device) // a fuzzing has several processes, each with a world of its own
	f.Add("S", "D")
	f.Add("SA", "D")
	f.Add("S=", "")
	f.Add("S; beside=D", "S")
	f.Add("", "D")
	f.Add("D", "D")
	f.Fuzz(func(t *testing.T, session, device string) {
		r := httptest.NewRequest(http.MethodGet, "/me", nil)
		r.Header.Set("Cookie", given.Replace("beside="+session+"; beside-device="+device))
		sent, _ := r.Cookie("beside") // as it is understood
		rec := httptest.NewRecorder()
		w.App.Handler().ServeHTTP(rec, r)
		opened := rec.Code == http.StatusOK
		if rec.Code >= http.StatusInternalServerError || opened != (sent != nil && sent.Value == secret) {
			t.Errorf("the cookies %q and %q: %d", session, device, rec.Code)
		}
	})
}
