// Package notify is the door through which messages leave: carriers of e-mail and text messages, and the way back for
// what people answer to a text message. It exists so that everything before it speaks of letters and knows of no
// protocol. Every carrier passes the same tests (TestEveryCarrier).
//
// # What a carrier's answer means
//
//	                        e-mail (SMTP)                       text messages (HTTP)
//	taken                   2xx after the last line             2xx
//	[post.ErrRefused]       5xx to a command, or at the end     4xx, but those below
//	[post.ErrNotTaken]      4xx, or no answer before the end    401, 403, 408, 409, 425, 429, 503, or no connection
//	nobody knows            no answer after the last line       no answer, any other 5xx
//
// 401 and 403 speak of our own settings, which somebody will mend: the letter is not lost by them.
//
// # A gateway for text messages
//
// [Gateway] speaks to any carrier that takes one POST a message:
//
//	POST <url>
//	Authorization: Bearer <token>
//	Idempotency-Key: <the message's id>
//	Content-Type: application/json
//
//	{"to": "+15551234567", "text": "You have a message.", "reference": "<the message's id>"}
//
// or the same names as a form. Its answer may be JSON with an "id", which is kept to be asked about. A carrier that
// minds the key sends a message once, however often it is handed over; for one that needs other names, put a few lines
// of a proxy between. Package carrier is one such gateway for tests and for trying out.
//
// [Inbound] is for what people answer:
//
//	POST /gateway/text
//	Authorization: Bearer <secret>
//
//	{"from": "+15551234567", "text": "STOP"}
package notify

import (
	"fmt"
	"net"
	"net/url"
)

// loopback reports whether a host is this machine itself.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// safeURL refuses an address to which words would travel in the clear.
func safeURL(what, address string) (*url.URL, error) {
	u, err := url.Parse(address)
	switch {
	case err != nil, u.Host == "":
		return nil, fmt.Errorf("notify: %s is no address", what) // it may hold a secret, so it is not repeated
	case u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())):
		return nil, fmt.Errorf("notify: %s must begin with https://", what)
	}
	return u, nil
}
