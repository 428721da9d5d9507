package account

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"io"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/store"
)

// How long a session stays open. Whichever ends first ends it.
const (
	// IdleSelf is how long somebody may stay away from their own book, on a device that they called their own.
	IdleSelf = 14 * clock.Day
	// IdleRole is the same for the hats of a worker and of the team, whose sessions see more than their own.
	IdleRole = 12 * clock.Hour
	// LongestSession is the most a session lasts, however often it is seen, on a device called one's own.
	LongestSession = 90 * clock.Day
	// ShortSession is the most it lasts on any other device, where the browser forgets it when it is closed.
	ShortSession = 12 * clock.Hour
	// seenEvery is how often it is written down that a session was seen.
	seenEvery = 5 * clock.Minute
)

// Session is one signed-in device wearing one hat, as found by [Accounts.Session].
type Session struct {
	Person id.Person
	Book   id.Book // the person's own
	Hat    book.Hat
	Hats   []book.Hat // all the person may wear now; their own is always first
	Until  clock.Time
	Kept   bool // on a device that the person called their own

	hash []byte
	seen clock.Time
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
}

func (a *Accounts) newSession(who id.Person, hat book.Hat, keep bool) newSession {
	b := make([]byte, secretBytes)
	if _, err := io.ReadFull(a.rand, b); err != nil {
		panic("account: reading randomness: " + err.Error()) // nothing safe can follow
	}
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
	_, err := tx.Exec(`INSERT INTO session (id_hash, person, hat, made_at, seen_at, until) VALUES ($1, $2, $3, $4, $5, $6)`,
		s.hash, s.person, string(s.hat), s.made, s.made, s.until)
	return err
}

// Open signs a person in on a device, under a hat they may wear, and returns the session's secret. Keep says that the
// device is their own. Whoever calls it has made sure who it is. It returns NotOpen for a hat the person may not wear.
func (a *Accounts) Open(ctx context.Context, who id.Person, hat book.Hat, keep bool) (secret string, err error) {
	s := a.newSession(who, hat, keep)
	err = a.db.Update(ctx, func(tx *store.Tx) error {
		if err := a.mayWear(tx, who, hat); err != nil {
			return err
		}
		return s.insert(tx)
	})
	return s.secret, errs.Wrap("account: open", err)
}

// mayWear returns NotOpen for a hat that is not theirs.
func (a *Accounts) mayWear(tx *store.Tx, who id.Person, hat book.Hat) error {
	if hat == book.HatSelf {
		return nil
	}
	var yes int
	err := tx.Row(`SELECT 1 FROM membership WHERE person = $1 AND hat = $2 AND until > $3 LIMIT 1`, who, string(hat), a.clock.Now()).Scan(&yes)
	if isNone(err) {
		return errs.New("account: wear", errs.NotOpen, "")
	}
	return err
}

// SigningIn is what somebody types to come back.
type SigningIn struct {
	Words      string
	Passphrase string
	Keep       bool // this device is their own
}

// SignIn opens a session for the person whose sign-in words and passphrase these are. For words that belong to nobody it
// does the same work and says the same: Invalid with the one field "words". It can also return Busy.
func (a *Accounts) SignIn(ctx context.Context, in SigningIn) (secret string, who Session, err error) {
	const op = "account: sign in"
	phc := a.hasher.nobody
	err = a.db.View(ctx, func(tx *store.Tx) error {
		return tx.Row(`SELECT person, book, passphrase FROM account WHERE sign_in = $1`, a.blind(in.Words)).Scan(&who.Person, &who.Book, &phc)
	})
	known := err == nil
	if !known && !isNone(err) {
		return "", Session{}, errs.Wrap(op, err)
	}
	if len(in.Passphrase) > 16*MaxPassphrase {
		in.Passphrase = ""
	}
	fits, weak, err := a.hasher.fits(ctx, phc, in.Passphrase)
	if err != nil {
		return "", Session{}, errs.Wrap(op, err)
	}
	if !known || !fits {
		return "", Session{}, wrong(op)
	}
	if weak {
		if err := a.rehash(ctx, who.Person, phc, in.Passphrase); err != nil {
			return "", Session{}, errs.Wrap(op, err)
		}
	}
	if secret, err = a.Open(ctx, who.Person, book.HatSelf, in.Keep); err != nil {
		return "", Session{}, errs.Wrap(op, err)
	}
	who, err = a.Session(ctx, secret)
	return secret, who, errs.Wrap(op, err)
}

func wrong(op string) error {
	var c errs.Check
	c.Add("words", "account.sign_in_wrong")
	return c.Err(op)
}

