package narrowing

import (
	"bytes"
	"context"
	"slices"
	"strings"

	"beside/internal/book"
	"beside/internal/errs"
	"beside/internal/grant"
	"beside/internal/id"
	"beside/internal/store"
)

const ruleColumns = `r.id, r.all_but = 1, r.section, r.closes, r.words, r.since, r.until, r.said_by, r.said_at, r.ended_at,
	(SELECT COUNT(*) FROM narrowing_worker AS w WHERE w.narrowing = r.id) AS named`

func (r *Rule) fields() []any {
	return []any{&r.ID, &r.AllBut, &r.Section, &r.Closes, &r.Words, &r.Since, &r.Until, &r.SaidBy, &r.SaidAt, &r.EndedAt, &r.Named}
}

func compareIDs(a, b id.Person) int { return bytes.Compare(a.Bytes(), b.Bytes()) }

// one returns a rule with its workers, and [store.ErrNone] for one that is not there.
func one(tx *store.Tx, n id.Narrowing) (r Rule, err error) {
	if err = tx.Row(`SELECT `+ruleColumns+` FROM narrowing AS r WHERE r.id = $1`, n).Scan(r.fields()...); err == nil {
		r.Workers, err = over(tx, n)
	}
	return r, err
}

// over are the workers who are named in a rule.
func over(tx *store.Tx, n id.Narrowing) (people []id.Person, err error) {
	err = store.Each(tx, `SELECT person FROM narrowing_worker WHERE narrowing = $1 ORDER BY person`, []any{n}, func(scan func(...any) error) error {
		var p id.Person
		err := scan(&p)
		people = append(people, p)
		return err
	})
	return people, err
}

// Standing returns the rules that hold now or will, the first said first, without the names of workers: they are for everybody here to
// read.
func (x *Rules) Standing(ctx context.Context) (all []Rule, err error) {
	err = x.DB.View(ctx, func(tx *store.Tx) error {
		all = nil
		return store.Each(tx, `SELECT `+ruleColumns+` FROM narrowing AS r WHERE r.ended_at = 0 AND (r.until = 0 OR r.until > $1) ORDER BY r.said_at, r.id`, []any{x.Clock.Now()}, func(scan func(...any) error) error {
			var r Rule
			err := scan(r.fields()...)
			all = append(all, r)
			return err
		})
	})
	return all, errs.Wrap("narrowing: standing", err)
}

// All returns to the team every rule there is or was, the first said first. It returns NotOpen to others.
func (x *Rules) All(ctx context.Context, who grant.Subject) (all []Rule, err error) {
	err = x.DB.View(ctx, func(tx *store.Tx) error {
		all = nil
		now := x.Clock.Now()
		m, err := memberOf(tx, who, now)
		if err != nil {
			return err
		}
		err = store.Each(tx, `SELECT `+ruleColumns+`, (SELECT COUNT(*) FROM narrowing_end AS y WHERE y.narrowing = r.id AND `+ends()+`),
				(SELECT COUNT(*) FROM narrowing_end AS y WHERE y.narrowing = r.id AND y.member = $4 AND `+ends()+`) > 0
			FROM narrowing AS r WHERE r.community = $1 ORDER BY r.said_at, r.id`, []any{m.community, now, now - SaidLasts, who.Person}, func(scan func(...any) error) error {
			var r Rule
			err := scan(append(r.fields(), &r.Ending, &r.Mine)...)
			all = append(all, r)
			return err
		})
		for i := range all {
			if err == nil {
				all[i].Workers, err = over(tx, all[i].ID)
			}
		}
		return err
	})
	return all, errs.Wrap("narrowing: all", err)
}

// Closed is a section that a rule closes to somebody, for reading or for doing.
type Closed struct {
	Section book.Section
	Rule    Rule
}

// sections is a table with every section that can be closed.
var sections = func() string {
	var list []string
	for _, s := range Sections() {
		list = append(list, `SELECT '`+string(s)+`' AS section`)
	}
	return strings.Join(list, ` UNION ALL `)
}()

// Over returns what the rules close to a worker now, whatever is given to them: for who gives it, before they do and after.
func (x *Rules) Over(ctx context.Context, worker id.Person) ([]Closed, error) {
	return x.closed(ctx, "narrowing: over", `SELECT s.section, `+ruleColumns+` FROM narrowing AS r JOIN (`+sections+`) AS s ON 1 = 1 WHERE `+x.closing.SQL+` ORDER BY r.said_at, r.id`,
		x.closing.Args(grant.Subject{Person: worker, Hat: book.HatWorker}, x.Clock.Now()))
}

// Denied returns to who was given something of book b what of it the rules close to them. Of what was not given it tells nothing: no
// row is then found, as for a book that never was. Of somebody who has died nothing is suggested or written, whatever the rules say.
func (x *Rules) Denied(ctx context.Context, who grant.Subject, b id.Book) ([]Closed, error) {
	return x.closed(ctx, "narrowing: denied", `SELECT DISTINCT x.section, `+ruleColumns+` FROM narrowing AS r JOIN given AS g ON g.book = $1
		JOIN (SELECT book, given, section, 1 AS whole FROM given_section WHERE book = $1
			UNION ALL SELECT DISTINCT book, given, section, 0 FROM given_item WHERE book = $1) AS x ON x.book = g.book AND x.given = g.id
		WHERE (r.closes = 1 OR x.whole = 1 AND (r.closes = 2 AND g.suggests = 1
			OR r.closes = 3 AND EXISTS (SELECT 1 FROM given_act AS a WHERE a.book = g.book AND a.given = g.id AND a.section = x.section)))
			AND (r.closes = 1 OR NOT EXISTS (SELECT 1 FROM death AS z WHERE z.book = $1 AND z.since > 0 AND z.over_at = 0))
			AND `+x.denying.SQL+` ORDER BY r.said_at, r.id, x.section`, x.denying.Args(who, x.Clock.Now(), b))
}

func (x *Rules) closed(ctx context.Context, op, query string, args []any) (all []Closed, err error) {
	err = x.DB.View(ctx, func(tx *store.Tx) error {
		all = nil
		return store.Each(tx, query, args, func(scan func(...any) error) error {
			var c Closed
			err := scan(append([]any{&c.Section}, c.Rule.fields()...)...)
			if c.Rule.Closes.Touches(c.Section) {
				all = append(all, c)
			}
			return err
		})
	})
	slices.SortStableFunc(all, func(a, b Closed) int { return bytes.Compare(a.Rule.ID.Bytes(), b.Rule.ID.Bytes()) })
	return all, errs.Wrap(op, err)
}
