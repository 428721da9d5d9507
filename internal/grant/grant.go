// Package grant says who may. There is one rule for each thing one can do with a book; it is written once, as data, and
// has three faces: a decision with its reason for facts in memory ([Doing.Decide]), and a WHERE clause that every query
// on books carries ([Doing.Clause]), so that what was not given is never read, not filtered out afterwards.
//
// The floor of the rule (design.md, "Grant"): the owner, in their own hat, may do everything with their book. A worker
// whom the owner chose may read and suggest in the sections given, in the worker's hat, until the grant ends and while
// they are a worker, unless one of the two said that they know each other from their own life. Whom the owner knows from there,
// and knew again here, may do the same in their own hat. A grant can be for reading alone, and it can give single items, to be read; in
// some of its sections it can let its recipient write for the owner. A grant can be to whoever holds a role here, or to all who work
// here: who comes later can read only when the owner, who is told, had time to say "not them". The centre team sees no
// book; of somebody who has no role here it finds the name, while it holds the request of who stands at the desk, or says that
// somebody has died, or names whom an order of a court is about. What such an order names is read once, by a second of the team,
// to be put together, and shown to neither. Of who has died (package account/ending) nothing is suggested or written any more, and what they gave can be read for a
// short while. A reviewer, in their own hat and while they have no other role here, reads what was given to them to be reviewed, and
// suggests and writes nothing. Nobody else sees anything.
//
// A rule of the centre (table narrowing) narrows that further, for workers alone: what it closes is as if it were not given while it
// holds. Nothing in such a row can open anything.
package grant

import (
	"slices"
	"strings"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/id"
	"beside/internal/mutant"
)

// Subject is who asks: a person and the hat they wear now.
type Subject struct {
	Person id.Person
	Hat    book.Hat
}

// Doing is what somebody wants to do with a book.
type Doing int

// The things one can do.
const (
	// Own is writing, answering, putting away, giving, and reading everything: the owner's alone.
	Own Doing = iota
	// Read is reading what is live in a section.
	Read
	// Suggest is suggesting in a section.
	Suggest
	// Act is writing for the owner in a section, as if it were their own hand: nobody's but who was given that.
	Act
	// ReadSuggestion is reading a suggestion and its answer: the owner's, and its author's while the section is given.
	ReadSuggestion
	// Pass is the grant itself, by which somebody else reads; for the record of looks.
	Pass
	// FindName is finding a person by name: the centre team's, while they hold an open request of somebody who stands at the
	// desk and told them its code, or while they say that somebody has died. It opens the name alone.
	FindName
	// Handover is reading what an order of a court names, to put it together once: nobody's but a second of the centre team's,
	// who confirms just that order. Nothing is shown to them by it.
	Handover
)

// What an order of a court can name beside sections of a book.
const (
	PartAttended = "attended" // when the person was here
	PartLooked   = "looked"   // who looked into the book
)

