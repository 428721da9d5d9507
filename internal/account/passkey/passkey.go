// Package passkey is coming in with a passkey: a key that a phone, a computer or a password manager keeps for a person and
// uses once they have shown themselves to it, by finger, face or the device's own PIN. There is nothing to remember,
// nothing to type on a page that only looks like ours, and nothing here that could be stolen and used. It is for everybody;
// for workers and the centre team it is the usual way, because it also opens the hat of a role
// (docs/decisions/0010-what-each-way-opens.md).
//
// # A ceremony
//
// It is one question, with a challenge that a device signs. It stands in the database, as there may be several servers.
//
//	(nobody) ──BeginAdd, BeginComeIn, BeginShow──▶ asked ──Add, ComeIn, Show, with an answer that fits──▶ (gone)
//	                                                 └──5 minutes──▶ over ──Sweep──▶ (gone)
//
// An answer fits one question only: of its kind, of its person, signed for this site, by a passkey that stands, after the
// device made sure who holds it. Of many who bring the same answer at once one succeeds. All that does not fit is refused
// with the same words, whatever the reason: stopped by the person, unknown here, ended, somebody else's, too late.
//
// # A passkey
//
//	(none) ──Add──▶ stands ──ComeIn, Show, Rename──▶ stands ──End, EndAll──▶ ended
//
// # What is decided here
//
//   - The person is found by the passkey, so nothing is typed. What the device keeps of the person is a keyed hash
//     ([Passkeys.handle]), which says nothing to anybody else.
//   - Phones list passkeys, with the name of the site. The name that stands beside it there is the person's to choose, and
//     a neutral word until they do: some phones are looked through by others.
//   - Where a device counts its signatures, a count that does not grow is refused, as the key may have been copied. It is
//     only that one answer: the next one that counts on is taken, and nobody is locked out. Passkeys that are kept in step
//     between devices always count 0 (WebAuthn Level 3, 6.1.1).
//   - No proof of the make of a device is asked for, and none is kept.
//   - Who has a role adds a passkey only in a session in which its hat could be put on ([Passkeys.BeginAdd]): else their
//     passphrase alone, which opens no role, would lead to a passkey, which does.
//   - A passkey cannot be guessed. What is counted are the questions asked from a network, the answers from it as for
//     every way in, and the answers in one person's sessions.
package passkey

import (
	"context"
	"crypto/rand"
	"io"
	"net"
	"net/url"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"beside/internal/account"
	"beside/internal/account/limit"
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/mutant"
	"beside/internal/store"
	"beside/internal/vault"
)

// Config is what [New] needs.
type Config struct {
	DB        *store.DB
	Vault     *vault.Vault
	Accounts  *account.Accounts
	Clock     clock.Clock
	IDs       *id.Maker
	Rand      io.Reader // optional: the system's secure randomness when nil
	PublicURL string    // the address people type: passkeys are bound to its host
}

// Passkeys are all passkeys of one installation. It is safe for concurrent use.
type Passkeys struct {
	db       *store.DB
	vault    *vault.Vault
	accounts *account.Accounts
	clock    clock.Clock
	ids      *id.Maker
	rand     io.Reader
	site     *webauthn.WebAuthn // nil where passkeys are not offered
}

// Offered returns the host that passkeys are bound to when people come to Beside at an address, and whether there can be
// any: browsers want a name, not a number, and https, but on this machine itself under the name localhost.
func Offered(publicURL string) (host string, ok bool) {
	u, err := url.Parse(publicURL)
	if err != nil {
		return "", false
	}
	host = strings.ToLower(u.Hostname())
	safe := u.Scheme == "https" || u.Scheme == "http" && host == "localhost"
	return host, safe && net.ParseIP(host) == nil && protocol.ValidateRPID(host) == nil
}

