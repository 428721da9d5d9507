package account

import (
	"context"
	"io"

	"beside/internal/account/limit"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/mutant"
	"beside/internal/store"
)

// Way is how somebody showed who they are when a session was opened. What each opens is in [Way.opensOwn] and
// [Way.opensRoles], and in docs/decisions/0010-what-each-way-opens.md.
type Way string

// The ways there are.
const (
	WayJoined     Way = "joined"     // the session somebody joined with
	WayPassphrase Way = "passphrase" // sign-in words and passphrase
	WayPasskey    Way = "passkey"    // a passkey, with the device's own lock
	WayCode       Way = "code"       // a one-time code by e-mail or text message
	WayCard       Way = "card"       // the printed card and its PIN or mark
	WayGivenBack  Way = "given_back" // the login was given back, see package account/recovery
	WayProvider   Way = "provider"   // the organisation's own sign-in (OIDC)
	WayVouched    Way = "vouched"    // two of the centre team vouched for them
	WayDemo       Way = "demo"       // stepping in, in a demo, and in tests
)

// opensOwn reports whether a way opens somebody's own book. What an employer or colleagues can bring about never does.
func (w Way) opensOwn() bool {
	return w != WayProvider && w != WayVouched || mutant.On("employer")
}

// opensRoles reports whether the hat of a role can be put on after coming in this way.
func (w Way) opensRoles() bool {
	return w == WayPasskey || w == WayProvider || w == WayVouched || w == WayDemo || mutant.On("weak-role")
}

// Where is the place somebody knocks from, as the door saw it. It is kept nowhere as it is.
type Where struct {
	Device string // the secret of the browser's device cookie, "" when it has none
	From   string // the network the request came from; of it only a keyed hash is kept, and only to count tries
	Own    bool   // the person says that this device is their own
}

// Opening is a session to be opened. Whoever asks for one has made sure who the person is.
type Opening struct {
	Person id.Person
	Hat    book.Hat // HatSelf when empty
	Way    Way
	Where  Where
}

// Opened is what a browser is given: see visit.Door.Let.
type Opened struct {
	Session
	Secret string // of the session
	Device string // secret of the device; "" when it is not the person's own
}

// Ready is a session that only has to be written: its secrets are drawn, and nothing in it depends on how often a
// transaction runs.
type Ready struct {
	Opening
	a       *Accounts
	s       newSession
	device  id.Device
	token   string // of the device cookie, drawn anew when the browser has none
	tokenID []byte // its keyed hash; nil when the device is not the person's own
	event   id.Happening
}

// Ready draws what is random in a session, outside any transaction.
func (a *Accounts) Ready(o Opening) Ready {
	if o.Hat == "" {
		o.Hat = book.HatSelf
	}
	r := Ready{Opening: o, a: a, s: a.newSession(o.Person, o.Hat, o.Where.Own), device: id.New[id.Device](a.ids), event: id.New[id.Happening](a.ids)}
	r.s.way = o.Way
	if o.Way.opensRoles() {
		r.s.roleUntil = min(r.s.until, r.s.made+RoleLasts)
	}
	r.token = o.Where.Device
	if _, ok := readSecret(r.token); !ok {
		r.token = b64URL.EncodeToString(a.random(secretBytes))
	}
	return r
}

// Open opens a session and writes down for the person when it is on a device that is new to them. It returns NotOpen for
// a hat the person may not wear, or not after coming in this way.
func (a *Accounts) Open(ctx context.Context, o Opening) (Opened, error) {
	const op = "account: open"
	r := a.Ready(o)
	err := a.db.Update(ctx, func(tx *store.Tx) error { return r.Enter(tx) })
	if err != nil {
		return Opened{}, errs.Wrap(op, err)
	}
	out, err := r.Opened(ctx)
	return out, errs.Wrap(op, err)
}

// Opened returns what the browser is given for a session that [Ready.Enter] wrote. Errors are those of the store.
func (r Ready) Opened(ctx context.Context) (Opened, error) {
	out := Opened{Secret: r.s.secret}
	if r.Where.Own {
		out.Device = r.token
	}
	var err error
	if out.Session, err = r.a.Session(ctx, r.s.secret); err == nil && r.a.told != nil {
		r.a.told(r.Way)
	}
	return out, err
}

