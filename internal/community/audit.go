package community

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/mutant"
	"beside/internal/promise"
	"beside/internal/store"
)

// AlarmCode says what should not be.
type AlarmCode string

// The alarms, in the order in which they are shown.
const (
	AlarmDatabase  AlarmCode = "database"   // it does not answer
	AlarmKeys      AlarmCode = "keys"       // the keyring does not answer, or does not fit
	AlarmDisk      AlarmCode = "disk"       // a disk is nearly full
	AlarmClock     AlarmCode = "clock"      // this machine's clock says a time that is over
	AlarmLate      AlarmCode = "late"       // promises whose next step nobody took
	AlarmAbandoned AlarmCode = "abandoned"  // promises that somebody claimed and never came back to
	AlarmUnknown   AlarmCode = "unknown"    // promises of a kind or version that nobody keeps
	AlarmFailing   AlarmCode = "failing"    // promises that were tried again and again
	AlarmStuck     AlarmCode = "stuck"      // messages under way that nothing will send
	AlarmRootKey   AlarmCode = "rootkey"    // root key files that cannot be written, so that no certificate of erasing comes
	AlarmUnsigned  AlarmCode = "unsigned"   // leaves that wait too long to be signed into the log
	AlarmRootGone  AlarmCode = "root-gone"  // the file of the root key is gone, while the program still has the key
	AlarmNoCarrier AlarmCode = "no-carrier" // messages wait for which no mail server or gateway is set
	AlarmBackup    AlarmCode = "backup"     // no backup was made when it should have been
	AlarmTrial     AlarmCode = "trial"      // the newest backup was tried, and something is wrong with it
)

// AlarmCodes are all of them.
var AlarmCodes = []AlarmCode{
	AlarmDatabase, AlarmKeys, AlarmDisk, AlarmClock, AlarmLate, AlarmAbandoned, AlarmUnknown, AlarmFailing, AlarmStuck, AlarmRootKey, AlarmUnsigned,
	AlarmRootGone, AlarmNoCarrier, AlarmBackup, AlarmTrial,
}

// hints say in the log what to do about an alarm, where waiting makes it worse.
var hints = map[AlarmCode]string{
	AlarmRootGone:  "The file of the root key is gone. Do not restart. See lost-root-key.md",
	AlarmNoCarrier: "Messages wait, and no mail server or text gateway is set for them. Say --smtp-… or --text-…",
	AlarmBackup:    "No backup was made for more than a day. Say --backup-to and --keyring-to to serve, or see why it fails",
	AlarmTrial:     "The newest backup was tried and is not good. Make another with beside backup --anew, and see restore.md",
}

// Alarm is something that should not be.
type Alarm struct {
	Code  AlarmCode
	Count int // of what is concerned; 1 where there is nothing to count
}

// How long anything may be late before it is an alarm, and how often an auditor looks: whatever goes wrong is found within
// the two together.
const (
	AuditGrace = clock.Minute
	AuditEvery = 10 * clock.Second
)

const (
	// unsignedGrace is how late a leaf may be signed; one second is what is promised.
	unsignedGrace = 10 * clock.Second
	// clockGrace is how far behind what it signed before a clock may be.
	clockGrace = 5 * clock.Second
	// claimLasts and waitLasts are the longest lease of a claim and the longest wait between attempts. They are said here
	// again, as the auditor takes nothing on trust from the runner; a test compares them.
	claimLasts = clock.Minute
	waitLasts  = 15 * clock.Minute
	// fileGrace is how long a root key file may stay behind.
	fileGrace = 30 * clock.Second
	// manyAttempts are an hour of trying.
	manyAttempts = 12
	// slowGrace is how late a backup or a trial of one may be.
	slowGrace = clock.Day
	// diskShare and diskBytes: a disk with less than both left is nearly full.
	diskShare = 0.05
	diskBytes = 1 << 30
)

// Disk is a place that fills.
type Disk struct{ Free, Total int64 } // bytes

func (d Disk) nearlyFull() bool {
	return d.Total > 0 && d.Free < diskBytes && float64(d.Free) < diskShare*float64(d.Total) || d.Total > 0 && d.Free < diskBytes/10
}

// AuditConfig is what an [Auditor] needs.
type AuditConfig struct {
	DB    *store.DB
	Keys  Keys
	Clock clock.Clock
	Known []string      // "kind version" of every promise that is kept here
	Disks func() []Disk // optional: where the data is
	Log   *slog.Logger  // optional
	// FilesBehind, which is optional, counts the programs whose root key file stays behind; for some seconds that is nothing.
	FilesBehind func(context.Context) (int, error)

	Root    func() error              // optional: why the file of the root key cannot be reached, nil when it can
	Carries func(channel string) bool // optional: whether there is a carrier for a channel of messages

	// Steady, which is optional, tells how long ago the auditor was made, by a clock that nobody sets.
	Steady func() clock.Time
}

