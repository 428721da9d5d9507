package reviewing

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/mutant"
	"beside/internal/store"
)

// Span is a quarter of a year, as "2026-3": from its first day, 0:00 UTC, to its last. Quarters do not overlap, so that none can be taken from
// another.
type Span string

// times returns when a span begins and ends; ok is false for what is no quarter.
func (s Span) times() (from, to clock.Time, ok bool) {
	if len(s) != 6 || s[4] != '-' || s[5] < '1' || s[5] > '4' {
		return 0, 0, false
	}
	year, err := strconv.Atoi(string(s[:4]))
	if err != nil || year < 2000 {
		return 0, 0, false
	}
	month := time.Month(3*int(s[5]-'1') + 1)
	return clock.Of(time.Date(year, month, 1, 0, 0, 0, 0, time.UTC)), clock.Of(time.Date(year, month+3, 1, 0, 0, 0, 0, time.UTC)), true
}

// Times returns the first and the last moment of a quarter; both are 0 for what is none.
func (s Span) Times() (from, last clock.Time) {
	from, to, ok := s.times()
	if !ok {
		return 0, 0
	}
	return from, to - 1
}

// over reports whether a quarter can be counted.
func (s Span) over(now clock.Time) bool {
	_, to, ok := s.times()
	return ok && now >= to+SettledAfter
}

// spanOf is the quarter of a moment.
func spanOf(t clock.Time) Span {
	at := t.Std().UTC()
	return Span(fmt.Sprintf("%04d-%d", at.Year(), (int(at.Month())+2)/3))
}

// MostSpans is how many quarters are offered.
const MostSpans = 8

// Spans returns the quarters that can be counted, the last first.
func (x *Review) Spans() (all []Span) {
	now := x.Clock.Now()
	for s := spanOf(now); len(all) < MostSpans; {
		if s.over(now) {
			all = append(all, s)
		}
		from, _, ok := s.times()
		if !ok {
			break
		}
		s = spanOf(from - 1)
	}
	return all
}

// What a figure may be told of few.
const (
	// Least is the smallest number that is told.
	Least = 5
	// LeastOf is of how many a rate is told.
	LeastOf = 20
)

// Figure is what is counted, in parts that do not overlap.
type Figure struct {
	Code  string   // names its words: what it counts, and how
	Parts []string // in the order of the screen; none for one that has no parts
	Rate  string   // the part that is told as a rate of all but Not, "" for none
	Not   string
	Place bool // it is about the place, where everybody reads the rows anyway: small numbers are told
	query string
}

// asRole are looks in the hat of a role. Two figures are about just these: else one taken from the other would be the looks of the people's own
// families and friends, however few.
const asRole = `hat <> 'self'`

// outsideGiven are the purposes of looks that are under nothing that a person gave.
const outsideGiven = `'desk', 'died', 'order'`

