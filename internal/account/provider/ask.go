package provider

import (
	"context"
	"crypto/hmac"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"beside/internal/clock"
)

const (
	// askWithin is how long one question may take, with all its parts.
	askWithin = 8 * time.Second
	// knownFor is how long what the provider says of itself is taken as it is. Its keys are asked for anew whenever a token
	// names one that is not known.
	knownFor = clock.Day
	// downFor is how long a provider that did not answer is not asked again, so that a queue of people does not wait for each.
	downFor = 3 * clock.Second
	// youngest is how old an ID token may be: it comes straight from the provider.
	youngest = 10 * time.Minute
	// maxSubject is the longest subject (OpenID Connect Core §2), in bytes.
	maxSubject = 255
)

// algorithms are those whose signatures only the provider can make. A secret that both know, and "none", are not among them.
var algorithms = []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.EdDSA}

// asking asks a real provider. Whatever it says that does not fit becomes one of the errors of this package, without its
// words: they are a stranger's.
type asking struct {
	settings Settings
	redirect string
	clock    clock.Clock
	http     *http.Client
	reach    *reach

	mu      sync.Mutex // held while the provider is asked about itself, so that it is asked once
	known   *known
	downTil clock.Time
}

// known is what the provider says of itself.
type known struct {
	oauth2.Config
	verifier *oidc.IDTokenVerifier
	tellsISS bool // it names itself in each answer (RFC 9207)
	until    clock.Time
}

func newAsking(c Config, issuer *url.URL) *asking {
	r := newReach(issuer)
	return &asking{
		settings: c.Settings, redirect: c.Redirect, clock: c.Clock, reach: r,
		http: &http.Client{Transport: r, Timeout: askWithin, CheckRedirect: func(*http.Request, []*http.Request) error { return errElsewhere }},
	}
}

// within is a context of our own: what one browser began others wait for, so that leaving does not end it.
func (a *asking) within(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(oidc.ClientContext(context.WithoutCancel(ctx), a.http), askWithin)
}

// about returns what the provider says of itself. When it does not answer, what it said before still holds.
func (a *asking) about(ctx context.Context) (*known, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.clock.Now()
	if a.known != nil && now < a.known.until && now > a.known.until-2*knownFor {
		return a.known, nil
	}
	if now >= a.downTil || now < a.downTil-downFor {
		k, err := a.discover(ctx)
		if err == nil {
			k.until = now + knownFor
			a.known = k
			return k, nil
		}
		a.downTil = a.clock.Now() + downFor
	}
	if a.known == nil {
		return nil, ErrDown
	}
	return a.known, nil
}

func (a *asking) discover(ctx context.Context) (*known, error) {
	ctx, done := a.within(ctx)
	defer done()
	p, err := oidc.NewProvider(ctx, a.settings.Issuer)
	if err != nil {
		return nil, err
	}
	var more struct {
		Keys     string   `json:"jwks_uri"`
		Methods  []string `json:"token_endpoint_auth_methods_supported"`
		TellsISS bool     `json:"authorization_response_iss_parameter_supported"`
	}
	if err := p.Claims(&more); err != nil {
		return nil, err
	}
	at := p.Endpoint()
	if u, err := url.Parse(at.AuthURL); err != nil || !safe(u, a.reach.issuer) {
		return nil, errElsewhere
	}
	if err := a.reach.open(at.TokenURL, more.Keys); err != nil {
		return nil, err
	}
	at.AuthStyle = oauth2.AuthStyleInHeader
	if a.settings.Secret == "" || more.Methods != nil && !slices.Contains(more.Methods, "client_secret_basic") {
		at.AuthStyle = oauth2.AuthStyleInParams
	}
	return &known{
		Config:   oauth2.Config{ClientID: a.settings.ID, ClientSecret: a.settings.Secret, Endpoint: at, RedirectURL: a.redirect, Scopes: []string{oidc.ScopeOpenID}},
		verifier: p.Verifier(&oidc.Config{ClientID: a.settings.ID, SupportedSigningAlgs: algorithms, Now: func() time.Time { return a.clock.Now().Std() }}),
		tellsISS: more.TellsISS,
	}, nil
}

func (a *asking) address(ctx context.Context, s secrets, fresh bool) (string, error) {
	k, err := a.about(ctx)
	if err != nil {
		return "", err
	}
	with := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(s.verifier), oidc.Nonce(s.nonce)}
	if fresh {
		with = append(with, oauth2.SetAuthURLParam("prompt", "login"), oauth2.SetAuthURLParam("max_age", "0"))
	}
	return k.AuthCodeURL(s.state, with...), nil
}

func (a *asking) who(ctx context.Context, code, issuer string, s secrets, since clock.Time) (string, error) {
	k, err := a.about(ctx)
	if err != nil {
		return "", err
	}
	if issuer == "" && k.tellsISS || issuer != "" && issuer != a.settings.Issuer {
		return "", ErrOver // an answer of another provider
	}
	ctx, done := a.within(ctx)
	defer done()
	token, err := k.Exchange(ctx, code, oauth2.VerifierOption(s.verifier))
	if err != nil {
		if no, ok := errors.AsType[*oauth2.RetrieveError](err); ok && no.Response.StatusCode < http.StatusInternalServerError {
			return "", ErrOver
		}
		return "", ErrDown
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := k.verifier.Verify(ctx, raw)
	if err != nil {
		return "", ErrOver
	}
	if !a.fits(id, s, since) {
		return "", ErrOver
	}
	return id.Subject, nil
}

// fits makes the checks of OpenID Connect Core §3.1.3.7 that the library leaves to us.
func (a *asking) fits(t *oidc.IDToken, s secrets, since clock.Time) bool {
	var more struct {
		For      string  `json:"azp"`
		SignedIn float64 `json:"auth_time"` // seconds
	}
	if err := t.Claims(&more); err != nil {
		return false
	}
	age := a.clock.Now().Std().Sub(t.IssuedAt)
	switch {
	case !hmac.Equal([]byte(t.Nonce), []byte(s.nonce)):
		return false
	case len(t.Audience) > 1 && more.For == "" || more.For != "" && more.For != a.settings.ID:
		return false
	case age > youngest || age < -youngest:
		return false
	case since != 0 && clock.Time(more.SignedIn)*clock.Second < since:
		return false
	}
	return t.Subject != "" && len(t.Subject) <= maxSubject
}
