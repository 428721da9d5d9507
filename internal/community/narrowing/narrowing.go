// Package narrowing keeps the rules of a centre: that its workers see less, or do less, than what people give them (mission.md S0.7).
// A rule only takes away. The one rule of package grant reads its row in every query; this package writes it, ends it, and tells it in
// words to those it is for.
//
//	one of the team says it ──▶ [stands] ── its last day is over ──▶ [over]
//	                               │ two of the team say that it shall end, within [SaidLasts]
//	                               ▼
//	                            [ended]
//
// Nothing opens for a person by ending a rule: what they gave, and did not take back, is as they gave it.
package narrowing

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/keeper"
	"beside/internal/mutant"
	"beside/internal/store"
)

// SaidLasts is how long a second of the team has to say that a rule shall end.
const SaidLasts = 7 * clock.Day

// yesNeeded is how many of the team have to say that a rule shall end.
const yesNeeded = 2

// MaxWords is how many bytes the words of a rule have at most: what its form takes, at three bytes each.
const MaxWords = 3000

// MaxStanding is how many rules stand at once, at most: every query on books looks at them.
const MaxStanding = 100

// Rule is a rule of the centre.
type Rule struct {
	ID      id.Narrowing
	AllBut  bool         // it holds for all workers but these, else for these alone
	Workers []id.Person  // these; told to the team alone
	Named   int          // how many these are
	Section book.Section // "" for every section but the name
	Closes  grant.Closes
	Words   string     // by which it is explained
	Since   clock.Time // 0 for at once
	Until   clock.Time // 0 for no end
	SaidBy  id.Person
	SaidAt  clock.Time
	EndedAt clock.Time // 0 while it stands
	Ending  int        // how many of the team of now say that it shall end; told to the team alone
	Mine    bool       // who asks is one of them
}

// Sections returns which sections can be closed, in the order of the screen: all that can be given but the name.
func Sections() []book.Section { return book.Givable()[1:] }

// Config is what [New] needs.
type Config struct {
	DB     *store.DB
	Keeper *keeper.Keeper
	Clock  clock.Clock
}

// Rules keeps the rules of the centre. It is safe for concurrent use.
type Rules struct {
	Config
	closing grant.Clause // on a rule r and a section s
	denying grant.Clause // on a rule r and a section x of a grant g, after one parameter of the query's own
}

// New returns Rules over an installation's data.
func New(c Config) *Rules {
	return &Rules{
		Config:  c,
		closing: grant.Pass.Closing(grant.Columns{Section: "s.section"}, 1),
		denying: grant.Pass.Denying(grant.Columns{Book: "g.book", Section: "x.section"}, 2),
	}
}

func notOpen(op string) error { return errs.New("narrowing: "+op, errs.NotOpen, "") }

// Of is the id of the rule that is said with a form.
func Of(e id.Entry) id.Narrowing { r, _ := id.FromBytes[id.Narrowing](e.Bytes()); return r }

// member is a place in the team.
type member struct {
	community id.Community
	through   id.Membership
}

// memberOf returns the place by which who acts, in the team's hat: else NotOpen.
func memberOf(tx *store.Tx, who grant.Subject, now clock.Time) (m member, err error) {
	err = store.ErrNone
	if who.Hat == book.HatTeam {
		err = tx.Row(`SELECT community, id FROM membership WHERE person = $1 AND hat = 'team' AND until > $2 ORDER BY id LIMIT 1`, who.Person, now).Scan(&m.community, &m.through)
	}
	if store.IsNone(err) {
		err = notOpen("team")
	}
	return m, err
}

