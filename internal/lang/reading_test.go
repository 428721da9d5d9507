package lang

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/language"
)

// The reading age of a page must be 9 to 11 (the design's "Doors"), by the formula of the page's own language. For
// English that is Flesch and Kincaid (Derivation of New Readability Formulas for Navy Enlisted Personnel, 1975):
// 0.39 × words per sentence + 11.8 × syllables per word − 15.59 is the school year, whose pupils are 5 years older.
const (
	oldestReader    = 11.0
	longestSentence = 25 // words; a page that reads well on the whole may still hide one sentence that does not
	fewestWords     = 40 // a group of fewer words says nothing about its reading age
)

// formulas gives the reading age of a text in one language.
var formulas = map[language.Tag]func(string) float64{language.English: readingAge}

var (
	sentenceEnd = regexp.MustCompile(`[.!?:;…]+(\s|$)|\n`)
	word        = regexp.MustCompile(`[\p{L}\p{N}]+([’'-][\p{L}\p{N}]+)*`)
	vowels      = regexp.MustCompile(`[aeiouy]+`)
)

func sentences(text string) []string {
	return slices.DeleteFunc(sentenceEnd.Split(text, -1), func(s string) bool { return !word.MatchString(s) })
}

func readingAge(text string) float64 {
	said := sentences(text)
	count, syllables := 0.0, 0.0
	for _, w := range word.FindAllString(text, -1) {
		count++
		syllables += float64(englishSyllables(w))
	}
	return 0.39*count/float64(len(said)) + 11.8*syllables/count - 15.59 + 5
}

// englishSyllables counts groups of vowels but a silent e at the end, which is near enough over a page.
func englishSyllables(w string) int {
	w = strings.ToLower(w)
	n := len(vowels.FindAllString(w, -1))
	silent := strings.HasSuffix(w, "e") && !strings.HasSuffix(w, "le") || strings.HasSuffix(w, "es") || strings.HasSuffix(w, "ed")
	if silent && n > 1 && !strings.HasSuffix(w, "ted") && !strings.HasSuffix(w, "ded") {
		n--
	}
	return max(n, 1)
}

// plain is a text as it is read: a placeholder counts as one short word.
func plain(t text) string { return placeholder.ReplaceAllString(t["other"], "Ann") }

func TestReadingAge(t *testing.T) {
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range c.printers {
		age := formulas[p.tag]
		if age == nil {
			t.Errorf("%s has no formula for its reading age", p.tag)
			continue
		}
		for group, text := range groups(p.texts) {
			if group == "time" || len(word.FindAllString(text, -1)) < fewestWords {
				continue // the names of days and months are what they are
			}
			if a := age(text); a > oldestReader {
				t.Errorf("%s: the words of %q need a reader of %.1f years; %.0f is the most: shorter sentences, shorter words", p.tag, group, a, oldestReader)
			}
		}
		for _, l := range long(p.texts) {
			t.Errorf("%s: %s", p.tag, l)
		}
	}
}

// groups joins the texts under one first part of their keys, each ended like a sentence.
func groups(texts map[string]text) map[string]string {
	out := map[string]string{}
	for _, key := range slices.Sorted(maps.Keys(texts)) {
		group, _, _ := strings.Cut(key, ".")
		out[group] += plain(texts[key]) + "\n"
	}
	return out
}

func long(texts map[string]text) []string {
	var out []string
	for _, key := range slices.Sorted(maps.Keys(texts)) {
		for _, s := range sentences(plain(texts[key])) {
			if len(word.FindAllString(s, -1)) > longestSentence {
				out = append(out, key+" has a sentence of more than 25 words: "+s)
			}
		}
	}
	return out
}

func TestReadingAgeTellsApart(t *testing.T) {
	easy := "This is your book. Only you can change it. Take all the time you want."
	hard := "Authorisation for the redisclosure of personally identifiable information necessitates documented consideration " +
		"of applicable jurisdictional regulations prior to dissemination to participating organisations and their representatives."
	if a := readingAge(easy); a > oldestReader {
		t.Errorf("an easy text needs a reader of %.1f years", a)
	}
	if a := readingAge(hard); a <= oldestReader {
		t.Errorf("a hard text needs a reader of only %.1f years", a)
	}
	if got := long(map[string]text{"a": {"other": easy}, "b": {"other": strings.Repeat("word ", 26) + "{{.Name}}."}}); len(got) != 1 {
		t.Errorf("long sentences: %q, want the one of b", got)
	}
}

func TestEnglishSyllables(t *testing.T) {
	for w, want := range map[string]int{"book": 1, "here": 1, "people": 2, "suggestion": 3, "table": 2, "wanted": 2, "walked": 1, "rhythm": 1, "we": 1} {
		if got := englishSyllables(w); got != want {
			t.Errorf("%s has %d syllables, want %d", w, got, want)
		}
	}
}