// figures are counted between $1 and $2, in the second not. They read codes, ids and times; nothing that is sealed.
var figures = []Figure{
	{Code: "looks", Parts: []string{"given", "several", "desk", "died", "order", "other"}, query: `SELECT CASE WHEN l.purpose IN ('walking', 'review') THEN 'given'
			WHEN l.purpose IN ('role', 'workers') THEN 'several' WHEN l.purpose IN (` + outsideGiven + `) THEN l.purpose ELSE 'other' END AS part, COUNT(*)
		FROM (SELECT DISTINCT book, id, purpose FROM look WHERE at >= $1 AND at < $2 AND ` + asRole + `) AS l GROUP BY 1`},
	{Code: "ties", Parts: []string{"tied", "rest"}, query: `SELECT CASE WHEN EXISTS (SELECT 1 FROM tie AS t JOIN book AS b ON b.id = l.book WHERE t.one = l.reader AND t.other = b.owner OR t.one = b.owner AND t.other = l.reader) THEN 'tied' ELSE 'rest' END AS part, COUNT(*)
		FROM (SELECT DISTINCT book, id, reader FROM look WHERE at >= $1 AND at < $2 AND ` + asRole + `) AS l GROUP BY 1`},
	{Code: "whys", Parts: []string{"in_time", "late", "none"}, query: `SELECT CASE WHEN answered_at = 0 THEN 'none' WHEN late_at > 0 THEN 'late' ELSE 'in_time' END AS part, COUNT(*) FROM why WHERE asked_at >= $1 AND asked_at < $2 GROUP BY 1`},
	{Code: "asked", Parts: []string{"yes", "no", "later", "open"}, Rate: "no", Not: "open", query: `SELECT CASE s.state WHEN 'accepted' THEN 'yes' WHEN 'changed' THEN 'yes' WHEN 'declined' THEN 'no' WHEN 'later' THEN 'later' ELSE 'open' END AS part, COUNT(*)
		FROM suggestion AS s JOIN entry AS e ON e.book = s.book AND e.id = s.entry WHERE e.recorded_at >= $1 AND e.recorded_at < $2 GROUP BY 1`},
	{Code: "sheets", Parts: []string{"signed", "unsigned"}, Rate: "unsigned", query: `SELECT CASE WHEN entered_at > 0 THEN 'signed' ELSE 'unsigned' END AS part, COUNT(*) FROM signing WHERE made_at >= $1 AND made_at < $2 GROUP BY 1`},
	{Code: "back", query: `SELECT '' AS part, COUNT(*) FROM given WHERE taken_back >= $1 AND taken_back < $2`},
	{Code: "papers", Parts: []string{"request", "order", "other"}, query: `SELECT kind AS part, COUNT(*) FROM demand WHERE made_at >= $1 AND made_at < $2 GROUP BY 1`},
	{Code: "orders", Parts: []string{"on_time", "late", "untold", "unconfirmed"}, query: `SELECT CASE WHEN r.confirmed_at = 0 THEN 'unconfirmed' WHEN r.told_at = 0 THEN 'untold'
			WHEN r.told_at > CASE WHEN d.quiet_until > r.confirmed_at THEN d.quiet_until ELSE r.confirmed_at END + 86400000000 THEN 'late' ELSE 'on_time' END AS part, COUNT(*)
		FROM ordered AS r JOIN demand AS d ON d.id = r.id WHERE r.entered_at >= $1 AND r.entered_at < $2 GROUP BY 1`},
	{Code: "reports", Parts: []string{"at_once", "put_off"}, query: `SELECT CASE WHEN quiet_until > at THEN 'put_off' ELSE 'at_once' END AS part, COUNT(*) FROM reported WHERE adds_to IS NULL AND at >= $1 AND at < $2 GROUP BY 1`},
	{Code: "logins", query: `SELECT '' AS part, COUNT(*) FROM happening WHERE kind = 'given_back' AND at >= $1 AND at < $2`},
	{Code: "deaths", Parts: []string{"one", "two", "back"}, query: `SELECT CASE WHEN over_at > 0 THEN 'back' WHEN since > 0 THEN 'two' ELSE 'one' END AS part, COUNT(*) FROM death WHERE said_at >= $1 AND said_at < $2 GROUP BY 1`},
	{Code: "rules", Place: true, query: `SELECT '' AS part, COUNT(*) FROM narrowing WHERE said_at >= $1 AND said_at < $2`},
	{Code: "rules_over", Place: true, query: `SELECT '' AS part, COUNT(*) FROM narrowing WHERE ended_at >= $1 AND ended_at < $2`},
	{Code: "invited", Parts: []string{"worker", "team"}, query: `SELECT hat AS part, COUNT(*) FROM invitation WHERE made_at >= $1 AND made_at < $2 AND hat <> 'reviewer' GROUP BY 1`},
	{Code: "reviewers", Parts: []string{"self", "two"}, Place: true, query: `SELECT CASE WHEN by_self = 1 THEN 'self' ELSE 'two' END AS part, COUNT(*) FROM reviewer_end WHERE over_at >= $1 AND over_at < $2 GROUP BY 1`},
}

// Told is a number as it is told: or that it is not, as it is small or would give away one that is.
type Told struct {
	Code   string // of a part
	N      int64
	Hidden bool
}

// Counted is a figure of a quarter, as it is told.
type Counted struct {
	Code  string
	All   Told
	Parts []Told
	Rate  int // in percent; -1 when it is not told
	Of    string
}

