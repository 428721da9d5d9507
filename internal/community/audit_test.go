package community_test

import (
	"context"
	"io/fs"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"beside/internal/clock"
	"beside/internal/community"
	"beside/internal/id"
	"beside/internal/promise"
	"beside/internal/store"
	"beside/internal/testkit/histories"
	"beside/internal/testkit/ready"
	"beside/internal/witness"
)

// sound is a keyring that answers.
type sound struct{}

func (sound) Check(context.Context) error { return nil }

const began = clock.Time(1_790_000_000_000_000)

// audited is a database with a runner that may die, and an auditor.
type audited struct {
	t       *testing.T
	db      *store.DB
	clock   *clock.Manual
	ids     *id.Maker
	runner  *promise.Runner
	auditor *community.Auditor

	alive   bool
	strange bool // a promise that nobody keeps was set
	next    map[id.Promise]clock.Time
}

func newAudited(t *testing.T, where string) *audited {
	h := &audited{t: t, db: open(t, where, ""), clock: clock.NewManual(began)}
	h.ids = id.NewMaker(h.clock, nil)
	h.runner = promise.NewRunner(h.db, h.clock, h.ids, slog.New(slog.DiscardHandler), map[promise.Kind]promise.Keep{
		"call": {Effect: func(*store.Tx, promise.Promise) error {
			return nil
		}},
	}, promise.Options{Batch: 1000, Steady: h.clock.Now})
	h.auditor = community.NewAuditor(community.AuditConfig{DB: h.db, Keys: sound{}, Clock: h.clock, Known: h.runner.Known(), Steady: h.clock.Now})
	return h
}

func (h *audited) update(query string, args ...any) {
	h.t.Helper()
	must(h.t, h.db.Update(ctx, func(tx *store.Tx) error { _, err := tx.Exec(query, args...); return err }))
}

func (h *audited) set(kind promise.Kind, wait clock.Time) {
	p := promise.Promise{ID: id.New[id.Promise](h.ids), Kind: kind, Due: h.clock.Now() + wait}
	must(h.t, h.db.Update(ctx, func(tx *store.Tx) error { return promise.Set(tx, p) }))
	h.next[p.ID] = p.Due
}

// pass lets time go on, in steps in which a living runner looks.
func (h *audited) pass(d clock.Time) {
	for step := clock.Time(0); step < d; step += 5 * clock.Second {
		h.clock.Step(5 * clock.Second)
		if h.alive {
			_, err := h.runner.Once(ctx)
			must(h.t, err)
		}
	}
}

// die ends the runner just after it claimed what is due, which stays claimed.
func (h *audited) die() {
	if !h.alive {
		return
	}
	h.set("call", 0)
	h.alive = false
	until := h.clock.Now() + clock.Minute
	var claimed []id.Promise
	must(h.t, h.db.Update(ctx, func(tx *store.Tx) error {
		claimed = nil
		return store.Each(tx, `UPDATE promise SET attempts = attempts + 1, lease_by = 'gone', lease_until = $1 WHERE state = 'open' AND kind = 'call' AND due_at <= $2 RETURNING id`,
			[]any{until, h.clock.Now()}, func(scan func(...any) error) error {
				var p id.Promise
				err := scan(&p)
				claimed = append(claimed, p)
				return err
			})
	}))
	for _, p := range claimed {
		h.next[p] = until
	}
}

// check compares what the auditor says with the model: never a cry without a cause, and never a cause that is not told
// within the stated time.
func (h *audited) check(t *rapid.T) {
	alarms := h.auditor.Once(ctx)
	if h.alive && !h.strange {
		if len(alarms) > 0 {
			t.Fatalf("all is well, and it says %v", alarms)
		}
		return
	}
	oldest := clock.Time(1 << 62)
	must(h.t, h.db.View(ctx, func(tx *store.Tx) error {
		return store.Each(tx, `SELECT id FROM promise WHERE state = 'open'`, nil, func(scan func(...any) error) error {
			var p id.Promise
			err := scan(&p)
			oldest = min(oldest, h.next[p])
			return err
		})
	}))
	late := h.clock.Now() - community.AuditGrace
	switch {
	case oldest < late && len(alarms) == 0:
		t.Fatalf("a promise's next step is %d s late, and nothing is said", (h.clock.Now()-oldest)/clock.Second)
	case oldest >= late && len(alarms) > 0:
		t.Fatalf("nothing is late, and it says %v", alarms)
	}
}