// check refuses what is no rule: Invalid with the fields "closes", "section", "whom", "workers", "words" and "until".
func (r Rule) check(now clock.Time) error {
	var c errs.Check
	if r.Closes < grant.ClosesReading || r.Closes > grant.ClosesWriting {
		c.Add("closes", "errors.choose_listed")
	}
	if r.Section != "" && !slices.Contains(Sections(), r.Section) {
		c.Add("section", "errors.choose_listed")
	} else if r.Section != "" && !r.Closes.Touches(r.Section) {
		c.Add("section", "rules.nothing_there")
	}
	if !r.AllBut && len(r.Workers) == 0 {
		c.Add("workers", "rules.nobody_chosen")
	}
	switch {
	case strings.TrimSpace(r.Words) == "":
		c.Add("words", "rules.words_blank")
	case len(r.Words) > MaxWords:
		c.Add("words", "errors.text_too_long")
	case !utf8.ValidString(r.Words) || strings.ContainsRune(r.Words, 0):
		c.Add("words", "errors.text_unreadable")
	}
	if r.Since < 0 || r.Until < 0 || r.Until != 0 && r.Until <= max(r.Since, now) {
		c.Add("until", "rules.ends_before")
	}
	return c.Err("narrowing: check")
}

// Say is one of the team saying a rule, which holds from then on, or from its first day on. e is the form's: sent twice, also twice at
// once, it is one rule. It returns NotOpen to others, Invalid with fields, also for somebody who is no worker and for one more than
// [MaxStanding], and AlreadyKept when the form said another rule.
func (x *Rules) Say(ctx context.Context, who grant.Subject, e id.Entry, r Rule) error {
	const op = "narrowing: say"
	r.ID, r.SaidBy, r.EndedAt = Of(e), who.Person, 0
	slices.SortFunc(r.Workers, compareIDs)
	r.Workers = slices.Compact(r.Workers)
	return errs.Wrap(op, x.DB.Update(ctx, func(tx *store.Tx) error {
		now := x.Clock.Now()
		m, err := memberOf(tx, who, now)
		if err != nil {
			return err
		}
		if err := said(tx, r); !store.IsNone(err) {
			return err
		}
		if err := r.check(now); err != nil {
			return err
		}
		if err := workers(tx, m.community, r.Workers, now); err != nil {
			return err
		}
		if err := room(tx, now); err != nil {
			return err
		}
		r.SaidAt = now
		return x.keep(tx, r, m)
	}))
}

// said compares a rule with the one that its form said before: AlreadyKept when it is another, and [store.ErrNone] when there is none.
func said(tx *store.Tx, r Rule) error {
	kept, err := one(tx, r.ID)
	if err == nil && !kept.same(r) {
		err = errs.New("narrowing: say", errs.AlreadyKept, "")
	}
	return err
}

// same reports whether a rule says what another does.
func (r Rule) same(o Rule) bool {
	return r.AllBut == o.AllBut && slices.Equal(r.Workers, o.Workers) && r.Section == o.Section && r.Closes == o.Closes && r.Words == o.Words && r.SaidBy == o.SaidBy &&
		sameDay(r.Since, o.Since) && sameDay(r.Until, o.Until)
}

// sameDay reports whether two days are of the same answer to "when?". A form that is sent again after midnight means a later day, and
// months are of different length; the answers themselves lie further apart.
func sameDay(a, b clock.Time) bool {
	return (a == 0) == (b == 0) && max(a, b)-min(a, b) < 4*clock.Day
}

// room returns Invalid with the field "closes" when as many rules stand here as can. Of two that are said at once both may be kept.
func room(tx *store.Tx, now clock.Time) error {
	var n int
	err := tx.Row(`SELECT COUNT(*) FROM narrowing AS r WHERE r.ended_at = 0 AND (r.until = 0 OR r.until > $1)`, now).Scan(&n)
	if err == nil && n >= MaxStanding {
		var full errs.Check
		full.Add("closes", "rules.too_many")
		err = full.Err("narrowing: room")
	}
	return err
}

// workers returns Invalid with the field "workers" unless all of them are workers here now.
func workers(tx *store.Tx, c id.Community, people []id.Person, now clock.Time) error {
	if len(people) == 0 {
		return nil
	}
	these, args := store.In("m.person", []any{c, now}, people)
	var n int
	err := tx.Row(`SELECT COUNT(DISTINCT m.person) FROM membership AS m WHERE m.community = $1 AND m.hat = 'worker' AND m.until > $2 AND `+these, args...).Scan(&n)
	if err == nil && n < len(people) {
		var wrong errs.Check
		wrong.Add("workers", "errors.choose_listed")
		err = wrong.Err("narrowing: workers")
	}
	return err
}

