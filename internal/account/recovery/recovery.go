package recovery

import (
	"context"

	"beside/internal/account"
	"beside/internal/account/handover"
	"beside/internal/account/limit"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/store"
	"beside/internal/vault"
)

// What an organisation may come to set otherwise.
const (
	MostHolders  = 3                 // people who may help somebody back in
	PartnerPause = 72 * clock.Hour   // before a partner may help
	CodeLasts    = 7 * clock.Day     // of the one-time code that somebody hands to a holder
	RequestLasts = 7 * clock.Day     // of a request
	WaitHolders  = clock.Hour        // between the second yes and the opening, so that a notice can be acted on
	WaitDesk     = 24 * clock.Hour   // the same at the desk
	VouchLasts   = 10 * clock.Minute // in which somebody who was vouched for goes on
	VouchAsked   = clock.Hour        // in which they have to be vouched for
	ClaimLasts   = 30 * clock.Minute // in which a member of the team may look for a name
)

// yesNeeded is how many different people must say yes.
const yesNeeded = 2

// Config is what [New] needs.
type Config struct {
	DB       *store.DB
	Vault    *vault.Vault
	Keeper   *keeper.Keeper
	Accounts *account.Accounts
	Clock    clock.Clock
	IDs      *id.Maker
	// OnGivenBack, which is optional, is called in the transaction in which a login is given back, for other ways in that
	// must close then.
	OnGivenBack func(tx *store.Tx, who id.Person) error
}

// Recovery gives logins back. It is safe for concurrent use.
type Recovery struct{ Config }

// New returns a Recovery over an installation's data and keys.
func New(c Config) *Recovery { return &Recovery{c} }

// How often something may be tried here.
var (
	triesCode  = limit.Limit{Name: "recovery code", AtOnce: 10, Every: 6 * clock.Minute}
	triesToken = limit.Limit{Name: "recovery holder", AtOnce: 10, Every: 6 * clock.Minute}
	asksWords  = limit.Limit{Name: "recovery words", AtOnce: 10, Every: clock.Hour} // faster than one network can use it up
	asksHome   = limit.Limit{Name: "recovery words at home", AtOnce: 3, Every: 2 * clock.Hour}
	asksFrom   = limit.Limit{Name: "recovery words from", AtOnce: 3, Every: 2 * clock.Hour}
	asksDesk   = limit.Limit{Name: "recovery desk", AtOnce: 20, Every: 6 * clock.Minute}
	triesName  = limit.Limit{Name: "recovery name", AtOnce: 10, Every: 10 * clock.Minute}
)

const codeSigns = 8 // 40 bits

// secretFor returns the secret that follows from what a form brought.
func (r *Recovery) secretFor(what string, parts ...[]byte) string {
	return handover.Secret(r.Vault, "recovery "+what, parts...)
}

func (r *Recovery) blind(purpose string, parts ...[]byte) []byte {
	return handover.Blind(r.Vault, purpose, parts...)
}

// codeOf returns the spoken code of a request, which follows from its secret, so that the browser that holds the secret can
// be shown it again.
func (r *Recovery) codeOf(secret string) string {
	return handover.Signs(r.Vault.Blind("recovery spoken code", secret), codeSigns)
}

func (r *Recovery) secretHash(secret string) []byte { return r.Vault.Blind("recovery secret", secret) }
func (r *Recovery) codeHash(code string) []byte     { return r.Vault.Blind("recovery code", code) }
func (r *Recovery) tokenHash(token string) []byte   { return r.Vault.Blind("recovery token", token) }

func notOpen(op string) error { return errs.New("recovery: "+op, errs.NotOpen, "") }

// wrongCode is said of every code that does not fit, whatever the reason.
func wrongCode(op string) error {
	var c errs.Check
	c.Add("code", "recovery.code_wrong")
	return c.Err("recovery: " + op)
}

// Sweep deletes the requests that were over a week ago. Errors are those of the store.
func (r *Recovery) Sweep(ctx context.Context) error {
	old := r.Clock.Now() - RequestLasts
	return errs.Wrap("recovery: sweep", r.DB.Update(ctx, func(tx *store.Tx) error {
		for _, q := range []string{
			`DELETE FROM login_yes WHERE request IN (SELECT id FROM login_request WHERE until <= $1)`,
			`DELETE FROM desk_claim WHERE request IN (SELECT id FROM login_request WHERE until <= $1)`,
			`DELETE FROM login_request WHERE until <= $1`,
			`DELETE FROM holder WHERE holder IS NULL AND token_until <= $1`,
		} {
			if _, err := tx.Exec(q, old); err != nil {
				return err
			}
		}
		return nil
	}))
}
