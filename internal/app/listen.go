package app

import (
	"net"
	"net/netip"
	"slices"
	"sync"
)

// How many connections are open at most: from one address, and in all. A browser opens six. Who keeps more open, and sends
// a byte a minute through each, is refused at the door and holds nobody up. A proxy of ours counts for many.
const (
	connsFrom  = 128
	connsAtAll = 8192
)

// doorkeeper is a listener that refuses what goes beyond the numbers above.
type doorkeeper struct {
	net.Listener
	proxies []netip.Prefix

	mu   sync.Mutex
	all  int
	from map[netip.Addr]int
}

func keepDoor(l net.Listener, proxies []netip.Prefix) *doorkeeper {
	return &doorkeeper{Listener: l, proxies: proxies, from: map[netip.Addr]int{}}
}

// Accept returns the next connection that is let in. One that is refused is closed at once.
func (d *doorkeeper) Accept() (net.Conn, error) {
	for {
		c, err := d.Listener.Accept()
		if err != nil {
			return nil, err
		}
		from := addressOf(c)
		if d.enter(from) {
			return &counted{Conn: c, leave: sync.OnceFunc(func() { d.leave(from) })}, nil
		}
		_ = c.Close() // it was never answered
	}
}

// addressOf is an IPv4 address, or the first of the /64 that one household has of IPv6.
func addressOf(c net.Conn) netip.Addr {
	at, err := netip.ParseAddrPort(c.RemoteAddr().String())
	if err != nil {
		return netip.Addr{}
	}
	a := at.Addr().Unmap().WithZone("")
	if a.Is6() {
		household, _ := a.Prefix(64) // no IPv6 address has fewer bits
		a = household.Addr()
	}
	return a
}

func (d *doorkeeper) enter(from netip.Addr) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	ours := slices.ContainsFunc(d.proxies, func(p netip.Prefix) bool { return p.Contains(from) })
	if d.all >= connsAtAll || !ours && d.from[from] >= connsFrom {
		return false
	}
	d.all++
	d.from[from]++
	return true
}

func (d *doorkeeper) leave(from netip.Addr) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.all--
	if d.from[from]--; d.from[from] == 0 {
		delete(d.from, from)
	}
}

// counted is a connection that was let in.
type counted struct {
	net.Conn
	leave func()
}

// Close closes the connection and lets another in.
func (c *counted) Close() error {
	c.leave()
	return c.Conn.Close()
}
