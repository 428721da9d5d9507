package grant_test

import (
	"strings"
	"testing"

	"beside/internal/book"
	"beside/internal/grant"
)

// TestWornAsksNoMore: the rule as a hat has it leaves out what is asked of other hats, and finds what is open once where the statement is about one book;
// where a hat has nothing to ask, it uses all that the statement brings along. The rule for everybody stands by itself.
func TestWornAsksNoMore(t *testing.T) {
	one := grant.Columns{Book: "$1", Section: "CAST($2 AS TEXT)", Item: "i.item"}
	each := grant.Columns{Book: "i.book", Section: "CAST($2 AS TEXT)", Item: "i.item"}
	whole := grant.Read.Clause(one, 3)
	if whole.With != "" || grant.Read.Worn(book.HatWorker, each, 3).With != "" {
		t.Error("something is found beforehand that the statement does not begin with, or not once")
	}
	for hat, left := range map[book.Hat]string{book.HatSelf: "known", book.HatWorker: "narrowing", book.HatReviewer: "membership"} {
		c := grant.Read.Worn(hat, one, 3)
		if !strings.HasPrefix(c.With, "WITH ") || !strings.Contains(c.With+c.SQL, left) || len(c.With+c.SQL) > len(whole.SQL)/2 {
			t.Errorf("as %s it asks %s%s", hat, c.With, c.SQL)
		}
	}
	if c := grant.Suggest.Worn(book.HatTeam, one, 3); !strings.Contains(c.With+c.SQL, "$2") {
		t.Errorf("the section that the statement brings is not in %s%s", c.With, c.SQL)
	}
}
