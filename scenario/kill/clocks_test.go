package kill

import (
	"context"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"beside/internal/account"
	"beside/internal/app"
	"beside/internal/clock"
	"beside/internal/notify"
	"beside/internal/testkit/pgtest"
)

// wrongClock is a machine's clock that is off by so much, and that somebody sets now and then.
type wrongClock struct{ off atomic.Int64 }

func (c *wrongClock) Now() clock.Time { return clock.System().Now() + clock.Time(c.off.Load()) }

// clockNode is a node in this process, because the program itself takes the time from the machine. It serves until the test ends.
func clockNode(t *testing.T, p place, c clock.Clock, mail *mailbox) (a *app.App, base string) {
	t.Helper()
	port, err := strconv.Atoi(mail.port)
	must(t, err)
	m, err := notify.NewMail(notify.SMTP{Host: "127.0.0.1", Port: port, From: "post@example.org", TLS: "none", Clock: c})
	must(t, err)
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	base = "http://" + l.Addr().String()
	a, err = app.New(t.Context(), app.Config{
		Database: p.database, Keyring: p.keyring, RootKey: p.root, Addr: l.Addr().String(), PublicURL: base, Clock: c, Mail: m,
		Hashing: account.Hashing{MemoryKiB: 64, Times: 1, AtOnce: 8},
	})
	must(t, err)
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	served := make(chan error, 1)
	go func() { served <- a.Serve(ctx, l) }()
	t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
		must(t, a.Close())
	})
	return a, base
}

// TestClocksThatDisagree has three nodes whose clocks are minutes apart, more than a lease lasts, and set again and again.
// What one node is keeping for long no other takes out of its hands: each letter is sent once, each timer is kept once.
func TestClocksThatDisagree(t *testing.T) {
	mail := newMailbox(t)
	mail.slow = 3 * time.Second // others look several times while a letter is handed over
	p := newPlace(t, pgtest.URL(t))
	p.keyring = pgtest.URL(t)
	right := &wrongClock{}
	a, base := clockNode(t, p, right, mail)
	link, err := a.HostLink(t.Context())
	must(t, err)
	tn := settle(t, base, inviting.FindString(link), 1, 2)
	wrong := []*wrongClock{{}, {}}
	for i, c := range wrong {
		c.off.Store(int64(4-8*clock.Time(i)) * int64(clock.Minute))
		clockNode(t, p, c, mail)
	}
	r, stop := luck(t), make(chan struct{})
	var setting sync.WaitGroup
	setting.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(700 * time.Millisecond):
				wrong[r.IntN(2)].off.Store(r.Int64N(int64(8*clock.Minute)) - int64(4*clock.Minute))
			}
		}
	})
	alive(tn, func() { tn.goesOn(60) })
	lettersOnce(t, tn, mail)
	set := setTimers(t, tn, a, 200, 0)
	keptOnce(t, a, set, 60*time.Second)
	forget(t, a, set)
	close(stop)
	setting.Wait()
	must(t, tn.check(t.Context(), p))
}