// New returns the passkeys of an installation. It fails when the address cannot be used as the standard wants it.
func New(c Config) (*Passkeys, error) {
	if c.Rand == nil {
		c.Rand = rand.Reader
	}
	p := &Passkeys{db: c.DB, vault: c.Vault, accounts: c.Accounts, clock: c.Clock, ids: c.IDs, rand: c.Rand}
	host, ok := Offered(c.PublicURL)
	if !ok {
		return p, nil
	}
	u, err := url.Parse(c.PublicURL)
	if err == nil {
		p.site, err = webauthn.New(&webauthn.Config{
			RPID: host, RPDisplayName: host, RPOrigins: []string{u.Scheme + "://" + u.Host},
			AttestationPreference: protocol.PreferNoAttestation,
			AuthenticatorSelection: protocol.AuthenticatorSelection{
				ResidentKey: protocol.ResidentKeyRequirementRequired, RequireResidentKey: protocol.ResidentKeyRequired(), UserVerification: verified(),
			},
			Timeouts:                          webauthn.TimeoutsConfig{Login: asked, Registration: asked},
			ExtensionsUnsolicitedOutputPolicy: protocol.UnsolicitedOutputPolicyIgnore, // password managers tell more than they are asked
		})
	}
	return p, errs.Wrap("passkey: new", err)
}

// verified is what a device has to make sure of: who holds it, not only that somebody does.
func verified() protocol.UserVerificationRequirement {
	if mutant.On("passkey-unverified") {
		return protocol.VerificationPreferred
	}
	return protocol.VerificationRequired
}

// Offered reports whether there are passkeys at the address of this installation.
func (p *Passkeys) Offered() bool { return p.site != nil }

// Passkey is one of a person's own.
type Passkey struct {
	ID     id.Passkey
	Name   book.Text // as the person called it; blank when they did not
	MadeAt clock.Time
	SeenAt clock.Time // when it was last used, MadeAt when it never was
}

const (
	// MaxName is the longest name of a passkey, in bytes: authenticators keep 64 (WebAuthn Level 3, 5.4.1).
	MaxName = 64
	// Most is how many passkeys one person can have.
	Most = 20
)

// A passkey's name is sealed where an item with the passkey's id would be.
func itemOf(k id.Passkey) id.Item   { it, _ := id.FromBytes[id.Item](k.Bytes()); return it }
func entryOf(k id.Passkey) id.Entry { e, _ := id.FromBytes[id.Entry](k.Bytes()); return e }

// List returns the passkeys that the person of a session has, the newest first. It returns NotOpen in another hat than
// their own.
func (p *Passkeys) List(ctx context.Context, s account.Session) ([]Passkey, error) {
	const op = "passkey: list"
	if s.Hat != book.HatSelf {
		return nil, errs.New(op, errs.NotOpen, "")
	}
	var list []Passkey
	var names []vault.Sealed
	err := p.db.View(ctx, func(tx *store.Tx) error {
		return store.Each(tx, `SELECT id, name, made_at, seen_at FROM passkey WHERE person = $1 AND ended_at = 0 ORDER BY made_at DESC, id DESC`, []any{s.Person},
			func(scan func(...any) error) error {
				var k Passkey
				var name []byte
				err := scan(&k.ID, &name, &k.MadeAt, &k.SeenAt)
				list, names = append(list, k), append(names, name)
				return err
			})
	})
	if err != nil {
		return nil, errs.Wrap(op, err)
	}
	for i, sealed := range names {
		if len(sealed) == 0 {
			continue
		}
		name, err := p.vault.Unseal(ctx, s.Book, itemOf(list[i].ID), entryOf(list[i].ID), sealed)
		if err != nil {
			return nil, errs.Wrap(op, err)
		}
		list[i].Name = book.NewText(string(name))
	}
	return list, nil
}

// Has reports whether somebody has a passkey that stands.
func (p *Passkeys) Has(ctx context.Context, who id.Person) (bool, error) {
	var n int
	err := p.db.Glance(ctx, func(tx *store.Tx) (err error) {
		n, err = count(tx, who)
		return err
	})
	return n > 0, errs.Wrap("passkey: has", err)
}

func count(tx *store.Tx, who id.Person) (n int, err error) {
	err = tx.Row(`SELECT COUNT(*) FROM passkey WHERE person = $1 AND ended_at = 0`, who).Scan(&n)
	return n, err
}