// In the rules below, "thing" is the row the query is about: its book, section and author columns have the caller's names.
var (
	thingBook    = col("thing", "book")
	thingSection = col("thing", "section")
	thingItem    = col("thing", "item")
	thingAuthor  = col("thing", "author")
	thingAt      = col("thing", "at")

	own = all{
		compare{given(subjectHat), "=", value(string(book.HatSelf))},
		exists{"book", "b", all{
			compare{col("b", "id"), "=", thingBook},
			compare{col("b", "owner"), "=", given(subjectPerson)},
		}},
	}

	// open holds for a grant g when the subject may pass by it, in the hat for which it was given. It is never the owner's own.
	open = all{
		inHat(),
		either{compare{col("g", "recipient"), "=", given(subjectPerson)}, compare{col("g", "whom"), "<>", value(book.ToOne.Code())}},
		compare{col("g", "taken_back"), "=", value(int64(0))},
		compare{col("g", "until"), ">", given(theTime)},
		exists{"book", "b", all{
			compare{col("b", "id"), "=", col("g", "book")},
			compare{col("b", "owner"), "<>", given(subjectPerson)},
			either{near, working, reviewing},
		}},
		absent{"death", "d", all{
			compare{col("d", "book"), "=", col("g", "book")},
			compare{col("d", "since"), ">", value(int64(0))},
			compare{col("d", "over_at"), "=", value(int64(0))},
			compare{given(theTime), ">=", col("d", "reads_until")},
		}},
	}

	// near holds for a grant g from a book b to somebody of the owner's own life, whom the owner named and knew again here (package
	// account/known). Who got in as the owner may have given too: when a login is given back, all must be known again.
	near = all{
		compare{given(subjectHat), "=", value(string(book.HatSelf))},
		compare{col("g", "whom"), "=", value(book.ToOne.Code())},
		knownAgain(col("b", "owner"), given(subjectPerson)),
	}

	// working holds for a grant g from a book b to a worker of today, whom the owner does not know from their own life.
	working = all{
		compare{given(subjectHat), "=", value(string(book.HatWorker))},
		untied(col("b", "owner"), given(subjectPerson)),
		either{
			all{compare{col("g", "whom"), "=", value(book.ToOne.Code())}, worksHere(col("g", "since"))}, // a role given again opens nothing from before
			all{compare{col("g", "whom"), "<>", value(book.ToOne.Code())}, oneOfSeveral},
		},
	}

	// reviewing holds for a grant g from a book b to a reviewer of today, who has no other role here and whom the owner does not know from
	// their own life.
	reviewing = all{
		compare{given(subjectHat), "=", value(string(book.HatReviewer))},
		compare{col("g", "whom"), "=", value(book.ToOne.Code())},
		worksHere(col("g", "since")),
		apart(),
		untied(col("b", "owner"), given(subjectPerson)),
	}

	// oneOfSeveral holds for a grant g to whoever holds a role, or to all who work in a place, where the subject is one of them now and may
	// read by it already.
	oneOfSeveral = exists{"held", "h", all{
		compare{col("h", "by_id"), "=", col("g", "recipient")},
		compare{col("h", "person"), "=", given(subjectPerson)},
		stillHeld(),
		worksHere(col("h", "since"), compare{col("m", "community"), "=", col("h", "community")}), // who works here again holds nothing from before
		arrived(col("h", "since")),
	}}

	// lives holds while nobody's death was said by two.
	lives = absent{"death", "d", all{
		compare{col("d", "book"), "=", thingBook},
		compare{col("d", "since"), ">", value(int64(0))},
		compare{col("d", "over_at"), "=", value(int64(0))},
	}}

	// sectionGiven and itemGiven hold for a grant g of the whole section of thing, and of thing alone.
	sectionGiven = exists{"given_section", "gs", all{
		compare{col("gs", "book"), "=", col("g", "book")},
		compare{col("gs", "given"), "=", col("g", "id")},
		compare{col("gs", "section"), "=", thingSection},
	}}
	itemGiven = itemOpen()

	// suggests holds for a grant g to suggest by. A reviewer never does, whatever stands in the row.
	suggests = all{
		compare{col("g", "suggests"), "=", value(int64(1))},
		compare{given(subjectHat), "<>", value(string(book.HatReviewer))},
	}

	// acts holds for a grant g that lets its recipient write for the owner in the section of thing.
	acts = exists{"given_act", "ga", all{
		compare{col("ga", "book"), "=", col("g", "book")},
		compare{col("ga", "given"), "=", col("g", "id")},
		compare{col("ga", "section"), "=", thingSection},
	}}

	// atDesk holds for the name of somebody else, who has no role here and whom the subject does not know from their own life,
	// while the subject is in the team and holds a claim. What the desk leads to is a login, and colleagues never come to
	// somebody's own book.
	atDesk = all{
		compare{given(subjectHat), "=", value(string(book.HatTeam))},
		compare{thingSection, "=", value(string(book.SectionName))},
		exists{"membership", "m", all{
			compare{col("m", "person"), "=", given(subjectPerson)},
			compare{col("m", "hat"), "=", given(subjectHat)},
			compare{col("m", "until"), ">", given(theTime)},
		}},
		claimed,
		exists{"book", "b", all{
			compare{col("b", "id"), "=", thingBook},
			compare{col("b", "owner"), "<>", given(subjectPerson)},
			outside(col("b", "owner")),
			strangers(col("b", "owner"), given(subjectPerson)),
			strangers(given(subjectPerson), col("b", "owner")),
		}},
	}

	// ordered holds for what an order r of a court names, while the subject is in the team, is another than who entered it, and
	// has just that order in hand. It was not confirmed before, and is no more once it is.
	ordered = all{
		compare{given(subjectHat), "=", value(string(book.HatTeam))},
		exists{"membership", "m", all{
			compare{col("m", "person"), "=", given(subjectPerson)},
			compare{col("m", "hat"), "=", given(subjectHat)},
			compare{col("m", "until"), ">", given(theTime)},
		}},
		exists{"book", "b", all{
			compare{col("b", "id"), "=", thingBook},
			compare{col("b", "owner"), "<>", given(subjectPerson)},
			strangers(col("b", "owner"), given(subjectPerson)),
			strangers(given(subjectPerson), col("b", "owner")),
		}},
		exists{"ordered", "r", all{
			compare{col("r", "book"), "=", thingBook},
			compare{col("r", "confirmed_at"), "=", value(int64(0))},
			compare{col("r", "over_at"), "=", value(int64(0))},
			second(),
			exists{"legal_claim", "c", all{
				compare{col("c", "member"), "=", given(subjectPerson)},
				compare{col("c", "demand"), "=", col("r", "id")},
				compare{col("c", "until"), ">", given(theTime)},
			}},
			named(),
			within(),
		}},
	}

	// claimed holds while the subject holds a claim to a request at the desk, one to say that somebody has died, or one to an
	// order of a court.
	claimed = either{
		exists{"desk_claim", "c", all{
			compare{col("c", "member"), "=", given(subjectPerson)},
			compare{col("c", "until"), ">", given(theTime)},
		}},
		exists{"death_claim", "c", all{
			compare{col("c", "member"), "=", given(subjectPerson)},
			compare{col("c", "until"), ">", given(theTime)},
		}},
		exists{"legal_claim", "c", all{
			compare{col("c", "member"), "=", given(subjectPerson)},
			compare{col("c", "until"), ">", given(theTime)},
		}},
	}

	rules = rulesUnder(kept)
)

