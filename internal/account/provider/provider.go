// Package provider is coming in with the organisation's own sign-in, by OpenID Connect. It exists for workers and the centre
// team, who have an account there anyway. An organisation controls its sign-in, so it puts on hats of roles and never opens
// anybody's own book: docs/decisions/0010-what-each-way-opens.md.
//
// Who somebody is at the provider is its issuer and its subject, and nothing else: e-mail addresses and names there can be
// changed and given to others, and are neither asked for nor read. Of the two a keyed hash is kept. No token of the
// provider's is kept at all. An account there that nobody connected opens nothing, and no book is ever made from one.
//
// # A try
//
// Somebody is sent to the provider and comes back. It is for one browser, works once and lasts [TryLasts]. What makes it
// secret, the code verifier (RFC 7636) and the nonce, follows from its state under the installation's key, so that the
// database holds nothing with which a try could be finished.
//
//	(none) ──Begin──▶ open ──Back, in the browser that began it──▶ used
//	                   └──10 minutes──▶ over
//
// # A connection
//
// One account at the provider belongs to one person, and one person has one account there. It is made in a session of
// one's own book in which who they are was shown lately and the hat of a role can be put on. Who only took a worker's
// passphrase could otherwise connect an account of theirs, and would have the worker's hat from then on.
//
//	(none) ──Begin and Back, to connect──▶ connected ──LetGo──▶ ended
package provider

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/url"

	"beside/internal/account"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/store"
	"beside/internal/vault"
)

// Settings are those of the one provider that an installation knows. Without an issuer there is none.
type Settings struct {
	Issuer string // its address, exactly as it writes itself; https, or on this machine
	ID     string // what Beside is called there
	Secret string // what Beside shows there; "" when it is known there as a public one
	Name   string // what the organisation is called on our pages
}

// Config is what [New] needs.
type Config struct {
	Settings
	Redirect string // the address of ours to which the provider sends people back

	DB       *store.DB
	Vault    *vault.Vault
	Accounts *account.Accounts
	Clock    clock.Clock
	IDs      *id.Maker
	Rand     io.Reader // optional: the system's secure randomness when nil
	Log      *slog.Logger
}

// Provider is coming in with the organisation's own sign-in. It is safe for concurrent use.
type Provider struct {
	Config
	issuer []byte // its keyed hash
	ask    asker
}

// asker asks the provider itself.
type asker interface {
	// address returns where somebody signs in there.
	address(ctx context.Context, s secrets, fresh bool) (string, error)
	// who returns the subject of the account for which a code was given. A moment other than 0 says that they must have
	// signed in there since. The issuer that the answer named may be "".
	who(ctx context.Context, code, issuer string, s secrets, since clock.Time) (subject string, err error)
}

// What can come of a try that does not end well, beside errors of the store.
var (
	// ErrOver is a try that is over, was used, is of another browser, or whose answer does not fit.
	ErrOver = errs.New("provider: try", errs.NotOpen, "")
	// ErrDeclined is somebody who went away from the provider's page on purpose.
	ErrDeclined = errs.New("provider: answer", errs.NotOpen, "")
	// ErrDown is a provider that does not answer, or not as one.
	ErrDown = errs.New("provider: reach", errs.NotOpen, "")
	// ErrUnknown is an account there with which nobody comes in here, or somebody who has no role here any more: the two
	// are not told apart.
	ErrUnknown = errs.New("provider: who", errs.NotOpen, "")
	// ErrTaken is an account there that is connected with somebody else, or somebody who has connected another.
	ErrTaken = errs.New("provider: connect", errs.NotOpen, "")
)

// New returns the provider of an installation, nil when the settings name none. It fails when they are not whole or would
// carry secrets over a network in the clear. It asks the provider nothing yet.
func New(c Config) (*Provider, error) {
	if c.Issuer == "" {
		return nil, nil
	}
	u, err := url.Parse(c.Issuer)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("provider: the issuer must be an address like https://sign-in.example.org")
	case !safe(u, u):
		return nil, errors.New("provider: the issuer must begin with https://, unless it is on this machine")
	case c.ID == "":
		return nil, errors.New("provider: what Beside is called at the provider must be said")
	}
	if c.Rand == nil {
		c.Rand = rand.Reader
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	p := &Provider{Config: c, issuer: c.Vault.Blind("provider issuer", c.Issuer)}
	p.ask = newAsking(c, u)
	return p, nil
}

// safe reports whether an address may be asked: over https, or over http on this machine when the issuer is there too.
func safe(u, issuer *url.URL) bool {
	return u.Scheme == "https" || u.Scheme == "http" && loopback(u.Hostname()) && loopback(issuer.Hostname())
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// trouble notes what did not go well by one of our own words, and nothing of what the provider or a browser said.
func (p *Provider) trouble(ctx context.Context, err error) {
	kind := errs.KindOf(err).String()
	for what, is := range map[string]error{"over": ErrOver, "down": ErrDown, "unknown": ErrUnknown, "taken": ErrTaken, "declined": ErrDeclined} {
		if errors.Is(err, is) {
			kind = what
		}
	}
	p.Log.WarnContext(ctx, "organisation", "kind", kind)
}

// Sweep forgets the tries that are over. Errors are those of the store.
func (p *Provider) Sweep(ctx context.Context) error {
	return errs.Wrap("provider: sweep", p.DB.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`DELETE FROM provider_try WHERE until <= $1`, p.Clock.Now())
		return err
	}))
}