// mayChange returns NotOpen unless the person of a session wears their own hat and has shown lately who they are. A form
// that was opened in time may be sent a while later, as at the door (visit.Fresh).
func (p *Passkeys) mayChange(op string, s account.Session) error {
	if s.Hat != book.HatSelf || !s.Fresh(p.clock.Now(), account.FreshToSend) {
		return errs.New(op, errs.NotOpen, "")
	}
	return nil
}

// seal seals a name; a blank one is none. It returns Invalid with the field "name" for one that is too long.
func (p *Passkeys) seal(ctx context.Context, s account.Session, k id.Passkey, name book.Text) (vault.Sealed, error) {
	if len(name.Show()) > MaxName {
		var c errs.Check
		c.AddArgs("name", "passkey.name_too_long", map[string]any{"Max": MaxName})
		return nil, c.Err("passkey: name")
	}
	if name.Blank() {
		return nil, nil
	}
	return p.vault.Seal(ctx, s.Book, itemOf(k), entryOf(k), []byte(name.Show()))
}

// Rename calls a passkey of the person's own by another name, here: the device that keeps it is not told. It returns Invalid with the
// field "name", and NotOpen for one that is not theirs or was ended, and when they showed too long ago who they are.
func (p *Passkeys) Rename(ctx context.Context, s account.Session, k id.Passkey, name book.Text) error {
	const op = "passkey: rename"
	if err := p.mayChange(op, s); err != nil {
		return err
	}
	sealed, err := p.seal(ctx, s, k, name)
	if err != nil {
		return errs.Wrap(op, err)
	}
	return errs.Wrap(op, p.db.Update(ctx, func(tx *store.Tx) error {
		done, err := tx.Exec(`UPDATE passkey SET name = $1 WHERE id = $2 AND person = $3 AND ended_at = 0`, []byte(sealed), k, s.Person)
		if err == nil && done == 0 {
			err = errs.New(op, errs.NotOpen, "")
		}
		return err
	}))
}

// End ends a passkey of the person's own: from then on it opens nothing. What is open on the device stays so: see
// account.Accounts.EndDevice. It does nothing for one that was ended. It returns NotOpen for one that is not theirs, and
// when they showed too long ago who they are.
func (p *Passkeys) End(ctx context.Context, s account.Session, k id.Passkey) error {
	const op = "passkey: end"
	if err := p.mayChange(op, s); err != nil {
		return err
	}
	return errs.Wrap(op, p.db.Update(ctx, func(tx *store.Tx) error {
		done, err := tx.Exec(`UPDATE passkey SET ended_at = $1, name = NULL WHERE id = $2 AND person = $3 AND ended_at = 0`, p.clock.Now(), k, s.Person)
		if err != nil {
			return err
		}
		if done == 1 {
			return p.accounts.Happens(tx, s.Person, account.HappenedPasskeyEnded, s.Device)
		}
		var mine int
		if err := tx.Row(`SELECT COUNT(*) FROM passkey WHERE id = $1 AND person = $2`, k, s.Person).Scan(&mine); err != nil {
			return err
		}
		if mine == 0 {
			return errs.New(op, errs.NotOpen, "")
		}
		return nil
	}))
}

// EndAll ends every passkey of a person, in the caller's transaction, as when their login is given back: whoever had their
// device had these too. Errors are those of the store.
func (p *Passkeys) EndAll(tx *store.Tx, who id.Person) error {
	const op = "passkey: end all"
	done, err := tx.Exec(`UPDATE passkey SET ended_at = $1, name = NULL WHERE person = $2 AND ended_at = 0`, p.clock.Now(), who)
	if err != nil || done == 0 {
		return errs.Wrap(op, err)
	}
	return errs.Wrap(op, p.accounts.Happens(tx, who, account.HappenedPasskeyEnded, id.Device{}))
}

// How often questions may be asked and answered.
var (
	asksFrom  = limit.Limit{Name: "passkey asked from", AtOnce: 300, Every: clock.Second}
	showsOfMe = limit.Limit{Name: "passkey shown", AtOnce: 30, Every: 20 * clock.Second}
)
