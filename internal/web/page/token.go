package page

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"io"
	"net/http"
)

// A form token says that the form was shown by us to this very browser. The browser holds a random cookie; the token is
// a keyed hash of it. Beside [http.CrossOriginProtection], which trusts the browser to tell where a form came from, it
// also holds for browsers that do not tell. Each response masks the token with fresh randomness, so that the size of a
// packed page tells nothing about it (the attack called BREACH).
//
// A token also says to whom the form was shown. On a shared device, one that was left open by somebody who is no longer
// signed in cannot be sent in the name of who is signed in now. A form shown to nobody may be sent by anybody.

const (
	cookieBytes = 16 // of randomness in the form cookie
	macBytes    = 16 // of the keyed hash
	whoseBytes  = 8  // of a keyed hash of who was signed in; zeros for nobody
	tokenBytes  = whoseBytes + macBytes
)

var nobody [whoseBytes]byte

var b64 = base64.RawURLEncoding

type token struct {
	cookie string // what the browser sent, or what it will be sent
	fresh  bool   // the cookie was made by this request
	masked string
}

func (s *Site) formCookieName() string {
	if s.secure {
		return "__Host-beside-form"
	}
	return "beside-form"
}

// formCookie returns the browser's cookie, or nothing when it has none that could be ours.
func (s *Site) formCookie(r *http.Request) string {
	c, err := r.Cookie(s.formCookieName())
	if err != nil || len(c.Value) != b64.EncodedLen(cookieBytes) {
		return ""
	}
	return c.Value
}

// mac is what is masked in a token: whose the form is, and the keyed hash of that and the cookie.
func (s *Site) mac(cookie string, whose [whoseBytes]byte) []byte {
	h := hmac.New(sha256.New, s.FormKey)
	h.Write([]byte("beside form token 2\x00" + cookie))
	h.Write(whose[:])
	return append(whose[:], h.Sum(nil)[:macBytes]...)
}

// whose is who is signed in, as tokens have it.
func (f *Frame) whose() (w [whoseBytes]byte) {
	if f.Person == "" {
		return nobody
	}
	h := hmac.New(sha256.New, f.site.FormKey)
	h.Write([]byte("beside form of\x00" + f.Person))
	copy(w[:], h.Sum(nil))
	return w
}

// formToken returns the masked token of this response, the same for all its forms.
func (f *Frame) formToken() string {
	t := &f.token
	if t.masked != "" {
		return t.masked
	}
	if t.cookie == "" {
		t.cookie, t.fresh = b64.EncodeToString(f.site.random(cookieBytes)), true
	}
	pad := f.site.random(tokenBytes)
	both := make([]byte, 2*tokenBytes)
	copy(both, pad)
	subtle.XORBytes(both[tokenBytes:], pad, f.site.mac(t.cookie, f.whose()))
	t.masked = b64.EncodeToString(both)
	return t.masked
}

// tokenFits reports whether a token was made for this browser, and not for somebody else than who is signed in. It fits
// when nobody is signed in any more: then the page itself says what to do.
func (s *Site) tokenFits(f *Frame, masked string) bool {
	token, ok := unmask(masked)
	if !ok || f.token.cookie == "" || f.token.fresh {
		return false
	}
	whose := [whoseBytes]byte(token)
	if !hmac.Equal(token, s.mac(f.token.cookie, whose)) {
		return false
	}
	now := f.whose()
	return whose == now || whose == nobody || now == nobody
}

// unmask returns what stands behind the mask of a token.
func unmask(masked string) (token []byte, ok bool) {
	both, err := b64.DecodeString(masked)
	if err != nil || len(both) != 2*tokenBytes {
		return nil, false
	}
	token = make([]byte, tokenBytes)
	subtle.XORBytes(token, both[:tokenBytes], both[tokenBytes:])
	return token, true
}

// bakeCookie gives the browser its cookie when this page holds its first form. A page without a form sets none.
func (f *Frame) bakeCookie(w http.ResponseWriter) {
	if f.token.fresh {
		f.site.setCookie(w, f.site.formCookieName(), f.token.cookie, 0)
	}
}

// random panics when the machine has no randomness, as nothing safe can follow.
func (s *Site) random(n int) []byte {
	b := make([]byte, n)
	if _, err := io.ReadFull(s.Rand, b); err != nil {
		panic("page: reading randomness: " + err.Error())
	}
	return b
}
