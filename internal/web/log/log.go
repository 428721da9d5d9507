// Package log shows the log to the world: to people the page that says how all this is checked, and to machines its signed
// heads and its tiles (C2SP tlog-tiles), its public key, and the place where a witness posts that it has checked. None of
// it needs a session: a log holds hashes, which say nothing of anybody.
package log

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"beside/internal/account/limit"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/web/page"
	"beside/internal/witness"
)

// Home is the path of the page for people.
const Home = "/log"

// Config is what the pages need.
type Config struct {
	Log    *witness.Log
	Limits *limit.Limits
}

type pages struct {
	Config
	site *page.Site
}

// Mount mounts the pages of this package.
func Mount(site *page.Site, c Config) {
	p := &pages{c, site}
	site.Handle("GET "+Home, p.home)
	for pattern, answer := range map[string]func(http.ResponseWriter, *http.Request) error{
		"GET /log/checkpoint":            p.checkpoint,
		"GET /log/key":                   p.key,
		"GET /log/logs":                  p.logs,
		"GET /log/tile/{path...}":        p.tile,
		"GET /logs/{log}/checkpoint":     p.checkpoint,
		"GET /logs/{log}/tile/{path...}": p.tile,
		"POST /log/checked":              p.checked,
	} {
		site.Bare(pattern, func(w http.ResponseWriter, r *http.Request) {
			if err := answer(w, r); err != nil {
				refuse(w, err)
			}
		})
	}
}

// refuse says no in a line, as machines read it.
func refuse(w http.ResponseWriter, err error) {
	status := map[errs.Kind]int{
		errs.NotOpen: http.StatusNotFound, errs.Invalid: http.StatusForbidden, errs.TooOften: http.StatusTooManyRequests,
		errs.TooLarge: http.StatusRequestEntityTooLarge, errs.Busy: http.StatusServiceUnavailable,
	}[errs.KindOf(err)]
	if status == 0 {
		status = http.StatusInternalServerError
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Error(w, errs.KindOf(err).String(), status)
}

// send answers with bytes that no browser keeps for long, or that never change.
func send(w http.ResponseWriter, kind string, forever bool, body []byte) error {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Cache-Control", "no-cache")
	if forever {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	_, _ = w.Write(body) //nolint:gosec // hashes and signed heads, none of a type that runs; the other side has gone: nothing is left to do
	return nil
}

// homePage is templates/log/home.html.
type homePage struct {
	Key     string
	Checked *Checked
}

// Checked is who outside checked the log last.
type Checked struct {
	By string
	At page.Moment
}

// LastChecked returns who outside checked last, nil when nobody has yet.
func LastChecked(r *http.Request, l *witness.Log) (*Checked, error) {
	c, ok, err := l.LastChecked(r.Context())
	if err != nil || !ok {
		return nil, err
	}
	return &Checked{By: c.By, At: page.At(r, c.At)}, nil
}

func (p *pages) home(w http.ResponseWriter, r *http.Request) error {
	checked, err := LastChecked(r, p.Log)
	if err != nil {
		return err
	}
	return p.site.Page(w, r, http.StatusOK, "log/home", homePage{Key: p.Log.Key().String(), Checked: checked})
}

func (p *pages) checkpoint(w http.ResponseWriter, r *http.Request) error {
	h, err := p.Log.ShownOf(r.Context(), r.PathValue("log"))
	if err != nil {
		return err
	}
	return send(w, "text/plain; charset=utf-8", false, []byte(h.Note))
}

func (p *pages) key(w http.ResponseWriter, _ *http.Request) error {
	return send(w, "text/plain; charset=utf-8", false, []byte(p.Log.Key().String()+"\n"))
}

func (p *pages) logs(w http.ResponseWriter, r *http.Request) error {
	logs, err := p.Log.Logs(r.Context())
	if err != nil {
		return err
	}
	body, err := json.Marshal(logs)
	if err != nil {
		return err
	}
	return send(w, "application/json", false, body)
}

func (p *pages) tile(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("log")
	hashes, err := p.Log.TileAt(r.Context(), name, r.PathValue("path"))
	if err != nil {
		return err
	}
	return send(w, "application/octet-stream", name != "", hashes) // which log runs now may change; a name is never given twice
}

// A witness posts a few times an hour. What is not the signature of one of ours is refused before anything is counted, so
// that nobody can use up what belongs to them, nor have anything written.
var (
	postsFrom = limit.Limit{Name: "log checked from", AtOnce: 60, Every: 10 * clock.Second}
	postsBy   = limit.Limit{Name: "log checked by", AtOnce: 60, Every: 10 * clock.Second}
)

func (p *pages) checked(w http.ResponseWriter, r *http.Request) error {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, witness.MaxNote))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return errs.As("log: checked", errs.TooLarge, err)
	}
	if err != nil {
		return errs.As("log: checked", errs.Invalid, err)
	}
	posted, err := p.Log.Posted(r.Context(), string(body))
	if err != nil {
		return err
	}
	if !posted.Kept {
		if err := p.Limits.Take(r.Context(), postsFrom, []byte(p.site.From(r))); err != nil {
			return err
		}
		if err := p.Limits.Take(r.Context(), postsBy, []byte(posted.Key.String())); err != nil {
			return err
		}
		if err := p.Log.KeepPosted(r.Context(), posted); err != nil {
			return err
		}
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
