package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"beside/internal/account/post"
	"beside/internal/app/metrics"
	"beside/internal/app/trace"
	"beside/internal/clock"
	"beside/internal/community"
	"beside/internal/web/page"
)

// openWatch makes what watches over the other parts. It comes first: the others are told of it.
func (a *App) openWatch(ctx context.Context) (err error) {
	a.Metrics = metrics.New(Version(), a.Clock)
	a.ready = &readiness{app: a, look: a.lookReady}
	if a.Config.TraceTo != "" {
		a.tracer, err = trace.New(ctx, a.Config.TraceTo, Version())
	}
	return err
}

// openAuditor makes the auditor, and the gauges that are read when somebody asks.
func (a *App) openAuditor(context.Context) error {
	a.Auditor = community.NewAuditor(community.AuditConfig{
		DB: a.DB, Keys: a.Vault, Clock: a.Clock, Known: a.Promises.Known(), Disks: a.disks, Log: a.Config.Log, FilesBehind: a.Vault.FilesBehind,
		Root: func() error {
			_, err := os.Stat(a.Config.RootKey)
			return err
		},
		Carries: func(channel string) bool { return a.Post.Carries(post.Channel(channel)) },
	})
	a.Watch.Auditor = a.Auditor
	a.Metrics.Read(gauges, a.gauges)
	var h http.Handler = a.Site
	if a.tracer != nil {
		h = a.tracer.Around(h)
	}
	a.handler = a.health(h)
	return nil
}

// answered counts a request, and names its span.
func (a *App) answered(ctx context.Context, route string, status int, took clock.Time) {
	a.Metrics.Answered(route, status, took)
	if a.tracer != nil {
		trace.Named(ctx, route)
	}
}

// gauges are what [App.gauges] reads.
var gauges = []metrics.Source{
	{Name: "beside_promises_open", Help: "Promises that are not kept yet, by kind; counted up to 10,000.", Labels: []string{"kind"}},
	{Name: "beside_promises_due", Help: "Promises that are due now."},
	{Name: "beside_messages", Help: "Messages under way, and those over for less than a day.", Labels: []string{"channel", "state"}},
	{Name: "beside_log_queue", Help: "Leaves that wait to be signed into the log; counted up to 10,001."},
	{Name: "beside_log_queue_age_seconds", Help: "How long the oldest of these has waited."},
	{Name: "beside_log_checkpoint_age_seconds", Help: "How long ago a head of the log was signed."},
	{Name: "beside_looks_waiting", Help: "Looks that wait to be written down."},
	{Name: "beside_store_connections", Help: "Connections in use, and at most.", Labels: []string{"store", "what"}},
	{Name: "beside_store_updates_waiting", Help: "Updates that wait for the connection that writes (SQLite).", Labels: []string{"store"}},
	{Name: "beside_disk_free_bytes", Help: "What is free on the disks of the data and of the keyring.", Labels: []string{"disk"}},
	{Name: "beside_alarm", Help: "What the auditor found: how many things are concerned, 0 for none.", Labels: []string{"what"}},
	{Name: "beside_ready", Help: "1 when people can be served here."},
}

func (a *App) gauges(ctx context.Context) map[string][]metrics.Gauge {
	out := map[string][]metrics.Gauge{}
	set := func(name string, value float64, labels ...string) {
		out[name] = append(out[name], metrics.Gauge{Labels: labels, Value: value})
	}
	a.gaugesOfHere(set)
	if c, err := a.Watch.Count(ctx); err == nil {
		a.gaugesOfAll(c, set)
	}
	return out
}

// gaugesOfHere are those of this process.
func (a *App) gaugesOfHere(set func(string, float64, ...string)) {
	set("beside_looks_waiting", float64(a.Keeper.LooksWaiting()))
	for name, db := range map[string]busy{"books": a.DB, "keyring": a.keyring} {
		b := db.Busyness()
		set("beside_store_connections", float64(b.InUse), name, "in use")
		set("beside_store_connections", float64(b.Max), name, "at most")
		set("beside_store_updates_waiting", float64(b.Waiting), name)
	}
	for i, d := range a.disks() {
		set("beside_disk_free_bytes", float64(d.Free), []string{"data", "keyring"}[i])
	}
	alarms := map[community.AlarmCode]int{}
	for _, x := range a.Auditor.Alarms() {
		alarms[x.Code] = x.Count
	}
	for _, code := range community.AlarmCodes {
		set("beside_alarm", float64(alarms[code]), string(code))
	}
	ready := 0.0
	if a.Ready() == nil {
		ready = 1
	}
	set("beside_ready", ready)
}

// gaugesOfAll are those of the installation.
func (a *App) gaugesOfAll(c community.Census, set func(string, float64, ...string)) {
	now := a.Clock.Now()
	for kind, n := range c.Open {
		set("beside_promises_open", float64(n), kind)
	}
	set("beside_promises_due", float64(c.Due))
	for key, n := range c.Messages {
		set("beside_messages", float64(n), key[0], key[1])
	}
	set("beside_log_queue", float64(c.Leaves))
	set("beside_log_queue_age_seconds", since(now, c.Queued))
	set("beside_log_checkpoint_age_seconds", since(now, c.Signed))
}

// since is how many seconds ago something was, 0 for what never was.
func since(now, at clock.Time) float64 {
	if at == 0 {
		return 0
	}
	return float64(max(now-at, 0)) / float64(clock.Second)
}

// serveWatch answers whoever watches, on a listener of its own, until ctx ends. It is not for people: it may be asked by
// anybody who reaches it, and tells numbers only.
func (a *App) serveWatch(ctx context.Context, l net.Listener) error {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", a.Metrics.Handler())
	server := page.Server(a.health(mux))
	server.ErrorLog = nil
	stop := context.AfterFunc(ctx, func() {
		within, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = server.Shutdown(within) // what is asked now is asked again
		_ = server.Close()
	})
	defer stop()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("app: watch: %w", err)
	}
	return nil
}
