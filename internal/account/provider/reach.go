package provider

import (
	"errors"
	"net/http"
	"net/url"
	"sync"
)

// maxAnswer is the most that is read of an answer of the provider's, in bytes.
const maxAnswer = 1 << 20

var errElsewhere = errors.New("provider: the provider leads elsewhere")

// reach lets nothing out but to the provider: to the host of its issuer, and to those it names for its tokens and keys.
// It follows no redirect, and no answer is longer than [maxAnswer].
type reach struct {
	issuer *url.URL
	next   http.RoundTripper

	mu    sync.Mutex
	hosts map[string]bool // with ports
}

func newReach(issuer *url.URL) *reach {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxResponseHeaderBytes = 64 << 10
	return &reach{issuer: issuer, next: t, hosts: map[string]bool{issuer.Host: true}}
}

// open lets us ask at the addresses that the provider names for itself. It fails for one that is not safe.
func (r *reach) open(addresses ...string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, a := range addresses {
		u, err := url.Parse(a)
		if err != nil || u.Host == "" || !safe(u, r.issuer) {
			return errElsewhere
		}
		r.hosts[u.Host] = true
	}
	return nil
}

// RoundTrip asks.
func (r *reach) RoundTrip(q *http.Request) (*http.Response, error) {
	r.mu.Lock()
	open := r.hosts[q.URL.Host]
	r.mu.Unlock()
	if !open || !safe(q.URL, r.issuer) {
		return nil, errElsewhere
	}
	resp, err := r.next.RoundTrip(q)
	if err == nil {
		resp.Body = http.MaxBytesReader(nil, resp.Body, maxAnswer)
	}
	return resp, err
}