// Enter writes the session in the caller's transaction, which may run it more than once. Errors are those of
// [Accounts.Open].
func (r *Ready) Enter(tx *store.Tx) error {
	const op = "account: enter"
	if r.Hat == book.HatSelf && !r.Way.opensOwn() || r.Hat != book.HatSelf && r.s.roleUntil == 0 {
		return errs.New(op, errs.NotOpen, "")
	}
	if err := r.a.Lock(tx, r.Person); err != nil {
		return err
	}
	if err := r.a.mayWear(tx, r.Person, r.Hat); err != nil {
		return err
	}
	if err := r.a.sealAnew(tx, r.Person); err != nil {
		return errs.Wrap(op, err)
	}
	if err := r.stand(tx); err != nil {
		return errs.Wrap(op, err)
	}
	return r.s.insert(tx)
}

// Lock makes the rest of tx the only one in which a session of a person is opened, or theirs are closed. Whoever opens one
// by something that can be taken back looks after it whether that still stands.
func (a *Accounts) Lock(tx *store.Tx, who id.Person) error {
	_, err := tx.Exec(`UPDATE account SET made_at = made_at WHERE person = $1`, who)
	return errs.Wrap("account: lock", err)
}

// stand finds the device the session is on, or makes it.
func (r *Ready) stand(tx *store.Tx) error {
	known, way, err := r.a.device(tx, r.Person, r.Where)
	if err != nil {
		return err
	}
	if !known.IsZero() {
		if r.Way.opensOwn() { // else it stays known by how they came into their own book
			way = r.Way
		}
		r.s.device = known
		_, err := tx.Exec(`UPDATE device SET way = $1, seen_at = $2 WHERE id = $3`, string(way), r.s.made, known)
		return err
	}
	r.s.device, r.tokenID = r.device, nil
	if r.Where.Own {
		r.tokenID = r.a.deviceID(r.Person, r.token)
	}
	done, err := tx.Exec(`INSERT INTO device (id, person, token_hash, name, way, made_at, seen_at, ended_at) VALUES ($1, $2, $3, NULL, $4, $5, $5, 0)
		ON CONFLICT (token_hash) DO NOTHING`, r.device, r.Person, r.tokenID, string(r.Way), r.s.made)
	if err != nil {
		return err
	}
	if done == 0 { // a double tap: the other made it
		r.s.device, _, err = r.a.device(tx, r.Person, Where{Device: r.token})
		return err
	}
	if r.Way == WayJoined {
		return nil
	}
	return r.a.happened(tx, r.event, r.Person, HappenedNewDevice, r.device, r.s.made)
}

// Known returns the device of a person's own that somebody knocks from, none when it is new to them or was ended. One on
// which nobody came into their own book yet is not known: an organisation or colleagues could have made it.
func (a *Accounts) Known(tx *store.Tx, who id.Person, from Where) (id.Device, error) {
	d, way, err := a.device(tx, who, from)
	if !way.opensOwn() {
		d = id.Device{}
	}
	return d, err
}

// device returns the device that somebody knocks from and called their own, and how they came in there.
func (a *Accounts) device(tx *store.Tx, who id.Person, from Where) (d id.Device, way Way, err error) {
	err = tx.Row(`SELECT id, way FROM device WHERE token_hash = $1 AND person = $2 AND ended_at = 0`, a.deviceID(who, from.Device), who).Scan(&d, &way)
	if store.IsNone(err) {
		err = nil
	}
	return d, way, errs.Wrap("account: known device", err)
}

// deviceID is what is kept of a device's cookie.
func (a *Accounts) deviceID(who id.Person, secret string) []byte {
	return a.vault.Blind("device", who.String()+" "+secret)
}

// random panics when the machine has no randomness, as nothing safe can follow.
func (a *Accounts) random(n int) []byte {
	b := make([]byte, n)
	if _, err := io.ReadFull(a.rand, b); err != nil {
		panic("account: reading randomness: " + err.Error())
	}
	return b
}

// RoleLasts is how long the hat of a role may be put on after it was shown who somebody is.
const RoleLasts = 12 * clock.Hour

// Prove notes in a session that its person has just shown who they are by one of the ways that open roles, so that they
// may put on the hat of a role. It changes nothing of their own ways in: an organisation or colleagues could otherwise
// make of a phone that was left open a way in of their own. Whoever calls it has made sure, and gives the browser the
// secret that the session has from now on (see [Accounts.renew]). It returns SignIn for a session that is over.
func (a *Accounts) Prove(tx *store.Tx, s Session, now clock.Time) (secret string, err error) {
	return a.renew(tx, "account: prove", s, now, `role_until`, min(s.Until, now+RoleLasts))
}

