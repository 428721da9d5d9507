package notify_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"beside/internal/account/post"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/id"
	"beside/internal/notify"
	"beside/internal/notify/carrier"
)

// noon is when the tests of this package stand still: 12 March 2025, 12:00 UTC.
const noon = clock.Time(1741780800) * clock.Second

var (
	still = clock.NewManual(noon)
	ids   = id.NewMaker(still, nil)
)

const patience = 150 * time.Millisecond

func letter(to string) post.Letter {
	return post.Letter{Key: id.New[id.Promise](ids), To: to, Name: "Book club", Subject: "You have a message", Text: "You have a message."}
}

// subject is one carrier with a world behind it that does what it is told.
type subject struct {
	post.Carrier
	to    string
	does  func(what string) // of "accept", "refuse", "busy", "cut", "drop", "slow", "gone"
	got   func() []string   // what arrived
	keys  bool
	lines bool // it speaks over a line, which can break
}

func mailTo(t *testing.T, s *server) *subject {
	t.Helper()
	m, err := notify.NewMail(notify.SMTP{Host: s.host, Port: s.port, From: "post@example.org", TLS: "none", Patience: patience, Clock: still})
	if err != nil {
		t.Fatal(err)
	}
	return &subject{Carrier: m, to: "ana@example.org", got: s.letters, lines: true, does: func(what string) {
		switch what {
		case "refuse":
			s.say("RCPT", "550 5.1.1 nobody here")
		case "refuse at the end":
			s.say(".", "554 5.7.1 not this")
		case "busy":
			s.say("RCPT", "451 4.7.1 later")
		case "busy at the end":
			s.say(".", "452 4.3.1 full")
		case "cut":
			s.say("MAIL", "drop")
		case "cut at once":
			s.say("hello", "drop")
		case "drop":
			s.say(".", "drop")
		case "slow":
			s.say(".", "silence")
		}
	}}
}

func gateway(t *testing.T, form bool) *subject {
	t.Helper()
	sim := carrier.New("token")
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	g, err := notify.NewGateway(notify.HTTP{URL: server.URL, Token: "token", Form: form, Patience: patience})
	if err != nil {
		t.Fatal(err)
	}
	got := func() (out []string) {
		for _, m := range sim.Got() {
			out = append(out, m.Text)
		}
		return out
	}
	return &subject{Carrier: g, to: "+15551234567", got: got, keys: true, lines: true, does: func(what string) {
		sim.Does(map[string]carrier.Behaviour{
			"refuse": carrier.Refuse, "busy": carrier.Busy, "drop": carrier.Drop, "slow": carrier.Slow, "broken": carrier.Broken,
			"settings": carrier.Unknown, "cut at once": carrier.Cut,
		}[what])
	}}
}

func recorder() *subject {
	r := notify.NewRecorder(still)
	got := func() (out []string) {
		for _, s := range r.Sent() {
			out = append(out, s.Text)
		}
		return out
	}
	return &subject{Carrier: r.Carrier(post.Text), to: "+15551234567", got: got, keys: true, does: func(what string) {
		r.Fail(map[string]error{"refuse": post.ErrRefused, "busy": post.ErrNotTaken}[what])
	}}
}

// TestEveryCarrier is what package post counts on.
func TestEveryCarrier(t *testing.T) {
	doubt := errors.New("nobody knows")
	for name, begin := range map[string]func(*testing.T) *subject{
		"mail":         func(t *testing.T) *subject { return mailTo(t, newServer(t)) },
		"gateway":      func(t *testing.T) *subject { return gateway(t, false) },
		"gateway form": func(t *testing.T) *subject { return gateway(t, true) },
		"recorder":     func(*testing.T) *subject { return recorder() },
	} {
		for _, c := range []struct {
			does  string
			want  error
			only  string // carriers that can do this: "lines", or a name
			taken bool
		}{
			{"accept", nil, "", true},
			{"refuse", post.ErrRefused, "", false},
			{"refuse at the end", post.ErrRefused, "mail", false},
			{"busy", post.ErrNotTaken, "", false},
			{"busy at the end", post.ErrNotTaken, "mail", false},
			{"settings", post.ErrNotTaken, "gateway", false},
			{"cut", post.ErrNotTaken, "mail", false},
			{"cut at once", post.ErrNotTaken, "mail", false},
			{"drop", doubt, "lines", true},
			{"slow", doubt, "lines", true},
			{"broken", doubt, "gateway", true},
		} {
			t.Run(name+"/"+c.does, func(t *testing.T) {
				s := begin(t)
				if c.only != "" && !strings.HasPrefix(name, c.only) && (c.only != "lines" || !s.lines) {
					return
				}
				s.does(c.does)
				l := letter(s.to)
				_, err := s.Send(t.Context(), l)
				if !means(err, c.want, doubt) {
					t.Errorf("it says %v, want %v", err, c.want)
				}
				if err != nil && strings.Contains(err.Error(), s.to) {
					t.Errorf("the error names the address: %v", err)
				}
				if got := s.got(); (len(got) == 1) != c.taken {
					t.Errorf("%d letters arrived", len(got))
				}
				if c.taken && s.keys {
					s.does("accept")
					if _, err := s.Send(t.Context(), l); err != nil || len(s.got()) != 1 {
						t.Errorf("the same key again: %v, %d letters", err, len(s.got()))
					}
				}
			})
		}
	}
}

