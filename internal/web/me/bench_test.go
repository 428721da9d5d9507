package me_test

import (
	"io"
	"net/http"
	"testing"

	"beside/internal/book"
	"beside/internal/journey"
)

// BenchmarkHome asks for the first page of a book that is somewhat lived in, over HTTP on the loopback address, eight
// browsers at once.
func BenchmarkHome(b *testing.B) {
	ana := newAna(b, b.TempDir())
	ana.must(ana.App.Journey.SetWords(ctx, ana.me, journey.Writing{Entry: ana.entry()}, book.NewText("that my sister rings me on Sundays")))
	for range 4 {
		ana.strength("patience")
		goal := ana.goal("walk to the river three mornings a week")
		for range 3 {
			ana.step(goal, "put my shoes by the door")
		}
	}
	session := ana.Cookie("beside")
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}}
	b.SetParallelism(4)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			req, err := http.NewRequest(http.MethodGet, ana.URL+"/me", nil)
			if err != nil {
				b.Error(err)
				return
			}
			req.AddCookie(&http.Cookie{Name: "beside", Value: session})
			res, err := client.Do(req)
			if err != nil {
				b.Error(err)
				return
			}
			_, _ = io.Copy(io.Discard, res.Body)
			_ = res.Body.Close()
			if res.StatusCode != http.StatusOK || res.Request.URL.Path != "/me" {
				b.Errorf("%d from %s", res.StatusCode, res.Request.URL.Path)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "pages/s")
}
