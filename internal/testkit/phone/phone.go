// Package phone is a phone that keeps passkeys, for tests: it answers what a page asks of a device as the standard says
// (WebAuthn Level 3), or, with its fields changed, as an attacker would. There is no browser in it.
//
//	mine := phone.New(w.URL)
//	answer := mine.Makes(t, asking)  // the field "answer" of a form that asks for a new passkey
//	answer = mine.Shows(t, asking)   // and of one that asks for one that was made
package phone

import (
	"net/url"
	"testing"

	"github.com/descope/virtualwebauthn"
)

// Phone keeps passkeys for one person. It belongs to one goroutine.
type Phone struct {
	Site virtualwebauthn.RelyingParty // what its browser says where it is
	Is   virtualwebauthn.AuthenticatorOptions
	Made []virtualwebauthn.Credential // the newest is the one that is shown
	// Counts says that it counts its signatures; a passkey that is kept in step between devices does not.
	Counts bool
}

// New is a phone whose browser shows the pages of an address.
func New(address string) *Phone {
	u, err := url.Parse(address)
	if err != nil {
		panic("phone: " + err.Error())
	}
	return &Phone{Site: virtualwebauthn.RelyingParty{ID: u.Hostname(), Name: u.Hostname(), Origin: u.Scheme + "://" + u.Host}}
}

// Copy is a phone that keeps the same, as one does onto which everything was copied.
func (p *Phone) Copy() *Phone {
	same := *p
	same.Made = append(p.Made[:0:0], p.Made...)
	return &same
}

// Key makes a key whose coordinates have no zero in front, which the virtual device would leave out.
func Key() virtualwebauthn.Credential {
	const whole = 77 // bytes of a whole key
	for {
		k := virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
		if len(k.Key.AttestationData()) == whole {
			return k
		}
	}
}

func (p *Phone) device() virtualwebauthn.Authenticator {
	return virtualwebauthn.NewAuthenticatorWithOptions(p.Is)
}

// Makes answers the question whether to make a passkey.
func (p *Phone) Makes(t testing.TB, asking string) string {
	t.Helper()
	o, err := virtualwebauthn.ParseAttestationOptions(asking)
	if err != nil {
		t.Fatalf("phone: %v", err)
	}
	k := Key()
	p.Made = append(p.Made, k)
	p.Is.UserHandle = []byte(o.UserID)
	return virtualwebauthn.CreateAttestationResponse(p.Site, p.device(), k, *o)
}

// Shows answers the question for a passkey.
func (p *Phone) Shows(t testing.TB, asking string) string {
	t.Helper()
	o, err := virtualwebauthn.ParseAssertionOptions(asking)
	if err != nil {
		t.Fatalf("phone: %v", err)
	}
	k := &p.Made[len(p.Made)-1]
	if p.Counts {
		k.Counter++
	}
	return virtualwebauthn.CreateAssertionResponse(p.Site, p.device(), *k, *o)
}
