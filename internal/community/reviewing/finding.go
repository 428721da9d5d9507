package reviewing

import (
	"context"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/store"
)

// Finding is what a reviewer found, with what the team answered.
type Finding struct {
	ID       id.Finding
	Reviewer id.Reviewer
	Span     Span // "" when it is about no quarter
	Words    string
	AddsTo   id.Finding // none for one that stands for itself
	LogSize  int64      // leaves that the log had
	At       clock.Time
	Answers  []Answer // the first first
}

// Answer is what one of the team answered to a finding.
type Answer struct {
	Words string
	At    clock.Time
}

// Found is what a reviewer writes.
type Found struct {
	Span   Span
	Words  string
	AddsTo id.Finding
}

// FindingOf is the finding that a form writes.
func FindingOf(e id.Entry) id.Finding { f, _ := id.FromBytes[id.Finding](e.Bytes()); return f }

// Find is a reviewer publishing what they found: everybody here reads it from then on, and nobody changes it. e is the form's: sent twice, it
// is one finding. It returns NotOpen to others and for one to add to that is not there, Invalid with fields, AlreadyKept when the form
// published something else, and TooOften.
func (x *Review) Find(ctx context.Context, who grant.Subject, e id.Entry, f Found) error {
	size, err := x.Size(ctx)
	if err != nil {
		return errs.Wrap("reviewing: find", err)
	}
	return errs.Wrap("reviewing: find", x.DB.Update(ctx, func(tx *store.Tx) error {
		now := x.Clock.Now()
		s, err := seatOf(tx, who, book.HatReviewer, now)
		if err != nil {
			return err
		}
		r, err := seatedAs(tx, s, now)
		if err == nil {
			err = f.check(tx, s.community, now)
		}
		if err != nil {
			return err
		}
		n, err := tx.Exec(`INSERT INTO finding (id, community, reviewer, through, span, words, adds_to, log_size, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (id) DO NOTHING`,
			FindingOf(e), s.community, r, s.through, string(f.Span), f.Words, f.AddsTo, size, now)
		if err != nil {
			return err
		}
		if n > 0 {
			if err := mayMore(tx, "finding", "through", "at", s.through, now); err != nil {
				return err
			}
			return x.recordFinding(tx, FindingOf(e))
		}
		var before Found
		var by id.Membership
		err = tx.Row(`SELECT through, span, words, adds_to FROM finding WHERE id = $1`, FindingOf(e)).Scan(&by, &before.Span, &before.Words, &before.AddsTo)
		if err == nil && (by != s.through || before != f) {
			err = errs.New("reviewing: find", errs.AlreadyKept, "")
		}
		return err
	}))
}

func (f Found) check(tx *store.Tx, c id.Community, now clock.Time) error {
	if err := words(f.Words, MaxWords); err != nil {
		return err
	}
	if _, _, ok := f.Span.times(); f.Span != "" && (!ok || !f.Span.over(now)) {
		var wrong errs.Check
		wrong.Add("span", "errors.choose_listed")
		return wrong.Err("reviewing: span")
	}
	if f.AddsTo.IsZero() {
		return nil
	}
	return there(tx, f.AddsTo, c)
}

// there returns NotOpen for a finding that this place does not have.
func there(tx *store.Tx, f id.Finding, c id.Community) error {
	var yes int
	err := tx.Row(`SELECT 1 FROM finding WHERE id = $1 AND community = $2`, f, c).Scan(&yes)
	if store.IsNone(err) {
		err = notOpen("finding")
	}
	return err
}

// Answer is one of the team answering a finding, beside it: everybody here reads it, and nobody changes it. e is the form's. It returns NotOpen
// to others and for a finding that is not there, Invalid with fields, AlreadyKept when the form answered something else, and TooOften.
func (x *Review) Answer(ctx context.Context, who grant.Subject, e id.Entry, f id.Finding, says string) error {
	return errs.Wrap("reviewing: answer", x.DB.Update(ctx, func(tx *store.Tx) error {
		now := x.Clock.Now()
		s, err := seatOf(tx, who, book.HatTeam, now)
		if err == nil {
			err = there(tx, f, s.community)
		}
		if err == nil {
			err = words(says, MaxWords)
		}
		if err != nil {
			return err
		}
		n, err := tx.Exec(`INSERT INTO finding_answer (id, finding, member, through, words, at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING`,
			e, f, who.Person, s.through, says, now)
		if err != nil {
			return err
		}
		if n == 0 {
			var before id.Finding
			if err := tx.Row(`SELECT finding FROM finding_answer WHERE id = $1`, e).Scan(&before); err != nil || before != f {
				return errs.As("reviewing: answer", errs.AlreadyKept, err)
			}
			return same(tx, `SELECT words, member FROM finding_answer WHERE id = $1`, e.Bytes(), says, who.Person)
		}
		if err := mayMore(tx, "finding_answer", "through", "at", s.through, now); err != nil {
			return err
		}
		return x.recordAnswer(tx, e)
	}))
}

