package grant

import (
	"fmt"
	"slices"

	"beside/internal/book"
)

// The second face of a rule: it is made into functions over facts in memory once, so that a decision costs little more than
// the comparisons themselves.

// fact is one value: an id, a text, or a number. What it is not stays empty, so that two facts are equal when they are the same.
type fact struct {
	id   [16]byte
	text string
	n    int64
}

func ofID[T interface{ Array() [16]byte }](x T) fact { return fact{id: x.Array()} }
func ofText(s string) fact                           { return fact{text: s} }
func ofNumber[N ~int64](n N) fact                    { return fact{n: int64(n)} }

// table is one of the tables a rule reads; thingTable is what the question is about.
type table int

const (
	thingTable table = iota
	bookTable
	givenTable
	sectionTable
	itemTable
	actTable
	saidTable
	holderTable
	membershipTable
	deskTable
	dyingTable
	deathTable
	tieTable
	knownTable
	ruleTable
	overTable
	orderedTable
	orderedPartTable
	legalTable
	tableCount
)

// tables are the names of the tables, and their columns in the order in which their rows stand in memory.
var tables = [tableCount]struct {
	name    string
	columns []string
}{
	thingTable:       {"thing", []string{"book", "section", "item", "author", "at"}},
	bookTable:        {"book", []string{"id", "owner"}},
	givenTable:       {"given", []string{"id", "book", "recipient", "whom", "hat", "suggests", "taken_back", "since", "until"}},
	sectionTable:     {"given_section", []string{"book", "given", "section"}},
	itemTable:        {"given_item", []string{"book", "given", "item", "section"}},
	actTable:         {"given_act", []string{"book", "given", "section"}},
	saidTable:        {"given_said", []string{"book", "given", "person", "may", "at"}},
	holderTable:      {"held", []string{"by_id", "community", "person", "since", "until", "ended_at"}},
	membershipTable:  {"membership", []string{"community", "person", "hat", "since", "until"}},
	deskTable:        {"desk_claim", []string{"member", "until"}},
	dyingTable:       {"death_claim", []string{"member", "until"}},
	deathTable:       {"death", []string{"book", "since", "reads_until", "over_at"}},
	tieTable:         {"tie", []string{"one", "other", "ended_at"}},
	knownTable:       {"known", []string{"person", "other", "confirmed_at"}},
	orderedTable:     {"ordered", []string{"id", "book", "entered_by", "from_at", "to_at", "confirmed_at", "over_at"}},
	orderedPartTable: {"ordered_part", []string{"ordered", "part"}},
	legalTable:       {"legal_claim", []string{"member", "demand", "until"}},
	ruleTable:        {"narrowing", []string{"id", "all_but", "section", "closes", "since", "until", "ended_at"}},
	overTable:        {"narrowing_worker", []string{"narrowing", "person"}},
}

// tableOf finds a table by its name. It panics for one that is not there, which no run can mend.
func tableOf(name string) table {
	for t := range tables {
		if tables[t].name == name {
			return table(t)
		}
	}
	panic("grant: a rule reads a table that is not there: " + name)
}

// mostAliases is how many rows a rule can have in reach at once.
const mostAliases = 8

// facts are the tables of a world, the question's parameters, and the rows in reach while a rule is gone through.
type facts struct {
	tables *[tableCount][][]fact
	params [theTime + 1]fact
	reach  [mostAliases][]fact
	thing  [5]fact
}

// check is a rule as a function over facts.
type check func(*facts) bool

// scope is what a rule has in reach at one of its places: each alias with its place in [facts.reach] and its table.
type scope struct {
	aliases []string
	tables  []table
}

// with is a scope in which one alias more is in reach. It panics for a rule that has too many, which no run can mend.
func (s *scope) with(alias string, t table) (*scope, int) {
	if len(s.aliases) == mostAliases {
		panic("grant: a rule has more rows in reach than there are places")
	}
	return &scope{append(slices.Clone(s.aliases), alias), append(slices.Clone(s.tables), t)}, len(s.aliases)
}