func (x *Rules) keep(tx *store.Tx, r Rule, m member) error {
	n, err := tx.Exec(`INSERT INTO narrowing (id, community, all_but, section, closes, words, since, until, said_by, through, said_at, ended_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0)
		ON CONFLICT (id) DO NOTHING`,
		r.ID, m.community, flag(r.AllBut), string(r.Section), int64(r.Closes), r.Words, r.Since, r.Until, r.SaidBy, m.through, r.SaidAt)
	if err == nil && n == 0 {
		return said(tx, r) // meanwhile, by a second tap
	}
	var rows [][]any
	for _, p := range r.Workers {
		rows = append(rows, []any{r.ID, p})
	}
	if err == nil && len(rows) > 0 {
		err = store.Insert(tx, `INSERT INTO narrowing_worker (narrowing, person)`, rows)
	}
	if err != nil {
		return err
	}
	return x.record(tx, r.ID)
}

func flag(yes bool) int64 {
	if yes {
		return 1
	}
	return 0
}

// End is one of the team saying that a rule shall end. When a second says the same within [SaidLasts], and both are in the team then,
// it ends; ended reports that it has. Of one that ended before it changes nothing. It returns NotOpen to others and for a rule that is
// not there, and Changed to who does not count as one of two yet ([grant.OneOfTwo]).
func (x *Rules) End(ctx context.Context, who grant.Subject, r id.Narrowing) (ended bool, err error) {
	err = x.DB.Update(ctx, func(tx *store.Tx) error {
		now := x.Clock.Now()
		m, err := memberOf(tx, who, now)
		if err != nil {
			return err
		}
		ended = false
		// Of two who say it at once one comes second.
		n, err := tx.Exec(`UPDATE narrowing SET ended_at = ended_at WHERE id = $1 AND community = $2`, r, m.community)
		if err != nil {
			return err
		}
		if n == 0 {
			return notOpen("end")
		}
		var at clock.Time
		if err := tx.Row(`SELECT ended_at FROM narrowing WHERE id = $1`, r).Scan(&at); err != nil || at != 0 {
			ended = at != 0
			return err
		}
		if err := grant.OneOfTwo(tx, m.through, now); err != nil {
			return err
		}
		if err := x.sayEnds(tx, ending{r, who.Person, m.through, now}); err != nil {
			return err
		}
		ended, err = x.bothSaid(tx, r, now)
		return err
	})
	return ended, errs.Wrap("narrowing: end", err)
}

// sayEnds writes down that one of the team says that a rule shall end, now.
func (x *Rules) sayEnds(tx *store.Tx, e ending) error {
	_, err := tx.Exec(`INSERT INTO narrowing_end (narrowing, member, through, at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (narrowing, member) DO UPDATE SET through = excluded.through, at = excluded.at`, e.rule, e.member, e.through, e.at)
	if err != nil {
		return err
	}
	return x.Keeper.Queue().Record(tx, endKind, e.id(), e.payload(), e.at)
}

// ends is the condition that who said y, a row of narrowing_end, is in the team at $2, said it after $3, and counted as one of two then.
func ends() string {
	return `y.at > $3 AND EXISTS (SELECT 1 FROM membership AS m WHERE m.id = y.through AND m.person = y.member AND m.hat = 'team' AND m.until > $2 AND ` + grant.CountsOfTwo("y.at") + `)`
}

// bothSaid ends a rule when two have said that it shall end.
func (x *Rules) bothSaid(tx *store.Tx, r id.Narrowing, now clock.Time) (bool, error) {
	needed := yesNeeded
	if mutant.On("rule-one-ends") {
		needed = 1
	}
	var yes int
	err := tx.Row(`SELECT COUNT(*) FROM narrowing_end AS y WHERE y.narrowing = $1 AND `+ends(), r, now, now-SaidLasts).Scan(&yes)
	if err != nil || yes < needed {
		return false, err
	}
	if _, err := tx.Exec(`UPDATE narrowing SET ended_at = $1 WHERE id = $2`, now, r); err != nil {
		return false, err
	}
	return true, x.record(tx, r)
}