// Shows notes in a session that its person has just shown once more who they are, in a way that opens their own book, which
// what changes their ways in asks for ([Session.Fresh]). Whoever calls it has made sure, and gives the browser the secret
// that the session has from now on. It returns SignIn for a session that is over.
func (a *Accounts) Shows(tx *store.Tx, s Session, now clock.Time) (secret string, err error) {
	const op = "account: shows"
	if err := a.sealAnew(tx, s.Person); err != nil {
		return "", errs.Wrap(op, err)
	}
	return a.renew(tx, op, s, now, `shown_at`, now)
}

// renew gives a session another secret, and notes under it what was shown. Who knew the secret from before has nothing of
// it, and nothing at all after [SecretsOverlap]. The new one follows from the old and the installation's key, so that a
// form that was sent twice leads to the same one, in whatever order the answers reach the browser.
func (a *Accounts) renew(tx *store.Tx, op string, s Session, now clock.Time, column string, until clock.Time) (string, error) {
	next := a.vault.Blind("session", string(s.hash))
	if mutant.On("secret-stays") {
		_, err := tx.Exec(`UPDATE session SET `+column+` = $1 WHERE id_hash = $2`, until, s.hash)
		return "", err
	}
	_, err := tx.Exec(`UPDATE session SET id_hash = $1, was_hash = id_hash, was_until = $2, was_role_until = role_until, was_shown_at = shown_at
		WHERE id_hash = $3`, hashOf(next), now+SecretsOverlap, s.hash)
	if err != nil {
		return "", errs.Wrap(op, err)
	}
	done, err := tx.Exec(`UPDATE session SET `+column+` = $1 WHERE id_hash = $2 AND was_hash = $3 AND was_until > $4 AND until > $4`, until, hashOf(next), s.hash, now)
	if err == nil && done == 0 {
		err = errs.New(op, errs.SignIn, "")
	}
	return b64URL.EncodeToString(next), errs.Wrap(op, err)
}

// renewed returns the secret that a session was given at a moment when whoever sends the same once more brought the one from
// before: the answer was lost to a double tap. It is "" for any other.
func (a *Accounts) renewed(s Session, at clock.Time) string {
	if !s.old || s.before-SecretsOverlap != at {
		return ""
	}
	return b64URL.EncodeToString(a.vault.Blind("session", string(s.hash)))
}

const (
	// FreshFor is how long after somebody showed who they are they can open a page that changes their ways in without
	// showing it again.
	FreshFor = 15 * clock.Minute
	// FreshToSend is how long what they typed on such a page is taken: nobody who reads and writes slowly loses it.
	FreshToSend = 4 * FreshFor
)

// Fresh reports whether the person showed who they are at most so long ago. A clock that was set back makes nothing fresh
// for longer.
func (s Session) Fresh(now, within clock.Time) bool {
	return now-s.Shown < within && s.Shown-now < within
}

// ShowPassphrase is showing once more who one is, by the passphrase. It returns the secret that the session has from now on;
// Invalid with the field "passphrase", TooOften and Busy.
func (a *Accounts) ShowPassphrase(ctx context.Context, s Session, passphrase string) (secret string, err error) {
	const op = "account: show passphrase"
	if err := a.Limits.Take(ctx, triesAtHome, s.Person.Bytes()); err != nil {
		return "", errs.Wrap(op, err)
	}
	var phc string
	err = a.db.Glance(ctx, func(tx *store.Tx) error {
		return tx.Row(`SELECT passphrase FROM account WHERE person = $1`, s.Person).Scan(&phc)
	})
	if err != nil {
		return "", errs.Wrap(op, err)
	}
	fits, _, err := a.hasher.fits(ctx, phc, passphrase)
	if err != nil {
		return "", errs.Wrap(op, err)
	}
	if !fits {
		var c errs.Check
		c.Add("passphrase", "account.passphrase_wrong")
		return "", c.Err(op)
	}
	err = a.db.Update(ctx, func(tx *store.Tx) (err error) {
		secret, err = a.Shows(tx, s, a.clock.Now())
		return err
	})
	return secret, errs.Wrap(op, err)
}