// TestADeadRunnerIsFound lives random histories in which a runner dies, claims in hand, comes back, and newer promises come
// that it does not know.
func TestADeadRunnerIsFound(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		h := newAudited(t, where)
		histories.Check(t, 8, func(rt *rapid.T) {
			h.clock.Set(began)
			h.update(`DELETE FROM promise`)
			h.alive, h.strange, h.next = true, false, map[id.Promise]clock.Time{}
			rt.Repeat(map[string]func(*rapid.T){
				"set":    func(rt *rapid.T) { h.set("call", clock.Time(rapid.IntRange(0, 300).Draw(rt, "seconds"))*clock.Second) },
				"newer":  func(rt *rapid.T) { h.set("unheard of", clock.Minute); h.strange = true },
				"pass":   func(rt *rapid.T) { h.pass(clock.Time(rapid.IntRange(1, 30).Draw(rt, "fives")) * 5 * clock.Second) },
				"die":    func(*rapid.T) { h.die() },
				"revive": func(*rapid.T) { h.alive = true; h.pass(2 * clock.Minute) },
				"":       h.check,
			})
		})
	})
}

// TestEachAlarm brings about each thing that should not be, and sees it told, and told to be over.
func TestEachAlarm(t *testing.T) {
	ready.Both(t, func(t *testing.T, where string) {
		h := newAudited(t, where)
		h.next = map[id.Promise]clock.Time{}
		want := func(codes ...community.AlarmCode) {
			t.Helper()
			var got []community.AlarmCode
			for _, x := range h.auditor.Once(ctx) {
				got = append(got, x.Code)
			}
			if !slices.Equal(got, codes) {
				t.Fatalf("it says %q, want %q", got, codes)
			}
		}
		want()
		h.set("call", 0)
		h.clock.Step(community.AuditGrace + 2*clock.Second)
		want(community.AlarmLate)
		h.update(`UPDATE promise SET lease_by = 'x', lease_until = $1`, h.clock.Now()+clock.Second)
		want()
		h.clock.Step(community.AuditGrace + 2*clock.Second)
		want(community.AlarmAbandoned)
		h.update(`UPDATE promise SET lease_by = 'x', lease_until = $1`, h.clock.Now()+clock.Day) // from before the clock was set back
		want(community.AlarmAbandoned)
		h.update(`UPDATE promise SET lease_by = '', lease_until = 0, version = 2`)
		want(community.AlarmUnknown)
		h.update(`INSERT INTO resting (n, since) VALUES (1, 1)`)
		want() // whoever restored knows
		h.update(`DELETE FROM resting`)
		h.update(`UPDATE promise SET version = 1, attempts = 13, lease_until = $1`, h.clock.Now()+clock.Minute)
		want(community.AlarmFailing)
		h.update(`DELETE FROM promise`)
		h.update(`INSERT INTO message (id, person, item, channel, template, about, made_at, due_at, state, attempts, doubts, last_at, over_at, ref)
			VALUES ($1, NULL, NULL, 'email', 'notice', $1, 1, 1, 'pending', 0, 0, 0, 0, '')`, make([]byte, 16))
		want(community.AlarmStuck)
		h.update(`DELETE FROM message`)
		must(t, h.db.Update(ctx, func(tx *store.Tx) error {
			return witness.NewQueue([]byte("test"), nil).Enqueue(tx, witness.Hash{1}, "entry", h.clock.Now())
		}))
		want()
		h.clock.Step(11 * clock.Second)
		want(community.AlarmUnsigned)
		h.update(`DELETE FROM log_queue`)
		h.update(`INSERT INTO log_checkpoint (log, size, at, note) VALUES (1, 1, $1, '')`, h.clock.Now()+clock.Minute)
		want(community.AlarmClock)
		h.update(`DELETE FROM log_checkpoint`)
		h.set("backup", 0) // by a Beside that was told where backups go; this one was not
		h.set("trial", 0)
		h.clock.Step(clock.Hour)
		want()
		h.clock.Step(clock.Day)
		want(community.AlarmBackup)
		h.update(`UPDATE promise SET lease_by = 'x', lease_until = $1`, h.clock.Now()+12*clock.Hour) // it is being made
		want()
		h.update(`INSERT INTO proof (kind, about, at, fault) VALUES ($1, '', 1, 'broken')`, community.ProvenSelf)
		want(community.AlarmTrial)
		h.update(`DELETE FROM proof`)
		must(t, h.db.Close())
		want(community.AlarmDatabase)
	})
}

// TestTheAuditorKnowsTheRunnersTimes: it says them again, instead of asking the one it looks after.
func TestTheAuditorKnowsTheRunnersTimes(t *testing.T) {
	if longest := promise.Wait(99); longest != 15*clock.Minute {
		t.Errorf("the longest wait is %d minutes: the auditor must know", longest/clock.Minute)
	}
}

