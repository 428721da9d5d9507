// Package bench measures Beside on real databases, each figure beside a baseline on the same engine in the same run
// (design.md, "What fast means here"). It asserts nothing: it says what it measured and what limits it. It is a package
// of the command's own because it may do what no part of the house may: open an engine bare and time it.
package bench

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"beside/internal/account"
	"beside/internal/app"
	"beside/internal/store"
)

// Config says what to measure.
type Config struct {
	Database string        // an empty folder, or the postgres:// URL of an empty database
	Keyring  string        // a folder for the keyring and copies; "" is the books' own, or for PostgreSQL one that is taken away again
	Filled   bool          // the place was filled before, with the same Keyring: measure it again
	Books    int           // how many books are there, at least 90
	Median   int           // entries in the median book
	Spread   float64       // the 99th percentile of the books has so many times as many; 1 makes all alike, 0 means 25
	For      time.Duration // how long each figure is measured
	Seed     uint64
	Program  string       // this program, to be started as a server for its memory; none is when it is empty
	Without  []string     // names of [Parts] that are left out
	Told     func(Figure) // is told each figure when it is measured; may be nil
}

// part is something that can be measured, and left out.
type part struct {
	name    string
	measure func(context.Context, Config, *world) ([]Figure, error)
}

// parts are in the order in which they are measured: the first add a little to the books, the last add nothing.
var parts = []part{{"pages", pages}, {"closed", closed}, {"coming", coming}, {"accept", accepting}, {"log", signing}, {"export", exporting}, {"verify", verifying}, {"backup", copies}}

// server is the part that measures the memory of a server of its own.
const server = "server"

// Parts returns the names of what can be left out.
func Parts() []string {
	names := []string{server}
	for _, p := range parts {
		names = append(names, p.name)
	}
	return names
}

// Figure is one thing measured, beside its baseline.
type Figure struct {
	What       string  `json:"what"`
	Engine     string  `json:"engine"`
	Books      int     `json:"books"`
	AtOnce     int     `json:"at_once"`
	Per        string  `json:"per,omitempty"` // what PerSecond counts, when it is not acts
	PerSecond  float64 `json:"per_second"`
	P50Micros  int64   `json:"p50_us"`
	P99Micros  int64   `json:"p99_us"`
	CPUMicros  int64   `json:"cpu_us"` // of this process for each act; it says more than time where others use the machine too
	Baseline   string  `json:"baseline"`
	BasePerSec float64 `json:"baseline_per_second"`
	Ratio      float64 `json:"ratio"`
	Limit      string  `json:"limit"`           // what limits it
	Apart      *Apart  `json:"apart,omitempty"` // of the two means, where that is what is asked
}

// Report is all that was measured in one run.
type Report struct {
	Go       string   `json:"go"`
	Cores    int      `json:"cores"`
	Engine   string   `json:"engine"`
	Books    int      `json:"books"`
	Entries  int      `json:"entries"`
	LoadSecs float64  `json:"load_seconds"` // writing all entries through the real sealing code; 0 when an earlier run did
	SignSecs float64  `json:"sign_seconds"` // putting the leaves of all of them into the log, and signing; likewise
	Bytes    int64    `json:"bytes"`        // of the books on disk
	PerEntry int64    `json:"bytes_per_entry"`
	KeyBytes int64    `json:"keyring_bytes"` // of the keyring on disk
	Memory   uint64   `json:"memory_bytes"`  // resident, as the system counts it (VmRSS), after all; this process filled, served and asked
	Serving  uint64   `json:"serving_bytes"` // resident of "beside serve" on it, after both pages were asked for; 0 when not measured
	Figures  []Figure `json:"figures"`
}

