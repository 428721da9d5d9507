package account

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"beside/internal/account/limit"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/mutant"
	"beside/internal/store"
)

// How long a session stays open. Whichever ends first ends it.
const (
	// IdleSelf is how long somebody may stay away from their own book, on a device that they called their own.
	IdleSelf = 14 * clock.Day
	// IdleRole is the same for the hats of a worker and of the team, whose sessions see more than their own.
	IdleRole = 12 * clock.Hour
	// IdleShared is the same, for every hat, on a device that is not the person's own: somebody else may sit down at it.
	IdleShared = 30 * clock.Minute
	// LongestSession is the most a session lasts, however often it is seen, on a device called one's own.
	LongestSession = 90 * clock.Day
	// ShortSession is the most it lasts on any other device, where the browser forgets it when it is closed.
	ShortSession = 12 * clock.Hour
	// seenEvery is how often it is written down that a session was seen.
	seenEvery = 5 * clock.Minute
	// SecretsOverlap is how long the secret from before [Accounts.Prove] and [Accounts.Shows] still finds the session, as it
	// was then: a double tap, and what another tab had just sent, lose nothing.
	SecretsOverlap = clock.Minute
)

// ErrReplaced is a secret that a session had before and that finds it no more; its kind is SignIn. The browser may have
// the new one by now.
var ErrReplaced = errs.New("account: session", errs.SignIn, "")

// Session is one signed-in device wearing one hat, as found by [Accounts.Session].
type Session struct {
	Person id.Person
	Book   id.Book // the person's own
	Hat    book.Hat
	Hats   []book.Hat // all the person may wear in it now; their own is first, unless the way they came in does not open it
	Later  []book.Hat // roles of theirs whose hat they may put on once they have shown who they are, see [Accounts.Prove]
	Until  clock.Time
	Kept   bool // on a device that the person called their own
	Way    Way  // how they came in
	Device id.Device
	Died   clock.Time // since when two of the team say that the person has died; 0 when they do not
	Shown  clock.Time // when the person last showed who they are, by coming in or since

	hash   []byte     // of the secret it was found by
	before clock.Time // until when the secret it had before finds it
	old    bool       // it was found by that one
	seen   clock.Time
}

const secretBytes = 32

var b64URL = base64.RawURLEncoding

// newSession is a session that is not written yet.
type newSession struct {
	secret      string
	hash        []byte
	person      id.Person
	hat         book.Hat
	made, until clock.Time
	way         Way
	roleUntil   clock.Time // until when the hat of a role can be put on
	device      id.Device
}

func (a *Accounts) newSession(who id.Person, hat book.Hat, keep bool) newSession {
	b := a.random(secretBytes)
	now := a.clock.Now()
	s := newSession{secret: b64URL.EncodeToString(b), hash: hashOf(b), person: who, hat: hat, made: now, until: now + ShortSession}
	if keep {
		s.until = now + LongestSession
	}
	return s
}

func hashOf(secret []byte) []byte {
	h := sha256.Sum256(secret)
	return h[:]
}

// readSecret returns the hash of a secret that a browser sent, if it can be one of ours.
func readSecret(secret string) (hash []byte, ok bool) {
	raw, err := b64URL.DecodeString(secret)
	if err != nil || len(raw) != secretBytes {
		return nil, false
	}
	return hashOf(raw), true
}

func (s newSession) insert(tx *store.Tx) error {
	_, err := tx.Exec(`INSERT INTO session (id_hash, person, hat, made_at, seen_at, until, way, role_until, device, shown_at) VALUES ($1, $2, $3, $4, $4, $5, $6, $7, $8, $4)`,
		s.hash, s.person, string(s.hat), s.made, s.until, string(s.way), s.roleUntil, s.device)
	return err
}

// mayWear returns NotOpen for a hat that is not theirs.
func (a *Accounts) mayWear(tx *store.Tx, who id.Person, hat book.Hat) error {
	if hat == book.HatSelf {
		return nil
	}
	var yes int
	err := tx.Row(`SELECT 1 FROM membership WHERE person = $1 AND hat = $2 AND until > $3 LIMIT 1`, who, string(hat), a.clock.Now()).Scan(&yes)
	if store.IsNone(err) {
		return errs.New("account: wear", errs.NotOpen, "")
	}
	return err
}

