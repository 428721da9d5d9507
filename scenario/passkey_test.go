package scenario

import (
	"testing"

	"github.com/chromedp/cdproto/webauthn"

	"beside/internal/testkit/ready"
	"beside/internal/testkit/world"
)

// withPasskeys gives somebody's browser a device that keeps passkeys, with a lock that knows its owner.
func withPasskeys(s *screen) webauthn.AuthenticatorID {
	tell(s, webauthn.Enable, webauthn.EnableParams{})
	return tell(s, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
		Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
		HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
	}}).AuthenticatorID
}

// ask is the form of a page that asks for a passkey.
const ask = "main form:has([data-passkey])"

// TestPasskeyInBrowser: Ana joins on her phone, adds a passkey, closes her book and comes in with it. Her phone is told no
// name of hers.
func TestPasskeyInBrowser(t *testing.T) {
	w := world.New(t, ready.Folder(t), world.AtLocalhost)
	s := newScreen(t, w.URL, look{width: 360, script: true})
	lock := withPasskeys(s)
	ana := &person{browser: s, t: t, name: "Ana"}
	ana.open("/join")
	ana.joins()
	ana.open("/me/ways")
	ana.tapWords("My passkeys")
	ana.tapWords("Add a passkey")
	ana.keep(ask, "name", "Weather")
	ana.isAt("/me/passkeys")
	ana.reads("Weather")
	keys := tell(s, webauthn.GetCredentials, webauthn.GetCredentialsParams{AuthenticatorID: lock}).Credentials
	if len(keys) != 1 || !keys[0].IsResidentCredential || keys[0].RpID != "localhost" || keys[0].UserName != "Weather" || keys[0].UserDisplayName != "Weather" {
		t.Errorf("the phone keeps %+v", keys)
	}
	ana.tapWords("Add a passkey")
	ana.keep(ask, "name", "Again") // the phone has one already, and makes no other
	ana.isAt("/me/passkeys/new")
	ana.reads("nothing was changed")

	ana.open("/leave")
	ana.keep("main form", "where", "here")
	ana.open("/me/goals")
	ana.isAt("/come-in")
	ana.tapWords("With a passkey")
	tell(s, webauthn.SetUserVerified, webauthn.SetUserVerifiedParams{AuthenticatorID: lock})
	ana.keep(ask) // the phone does not know who holds it
	ana.isAt("/come-in/passkey")
	ana.reads("That did not work, and nothing was changed.")
	tell(s, webauthn.SetUserVerified, webauthn.SetUserVerifiedParams{AuthenticatorID: lock, IsUserVerified: true})
	ana.keep(ask, "own_device", "yes")
	ana.isAt("/me/goals")

	// Where there is no script, the page says so and leads on.
	s.wear(look{width: 360})
	ana.open("/leave")
	ana.keep("main form", "where", "here")
	ana.open("/come-in")
	ana.tapWords("With a passkey")
	ana.reads("A passkey cannot be used here")
	ana.tapWords("Come in another way")
	ana.keep("main form", "words", ana.words, "secret_passphrase", passphrase)
	ana.isAt("/me")
}

// TestHatByPasskeyInBrowser: Sam walks with people. His passphrase opens his own book, and his passkey the hat.
func TestHatByPasskeyInBrowser(t *testing.T) {
	w := world.New(t, ready.Folder(t), world.AtLocalhost)
	s := newScreen(t, w.URL, look{width: 360, script: true})
	withPasskeys(s)
	sam := &person{browser: s, t: t, name: "Sam"}
	link := invitationTo(t, w, "worker")
	sam.open(link)
	sam.tapWords("Begin")
	sam.joins()
	sam.isAt(link)
	sam.keep("main form")
	sam.isAt("/hat")
	sam.tapWords("Add a passkey now")
	sam.keep(ask)
	sam.isAt("/me/passkeys")

	sam.open("/leave")
	sam.keep("main form", "where", "here")
	sam.open("/come-in")
	sam.keep("main form", "words", sam.words, "secret_passphrase", passphrase)
	sam.isAt("/hat")
	sam.tapWords("Show first that it is you")
	sam.isAt("/prove")
	sam.keep(ask)
	sam.isAt("/hat")
	sam.keep("main form", "hat", "worker")
	sam.isAt("/worker")
}

// invitationTo is the path of an invitation.
func invitationTo(t *testing.T, w *world.World, hat string) string {
	t.Helper()
	team := w.Team(t)
	team.Get("/team")
	team.Send("form:has(input[value="+hat+"])", "hat", hat)
	return team.Page.One("main .lead").Text()[len(w.URL):]
}