// Auditor makes sure, apart from those who do the work, that it is done: every open promise has a next step that is not
// overdue, every message under way will be sent, every leaf is signed. It reads tables only, and shares no code with the
// runner, the post and the log. It says nothing while promises rest (promise.Rest). Safe for concurrent use.
type Auditor struct {
	c AuditConfig

	mu     sync.Mutex
	alarms []Alarm
	behind clock.Time // since when a root key file stays behind; 0 when none does
}

// NewAuditor returns an auditor that has not looked yet.
func NewAuditor(c AuditConfig) *Auditor {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Disks == nil {
		c.Disks = func() []Disk { return nil }
	}
	if c.Root == nil {
		c.Root = func() error { return nil }
	}
	if c.Carries == nil {
		c.Carries = func(string) bool { return true }
	}
	if c.Steady == nil {
		c.Steady = clock.Steady()
	}
	return &Auditor{c: c}
}

// Run looks every [AuditEvery] until ctx ends.
func (a *Auditor) Run(ctx context.Context) {
	tick := time.NewTicker(time.Duration(AuditEvery) * time.Microsecond)
	defer tick.Stop()
	for { // not at once: what was due while nothing ran is on its way first
		select {
		case <-tick.C:
			a.Once(ctx)
		case <-ctx.Done():
			return
		}
	}
}

// Alarms returns what was found when it was last looked.
func (a *Auditor) Alarms() []Alarm {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.alarms)
}

// Once looks now, and returns what should not be. What begins and what ends is logged.
func (a *Auditor) Once(ctx context.Context) []Alarm {
	within, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	found := a.look(within)
	if ctx.Err() != nil {
		return nil // it was told to stop: nothing is wrong
	}
	a.mu.Lock()
	before := a.alarms
	a.alarms = found
	a.mu.Unlock()
	for _, x := range found {
		if !has(before, x.Code) {
			said := []any{"what", string(x.Code), "count", x.Count}
			if do := hints[x.Code]; do != "" {
				said = append(said, "do", do)
			}
			a.c.Log.Error("alarm", said...)
		}
	}
	for _, x := range before {
		if !has(found, x.Code) {
			a.c.Log.Info("alarm is over", "what", string(x.Code))
		}
	}
	return slices.Clone(found)
}

func has(list []Alarm, code AlarmCode) bool {
	return slices.ContainsFunc(list, func(x Alarm) bool { return x.Code == code })
}

func (a *Auditor) look(ctx context.Context) []Alarm {
	n := map[AlarmCode]int{}
	for _, d := range a.c.Disks() {
		if d.nearlyFull() {
			n[AlarmDisk]++
		}
	}
	if a.c.Keys.Check(ctx) != nil {
		n[AlarmKeys] = 1
	}
	n[AlarmRootKey] = a.filesBehind(ctx)
	if a.c.Root() != nil {
		n[AlarmRootGone] = 1
	}
	var read map[AlarmCode]int
	err := a.c.DB.View(ctx, func(tx *store.Tx) (err error) {
		read, err = a.read(tx)
		return err
	})
	if err != nil {
		n[AlarmDatabase] = 1
	}
	var out []Alarm
	for _, code := range AlarmCodes {
		if count := n[code] + read[code]; count > 0 {
			out = append(out, Alarm{Code: code, Count: count})
		}
	}
	return out
}

