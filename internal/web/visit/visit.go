// Package visit says who stands before a page: the person of the session, the hat they wear, and whose book is theirs. A
// page asks for a hat with [Only], or looks with [Of]; nothing else of the request tells who somebody is.
package visit

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"beside/internal/account"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/web/page"
)

// Visitor is somebody who is signed in.
type Visitor struct {
	grant.Subject            // the person, and the hat they wear
	Book          id.Book    // their own
	Hats          []book.Hat // all they may wear now
	Session       account.Session
}

type key struct{}

// Of returns who is signed in, if anybody is.
func Of(r *http.Request) (Visitor, bool) {
	v, ok := r.Context().Value(key{}).(Visitor)
	return v, ok
}

// Handler answers a visitor.
type Handler = func(w http.ResponseWriter, r *http.Request, v Visitor) error

// Only lets through who is signed in and wears the hat. Nobody signed in is [errs.SignIn]; another hat is
// [errs.NotOpen], as for a page that does not exist.
func Only(hat book.Hat, h Handler) page.Handler {
	return Any(func(w http.ResponseWriter, r *http.Request, v Visitor) error {
		if v.Hat != hat {
			return errs.New("visit: hat", errs.NotOpen, "")
		}
		return h(w, r, v)
	})
}

// Any lets through who is signed in, under any hat. Nobody signed in is [errs.SignIn].
func Any(h Handler) page.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		v, ok := Of(r)
		if !ok {
			return errs.New("visit: sign in", errs.SignIn, "")
		}
		if v.Session.Died != 0 && r.URL.Path != HerePath && r.URL.Path != LeavePath {
			http.Redirect(w, r, HerePath, http.StatusSeeOther)
			return nil
		}
		return h(w, r, v)
	}
}

// HerePath is where somebody who was said to have died says that they are here. Every other page that asks who they are leads
// there: nobody reads a book of somebody who has died, nor do they before they said so.
const HerePath = "/here"

// LeavePath is where a session is closed.
const LeavePath = "/leave"

// AgainPath is where somebody shows once more who they are; ?to= says where they go on to.
const AgainPath = "/again"

// Fresh lets through, in their own hat, who has shown lately who they are: what changes somebody's ways in asks for it, so
// that a phone left open gives nobody a way in of their own. Others are led to [AgainPath]. A form that was opened in time
// may be sent a while later.
func Fresh(site *page.Site, h Handler) page.Handler {
	return FreshWithin(site, account.FreshFor, account.FreshToSend, h)
}

// FreshWithin is [Fresh] for what asks for newer proof: a page is shown to who showed it within open, and a form is taken from
// who showed it within send.
func FreshWithin(site *page.Site, open, send clock.Time, h Handler) page.Handler {
	return Only(book.HatSelf, func(w http.ResponseWriter, r *http.Request, v Visitor) error {
		within := open
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			within = send
		}
		if !v.Session.Fresh(site.Clock.Now(), within) {
			return site.Go(w, r, AgainPath+"?to="+url.QueryEscape(r.URL.Path))
		}
		return h(w, r, v)
	})
}

// Door finds out who comes, closes the book behind who leaves, and holds the cookie between.
type Door struct {
	site     *page.Site
	accounts *account.Accounts
	secure   bool
}

// Mount puts a door in front of the pages of a site.
func Mount(site *page.Site, accounts *account.Accounts) *Door {
	d := &Door{site: site, accounts: accounts, secure: strings.HasPrefix(site.PublicURL, "https:")}
	site.Before(d.look)
	site.OnExit(d.leave)
	return d
}

// look finds the session. A session that is over is no visitor, and its cookie is taken back.
func (d *Door) look(w http.ResponseWriter, r *http.Request, f *page.Frame) error {
	secret := d.secret(r)
	if secret == "" {
		return nil
	}
	s, err := d.accounts.Session(r.Context(), secret)
	if errors.Is(err, account.ErrReplaced) { // on its way for long; the browser may have the new one
		return nil
	}
	if errs.Is(err, errs.SignIn) {
		d.set(w, "", -1)
		return nil
	}
	if err != nil {
		return err
	}
	v := Visitor{Subject: grant.Subject{Person: s.Person, Hat: s.Hat}, Book: s.Book, Hats: s.Hats, Session: s}
	*r = *r.WithContext(context.WithValue(r.Context(), key{}, v))
	dress(f, v)
	return nil
}

// HatPath is where hats are changed.
const HatPath = "/hat"

// ProvePath is where somebody shows who they are by a way that opens the hat of a role.
const ProvePath = "/prove"

