package provider

import (
	"context"
	"crypto/hmac"
	"encoding/base64"
	"errors"
	"io"
	"strings"

	"beside/internal/account"
	"beside/internal/account/limit"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/mutant"
	"beside/internal/store"
)

// Kind is what a try is for.
type Kind string

// The kinds of tries.
const (
	Connect Kind = "connect" // an account at the provider with one's own book
	ComeIn  Kind = "come_in"
	Show    Kind = "show" // who one is, in a session that is open
)

// TryLasts is how long somebody may take at the provider.
const TryLasts = 10 * clock.Minute

// leeway is how far the provider's clock, or ours after it was set back, may be off.
const leeway = clock.Minute

// tries is how often somebody may be sent to the provider from one network.
var tries = limit.Limit{Name: "organisation", AtOnce: 60, Every: 10 * clock.Second}

const (
	secretBytes = 32
	maxGoesTo   = 200
)

var b64 = base64.RawURLEncoding

// secrets are what a try is made of. The verifier and the nonce follow from the state.
type secrets struct{ state, verifier, nonce string }

func (p *Provider) secretsOf(state string) secrets {
	return secrets{state, b64.EncodeToString(p.Vault.Blind("provider verifier", state)), b64.EncodeToString(p.Vault.Blind("provider nonce", state))}
}

// Beginning is somebody who wants to go to the provider.
type Beginning struct {
	Kind    Kind
	Session *account.Session // theirs; nil when they come in
	Where   account.Where
	Browser string // the secret of this browser's cookie for tries, "" when it has none
	To      string // the path they go on to afterwards; kept when it is in the pages of a role
}

// Begun is a try.
type Begun struct {
	Address string // where the browser goes
	Browser string // what its cookie for tries holds from now on, for [TryLasts]
}

// Begin makes a try. It returns NotOpen for who may not connect, TooOften, and [ErrDown].
func (p *Provider) Begin(ctx context.Context, b Beginning) (Begun, error) {
	const op = "provider: begin"
	if b.Kind == Connect && !p.mayConnect(b.Session) {
		return Begun{}, errs.New(op, errs.NotOpen, "")
	}
	if err := p.Accounts.Limits.Take(ctx, tries, []byte(b.Where.From)); err != nil {
		return Begun{}, errs.Wrap(op, err)
	}
	if err := p.Accounts.Knock(ctx, b.Where); err != nil {
		return Begun{}, errs.Wrap(op, err)
	}
	if !readable(b.Browser) {
		b.Browser = p.secret()
	}
	s := p.secretsOf(p.secret())
	out := Begun{Browser: b.Browser}
	var err error
	if out.Address, err = p.ask.address(ctx, s, b.fresh()); err != nil {
		p.trouble(ctx, err)
		return Begun{}, errs.Wrap(op, err)
	}
	return out, errs.Wrap(op, p.DB.Update(ctx, func(tx *store.Tx) error { return p.keep(tx, b, s) }))
}

// fresh reports whether they must sign in at the provider anew. Only who comes in on a device of their own need not: on
// any other, somebody else may have left the provider's page open.
func (b Beginning) fresh() bool { return b.Kind != ComeIn || !b.Where.Own }

func (p *Provider) keep(tx *store.Tx, b Beginning, s secrets) error {
	var who id.Person
	if b.Session != nil {
		who = b.Session.Person
	}
	now := p.Clock.Now()
	_, err := tx.Exec(`INSERT INTO provider_try (state, browser, issuer, kind, person, own, goes_to, made_at, until, used_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0)`,
		p.stateID(s.state), p.browserID(b.Browser), p.issuer, string(b.Kind), who, b.Where.Own, goesTo(b.To), now, now+TryLasts)
	return err
}

// goesTo keeps a path in the pages of a role, which holds nothing but our words and ids. Others can carry a secret.
func goesTo(path string) string {
	if len(path) > maxGoesTo || !strings.HasPrefix(path, "/worker") && !strings.HasPrefix(path, "/team") {
		return ""
	}
	return path
}

// mayConnect reports whether an account at the provider may be connected in a session.
func (p *Provider) mayConnect(s *account.Session) bool {
	if s == nil || s.Hat != book.HatSelf || !mutant.On("weak-connection") && !hasRole(*s) {
		return false
	}
	return s.Fresh(p.Clock.Now(), account.FreshToSend)
}

// hasRole reports whether the hat of a role can be put on in a session.
func hasRole(s account.Session) bool {
	for _, h := range s.Hats {
		if h != book.HatSelf {
			return true
		}
	}
	return false
}