// tell is a figure as it is told. A number below [Least] is hidden, and with it as many more that it cannot be found by taking the others from
// the whole: at least two parts, which together are no small number either.
func (f Figure) tell(n map[string]int64) Counted {
	out := Counted{Code: f.Code, Rate: -1, Of: f.Rate}
	if len(f.Parts) == 0 {
		out.All = Told{N: n[""], Hidden: n[""] < Least && !f.Place}
		return out
	}
	for _, p := range f.Parts {
		out.Parts = append(out.Parts, Told{Code: p, N: n[p], Hidden: n[p] < Least && !f.Place})
		out.All.N += n[p]
	}
	if out.All.Hidden = out.All.N < Least && !f.Place; out.All.Hidden {
		out.hide(len(out.Parts))
		return out
	}
	out.hide(0)
	if of := out.All.N - n[f.Not]; f.Rate != "" && of >= LeastOf && out.shows(f.Rate) && (f.Not == "" || out.shows(f.Not)) && of-n[f.Rate] >= Least {
		out.Rate = int((200*n[f.Rate] + of) / (2 * of))
	}
	return out
}

// hide hides at least so many parts, and as many more as keep those that are hidden from being found.
func (c *Counted) hide(least int) {
	for {
		hidden, sum, next := 0, int64(0), -1
		for i, p := range c.Parts {
			switch {
			case p.Hidden:
				hidden, sum = hidden+1, sum+p.N
			case next < 0 || p.N < c.Parts[next].N:
				next = i
			}
		}
		if next < 0 || hidden >= least && (hidden == 0 || hidden >= 2 && sum >= Least || mutant.On("review-alone-hidden")) {
			return
		}
		c.Parts[next].Hidden = true
	}
}

func (c *Counted) shows(part string) bool {
	for _, p := range c.Parts {
		if p.Code == part {
			return !p.Hidden
		}
	}
	return false
}

// Count returns to a reviewer the figures of a quarter that is over. They were counted once, when a reviewer first asked, and are the same ever
// since, whoever erases or answers what. at is when that was. It returns NotOpen to others, and for what is no quarter that is over.
func (x *Review) Count(ctx context.Context, who grant.Subject, s Span) (all []Counted, at clock.Time, err error) {
	const op = "reviewing: count"
	now := x.Clock.Now()
	var place seat
	var kept string
	read := func(tx *store.Tx) (err error) {
		if place, err = seatOf(tx, who, book.HatReviewer, now); err != nil {
			return err
		}
		return tx.Row(`SELECT figures, at FROM counted WHERE community = $1 AND span = $2`, place.community, string(s)).Scan(&kept, &at)
	}
	counts := map[string]map[string]int64{}
	err = x.DB.View(ctx, func(tx *store.Tx) error {
		err := read(tx)
		if !store.IsNone(err) {
			return err
		}
		if !s.over(now) {
			return notOpen("span")
		}
		return counted(tx, s, counts)
	})
	if err == nil && kept == "" {
		var text []byte
		if text, err = json.Marshal(counts); err != nil {
			return nil, 0, errs.Wrap(op, err)
		}
		err = x.DB.Update(ctx, func(tx *store.Tx) error {
			n, err := tx.Exec(`INSERT INTO counted (community, span, figures, at) VALUES ($1, $2, $3, $4) ON CONFLICT (community, span) DO NOTHING`, place.community, string(s), string(text), now)
			if err == nil && n > 0 {
				err = x.recordCounted(tx, place.community, s)
			}
			if err != nil {
				return err
			}
			return read(tx) // another may have counted meanwhile
		})
	}
	if err != nil {
		return nil, 0, errs.Wrap(op, err)
	}
	counts = map[string]map[string]int64{}
	if err := json.Unmarshal([]byte(kept), &counts); err != nil {
		return nil, 0, errs.Wrap(op, err)
	}
	for _, f := range figures {
		if n, ok := counts[f.Code]; ok { // else it was counted by a version that did not know of it
			all = append(all, f.tell(n))
		}
	}
	return all, at, nil
}

func counted(tx *store.Tx, s Span, counts map[string]map[string]int64) error {
	from, to, _ := s.times()
	clear(counts)
	for _, f := range figures {
		n := map[string]int64{}
		err := store.Each(tx, f.query, []any{from, to}, func(scan func(...any) error) error {
			var part string
			var many int64
			err := scan(&part, &many)
			n[part] += many
			return err
		})
		if err != nil {
			return errs.Wrap(f.Code, err)
		}
		counts[f.Code] = n
	}
	return nil
}

// Watched are the figures that are counted from rows which the log holds. The others are counted from rows that only this computer keeps.
func Watched() map[string]bool {
	return map[string]bool{"looks": true, "whys": true, "papers": true, "orders": true, "reports": true, "logins": true, "deaths": true, "rules": true, "rules_over": true, "sheets": true, "asked": true, "reviewers": true}
}
