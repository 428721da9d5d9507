package page

import (
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"testing"
)

// FuzzToken: no token that we did not make for this cookie and this person fits, whatever was changed in it.
func FuzzToken(f *testing.F) {
	s := &Site{Config: Config{FormKey: make([]byte, FormKeyBytes), Rand: rand.NewChaCha8([32]byte{})}} // the same in each process of a fuzzing
	mine := &Frame{site: s, Person: "ana"}
	token := mine.formToken()
	cookie := mine.token.cookie
	f.Add(token, cookie, "ana")
	f.Add(token[:len(token)-1]+"A", cookie, "ana")
	f.Add(token, cookie, "bea")
	f.Add(token, "", "")
	f.Add("", cookie, "ana")
	f.Fuzz(func(t *testing.T, masked, sent, person string) {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Cookie", "beside-form="+sent)
		reader := &Frame{site: s, Person: person}
		reader.token.cookie = s.formCookie(r)
		got, _ := unmask(masked)
		made, _ := unmask(token)
		mine := string(got) == string(made) && reader.token.cookie == cookie && (person == "ana" || person == "")
		if s.tokenFits(reader, masked) != mine {
			t.Errorf("%q with the cookie %q of %q: fits %v", masked, sent, person, !mine)
		}
	})
}
