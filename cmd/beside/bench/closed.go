package bench

import (
	"context"
	"fmt"
	"math"
	"net"
	"net/http"
	"time"

	"beside/internal/book"
	"beside/internal/id"
)

// closed is whether time tells what the answer does not: somebody asks for a book that is there and was not given to them, and for
// one that never was, in turn and in a random order, on one connection. Both are "not open". Nothing is asserted; Welch's test says
// how sure it is that the two take different times on the average. (Welch 1947, Biometrika 34: means of samples whose spreads differ.)
func closed(ctx context.Context, c Config, w *world) ([]Figure, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &http.Server{Handler: w.app.Handler(), ReadHeaderTimeout: time.Minute}
	go func() { _ = s.Serve(l) }()
	defer func() { _ = s.Close() }()
	var out []Figure
	for _, p := range []struct {
		what, path string
		hat        book.Hat
	}{
		{"a book not given to a worker", "/worker/people/", book.HatWorker},
		{"a book not given to somebody near", "/shared/", book.HatSelf},
	} {
		cookies, err := w.sessions(ctx, p.hat, 1)
		if err != nil {
			return nil, err
		}
		there, never, err := w.inTurn(ctx, l.Addr().String(), p.path, "Cookie: "+cookies[0], c.For)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.what, err)
		}
		f := there.beside(p.what, 1, "one that never was", never, "CPU: server and client share the cores")
		f.Apart = apart(there.took, never.took)
		out = append(out, f)
	}
	return out, nil
}

// inTurn asks for so long for books that are there, of those who gave nothing, and for such as never were.
func (w *world) inTurn(ctx context.Context, addr, path, header string, d time.Duration) (there, never measured, err error) {
	cl, err := dial(addr)
	if err != nil {
		return there, never, err
	}
	defer cl.close()
	r := newRand(1)
	closed := w.books[day:]
	for began := time.Now(); time.Since(began) < d || len(there.took) < 2; {
		if err := ctx.Err(); err != nil {
			return there, never, err
		}
		paths := []string{path + closed[r.IntN(len(closed))].String(), path + id.New[id.Book](w.app.IDs).String()}
		first := r.IntN(2)
		for _, i := range []int{first, 1 - first} {
			at := time.Now()
			if _, err := cl.ask(paths[i], header, http.StatusNotFound); err != nil {
				return there, never, err
			}
			m := []*measured{&there, &never}[i]
			m.took = append(m.took, time.Since(at))
			m.in += time.Since(at)
		}
	}
	return there, never, nil
}

// Apart says how far the means of two samples lie apart.
type Apart struct {
	Micros float64 `json:"us"`     // the first less the other
	Within float64 `json:"within"` // so much more or less, 95 times in a hundred
	T      float64 `json:"t"`      // Welch's t: of two that are the same it is beyond 1.96 five times in a hundred
	N      int     `json:"n"`      // of the smaller sample
}

func apart(a, b []time.Duration) *Apart {
	meanA, spreadA := moments(a)
	meanB, spreadB := moments(b)
	wrong := math.Sqrt(spreadA/float64(len(a)) + spreadB/float64(len(b))) // of the difference
	return &Apart{Micros: meanA - meanB, Within: 1.96 * wrong, T: (meanA - meanB) / wrong, N: min(len(a), len(b))}
}

// moments are the mean of some times in µs, and their variance.
func moments(all []time.Duration) (mean, variance float64) {
	for _, d := range all {
		mean += float64(d) / 1e3 / float64(len(all))
	}
	for _, d := range all {
		variance += (float64(d)/1e3 - mean) * (float64(d)/1e3 - mean) / float64(len(all)-1)
	}
	return mean, variance
}
