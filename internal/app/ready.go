package app

import (
	"context"
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"beside/internal/backup"
	"beside/internal/clock"
	"beside/internal/mutant"
	"beside/internal/store"
	"beside/internal/store/schema"
)

// Where a balancer or a supervisor asks. The answer is one word for everybody: why it is not ready stands in the log.
const (
	Healthz = "/healthz" // the process answers
	Readyz  = "/readyz"  // it can serve people: new ones may be sent here
)

const (
	// readyFor is how long an answer is good for, however many ask.
	readyFor = clock.Second
	// readyWithin is how long the parts have to answer.
	readyWithin = 2 * time.Second
)

// readiness knows whether people can be served. One look is under way at a time, and nobody waits longer than a moment for
// it: what does not answer is not ready.
type readiness struct {
	draining atomic.Bool
	look     func(context.Context) error
	app      *App

	mu      sync.Mutex
	at      clock.Time // of the last look that ended
	last    error
	running chan struct{} // closed when the look under way ends; nil when there is none
	said    string
}

// Ready returns nil when people can be served here: the database answers and is whole and as new as this Beside, and the
// keyring answers and fits. Otherwise it says what is missing.
func (a *App) Ready() error { return a.ready.now() }

func (r *readiness) now() error {
	if mutant.On("always-ready") {
		return nil
	}
	if r.draining.Load() {
		return fmt.Errorf("stopping")
	}
	running, last := r.begin()
	if running == nil {
		return last
	}
	patience := time.NewTimer(readyWithin)
	defer patience.Stop()
	select {
	case <-running:
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.last
	case <-patience.C:
		return fmt.Errorf("no answer within %s", readyWithin)
	}
}

// begin returns the look to wait for, or nil and what the last one found when that is new.
func (r *readiness) begin() (running chan struct{}, last error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.app.Clock.Now()
	if r.running == nil && r.at != 0 && now >= r.at && now < r.at+readyFor {
		return nil, r.last
	}
	if r.running == nil {
		r.running = make(chan struct{})
		go r.run(r.running)
	}
	return r.running, nil
}

func (r *readiness) run(done chan struct{}) {
	ctx, cancel := context.WithTimeout(context.Background(), readyWithin)
	defer cancel()
	err := r.look(ctx)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last, r.at, r.running = err, r.app.Clock.Now(), nil
	if said := fmt.Sprint(err); said != r.said {
		r.said = said
		r.app.Config.Log.Info("ready", "ready", err == nil, "why", said)
	}
	close(done)
}

// lookReady asks the database and the keyring.
func (a *App) lookReady(ctx context.Context) error {
	if err := a.Vault.Check(ctx); err != nil {
		return fmt.Errorf("keyring: %w", err)
	}
	known, err := newestSchema()
	if err != nil {
		return err
	}
	return a.DB.View(ctx, func(tx *store.Tx) error {
		var have int64
		if err := tx.Row(`SELECT MAX(version_id) FROM goose_db_version`).Scan(&have); err != nil {
			return err
		}
		if have < known {
			return fmt.Errorf("the database has schema %d, want %d", have, known)
		}
		return backup.Whole(tx)
	})
}

// newestSchema is the number of the newest schema file.
var newestSchema = sync.OnceValues(func() (newest int64, err error) {
	names, err := fs.Glob(schema.Files, "*.sql")
	for _, name := range names {
		var n int64
		if _, err := fmt.Sscanf(name, "%d_", &n); err != nil {
			return 0, fmt.Errorf("app: %s: %w", name, err)
		}
		newest = max(newest, n)
	}
	return newest, err
})

// health answers a balancer, and hands everything else to next.
func (a *App) health(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !strings.HasSuffix(r.URL.Path, "z") || r.URL.Path != Healthz && r.URL.Path != Readyz:
			next.ServeHTTP(w, r)
		case r.URL.Path == Readyz && a.Ready() != nil:
			word(w, http.StatusServiceUnavailable, "not ready\n")
		default:
			word(w, http.StatusOK, "ok\n")
		}
	})
}

func word(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text)) // who asked has gone
}