// term is the function that gives a term its value. It panics for a column that is not there, which no run can mend.
func (s *scope) term(x term) func(*facts) *fact {
	switch {
	case x.table != "":
		at := slices.Index(s.aliases, x.table)
		if at < 0 {
			panic(fmt.Sprintf("grant: %s is not in reach", x.table))
		}
		column := slices.Index(tables[s.tables[at]].columns, x.column)
		if column < 0 {
			panic(fmt.Sprintf("grant: %s has no column %s", tables[s.tables[at]].name, x.column))
		}
		return func(f *facts) *fact { return &f.reach[at][column] }
	case x.param != noParam:
		return func(f *facts) *fact { return &f.params[x.param] }
	}
	var constant fact
	switch v := x.value.(type) {
	case string:
		constant = ofText(v)
	case int64:
		constant = ofNumber(v)
	default:
		panic(fmt.Sprintf("grant: a rule compares with %T", v))
	}
	return func(*facts) *fact { return &constant }
}

func (a all) check(s *scope) check {
	checks := checksOf(a, s)
	return func(f *facts) bool {
		for _, c := range checks {
			if !c(f) {
				return false
			}
		}
		return true
	}
}

func (a either) check(s *scope) check {
	checks := checksOf(a, s)
	return func(f *facts) bool {
		for _, c := range checks {
			if c(f) {
				return true
			}
		}
		return false
	}
}

func checksOf(rules []rule, s *scope) []check {
	var list []check
	for _, r := range rules {
		list = append(list, r.check(s))
	}
	return list
}

func (c compare) check(s *scope) check {
	a, b := s.term(c.a), s.term(c.b)
	switch c.op {
	case "=":
		return func(f *facts) bool { return *a(f) == *b(f) }
	case "<>":
		return func(f *facts) bool { return *a(f) != *b(f) }
	case ">":
		return func(f *facts) bool { return a(f).n > b(f).n }
	case ">=":
		return func(f *facts) bool { return a(f).n >= b(f).n }
	}
	panic("grant: a rule compares by " + c.op)
}

func (e exists) check(s *scope) check {
	t := tableOf(e.table)
	inner, at := s.with(e.alias, t)
	where := e.where.check(inner)
	return func(f *facts) bool {
		for _, row := range f.tables[t] {
			f.reach[at] = row
			if where(f) {
				return true
			}
		}
		return false
	}
}

func (b beside) check(s *scope) check {
	return exists{b.of.table, b.of.alias, all{b.of.where, b.where}}.check(s)
}

func (p plain) check(*scope) check { return func(*facts) bool { return bool(p) } }

func (a among) check(s *scope) check {
	is := exists{a.table, a.alias, all{compare{col(a.alias, a.column), "=", a.x}, a.where}}
	return exists{a.of.table, a.of.alias, all{a.of.where, is}}.check(s)
}

func (a absent) check(s *scope) check {
	there := exists(a).check(s)
	return func(f *facts) bool { return !there(f) }
}

// checks are the rules as functions, made once, as the program starts.
var checks = func() map[Doing]check {
	made := map[Doing]check{}
	thing, _ := (&scope{}).with("thing", thingTable)
	for d := range rules {
		if d != Pass { // it is about a grant that the query itself has
			made[d] = d.rule().check(thing)
		}
	}
	return made
}()

// bareChecks are the rules of what a rule of the centre can close as if there were none, and closingChecks are which rules close
// it, with the rule in the second place of [facts.reach].
var bareChecks, closingChecks = func() (bare, closing map[Doing]check) {
	bare, closing = map[Doing]check{}, map[Doing]check{}
	thing, _ := (&scope{}).with("thing", thingTable)
	row, _ := thing.with("r", ruleTable)
	for d, level := range levels {
		if d != Pass {
			bare[d], closing[d] = rulesUnder(nothing)[d].check(thing), closes(level).check(row)
		}
	}
	return bare, closing
}()

