package choose

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"beside/internal/book"
	"beside/internal/clock"
	"beside/internal/web/page"
)

// SectionWords is the catalogue key for a section as its owner says it, "my goals"; "" for one that cannot be given.
func SectionWords(s book.Section) string { return sectionWords[s] }

var sectionWords = map[book.Section]string{
	book.SectionName:      "choose.my_name",
	book.SectionWords:     "choose.my_words",
	book.SectionStrengths: "choose.my_strengths",
	book.SectionGoals:     "choose.my_goals",
	book.SectionCircle:    "circle.mine",
	book.SectionPaths:     "paths.mine",
}

// consent is a grant as a sentence one can read aloud, under the key "choose.consent", or "choose.consent_act" where they may also
// write for the person.
func consent(r *http.Request, name string, sections, acts []book.Section, until clock.Time, event book.Text, now clock.Time) string {
	f := page.FrameOf(r)
	var list []string
	for _, s := range book.Givable() {
		if s == book.SectionName || slices.Contains(sections, s) {
			list = append(list, f.Words().T(sectionWords[s]))
		}
	}
	day := f.Words().Day(until-1, now, f.TZ)
	key := "choose.consent"
	if len(acts) > 0 {
		key = "choose.consent_act"
	}
	return f.Words().T(key, "Name", name, "Sections", strings.Join(list, ", "), "Day", day) + OrWhen(r, event)
}

// OrWhen is the sentence that says what ends a grant before its last day, after a space; empty for nothing.
func OrWhen(r *http.Request, event book.Text) string {
	if event.Blank() {
		return ""
	}
	return " " + page.FrameOf(r).Words().T("give.or_when", "Event", event.Show())
}

// yearFrom returns the end of the same day a year after now: how long a grant given today runs. Where that is beyond
// [book.MaxGrant], as around a 29 February, it ends a day sooner.
func yearFrom(now clock.Time, tz *time.Location) clock.Time {
	t := now.Std().In(tz)
	for back := 0; ; back++ {
		end := clock.Of(time.Date(t.Year()+1, t.Month(), t.Day()+1-back, 0, 0, 0, 0, tz))
		if end <= now+book.MaxGrant {
			return end
		}
	}
}
