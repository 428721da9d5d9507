package public

import (
	"fmt"
	"net/http"
)

// Held is what is held about one thing, as the tables themselves have it: the page of what a court could get is made from it, so
// that there is no second list (mission.md S3.F8, S0.7).
type Held struct {
	About  string // names the words of [heldWords]
	Tables []HeldTable
}

// HeldTable is one table of it. Each list is of columns; package schema says what they mean.
type HeldTable struct {
	Name                              string
	IDs, Codes, Words, Sealed, Prints []string
}

// heldWords are catalogue keys: what it is called, what of it stands in the clear, and what under lock.
var heldWords = map[string]struct{ head, clear, sealed string }{
	"book":    {"held.book", "held.book_clear", "held.book_sealed"},
	"giving":  {"held.giving", "held.giving_clear", "held.giving_sealed"},
	"looking": {"held.looking", "held.looking_clear", "held.looking_sealed"},
	"people":  {"held.people", "held.people_clear", "held.people_sealed"},
	"roles":   {"held.roles", "held.roles_clear", ""},
	"login":   {"held.login", "held.login_clear", "held.login_sealed"},
	"here":    {"held.here", "held.here_clear", "held.here_sealed"},
	"post":    {"held.post", "held.post_clear", ""},
	"ending":  {"held.ending", "held.ending_clear", "held.ending_sealed"},
	"court":   {"held.court", "held.court_clear", "held.court_sealed"},
	"place":   {"held.place", "held.place_clear", ""},
}

// heldPage is templates/public/held.html.
type heldPage struct{ Held []heldPart }

type heldPart struct {
	Held
	Head, Clear, Sealed string // catalogue keys; Sealed is "" when nothing is under lock
}

// heldParts panics when something is held of which the page cannot tell, which no run can mend.
func heldParts(all []Held) []heldPart {
	var parts []heldPart
	for _, h := range all {
		words, told := heldWords[h.About]
		sealed := false
		for _, t := range h.Tables {
			sealed = sealed || len(t.Sealed) > 0
		}
		if !told || sealed != (words.sealed != "") {
			panic(fmt.Sprintf("public: no words tell what is held of %q, or they tell of a lock that is not there", h.About))
		}
		parts = append(parts, heldPart{Held: h, Head: words.head, Clear: words.clear, Sealed: words.sealed})
	}
	return parts
}

func (p *pages) showHeld(w http.ResponseWriter, r *http.Request) error {
	return p.site.Page(w, r, http.StatusOK, "public/held", heldPage{p.held})
}
