package notify

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"beside/internal/account/post"
	"beside/internal/clock"
)

// SMTP is where e-mail is handed over.
type SMTP struct {
	Host     string
	Port     int    // 587 when 0
	From     string // the address that messages come from. People who look over a shoulder see its domain: choose a plain one
	Login    string // optional
	Password string
	// TLS is "starttls" (which the server must then speak), "tls" from the beginning, or "none", which is for this machine
	// itself. "starttls" when empty.
	TLS      string
	Patience time.Duration // how long connecting may take, and then handing over; 10 s each when 0
	Clock    clock.Clock
}

// Mail hands e-mail to one SMTP server. Each letter carries its key as Message-ID, by which a mailbox can tell that two
// are one; the server itself sends what it is handed.
type Mail struct {
	c      SMTP
	domain string
}

// NewMail returns the carrier of e-mail. It fails for settings that cannot work, or not safely.
func NewMail(c SMTP) (*Mail, error) {
	from, err := mail.ParseAddress(c.From)
	if err != nil || from.Name != "" {
		return nil, errors.New("notify: the address that e-mail comes from must be a plain address, such as post@example.org")
	}
	_, domain, _ := strings.Cut(from.Address, "@")
	if c.Port == 0 {
		c.Port = 587
	}
	if c.Patience == 0 {
		c.Patience = 10 * time.Second
	}
	switch {
	case c.TLS == "":
		c.TLS = "starttls"
	case c.TLS == "none" && !loopback(c.Host):
		return nil, fmt.Errorf("notify: e-mail would travel to %s in the clear: use starttls or tls", c.Host)
	case c.TLS != "none" && c.TLS != "tls" && c.TLS != "starttls":
		return nil, fmt.Errorf("notify: TLS for e-mail is starttls, tls or none, not %q", c.TLS)
	}
	return &Mail{c, domain}, nil
}

func (m *Mail) options() []gomail.Option {
	out := []gomail.Option{gomail.WithPort(m.c.Port), gomail.WithTimeout(m.c.Patience), gomail.WithHELO(m.domain), gomail.WithoutNoop()}
	switch m.c.TLS {
	case "tls":
		out = append(out, gomail.WithSSL())
	case "starttls":
		out = append(out, gomail.WithTLSPolicy(gomail.TLSMandatory))
	default:
		out = append(out, gomail.WithTLSPolicy(gomail.NoTLS))
	}
	if m.c.Login != "" {
		out = append(out, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(m.c.Login), gomail.WithPassword(m.c.Password))
	}
	return out
}

// Send hands over one e-mail: plain text, without a mark of what wrote it, and asking that no machine answer it (RFC 3834).
func (m *Mail) Send(ctx context.Context, l post.Letter) (string, error) {
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	name := strings.NewReplacer(`"`, "'", `\`, "/").Replace(l.Name) // which would end the name in the header too soon
	if err := errors.Join(msg.FromFormat(name, m.c.From), msg.To(l.To)); err != nil {
		return "", post.ErrRefused
	}
	msg.Subject(l.Subject)
	msg.SetMessageIDWithValue(l.Key.String() + "@" + m.domain)
	msg.SetDateWithValue(m.c.Clock.Now().Std())
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetBodyString(gomail.TypeTextPlain, l.Text)
	dialler, err := gomail.NewClient(m.c.Host, m.options()...)
	if err != nil {
		return "", fmt.Errorf("%w: settings", post.ErrNotTaken)
	}
	conn, err := dialler.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return "", fmt.Errorf("%w: connecting", post.ErrNotTaken)
	}
	defer func() { _ = dialler.CloseWithSMTPClient(conn) }() // the letter is taken or not by then
	err = meaning(msg, dialler.SendWithSMTPClient(conn, msg))
	return msg.ServerResponse(), err
}

var errNoAnswer = errors.New("notify: no answer")

// meaning tells what an answer of SMTP means, without repeating it: it may name the address.
func meaning(msg *gomail.Msg, err error) error {
	if err == nil || msg.IsDelivered() {
		return nil
	}
	said, ok := errors.AsType[*gomail.SendError](err)
	if !ok && msg.HasSendError() {
		said, ok = errors.AsType[*gomail.SendError](msg.SendError())
	}
	switch {
	case !ok:
		return post.ErrNotTaken // go-mail did not come to sending it
	case said.ErrorCode() >= 500:
		return post.ErrRefused
	case said.ErrorCode() >= 400, said.Reason != gomail.ErrSMTPDataClose:
		return post.ErrNotTaken // without the last line a server takes nothing
	}
	return errNoAnswer
}
