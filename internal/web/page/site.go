package page

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/lang"
	"beside/internal/web/assets"
	"beside/internal/web/templates"
)

// FormKeyBytes is the length of [Config.FormKey].
const FormKeyBytes = 32

// Config is what a [Site] is made of. All of it is needed but for what is said to be optional.
type Config struct {
	// PublicURL is the address people type. Over plain http it must be this machine's own, unless Demo is set: a
	// browser would keep no cookie of ours safe there.
	PublicURL string
	// ExitURL is where leaving quickly leads; a page nobody minds being seen with.
	ExitURL string
	// FormKey signs the tokens in forms. Every server of one installation needs the same.
	FormKey []byte

	Languages *lang.Catalogues
	Clock     clock.Clock
	IDs       *id.Maker
	Log       *slog.Logger
	TZ        *time.Location // optional: the community's time zone, UTC when nil
	Rand      io.Reader      // optional: the system's secure randomness when nil

	// Proxies are the networks of the proxies before us, whose X-Forwarded-For is believed; optional.
	Proxies []netip.Prefix

	// Answered, which is optional, is told of each answer: the pattern of its route, "" for what is no page, its status, and
	// how long it took.
	Answered func(ctx context.Context, route string, status int, took clock.Time)

	// Place is what the community is called, which keeps the books and shows what their owners give.
	Place string

	// Demo shows on every page that the people here are made up.
	Demo bool
	// Footer is the line of links under every page.
	Footer []Link
}

// Site is every page of one installation: its routes, its words, its look, and what stands before all of them. Make it
// with [New], mount pages with [Site.Handle], serve it as an [http.Handler]. Routes are mounted before serving begins;
// after that it is safe for concurrent use.
type Site struct {
	Config
	Assets *assets.Set

	render *renderer
	mux    *http.ServeMux
	whole  http.Handler // the mux with everything that stands before it
	secure bool         // PublicURL is https
	hint   sync.Once    // see unnamed
	before []func(http.ResponseWriter, *http.Request, *Frame) error
	leave  []func(http.ResponseWriter, *http.Request)

	patterns []string
	here     atomic.Int64  // requests that are being answered
	files    chan struct{} // files that are being brought
}

// New makes a Site that has two routes, the assets and the quick exit. It fails when a template does not parse and
// when the configuration cannot be served safely.
func New(c Config) (*Site, error) { return newSite(c, templates.FS) }

func newSite(c Config, files fs.FS) (*Site, error) {
	s := &Site{Config: c, mux: http.NewServeMux(), files: make(chan struct{}, filesAtOnce)}
	if err := s.check(); err != nil {
		return nil, fmt.Errorf("page: new: %w", err)
	}
	if s.Rand == nil {
		s.Rand = rand.Reader
	}
	if s.TZ == nil {
		s.TZ = time.UTC
	}
	var err error
	if s.Assets, err = assets.New(); err != nil {
		return nil, fmt.Errorf("page: new: %w", err)
	}
	if s.render, err = newRenderer(s.Languages, s.Assets, files); err != nil {
		return nil, fmt.Errorf("page: new: %w", err)
	}
	s.whole = s.around(s.mux)
	s.mux.Handle("GET "+assets.Prefix, s.Assets)
	s.mux.HandleFunc("/", s.nowhere)
	s.mountExit()
	return s, nil
}

func (s *Site) check() error {
	u, err := url.Parse(s.PublicURL)
	switch {
	case err != nil:
		return fmt.Errorf("public address: %w", err)
	case u.Scheme != "https" && u.Scheme != "http" || u.Host == "":
		return fmt.Errorf("public address %q: must begin with https:// or http://", s.PublicURL)
	case u.Scheme == "http" && !s.Demo && !loopback(u.Hostname()):
		return fmt.Errorf("public address %q: people's books are served over https only, or on this machine itself", s.PublicURL)
	case len(s.FormKey) != FormKeyBytes:
		return fmt.Errorf("the form key has %d bytes, not %d", len(s.FormKey), FormKeyBytes)
	case s.Languages == nil || s.Clock == nil || s.IDs == nil || s.Log == nil || s.ExitURL == "":
		return errors.New("languages, a clock, ids, a log and an exit address are needed")
	}
	s.secure = u.Scheme == "https"
	return nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Handler answers one request. What it returns becomes a calm page, see [Site.Error].
type Handler func(w http.ResponseWriter, r *http.Request) error

// Handle mounts a page on a pattern of [http.ServeMux]. A request that changes something (any method but GET and HEAD)
// reaches h only with a form token of ours and a body that was read whole, see [Posted].
func (s *Site) Handle(pattern string, h Handler) { s.mount(pattern, s.guarded(h), true) }

// HandleUnkept mounts a page on which what is sent is only shown again, and kept nowhere. Its forms are made with
// [NewUnkept]: they need no token, as they change nothing, so that such a page sets no cookie. A form that another site
// sent is refused all the same.
func (s *Site) HandleUnkept(pattern string, h Handler) { s.mount(pattern, readWhole(h), false) }

// mount mounts a page. kept says that its forms carry a token.
func (s *Site) mount(pattern string, h Handler, kept bool) {
	s.patterns = append(s.patterns, pattern)
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		f := FrameOf(r)
		f.pattern = pattern
		err := s.beforehand(w, r, f)
		if err != nil {
			err = s.notLost(w, r, f, kept, err)
		} else {
			err = h(w, r)
		}
		if err != nil {
			s.Error(w, r, err)
		}
	})
}

