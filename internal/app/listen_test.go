package app

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"testing"
	"time"

	"beside/internal/account"
)

// TestWhoHoldsManyLinesOpenHoldsNobodyUp: one address that opens as many connections as it likes and says nothing through
// them is refused beyond its number; when some end, it is let in again.
func TestWhoHoldsManyLinesOpenHoldsNobodyUp(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := keepDoor(l, nil)
	go func() {
		for {
			c, err := d.Accept()
			if err != nil {
				return
			}
			go func() { // until the other side goes
				_, _ = io.Copy(c, c)
				_ = c.Close()
			}()
		}
	}()
	defer d.Close()
	open := 0
	var lines []net.Conn
	for range connsFrom + 20 {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		lines = append(lines, c)
		if answers(t, c) {
			open++
		}
	}
	if open != connsFrom {
		t.Errorf("%d lines were let in, want %d", open, connsFrom)
	}
	for _, c := range lines[:10] {
		_ = c.Close()
	}
	for range 100 { // until the other side has noticed
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if answers(t, c) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("after some left nobody is let in")
}

// answers reports whether what is said through a line comes back.
func answers(t *testing.T, c net.Conn) bool {
	t.Helper()
	if err := c.SetDeadline(deadline()); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Write([]byte("x")); err != nil {
		return false
	}
	_, err := io.ReadFull(c, make([]byte, 1))
	return err == nil
}

func TestProxiesOfOursCountForMany(t *testing.T) {
	d := keepDoor(nil, []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")})
	for range 3 * connsFrom {
		if !d.enter(netip.MustParseAddr("10.0.0.1")) {
			t.Fatal("a proxy of ours was refused")
		}
	}
	for range connsAtAll {
		d.enter(netip.MustParseAddr("10.0.0.2"))
	}
	if d.all != connsAtAll {
		t.Errorf("%d connections in all", d.all)
	}
}

// TestServingKeepsTheDoor: the app serves through it.
func TestServingKeepsTheDoor(t *testing.T) {
	a, err := New(t.Context(), Config{Database: t.TempDir(), Proxies: []netip.Prefix{}, Hashing: account.Hashing{MemoryKiB: 64, Times: 1}})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.Serve(ctx, l) }()
	refused := false
	for range connsFrom + 5 {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if err := c.SetDeadline(deadline()); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err == nil {
			_, err = io.ReadFull(c, make([]byte, 1))
			refused = refused || errors.Is(err, io.EOF) || err != nil
		}
	}
	if !refused {
		t.Error("nobody was refused")
	}
	stop()
	if err := <-ended; err != nil && !errors.Is(err, http.ErrServerClosed) {
		t.Log(err) // lines that are still open are cut off
	}
}

func deadline() time.Time { return time.Unix(1<<33, 0) }
