package passkey

import (
	"strings"
	"testing"
)

// FuzzAnswer: whatever a browser sends as an answer is read or is not; nothing panics, and what is read says what was
// asked.
func FuzzAnswer(f *testing.F) {
	f.Add(`{"id":"AQ","rawId":"AQ","type":"public-key","response":{"clientDataJSON":"e30","authenticatorData":"` + strings.Repeat("A", 50) + `","signature":"AQ","userHandle":"AQ"}}`)
	f.Add(`{"id":"AQ","rawId":"AQ","type":"public-key","response":{"clientDataJSON":"e30","attestationObject":"o2NmbXRkbm9uZWdhdHRTdG10oGhhdXRoRGF0YUA","transports":["internal"]}}`)
	f.Add("")
	f.Add("{}")
	f.Add("null")
	f.Fuzz(func(t *testing.T, answer string) {
		made, err := readMade(answer)
		if err == nil && len(made.Response.AttestationObject.AuthData.AttData.CredentialID) == 0 {
			t.Error("a passkey without a name was read")
		}
		signed, err := readSigned(answer)
		if err == nil && len(signed.RawID) == 0 {
			t.Error("an answer of no passkey was read")
		}
	})
}