// SigningIn is what somebody types to come back.
type SigningIn struct {
	Words      string
	Passphrase string
	Where      Where
}

// How often sign-in words may be tried. The allowance of the words is shared by all who try them. When nothing is left of it, a
// browser has another, which counts only for a device that the person called their own, so that nobody can keep them out of
// their book by guessing. triesAtHome is for who is signed in and shows once more who they are.
var (
	triesAtAll    = limit.Limit{Name: "sign in", AtOnce: 1000, Every: 50 * clock.Millisecond}
	triesFrom     = limit.Limit{Name: "sign in from", AtOnce: 100, Every: 5 * clock.Second}
	triesForWords = limit.Limit{Name: "sign in words", AtOnce: 10, Every: 6 * clock.Minute}
	triesOnDevice = limit.Limit{Name: "sign in on device", AtOnce: 10, Every: clock.Minute}
	triesAtHome   = limit.Limit{Name: "sign in at home", AtOnce: 10, Every: clock.Minute}
)

// SignIn opens a session for the person whose sign-in words and passphrase these are. The same words can open a second book by
// another passphrase (docs/decisions/0026-a-second-space.md); both are tried each time. For words that belong to nobody it
// does the same work and says the same: Invalid with the one field "words". It can also return TooOften and Busy.
func (a *Accounts) SignIn(ctx context.Context, in SigningIn) (Opened, error) {
	const op = "account: sign in"
	first, home, err := a.named(ctx, in)
	if err != nil {
		return Opened{}, errs.Wrap(op, err)
	}
	spent, err := a.knock(ctx, in, home)
	if err != nil {
		return Opened{}, errs.Wrap(op, err)
	}
	r, home, err := a.meant(ctx, in, first)
	switch {
	case err != nil:
		return Opened{}, errs.Wrap(op, err)
	case spent != nil && !home && !mutant.On("spent-anywhere"): // as long as it is not on a device of their own, nothing was tried
		return Opened{}, errs.Wrap(op, spent)
	case r.person.IsZero():
		return Opened{}, wrong(op)
	}
	out, err := a.enter(ctx, in, r)
	return out, errs.Wrap(op, err)
}

// named returns the account that has these sign-in words, with the hash that nobody has when there is none, and whether its
// person called the device their own.
func (a *Accounts) named(ctx context.Context, in SigningIn) (first row, home bool, err error) {
	first.phc = a.hasher.nobody
	err = a.db.View(ctx, func(tx *store.Tx) error {
		err := tx.Row(`SELECT `+rowColumns+` FROM account WHERE sign_in = $1`, a.blind(in.Words)).Scan(first.fields()...)
		if err != nil && !store.IsNone(err) {
			return err
		}
		known, err := a.Known(tx, first.person, in.Where)
		home = !known.IsZero()
		return err
	})
	return first, home, err
}

// meant returns the account that sign-in words and a passphrase open, with no person for none, and whether its person called the
// device their own. It does the same work whichever it is.
func (a *Accounts) meant(ctx context.Context, in SigningIn, first row) (r row, home bool, err error) {
	fits, _, err := a.hasher.fits(ctx, first.phc, in.Passphrase)
	if err != nil {
		return r, false, err
	}
	door := first.signIn
	if !fits || !mutant.On("second-skips") {
		if door, err = a.door(ctx, a.blind(in.Words), in.Passphrase); err != nil {
			return r, false, err
		}
	}
	if fits && !first.person.IsZero() {
		door = first.signIn // found once more, so that as many rows are found as by a door
	}
	err = a.db.View(ctx, func(tx *store.Tx) error {
		r = row{}
		err := tx.Row(`SELECT `+rowColumns+` FROM account WHERE sign_in = $1`, door).Scan(r.fields()...)
		if err != nil && !store.IsNone(err) {
			return err
		}
		known, err := a.Known(tx, r.person, in.Where)
		home = !known.IsZero()
		return err
	})
	if err == nil && fits && !first.person.IsZero() && r.phc != first.phc { // it was changed meanwhile
		err = errs.New("account: meant", errs.Busy, "")
	}
	return r, home, err
}

