package account

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"io"

	"beside/internal/account/limit"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/store"
	"beside/internal/vault"
)

// Config is what [New] needs.
type Config struct {
	DB      *store.DB
	Vault   *vault.Vault
	Keeper  *keeper.Keeper
	Clock   clock.Clock
	IDs     *id.Maker
	Rand    io.Reader // optional: the system's secure randomness when nil
	Hashing Hashing   // optional
	// Tell, which is optional, has it told to a person on every channel they marked safe that something happened with
	// their ways in. It is called in the transaction in which it happens.
	Tell func(tx *store.Tx, who id.Person, h id.Happening, at clock.Time) error
	// First, which is optional, makes of an address that somebody gives when they join the entry it is kept in and what is
	// written beside it in the same transaction: contact.Contacts.First. Without it nobody can give one. It returns Invalid
	// with the field "address".
	First func(FirstAddress) (keeper.Draft, func(*store.Tx) error, error)
	// Closed, which is optional, reports whether nobody new can join yet but who was invited.
	Closed func(tx *store.Tx) (bool, error)
	// Entered, which is optional, is told of each session that was opened, by which way.
	Entered func(Way)
}

// ErrNotOpenYet says that nobody new can join here yet.
var ErrNotOpenYet = errors.New("account: this place is not open yet")

// Accounts lets people in. It is safe for concurrent use.
type Accounts struct {
	db     *store.DB
	vault  *vault.Vault
	keeper *keeper.Keeper
	clock  clock.Clock
	ids    *id.Maker
	rand   io.Reader
	hasher *hasher
	tell   func(tx *store.Tx, who id.Person, h id.Happening, at clock.Time) error
	first  func(FirstAddress) (keeper.Draft, func(*store.Tx) error, error)
	closed func(tx *store.Tx) (bool, error)
	told   func(Way)

	// OnWorker, when set, is called in tx when somebody comes to work in a community as a worker, under the lock of its roles.
	OnWorker func(tx *store.Tx, community id.Community, at clock.Time) error

	Limits *limit.Limits // allowances of tries, for every way in
}

// New returns Accounts over an installation's data and keys. It hashes once, and fails only without randomness.
func New(c Config) (*Accounts, error) {
	if c.Rand == nil {
		c.Rand = rand.Reader
	}
	a := &Accounts{db: c.DB, vault: c.Vault, keeper: c.Keeper, clock: c.Clock, ids: c.IDs, rand: c.Rand, tell: c.Tell, first: c.First, closed: c.Closed, told: c.Entered, Limits: limit.New(c.DB, c.Vault, c.Clock)}
	pepper := func(p string) []byte { return c.Vault.Blind("passphrase", p) }
	var err error
	if a.hasher, err = newHasher(c.Hashing, pepper, c.Rand); err != nil {
		return nil, errs.Wrap("account: new", err)
	}
	return a, nil
}

// Community returns the community of this installation and makes it when there is none yet. Of several servers that
// start at once all get the same. An existing one keeps its name. Errors are those of the store.
func (a *Accounts) Community(ctx context.Context, name string) (id.Community, error) {
	var c id.Community
	first, _ := id.FromBytes[id.Community](a.vault.Blind("community", "first")[:16]) // 16 bytes never fail
	err := a.db.Update(ctx, func(tx *store.Tx) error {
		err := tx.Row(`SELECT id FROM community ORDER BY made_at, id LIMIT 1`).Scan(&c)
		if err == nil || !store.IsNone(err) {
			return err
		}
		c = first
		now := a.clock.Now()
		made, err := tx.Exec(`INSERT INTO community (id, name, made_at) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING`, c, name, now)
		if err != nil || made == 0 {
			return err
		}
		return a.keeper.Queue().Record(tx, kindCommunity, c.Bytes(), communityRow(name, now), now)
	})
	return c, errs.Wrap("account: community", err)
}

// derived returns the 16 bytes of an id that follows from a form's entry id, so that the form sent twice makes the same
// thing. It keeps the time in front of the id, by which the store sorts.
func derived(e id.Entry, what string) []byte {
	h := sha256.Sum256(append([]byte("beside account "+what+"\x00"), e.Bytes()...))
	b := append([]byte(nil), e.Bytes()...)
	copy(b[8:], h[:8])
	b[8] = b[8]&0x3f | 0x80
	return b
}

// record queues a leaf for a row of membership, as every change to it does.
func (a *Accounts) record(tx *store.Tx, m Membership, community id.Community, now clock.Time) error {
	return a.keeper.Queue().Record(tx, kindMembership, m.ID.Bytes(), membershipRow(m, community), now)
}