// levels are what has to be closed so that something cannot be done; of a grant, anything it can give.
var levels = map[Doing]Closes{Read: ClosesReading, ReadSuggestion: ClosesReading, Suggest: ClosesSuggesting, Act: ClosesWriting, Pass: ClosesWriting}

// rulesUnder are the rules, with what narrows each of them further.
func rulesUnder(narrowed func(Closes) rule) map[Doing]rule {
	return map[Doing]rule{
		Own:            own,
		Read:           either{own, all{narrowed(ClosesReading), either{by(sectionGiven), itemGiven}}},
		Suggest:        all{by(sectionGiven, suggests), lives, narrowed(ClosesSuggesting)},
		Act:            all{by(sectionGiven, suggests, acts), lives, narrowed(ClosesWriting)},
		ReadSuggestion: either{own, all{by(sectionGiven), compare{thingAuthor, "=", given(subjectPerson)}, narrowed(ClosesReading)}},
		Pass:           all{open, narrowed(ClosesReading)},
		FindName:       atDesk,
		Handover:       ordered,
	}
}

// nothing narrows nothing.
func nothing(Closes) rule { return all{compare{value(int64(1)), "=", value(int64(1))}} }

// kept holds while no rule of the centre closes so much, in the section of thing, to the subject. All it looks at are rules, of which
// there are few, and what the statement brings along: where the section is a parameter it is answered once a statement.
func kept(level Closes) rule {
	if mutant.On("rule-unasked") {
		return nothing(level)
	}
	if level == ClosesSuggesting && mutant.On("rule-suggested") {
		level = ClosesReading
	}
	if level == ClosesWriting && mutant.On("rule-acted") {
		level = ClosesSuggesting
	}
	return absent{"narrowing", "r", closes(level)}
}

