package give

import (
	"slices"

	"beside/internal/book"
	"beside/internal/web/page"
)

// preset is what people often share with somebody like this one: it fills in the form, where all of it can be changed, and
// gives nothing. None lets anybody write for the person.
type preset struct {
	Like, Words, Hint string // in the address of the page; catalogue keys

	sections []book.Section
	may      string
	purpose  book.Purpose
	until    string // of Terms
}

// likely and caring are where the presets stand whose purpose and time the form begins with: for most people, and for who looks
// after somebody.
const (
	likely = 1
	caring = 2
)

// presets stand in the order of the screen.
var presets = []preset{
	{Like: "coach", Words: "give.like_coach", Hint: "give.like_coach_hint", sections: []book.Section{book.SectionWords, book.SectionStrengths, book.SectionGoals},
		may: "suggest", purpose: book.PurposeNear, until: "12"},
	{Like: "close", Words: "give.like_close", Hint: "give.like_close_hint", sections: []book.Section{book.SectionWords, book.SectionGoals},
		may: "suggest", purpose: book.PurposeNear, until: "3"},
	{Like: "health", Words: "give.like_health", Hint: "give.like_health_hint", sections: []book.Section{book.SectionStrengths, book.SectionGoals},
		may: "read", purpose: book.PurposeHealth, until: "3"},
}

// fill fills a form in with the sections there are.
func (x preset) fill(f *page.Form) {
	var there []string
	for _, s := range x.sections {
		if slices.ContainsFunc(sections, func(c page.Choice) bool { return c.Value == string(s) }) {
			there = append(there, string(s))
		}
	}
	f.Set("sections", there...).Set("singles").Set("may", x.may).Set("purpose", string(x.purpose)).Set("until", x.until)
}
