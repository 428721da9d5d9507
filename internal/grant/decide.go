package grant

import (
	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/id"
)

// Thing is what a question is about.
type Thing struct {
	Book    id.Book
	Section book.Section
	Item    id.Item   // none for the section as such
	Author  id.Person // of a suggestion
}

// Given is one grant as a fact.
type Given struct {
	ID        id.Item
	Book      id.Book
	Recipient id.Person
	Hat       book.Hat // in which the recipient reads
	Sections  []book.Section
	Things    []id.Item // single items
	Suggests  bool      // they may suggest in the sections
	Purpose   book.Purpose
	Since     clock.Time
	Until     clock.Time
	TakenBack clock.Time // 0 while it stands
}

// Member is one membership as a fact.
type Member struct {
	Person id.Person
	Hat    book.Hat
	Since  clock.Time
	Until  clock.Time
}

// Tie is one tie as a fact.
type Tie struct {
	One, Other id.Person
	EndedAt    clock.Time // 0 while it stands
}

// World is the facts a decision is made from.
type World struct {
	Owners  map[id.Book]id.Person
	Given   []Given
	Members []Member
	Ties    []Tie
	Claims  []Claim
	Deaths  []Death
	Dying   []Claim // who wants to say that somebody has died
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
	ReasonNotGiven Reason = "not given" // nobody gave it, or it was taken back, or it ended
)

// Decision is the answer to a question, with its reason.
type Decision struct {
	Yes    bool
	Reason Reason
}

// Decide answers whether who may do d with thing at the time now, from facts in memory. The clause of the same doing
// selects exactly the things for which it says yes; a test holds the two against each other. The cost grows with the
// number of facts: hand it those of one book. [Pass] is about a grant, not a thing, and is always no here.
func (d Doing) Decide(w World, who Subject, now clock.Time, thing Thing) Decision {
	if d == Pass {
		return Decision{Reason: ReasonNotGiven}
	}
	f := &facts{tables: w.tables(), params: map[param]any{}}
	for _, p := range []param{subjectPerson, subjectHat, theTime} {
		f.params[p] = paramValue(p, who, now)
	}
	r := row{"thing.book": thing.Book, "thing.section": string(thing.Section), "thing.item": thing.Item, "thing.author": thing.Author}
	switch {
	case !d.rule().holds(f, r):
		return Decision{Reason: ReasonNotGiven}
	case own.holds(f, r):
		return Decision{Yes: true, Reason: ReasonOwn}
	case d == FindName:
		return Decision{Yes: true, Reason: ReasonDesk}
	}
	return Decision{Yes: true, Reason: ReasonGiven}
}

// flag is a yes or no as a column holds it.
func flag(yes bool) int64 {
	if yes {
		return 1
	}
	return 0
}

func (w World) tables() map[string][]map[string]any {
	t := map[string][]map[string]any{}
	for b, o := range w.Owners {
		t["book"] = append(t["book"], map[string]any{"id": b, "owner": o})
	}
	for _, g := range w.Given {
		t["given"] = append(t["given"], map[string]any{"id": g.ID, "book": g.Book, "recipient": g.Recipient,
			"hat": string(g.Hat), "suggests": flag(g.Suggests), "taken_back": int64(g.TakenBack), "since": int64(g.Since), "until": int64(g.Until)})
		for _, s := range g.Sections {
			t["given_section"] = append(t["given_section"], map[string]any{"book": g.Book, "given": g.ID, "section": string(s)})
		}
	}
	for _, g := range w.Given {
		for _, it := range g.Things {
			t["given_item"] = append(t["given_item"], map[string]any{"book": g.Book, "given": g.ID, "item": it})
		}
	}
	for _, m := range w.Members {
		t["membership"] = append(t["membership"], map[string]any{"person": m.Person, "hat": string(m.Hat), "since": int64(m.Since), "until": int64(m.Until)})
	}
	for _, c := range w.Claims {
		t["desk_claim"] = append(t["desk_claim"], map[string]any{"member": c.Member, "until": int64(c.Until)})
	}
	for _, c := range w.Dying {
		t["death_claim"] = append(t["death_claim"], map[string]any{"member": c.Member, "until": int64(c.Until)})
	}
	for _, x := range w.Deaths {
		t["death"] = append(t["death"], map[string]any{"book": x.Book, "since": int64(x.Since), "reads_until": int64(x.ReadsUntil), "over_at": int64(x.OverAt)})
	}
	for _, x := range w.Ties {
		t["tie"] = append(t["tie"], map[string]any{"one": x.One, "other": x.Other, "ended_at": int64(x.EndedAt)})
	}
	return t
}