// Answer is what the provider sent somebody back with.
type Answer struct {
	State, Code, Issuer string
	Error               string // its code; nothing of it is kept
	Browser             string // the secret of this browser's cookie for tries
	Session             *account.Session
	Where               account.Where
}

// Came is a try that ended well.
type Came struct {
	Kind Kind
	To   string         // where they wanted to go, "" when nowhere
	In   account.Opened // of who came in
	// Secret is what the session of who showed who they are has from now on.
	Secret string
}

// Back finishes a try: it connects, opens a session under the hat of a role, or notes in the session that its person has
// shown who they are. Of several who bring the same answer one succeeds. It returns the errors of this package.
func (p *Provider) Back(ctx context.Context, a Answer) (Came, error) {
	const op = "provider: back"
	t, err := p.use(ctx, a)
	if err != nil {
		return Came{}, p.failed(ctx, op, err)
	}
	out := Came{Kind: t.kind, To: t.goesTo}
	switch {
	case a.Error == "access_denied":
		return out, p.failed(ctx, op, ErrDeclined)
	case a.Error != "":
		return out, p.failed(ctx, op, ErrDown)
	case a.Code == "":
		return out, p.failed(ctx, op, ErrOver)
	}
	var since clock.Time
	if t.kind != ComeIn || !t.own {
		since = t.madeAt - leeway
	}
	subject, err := p.ask.who(ctx, a.Code, a.Issuer, p.secretsOf(a.State), since)
	if err != nil {
		return out, p.failed(ctx, op, err)
	}
	switch hash := p.subjectID(subject); t.kind {
	case Connect:
		err = p.connect(ctx, a.Session, hash)
	case Show:
		out.Secret, err = p.show(ctx, *a.Session, hash)
	default:
		a.Where.Own = t.own
		out.In, err = p.comeIn(ctx, a.Where, hash)
	}
	return out, p.failed(ctx, op, err)
}

func (p *Provider) failed(ctx context.Context, op string, err error) error {
	if err != nil {
		p.trouble(ctx, err)
	}
	return errs.Wrap(op, err)
}

// try is a row of provider_try.
type try struct {
	kind   Kind
	person id.Person
	own    bool
	goesTo string
	madeAt clock.Time
}

// use takes a try that is open, so that nobody else can. It is [ErrOver] for any other, and when who is signed in is not
// who began it.
func (p *Provider) use(ctx context.Context, a Answer) (t try, err error) {
	if !readable(a.State) || !readable(a.Browser) {
		return try{}, ErrOver
	}
	err = p.DB.Update(ctx, func(tx *store.Tx) error {
		now := p.Clock.Now()
		var browser []byte
		var used clock.Time
		t = try{}
		// A clock that was set back makes no try last longer.
		err := tx.Row(`SELECT browser, kind, person, own, goes_to, made_at, used_at FROM provider_try
			WHERE state = $1 AND issuer = $2 AND until > $3 AND until <= $4`, p.stateID(a.State), p.issuer, now, now+TryLasts+leeway).
			Scan(&browser, &t.kind, &t.person, &t.own, &t.goesTo, &t.madeAt, &used)
		if errors.Is(err, store.ErrNone) {
			return ErrOver
		}
		if err != nil {
			return err
		}
		if !mutant.On("other-browser") && !hmac.Equal(browser, p.browserID(a.Browser)) {
			return ErrOver
		}
		done, err := tx.Exec(`UPDATE provider_try SET used_at = $1 WHERE state = $2 AND used_at = 0`, now, p.stateID(a.State))
		if err == nil && (used != 0 || done == 0) && !mutant.On("try-twice") {
			err = ErrOver
		}
		return err
	})
	if err == nil && t.kind != ComeIn && (a.Session == nil || a.Session.Person != t.person) {
		err = ErrOver
	}
	return t, err
}

func (p *Provider) stateID(state string) []byte { return p.Vault.Blind("provider state", state) }

func (p *Provider) browserID(secret string) []byte { return p.Vault.Blind("provider browser", secret) }

// subjectID is what is kept of an account at the provider. An issuer holds no space.
func (p *Provider) subjectID(subject string) []byte {
	return p.Vault.Blind("provider subject", p.Issuer+" "+subject)
}

// secret panics when the machine has no randomness, as nothing safe can follow.
func (p *Provider) secret() string {
	b := make([]byte, secretBytes)
	if _, err := io.ReadFull(p.Rand, b); err != nil {
		panic("provider: reading randomness: " + err.Error())
	}
	return b64.EncodeToString(b)
}

// readable reports whether a secret can be one of ours.
func readable(secret string) bool {
	raw, err := b64.DecodeString(secret)
	return err == nil && len(raw) == secretBytes
}
