package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"strings"
	"time"

	"beside/internal/app"
	"beside/internal/witness"
)

// serveCommand is "beside serve".
type serveCommand struct {
	Database      string         `help:"A folder, or a postgres:// address." default:"./beside-data" placeholder:"WHERE"`
	Keyring       string         `help:"Where keys are kept, apart from the books: another folder or postgres:// address. Usually a folder beside that of the books, with -keyring after its name." placeholder:"WHERE"`
	KeyringCopy   string         `help:"A second place for the keyring, a folder or postgres:// address on another disk: each change is written there too before it counts, by every program. It is remembered; none ends it." placeholder:"WHERE"`
	RootKey       string         `help:"The file of the root key, made at the first start. Usually root.key in a folder beside that of the books, with -root after its name." placeholder:"FILE"`
	Addr          string         `help:"Host and port to listen on." default:"127.0.0.1:8080"`
	PublicURL     string         `name:"public-url" help:"The address people type. Usually http:// and --addr." placeholder:"URL"`
	ExitURL       string         `name:"exit-url" help:"Where leaving quickly leads." default:"${exit_url}" placeholder:"URL"`
	Proxy         []netip.Prefix `help:"A network of a proxy in front, whose X-Forwarded-For is believed: it must set that header, or all who come count as one. Usually this machine, when only it is listened to. May be repeated." placeholder:"NETWORK"`
	CommunityName string         `help:"The community's name, used at the first start." default:"Beside"`
	Jurisdiction  string         `help:"The place whose law is told to people under 18, such as us-ca or gb-eng. Without it they are told to ask." placeholder:"CODE"`
	TimeZone      string         `help:"The community's time zone." default:"UTC" placeholder:"Area/Place"`
	Region        string         `help:"The country whose telephone numbers people write without a plus sign, as two letters." default:"US" placeholder:"CC"`
	SafeDays      int            `name:"safe-days" help:"After how many days somebody is asked again whether an address is safe to write to." default:"30"`
	OpenUnproven  bool           `help:"Let people join although it was never proven that what they write comes back after a lost machine. For trying things out." hidden:""`
	Witness       []string       `help:"The key of somebody outside who checks the log, as beside witness prints it. May be repeated." placeholder:"KEY"`
	WatchAddr     string         `help:"Host and port of a second listener for whoever watches: /metrics for Prometheus, /healthz, /readyz. It is not for people: keep it within your network." placeholder:"127.0.0.1:9090"`
	TraceTo       string         `help:"Send traces to this address of OpenTelemetry (OTLP over HTTP). They name routes and durations, nothing of a person." placeholder:"URL"`
	Drain         time.Duration  `help:"When told to stop, first say for so long at /readyz that it stops, so that a balancer sends people elsewhere." default:"0s"`
	Log           string         `help:"How to log, to standard error: text or json." enum:"text,json" default:"text"`

	Backups  backupSettings   `embed:""`
	Provider providerSettings `embed:"" prefix:"provider-"`
	Post     postSettings     `embed:""`
}