func means(err, want, doubt error) bool {
	if errors.Is(want, doubt) {
		return err != nil && !errors.Is(err, post.ErrRefused) && !errors.Is(err, post.ErrNotTaken)
	}
	return errors.Is(err, want)
}

// TestNobodyListens: a carrier that cannot be reached has certainly not taken anything.
func TestNobodyListens(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	s.Close()
	g, err := notify.NewGateway(notify.HTTP{URL: s.URL, Patience: patience})
	if err != nil {
		t.Fatal(err)
	}
	m, err := notify.NewMail(notify.SMTP{Host: "127.0.0.1", Port: 1, From: "post@example.org", TLS: "none", Patience: patience, Clock: still})
	if err != nil {
		t.Fatal(err)
	}
	for to, c := range map[string]post.Carrier{"+15551234567": g, "ana@example.org": m} {
		if _, err := c.Send(t.Context(), letter(to)); !errors.Is(err, post.ErrNotTaken) {
			t.Errorf("%T says %v", c, err)
		}
	}
}

// TestALetterTellsNothing reads a letter as it goes over the line.
func TestALetterTellsNothing(t *testing.T) {
	s := newServer(t)
	c := mailTo(t, s)
	l := letter(c.to)
	ref, err := c.Send(t.Context(), l)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(ref, "queued as 42") {
		t.Errorf("the reference is %q", ref)
	}
	raw := s.letters()[0]
	for _, want := range []string{
		"Message-ID: <" + l.Key.String() + "@example.org>", "Subject: You have a message", "Date: Wed, 12 Mar 2025 12:00:00 +0000",
		`From: "Book club" <post@example.org>`, "Auto-Submitted: auto-generated", "You have a message.",
	} {
		if !strings.Contains(raw, want) {
			t.Errorf("%q is not in the letter:\n%s", want, raw)
		}
	}
	for _, tells := range []string{"go-mail", "Beside", "beside", "http", "html", "User-Agent", "X-Mailer"} {
		if strings.Contains(raw, tells) {
			t.Errorf("%q is in the letter:\n%s", tells, raw)
		}
	}
	if _, err := c.Send(t.Context(), letter("ana@example.org\r\nBcc: ben@example.org")); !errors.Is(err, post.ErrRefused) {
		t.Errorf("an address with a line in it: %v", err)
	}
	hostile := letter(c.to)
	hostile.Name, hostile.Subject = "x\r\nBcc: ben@example.org", "y\r\nBcc: ben@example.org"
	if _, err := c.Send(t.Context(), hostile); err == nil && strings.Contains(s.letters()[1], "\nBcc:") {
		t.Errorf("a header was slipped in:\n%s", s.letters()[1])
	}
}

func TestSettingsThatAreNotSafe(t *testing.T) {
	for _, c := range []notify.SMTP{
		{Host: "mail.example.org", From: "nobody"}, {Host: "mail.example.org", From: "Centre <post@example.org>"},
		{Host: "mail.example.org", From: "post@example.org", TLS: "none"}, {Host: "mail.example.org", From: "post@example.org", TLS: "maybe"},
	} {
		if _, err := notify.NewMail(c); err == nil {
			t.Errorf("%+v was taken", c)
		}
	}
	for _, url := range []string{"", "http://gateway.example.org/send", "gateway", "ftp://gateway.example.org"} {
		if _, err := notify.NewGateway(notify.HTTP{URL: url}); err == nil {
			t.Errorf("%q was taken", url)
		}
	}
	if _, err := notify.NewGateway(notify.HTTP{URL: "https://gateway.example.org/send"}); err != nil {
		t.Error(err)
	}
}

func TestAnswersComeBack(t *testing.T) {
	var stopped []string
	often := false
	server := httptest.NewServer(notify.Inbound(notify.Replies{
		Secret:      "secret",
		WrongNumber: func(text string) bool { return text == "STOP" },
		Stop:        func(_ context.Context, number string) error { stopped = append(stopped, number); return nil },
		Take: func(context.Context) error {
			if often {
				return errs.New("test", errs.TooOften, "")
			}
			return nil
		},
	}))
	defer server.Close()
	sim := carrier.New("token")
	for _, c := range []struct {
		secret, from, text string
		status             int
	}{
		{"secret", "+15551234567", "STOP", 204}, {"secret", "+15551234567", "thank you", 204}, {"secret", "", "STOP", 400},
		{"other", "+15559999999", "STOP", 401}, {"", "+15559999999", "STOP", 401},
		{"secret", "+15559999999", strings.Repeat("x", 20<<10), 400},
	} {
		if status, err := sim.Reply(t.Context(), server.URL, c.secret, c.from, c.text); err != nil || status != c.status {
			t.Errorf("%q from %q: %d %v, want %d", c.text[:4], c.from, status, err, c.status)
		}
	}
	often = true
	if status, err := sim.Reply(t.Context(), server.URL, "secret", "+15559999999", "STOP"); err != nil || status != 429 {
		t.Errorf("too often: %d %v", status, err)
	}
	if len(stopped) != 1 || stopped[0] != "+15551234567" {
		t.Errorf("stopped: %q", stopped)
	}
	closed := httptest.NewRecorder()
	req := httptest.NewRequest(http.MethodPost, notify.InboundPath, strings.NewReader(`{"from":"+1","text":"STOP"}`))
	req.Header.Set("Authorization", "Bearer ")
	notify.Inbound(notify.Replies{})(closed, req)
	if closed.Code != 401 {
		t.Errorf("without a secret it answers %d", closed.Code)
	}
}
