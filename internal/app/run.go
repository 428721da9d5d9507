package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/web/page"
)

const (
	// stopWithin is how long what is under way may take when serving ends.
	stopWithin = 15 * time.Second
	// sweepEvery is how often sessions that are over are swept out.
	sweepEvery = time.Hour
	// beatEvery is how often the keyring is asked what was erased.
	beatEvery = 2 * time.Second
	// resumeEvery is how often it is looked for a rotation of the root key that was broken off.
	resumeEvery = time.Minute
)

// Serve answers on a listener until ctx ends; then it lets what is under way finish. It closes the listener.
func (a *App) Serve(ctx context.Context, l net.Listener) error {
	server := page.Server(a.Handler())
	server.ErrorLog = slog.NewLogLogger(quietly{a.Config.Log.Handler()}, slog.LevelError)
	watching, unwatch := context.WithCancel(context.WithoutCancel(ctx)) // also while it stops
	defer unwatch()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 2)
	if a.Config.WatchAddr != "" {
		w, err := new(net.ListenConfig).Listen(ctx, "tcp", a.Config.WatchAddr)
		if err != nil {
			return fmt.Errorf("app: watch: %w", err)
		}
		go func() {
			if err := a.serveWatch(watching, w); err != nil {
				ended <- err
			}
		}()
	}
	behind := a.behind(ctx)
	go func() { ended <- server.Serve(keepDoor(l, a.Config.Proxies)) }()
	a.Config.Log.Info("serving", "addr", l.Addr().String(), "engine", string(a.DB.Engine()))
	select {
	case err := <-ended:
		stop()
		<-behind
		return fmt.Errorf("app: serving: %w", err)
	case <-ctx.Done():
	}
	err := a.drain(server)
	<-behind
	return err
}

// drain lets requests that are under way finish. It does not use the context that has ended.
func (a *App) drain(server *http.Server) error {
	a.ready.draining.Store(true)
	if a.Config.Drain > 0 { // whoever sends people here sees it, and sends them elsewhere
		a.Config.Log.Info("stopping", "after", a.Config.Drain.String())
		time.Sleep(a.Config.Drain)
	}
	ctx, cancel := context.WithTimeout(context.Background(), stopWithin)
	defer cancel()
	err := server.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = errors.Join(fmt.Errorf("app: some requests were still under way after %s", stopWithin), server.Close())
	}
	a.Config.Log.Info("stopped serving")
	return err
}

// behind does what is not an answer to a request, until ctx ends; then it closes the channel it returns.
func (a *App) behind(ctx context.Context) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		var both sync.WaitGroup
		both.Go(func() { a.sweep(ctx) })
		both.Go(func() { a.Log.Run(ctx) })
		both.Go(func() { a.beat(ctx) })
		both.Go(func() { a.try(ctx) })
		both.Go(func() { a.Auditor.Run(ctx) })
		both.Go(func() {
			if err := a.Promises.Run(ctx); err != nil {
				a.Config.Log.Error("promises", "err", err.Error())
			}
		})
		both.Wait()
	}()
	return done
}

// try makes backups and tries them, where that was asked for.
func (a *App) try(ctx context.Context) {
	if a.Trials == nil {
		return
	}
	if err := a.Trials.Run(ctx); err != nil {
		a.Config.Log.Error("backups", "err", err.Error())
	}
}

// beat asks the keyring every few seconds what was erased, so that who erases need not wait long.
func (a *App) beat(ctx context.Context) {
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	var said clock.Time // when it was told that the keyring does not answer: it is told once, then each minute
	for n := 0; ; n++ {
		if n%int(resumeEvery/beatEvery) == 0 {
			a.resume(ctx)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		err := a.Vault.Beat(ctx)
		if err == nil {
			said = 0
			continue
		}
		if now := a.Clock.Now(); ctx.Err() == nil && (said == 0 || now < said || now-said >= clock.Minute) {
			said = now
			a.Config.Log.Warn("asking the keyring", "kind", errs.KindOf(err).String(), "err", err.Error())
		}
	}
}

// resume ends a rotation of the root key that was broken off, once every node has the new key.
func (a *App) resume(ctx context.Context) {
	ended, err := a.Vault.Resume(ctx)
	switch {
	case err != nil && ctx.Err() == nil:
		a.Config.Log.Warn("a rotation of the root key is not at its end", "kind", errs.KindOf(err).String(), "err", err.Error())
	case ended:
		a.Config.Log.Info("a rotation of the root key is at its end: older recovery copies open nothing any more, make a new one with: beside root-key copy")
	}
}

// checkCopy brings the copy of the keyring up, when another program changed the keyring without it.
func (a *App) checkCopy(ctx context.Context) error {
	behind, err := a.Vault.CheckCopy(ctx)
	if behind {
		a.Config.Log.Warn("the copy of the keyring was behind: a Beside from before changed the keyring, or the copy was away")
	}
	return err
}

func (a *App) sweep(ctx context.Context) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		if err := errors.Join(a.Accounts.Sweep(ctx), a.Passkeys.Sweep(ctx), a.Recovery.Sweep(ctx), a.Known.Sweep(ctx), a.sweepProvider(ctx), a.Post.Sweep(ctx), a.Codes.Sweep(ctx), a.Log.Sweep(ctx), a.Keeper.WarnOlder(ctx), a.checkCopy(ctx)); err != nil && ctx.Err() == nil {
			a.Config.Log.Error("sweep", "kind", errs.KindOf(err).String(), "err", err.Error())
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// quietly passes on of what the HTTP server complains about only that it cannot take connections: the rest names the
// addresses of people's devices.
type quietly struct{ slog.Handler }

// Handle passes on one line, or does not.
func (q quietly) Handle(ctx context.Context, r slog.Record) error {
	if !strings.HasPrefix(r.Message, "http: Accept error") {
		return nil
	}
	return q.Handler.Handle(ctx, r)
}
