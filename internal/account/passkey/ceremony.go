package passkey

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"beside/internal/account"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/mutant"
	"beside/internal/store"
)

// kind is what a question is for.
type kind string

const (
	toAdd    kind = "add"
	toComeIn kind = "come_in"
	toShow   kind = "show"
)

const (
	// lasts is how long a question can be answered.
	lasts = 5 * clock.Minute
	// challengeBytes is the length of a challenge; the standard wants 16 at least (WebAuthn Level 3, 13.4.3).
	challengeBytes = 32
	// maxAnswer is the longest answer that is read, in bytes.
	maxAnswer = 16 << 10
)

// asked has the browser wait as long as we do.
var asked = webauthn.TimeoutConfig{Timeout: time.Duration(lasts) * time.Microsecond}

// bearer is a person as the standard sees one.
type bearer struct {
	handle []byte
	name   string
	keys   []webauthn.Credential
}

// WebAuthnID is what a device keeps of the person.
func (b bearer) WebAuthnID() []byte { return b.handle }

// WebAuthnName is what a device lists the passkey as.
func (b bearer) WebAuthnName() string { return b.name }

// WebAuthnDisplayName is the same once more, for devices that show it instead.
func (b bearer) WebAuthnDisplayName() string { return b.name }

// WebAuthnCredentials are the passkeys that are compared.
func (b bearer) WebAuthnCredentials() []webauthn.Credential { return b.keys }

// handle is what a device keeps of a person. It is the same for all their passkeys, so that one device keeps one, and says
// nothing without the root key.
func (p *Passkeys) handle(who id.Person) []byte { return p.vault.Blind("passkey", who.String()) }

// refused is the one answer to all that does not fit.
func refused(op string) error {
	var c errs.Check
	c.Add("answer", "passkey.refused")
	return c.Err(op)
}

// ask writes down a question and returns its challenge.
func (p *Passkeys) ask(ctx context.Context, k kind, who id.Person) (protocol.URLEncodedBase64, error) {
	challenge := make([]byte, challengeBytes)
	if _, err := io.ReadFull(p.rand, challenge); err != nil {
		panic("passkey: reading randomness: " + err.Error()) // nothing safe can follow
	}
	err := p.db.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`INSERT INTO ceremony (id_hash, kind, person, until) VALUES ($1, $2, $3, $4)`, hashOf(challenge), string(k), who, p.clock.Now()+lasts)
		return err
	})
	return challenge, err
}

func hashOf(challenge []byte) []byte {
	h := sha256.Sum256(challenge)
	return h[:]
}

// close ends a question of that kind and person, for the one who answers it first: for others it is refused. A clock that
// was set back keeps none open for longer.
func (p *Passkeys) close(tx *store.Tx, op string, k kind, who id.Person, challenge string, now clock.Time) error {
	raw, err := base64.RawURLEncoding.DecodeString(challenge)
	if err != nil {
		return refused(op)
	}
	done, err := tx.Exec(`DELETE FROM ceremony WHERE id_hash = $1 AND kind = $2 AND (person = $3 OR person IS NULL) AND until > $4 AND until <= $5`,
		hashOf(raw), string(k), who, now, now+lasts)
	if err == nil && done == 0 && !mutant.On("passkey-twice") {
		err = refused(op)
	}
	return err
}

// given is the session as the standard sees one: all of it follows from the question.
func (p *Passkeys) given(challenge string, handle []byte) webauthn.SessionData {
	return webauthn.SessionData{
		Challenge: challenge, RelyingPartyID: p.site.Config.RPID, UserID: handle, UserVerification: verified(),
		CredParams: webauthn.CredentialParametersDefault(),
	}
}

// key is a passkey as it is compared.
type key struct {
	id     id.Passkey
	person id.Person
	webauthn.Credential
}

const selectKey = `SELECT id, person, credential, public_key, flags, sign_count, transports FROM passkey`

// scanKey reads a row of selectKey.
func scanKey(scan func(...any) error) (k key, err error) {
	var flags, counted int64
	var transports string
	err = scan(&k.id, &k.person, &k.ID, &k.PublicKey, &flags, &counted, &transports)
	k.Flags = webauthn.NewCredentialFlags(protocol.AuthenticatorFlags(flags))
	k.Authenticator.SignCount = uint32(counted)
	for t := range strings.SplitSeq(transports, " ") {
		if t != "" {
			k.Transport = append(k.Transport, protocol.AuthenticatorTransport(t))
		}
	}
	return k, err
}

