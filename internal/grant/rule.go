package grant

import (
	"fmt"
	"slices"
	"strings"

	"beside/internal/book"
)

// A rule is a tree of these few forms. Each form can be written as SQL and can be held against facts in memory, so the
// rule itself stands only once.
type rule interface {
	sql(*text) string
	check(*scope) check
	worn(book.Hat) rule // the same rule, for who wears this hat
}

// term is a value a rule compares: a column of a fact, one of the question's parameters, or a constant.
type term struct {
	table  string // with column
	column string
	param  param
	value  any // with neither
}

// param is something the question brings along.
type param int

const (
	noParam param = iota
	subjectPerson
	subjectHat
	longHere // before which who is here is not new: [ComesAfter] before the time
	theTime
)

func col(table, column string) term { return term{table: table, column: column} }
func given(p param) term            { return term{param: p} }
func value(v any) term              { return term{value: v} }

type all []rule
type either []rule

// compare holds when a op b; op is "=", "<>", ">" or ">=".
type compare struct {
	a  term
	op string
	b  term
}

// exists holds when a row of table, known as alias, makes where hold.
type exists struct {
	table, alias string
	where        rule
}

// absent holds when no row of table, known as alias, makes where hold.
type absent struct {
	table, alias string
	where        rule
}

// beside holds when a row as of says makes where hold. In a statement about one book such rows are looked for once.
type beside struct {
	of    exists
	where rule
}

// among holds when x is the column of a row of table, known as alias, that makes where hold beside a row as of says. Those are
// looked for first, so that what is asked of them is asked once for all that belongs to them.
type among struct {
	x            term
	of           exists
	table, alias string
	column       string
	where        rule
}

// text collects the SQL of one clause. Parameters are numbered as they first appear.
type text struct {
	first int
	used  []param
	names map[string]string // the caller's names for "thing" columns
	once  bool              // that what [beside] and [among] look for is looked for once a statement
	found []string          // what is, as SQL
}

// from is where rows as e says are, and what still is to be asked of them there.
func (t *text) from(e exists) (table, where string) {
	where = e.where.sql(t)
	if !t.once {
		return e.table + " AS " + e.alias, where
	}
	q := fmt.Sprintf("(SELECT %s.* FROM %s AS %s WHERE %s)", e.alias, e.table, e.alias, where)
	n := slices.Index(t.found, q)
	if n == -1 {
		t.found = append(t.found, q)
		n = len(t.found) - 1
	}
	return fmt.Sprintf("found%d AS %s", n, e.alias), "1 = 1"
}

// with is what a statement begins with whose rows are looked for once.
func (t *text) with() string {
	var list []string
	for n, q := range t.found {
		list = append(list, fmt.Sprintf("found%d AS MATERIALIZED %s", n, q))
	}
	if len(list) == 0 {
		return ""
	}
	return "WITH " + strings.Join(list, ", ") + " "
}

func (t *text) term(x term) string {
	switch {
	case x.table != "":
		name := x.table + "." + x.column
		if n, ok := t.names[name]; ok {
			return n
		}
		return name
	case x.param != noParam:
		return t.param(x.param)
	}
	if s, ok := x.value.(string); ok {
		return "'" + strings.ReplaceAll(s, "'", "''") + "'"
	}
	return fmt.Sprint(x.value)
}

func (t *text) param(p param) string {
	n := slices.Index(t.used, p)
	if n == -1 {
		t.used = append(t.used, p)
		n = len(t.used) - 1
	}
	s := fmt.Sprintf("$%d", t.first+n)
	if p == subjectHat {
		return "CAST(" + s + " AS TEXT)" // PostgreSQL cannot tell the type of a parameter compared with a constant
	}
	return s
}

func join(t *text, rules []rule, by string) string {
	if len(rules) == 0 { // of a mutant
		return "(1 = 1)"
	}
	parts := make([]string, len(rules))
	for i, r := range rules {
		parts[i] = r.sql(t)
	}
	return "(" + strings.Join(parts, by) + ")"
}

func (a all) sql(t *text) string    { return join(t, a, " AND ") }
func (a either) sql(t *text) string { return join(t, a, " OR ") }

func (c compare) sql(t *text) string { return t.term(c.a) + " " + c.op + " " + t.term(c.b) }

func (e exists) sql(t *text) string {
	return fmt.Sprintf("EXISTS (SELECT 1 FROM %s AS %s WHERE %s)", e.table, e.alias, e.where.sql(t))
}

func (a absent) sql(t *text) string { return "NOT " + exists(a).sql(t) }

func (b beside) sql(t *text) string {
	from, found := t.from(b.of)
	return fmt.Sprintf("EXISTS (SELECT 1 FROM %s WHERE %s AND %s)", from, found, b.where.sql(t))
}

func (a among) sql(t *text) string { // SQLite keeps the order of a CROSS JOIN
	from, found := t.from(a.of)
	return fmt.Sprintf("%s IN (SELECT %s.%s FROM %s CROSS JOIN %s AS %s WHERE %s AND %s)",
		t.term(a.x), a.alias, a.column, from, a.table, a.alias, found, a.where.sql(t))
}

// plain is a rule of which nothing is left to ask: it holds, or it does not.
type plain bool

func (p plain) sql(*text) string { return map[plain]string{true: "(1 = 1)", false: "(1 = 0)"}[p] }

func (p plain) worn(book.Hat) rule { return p }

func (a all) worn(h book.Hat) rule {
	var rest all
	for _, r := range a {
		switch r := r.worn(h); r {
		case plain(false):
			return r
		case plain(true):
		default:
			rest = append(rest, r)
		}
	}
	if len(rest) == 0 {
		return plain(true)
	}
	return rest
}

func (a either) worn(h book.Hat) rule {
	var rest either
	for _, r := range a {
		switch r := r.worn(h); r {
		case plain(true):
			return r
		case plain(false):
		default:
			rest = append(rest, r)
		}
	}
	if len(rest) == 0 {
		return plain(false)
	}
	return rest
}

func (c compare) worn(h book.Hat) rule {
	for _, x := range []*term{&c.a, &c.b} {
		if x.param == subjectHat {
			*x = value(string(h))
		}
	}
	a, ok := c.a.value.(string)
	b, known := c.b.value.(string)
	if ok && known {
		return plain((a == b) == (c.op == "="))
	}
	return c
}

func (e exists) worn(h book.Hat) rule {
	if e.where = e.where.worn(h); e.where == plain(false) {
		return plain(false)
	}
	return e
}

func (a absent) worn(h book.Hat) rule {
	if a.where = a.where.worn(h); a.where == plain(false) {
		return plain(true)
	}
	return a
}

func (b beside) worn(h book.Hat) rule {
	of, some := b.of.worn(h).(exists)
	if b.of, b.where = of, b.where.worn(h); !some || b.where == plain(false) {
		return plain(false)
	}
	return b
}

func (a among) worn(h book.Hat) rule {
	of, some := a.of.worn(h).(exists)
	if a.of, a.where = of, a.where.worn(h); !some || a.where == plain(false) {
		return plain(false)
	}
	return a
}
