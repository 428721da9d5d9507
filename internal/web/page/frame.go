package page

import (
	"context"
	"net/http"
	"strings"
	"time"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/lang"
)

// Link is a way to another page of ours. Words is a catalogue key.
type Link struct {
	Href  string
	Words string
	Count int // how many wait there; 0 shows nothing
}

// Frame is what surrounds the page of one request: everything the layout shows and no page has to think of. A step
// given to [Site.Before] fills in the exported fields.
type Frame struct {
	Hat book.Hat // that is worn, empty when nobody is signed in: the layout says whose page it is
	// Person tells who is signed in from others, so that nobody sends a form that was shown to another. It is never shown.
	Person string
	Name   string // what the one who is signed in is called; shown in the masthead
	Nav    []Link
	Shared bool   // they came in on a device that is not their own
	Switch string // path to change hats, empty when there is only one
	DemoAs string // path to step into somebody else, in a demo
	// DemoPost is the path of what was sent, in a demo.
	DemoPost string
	TZ       *time.Location

	site    *Site
	words   *lang.Printer
	path    string
	pattern string
	ref     string
	said    string
	posted  *Form
	looked  bool // it is a page that was asked for, not something sent
	token   token
	data    any
}

type frameKey struct{}

// FrameOf returns the frame of a request that came through a [Site]. It panics for any other, as no page can be shown.
func FrameOf(r *http.Request) *Frame { return r.Context().Value(frameKey{}).(*Frame) }

func (s *Site) withFrame(r *http.Request) (*http.Request, *Frame) {
	f := &Frame{site: s, TZ: s.TZ, path: r.URL.Path}
	f.words = s.Languages.For(r.Header.Get("Accept-Language"))
	f.token.cookie = s.formCookie(r)
	return r.WithContext(context.WithValue(r.Context(), frameKey{}, f)), f
}

// SaidBy is under each yes by which somebody gives something from their book: who says it, today, and who keeps the book and shows it
// (42 CFR 2.31(a)(1), (2), (9)).
func (f *Frame) SaidBy() string {
	return f.words.T("give.said_by", "Name", f.Name, "Day", f.words.FullDate(f.site.Clock.Now(), f.TZ), "Place", f.site.Place)
}

// Words returns the printer of the reader's language.
func (f *Frame) Words() *lang.Printer { return f.words }

// Moment is a point in time with all that is needed to say it as people do. Make it with [At]; show it in a template by
// {{day .When}} ("last Tuesday") or {{when .When}} ("last Tuesday, in the afternoon").
type Moment struct {
	at, now clock.Time
	tz      *time.Location
}

// At returns the moment t as seen by the reader of this request.
func At(r *http.Request, t clock.Time) Moment {
	f := FrameOf(r)
	return Moment{at: t, now: f.site.Clock.Now(), tz: f.TZ}
}

// saidCookie is the name of the cookie that carries the key of one sentence, "kept", to the page after a redirect. It never
// holds anything else.
func (s *Site) saidCookie() string {
	if s.secure {
		return "__Host-beside-said"
	}
	return "beside-said"
}

// Say has the next page begin with one sentence. The key's last part must begin with "said", "me.said_goal_kept", and
// its text must need no arguments: the cookie that carries it may be read by anybody at this device.
func Say(w http.ResponseWriter, r *http.Request, key string) {
	s := FrameOf(r).site
	s.setCookie(w, s.saidCookie(), key, 60)
}

func (f *Frame) readSaid(w http.ResponseWriter, r *http.Request) {
	c, err := r.Cookie(f.site.saidCookie())
	if err != nil {
		return
	}
	f.site.setCookie(w, f.site.saidCookie(), "", -1)
	if _, last, ok := strings.Cut(c.Value, "."); ok && strings.HasPrefix(last, "said") {
		f.said, _ = f.words.Static(c.Value)
	}
}

// Lend has the browser hold a value for so many seconds, between two pages that belong together; none when seconds is below
// zero. It must mean nothing to anybody who reads it.
func (s *Site) Lend(w http.ResponseWriter, name, value string, seconds int) {
	s.setCookie(w, s.lentName(name), value, seconds)
}

// Lent returns what the browser holds of [Site.Lend], "" for nothing.
func (s *Site) Lent(r *http.Request, name string) string {
	c, err := r.Cookie(s.lentName(name))
	if err != nil {
		return ""
	}
	return c.Value
}

func (s *Site) lentName(name string) string {
	if s.secure {
		return "__Host-beside-" + name
	}
	return "beside-" + name
}

func (s *Site) setCookie(w http.ResponseWriter, name, value string, seconds int) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // Secure follows the public address: over http it serves this machine itself
		Name: name, Value: value, Path: "/", MaxAge: seconds,
		Secure: s.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}