// find returns the passkey that a device calls by that name, if it stands.
func (p *Passkeys) find(ctx context.Context, op string, credential []byte) (k key, err error) {
	err = p.db.Glance(ctx, func(tx *store.Tx) (err error) {
		k, err = scanKey(tx.Row(selectKey+` WHERE credential = $1 AND ended_at = 0`, credential).Scan)
		return err
	})
	if errors.Is(err, store.ErrNone) {
		err = refused(op)
	}
	return k, err
}

// keysOf returns the passkeys of a person that stand, so that a device is asked for one of these, or not for another.
func (p *Passkeys) keysOf(ctx context.Context, who id.Person) (keys webauthn.Credentials, err error) {
	err = p.db.View(ctx, func(tx *store.Tx) error {
		keys = nil
		return store.Each(tx, selectKey+` WHERE person = $1 AND ended_at = 0 ORDER BY id`, []any{who}, func(scan func(...any) error) error {
			k, err := scanKey(scan)
			keys = append(keys, k.Credential)
			return err
		})
	})
	return keys, err
}

// BeginAdd returns what a browser is asked to make a passkey for the person of a session, as JSON; name is what the device will list
// it as. It returns NotOpen where passkeys are not offered, in another hat than their own, when they showed too long ago
// who they are, and for somebody with a role who has yet to show that they are who may put on its hat; and Invalid with
// the field "name" for somebody who has [Most].
func (p *Passkeys) BeginAdd(ctx context.Context, s account.Session, name string) (asking string, err error) {
	const op = "passkey: begin to add"
	if err := p.mayAdd(op, s); err != nil {
		return "", err
	}
	has, err := p.keysOf(ctx, s.Person)
	if err != nil {
		return "", errs.Wrap(op, err)
	}
	if len(has) >= Most {
		return "", enough(op)
	}
	challenge, err := p.ask(ctx, toAdd, s.Person)
	if err != nil {
		return "", errs.Wrap(op, err)
	}
	options, _, err := p.site.BeginRegistration(bearer{handle: p.handle(s.Person), name: name}, webauthn.WithExclusions(has.CredentialDescriptors()),
		func(o *protocol.PublicKeyCredentialCreationOptions) error {
			o.Challenge = challenge
			return nil
		})
	if err != nil {
		return "", errs.Wrap(op, err)
	}
	return asText(op, options.Response)
}

func (p *Passkeys) mayAdd(op string, s account.Session) error {
	if !p.Offered() || len(s.Later) > 0 {
		return errs.New(op, errs.NotOpen, "")
	}
	return p.mayChange(op, s)
}

func enough(op string) error {
	var c errs.Check
	c.AddArgs("name", "passkey.enough", map[string]any{"Most": Most})
	return c.Err(op)
}

func asText(op string, options any) (string, error) {
	b, err := json.Marshal(options)
	return string(b), errs.Wrap(op, err)
}

// Add keeps the passkey that a device made, and says so to the person. name is what it is called here. Errors are those of
// [Passkeys.BeginAdd]; Invalid with the field "answer" for what was not asked.
func (p *Passkeys) Add(ctx context.Context, s account.Session, answer string, name book.Text) error {
	const op = "passkey: add"
	if err := p.mayAdd(op, s); err != nil {
		return err
	}
	k := key{id: id.New[id.Passkey](p.ids), person: s.Person}
	sealed, err := p.seal(ctx, s, k.id, name)
	if err != nil {
		return errs.Wrap(op, err)
	}
	made, err := readMade(answer)
	if err != nil {
		return refused(op)
	}
	challenge := made.Response.CollectedClientData.Challenge
	handle := p.handle(s.Person)
	fits, err := p.site.CreateCredential(bearer{handle: handle}, p.given(challenge, handle), made)
	if err != nil {
		return refused(op)
	}
	k.Credential = *fits
	return errs.Wrap(op, p.db.Update(ctx, func(tx *store.Tx) error {
		now := p.clock.Now()
		if err := p.close(tx, op, toAdd, s.Person, challenge, now); err != nil {
			return err
		}
		if err := k.insert(tx, op, sealed, now); err != nil {
			return err
		}
		return p.accounts.Happens(tx, s.Person, account.HappenedPasskeyAdded, s.Device)
	}))
}

