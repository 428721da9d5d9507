package contact

import (
	"net/mail"
	"strings"
	"unicode"

	"github.com/nyaruka/phonenumbers"
	"golang.org/x/net/idna"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// longestEmail is the longest address that e-mail carries (RFC 5321 §4.5.3.1.3), in bytes.
const longestEmail = 254

// read makes of an address as it was typed its channel, how messages are sent to it, and the keyed hash it is found by.
// The channel is "" for what cannot be read; the hash is then one that nothing is found by.
func (c *Contacts) read(typed string) (ch Channel, to string, blind []byte) {
	typed = strings.TrimSpace(norm.NFC.String(typed))
	var index string
	if strings.Contains(typed, "@") {
		to, index = readEmail(typed)
		ch = Email
	} else {
		to = readNumber(typed, c.Region)
		index, ch = to, Text
	}
	if to == "" {
		ch, index = "", typed
	}
	return ch, to, c.Vault.Blind("address", string(ch)+"\x00"+index)
}

// readEmail returns an e-mail address as it is sent to, and as it is looked for: the domain in the letters of the network
// (RFC 5891), lower case; the part before it as it was typed, and without capital letters for looking only, since a
// server may take them as another's. Dots and plus signs stay: what they mean is the server's to say. Both are "" for
// what is no address.
func readEmail(typed string) (to, index string) {
	if len(typed) > longestEmail || strings.ContainsFunc(typed, func(r rune) bool { return !unicode.IsGraphic(r) || unicode.IsSpace(r) }) {
		return "", ""
	}
	a, err := mail.ParseAddress(typed)
	if err != nil || a.Name != "" || a.Address != typed {
		return "", ""
	}
	at := strings.LastIndexByte(typed, '@')
	local, domain := typed[:at], typed[at+1:]
	domain, err = idna.Lookup.ToASCII(domain)
	if err != nil || !strings.Contains(domain, ".") || strings.HasSuffix(domain, ".") {
		return "", ""
	}
	domain = strings.ToLower(domain)
	return local + "@" + domain, cases.Fold().String(local) + "@" + domain
}

// readNumber returns a telephone number as E.164 has it, and "" for what is none that could be written to: one that does
// not exist, one behind a switchboard, or one that costs whoever writes.
func readNumber(typed, region string) string {
	if len(typed) > 40 || strings.ContainsFunc(typed, unicode.IsLetter) {
		return ""
	}
	n, err := phonenumbers.Parse(typed, region)
	if err != nil || n.GetExtension() != "" || !phonenumbers.IsValidNumber(n) {
		return ""
	}
	switch phonenumbers.GetNumberType(n) {
	case phonenumbers.PREMIUM_RATE, phonenumbers.SHARED_COST, phonenumbers.TOLL_FREE, phonenumbers.UAN, phonenumbers.VOICEMAIL, phonenumbers.PAGER:
		return ""
	}
	return phonenumbers.Format(n, phonenumbers.E164)
}

// Shown returns an address as it is read on a page: a number in groups, with its country in front.
func Shown(address string) string {
	if !strings.HasPrefix(address, "+") {
		return address
	}
	n, err := phonenumbers.Parse(address, "")
	if err != nil {
		return address
	}
	return phonenumbers.Format(n, phonenumbers.INTERNATIONAL)
}

// Masked returns an address that its owner knows again, and that tells little to somebody who looks over their shoulder.
func Masked(address string) string {
	if at := strings.LastIndexByte(address, '@'); at > 0 {
		return firstLetter(address) + "…@" + firstLetter(address[at+1:]) + "…"
	}
	if len(address) < 4 {
		return "…"
	}
	return "…" + address[len(address)-3:]
}

func firstLetter(s string) string {
	for _, r := range s {
		return string(r)
	}
	return ""
}