// Run fills the database and measures. It returns an error when the database is not empty, or not filled
// when it should be, or an act fails.
func Run(ctx context.Context, c Config) (*Report, error) {
	if c.Books < day+asked {
		return nil, fmt.Errorf("%d books are too few: the figures need %d", c.Books, day+asked)
	}
	if c.room() != c.Database && c.Keyring == "" {
		defer func() { _ = os.RemoveAll(c.room()) }()
	}
	a, err := app.New(ctx, c.place())
	if err != nil {
		return nil, err
	}
	defer func() { _ = a.Close() }()
	engine := string(a.DB.Engine())
	r := &Report{Go: runtime.Version(), Cores: runtime.NumCPU(), Engine: engine, Books: c.Books}
	began := time.Now()
	get := fill
	if c.Filled {
		get = filled
	}
	w, err := get(ctx, a, c)
	if err != nil {
		return nil, fmt.Errorf("filling: %w", err)
	}
	r.LoadSecs, r.Entries = time.Since(began).Seconds(), w.entries
	if r.SignSecs, err = settle(ctx, a); err != nil {
		return nil, fmt.Errorf("signing: %w", err)
	}
	if c.Filled { // another run's time is not known, and this one's would be a lie
		r.LoadSecs, r.SignSecs = 0, 0
	}
	if r.Bytes, r.KeyBytes, err = sizes(ctx, c, a.DB); err != nil { // before the figures add to it
		return nil, err
	}
	r.PerEntry = r.Bytes / int64(r.Entries)
	for _, p := range parts {
		if slices.Contains(c.Without, p.name) {
			continue
		}
		f, err := p.measure(ctx, c, w)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.name, err)
		}
		for i := range f {
			f[i].Engine, f[i].Books = engine, c.Books
			if c.Told != nil {
				c.Told(f[i])
			}
		}
		r.Figures = append(r.Figures, f...)
	}
	if r.Memory, err = residentOf("self"); err != nil {
		return nil, err
	}
	if !slices.Contains(c.Without, server) {
		r.Serving, err = serving(ctx, c, w)
	}
	return r, err
}

// settle puts all leaves into the log, and has PostgreSQL look at its tables as it does by itself after a while.
func settle(ctx context.Context, a *app.App) (seconds float64, err error) {
	began := time.Now()
	if _, err := a.Log.Sequence(ctx); err != nil {
		return 0, err
	}
	seconds = time.Since(began).Seconds()
	if a.DB.Engine() == store.SQLite {
		return seconds, nil
	}
	return seconds, a.DB.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`ANALYZE`)
		return err
	})
}

// room is a folder for what lies beside the books: the keyring, copies.
func (c Config) room() string {
	if c.Keyring != "" {
		return c.Keyring
	}
	if strings.HasPrefix(c.Database, "postgres") {
		return filepath.Join(os.TempDir(), fmt.Sprintf("beside-bench-%d", os.Getpid()))
	}
	return c.Database
}

// place is where everything is.
func (c Config) place() app.Config {
	k := filepath.Join(c.room(), "keyring")
	return app.Config{Database: c.Database, Keyring: k, RootKey: k + ".root", Addr: "127.0.0.1:0", PublicURL: "http://127.0.0.1", Hashing: account.Hashing{MemoryKiB: 64, Times: 1}}
}

// measured is how long each of many acts took.
type measured struct {
	took []time.Duration
	in   time.Duration
	cpu  time.Duration // that this process used meanwhile, client and all; 0 where the system does not say
}

func (m measured) perSecond() float64 { return float64(len(m.took)) / m.in.Seconds() }

func (m measured) percentile(p float64) int64 {
	if len(m.took) == 0 {
		return 0
	}
	s := slices.Clone(m.took)
	slices.SortFunc(s, cmp.Compare[time.Duration])
	return s[min(len(s)-1, int(p*float64(len(s))))].Microseconds()
}

func (m measured) and(o measured) measured {
	return measured{took: append(m.took, o.took...), in: m.in + o.in, cpu: m.cpu + o.cpu}
}

