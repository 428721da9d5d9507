package rules

import (
	"net/http"
	"slices"
	"strings"

	"beside/internal/book"
	"beside/internal/community/narrowing"
	"beside/internal/grant"
	"beside/internal/web/page"
)

// Line is what a rule closes, in words, with the words by which the centre explains it: the part "ruled" of a page.
type Line struct {
	Says  string
	Words string
}

var (
	sectionWords = map[book.Section]string{
		book.SectionName: "rules.part_name", book.SectionWords: "rules.part_words", book.SectionStrengths: "rules.part_strengths", book.SectionGoals: "rules.part_goals",
		book.SectionCircle: "circle.rule", book.SectionPaths: "paths.rule",
	}
	saysWords = map[grant.Closes]string{grant.ClosesReading: "rules.says_read", grant.ClosesSuggesting: "rules.says_suggest", grant.ClosesWriting: "rules.says_write"}
	theyWords = map[grant.Closes]string{grant.ClosesReading: "rules.they_read", grant.ClosesSuggesting: "rules.they_suggest", grant.ClosesWriting: "rules.they_write"}
	youWords  = map[grant.Closes]string{grant.ClosesReading: "rules.you_read", grant.ClosesSuggesting: "rules.you_suggest", grant.ClosesWriting: "rules.you_write"}
)

// partsOf are sections as they stand in a sentence; none stand for all that can be closed in that way.
func partsOf(r *http.Request, closes grant.Closes, sections ...book.Section) string {
	if len(sections) == 0 {
		sections = slices.DeleteFunc(narrowing.Sections(), func(s book.Section) bool { return !closes.Touches(s) })
	}
	var list []string
	for _, s := range sections {
		list = append(list, page.FrameOf(r).Words().T(sectionWords[s]))
	}
	return strings.Join(list, ", ")
}

// Says is a rule as one sentence.
func Says(r *http.Request, x narrowing.Rule) string {
	who := "rules.who_only"
	switch {
	case x.AllBut && x.Named == 0:
		who = "rules.who_all"
	case x.AllBut:
		who = "rules.who_but"
	}
	var sections []book.Section
	if x.Section != "" {
		sections = append(sections, x.Section)
	}
	say := page.FrameOf(r).Words()
	return say.T(saysWords[x.Closes], "Who", say.T(who), "Sections", partsOf(r, x.Closes, sections...))
}

// They are what rules close to a worker of what was given to them, or will be, told to who gives it. A rule that closes nothing of it
// is left out. acts are the sections in which they may write.
func They(r *http.Request, name string, closed []narrowing.Closed, given, acts []book.Section) []Line {
	return lines(r, theyWords, name, slices.DeleteFunc(slices.Clone(closed), func(c narrowing.Closed) bool {
		if c.Rule.Closes == grant.ClosesWriting {
			return !slices.Contains(acts, c.Section)
		}
		return !slices.Contains(given, c.Section)
	}))
}

// You are what rules close to the reader of what name gave them.
func You(r *http.Request, name string, closed []narrowing.Closed) []Line {
	return lines(r, youWords, name, closed)
}

// lines say each rule once, with all that it closes.
func lines(r *http.Request, words map[grant.Closes]string, name string, closed []narrowing.Closed) (all []Line) {
	for i, c := range closed {
		if slices.ContainsFunc(closed[:i], func(before narrowing.Closed) bool { return before.Rule.ID == c.Rule.ID }) {
			continue
		}
		var sections []book.Section
		for _, s := range narrowing.Sections() {
			if slices.ContainsFunc(closed, func(x narrowing.Closed) bool { return x.Rule.ID == c.Rule.ID && x.Section == s }) {
				sections = append(sections, s)
			}
		}
		all = append(all, Line{
			Says:  page.FrameOf(r).Words().T(words[c.Rule.Closes], "Name", name, "Sections", partsOf(r, c.Rule.Closes, sections...)),
			Words: c.Rule.Words,
		})
	}
	return all
}