// enter opens a session of an account whose passphrase was given, which is hashed anew when today's work is more.
func (a *Accounts) enter(ctx context.Context, in SigningIn, found row) (Opened, error) {
	today := found.phc
	if a.hasher.weak(found.phc) {
		var err error
		if today, err = a.hasher.hash(ctx, in.Passphrase); err != nil {
			return Opened{}, err
		}
	}
	ready := a.Ready(Opening{Person: found.person, Way: WayPassphrase, Where: in.Where})
	err := a.db.Update(ctx, func(tx *store.Tx) error {
		// Hashing takes a while. A passphrase that was changed meanwhile opens nothing.
		still, err := tx.Exec(`UPDATE account SET passphrase = $1 WHERE person = $2 AND passphrase = $3 AND sign_in = $4`, today, found.person, found.phc, found.signIn)
		if err == nil && still == 0 {
			err = errs.New("account: enter", errs.Busy, "")
		}
		if err != nil {
			return err
		}
		return ready.Enter(tx)
	})
	if err != nil {
		return Opened{}, err
	}
	return ready.Opened(ctx)
}

// orEmpty is bytes that are never NULL.
func orEmpty(b []byte) []byte { return append([]byte{}, b...) }

// knock counts one try at a door, the same whoever is meant. spent says that nothing is left of the allowance of the words: then
// only somebody on a device of their own comes in, which shows when it is known whose words and passphrase these are. home says
// that the device is their own of whom the words name first: others can use up what the network and the whole installation have,
// and do not keep them out by that. That too is then spent for everybody else: a second book on a device that only the first calls
// its own would open where no other does.
func (a *Accounts) knock(ctx context.Context, in SigningIn, home bool) (spent, err error) {
	words := a.blind(in.Words)
	spent = a.Limits.Take(ctx, triesForWords, words)
	if spent != nil {
		if _, has := readSecret(in.Where.Device); !has || !errs.Is(spent, errs.TooOften) {
			return nil, spent
		}
		if err := a.Limits.Take(ctx, triesOnDevice, words, []byte(in.Where.Device)); err != nil {
			return nil, err
		}
	}
	if err := a.Knock(ctx, in.Where); err != nil {
		if !home || !errs.Is(err, errs.TooOften) {
			return nil, err
		}
		spent = err
	}
	return spent, nil
}

// Knock counts one try at any way in, by the network it came from and for the whole installation. Every way in asks it,
// beside an allowance of its own. It returns TooOften.
func (a *Accounts) Knock(ctx context.Context, from Where) error {
	if err := a.Limits.Take(ctx, triesFrom, []byte(from.From)); err != nil {
		return err
	}
	return a.Limits.Take(ctx, triesAtAll)
}

func wrong(op string) error {
	var c errs.Check
	c.Add("words", "account.sign_in_wrong")
	return c.Err(op)
}

// Session returns the open session with that secret: SignIn when there is none, or it is over. Its hat is one the
// person may wear now, and has shown lately that they are who may. That it was seen is written down every few minutes.
// The secret from before somebody showed once more who they are finds it for [SecretsOverlap], without what was gained.
func (a *Accounts) Session(ctx context.Context, secret string) (Session, error) {
	const op = "account: session"
	hash, ok := readSecret(secret)
	if !ok {
		return Session{}, errs.New(op, errs.SignIn, "")
	}
	now := a.clock.Now()
	s, err := a.find(ctx, bySecret, hash, now)
	if store.IsNone(err) {
		s, err = a.before(ctx, hash, now)
	}
	if store.IsNone(err) || err == nil && s.over(now) {
		return Session{}, errs.New(op, errs.SignIn, "")
	}
	if err != nil {
		return Session{}, errs.Wrap(op, err)
	}
	if now-s.seen >= seenEvery {
		err = a.db.Update(ctx, func(tx *store.Tx) error {
			if _, err := tx.Exec(`UPDATE session SET seen_at = $1 WHERE (id_hash = $2 OR was_hash = $2) AND seen_at < $1`, now, s.hash); err != nil {
				return err
			}
			_, err := tx.Exec(`UPDATE device SET seen_at = $1 WHERE id = $2 AND seen_at < $1`, now, s.Device)
			return err
		})
	}
	return s, errs.Wrap(op, err)
}

