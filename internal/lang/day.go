package lang

import (
	"time"

	"beside/internal/clock"
)

// The keys of dates, built once: weekdays as in [time.Weekday], months from January.
var (
	weekdays  = [...]string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}
	months    = [...]string{"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"}
	dayWords  = map[int]string{0: "time.today", -1: "time.yesterday", 1: "time.tomorrow"}
	whenWords = map[int]string{0: "time.when.today.", -1: "time.when.yesterday.", 1: "time.when.tomorrow."}
)

// Day returns the day of t as people say it at the moment now in the time zone tz (nil is UTC): "today", "yesterday",
// "tomorrow", "last Tuesday" up to six days back, "this coming Tuesday" up to six days ahead, else "12 March", with
// the year when it is another one than now's.
func (p *Printer) Day(t, now clock.Time, tz *time.Location) string {
	day, today := local(t, tz), local(now, tz)
	away := daysBetween(today, day)
	if key, ok := dayWords[away]; ok {
		return p.T(key)
	}
	switch {
	case -7 < away && away < 0:
		return p.T("time.last." + weekdays[day.Weekday()])
	case 0 < away && away < 7:
		return p.T("time.coming." + weekdays[day.Weekday()])
	}
	return p.Date(day.Year(), day.Month(), day.Day(), today.Year())
}

// Date returns a date as "12 March", or "12 March 2025" when year is not thisYear.
func (p *Printer) Date(year int, month time.Month, day, thisYear int) string {
	name := p.T("time.month." + months[month-1])
	if year == thisYear {
		return p.T("time.date", "Day", day, "Month", name)
	}
	return p.T("time.date_of_year", "Day", day, "Month", name, "Year", year)
}

// FullDate returns the day of t as "12 March 2025" whenever it is read, for what is printed and kept, in the time zone tz
// (nil is UTC).
func (p *Printer) FullDate(t clock.Time, tz *time.Location) string {
	d := local(t, tz)
	return p.Date(d.Year(), d.Month(), d.Day(), 0)
}

// Month returns the month of t as "March 2025", in the time zone tz (nil is UTC).
func (p *Printer) Month(t clock.Time, tz *time.Location) string {
	d := local(t, tz)
	return p.T("time.month_of_year", "Month", p.T("time.month."+months[d.Month()-1]), "Year", d.Year())
}

// When returns the day and the part of the day: "this morning", "yesterday evening", "last Tuesday, in the afternoon".
// Beyond six days, where nobody remembers it, the part is left out and When is [Printer.Day].
func (p *Printer) When(t, now clock.Time, tz *time.Location) string {
	day := local(t, tz)
	away := daysBetween(local(now, tz), day)
	if key, ok := whenWords[away]; ok {
		return p.T(key + part(day))
	}
	if away <= -7 || 7 <= away {
		return p.Day(t, now, tz)
	}
	return p.T("time.when.on."+part(day), "Day", p.Day(t, now, tz))
}

// part names a part of the day by the hour on the wall: night until 5, morning until 12, afternoon until 18, evening.
func part(t time.Time) string {
	switch h := t.Hour(); {
	case h < 5:
		return "night"
	case h < 12:
		return "morning"
	case h < 18:
		return "afternoon"
	}
	return "evening"
}

func local(t clock.Time, tz *time.Location) time.Time {
	if tz == nil {
		tz = time.UTC
	}
	return t.Std().In(tz)
}

// daysBetween counts days of the calendar, not of 24 hours, so that a change to or from summer time moves nothing.
func daysBetween(from, to time.Time) int {
	return int(midnight(to).Sub(midnight(from)) / (24 * time.Hour))
}

func midnight(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}