// once is something done one time, counted in something else than acts.
func once(what, per string, count float64, took time.Duration, baseline string, base float64, baseTook time.Duration, limit string) Figure {
	f := Figure{What: what, AtOnce: 1, Per: per, PerSecond: count / took.Seconds(), Baseline: baseline, BasePerSec: base / baseTook.Seconds(), Limit: limit}
	f.Ratio = f.PerSecond / f.BasePerSec
	return f
}

func (m measured) beside(what string, atOnce int, baseline string, base measured, limit string) Figure {
	return Figure{What: what, AtOnce: atOnce, PerSecond: m.perSecond(), P50Micros: m.percentile(0.5), P99Micros: m.percentile(0.99),
		CPUMicros: m.cpu.Microseconds() / int64(max(1, len(m.took))),
		Baseline:  baseline, BasePerSec: base.perSecond(), Ratio: m.perSecond() / base.perSecond(), Limit: limit}
}

// repeat has n workers do act again and again for a time, and returns how long each act took.
func repeat(ctx context.Context, n int, d time.Duration, act func(ctx context.Context, worker int) error) (measured, error) {
	type part struct {
		took []time.Duration
		err  error
	}
	parts := make(chan part, n)
	began, used := time.Now(), cpuUsed()
	for worker := range n {
		go func() {
			var p part
			for time.Since(began) < d && p.err == nil {
				at := time.Now()
				if p.err = act(ctx, worker); p.err == nil {
					p.took = append(p.took, time.Since(at))
				}
			}
			parts <- p
		}()
	}
	var m measured
	var err error
	for range n {
		p := <-parts
		m.took = append(m.took, p.took...)
		err = cmp.Or(err, p.err)
	}
	m.in, m.cpu = time.Since(began), cpuUsed()-used
	return m, err
}

// JSON writes the report for machines.
func (r *Report) JSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// Table writes the report for people.
func (r *Report) Table(w io.Writer) error {
	var b strings.Builder
	filled := "filled before"
	if r.LoadSecs > 0 {
		filled = fmt.Sprintf("filled in %.0f s (%.0f entries/s) and signed in %.0f s", r.LoadSecs, float64(r.Entries)/r.LoadSecs, r.SignSecs)
	}
	fmt.Fprintf(&b, "%s, %d cores, %s: %d books, %d entries, %s, %d MB on disk (%d bytes an entry) and %d MB of keys; %d MB resident here, %d MB in a server of its own\n\n", r.Go, r.Cores,
		r.Engine, r.Books, r.Entries, filled, r.Bytes>>20, r.PerEntry, r.KeyBytes>>20, r.Memory>>20, r.Serving>>20)
	fmt.Fprintln(&b, "what\tat once\t/s\tp50 µs\tp99 µs\tCPU µs\tbaseline\t/s\tratio\tlimited by")
	for _, f := range r.Figures {
		fmt.Fprintf(&b, "%s\t%d\t%s\t%d\t%d\t%d\t%s\t%.0f\t%.2f\t%s\n", f.What, f.AtOnce, f.speed(), f.P50Micros, f.P99Micros, f.CPUMicros, f.Baseline, f.BasePerSec, f.Ratio, f.Limit)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if _, err := io.WriteString(t, b.String()); err != nil {
		return err
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, f := range r.Figures {
		if a := f.Apart; a != nil {
			if _, err := fmt.Fprintf(w, "%s takes %.2f µs longer than %s, give or take %.2f (Welch's t %.2f, %d of each)\n", f.What, a.Micros, f.Baseline, a.Within, a.T, a.N); err != nil {
				return err
			}
		}
	}
	return nil
}

// speed is how fast something was, as people read it.
func (f Figure) speed() string {
	if f.Per == megabytes {
		return fmt.Sprintf("%.1f MB, %.0f s a GB", f.PerSecond, 1000/f.PerSecond)
	}
	return strings.TrimSpace(fmt.Sprintf("%.0f %s", f.PerSecond, f.Per))
}
