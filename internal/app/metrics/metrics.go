// Package metrics counts what an installation does, in the form that Prometheus reads. It exists to answer "how much, how
// fast, how often not": what is wrong now is said by the auditor of package community, in words.
//
// No label ever holds an id, a name, a word of a person's, a path or a query: labels are patterns of routes, codes that
// stand in our source, and classes of status. A test walks all of them after a whole story.
package metrics

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"beside/internal/account"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/promise"
	"beside/internal/store"
)

// noPage is the route of what is no page: files of ours, and what no route takes.
const noPage = "(no page)"

// Metrics are the counts of one process. It is safe for concurrent use.
type Metrics struct {
	Registry *prometheus.Registry

	clock    clock.Clock
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	store    *prometheus.HistogramVec
	waits    *prometheus.HistogramVec
	failures *prometheus.CounterVec
	batches  *prometheus.HistogramVec
	attempts *prometheus.CounterVec
	sessions *prometheus.CounterVec

	mu     sync.Mutex
	routes map[string]*route // what a request counts in, found once
}

// route are the counters of one pattern.
type route struct {
	seconds prometheus.Observer
	classes [6]prometheus.Counter
}

// New returns metrics of a process that runs this version, on a clock.
func New(version string, c clock.Clock) *Metrics {
	seconds := []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}
	m := &Metrics{
		Registry: prometheus.NewRegistry(), clock: c, routes: map[string]*route{},
		requests: counter("beside_requests_total", "Requests answered, by the pattern of the route and the class of the status.", "route", "class"),
		seconds:  histogram("beside_request_seconds", "How long requests took.", seconds, "route"),
		store:    histogram("beside_store_seconds", "How long an update, view or glance took from asking to its outcome.", seconds, "store", "what"),
		waits:    histogram("beside_store_wait_seconds", "How long it waited before it began to run.", seconds, "store", "what"),
		failures: counter("beside_store_failures_total", "Updates, views and glances that came to an error, by its kind.", "store", "what", "kind"),
		batches:  histogram("beside_store_batch_updates", "How many updates shared one COMMIT (SQLite).", []float64{1, 2, 4, 8, 16, 32, 64, 128, 256}, "store"),
		attempts: counter("beside_promise_attempts_total", "Attempts to keep a promise, by what they came to.", "kind", "outcome"),
		sessions: counter("beside_sessions_opened_total", "Sessions opened, by the way in.", "way"),
	}
	build := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "beside_build_info", Help: "1, for the version that runs."}, []string{"version"})
	build.WithLabelValues(version).Set(1)
	m.Registry.MustRegister(m.requests, m.seconds, m.store, m.waits, m.failures, m.batches, m.attempts, m.sessions, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func counter(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
}

func histogram(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, labels)
}

// Answered counts a request: see page.Config.
func (m *Metrics) Answered(pattern string, status int, took clock.Time) {
	r := m.route(pattern)
	r.classes[min(max(status/100, 0), 5)].Inc()
	r.seconds.Observe(inSeconds(took))
}

func (m *Metrics) route(pattern string) *route {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.routes[pattern]
	if ok {
		return r
	}
	name := pattern
	if name == "" {
		name = noPage
	}
	r = &route{seconds: m.seconds.WithLabelValues(name)}
	for i := range r.classes {
		r.classes[i] = m.requests.WithLabelValues(name, strconv.Itoa(i)+"xx")
	}
	m.routes[pattern] = r
	return r
}

// Attempted counts an attempt to keep a promise: see promise.Options.
func (m *Metrics) Attempted(kind promise.Kind, outcome string) {
	m.attempts.WithLabelValues(string(kind), outcome).Inc()
}

// Entered counts a session: see account.Config.
func (m *Metrics) Entered(w account.Way) { m.sessions.WithLabelValues(string(w)).Inc() }

// Handler answers with all there is.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.Registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 10 * time.Second})
}

// Observer returns what measures a database of this name.
func (m *Metrics) Observer(name string) store.Observer {
	o := &observer{m: m, name: name, batch: m.batches.WithLabelValues(name), each: map[string]asked{}}
	for _, what := range []string{"update", "view", "glance"} {
		o.each[what] = asked{took: m.store.WithLabelValues(name, what), waited: m.waits.WithLabelValues(name, what)}
	}
	return o
}

// observer measures one database.
type observer struct {
	m     *Metrics
	name  string
	batch prometheus.Observer
	each  map[string]asked
}

type asked struct{ took, waited prometheus.Observer }

// Asked measures how long it waits and takes: see [store.Observer].
func (o *observer) Asked(what string) (began func(), ended func(error)) {
	at, a := o.m.clock.Now(), o.each[what]
	return func() { a.waited.Observe(inSeconds(o.m.clock.Now() - at)) }, func(err error) {
		a.took.Observe(inSeconds(o.m.clock.Now() - at))
		if err != nil {
			o.m.failures.WithLabelValues(o.name, what, errs.KindOf(err).String()).Inc()
		}
	}
}

// Batch counts who shared a COMMIT.
func (o *observer) Batch(updates int) { o.batch.Observe(float64(updates)) }

// inSeconds is never below nought, whatever a clock did meanwhile.
func inSeconds(t clock.Time) float64 { return float64(max(t, 0)) / float64(clock.Second) }

// Gauge is a number as it is at a moment, with the values of its labels.
type Gauge struct {
	Labels []string
	Value  float64
}

// Source gives, when it is read, the gauges of one name.
type Source struct {
	Name, Help string
	Labels     []string
}

// Read adds gauges that are read together, at most every five seconds however often is asked: they may ask a database.
// What cannot be read is left out.
func (m *Metrics) Read(sources []Source, read func(context.Context) map[string][]Gauge) {
	r := &reader{read: read, clock: m.clock, descs: map[string]*prometheus.Desc{}}
	for _, s := range sources {
		r.descs[s.Name] = prometheus.NewDesc(s.Name, s.Help, s.Labels, nil)
	}
	m.Registry.MustRegister(r)
}

// reader collects what is read when somebody asks.
type reader struct {
	read  func(context.Context) map[string][]Gauge
	clock clock.Clock
	descs map[string]*prometheus.Desc

	mu   sync.Mutex
	at   clock.Time
	last map[string][]Gauge
}

const (
	readEvery  = 5 * clock.Second
	readWithin = 5 * time.Second
)

// Describe names all gauges.
func (r *reader) Describe(out chan<- *prometheus.Desc) {
	for _, d := range r.descs {
		out <- d
	}
}

// Collect reads them.
func (r *reader) Collect(out chan<- prometheus.Metric) {
	for name, list := range r.fresh() {
		for _, g := range list {
			out <- prometheus.MustNewConstMetric(r.descs[name], prometheus.GaugeValue, g.Value, g.Labels...)
		}
	}
}

func (r *reader) fresh() map[string][]Gauge {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now := r.clock.Now(); r.last == nil || now >= r.at+readEvery || now < r.at {
		ctx, cancel := context.WithTimeout(context.Background(), readWithin)
		defer cancel()
		r.last, r.at = r.read(ctx), now
	}
	return r.last
}
