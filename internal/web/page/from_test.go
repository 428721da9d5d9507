package page_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"beside/internal/web/page"
)

func TestFrom(t *testing.T) {
	behind := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for _, x := range []struct {
		remote, told string
		proxies      []netip.Prefix
		want         string
	}{
		{"203.0.113.9:4711", "", nil, "203.0.113.9"},
		{"203.0.113.9:4711", "198.51.100.1", nil, "203.0.113.9"},    // nobody asked a proxy
		{"203.0.113.9:4711", "198.51.100.1", behind, "203.0.113.9"}, // not a proxy of ours
		{"10.1.2.3:80", "198.51.100.1", behind, "198.51.100.1"},
		{"10.1.2.3:80", "1.1.1.1, 198.51.100.1, 10.9.9.9", behind, "198.51.100.1"}, // what stands before ours is made up
		{"10.1.2.3:80", "1.1.1.1, nonsense", behind, "10.1.2.3"},
		{"10.1.2.3:80", "", behind, "10.1.2.3"},
		{"[::ffff:203.0.113.9]:1", "", nil, "203.0.113.9"},
		{"[2001:db8:1:2:3:4:5:6]:1", "", nil, "2001:db8:1:2::/64"},
		{"[fe80::1%eth0]:1", "", nil, "fe80::/64"},
		{"[fd00::1]:1", "2001:db8::7", behind, "2001:db8::/64"},
		{"@", "", nil, ""}, {"", "", nil, ""}, {"somewhere:1", "", nil, ""},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = x.remote
		if x.told != "" {
			r.Header.Set("X-Forwarded-For", x.told)
		}
		s := &page.Site{Config: page.Config{Proxies: x.proxies}}
		if got := s.From(r); got != x.want {
			t.Errorf("from %q, told %q: %q, want %q", x.remote, x.told, got, x.want)
		}
	}
}

// TestAProxyThatNobodyNamedIsHintedAt: once, however many come through it, and without any address.
func TestAProxyThatNobodyNamedIsHintedAt(t *testing.T) {
	for told, want := range map[string]int{"198.51.100.1": 1, "": 0} {
		var log strings.Builder
		s := &page.Site{Config: page.Config{Log: slog.New(slog.NewTextHandler(&log, nil))}}
		for range 3 {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.Header.Set("X-Forwarded-For", told)
			s.From(r)
		}
		if n := strings.Count(log.String(), "--proxy"); n != want || strings.Contains(log.String(), told+".") && told != "" {
			t.Errorf("told %q, the log says %q", told, log.String())
		}
	}
}

// FuzzFrom: whatever a browser claims, without a proxy of ours it is where the connection comes from.
func FuzzFrom(f *testing.F) {
	f.Add("1.1.1.1, ::1", "203.0.113.9:1")
	f.Add(strings.Repeat("1.1.1.1,", 3000), "[2001:db8::1]:1")
	f.Fuzz(func(t *testing.T, told, remote string) {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = remote
		s := &page.Site{}
		plain := s.From(r)
		r.Header["X-Forwarded-For"] = []string{told}
		if got := s.From(r); got != plain {
			t.Errorf("%q became %q by saying %q", plain, got, told)
		}
		s.Proxies = []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}
		if got := s.From(r); len(got) > 64 {
			t.Errorf("a network of %d bytes", len(got))
		}
	})
}