// filesBehind counts the root key files that have stayed behind for too long.
func (a *Auditor) filesBehind(ctx context.Context) int {
	if a.c.FilesBehind == nil {
		return 0
	}
	n, err := a.c.FilesBehind(ctx)
	if err != nil {
		return 0 // AlarmKeys says so
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.c.Clock.Now()
	switch {
	case n == 0:
		a.behind = 0
	case a.behind == 0 || now < a.behind:
		a.behind = now
	}
	if n == 0 || now-a.behind < fileGrace {
		return 0
	}
	return n
}

func (a *Auditor) read(tx *store.Tx) (map[AlarmCode]int, error) {
	n, now := map[AlarmCode]int{}, a.c.Clock.Now()
	rest, err := promise.Resting(tx)
	if err != nil {
		return nil, err
	}
	steps := []func(*store.Tx, clock.Time, map[AlarmCode]int) error{a.log}
	if rest == 0 {
		steps = append(steps, a.promises, a.failing, a.messages, a.carriers, a.backups)
	}
	for _, step := range steps {
		if err := step(tx, now, n); err != nil {
			return nil, errs.Wrap("community: audit", err)
		}
	}
	return n, nil
}

// promises finds the open ones whose next step is overdue. The next step is when it is due, when a claim ends, or when a
// wait does. A claim or wait that ends later than any could is one from before a clock was set back, and counts as ended. What
// a node held that died while none ran is first watched for as long as a claim lasts (promise.Options).
func (a *Auditor) promises(tx *store.Tx, now clock.Time, n map[AlarmCode]int) error {
	late := now - AuditGrace
	return store.Each(tx, `SELECT kind, version, CASE WHEN lease_by <> '' THEN 1 ELSE 0 END AS claimed, COUNT(*) FROM promise
		WHERE state = 'open' AND due_at < $1 AND kind <> 'backup' AND kind <> 'trial'
			AND (lease_until < $1 OR lease_by <> '' AND lease_until > $2 OR lease_by = '' AND lease_until > $3)
		GROUP BY kind, version, claimed`, []any{late, now + claimLasts + AuditGrace, now + waitLasts + AuditGrace}, func(scan func(...any) error) error {
		var kind string
		var version, claimed, count int
		if err := scan(&kind, &version, &claimed, &count); err != nil {
			return err
		}
		switch {
		case claimed == 1 && (mutant.On("audit-abandoned") || a.c.Steady() < claimLasts+AuditEvery):
		case claimed == 1:
			n[AlarmAbandoned] += count
		case !slices.Contains(a.c.Known, fmt.Sprintf("%s %d", kind, version)):
			n[AlarmUnknown] += count
		default:
			n[AlarmLate] += count
		}
		return nil
	})
}

func (a *Auditor) failing(tx *store.Tx, now clock.Time, n map[AlarmCode]int) error {
	var count int
	err := tx.Row(`SELECT COUNT(*) FROM promise WHERE state = 'open' AND due_at <= $1 AND attempts >= $2`, now, manyAttempts).Scan(&count)
	n[AlarmFailing] += count
	return err
}

// messages finds those that are under way while no promise is open that would send them.
func (a *Auditor) messages(tx *store.Tx, now clock.Time, n map[AlarmCode]int) error {
	var count int
	err := tx.Row(`SELECT COUNT(*) FROM message WHERE over_at = 0 AND due_at < $1
		AND NOT EXISTS (SELECT 1 FROM promise WHERE promise.id = message.id AND promise.state = 'open')`, now-AuditGrace).Scan(&count)
	n[AlarmStuck] += count
	return err
}

// carriers finds messages under way that this program has no way to send. It says so only for what should have been sent.
func (a *Auditor) carriers(tx *store.Tx, now clock.Time, n map[AlarmCode]int) error {
	return store.Each(tx, `SELECT channel, COUNT(*) FROM message WHERE over_at = 0 AND due_at < $1 GROUP BY channel`, []any{now - AuditGrace},
		func(scan func(...any) error) error {
			var channel string
			var count int
			err := scan(&channel, &count)
			if err == nil && !a.c.Carries(channel) {
				n[AlarmNoCarrier] += count
			}
			return err
		})
}

// backups finds whether copies are made and good. They take longer than other promises, hours perhaps, and only a Beside that
// was told where they go keeps them: so they are late in their own way, whoever serves.
func (a *Auditor) backups(tx *store.Tx, now clock.Time, n map[AlarmCode]int) error {
	if mutant.On("audit-backups") {
		return nil
	}
	var late, bad int
	err := tx.Row(`SELECT (SELECT COUNT(*) FROM promise WHERE state = 'open' AND due_at < $1 AND kind IN ('backup', 'trial') AND lease_until < $2),
		(SELECT COUNT(*) FROM proof WHERE kind = $3 AND fault <> '')`, now-slowGrace, now, ProvenSelf).Scan(&late, &bad)
	n[AlarmBackup] += min(late, 1)
	n[AlarmTrial] += bad
	return err
}

// log finds leaves that wait, and a head that was signed after now.
func (a *Auditor) log(tx *store.Tx, now clock.Time, n map[AlarmCode]int) error {
	var oldest, signed clock.Time
	err := tx.Row(`SELECT COALESCE((SELECT queued_at FROM log_queue ORDER BY n LIMIT 1), 0),
		COALESCE((SELECT at FROM log_checkpoint ORDER BY log DESC, size DESC LIMIT 1), 0)`).Scan(&oldest, &signed)
	if oldest != 0 && oldest < now-unsignedGrace {
		n[AlarmUnsigned] = 1
	}
	if signed > now+clockGrace {
		n[AlarmClock] = 1
	}
	return err
}