// insert writes a new passkey. A device never makes the same twice: one that is here already is refused, whosever it is.
func (k key) insert(tx *store.Tx, op string, name []byte, now clock.Time) error {
	var transports []string
	for _, t := range k.Transport {
		transports = append(transports, string(t))
	}
	// The account's row is the lock under which passkeys are counted.
	if _, err := tx.Exec(`UPDATE account SET passphrase = passphrase WHERE person = $1`, k.person); err != nil {
		return err
	}
	has, err := count(tx, k.person)
	if err != nil {
		return err
	}
	if has >= Most {
		return enough(op)
	}
	done, err := tx.Exec(`INSERT INTO passkey (id, person, credential, public_key, flags, sign_count, transports, name, made_at, seen_at, ended_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, 0) ON CONFLICT (credential) DO NOTHING`,
		k.id, k.person, k.ID, k.PublicKey, int64(k.Flags.ProtocolValue()), int64(k.Authenticator.SignCount), strings.Join(transports, " "), name, now)
	if err == nil && done == 0 {
		err = refused(op)
	}
	return err
}

// BeginComeIn returns what a browser is asked so that somebody comes in with a passkey, as JSON. Nobody says who they are
// first. It returns NotOpen where passkeys are not offered, and TooOften.
func (p *Passkeys) BeginComeIn(ctx context.Context, from account.Where) (asking string, err error) {
	const op = "passkey: begin to come in"
	if !p.Offered() {
		return "", errs.New(op, errs.NotOpen, "")
	}
	if err := p.accounts.Limits.Take(ctx, asksFrom, []byte(from.From)); err != nil {
		return "", errs.Wrap(op, err)
	}
	return p.askFor(ctx, op, toComeIn, id.Person{}, nil)
}

// askFor asks for one of some passkeys, or for any.
func (p *Passkeys) askFor(ctx context.Context, op string, k kind, who id.Person, keys webauthn.Credentials) (string, error) {
	challenge, err := p.ask(ctx, k, who)
	if err != nil {
		return "", errs.Wrap(op, err)
	}
	options, _, err := p.site.BeginDiscoverableLogin(webauthn.WithChallenge(challenge), webauthn.WithAllowedCredentials(keys.CredentialDescriptors()))
	if err != nil {
		return "", errs.Wrap(op, err)
	}
	return asText(op, options.Response)
}

// ComeIn opens a session for the person whose passkey answered. It returns Invalid with the field "answer" for one that
// does not fit, NotOpen where passkeys are not offered, and TooOften.
func (p *Passkeys) ComeIn(ctx context.Context, answer string, where account.Where) (account.Opened, error) {
	const op = "passkey: come in"
	if !p.Offered() {
		return account.Opened{}, errs.New(op, errs.NotOpen, "")
	}
	signed, k, err := p.signed(ctx, op, answer)
	if err == nil && len(signed.Response.UserHandle) == 0 { // without it the device was not asked who it belongs to
		err = refused(op)
	}
	if errs.Is(err, errs.Invalid) { // only what does not fit is a try: nobody keeps others out by using the allowance up
		if often := p.accounts.Knock(ctx, where); often != nil {
			err = often
		}
	}
	if err != nil {
		return account.Opened{}, errs.Wrap(op, err)
	}
	ready := p.accounts.Ready(account.Opening{Person: k.person, Way: account.WayPasskey, Where: where})
	err = p.db.Update(ctx, func(tx *store.Tx) error {
		if err := p.accounts.Lock(tx, k.person); err != nil {
			return err
		}
		now := p.clock.Now()
		if err := p.close(tx, op, toComeIn, k.person, signed.Response.CollectedClientData.Challenge, now); err != nil {
			return err
		}
		if err := k.used(tx, op, signed, now); err != nil {
			return err
		}
		return ready.Enter(tx)
	})
	if err != nil {
		return account.Opened{}, errs.Wrap(op, err)
	}
	in, err := ready.Opened(ctx)
	return in, errs.Wrap(op, err)
}

// signed reads an answer, finds its passkey and compares the signature. Whether it was asked for is not known yet.
func (p *Passkeys) signed(ctx context.Context, op, answer string) (*protocol.ParsedCredentialAssertionData, key, error) {
	signed, err := readSigned(answer)
	if err != nil {
		return nil, key{}, refused(op)
	}
	k, err := p.find(ctx, op, signed.RawID)
	if err != nil {
		return nil, key{}, err
	}
	whose := bearer{handle: p.handle(k.person), keys: []webauthn.Credential{k.Credential}}
	session := p.given(signed.Response.CollectedClientData.Challenge, whose.handle)
	if _, err := p.site.ValidateLogin(whose, session, signed); err != nil {
		return nil, key{}, refused(op)
	}
	return signed, k, nil
}

