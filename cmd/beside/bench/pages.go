package bench

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"time"

	"beside/internal/account"
	"beside/internal/book"
	"beside/internal/id"
)

type timeSpan = time.Duration

func newRand(n uint64) *rand.Rand { return rand.New(rand.NewPCG(n, 1)) }

// conns is how many connections ask for pages at once.
const conns = 8

// pages is figure (b): my home, and a worker's day with thirty people, over HTTP on loopback with connections kept open.
// Baseline: the same server handing out as many fixed bytes.
func pages(ctx context.Context, c Config, w *world) ([]Figure, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &http.Server{Handler: w.withFixed(), ReadHeaderTimeout: time.Minute}
	go func() { _ = s.Serve(l) }()
	defer func() { _ = s.Close() }()
	var out []Figure
	for _, p := range []struct {
		what, path string
		hat        book.Hat
		people     int
		limit      string
	}{
		{"my home", "/me", book.HatSelf, min(len(w.owners), 500), "CPU: server and client share the cores"},
		{"a worker's day of 30", "/worker", book.HatWorker, 1, "the looks: each of the 30 is written down, durably, before the page is sent"},
	} {
		cookies, err := w.sessions(ctx, p.hat, p.people)
		if err != nil {
			return nil, err
		}
		m, base, err := askFor(ctx, l.Addr().String(), p.path, cookies, c.For)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.what, err)
		}
		out = append(out, m.beside(p.what, conns, "as many fixed bytes", base, p.limit))
	}
	return out, nil
}

// withFixed adds the baseline's handler, which does nothing but write.
func (w *world) withFixed() http.Handler {
	site := w.app.Handler()
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		n, err := strconv.Atoi(r.Header.Get("X-Fixed"))
		if err != nil {
			site.ServeHTTP(rw, r)
			return
		}
		rw.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = rw.Write(make([]byte, n))
	})
}

func (w *world) sessions(ctx context.Context, hat book.Hat, n int) ([]string, error) {
	people := make([]id.Person, n)
	for i := range n {
		people[i] = w.owners[i*len(w.owners)/n].Person // from among all
	}
	if hat == book.HatWorker {
		people = []id.Person{w.worker.Person}
	}
	var cookies []string
	for _, p := range people {
		in, err := w.app.Accounts.Open(ctx, account.Opening{Person: p, Hat: hat, Way: account.WayDemo, Where: account.Where{Own: true}})
		if err != nil {
			return nil, err
		}
		cookies = append(cookies, "beside="+in.Secret)
	}
	return cookies, nil
}

func askFor(ctx context.Context, addr, path string, cookies []string, d time.Duration) (ours, base measured, err error) {
	clients := make([]*client, conns)
	for i := range clients {
		if clients[i], err = dial(addr); err != nil {
			return ours, base, err
		}
		defer clients[i].close()
	}
	n, err := clients[0].get(path, "Cookie: "+cookies[0]) // and warm
	if err != nil {
		return ours, base, err
	}
	r := make([]*rand.Rand, conns)
	for i := range r {
		r[i] = newRand(uint64(i))
	}
	for range 3 {
		got, err := repeat(ctx, conns, d/3, func(_ context.Context, i int) error {
			_, err := clients[i].get(path, "Cookie: "+cookies[r[i].IntN(len(cookies))])
			return err
		})
		if err != nil {
			return ours, base, err
		}
		ours = ours.and(got)
		got, err = repeat(ctx, conns, d/3, func(_ context.Context, i int) error {
			_, err := clients[i].get("/fixed", "X-Fixed: "+strconv.Itoa(n))
			return err
		})
		if err != nil {
			return ours, base, err
		}
		base = base.and(got)
	}
	return ours, base, nil
}

// client is one connection that asks for pages, as cheap as can be, so that what is measured is the server.
type client struct {
	c net.Conn
	r *bufio.Reader
}

func dial(addr string) (*client, error) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	return &client{c: c, r: bufio.NewReaderSize(c, 64<<10)}, nil
}

func (c *client) close() { _ = c.c.Close() }

// get asks for one page and returns the length of its body. Any answer but 200 is an error.
func (c *client) get(path, header string) (int, error) { return c.ask(path, header, http.StatusOK) }

// ask is get for a page whose answer is another one.
func (c *client) ask(path, header string, want int) (int, error) {
	if _, err := io.WriteString(c.c, "GET "+path+" HTTP/1.1\r\nHost: 127.0.0.1\r\n"+header+"\r\n\r\n"); err != nil {
		return 0, err
	}
	resp, err := http.ReadResponse(c.r, nil)
	if err != nil {
		return 0, err
	}
	n, err := io.Copy(io.Discard, resp.Body)
	if err := resp.Body.Close(); err != nil {
		return 0, err
	}
	if resp.StatusCode != want {
		return 0, fmt.Errorf("%s answered %s", path, resp.Status)
	}
	return int(n), err
}
