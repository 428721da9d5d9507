package grant

import (
	"bytes"
	"slices"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/id"
)

// Thing is what a question is about.
type Thing struct {
	Book    id.Book
	Section book.Section
	Item    id.Item    // none for the section as such
	Author  id.Person  // of a suggestion
	At      clock.Time // when it was written; [Handover] alone asks
}

// Given is one grant as a fact.
type Given struct {
	ID        id.Item
	Book      id.Book
	Recipient id.Person // or the id of the role or the place: see [book.Sharing.Reader]
	To        book.Whom
	Said      []book.Said // what the owner said of those of the role or the place
	Hat       book.Hat    // in which the recipient reads
	Sections  []book.Section
	Singles   []book.Single
	Suggests  bool           // they may suggest in the sections
	Acts      []book.Section // in which of them they may write for the owner
	Purpose   book.Purpose
	Since     clock.Time
	Until     clock.Time
	TakenBack clock.Time // 0 while it stands
}

// Member is one membership as a fact.
type Member struct {
	Community id.Community
	Person    id.Person
	Hat       book.Hat
	Since     clock.Time
	Until     clock.Time
}

// Holder is one worker's holding of a role as a fact.
type Holder struct {
	Role      id.Role
	Community id.Community
	Person    id.Person
	Since     clock.Time
	Until     clock.Time
	EndedAt   clock.Time // 0 while they were not taken out
}

// Tie is one tie as a fact.
type Tie struct {
	One, Other id.Person
	EndedAt    clock.Time // 0 while it stands
}

// Known is somebody whom a person named as of their own life, as a fact.
type Known struct {
	Person, Other id.Person
	ConfirmedAt   clock.Time // 0 while the person did not know them again
}

// Narrowing is a rule of the centre as a fact: for whom of the workers it closes what, and when. It only takes away.
type Narrowing struct {
	ID      id.Narrowing
	AllBut  bool         // it holds for all workers but these, else for these alone
	Workers []id.Person  // these
	Section book.Section // "" for all but the name
	Closes  Closes
	Since   clock.Time // 0 for at once
	Until   clock.Time // 0 for no end
	EndedAt clock.Time // 0 while it stands
}

// Closes is how much a rule of the centre closes.
type Closes int

// What a rule closes, each with what comes after it: who does not read suggests nothing, and who suggests nothing writes nothing.
const (
	ClosesReading Closes = iota + 1
	ClosesSuggesting
	ClosesWriting
)

// World is the facts a decision is made from.
type World struct {
	Owners  map[id.Book]id.Person
	Given   []Given
	Members []Member
	Holders []Holder
	Ties    []Tie
	Known   []Known
	Claims  []Claim
	Deaths  []Death
	Dying   []Claim // who wants to say that somebody has died
	Rules   []Narrowing
	Ordered []Ordered
}

// Ordered is what an order of a court names, as a fact.
type Ordered struct {
	ID          id.Demand
	Book        id.Book
	EnteredBy   id.Person
	Parts       []string   // sections, [PartAttended], [PartLooked]
	From, To    clock.Time // To is not in it
	ConfirmedAt clock.Time // 0 before
	OverAt      clock.Time // 0 while it was not laid aside
	Claims      []Claim    // who of the team has it in hand
}

// Death is that somebody has died, as a fact.
type Death struct {
	Book       id.Book
	Since      clock.Time // when two had said so, 0 before
	ReadsUntil clock.Time // until when others read what was given to them
	OverAt     clock.Time // 0 while it stands
}

// Claim is one claim to a request at the desk as a fact.
type Claim struct {
	Member id.Person
	Until  clock.Time
}

// Reason says why a decision is as it is.
type Reason string

// The reasons.
const (
	ReasonOwn      Reason = "own"   // it is their own book
	ReasonGiven    Reason = "given" // the owner gave it
	ReasonDesk     Reason = "at the desk"
	ReasonOrder    Reason = "ordered"   // by a court
	ReasonNotGiven Reason = "not given" // nobody gave it, or it was taken back, or it ended

	// ReasonRule says that it was given and would be open, and that a rule of the centre closes it. It is for who gave it and to whom
	// it was given; to others it is not given.
	ReasonRule Reason = "rule of the centre"
)

// Decision is the answer to a question, with its reason.
type Decision struct {
	Yes    bool
	Reason Reason
	Rule   id.Narrowing // for [ReasonRule], of those that close it the one with the first id
}

// Decide answers whether who may do d with thing at the time now, from facts in memory. The clause of the same doing
// selects exactly the things for which it says yes; a test holds the two against each other. The cost grows with the
// number of facts: hand it those of one book. [Pass] is about a grant, not a thing, and is always no here.
func (d Doing) Decide(w *Facts, who Subject, now clock.Time, thing Thing) Decision {
	if d == Pass {
		return Decision{Reason: ReasonNotGiven}
	}
	f := w.about(who, int64(now), thing)
	f.reach[0] = f.thing[:]
	switch {
	case !checks[d](&f):
		return d.denied(w, &f)
	case checks[Own](&f):
		return Decision{Yes: true, Reason: ReasonOwn}
	case d == Handover:
		return Decision{Yes: true, Reason: ReasonOrder}
	case d == FindName:
		return Decision{Yes: true, Reason: ReasonDesk}
	}
	return Decision{Yes: true, Reason: ReasonGiven}
}

// denied is a no with its reason.
func (d Doing) denied(w *Facts, f *facts) Decision {
	no := Decision{Reason: ReasonNotGiven}
	bare := bareChecks[d]
	if bare == nil || !bare(f) {
		return no
	}
	for _, row := range w.tables[ruleTable] {
		f.reach[1] = row
		if !closingChecks[d](f) {
			continue
		}
		x := row[0].id
		r, _ := id.FromBytes[id.Narrowing](x[:]) // 16 bytes never fail
		if no.Reason == ReasonNotGiven || bytes.Compare(x[:], no.Rule.Bytes()) < 0 {
			no = Decision{Reason: ReasonRule, Rule: r}
		}
	}
	return no
}

// Touches reports whether there is anything to close in a section: nothing is suggested in some, and nothing written for somebody in
// others.
func (c Closes) Touches(s book.Section) bool {
	switch c {
	case ClosesSuggesting:
		return slices.ContainsFunc(book.KindsIn(s), book.Suggestable)
	case ClosesWriting:
		return book.ActableIn(s)
	}
	return true
}
