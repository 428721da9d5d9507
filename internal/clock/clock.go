// Package clock is the only place that asks the machine for the time. Everything else is handed a [Clock], so that a
// test can step it forwards and backwards, and no statement of SQL asks the database for "now".
package clock

import (
	"sync/atomic"
	"time"
)

// Time is a moment in microseconds since 1970-01-01 UTC, the unit in which Beside stores time.
type Time int64

// Units of [Time].
const (
	Microsecond Time = 1
	Millisecond      = 1000 * Microsecond
	Second           = 1000 * Millisecond
	Minute           = 60 * Second
	Hour             = 60 * Minute
	Day              = 24 * Hour
)

// Of converts a [time.Time].
func Of(t time.Time) Time { return Time(t.UnixMicro()) }

// Std converts to a UTC [time.Time].
func (t Time) Std() time.Time { return time.UnixMicro(int64(t)).UTC() }

// Clock tells the time.
type Clock interface {
	Now() Time
}

// System is the machine's clock.
func System() Clock { return system{} }

type system struct{}

func (system) Now() Time { return Of(time.Now()) }

// Manual is a clock that moves only when told to. It is safe for concurrent use.
type Manual struct{ now atomic.Int64 }

// NewManual returns a Manual that stands at t.
func NewManual(t Time) *Manual {
	m := new(Manual)
	m.now.Store(int64(t))
	return m
}

// Now tells the time it was last set to.
func (m *Manual) Now() Time { return Time(m.now.Load()) }

// Step moves the clock by d, backwards when d is negative.
func (m *Manual) Step(d Time) { m.now.Add(int64(d)) }

// Set moves the clock to t.
func (m *Manual) Set(t Time) { m.now.Store(int64(t)) }

// Steady returns a function that tells how long ago it was made, by a clock that nobody sets and that never goes back. It
// may stand still while the machine sleeps.
func Steady() func() Time {
	begun := time.Now()
	return func() Time { return Time(time.Since(begun).Microseconds()) }
}
