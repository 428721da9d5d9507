package lang

import (
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the tests name time zones, which a bare machine may lack

	"beside/internal/clock"
)

func at(t *testing.T, tz *time.Location, s string) clock.Time {
	t.Helper()
	v, err := time.ParseInLocation("2006-01-02 15:04", s, tz)
	if err != nil {
		t.Fatal(err)
	}
	return clock.Of(v)
}

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	tz, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return tz
}

func english(t *testing.T) *Printer {
	t.Helper()
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return c.For("en")
}

func TestDay(t *testing.T) {
	p := english(t)
	for _, x := range []struct{ zone, now, then, want string }{
		{"UTC", "2026-03-18 12:00", "2026-03-18 00:00", "today"},
		{"UTC", "2026-03-18 12:00", "2026-03-18 23:59", "today"},
		{"UTC", "2026-03-18 00:01", "2026-03-17 23:59", "yesterday"},
		{"UTC", "2026-03-18 23:59", "2026-03-19 00:00", "tomorrow"},
		{"UTC", "2026-03-18 12:00", "2026-03-16 12:00", "last Monday"},
		{"UTC", "2026-03-18 00:00", "2026-03-12 00:00", "last Thursday"},
		{"UTC", "2026-03-18 12:00", "2026-03-11 23:00", "11 March"},
		{"UTC", "2026-03-18 12:00", "2026-03-20 12:00", "this coming Friday"},
		{"UTC", "2026-03-18 12:00", "2026-03-24 12:00", "this coming Tuesday"},
		{"UTC", "2026-03-18 12:00", "2026-03-25 12:00", "25 March"},
		{"UTC", "2026-03-18 12:00", "2025-03-12 12:00", "12 March 2025"},
		// over the turn of a year
		{"UTC", "2026-01-01 00:30", "2025-12-31 23:30", "yesterday"},
		{"UTC", "2026-01-02 12:00", "2025-12-29 12:00", "last Monday"},
		{"UTC", "2026-01-10 12:00", "2025-12-29 12:00", "29 December 2025"},
		{"UTC", "2025-12-30 12:00", "2026-01-01 12:00", "this coming Thursday"},
		{"UTC", "2025-12-20 12:00", "2026-01-01 12:00", "1 January 2026"},
		// a leap day
		{"UTC", "2028-03-01 12:00", "2028-02-28 12:00", "last Monday"},
		// days of 23 and of 25 hours: the clock jumps on 29 March and 25 October 2026
		{"Europe/Berlin", "2026-03-30 00:30", "2026-03-29 00:30", "yesterday"},
		{"Europe/Berlin", "2026-03-29 23:30", "2026-03-28 23:30", "yesterday"},
		{"Europe/Berlin", "2026-10-26 00:30", "2026-10-25 00:30", "yesterday"},
		{"Europe/Berlin", "2026-10-25 23:30", "2026-10-25 00:30", "today"},
		{"Europe/Berlin", "2026-10-31 00:30", "2026-10-25 00:30", "last Sunday"},
		{"Europe/Berlin", "2026-11-01 00:30", "2026-10-25 23:30", "25 October"},
		// a day that did not exist: Samoa went from 29 to 31 December 2011
		{"Pacific/Apia", "2011-12-31 12:00", "2011-12-29 12:00", "last Thursday"},
	} {
		tz := zone(t, x.zone)
		if got := p.Day(at(t, tz, x.then), at(t, tz, x.now), tz); got != x.want {
			t.Errorf("%s: at %s the day of %s is %q, want %q", x.zone, x.now, x.then, got, x.want)
		}
	}
}

// One moment is another day elsewhere.
func TestDayTakesTheZone(t *testing.T) {
	p := english(t)
	now, then := at(t, time.UTC, "2026-03-18 12:00"), at(t, time.UTC, "2026-03-17 23:30")
	if got := p.Day(then, now, nil); got != "yesterday" {
		t.Errorf("without a zone %q, want yesterday", got)
	}
	if got := p.Day(then, now, zone(t, "Europe/Berlin")); got != "today" {
		t.Errorf("in Berlin %q, want today", got)
	}
}

func TestWhen(t *testing.T) {
	p := english(t)
	for then, want := range map[string]string{
		"2026-03-18 04:59": "early this morning",
		"2026-03-18 05:00": "this morning",
		"2026-03-18 12:00": "this afternoon",
		"2026-03-18 18:00": "this evening",
		"2026-03-17 03:00": "early yesterday",
		"2026-03-17 20:00": "yesterday evening",
		"2026-03-19 09:00": "tomorrow morning",
		"2026-03-16 15:00": "last Monday, in the afternoon",
		"2026-03-20 09:00": "this coming Friday, in the morning",
		"2026-03-11 09:00": "11 March",
		"2025-03-11 09:00": "11 March 2025",
	} {
		if got := p.When(at(t, time.UTC, then), at(t, time.UTC, "2026-03-18 19:00"), time.UTC); got != want {
			t.Errorf("%s is %q, want %q", then, got, want)
		}
	}
}

// No day of four years is said with a key that is in no catalogue, and no two days of them sound alike.
func TestEveryDayHasWords(t *testing.T) {
	p := english(t)
	now := at(t, time.UTC, "2026-03-18 12:00")
	heard := map[string]int{}
	for d := -730; d <= 730; d++ {
		moment := now + clock.Time(d)*clock.Day
		for h := range clock.Time(24) {
			if s := p.When(moment+h*clock.Hour, now, time.UTC); strings.Contains(s, "⟦") {
				t.Fatalf("day %d hour %d is %q", d, h, s)
			}
		}
		s := p.Day(moment, now, time.UTC)
		if other, taken := heard[s]; taken {
			t.Errorf("days %d and %d are both %q", other, d, s)
		}
		heard[s] = d
	}
}

func BenchmarkDay(b *testing.B) {
	c, err := Load()
	if err != nil {
		b.Fatal(err)
	}
	p, now := c.For("en"), clock.Time(1_773_835_200_000_000)
	for b.Loop() {
		p.Day(now-30*clock.Day, now, time.UTC)
	}
}

// What is printed and kept says its year, whenever it is read.
func TestFullDate(t *testing.T) {
	if got := english(t).FullDate(at(t, time.UTC, "2026-11-24 23:30"), zone(t, "Europe/Berlin")); got != "25 November 2026" {
		t.Errorf("%q", got)
	}
}
