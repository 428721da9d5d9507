package page

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// From returns the network a request comes from: an IPv4 address, or the /64 that one household has of IPv6. Behind
// proxies of ours it is the last address that none of them has, which nobody outside can make up. It is for counting
// tries; it is not written down anywhere. What cannot be read is "".
func (s *Site) From(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	from, err := netip.ParseAddr(host)
	if err != nil {
		return ""
	}
	s.unnamed(r, from)
	for _, told := range slices.Backward(strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")) {
		if !s.isProxy(from) {
			break
		}
		next, err := netip.ParseAddr(strings.TrimSpace(told))
		if err != nil {
			break
		}
		from = next
	}
	from = from.Unmap().WithZone("")
	if from.Is4() {
		return from.String()
	}
	household, _ := from.Prefix(64) // no IPv6 address has fewer bits
	return household.String()
}

// unnamed says once in the log that somebody told where a request came from whom nobody named as a proxy: then all who come
// through it count as one network. Anybody can send such a header, so that it is a hint and no more.
func (s *Site) unnamed(r *http.Request, from netip.Addr) {
	if r.Header.Get("X-Forwarded-For") != "" && !s.isProxy(from) && s.Log != nil {
		s.hint.Do(func() {
			s.Log.Warn("proxy", "hint", "a request says that it was passed on by an address that is not named by --proxy; if that is a proxy of yours, name it, or all who come through it count as one")
		})
	}
}

func (s *Site) isProxy(a netip.Addr) bool {
	return slices.ContainsFunc(s.Proxies, func(p netip.Prefix) bool { return p.Contains(a.Unmap().WithZone("")) })
}
