package promise

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/mutant"
	"beside/internal/store"
)

// Options are the settings of [NewRunner]; zero values mean the defaults. Nodes on one database use the same Lease.
type Options struct {
	Lease clock.Time // how long a node is not heard of before others take over what it holds; 1 minute
	Limit clock.Time // how long one Reach may take: when that is longer than Lease, the lease is renewed meanwhile; Lease
	Tick  clock.Time // how often to look for promises that another node set; 1 second
	Batch int        // how many are kept side by side; 16

	// Steady tells the time since some moment, by a clock that nobody sets; [clock.Steady] when nil.
	Steady func() clock.Time

	// Attempted is told of each attempt what it came to: "kept", "lost" to another node, or why not; nil tells nobody.
	Attempted func(kind Kind, outcome string)
}

func (o Options) filled() Options {
	o.Lease = cmp.Or(o.Lease, clock.Minute)
	o.Limit = cmp.Or(o.Limit, o.Lease)
	o.Tick = cmp.Or(o.Tick, clock.Second)
	o.Batch = cmp.Or(o.Batch, 16)
	if o.Steady == nil {
		o.Steady = clock.Steady()
	}
	if o.Attempted == nil {
		o.Attempted = func(Kind, string) {}
	}
	return o
}

// Runner keeps the promises of the kinds it knows.
type Runner struct {
	db       *store.DB
	clock    clock.Clock
	log      *slog.Logger
	handlers map[Kind]Keep
	o        Options
	me       string   // who holds a lease
	known    []string // list argument of "kind version" pairs
	restless []string // those of them that are kept while others rest
	nudge    chan struct{}
	away     outage // of the database; only Run looks at it
	watching sync.Mutex
	watched  map[id.Promise]watch
}

// watch is what this node has seen of a lease, and since when it has not changed, by its steady clock. The clocks of two
// nodes may be hours apart, so what a lease says of its own end is nothing that another node could go by.
type watch struct {
	attempts     int
	until, since clock.Time
}

type node struct{}

// NewRunner returns a runner; a nil logger is silence. Promises of kinds or versions that handlers does not hold are left to newer nodes.
func NewRunner(db *store.DB, c clock.Clock, ids *id.Maker, log *slog.Logger, handlers map[Kind]Keep, o Options) *Runner {
	var known, restless []string
	for kind, keep := range handlers {
		for v := 1; v <= max(keep.Version, 1); v++ {
			known = append(known, fmt.Sprintf("%s %d", kind, v))
			if keep.Restless {
				restless = append(restless, fmt.Sprintf("%s %d", kind, v))
			}
		}
	}
	slices.Sort(known)
	slices.Sort(restless)
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Runner{
		db: db, clock: c, log: log, handlers: handlers, o: o.filled(), nudge: make(chan struct{}, 1),
		me: id.New[id.Of[node]](ids).String(), known: known, restless: restless,
	}
}

// Known are the "kind version" pairs of the promises it keeps.
func (r *Runner) Known() []string { return slices.Clone(r.known) }

// Nudge tells the runner that a promise was set which may be due now. Call it after the transaction that set it.
func (r *Runner) Nudge() {
	select {
	case r.nudge <- struct{}{}:
	default: // it has been told
	}
}

// Run keeps promises until ctx ends, then waits for the attempts under way and returns nil. While the database does not
// answer it goes on trying.
func (r *Runner) Run(ctx context.Context) error {
	free := make(chan struct{}, r.o.Batch)
	var attempts sync.WaitGroup
	defer attempts.Wait()
	for ctx.Err() == nil {
		claimed, err := r.claim(ctx, cap(free)-len(free))
		if r.away.tells(err, r.clock.Now()) && ctx.Err() == nil {
			r.log.Warn("promise: cannot claim", "error", err)
		}
		for _, p := range claimed {
			free <- struct{}{}
			attempts.Go(func() {
				r.attempt(ctx, p)
				<-free
				r.Nudge() // there may be more than there was room for
			})
		}
		r.sleep(ctx, r.untilNext(ctx))
	}
	return nil
}

// outage remembers when it was last told that the database does not answer: once, and then each minute.
type outage struct{ said clock.Time }

// tells reports whether an error is to be told now. None ends the outage.
func (o *outage) tells(err error, now clock.Time) bool {
	if err == nil {
		o.said = 0
		return false
	}
	if o.said != 0 && now >= o.said && now-o.said < clock.Minute {
		return false
	}
	o.said = now
	return true
}

// Once tries the promises that are due now, as many as a batch, one after the other, the longest due first. It returns
// how many it tried. It is for tests and for moving time forward; [Runner.Run] is for use.
func (r *Runner) Once(ctx context.Context) (n int, err error) {
	claimed, err := r.claim(ctx, r.o.Batch)
	if err != nil {
		return 0, errs.Wrap("promise: once", err)
	}
	for _, p := range claimed {
		r.attempt(ctx, p)
	}
	return len(claimed), nil
}