// Still returns SignIn when a session that was open is not any more: for what goes on for long after it was found.
func (a *Accounts) Still(ctx context.Context, s Session) error {
	const op = "account: still"
	by := bySecret
	if s.old {
		by = byBefore
	}
	now := a.clock.Now()
	found, err := a.find(ctx, by, s.hash, now)
	if store.IsNone(err) || err == nil && found.over(now) {
		return errs.New(op, errs.SignIn, "")
	}
	return errs.Wrap(op, err)
}

// before returns the session that had a secret until lately, as it was then: [ErrReplaced] when it was replaced too long ago.
func (a *Accounts) before(ctx context.Context, hash []byte, now clock.Time) (Session, error) {
	by := byBefore
	if mutant.On("secret-keeps") {
		by = strings.NewReplacer("was_role_until", "role_until", "was_shown_at", "shown_at").Replace(by)
	}
	s, err := a.find(ctx, by, hash, now)
	s.old = true
	if err == nil && (now >= s.before || now < s.before-SecretsOverlap) && !mutant.On("secret-lasts") {
		err = ErrReplaced
	}
	return s, err
}

// bySecret and byBefore find a session by the secret it has, and by the one it had.
var (
	bySecret = findBy("s.role_until, s.shown_at", "s.id_hash")
	byBefore = findBy("s.was_role_until, s.was_shown_at", "s.was_hash")
)

func findBy(shown, hash string) string {
	return `SELECT s.person, a.book, s.hat, s.made_at, s.seen_at, s.until, s.way, s.device, s.was_until, ` + shown + `,
		CASE WHEN EXISTS (SELECT 1 FROM membership AS m WHERE m.person = s.person AND m.hat = 'worker' AND m.until > $2) THEN 1 ELSE 0 END,
		CASE WHEN EXISTS (SELECT 1 FROM membership AS m WHERE m.person = s.person AND m.hat = 'team' AND m.until > $2) THEN 1 ELSE 0 END,
		CASE WHEN EXISTS (SELECT 1 FROM membership AS m WHERE m.person = s.person AND m.hat = 'reviewer' AND m.until > $2) THEN 1 ELSE 0 END,
		COALESCE((SELECT MAX(d.since) FROM death AS d WHERE d.person = s.person AND d.over_at = 0), 0)
		FROM session AS s JOIN account AS a ON a.person = s.person WHERE ` + hash + ` = $1`
}

// find is one statement: every page of everybody who is signed in begins with it.
func (a *Accounts) find(ctx context.Context, by string, hash []byte, now clock.Time) (Session, error) {
	s := Session{hash: hash}
	var made, roleUntil clock.Time
	var worker, team, reviewer int
	err := a.db.Glance(ctx, func(tx *store.Tx) error {
		return tx.Row(by, hash, now).
			Scan(&s.Person, &s.Book, &s.Hat, &made, &s.seen, &s.Until, &s.Way, &s.Device, &s.before, &roleUntil, &s.Shown, &worker, &team, &reviewer, &s.Died)
	})
	s.Kept = s.Until-made > ShortSession
	if s.Way.opensOwn() {
		s.Hats = []book.Hat{book.HatSelf}
	}
	roles := &s.Later
	if roleUntil > now {
		roles = &s.Hats
	}
	if worker == 1 {
		*roles = append(*roles, book.HatWorker)
	}
	if team == 1 {
		*roles = append(*roles, book.HatTeam)
	}
	if reviewer == 1 {
		*roles = append(*roles, book.HatReviewer)
	}
	return s, err
}

// over reports whether a session that is still in the store has ended.
func (s Session) over(now clock.Time) bool {
	idle := IdleRole
	if s.Hat == book.HatSelf {
		idle = IdleSelf
	}
	if !s.Kept && !mutant.On("shared-idle") {
		idle = IdleShared
	}
	return now >= s.Until || now-s.seen >= idle || !s.may(s.Hat)
}

