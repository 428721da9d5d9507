package visit_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"beside/internal/account"
	"beside/internal/app"
	"beside/internal/book"
	"beside/internal/id"
	"beside/internal/testkit/ready"
	"beside/internal/testkit/world"
	"beside/internal/web/visit"
)

// overHTTPS is somebody who joined, in a world that is served over https.
func overHTTPS(t *testing.T) (*world.World, account.Joined) {
	t.Helper()
	w := world.New(t, ready.Folder(t), func(c *app.Config) { c.PublicURL = "https://beside.example" })
	j, err := w.App.Accounts.Join(t.Context(), account.Joining{
		Entry: id.New[id.Entry](w.App.IDs), Name: book.NewText("Ana"), Passphrase: world.Passphrase, Contact: book.ContactNo, Via: book.ViaWeb,
	})
	if err != nil {
		t.Fatal(err)
	}
	return w, j
}

func TestTheCookieOverHTTPS(t *testing.T) {
	w, j := overHTTPS(t)
	for kept, seconds := range map[bool]int{false: 0, true: 90 * 24 * 60 * 60} {
		rec := httptest.NewRecorder()
		in := j.Opened
		in.Kept = kept
		if err := w.App.Door.Let(rec, httptest.NewRequest(http.MethodPost, "/come-in", nil), in); err != nil {
			t.Fatal(err)
		}
		c := rec.Result().Cookies()[0]
		if c.Name != "__Host-beside" || c.Value != j.Secret || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.MaxAge != seconds {
			t.Errorf("kept %v: %s", kept, rec.Header().Get("Set-Cookie"))
		}
	}
}

func TestOnlyTheRightCookieOpens(t *testing.T) {
	w, j := overHTTPS(t)
	for cookie, want := range map[string]int{
		"__Host-beside=" + j.Secret: http.StatusOK, "beside=" + j.Secret: http.StatusSeeOther, "__Host-beside=": http.StatusSeeOther,
		"__Host-beside=" + strings.ToLower(j.Secret): http.StatusSeeOther, "__Host-beside=" + strings.Repeat("A", 4000): http.StatusSeeOther,
	} {
		r := httptest.NewRequest(http.MethodGet, "/me", nil)
		r.Header.Set("Cookie", cookie)
		rec := httptest.NewRecorder()
		w.App.Handler().ServeHTTP(rec, r)
		if rec.Code != want {
			t.Errorf("%.40q: %d, want %d", cookie, rec.Code, want)
		}
		if taken := strings.Contains(rec.Header().Get("Set-Cookie"), "__Host-beside=;"); taken != (want != 200 && len(cookie) > 20 && strings.HasPrefix(cookie, "__Host")) {
			t.Errorf("%.40q: the cookie was taken back: %v", cookie, taken)
		}
	}
}

func TestWithoutASessionNothingIsOpen(t *testing.T) {
	w := world.New(t, ready.Folder(t))
	v := w.Visitor(t)
	for _, path := range []string{"/me", "/worker", "/team", "/hat", "/leave", "/join/kept"} {
		v.Get(path)
		v.Want(200, "/come-in")
	}
	form := v.Filled("main form")
	for _, path := range []string{"/me/words", "/hat", "/leave", "/team/invite"} {
		v.Post(path, form)
		v.Want(401, path)
	}
}

func TestHome(t *testing.T) {
	for hat, want := range map[book.Hat]string{book.HatSelf: "/me", book.HatWorker: "/worker", book.HatTeam: "/team"} {
		if got := visit.Home(hat); got != want {
			t.Errorf("the home of %q is %q", hat, got)
		}
	}
}