// tables are the facts of a world as the rules read them.
func (w World) tables() (t [tableCount][][]fact) {
	room := make([]fact, 0, 64) // of the rows of a usual book
	put := func(in table, row ...fact) {
		if len(room)+len(row) > cap(room) {
			room = make([]fact, 0, 64)
		}
		from := len(room)
		room = append(room, row...)
		t[in] = append(t[in], room[from:len(room):len(room)])
	}
	for b, o := range w.Owners {
		put(bookTable, ofID(b), ofID(o))
	}
	for _, g := range w.Given {
		put(givenTable, ofID(g.ID), ofID(g.Book), ofID(g.Recipient), ofText(g.To.Code()), ofText(string(g.Hat)), ofNumber(flag(g.Suggests)),
			ofNumber(g.TakenBack), ofNumber(g.Since), ofNumber(g.Until))
		for _, s := range g.Sections {
			put(sectionTable, ofID(g.Book), ofID(g.ID), ofText(string(s)))
		}
		for _, s := range g.Acts {
			put(actTable, ofID(g.Book), ofID(g.ID), ofText(string(s)))
		}
		for _, x := range g.Said {
			put(saidTable, ofID(g.Book), ofID(g.ID), ofID(x.Person), ofNumber(flag(x.Yes)), ofNumber(x.At))
		}
		for _, x := range g.Singles {
			put(itemTable, ofID(g.Book), ofID(g.ID), ofID(x.Item), ofText(string(x.Section)))
		}
	}
	for _, m := range w.Members {
		put(membershipTable, ofID(m.Community), ofID(m.Person), ofText(string(m.Hat)), ofNumber(m.Since), ofNumber(m.Until))
	}
	for _, m := range w.Members {
		if m.Hat == book.HatWorker {
			put(holderTable, ofID(m.Community), ofID(m.Community), ofID(m.Person), ofNumber(m.Since), ofNumber(m.Until), fact{})
		}
	}
	for _, h := range w.Holders {
		put(holderTable, ofID(h.Role), ofID(h.Community), ofID(h.Person), ofNumber(h.Since), ofNumber(h.Until), ofNumber(h.EndedAt))
	}
	for _, c := range w.Claims {
		put(deskTable, ofID(c.Member), ofNumber(c.Until))
	}
	for _, c := range w.Dying {
		put(dyingTable, ofID(c.Member), ofNumber(c.Until))
	}
	for _, x := range w.Deaths {
		put(deathTable, ofID(x.Book), ofNumber(x.Since), ofNumber(x.ReadsUntil), ofNumber(x.OverAt))
	}
	for _, x := range w.Ties {
		put(tieTable, ofID(x.One), ofID(x.Other), ofNumber(x.EndedAt))
	}
	for _, x := range w.Known {
		put(knownTable, ofID(x.Person), ofID(x.Other), ofNumber(x.ConfirmedAt))
	}
	for _, x := range w.Rules {
		put(ruleTable, ofID(x.ID), ofNumber(flag(x.AllBut)), ofText(string(x.Section)), ofNumber(int64(x.Closes)), ofNumber(x.Since), ofNumber(x.Until), ofNumber(x.EndedAt))
		for _, p := range x.Workers {
			put(overTable, ofID(x.ID), ofID(p))
		}
	}
	for _, r := range w.Ordered {
		put(orderedTable, ofID(r.ID), ofID(r.Book), ofID(r.EnteredBy), ofNumber(r.From), ofNumber(r.To), ofNumber(r.ConfirmedAt), ofNumber(r.OverAt))
		for _, p := range r.Parts {
			put(orderedPartTable, ofID(r.ID), ofText(p))
		}
		for _, c := range r.Claims {
			put(legalTable, ofID(c.Member), ofID(r.ID), ofNumber(c.Until))
		}
	}
	return t
}

// flag is a yes or no as a column holds it.
func flag(yes bool) int64 {
	if yes {
		return 1
	}
	return 0
}

// Facts are the facts of a world, made ready for as many decisions as one likes, also at the same time.
type Facts struct{ tables [tableCount][][]fact }

// Facts makes the facts of a world ready.
func (w World) Facts() *Facts { return &Facts{w.tables()} }

// about is a question: who asks, when, and about what.
func (w *Facts) about(who Subject, now int64, thing Thing) facts {
	f := facts{tables: &w.tables}
	f.params[subjectPerson], f.params[subjectHat], f.params[theTime] = ofID(who.Person), ofText(string(who.Hat)), ofNumber(now)
	f.params[longHere] = ofNumber(now - int64(ComesAfter))
	f.thing = [5]fact{ofID(thing.Book), ofText(string(thing.Section)), ofID(thing.Item), ofID(thing.Author), ofNumber(thing.At)}
	return f
}