// closes holds for a rule r of the centre that closes so much, in the section of thing, to the subject: never to the owner, nor to
// somebody of the owner's own life. The name is how somebody knows with whom they walk, and stays open where every section is closed.
func closes(level Closes) rule {
	over := all{
		compare{col("rw", "narrowing"), "=", col("r", "id")},
		compare{col("rw", "person"), "=", given(subjectPerson)},
	}
	return all{
		forWorkers(),
		stillRule(),
		compare{value(int64(level)), ">=", col("r", "closes")},
		either{
			compare{col("r", "section"), "=", thingSection},
			all{compare{col("r", "section"), "=", value("")}, compare{thingSection, "<>", value(string(book.SectionName))}},
		},
		either{
			all{compare{col("r", "all_but"), "=", value(int64(1))}, absent{"narrowing_worker", "rw", over}},
			all{compare{col("r", "all_but"), "=", value(int64(0))}, exists{"narrowing_worker", "rw", over}},
		},
	}
}

// forWorkers holds for who wears a worker's hat.
func forWorkers() rule {
	if mutant.On("rule-near") {
		return nothing(0)
	}
	return compare{given(subjectHat), "=", value(string(book.HatWorker))}
}

// stillRule holds for a rule r that is in force.
func stillRule() rule {
	begun := compare{given(theTime), ">=", col("r", "since")}
	if mutant.On("rule-over") {
		return begun
	}
	return all{
		compare{col("r", "ended_at"), "=", value(int64(0))},
		begun,
		either{compare{col("r", "until"), "=", value(int64(0))}, compare{col("r", "until"), ">", given(theTime)}},
	}
}

// second holds for an order r that another than the subject entered.
func second() rule {
	if mutant.On("order-alone") {
		return all{}
	}
	return compare{col("r", "entered_by"), "<>", given(subjectPerson)}
}

// named holds for an order r that names the section of thing.
func named() rule {
	if mutant.On("order-unnamed") {
		return all{}
	}
	return exists{"ordered_part", "rp", all{
		compare{col("rp", "ordered"), "=", col("r", "id")},
		compare{col("rp", "part"), "=", thingSection},
	}}
}

// within holds for an order r in whose days thing was written.
func within() rule {
	if mutant.On("order-ever") {
		return all{}
	}
	return all{compare{thingAt, ">=", col("r", "from_at")}, compare{col("r", "to_at"), ">", thingAt}}
}

// knownAgain holds when owner said that other is who they named.
func knownAgain(owner, other term) rule {
	if mutant.On("near-doubted") {
		return compare{owner, "<>", other}
	}
	return exists{"known", "n", all{
		compare{col("n", "person"), "=", owner},
		compare{col("n", "other"), "=", other},
		compare{col("n", "confirmed_at"), ">", value(int64(0))},
	}}
}

// inHat holds for a grant g that is read in the hat the subject wears.
func inHat() rule {
	if mutant.On("hat-ignored") {
		return compare{given(subjectHat), "<>", value(string(book.HatTeam))}
	}
	return compare{col("g", "hat"), "=", given(subjectHat)}
}

// itemOpen holds when the thing is among the single items that grants of its book, which are open to the subject, give. All of these are
// looked up together: where the book is a parameter, once a statement.
func itemOpen() rule {
	thing, column := thingItem, "item"
	if mutant.On("single-whole") {
		thing, column = thingSection, "section"
	}
	return among{thing, granted(), "given_item", "gi", column, all{
		compare{col("gi", "book"), "=", col("g", "book")},
		compare{col("gi", "given"), "=", col("g", "id")},
	}}
}

// ComesAfter is how long who comes to hold a role, or to work here, waits before they can read what was given to it: until the owner had
// time to say "not them".
const ComesAfter = 3 * clock.Day

