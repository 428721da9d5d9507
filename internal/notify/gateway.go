package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"time"

	"beside/internal/account/post"
)

// HTTP is a gateway for text messages, as the comment of the package draws it.
type HTTP struct {
	URL      string
	Token    string        // optional
	Form     bool          // send a form in place of JSON
	Patience time.Duration // how long an answer may take; 15 s when 0
}

// Gateway hands text messages to one HTTP gateway.
type Gateway struct {
	c    HTTP
	http *http.Client
}

// NewGateway returns the carrier of text messages. It fails for an address to which words would travel in the clear.
func NewGateway(c HTTP) (*Gateway, error) {
	if _, err := safeURL("the address of the text gateway", c.URL); err != nil {
		return nil, err
	}
	if c.Patience == 0 {
		c.Patience = 15 * time.Second
	}
	asks := &http.Client{
		Timeout:       c.Patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return &Gateway{c, asks}, nil
}

// body returns a letter as the gateway reads it, and the kind of that.
func (g *Gateway) body(l post.Letter) (kind string, body []byte, err error) {
	if g.c.Form {
		v := url.Values{"to": {l.To}, "text": {l.Text}, "reference": {l.Key.String()}}
		return "application/x-www-form-urlencoded", []byte(v.Encode()), nil
	}
	body, err = json.Marshal(map[string]string{"to": l.To, "text": l.Text, "reference": l.Key.String()})
	return "application/json", body, err
}

// longestAnswer is how much of an answer is read, in bytes.
const longestAnswer = 64 << 10

// Send hands over one text message.
func (g *Gateway) Send(ctx context.Context, l post.Letter) (string, error) {
	kind, body, err := g.body(l)
	if err != nil {
		return "", post.ErrRefused
	}
	connected := false
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected = true }})
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, g.c.URL, bytes.NewReader(body))
	if err != nil {
		return "", fmt.Errorf("%w: settings", post.ErrNotTaken)
	}
	req.Header.Set("Content-Type", kind)
	req.Header.Set("Idempotency-Key", l.Key.String())
	req.Header.Set("User-Agent", "") // nobody on the way needs to know what we are
	if g.c.Token != "" {
		req.Header.Set("Authorization", "Bearer "+g.c.Token)
	}
	resp, err := g.http.Do(req)
	if err != nil && !connected {
		return "", fmt.Errorf("%w: connecting", post.ErrNotTaken)
	}
	if err != nil {
		return "", errNoAnswer // the cause may name the address
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, longestAnswer))
	if err != nil {
		answer = nil // the status came, and says what matters
	}
	return reference(answer), status(resp.StatusCode)
}

// status tells what an answer of HTTP means.
func status(code int) error {
	switch {
	case code >= 200 && code < 300:
		return nil
	case code < 400:
		return fmt.Errorf("%w: it answers from elsewhere", post.ErrNotTaken)
	}
	switch code {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusRequestTimeout, http.StatusConflict, http.StatusTooEarly,
		http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return post.ErrNotTaken
	}
	if code < 500 {
		return post.ErrRefused
	}
	return errNoAnswer
}

// reference is what a gateway calls a message, "" when it does not say.
func reference(answer []byte) string {
	var says struct {
		ID any `json:"id"`
	}
	if json.Unmarshal(answer, &says) != nil || says.ID == nil {
		return ""
	}
	return fmt.Sprint(says.ID)
}