func dress(f *page.Frame, v Visitor) {
	f.Hat, f.Person, f.Shared = v.Hat, v.Person.String(), !v.Session.Kept
	if len(v.Hats)+len(v.Session.Later) > 1 {
		f.Switch = HatPath
	}
}

// Home returns the first page of a hat.
func Home(h book.Hat) string {
	switch h {
	case book.HatWorker:
		return "/worker"
	case book.HatTeam:
		return "/team"
	case book.HatReviewer:
		return "/review"
	}
	return "/me"
}

// Where returns where a request comes from. own says that the person called the device their own.
func (d *Door) Where(r *http.Request, own bool) account.Where {
	w := account.Where{From: d.site.From(r), Own: own}
	if c, err := r.Cookie(d.name() + deviceSuffix); err == nil {
		w.Device = c.Value
	}
	return w
}

// Let lets in whom a session was opened for: it closes the session this browser still had and gives it the new one. It
// is how every way in ends. Errors are those of the store; the browser then keeps what it had.
func (d *Door) Let(w http.ResponseWriter, r *http.Request, in account.Opened) error {
	if err := d.accounts.SignOut(r.Context(), d.secret(r)); err != nil {
		return err
	}
	d.enter(w, in.Secret, in.Kept)
	if in.Device != "" {
		d.bake(w, d.name()+deviceSuffix, in.Device, int(deviceLasts/clock.Second))
	}
	return nil
}

// Change gives the browser the secret that a session has from now on, as when its hat was changed or somebody showed in it
// once more who they are.
func (d *Door) Change(w http.ResponseWriter, secret string, s account.Session) {
	d.enter(w, secret, s.Kept)
}

// enter gives the browser a session's secret. A device that is not the person's own forgets it when it is closed.
func (d *Door) enter(w http.ResponseWriter, secret string, kept bool) {
	seconds := 0
	if kept {
		seconds = int(account.LongestSession / clock.Second)
	}
	d.set(w, secret, seconds)
}

const (
	// deviceSuffix is what the name of the cookie by which a device is known again ends with.
	deviceSuffix = "-device"
	// deviceLasts is how long a browser keeps that cookie: as long as browsers do.
	deviceLasts = 400 * clock.Day
)

// Keep gives the browser a cookie of a way in that takes more than one step, for so many seconds; below 0 takes it back.
func (d *Door) Keep(w http.ResponseWriter, name, value string, seconds int) {
	d.bake(w, d.name()+"-"+name, value, seconds)
}

// Kept returns what [Door.Keep] gave a browser, "" for nothing.
func (d *Door) Kept(r *http.Request, name string) string {
	c, err := r.Cookie(d.name() + "-" + name)
	if err != nil {
		return ""
	}
	return c.Value
}

// Secret returns the session's secret that a visitor's browser sent.
func (d *Door) Secret(r *http.Request) string { return d.secret(r) }

// Known reports whether a browser holds the cookie of a device that somebody called their own.
func (d *Door) Known(r *http.Request) bool { return d.Where(r, false).Device != "" }

// Close signs out and takes the cookie back. On a device that the person did not call their own, our other cookies go too
// and the browser is told to forget what it kept of our pages. It is not told to forget "cookies" as such: that would
// reach every site under the same name, and the cookie of somebody else whose own device this is. The cookie goes even
// when the store does not answer.
func (d *Door) Close(w http.ResponseWriter, r *http.Request) error {
	secret := d.secret(r)
	d.set(w, "", -1)
	if v, in := Of(r); in && !v.Session.Kept {
		d.site.Forget(w)
		w.Header().Set("Clear-Site-Data", `"cache", "storage"`)
	}
	if secret == "" {
		return nil
	}
	ctx, done := context.WithTimeout(context.WithoutCancel(r.Context()), leaveWithin)
	defer done()
	return d.accounts.SignOut(ctx, secret)
}

// leaveWithin is how long the quick exit waits for the store.
const leaveWithin = 2 * time.Second

func (d *Door) leave(w http.ResponseWriter, r *http.Request) {
	if err := d.Close(w, r); err != nil {
		d.site.Log.Error("leave", "kind", errs.KindOf(err).String())
	}
}

func (d *Door) name() string {
	if d.secure {
		return "__Host-beside"
	}
	return "beside"
}

func (d *Door) secret(r *http.Request) string {
	c, err := r.Cookie(d.name())
	if err != nil {
		return ""
	}
	return c.Value
}

func (d *Door) set(w http.ResponseWriter, value string, seconds int) {
	d.bake(w, d.name(), value, seconds)
}

func (d *Door) bake(w http.ResponseWriter, name, value string, seconds int) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // Secure follows the public address: over http it serves this machine itself
		Name: name, Value: value, Path: "/", MaxAge: seconds,
		Secure: d.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}