// used notes that a passkey was used. It is refused when it was ended meanwhile, and when it counts its signatures and did
// not count on.
func (k key) used(tx *store.Tx, op string, signed *protocol.ParsedCredentialAssertionData, now clock.Time) error {
	data := signed.Response.AuthenticatorData
	done, err := tx.Exec(`UPDATE passkey SET sign_count = $1, flags = $2, seen_at = $3
		WHERE id = $4 AND ended_at = 0 AND (sign_count < CAST($1 AS BIGINT) OR sign_count = 0 AND sign_count = CAST($1 AS BIGINT))`,
		int64(data.Counter), int64(data.Flags), now, k.id)
	if err == nil && done == 0 {
		err = refused(op)
	}
	return err
}

// BeginShow returns what a browser is asked so that the person of a session shows once more, with a passkey, who they are,
// as JSON; "" when they have none. It returns NotOpen where passkeys are not offered.
func (p *Passkeys) BeginShow(ctx context.Context, s account.Session) (asking string, err error) {
	const op = "passkey: begin to show"
	if !p.Offered() {
		return "", errs.New(op, errs.NotOpen, "")
	}
	has, err := p.keysOf(ctx, s.Person)
	if err != nil || len(has) == 0 {
		return "", errs.Wrap(op, err)
	}
	return p.askFor(ctx, op, toShow, s.Person, has)
}

// Show notes in a session that its person has just shown, with a passkey, who they are, so that they can change their ways
// in and put on the hat of a role (account.Accounts.Prove), and returns the secret that the session has from now on. It returns Invalid with the field "answer" for an answer that
// does not fit, NotOpen where passkeys are not offered, TooOften, and SignIn for a session that is over.
func (p *Passkeys) Show(ctx context.Context, s account.Session, answer string) (secret string, err error) {
	const op = "passkey: show"
	if !p.Offered() {
		return "", errs.New(op, errs.NotOpen, "")
	}
	if err := p.accounts.Limits.Take(ctx, showsOfMe, s.Person.Bytes()); err != nil {
		return "", errs.Wrap(op, err)
	}
	signed, k, err := p.signed(ctx, op, answer)
	if err != nil {
		return "", errs.Wrap(op, err)
	}
	if k.person != s.Person && !mutant.On("passkey-anybody") {
		return "", refused(op)
	}
	err = p.db.Update(ctx, func(tx *store.Tx) error {
		now := p.clock.Now()
		if err := p.close(tx, op, toShow, s.Person, signed.Response.CollectedClientData.Challenge, now); err != nil {
			return err
		}
		if err := k.used(tx, op, signed, now); err != nil {
			return err
		}
		if _, err := p.accounts.Shows(tx, s, now); err != nil {
			return err
		}
		var err error
		secret, err = p.accounts.Prove(tx, s, now) // the same: both follow from the one there was
		return err
	})
	return secret, errs.Wrap(op, err)
}

// Sweep forgets the questions that can no longer be answered. Errors are those of the store.
func (p *Passkeys) Sweep(ctx context.Context) error {
	return errs.Wrap("passkey: sweep", p.db.Update(ctx, func(tx *store.Tx) error {
		now := p.clock.Now()
		_, err := tx.Exec(`DELETE FROM ceremony WHERE until <= $1 OR until > $2`, now, now+lasts)
		return err
	}))
}

// readMade reads an answer to toAdd, readSigned one to the others. They take whatever a browser may send, of at most
// maxAnswer bytes, and say no more than whether it is one.
func readMade(answer string) (*protocol.ParsedCredentialCreationData, error) {
	if len(answer) > maxAnswer {
		return nil, errLong
	}
	return protocol.ParseCredentialCreationResponseBytes([]byte(answer))
}

func readSigned(answer string) (*protocol.ParsedCredentialAssertionData, error) {
	if len(answer) > maxAnswer {
		return nil, errLong
	}
	return protocol.ParseCredentialRequestResponseBytes([]byte(answer))
}

var errLong = errors.New("passkey: an answer that is too long")