// worksHere holds when the subject wears their hat by a membership m of today that is not younger than a time.
func worksHere(since term, and ...rule) rule {
	return exists{"membership", "m", append(all{
		compare{col("m", "person"), "=", given(subjectPerson)},
		compare{col("m", "hat"), "=", given(subjectHat)},
		compare{col("m", "until"), ">", given(theTime)},
		compare{since, ">=", col("m", "since")},
	}, and...)}
}

// stillHeld holds for a role h that is held now.
func stillHeld() rule {
	begun := compare{given(theTime), ">=", col("h", "since")}
	if mutant.On("role-left") {
		return begun
	}
	return all{begun, compare{col("h", "ended_at"), "=", value(int64(0))}, compare{col("h", "until"), ">", given(theTime)}}
}

// arrived holds for a grant g to several when the subject, who is one of them since a time, may read by it: the owner, who was told of them,
// did not say "not them", and said "yes", when they were there, or had time to say no.
func arrived(since term) rule {
	said := func(alias string, may int64, and ...rule) exists {
		return exists{"given_said", alias, append(all{
			compare{col(alias, "book"), "=", col("g", "book")},
			compare{col(alias, "given"), "=", col("g", "id")},
			compare{col(alias, "person"), "=", given(subjectPerson)},
			compare{col(alias, "may"), "=", value(may)},
		}, and...)}
	}
	refused := absent(said("no", 0))
	if mutant.On("role-refused") {
		refused = absent(said("no", 2))
	}
	if mutant.On("role-at-once") {
		return refused
	}
	return all{refused, either{compare{given(longHere), ">=", since}, said("ok", 1, compare{col("ok", "at"), ">=", since})}}
}

// granted are the grants g of the thing's book that are open to the subject.
func granted() exists {
	return exists{"given", "g", all{compare{col("g", "book"), "=", thingBook}, open}}
}

// by holds when a grant of the thing's book is open to the subject, and gives what is asked of it.
func by(gives ...rule) rule { return beside{granted(), all(gives)} }

// untied holds for a grant g between two people when neither of them said that they know each other from their own life
// (mission.md U4).
func untied(one, other term) rule {
	if mutant.On("tie") {
		return unsaid(one, other)
	}
	return all{unsaid(one, other), unsaid(other, one)}
}

// unsaid holds when one did not say so of other. A tie that was taken back still closes what was given before: nothing is
// shared again by that alone.
func unsaid(one, other term) rule {
	return absent{"tie", "t", all{
		compare{col("t", "one"), "=", one},
		compare{col("t", "other"), "=", other},
		either{
			compare{col("t", "ended_at"), "=", value(int64(0))},
			compare{col("t", "ended_at"), ">=", col("g", "since")},
		},
	}}
}

// apart holds for a reviewer who is neither a worker here nor in the team.
func apart() rule {
	if mutant.On("review-both-read") {
		return nothing(0)
	}
	return absent{"membership", "o", all{
		compare{col("o", "person"), "=", given(subjectPerson)},
		compare{col("o", "hat"), "<>", value(string(book.HatReviewer))},
		compare{col("o", "until"), ">", given(theTime)},
	}}
}

// outside holds when somebody has no role here now.
func outside(who term) rule {
	return absent{"membership", "o", all{
		compare{col("o", "person"), "=", who},
		compare{col("o", "until"), ">", given(theTime)},
	}}
}

// strangers holds when one does not say now that they know other from their own life.
func strangers(one, other term) rule {
	return absent{"tie", "t", all{
		compare{col("t", "one"), "=", one},
		compare{col("t", "other"), "=", other},
		compare{col("t", "ended_at"), "=", value(int64(0))},
	}}
}

