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

const (
	cookieBytes = 16 // of randomness in the form cookie
	macBytes    = 16 // of the keyed hash
)

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

func (s *Site) mac(cookie string) []byte {
	h := hmac.New(sha256.New, s.FormKey)
	h.Write([]byte("beside form token 1\x00" + cookie))
	return h.Sum(nil)[:macBytes]
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
	pad := f.site.random(macBytes)
	both := make([]byte, 2*macBytes)
	copy(both, pad)
	subtle.XORBytes(both[macBytes:], pad, f.site.mac(t.cookie))
	t.masked = b64.EncodeToString(both)
	return t.masked
}

func (s *Site) tokenFits(f *Frame, masked string) bool {
	both, err := b64.DecodeString(masked)
	if err != nil || len(both) != 2*macBytes || f.token.cookie == "" || f.token.fresh {
		return false
	}
	mac := make([]byte, macBytes)
	subtle.XORBytes(mac, both[:macBytes], both[macBytes:])
	return hmac.Equal(mac, s.mac(f.token.cookie))
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