// Findings returns everything that was found, the newest first, each followed by what adds to it. It is for everybody here.
func (x *Review) Findings(ctx context.Context) (all []Finding, err error) {
	answers := map[id.Finding][]Answer{}
	var found []Finding
	err = x.DB.View(ctx, func(tx *store.Tx) error {
		clear(answers)
		found = nil
		err := store.Each(tx, `SELECT finding, words, at FROM finding_answer ORDER BY at, id`, nil, func(scan func(...any) error) error {
			var f id.Finding
			var a Answer
			err := scan(&f, &a.Words, &a.At)
			answers[f] = append(answers[f], a)
			return err
		})
		if err != nil {
			return err
		}
		return store.Each(tx, `SELECT id, reviewer, span, words, adds_to, log_size, at FROM finding ORDER BY at, id`, nil, func(scan func(...any) error) error {
			var f Finding
			err := scan(&f.ID, &f.Reviewer, &f.Span, &f.Words, &f.AddsTo, &f.LogSize, &f.At)
			found = append(found, f)
			return err
		})
	})
	for i := range found {
		found[i].Answers = answers[found[i].ID]
	}
	return inOrder(found), errs.Wrap("reviewing: findings", err)
}

// inOrder has findings that stand for themselves newest first, each followed by what adds to it, the first first. Who took away in the
// database what others add to hides none of these: they come last.
func inOrder(found []Finding) (all []Finding) {
	more, done := map[id.Finding][]Finding{}, map[id.Finding]bool{}
	for _, f := range found {
		more[f.AddsTo] = append(more[f.AddsTo], f)
	}
	var with func(f Finding)
	with = func(f Finding) {
		if done[f.ID] {
			return
		}
		all, done[f.ID] = append(all, f), true
		for _, m := range more[f.ID] {
			with(m)
		}
	}
	own := more[id.Finding{}]
	for i := range own {
		with(own[len(own)-1-i])
	}
	for _, f := range found {
		with(f)
	}
	return all
}

// Reviewer is somebody whom the team asked to review this place, as everybody here reads of them.
type Reviewer struct {
	ID        id.Reviewer
	Words     string // who it is and where from, as the team said it
	AskedAt   clock.Time
	SecondAt  clock.Time // when another of the team said yes; 0 before
	Since     clock.Time // since when somebody reviews; 0 before a link was accepted
	Until     clock.Time // until when they did; 0 while they do
	Gone      bool       // they accepted it, and their role and their book are gone
	Endings   []Ending
	Mine      bool // the reader asked; told to the team alone
	CanSecond bool // another of the team can say yes
}

// Now reports whether somebody reviews now.
func (r Reviewer) Now() bool { return r.Since != 0 && r.Until == 0 }

// Reviewers returns everybody whom the team asked to review this place, the last asked first, with why the role of some ended. It is for
// everybody here; who of the team said what is told to the team alone.
func (x *Review) Reviewers(ctx context.Context, who grant.Subject) (all []Reviewer, err error) {
	now := x.Clock.Now()
	err = x.DB.View(ctx, func(tx *store.Tx) error {
		all = nil
		team := who.Hat == book.HatTeam
		err := store.Each(tx, `SELECT q.id, q.words, q.asked_at, q.second_at, q.asked_by, COALESCE(i.used_at, 0), COALESCE(m.since, 0), COALESCE(m.until, 0), COALESCE(m.ended_at, 0),
				CASE WHEN q.asked_at > $2 AND COALESCE(i.used_at, 0) = 0 AND `+standing("q.asked_by", "q.asked_through", "$1")+` THEN 1 ELSE 0 END
			FROM reviewer AS q LEFT JOIN invitation AS i ON i.id = q.invitation LEFT JOIN membership AS m ON m.person = i.used_by AND m.hat = 'reviewer' AND m.since = i.used_at
			ORDER BY q.asked_at DESC, q.id DESC`, []any{now, now - SaidLasts}, func(scan func(...any) error) error {
			var r Reviewer
			var by id.Person
			var used, until, ended clock.Time
			var can int
			err := scan(&r.ID, &r.Words, &r.AskedAt, &r.SecondAt, &by, &used, &r.Since, &until, &ended, &can)
			r.Mine, r.CanSecond = team && by == who.Person, team && can == 1 && by != who.Person
			if r.Gone = used != 0 && r.Since == 0; until <= now {
				r.Until = ended
			}
			all = append(all, r)
			return err
		})
		if err != nil {
			return err
		}
		return endings(tx, who, now, all)
	})
	return all, errs.Wrap("reviewing: reviewers", err)
}

func endings(tx *store.Tx, who grant.Subject, now clock.Time, all []Reviewer) error {
	return store.Each(tx, `SELECT y.id, y.reviewer, y.words, y.by_self, y.said_by, y.said_at, y.over_at, CASE WHEN y.over_at = 0 AND y.said_at > $2 AND `+standing("y.said_by", "y.said_through", "$1")+` THEN 1 ELSE 0 END
		FROM reviewer_end AS y ORDER BY y.said_at, y.id`, []any{now, now - SaidLasts}, func(scan func(...any) error) error {
		var e Ending
		var r id.Reviewer
		var self, open int
		var by id.Person
		if err := scan(&e.ID, &r, &e.Words, &self, &by, &e.SaidAt, &e.OverAt, &open); err != nil {
			return err
		}
		e.BySelf = self == 1
		if who.Hat == book.HatTeam {
			e.Mine, e.Open = by == who.Person && self == 0, open == 1
		}
		for i := range all {
			if all[i].ID == r {
				e.Open = e.Open && all[i].Now()
				all[i].Endings = append(all[i].Endings, e)
			}
		}
		return nil
	})
}
