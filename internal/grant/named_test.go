package grant_test

import (
	"bytes"
	"slices"
	"testing"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/grant"
	"beside/internal/id"
)

// TestTheFirstOfTheRulesIsNamed: of several rules of the centre that close the same, the one with the first id is named, in whichever
// order they are known.
func TestTheFirstOfTheRulesIsNamed(t *testing.T) {
	ids := id.NewMaker(clock.NewManual(1_790_000_000_000_000), nil)
	b, owner, worker := id.New[id.Book](ids), id.New[id.Person](ids), id.New[id.Person](ids)
	rules := []grant.Narrowing{}
	for range 3 {
		rules = append(rules, grant.Narrowing{ID: id.New[id.Narrowing](ids), AllBut: true, Closes: grant.ClosesReading})
	}
	slices.SortFunc(rules, func(x, y grant.Narrowing) int { return bytes.Compare(x.ID.Bytes(), y.ID.Bytes()) })
	for _, order := range [][]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}} {
		w := grant.World{
			Owners:  map[id.Book]id.Person{b: owner},
			Given:   []grant.Given{{ID: id.New[id.Item](ids), Book: b, Recipient: worker, Hat: book.HatWorker, Sections: []book.Section{book.SectionGoals}, Purpose: book.PurposeWalking, Until: 10}},
			Members: []grant.Member{{Person: worker, Hat: book.HatWorker, Until: 10}},
		}
		who, thing := grant.Subject{Person: worker, Hat: book.HatWorker}, grant.Thing{Book: b, Section: book.SectionGoals}
		if got := grant.Read.Decide(w.Facts(), who, 5, thing); !got.Yes {
			t.Fatalf("without a rule: %+v", got)
		}
		for _, n := range order {
			w.Rules = append(w.Rules, rules[n])
		}
		if got := grant.Read.Decide(w.Facts(), who, 5, thing); got != (grant.Decision{Reason: grant.ReasonRule, Rule: rules[0].ID}) {
			t.Errorf("in the order %v: %+v", order, got)
		}
	}
}