// ChangingPassphrase is what somebody types to change their passphrase.
type ChangingPassphrase struct {
	Passphrase string
	Name       string // what they are called, which a passphrase must not be made of
	EndOthers  bool   // close their book on all their other devices too
}

// ChangePassphrase gives a person another passphrase, in a session in which they showed who they are. It returns Invalid
// with the field "passphrase", NotOpen in another hat than their own or when they showed it too long ago, TooOften and Busy.
func (a *Accounts) ChangePassphrase(ctx context.Context, s Session, c ChangingPassphrase) error {
	const op = "account: change passphrase"
	if s.Hat != book.HatSelf || !s.Fresh(a.clock.Now(), FreshToSend) {
		return errs.New(op, errs.NotOpen, "")
	}
	set, err := a.NewPassphrase(ctx, s.Person, c.Passphrase, c.Name)
	if err != nil {
		return errs.Wrap(op, err)
	}
	return errs.Wrap(op, a.db.Update(ctx, func(tx *store.Tx) error {
		if err := set(tx); err != nil || !c.EndOthers {
			return err
		}
		return a.EndDevices(tx, s.Person, &s)
	}))
}

// NewPassphrase looks at a passphrase and hashes it, outside any transaction, and returns what writes it in one and says
// so to the person. It returns Invalid with the field "passphrase", TooOften and Busy. Whoever calls it has made sure who it is.
func (a *Accounts) NewPassphrase(ctx context.Context, who id.Person, passphrase, name string) (func(*store.Tx) error, error) {
	const op = "account: new passphrase"
	var c errs.Check
	if why := passphraseProblem(passphrase, name); why != "" {
		c.AddArgs("passphrase", why, map[string]any{"Min": MinPassphrase, "Max": MaxPassphrase})
	}
	if err := c.Err(op); err != nil {
		return nil, err
	}
	set, err := a.another(ctx, who, passphrase)
	if err != nil {
		return nil, errs.Wrap(op, err)
	}
	return func(tx *store.Tx) error {
		if err := set(tx); err != nil {
			return err
		}
		return a.Happens(tx, who, HappenedPassphrase, id.Device{})
	}, nil
}

// changesOf is how often somebody may be given another passphrase: it is hashed twice each time, and the answer that one is taken is
// about another book.
var changesOf = limit.Limit{Name: "another passphrase", AtOnce: 10, Every: 6 * clock.Minute}

// another hashes a passphrase that may be somebody's, and returns what writes it. It returns Invalid with the field
// "passphrase" for one that opens another book by the same sign-in words already.
func (a *Accounts) another(ctx context.Context, who id.Person, passphrase string) (func(*store.Tx) error, error) {
	if err := a.Limits.Take(ctx, changesOf, who.Bytes()); err != nil {
		return nil, err
	}
	r, err := a.rowOf(ctx, who)
	if err != nil && !store.IsNone(err) {
		return nil, err
	}
	phc, err := a.hasher.hash(ctx, passphrase)
	if err != nil {
		return nil, err
	}
	door, err := a.door(ctx, a.base(r), passphrase)
	if err != nil {
		return nil, err
	}
	if err := a.db.Glance(ctx, func(tx *store.Tx) error { return a.free(tx, door, who) }); err != nil {
		return nil, err
	}
	signIn := r.signIn
	if r.kept.words != "" {
		signIn = door
	}
	return func(tx *store.Tx) error {
		_, err := tx.Exec(`UPDATE account SET passphrase = $1, sign_in = $2 WHERE person = $3`, phc, orEmpty(signIn), who)
		if err != nil {
			return err
		}
		return a.free(tx, door, who) // a second book may have been made meanwhile, from another device
	}, nil
}

// free returns Invalid with the field "passphrase" when a book of somebody else is found by a door.
func (a *Accounts) free(tx *store.Tx, door []byte, who id.Person) error {
	var others int
	err := tx.Row(`SELECT COUNT(*) FROM account WHERE sign_in = $1 AND person <> $2`, door, who).Scan(&others)
	if err == nil && others > 0 && !mutant.On("second-shadowed") {
		return refuse("account.passphrase_taken")
	}
	return err
}

func refuse(why string) error {
	var c errs.Check
	c.Add("passphrase", why)
	return c.Err("account: passphrase")
}