// untilNext returns how long nothing is due, at most a tick.
func (r *Runner) untilNext(ctx context.Context) clock.Time {
	now := r.clock.Now()
	next := now + r.o.Tick
	err := r.db.View(ctx, func(tx *store.Tx) error {
		for _, query := range []string{
			`SELECT MIN(due_at) FROM promise WHERE state = 'open' AND due_at > $1`,
			`SELECT MIN(lease_until) FROM promise WHERE state = 'open' AND lease_by = '' AND due_at <= $1 AND lease_until > $1`,
		} {
			var at *clock.Time
			if err := tx.Row(query, now).Scan(&at); err != nil {
				return err
			}
			if at != nil {
				next = min(next, *at)
			}
		}
		return nil
	})
	if err != nil && ctx.Err() == nil && r.away.tells(err, now) {
		r.log.Warn("promise: cannot look ahead", "error", err)
	}
	return next - now
}

// sleep waits for d, a nudge or the end of ctx.
func (r *Runner) sleep(ctx context.Context, d clock.Time) {
	timer := time.NewTimer(std(d))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.nudge:
	case <-ctx.Done():
	}
}

// claim takes the lease of up to n promises that are due and in nobody's hands, or in those of a node that is gone. A wait
// that ends later than this clock could have made it is one from before the clock was set back: it counts as ended.
func (r *Runner) claim(ctx context.Context, n int) (claimed []Promise, err error) {
	if n == 0 {
		return nil, nil
	}
	r.watching.Lock()
	defer r.watching.Unlock()
	now, steady := r.clock.Now(), r.o.Steady()
	var seen map[id.Promise]watch
	err = r.db.Update(ctx, func(tx *store.Tx) error {
		claimed = nil
		kinds := r.known
		at, err := Resting(tx)
		if at != 0 {
			kinds = r.restless
		}
		if err != nil || len(kinds) == 0 {
			return err
		}
		if seen, err = r.free(tx, now, steady); err != nil {
			return err
		}
		these, args := store.In("kind || ' ' || CAST(version AS TEXT)", []any{now + r.o.Lease, r.me, now, now + longestWait, n}, kinds)
		query := `UPDATE promise SET attempts = attempts + 1, lease_until = $1, lease_by = $2 WHERE id IN (
				SELECT id FROM promise
				WHERE state = 'open' AND due_at <= $3 AND lease_by = '' AND (lease_until <= $3 OR lease_until > $4) AND ` + these + `
				ORDER BY due_at, id LIMIT $5` + tx.Claim() + `)
			RETURNING id, kind, version, subject, payload, due_at, made_at, attempts`
		return store.Each(tx, query, args, func(scan func(...any) error) error {
			p := Promise{held: steady}
			err := scan(&p.ID, &p.Kind, &p.Version, &p.Subject, &p.Payload, &p.Due, &p.Made, &p.Attempts)
			claimed = append(claimed, p)
			return err
		})
	})
	if err != nil {
		return nil, errs.Wrap("promise: claim", err)
	}
	r.watched = seen
	slices.SortFunc(claimed, func(a, b Promise) int {
		return cmp.Or(cmp.Compare(a.Due, b.Due), slices.Compare(a.ID.Bytes(), b.ID.Bytes()))
	})
	return claimed, nil
}

// free watches the leases that are held, and ends those whose node was not heard of for as long as a lease lasts. They are
// few: each node holds a batch at most.
func (r *Runner) free(tx *store.Tx, now, steady clock.Time) (seen map[id.Promise]watch, err error) {
	seen = map[id.Promise]watch{}
	err = store.Each(tx, `SELECT id, attempts, lease_until FROM promise WHERE state = 'open' AND lease_by <> ''`, nil, func(scan func(...any) error) error {
		var p id.Promise
		w := watch{since: steady}
		err := scan(&p, &w.attempts, &w.until)
		if before, ok := r.watched[p]; ok && before.attempts == w.attempts && before.until == w.until {
			w.since = before.since
		}
		seen[p] = w
		return err
	})
	for p, w := range seen {
		over := steady-w.since >= r.o.Lease
		switch {
		case mutant.On("unleased"):
			over = true
		case mutant.On("lease-by-clock"):
			over = w.until <= now
		}
		if !over || err != nil {
			continue
		}
		// Another node may have done the same by now, and taken it.
		_, err = tx.Exec(`UPDATE promise SET lease_by = '', lease_until = 0 WHERE id = $1 AND state = 'open' AND attempts = $2 AND lease_until = $3`,
			p, w.attempts, w.until)
	}
	return seen, err
}

var (
	errLost  = errors.New("promise: dropped, or in other hands by now")
	errPanic = errors.New("promise: the handler panicked")
)

// Waiting is why a promise cannot be kept yet when nothing is wrong with it: it waits for something outside.
type Waiting struct {
	For string // what, in a few words that are always the same: they stand in the log, and name a number that is counted
	Err error  // the cause
}

