package promise

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/store"
	"beside/internal/store/schema"
	"beside/internal/testkit/ready"
)

// effects is a table without a key, so that an effect that happens twice is two rows.
const effects = "-- +goose Up\nCREATE TABLE effect (promise {BYTES} NOT NULL, at {INT} NOT NULL) {STRICT};\n"

// world is a database with Beside's schema, a clock and a maker of ids.
type world struct {
	t      testing.TB
	db     *store.DB
	clock  clock.Clock
	ids    *id.Maker
	steady *clock.Manual // of all runners; nil is each one's own
}

func newWorld(t testing.TB, where string, c clock.Clock) *world {
	t.Helper()
	db, err := store.Open(context.Background(), where, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	files := fstest.MapFS{"9000_effect.sql": {Data: []byte(effects)}}
	names, err := fs.Glob(schema.Files, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		text, err := fs.ReadFile(schema.Files, name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = &fstest.MapFile{Data: text}
	}
	if err := db.Migrate(context.Background(), files); err != nil {
		t.Fatal(err)
	}
	return &world{t: t, db: db, clock: c, ids: id.NewMaker(c, nil)}
}

// noon is when the worlds with a manual clock begin.
var noon = clock.Of(time.Date(2026, 10, 24, 12, 0, 0, 0, time.UTC))

// onBoth runs a test on both engines with a clock that it moves itself.
func onBoth(t *testing.T, fn func(w *world, c *clock.Manual)) {
	ready.Both(t, func(t *testing.T, where string) {
		c := clock.NewManual(noon)
		w := newWorld(t, where, c)
		w.steady = clock.NewManual(0)
		fn(w, c)
	})
}

func (w *world) runner(handlers map[Kind]Keep, o Options) *Runner {
	if w.steady != nil {
		o.Steady = w.steady.Now
	}
	return NewRunner(w.db, w.clock, w.ids, slog.New(slog.DiscardHandler), handlers, o)
}

// set sets a promise of a kind that is due after wait.
func (w *world) set(kind Kind, wait clock.Time) id.Promise {
	w.t.Helper()
	p := Promise{ID: id.New[id.Promise](w.ids), Kind: kind, Due: w.clock.Now() + wait, Made: w.clock.Now()}
	w.update(func(tx *store.Tx) error { return Set(tx, p) })
	return p.ID
}

func (w *world) update(fn func(tx *store.Tx) error) {
	w.t.Helper()
	if err := w.db.Update(context.Background(), fn); err != nil {
		w.t.Error(err)
	}
}

func (w *world) once(r *Runner) int {
	w.t.Helper()
	n, err := r.Once(context.Background())
	if err != nil {
		w.t.Error(err)
	}
	return n
}

// look returns what is stored of a promise, and how often its effect was committed.
func (w *world) look(p id.Promise) (state string, attempts, effects int) {
	w.t.Helper()
	w.view(func(tx *store.Tx) error {
		return tx.Row("SELECT state, attempts, (SELECT COUNT(*) FROM effect WHERE effect.promise = promise.id) FROM promise WHERE id = $1", p).
			Scan(&state, &attempts, &effects)
	})
	return state, attempts, effects
}

func (w *world) view(fn func(tx *store.Tx) error) {
	w.t.Helper()
	if err := w.db.View(context.Background(), fn); err != nil {
		w.t.Error(err)
	}
}

func (w *world) want(p id.Promise, state string, attempts, effects int) {
	w.t.Helper()
	s, a, e := w.look(p)
	if s != state || a != attempts || e != effects {
		w.t.Errorf("the promise is %s after %d attempts with %d effects; want %s, %d, %d", s, a, e, state, attempts, effects)
	}
}

// record is an Effect that leaves a row.
func record(c clock.Clock) func(*store.Tx, Promise) error {
	return func(tx *store.Tx, p Promise) error {
		_, err := tx.Exec("INSERT INTO effect (promise, at) VALUES ($1, $2)", p.ID, c.Now())
		return err
	}
}

func TestKeptWhenDueAndOnlyOnce(t *testing.T) {
	onBoth(t, func(w *world, c *clock.Manual) {
		r := w.runner(map[Kind]Keep{"call": {Effect: record(c)}}, Options{})
		p := w.set("call", clock.Hour)
		if n := w.once(r); n != 0 {
			t.Errorf("%d tried before they were due", n)
		}
		c.Step(clock.Hour)
		if n := w.once(r); n != 1 {
			t.Errorf("%d tried when one was due", n)
		}
		w.once(r)
		w.want(p, "done", 1, 1)
	})
}

func TestHandlerSeesWhatWasSet(t *testing.T) {
	onBoth(t, func(w *world, c *clock.Manual) {
		person := id.New[id.Person](w.ids)
		want := Promise{ID: id.New[id.Promise](w.ids), Kind: "call", Version: 2, Subject: person.Bytes(),
			Payload: []byte(`{"to":"x"}`), Due: c.Now() - 5, Made: c.Now() - 9, Attempts: 1}
		var reached, got Promise
		r := w.runner(map[Kind]Keep{"call": {
			Version: 2,
			Reach:   func(_ context.Context, p Promise) error { reached = p; return nil },
			Effect:  func(_ *store.Tx, p Promise) error { got = p; return nil },
		}}, Options{})
		w.update(func(tx *store.Tx) error { return Set(tx, want) })
		w.once(r)
		if fmt.Sprint(got) != fmt.Sprint(want) || fmt.Sprint(reached) != fmt.Sprint(want) {
			t.Errorf("the handler saw %v and %v, want %v", reached, got, want)
		}
	})
}

func TestSetTwiceIsOnce(t *testing.T) {
	onBoth(t, func(w *world, c *clock.Manual) {
		r := w.runner(map[Kind]Keep{"call": {Effect: record(c)}}, Options{})
		p := Promise{ID: id.New[id.Promise](w.ids), Kind: "call", Due: c.Now()}
		for range 2 {
			w.update(func(tx *store.Tx) error { return errors.Join(Set(tx, p), Set(tx, p)) })
			w.once(r)
		}
		w.want(p.ID, "done", 1, 1)
	})
}

func TestSetRefusesWhatCannotBeKept(t *testing.T) {
	onBoth(t, func(w *world, c *clock.Manual) {
		good := Promise{ID: id.New[id.Promise](w.ids), Kind: "call", Due: c.Now()}
		for name, change := range map[string]func(*Promise){
			"no id":    func(p *Promise) { p.ID = id.Promise{} },
			"no kind":  func(p *Promise) { p.Kind = "" },
			"no time":  func(p *Promise) { p.Due = 0 },
			"not JSON": func(p *Promise) { p.Payload = []byte("{") },
		} {
			p := good
			change(&p)
			err := w.db.Update(context.Background(), func(tx *store.Tx) error { return Set(tx, p) })
			if !errs.Is(err, errs.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestGoesWithItsTransaction(t *testing.T) {
	onBoth(t, func(w *world, c *clock.Manual) {
		r := w.runner(map[Kind]Keep{"call": {Effect: record(c)}}, Options{})
		undone := errors.New("undone")
		err := w.db.Update(context.Background(), func(tx *store.Tx) error {
			return errors.Join(Set(tx, Promise{ID: id.New[id.Promise](w.ids), Kind: "call", Due: c.Now()}), undone)
		})
		if !errors.Is(err, undone) {
			t.Error(err)
		}
		if n := w.once(r); n != 0 {
			t.Error("a promise outlived the transaction that set it")
		}
	})
}

func TestDropped(t *testing.T) {
	onBoth(t, func(w *world, c *clock.Manual) {
		drop := func(p id.Promise) { w.update(func(tx *store.Tx) error { return Drop(tx, p) }) }
		var during id.Promise
		r := w.runner(map[Kind]Keep{"call": {
			Reach: func(_ context.Context, p Promise) error {
				if p.ID == during {
					drop(p.ID) // somebody takes it back while it is being kept
				}
				return nil
			},
			Effect: record(c),
		}}, Options{})
		before, done := w.set("call", 0), w.set("call", 0)
		drop(before)
		w.once(r)
		w.want(before, "dropped", 0, 0)
		during = w.set("call", 0)
		w.once(r)
		w.want(during, "dropped", 1, 0)
		drop(done)
		w.want(done, "done", 1, 1)
	})
}

func TestUnknownKindsAreLeftToNewerNodes(t *testing.T) {
	onBoth(t, func(w *world, c *clock.Manual) {
		old := w.runner(map[Kind]Keep{"call": {Effect: record(c)}}, Options{})
		newer := w.runner(map[Kind]Keep{"call": {Version: 2, Effect: record(c)}, "visit": {Effect: record(c)}}, Options{})
		call := Promise{ID: id.New[id.Promise](w.ids), Kind: "call", Version: 2, Due: c.Now()}
		w.update(func(tx *store.Tx) error { return Set(tx, call) })
		visit := w.set("visit", 0)
		if n := w.once(old); n != 0 {
			t.Errorf("an old node tried %d promises that it does not know", n)
		}
		w.once(newer)
		w.want(call.ID, "done", 1, 1)
		w.want(visit, "done", 1, 1)
	})
}

func TestFailingBacksOffAndIsCounted(t *testing.T) {
	onBoth(t, func(w *world, c *clock.Manual) {
		r := w.runner(map[Kind]Keep{"call": {
			Reach:  func(context.Context, Promise) error { return errs.New("mail: send", errs.Busy, "") },
			Effect: record(c),
		}}, Options{})
		p := w.set("call", 0)
		var tried []clock.Time
		for range 1800 { // an hour in steps of two seconds
			if w.once(r) == 1 {
				tried = append(tried, (c.Now()-noon)/clock.Second)
			}
			c.Step(2 * clock.Second)
		}
		if got, want := fmt.Sprint(tried), "[0 2 6 14 30 62 126 254 510 1022 1922 2822]"; got != want {
			t.Errorf("tried in the seconds %v, want %v", got, want)
		}
		w.want(p, "open", len(tried), 0)
		var why string
		w.view(func(tx *store.Tx) error { return tx.Row("SELECT last_error FROM promise").Scan(&why) })
		if why != "busy" {
			t.Errorf("the reason kept is %q, want the error's kind", why)
		}
		for grace, want := range map[clock.Time]int{clock.Minute: 1, 2 * clock.Hour: 0} {
			w.view(func(tx *store.Tx) error {
				n, err := Overdue(tx, c.Now(), grace)
				if n != want {
					t.Errorf("%d overdue by %d s, want %d", n, grace/clock.Second, want)
				}
				return err
			})
		}
	})
}

func TestPanicHurtsOnlyItself(t *testing.T) {
	onBoth(t, func(w *world, c *clock.Manual) {
		r := w.runner(map[Kind]Keep{
			"bad reach":  {Reach: func(context.Context, Promise) error { panic("words of a person") }},
			"bad effect": {Effect: func(*store.Tx, Promise) error { panic("words of a person") }},
			"good":       {Effect: record(c)},
		}, Options{})
		a, b, good := w.set("bad reach", 0), w.set("bad effect", 0), w.set("good", 0)
		w.once(r)
		w.want(a, "open", 1, 0)
		w.want(b, "open", 1, 0)
		w.want(good, "done", 1, 1)
		w.view(func(tx *store.Tx) error {
			return store.Each(tx, "SELECT last_error FROM promise", nil, func(scan func(...any) error) error {
				var why string
				err := scan(&why)
				if strings.Contains(why, "words") {
					t.Errorf("the reason kept is %q", why)
				}
				return err
			})
		})
	})
}

// TestDeadNodesLeaseRunsOut claims as a node that then dies: others watch its lease for as long as one lasts, whatever their
// own clocks say meanwhile.
func TestDeadNodesLeaseRunsOut(t *testing.T) {
	for _, step := range []clock.Time{0, clock.Hour, -clock.Day} {
		onBoth(t, func(w *world, c *clock.Manual) {
			handlers := map[Kind]Keep{"call": {Effect: record(c)}}
			dead, alive := w.runner(handlers, Options{}), w.runner(handlers, Options{})
			p := w.set("call", -clock.Day)
			if got, err := dead.claim(t.Context(), 9); err != nil || len(got) != 1 {
				t.Fatalf("claimed %d: %v", len(got), err)
			}
			c.Step(step)
			w.once(alive)
			w.want(p, "open", 1, 0)
			w.steady.Step(clock.Minute - 1)
			w.once(alive)
			w.want(p, "open", 1, 0)
			w.steady.Step(1)
			w.once(alive)
			w.want(p, "done", 2, 1)
		})
	}
}

// TestALongReachIsRenewed keeps something for many leases, while another node looks on; then the node dies.
func TestALongReachIsRenewed(t *testing.T) {
	onBoth(t, func(w *world, c *clock.Manual) {
		w.steady = nil
		const lease = 2 * clock.Second // far longer than a renewal takes on a busy machine, which would end the Reach
		reached := 0
		handlers := map[Kind]Keep{"call": {Effect: record(c), Reach: func(ctx context.Context, _ Promise) error {
			reached++
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(std(2 * lease)):
				return nil
			}
		}}}
		p := w.set("call", 0)
		o := Options{Lease: lease, Limit: clock.Minute}
		one, other := w.runner(handlers, o), w.runner(handlers, o)
		ended := make(chan struct{})
		go func() { defer close(ended); w.once(one) }()
		for looking := true; looking; {
			select {
			case <-ended:
				looking = false
			case <-time.After(std(lease / 10)):
				if got, err := other.claim(t.Context(), 1); err != nil || len(got) > 0 {
					t.Fatalf("the other took %d that is being kept: %v", len(got), err)
				}
			}
		}
		w.want(p, "done", 1, 1)
		if reached != 1 {
			t.Errorf("reached %d times", reached)
		}
	})
}

// TestLateNodeHasNoEffect lets a node come back to a promise that another has taken over meanwhile, before and after
// that one is done.
func TestLateNodeHasNoEffect(t *testing.T) {
	for _, doneFirst := range []bool{true, false} {
		onBoth(t, func(w *world, c *clock.Manual) {
			handlers := map[Kind]Keep{"call": {Effect: record(c)}}
			late, other := w.runner(handlers, Options{}), w.runner(handlers, Options{})
			p := w.set("call", 0)
			mine, err := late.claim(t.Context(), 1)
			w.once(other) // it sees the lease
			w.steady.Step(2 * clock.Minute)
			theirs, err2 := other.claim(t.Context(), 1)
			if err != nil || err2 != nil || len(mine) != 1 || len(theirs) != 1 {
				t.Fatal(mine, theirs, err, err2)
			}
			if doneFirst {
				other.attempt(t.Context(), theirs[0])
			}
			late.attempt(t.Context(), mine[0])
			if !doneFirst {
				w.want(p, "open", 2, 0)
				other.attempt(t.Context(), theirs[0])
			}
			w.want(p, "done", 2, 1)
		})
	}
}

// TestTwoSeeTheSameDeadNode lets two nodes find at the same moment that a third is gone: one of them takes over.
func TestTwoSeeTheSameDeadNode(t *testing.T) {
	onBoth(t, func(w *world, c *clock.Manual) {
		handlers := map[Kind]Keep{"call": {Effect: record(c)}}
		dead := w.runner(handlers, Options{})
		var set []id.Promise
		for range 16 {
			set = append(set, w.set("call", 0))
		}
		if got, err := dead.claim(t.Context(), 16); err != nil || len(got) != 16 {
			t.Fatalf("claimed %d: %v", len(got), err)
		}
		nodes := []*Runner{w.runner(handlers, Options{}), w.runner(handlers, Options{})}
		for _, r := range nodes {
			w.once(r)
		}
		w.steady.Step(clock.Minute)
		var both sync.WaitGroup
		for _, r := range nodes {
			both.Go(func() {
				w.once(r)
				w.once(r) // rows that the other was claiming were passed by
			})
		}
		both.Wait()
		for _, p := range set {
			w.want(p, "done", 2, 1)
		}
	})
}

// TestClockSetBack sets the clock back by a day while one promise is leased by a dead node and another backs off.
func TestClockSetBack(t *testing.T) {
	onBoth(t, func(w *world, c *clock.Manual) {
		fail := true
		r := w.runner(map[Kind]Keep{"leased": {Effect: record(c)}, "failing": {Effect: func(tx *store.Tx, p Promise) error {
			if fail {
				return errors.New("not today")
			}
			return record(c)(tx, p)
		}}}, Options{})
		c.Step(clock.Day)
		early := func(kind Kind) id.Promise { return w.set(kind, -clock.Day) }
		failing := early("failing")
		w.once(r)
		leased := early("leased")
		if _, err := r.claim(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		w.want(failing, "open", 1, 0)
		w.want(leased, "open", 1, 0)
		fail = false
		c.Step(-clock.Day)
		w.once(r)
		w.want(failing, "done", 2, 1)
		w.want(leased, "open", 1, 0)
		w.steady.Step(clock.Minute)
		w.once(r)
		w.want(leased, "done", 2, 1)
	})
}

// TestTwoRunnersAtOnce lets four runners of two nodes' worth of leases race for the same promises.
func TestTwoRunnersAtOnce(t *testing.T) {
	onBoth(t, func(w *world, c *clock.Manual) {
		var set []id.Promise
		for range 60 {
			set = append(set, w.set("call", 0))
		}
		var tried atomic.Int32
		var group sync.WaitGroup
		for range 4 {
			r := w.runner(map[Kind]Keep{"call": {Effect: record(c)}}, Options{Batch: 4})
			group.Go(func() {
				for idle := 0; idle < 3; { // rows that another is claiming are passed by
					n := w.once(r)
					tried.Add(int32(n))
					if n == 0 {
						idle++
					}
				}
			})
		}
		group.Wait()
		for _, p := range set {
			w.want(p, "done", 1, 1)
		}
		if n := tried.Load(); n != 60 {
			t.Errorf("%d attempts at 60 promises", n)
		}
	})
}

// TestRunLivesAMonth runs a runner inside a bubble, with promises over a month, one that is set without a nudge, and
// one with.
func TestRunLivesAMonth(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		synctest.Test(t, func(t *testing.T) {
			c := clock.System()
			w := newWorld(t, where, c)
			r := w.runner(map[Kind]Keep{"call": {Effect: record(c)}}, Options{Tick: clock.Hour})
			ctx, stop := context.WithCancel(t.Context())
			ended := make(chan error)
			due := map[id.Promise]clock.Time{}
			for day := range clock.Time(30) {
				wait := day*clock.Day + 7*clock.Minute
				due[w.set("call", wait)] = c.Now() + wait
			}
			go func() { ended <- r.Run(ctx) }()
			time.Sleep(10*time.Hour + 30*time.Minute)
			synctest.Wait()
			due[w.set("call", 0)] = c.Now()
			r.Nudge()
			time.Sleep(time.Minute)
			quiet := w.set("call", 0) // found by the next look, at most a tick later
			due[quiet] = c.Now()
			time.Sleep(31 * 24 * time.Hour)
			stop()
			if err := <-ended; err != nil {
				t.Error(err)
			}
			for p, want := range due {
				var at clock.Time
				w.view(func(tx *store.Tx) error { return tx.Row("SELECT at FROM effect WHERE promise = $1", p).Scan(&at) })
				if late := at - want; late < 0 || late > clock.Hour || late > clock.Second && p != quiet {
					t.Errorf("kept %v after it was due", time.Duration(late)*time.Microsecond)
				}
			}
			if err := w.db.Close(); err != nil {
				t.Error(err)
			}
		})
	})
}

// TestStoppingGivesTheLeaseBack stops a runner in the middle of a Reach: the next node need not wait for the lease.
func TestStoppingGivesTheLeaseBack(t *testing.T) {
	onBoth(t, func(w *world, c *clock.Manual) {
		begun := make(chan struct{})
		slow := w.runner(map[Kind]Keep{"call": {Reach: func(ctx context.Context, _ Promise) error {
			close(begun)
			<-ctx.Done()
			return ctx.Err()
		}}}, Options{})
		p := w.set("call", 0)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- slow.Run(ctx) }()
		<-begun
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		w.once(w.runner(map[Kind]Keep{"call": {Effect: record(c)}}, Options{}))
		w.want(p, "done", 2, 1)
	})
}

// A database that is away is told once and then each minute, and again when it goes away again.
func TestAnOutageIsToldOnceAMinute(t *testing.T) {
	var o outage
	told := 0
	for now := clock.Hour; now < clock.Hour+2*clock.Minute; now += clock.Second {
		if o.tells(store.ErrNone, now) {
			told++
		}
	}
	if told != 2 {
		t.Errorf("in two minutes it was told %d times", told)
	}
	if o.tells(nil, clock.Day) || !o.tells(store.ErrNone, clock.Day) {
		t.Error("a second outage is not told")
	}
}
