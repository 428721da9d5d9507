//go:build !release

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"time"

	"beside/demo"
	"beside/internal/book"
	"beside/internal/clock"
)

// demoCommands are the commands that a release does not have.
type demoCommands struct {
	Demo demoCommand `cmd:"" help:"Meet a small sample community. Everybody in it is made up."`
}

// demoCommand is "beside demo".
type demoCommand struct {
	Dir          string `help:"The folder of the demo, made and filled at the first start." default:"./beside-demo" placeholder:"FOLDER"`
	Addr         string `help:"Host and port to listen on." default:"127.0.0.1:8080"`
	Jurisdiction string `help:"The place whose numbers and law are told, such as us-or or gb-eng; the community itself is made up." default:"us" placeholder:"PLACE"`
	Seed         uint64 `help:"Chance for the hours at which things happen, at the first start." default:"1"`
}

// Run serves the demo until ctx ends.
func (d *demoCommand) Run(ctx context.Context) (err error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", d.Addr) // before anything is made: a port that is taken is told at once
	if err != nil {
		return err
	}
	a, cast, filled, err := demo.Open(ctx, demo.Config{
		Dir: d.Dir, Addr: l.Addr().String(), PublicURL: byName(l.Addr()), Seed: d.Seed, TZ: time.Local, Jurisdiction: strings.ToLower(d.Jurisdiction), Clock: clock.System(),
		Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	if err != nil {
		return errors.Join(err, l.Close())
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	if err := d.introduce(os.Stdout, a.Config.PublicURL, cast, filled); err != nil {
		return errors.Join(err, l.Close())
	}
	return a.Serve(ctx, l)
}

// byName is the address of a demo as people type it: passkeys want a name, and this machine's own is localhost.
func byName(at net.Addr) string {
	if t, ok := at.(*net.TCPAddr); ok && t.IP.IsLoopback() {
		return fmt.Sprintf("http://localhost:%d", t.Port)
	}
	return "" // as it is listened to
}

// introduce prints where to go and whom one can step into.
func (d *demoCommand) introduce(to io.Writer, address string, cast demo.Cast, filled bool) error {
	var b strings.Builder
	if filled {
		fmt.Fprintf(&b, "A small community has been made in %s. Everybody in it is made up.\n", d.Dir)
	} else {
		fmt.Fprintf(&b, "This is the community in %s, as you left it. To have it made anew, stop, and delete that folder.\n", d.Dir)
	}
	fmt.Fprintf(&b, "\n  Open  %s%s  and step in as one of them:\n", address, demo.StepIn)
	for _, g := range []struct {
		hat  book.Hat
		says string
	}{{book.HatSelf, "People with a book of their own"}, {book.HatWorker, "Those who walk with them"}, {book.HatTeam, "The centre team"}} {
		fmt.Fprintf(&b, "\n%s\n", g.says)
		for _, p := range cast {
			if p.Hat == g.hat {
				fmt.Fprintf(&b, "  %s\n      signs in with: %s\n", p.About, p.SignIn)
			}
		}
	}
	fmt.Fprintf(&b, "\nWhat there is to try, and as whom, stands at the end of that page: %s%s#try\n", address, demo.StepIn)
	fmt.Fprintf(&b, "Stepping in opens the worker’s and the team’s pages too; signing in with words and passphrase opens somebody’s own book alone.\n")
	fmt.Fprintf(&b, "Everybody’s passphrase is: %s\nYou can also begin a book of your own at %s. Ctrl-C ends the demo.\n", demo.Passphrase, address)
	_, err := io.WriteString(to, b.String())
	return err
}
