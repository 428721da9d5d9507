package grant

import (
	"fmt"
	"slices"
	"strings"
)

// A rule is a tree of these few forms. Each form can be written as SQL and can be held against facts in memory, so the
// rule itself stands only once.
type rule interface {
	sql(*text) string
	check(*scope) check
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

func (a among) sql(t *text) string { // SQLite keeps the order of a CROSS JOIN
	return fmt.Sprintf("%s IN (SELECT %s.%s FROM %s AS %s CROSS JOIN %s AS %s WHERE %s AND %s)",
		t.term(a.x), a.alias, a.column, a.of.table, a.of.alias, a.table, a.alias, a.of.where.sql(t), a.where.sql(t))
}
