package notify

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"beside/internal/errs"
)

// InboundPath is where a gateway brings what people answered to a text message.
const InboundPath = "/gateway/text"

// Replies is what is done with answers to text messages.
type Replies struct {
	Secret string // that the gateway shows; without one nothing is taken
	// WrongNumber reports whether an answer asks not to be written to any more.
	WrongNumber func(text string) bool
	// Stop has nothing more sent to a number.
	Stop func(ctx context.Context, number string) error
	// Take bounds how many answers are looked at. Its error is TooOften.
	Take func(ctx context.Context) error
}

// longestReply is how much of a request is read, in bytes.
const longestReply = 16 << 10

// Inbound answers a gateway. It tells nothing: an answer that was understood and one that was not look alike, and so do
// numbers that somebody has and that nobody has. A gateway asks again when it is told 429 or 503.
func Inbound(c Replies) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !c.shows(r.Header.Get("Authorization")) {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		from, text, err := readReply(w, r)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		if err := c.Take(r.Context()); err != nil {
			w.WriteHeader(later(err))
			return
		}
		if c.WrongNumber(text) {
			if err := c.Stop(r.Context(), from); err != nil {
				w.WriteHeader(later(err))
				return
			}
		}
		w.WriteHeader(http.StatusNoContent)
	}
}

// shows reports whether a header holds the secret. Hashes are compared, so that time tells not even its length.
func (c Replies) shows(header string) bool {
	told, ok := strings.CutPrefix(header, "Bearer ")
	a, b := sha256.Sum256([]byte(told)), sha256.Sum256([]byte(c.Secret))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1 && ok && c.Secret != ""
}

func later(err error) int {
	if errs.Is(err, errs.TooOften) {
		return http.StatusTooManyRequests
	}
	return http.StatusServiceUnavailable
}

var errReply = errors.New("notify: not an answer to a text message")

// readReply reads who answered what, as JSON or as a form.
func readReply(w http.ResponseWriter, r *http.Request) (from, text string, err error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, longestReply))
	if err != nil {
		return "", "", errReply
	}
	kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	switch strings.TrimSpace(kind) {
	case "application/json":
		var v struct{ From, Text string }
		if err := json.Unmarshal(body, &v); err != nil {
			return "", "", errReply
		}
		from, text = v.From, v.Text
	case "application/x-www-form-urlencoded":
		v, err := url.ParseQuery(string(body))
		if err != nil {
			return "", "", errReply
		}
		from, text = v.Get("from"), v.Get("text")
	}
	if from == "" {
		return "", "", errReply
	}
	return from, text, nil
}