func (w *Waiting) Error() string { return w.Err.Error() }

// Unwrap returns the cause.
func (w *Waiting) Unwrap() error { return w.Err }

// attempt tries to keep a claimed promise, and gives the lease back when that fails.
func (r *Runner) attempt(ctx context.Context, p Promise) {
	err := r.keep(ctx, p)
	switch {
	case err == nil:
		r.o.Attempted(p.Kind, "kept")
		return
	case errors.Is(err, errLost):
		r.o.Attempted(p.Kind, "lost")
		return
	}
	wait, why := Wait(p.Attempts), errs.KindOf(err).String()
	switch {
	case ctx.Err() != nil: // this node is stopping: no fault of the promise
		wait, why = 0, "stopped"
	case errors.Is(err, errPanic):
		why = "panic"
	}
	if w, ok := errors.AsType[*Waiting](err); ok && why == errs.Internal.String() {
		why = "waits for " + w.For
	}
	r.o.Attempted(p.Kind, why)
	r.log.Warn("promise: not kept yet", "kind", p.Kind, "promise", p.ID, "attempt", p.Attempts, "why", why)
	if err := r.giveBack(ctx, p, wait, why); err != nil {
		r.log.Warn("promise: the lease will have to run out", "promise", p.ID, "error", err)
	}
}

// keep runs the handler's two halves. A panic becomes an error: one bad promise must not stop the others.
func (r *Runner) keep(ctx context.Context, p Promise) (err error) {
	defer func() {
		if recover() != nil {
			err = errPanic // the value may hold a person's words
		}
	}()
	h := r.handlers[p.Kind]
	if h.Reach != nil {
		if err := r.reach(ctx, p, h.Reach); err != nil {
			return err
		}
	}
	return r.db.Update(ctx, func(tx *store.Tx) error {
		if err := r.markDone(tx, p); err != nil || h.Effect == nil {
			return err
		}
		return h.Effect(tx, p)
	})
}

// reach runs Reach until its limit, or until the lease is over: others may then have begun. A long one has it renewed.
func (r *Runner) reach(ctx context.Context, p Promise, reach func(context.Context, Promise) error) error {
	within, cancel := context.WithTimeout(ctx, std(r.o.Limit))
	defer cancel()
	left := func(since clock.Time) time.Duration { return std(since + r.o.Lease - r.o.Steady()) }
	over := time.AfterFunc(left(p.held), cancel)
	defer over.Stop()
	var renewing sync.WaitGroup
	defer renewing.Wait()
	if r.o.Limit > r.o.Lease {
		renewing.Go(func() {
			for each := time.NewTicker(std(r.o.Lease / 3)); ; {
				select {
				case <-within.Done():
					each.Stop()
					return
				case <-each.C:
				}
				if since := r.o.Steady(); r.renew(within, p) == nil {
					over.Reset(left(since))
				}
			}
		})
	}
	defer cancel() // before it waits for the renewing
	return reach(within, p)
}

// renew tells others that this node is there. It returns errLost when the promise is in other hands.
func (r *Runner) renew(ctx context.Context, p Promise) error {
	until := r.clock.Now() + r.o.Lease
	return r.db.Update(ctx, func(tx *store.Tx) error {
		n, err := tx.Exec(`UPDATE promise SET lease_until = CASE WHEN lease_until = $1 THEN $1 + 1 ELSE $1 END
			WHERE id = $2 AND state = 'open' AND attempts = $3 AND lease_by = $4`, until, p.ID, p.Attempts, r.me)
		if err == nil && n == 0 {
			return errLost
		}
		return err
	})
}

func std(d clock.Time) time.Duration { return time.Duration(d) * time.Microsecond }

// markDone ends a promise, if it is still open and this attempt is the last one claimed. It comes before the Effect, so
// that on PostgreSQL its row lock keeps others out.
func (r *Runner) markDone(tx *store.Tx, p Promise) error {
	n, err := tx.Exec(`UPDATE promise SET state = 'done', done_at = $1, lease_until = 0, lease_by = '', last_error = ''
		WHERE id = $2 AND state = 'open' AND attempts = $3 AND lease_by = $4`, r.clock.Now(), p.ID, p.Attempts, r.me)
	if err == nil && n == 0 {
		return errLost
	}
	return err
}

// giveBack ends the lease of an attempt that failed, also when this node is stopping.
func (r *Runner) giveBack(ctx context.Context, p Promise, wait clock.Time, why string) error {
	until := r.clock.Now() + wait
	return r.db.Update(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		_, err := tx.Exec(`UPDATE promise SET lease_until = $1, lease_by = '', last_error = $2
			WHERE id = $3 AND state = 'open' AND attempts = $4 AND lease_by = $5`, until, why, p.ID, p.Attempts, r.me)
		return err
	})
}
