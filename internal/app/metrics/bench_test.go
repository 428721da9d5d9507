package metrics_test

import (
	"testing"

	"beside/internal/app/metrics"
	"beside/internal/clock"
)

// BenchmarkAnswered is what counting adds to each request.
func BenchmarkAnswered(b *testing.B) {
	m := metrics.New("test", clock.System())
	for b.Loop() {
		m.Answered("GET /me/goals/{item}", 200, 1234)
	}
}

// BenchmarkObserved is what counting adds to each transaction.
func BenchmarkObserved(b *testing.B) {
	o := metrics.New("test", clock.System()).Observer("books")
	for b.Loop() {
		began, ended := o.Asked("update")
		began()
		ended(nil)
	}
}
