package page

import (
	"encoding/base32"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"

	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/mutant"
)

// wordsElsewhere are the words for a form that another site sent in a person's name.
const wordsElsewhere = "errors.elsewhere"

// policy lets a page take style, script and pictures from us alone, send forms to us alone and be framed by nobody.
// connect-src is for the one message the quick exit sends to close the session.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// atOnce is how many requests are answered at the same time at most. Each holds memory while it waits for a slow database;
// who comes beyond that is told at once.
const atOnce = 2048

// around puts in front of next, from the outside in: a frame and a line in the log, a net under panics, headers, and the
// refusal of forms that another site sent.
func (s *Site) around(next http.Handler) http.Handler {
	cross := http.NewCrossOriginProtection()
	cross.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		FrameOf(r).pattern = "(from elsewhere)"
		s.Error(w, r, errs.New("page: cross-origin", errs.Invalid, wordsElsewhere))
	}))
	inner := cross.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r, f := s.withFrame(r)
		f.ref = reference(s.random(5))
		seen := &watched{ResponseWriter: w}
		defer s.note(r, f, seen, int64(s.Clock.Now()))
		defer s.catch(seen, r, f)
		s.headers(seen.Header())
		defer s.here.Add(-1)
		if s.here.Add(1) > atOnce {
			f.pattern = "(crowded)"
			s.Error(seen, r, errs.New("page: crowded", errs.Busy, ""))
			return
		}
		inner.ServeHTTP(seen, r)
	})
}

func (s *Site) headers(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()")
	h.Set("Cache-Control", "no-store") // assets set their own
	if s.secure {
		h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
	}
}

// note writes one line to the log: never the path's values, its query, or anything typed.
func (s *Site) note(r *http.Request, f *Frame, seen *watched, began int64) {
	took := s.Clock.Now() - clock.Time(began)
	if s.Answered != nil {
		route := f.pattern
		if mutant.On("metric-id") {
			route = r.URL.Path
		}
		s.Answered(r.Context(), route, seen.status, took)
	}
	s.Log.LogAttrs(r.Context(), slog.LevelInfo, "request",
		slog.String("method", method(r)), slog.String("route", f.pattern), slog.Int("status", seen.status),
		slog.Int64("us", int64(took)), slog.String("ref", f.ref))
}

// method keeps what a stranger sends as a method out of the log.
func method(r *http.Request) string {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost:
		return r.Method
	}
	return "other"
}

// catch turns a panic into the page for a fault of ours. What was thrown may hold a person's words, so only its type
// and the place are logged; an error of the Go runtime holds none.
func (s *Site) catch(seen *watched, r *http.Request, f *Frame) {
	thrown := recover()
	if thrown == nil {
		return
	}
	if err, ok := thrown.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(thrown)
	}
	s.Log.Error("panic", "ref", f.ref, "route", f.pattern, "type", fmt.Sprintf("%T", thrown), "stack", places(debug.Stack()))
	if seen.status == 0 {
		s.Error(seen, r, errs.New("page: panic", errs.Internal, ""))
	}
}

// places keeps of a stack only the files and lines: the rest shows arguments, and the thrown value itself.
func places(stack []byte) string {
	var out []string
	for line := range strings.Lines(string(stack)) {
		if rest, ok := strings.CutPrefix(line, "\t"); ok {
			place, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
			out = append(out, place)
		}
	}
	return strings.Join(out, " ")
}

// watched remembers the status that was written.
type watched struct {
	http.ResponseWriter
	status int
}

// WriteHeader notes the status and passes it on.
func (w *watched) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write passes b on.
func (w *watched) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap is for [http.ResponseController].
func (w *watched) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// letters are easy to say over a telephone: no I, L, O, U (Crockford's base 32).
var letters = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// reference makes 5 bytes into "K7Q2-M9XD".
func reference(b []byte) string {
	s := letters.EncodeToString(b)
	return s[:4] + "-" + s[4:]
}