func (d Doing) rule() rule {
	if d == FindName && mutant.On("unclaimed") {
		return slices.DeleteFunc(slices.Clone(atDesk), func(r rule) bool { _, ok := r.(either); return ok })
	}
	if d == Suggest && mutant.On("dead-suggested") {
		return all{by(sectionGiven, suggests), kept(ClosesSuggesting)}
	}
	if d == Suggest && mutant.On("read-only-suggested") {
		return all{by(sectionGiven), lives, kept(ClosesSuggesting)}
	}
	if d == Act && mutant.On("dead-acted") {
		return all{by(sectionGiven, suggests, acts), kept(ClosesWriting)}
	}
	if d == Act && mutant.On("suggest-acted") {
		return all{by(sectionGiven, suggests), lives, kept(ClosesWriting)}
	}
	if d == ReadSuggestion && mutant.On("third-party") {
		return either{own, all{by(sectionGiven), kept(ClosesReading)}}
	}
	return rules[d]
}

// Columns are the caller's names for the columns the rule looks at, qualified with the table's alias. An empty name
// stands for a column this doing does not need; without an item the question is about the whole section. At is when it was
// written, which [Handover] alone asks.
type Columns struct {
	Book, Section, Item, Author, At string
}

// Clause is a rule as SQL, made once and used for every question of its kind. With is what its statement begins with; only of
// [Doing.Worn] it is anything.
type Clause struct {
	With, SQL string
	used      []param
}

// Clause compiles the rule to a WHERE clause whose parameters begin at $first. The aliases b, c, d, g, ga, gi, gs, h, m, n, no, o, ok, r, rp, rw and t are
// the clause's own inside its EXISTS; for [Pass] the query itself has the grant as g, and names the section it is about.
func (d Doing) Clause(c Columns, first int) Clause { return clause(d.rule(), c, first, false) }

// Worn compiles the rule like [Doing.Clause], for whoever wears this hat: what is asked of other hats is left out. Where the book is a
// parameter, which grants of it are open is asked once for the whole statement, which begins with the clause's With. A database takes
// as long to begin with a lookup that it never comes to as with one that it does, and the rule has some thirty (docs/bench.md).
// Where nothing is left that could hold, it is the whole rule: a statement must use the parameters that it is handed.
func (d Doing) Worn(h book.Hat, c Columns, first int) Clause {
	r := d.rule()
	if left := r.worn(h); left != plain(false) {
		r = left
	}
	return clause(r, c, first, true)
}

// Unclosed compiles that no rule of the centre closes d in a section to a clause like [Doing.Clause]. It needs no book.
func (d Doing) Unclosed(c Columns, first int) Clause { return clause(kept(levels[d]), c, first, false) }

// Closing compiles which rules of the centre close d in a section to a clause like [Doing.Clause], for a query that has the rule as
// r. It says nothing of whether anything is given there.
func (d Doing) Closing(c Columns, first int) Clause {
	return clause(closes(levels[d]), c, first, false)
}

// Denying is [Doing.Closing] for what is given and would be open: whoever selects by it learns why something is closed that was
// given to them, and nothing of what was not.
func (d Doing) Denying(c Columns, first int) Clause {
	return clause(all{closes(levels[d]), rulesUnder(nothing)[d]}, c, first, false)
}

func clause(r rule, c Columns, first int, once bool) Clause {
	if c.Item == "" {
		c.Item = "NULL" // equal to nothing, and among nothing
	}
	t := &text{first: first, once: once && strings.HasPrefix(c.Book, "$"), names: map[string]string{"thing.book": c.Book, "thing.section": c.Section, "thing.item": c.Item, "thing.author": c.Author, "thing.at": c.At}}
	s := r.sql(t)
	return Clause{With: t.with(), SQL: s, used: t.used}
}

// Params is how many parameters the clause has.
func (c Clause) Params() int { return len(c.used) }

// Args returns the values of the clause's parameters, in order, behind the caller's own.
func (c Clause) Args(who Subject, now clock.Time, before ...any) []any {
	for _, p := range c.used {
		before = append(before, paramValue(p, who, now))
	}
	return before
}

func paramValue(p param, who Subject, now clock.Time) any {
	switch p {
	case subjectPerson:
		return who.Person
	case subjectHat:
		return string(who.Hat)
	case longHere:
		return int64(now - ComesAfter)
	default:
		return int64(now)
	}
}