// Run serves until ctx ends. It listens before it opens anything, so that a second start by mistake changes nothing.
func (s *serveCommand) Run(ctx context.Context) (err error) {
	c, err := s.config(os.Stderr)
	if err != nil {
		return err
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", c.Addr)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closed(l)) }()
	a, err := app.New(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	if err := errors.Join(welcome(ctx, a, os.Stdout), warn(ctx, a, s.flags(), os.Stdout)); err != nil {
		return err
	}
	return a.Serve(ctx, l)
}

// closed closes a listener, which serving may have done before.
func closed(l net.Listener) error {
	if err := l.Close(); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

func (s *serveCommand) config(logTo io.Writer) (app.Config, error) {
	tz, err := time.LoadLocation(s.TimeZone)
	if err != nil {
		return app.Config{}, fmt.Errorf("no time zone is called %q: write it like Europe/Paris", s.TimeZone)
	}
	if s.SafeDays < 1 {
		return app.Config{}, fmt.Errorf("--safe-days is %d: it must be 1 or more", s.SafeDays)
	}
	provider, err := s.Provider.settings()
	if err != nil {
		return app.Config{}, err
	}
	to, err := s.Backups.backups()
	if err != nil {
		return app.Config{}, err
	}
	c := app.Config{
		Provider: provider, ProveFirst: !s.OpenUnproven, Backups: to,
		Database: s.Database, Keyring: s.Keyring, KeyringCopy: s.KeyringCopy, RootKey: s.RootKey, Addr: s.Addr, PublicURL: s.PublicURL,
		ExitURL: s.ExitURL, CommunityName: s.CommunityName, TZ: tz, Jurisdiction: strings.ToLower(s.Jurisdiction), Region: strings.ToUpper(s.Region), SafeDays: s.SafeDays, Proxies: s.Proxy,
		WatchAddr: s.WatchAddr, TraceTo: s.TraceTo, Drain: s.Drain,
		Log: logger(s.Log, logTo),
	}
	if c.Witnesses, err = witnessKeys(s.Witness); err != nil {
		return c, err
	}
	err = s.Post.into(&c)
	return c, err
}

// witnessKeys reads the keys of witnesses.
func witnessKeys(given []string) (keys []witness.OutsideKey, err error) {
	for _, key := range given {
		w, err := witness.ParseOutsideKey(key)
		if err != nil {
			return nil, fmt.Errorf("--witness %q: %w", key, err)
		}
		keys = append(keys, w)
	}
	if err := witness.DistinctNames(keys); err != nil {
		return nil, fmt.Errorf("--witness: %w", err)
	}
	return keys, nil
}

func logger(form string, to io.Writer) *slog.Logger {
	if form == "json" {
		return slog.New(slog.NewJSONHandler(to, nil))
	}
	return slog.New(slog.NewTextHandler(to, nil))
}

// welcome prints where to go, and the link for the first of the team while there is nobody. It is printed, not logged:
// logs are kept and read by others.
func welcome(ctx context.Context, a *app.App, to io.Writer) error {
	link, err := a.FirstLink(ctx)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(to, "Beside is at %s\n", a.Config.PublicURL); err != nil || link == "" {
		return err
	}
	_, err = fmt.Fprintf(to, "Nobody is in the centre team yet. Whoever opens this link first becomes its first member (for 7 days, until the next start):\n\n  %s\n\n", link)
	return err
}

// flags are those by which another command finds this place.
func (s *serveCommand) flags() string {
	return placeSettings{Database: s.Database, Keyring: s.Keyring, RootKey: s.RootKey}.flags()
}

// backupFlags say where backups go, as far as that is known.
func backupFlags(b app.Backups) string {
	if os.Getenv("BESIDE_BACKUP_TO") != "" && os.Getenv("BESIDE_KEYRING_TO") != "" {
		return ""
	}
	return " --backup-to " + cmp.Or(b.Books, "FOLDER") + " --keyring-to " + cmp.Or(b.Keyring, "FOLDER")
}

// warn prints what must be done before this place can be relied on.
func warn(ctx context.Context, a *app.App, flags string, to io.Writer) error {
	prove := hint("check-up", flags+backupFlags(a.Config.Backups))
	var all []string
	if w := a.Watch.Look(ctx); w.Closed {
		all = append(all, "This place is not open yet: nobody new can join. Prove first that nothing can get lost:  "+prove)
	} else if w.Unproven {
		all = append(all, "It was never proven that what is here comes back after a lost machine. Prove it:  "+prove)
	}
	if since, err := a.Resting(ctx); err != nil {
		return err
	} else if since != 0 {
		all = append(all, "This place was restored. Messages and timers rest until you say:  "+hint("release", flags))
	}
	if a.Config.Mail == nil {
		all = append(all, "No mail server is set: e-mail that waits is not sent. Say --smtp-…, see --help.")
	}
	for _, at := range []string{a.Config.Keyring, a.Config.RootKey} {
		if a.Config.Within(at) {
			all = append(all, at+" lies in the folder of the books: who copies that folder copies the keys too. docs/operations/set-up.md says how to move it.")
		}
	}
	for _, says := range all {
		if _, err := fmt.Fprintln(to, says); err != nil {
			return err
		}
	}
	return nil
}