// open is the condition that a session, called s, is not over; openAt are the values it takes. Only the shorter time of
// the hats of roles is not in it.
func open(s, now, short, idleSelf, idleShared string) string {
	return s + `.until > ` + now + ` AND (` + s + `.seen_at > ` + idleShared + ` OR ` + s + `.until - ` + s + `.made_at > ` + short + ` AND ` + s + `.seen_at > ` + idleSelf + `)`
}

func openAt(now clock.Time) []any { return []any{now, ShortSession, now - IdleSelf, now - IdleShared} }

// may reports whether the person may wear a hat now.
func (s Session) may(hat book.Hat) bool {
	for _, h := range s.Hats {
		if h == hat {
			return true
		}
	}
	return false
}

// Wear closes the session with that secret and opens one under another hat, which ends when the first would have. It
// returns NotOpen for a hat the person may not wear, and SignIn for a session that is over.
func (a *Accounts) Wear(ctx context.Context, secret string, hat book.Hat) (string, error) {
	const op = "account: wear"
	old, err := a.Session(ctx, secret)
	if err != nil {
		return "", errs.Wrap(op, err)
	}
	if !old.may(hat) {
		return "", errs.New(op, errs.NotOpen, "")
	}
	s := a.newSession(old.Person, hat, old.Kept)
	err = a.db.Update(ctx, func(tx *store.Tx) error {
		if err := a.mayWear(tx, old.Person, hat); err != nil {
			return err
		}
		// made_at and until go over, so that changing hats prolongs nothing. The secret it had is over at once.
		done, err := tx.Exec(`UPDATE session SET id_hash = $1, hat = $2, seen_at = $3, was_hash = id_hash, was_until = 0 WHERE id_hash = $4`, s.hash, string(hat), s.made, old.hash)
		if err == nil && done == 0 {
			err = errs.New(op, errs.SignIn, "")
		}
		return err
	})
	return s.secret, errs.Wrap(op, err)
}

// SignOut closes the session with that secret, or that had it until a moment ago. One that is not there is closed already.
// Errors are those of the store.
func (a *Accounts) SignOut(ctx context.Context, secret string) error {
	hash, ok := readSecret(secret)
	if !ok {
		return nil
	}
	return errs.Wrap("account: sign out", a.db.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`DELETE FROM session WHERE id_hash = $1 OR was_hash = $1 AND was_until > $2`, hash, a.clock.Now())
		return err
	}))
}

// SignOutEverywhere closes every session of a person, and forgets their devices. Errors are those of the store.
func (a *Accounts) SignOutEverywhere(ctx context.Context, who id.Person) error {
	return errs.Wrap("account: sign out everywhere", a.db.Update(ctx, func(tx *store.Tx) error { return a.EndDevices(tx, who, nil) }))
}

// EndSessions closes, in the caller's transaction, every session of a person. Their devices stay known.
func (a *Accounts) EndSessions(tx *store.Tx, who id.Person) error {
	if err := a.Lock(tx, who); err != nil {
		return err
	}
	_, err := tx.Exec(`DELETE FROM session WHERE person = $1`, who)
	return errs.Wrap("account: end sessions", err)
}

// EndOpenedBy closes, in the caller's transaction, every session of a person that was opened in one way, as when that way
// is taken from them.
func (a *Accounts) EndOpenedBy(tx *store.Tx, who id.Person, way Way) error {
	if err := a.Lock(tx, who); err != nil {
		return err
	}
	_, err := tx.Exec(`DELETE FROM session WHERE person = $1 AND way = $2`, who, string(way))
	return errs.Wrap("account: end opened by", err)
}

// Sweep deletes the sessions that are over, the devices that were another's or ended and have none, and allowances that
// are whole. Errors are those of the store.
func (a *Accounts) Sweep(ctx context.Context) error {
	const op = "account: sweep"
	now := a.clock.Now()
	err := a.db.Update(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(`DELETE FROM session WHERE NOT (`+open("session", "$1", "$2", "$3", "$4")+`)`, openAt(now)...); err != nil {
			return err
		}
		_, err := tx.Exec(`DELETE FROM device WHERE token_hash IS NULL AND NOT EXISTS (SELECT 1 FROM session AS s WHERE s.device = device.id)`)
		return err
	})
	if err != nil {
		return errs.Wrap(op, err)
	}
	return errs.Wrap(op, a.Limits.Sweep(ctx))
}