// TestTheRootKeyAndCarriersAreLookedAt: a file that is gone is told while the program still has the key, and a message of
// a channel without a carrier is not only late.
func TestTheRootKeyAndCarriersAreLookedAt(t *testing.T) {
	h := newAudited(t, ready.Folder(t))
	var gone error
	said := &strings.Builder{}
	a := community.NewAuditor(community.AuditConfig{
		DB: h.db, Keys: sound{}, Clock: h.clock, Log: slog.New(slog.NewTextHandler(said, nil)),
		Root: func() error { return gone }, Carries: func(string) bool { return false },
	})
	if got := a.Once(ctx); len(got) != 0 {
		t.Fatalf("it says %v", got)
	}
	gone = fs.ErrNotExist
	h.update(`INSERT INTO message (id, person, item, channel, template, about, made_at, due_at, state, attempts, doubts, last_at, over_at, ref)
		VALUES ($1, NULL, NULL, 'email', 'notice', $1, 1, 1, 'pending', 0, 0, 0, 0, '')`, make([]byte, 16))
	want := []community.Alarm{{Code: community.AlarmStuck, Count: 1}, {Code: community.AlarmRootGone, Count: 1}, {Code: community.AlarmNoCarrier, Count: 1}}
	if got := a.Once(ctx); !slices.Equal(got, want) {
		t.Errorf("it says %v", got)
	}
	for _, hint := range []string{"Do not restart. See lost-root-key.md", "no mail server"} {
		if !strings.Contains(said.String(), hint) {
			t.Errorf("the log does not say %q: %s", hint, said)
		}
	}
}

// TestWhatADeadNodeHeldIsOnItsWay: after a start nobody is woken because of it before it could be taken over.
func TestWhatADeadNodeHeldIsOnItsWay(t *testing.T) {
	h := newAudited(t, ready.Folder(t))
	h.alive, h.next = true, map[id.Promise]clock.Time{}
	h.die()
	h.clock.Step(clock.Hour)
	began := h.clock.Now()
	a := community.NewAuditor(community.AuditConfig{
		DB: h.db, Keys: sound{}, Clock: h.clock, Known: h.runner.Known(), Steady: func() clock.Time { return h.clock.Now() - began },
	})
	h.clock.Step(clock.Minute)
	if got := a.Once(ctx); len(got) != 0 {
		t.Errorf("a minute after the start it says %v", got)
	}
	h.clock.Step(community.AuditEvery)
	if got := a.Once(ctx); len(got) != 1 || got[0].Code != community.AlarmAbandoned {
		t.Errorf("nobody takes it over, and it says %v", got)
	}
}

func TestAFullDisk(t *testing.T) {
	const gigabyte = 1 << 30
	for _, x := range []struct {
		free, total int64
		alarm       bool
	}{{0, 0, false}, {50 * gigabyte, 100 * gigabyte, false}, {gigabyte / 2, 100 * gigabyte, true}, {gigabyte / 2, gigabyte, false}, {gigabyte / 20, gigabyte, true}} {
		a := community.NewAuditor(community.AuditConfig{
			DB: open(t, ready.Folder(t), ""), Keys: sound{}, Clock: clock.NewManual(began),
			Disks: func() []community.Disk { return []community.Disk{{Free: x.free, Total: x.total}} },
		})
		if got := len(a.Once(ctx)) > 0; got != x.alarm {
			t.Errorf("%d of %d bytes are free: alarm %v", x.free, x.total, got)
		}
	}
}

// TestARootKeyFileThatStaysBehind: it is told when it lasts, not while a program is about to write it.
func TestARootKeyFileThatStaysBehind(t *testing.T) {
	c, behind := clock.NewManual(began), 0
	a := community.NewAuditor(community.AuditConfig{
		DB: open(t, ready.Folder(t), ""), Keys: sound{}, Clock: c, FilesBehind: func(context.Context) (int, error) { return behind, nil },
	})
	looks := func(want int) {
		t.Helper()
		got := 0
		for _, x := range a.Once(ctx) {
			if x.Code == community.AlarmRootKey {
				got = x.Count
			}
		}
		if got != want {
			t.Errorf("it says %d, want %d", got, want)
		}
	}
	looks(0)
	behind = 2
	looks(0)
	c.Step(20 * clock.Second)
	behind = 0
	looks(0)
	behind = 2
	looks(0)
	c.Step(31 * clock.Second)
	looks(2)
	behind = 0
	looks(0)
}