// Patterns returns the pattern of every page that was mounted, in that order, so that a test can visit them all.
func (s *Site) Patterns() []string { return slices.Clone(s.patterns) }

// Bare mounts what is no page and answers no browser of a person's, such as what another machine brings: without the steps
// of [Site.Before] and without a form token. The handler itself makes sure who asks, and bounds the body.
func (s *Site) Bare(pattern string, h http.HandlerFunc) {
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		FrameOf(r).pattern = pattern
		h(w, r)
	})
}

// beforehand takes the steps of [Site.Before].
func (s *Site) beforehand(w http.ResponseWriter, r *http.Request, f *Frame) error {
	for _, b := range s.before {
		if err := b(w, r, f); err != nil {
			return err
		}
	}
	return nil
}

// notLost reads the form of a request of which not even is known who sent it, so that the page that says so shows what was
// typed and offers it again. It is offered with the token it came with: whose it is stands in that.
func (s *Site) notLost(w http.ResponseWriter, r *http.Request, f *Frame, kept bool, why error) error {
	if kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); kind == "multipart/form-data" { // a file is chosen anew
		return why
	}
	return readWhole(func(http.ResponseWriter, *http.Request) error {
		if f.posted == nil || !kept {
			return why
		}
		f.posted.Token = f.posted.values.Get(tokenName)
		if !s.tokenFits(f, f.posted.Token) {
			return errs.New("page: form token", errs.Invalid, wordsStale)
		}
		return why
	})(w, r)
}

// Before adds a step that runs before every page but not before assets: package visit uses it to find who is signed
// in and to fill in the [Frame]. Add it before serving begins.
func (s *Site) Before(step func(http.ResponseWriter, *http.Request, *Frame) error) {
	s.before = append(s.before, step)
}

func (s *Site) nowhere(w http.ResponseWriter, r *http.Request) {
	f := FrameOf(r)
	f.pattern = "(nowhere)"
	err := s.beforehand(w, r, f)
	if err == nil {
		err = errs.New("page: route", errs.NotOpen, "")
	}
	s.Error(w, r, err)
}

// ServeHTTP answers for the whole site.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.whole.ServeHTTP(w, r) }

// Page writes a page: the template "me/home" is the file templates/me/home.html, and data is the page's own struct.
// Nothing is written before all of it is ready, so an error can still become another page.
func (s *Site) Page(w http.ResponseWriter, r *http.Request, status int, name string, data any) error {
	f := FrameOf(r)
	b := buffers.get()
	defer buffers.put(b)
	f.readSaid(w, r)
	if err := s.render.page(b, f, name, data); err != nil {
		return errs.Wrap("page: "+name, err)
	}
	f.bakeCookie(w)
	send(w, r, status, "text/html; charset=utf-8", b.Bytes())
	return nil
}

// Part writes one part of a file that is too large to be made at once: the template "me/whole" is the file
// templates/me/whole.html, and part is one that it defines. There is no layout around it, and what goes wrong in the middle
// leaves a part half written.
func (s *Site) Part(to io.Writer, r *http.Request, name, part string, data any) error {
	return errs.Wrap("page: "+name, s.render.part(to, FrameOf(r), name, part, data))
}

// Nameless returns the name of a file that tells nobody what is in it, without its ending; another at every call.
func (s *Site) Nameless() string { return strings.ToLower(reference(s.random(5))) }

// Go sends the browser on to a path of ours after a form was kept (303 See Other), so that going back or reloading
// sends nothing twice.
func (s *Site) Go(w http.ResponseWriter, r *http.Request, path string) error {
	http.Redirect(w, r, path, http.StatusSeeOther)
	return nil
}