// rehash stores the hash of a passphrase made with today's work.
func (a *Accounts) rehash(ctx context.Context, who id.Person, old, passphrase string) error {
	phc, err := a.hasher.hash(ctx, passphrase)
	if err != nil {
		return err
	}
	return a.db.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`UPDATE account SET passphrase = $1 WHERE person = $2 AND passphrase = $3`, phc, who, old)
		return err
	})
}

// Session returns the open session with that secret: SignIn when there is none, or it is over. Its hat is one the
// person may wear now. That it was seen is written down every few minutes.
func (a *Accounts) Session(ctx context.Context, secret string) (Session, error) {
	const op = "account: session"
	hash, ok := readSecret(secret)
	if !ok {
		return Session{}, errs.New(op, errs.SignIn, "")
	}
	now := a.clock.Now()
	s, err := a.find(ctx, hash, now)
	if isNone(err) || err == nil && s.over(now) {
		return Session{}, errs.New(op, errs.SignIn, "")
	}
	if err != nil {
		return Session{}, errs.Wrap(op, err)
	}
	if now-s.seen >= seenEvery {
		err = a.db.Update(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(`UPDATE session SET seen_at = $1 WHERE id_hash = $2 AND seen_at < $1`, now, s.hash)
			return err
		})
	}
	return s, errs.Wrap(op, err)
}

// find is one statement: every page of everybody who is signed in begins with it.
func (a *Accounts) find(ctx context.Context, hash []byte, now clock.Time) (Session, error) {
	s := Session{hash: hash}
	var made clock.Time
	var worker, team int
	err := a.db.Glance(ctx, func(tx *store.Tx) error {
		return tx.Row(`SELECT s.person, a.book, s.hat, s.made_at, s.seen_at, s.until,
			CASE WHEN EXISTS (SELECT 1 FROM membership AS m WHERE m.person = s.person AND m.hat = 'worker' AND m.until > $2) THEN 1 ELSE 0 END,
			CASE WHEN EXISTS (SELECT 1 FROM membership AS m WHERE m.person = s.person AND m.hat = 'team' AND m.until > $2) THEN 1 ELSE 0 END
			FROM session AS s JOIN account AS a ON a.person = s.person WHERE s.id_hash = $1`, hash, now).
			Scan(&s.Person, &s.Book, &s.Hat, &made, &s.seen, &s.Until, &worker, &team)
	})
	s.Kept = s.Until-made > ShortSession
	s.Hats = []book.Hat{book.HatSelf}
	if worker == 1 {
		s.Hats = append(s.Hats, book.HatWorker)
	}
	if team == 1 {
		s.Hats = append(s.Hats, book.HatTeam)
	}
	return s, err
}

// over reports whether a session that is still in the store has ended.
func (s Session) over(now clock.Time) bool {
	idle := IdleRole
	if s.Hat == book.HatSelf {
		idle = IdleSelf
	}
	return now >= s.Until || now-s.seen >= idle || !s.may(s.Hat)
}

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
	s := a.newSession(old.Person, hat, old.Kept)
	err = a.db.Update(ctx, func(tx *store.Tx) error {
		if err := a.mayWear(tx, old.Person, hat); err != nil {
			return err
		}
		// made_at and until go over, so that changing hats prolongs nothing.
		done, err := tx.Exec(`UPDATE session SET id_hash = $1, hat = $2, seen_at = $3 WHERE id_hash = $4`, s.hash, string(hat), s.made, old.hash)
		if err == nil && done == 0 {
			err = errs.New(op, errs.SignIn, "")
		}
		return err
	})
	return s.secret, errs.Wrap(op, err)
}

// SignOut closes the session with that secret. One that is not there is closed already. Errors are those of the store.
func (a *Accounts) SignOut(ctx context.Context, secret string) error {
	hash, ok := readSecret(secret)
	if !ok {
		return nil
	}
	return errs.Wrap("account: sign out", a.db.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`DELETE FROM session WHERE id_hash = $1`, hash)
		return err
	}))
}

// SignOutEverywhere closes every session of a person. Errors are those of the store.
func (a *Accounts) SignOutEverywhere(ctx context.Context, who id.Person) error {
	return errs.Wrap("account: sign out everywhere", a.db.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`DELETE FROM session WHERE person = $1`, who)
		return err
	}))
}

// Sweep deletes the sessions that are over. Errors are those of the store.
func (a *Accounts) Sweep(ctx context.Context) error {
	now := a.clock.Now()
	return errs.Wrap("account: sweep", a.db.Update(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec(`DELETE FROM session WHERE until <= $1 OR seen_at <= $2`, now, now-IdleSelf)
		return err
	}))
}
