// Package carrier is a carrier of text messages that carries nothing: an HTTP server that behaves as real ones do, well and
// badly. It exists so that tests, and somebody who sets up a gateway, can see what Beside does when a carrier is slow,
// refuses, drops the line, delivers twice, or brings an answer back. What it takes is written in the comment of package
// notify.
//
//	sim := carrier.New("token")
//	server := httptest.NewServer(sim)
//	sim.Does(carrier.Drop)
package carrier

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// Behaviour is what the carrier does with a message.
type Behaviour int

// The behaviours.
const (
	Accept    Behaviour = iota // takes it, once for a key
	Duplicate                  // takes it and delivers it twice, as networks do
	Forget                     // takes it each time: it knows no keys
	Refuse                     // 400
	Unknown                    // 401: the token is not known
	Busy                       // 503
	Broken                     // takes it, and answers 500
	Drop                       // takes it, and ends the line without an answer
	Cut                        // ends the line at once
	Slow                       // takes it, and answers when nobody waits any more
)

// Message is what somebody got.
type Message struct{ To, Text, Reference, Key string }

// Simulator is the carrier. It is safe for concurrent use.
type Simulator struct {
	token string

	mu    sync.Mutex
	does  Behaviour
	asked int
	got   []Message
	known map[string]bool
}

// New returns a carrier that accepts what comes with the token.
func New(token string) *Simulator { return &Simulator{token: token, known: map[string]bool{}} }

// Does changes what it does.
func (s *Simulator) Does(b Behaviour) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.does = b
}

// Got returns what people got so far.
func (s *Simulator) Got() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Message(nil), s.got...)
}

// Asked counts the requests there were.
func (s *Simulator) Asked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

// ServeHTTP takes a message, or does not.
func (s *Simulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m, ok := read(w, r)
	s.mu.Lock()
	s.asked++
	does := s.does
	s.mu.Unlock()
	switch {
	case does == Cut:
		hangUp(w)
		return
	case does == Unknown || r.Header.Get("Authorization") != "Bearer "+s.token:
		w.WriteHeader(http.StatusUnauthorized)
		return
	case !ok || does == Refuse:
		w.WriteHeader(http.StatusBadRequest)
		return
	case does == Busy:
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	n := s.deliver(m, does)
	switch does {
	case Broken:
		w.WriteHeader(http.StatusInternalServerError)
	case Drop:
		hangUp(w)
	case Slow:
		<-r.Context().Done()
	default:
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusAccepted)
		_, _ = fmt.Fprintf(w, `{"id": "carrier-%d"}`, n) // whoever asked may have gone
	}
}

func (s *Simulator) deliver(m Message, does Behaviour) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.known[m.Key] || does == Forget {
		s.got = append(s.got, m)
		if does == Duplicate {
			s.got = append(s.got, m)
		}
	}
	s.known[m.Key] = true
	return len(s.got)
}

// read reads a message, as JSON or as a form.
func read(w http.ResponseWriter, r *http.Request) (Message, bool) {
	m := Message{Key: r.Header.Get("Idempotency-Key")}
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	if r.Header.Get("Content-Type") == "application/json" {
		var v struct{ To, Text, Reference string }
		if json.NewDecoder(r.Body).Decode(&v) != nil {
			return m, false
		}
		m.To, m.Text, m.Reference = v.To, v.Text, v.Reference
	} else {
		m.To, m.Text, m.Reference = r.PostFormValue("to"), r.PostFormValue("text"), r.PostFormValue("reference")
	}
	return m, r.Method == http.MethodPost && m.To != "" && m.Text != "" && m.Key != ""
}

// hangUp ends the line without an answer.
func hangUp(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		_ = conn.Close()
	}
}

// Reply brings an answer to Beside, as a gateway does, and returns the status it was given.
func (s *Simulator) Reply(ctx context.Context, url, secret, from, text string) (int, error) {
	body, err := json.Marshal(map[string]string{"from": from, "text": text})
	if err != nil {
		return 0, fmt.Errorf("carrier: reply: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return 0, fmt.Errorf("carrier: reply: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+secret)
	asks := http.Client{Timeout: 10 * time.Second}
	resp, err := asks.Do(req)
	if err != nil {
		return 0, fmt.Errorf("carrier: reply: %w", err)
	}
	return resp.StatusCode, resp.Body.Close()
}
